"""Between rows and plain values: a record's fields in their stored form, views of rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from tieline.records import record as plain
from tieline.records.ids import RecordId, WorkspaceId
from tieline.store.evidence import storable
from tieline.store.models import Record

SYNCED_FIELDS: Final = ("name", "description", "status", "assignee", "due", "tags", "release")
"""Record fields that a mapping may carry, by their names there."""
RECORD_FIELDS: Final = (*SYNCED_FIELDS, "parent")
_COLUMNS: Final = {"release": "release_id", "parent": "parent_id"}
NAME_LIMIT: Final = 255


def column_of(field: str) -> str:
    """The attribute of :class:`Record` that holds ``field``."""
    return _COLUMNS.get(field, field)


def stored_value(record: Record, field: str) -> Any:
    """One field in stored form: text, slug, ISO date, list of tags, id; None is empty."""
    value = getattr(record, column_of(field))
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if field == "tags" else value


def settle_value(field: str, value: Any) -> Any:
    """Bring a value to the form the column takes, tidied: one-line names, sorted unique tags, no
    character that a database cannot keep.

    Raises ``ValueError`` for an unknown field or a value that is none of its kind (the caller's own mistake).
    """
    if field not in RECORD_FIELDS:
        raise ValueError(f"A record has no field “{field}”.")
    if field == "tags":
        return _tags(value)
    if field == "due":
        return value if isinstance(value, date) or value is None else _date(value)
    if field in {"assignee", "release", "parent"}:
        return str(storable(str(value))) if value else None
    text = storable(str(value or ""))
    if field == "name":
        text = " ".join(text.split())[:NAME_LIMIT]
        if not text:
            raise ValueError("A record needs a name.")
    return text


def _date(value: Any) -> date | None:
    return date.fromisoformat(str(value)[:10]) if value else None


def _tags(value: Any) -> list[str]:
    texts = (str(storable(str(one))).strip() for one in value or ())
    return sorted({text for text in texts if text})


def record_view(record: Record) -> plain.Record:
    return plain.Record(
        id=RecordId(record.id),
        workspace=WorkspaceId(record.workspace_id),
        kind=plain.RecordKind(record.kind),
        ref=record.ref,
        name=record.name,
        description=record.description,
        status=record.status,
        assignee=record.assignee,
        due=record.due,
        tags=tuple(record.tags),
        parent=RecordId(record.parent_id) if record.parent_id else None,
        release=RecordId(record.release_id) if record.release_id else None,
        position=record.position,
        revision=record.revision,
    )


def same_stored(one: Any, other: Any) -> bool:
    """Whether two stored values are the same value (a tuple and a list of the same members are; empty is None)."""
    return bool(_plain(one) == _plain(other))


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value] or None
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    return None if value == "" else value
