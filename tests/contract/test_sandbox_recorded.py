"""What real Jiras answered has keys and kinds of values that the sandbox's answers have too."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.jira_calls import Jira, logged_in
from tests.shared_material import shared, skip_without_shared
from tieline.sandbox import Sandbox, SandboxOptions

RECORDED = "recorded/responses.jsonl.gz"

# Which call of ours answers what a recorded operation answered. Agile sprints, filters, roles and worklogs are not served.
CALLS = {
    "GET /rest/api/2/field": "/field",
    "GET /rest/api/2/project": "/project",
    "item of GET /rest/api/2/project": "/project",
    "GET /rest/api/2/resolution": "/resolution",
    "GET /rest/api/2/status": "/status",
    "GET /rest/api/2/statuscategory": "/statuscategory",
    "GET /rest/api/2/serverInfo": "/serverInfo",
    "item of GET /rest/api/2/issuetype": "/issuetype",
    "GET /rest/api/2/project/{projectIdOrKey}": "/project/ROAD",
    "GET /rest/api/2/project/{projectIdOrKey}/statuses": "/project/ROAD/statuses",
    "GET /rest/api/3/project/{projectIdOrKey}/version": "/project/ROAD/version?maxResults=2",
    "GET /rest/api/2/version/{id}": "/version/10200",
    "GET /rest/api/2/issue/{issueIdOrKey}": "/issue/ROAD-2",
    "GET /rest/api/2/issue/FOO-123": "/issue/ROAD-2",
    "GET /rest/api/2/issue/{issueIdOrKey}/transitions": "/issue/ROAD-5/transitions",
    "GET /rest/api/3/issue/{issueIdOrKey}/comment": "/issue/ROAD-2/comment",
    "GET /rest/api/2/issue/FOO-123/comment": "/issue/ROAD-2/comment",
    "GET /rest/api/2/issue/FOO-123/comment/10000": "/issue/ROAD-2/comment/10400",
}

# Keys of real answers that the sandbox leaves out, with the reason.
LEFT_OUT = {
    "projectCategory": "the sandbox has no project categories",
    "email": "an old name of Data Center's, gone",
    "avatarUrl": "an old single address, gone before Jira 8",
    "url": "the project's home page, absent where none is set",
    "nextPage": "only while there is another page",
    "entityId": "team-managed projects only",
    "uuid": "team-managed projects only",
    "scope": "team-managed projects only",
    "security": "no security levels",
    "visibility": "no restricted comments",
    "renderedBody": "only with an expand",
    "lookAndFeel": "a trimmed answer's own",
    "expand": "names what could be expanded; differs by version",
    "untranslatedName": "sent by some sites",
    "issueTypes": "only with an expand",
    "issuesStatusForFixVersion": "only with an expand",
    "assignee": "components of the sandbox have no lead",
    "realAssignee": "as above",
    "propertyKey": "the documentation's own example",
    "Developers": "no project roles",
    "insight": "only with an expand",
    "landingPageInfo": "only with an expand",
    "assigneeType": "full projects only",
    "archived": "archived projects only",
    "components": "full projects only",
    "roles": "no project roles",
    "lead": "full projects only",
    "isAvailable": "Cloud only",
    "applicationRoles": "myself only",
    "groups": "myself only",
    "locale": "myself only",
    "buildPartnerName": "old servers",
    "databaseBuildNumber": "Data Center only",
}


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[dict[str, Sandbox]]:
    with (
        Sandbox.start(SandboxOptions(edition="cloud")) as cloud,
        Sandbox.start(SandboxOptions(edition="dc")) as dc,
    ):
        yield {"cloud": cloud, "server": dc}


def kind(value: Any) -> str:
    if value is None:
        return "null"
    return {bool: "truth", int: "number", float: "number", str: "text", dict: "object", list: "list"}[type(value)]


def merged(members: list[Any]) -> Any:
    """One member that has every key that any member has."""
    if not members or not isinstance(members[0], dict):
        return members[0] if members else None
    found: dict[str, Any] = {}
    for one in members:
        found |= {key: value for key, value in one.items() if value is not None or key not in found}
    return found


def differences(real: Any, ours: Any, where: str = "") -> list[str]:
    """Keys that only the real answer has, and kinds that differ; null fits anything, lists are judged by a member."""
    if real is None or ours is None:
        return []
    if kind(real) != kind(ours):
        return [f"{where}: {kind(real)} there, {kind(ours)} here"]
    if isinstance(real, list):
        member = merged(ours)
        return [text for one in real[:3] for text in (differences(one, member, where + "/0") if ours else [])]
    if not isinstance(real, dict):
        return []
    found = []
    for key, value in real.items():
        if key in ours:
            found += differences(value, ours[key], f"{where}/{key}")
        elif key not in LEFT_OUT and not key.startswith("customfield_"):
            found.append(f"{where}/{key}: only there")
    return found


# Differences in old or trimmed records that are no difference to today's Jira, with the reason.
EXCUSED = (
    ("/worklog", "worklogs are not served"),
    ("/timetracking", "time tracking is not served"),
    ("/id: number there, text here", "a record of Jira 4 had numbers for ids"),
    ("/fields/", "the records come from sites with other system fields; the known ones are judged below"),
    ("/changelog", "only with an expand"),
    ("/transitions", "only with an expand"),
    ("/names", "only with an expand"),
    ("/schema", "only with an expand"),
    ("/operations", "only with an expand"),
    ("/editmeta", "only with an expand"),
    ("/renderedFields", "only with an expand"),
    ("/html", "Jira 4"),
    ("all_fields.json /0/key", "one field of a trimmed record has it, the others not"),
    ("lead/key", "Cloud before user names went"),
    ("lead/name", "as above"),
    ("list there, object here", "a page where today's is a list"),
    ("object there, list here", "a page where today's is a list"),
)


@skip_without_shared(RECORDED)
def test_real_answers_have_the_shape_of_ours(sandboxes: dict[str, Sandbox]) -> None:
    path = shared(RECORDED)
    assert path is not None
    complaints: list[str] = []
    judged = 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            real = json.loads(line)
            call = CALLS.get(str(real["op"]))
            if call is None:
                continue
            sandbox = sandboxes[real["deployment"]]
            api = "3" if "/api/3/" in real["op"] and real["deployment"] == "cloud" else "2"
            ours = logged_in(sandbox, api=api).get(call).json()
            judged += 1
            for text in differences(real["body"], ours):
                whole = f"{real['deployment']} {real['op']} {real['path'][-40:]} {text}"
                if not any(mark in whole for mark, _ in EXCUSED):
                    complaints.append(whole)
    assert not complaints, "\n".join(complaints)
    assert judged >= 25


SYSTEM_FIELDS = [
    "summary",
    "issuetype",
    "project",
    "status",
    "priority",
    "resolution",
    "labels",
    "fixVersions",
    "versions",
    "components",
    "assignee",
    "reporter",
    "creator",
    "created",
    "updated",
    "duedate",
    "subtasks",
    "issuelinks",
    "votes",
    "watches",
    "resolutiondate",
    "workratio",
    "parent",
    "attachment",
    "comment",
]


@skip_without_shared(RECORDED)
def test_the_fields_of_real_issues_have_the_kinds_of_ours(sandboxes: dict[str, Sandbox]) -> None:
    path = shared(RECORDED)
    assert path is not None
    complaints: list[str] = []
    judged = 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            real = json.loads(line)
            body = real["body"]
            if not (
                isinstance(body, dict) and isinstance(body.get("fields"), dict) and "issue" in str(real["op"]).lower()
            ):
                continue
            if "type" in (body["fields"].get("issuetype") or {}):
                continue  # a record of Jira 4, whose fields were wrapped
            jira: Jira = logged_in(sandboxes[real["deployment"]], api="2")
            ours = jira.get("/issue/ROAD-2").json()["fields"]
            judged += 1
            for name in SYSTEM_FIELDS:
                mine, theirs = ours.get(name), body["fields"].get(name)
                if name == "parent" or mine is None or theirs is None:
                    continue
                complaints += [f"{real['path'][-40:]} {name}{text}" for text in differences(theirs, mine)]
    excused = ("/worklog", "id: number there", "assignee/id", "reporter/id", "attachment/0/properties")  # Jira 4 and 5
    complaints = [one for one in complaints if not any(mark in one for mark in excused)]
    assert not complaints, "\n".join(complaints)
    assert judged >= 8
