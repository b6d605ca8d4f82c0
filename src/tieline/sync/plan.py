"""What to do for one link: three values of each field in, steps and the new baseline out.

For each mapped field both sides are compared with what they last agreed on. A change on one side is carried to the
other where the direction allows it; a change on both sides is a clash, unless both now mean the same. Nothing here
reads a clock or the network, and no step deletes anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tieline.mapping.convert import Terms, Unconvertible, from_remote, to_remote
from tieline.mapping.fields import Shape
from tieline.mapping.model import ClashPolicy, Direction, FieldRule
from tieline.mapping.values import tidy
from tieline.records.issue import RemoteKind
from tieline.sync.compare import (
    AGREED_ON_NOTHING,
    agreed_form,
    mean_the_same,
    same_ours,
    same_theirs,
    says_the_same,
    terms_of,
)
from tieline.sync.create import plan_create
from tieline.sync.parents import judge_parent
from tieline.sync.routes import closed_hops, plan_route
from tieline.sync.snapshot import FieldBaseline, Snapshot, hop_note
from tieline.sync.steps import (
    AskHops,
    FieldChange,
    FieldProblem,
    KeepClash,
    MoveRemote,
    Plan,
    SetRecord,
    SetRemote,
    Step,
)
from tieline.sync.tags import merge_tags
from tieline.sync.verdict import Verdict

PUSHING = frozenset({Direction.TO_JIRA, Direction.BOTH})
PULLING = frozenset({Direction.FROM_JIRA, Direction.BOTH})


@dataclass(frozen=True, kw_only=True)
class Case:
    """One field of one link: its three values and what is needed to judge them."""

    rule: FieldRule
    shape: Shape
    ours: Any
    theirs: Any
    agreed: FieldBaseline
    snapshot: Snapshot
    terms: Terms

    @property
    def may_push(self) -> bool:
        return self.rule.direction in PUSHING

    @property
    def may_pull(self) -> bool:
        return self.rule.direction in PULLING

    @property
    def ours_changed(self) -> bool:
        return not same_ours(self.shape, self.ours, self.agreed.ours)

    @property
    def theirs_changed(self) -> bool:
        announced = self.snapshot.baseline.get(hop_note(self.rule.ours))
        if self.shape is Shape.STATUS and announced is not None and announced.theirs == self.theirs:
            return False
        return not same_theirs(self.shape, self.theirs, self.agreed.theirs, self.terms)

    @property
    def means_the_same(self) -> bool:
        return mean_the_same(self.rule, self.ours, self.theirs, self.terms, agreed=self.agreed)

    @property
    def is_open(self) -> bool:
        return self.rule.ours in self.snapshot.open_clashes

    @property
    def decided(self) -> str | None:
        return self.snapshot.decided.get(self.rule.ours)

    @property
    def status_is_fresh(self) -> bool:
        """We made the issue and nobody chose its first status: ``plan_create`` left an empty baseline for it."""
        return self.shape is Shape.STATUS and self.snapshot.baseline.get(self.rule.ours) == AGREED_ON_NOTHING


def plan(snapshot: Snapshot) -> Plan:
    """Plan what brings the link into step.

    Doing the plan and planning again plans nothing but the problems that still stand. ``AskHops`` asks for
    ``Snapshot.hops``; plan again with them before doing anything.
    """
    if snapshot.gone or (snapshot.theirs is None and snapshot.baseline):
        return Plan(gone=True, baseline_after=dict(snapshot.baseline))
    terms = terms_of(snapshot)
    if terms is None:
        problem = FieldProblem(field="", slug="map-kind-unmapped", facts={"kind": snapshot.kind.value})
        return Plan(steps=(problem,), baseline_after=dict(snapshot.baseline))
    if snapshot.theirs is None:
        return plan_create(snapshot, terms)

    verdicts = {rule.ours: judge(rule, snapshot, terms) for rule in single_rules(terms.kind.fields)}
    if terms.kind.child:
        verdicts["parent"] = judge_parent(snapshot)
    baseline = dict(snapshot.baseline)
    baseline.update({name: one.baseline for name, one in verdicts.items() if one.baseline is not None})
    return Plan(
        steps=_steps(list(verdicts.values())),
        baseline_after=baseline,
        settled=frozenset(name for name, one in verdicts.items() if one.settled),
    )


def single_rules(rules: tuple[FieldRule, ...]) -> tuple[FieldRule, ...]:
    """The rules without those that speak of a field, on either side, that an earlier rule already has."""
    kept: list[FieldRule] = []
    for rule in rules:
        if all(rule.ours != other.ours and rule.theirs != other.theirs for other in kept):
            kept.append(rule)
    return tuple(kept)


def _steps(verdicts: list[Verdict]) -> tuple[Step, ...]:
    """In the order of doing: what would be lost is kept first, then Jira's side, then ours; problems last."""
    steps: list[Step] = [one.route for one in verdicts if isinstance(one.route, AskHops)]
    steps += [one.clash for one in verdicts if one.clash]
    pushes = tuple(one.push for one in verdicts if one.push)
    if pushes:
        steps.append(SetRemote(changes=pushes))
    steps += [one.route for one in verdicts if isinstance(one.route, MoveRemote)]
    pulls = tuple(one.pull for one in verdicts if one.pull)
    if pulls:
        steps.append(SetRecord(changes=pulls))
    steps += [one.problem for one in verdicts if one.problem]
    return tuple(steps)


def judge(rule: FieldRule, snapshot: Snapshot, terms: Terms) -> Verdict:
    """Judge one field. Fields judge alone: no verdict depends on another field's."""
    shape = terms.shape(rule)
    if shape is None:
        return Verdict(problem=FieldProblem(field=rule.ours, slug="map-field-unknown", facts={"field": rule.ours}))
    if rule.direction is Direction.SET_ONCE or rule.ours not in snapshot.ours:
        return Verdict()
    present = snapshot.theirs or {}
    case = Case(
        rule=rule,
        shape=shape,
        ours=tidy(snapshot.ours[rule.ours]),
        theirs=tidy(present.get(rule.theirs)),
        agreed=snapshot.baseline.get(rule.ours, AGREED_ON_NOTHING),
        snapshot=snapshot,
        terms=terms,
    )
    if rule.theirs not in present:
        return _judge_absent(case)
    if case.is_open and case.decided is None:
        return _judge_open(case)
    if shape is Shape.TAGS:
        return _judge_tags(case)
    return _judge_value(case)


def _judge_absent(case: Case) -> Verdict:
    """Jira did not show the field at all: that never clears ours, and only a value that waits to go is a problem."""
    if case.may_push and case.ours_changed:
        return Verdict(problem=_problem(case, "map-field-absent", {"field": case.rule.theirs}))
    return Verdict()


def _judge_open(case: Case) -> Verdict:
    if case.means_the_same:
        return Verdict(baseline=_as_they_are(case), settled=True)
    return Verdict()


def _judge_tags(case: Case) -> Verdict:
    if not case.ours_changed and not case.theirs_changed:
        return Verdict()
    merged = merge_tags(case.ours, case.theirs, case.agreed, may_push=case.may_push, may_pull=case.may_pull)
    push = pull = None
    if not same_theirs(case.shape, merged.theirs, case.theirs, case.terms):
        converted = to_remote(case.rule, case.ours, case.terms)
        losses = () if isinstance(converted, Unconvertible) else converted.losses
        push = _change(case, old=case.theirs, new=merged.theirs, losses=losses)
    if not same_ours(case.shape, merged.ours, case.ours):
        pull = _change(case, old=case.ours, new=merged.ours)
    return Verdict(push=push, pull=pull, baseline=merged.baseline)


def _judge_value(case: Case) -> Verdict:
    ours_changed, theirs_changed = case.ours_changed, case.theirs_changed
    if not (ours_changed and case.may_push) and not (theirs_changed and case.may_pull) and not case.status_is_fresh:
        return Verdict(settled=case.is_open)
    if case.means_the_same:
        return Verdict(baseline=_as_they_are(case), settled=case.is_open)
    if case.status_is_fresh:
        return _done(case, _push(case) if case.may_push else _pull(case))
    if ours_changed and theirs_changed:
        return _judge_clash(case)
    return _done(case, _push(case) if ours_changed else _pull(case))


def _done(case: Case, verdict: Verdict) -> Verdict:
    """With what a person decided carried out, the clash is over; a problem or a question keeps it open."""
    carried = verdict.problem is None and not isinstance(verdict.route, AskHops)
    return replace(verdict, settled=case.is_open and carried)


def _judge_clash(case: Case) -> Verdict:
    winner = _winner(case)
    if winner is None:
        return Verdict(clash=_clash(case, winner=None))
    won = _push(case) if winner == "ours" else _pull(case)
    if won.push or won.pull or isinstance(won.route, MoveRemote):
        return _done(case, replace(won, clash=_clash(case, winner=winner)))
    return _done(case, won)


def _winner(case: Case) -> str | None:
    """Who wins a clash: the only side that may be heard, else the person who decided, else the field's policy."""
    if not (case.may_push and case.may_pull):
        return "ours" if case.may_push else "theirs"
    if case.decided is not None:
        return case.decided
    match case.rule.policy:
        case ClashPolicy.OURS:
            return "ours"
        case ClashPolicy.JIRAS:
            return "theirs"
        case ClashPolicy.ASK:
            return None
        case ClashPolicy.NEWEST:
            return _newest(case)


def _newest(case: Case) -> str:
    """Ours only where it is known to be later: the same time, or an unknown one, leaves the field with Jira."""
    ours_at = case.snapshot.ours_changed_at.get(case.rule.ours)
    theirs_at = case.snapshot.theirs_changed_at
    return "ours" if ours_at is not None and theirs_at is not None and ours_at > theirs_at else "theirs"


def _push(case: Case) -> Verdict:
    if case.shape is Shape.STATUS and case.snapshot.remote_kind is RemoteKind.ISSUE:
        return _move(case)
    converted = to_remote(
        case.rule,
        case.ours,
        case.terms,
        kept=case.theirs,
        agreed_ours=case.agreed.ours,
        agreed_theirs=case.agreed.theirs,
    )
    if isinstance(converted, Unconvertible):
        return Verdict(problem=_problem(case, converted.slug, dict(converted.facts)))
    baseline = FieldBaseline(ours=case.ours, theirs=agreed_form(case.shape, converted.value, case.terms))
    if _is_there(case, converted.value):
        return Verdict(baseline=baseline)
    return Verdict(push=_change(case, old=case.theirs, new=converted.value, losses=converted.losses), baseline=baseline)


def _is_there(case: Case, value: Any) -> bool:
    if case.shape is Shape.BODY:
        return says_the_same(value, case.theirs, case.terms)
    return same_theirs(case.shape, value, case.theirs, case.terms)


def _pull(case: Case) -> Verdict:
    converted = from_remote(case.rule, case.theirs, case.terms, ours=case.ours, agreed_ours=case.agreed.ours)
    if isinstance(converted, Unconvertible):
        return Verdict(problem=_problem(case, converted.slug, dict(converted.facts)))
    baseline = FieldBaseline(ours=converted.value, theirs=agreed_form(case.shape, case.theirs, case.terms))
    if same_ours(case.shape, converted.value, case.ours):
        return Verdict(baseline=baseline)
    return Verdict(pull=_change(case, old=case.ours, new=converted.value, losses=converted.losses), baseline=baseline)


def _move(case: Case) -> Verdict:
    """Status by transition: ask for the open ones, take the one that leads there, or a route of those learnt so far."""
    waiting = FieldBaseline(ours=None, theirs=case.theirs) if case.status_is_fresh else None
    converted = to_remote(case.rule, case.ours, case.terms)
    if isinstance(converted, Unconvertible):
        return Verdict(problem=_problem(case, converted.slug, dict(converted.facts)), baseline=waiting)
    target, current = str(converted.value), str(case.theirs)
    if case.snapshot.hops is None:
        return Verdict(route=AskHops(target=target), baseline=waiting)
    workflow = {**case.snapshot.workflow, current: case.snapshot.hops}
    closed = closed_hops(workflow, case.terms.kind.constants, case.snapshot.theirs or {})
    route = plan_route(workflow, current, target, closed=closed)
    if route:
        change = _change(case, old=case.theirs, new=target)
        return Verdict(
            route=MoveRemote(target=target, hops=route, change=change),
            baseline=FieldBaseline(ours=case.ours, theirs=target),
        )
    facts = {"status": str(case.ours), "from": current, "target": target}
    blocked = plan_route(workflow, current, target)
    if not blocked:
        return Verdict(problem=_problem(case, "map-no-route", facts), baseline=waiting)
    shut = next(hop for hop in blocked if hop.transition_id in closed)
    facts |= {"transition": shut.name, "fields": ", ".join(shut.required)}
    return Verdict(problem=_problem(case, "map-transition-needs-field", facts), baseline=waiting)


def _change(case: Case, *, old: Any, new: Any, losses: tuple[str, ...] = ()) -> FieldChange:
    return FieldChange(field=case.rule.ours, remote_field=case.rule.theirs, old=old, new=new, losses=losses)


def _problem(case: Case, slug: str, facts: dict[str, str]) -> FieldProblem:
    return FieldProblem(field=case.rule.ours, slug=slug, facts=facts)


def _clash(case: Case, *, winner: str | None) -> KeepClash:
    read = from_remote(case.rule, case.theirs, case.terms, ours=case.ours, agreed_ours=case.agreed.ours)
    theirs = case.theirs if isinstance(read, Unconvertible) else read.value
    return KeepClash(field=case.rule.ours, ours=case.ours, theirs=theirs, agreed=case.agreed.ours, winner=winner)


def _as_they_are(case: Case) -> FieldBaseline:
    return FieldBaseline(ours=case.ours, theirs=agreed_form(case.shape, case.theirs, case.terms))
