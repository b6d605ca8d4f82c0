"""Projects as the caller sees them, and what may be filled in where (createmeta, editmeta)."""

from typing import Any

from .ask import Answer, Ask, refuse
from .model import Json, Project
from .scheme import (
    AUDIENCE,
    AUDIENCES,
    ISSUE_TYPES,
    PRIORITIES,
    RESOLUTIONS,
    STATUSES,
    TYPES_BY_ID,
    Field,
    IssueType,
)
from .view import View
from .view_issue import render_option
from .world import World


def no_project(key: str) -> Answer:
    return refuse(404, f"No project could be found with key '{key}'.")


def read_projects(world: World, ask: Ask) -> Answer:
    view = View(world=world, api=ask.api)
    rows = []
    for one in world.visible_projects(ask.caller.account):
        row = view.project(one)
        row["expand"] = "description,lead,issueTypes,url,projectKeys,permissions,insight"
        if view.cloud:
            row |= {"style": "classic", "isPrivate": one.visible_to is not None, "properties": {}}
        if ask.expands("lead"):
            row["lead"] = view.person(one.lead)
        rows.append(row)
    return Answer(payload=rows)


def search_projects(world: World, ask: Ask) -> Answer:
    view = View(world=world, api=ask.api)
    text = ask.query.get("query", "").lower()
    keys = {one.upper() for one in ask.many.get("keys", [])}
    found = [
        one
        for one in world.visible_projects(ask.caller.account)
        if (not text or text in one.key.lower() or text in one.name.lower()) and (not keys or one.key in keys)
    ]
    start, limit = ask.number("startAt", 0), ask.number("maxResults", 50, low=1, high=100)
    rows = []
    for one in found[start : start + limit]:
        row = view.project(one)
        row |= {"expand": "description,lead,issueTypes,url,projectKeys,permissions,insight", "style": "classic"}
        row |= {"isPrivate": one.visible_to is not None, "properties": {}}
        if ask.expands("lead"):
            row["lead"] = view.person(one.lead)
        if ask.expands("issueTypes"):
            row["issueTypes"] = [view.issue_type(each) for each in ISSUE_TYPES]
        rows.append(row)
    payload: Json = {
        "self": view.link(f"project/search?maxResults={limit}&startAt={start}"),
        "maxResults": limit,
        "startAt": start,
        "total": len(found),
        "isLast": start + len(rows) >= len(found),
        "values": rows,
    }
    return Answer(payload=payload)


def _visible(world: World, ask: Ask) -> Project | None:
    return world.project(ask.path_values["project"], account=ask.caller.account)


def read_project(world: World, ask: Ask) -> Answer:
    one = _visible(world, ask)
    if one is None:
        return no_project(ask.path_values["project"])
    return Answer(payload=View(world=world, api=ask.api).project(one, full=True))


def read_project_versions(world: World, ask: Ask) -> Answer:
    one = _visible(world, ask)
    if one is None:
        return no_project(ask.path_values["project"])
    view = View(world=world, api=ask.api)
    return Answer(payload=[view.version(each) for each in world.versions_of(one.key)])


def read_project_version_page(world: World, ask: Ask) -> Answer:
    one = _visible(world, ask)
    if one is None:
        return no_project(ask.path_values["project"])
    view = View(world=world, api=ask.api)
    text = ask.query.get("query", "").lower()
    wanted = set(ask.query.get("status", "").split(",")) - {""}
    found = []
    for each in world.versions_of(one.key):
        state = "archived" if each.archived else "released" if each.released else "unreleased"
        if text in each.name.lower() and (not wanted or state in wanted):
            found.append(view.version(each))
    if ask.query.get("orderBy", "").lstrip("+-") == "name":
        found.sort(key=lambda row: str(row["name"]), reverse=ask.query["orderBy"].startswith("-"))
    start, limit = ask.number("startAt", 0), ask.number("maxResults", 50, low=1, high=1000)
    rows = found[start : start + limit]
    return Answer(
        payload={
            "self": view.link(f"project/{one.key}/version?maxResults={limit}&startAt={start}"),
            "maxResults": limit,
            "startAt": start,
            "total": len(found),
            "isLast": start + len(rows) >= len(found),
            "values": rows,
        }
    )


def read_project_statuses(world: World, ask: Ask) -> Answer:
    one = _visible(world, ask)
    if one is None:
        return no_project(ask.path_values["project"])
    view = View(world=world, api=ask.api)
    return Answer(
        payload=[
            {
                "self": view.link(f"issuetype/{each.id}"),
                "id": each.id,
                "name": each.name,
                "subtask": each.subtask,
                "statuses": [view.status(status) for status in STATUSES],
            }
            for each in ISSUE_TYPES
        ]
    )


def read_project_components(world: World, ask: Ask) -> Answer:
    one = _visible(world, ask)
    if one is None:
        return no_project(ask.path_values["project"])
    view = View(world=world, api=ask.api)
    return Answer(payload=[view.component(each) for each in world.components_of(one.key)])


# ---- what may be filled in


def screen_for(world: World, kind: IssueType, *, edit: bool) -> dict[str, Field]:
    """The fields of the create or edit screen of one issue type, in order."""
    found: dict[str, Field] = {}
    for one in world.fields():
        if not (one.on_edit if edit else one.on_create) or (one.types is not None and kind.id not in one.types):
            continue
        if one.id == "parent" and (kind.level > 0 or (world.edition == "dc" and not kind.subtask)):
            continue
        if one.id == "parent" and edit and world.edition == "dc":
            continue
        found[one.id] = one
    return found


def field_meta(view: View, one: Field, project: Project, kind: IssueType, *, listed: bool) -> Json:
    """One field as createmeta, editmeta and transitions describe it."""
    world = view.world
    required = one.required or (one.id == "parent" and kind.subtask)
    found: Json = {
        "required": required,
        "schema": one.schema,
        "name": one.name,
        "hasDefaultValue": one.id in ("priority", "reporter"),
        "operations": list(one.operations),
    }
    if view.cloud or not listed:
        found["key"] = one.id
    if listed:
        found["fieldId"] = one.id
    if one.id == "priority":
        found["allowedValues"] = [view.priority(id) for id, *_ in PRIORITIES]
        found["defaultValue"] = view.priority("3")
    elif one.id == "issuetype":
        found["allowedValues"] = [view.issue_type(kind)]
    elif one.id == "project":
        found["allowedValues"] = [view.project(project)]
    elif one.id in ("fixVersions", "versions"):
        found["allowedValues"] = [view.version(each) for each in world.versions_of(project.key) if not each.archived]
    elif one.id == "components":
        found["allowedValues"] = [
            {"self": view.link(f"component/{each.id}"), "id": str(each.id), "name": each.name}
            for each in world.components_of(project.key)
        ]
    elif one.id == AUDIENCE:
        found["allowedValues"] = [render_option(view, id) for id, _ in AUDIENCES]
    elif one.id == "resolution":
        found["allowedValues"] = [view.resolution(id) for id, *_ in RESOLUTIONS]
    elif one.id in ("assignee", "reporter"):
        found["autoCompleteUrl"] = view.link(f"user/assignable/search?project={project.key}&query=")
    elif one.id == "labels":
        found["autoCompleteUrl"] = f"{world.base_url}/rest/api/1.0/labels/suggest?query="
    return found


def _createmeta_project(world: World, ask: Ask) -> Project | Answer:
    named = ask.path_values["project"]
    one = world.project(named, account=ask.caller.account)
    if one is not None and world.may(ask.caller.account, "CREATE_ISSUES", one):
        return one
    if world.edition == "dc":
        return refuse(400, "The user does not have permission to view the requested project or project doesn't exist.")
    return (
        no_project(named)
        if one is None
        else refuse(400, "You do not have permission to create issues in this project.")
    )


def read_createmeta_types(world: World, ask: Ask) -> Answer:
    project = _createmeta_project(world, ask)
    if isinstance(project, Answer):
        return project
    view = View(world=world, api=ask.api)
    rows = [view.issue_type(one, scope=True) for one in ISSUE_TYPES]
    return Answer(payload=_listed(world, ask, rows, "issueTypes"))


def read_createmeta_fields(world: World, ask: Ask) -> Answer:
    project = _createmeta_project(world, ask)
    if isinstance(project, Answer):
        return project
    kind = TYPES_BY_ID.get(ask.path_values["type"])
    if kind is None:
        return refuse(400, "The requested issue type does not exist in the project.")
    view = View(world=world, api=ask.api)
    rows = [field_meta(view, one, project, kind, listed=True) for one in screen_for(world, kind, edit=False).values()]
    return Answer(payload=_listed(world, ask, rows, "fields"))


def _listed(world: World, ask: Ask, rows: list[Json], name: str) -> Json:
    start, limit = ask.number("startAt", 0), ask.number("maxResults", 50, low=1, high=200)
    part = rows[start : start + limit]
    payload: Json = {"maxResults": limit, "startAt": start, "total": len(rows)}
    if world.edition == "cloud":
        return payload | {name: part}
    return payload | {"isLast": start + len(part) >= len(rows), "values": part}


def read_createmeta_old(world: World, ask: Ask) -> Answer:
    """The one call for everything. Data Center lost it with 9.0: the word is read as an issue key there."""
    if world.edition == "dc":
        return refuse(404, "Issue Does Not Exist")
    view = View(world=world, api=ask.api)
    keys = {one.upper() for raw in ask.many.get("projectKeys", []) for one in raw.split(",")}
    ids = {one for raw in ask.many.get("projectIds", []) for one in raw.split(",")}
    types = {one.lower() for raw in ask.many.get("issuetypeNames", []) for one in raw.split(",")}
    type_ids = {one for raw in ask.many.get("issuetypeIds", []) for one in raw.split(",")}
    projects: list[Json] = []
    for project in world.visible_projects(ask.caller.account):
        if (keys or ids) and project.key not in keys and str(project.id) not in ids:
            continue
        if not world.may(ask.caller.account, "CREATE_ISSUES", project):
            continue
        rows = []
        for kind in ISSUE_TYPES:
            if (types and kind.name.lower() not in types) or (type_ids and kind.id not in type_ids):
                continue
            row: Json = view.issue_type(kind)
            if ask.expands("projects.issuetypes.fields"):
                row["expand"] = "fields"
                row["fields"] = {
                    one.id: field_meta(view, one, project, kind, listed=False)
                    for one in screen_for(world, kind, edit=False).values()
                }
            rows.append(row)
        brief = {
            name: value
            for name, value in view.project(project).items()
            if name in ("self", "id", "key", "name", "avatarUrls")
        }
        projects.append(brief | {"expand": "issuetypes", "issuetypes": rows})
    return Answer(payload={"expand": "projects", "projects": projects})


def render_editmeta(view: View, project: Project, kind: IssueType, account: str | None) -> dict[str, Any]:
    if not view.world.may(account, "EDIT_ISSUES", project):
        return {"fields": {}}
    screen = screen_for(view.world, kind, edit=True)
    return {"fields": {one.id: field_meta(view, one, project, kind, listed=False) for one in screen.values()}}
