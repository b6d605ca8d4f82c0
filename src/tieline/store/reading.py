"""Views of rows for the engine, read in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Exists, Max, OuterRef, Q

from tieline.records.ids import ConnectionId, IntegrationId, IntentId, IssueId, IssueKey, LinkId
from tieline.records.issue import Edition, RemoteKind
from tieline.store.mappings import mapping_of
from tieline.store.models import Clash, Connection, Delivery, ImportRun, Integration, Intent, Link, RecordChange
from tieline.store.values import SYNCED_FIELDS, record_view
from tieline.sync.snapshot import FieldBaseline
from tieline.sync.views import ConnectionView, DeliveryView, ImportView, IntegrationView, IntentView, LinkView


def connection_view(row: Connection) -> ConnectionView:
    return ConnectionView(
        id=ConnectionId(row.id),
        name=row.name,
        base_url=row.base_url,
        api_base=row.api_base or row.base_url,
        edition=Edition(row.edition) if row.edition else None,
        auth=row.auth,
        account=row.account,
        held_by=row.held_by or None,
        worked_before=row.login_accepted_at is not None,
    )


def integration_view(row: Integration) -> IntegrationView:
    return IntegrationView(
        id=IntegrationId(row.id),
        workspace_id=row.workspace_id,
        connection_id=ConnectionId(row.connection_id),
        mapping=mapping_of(row),
        state=row.state,
        webhook_mode=row.webhook_mode,
        poll_cursor=row.poll_cursor,
    )


def intent_view(row: Intent) -> IntentView:
    return IntentView(
        id=IntentId(row.id),
        marker=row.marker,
        announced_at=row.announced_at,
        sent_at=row.sent_at,
        fields=row.fields,
    )


def import_view(row: ImportRun) -> ImportView:
    return ImportView(
        id=row.id,
        integration=IntegrationId(row.integration_id),
        state=row.state,
        cursor=row.cursor,
        seen=row.seen,
        made=row.made,
        skipped=row.skipped,
        total=row.total,
    )


def delivery_view(row: Delivery) -> DeliveryView:
    kind, _, remote_id = row.subject.partition(":")
    return DeliveryView(
        id=row.id,
        event=row.event,
        remote_kind=RemoteKind(kind) if remote_id else None,
        remote_id=IssueId(remote_id) if remote_id else None,
        payload=row.payload,
    )


def link_views(links: Sequence[str], *, unsettled: bool = False) -> tuple[LinkView, ...]:
    """The links that exist and whose record was not deleted, in the order asked for, in a few statements for all.

    ``unsettled``: of deleted records too, where a create was sent and nobody knows its outcome.
    """
    shown = Q(record__deleted=None)
    if unsettled:
        shown |= Q(Exists(Intent.objects.filter(link_id=OuterRef("id"), state="open", sent_at__isnull=False)))
    rows = {row.id: row for row in Link.objects.select_related("integration", "record").filter(shown, id__in=links)}
    ids = list(rows)
    changed = _changed_at(row.record_id for row in rows.values())
    intents = {row.link_id: row for row in Intent.objects.filter(link_id__in=ids, state="open")}
    clashes = open_clashes(ids)
    parents = _parents(rows.values())
    views = []
    for link in links:
        row = rows.get(link)
        if row is None:
            continue
        intent = intents.get(link)
        parent = parents.get((row.integration_id, row.record.parent_id or ""))
        made = dict.fromkeys(SYNCED_FIELDS, row.record.created)
        views.append(
            LinkView(
                id=LinkId(row.id),
                integration=integration_view(row.integration),
                record=record_view(row.record),
                remote_kind=RemoteKind(row.remote_kind),
                remote_id=IssueId(row.remote_id) if row.remote_id else None,
                remote_key=IssueKey(row.remote_key) if row.remote_key else None,
                baseline=baseline_view(row),
                ours_changed_at=made | changed[row.record_id],
                open_clashes=frozenset(clashes[link]),
                decided={field: winner for field, winner in clashes[link].items() if winner},
                intent=intent_view(intent) if intent else None,
                deleted=row.record.deleted is not None,
                parent_link_remote_id=IssueId(parent) if parent else None,
            )
        )
    return tuple(views)


def baseline_view(row: Link) -> dict[str, FieldBaseline]:
    return {field: FieldBaseline(ours=ours, theirs=theirs) for field, (ours, theirs) in row.baseline.items()}


def _changed_at(records: Iterable[str]) -> Mapping[str, dict[str, datetime]]:
    found: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    rows = RecordChange.objects.filter(record_id__in=list(records), field__in=SYNCED_FIELDS).order_by()
    for record, field, at in rows.values_list("record_id", "field").annotate(last=Max("at")):
        found[record][field] = at
    return found


def open_clashes(links: Sequence[str]) -> Mapping[str, dict[str, str]]:
    """By link and field: clashes that are not over, with the side a person chose ("" where nobody did yet)."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    rows = Clash.objects.filter(link_id__in=links, carried=False).values_list("link_id", "field", "winner")
    for link, field, winner in rows:
        found[link][field] = winner if found[link].get(field, winner) else ""
    return found


def _parents(rows: Iterable[Link]) -> Mapping[tuple[str, str], str]:
    wanted = {row.record.parent_id for row in rows if row.record.parent_id}
    if not wanted:
        return {}
    found = Link.objects.filter(record_id__in=wanted, remote_kind="issue", remote_id__isnull=False)
    return {
        (integration, record): remote
        for integration, record, remote in found.values_list("integration_id", "record_id", "remote_id")
        if remote
    }
