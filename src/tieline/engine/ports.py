"""Where the engine meets the outside: Protocols that ``jira/`` and ``store/`` satisfy.

Expected remote failures are values (``Answer.trouble``), never exceptions. Each method of ``Store`` is one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Mapping as MappingOf
from datetime import datetime
from typing import Any, Protocol

from tieline.diagnosis.evidence import Exchange
from tieline.mapping.schema import ProjectSchema, ProjectSummary
from tieline.records.ids import (
    ConnectionId,
    IntegrationId,
    IntentId,
    IssueId,
    LinkId,
    OpId,
    RecordId,
)
from tieline.records.issue import Edition, Issue, Person, RemoteKind, Version
from tieline.sync.remote import (
    Answer,
    AuthUse,
    CreateRefusal,
    IssuePage,
    IssueRef,
    NewIssue,
    ProbeRequest,
    Trouble,
    Webhook,
)
from tieline.sync.snapshot import Hop
from tieline.sync.steps import FieldChange
from tieline.sync.views import (
    ClashView,
    ConnectionView,
    DeliveryView,
    ImportedRecord,
    ImportView,
    IntegrationView,
    IntentView,
    LinkProblem,
    LinkView,
    LogLine,
    OpEnd,
    OpKind,
    OpResult,
    OpView,
    SyncOutcome,
)

__all__ = (
    "Answer",
    "AuthUse",
    "ClashView",
    "ConnectionView",
    "CreateRefusal",
    "DeliveryView",
    "ImportView",
    "ImportedRecord",
    "IntegrationView",
    "IntentView",
    "IssuePage",
    "IssueRef",
    "LinkProblem",
    "LinkView",
    "LogLine",
    "NewIssue",
    "OpEnd",
    "OpKind",
    "OpResult",
    "OpView",
    "ProbeRequest",
    "SyncOutcome",
    "Trouble",
    "Webhook",
)


class Clock(Protocol):
    def now(self) -> datetime:
        """The present, aware, UTC."""
        ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class Ids(Protocol):
    def new(self) -> str:
        """A new time-sortable id (UUIDv7, text)."""
        ...


# --- Jira -----------------------------------------------------------------------------------------------------------


class Door(Protocol):
    """The one way out. Never raises for what the network or Jira does; never follows a redirect.

    ``base=…`` of a probe to another origin than the connection's goes without the credential unless it is the
    Cloud gateway of this connection.
    """

    def ask(self, request: ProbeRequest, *, timeout_s: float | None = None) -> Exchange: ...

    def close(self) -> None: ...


class Jira(Protocol):
    """Typed operations on one Jira. Values are vendor-free; pages are the caller's to walk."""

    @property
    def edition(self) -> Edition: ...

    def read_myself(self) -> Answer[Person]: ...
    def read_projects(self) -> Answer[tuple[ProjectSummary, ...]]: ...
    def read_schema(self, project_key: str) -> Answer[ProjectSchema]: ...
    def read_permissions(self, project_key: str, keys: Sequence[str]) -> Answer[MappingOf[str, bool]]: ...
    def read_people(self, query: str, project_key: str) -> Answer[tuple[Person, ...]]: ...
    def read_issue(self, issue: str) -> Answer[Issue]: ...
    def read_issues(self, ids: Sequence[IssueId]) -> Answer[tuple[Issue, ...]]:
        """In bulk; ids that are gone or hidden are simply absent."""
        ...

    def read_page(
        self, project_key: str, *, updated_since: datetime | None, token: str | None, size: int = 100
    ) -> Answer[IssuePage]:
        """Issues of the project, oldest change first (``updated_since``) or by key (None)."""
        ...

    def read_newest_of_mine(
        self, project_key: str, *, since: datetime, wanted: Collection[str] = ()
    ) -> Answer[IssuePage]:
        """Issues that this account created since then, newest first, with their markers, as far back as it takes to
        find the ``wanted`` ones. ``next_token``: there were too many to look at all of them."""
        ...

    def create_issue(self, new: NewIssue) -> Answer[IssueRef]: ...
    def create_issues(self, batch: Sequence[NewIssue]) -> Answer[tuple[IssueRef | CreateRefusal, ...]]:
        """At most 50; the outcome of each, in order."""
        ...

    def edit_issue(self, issue: IssueId, changes: Sequence[FieldChange]) -> Answer[None]: ...
    def read_hops(self, issue: IssueId) -> Answer[tuple[Hop, ...]]: ...
    def take_hop(self, issue: IssueId, hop: Hop, fields: MappingOf[str, Any]) -> Answer[None]: ...
    def read_versions(self, project_key: str) -> Answer[tuple[Version, ...]]: ...
    def read_version(self, version: IssueId) -> Answer[Version]: ...
    def create_version(self, project_id: str, fields: MappingOf[str, Any]) -> Answer[Version]: ...
    def edit_version(self, version: IssueId, changes: Sequence[FieldChange]) -> Answer[Version]: ...
    def read_webhooks(self) -> Answer[tuple[Webhook, ...]]: ...
    def create_webhook(
        self, *, name: str, url: str, secret: str, jql: str, events: Sequence[str]
    ) -> Answer[Webhook]: ...
    def delete_webhook(self, webhook_id: str) -> Answer[None]: ...


# --- Store ----------------------------------------------------------------------------------------------------------


class Store(Protocol):
    """What the engine reads and saves of records, links and integrations."""

    def read_connection(self, connection: ConnectionId) -> ConnectionView: ...
    def read_integration(self, integration: IntegrationId) -> IntegrationView: ...
    def read_link(self, link: LinkId) -> LinkView | None:
        """None when it is gone or its record was deleted; ``deleted``, with its intent, while a create is unsettled."""
        ...

    def read_links(self, links: Sequence[LinkId]) -> tuple[LinkView, ...]: ...
    def find_links(
        self, integration: IntegrationId, remote_kind: RemoteKind, remote_ids: Sequence[IssueId]
    ) -> MappingOf[IssueId, LinkId]: ...
    def read_remote_stamps(
        self, integration: IntegrationId, remote_ids: Sequence[IssueId], *, remote_kind: RemoteKind = RemoteKind.ISSUE
    ) -> MappingOf[IssueId, str]:
        """Issue (or version) id → the ``updated`` text seen last (for polls: equal means nothing new)."""
        ...

    def release_versions(self, integration: IntegrationId) -> MappingOf[RecordId, IssueId]:
        """Release record → version id, for all linked releases whose version is not gone."""
        ...

    def gone_issues(self, integration: IntegrationId, limit: int) -> MappingOf[IssueId, LinkId]:
        """Links whose issue Jira no longer showed when last asked."""
        ...

    def count_links(self, integration: IntegrationId) -> int:
        """Links that have an issue or version: what a share of them is a share of (the brake)."""
        ...

    def links_waiting_to_create(self, integration: IntegrationId, limit: int) -> tuple[LinkId, ...]:
        """Links without an issue, without an intent and without a problem that waits for a person, whose parent (if
        any) is linked; oldest first."""
        ...

    def announce_create(
        self, link: LinkId, fields: MappingOf[str, Any], *, op: OpId | None = None, worker: str = ""
    ) -> IntentView | None:
        """The open intent of the link (an earlier one when there is one), or None when ``worker`` no longer holds
        ``op``: then nothing may be sent."""
        ...

    def announce_creates(
        self,
        creates: Sequence[tuple[LinkId, MappingOf[str, Any]]],
        *,
        op: OpId | None = None,
        worker: str = "",
    ) -> tuple[IntentView, ...]:
        """The same in bulk, in order; empty when ``worker`` no longer holds ``op``."""
        ...

    def mark_sent(self, intents: Sequence[IntentId], *, op: OpId | None = None, worker: str = "") -> bool:
        """Just before the POST. False when ``worker`` no longer holds ``op``: then it must not be sent."""
        ...

    def drop_intent(self, intent: IntentId) -> None:
        """The create certainly did not happen (Jira refused it, or it never left)."""
        ...

    def save_outcome(self, outcome: SyncOutcome, *, op: OpId | None = None, worker: str = "") -> bool:
        """False: run the op again. Either a pulled field was changed here meanwhile (it and its baseline were left
        alone, all else was saved), or ``worker`` no longer holds ``op`` (then nothing was saved)."""
        ...

    def save_outcomes(
        self, outcomes: Sequence[SyncOutcome], *, op: OpId | None = None, worker: str = ""
    ) -> tuple[bool, ...]: ...
    def save_imported(
        self, integration: IntegrationId, records: Sequence[ImportedRecord], run_id: str | None
    ) -> tuple[LinkId, ...]:
        """Idempotent: an issue that already has a link is left alone."""
        ...

    def read_import(self, run_id: str) -> ImportView | None: ...
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
        """Only what is given changes; ``made`` and ``skipped`` are counted by ``save_imported``."""
        ...

    def read_unheard(self, integration: IntegrationId, limit: int) -> tuple[DeliveryView, ...]:
        """Stored webhooks that nobody looked at yet, oldest first."""
        ...

    def save_heard(self, outcomes: MappingOf[str, str]) -> None:
        """Delivery id → what came of it, in a few words (``sync-link``, ``not linked`` …)."""
        ...

    def integrations_on(self) -> tuple[IntegrationView, ...]:
        """All that are switched on and whose connection is not held: what the poller walks."""
        ...

    def save_poll_cursor(self, integration: IntegrationId, cursor: datetime) -> None: ...
    def hold_connection(self, connection: ConnectionId, problem: LinkProblem) -> None: ...
    def release_connection(self, connection: ConnectionId, *, slugs: Sequence[str] | None = None) -> None:
        """Close the connection's problems (those slugs, or all) and let its waiting ops run, in order."""
        ...

    def save_log(self, integration: IntegrationId | None, lines: Sequence[LogLine]) -> None: ...
    def save_login_accepted(self, connection: ConnectionId) -> None: ...


# --- The ledger and the durable engine --------------------------------------------------------------------------------


class Ledger(Protocol):
    """Our own table of work. ``enqueue`` coalesces: at most one waiting op per (kind, lane)."""

    def enqueue(
        self,
        kind: OpKind,
        *,
        lane: str,
        subject: str,
        connection: ConnectionId,
        integration: IntegrationId | None,
        reason: str,
        delay_s: float = 0.0,
    ) -> OpId: ...
    def claim(self, op: OpId, worker: str) -> OpView | None:
        """Waiting and due → running, for this worker, if no other op of its lane runs and its connection is not held.
        None: not now (someone else has it, or it is settled).
        """
        ...

    def settle(self, op: OpId, worker: str, end: OpEnd) -> bool:
        """False when this worker no longer holds the op (a reaper took it back): its effects must not be saved."""
        ...

    def holds(self, op: OpId, worker: str) -> bool: ...
    def read_op(self, op: OpId) -> OpView | None: ...
    def claim_links(self, links: Sequence[LinkId], op: OpId, worker: str) -> MappingOf[LinkId, OpId]:
        """For a batch: take the lanes of these links too. Link → the ``sync-link`` op that now runs for this worker
        (the waiting one, or a new one). Links in other hands are absent. None are taken when ``op`` is not held."""
        ...

    def settle_all(self, ends: Sequence[tuple[OpId, OpEnd]], worker: str) -> tuple[bool, ...]:
        """``settle`` in bulk, in order."""
        ...

    def due(self, limit: int, *, skip: Sequence[ConnectionId] = ()) -> tuple[OpView, ...]:
        """Waiting ops whose time has come and that were not handed over (or long ago in vain), oldest first. Left out
        while their connection is held, their integration paused, or their lane busy: the end of that brings them back.
        Ops of the connections in ``skip`` (busy enough already) are left out too, so that a flood in one connection
        delays no other.
        """
        ...

    def next_due(self) -> datetime | None:
        """When the next op that waits becomes due; None when nothing waits. May lie in the past."""
        ...

    def mark_handed(self, ops: Sequence[OpId], *, starts: Sequence[int] = ()) -> None:
        """Note that these were handed over; with ``starts`` (their counts, in order), only those not started since."""
        ...

    def beat(self, worker: str) -> None: ...
    def forget_worker(self, worker: str) -> None:
        """A worker that stopped in good order: its beat goes, so that nobody waits for it."""
        ...

    def take_back(self, *, dead_after_s: float) -> tuple[OpId, ...]:
        """Running ops of workers without a heartbeat → waiting again (or parked as poison after too many starts)."""
        ...

    def retain(self, *, before: datetime) -> int: ...


class Gate(Protocol):
    """Pace per connection and scope, kept in the database so that all workers obey it."""

    def ask(self, connection: ConnectionId, scope: str) -> float:
        """0.0 when a call may go now (a token is taken), otherwise seconds to wait."""
        ...

    def throttle(self, connection: ConnectionId, scope: str, seconds: float) -> None:
        """Jira said wait: clamped to [1 s, 1 h]."""
        ...


class DurableQueue(Protocol):
    """The durable engine behind our port (``engine/durable.py``)."""

    def start(self) -> None: ...
    def hand_over(self, ops: Sequence[OpView]) -> None: ...
    def stop(self, *, grace_s: float = 20.0) -> None: ...
