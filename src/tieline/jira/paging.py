"""Pages that Jira counts with ``startAt``: where the next one begins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieline.jira.dialect import Found
from tieline.jira.reading import as_list, as_object


def whole(source: Mapping[str, Any], key: str) -> int | None:
    """A count, None where it is absent or none."""
    value = source.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def parse_counted(payload: Any, key: str) -> Found:
    """A page with ``startAt``, ``total`` or ``isLast``/``last`` and its members under ``key``.

    A page without members is the last one, whatever it says: a list never goes on for ever.
    """
    source = as_object(payload, "A page")
    members = list(as_list(source.get(key), f'"{key}" of a page'))
    start, total = whole(source, "startAt") or 0, whole(source, "total")
    after = start + len(members)
    if source.get("isLast") is True or source.get("last") is True or not members:
        last = True
    elif total is not None:
        last = after >= total
    else:
        last = "isLast" not in source and "last" not in source
    return Found(members=members, next_token=None if last else str(after), total=total)
