"""JQL: what is found, in which order, and what Jira says to a query it cannot read."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.sandbox.conftest import Start
from tests.sandbox.jira_calls import Clock, Jira, logged_in


@pytest.fixture
def filled(jira: Jira, clock: Clock) -> Jira:
    """ROAD-1 … ROAD-5, a minute apart: an epic, two stories of it, a bug done, a task with a due day."""
    version = jira.post("/version", {"project": "ROAD", "name": "Early summer"}).json()["id"]
    cloud = jira.api == "3"
    epic = jira.create("Bicycles on board", "Epic", **({} if cloud else {"customfield_10011": "Bicycles"}))
    clock.forward(60)
    under = {"parent": {"key": epic}} if cloud else {"customfield_10014": epic}
    jira.create("Count tandems twice", labels=["bicycles", "deck"], **under)
    clock.forward(60)
    jira.create("Warn before a swap", fixVersions=[{"id": version}], **under)
    clock.forward(60)
    bug = jira.create("Free places go below zero", "Bug", labels=["deck"])
    for step, fields in (("11", {}), ("21", {}), ("31", {"resolution": {"name": "Done"}})):
        moved = jira.post(f"/issue/{bug}/transitions", {"transition": {"id": step}, "fields": fields})
        assert moved.status_code == 204
    clock.forward(60)
    pat = jira.get("/myself").json()
    me = {"accountId": pat["accountId"]} if cloud else {"name": pat["name"]}
    jira.create("Thank the testers", "Task", duedate="2026-12-24", assignee=me)
    clock.forward(60)
    return jira


CASES = [
    ("project = ROAD ORDER BY key", [1, 2, 3, 4, 5]),
    ("project = ROAD", [5, 4, 3, 2, 1]),
    ("project = road AND issuetype = Story ORDER BY created ASC", [2, 3]),
    ("project = 10000 and type in (Bug, Task) order by key asc", [4, 5]),
    ("project = ROAD AND status = Done", [4]),
    ('project = ROAD AND status != "To Do"', [4]),
    ("project = ROAD AND statusCategory = Done", [4]),
    ("project = ROAD AND labels = deck ORDER BY key ASC", [2, 4]),
    ("project = ROAD AND labels in (bicycles)", [2]),
    ("project = ROAD AND labels is EMPTY ORDER BY key", [1, 3, 5]),
    ("project = ROAD AND labels is not empty ORDER BY key DESC", [4, 2]),
    ('fixVersion = "Early summer"', [3]),
    ("project = ROAD AND fixVersion is EMPTY ORDER BY key", [1, 2, 4, 5]),
    ("key in (ROAD-2, ROAD-4) ORDER BY key", [2, 4]),
    ("key = road-3", [3]),
    ("project = ROAD AND key > ROAD-3 ORDER BY key", [4, 5]),
    ("assignee = currentUser()", [5]),
    ("project = ROAD AND assignee is EMPTY ORDER BY key", [1, 2, 3, 4]),
    ("creator = currentUser() AND created >= -130s", None),
    ("project = ROAD AND created >= -3m ORDER BY key", [3, 4, 5]),
    ("project = ROAD AND updated >= -3m ORDER BY updated", [3, 4, 5]),
    ("project = ROAD AND resolution = Unresolved ORDER BY key", [1, 2, 3, 5]),
    ("project = ROAD AND due <= 2026-12-31", [5]),
    ("project = ROAD AND NOT (issuetype = Story OR issuetype = Epic) ORDER BY key", [4, 5]),
    ("project = ROAD AND (labels = bicycles OR status = Done) ORDER BY key", [2, 4]),
    ("project = ROAD AND summary ~ tandems", [2]),
    ("project not in (CREW) and key in (ROAD-1)", [1]),
]


@pytest.mark.parametrize(("jql", "numbers"), CASES)
def test_a_query_finds_its_issues_in_its_order(filled: Jira, jql: str, numbers: list[int] | None) -> None:
    if numbers is None:
        answer = filled.get("/search/jql" if filled.api == "3" else "/search", jql=jql)
        assert answer.status_code == 400
        return
    assert filled.search(jql) == [f"ROAD-{number}" for number in numbers]


def test_children_are_found_by_parent_on_cloud_and_by_epic_link_on_data_center(filled: Jira) -> None:
    jql = "parent = ROAD-1" if filled.api == "3" else '"Epic Link" = ROAD-1'
    assert filled.search(jql + " ORDER BY key") == ["ROAD-2", "ROAD-3"]


REFUSALS = [
    ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
    ("project = FARES", "The value 'FARES' does not exist for the field 'project'."),
    ("key = ROAD-999", "An issue with key 'ROAD-999' does not exist for field 'key'."),
    ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
    ("status = Sunk", "The value 'Sunk' does not exist for the field 'status'."),
    ("fixVersion = Never", "The value 'Never' does not exist for the field 'fixVersion'."),
    ("created >= yesterday", "Date value 'yesterday' for field 'created' is invalid."),
    ("project ROAD", "Error in the JQL Query: Expecting operator but got 'ROAD'."),
    (
        "project = ",
        "Error in the JQL Query: Expecting either a value, list or function but got 'the end of the query'.",
    ),
    ("project = ROAD status = Done", "Error in the JQL Query: Expecting either 'OR' or 'AND' but got 'status'."),
]


@pytest.mark.parametrize(("jql", "text"), REFUSALS)
def test_a_query_that_cannot_be_read_is_refused_in_jiras_words(jira: Jira, jql: str, text: str) -> None:
    answer = jira.get("/search/jql" if jira.api == "3" else "/search", jql=jql)
    assert answer.status_code == 400
    assert answer.json()["errorMessages"][0].startswith(text)


def test_dates_are_read_in_the_time_zone_of_the_caller(start: Start, clock: Clock) -> None:
    jira = start("cloud", time_zone="Pacific/Auckland")
    clock.at = 1_790_000_040_000
    jira.create("Made in the evening of another day")

    local = datetime.fromtimestamp(clock.at / 1000, UTC).astimezone(ZoneInfo("Pacific/Auckland"))
    assert jira.search(f'project = ROAD AND created >= "{local:%Y-%m-%d %H:%M}"') == ["ROAD-1"]
    assert jira.search(f'project = ROAD AND created < "{local:%Y-%m-%d %H:%M}"') == []
    in_utc = datetime.fromtimestamp(clock.at / 1000, UTC)
    assert jira.search(f'project = ROAD AND created <= "{in_utc:%Y-%m-%d %H:%M}"') == []
    assert jira.get("/myself").json()["timeZone"] == "Pacific/Auckland"


def test_cloud_wants_a_bounded_query_and_data_center_does_not(start: Start) -> None:
    cloud, dc = start("cloud"), start("dc")
    for jira in (cloud, dc):
        jira.create()
    for jql in ("", "ORDER BY created DESC"):
        answer = cloud.get("/search/jql", jql=jql)
        assert answer.json()["errorMessages"] == [
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
        ]
        assert dc.get("/search", jql=jql).json()["total"] == 4


def test_cloud_pages_by_token_and_tells_the_last_page(cloud: Jira) -> None:
    for number in range(7):
        cloud.create(f"Pier {number}")
    seen, token, pages = [], None, 0
    while True:
        asked = {"jql": "project = ROAD ORDER BY key", "maxResults": 3, "fields": "summary"}
        page = cloud.get("/search/jql", **asked, **({"nextPageToken": token} if token else {})).json()
        seen += [one["key"] for one in page["issues"]]
        pages += 1
        assert "total" not in page
        token = page.get("nextPageToken")
        assert page["isLast"] is (token is None)
        if token is None:
            break
    assert (pages, seen) == (3, [f"ROAD-{number}" for number in range(1, 8)])


def test_a_page_token_of_another_query_is_refused(cloud: Jira) -> None:
    for number in range(3):
        cloud.create(f"Pier {number}")
    token = cloud.get("/search/jql", jql="project = ROAD", maxResults=1).json()["nextPageToken"]
    assert cloud.get("/search/jql", jql="labels is EMPTY", nextPageToken=token).status_code == 400
    assert cloud.get("/search/jql", jql="project = ROAD", nextPageToken="made-up").status_code == 400


def test_cloud_gives_ids_only_unless_fields_are_asked_for(cloud: Jira) -> None:
    id = cloud.get(f"/issue/{cloud.create()}").json()["id"]
    assert cloud.get("/search/jql", jql="project = ROAD").json()["issues"] == [{"id": id}]
    posted = cloud.post("/search/jql", {"jql": "project = ROAD", "fields": ["summary", "status"], "properties": ["x"]})
    found = posted.json()["issues"][0]
    assert (found["key"], sorted(found["fields"]), found["properties"]) == ("ROAD-1", ["status", "summary"], {})


def test_data_center_pages_by_start_and_total(dc: Jira) -> None:
    for number in range(5):
        dc.create(f"Pier {number}")
    page = dc.get("/search", jql="project = ROAD ORDER BY key", startAt=3, maxResults=3).json()
    assert (page["startAt"], page["maxResults"], page["total"]) == (3, 3, 5)
    assert [one["key"] for one in page["issues"]] == ["ROAD-4", "ROAD-5"]


def test_the_search_lags_behind_and_a_direct_read_does_not(start: Start, clock: Clock) -> None:
    for edition in ("cloud", "dc"):
        jira = start(edition, index_lag_s=5.0)
        key = jira.create("Young")
        assert jira.get(f"/issue/{key}").json()["fields"]["summary"] == "Young"
        assert jira.search("project = ROAD") == []
        clock.forward(5)
        assert jira.search("project = ROAD") == [key]
        jira.put(f"/issue/{key}", {"fields": {"labels": ["old"]}})
        assert jira.search("project = ROAD AND labels = old") == []
        clock.forward(5)
        assert jira.search("project = ROAD AND labels = old") == [key]


def test_an_issue_named_for_reconciliation_is_found_at_once(start: Start) -> None:
    jira = start("cloud", index_lag_s=30.0)
    key = jira.create("Young")
    id = jira.get(f"/issue/{key}").json()["id"]
    assert jira.search("project = ROAD") == []
    assert jira.search("project = ROAD", reconcileIssues=id) == [key]


def test_the_search_shows_properties_set_with_the_create(jira: Jira) -> None:
    fields = {"project": {"key": "ROAD"}, "issuetype": {"name": "Story"}, "summary": "Marked"}
    marker = [{"key": "tieline", "value": {"intent": "01J9"}}]
    assert jira.post("/issue", {"fields": fields, "properties": marker}).status_code == 201
    path = "/search/jql" if jira.api == "3" else "/search"
    jql = "project = ROAD AND creator = currentUser() ORDER BY created DESC"
    found = jira.get(path, jql=jql, fields="summary", properties="tieline").json()["issues"][0]
    assert found["properties"] == {"tieline": {"intent": "01J9"}}


def test_a_hidden_project_is_never_found(start: Start) -> None:
    jira = start("cloud", empty=False)
    keys = jira.search("key is not EMPTY ORDER BY key")
    assert {key.split("-")[0] for key in keys} == {"ROAD", "CREW"}
    robin = logged_in(jira.sandbox)
    robin.session.auth = ("robin@skerrylines.example", jira.sandbox.secret + "-robin")
    assert robin.search("project = FARES ORDER BY key") == ["FARES-1", "FARES-2"]
