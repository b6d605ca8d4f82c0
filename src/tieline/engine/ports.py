"""Where the engine meets the outside: Protocols that ``jira/`` and ``store/`` satisfy, and the values that pass through.

Expected remote failures are values (``Answer.trouble``), never exceptions. Each method of ``Store`` is one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from tieline.diagnosis.evidence import Exchange
from tieline.diagnosis.finding import Finding
from tieline.mapping.model import Mapping
from tieline.mapping.schema import ProjectSchema, ProjectSummary
from tieline.records.ids import (
    ConnectionId,
    IntegrationId,
    IntentId,
    IssueId,
    IssueKey,
    LinkId,
    OpId,
    RecordId,
)
from tieline.records.issue import Edition, Issue, Person, RemoteKind, Version
from tieline.records.record import Record, RecordKind
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
from tieline.sync.snapshot import FieldBaseline, Hop
from tieline.sync.steps import FieldChange

__all__ = (
    "Answer",
    "AuthUse",
    "CreateRefusal",
    "IssuePage",
    "IssueRef",
    "NewIssue",
    "ProbeRequest",
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

    def read_newest_of_mine(self, project_key: str, *, since: datetime) -> Answer[IssuePage]:
        """Issues that this account created since then, newest first, with their markers."""
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


@dataclass(frozen=True, kw_only=True)
class ConnectionView:
    """A connection without its secret. ``api_base`` differs from ``base_url`` when the Cloud gateway is used.
    ``held_by`` names the open problem (slug) for which this connection waits, None when it runs."""

    id: ConnectionId
    name: str
    base_url: str
    api_base: str
    edition: Edition | None
    auth: str
    account: str
    held_by: str | None = None
    worked_before: bool = False


@dataclass(frozen=True, kw_only=True)
class IntegrationView:
    """``state``: ``draft``, ``on``, ``paused``. ``poll_cursor``: Jira's time up to which changes were heard."""

    id: IntegrationId
    workspace_id: str
    connection_id: ConnectionId
    mapping: Mapping
    state: str
    webhook_mode: str
    poll_cursor: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class LinkView:
    """A link with the record it belongs to. ``remote_id`` is None until the issue exists.
    ``ours_changed_at``: by record field, from the record's history. ``intent``: an announced create that has no outcome yet."""

    id: LinkId
    integration: IntegrationView
    record: Record
    remote_kind: RemoteKind
    remote_id: IssueId | None
    remote_key: IssueKey | None
    baseline: MappingOf[str, FieldBaseline]
    ours_changed_at: MappingOf[str, datetime]
    open_clashes: frozenset[str]
    intent: IntentView | None
    parent_link_remote_id: IssueId | None = None


@dataclass(frozen=True, kw_only=True)
class IntentView:
    """A create that was announced. ``marker`` travels with the issue. ``sent_at`` is set just before sending."""

    id: IntentId
    marker: str
    announced_at: datetime
    sent_at: datetime | None
    fields: MappingOf[str, Any]


@dataclass(frozen=True, kw_only=True)
class LogLine:
    """One line of the log. ``level``: ``info``, ``warning``, ``problem``. ``direction``: ``push``, ``pull``, ``none``.
    ``steps``: what was planned and done, as short sentences. Exchanges are stored redacted, bodies cut at 64 KB."""

    level: str
    direction: str
    sentence: str
    steps: tuple[str, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    record: RecordId | None = None
    link: LinkId | None = None
    elapsed_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class LinkProblem:
    """A finding bound to what it holds up. ``scope``: ``record``, ``mapping``, ``connection``."""

    finding: Finding
    scope: str
    evidence: tuple[Exchange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SyncOutcome:
    """All that one sync changed here, saved in one transaction with the link row.

    ``remote``: set when the issue was just created or found. ``record_changes``: pulled values (our field, old, new),
    refused by the store when ``record_revision`` is no longer the record's (then nothing is saved and the op runs again).
    ``remote_view``: status name, updated time… to show on the record. ``problems``: open ones of this link after the
    sync; those formerly open and absent now are closed. ``gone``: Jira answers 404.
    """

    link: LinkId
    record_revision: int
    remote: IssueRef | None = None
    record_changes: tuple[FieldChange, ...] = ()
    baseline: MappingOf[str, FieldBaseline] = field(default_factory=dict)
    clashes: tuple[ClashView, ...] = ()
    problems: tuple[LinkProblem, ...] = ()
    log: tuple[LogLine, ...] = ()
    pushed: bool = False
    pulled: bool = False
    gone: bool = False
    remote_view: MappingOf[str, Any] = field(default_factory=dict)
    settled_intent: IntentId | None = None


@dataclass(frozen=True, kw_only=True)
class ClashView:
    field: str
    ours: Any
    theirs: Any
    agreed: Any
    winner: str | None


@dataclass(frozen=True, kw_only=True)
class ImportedRecord:
    """A record to be made for an issue or version that has none, with its link and baseline, in one transaction.
    ``parent_remote``/``release_remote`` are issue/version ids, resolved by the store through links."""

    kind: RecordKind
    remote_kind: RemoteKind
    remote: IssueRef
    fields: MappingOf[str, Any]
    baseline: MappingOf[str, FieldBaseline]
    remote_view: MappingOf[str, Any] = field(default_factory=dict)
    parent_remote: IssueId | None = None


class Store(Protocol):
    """What the engine reads and saves of records, links and integrations."""

    def read_connection(self, connection: ConnectionId) -> ConnectionView: ...
    def read_integration(self, integration: IntegrationId) -> IntegrationView: ...
    def read_link(self, link: LinkId) -> LinkView | None: ...
    def read_links(self, links: Sequence[LinkId]) -> tuple[LinkView, ...]: ...
    def find_links(
        self, integration: IntegrationId, remote_kind: RemoteKind, remote_ids: Sequence[IssueId]
    ) -> MappingOf[IssueId, LinkId]: ...
    def read_remote_stamps(
        self, integration: IntegrationId, remote_ids: Sequence[IssueId]
    ) -> MappingOf[IssueId, str]:
        """Issue id → the ``updated`` text seen last (for polls: equal means nothing new)."""
        ...

    def release_versions(self, integration: IntegrationId) -> MappingOf[RecordId, IssueId]:
        """Release record → version id, for all linked releases."""
        ...

    def links_waiting_to_create(self, integration: IntegrationId, limit: int) -> tuple[LinkId, ...]:
        """Links without an issue, without an intent, whose parent (if any) is linked; oldest first."""
        ...

    def announce_create(self, link: LinkId, fields: MappingOf[str, Any]) -> IntentView: ...
    def announce_creates(
        self, creates: Sequence[tuple[LinkId, MappingOf[str, Any]]]
    ) -> tuple[IntentView, ...]: ...
    def mark_sent(self, intents: Sequence[IntentId]) -> None: ...
    def drop_intent(self, intent: IntentId) -> None:
        """The create certainly did not happen (Jira refused it, or it never left)."""
        ...

    def save_outcome(self, outcome: SyncOutcome) -> bool:
        """False when the record changed meanwhile: nothing of it was saved but ``remote`` and the intent's end."""
        ...

    def save_outcomes(self, outcomes: Sequence[SyncOutcome]) -> tuple[bool, ...]: ...
    def save_imported(
        self, integration: IntegrationId, records: Sequence[ImportedRecord], run_id: str | None
    ) -> tuple[LinkId, ...]:
        """Idempotent: an issue that already has a link is left alone."""
        ...

    def save_poll_cursor(self, integration: IntegrationId, cursor: datetime) -> None: ...
    def hold_connection(self, connection: ConnectionId, problem: LinkProblem) -> None: ...
    def release_connection(self, connection: ConnectionId, *, slugs: Sequence[str] | None = None) -> None:
        """Close the connection's problems (those slugs, or all) and let its waiting ops run, in order."""
        ...

    def save_log(self, integration: IntegrationId | None, lines: Sequence[LogLine]) -> None: ...
    def save_login_accepted(self, connection: ConnectionId) -> None: ...


# --- The ledger and the durable engine --------------------------------------------------------------------------------


class OpKind(StrEnum):
    SYNC_LINK = "sync-link"
    """Bring one link into step from its present state (create included)."""
    SEND_BATCH = "send-batch"
    """Create what waits to be created in one integration, 50 at a time."""
    POLL = "poll"
    IMPORT = "import"
    HEAR = "hear"
    """A stored webhook delivery: find its link and enqueue ``sync-link``."""


@dataclass(frozen=True, kw_only=True)
class OpView:
    """One row of the ledger. ``lane`` is what serialises: ops of one lane never run at the same time
    (``link:<id>``, ``poll:<integration>`` …). ``subject`` is the id the kind speaks of. ``attempts`` counts starts."""

    id: OpId
    kind: OpKind
    lane: str
    subject: str
    connection: ConnectionId
    integration: IntegrationId | None
    reason: str
    attempts: int
    state: str


class OpResult(StrEnum):
    DONE = "done"
    LATER = "later"
    PARKED = "parked"


@dataclass(frozen=True, kw_only=True)
class OpEnd:
    """How one run of an op ended. ``after_s``: for LATER. ``finding``/``why``: for PARKED and LATER."""

    result: OpResult
    after_s: float = 0.0
    why: str = ""
    finding: Finding | None = None


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
        None: not now (someone else has it, or it is settled)."""
        ...

    def settle(self, op: OpId, worker: str, end: OpEnd) -> bool:
        """False when this worker no longer holds the op (a reaper took it back): its effects must not be saved."""
        ...

    def holds(self, op: OpId, worker: str) -> bool: ...
    def due(self, limit: int) -> tuple[OpView, ...]:
        """Waiting ops whose time has come and that were not handed over, oldest first (the sweeper's question)."""
        ...

    def mark_handed(self, ops: Sequence[OpId]) -> None: ...
    def beat(self, worker: str) -> None: ...
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
