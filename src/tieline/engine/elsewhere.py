"""An issue that left the project of its integration: told, and left alone."""

from __future__ import annotations

from tieline.diagnosis.finding import Confidence, Finding
from tieline.engine.desk import Desk, Stopped, problem_sentence
from tieline.engine.ports import LinkProblem, OpEnd, OpResult
from tieline.engine.reading import Remote

MOVED = "sync-issue-moved"


def moved_away(remote: Remote, desk: Desk) -> Stopped | None:
    """What stops the sync of an issue in another project, where this integration has no business. Projects are compared
    by id, which stays when a project's key is changed; an answer without one stops nothing."""
    project = remote.issue.project_id if remote.issue else ""
    if not project or project == desk.integration.mapping.project_id:
        return None
    finding = Finding(
        slug=MOVED,
        confidence=Confidence.CERTAIN,
        because=(f"The issue is {remote.name} now, and the integration is for {desk.project_key}.",),
        facts={"issue": remote.name, "project": desk.project_key},
    )
    problem = LinkProblem(finding=finding, scope="record")
    end = OpEnd(result=OpResult.PARKED, why=problem_sentence((problem,)), finding=finding)
    return Stopped(end=end, problems=(problem,))
