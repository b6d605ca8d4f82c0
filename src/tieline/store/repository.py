"""What the engine reads and saves of records, links and integrations: each method is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Concat
from django.utils import timezone

from tieline.records.ids import ConnectionId, IntegrationId, IntentId, IssueId, LinkId, OpId, RecordId
from tieline.records.issue import RemoteKind
from tieline.store.evidence import storable
from tieline.store.ids import new_id
from tieline.store.imports import save_imports
from tieline.store.models import Connection, Delivery, ImportRun, Integration, Intent, Link, LogEntry, Op, Problem
from tieline.store.ops import announce_waiting, held_now, wake
from tieline.store.outcomes import log_entry, save_all
from tieline.store.problems import Place, close_problems, connection_problems, open_problem
from tieline.store.reading import (
    connection_view,
    delivery_view,
    import_view,
    integration_view,
    intent_view,
    link_views,
)
from tieline.store.transactions import one_transaction
from tieline.sync.views import (
    ConnectionView,
    DeliveryView,
    ImportedRecord,
    ImportView,
    IntegrationView,
    IntentView,
    LinkProblem,
    LinkView,
    LogLine,
    SyncOutcome,
)

_IN = 500
"""Ids per statement."""


class DjangoStore:
    """Satisfies ``engine.ports.Store``. ``now`` is the clock, ``new_marker`` makes what goes with a created issue."""

    def __init__(self, now: Callable[[], datetime] | None = None, *, new_marker: Callable[[], str] = new_id) -> None:
        self._now = now or timezone.now
        self._new_marker = new_marker

    # --- reading ---------------------------------------------------------------------------------------------------

    def read_connection(self, connection: ConnectionId) -> ConnectionView:
        return connection_view(Connection.objects.get(id=connection))

    def read_integration(self, integration: IntegrationId) -> IntegrationView:
        return integration_view(Integration.objects.get(id=integration))

    def read_link(self, link: LinkId) -> LinkView | None:
        """None when it was unlinked, or its record was deleted and no create of it is unsettled."""
        return next(iter(link_views([link], unsettled=True)), None)

    def read_links(self, links: Sequence[LinkId]) -> tuple[LinkView, ...]:
        found: list[LinkView] = []
        for start in range(0, len(links), _IN):
            found.extend(link_views(links[start : start + _IN]))
        return tuple(found)

    def find_links(
        self, integration: IntegrationId, remote_kind: RemoteKind, remote_ids: Sequence[IssueId]
    ) -> Mapping[IssueId, LinkId]:
        rows = self._remotes(integration, remote_kind, remote_ids, "id")
        return {IssueId(remote): LinkId(link) for remote, link in rows}

    def read_remote_stamps(
        self, integration: IntegrationId, remote_ids: Sequence[IssueId], *, remote_kind: RemoteKind = RemoteKind.ISSUE
    ) -> Mapping[IssueId, str]:
        rows = self._remotes(integration, remote_kind, remote_ids, "remote_updated")
        return {IssueId(remote): stamp for remote, stamp in rows}

    def _remotes(
        self, integration: IntegrationId, remote_kind: RemoteKind, remote_ids: Sequence[IssueId], column: str
    ) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        links = Link.objects.filter(integration_id=integration, remote_kind=remote_kind.value)
        for start in range(0, len(remote_ids), _IN):
            some = links.filter(remote_id__in=remote_ids[start : start + _IN])
            found.extend(some.values_list("remote_id", column))
        return found

    def release_versions(self, integration: IntegrationId) -> Mapping[RecordId, IssueId]:
        rows = Link.objects.filter(
            integration_id=integration, remote_kind=RemoteKind.VERSION.value, remote_id__isnull=False
        ).exclude(state="gone")
        found = rows.values_list("record_id", "remote_id")
        return {RecordId(record): IssueId(remote) for record, remote in found if remote}

    def gone_issues(self, integration: IntegrationId, limit: int) -> Mapping[IssueId, LinkId]:
        rows = Link.objects.filter(
            integration_id=integration, remote_kind=RemoteKind.ISSUE.value, state="gone", record__deleted=None
        ).order_by("id")
        found = rows.values_list("remote_id", "id")[:limit]
        return {IssueId(remote): LinkId(link) for remote, link in found if remote}

    def count_links(self, integration: IntegrationId) -> int:
        return Link.objects.filter(integration_id=integration, remote_id__isnull=False).count()

    def links_waiting_to_create(self, integration: IntegrationId, limit: int) -> tuple[LinkId, ...]:
        """Releases first, then features, then requirements whose feature is linked; oldest first. Not: what is
        announced already, what a problem holds up, and what is parked."""
        lane = Concat(Value("link:"), OuterRef("id"))
        parked = Op.objects.filter(lane=lane, state="parked")
        announced = Intent.objects.filter(link_id=OuterRef("id"), state="open")
        parent = Link.objects.filter(record_id=OuterRef("record__parent_id"), remote_id__isnull=False)
        rows = Link.objects.filter(
            integration_id=integration, remote_id=None, state="waiting", record__deleted=None
        ).filter(~Exists(parked), ~Exists(announced), Q(record__parent_id=None) | Q(Exists(parent)))
        ordered = rows.order_by("-remote_kind", "record__kind", "record_id").values_list("id", flat=True)
        return tuple(LinkId(link) for link in ordered[:limit])

    # --- intents ---------------------------------------------------------------------------------------------------

    def announce_create(
        self, link: LinkId, fields: Mapping[str, Any], *, op: OpId | None = None, worker: str = ""
    ) -> IntentView | None:
        return next(iter(self.announce_creates([(link, fields)], op=op, worker=worker)), None)

    @one_transaction
    def announce_creates(
        self, creates: Sequence[tuple[LinkId, Mapping[str, Any]]], *, op: OpId | None = None, worker: str = ""
    ) -> tuple[IntentView, ...]:
        """Rows of the announced creates. A link that has an open intent keeps it: its marker may be out already."""
        if not held_now(op, worker):
            return ()
        now = self._now()
        rows = [
            Intent(
                id=new_id(), link_id=link, marker=self._new_marker(), fields=storable(dict(fields)), announced_at=now
            )
            for link, fields in creates
        ]
        Intent.objects.bulk_create(rows, ignore_conflicts=True, batch_size=100)
        wanted = [link for link, _ in creates]
        found = {row.link_id: row for row in Intent.objects.filter(link_id__in=wanted, state="open")}
        return tuple(intent_view(found[link]) for link in wanted)

    @one_transaction
    def mark_sent(self, intents: Sequence[IntentId], *, op: OpId | None = None, worker: str = "") -> bool:
        if not held_now(op, worker):
            return False
        Intent.objects.filter(id__in=intents, state="open").update(sent_at=self._now())
        return True

    @one_transaction
    def drop_intent(self, intent: IntentId) -> None:
        Intent.objects.filter(id=intent, state="open").update(state="dropped")

    # --- outcomes --------------------------------------------------------------------------------------------------

    def save_outcome(self, outcome: SyncOutcome, *, op: OpId | None = None, worker: str = "") -> bool:
        return self.save_outcomes([outcome], op=op, worker=worker)[0]

    @one_transaction
    def save_outcomes(
        self, outcomes: Sequence[SyncOutcome], *, op: OpId | None = None, worker: str = ""
    ) -> tuple[bool, ...]:
        if not held_now(op, worker):
            return (False,) * len(outcomes)
        return save_all(outcomes, now=self._now())

    @one_transaction
    def save_imported(
        self, integration: IntegrationId, records: Sequence[ImportedRecord], run_id: str | None
    ) -> tuple[LinkId, ...]:
        row = (
            Integration.objects.select_for_update(of=("self",), no_key=True)
            .select_related("workspace")
            .get(id=integration)
        )
        return save_imports(row, records, run_id, now=self._now())

    # --- imports, deliveries, polls ----------------------------------------------------------------------------------

    def read_import(self, run_id: str) -> ImportView | None:
        row = ImportRun.objects.filter(id=run_id).first()
        return import_view(row) if row else None

    @one_transaction
    def save_import_progress(
        self,
        run_id: str,
        *,
        state: str | None = None,
        cursor: str | None = None,
        seen: int | None = None,
        total: int | None = None,
        why: str | None = None,
    ) -> None:
        given = {"state": state, "cursor": cursor, "seen": seen, "total": total, "why": why}
        changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        if state in {"done", "parked"}:
            changes["ended"] = self._now()
        ImportRun.objects.filter(id=run_id).update(**changes)

    def read_unheard(self, integration: IntegrationId, limit: int) -> tuple[DeliveryView, ...]:
        rows = Delivery.objects.filter(integration_id=integration, outcome="").order_by("id")[:limit]
        return tuple(delivery_view(row) for row in rows)

    @one_transaction
    def save_heard(self, outcomes: Mapping[str, str]) -> None:
        by_outcome: dict[str, list[str]] = {}
        for delivery, outcome in outcomes.items():
            by_outcome.setdefault(outcome[:120] or "seen", []).append(delivery)
        for outcome, deliveries in by_outcome.items():
            Delivery.objects.filter(id__in=deliveries).update(outcome=outcome)

    def integrations_on(self) -> tuple[IntegrationView, ...]:
        rows = Integration.objects.filter(state="on", connection__held_by="").order_by("id")
        return tuple(integration_view(row) for row in rows)

    @one_transaction
    def save_poll_cursor(self, integration: IntegrationId, cursor: datetime) -> None:
        now = self._now()
        Integration.objects.filter(id=integration).update(poll_cursor=cursor, last_heard=now)
        Connection.objects.filter(integrations__id=integration).update(last_heard=now)

    # --- connections -----------------------------------------------------------------------------------------------

    @one_transaction
    def hold_connection(self, connection: ConnectionId, problem: LinkProblem) -> None:
        """All work of the connection waits, with the problem shown once."""
        now = self._now()
        workspace = Connection.objects.values_list("workspace_id", flat=True).get(id=connection)
        open_problem(problem, Place(workspace=workspace, connection=connection), now=now)
        row = Connection.objects.select_for_update(no_key=True).get(id=connection)
        if not row.held_by:
            row.held_since = now
        row.held_by = problem.finding.slug
        row.save(update_fields=["held_by", "held_since"])

    @one_transaction
    def release_connection(self, connection: ConnectionId, *, slugs: Sequence[str] | None = None) -> None:
        chosen = connection_problems(connection, slugs)
        close_problems(chosen, now=self._now(), by="check")
        row = Connection.objects.select_for_update(no_key=True).get(id=connection)
        if row.held_by and (slugs is None or row.held_by in slugs):
            row.held_by, row.held_since = "", None
            row.save(update_fields=["held_by", "held_since"])
        if row.held_by:
            return
        closed = list(chosen.values_list("slug", flat=True).distinct())
        wake(
            Op.objects.filter(connection=row, finding__slug__in=closed),
            why="The connection works again",
            now=self._now(),
        )
        Op.objects.filter(connection=row, state="waiting").update(handed_at=None)
        announce_waiting()

    @one_transaction
    def save_login_accepted(self, connection: ConnectionId) -> None:
        Connection.objects.filter(id=connection).update(login_accepted_at=self._now())

    # --- log -------------------------------------------------------------------------------------------------------

    @one_transaction
    def save_log(self, integration: IntegrationId | None, lines: Sequence[LogLine]) -> None:
        """Lines without an integration take it from their link; those that name neither are left out."""
        given = Integration.objects.filter(id=integration).first() if integration else None
        named = {
            row.id: row
            for row in Link.objects.select_related("integration").filter(
                id__in=[line.link for line in lines if line.link]
            )
        }
        rows = []
        for line in lines:
            link = named.get(line.link or "")
            home = given or (link.integration if link else None)
            if home is not None:
                rows.append(log_entry(line, home, self._now(), record=link.record_id if link else None))
        LogEntry.objects.bulk_create(rows, batch_size=50)

    def open_slugs(self, connection: ConnectionId) -> tuple[str, ...]:
        """Slugs of the problems for which this connection waits now."""
        rows = Problem.objects.filter(connection_id=connection, scope="connection", fixed_at=None)
        return tuple(rows.order_by("first_seen").values_list("slug", flat=True))
