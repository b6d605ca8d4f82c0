"""Planning records: create, edit, order, delete. A save and the work it causes are one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from tieline.records.record import DEFAULT_STATUSES, RELEASE_STATUSES, RecordKind
from tieline.store.ids import new_id
from tieline.store.links import ask_sync, auto_integration, link_of, make_links
from tieline.store.models import Link, Record, RecordChange, Workspace
from tieline.store.transactions import one_transaction
from tieline.store.values import RECORD_FIELDS, column_of, same_stored, settle_value, stored_value


@dataclass(frozen=True, kw_only=True)
class EditResult:
    """``changed``: fields that got another value. ``conflict``: somebody else changed one of them since ``revision``;
    then nothing was saved and ``record`` is theirs."""

    record: Record
    changed: tuple[str, ...] = ()
    conflict: bool = False


def statuses_of(kind: RecordKind) -> tuple[str, ...]:
    statuses = RELEASE_STATUSES if kind is RecordKind.RELEASE else DEFAULT_STATUSES
    return tuple(one.slug for one in statuses)


@one_transaction
def create_record(workspace: Workspace, kind: RecordKind | str, fields: Mapping[str, Any], *, actor: str) -> Record:
    """Make a record at the end of its list; ``fields`` in stored form (``name`` is needed).

    Raises ``ValueError`` for a field, status, release or parent that does not fit this kind.
    """
    kind = RecordKind(kind)
    values = _settled(workspace, kind, {"status": statuses_of(kind)[0], **fields})
    number = take_numbers(workspace, 1)
    record = Record(
        id=new_id(),
        workspace=workspace,
        kind=kind.value,
        ref=f"{workspace.key}-{number}",
        **{column_of(field): value for field, value in values.items()},
    )
    record.position = number
    record.save(force_insert=True)
    given = [field for field in RECORD_FIELDS if field in fields and stored_value(record, field) not in (None, "", [])]
    save_changes(record, [(field, None, stored_value(record, field)) for field in given], source="person", actor=actor)
    _send_after_save(record, reason=f"Created by {actor}")
    return record


@one_transaction
def edit_record(record: Record, changes: Mapping[str, Any], *, actor: str, revision: int | None = None) -> EditResult:
    """Change fields of the record. ``revision`` is the one the person saw; other fields may have moved on since.

    Raises ``ValueError`` for a value that does not fit.
    """
    current = Record.objects.select_for_update(no_key=True).select_related("workspace").get(id=record.id)
    if current.deleted:
        return EditResult(record=current, conflict=True)
    values = _settled(current.workspace, RecordKind(current.kind), changes, record=current)
    before = {field: stored_value(current, field) for field in values}
    for field, value in values.items():
        setattr(current, column_of(field), value)
    changed = tuple(field for field in values if not same_stored(before[field], stored_value(current, field)))
    if not changed:
        return EditResult(record=current)
    if revision is not None and _changed_since(current.id, revision, changed):
        return EditResult(record=Record.objects.get(id=record.id), conflict=True)
    current.revision += 1
    current.save()
    rows = [(field, before[field], stored_value(current, field)) for field in changed]
    save_changes(current, rows, source="person", actor=actor)
    _send_after_save(current, reason=f"Edited by {actor}")
    return EditResult(record=current, changed=changed)


@one_transaction
def move_record(record: Record, where: Literal["up", "down"] | int, *, actor: str) -> Record:
    """Change the place among its siblings (same kind, parent and release): one step, or to an index from 0."""
    current = Record.objects.select_for_update(no_key=True).get(id=record.id)
    siblings = list(siblings_of(current).select_for_update(no_key=True))
    index = next(place for place, one in enumerate(siblings) if one.id == current.id)
    wanted = where if isinstance(where, int) else index + (-1 if where == "up" else 1)
    target = max(0, min(wanted, len(siblings) - 1))
    if target == index:
        return current
    places = sorted(one.position for one in siblings)
    if len(set(places)) < len(places):
        places = list(range(places[0], places[0] + len(places)))
    siblings.insert(target, siblings.pop(index))
    moved = [one for one, place in zip(siblings, places, strict=True) if _placed(one, place)]
    Record.objects.bulk_update(moved, ["position"], batch_size=200)
    save_changes(current, [("position", index, target)], source="person", actor=actor)
    return Record.objects.get(id=record.id)


@one_transaction
def delete_record(record: Record, *, actor: str) -> None:
    """Take the record out of the plan. Its issue stays in Jira and its link stays here, so that no import brings it
    back and nothing is written to Jira for it any more."""
    current = Record.objects.select_for_update(no_key=True).get(id=record.id)
    if current.deleted:
        return
    current.deleted = timezone.now()
    current.revision += 1
    current.save()
    Record.objects.filter(parent=current).update(parent=None)
    Record.objects.filter(release=current).update(release=None)
    note = f"Deleted {current.ref}"
    save_changes(current, [("deleted", None, current.deleted.isoformat())], source="person", actor=actor, note=note)


def siblings_of(record: Record) -> QuerySet[Record]:
    """The list in which the record has its place, in order."""
    return Record.objects.filter(
        workspace_id=record.workspace_id,
        kind=record.kind,
        parent_id=record.parent_id,
        release_id=record.release_id,
        deleted=None,
    ).order_by("position", "id")


def take_numbers(workspace: Workspace, count: int) -> int:
    """The first of ``count`` fresh numbers of the workspace's records, which also put them at the end of their list."""
    Workspace.objects.filter(id=workspace.id).update(next_number=F("next_number") + count)
    return Workspace.objects.values_list("next_number", flat=True).get(id=workspace.id) - count


def save_changes(
    record: Record,
    rows: Iterable[tuple[str, Any, Any]],
    *,
    source: str,
    actor: str,
    note: str = "",
) -> None:
    """Write the history of one save: (field, old, new) in stored form."""
    now = timezone.now()
    RecordChange.objects.bulk_create(
        RecordChange(
            id=new_id(),
            record=record,
            at=now,
            source=source,
            actor=actor[:120],
            field=field,
            old=old,
            new=new,
            note=note[:255],
            revision=record.revision,
        )
        for field, old, new in rows
    )


def _changed_since(record: str, revision: int, fields: Iterable[str]) -> bool:
    return RecordChange.objects.filter(record_id=record, revision__gt=revision, field__in=list(fields)).exists()


def _placed(record: Record, place: int) -> bool:
    if record.position == place:
        return False
    record.position = place
    return True


def _settled(
    workspace: Workspace, kind: RecordKind, fields: Mapping[str, Any], *, record: Record | None = None
) -> dict[str, Any]:
    values = {field: settle_value(field, value) for field, value in fields.items()}
    if record is None and "name" not in values:
        raise ValueError("A record needs a name.")
    status = values.get("status")
    if "status" in values and status not in statuses_of(kind):
        raise ValueError(f"A {kind.value} has no status “{status}”.")
    _check_pointer(workspace, values.get("release"), RecordKind.RELEASE, allowed=kind is not RecordKind.RELEASE)
    _check_pointer(workspace, values.get("parent"), RecordKind.FEATURE, allowed=kind is RecordKind.REQUIREMENT)
    return values


def _check_pointer(workspace: Workspace, target: str | None, kind: RecordKind, *, allowed: bool) -> None:
    if target is None:
        return
    found = Record.objects.filter(id=target, workspace=workspace, kind=kind.value, deleted=None).exists()
    if not (allowed and found):
        raise ValueError(f"The {kind.value} named here is not one of this workspace, or has no place here.")


def _send_after_save(record: Record, *, reason: str) -> None:
    link = link_of(record)
    if link is None:
        integration = auto_integration(record)
        made = make_links(integration, [record]) if integration else []
        if not made:
            return
        link = made[0]
    elif link.state == "in-step":
        Link.objects.filter(id=link.id).update(state="waiting")
    ask_sync([link], reason=reason, delay_s=settings.QUIET_SECONDS)
