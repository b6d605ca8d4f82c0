"""Making records from issues and versions that have none: page by page, saved as they come, resumed after a crash."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tieline.engine.crash_points import reached
from tieline.engine.desk import Desk, open_desk
from tieline.engine.ports import Answer, ImportedRecord, ImportView, IssueRef, LogLine, OpEnd, OpResult, Trouble
from tieline.engine.reading import Remote
from tieline.engine.turn import Turn
from tieline.mapping.model import KindRule
from tieline.records.ids import IssueId, IssueKey
from tieline.records.issue import Issue, RemoteKind, Version
from tieline.sync.adopt import people_in, record_fields_of
from tieline.sync.snapshot import Lookups

PAGE = 100
MOST_PAGES = 10_000


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """Where an import goes on. ``phase``: ``versions``, ``issues``, ``orphans``. ``orphans``: issues whose parent came
    later than they did; they are made last."""

    phase: str = "versions"
    token: str | None = None
    orphans: tuple[str, ...] = ()

    def as_text(self) -> str:
        return json.dumps({"phase": self.phase, "token": self.token, "orphans": list(self.orphans)})


def parse_cursor(text: str) -> Cursor:
    if not text:
        return Cursor()
    kept = json.loads(text)
    return Cursor(phase=kept["phase"], token=kept["token"], orphans=tuple(kept["orphans"]))


def import_issues(run_id: str, turn: Turn) -> OpEnd:
    """Go on with an import from where it stands. Asking twice for the same page changes nothing more."""
    run = turn.store.read_import(run_id)
    if run is None or run.state == "done":
        return OpEnd(result=OpResult.DONE)
    desk = open_desk(turn.store.read_integration(run.integration), turn)
    turn.store.save_import_progress(run_id, state="running", why="")
    cursor = parse_cursor(run.cursor)
    seen = run.seen
    for _ in range(MOST_PAGES):
        step = _one_page(run, cursor, seen, desk)
        if isinstance(step, Answer):
            if cursor.token is not None and step.trouble is Trouble.REFUSED:
                cursor = replace(cursor, token=None)
                seen = 0
                continue
            return _broken_off(run_id, step, desk)
        cursor, seen = step
        if cursor.phase == "done":
            return _finished(run_id, desk)
        if turn.store.read_integration(run.integration).state == "paused":
            return OpEnd(result=OpResult.LATER, why="The integration is paused; the import goes on after it")
        if turn.stopping():
            return OpEnd(result=OpResult.LATER, why="The worker stops; the import goes on next")
    return OpEnd(result=OpResult.LATER, why="The import goes on")


def _one_page(run: ImportView, cursor: Cursor, seen: int, desk: Desk) -> tuple[Cursor, int] | Answer[Any]:
    """Read one page, make its records, save where to go on."""
    store = desk.turn.store
    total = None
    if cursor.phase == "versions":
        listed = desk.note(desk.jira.read_versions(desk.project_key))
        if listed.value is None:
            return listed
        records = _from_versions(listed.value, desk)
        after = Cursor(phase="issues")
    elif cursor.phase == "issues":
        page = desk.note(desk.jira.read_page(desk.project_key, updated_since=None, token=cursor.token, size=PAGE))
        if page.value is None:
            return page
        records, orphans = _from_issues(page.value.issues, desk, wait_for_parents=True)
        seen += len(page.value.issues)
        total = page.value.total
        kept = (*cursor.orphans, *orphans)
        last = page.value.next_token is None or page.value.next_token == cursor.token
        after = Cursor(phase="orphans" if last else "issues", token=page.value.next_token, orphans=kept)
    else:
        ids = [IssueId(one) for one in cursor.orphans[:PAGE]]
        answer = desk.note(desk.jira.read_issues(ids)) if ids else Answer(value=())
        if answer.value is None:
            return answer
        records, _ = _from_issues(answer.value, desk, wait_for_parents=False)
        left = cursor.orphans[PAGE:]
        after = Cursor(phase="orphans" if left else "done", orphans=left)
    desk.exchanges.clear()
    reached("before save imported")
    store.save_imported(run.integration, records, run.id)
    reached("after save imported")
    store.save_import_progress(run.id, cursor=after.as_text(), seen=seen, total=total)
    return after, seen


def _from_versions(versions: Sequence[Version], desk: Desk) -> list[ImportedRecord]:
    rule = _rule_for_versions(desk)
    if rule is None:
        return []
    mapping, edition = desk.integration.mapping, desk.jira.edition
    made = []
    for version in versions:
        if version.archived:
            continue
        adopted = record_fields_of(version, rule, mapping, Lookups(), edition)
        made.append(
            ImportedRecord(
                kind=rule.kind,
                remote_kind=RemoteKind.VERSION,
                remote=IssueRef(id=version.id, key=IssueKey(version.name)),
                fields=adopted.fields,
                baseline=adopted.baseline,
                remote_view=Remote(version=version).shown(),
            )
        )
    return made


def _from_issues(
    issues: Sequence[Issue], desk: Desk, *, wait_for_parents: bool
) -> tuple[list[ImportedRecord], list[str]]:
    """The records of a page, parents first, and the ids of issues whose parent has no record yet."""
    rules = _rules_by_type(desk)
    wanted = [issue for issue in issues if issue.type_id in rules]
    wanted.sort(key=lambda issue: rules[issue.type_id].child)
    store, integration = desk.turn.store, desk.integration
    versions = store.release_versions(integration.id)
    back = {str(version): str(record) for record, version in versions.items()}
    parents = {issue.parent for issue in wanted if issue.parent and rules[issue.type_id].child}
    linked = store.find_links(integration.id, RemoteKind.ISSUE, tuple(parents)) if parents else {}
    here = {issue.id for issue in wanted if not rules[issue.type_id].child}
    made: list[ImportedRecord] = []
    orphans: list[str] = []
    for issue in wanted:
        rule = rules[issue.type_id]
        waits = rule.child and issue.parent is not None and issue.parent not in linked and issue.parent not in here
        if waits and wait_for_parents:
            orphans.append(issue.id)
            continue
        made.append(_from_issue(issue, rule, back, desk))
    return made, orphans


def _from_issue(issue: Issue, rule: KindRule, versions_back: Mapping[str, str], desk: Desk) -> ImportedRecord:
    lookups = Lookups(people_back=people_in(issue), versions_back=versions_back)
    adopted = record_fields_of(issue, rule, desk.integration.mapping, lookups, desk.jira.edition)
    return ImportedRecord(
        kind=rule.kind,
        remote_kind=RemoteKind.ISSUE,
        remote=IssueRef(id=issue.id, key=issue.key),
        fields=adopted.fields,
        baseline=adopted.baseline,
        remote_view=Remote(issue=issue).shown(),
        parent_remote=issue.parent if rule.child else None,
    )


def _rule_for_versions(desk: Desk) -> KindRule | None:
    return next((one for one in desk.integration.mapping.kinds if one.remote_kind is RemoteKind.VERSION), None)


def _rules_by_type(desk: Desk) -> dict[str, KindRule]:
    kinds = desk.integration.mapping.kinds
    return {one.issue_type_id: one for one in reversed(kinds) if one.issue_type_id is not None}


def _broken_off(run_id: str, answer: Answer[Any], desk: Desk) -> OpEnd:
    end = desk.stop(answer, operation="import issues").end
    state = "parked" if end.result is OpResult.PARKED else "waiting"
    desk.turn.store.save_import_progress(run_id, state=state, why=end.why)
    line = desk.line(f"The import waits: {end.why}", direction="pull", level="problem")
    desk.turn.store.save_log(desk.integration.id, (line,))
    return end


def _finished(run_id: str, desk: Desk) -> OpEnd:
    desk.turn.store.save_import_progress(run_id, state="done")
    run = desk.turn.store.read_import(run_id)
    made = run.made if run else 0
    line: LogLine = desk.line(f"Imported {made} records from {desk.project_key}", direction="pull")
    desk.turn.store.save_log(desk.integration.id, (line,))
    return OpEnd(result=OpResult.DONE)
