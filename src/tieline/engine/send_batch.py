"""Creating many issues with few calls: a create takes along whatever else waits to be created in its integration.

A link that is taken along is in this op's hands: its lane is claimed through the ledger, so that no ``sync-link`` op
runs for it meanwhile. All creates are announced in one transaction before the one POST, and each ends on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tieline.engine.crash_points import reached
from tieline.engine.create_remote import (
    Made,
    cannot_create,
    certainly_not_done,
    create_plan,
    created_outcome,
    intent_fields,
    new_issue,
)
from tieline.engine.desk import Desk, open_desk, problem_sentence
from tieline.engine.plan_link import plan_known, quiet_outcome
from tieline.engine.ports import (
    Answer,
    CreateRefusal,
    IntentView,
    IssueRef,
    LinkProblem,
    LinkView,
    OpEnd,
    OpResult,
    SyncOutcome,
)
from tieline.engine.reading import Remote
from tieline.engine.settle_intent import Look, look_for_issues
from tieline.engine.sync_link import DONE, sync_link
from tieline.engine.turn import Turn
from tieline.engine.verdict import refusal_problem
from tieline.records.ids import IntegrationId, LinkId, OpId
from tieline.records.issue import RemoteKind
from tieline.sync.steps import CreateRemote, Plan

BATCH = 50
"""Issues in one call; Jira's own limit (https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/)."""
PAUSED = "paused"
AGAIN = OpEnd(result=OpResult.LATER, why="Goes on with a fresh look at both sides")


@dataclass(frozen=True, kw_only=True)
class Ready:
    """One create of the batch, planned."""

    view: LinkView
    create: CreateRemote
    planned: Plan


def send_batch(integration: IntegrationId, turn: Turn) -> OpEnd:
    """Create all that waits in the integration: releases first and one by one, then features, then what lies below."""
    seen: set[LinkId] = set()
    while not turn.stopping():
        if turn.store.read_integration(integration).state == PAUSED:
            return OpEnd(result=OpResult.LATER, why="The integration is paused")
        waiting = turn.store.links_waiting_to_create(integration, BATCH + len(seen))
        fresh = [link for link in waiting if link not in seen][:BATCH]
        if not fresh:
            return DONE
        seen.update(fresh)
        taken = turn.ports.ledger.claim_links(fresh, turn.op, turn.worker) if turn.op else {}
        end = create_together(tuple(turn.store.read_links(tuple(taken))), taken, turn)
        if end is not None:
            return end
    return AGAIN


def sync_along(link: LinkId, turn: Turn) -> OpEnd:
    """``sync_link`` for a link that may have no issue yet: when others wait to be created too, all go in one call."""
    view = turn.store.read_link(link)
    alone = view is None or view.remote_id is not None or view.remote_kind is not RemoteKind.ISSUE
    if alone or view is None or view.intent is not None or turn.op is None:
        return sync_link(link, turn)
    waiting = turn.store.links_waiting_to_create(view.integration.id, BATCH)
    if link not in waiting or len(waiting) == 1:
        return sync_link(link, turn)
    others = [one for one in waiting if one != link][: BATCH - 1]
    taken = dict(turn.ports.ledger.claim_links(others, turn.op, turn.worker))
    views = turn.store.read_links((link, *taken))
    ends: dict[LinkId, OpEnd] = {}
    create_together(tuple(views), {link: turn.op, **taken}, turn, own=link, ends=ends)
    return ends[link] if link in ends else sync_link(link, turn)


def create_together(
    views: Sequence[LinkView],
    ops: Mapping[LinkId, OpId],
    turn: Turn,
    *,
    own: LinkId | None = None,
    ends: dict[LinkId, OpEnd] | None = None,
) -> OpEnd | None:
    """Create the issues of these links, whose lanes are ours. Settles every op of ``ops`` but that of ``own``, whose
    end (like all others) stands in ``ends``. An end comes back when the whole batch has to wait."""
    ends = {} if ends is None else ends
    halt: OpEnd | None = None
    versions = [view for view in views if view.remote_kind is RemoteKind.VERSION]
    issues = [view for view in views if view.remote_kind is RemoteKind.ISSUE]
    for view in versions:
        ends[view.id] = sync_link(view.id, replace(turn, op=ops[view.id]))
    if issues:
        desk = open_desk(issues[0].integration, turn)
        halt = _create_issues(issues, desk, ends)
    settled = [(op, ends.get(link, AGAIN)) for link, op in ops.items() if link != own]
    turn.ports.ledger.settle_all(settled, turn.worker)
    return halt


def _create_issues(views: Sequence[LinkView], desk: Desk, ends: dict[LinkId, OpEnd]) -> OpEnd | None:
    ready: list[Ready] = []
    outcomes: list[SyncOutcome] = []
    versions = desk.turn.store.release_versions(desk.integration.id)
    for view in views:
        planned = create_plan(view, desk, versions=versions)
        if isinstance(planned, Answer):
            return _halted(planned, views, desk, ends)
        create = next((step for step in planned.steps if isinstance(step, CreateRemote)), None)
        if view.remote_id is not None or view.intent is not None:
            continue
        if create is None:
            stop = cannot_create(planned, view, desk)
            ends[view.id] = stop.end
            if stop.problems:
                outcomes.append(_problem_outcome(view, stop.problems, desk))
            continue
        ready.append(Ready(view=view, create=create, planned=planned))
    intents = _announce(ready, desk) if ready else ()
    if not ready:
        _save_made([], outcomes, desk, ends)
        return None
    if not intents:
        return OpEnd(result=OpResult.LATER, why="Another worker has taken this over")
    reached("before create batch")
    batch = [new_issue(one.create, intent.marker, desk) for one, intent in zip(ready, intents, strict=True)]
    answer = desk.note(desk.jira.create_issues(batch))
    reached("after create batch")
    if answer.value is None:
        return _settle_unanswered(answer, ready, intents, desk, ends)
    made: list[tuple[Ready, Made]] = []
    for one, intent, result in zip(ready, intents, answer.value, strict=False):
        if isinstance(result, IssueRef):
            made.append((one, Made(remote=result, intent=intent, baseline=one.planned.baseline_after)))
        else:
            desk.turn.store.drop_intent(intent.id)
            outcomes.append(_refused(one, result, answer, desk, ends))
    _save_made(made, outcomes, desk, ends)
    return None


def _announce(ready: Sequence[Ready], desk: Desk) -> tuple[IntentView, ...]:
    turn = desk.turn
    reached("before announce batch")
    creates = [(one.view.id, intent_fields(one.create, one.planned)) for one in ready]
    intents = turn.store.announce_creates(creates, op=turn.op, worker=turn.worker)
    reached("after announce batch")
    marked = intents and turn.store.mark_sent([one.id for one in intents], op=turn.op, worker=turn.worker)
    reached("after mark batch sent")
    return tuple(replace(one, sent_at=turn.clock.now()) for one in intents) if marked else ()


def _settle_unanswered(
    answer: Answer[object], ready: Sequence[Ready], intents: Sequence[IntentView], desk: Desk, ends: dict[LinkId, OpEnd]
) -> OpEnd | None:
    """The POST has no outcome: certain that nothing happened, or each create is looked for by its marker."""
    store = desk.turn.store
    if certainly_not_done(answer):
        for intent in intents:
            store.drop_intent(intent.id)
        return _halted(answer, [one.view for one in ready], desk, ends)
    look: Look = look_for_issues(intents, desk)
    if look.trouble is not None:
        return _halted(look.trouble, [one.view for one in ready], desk, ends)
    made: list[tuple[Ready, Made]] = []
    for one, intent in zip(ready, intents, strict=True):
        if intent.id in look.found:
            baseline = one.planned.baseline_after
            made.append((one, Made(remote=look.found[intent.id], intent=intent, baseline=baseline, found=True)))
        elif intent.id in look.absent:
            store.drop_intent(intent.id)
        else:
            why = "Jira did not say whether the issue was created; waiting for its search to catch up"
            ends[one.view.id] = OpEnd(result=OpResult.LATER, after_s=look.again_s, why=why)
    _save_made(made, [], desk, ends)
    return None


def _save_made(
    made: Sequence[tuple[Ready, Made]], others: list[SyncOutcome], desk: Desk, ends: dict[LinkId, OpEnd]
) -> None:
    """Links and first baselines in one transaction; then one bulk read, so that what Jira added by itself is known."""
    turn = desk.turn
    outcomes = [created_outcome(one.view, result, desk, together=True) for one, result in made]
    if not outcomes and not others:
        return
    reached("before save batch")
    turn.store.save_outcomes([*outcomes, *others], op=turn.op, worker=turn.worker)
    reached("after save batch")
    if not made:
        return
    first, last = made[0][1].remote.key, made[-1][1].remote.key
    line = desk.line(f"Created {len(made)} issues in one call: {first} to {last}", direction="push")
    turn.store.save_log(desk.integration.id, (line,))
    read = desk.note(desk.jira.read_issues([result.remote.id for _, result in made]))
    issues = {issue.id: issue for issue in read.value or ()}
    versions = turn.store.release_versions(desk.integration.id)
    quiet: list[SyncOutcome] = []
    for view in turn.store.read_links([one.view.id for one, _ in made]):
        issue = issues.get(view.remote_id) if view.remote_id else None
        remote = Remote(issue=issue) if issue else None
        planned = plan_known(view, remote, desk, versions) if remote else None
        outcome = quiet_outcome(view, remote, planned) if remote and planned else None
        if outcome is None:
            ends[view.id] = AGAIN
        else:
            quiet.append(outcome)
            ends[view.id] = DONE
    for outcome, complete in zip(quiet, turn.store.save_outcomes(quiet, op=turn.op, worker=turn.worker), strict=True):
        if not complete:
            ends[outcome.link] = AGAIN
    reached("after save batch read")


def _refused(
    one: Ready, refusal: CreateRefusal, answer: Answer[object], desk: Desk, ends: dict[LinkId, OpEnd]
) -> SyncOutcome:
    problem = refusal_problem(refusal, answer.exchanges, desk.asked(one.view, operation="create issue"))
    ends[one.view.id] = OpEnd(result=OpResult.PARKED, why="; ".join(refusal.messages.values()), finding=problem.finding)
    return _problem_outcome(one.view, (problem,), desk)


def _problem_outcome(view: LinkView, problems: tuple[LinkProblem, ...], desk: Desk) -> SyncOutcome:
    sentence = f"{view.record.ref}: {problem_sentence(problems)}"
    line = desk.line(sentence, direction="push", level="problem", view=view, bare=True)
    return SyncOutcome(link=view.id, record_revision=view.record.revision, problems=problems, log=(line,))


def _halted(answer: Answer[object], views: Sequence[LinkView], desk: Desk, ends: dict[LinkId, OpEnd]) -> OpEnd:
    """The whole call failed: what each link's own try would meet too is said once, and all end the same way."""
    stopped = desk.stop(answer, operation="create issue")
    for view in views:
        ends[view.id] = stopped.end
    if stopped.problems:
        line = desk.line(stopped.end.why, direction="push", level="problem")
        outcomes = [
            SyncOutcome(link=view.id, record_revision=view.record.revision, problems=stopped.problems) for view in views
        ]
        desk.turn.store.save_outcomes(outcomes, op=desk.turn.op, worker=desk.turn.worker)
        desk.turn.store.save_log(desk.integration.id, (line,))
    return stopped.end
