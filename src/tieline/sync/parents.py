"""Under which feature a requirement stands, and under which issue its sub-task: carried like a field, without a row in
the mapping.

Cloud takes another parent in an edit (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/).
Data Center moves a sub-task only by hand, so a move made here is told there as a problem.
"""

from __future__ import annotations

from tieline.records.issue import Edition
from tieline.sync.compare import AGREED_ON_NOTHING
from tieline.sync.snapshot import FieldBaseline, Snapshot
from tieline.sync.steps import FieldChange, FieldProblem, KeepClash
from tieline.sync.verdict import Verdict

PARENT = "parent"


def judge_parent(snapshot: Snapshot) -> Verdict:
    """What the parent of a linked child asks for. A side that names none asks for nothing: no side orphans the other.

    Moved on both sides, the move made here wins, and the clash is kept.
    """
    ours, theirs = snapshot.ours.get(PARENT), (snapshot.theirs or {}).get(PARENT)
    if ours is None or theirs is None:
        return Verdict()
    issue = snapshot.lookups.parents.get(ours)
    if issue == theirs:
        return Verdict(baseline=FieldBaseline(ours=ours, theirs=theirs))
    agreed = snapshot.baseline.get(PARENT, AGREED_ON_NOTHING)
    if agreed.ours != ours:
        return _push(snapshot, issue, agreed)
    if agreed.theirs != theirs:
        return _pull(snapshot)
    return Verdict()


def _push(snapshot: Snapshot, issue: str | None, agreed: FieldBaseline) -> Verdict:
    ours, theirs = snapshot.ours[PARENT], (snapshot.theirs or {})[PARENT]
    if issue is None:
        return Verdict(problem=FieldProblem(field=PARENT, slug="map-parent-unlinked", facts={}))
    if snapshot.edition is Edition.DATA_CENTER:
        return Verdict(problem=FieldProblem(field=PARENT, slug="map-parent-fixed", facts={}))
    change = FieldChange(field=PARENT, remote_field=PARENT, old=theirs, new=issue)
    clash = None
    if agreed.theirs not in (None, theirs):
        other = snapshot.lookups.parents_back.get(theirs)
        clash = KeepClash(field=PARENT, ours=ours, theirs=other, agreed=agreed.ours, winner="ours")
    return Verdict(push=change, clash=clash, baseline=FieldBaseline(ours=ours, theirs=issue))


def _pull(snapshot: Snapshot) -> Verdict:
    ours, theirs = snapshot.ours[PARENT], (snapshot.theirs or {})[PARENT]
    feature = snapshot.lookups.parents_back.get(theirs)
    if feature is None:
        return Verdict(problem=FieldProblem(field=PARENT, slug="map-parent-elsewhere", facts={}))
    change = FieldChange(field=PARENT, remote_field=PARENT, old=ours, new=feature)
    return Verdict(pull=change, baseline=FieldBaseline(ours=feature, theirs=theirs))
