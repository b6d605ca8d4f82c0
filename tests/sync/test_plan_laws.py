from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.errors import NoSuchExample

from tests.sync.laws import broken_law
from tests.sync.strategies import snapshots
from tieline.sync.plan import plan
from tieline.sync.snapshot import Snapshot
from tieline.sync.steps import Plan


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(snapshots())
def test_every_plan_keeps_the_laws(snapshot: Snapshot) -> None:
    law = broken_law(snapshot, plan)
    assert law is None, law


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(snapshots())
def test_the_same_snapshot_gives_the_same_plan(snapshot: Snapshot) -> None:
    assert plan(snapshot) == plan(snapshot)


CHAIN = ("mapping.values", "mapping.convert", "sync.compare", "sync.tags", "sync.routes", "sync.create", "sync.plan")

MUTANTS = {
    "a change is carried whatever was agreed": (
        "sync.plan",
        "if not (ours_changed and case.may_push) and not (theirs_changed and case.may_pull) and not case.status_is_fresh:",
        "if False:",
    ),
    "the last writer wins": (
        "sync.plan",
        "if ours_changed and theirs_changed:\n        return _judge_clash(case)",
        "if ours_changed and theirs_changed:\n        return _push(case) if case.may_push else _pull(case)",
    ),
    "the loser of a clash is forgotten": ("sync.plan", "replace(won, clash=_clash(case, winner=winner)", "replace(won"),
    "ask means ours": ("sync.plan", "case ClashPolicy.ASK:\n            return None", 'case ClashPolicy.ASK:\n            return "ours"'),
    "the older change wins": ("sync.plan", "ours_at > theirs_at", "ours_at < theirs_at"),
    "a tie goes to us": ("sync.plan", "ours_at > theirs_at", "ours_at >= theirs_at"),
    "directions are ignored when pushing": ("sync.plan", "(ours_changed and case.may_push)", "ours_changed"),
    "directions are ignored when pulling": ("sync.plan", "(theirs_changed and case.may_pull)", "theirs_changed"),
    "what a person decided is not heard": ("sync.plan", "if case.decided is not None:\n        return case.decided", ""),
    "a decided clash stays open": ("sync.plan", "settled=case.is_open and carried", "settled=False"),
    "open clashes are planned": ("sync.plan", "if case.is_open and case.decided is None:", "if False:"),
    "an absent field is an empty one": ("sync.plan", "if rule.theirs not in present:", "if False:"),
    "set once is set always": ("sync.plan", "rule.direction is Direction.SET_ONCE or ", ""),
    "the baseline keeps what was": (
        "sync.plan",
        "baseline = FieldBaseline(ours=converted.value, theirs=agreed_form",
        "baseline = FieldBaseline(ours=case.agreed.ours, theirs=agreed_form",
    ),
    "equal edits are not settled": ("sync.plan", "return Verdict(baseline=_as_they_are(case), settled=case.is_open)", "return Verdict()"),
    "the present status is never asked": ("sync.plan", "target=target, hops=route, change=change", "target=current, hops=route, change=change"),
    "a problem moves the baseline": (
        "sync.plan",
        "return Verdict(problem=_problem(case, converted.slug, dict(converted.facts)))\n    baseline = FieldBaseline(ours=case.ours",
        "return Verdict(problem=_problem(case, converted.slug, {}), baseline=_as_they_are(case))\n    baseline = FieldBaseline(ours=case.ours",
    ),
    "an unknown person is an unassignment": (
        "mapping.convert",
        'return Unconvertible(slug="map-person-unmatched", facts={"person": str(value), "side": "ours"})',
        "return Converted(value=None)",
    ),
    "an unknown user is an unassignment": (
        "mapping.convert",
        'return Unconvertible(slug="map-person-unmatched", facts={"person": str(value), "side": "theirs"})',
        "return Converted(value=None)",
    ),
    "other versions leave the issue": ("mapping.convert", "(present - came_since - former) | wanted", "wanted"),
    "the former version stays": ("mapping.convert", "(present - came_since - former) | wanted", "(present - came_since) | wanted"),
    "labels are overwritten": ("sync.tags", "(their_labels - our_removed) | our_added", "our_labels"),
    "removed tags come back": ("sync.tags", "our_removed = agreed_ours - our_labels - their_added", "our_removed = set()"),
    "labels come back with underscores": ("sync.tags", "their_added - _labels(sorted(tags_after))", "their_added"),
    "an unlinked version is the first release": ("sync.compare", "set(linked_only(a, terms.versions_back)) == set(linked_only(b, terms.versions_back))", "a == b"),
    "the status is sent at creation": (
        "sync.create",
        "if shape is Shape.STATUS and (kind.remote_kind is RemoteKind.ISSUE or rule.direction is Direction.FROM_JIRA):",
        "if shape is Shape.STATUS and rule.direction is Direction.FROM_JIRA:",
    ),
    "creation sends what should only come": (
        "sync.create",
        "if rule.direction not in SENT_AT_CREATION:\n            continue",
        "",
    ),
    "a closed transition is taken": ("sync.routes", "and hop.transition_id not in closed", ""),
}  # fmt: skip


def planner_with(room: str, good: str, bad: str) -> Callable[[Snapshot], Plan]:
    """The planner built anew from its modules, with one line of one of them made worse."""
    names = [f"tieline.{one}" for one in CHAIN]
    kept = {name: sys.modules[name] for name in names}
    try:
        for name in names:
            path = kept[name].__file__
            assert path is not None
            text = Path(path).read_text(encoding="utf-8")
            if name == f"tieline.{room}":
                assert text.count(good) == 1, f"{good!r} stands {text.count(good)} times in {name}"
                text = text.replace(good, bad)
            module = ModuleType(name)
            module.__file__ = path
            sys.modules[name] = module
            exec(compile(text, path, "exec"), module.__dict__)
        worse: Callable[[Snapshot], Plan] = sys.modules["tieline.sync.plan"].plan
        return worse
    finally:
        sys.modules.update(kept)


def law_broken_by(planner: Callable[[Snapshot], Plan], *, examples: int = 3000) -> str | None:
    def breaks(snapshot: Snapshot) -> bool:
        return broken_law(snapshot, planner) is not None

    quick = settings(
        max_examples=examples,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    try:
        return broken_law(find(snapshots(), breaks, settings=quick), planner)
    except NoSuchExample:
        return None


@pytest.mark.parametrize("bug", MUTANTS)
def test_the_laws_catch_a_planted_bug(bug: str) -> None:
    assert law_broken_by(planner_with(*MUTANTS[bug])) is not None


def test_the_laws_let_the_planner_pass_that_was_built_anew_without_a_bug() -> None:
    assert law_broken_by(planner_with("sync.plan", "def plan(", "def plan("), examples=300) is None
