"""Saving imported records: many at once, each with its link and baseline; twice is harmless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F

from tieline.records.ids import LinkId
from tieline.records.issue import RemoteKind
from tieline.records.record import RecordKind
from tieline.store.evidence import storable
from tieline.store.ids import new_id
from tieline.store.models import ImportRun, Integration, Link, Record, RecordChange
from tieline.store.planning import statuses_of, take_numbers
from tieline.store.values import column_of, settle_value, stored_value
from tieline.sync.views import ImportedRecord

_BATCH = 100


def save_imports(
    integration: Integration, imported: Sequence[ImportedRecord], run_id: str | None, *, now: datetime
) -> tuple[LinkId, ...]:
    """In the caller's transaction. Returns the links made; issues that have a link already are counted as skipped."""
    fresh = _without_link(integration, imported)
    workspace = integration.workspace
    number = take_numbers(workspace, len(fresh)) if fresh else 0
    parents = _parents(integration, fresh)
    records, links, changes = [], [], []
    for offset, one in enumerate(fresh):
        record = _record(one, integration, number + offset)
        if one.kind is RecordKind.FEATURE:
            parents[one.remote.id] = record.id
        elif one.kind is RecordKind.REQUIREMENT and one.parent_remote:
            record.parent_id = parents.get(one.parent_remote)
        link = _link(one, integration, record, now)
        if record.parent_id:
            link.baseline["parent"] = [record.parent_id, str(one.parent_remote)]
        records.append(record)
        links.append(link)
        changes.append(_origin(one, record, now))
    Record.objects.bulk_create(records, batch_size=_BATCH)
    Link.objects.bulk_create(links, batch_size=_BATCH)
    RecordChange.objects.bulk_create(changes, batch_size=_BATCH)
    if run_id:
        ImportRun.objects.filter(id=run_id).update(
            made=F("made") + len(fresh), skipped=F("skipped") + len(imported) - len(fresh)
        )
    Integration.objects.filter(id=integration.id).update(last_heard=now)
    return tuple(LinkId(link.id) for link in links)


def _without_link(integration: Integration, imported: Sequence[ImportedRecord]) -> list[ImportedRecord]:
    known = {
        (kind, remote)
        for kind, remote in Link.objects.filter(
            integration=integration, remote_id__in=[one.remote.id for one in imported]
        ).values_list("remote_kind", "remote_id")
    }
    fresh = []
    for one in imported:
        place = (one.remote_kind.value, str(one.remote.id))
        if place not in known:
            known.add(place)
            fresh.append(one)
    return fresh


def _parents(integration: Integration, imported: Sequence[ImportedRecord]) -> dict[str, str]:
    """Issue id → record id of the feature, for the parents that are here already."""
    wanted = {one.parent_remote for one in imported if one.parent_remote}
    found = Link.objects.filter(
        integration=integration,
        remote_kind=RemoteKind.ISSUE.value,
        remote_id__in=wanted,
        record__kind=RecordKind.FEATURE.value,
        record__deleted=None,
    )
    return {remote: record for remote, record in found.values_list("remote_id", "record_id") if remote}


def _record(one: ImportedRecord, integration: Integration, number: int) -> Record:
    fields: Mapping[str, Any] = {"status": statuses_of(one.kind)[0], **one.fields}
    settled = {name: settle_value(name, storable(value)) for name, value in fields.items()}
    if not settled.get("status"):
        settled["status"] = statuses_of(one.kind)[0]
    return Record(
        id=new_id(),
        workspace_id=integration.workspace_id,
        kind=one.kind.value,
        ref=f"{integration.workspace.key}-{number}",
        position=number,
        **{column_of(name): value for name, value in settled.items()},
    )


def _link(one: ImportedRecord, integration: Integration, record: Record, now: datetime) -> Link:
    view = one.remote_view
    return Link(
        id=new_id(),
        integration=integration,
        record=record,
        remote_kind=one.remote_kind.value,
        remote_id=one.remote.id,
        remote_key=str(view.get("key") or one.remote.key)[:255],
        remote_status=str(storable(view.get("status") or ""))[:80],
        remote_status_category=str(view.get("status_category") or "")[:16],
        remote_updated=str(view.get("updated") or "")[:40],
        baseline={name: [stored_value(record, name), storable(agreed.theirs)] for name, agreed in one.baseline.items()},
        state="in-step",
        last_heard=now,
    )


def _origin(one: ImportedRecord, record: Record, now: datetime) -> RecordChange:
    return RecordChange(
        id=new_id(),
        record=record,
        at=now,
        source="import",
        actor="Jira",
        field="link",
        new=one.remote.key,
        note=f"Imported from {one.remote.key}"[:255],
        revision=1,
    )
