"""The poll that makes it true: what changed in Jira since last time, with overlap, compared with what was seen.

When nothing is new it costs one search and one list of versions, and writes nothing. Once an hour one more question
asks for the issues that were gone: what was only hidden for a while is heard of again, though nothing changed in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tieline.diagnosis.finding import Confidence, Finding
from tieline.engine.crash_points import reached
from tieline.engine.desk import Desk, open_desk
from tieline.engine.hear import look_at
from tieline.engine.plan_link import plan_known, quiet_outcome
from tieline.engine.ports import Answer, LinkProblem, LinkView, OpEnd, OpResult, SyncOutcome
from tieline.engine.reading import Remote, version_stamp
from tieline.engine.settle_intent import CLOCKS_APART
from tieline.engine.sync_link import parse_stamp
from tieline.engine.turn import Turn
from tieline.records.ids import IntegrationId, IssueId, LinkId, RecordId
from tieline.records.issue import Issue, RemoteKind, Version
from tieline.records.record import RecordKind
from tieline.sync.brake import brake
from tieline.sync.steps import SetRecord

BRAKE = "sync-brake"
LET_RUN = "A person let the changes run"
"""Reason of the poll that a person started although the brake held: it is not braked."""
MOST_PAGES = 500
GONE_AGAIN = timedelta(hours=1)
MOST_GONE = 500


@dataclass(kw_only=True)
class Heard:
    """What one poll found. ``changed``: links to look at. ``stamps``: nothing to do but remember the time seen.
    ``pulls``: how many records a pull would change. ``newest``: Jira's latest time seen."""

    changed: dict[IssueId, LinkId] = field(default_factory=dict)
    views: dict[LinkId, LinkView] = field(default_factory=dict)
    stamps: list[SyncOutcome] = field(default_factory=list)
    pulls: int = 0
    newest: datetime | None = None


def poll(integration: IntegrationId, turn: Turn, *, reason: str = "") -> OpEnd:
    """Walk the pages of changed issues and the versions; enqueue a sync for each link that is out of step."""
    view = turn.store.read_integration(integration)
    if view.state != "on":
        return OpEnd(result=OpResult.DONE, why="The integration is not on")
    desk = open_desk(view, turn)
    versions = dict(turn.store.release_versions(integration))
    heard = Heard(newest=view.poll_cursor)
    trouble = (
        _walk_versions(desk, versions, heard)
        or _walk_issues(view.poll_cursor, desk, versions, heard)
        or _look_for_gone(desk, heard)
    )
    if trouble is not None:
        stopped = desk.stop(trouble, operation="look for changes")
        if stopped.problems:
            turn.store.save_log(integration, (desk.line(stopped.end.why, direction="pull", level="problem"),))
        return stopped.end
    linked = turn.store.count_links(integration)
    if reason != LET_RUN and brake(heard.pulls, linked):
        return _hold_for_a_person(heard, linked, desk)
    look_at(view, heard.changed, turn, reason="Seen by polling")
    if heard.stamps:
        turn.store.save_outcomes(heard.stamps)
    reached("before save poll cursor")
    cursor = heard.newest or turn.clock.now() - CLOCKS_APART
    if cursor != view.poll_cursor:
        turn.store.save_poll_cursor(integration, cursor)
    return OpEnd(result=OpResult.DONE)


def _walk_issues(
    cursor: datetime | None, desk: Desk, versions: Mapping[RecordId, IssueId], heard: Heard
) -> Answer[object] | None:
    overlap = timedelta(seconds=desk.turn.ports.pace.poll_overlap_s)
    since = (cursor or desk.turn.clock.now() - CLOCKS_APART) - overlap
    token: str | None = None
    seen_tokens: set[str] = set()
    for _ in range(MOST_PAGES):
        answer = desk.note(desk.jira.read_page(desk.project_key, updated_since=since, token=token))
        if answer.value is None:
            return answer
        _compare_issues(answer.value.issues, desk, versions, heard)
        token = answer.value.next_token
        if token is None or token in seen_tokens:
            return None
        seen_tokens.add(token)
    return None


def _compare_issues(issues: Sequence[Issue], desk: Desk, versions: Mapping[RecordId, IssueId], heard: Heard) -> None:
    store, integration = desk.turn.store, desk.integration.id
    for issue in issues:
        heard.newest = max(heard.newest, issue.updated) if heard.newest else issue.updated
    if not issues:
        return
    seen = store.read_remote_stamps(integration, [issue.id for issue in issues])
    new = {issue.id: issue for issue in issues if issue.id in seen and _is_newer(issue, seen[issue.id])}
    links = store.find_links(integration, RemoteKind.ISSUE, tuple(new))
    views = {view.remote_id: view for view in store.read_links(tuple(links.values()))}
    for issue_id in links:
        view = views.get(issue_id)
        if view is not None:
            _sort_out(view, Remote(issue=new[issue_id]), desk, versions, heard)


def _look_for_gone(desk: Desk, heard: Heard) -> Answer[object] | None:
    memory, now, integration = desk.turn.ports.memory, desk.turn.clock.now(), desk.integration.id
    if now - memory.gone_asked.get(integration, now - GONE_AGAIN) < GONE_AGAIN:
        return None
    links = desk.turn.store.gone_issues(integration, MOST_GONE)
    if links:
        answer = desk.note(desk.jira.read_issues(tuple(links)))
        if answer.value is None:
            return answer
        heard.changed.update({issue.id: links[issue.id] for issue in answer.value})
    memory.gone_asked[integration] = now
    return None


def _walk_versions(desk: Desk, versions: dict[RecordId, IssueId], heard: Heard) -> Answer[object] | None:
    """Also takes out of ``versions`` what Jira lists no more: a version that was deleted was not taken off the issues
    by anybody, and says nothing about releases here."""
    if desk.integration.mapping.kind(RecordKind.RELEASE) is None:
        return None
    answer = desk.note(desk.jira.read_versions(desk.project_key))
    if answer.value is None:
        return answer
    store, integration = desk.turn.store, desk.integration.id
    listed: dict[IssueId, Version] = {one.id: one for one in answer.value}
    missing = tuple(one for one in versions.values() if one not in listed)
    seen = store.read_remote_stamps(integration, tuple(listed), remote_kind=RemoteKind.VERSION)
    out = [one for one, stamp in seen.items() if version_stamp(listed[one]) != stamp]
    for record in [record for record, version in versions.items() if version in missing]:
        del versions[record]
    if not out and not missing:
        return None
    links = store.find_links(integration, RemoteKind.VERSION, (*out, *missing))
    views = {view.remote_id: view for view in store.read_links(tuple(links.values()))}
    for version_id, link in links.items():
        view = views.get(version_id)
        if view is None:
            continue
        if version_id in listed:
            _sort_out(view, Remote(version=listed[version_id]), desk, versions, heard)
        else:
            heard.changed[version_id] = link
            heard.views[link] = view
    return None


def _sort_out(
    view: LinkView,
    remote: Remote,
    desk: Desk,
    versions: Mapping[RecordId, IssueId],
    heard: Heard,
) -> None:
    planned = plan_known(view, remote, desk, versions)
    assert view.remote_id is not None
    if planned.in_step and planned.baseline_after == view.baseline:
        outcome = quiet_outcome(view, remote, planned)
        assert outcome is not None
        heard.stamps.append(outcome)
        return
    heard.changed[view.remote_id] = view.id
    heard.views[view.id] = view
    heard.pulls += any(isinstance(step, SetRecord) for step in planned.steps)


def _is_newer(issue: Issue, seen: str) -> bool:
    known = parse_stamp(seen)
    return known is None or issue.updated > known


def _hold_for_a_person(heard: Heard, linked: int, desk: Desk) -> OpEnd:
    """Too much would change here at once: nothing does until somebody has looked at it."""
    sentence = f"Jira would change {heard.pulls} of {linked} linked records at once"
    finding = Finding(
        slug=BRAKE,
        confidence=Confidence.CERTAIN,
        because=(f"{sentence}.",),
        facts={"count": str(heard.pulls), "total": str(linked), "project": desk.project_key},
    )
    problem = LinkProblem(finding=finding, scope="mapping")
    outcomes = [
        SyncOutcome(link=view.id, record_revision=view.record.revision, problems=(problem,))
        for view in heard.views.values()
    ]
    desk.turn.store.save_outcomes(outcomes)
    line = desk.line(f"{sentence}; a person decides", direction="pull", level="problem")
    desk.turn.store.save_log(desk.integration.id, (line,))
    return OpEnd(result=OpResult.PARKED, why=sentence, finding=finding)
