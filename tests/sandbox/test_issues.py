"""Issues, versions, comments and files: effects, history, and Jira's words for what it does not take."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Start
from tests.sandbox.jira_calls import Clock, Jira, document


def test_a_created_issue_reads_back_as_it_was_sent(jira: Jira) -> None:
    version = jira.post("/version", {"project": "ROAD", "name": "R1"}).json()["id"]
    key = jira.create(
        "Sell ice cream",
        description=jira.body("Vanilla"),
        labels=["deck", "sweet"],
        fixVersions=[{"id": version}],
        components=[{"name": "Booking"}],
        priority={"name": "High"},
        duedate="2026-12-24",
        customfield_10016=3,
        customfield_10032={"value": "Passengers"},
    )
    read = jira.get(f"/issue/{key}").json()
    fields = read["fields"]
    assert (fields["summary"], fields["description"]) == ("Sell ice cream", jira.body("Vanilla"))
    assert (fields["labels"], fields["duedate"], fields["customfield_10016"]) == (["deck", "sweet"], "2026-12-24", 3.0)
    assert [one["name"] for one in fields["fixVersions"]] == ["R1"]
    assert [one["name"] for one in fields["components"]] == ["Booking"]
    assert (fields["priority"]["name"], fields["customfield_10032"]["value"]) == ("High", "Passengers")
    assert (fields["status"]["name"], fields["resolution"]) == ("To Do", None)
    assert fields["creator"]["displayName"] == "Pat Lindgren"
    assert fields["created"].endswith("+0000")
    assert jira.get(f"/issue/{read['id']}").json()["key"] == key


def test_members_are_added_and_removed_without_touching_the_others(jira: Jira) -> None:
    key = jira.create(labels=["deck", "sweet"])
    assert jira.put(f"/issue/{key}", {"update": {"labels": [{"add": "cold"}, {"remove": "sweet"}]}}).status_code == 204
    assert jira.get(f"/issue/{key}").json()["fields"]["labels"] == ["deck", "cold"]


def test_null_clears_a_field(jira: Jira) -> None:
    key = jira.create(duedate="2026-12-24", customfield_10016=3, description=jira.body("x"))
    cleared = {"duedate": None, "customfield_10016": None, "description": None, "labels": None}
    assert jira.put(f"/issue/{key}", {"fields": cleared}).status_code == 204
    fields = jira.get(f"/issue/{key}").json()["fields"]
    assert [fields[name] for name in cleared] == [None, None, None, []]


REFUSALS = [
    ({"summary": ""}, {"summary": "You must specify a summary of the issue."}),
    ({"summary": "x" * 256}, {"summary": "Summary must be less than 255 characters."}),
    ({"summary": "a\nb"}, {"summary": "The summary is invalid because it contains newline characters."}),
    ({"labels": ["two words"]}, {"labels": "The label 'two words' contains spaces which is invalid."}),
    ({"fixVersions": [{"id": "1"}]}, {"fixVersions": "Version id '1' is not valid"}),
    ({"fixVersions": [{"name": "R9"}]}, {"fixVersions": "Version name 'R9' is not valid"}),
    ({"components": [{"name": "Sails"}]}, {"components": "Component name 'Sails' is not valid"}),
    ({"priority": {"name": "Soon"}}, {"priority": "Priority name 'Soon' is not valid"}),
    ({"duedate": "tomorrow"}, {"duedate": "Error parsing date string: tomorrow"}),
    ({"customfield_10016": "three"}, {"customfield_10016": "Operation value must be a number"}),
    ({"customfield_10032": {"value": "Gulls"}}, {"customfield_10032": "Option value 'Gulls' is not valid"}),
    (
        {"colour": "red"},
        {"colour": "Field 'colour' cannot be set. It is not on the appropriate screen, or unknown."},
    ),
]


@pytest.mark.parametrize(("fields", "errors"), REFUSALS)
def test_what_cannot_be_taken_is_refused_by_field(
    jira: Jira, fields: dict[str, object], errors: dict[str, str]
) -> None:
    whole = {"project": {"key": "ROAD"}, "issuetype": {"name": "Story"}, "summary": "x", **fields}
    answer = jira.post("/issue", {"fields": whole})
    assert (answer.status_code, answer.json()["errors"]) == (400, errors)
    assert jira.sandbox.world.history == []


def test_people_are_account_ids_on_cloud_and_names_on_data_center(start: Start) -> None:
    cloud, dc = start("cloud"), start("dc")
    mei = next(one for one in cloud.sandbox.world.people.values() if one.name == "mei")
    by_id = cloud.create(assignee={"accountId": mei.account_id})
    assert cloud.get(f"/issue/{by_id}").json()["fields"]["assignee"]["displayName"] == "Mei Tanaka"
    refused = cloud.put(f"/issue/{by_id}", {"fields": {"assignee": {"name": "mei"}}})
    assert "GDPR strict mode" in refused.json()["errors"]["assignee"]
    by_name = dc.create(assignee={"name": "mei"})
    assert dc.get(f"/issue/{by_name}").json()["fields"]["assignee"]["name"] == "mei"
    assert dc.put(f"/issue/{by_name}/assignee", {"name": None}).status_code == 204
    assert dc.get(f"/issue/{by_name}").json()["fields"]["assignee"] is None
    unknown = dc.put(f"/issue/{by_name}", {"fields": {"assignee": {"name": "nobody"}}})
    assert unknown.json()["errors"] == {"assignee": "User 'nobody' does not exist."}
    gone = dc.put(f"/issue/{by_name}", {"fields": {"assignee": {"name": "tove"}}})
    assert gone.json()["errors"] == {"assignee": "User 'tove' cannot be assigned issues."}
    assert cloud.get("/user", username="mei").status_code == 400
    assert dc.get("/user", username="nobody").json()["errorMessages"] == ["The user named 'nobody' does not exist"]


def test_done_is_reached_over_every_step_and_wants_a_resolution(jira: Jira) -> None:
    key = jira.create()
    path = f"/issue/{key}/transitions"
    assert [one["name"] for one in jira.get(path).json()["transitions"]] == ["Start work"]
    assert jira.post(path, {"transition": {"id": "31"}}).status_code == 400
    assert jira.post(path, {"transition": {"id": 11}}).status_code == 204
    assert jira.post(path, {"transition": {"id": "21"}}).status_code == 204
    approve = jira.get(path, expand="transitions.fields").json()["transitions"][0]
    assert (approve["name"], approve["hasScreen"], approve["fields"]["resolution"]["required"]) == (
        "Approve",
        True,
        True,
    )
    refused = jira.post(path, {"transition": {"id": "31"}})
    assert refused.json()["errors"] == {"resolution": "Resolution is required."}
    assert jira.post(path, {"transition": {"id": "31"}, "fields": {"resolution": {"name": "Done"}}}).status_code == 204
    fields = jira.get(f"/issue/{key}").json()["fields"]
    assert (fields["status"]["name"], fields["resolution"]["name"]) == ("Done", "Done")
    assert fields["resolutiondate"] is not None
    assert jira.post(path, {"transition": {"id": "61"}}).status_code == 204
    assert jira.get(f"/issue/{key}").json()["fields"]["resolution"] is None


def test_a_sub_task_needs_a_parent_and_shows_up_below_it(jira: Jira) -> None:
    story = jira.create()
    refused = jira.post(
        "/issue", {"fields": {"project": {"key": "ROAD"}, "issuetype": {"name": "Sub-task"}, "summary": "x"}}
    )
    assert "Issue type is a sub-task but parent issue key or id not specified." in refused.json()["errors"].values()
    child = jira.create("Buy cones", "Sub-task", parent={"key": story})
    assert [one["key"] for one in jira.get(f"/issue/{story}").json()["fields"]["subtasks"]] == [child]
    assert jira.delete(f"/issue/{story}").status_code == 400
    assert jira.delete(f"/issue/{story}", deleteSubtasks="true").status_code == 204
    assert jira.get(f"/issue/{child}").status_code == 404


def test_an_epic_is_a_parent_on_cloud_and_an_epic_link_on_data_center(start: Start) -> None:
    cloud, dc = start("cloud"), start("dc")
    epic = cloud.create("Deck", "Epic")
    story = cloud.create(parent={"key": epic})
    assert cloud.get(f"/issue/{story}").json()["fields"]["parent"]["key"] == epic
    wrong = cloud.put(f"/issue/{epic}", {"fields": {"parent": {"key": story}}})
    assert wrong.status_code == 400
    unnamed = dc.post("/issue", {"fields": {"project": {"key": "ROAD"}, "issuetype": {"name": "Epic"}, "summary": "x"}})
    assert unnamed.json()["errors"] == {"customfield_10011": "Epic Name is required."}
    epic = dc.create("Deck", "Epic", customfield_10011="Deck")
    story = dc.create(customfield_10014=epic)
    fields = dc.get(f"/issue/{story}").json()["fields"]
    assert (fields["customfield_10014"], "parent" in fields) == (epic, False)


def test_only_what_changed_is_in_the_changelog(cloud: Jira, clock: Clock) -> None:
    key = cloud.create(labels=["deck"])
    assert cloud.put(f"/issue/{key}", {"fields": {"labels": ["deck"]}}).status_code == 204
    assert cloud.get(f"/issue/{key}/changelog").json()["total"] == 0
    before = cloud.get(f"/issue/{key}").json()["fields"]["updated"]
    clock.forward(60)
    cloud.put(f"/issue/{key}", {"fields": {"summary": "New name"}})
    change = cloud.get(f"/issue/{key}/changelog").json()["values"][0]
    assert [(one["fieldId"], one["fromString"], one["toString"]) for one in change["items"]] == [
        ("summary", "Sell ice cream on board", "New name")
    ]
    assert cloud.get(f"/issue/{key}").json()["fields"]["updated"] > before


def test_an_issue_property_is_set_read_and_removed(jira: Jira) -> None:
    key = jira.create()
    path = f"/issue/{key}/properties"
    assert jira.put(f"{path}/tieline", {"link": "01J9"}).status_code == 201
    assert jira.put(f"{path}/tieline", {"link": "01J8"}).status_code == 200
    assert [one["key"] for one in jira.get(path).json()["keys"]] == ["tieline"]
    assert jira.get(f"{path}/tieline").json() == {"key": "tieline", "value": {"link": "01J8"}}
    assert jira.get(f"/issue/{key}", properties="tieline").json()["properties"] == {"tieline": {"link": "01J8"}}
    assert jira.delete(f"{path}/tieline").status_code == 204
    assert jira.get(f"{path}/tieline").status_code == 404


def test_a_bulk_create_keeps_the_good_ones_and_names_the_others(jira: Jira) -> None:
    fields = {"project": {"key": "ROAD"}, "issuetype": {"name": "Task"}}
    answer = jira.post(
        "/issue/bulk",
        {
            "issueUpdates": [
                {"fields": {**fields, "summary": "good"}, "properties": [{"key": "m", "value": 1}]},
                {"fields": fields},
            ]
        },
    )
    assert answer.status_code == 201
    key = answer.json()["issues"][0]["key"]
    assert jira.get(f"/issue/{key}/properties/m").json()["value"] == 1
    assert [(one["failedElementNumber"], one["status"]) for one in answer.json()["errors"]] == [(1, 400)]
    too_many = jira.post("/issue/bulk", {"issueUpdates": [{"fields": {**fields, "summary": "x"}}] * 51})
    assert too_many.status_code == 400
    assert jira.post("/issue/bulk", {"issueUpdates": [{"fields": fields}]}).status_code == 400


def test_a_bulk_read_gives_each_once_and_tells_what_it_could_not(cloud: Jira) -> None:
    key = cloud.create()
    answer = cloud.post("/issue/bulkfetch", {"issueIdsOrKeys": [key, key.lower(), "ROAD-99"], "fields": ["summary"]})
    assert [one["key"] for one in answer.json()["issues"]] == [key]
    assert [one["id"] for one in answer.json()["issueErrors"]] == ["ROAD-99"]


def test_a_version_is_made_changed_released_and_moved(jira: Jira) -> None:
    first = jira.post("/version", {"projectId": 10000, "name": "R1", "releaseDate": "2026-12-01"}).json()
    second = jira.post("/version", {"project": "ROAD", "name": "R2"}).json()
    assert first["projectId"] == 10000
    taken = jira.post("/version", {"project": "ROAD", "name": "r1"})
    assert taken.json()["errors"] == {"name": "A version with this name already exists in this project."}
    nulls = {"id": first["id"], "name": None, "releaseDate": None, "description": "Bells", "released": None}
    assert jira.put(f"/version/{first['id']}", nulls).json() | {"self": ""} == {
        **first,
        "description": "Bells",
        "self": "",
    }
    assert jira.put(f"/version/{first['id']}", {"releaseDate": ""}).json().get("releaseDate") is None
    assert jira.put(f"/version/{first['id']}", {"released": True}).json()["released"] is True
    assert jira.post(f"/version/{second['id']}/move", {"position": "First"}).status_code == 200
    assert [one["name"] for one in jira.get("/project/ROAD/versions").json()] == ["R2", "R1"]
    assert jira.post(f"/version/{second['id']}/move", {"after": first["self"]}).status_code == 200
    assert [one["name"] for one in jira.get("/project/ROAD/version").json()["values"]] == ["R1", "R2"]
    assert jira.post("/version", {"name": "R3"}).json()["errorMessages"] == [
        "Project must be specified to create a version."
    ]
    assert jira.get("/version/1").json()["errorMessages"] == ["Could not find version for id '1'"]


def test_a_swapped_version_hands_its_issues_on(jira: Jira) -> None:
    old, new = (jira.post("/version", {"project": "ROAD", "name": name}).json()["id"] for name in ("R1", "R2"))
    key = jira.create(fixVersions=[{"id": old}])
    assert jira.get(f"/version/{old}/relatedIssueCounts").json()["issuesFixedCount"] == 1
    assert jira.post(f"/version/{old}/removeAndSwap", {"moveFixIssuesTo": int(new)}).status_code == 204
    assert [one["id"] for one in jira.get(f"/issue/{key}").json()["fields"]["fixVersions"]] == [new]
    assert jira.get(f"/version/{old}").status_code == 404


def test_a_comment_is_added_changed_and_removed(jira: Jira) -> None:
    key = jira.create()
    path = f"/issue/{key}/comment"
    made = jira.post(path, {"body": jira.body("Which flavour?")})
    assert (made.status_code, made.json()["body"]) == (201, jira.body("Which flavour?"))
    id = made.json()["id"]
    assert jira.put(f"{path}/{id}", {"body": jira.body("Vanilla")}).json()["body"] == jira.body("Vanilla")
    assert jira.get(path).json()["total"] == 1
    assert jira.delete(f"{path}/{id}").status_code == 204
    assert jira.get(f"{path}/{id}").json()["errorMessages"] == [f"Can not find a comment for the id: {id}."]
    assert jira.post(path, {"body": document("") if jira.api == "2" else "plain"}).status_code == 400


def test_a_file_is_sent_read_and_removed(jira: Jira) -> None:
    key = jira.create()
    files = {"file": ("Glass å.txt", b"two scoops", "text/plain")}
    refused = jira.call("POST", f"/issue/{key}/attachments", files=files)
    assert (refused.status_code, refused.text) == (404 if jira.api == "2" else 403, "XSRF check failed")
    sent = jira.call("POST", f"/issue/{key}/attachments", files=files, headers={"X-Atlassian-Token": "no-check"})
    assert sent.status_code == 200
    one = sent.json()[0]
    assert (one["filename"], one["size"], one["mimeType"]) == ("Glass å.txt", 10, "text/plain")
    assert ("/attachment/content/" if jira.api == "3" else "/secure/attachment/") in one["content"]
    assert jira.call("GET", one["content"]).content == b"two scoops"
    assert [each["id"] for each in jira.get(f"/issue/{key}").json()["fields"]["attachment"]] == [one["id"]]
    assert jira.delete(f"/attachment/{one['id']}").status_code == 204
    assert jira.get(f"/attachment/{one['id']}").status_code == 404


def test_data_centers_download_page_does_not_take_a_token(dc: Jira) -> None:
    key = dc.create()
    sent = dc.call(
        "POST", f"/issue/{key}/attachments", files={"file": ("a.txt", b"x")}, headers={"X-Atlassian-Token": "no-check"}
    )
    address = sent.json()[0]["content"]
    dc.session.auth = None
    dc.session.headers["Authorization"] = f"Bearer {dc.sandbox.secret}"
    answer = dc.call("GET", address)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login.jsp?permissionViolation=true")


def test_ranking_moves_an_issue_before_another(jira: Jira) -> None:
    keys = [jira.create(f"Pier {n}") for n in range(3)]
    assert jira.search("project = ROAD ORDER BY rank ASC") == keys
    ranked = jira.call("PUT", "/rest/agile/1.0/issue/rank", json={"issues": [keys[2]], "rankBeforeIssue": keys[1]})
    assert ranked.status_code == 204
    assert jira.search("project = ROAD ORDER BY rank ASC") == [keys[0], keys[2], keys[1]]


def test_a_body_that_is_not_json_is_refused(jira: Jira) -> None:
    answer = jira.call("POST", "/issue", data=b"{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


def test_the_history_tells_who_did_what_and_when(jira: Jira, clock: Clock) -> None:
    at = clock.at
    key = jira.create()
    clock.forward(2)
    jira.put(f"/issue/{key}", {"fields": {"summary": "New"}})
    told = [(one.number, one.at - at, one.kind, one.subject) for one in jira.sandbox.world.history]
    assert told == [(1, 0, "issue created", key), (2, 2000, "issue edited", key)]
    calls = [(one.method, one.route, one.status) for one in jira.sandbox.world.calls]
    assert calls == [("POST", "/rest/api/{v}/issue", 201), ("PUT", "/rest/api/{v}/issue/{issue}", 204)]
