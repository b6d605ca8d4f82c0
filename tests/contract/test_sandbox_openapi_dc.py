"""Data Center operations against Atlassian's description of 10.3.24, where it lies beside the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.contract.openapi_judge import Judge, read_description
from tests.sandbox.jira_calls import Jira, logged_in
from tests.shared_material import shared, skip_without_shared
from tieline.sandbox import Sandbox, SandboxOptions

SPEC = "specs/jira-dc-10.3.24.json.gz"


@pytest.fixture(scope="module")
def jira() -> Iterator[Jira]:
    with Sandbox.start(SandboxOptions(edition="dc")) as sandbox:
        yield logged_in(sandbox)


@skip_without_shared(SPEC)
def test_what_data_center_answers_is_described(jira: Jira) -> None:
    path = shared(SPEC)
    assert path is not None
    description = read_description(path)
    prefix = "" if any(name.startswith("/rest/") for name in description["paths"]) else "/rest"
    judge = Judge(description, {})
    issue = {"project": {"key": "ROAD"}, "issuetype": {"name": "Story"}, "summary": "Sell ice cream"}
    made = jira.post("/issue", {"fields": issue})
    key = made.json()["key"]
    version = jira.post("/version", {"project": "ROAD", "name": "Ice"})
    answers = [
        made,
        version,
        jira.put(f"/version/{version.json()['id']}", {"description": "x"}),
        jira.post(f"/issue/{key}/comment", {"body": "x"}),
        jira.post("/issue/bulk", {"issueUpdates": [{"fields": issue}]}),
        *(
            jira.get(one)
            for one in (
                "/serverInfo",
                "/myself",
                "/mypermissions",
                "/permissions",
                "/field",
                "/issuetype",
                "/status",
                "/priority",
                "/resolution",
                "/issueLinkType",
                "/user?username=pat",
                "/user/search?username=pat",
                "/user/assignable/search?project=ROAD",
                "/project",
                "/project/ROAD",
                "/project/ROAD/versions",
                "/project/ROAD/version",
                "/project/ROAD/statuses",
                "/project/ROAD/components",
                "/issue/createmeta/ROAD/issuetypes",
                "/issue/createmeta/ROAD/issuetypes/10001",
                "/issue/ROAD-1",
                "/issue/ROAD-1/editmeta",
                "/issue/ROAD-1/transitions",
                "/issue/ROAD-2/comment",
                "/issue/ROAD-1/properties",
                "/attachment/meta",
                "/attachment/10500",
                "/version/10200",
                "/version/10200/relatedIssueCounts",
                "/search?jql=project=ROAD&fields=*all",
            )
        ),
    ]
    complaints: list[str] = []
    judged = 0
    for answer in answers:
        route = urlsplit(str(answer.url)).path.removeprefix("/rest" if prefix else "")
        body = answer.json()
        method, status = str(answer.request.method), answer.status_code
        found = judge.complaints(method, route, status, body)
        if found and isinstance(body, list):  # the description often names one member where a list is answered
            found = [text for one in body[:3] for text in judge.complaints(method, route, status, one)]
        judged += not any("is not described" in one for one in found)
        complaints += found
    # The description gives every field of an issue the type "object", also those that are lists or texts.
    assert [one for one in complaints if "fields/" not in one] == []
    assert judged >= 30
