"""Making the issue or version of a link: announced, marked, sent, settled. At most one ever exists."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from typing import Any

from tieline.engine.crash_points import reached
from tieline.engine.desk import Desk, Stopped
from tieline.engine.ports import (
    Answer,
    IntentView,
    IssueRef,
    LinkView,
    NewIssue,
    OpEnd,
    OpResult,
    SyncOutcome,
    Trouble,
)
from tieline.engine.reading import build_snapshot, read_lookups
from tieline.engine.settle_intent import settle_intent, version_named
from tieline.engine.verdict import backoff_s, field_problem
from tieline.records.ids import IssueId, IssueKey, RecordId
from tieline.records.issue import RemoteKind, Version
from tieline.sync.plan import plan
from tieline.sync.snapshot import FieldBaseline
from tieline.sync.steps import CreateRemote, FieldProblem, Plan

PARENT_UNLINKED = "map-parent-unlinked"
NAME_TAKEN = "sync-version-taken"
CERTAIN_NO = {Trouble.REFUSED, Trouble.LOGIN, Trouble.THROTTLED, Trouble.UNAVAILABLE, Trouble.GONE}
OK, REDIRECT = 200, 300


@dataclass(frozen=True, kw_only=True)
class Made:
    """The issue or version exists and is ours. ``baseline``: what was sent."""

    remote: IssueRef
    intent: IntentView | None
    baseline: MappingOf[str, FieldBaseline] = field(default_factory=dict)
    found: bool = False


def create_remote(view: LinkView, desk: Desk) -> Made | Stopped:
    """Bring the link's issue or version into being, or find the one that an earlier try made. Nothing is saved of the
    outcome yet; the intent is, before anything is sent."""
    if view.intent is not None and view.intent.sent_at is not None:
        settled = settle_intent(view, view.intent, desk)
        if isinstance(settled, Stopped):
            return settled
        if settled is not None:
            desk.steps.append(f"Found {settled.key or settled.id}, which an earlier try had created")
            baseline = parse_intent_baseline(view.intent.fields)
            return Made(remote=settled, intent=view.intent, baseline=baseline, found=True)
    elif view.intent is not None:
        desk.turn.store.drop_intent(view.intent.id)

    planned = create_plan(view, desk)
    if isinstance(planned, Answer):
        return desk.stop(planned, view, operation="look up people")
    create = next((one for one in planned.steps if isinstance(one, CreateRemote)), None)
    if create is None:
        return cannot_create(planned, view, desk)
    if view.remote_kind is RemoteKind.VERSION:
        return _create_version(view, create, planned, desk)
    return _create_issue(view, create, planned, desk)


def settle_deleted(view: LinkView, desk: Desk) -> OpEnd:
    """The record was deleted while nobody knew whether its issue had been made. One that was made is tied to the link,
    so that no import takes it for a stranger; none is made any more."""
    assert view.intent is not None
    settled = settle_intent(view, view.intent, desk)
    if isinstance(settled, Stopped):
        return settled.end
    if settled is not None:
        made = Made(remote=settled, intent=view.intent, found=True)
        desk.turn.store.save_outcome(created_outcome(view, made, desk), op=desk.turn.op, worker=desk.turn.worker)
    return OpEnd(result=OpResult.DONE, why="The record was deleted")


def create_plan(
    view: LinkView, desk: Desk, *, versions: MappingOf[RecordId, IssueId] | None = None
) -> Plan | Answer[Any]:
    """What is to be made; the troubled answer when somebody could not be looked up. ``versions``: those of the linked
    releases, where they were read already."""
    lookups, trouble = read_lookups(view, None, desk, versions=versions)
    return trouble if trouble is not None else plan(build_snapshot(view, None, desk, lookups))


def new_issue(create: CreateRemote, marker: str, desk: Desk) -> NewIssue:
    return NewIssue(
        project_id=desk.integration.mapping.project_id,
        issue_type_id=create.issue_type_id or "",
        fields=create.fields,
        marker=marker,
    )


def intent_fields(create: CreateRemote, planned: Plan) -> dict[str, Any]:
    """What the intent keeps: the fields sent and the baseline they make, so that a found issue needs no guess."""
    baseline = {name: [pair.ours, pair.theirs] for name, pair in planned.baseline_after.items()}
    return {"fields": dict(create.fields), "baseline": baseline}


def parse_intent_baseline(fields: MappingOf[str, Any]) -> dict[str, FieldBaseline]:
    pairs = fields.get("baseline", {})
    return {name: FieldBaseline(ours=pair[0], theirs=pair[1]) for name, pair in pairs.items()}


def certainly_not_done(answer: Answer[Any]) -> bool:
    """True when the create cannot have happened. An answer of the 2xx kind never proves that, however it looks."""
    response = answer.exchanges[-1].response if answer.exchanges else None
    status = response.status if response else None
    return answer.trouble in CERTAIN_NO and not (status is not None and OK <= status < REDIRECT)


def created_outcome(view: LinkView, made: Made, desk: Desk, *, together: bool = False) -> SyncOutcome:
    """What is saved the moment the issue exists: the link to it, and what was sent as the first baseline. ``together``:
    one of many in a call, whose exchanges stand in a line of their own."""
    name = str(made.remote.key or made.remote.id)
    verb = "Found" if made.found else "Created"
    what = f"version “{name}”" if view.remote_kind is RemoteKind.VERSION else name
    return SyncOutcome(
        link=view.id,
        record_revision=view.record.revision,
        remote=made.remote,
        baseline=made.baseline,
        settled_intent=made.intent.id if made.intent else None,
        pushed=not made.found,
        remote_view={"key": name},
        log=(desk.line(f"{verb} {what} for {view.record.ref}", direction="push", view=view, bare=together),),
    )


def cannot_create(planned: Plan, view: LinkView, desk: Desk) -> Stopped:
    found = [one for one in planned.steps if isinstance(one, FieldProblem)]
    problems = tuple(field_problem(one, desk.asked(view)) for one in found)
    attempts = desk.turn.attempts
    if found and all(one.slug == PARENT_UNLINKED for one in found):
        why = "Waiting for the parent's issue"
        wait_s = 2.0 if attempts == 1 else backoff_s(attempts - 1, str(view.id))
        later = OpEnd(result=OpResult.LATER, after_s=wait_s, why=why)
        return Stopped(end=later, problems=problems if attempts > 1 else ())
    first = problems[0].finding if problems else None
    return Stopped(end=OpEnd(result=OpResult.PARKED, why="Cannot be created yet", finding=first), problems=problems)


def _create_issue(view: LinkView, create: CreateRemote, planned: Plan, desk: Desk) -> Made | Stopped:
    intent = _announce(view, create, planned, desk)
    if intent is None:
        return _lost()
    reached("before create issue")
    answer = desk.note(desk.jira.create_issue(new_issue(create, intent.marker, desk)))
    reached("after create issue")
    if answer.value is not None:
        return Made(remote=answer.value, intent=intent, baseline=planned.baseline_after)
    if certainly_not_done(answer):
        desk.turn.store.drop_intent(intent.id)
        reached("after drop intent")
        return desk.stop(answer, view, operation="create issue")
    settled = settle_intent(view, intent, desk)
    if isinstance(settled, Stopped):
        return settled
    if settled is None:
        return desk.stop(answer, view, operation="create issue")
    return Made(remote=settled, intent=intent, baseline=planned.baseline_after, found=True)


def _create_version(view: LinkView, create: CreateRemote, planned: Plan, desk: Desk) -> Made | Stopped:
    """A version of that name is the release's counterpart already; a second of the name Jira would refuse."""
    name = str(create.fields.get("name", ""))
    listed = desk.note(desk.jira.read_versions(desk.project_key))
    if listed.value is None:
        return desk.stop(listed, view, operation="read versions")
    existing = version_named(name, listed.value)
    if existing is not None:
        return _take_version(view, existing, desk)
    intent = _announce(view, create, planned, desk)
    if intent is None:
        return _lost()
    reached("before create version")
    answer = desk.note(desk.jira.create_version(desk.integration.mapping.project_id, create.fields))
    reached("after create version")
    if answer.value is not None:
        remote = IssueRef(id=answer.value.id, key=IssueKey(answer.value.name))
        return Made(remote=remote, intent=intent, baseline=planned.baseline_after)
    if certainly_not_done(answer):
        desk.turn.store.drop_intent(intent.id)
        reached("after drop intent")
        return desk.stop(answer, view, operation="create version", version=name)
    settled = settle_intent(view, intent, desk)
    if isinstance(settled, Stopped):
        return settled
    if settled is None:
        return desk.stop(answer, view, operation="create version", version=name)
    return Made(remote=settled, intent=intent, baseline=planned.baseline_after, found=True)


def _take_version(view: LinkView, version: Version, desk: Desk) -> Made | Stopped:
    taken = desk.turn.store.find_links(view.integration.id, RemoteKind.VERSION, (version.id,))
    if taken.get(version.id, view.id) != view.id:
        problem = FieldProblem(field="name", slug=NAME_TAKEN, facts={"version": version.name})
        shown = field_problem(problem, desk.asked(view))
        end = OpEnd(result=OpResult.PARKED, why="Another release has the version of that name", finding=shown.finding)
        return Stopped(end=end, problems=(shown,))
    desk.steps.append(f"Version “{version.name}” existed already")
    return Made(remote=IssueRef(id=IssueId(version.id), key=IssueKey(version.name)), intent=None, found=True)


def _announce(view: LinkView, create: CreateRemote, planned: Plan, desk: Desk) -> IntentView | None:
    turn = desk.turn
    reached("before announce")
    intent = turn.store.announce_create(view.id, intent_fields(create, planned), op=turn.op, worker=turn.worker)
    reached("after announce")
    if intent is None or not turn.store.mark_sent((intent.id,), op=turn.op, worker=turn.worker):
        return None
    reached("after mark sent")
    return replace(intent, sent_at=turn.clock.now())


def _lost() -> Stopped:
    return Stopped(end=OpEnd(result=OpResult.LATER, why="Another worker has taken this over"))
