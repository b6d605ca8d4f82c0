"""JQL, built from parts that are quoted, with times in the zone that Jira reads them in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_SPECIAL = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FURTHEST_WEST = timezone(timedelta(hours=-12))
"""Read in any zone, a time of this one is not later than meant."""


def quote_jql(value: str) -> str:
    """A value as one quoted JQL string, whatever is in it."""
    return f'"{_CONTROL.sub(" ", value.translate(_SPECIAL))}"'


def find_zone(name: str | None) -> tzinfo:
    """The time zone of an account; the furthest west where it is unknown, which reads too much and never too little."""
    try:
        return ZoneInfo(name) if name else _FURTHEST_WEST
    except (KeyError, ValueError, OSError):
        return _FURTHEST_WEST


def render_time(when: datetime, zone: tzinfo) -> str:
    """A time for a comparison with ``>=``: in the account's zone, to the minute, never later than ``when``.

    JQL names no offset. In the hour that a change of clocks repeats, the text is an hour early so that both
    readings are covered.
    """
    local = when.astimezone(zone).replace(second=0, microsecond=0)
    other = local.replace(fold=1 - local.fold)
    if local.utcoffset() != other.utcoffset():
        local = (when.astimezone(UTC) - timedelta(hours=1)).astimezone(zone).replace(second=0, microsecond=0)
    return local.strftime("%Y-%m-%d %H:%M")


def jql_changed(project_key: str, since: datetime | None, zone: tzinfo) -> str:
    """All issues of a project by key, or those changed since, oldest change first."""
    project = f"project = {quote_jql(project_key)}"
    if since is None:
        return f"{project} ORDER BY key ASC"
    return f"{project} AND updated >= {quote_jql(render_time(since, zone))} ORDER BY updated ASC, key ASC"


def jql_mine(project_key: str, since: datetime, zone: tzinfo) -> str:
    """Issues that the account itself created since, newest first."""
    return (
        f"project = {quote_jql(project_key)} AND creator = currentUser()"
        f" AND created >= {quote_jql(render_time(since, zone))} ORDER BY created DESC"
    )


def jql_ids(ids: Sequence[str]) -> str:
    """The issues with these numeric ids. Ids that are not numbers are left out."""
    listed = ", ".join(one for one in ids if one.isascii() and one.isdigit())
    return f"id in ({listed or '0'}) ORDER BY id ASC"


def jql_keys(keys: Sequence[str]) -> str:
    return f"key in ({', '.join(quote_jql(one) for one in keys)})"
