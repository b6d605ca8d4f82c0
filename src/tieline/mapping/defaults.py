"""A mapping to start from: what most teams want, made from what the project offers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from tieline.mapping.fields import OurField, Shape, our_fields
from tieline.mapping.model import Direction, FieldRule, KindRule, Mapping, StatusPair
from tieline.mapping.schema import IssueType, JiraStatus, ProjectSchema
from tieline.records.issue import RemoteKind
from tieline.records.record import DEFAULT_STATUSES, RecordKind, Status, StatusCategory

CATEGORY_OF_JIRA: dict[str, StatusCategory] = {
    "new": StatusCategory.TODO,
    "indeterminate": StatusCategory.DOING,
    "done": StatusCategory.DONE,
}

RELEASE_PAIRS = (
    StatusPair(ours="planned", theirs="false", theirs_name="Unreleased"),
    StatusPair(ours="released", theirs="true", theirs_name="Released"),
)

_ALIKE = 0.8
"""From this share of equal letters on, two names of a status mean the same."""

_SAME_MEANING: tuple[frozenset[str], ...] = (
    frozenset({"new", "to do", "todo", "open", "backlog", "idea", "funnel"}),
    frozenset({"ready", "selected for development", "ready for development", "approved", "next"}),
    frozenset({"in progress", "doing", "in development", "started", "implementing", "wip"}),
    frozenset({"in review", "review", "code review", "testing", "in test", "in testing", "qa", "verify"}),
    frozenset({"done", "closed", "resolved", "complete", "completed", "shipped", "released", "finished"}),
)


def build_default_mapping(schema: ProjectSchema, statuses: Sequence[Status] = DEFAULT_STATUSES) -> Mapping:
    """Map features to stories, requirements to sub-tasks and releases to versions, as far as the project has them.

    ``statuses`` are the workspace's own. Fields that the create screen lacks are left out; the status follows Jira.
    A project without a usable issue type gets only the releases.
    """
    kinds: list[KindRule] = []
    feature_type = _named(schema, ("Story", "Task"), level=0)
    if feature_type is not None:
        kinds.append(_issue_kind(RecordKind.FEATURE, feature_type, statuses))
    requirement_type = _named(schema, ("Sub-task", "Subtask"), level=-1) or _named(schema, ("Task",), level=0)
    if requirement_type is not None:
        kinds.append(_issue_kind(RecordKind.REQUIREMENT, requirement_type, statuses))
    kinds.append(_version_kind())
    return Mapping(project_key=schema.project.key, project_id=schema.project.id, kinds=tuple(kinds))


def _named(schema: ProjectSchema, names: tuple[str, ...], *, level: int) -> IssueType | None:
    fitting = [one for one in schema.issue_types if (one.level == level) and (one.subtask == (level < 0))]
    for name in names:
        for one in fitting:
            if one.name.casefold() == name.casefold():
                return one
    return fitting[0] if fitting else None


def _issue_kind(kind: RecordKind, issue_type: IssueType, statuses: Sequence[Status]) -> KindRule:
    return KindRule(
        kind=kind,
        remote_kind=RemoteKind.ISSUE,
        issue_type_id=issue_type.id,
        issue_type_name=issue_type.name,
        fields=tuple(_rule(one) for one in our_fields(kind) if _is_offered(one, issue_type)),
        statuses=suggest_status_pairs(statuses, issue_type.statuses),
        child=issue_type.subtask,
    )


def _version_kind() -> KindRule:
    return KindRule(
        kind=RecordKind.RELEASE,
        remote_kind=RemoteKind.VERSION,
        issue_type_id=None,
        fields=tuple(_rule(one) for one in our_fields(RecordKind.RELEASE)),
        statuses=RELEASE_PAIRS,
    )


def _rule(field: OurField) -> FieldRule:
    direction = Direction.FROM_JIRA if field.shape is Shape.STATUS else Direction.BOTH
    return FieldRule(ours=field.name, theirs=field.usual, direction=direction)


def _is_offered(field: OurField, issue_type: IssueType) -> bool:
    if field.shape in {Shape.TEXT, Shape.STATUS}:
        return True
    if not issue_type.create_fields:
        return field.shape is not Shape.DAY
    return any(one.id == field.usual for one in issue_type.create_fields)


def suggest_status_pairs(ours: Sequence[Status], theirs: Sequence[JiraStatus]) -> tuple[StatusPair, ...]:
    """Pair statuses by name, then by category, so that each side has a way to the other where a category matches.

    The order matters: the first pair of a status is the one taken when it is converted.
    """
    closest = {one.slug: _closest(one, theirs) for one in ours}
    pairs = [_pair(one, found) for one in ours if (found := closest[one.slug]) is not None]
    taken = {pair.ours for pair in pairs}
    for one in ours:
        if one.slug not in taken:
            same_group = [other for other in theirs if CATEGORY_OF_JIRA.get(other.category) is one.category]
            if same_group:
                pairs.append(_pair(one, same_group[0]))
    reached = {pair.theirs for pair in pairs}
    for other in theirs:
        if other.id not in reached:
            group = [one for one in ours if CATEGORY_OF_JIRA.get(other.category) is one.category]
            if group:
                pairs.append(_pair(max(group, key=lambda one: _likeness(one.name, other.name)), other))
    return tuple(pairs)


def _pair(ours: Status, theirs: JiraStatus) -> StatusPair:
    return StatusPair(ours=ours.slug, theirs=theirs.id, theirs_name=theirs.name)


def _closest(ours: Status, theirs: Iterable[JiraStatus]) -> JiraStatus | None:
    scored = [(_likeness(ours.name, one.name), one) for one in theirs]
    best = max((score for score, _ in scored), default=0.0)
    if best < _ALIKE:
        return None
    return next(one for score, one in scored if score == best)


def _likeness(a: str, b: str) -> float:
    """1.0 for the same name, 0.9 for names that usually mean the same, otherwise the share of equal letters."""
    left, right = _plain(a), _plain(b)
    if left == right:
        return 1.0
    if any(left in group and right in group for group in _SAME_MEANING):
        return 0.9
    return SequenceMatcher(None, left, right).ratio() if left and right else 0.0


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name.casefold()).strip()
