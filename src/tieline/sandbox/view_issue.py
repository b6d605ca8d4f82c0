"""Issues with their fields, comments, files and changes as Jira's JSON."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from .adf import render_html
from .model import Attachment, Change, Comment, Issue, Json
from .scheme import AUDIENCE, AUDIENCE_NAMES, EPIC_LINK, RANK, STATUSES_BY_ID, TYPES_BY_ID, Field
from .view import View


def render_issue_ref(view: View, id: int | None) -> Json | None:
    one = view.world.issues.get(id) if id is not None else None
    if one is None:
        return None
    return {
        "id": str(one.id),
        "key": one.key,
        "self": view.link(f"issue/{one.id}"),
        "fields": {
            "summary": one.summary,
            "status": view.status(STATUSES_BY_ID[one.status_id]),
            "priority": view.priority(one.priority_id),
            "issuetype": view.issue_type(TYPES_BY_ID[one.type_id]),
        },
    }


def render_issue(
    view: View,
    one: Issue,
    *,
    fields: list[str] | None,
    properties: Sequence[str] = (),
    expand: frozenset[str] = frozenset(),
) -> Json:
    """One issue. `fields` None means all of them; otherwise names, `*all`, `*navigable` and `-name`."""
    values = _field_values(view, one, fields)
    found: Json = {
        "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
        "id": str(one.id),
        "self": view.link(f"issue/{one.id}"),
        "key": one.key,
    }
    if values or fields is None or fields:
        found["fields"] = values
    if properties:
        wanted = one.properties if "*all" in properties else properties
        found["properties"] = {key: one.properties[key] for key in wanted if key in one.properties}
    if "renderedFields" in expand:
        found["renderedFields"] = {"description": render_html(one.description) if "description" in values else None}
    if "names" in expand:
        found["names"] = {each.id: each.name for each in view.world.fields()}
    if "schema" in expand:
        found["schema"] = {each.id: each.schema for each in view.world.fields()}
    if "changelog" in expand:
        changes = list(reversed(view.world.changes.get(one.id, [])))
        found["changelog"] = {
            "startAt": 0,
            "maxResults": len(changes),
            "total": len(changes),
            "histories": [render_change(view, each) for each in changes],
        }
    return found


def _field_values(view: View, one: Issue, wanted: list[str] | None) -> Json:
    every = wanted is None or "*all" in wanted or (all(name.startswith("-") for name in wanted) and wanted != [])
    navigable = wanted is not None and "*navigable" in wanted
    dropped = {name[1:] for name in wanted or () if name.startswith("-")}
    by_name = {each.name.lower(): each.id for each in view.world.fields()}
    named = {by_name.get(name.lower(), name) for name in wanted or ()}
    makers = _makers(view, one)
    hidden = {each.id for each in view.world.fields() if not each.navigable}
    return {
        name: make()
        for name, make in makers.items()
        if name not in dropped and (every or name in named or (navigable and name not in hidden))
    }


def _makers(view: View, one: Issue) -> dict[str, Any]:
    world = view.world
    project = next(each for each in world.projects if each.key == one.project)
    makers: dict[str, Any] = {
        "statuscategorychangedate": lambda: view.time(one.status_changed or one.created),
        "issuetype": lambda: view.issue_type(TYPES_BY_ID[one.type_id]),
        "project": lambda: view.project(project),
        "summary": lambda: one.summary,
        "description": lambda: view.body(one.description),
        "status": lambda: view.status(STATUSES_BY_ID[one.status_id]),
        "priority": lambda: view.priority(one.priority_id),
        "resolution": lambda: view.resolution(one.resolution_id),
        "resolutiondate": lambda: view.time(one.resolved),
        "labels": lambda: list(one.labels),
        "fixVersions": lambda: [_version_ref(view, id) for id in one.fix_versions if id in world.versions],
        "versions": lambda: [_version_ref(view, id) for id in one.versions if id in world.versions],
        "components": lambda: [_component_ref(view, id) for id in one.components if id in world.components],
        "assignee": lambda: view.person(one.assignee),
        "reporter": lambda: view.person(one.reporter),
        "creator": lambda: view.person(one.creator),
        "created": lambda: view.time(one.created),
        "updated": lambda: view.time(one.updated),
        "duedate": lambda: one.due_date,
        "subtasks": lambda: [
            render_issue_ref(view, id)
            for id in world.children.get(one.id, ())
            if id in world.issues and TYPES_BY_ID[world.issues[id].type_id].subtask
        ],
        "issuelinks": list,
        "attachment": lambda: [render_attachment(view, each) for each in world.attachments_of(one)],
        "comment": lambda: _comment_page(view, one),
        "votes": lambda: {"self": view.link(f"issue/{one.key}/votes"), "votes": 0, "hasVoted": False},
        "watches": lambda: {"self": view.link(f"issue/{one.key}/watchers"), "watchCount": 1, "isWatching": False},
        "worklog": lambda: {"startAt": 0, "maxResults": 20, "total": 0, "worklogs": []},
        "timetracking": dict,
        "progress": lambda: {"progress": 0, "total": 0},
        "aggregateprogress": lambda: {"progress": 0, "total": 0},
        "workratio": lambda: -1,
        "environment": lambda: None,
        "lastViewed": lambda: None,
        "security": lambda: None,
        "timespent": lambda: None,
        "timeestimate": lambda: None,
        "timeoriginalestimate": lambda: None,
    }
    if one.parent is not None and (view.cloud or TYPES_BY_ID[one.type_id].subtask):
        makers["parent"] = lambda: render_issue_ref(view, one.parent)
    for each in world.fields():
        if each.custom:
            makers[each.id] = lambda each=each: _custom(view, each, one)
    return makers


def _custom(view: View, each: Field, one: Issue) -> Any:
    if each.id == RANK:
        return one.rank
    if each.id == EPIC_LINK:
        parent = view.world.issues.get(one.parent or -1)
        return parent.key if parent and not TYPES_BY_ID[one.type_id].subtask else None
    value = one.custom.get(each.id)
    if each.id == AUDIENCE and value is not None:
        return render_option(view, value)
    return value


def render_option(view: View, id: str) -> Json:
    return {"self": view.link(f"customFieldOption/{id}"), "value": AUDIENCE_NAMES[id], "id": id}


def _component_ref(view: View, id: int) -> Json:
    one = view.world.components[id]
    found: Json = {"self": view.link(f"component/{id}"), "id": str(id), "name": one.name}
    return found | ({"description": one.description} if one.description else {})


def _version_ref(view: View, id: int) -> Json:
    one = view.world.versions[id]
    found: Json = {
        "self": view.link(f"version/{id}"),
        "id": str(id),
        "name": one.name,
        "archived": one.archived,
        "released": one.released,
    }
    if one.description:
        found["description"] = one.description
    if one.release_date:
        found["releaseDate"] = one.release_date
    return found


def _comment_page(view: View, one: Issue) -> Json:
    comments = [render_comment(view, each) for each in view.world.comments_of(one)]
    found: Json = {"comments": comments, "maxResults": len(comments), "total": len(comments), "startAt": 0}
    if view.cloud:
        found["self"] = view.link(f"issue/{one.id}/comment")
    return found


def render_comment(view: View, one: Comment) -> Json:
    found: Json = {
        "self": view.link(f"issue/{one.issue}/comment/{one.id}"),
        "id": str(one.id),
        "author": view.person(one.author),
        "body": view.body(one.body) if one.body else view.body("") or "",
        "updateAuthor": view.person(one.update_author),
        "created": view.time(one.created),
        "updated": view.time(one.updated),
    }
    if view.cloud:
        found["jsdPublic"] = True
    return found


def render_attachment(view: View, one: Attachment) -> Json:
    content = (
        view.link(f"attachment/content/{one.id}")
        if view.cloud
        else f"{view.world.base_url}/secure/attachment/{one.id}/{quote(one.filename)}"
    )
    return {
        "self": view.link(f"attachment/{one.id}"),
        "id": str(one.id),
        "filename": one.filename,
        "author": view.person(one.author),
        "created": view.time(one.created),
        "size": one.size,
        "mimeType": one.mime,
        "content": content,
    }


def render_change(view: View, one: Change) -> Json:
    return {
        "id": str(one.id),
        "author": view.person(one.author),
        "created": view.time(one.created),
        "items": render_change_items(view, one),
    }


def render_change_items(view: View, one: Change) -> list[Json]:
    found = []
    for item in one.items:
        row: Json = {"field": item.field, "fieldtype": "custom" if item.custom else "jira"}
        if view.cloud:
            row["fieldId"] = item.field_id
        row |= {
            "from": item.from_id,
            "fromString": item.from_text,
            "to": item.to_id,
            "toString": item.to_text,
        }
        if view.cloud and item.field_id in ("assignee", "reporter"):
            row |= {"tmpFromAccountId": item.from_id, "tmpToAccountId": item.to_id}
        found.append(row)
    return found
