"""What is asked of Jira and what comes of it: plain values that the engine and the adapter both speak.

Expected remote failures are values (``Answer.trouble``), never exceptions.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from tieline.diagnosis.evidence import Exchange
from tieline.records.ids import IssueId, IssueKey
from tieline.records.issue import Issue

T_co = TypeVar("T_co", covariant=True)


class AuthUse(StrEnum):
    """With which credential a probe goes out."""

    OWN = "own"
    NONE = "none"
    AS_BEARER = "as-bearer"
    AS_BASIC = "as-basic"
    MADE_UP = "made-up"
    """A made-up pair, to see whether the header arrives. Never on Data Center, where it could lock a real account."""


@dataclass(frozen=True, kw_only=True)
class ProbeRequest:
    """One question of the ladder. ``path`` starts with ``/`` and is put behind ``base`` (None: our own)."""

    probe: str
    path: str
    method: str = "GET"
    auth: AuthUse = AuthUse.OWN
    base: str | None = None
    body: Any = None
    headers: MappingOf[str, str] = field(default_factory=dict)


class Trouble(StrEnum):
    REFUSED = "refused"
    """Jira read it and said no (400, 403, 409 …): sending the same again is pointless."""
    LOGIN = "login"
    """The credential is not accepted (or fell back to anonymous): no further call but a probe."""
    GONE = "gone"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    """Nothing reached Jira, or Jira said so before any effect (connect failure, 503 of a proxy)."""
    UNKNOWN = "unknown"
    """A write may or may not have happened (time-out, reset or 5xx after sending)."""
    UNREADABLE = "unreadable"
    """An answer that is not what the vendor describes (HTML, truncated, too large, wrong shape)."""


@dataclass(frozen=True, kw_only=True)
class Answer(Generic[T_co]):
    """What came of one operation. ``value`` is None when ``trouble`` is set (or the operation returns nothing)."""

    value: T_co | None = None
    trouble: Trouble | None = None
    exchanges: tuple[Exchange, ...] = ()
    retry_after_s: float | None = None

    @property
    def ok(self) -> bool:
        return self.trouble is None


@dataclass(frozen=True, kw_only=True)
class IssuePage:
    """``next_token`` is None on the last page. ``markers``: issue id → our marker property, where it was asked for."""

    issues: tuple[Issue, ...]
    next_token: str | None = None
    markers: MappingOf[str, str] = field(default_factory=dict)
    total: int | None = None


@dataclass(frozen=True, kw_only=True)
class IssueRef:
    id: IssueId
    key: IssueKey


@dataclass(frozen=True, kw_only=True)
class NewIssue:
    """``fields``: canonical remote values by field id (as in ``Snapshot.theirs``), ``parent`` (issue id) included.
    ``marker`` is saved as issue property ``tieline`` in the same call."""

    project_id: str
    issue_type_id: str
    fields: MappingOf[str, Any]
    marker: str


@dataclass(frozen=True, kw_only=True)
class CreateRefusal:
    """One element of a bulk create that Jira refused: its messages by field ("" for general ones)."""

    messages: MappingOf[str, str]


@dataclass(frozen=True, kw_only=True)
class Webhook:
    id: str
    name: str
    url: str
    events: tuple[str, ...]
    enabled: bool
    jql: str | None = None
    excludes_body: bool = False
