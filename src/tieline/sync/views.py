"""What engine and store hand each other: links, outcomes, log lines, and rows of the ledger. Plain values."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from tieline.diagnosis.evidence import Exchange
from tieline.diagnosis.finding import Finding
from tieline.mapping.model import Mapping
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
from tieline.records.issue import Edition, RemoteKind
from tieline.records.record import Record, RecordKind
from tieline.sync.remote import IssueRef
from tieline.sync.snapshot import FieldBaseline
from tieline.sync.steps import FieldChange


@dataclass(frozen=True, kw_only=True)
class ConnectionView:
    """A connection without its secret. ``api_base`` differs from ``base_url`` when the Cloud gateway is used.
    ``held_by`` names the open problem (slug) for which this connection waits, None when it runs.
    """

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
    ``ours_changed_at``: by record field, from the record's history. ``intent``: an announced create without an
    outcome yet.
    """

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
    deleted: bool = False
    """The record was taken out of the plan; the link is shown only because a create of it has no known outcome."""
    decided: MappingOf[str, str] = field(default_factory=dict)
    """Clashes that a person has decided and no sync has carried out yet: our field → ``ours`` or ``theirs``."""


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
    ``steps``: what was planned and done, as short sentences. Exchanges are stored redacted, bodies cut at 64 KB.
    """

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

    ``remote``: set when the issue was just created or found. ``record_changes``: pulled values (our field, old, new);
    when ``record_revision`` is no longer the record's, those whose field a person changed meanwhile are left alone and
    the op runs again. ``baseline``: the fields that now agree (others stay as they were). ``remote_view``: what to
    show on the record (keys ``status``, ``status_category``, ``updated``, ``key``). ``problems``: open ones of this
    link after the sync; those formerly open and absent now are closed. ``gone``: Jira answers 404.
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
    settled: frozenset[str] = frozenset()
    """Fields with an open or decided clash that is over: both sides agree now, or the decision was carried out."""


@dataclass(frozen=True, kw_only=True)
class ClashView:
    field: str
    ours: Any
    theirs: Any
    agreed: Any
    winner: str | None


@dataclass(frozen=True, kw_only=True)
class ImportView:
    """An import and how far it is. ``cursor`` is the engine's own text, empty at the start.

    ``state``: ``waiting``, ``running``, ``done``, ``parked``.
    """

    id: str
    integration: IntegrationId
    state: str
    cursor: str
    seen: int
    made: int
    skipped: int
    total: int | None


@dataclass(frozen=True, kw_only=True)
class DeliveryView:
    """A stored webhook that nobody has looked at yet. ``remote_id`` is None where the event names no issue or version.

    ``payload`` holds only what finds the subject (event, ids, keys): the state is read from Jira afresh.
    """

    id: str
    event: str
    remote_kind: RemoteKind | None
    remote_id: IssueId | None
    payload: MappingOf[str, Any]


@dataclass(frozen=True, kw_only=True)
class ImportedRecord:
    """A record to be made for an issue or version that has none, with its link and baseline, in one transaction.
    ``parent_remote``/``release_remote`` are issue/version ids, resolved by the store through links.
    """

    kind: RecordKind
    remote_kind: RemoteKind
    remote: IssueRef
    fields: MappingOf[str, Any]
    baseline: MappingOf[str, FieldBaseline]
    remote_view: MappingOf[str, Any] = field(default_factory=dict)
    parent_remote: IssueId | None = None


class OpKind(StrEnum):
    SYNC_LINK = "sync-link"
    """Bring one link into step from its present state (create included)."""
    SEND_BATCH = "send-batch"
    """Create what waits to be created in one integration, 50 at a time."""
    POLL = "poll"
    IMPORT = "import"
    HEAR = "hear"
    """Webhooks were stored: look at all of this integration not looked at yet, and enqueue ``sync-link`` for links.
    ``subject`` is the integration, lane ``hear:<integration>``."""


@dataclass(frozen=True, kw_only=True)
class OpView:
    """One row of the ledger. ``lane`` is what serialises: ops of one lane never run at the same time
    (``link:<id>``, ``batch:<integration>``, ``poll:<integration>``, ``import:<integration>``, ``hear:<integration>``).
    ``subject`` is the id the kind speaks of: the link, the integration, or the import. ``attempts`` counts starts,
    ``handed`` how often it was handed over before (a start that found the lane busy makes a second handing-over
    necessary, so the durable engine's own id is made of both).
    """

    id: OpId
    kind: OpKind
    lane: str
    subject: str
    connection: ConnectionId
    integration: IntegrationId | None
    reason: str
    attempts: int
    state: str
    handed: int = 0


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
