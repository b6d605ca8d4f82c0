"""Plans from what has been read already, without another question to Jira."""

from __future__ import annotations

from collections.abc import Mapping

from tieline.engine.desk import Desk
from tieline.engine.ports import LinkView, SyncOutcome
from tieline.engine.reading import Remote, build_snapshot, find_parents_back, known_lookups
from tieline.records.ids import IssueId, RecordId
from tieline.sync.plan import plan
from tieline.sync.steps import Plan, SetRecord


def plan_known(view: LinkView, remote: Remote, desk: Desk, versions: Mapping[RecordId, IssueId]) -> Plan:
    """What a sync of this link would do, by the state of Jira's side that ``remote`` shows."""
    lookups = known_lookups(view, remote, versions, parents_back=find_parents_back(view, remote, desk))
    return plan(build_snapshot(view, remote, desk, lookups))


def quiet_outcome(view: LinkView, remote: Remote, planned: Plan) -> SyncOutcome | None:
    """The outcome of a plan that writes nothing to Jira and meets no problem; None for any other plan."""
    if planned.gone or not all(isinstance(step, SetRecord) for step in planned.steps):
        return None
    changes = tuple(change for step in planned.steps if isinstance(step, SetRecord) for change in step.changes)
    return SyncOutcome(
        link=view.id,
        record_revision=view.record.revision,
        record_changes=changes,
        baseline=planned.baseline_after,
        pulled=bool(changes),
        remote_view=remote.shown(),
        settled=planned.settled,
    )
