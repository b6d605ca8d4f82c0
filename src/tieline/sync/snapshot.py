"""What the planner looks at: both sides and what they last agreed on. Pure values."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tieline.mapping.model import Mapping
from tieline.records.ids import LinkId, RecordId
from tieline.records.issue import Edition, RemoteKind
from tieline.records.record import RecordKind


@dataclass(frozen=True, kw_only=True)
class FieldBaseline:
    """The two values that agreed, each in its own side's form (so that a conversion never looks like a change)."""

    ours: Any
    theirs: Any


def hop_note(field: str) -> str:
    """The baseline's own row for a hop that was announced and of which nobody knows yet whether it was taken: its
    ``theirs`` is where it leads. A status found there was not changed by anybody else."""
    return f"{field}:hop"


@dataclass(frozen=True, kw_only=True)
class Hop:
    """One transition that can be taken. ``required`` are the fields its screen demands."""

    transition_id: str
    name: str
    to_status: str
    required: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Lookups:
    """Everything a conversion may need to look up; read beforehand so that planning stays pure.

    ``people``: our e-mail → Jira user id; ``people_back``: Jira user id → e-mail. ``versions``: release record id →
    version id; ``versions_back`` the other way. ``parents``: feature record id → issue id; ``parents_back`` the other
    way.
    """

    people: MappingOf[str, str] = field(default_factory=dict)
    people_back: MappingOf[str, str] = field(default_factory=dict)
    versions: MappingOf[str, str] = field(default_factory=dict)
    versions_back: MappingOf[str, str] = field(default_factory=dict)
    parents: MappingOf[str, str] = field(default_factory=dict)
    parents_back: MappingOf[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Three values of one link.

    ``ours``: record field → value in its stored form (text, slug, ISO date, list of tags, id; None is empty).
    ``theirs``: Jira field id → value in canonical remote form (``status``: status id; ``assignee``: user id;
    ``labels``, ``fixVersions``: sorted lists; ``description``: body as Jira holds it; ``duedate`` ISO date;
    ``released``: bool); None when there is no issue yet.
    ``gone``: the issue existed and now answers 404. ``baseline``: by our field name; empty for a new link.
    ``hops``: transitions open from the present status, asked only when a status must change.
    ``ours_changed_at``: by record field; ``theirs_changed_at``: the issue's ``updated``.
    """

    link: LinkId
    record: RecordId
    kind: RecordKind
    remote_kind: RemoteKind
    edition: Edition
    ours: MappingOf[str, Any]
    theirs: MappingOf[str, Any] | None
    baseline: MappingOf[str, FieldBaseline]
    mapping: Mapping
    lookups: Lookups = field(default_factory=Lookups)
    parent: RecordId | None = None
    gone: bool = False
    hops: tuple[Hop, ...] | None = None
    ours_changed_at: MappingOf[str, datetime] = field(default_factory=dict)
    theirs_changed_at: datetime | None = None
    open_clashes: frozenset[str] = frozenset()
    """Fields whose clash waits for a person: planned neither way until it is settled."""
    decided: MappingOf[str, str] = field(default_factory=dict)
    """Fields whose open clash a person has decided: our field → ``ours`` or ``theirs``. Comes before the policy."""
    workflow: MappingOf[str, tuple[Hop, ...]] = field(default_factory=dict)
    """Transitions learnt so far, by the id of the status they start from (for routes of several hops)."""
