"""Bring one link into step from the present state of both sides: read, plan, apply, save in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tieline.engine.crash_points import reached
from tieline.engine.create_remote import Made, create_remote, created_outcome, settle_deleted
from tieline.engine.desk import Desk, Stopped, open_desk, problem_sentence
from tieline.engine.elsewhere import moved_away
from tieline.engine.ports import (
    Answer,
    ClashView,
    LinkProblem,
    LinkView,
    LogLine,
    OpEnd,
    OpResult,
    SyncOutcome,
    Trouble,
)
from tieline.engine.reading import (
    PUSHES,
    Remote,
    build_snapshot,
    read_dropped_versions,
    read_lookups,
    read_remote,
    rule_for,
)
from tieline.engine.turn import Turn
from tieline.engine.verdict import field_problem
from tieline.records.ids import LinkId
from tieline.records.issue import RemoteKind
from tieline.sync.compare import AGREED_ON_NOTHING
from tieline.sync.plan import plan
from tieline.sync.snapshot import FieldBaseline, hop_note
from tieline.sync.steps import (
    AskHops,
    FieldChange,
    FieldProblem,
    KeepClash,
    MoveRemote,
    Plan,
    SetRecord,
    SetRemote,
)

ROUNDS = 10
"""Hops of one status change, at most; a workflow that needs more is told as a problem by the next run."""
DONE = OpEnd(result=OpResult.DONE)


def sync_link(link: LinkId, turn: Turn) -> OpEnd:
    """One run. What it found and did is saved with the link; how it ended is for the ledger."""
    view = turn.store.read_link(link)
    if view is None:
        return OpEnd(result=OpResult.DONE, why="The link is gone")
    desk = open_desk(view.integration, turn)
    if desk.connection.held_by:
        return OpEnd(result=OpResult.LATER, why=f"The connection waits: {desk.connection.held_by}")
    if view.deleted:
        return settle_deleted(view, desk)
    if view.remote_id is None:
        made = create_remote(view, desk)
        if not isinstance(made, Made):
            return _save_stopped(view, made, desk)
        reached("before save created")
        saved = turn.store.save_outcome(created_outcome(view, made, desk), op=turn.op, worker=turn.worker)
        reached("after save created")
        if not saved and not _still_ours(turn):
            return OpEnd(result=OpResult.LATER, why="Another worker has taken this over")
        desk = open_desk(view.integration, turn)
        view = turn.store.read_link(link)
        if view is None or view.remote_id is None:
            return OpEnd(result=OpResult.LATER, after_s=1.0, why="The link changed meanwhile")
    return _bring_into_step(view, desk)


@dataclass(kw_only=True)
class Course:
    """How far one bringing-into-step has come. ``pushed`` and ``moved`` are field names whose value Jira holds now;
    ``problems`` hold up fields; ``stop`` ends the op early."""

    view: LinkView
    remote: Remote
    pushed: list[str] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    clashes: dict[str, ClashView] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    problems: list[LinkProblem] = field(default_factory=list)
    stop: OpEnd | None = None


def _bring_into_step(view: LinkView, desk: Desk) -> OpEnd:
    course: Course | None = None
    for _ in range(ROUNDS):
        read = read_remote(view, desk)
        if read.trouble is Trouble.GONE:
            return _save_gone(view, desk)
        if read.value is None:
            return _save_stopped(view, desk.stop(read, view, operation="read issue"), desk)
        remote = read.value
        elsewhere = moved_away(remote, desk)
        if elsewhere is not None:
            return _save_stopped(view, elsewhere, desk)
        if _is_older(view, remote, desk):
            return OpEnd(result=OpResult.LATER, after_s=3.0, why="Jira showed an older state than before")
        lookups, trouble = read_lookups(view, remote, desk)
        if trouble is not None:
            return _save_stopped(view, desk.stop(trouble, view, operation="look up people"), desk)
        planned = plan(build_snapshot(view, remote, desk, lookups))
        known, trouble = read_dropped_versions(view, planned, lookups, desk)
        if trouble is not None:
            return _save_stopped(view, desk.stop(trouble, view, operation="read version"), desk)
        if known is not lookups:
            lookups = known
            planned = plan(build_snapshot(view, remote, desk, lookups))
        if any(isinstance(one, AskHops) for one in planned.steps) or _is_unknown_status(view, remote, desk):
            assert remote.issue is not None
            hops = desk.note(desk.jira.read_hops(remote.issue.id))
            if hops.value is None:
                return _save_stopped(view, desk.stop(hops, view, operation="read transitions"), desk)
            issue = remote.issue
            desk.turn.ports.memory.keep_hops(
                desk.connection.id, desk.project_key, issue.type_id, issue.status_id, hops.value
            )
            planned = plan(build_snapshot(view, remote, desk, lookups, hops=hops.value))
        course = course or Course(view=view, remote=remote)
        course.view, course.remote = view, remote
        if not _apply(planned, course, desk):
            return _save(planned, course, desk)
        view = replace(view, baseline=_save_hop(planned, course, desk))
    assert course is not None
    return OpEnd(result=OpResult.LATER, after_s=2.0, why="The status needs another hop")


def _is_unknown_status(view: LinkView, remote: Remote, desk: Desk) -> bool:
    """The workflow is learnt from the issues that pass by: where statuses are sent, the transitions of each status are
    asked once, so that a route of several hops can be planned later."""
    rule = rule_for(view, "status")
    if remote.issue is None or rule is None or rule.direction not in PUSHES:
        return False
    issue = remote.issue
    known = desk.turn.ports.memory.workflow(desk.connection.id, desk.project_key, issue.type_id)
    return issue.status_id not in known


def _apply(planned: Plan, course: Course, desk: Desk) -> bool:
    """Do the steps on Jira's side. True: a hop was taken, so read and plan again."""
    moved = False
    course.settled |= set(planned.settled)
    for step in planned.steps:
        match step:
            case KeepClash():
                course.clashes[step.field] = ClashView(
                    field=step.field, ours=step.ours, theirs=step.theirs, agreed=step.agreed, winner=step.winner
                )
            case SetRemote():
                _set_remote(step.changes, course, desk)
            case MoveRemote() if course.stop is None:
                moved = _move(step, course, desk)
            case FieldProblem():
                course.failed.add(step.field)
                course.problems.append(field_problem(step, desk.asked(course.view)))
            case _:
                pass
    return moved and course.stop is None


def _set_remote(changes: tuple[FieldChange, ...], course: Course, desk: Desk) -> None:
    """All in one call; when Jira refuses that for one field, the others go one by one."""
    if not _still_ours(desk.turn):
        _let_go({change.field for change in changes}, course)
        return
    answer = _write(changes, course, desk)
    if answer.ok:
        _note_pushed(changes, course, desk)
    elif answer.trouble is Trouble.REFUSED and len(changes) > 1:
        for change in changes:
            single = _write((change,), course, desk)
            if single.ok:
                _note_pushed((change,), course, desk)
            else:
                _refused(single, (change,), course, desk)
                if single.trouble is not Trouble.REFUSED:
                    course.failed |= {one.field for one in changes} - set(course.pushed)
                    return
    else:
        _refused(answer, changes, course, desk)


def _write(changes: tuple[FieldChange, ...], course: Course, desk: Desk) -> Answer[object]:
    assert course.view.remote_id is not None
    reached("before edit")
    if course.view.remote_kind is RemoteKind.ISSUE:
        answer: Answer[object] = desk.note(desk.jira.edit_issue(course.view.remote_id, changes))
    else:
        answer = desk.note(desk.jira.edit_version(course.view.remote_id, changes))
    reached("after edit")
    return answer


def _note_pushed(changes: tuple[FieldChange, ...], course: Course, desk: Desk) -> None:
    for change in changes:
        course.pushed.append(change.field)
        desk.steps.append(f"Set {change.remote_field} in {course.remote.name}")
        desk.steps.extend(change.losses)


def _refused(answer: Answer[object], changes: tuple[FieldChange, ...], course: Course, desk: Desk) -> None:
    names = ", ".join(change.remote_field for change in changes)
    stopped = desk.stop(answer, course.view, operation="edit issue", field=names)
    course.failed |= {change.field for change in changes}
    course.problems.extend(stopped.problems)
    if stopped.end.result is OpResult.LATER or course.stop is None:
        course.stop = stopped.end


def _move(step: MoveRemote, course: Course, desk: Desk) -> bool:
    assert course.view.remote_id is not None
    hop = step.hops[0]
    if not (_announce_hop(step, course, desk) if len(step.hops) > 1 else _still_ours(desk.turn)):
        _let_go({step.change.field}, course)
        return False
    reached("before hop")
    answer = desk.note(desk.jira.take_hop(course.view.remote_id, hop, {}))
    reached("after hop")
    if answer.ok:
        desk.steps.append(f"Took the transition “{hop.name}”")
        if step.change.field not in course.pushed:
            course.pushed.append(step.change.field)
        return True
    stopped = desk.stop(answer, course.view, operation="transition issue", transition=hop.name)
    course.stop = stopped.end
    course.failed.add(step.change.field)
    course.problems.extend(stopped.problems)
    return False


def _announce_hop(step: MoveRemote, course: Course, desk: Desk) -> bool:
    """One hop of several, kept before it is sent: should its answer never come, the status it leads to must not look
    like somebody's change. False when this worker no longer holds the op."""
    view, turn = course.view, desk.turn
    note = {hop_note(step.change.field): FieldBaseline(ours=step.target, theirs=step.hops[0].to_status)}
    outcome = SyncOutcome(
        link=view.id, record_revision=view.record.revision, baseline=note, problems=tuple(course.problems)
    )
    turn.store.save_outcome(outcome, op=turn.op, worker=turn.worker)
    course.view = replace(view, baseline={**view.baseline, **note})
    return _still_ours(turn)


def _let_go(fields: set[str], course: Course) -> None:
    """Another worker has the op: what was planned here may be older than what it sent."""
    course.failed |= fields
    course.stop = OpEnd(result=OpResult.LATER, why="Another worker has taken this over")


def _save_hop(planned: Plan, course: Course, desk: Desk) -> dict[str, FieldBaseline]:
    """After one hop of several: what was pushed agrees now, and the status stands where the hop led, by our own doing.
    Saved at once, so that a route cut short does not look like a change in Jira."""
    view = course.view
    moves = {step.change.field: step.hops[0] for step in planned.steps if isinstance(step, MoveRemote)}
    done = {name: planned.baseline_after[name] for name in course.pushed if name not in moves}
    for name, hop in moves.items():
        before = view.baseline.get(name)
        done[name] = FieldBaseline(ours=before.ours if before else None, theirs=hop.to_status)
        if hop_note(name) in view.baseline:
            done[hop_note(name)] = AGREED_ON_NOTHING
    outcome = SyncOutcome(
        link=view.id, record_revision=view.record.revision, baseline=done, problems=tuple(course.problems), pushed=True
    )
    desk.turn.store.save_outcome(outcome, op=desk.turn.op, worker=desk.turn.worker)
    reached("after save hop")
    return {**view.baseline, **done}


def _agreed(planned: Plan, course: Course) -> dict[str, FieldBaseline]:
    """The baseline after what was really done: fields that failed keep what they had."""
    before = course.view.baseline
    agreed = dict(planned.baseline_after)
    carried = [name for name in agreed if name not in course.failed and hop_note(name) in before]
    agreed.update({hop_note(name): AGREED_ON_NOTHING for name in carried})
    for name in course.failed:
        agreed.pop(name, None)
        if name in before:
            agreed[name] = before[name]
    return agreed


def _save(planned: Plan, course: Course, desk: Desk) -> OpEnd:
    view, turn = course.view, desk.turn
    pulled = tuple(change for step in planned.steps if isinstance(step, SetRecord) for change in step.changes)
    decided = {name for name in view.decided if name not in course.failed}
    outcome = SyncOutcome(
        link=view.id,
        record_revision=view.record.revision,
        record_changes=pulled,
        baseline=_agreed(planned, course),
        clashes=tuple(course.clashes.values()),
        problems=tuple(course.problems),
        log=tuple(_log(pulled, course, desk)),
        pushed=bool(course.pushed),
        pulled=bool(pulled),
        remote_view=course.remote.shown(),
        settled=frozenset(course.settled | decided),
    )
    reached("before save outcome")
    complete = turn.store.save_outcome(outcome, op=turn.op, worker=turn.worker)
    reached("after save outcome")
    if not complete:
        return OpEnd(result=OpResult.LATER, why="The record changed meanwhile")
    if course.stop is not None:
        return course.stop
    if course.problems:
        first = course.problems[0].finding
        return OpEnd(result=OpResult.PARKED, why=problem_sentence(tuple(course.problems)), finding=first)
    return DONE


def _log(pulled: Sequence[FieldChange], course: Course, desk: Desk) -> list[LogLine]:
    lines: list[LogLine] = []
    name, view = course.remote.name, course.view
    heard = ", ".join(change.field for change in pulled)
    sent = ", ".join(dict.fromkeys(course.pushed))
    for change in pulled:
        desk.steps.append(f"Took {change.field} from {name}")
        desk.steps.extend(change.losses)
    if sent:
        lines.append(desk.line(f"Sent to {name}: {sent}", direction="push", view=view))
    if heard:
        lines.append(desk.line(f"Heard from {name}: {heard}", direction="pull", view=view))
    for clash in course.clashes.values():
        kept = {"ours": "ours was kept", "theirs": "Jira’s was kept"}.get(clash.winner or "", "a person decides")
        sentence = f"Both sides changed {clash.field} of {name}: {kept}"
        lines.append(desk.line(sentence, direction="none", level="warning", view=view))
    if course.problems:
        sentence = f"{name}: {problem_sentence(tuple(course.problems))}"
        lines.append(desk.line(sentence, direction="push", level="problem", view=view))
    return lines


def _save_stopped(view: LinkView, stopped: Stopped, desk: Desk) -> OpEnd:
    """Nothing was carried; what stands in the way is shown. Waits that settle themselves leave no line in the log, and
    a problem that stays leaves one at first and then now and again, not one for every try."""
    if not stopped.problems:
        return stopped.end
    lines: tuple[LogLine, ...] = ()
    if stopped.end.result is not OpResult.LATER or desk.turn.attempts in {1, 2} or desk.turn.attempts % 10 == 0:
        sentence = f"{view.record.ref}: {problem_sentence(stopped.problems)}"
        lines = (desk.line(sentence, direction="push", level="problem", view=view),)
    revision = view.record.revision
    outcome = SyncOutcome(link=view.id, record_revision=revision, problems=stopped.problems, log=lines)
    desk.turn.store.save_outcome(outcome, op=desk.turn.op, worker=desk.turn.worker)
    return stopped.end


def _save_gone(view: LinkView, desk: Desk) -> OpEnd:
    """Jira shows the issue no more: deleted, or hidden from this account. Nothing here is deleted or emptied."""
    name = view.remote_key or view.remote_id
    sentence = f"{name} is gone or hidden in Jira; {view.record.ref} stays as it is"
    outcome = SyncOutcome(
        link=view.id,
        record_revision=view.record.revision,
        gone=True,
        log=(desk.line(sentence, direction="pull", level="warning", view=view),),
    )
    desk.turn.store.save_outcome(outcome, op=desk.turn.op, worker=desk.turn.worker)
    return OpEnd(result=OpResult.DONE, why=sentence)


def _still_ours(turn: Turn) -> bool:
    return turn.op is None or turn.ports.ledger.holds(turn.op, turn.worker)


def _is_older(view: LinkView, remote: Remote, desk: Desk) -> bool:
    """An older state than the one seen last must not overwrite it. After a few tries it is taken: Jira may have been
    restored from a backup."""
    if remote.issue is None or desk.turn.attempts > 3:
        return False
    stamps = desk.turn.store.read_remote_stamps(view.integration.id, (remote.issue.id,))
    seen = parse_stamp(stamps.get(remote.issue.id, ""))
    return seen is not None and remote.issue.updated < seen


def parse_stamp(text: str) -> datetime | None:
    """A time as kept in ``remote_view["updated"]``; None for a version's stamp or none at all."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
