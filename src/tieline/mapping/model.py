"""The mapping: which field meets which, in which direction, and who wins a clash."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tieline.records.issue import RemoteKind
from tieline.records.record import RecordKind


class Direction(StrEnum):
    TO_JIRA = "to-jira"
    FROM_JIRA = "from-jira"
    BOTH = "both"
    SET_ONCE = "set-once"
    """To Jira when the issue is created, never again."""


class ClashPolicy(StrEnum):
    """What happens when both sides changed one field since they last agreed. The losing value is kept in the history.

    Tags have no clash: what either side added or removed is carried to the other.
    """

    NEWEST = "newest"
    OURS = "ours"
    JIRAS = "jiras"
    ASK = "ask"
    """Both values are kept, nothing is written, a person decides."""


@dataclass(frozen=True, kw_only=True)
class FieldRule:
    """One row of the mapping. ``ours`` is a record field, ``theirs`` Jira's field id.

    Record fields: ``name description status assignee due tags release`` for features and requirements
    (theirs: ``summary description status assignee duedate labels fixVersions``); ``name description due status``
    for releases (theirs: ``name description releaseDate released``).
    """

    ours: str
    theirs: str
    direction: Direction = Direction.BOTH
    policy: ClashPolicy = ClashPolicy.NEWEST


@dataclass(frozen=True, kw_only=True)
class StatusPair:
    """``ours`` is a status slug, ``theirs`` Jira's status id (``"true"``/``"false"`` of ``released`` for a release)."""

    ours: str
    theirs: str
    theirs_name: str = ""


@dataclass(frozen=True, kw_only=True)
class KindRule:
    """How one kind of record meets Jira. ``issue_type_id`` is None for releases, which meet versions.

    ``constants`` are raw JSON values by Jira field id, sent when an issue is created.
    Several of our statuses may lead to one of Jira's; the first pair with a Jira status wins on the way back.
    """

    kind: RecordKind
    remote_kind: RemoteKind
    issue_type_id: str | None
    issue_type_name: str = ""
    fields: tuple[FieldRule, ...] = ()
    statuses: tuple[StatusPair, ...] = ()
    constants: MappingOf[str, Any] = field(default_factory=dict)
    child: bool = False
    """Issues of this kind are made below the issue of the record's parent (a sub-task of the feature's issue)."""


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """The whole mapping of one integration. ``people`` maps our e-mails to Jira user ids (asked first)."""

    project_key: str
    project_id: str
    kinds: tuple[KindRule, ...] = ()
    people: MappingOf[str, str] = field(default_factory=dict)

    def kind(self, kind: RecordKind) -> KindRule | None:
        return next((rule for rule in self.kinds if rule.kind == kind), None)
