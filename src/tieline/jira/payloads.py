"""Our values → Jira's JSON, in the form that both editions share; what differs is asked of the dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tieline.jira.parse import MARKER_PROPERTY
from tieline.sync.remote import NewIssue
from tieline.sync.steps import FieldChange

NameUser = Callable[[str | None], Any]

_BY_ID_LISTS = frozenset({"fixVersions", "versions", "components"})
_BY_ID = frozenset({"parent", "priority", "issuetype", "project", "resolution", "security"})
_USERS = frozenset({"assignee", "reporter"})
_COLLECTIONS = _BY_ID_LISTS | {"labels"}
VERSION_FIELDS = ("name", "description", "releaseDate", "startDate", "released", "archived")
_EMPTY_TEXT_CLEARS = frozenset({"description", "releaseDate", "startDate"})


def render_field(field: str, value: Any, name_user: NameUser) -> Any:
    """One canonical value in Jira's form. Raw JSON (objects, constants) goes as it is."""
    if field in _USERS and (value is None or isinstance(value, str)):
        return name_user(value)
    if field in _BY_ID and isinstance(value, str):
        return {"id": value}
    if field in _BY_ID_LISTS and isinstance(value, (list, tuple)):
        return [{"id": one} if isinstance(one, str) else one for one in value]
    if isinstance(value, tuple):
        return list(value)
    return value


def build_create(new: NewIssue, name_user: NameUser) -> dict[str, Any]:
    """The body of ``POST issue``, our marker included. Fields without a value are left to Jira's defaults."""
    fields: dict[str, Any] = {"project": {"id": new.project_id}, "issuetype": {"id": new.issue_type_id}}
    for field, value in new.fields.items():
        if value is not None and value != "" and value != [] and value != ():
            fields[field] = render_field(field, value, name_user)
    return {"fields": fields, "properties": [{"key": MARKER_PROPERTY, "value": {"marker": new.marker}}]}


def build_edit(changes: Sequence[FieldChange], name_user: NameUser) -> dict[str, Any]:
    """The body of ``PUT issue``: single values under ``fields``; of collections what was added and removed, under
    ``update``, so that a concurrent change of another member survives. Empty when nothing differs."""
    fields: dict[str, Any] = {}
    update: dict[str, Any] = {}
    for change in changes:
        field = change.remote_field
        if field not in _COLLECTIONS:
            fields[field] = render_field(field, change.new, name_user)
            continue
        old, new = list(change.old or ()), list(change.new or ())
        verbs = [("add", one) for one in new if one not in old] + [("remove", one) for one in old if one not in new]
        if verbs:
            update[field] = [{verb: one if field == "labels" else _by_id(one)} for verb, one in verbs]
    return {name: part for name, part in (("fields", fields), ("update", update)) if part}


def _by_id(value: Any) -> Any:
    return {"id": value} if isinstance(value, str) else value


def build_transition(transition_id: str, fields: Mapping[str, Any], name_user: NameUser) -> dict[str, Any]:
    """The body of ``POST issue/{id}/transitions``."""
    body: dict[str, Any] = {"transition": {"id": transition_id}}
    if fields:
        body["fields"] = {field: render_field(field, value, name_user) for field, value in fields.items()}
    return body


def build_version(project_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The body of ``POST version``; empty values are left out."""
    given = {name: fields[name] for name in VERSION_FIELDS if fields.get(name) not in (None, "")}
    return {"projectId": int(project_id) if project_id.isdigit() else project_id, **given}


def build_version_edit(changes: Sequence[FieldChange]) -> dict[str, Any]:
    """The body of ``PUT version/{id}``. A null leaves a value as it is, so taking one away is an empty text."""
    body: dict[str, Any] = {}
    for change in changes:
        cleared = change.new is None and change.remote_field in _EMPTY_TEXT_CLEARS
        body[change.remote_field] = "" if cleared else change.new
    return body
