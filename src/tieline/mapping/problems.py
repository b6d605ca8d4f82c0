"""What is wrong with a mapping before anything is sent: judged against what the project of Jira offers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from enum import StrEnum

from tieline.mapping.fields import OurField, Shape, fits, our_field, our_fields, remote_label
from tieline.mapping.model import Direction, FieldRule, KindRule, Mapping
from tieline.mapping.schema import IssueType, JiraField, ProjectSchema
from tieline.records.issue import RemoteKind
from tieline.records.record import DEFAULT_STATUSES, RELEASE_STATUSES, RecordKind, Status

PUSHING = frozenset({Direction.TO_JIRA, Direction.BOTH})
PULLING = frozenset({Direction.FROM_JIRA, Direction.BOTH})
SENDING = frozenset({Direction.TO_JIRA, Direction.BOTH, Direction.SET_ONCE})

FED_BY_TIELINE = frozenset({"project", "issuetype", "reporter"})
"""Required fields of every create screen that come with the call itself (the reporter is the account)."""


class Severity(StrEnum):
    STOPS = "stops"
    """Jira would refuse; turning on waits for it."""
    WARNS = "warns"
    """Works, but some values will not be carried."""


@dataclass(frozen=True, kw_only=True)
class MappingProblem:
    """One thing to put right. ``kind`` and ``field`` (ours, or Jira's id where no field of ours is concerned) say where
    on the form; ``kind`` is None for the whole mapping. ``slug`` names the problem, ``sentence`` says it and what to
    do.
    """

    kind: RecordKind | None
    field: str
    slug: str
    sentence: str
    facts: MappingOf[str, str] = dataclasses.field(default_factory=dict)
    severity: Severity = Severity.STOPS


KIND_NAMES: dict[RecordKind, tuple[str, str]] = {
    RecordKind.FEATURE: ("feature", "features"),
    RecordKind.REQUIREMENT: ("requirement", "requirements"),
    RecordKind.RELEASE: ("release", "releases"),
}


def find_problems(
    mapping: Mapping,
    schema: ProjectSchema,
    statuses: Sequence[Status] = DEFAULT_STATUSES,
) -> tuple[MappingProblem, ...]:
    """Return what is wrong, required fields that nothing feeds first, then what else stops, then warnings.

    ``statuses`` are the workspace's own, for features and requirements.
    """
    found: list[MappingProblem] = []
    if mapping.project_id != schema.project.id:
        found.append(_project_differs(mapping, schema))
    if not mapping.kinds:
        sentence = "Nothing is mapped. Choose what a feature or a release becomes in Jira."
        found.append(MappingProblem(kind=None, field="", slug="map-empty", sentence=sentence))
    for rule in mapping.kinds:
        if rule.remote_kind is RemoteKind.VERSION:
            found += _field_problems(rule, None)
            found += _status_problems(rule, None, RELEASE_STATUSES)
            continue
        issue_type = schema.issue_type(rule.issue_type_id or "")
        if issue_type is None:
            found.append(_type_missing(rule, schema))
            continue
        found += _unfed(rule, issue_type)
        found += _parent_problems(rule, issue_type, mapping)
        found += _field_problems(rule, issue_type)
        found += _status_problems(rule, issue_type, statuses)
    return tuple(sorted(found, key=lambda one: (one.slug != "map-required-unfed", one.severity is Severity.WARNS)))


def _project_differs(mapping: Mapping, schema: ProjectSchema) -> MappingProblem:
    sentence = (
        f"The mapping was made for project {mapping.project_key}, and Jira shows {schema.project.key}. "
        "Choose the project again."
    )
    facts = {"mapped": mapping.project_key, "shown": schema.project.key}
    return MappingProblem(kind=None, field="", slug="map-project-differs", sentence=sentence, facts=facts)


def _type_missing(rule: KindRule, schema: ProjectSchema) -> MappingProblem:
    name = rule.issue_type_name or rule.issue_type_id or ""
    offered = ", ".join(f"“{one.name}”" for one in schema.issue_types) or "none"
    sentence = (
        f"{schema.project.key} has no issue type “{name}” for {KIND_NAMES[rule.kind][1]}. Choose one of {offered}."
    )
    facts = {"type": name, "project": schema.project.key, "offered": offered}
    return MappingProblem(kind=rule.kind, field="", slug="map-type-missing", sentence=sentence, facts=facts)


def _unfed(rule: KindRule, issue_type: IssueType) -> Iterable[MappingProblem]:
    fed = {one.theirs for one in rule.fields if one.direction in SENDING} | set(rule.constants) | FED_BY_TIELINE
    if rule.child or issue_type.subtask:
        fed.add("parent")
    for one in issue_type.create_fields:
        if one.required and not one.has_default and one.id not in fed:
            sentence = (
                f"Jira demands “{one.name}” for every new {issue_type.name}, and nothing feeds it. "
                "Map a field to it or set a fixed value."
            )
            yield MappingProblem(
                kind=rule.kind,
                field=one.id,
                slug="map-required-unfed",
                sentence=sentence,
                facts={"field": one.name, "type": issue_type.name},
            )


def _parent_problems(rule: KindRule, issue_type: IssueType, mapping: Mapping) -> Iterable[MappingProblem]:
    one, many = KIND_NAMES[rule.kind]
    if issue_type.subtask != rule.child:
        if issue_type.subtask:
            sentence = (
                f"A {issue_type.name} lives below another issue, and a {one} is mapped to stand alone. "
                f"Choose an issue type that stands alone."
            )
        else:
            sentence = (
                f"A {issue_type.name} stands alone, and {many} are mapped to live below their feature's issue. "
                "Choose a sub-task."
            )
        facts = {"type": issue_type.name, "kind": one}
        yield MappingProblem(kind=rule.kind, field="", slug="map-type-level", sentence=sentence, facts=facts)
    if not rule.child:
        return
    feature = mapping.kind(RecordKind.FEATURE)
    if feature is None or rule.kind is not RecordKind.REQUIREMENT:
        sentence = f"A {one} becomes a {issue_type.name}, which needs its feature's issue above it. Map features too."
        facts = {"type": issue_type.name, "kind": one}
        yield MappingProblem(kind=rule.kind, field="", slug="map-parent-unmapped", sentence=sentence, facts=facts)


def _field_problems(rule: KindRule, issue_type: IssueType | None) -> Iterable[MappingProblem]:
    met: dict[str, OurField] = {}
    for one in rule.fields:
        ours = our_field(rule.kind, one.ours)
        if ours is None:
            yield _unknown_field(rule, one)
            continue
        theirs = remote_label(one.theirs, kind=rule.kind, fields=issue_type.create_fields if issue_type else ())
        other = met.setdefault(one.theirs, ours)
        if other is not ours:
            sentence = f"“{other.label}” and “{ours.label}” both meet Jira's “{theirs}”. Keep one of the two."
            facts = {"first": other.label, "second": ours.label, "field": theirs}
            yield MappingProblem(kind=rule.kind, field=one.ours, slug="map-field-twice", sentence=sentence, facts=facts)
            continue
        yield from _meeting(rule, one, ours, issue_type, theirs)
    if all(one.ours != "name" or one.direction not in SENDING for one in rule.fields):
        sentence = f"Nothing feeds the name that Jira demands. Map “Name” of a {KIND_NAMES[rule.kind][0]} to Jira."
        yield MappingProblem(kind=rule.kind, field="name", slug="map-name-unfed", sentence=sentence)


def _unknown_field(rule: KindRule, one: FieldRule) -> MappingProblem:
    names = ", ".join(f"“{other.label}”" for other in our_fields(rule.kind))
    sentence = f"A {KIND_NAMES[rule.kind][0]} has no field “{one.ours}”. Choose one of {names}."
    return MappingProblem(
        kind=rule.kind, field=one.ours, slug="map-field-unknown", sentence=sentence, facts={"field": one.ours}
    )


def _meeting(
    rule: KindRule, one: FieldRule, ours: OurField, issue_type: IssueType | None, label: str
) -> Iterable[MappingProblem]:
    """Whether our field and Jira's can meet: the right kind of field, and one that can be written."""
    if issue_type is None or ours.shape is Shape.STATUS or one.theirs == "status":
        if one.theirs != ours.usual:
            yield _mismatch(rule, ours, label, "another kind of field")
        return
    theirs = next((field for field in issue_type.create_fields if field.id == one.theirs), None)
    if theirs is None:
        if issue_type.create_fields and one.direction in SENDING:
            sentence = (
                f"Jira's “{label}” is not on the create screen of {issue_type.name}, so “{ours.label}” cannot be sent. "
                "A Jira admin can add it to the screen; or let the field go from Jira only."
            )
            facts = {"field": label, "type": issue_type.name, "ours": ours.label}
            yield MappingProblem(
                kind=rule.kind, field=one.ours, slug="map-field-not-on-screen", sentence=sentence, facts=facts
            )
        return
    if not fits(ours.shape, theirs):
        yield _mismatch(rule, ours, theirs.name, _kind_of_field(theirs))


def _mismatch(rule: KindRule, ours: OurField, label: str, found: str) -> MappingProblem:
    sentence = f"“{ours.label}” is {ours.article}, but Jira's “{label}” is {found}. Choose {_wanted(ours.shape)}."
    facts = {"ours": ours.label, "field": label, "found": found}
    return MappingProblem(kind=rule.kind, field=ours.name, slug="map-type-mismatch", sentence=sentence, facts=facts)


def _wanted(shape: Shape) -> str:
    return {
        Shape.TEXT: "“Summary” or a one-line text field",
        Shape.BODY: "“Description” or a paragraph field",
        Shape.STATUS: "Jira's status",
        Shape.PERSON: "“Assignee”",
        Shape.DAY: "a date field",
        Shape.TAGS: "“Labels” or a labels field",
        Shape.RELEASE: "“Fix versions”",
    }[shape]


def _kind_of_field(field: JiraField) -> str:
    lists = {"string": "a list of texts", "version": "a list of versions", "option": "a list of choices"}
    kinds = {
        "string": "text",
        "date": "a date",
        "datetime": "a date with a time",
        "user": "a person",
        "number": "a number",
        "option": "a choice",
        "priority": "a priority",
    }
    if field.type == "array":
        return lists.get(field.items or "", "a list")
    return kinds.get(field.type, f"of the kind “{field.type}”")


def _status_problems(
    rule: KindRule, issue_type: IssueType | None, statuses: Sequence[Status]
) -> Iterable[MappingProblem]:
    row = next((one for one in rule.fields if one.ours == "status"), None)
    if row is None:
        return
    if not rule.statuses:
        sentence = f"The status of {KIND_NAMES[rule.kind][1]} is mapped, but no status is paired. Pair at least one."
        yield MappingProblem(kind=rule.kind, field="status", slug="map-status-no-pairs", sentence=sentence)
        return
    our_names = {one.slug: one.name for one in statuses}
    their_names = {"true": "Released", "false": "Unreleased"}
    if issue_type is not None:
        their_names = {one.id: one.name for one in issue_type.statuses}
    for pair in rule.statuses:
        if pair.ours not in our_names:
            yield _unknown_status(rule, pair.ours, "This workspace has no status")
        if their_names and pair.theirs not in their_names:
            yield _unknown_status(rule, pair.theirs_name or pair.theirs, "The workflow in Jira has no status")
    if row.direction in PUSHING:
        paired = {pair.ours for pair in rule.statuses}
        missing = [name for slug, name in our_names.items() if slug not in paired]
        yield from _unpaired(rule, missing, "stays here: nothing in Jira is paired with it")
    if row.direction in PULLING:
        paired = {pair.theirs for pair in rule.statuses}
        missing = [name for key, name in their_names.items() if key not in paired]
        yield from _unpaired(rule, missing, "of Jira changes nothing here: none of our statuses is paired with it")


def _unknown_status(rule: KindRule, status: str, whose: str) -> MappingProblem:
    sentence = f"{whose} “{status}” (any more). Pair another one."
    return MappingProblem(
        kind=rule.kind, field="status", slug="map-status-unknown", sentence=sentence, facts={"status": status}
    )


def _unpaired(rule: KindRule, names: Sequence[str], what: str) -> Iterable[MappingProblem]:
    for name in names:
        yield MappingProblem(
            kind=rule.kind,
            field="status",
            slug="map-status-unmapped",
            sentence=f"The status “{name}” {what}.",
            facts={"status": name},
            severity=Severity.WARNS,
        )
