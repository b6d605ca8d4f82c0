"""Under which issue a sub-task stands: four ways it can have moved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.sync.test_plan import new_link
from tests.sync.world import LOOKUPS, mapping_with
from tieline.records.issue import Edition
from tieline.records.record import RecordKind
from tieline.sync.parents import judge_parent
from tieline.sync.snapshot import FieldBaseline, Snapshot
from tieline.sync.verdict import Verdict

FAMILY = replace(LOOKUPS, parents={"f1": "9001", "f2": "9002"}, parents_back={"9001": "f1", "9002": "f2"})
AGREED = FieldBaseline(ours="f1", theirs="9001")


def child(ours: str | None, theirs: str | None, **changes: Any) -> Snapshot:
    mapping = mapping_with(RecordKind.REQUIREMENT, child=True)
    begun = new_link(kind=RecordKind.REQUIREMENT, mapping=mapping)
    values = {"baseline": {"parent": AGREED}, "lookups": FAMILY, "edition": Edition.CLOUD, **changes}
    return replace(begun, ours={"parent": ours}, theirs={"parent": theirs}, **values)


def test_a_move_here_is_carried_to_jira() -> None:
    verdict = judge_parent(child("f2", "9001"))
    assert verdict.push is not None
    assert (verdict.push.old, verdict.push.new) == ("9001", "9002")
    assert verdict.baseline == FieldBaseline(ours="f2", theirs="9002")
    assert verdict.clash is None


def test_a_move_in_jira_is_carried_here() -> None:
    verdict = judge_parent(child("f1", "9002"))
    assert verdict.pull is not None
    assert (verdict.pull.old, verdict.pull.new) == ("f1", "f2")


def test_moved_on_both_sides_ours_goes_and_the_clash_is_kept() -> None:
    lookups = replace(FAMILY, parents={**FAMILY.parents, "f3": "9003"})
    verdict = judge_parent(child("f3", "9002", lookups=lookups))
    assert verdict.push is not None
    assert verdict.clash is not None
    assert (verdict.clash.ours, verdict.clash.theirs, verdict.clash.agreed) == ("f3", "f2", "f1")


def test_moved_to_the_same_place_on_both_sides_nothing_is_written() -> None:
    agreed = FieldBaseline(ours="f2", theirs="9002")
    assert judge_parent(child("f2", "9002")) == Verdict(baseline=agreed)


@pytest.mark.parametrize(("ours", "theirs"), [(None, "9001"), ("f1", None), (None, None)])
def test_a_side_that_names_no_parent_orphans_the_other_in_no_case(ours: str | None, theirs: str | None) -> None:
    assert judge_parent(child(ours, theirs)) == Verdict()


@pytest.mark.parametrize(
    ("snapshot", "slug"),
    [
        (child("f2", "9001", edition=Edition.DATA_CENTER), "map-parent-fixed"),
        (child("f9", "9001"), "map-parent-unlinked"),
        (child("f1", "9009"), "map-parent-elsewhere"),
    ],
)
def test_what_cannot_be_moved_is_told(snapshot: Snapshot, slug: str) -> None:
    verdict = judge_parent(snapshot)
    assert verdict.problem is not None
    assert verdict.problem.slug == slug
    assert verdict.push is verdict.pull is verdict.baseline is None
