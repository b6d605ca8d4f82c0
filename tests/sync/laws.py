"""The laws of planning, each told in its own words and without leaning on how the planner decides."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.sync.world import PAIRS, RELEASE_PAIRS, VERSIONS, WORKFLOW, fields_of, perform
from tieline.mapping.model import ClashPolicy, Direction, FieldRule
from tieline.records.issue import RemoteKind
from tieline.richtext.body import markdown_of
from tieline.sync.snapshot import FieldBaseline, Snapshot
from tieline.sync.steps import (
    AskHops,
    CreateRemote,
    FieldChange,
    FieldProblem,
    KeepClash,
    MoveRemote,
    Plan,
    SetRecord,
    SetRemote,
)

Planner = Callable[[Snapshot], Plan]
NOTHING = FieldBaseline(ours=None, theirs=None)
USERS = {"ann@ferry.example": "u-ann", "bob@ferry.example": "u-bob"}
DIRECTIONS_OUT = {Direction.TO_JIRA, Direction.BOTH}
DIRECTIONS_IN = {Direction.FROM_JIRA, Direction.BOTH}


def broken_law(snapshot: Snapshot, planner: Planner) -> str | None:
    """The first law that the planner breaks on this snapshot, in words; None when it keeps them all."""
    if snapshot.theirs is None:
        broken = _broken_in_creation(snapshot, planner)
        if broken is not None:
            return broken
        made = perform(snapshot, planner(snapshot))
        return None if made.theirs is None else broken_law(made, planner)
    plan = planner(snapshot)
    if any(isinstance(step, AskHops) for step in plan.steps):
        if snapshot.hops is not None:
            return "the open transitions are known and asked for again"
        snapshot = replace(snapshot, hops=WORKFLOW.get(str(snapshot.theirs["status"]), ()))
        plan = planner(snapshot)
        if any(isinstance(step, AskHops) for step in plan.steps):
            return "the open transitions were told and are asked for again"
    after = perform(snapshot, plan)
    return (
        _broken_by_planning_again(after, plan, planner(after))
        or _broken_by_steps(snapshot, plan)
        or next((law for rule in _rules(snapshot) if (law := _broken_for_field(rule, snapshot, plan, after))), None)
    )


def _rules(snapshot: Snapshot) -> tuple[FieldRule, ...]:
    kind = snapshot.mapping.kind(snapshot.kind)
    assert kind is not None
    return kind.fields


def _broken_in_creation(snapshot: Snapshot, planner: Planner) -> str | None:
    plan = planner(snapshot)
    creates = [step for step in plan.steps if isinstance(step, CreateRemote)]
    if any(not isinstance(step, CreateRemote | FieldProblem) for step in plan.steps):
        return "a creation does something else too"
    problems = {step.field for step in plan.steps if isinstance(step, FieldProblem)}
    if not creates:
        return None if problems & {"name", "parent"} else "nothing is made and nobody is told why"
    fields = creates[0].fields
    for rule in _rules(snapshot):
        carried = rule.direction in DIRECTIONS_OUT or rule.direction is Direction.SET_ONCE
        if rule.theirs == "status" or not carried:
            if rule.theirs in fields:
                return f"{rule.ours} is sent at creation"
        elif rule.ours not in problems and not _agree(
            rule.ours, snapshot, snapshot.ours[rule.ours], fields.get(rule.theirs)
        ):
            return f"{rule.ours} is made as something else"
        elif rule.ours in problems and rule.theirs in fields:
            return f"{rule.ours} is told as a problem and sent"
    return None


def _broken_by_planning_again(after: Snapshot, plan: Plan, again: Plan) -> str | None:
    told = [step for step in plan.steps if isinstance(step, FieldProblem)]
    for step in again.steps:
        if not isinstance(step, FieldProblem):
            return f"planning again plans {step}"
        if step.slug not in {one.slug for one in told if one.field == step.field}:
            return f"planning again finds another problem {step}"
    if dict(again.baseline_after) != dict(after.baseline):
        return "planning again moves the baseline"
    return None


def _changes(plan: Plan) -> list[tuple[str, FieldChange]]:
    found: list[tuple[str, FieldChange]] = []
    for step in plan.steps:
        match step:
            case SetRemote() | SetRecord():
                found += [("push" if isinstance(step, SetRemote) else "pull", one) for one in step.changes]
            case MoveRemote():
                found.append(("push", step.change))
    return found


def _broken_by_steps(snapshot: Snapshot, plan: Plan) -> str | None:
    if any(isinstance(step, CreateRemote) for step in plan.steps):
        return "an issue that exists is made again"
    if plan.gone:
        return "an issue that is there is taken for gone"
    for move in (step for step in plan.steps if isinstance(step, MoveRemote)):
        stations = [str((snapshot.theirs or {}).get("status")), *(hop.to_status for hop in move.hops)]
        if any(hop not in WORKFLOW.get(start, ()) for start, hop in zip(stations, move.hops, strict=False)):
            return "a route takes a transition that its status does not have"
        if stations[-1] != move.target:
            return "a route ends somewhere else"
        if any(hop.required for hop in move.hops):
            return "a route takes a transition that demands what nothing feeds"
    by_field = {rule.ours: rule for rule in _rules(snapshot)}
    theirs = snapshot.theirs or {}
    for way, change in _changes(plan):
        rule = by_field.get(change.field)
        if rule is None or rule.theirs != change.remote_field:
            return f"a step writes {change.field}, which no rule pairs with {change.remote_field}"
        present = theirs.get(rule.theirs) if way == "push" else snapshot.ours.get(rule.ours)
        if _plain(present) != _plain(change.old):
            return f"{change.field}: the old value is not the present one"
        if _plain(change.new) == _plain(change.old):
            return f"{change.field} is written without being changed"
        if rule.direction not in (DIRECTIONS_OUT if way == "push" else DIRECTIONS_IN):
            return f"{change.field} goes against its direction"
    return None


def _broken_for_field(rule: FieldRule, snapshot: Snapshot, plan: Plan, after: Snapshot) -> str | None:
    name = rule.ours
    theirs = snapshot.theirs or {}
    mine = [(way, one) for way, one in _changes(plan) if one.field == name]
    clash = next((step for step in plan.steps if isinstance(step, KeepClash) and step.field == name), None)
    problem = any(isinstance(step, FieldProblem) and step.field == name for step in plan.steps)
    base = snapshot.baseline.get(name)
    untouched = after.baseline.get(name) == base
    if rule.direction is Direction.SET_ONCE:
        return f"{name} is set once and planned again" if mine or clash or problem or not untouched else None
    if rule.theirs not in theirs:
        return f"{name} is absent in Jira and written or agreed on" if mine or clash or not untouched else None
    ours_moved, theirs_moved = _moved(name, snapshot)
    fresh = name == "status" and base == NOTHING
    if name in snapshot.decided and not problem and name != "tags" and name in after.open_clashes:
        return f"{name} was decided and is still open"
    if problem and not untouched and not fresh:
        return f"{name} has a problem and its baseline moves"
    if not ours_moved and not theirs_moved and not fresh:
        return f"{name} did not change and is written, kept or told" if mine or clash or problem else None
    if name in snapshot.open_clashes and name not in snapshot.decided:
        if mine or clash:
            return f"{name} waits for a person and is planned"
        return None if untouched or name in plan.settled else f"{name} waits for a person and its baseline moves"
    if name == "tags":
        return _broken_for_tags(rule, snapshot, after)
    return (
        _broken_by_direction(rule, mine, ours_moved=ours_moved or fresh, theirs_moved=theirs_moved or fresh)
        or _broken_by_blanking(rule, snapshot, mine)
        or (None if fresh else _broken_by_clash(rule, snapshot, mine, clash, problem=problem))
        or _broken_by_disagreement(rule, snapshot, after, problem=problem, moved=(ours_moved, theirs_moved))
        or (_broken_for_versions(snapshot, mine) if name == "release" else None)
    )


def _broken_by_direction(
    rule: FieldRule, mine: list[tuple[str, FieldChange]], *, ours_moved: bool, theirs_moved: bool
) -> str | None:
    for way, _ in mine:
        if way == "push" and not ours_moved:
            return f"{rule.ours} did not change here and is pushed"
        if way == "pull" and not theirs_moved:
            return f"{rule.ours} did not change in Jira and is pulled"
    return None


def _broken_by_blanking(rule: FieldRule, snapshot: Snapshot, mine: list[tuple[str, FieldChange]]) -> str | None:
    theirs = snapshot.theirs or {}
    for way, change in mine:
        source = snapshot.ours.get(rule.ours) if way == "push" else _linked(rule, theirs.get(rule.theirs))
        if _plain(change.new) is None and _plain(source) is not None:
            return f"{rule.ours} is blanked and nobody cleared it"
    return None


def _broken_by_clash(
    rule: FieldRule,
    snapshot: Snapshot,
    mine: list[tuple[str, FieldChange]],
    clash: KeepClash | None,
    *,
    problem: bool,
) -> str | None:
    name = rule.ours
    theirs = (snapshot.theirs or {}).get(rule.theirs)
    if not all(_moved(name, snapshot)) or _agree(name, snapshot, snapshot.ours[name], theirs):
        return f"{name} does not clash and is kept as a clash" if clash else None
    winner = _winner(rule, snapshot)
    if winner is None:
        if mine or clash is None or clash.winner is not None:
            return f"{name} clashes, a person is to decide, and the planner did"
    elif problem:
        return f"{name} has a problem and is written" if mine else None
    elif name == "release" and winner == "ours" and not mine and _same_removal(snapshot, theirs):
        return None
    elif clash is None or clash.winner != winner:
        return f"{name} clashes and {winner} should win with the other value kept"
    elif [way for way, _ in mine] != ["push" if winner == "ours" else "pull"]:
        return f"{name} clashes, {winner} wins, and the other side is not written"
    if clash and _plain(clash.ours) != _plain(snapshot.ours[name]):
        return f"{name} clashes and our value is not kept"
    if clash and not _readable_as(name, snapshot, clash.theirs, theirs):
        return f"{name} clashes and Jira's value is not kept"
    return None


def _winner(rule: FieldRule, snapshot: Snapshot) -> str | None:
    if rule.direction is not Direction.BOTH:
        return "ours" if rule.direction is Direction.TO_JIRA else "theirs"
    if rule.ours in snapshot.decided:
        return snapshot.decided[rule.ours]
    if rule.policy is ClashPolicy.NEWEST:
        ours_at, theirs_at = snapshot.ours_changed_at.get(rule.ours), snapshot.theirs_changed_at
        return "ours" if ours_at and theirs_at and ours_at > theirs_at else "theirs"
    return {ClashPolicy.OURS: "ours", ClashPolicy.JIRAS: "theirs", ClashPolicy.ASK: None}[rule.policy]


def _broken_by_disagreement(
    rule: FieldRule, snapshot: Snapshot, after: Snapshot, *, problem: bool, moved: tuple[bool, bool]
) -> str | None:
    """After doing the plan both sides agree, unless a problem or an open clash says why not."""
    source_moved = (rule.direction in DIRECTIONS_OUT and moved[0]) or (rule.direction in DIRECTIONS_IN and moved[1])
    if problem or rule.ours in after.open_clashes or not source_moved:
        return None
    ours, theirs = after.ours[rule.ours], (after.theirs or {}).get(rule.theirs)
    if rule.ours == "release" and ours is None:
        return None
    if not _agree(rule.ours, snapshot, ours, theirs):
        return f"{rule.ours} was carried and the sides differ: {ours!r}, {theirs!r}"
    agreed = after.baseline.get(rule.ours, NOTHING)
    if _plain(agreed.ours) != _plain(ours) or _plain(agreed.theirs) != _plain(_linked(rule, theirs)):
        return f"{rule.ours} was carried and the baseline does not say so"
    return None


def _broken_for_tags(rule: FieldRule, snapshot: Snapshot, after: Snapshot) -> str | None:
    base = snapshot.baseline.get("tags", NOTHING)
    now, later = snapshot.theirs or {}, after.theirs or {}
    ours, theirs = _labels(snapshot.ours["tags"]), set(now[rule.theirs] or ())
    ours_after, theirs_after = _labels(after.ours["tags"]), set(later[rule.theirs] or ())
    base_ours, base_theirs = _labels(base.ours), set(base.theirs or ())
    if rule.direction in DIRECTIONS_OUT:
        if not (ours - base_ours) <= theirs_after:
            return "a tag added here does not reach Jira"
        if theirs_after & (base_ours - ours) - (theirs - base_theirs):
            return "a tag removed here stays in Jira"
        if (theirs - theirs_after) - (base_ours - ours):
            return "a label disappears that nobody removed"
        if theirs_after - theirs - ours:
            return "a label appears that nobody wrote"
    if rule.direction in DIRECTIONS_IN:
        if not (theirs - base_theirs) <= ours_after:
            return "a label added in Jira does not reach us"
        if (ours - ours_after) - (base_theirs - theirs):
            return "a tag disappears that nobody removed"
        if ours_after - ours - theirs:
            return "a tag appears that nobody wrote"
    if rule.direction is Direction.BOTH and ours_after != theirs_after:
        return "tags and labels differ after a merge"
    return None


def _broken_for_versions(snapshot: Snapshot, mine: list[tuple[str, FieldChange]]) -> str | None:
    base = snapshot.baseline.get("release", NOTHING)
    own = {VERSIONS.get(str(base.ours))}
    agreed = set(base.theirs or ())
    for way, change in mine:
        if way == "push":
            foreign = {
                one for one in change.old or () if one not in VERSIONS.values() or (one in agreed and one not in own)
            }
            if foreign - set(change.new or ()):
                return "a version that is none of ours leaves the issue"
            if (own - {VERSIONS.get(str(snapshot.ours["release"]))}) & set(change.new or ()):
                return "the version of the former release stays on the issue"
    return None


def _moved(name: str, snapshot: Snapshot) -> tuple[bool, bool]:
    base = snapshot.baseline.get(name, NOTHING)
    theirs = (snapshot.theirs or {}).get(fields_of(snapshot.kind)[name])
    ours, agreed_ours, agreed_theirs = snapshot.ours[name], base.ours, base.theirs
    if name == "assignee":
        ours, agreed_ours = (ours or "").lower(), (agreed_ours or "").lower()
    if name == "release":
        theirs, agreed_theirs = (sorted(set(one or ()) & set(VERSIONS.values())) for one in (theirs, agreed_theirs))
    if name == "tags":
        ours, agreed_ours, theirs, agreed_theirs = (
            sorted(one or ()) for one in (ours, agreed_ours, theirs, agreed_theirs)
        )
    return _plain(ours) != _plain(agreed_ours), _plain(theirs) != _plain(agreed_theirs)


def _agree(name: str, snapshot: Snapshot, ours: Any, theirs: Any) -> bool:
    is_version = snapshot.remote_kind is RemoteKind.VERSION
    if name == "name":
        line = " ".join(str(ours).splitlines()).strip()[:255].rstrip()
        return bool(theirs in (line, ours))
    if name == "description":
        return (theirs if is_version else markdown_of(theirs, snapshot.edition)) in (ours or "", ours)
    if name == "status":
        pairs = RELEASE_PAIRS if is_version else PAIRS
        return any(pair.ours == ours and pair.theirs == str(theirs).lower() for pair in pairs)
    if name == "assignee":
        return bool(theirs == (USERS.get(ours.lower(), ours) if ours else None))
    if name == "tags":
        return _labels(ours) == set(theirs or ())
    if name == "release":
        return VERSIONS.get(ours) in theirs if ours and theirs else bool(not ours and not _linked_ids(theirs))
    return bool(ours == theirs)


def _same_removal(snapshot: Snapshot, theirs: Any) -> bool:
    """Both sides took the agreed release away; what else is on the issue was there before."""
    base = snapshot.baseline.get("release", NOTHING)
    gone = VERSIONS.get(str(base.ours)) not in (theirs or ())
    return snapshot.ours["release"] is None and gone and set(_linked_ids(theirs)) <= set(base.theirs or ())


def _readable_as(name: str, snapshot: Snapshot, shown: Any, theirs: Any) -> bool:
    return _agree(name, snapshot, shown, theirs) or bool(shown == theirs)


def _linked(rule: FieldRule, theirs: Any) -> Any:
    return _linked_ids(theirs) if rule.ours == "release" else theirs


def _linked_ids(theirs: Any) -> list[str]:
    return [one for one in theirs or () if one in VERSIONS.values()]


def _labels(tags: Any) -> set[str]:
    return {"_".join(tag.split()) for tag in tags or ()}


def _plain(value: Any) -> str | None:
    return json.dumps(value, sort_keys=True) if value not in (None, "", []) else None
