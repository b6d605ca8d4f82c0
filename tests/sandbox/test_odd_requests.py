"""Odd requests get an answer of Jira's kind: never a broken connection, never a 500."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.jira_calls import Jira, logged_in
from tieline.sandbox import Sandbox, SandboxOptions

NAMES = [
    "fields", "update", "properties", "transition", "issueUpdates", "project", "issuetype", "summary", "description", "labels",
    "fixVersions", "assignee", "parent", "duedate", "priority", "components", "customfield_10016", "customfield_10032", "name",
    "id", "key", "body", "add", "set", "remove", "releaseDate", "startDate", "released", "jql", "fields", "issueIdsOrKeys",
    "moveFixIssuesTo", "position", "after", "url", "events", "filters", "issues", "rankBeforeIssue", "expand", "maxResults",
    "nextPageToken", "startAt", "resolution", "comment",
]  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 20000),
    st.text(max_size=12),
    st.sampled_from(
        ["ROAD", "ROAD-1", "Story", "10001", "11", "2026-12-01", "project = ROAD", "First", "http://127.0.0.1/x", "set"]
    ),
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=14,
)
WRITES = [
    ("POST", "/issue"),
    ("POST", "/issue/bulk"),
    ("POST", "/issue/bulkfetch"),
    ("PUT", "/issue/ROAD-1"),
    ("PUT", "/issue/ROAD-1/assignee"),
    ("POST", "/issue/ROAD-1/transitions"),
    ("PUT", "/issue/ROAD-1/properties/x"),
    ("POST", "/issue/ROAD-1/comment"),
    ("PUT", "/issue/ROAD-2/comment/10400"),
    ("POST", "/version"),
    ("PUT", "/version/10201"),
    ("POST", "/version/10201/move"),
    ("POST", "/version/10299/removeAndSwap"),
    ("POST", "/search"),
    ("POST", "/search/jql"),
    ("POST", "/rest/webhooks/1.0/webhook"),
    ("PUT", "/rest/webhooks/1.0/webhook/1"),
    ("PUT", "/rest/agile/1.0/issue/rank"),
]


@pytest.fixture(scope="module", params=["cloud", "dc"])
def jira(request: pytest.FixtureRequest) -> Iterator[Jira]:
    with Sandbox.start(SandboxOptions(edition=request.param)) as sandbox:
        yield logged_in(sandbox)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(call=st.sampled_from(WRITES), payload=JSON)
def test_any_json_gets_an_answer(jira: Jira, call: tuple[str, str], payload: Any) -> None:
    answer = jira.call(call[0], call[1], data=json.dumps(payload), headers={"Content-Type": "application/json"})
    assert answer.status_code < 500, (call, payload)
    jira.sandbox.world.webhooks.clear()


GOOD = {"fields": {"project": {"key": "ROAD"}, "issuetype": {"name": "Story"}, "summary": "x"}}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    fields=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4),
    update=st.dictionaries(st.sampled_from(NAMES), JSON, max_size=3),
)
def test_any_value_of_a_field_gets_an_answer(jira: Jira, fields: dict[str, Any], update: dict[str, Any]) -> None:
    made = jira.post("/issue", {"fields": {**GOOD["fields"], **fields}, "update": update})
    assert made.status_code in (201, 400)
    edited = jira.put("/issue/ROAD-2", {"fields": fields, "update": update})
    assert edited.status_code in (204, 400)
    assert jira.get("/issue/ROAD-2").status_code == 200


QUERIES = st.text(alphabet="abk=<>!~(),\"' -_.[]0159\\/and or not in is order by ROAD", max_size=40)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(jql=QUERIES)
def test_any_query_gets_an_answer(jira: Jira, jql: str) -> None:
    path = "/search/jql" if jira.api == "3" else "/search"
    assert jira.get(path, jql=jql).status_code in (200, 400)


@pytest.mark.parametrize("value", ["-1", "x", "99999999999999999999", ""])
def test_odd_page_numbers_get_an_answer(jira: Jira, value: str) -> None:
    paths = ["/project/ROAD/version", "/issue/ROAD-1/comment", "/issue/createmeta/ROAD/issuetypes"]
    paths += ["/project/search", "/label", "/issue/ROAD-1/changelog"] if jira.api == "3" else ["/search"]
    for path in paths:
        assert jira.get(path, startAt=value, maxResults=value).status_code == 200, path
