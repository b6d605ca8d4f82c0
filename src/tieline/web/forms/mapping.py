"""The mapping as a form: rows to show, and the mapping that was chosen. Pure but for the wording.

Names of inputs are ``<kind>-type``, ``<kind>-<our field>-direction|theirs|policy``, ``<kind>-from-<Jira status>``,
``<kind>-to-<our status>`` and ``<kind>-constant-<Jira field>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tieline.mapping.defaults import build_default_mapping, suggest_status_pairs
from tieline.mapping.fields import VERSION_FIELD_NAMES, OurField, Shape, fits, our_fields
from tieline.mapping.model import ClashPolicy, Direction, FieldRule, KindRule, Mapping, StatusPair
from tieline.mapping.problems import MappingProblem
from tieline.mapping.schema import IssueType, JiraField, JiraStatus, Option, ProjectSchema
from tieline.records.issue import RemoteKind
from tieline.records.record import DEFAULT_STATUSES, RecordKind, Status
from tieline.web.words import KIND_WORDS

VERSION = "version"
"""Value of a release's type: releases meet versions or nothing."""
SENDING = frozenset({Direction.TO_JIRA, Direction.BOTH, Direction.SET_ONCE})

DIRECTIONS: tuple[tuple[str, str | Promise], ...] = (
    (Direction.BOTH, _("both ways")),
    (Direction.TO_JIRA, _("to Jira")),
    (Direction.FROM_JIRA, _("from Jira")),
    (Direction.SET_ONCE, _("to Jira, once")),
)
POLICIES: tuple[tuple[str, str | Promise], ...] = (
    (ClashPolicy.NEWEST, _("newest wins")),
    (ClashPolicy.OURS, _("ours wins")),
    (ClashPolicy.JIRAS, _("Jira’s wins")),
    (ClashPolicy.ASK, _("ask a person")),
)


@dataclass(frozen=True, kw_only=True)
class FieldRow:
    name: str
    label: str
    direction: str
    theirs: str
    policy: str
    choices: tuple[tuple[str, str], ...]
    problems: tuple[MappingProblem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FromRow:
    """One of Jira's statuses and the status here that it becomes."""

    id: str
    name: str
    category: str
    ours: str


@dataclass(frozen=True, kw_only=True)
class ToRow:
    """One of our statuses and the Jira status that is sent for it."""

    slug: str
    name: str
    theirs: str


@dataclass(frozen=True, kw_only=True)
class RequiredRow:
    """A field that Jira demands and nothing feeds: a fixed value can stand in."""

    id: str
    name: str
    value: str
    options: tuple[Option, ...]


@dataclass(frozen=True, kw_only=True)
class KindForm:
    """All that the form shows for one kind of record."""

    name: str
    plural: str | Promise
    icon: str
    type: str
    types: tuple[tuple[str, str], ...]
    rows: tuple[FieldRow, ...] = ()
    required: tuple[RequiredRow, ...] = ()
    statuses: tuple[FromRow, ...] = ()
    sent: tuple[ToRow, ...] = ()
    status_problems: tuple[MappingProblem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A problem on top of the form, with the place on the form where it is put right."""

    sentence: str
    anchor: str


# --- showing -------------------------------------------------------------------------------------------------------


def build_kind_forms(
    mapping: Mapping, schema: ProjectSchema, problems: Sequence[MappingProblem]
) -> tuple[KindForm, ...]:
    """The form for each kind of record, filled with the mapping, its problems beside the rows they speak of."""
    return tuple(_kind_form(kind, mapping.kind(kind), schema, problems) for kind in RecordKind)


def _kind_form(
    kind: RecordKind, rule: KindRule | None, schema: ProjectSchema, problems: Sequence[MappingProblem]
) -> KindForm:
    __, plural, icon = KIND_WORDS[kind]
    mine = [one for one in problems if one.kind == kind]
    if rule is None:
        return KindForm(name=kind.value, plural=plural, icon=icon, type="", types=_types(kind, schema))
    issue_type = schema.issue_type(rule.issue_type_id or "")
    sends_status = any(one.ours == "status" and one.direction in SENDING for one in rule.fields)
    is_version = rule.remote_kind is RemoteKind.VERSION
    return KindForm(
        name=kind.value,
        plural=plural,
        icon=icon,
        type=VERSION if is_version else rule.issue_type_id or "",
        types=_types(kind, schema),
        rows=tuple(_field_row(kind, one, rule, issue_type, mine) for one in our_fields(kind)),
        required=_required_rows(rule, issue_type, mine),
        statuses=() if is_version else _from_rows(rule, issue_type),
        sent=_to_rows(rule) if sends_status and not is_version else (),
        status_problems=tuple(one for one in mine if one.field == "status" and "status" in one.slug),
    )


def _types(kind: RecordKind, schema: ProjectSchema) -> tuple[tuple[str, str], ...]:
    if kind is RecordKind.RELEASE:
        return ((VERSION, "Version"),)
    return tuple((one.id, one.name) for one in schema.issue_types)


def _field_row(
    kind: RecordKind, ours: OurField, rule: KindRule, issue_type: IssueType | None, problems: Sequence[MappingProblem]
) -> FieldRow:
    found = next((one for one in rule.fields if one.ours == ours.name), None)
    choices = dict(_choices(kind, ours, issue_type))
    theirs = found.theirs if found else ours.usual
    if found and theirs not in choices:
        choices = {theirs: f"{theirs} (not there any more)"} | choices
    return FieldRow(
        name=ours.name,
        label=ours.label,
        direction=found.direction.value if found else "",
        theirs=theirs,
        policy=found.policy.value if found else ClashPolicy.NEWEST.value,
        choices=tuple(choices.items()),
        problems=tuple(one for one in problems if one.field == ours.name),
    )


def _choices(kind: RecordKind, ours: OurField, issue_type: IssueType | None) -> list[tuple[str, str]]:
    """Jira's fields that values of this shape can live in; the usual one always stands there."""
    if kind is RecordKind.RELEASE:
        return [(ours.usual, VERSION_FIELD_NAMES.get(ours.usual, ours.usual))]
    fields = issue_type.create_fields if issue_type else ()
    fitting = [(one.id, one.name) for one in fields if fits(ours.shape, one)]
    if ours.usual not in {one for one, _name in fitting}:
        suffix = "" if ours.shape is Shape.STATUS else " (not on the create screen)"
        fitting.insert(0, (ours.usual, f"{ours.label if ours.name == 'status' else ours.usual}{suffix}"))
    return fitting


def _required_rows(
    rule: KindRule, issue_type: IssueType | None, problems: Sequence[MappingProblem]
) -> tuple[RequiredRow, ...]:
    if issue_type is None:
        return ()
    unfed = {one.field for one in problems if one.slug == "map-required-unfed"} | set(rule.constants)
    return tuple(
        RequiredRow(id=one.id, name=one.name, value=_constant_text(rule.constants.get(one.id)), options=one.options)
        for one in issue_type.create_fields
        if one.id in unfed and _takes_constant(one)
    )


def _takes_constant(field: JiraField) -> bool:
    return bool(field.options) or field.type in {"string", "number", "date"}


def _constant_text(value: Any) -> str:
    if isinstance(value, list) and value:
        return _constant_text(value[0])
    if isinstance(value, MappingOf):
        return str(value.get("id", ""))
    return "" if value is None else str(value)


def _from_rows(rule: KindRule, issue_type: IssueType | None) -> tuple[FromRow, ...]:
    first: dict[str, str] = {}
    for pair in rule.statuses:
        first.setdefault(pair.theirs, pair.ours)
    return tuple(
        FromRow(id=one.id, name=one.name, category=one.category, ours=first.get(one.id, ""))
        for one in (issue_type.statuses if issue_type else ())
    )


def _to_rows(rule: KindRule, statuses: Sequence[Status] = DEFAULT_STATUSES) -> tuple[ToRow, ...]:
    first: dict[str, str] = {}
    for pair in rule.statuses:
        first.setdefault(pair.ours, pair.theirs)
    return tuple(ToRow(slug=one.slug, name=one.name, theirs=first.get(one.slug, "")) for one in statuses)


def build_stops(problems: Iterable[MappingProblem]) -> list[Stop]:
    """What keeps the mapping from being turned on, each with where to put it right."""
    return [Stop(sentence=one.sentence, anchor=_anchor(one)) for one in problems if one.severity == "stops"]


def _anchor(problem: MappingProblem) -> str:
    if problem.kind is None:
        return "main"
    if problem.slug == "map-required-unfed":
        return f"{problem.kind.value}-constant-{problem.field}-field"
    return f"{problem.kind.value}-{problem.field}" if problem.field else problem.kind.value


# --- reading -------------------------------------------------------------------------------------------------------


def build_posted_mapping(posted: MappingOf[str, str], before: Mapping, schema: ProjectSchema) -> Mapping:
    """The mapping that the form says. A kind whose issue type was changed gets the suggestions for the new type."""
    kinds = [rule for kind in RecordKind if (rule := _posted_kind(posted, kind, before.kind(kind), schema)) is not None]
    return Mapping(
        project_key=schema.project.key, project_id=schema.project.id, kinds=tuple(kinds), people=before.people
    )


def _posted_kind(
    posted: MappingOf[str, str], kind: RecordKind, before: KindRule | None, schema: ProjectSchema
) -> KindRule | None:
    chosen = posted.get(f"{kind.value}-type", "")
    if not chosen:
        return None
    if kind is RecordKind.RELEASE:
        suggested = build_default_mapping(schema).kind(kind)
        if before is None:
            return suggested
        return KindRule(
            kind=kind,
            remote_kind=RemoteKind.VERSION,
            issue_type_id=None,
            fields=_posted_fields(posted, kind),
            statuses=before.statuses or (suggested.statuses if suggested else ()),
        )
    issue_type = schema.issue_type(chosen)
    if issue_type is None:
        return before
    if before is None or before.issue_type_id != chosen:
        return _fresh_kind(kind, issue_type)
    return KindRule(
        kind=kind,
        remote_kind=RemoteKind.ISSUE,
        issue_type_id=issue_type.id,
        issue_type_name=issue_type.name,
        fields=_posted_fields(posted, kind),
        statuses=_posted_statuses(posted, kind, issue_type, before),
        constants=_posted_constants(posted, kind, issue_type),
        child=issue_type.subtask,
    )


def _fresh_kind(kind: RecordKind, issue_type: IssueType) -> KindRule:
    offered = {one.id for one in issue_type.create_fields}
    rules = [
        FieldRule(
            ours=one.name,
            theirs=one.usual,
            direction=Direction.FROM_JIRA if one.shape is Shape.STATUS else Direction.BOTH,
        )
        for one in our_fields(kind)
        if one.usual in offered or one.shape in {Shape.STATUS, Shape.TEXT}
    ]
    return KindRule(
        kind=kind,
        remote_kind=RemoteKind.ISSUE,
        issue_type_id=issue_type.id,
        issue_type_name=issue_type.name,
        fields=tuple(rules),
        statuses=suggest_status_pairs(DEFAULT_STATUSES, issue_type.statuses),
        child=issue_type.subtask,
    )


def _posted_fields(posted: MappingOf[str, str], kind: RecordKind) -> tuple[FieldRule, ...]:
    rules = []
    for one in our_fields(kind):
        name = f"{kind.value}-{one.name}"
        direction = posted.get(f"{name}-direction", "")
        if direction not in set(Direction):
            continue
        policy = posted.get(f"{name}-policy", "")
        rules.append(
            FieldRule(
                ours=one.name,
                theirs=posted.get(f"{name}-theirs") or one.usual,
                direction=Direction(direction),
                policy=ClashPolicy(policy) if policy in set(ClashPolicy) else ClashPolicy.NEWEST,
            )
        )
    return tuple(rules)


def _posted_statuses(
    posted: MappingOf[str, str], kind: RecordKind, issue_type: IssueType, before: KindRule
) -> tuple[StatusPair, ...]:
    there = {one.id: one for one in issue_type.statuses}
    known = {one.slug for one in DEFAULT_STATUSES}
    pulled = {theirs: ours for theirs in there if (ours := posted.get(f"{kind.value}-from-{theirs}", "")) in known}
    sent: dict[str, str] = {}
    for pair in before.statuses:
        sent.setdefault(pair.ours, pair.theirs)
    shown = {one.slug for one in DEFAULT_STATUSES if f"{kind.value}-to-{one.slug}" in posted}
    if shown:
        sent = {slug: posted[f"{kind.value}-to-{slug}"] for slug in shown}
    sent = {ours: theirs for ours, theirs in sent.items() if theirs in there}
    return order_pairs(pulled, sent, there)


def order_pairs(
    pulled: MappingOf[str, str], sent: MappingOf[str, str], there: MappingOf[str, JiraStatus]
) -> tuple[StatusPair, ...]:
    """One list of pairs for both ways: the first pair of a Jira status is what it becomes here (``pulled``), the first
    pair of a status here is what is sent for it (``sent``). Where both cannot be, the way from Jira holds.
    """
    wanted = {(ours, theirs) for theirs, ours in pulled.items()} | set(sent.items())
    order: list[tuple[str, str]] = []
    left = sorted(wanted)
    while left:
        free = [pair for pair in left if _may_stand(pair, left, pulled, sent)]
        firm = [pair for pair in left if pulled.get(pair[1]) == pair[0]]
        chosen = (free or firm or left)[0]
        order.append(chosen)
        left.remove(chosen)
    return tuple(StatusPair(ours=ours, theirs=theirs, theirs_name=there[theirs].name) for ours, theirs in order)


def _may_stand(
    pair: tuple[str, str],
    left: Sequence[tuple[str, str]],
    pulled: MappingOf[str, str],
    sent: MappingOf[str, str],
) -> bool:
    ours, theirs = pair
    before_it = {(pulled[theirs], theirs)} if theirs in pulled else set()
    before_it |= {(ours, sent[ours])} if ours in sent else set()
    return not (before_it - {pair}) & set(left)


def _posted_constants(posted: MappingOf[str, str], kind: RecordKind, issue_type: IssueType) -> dict[str, Any]:
    constants: dict[str, Any] = {}
    for one in issue_type.create_fields:
        typed = posted.get(f"{kind.value}-constant-{one.id}", "").strip()
        if typed and _takes_constant(one):
            constants[one.id] = _constant(one, typed)
    return constants


def _constant(field: JiraField, typed: str) -> Any:
    """The raw JSON that Jira takes for a fixed value; text that is no number goes as it stands, for Jira to judge."""
    if field.options:
        return [{"id": typed}] if field.type == "array" else {"id": typed}
    if field.type == "number":
        try:
            return float(typed) if "." in typed else int(typed)
        except ValueError:
            return typed
    return typed
