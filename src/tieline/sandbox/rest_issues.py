"""Issues: create, read, edit, delete, move through the workflow, properties and history."""

from dataclasses import replace
from typing import Any

from .ask import Answer, Ask, no_content, refuse, refuse_fields
from .intake import NOT_ON_SCREEN, find_issue_type, parse_intake
from .lookup import find_issue, parse_list, project_of
from .model import Issue, Json
from .rest_content import add_comment_of
from .rest_identity import no_such_issue
from .rest_projects import render_editmeta, screen_for
from .rest_workflow import render_transition
from .scheme import (
    FIRST_STATUS,
    TYPES_BY_ID,
)
from .view import View
from .view_issue import render_change, render_issue
from .world import World

BULK_LIMIT = 50


# ---- create


def create_issue(world: World, ask: Ask) -> Answer:
    payload = ask.parse_payload()
    made = make_issue(world, ask, payload if isinstance(payload, dict) else {})
    if isinstance(made, Answer):
        return made
    view = View(world=world, api=ask.api)
    return Answer(status=201, payload={"id": str(made.id), "key": made.key, "self": view.link(f"issue/{made.id}")})


def create_issues(world: World, ask: Ask) -> Answer:
    """Up to 50 at once; those that are refused are told by their place, the others exist."""
    payload = ask.parse_payload()
    updates = payload.get("issueUpdates") if isinstance(payload, dict) else None
    if not isinstance(updates, list) or not updates:
        return refuse(400, "No issues were specified." if world.edition == "cloud" else "issueUpdates is required")
    if len(updates) > BULK_LIMIT:
        return refuse(400, f"The maximum number of issues that can be created in one request is {BULK_LIMIT}.")
    view = View(world=world, api=ask.api)
    issues: list[Json] = []
    errors: list[Json] = []
    spoiled = world.take("partial-bulk")
    for place, update in enumerate(updates):
        if spoiled and place % 3 == 2:
            made: Issue | Answer = refuse(400, summary="The summary was refused by a workflow validator.")
        else:
            made = make_issue(world, ask, update if isinstance(update, dict) else {})
        if isinstance(made, Answer):
            errors.append({"status": made.status, "elementErrors": made.payload, "failedElementNumber": place})
        else:
            issues.append({"id": str(made.id), "key": made.key, "self": view.link(f"issue/{made.id}")})
    return Answer(status=201 if issues else 400, payload={"issues": issues, "errors": errors})


def make_issue(world: World, ask: Ask, payload: Json) -> Issue | Answer:
    """Create one issue, or say Jira's refusal."""
    cloud = world.edition == "cloud"
    account = ask.caller.account
    fields: Json = payload.get("fields") if isinstance(payload.get("fields"), dict) else {}  # type: ignore[assignment]
    asked = fields.get("project")
    named = (asked.get("key") or asked.get("id")) if isinstance(asked, dict) else None
    if not named:
        return refuse(400, project="Specify a valid project ID or key" if cloud else "project is required")
    project = world.project_that_exists(str(named))
    if project is None or (account is not None and not world.may(account, "BROWSE_PROJECTS", project)):
        return refuse(400, project="valid project is required")
    if not world.may(account, "CREATE_ISSUES", project):
        if "summary" in fields:
            told = [name for name in fields if name not in ("project", "issuetype")]
            return refuse_fields({name: NOT_ON_SCREEN.format(name) for name in told})
        if account is None:
            return refuse(
                400,
                "Anonymous users do not have permission to create issues in this project. Please try logging in first.",
            )
        return refuse(400, "You do not have permission to create issues in this project.")
    kind = find_issue_type(fields.get("issuetype"))
    if kind is None:
        if fields.get("issuetype"):
            return refuse(400, issuetype="Specify a valid issue type" if cloud else "valid issue type is required")
        return refuse(400, issuetype="Specify an issue type" if cloud else "issue type is required")
    at = world.now()
    blank = Issue(
        id=0,
        key=f"{project.key}-0",
        project=project.key,
        type_id=kind.id,
        status_id=FIRST_STATUS,
        summary="",
        creator=ask.account,
        reporter=ask.account,
        rank="",
        created=at,
        updated=at,
    )
    view = View(world=world, api=ask.api)
    screen = screen_for(world, kind, edit=False)
    given = {name: value for name, value in fields.items() if name not in ("project", "issuetype")}
    intake = parse_intake(view, payload={**payload, "fields": given}, old=blank, screen=screen, account=account)
    errors = dict(intake.errors)
    for one in screen.values():
        answered = one.id in given or one.id in (payload.get("update") or {})
        if one.id == "summary" and not intake.values.get("summary"):
            errors.setdefault("summary", "You must specify a summary of the issue.")
        elif one.required and one.custom and not answered:
            errors[one.id] = f"{one.name} is required."
    if kind.subtask and intake.values.get("parent") is None:
        errors.setdefault(
            "issuetype" if not cloud else "parent", "Issue type is a sub-task but parent issue key or id not specified."
        )
    properties = _parse_properties(payload.get("properties"))
    if properties is None:
        return refuse(400, "properties: the list of entity properties is not readable")
    if errors:
        return refuse_fields(errors)
    issue = replace(
        blank,
        **intake.values,
        id=world.next_id("issue"),
        key=world.next_key(project.key),
        rank=world.next_rank(),
        properties=properties,
    )
    with world.batch():
        world.create_issue(issue, actor=ask.account)
        add_comment_of(view, issue, intake, ask.account)
    return issue


def _parse_properties(value: Any) -> Json | None:
    if value is None:
        return {}
    if not isinstance(value, list) or not all(isinstance(one, dict) and one.get("key") for one in value):
        return None
    return {str(one["key"]): one.get("value") for one in value}


# ---- read


def read_issue(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    view = View(world=world, api=ask.api)
    fields = parse_list(ask, "fields")
    expand = frozenset(parse_list(ask, "expand"))
    found = render_issue(view, one, fields=fields or None, properties=parse_list(ask, "properties"), expand=expand)
    if "transitions" in expand:
        found["transitions"] = [
            render_transition(view, one, each, full=False) for each in world.transitions_from(one.status_id)
        ]
    if "editmeta" in expand:
        found["editmeta"] = render_editmeta(view, project_of(world, one), TYPES_BY_ID[one.type_id], ask.caller.account)
    return Answer(payload=found)


def fetch_issues(world: World, ask: Ask) -> Answer:
    payload = ask.parse_payload() or {}
    wanted = payload.get("issueIdsOrKeys")
    if not isinstance(wanted, list) or not wanted or len(wanted) > 100:
        return refuse(400, "issueIdsOrKeys must hold between 1 and 100 entries.")
    view = View(world=world, api=ask.api)
    found: list[Json] = []
    seen: set[int] = set()
    missing: list[Json] = []
    fields = payload.get("fields") or ["*navigable"]
    for named in wanted:
        one = world.issue(str(named))
        if one is None or world.project(one.project, account=ask.caller.account) is None:
            missing.append({"id": str(named), "errorMessage": no_such_issue(world)})
        elif one.id not in seen:
            seen.add(one.id)
            expand = frozenset(payload.get("expand") or ())
            found.append(
                render_issue(view, one, fields=fields, properties=payload.get("properties") or [], expand=expand)
            )
    found.sort(key=lambda row: int(row["id"]))
    return Answer(payload={"issues": found, "issueErrors": missing})


def read_editmeta(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    view = View(world=world, api=ask.api)
    return Answer(payload=render_editmeta(view, project_of(world, one), TYPES_BY_ID[one.type_id], ask.caller.account))


def read_changelog(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    view = View(world=world, api=ask.api)
    rows = [render_change(view, each) for each in world.changes.get(one.id, [])]
    start, limit = ask.number("startAt", 0), ask.number("maxResults", 100, low=1, high=100)
    part = rows[start : start + limit]
    return Answer(
        payload={
            "self": view.link(f"issue/{one.key}/changelog?maxResults={limit}&startAt={start}"),
            "maxResults": limit,
            "startAt": start,
            "total": len(rows),
            "isLast": start + len(part) >= len(rows),
            "values": part,
        }
    )


# ---- edit, delete


def edit_issue(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    payload = ask.parse_payload()
    if not isinstance(payload, dict):
        return refuse(400, "The request body could not be read as an edit.")
    project = project_of(world, one)
    told = [*(payload.get("fields") or {}), *(name for name in payload.get("update") or {} if name != "comment")]
    if not world.may(ask.caller.account, "EDIT_ISSUES", project):
        if world.edition == "cloud":
            return refuse(403, "You do not have permission to edit issues in this project.")
        return refuse_fields({name: NOT_ON_SCREEN.format(name) for name in told})
    view = View(world=world, api=ask.api)
    screen = screen_for(world, TYPES_BY_ID[one.type_id], edit=True)
    intake = parse_intake(view, payload=payload, old=one, screen=screen, account=ask.caller.account)
    properties = _parse_properties(payload.get("properties"))
    if intake.errors or properties is None:
        return refuse_fields(intake.errors)
    new = replace(one, **intake.values, properties={**one.properties, **properties})
    event = "issue_assigned" if new.assignee != one.assignee and told == ["assignee"] else "issue_updated"
    with world.batch():
        saved = world.edit_issue(one, new, actor=ask.account, event_type=event)
        add_comment_of(view, saved, intake, ask.account)
    if ask.query.get("returnIssue") == "true" and view.cloud:
        return Answer(payload=render_issue(view, saved, fields=None))
    return no_content()


def assign_issue(world: World, ask: Ask) -> Answer:
    """`PUT …/assignee`: the body is the user itself."""
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    payload = ask.parse_payload() or {}
    screen = {field.id: field for field in world.fields() if field.id == "assignee"}
    view = View(world=world, api=ask.api)
    intake = parse_intake(
        view, payload={"fields": {"assignee": payload}}, old=one, screen=screen, account=ask.caller.account
    )
    if intake.errors:
        return refuse_fields(intake.errors)
    world.edit_issue(one, replace(one, **intake.values), actor=ask.account, event_type="issue_assigned")
    return no_content()


def delete_issue(world: World, ask: Ask) -> Answer:
    one = find_issue(world, ask)
    if isinstance(one, Answer):
        return one
    if not world.may(ask.caller.account, "DELETE_ISSUES", project_of(world, one)):
        status = 403 if world.edition == "cloud" else 401
        return refuse(status, "You do not have permission to delete issues in this project.")
    subtasks = [id for id in world.children.get(one.id, ()) if TYPES_BY_ID[world.issues[id].type_id].subtask]
    if subtasks and ask.query.get("deleteSubtasks") != "true":
        return refuse(
            400,
            f"The issue '{one.key}' has subtasks.  You must specify the 'deleteSubtasks' parameter "
            "to delete this issue and all its subtasks.",
        )
    if not subtasks:
        for id in list(world.children.get(one.id, ())):
            child = world.issues[id]
            world.edit_issue(child, replace(child, parent=None), actor=ask.account)
    world.delete_issue(one, actor=ask.account)
    return no_content()
