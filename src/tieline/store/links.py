"""Links: making them for records, asking for their sync. All inside a caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from django.db.models import QuerySet

from tieline.records.ids import OpId
from tieline.records.record import RecordKind
from tieline.store.ids import new_id
from tieline.store.mappings import mapping_of
from tieline.store.models import Integration, Link, Record
from tieline.store.ops import enqueue_all, sync_wanted

_BATCH: Final = 500


def link_of(record: Record) -> Link | None:
    return Link.objects.select_related("integration").filter(record_id=record.id).first()


def auto_integration(record: Record) -> Integration | None:
    """The integration that sends this record by itself when it is saved, if any: on, and its mapping knows the kind.

    A requirement follows its feature's integration.
    """
    if record.keep_local or record.deleted:
        return None
    running = Integration.objects.filter(workspace_id=record.workspace_id, state="on", auto_send=True)
    if record.parent_id:
        parents = Link.objects.filter(record_id=record.parent_id).values("integration_id")
        running = running.filter(id__in=parents)
    kind = RecordKind(record.kind)
    return next((one for one in running.order_by("created", "id") if mapping_of(one).kind(kind)), None)


def make_links(integration: Integration, records: Iterable[Record]) -> list[Link]:
    """Links that wait for their issue, for records that have none."""
    links = [
        Link(
            id=new_id(),
            integration=integration,
            record=record,
            remote_kind=rule.remote_kind.value,
            state="waiting",
        )
        for record in records
        if (rule := mapping_of(integration).kind(RecordKind(record.kind))) is not None
    ]
    return Link.objects.bulk_create(links, batch_size=_BATCH)


def forget_agreed(integration: Integration, fields: Mapping[RecordKind, Collection[str]]) -> None:
    """Take fields out of the baselines of all links of the integration."""
    for kind, names in fields.items():
        rows = Link.objects.select_for_update(of=("self",), no_key=True).filter(
            integration=integration, record__kind=kind.value
        )
        changed = [row for row in rows if any(name in row.baseline for name in names)]
        for row in changed:
            row.baseline = {name: agreed for name, agreed in row.baseline.items() if name not in names}
        Link.objects.bulk_update(changed, ["baseline"], batch_size=_BATCH)


def ask_sync(links: Sequence[Link] | QuerySet[Link], *, reason: str, delay_s: float = 0.0) -> tuple[OpId, ...]:
    """Enqueue the sync of each link (with its integration loaded); ids in order."""
    return enqueue_all(
        sync_wanted(
            link.id,
            connection=link.integration.connection_id,
            integration=link.integration_id,
            reason=reason,
            delay_s=delay_s,
        )
        for link in links
    )
