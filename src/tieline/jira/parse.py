"""Jira's JSON → our values. Extra keys and nulls are normal; what is needed and missing is a wrong shape.

Shapes: <https://developer.atlassian.com/cloud/jira/platform/rest/v3/> and
<https://docs.atlassian.com/software/jira/docs/api/REST/latest/>
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from tieline.jira.reading import WrongShapeError, as_object, flag, inner, needed, needed_id, needed_key, objects, text
from tieline.mapping.schema import IssueType, JiraField, JiraStatus, Option, ProjectSummary
from tieline.records.ids import IssueId, IssueKey
from tieline.records.issue import Issue, Person, Version
from tieline.sync.remote import CreateRefusal, IssueRef, Webhook
from tieline.sync.snapshot import Hop

MARKER_PROPERTY = "tieline"
ISSUE_FIELDS = (
    "summary", "description", "status", "issuetype", "project", "assignee", "duedate", "labels", "fixVersions",
    "parent", "updated", "created", "creator", "priority", "components",
)  # fmt: skip
_TYPED = frozenset(
    {
        "summary", "description", "status", "issuetype", "project", "assignee", "duedate", "labels", "fixVersions",
        "parent", "updated",
    }
)  # fmt: skip
_MAY_BE_ABSENT = ("summary", "description", "assignee", "duedate", "labels", "fixVersions")
"""Jira answers an empty one of these with null or an empty list; only ``parent`` is simply left out where there is
none."""
_OFFSET = re.compile(r"([+-]\d{2})(\d{2})$")
EPIC_LINK = "com.pyxis.greenhopper.jira:gh-epic-link"
_EPIC_LABEL = "com.pyxis.greenhopper.jira:gh-epic-label"


def parse_time(value: str) -> datetime:
    """Jira's time stamps (``2026-09-07T10:11:12.345+0200``), aware. Raises :class:`WrongShapeError`."""
    try:
        found = datetime.fromisoformat(_OFFSET.sub(r"\1:\2", value))
    except ValueError as exc:
        raise WrongShapeError(f"{value[:40]!r} is not a time") from exc
    if found.tzinfo is None:
        raise WrongShapeError(f"{value[:40]!r} names no offset")
    try:
        found.timestamp()
        found.utctimetuple()
    except (OverflowError, ValueError) as exc:
        raise WrongShapeError(f"{value[:40]!r} is out of range") from exc
    return found


def parse_date(value: Any) -> date | None:
    """A day; None where there is none or the text is not one."""
    if not isinstance(value, str) or not value:
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def parse_person(payload: Any) -> Person:
    source = as_object(payload, "A user")
    found = text(source, "accountId") or text(source, "name") or text(source, "key")
    if not found:
        raise WrongShapeError("A user has no accountId and no name")
    return Person(id=found, name=text(source, "displayName") or found, email=text(source, "emailAddress") or None)


def _parse_assignee(value: Any) -> Person | None:
    return parse_person(value) if isinstance(value, dict) else None


def parse_issue(payload: Any, *, extra: tuple[str, ...] = ()) -> Issue:
    """One issue, read with ``ISSUE_FIELDS``. ``extra`` field ids are kept raw in ``fields``, besides everything else
    that was asked for."""
    source = as_object(payload, "An issue")
    fields = inner(source, "fields")
    key = needed_key(source, "An issue")
    status, kind = inner(fields, "status"), inner(fields, "issuetype")
    description = fields.get("description")
    labels = fields.get("labels")
    return Issue(
        id=IssueId(needed_id(source, "An issue")),
        key=IssueKey(key),
        project_key=text(inner(fields, "project"), "key") or key.rpartition("-")[0],
        type_id=needed_id(kind, "An issue's type"),
        type_name=text(kind, "name"),
        summary=text(fields, "summary"),
        description=description if isinstance(description, (dict, str)) and description else None,
        status_id=needed_id(status, "An issue's status"),
        status_name=text(status, "name"),
        status_category=parse_category(status),
        assignee=_parse_assignee(fields.get("assignee")),
        due=parse_date(fields.get("duedate")),
        labels=tuple(one for one in labels if isinstance(one, str)) if isinstance(labels, list) else (),
        fix_versions=tuple(
            IssueId(needed_id(one, "A version")) for one in objects(fields.get("fixVersions"), "fixVersions")
        ),
        parent=IssueId(text(inner(fields, "parent"), "id")) if text(inner(fields, "parent"), "id") else None,
        updated=parse_time(text(fields, "updated")),
        fields={name: value for name, value in fields.items() if name not in _TYPED or name in extra},
        project_id=text(inner(fields, "project"), "id"),
        absent=frozenset(name for name in _MAY_BE_ABSENT if name not in fields),
    )


def parse_marker(payload: Mapping[str, Any]) -> str | None:
    """The marker of an issue that was read with its property ``tieline``."""
    return _marker_of(inner(payload, "properties").get(MARKER_PROPERTY))


def parse_property(payload: Any) -> str | None:
    return _marker_of(as_object(payload, "A property").get("value"))


def _marker_of(value: Any) -> str | None:
    return text(value, "marker") or None if isinstance(value, dict) else None


def parse_category(status: Mapping[str, Any]) -> str:
    """``new``, ``indeterminate`` or ``done``; Jira's fourth, ``undefined``, counts as new."""
    found = text(inner(status, "statusCategory"), "key")
    return found if found in {"new", "indeterminate", "done"} else "new"


def parse_version(payload: Any) -> Version:
    source = as_object(payload, "A version")
    return Version(
        id=IssueId(needed_id(source, "A version")),
        name=needed(source, "name", "A version"),
        project_id=text(source, "projectId"),
        description=text(source, "description"),
        release_date=parse_date(source.get("releaseDate")),
        start_date=parse_date(source.get("startDate")),
        released=flag(source, "released"),
        archived=flag(source, "archived"),
    )


def parse_project(payload: Any) -> ProjectSummary:
    source = as_object(payload, "A project")
    return ProjectSummary(
        id=needed_id(source, "A project"),
        key=needed_key(source, "A project"),
        name=text(source, "name"),
        style=text(source, "style"),
        lead=text(inner(source, "lead"), "displayName"),
    )


def parse_field(payload: Mapping[str, Any]) -> JiraField:
    """A field of createmeta."""
    schema = inner(payload, "schema")
    found = text(payload, "fieldId") or text(payload, "key")
    if not found:
        raise WrongShapeError("A field of createmeta has no id")
    return JiraField(
        id=found,
        name=text(payload, "name") or found,
        type=text(schema, "type"),
        items=text(schema, "items") or None,
        custom=text(schema, "custom") or None,
        required=flag(payload, "required"),
        has_default=flag(payload, "hasDefaultValue"),
        options=tuple(_parse_options(payload.get("allowedValues"))),
    )


def _parse_options(values: Any) -> list[Option]:
    return [
        Option(id=text(one, "id"), name=text(one, "name") or text(one, "value") or text(one, "id"))
        for one in (values if isinstance(values, list) else ())
        if isinstance(one, dict) and text(one, "id")
    ]


def parse_issue_type(payload: Mapping[str, Any], fields: list[JiraField], statuses: list[JiraStatus]) -> IssueType:
    """An issue type with its create screen. Data Center tells no level: an Epic has an epic's name."""
    subtask = flag(payload, "subtask")
    level = payload.get("hierarchyLevel")
    if not isinstance(level, int) or isinstance(level, bool):
        level = -1 if subtask else 1 if any(one.custom == _EPIC_LABEL for one in fields) else 0
    return IssueType(
        id=needed_id(payload, "An issue type"),
        name=text(payload, "name"),
        subtask=subtask,
        level=level,
        create_fields=tuple(fields),
        statuses=tuple(statuses),
    )


def parse_statuses(payload: Any) -> dict[str, list[JiraStatus]]:
    """``project/{key}/statuses``: issue type id → its statuses, in Jira's order."""
    found: dict[str, list[JiraStatus]] = {}
    for kind in objects(payload, "The statuses of a project"):
        found[needed_id(kind, "An issue type")] = [
            JiraStatus(id=needed_id(one, "A status"), name=text(one, "name"), category=parse_category(one))
            for one in objects(kind.get("statuses"), "statuses")
        ]
    return found


def parse_hops(payload: Any) -> tuple[Hop, ...]:
    """Transitions that can be taken now, with the fields their screens demand and do not fill themselves."""
    hops = []
    for one in objects(as_object(payload, "The transitions").get("transitions"), "transitions"):
        if one.get("isAvailable") is False:
            continue
        required = tuple(
            name
            for name, meta in inner(one, "fields").items()
            if isinstance(meta, dict) and flag(meta, "required") and not flag(meta, "hasDefaultValue")
        )
        hops.append(
            Hop(
                transition_id=needed_id(one, "A transition"),
                name=text(one, "name"),
                to_status=needed_id(inner(one, "to"), "The target of a transition"),
                required=required,
            )
        )
    return tuple(hops)


def parse_ref(payload: Any) -> IssueRef:
    source = as_object(payload, "A created issue")
    return IssueRef(
        id=IssueId(needed_id(source, "A created issue")), key=IssueKey(needed_key(source, "A created issue"))
    )


def parse_messages(payload: Any) -> dict[str, str]:
    """Jira's error collection: field → message, the general ones joined under ""."""
    source = payload if isinstance(payload, dict) else {}
    general = source.get("errorMessages")
    messages = [one for one in general if isinstance(one, str)] if isinstance(general, list) else []
    found = {key: value for key, value in inner(source, "errors").items() if isinstance(value, str)}
    if messages:
        found[""] = " ".join(messages)
    return found


def parse_created(payload: Any, count: int) -> tuple[IssueRef | CreateRefusal, ...]:
    """The answer of ``issue/bulk``: the outcome of each element in order. Those told as failed are refusals; the
    issues named are the others, in their order. Raises :class:`WrongShapeError` when the numbers do not add up."""
    source = as_object(payload, "The answer of a bulk create")
    refused: dict[int, CreateRefusal] = {}
    for one in objects(source.get("errors"), "errors"):
        place = one.get("failedElementNumber")
        if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < count:
            raise WrongShapeError("A refusal of a bulk create names no element")
        refused[place] = CreateRefusal(messages=parse_messages(one.get("elementErrors")))
    made = [parse_ref(one) for one in objects(source.get("issues"), "issues")]
    if len(made) + len(refused) != count:
        raise WrongShapeError(f"{count} issues were sent, {len(made)} created and {len(refused)} refused")
    rest = iter(made)
    return tuple(refused[place] if place in refused else next(rest) for place in range(count))


def parse_permissions(payload: Any, keys: tuple[str, ...]) -> dict[str, bool]:
    """Key → held or not. A key that Jira does not tell is not held."""
    found = as_object(as_object(payload, "The permissions").get("permissions"), "permissions")
    return {key: flag(inner(found, key), "havePermission") for key in keys}


def parse_webhook(payload: Any) -> Webhook:
    source = as_object(payload, "A webhook")
    found = text(source, "id") or text(source, "self").rstrip("/").rpartition("/")[2]
    if not found:
        raise WrongShapeError("A webhook has no id")
    events = source.get("events")
    return Webhook(
        id=found,
        name=text(source, "name"),
        url=text(source, "url"),
        events=tuple(one for one in events if isinstance(one, str)) if isinstance(events, list) else (),
        enabled=source.get("enabled") is not False,
        jql=text(inner(source, "filters"), "issue-related-events-section") or None,
        excludes_body=flag(source, "excludeBody"),
    )
