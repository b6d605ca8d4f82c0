"""What each probe answers, for whom: the table that diagnosis rests on."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.sandbox.conftest import Start
from tests.sandbox.jira_calls import Jira, anonymous, document, logged_in, wrongly
from tieline.sandbox.scheme import CLOUD_ID, DC_SECRET


def raw_get(jira: Jira, path: str) -> tuple[int, Any]:
    """A GET whose path nobody tidies."""
    connection = HTTPConnection(urlsplit(jira.sandbox.url).netloc, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


NOT_ON_SCREEN = "It is not on the appropriate screen, or unknown."


def test_a_refused_cloud_pair_is_told_by_a_header_on_every_answer(cloud: Jira) -> None:
    refused = wrongly(cloud.sandbox)
    for path, status in (
        ("/serverInfo", 200),
        ("/field", 200),
        ("/project/search", 200),
        ("/project/ROAD", 404),
        ("/myself", 401),
    ):
        answer = refused.get(path)
        assert (answer.status_code, answer.headers["X-Seraph-LoginReason"]) == (status, "AUTHENTICATED_FAILED")
        assert "X-AAccountId" not in answer.headers
        assert "_lout" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("header", ["Basic !!!", "Basic bm8tY29sb24=", "bearer abc", "Token abc", None])
def test_a_cloud_header_that_cannot_be_read_leaves_no_login_reason(cloud: Jira, header: str | None) -> None:
    caller = anonymous(cloud.sandbox)
    if header:
        caller.session.headers["Authorization"] = header
    answer = caller.get("/project/search")
    assert answer.json()["values"] == []
    assert "X-Seraph-LoginReason" not in answer.headers


def test_a_good_cloud_login_names_its_account(cloud: Jira) -> None:
    answer = cloud.get("/myself")
    assert answer.json()["accountId"] == answer.headers["X-AAccountId"].replace("%3A", ":")
    assert "_lin" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["/serverInfo", "/myself", "/issue/ROAD-1"])
def test_an_opaque_bearer_on_a_cloud_site_is_403_everywhere(cloud: Jira, path: str) -> None:
    caller = anonymous(cloud.sandbox)
    caller.session.headers["Authorization"] = "Bearer opaque"
    answer = caller.get(path)
    assert (answer.status_code, answer.json()) == (403, {"error": "Failed to parse Connect Session Auth Token"})
    assert "WWW-Authenticate" not in answer.headers


def test_the_form_of_clouds_401_follows_the_accept_header(cloud: Jira) -> None:
    caller = wrongly(cloud.sandbox)
    text = "Client must be authenticated to access this resource."
    assert caller.get("/myself").text == text
    as_json = caller.call("GET", "/myself", headers={"Accept": "application/json"})
    assert as_json.json() == {"message": text, "status-code": 401}
    as_xml = caller.call("GET", "/myself", headers={"Accept": "application/xml"})
    assert as_xml.text.endswith(f"<status><status-code>401</status-code><message>{text}</message></status>")
    assert as_xml.headers["WWW-Authenticate"].startswith('OAuth realm="http%3A%2F%2F')


@pytest.mark.parametrize("who", ["anonymous", "refused"])
def test_cloud_answers_an_anonymous_caller(cloud: Jira, who: str) -> None:
    key = cloud.create()
    caller = anonymous(cloud.sandbox) if who == "anonymous" else wrongly(cloud.sandbox)
    assert caller.get("/project/search").json()["values"] == []
    assert caller.get("/project/ROAD").json()["errorMessages"] == ["No project could be found with key 'ROAD'."]
    assert caller.get(f"/issue/{key}").json()["errorMessages"] == [
        "Issue does not exist or you do not have permission to see it."
    ]
    assert caller.get("/issue/createmeta").json()["projects"] == []
    assert caller.get("/search/jql", jql="key is not empty").json()["issues"] == []
    assert caller.get("/search/jql", jql="").status_code == 400
    assert caller.get("/search/jql", jql="project = ROAD").json()["errorMessages"] == [
        "The value 'ROAD' does not exist for the field 'project'."
    ]
    told = caller.get("/search/jql", jql="assignee = pat").json()["errorMessages"]
    assert "Field 'assignee' does not exist or this field cannot be viewed by anonymous users." in told
    assert caller.get("/user/search", query="pat").json() == []
    assert caller.get("/mypermissions", permissions="BROWSE_PROJECTS").status_code == 401
    assert caller.get("/permissions").status_code == 401
    assert caller.get("/rest/agile/1.0/board").status_code == 401
    assert caller.get("/rest/webhooks/1.0/webhook").status_code == 401
    made = caller.post("/version", {"project": "ROAD", "name": "R9"})
    assert made.json()["errorMessages"] == [
        "Project with key 'ROAD' either does not exist or you do not have permission to create versions in it."
    ]
    assert caller.post("/issue", {"fields": {"project": {"key": "ROAD"}}}).status_code == 400


def test_data_center_refuses_a_bad_pair_even_where_anonymous_callers_are_let_in(dc: Jira) -> None:
    assert anonymous(dc.sandbox).get("/serverInfo").status_code == 200
    answer = wrongly(dc.sandbox, "pat", "wrong").get("/serverInfo")
    assert (answer.status_code, answer.headers["X-Seraph-LoginReason"]) == (401, "AUTHENTICATED_FAILED")
    assert "Basic Authentication Failure - Reason : AUTHENTICATED_FAILED" in answer.text
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "OAuth realm=" in answer.headers["WWW-Authenticate"]


def test_three_wrong_tries_on_data_center_ask_for_a_captcha_until_someone_logs_in(dc: Jira) -> None:
    wrong = wrongly(dc.sandbox, "pat", "wrong")
    assert [wrong.get("/myself").status_code for _ in range(4)] == [401, 401, 401, 403]
    denied = dc.get("/myself")
    assert denied.status_code == 403
    assert denied.headers["X-Seraph-LoginReason"] == "AUTHENTICATION_DENIED"
    assert denied.headers["X-Authentication-Denied-Reason"].startswith("CAPTCHA_CHALLENGE; login-url=http://")
    dc.session.post(
        f"{dc.sandbox.url}/login.jsp", data={"os_username": "pat", "os_password": DC_SECRET}, allow_redirects=False
    )
    assert dc.get("/myself").status_code == 200


def test_data_center_answers_an_anonymous_caller(dc: Jira) -> None:
    key = dc.create()
    caller = anonymous(dc.sandbox)
    assert caller.get("/serverInfo").headers["X-AUSERNAME"] == "anonymous"
    assert caller.get("/myself").status_code == 401
    assert caller.get("/mypermissions").status_code == 401
    assert caller.get("/project").json() == []
    assert caller.get("/project/ROAD").json()["errorMessages"] == ["No project could be found with key 'ROAD'."]
    assert caller.get(f"/issue/{key}").json()["errorMessages"] == ["Issue Does Not Exist"]
    assert caller.get("/user", username="pat").status_code == 401
    assert caller.get("/user/search", username="pat").status_code == 401
    assert caller.post("/version", {"project": "ROAD", "name": "R9"}).status_code == 404
    fields = {"project": {"key": "ROAD"}, "issuetype": {"name": "Story"}}
    assert caller.post("/issue", {"fields": fields}).json()["errorMessages"] == [
        "Anonymous users do not have permission to create issues in this project. Please try logging in first."
    ]
    hidden = caller.post("/issue", {"fields": {**fields, "summary": "x"}}).json()
    assert hidden["errors"] == {"summary": f"Field 'summary' cannot be set. {NOT_ON_SCREEN}"}


def test_a_personal_access_token_is_good_as_bearer_on_data_center(dc: Jira) -> None:
    caller = anonymous(dc.sandbox)
    caller.session.headers["Authorization"] = f"Bearer {dc.sandbox.secret}"
    answer = caller.get("/myself")
    assert (answer.json()["name"], answer.headers["X-AUSERNAME"], answer.headers["X-Seraph-LoginReason"]) == (
        "pat",
        "pat",
        "OK",
    )
    caller.session.headers["Authorization"] = "Bearer wrong"
    assert caller.get("/myself").status_code == 401


def test_a_hidden_project_is_told_from_a_missing_one_on_data_center_only(start: Start) -> None:
    for edition, hidden_status in (("cloud", 404), ("dc", 200)):
        jira = start(edition)
        hidden = jira.get("/mypermissions", projectKey="FARES", permissions="BROWSE_PROJECTS,CREATE_ISSUES")
        assert hidden.status_code == hidden_status
        missing = jira.get("/mypermissions", projectKey="NOPE", permissions="BROWSE_PROJECTS")
        assert (missing.status_code, missing.json()["errorMessages"]) == (
            404,
            ["No project could be found with key 'NOPE'."],
        )
        if edition == "dc":
            rights = hidden.json()["permissions"]
            assert not any(one["havePermission"] for one in rights.values() if one["type"] == "PROJECT")
        assert jira.get("/project/FARES").json() == {
            "errorMessages": ["No project could be found with key 'FARES'."],
            "errors": {},
        }


def test_cloud_wants_the_names_of_permissions(cloud: Jira) -> None:
    assert cloud.get("/mypermissions").status_code == 400
    assert cloud.get("/mypermissions", permissions="FLY").status_code == 400
    assert (
        "CREATE_ISSUES"
        in logged_in(cloud.sandbox, api="2").get("/mypermissions", permissions="CREATE_ISSUES").json()["permissions"]
    )


def test_data_center_lists_every_permission_and_ignores_the_names(dc: Jira) -> None:
    rights = dc.get("/mypermissions", permissions="CREATE_ISSUES").json()["permissions"]
    assert {"ADMINISTER", "USER_PICKER", "ADMINISTER_PROJECTS", "CREATE_ISSUES"} <= rights.keys()


def test_the_missing_right_to_administer_answers_differently_by_verb(start: Start) -> None:
    for edition in ("cloud", "dc"):
        jira = start(edition)
        made = jira.post("/version", {"project": "ROAD", "name": "R1"}).json()
        jira.sandbox.world.switch_on("perm-create-version")
        refused = jira.post("/version", {"project": "ROAD", "name": "R2"})
        assert (refused.status_code, refused.json()["errorMessages"]) == (
            404,
            ["Project with key 'ROAD' either does not exist or you do not have permission to create versions in it."],
        )
        by_id = jira.post("/version", {"projectId": 10000, "name": "R2"}).json()["errorMessages"]
        assert by_id == [
            "Project with key 'null' either does not exist or you do not have permission to create versions in it."
        ]
        assert jira.post("/version", {"project": "ROAD"}).status_code == 404
        changed = jira.put(f"/version/{made['id']}", {"name": "R3"})
        assert (changed.status_code, changed.json()["errorMessages"]) == (
            400,
            ["You must have global or project administrator rights in order to modify versions."],
        )
        if edition == "cloud":
            assert jira.delete(f"/version/{made['id']}").status_code == 401
        swapped = jira.post(f"/version/{made['id']}/removeAndSwap", {})
        assert swapped.status_code == (404 if edition == "cloud" else 401)
        if edition == "dc":
            assert swapped.json()["errorMessages"] == [
                "The user pat does not have permission to complete this operation."
            ]
        assert jira.get("/permissions").status_code == 403


def test_the_write_free_version_probe_says_that_the_right_is_there(jira: Jira) -> None:
    answer = jira.post("/version", {"project": "ROAD"})
    assert (answer.status_code, answer.json()["errors"]) == (400, {"name": "You must specify a valid version name"})
    assert jira.get("/project/ROAD/versions").json() == []


def test_a_missing_right_to_create_hides_behind_the_summary(jira: Jira) -> None:
    jira.sandbox.world.switch_on("perm-create-issue")
    fields = {"project": {"key": "ROAD"}, "issuetype": {"name": "Story"}}
    honest = jira.post("/issue", {"fields": fields})
    assert honest.json()["errorMessages"] == ["You do not have permission to create issues in this project."]
    told = jira.post("/issue", {"fields": {**fields, "summary": "x", "description": "y"}}).json()["errors"]
    assert told == {name: f"Field '{name}' cannot be set. {NOT_ON_SCREEN}" for name in ("summary", "description")}


def test_a_missing_right_to_edit_is_403_on_cloud_and_a_screen_text_on_data_center(start: Start) -> None:
    cloud, dc = start("cloud"), start("dc")
    for jira in (cloud, dc):
        jira.create()
        jira.sandbox.world.switch_on("perm-edit-issue")
        assert jira.get("/issue/ROAD-1/editmeta").json() == {"fields": {}}
    on_cloud = cloud.put("/issue/ROAD-1", {"fields": {"summary": "x"}})
    assert (on_cloud.status_code, on_cloud.json()["errorMessages"]) == (
        403,
        ["You do not have permission to edit issues in this project."],
    )
    on_dc = dc.put("/issue/ROAD-1", {"fields": {"summary": "x"}})
    assert (on_dc.status_code, list(on_dc.json()["errors"])) == (400, ["summary"])


def test_a_missing_right_to_delete_is_401_on_data_center(start: Start) -> None:
    for edition, status in (("cloud", 403), ("dc", 401)):
        jira = start(edition)
        key = jira.create()
        jira.sandbox.world.switch_on("perm-delete-issue")
        answer = jira.delete(f"/issue/{key}")
        assert (answer.status_code, answer.json()["errorMessages"]) == (
            status,
            ["You do not have permission to delete issues in this project."],
        )


def test_webhooks_need_the_right_to_administer_jira(jira: Jira) -> None:
    jira.sandbox.world.switch_on("perm-webhook-admin")
    answer = jira.post(
        "/rest/webhooks/1.0/webhook", {"name": "Tieline", "url": "http://127.0.0.1/x", "events": ["jira:issue_created"]}
    )
    assert (answer.status_code, answer.json()["errorMessages"]) == (
        403,
        ["You do not have permission to create WebHook 'Tieline'."],
    )


def test_dynamic_webhooks_are_for_apps(cloud: Jira) -> None:
    assert cloud.post("/webhook", {"webhooks": []}).status_code == 403


def test_without_the_right_to_browse_users_nobody_is_found(jira: Jira) -> None:
    name = "query" if jira.api == "3" else "username"
    assert [one["displayName"] for one in jira.get("/user/search", **{name: "pat"}).json()] == ["Pat Lindgren"]
    jira.sandbox.world.switch_on("perm-browse-users")
    answer = jira.get("/user/search", **{name: "pat"})
    assert (answer.status_code, answer.json()) == (200, [])


def test_cloud_tells_its_tenant_and_status_without_a_login(cloud: Jira) -> None:
    site = cloud.sandbox.url
    assert anonymous(cloud.sandbox).get(f"{site}/_edge/tenant_info").json() == {"cloudId": CLOUD_ID}
    assert anonymous(cloud.sandbox).get(f"{site}/status").status_code == 200


def test_data_center_tells_its_state_without_a_login(dc: Jira) -> None:
    assert anonymous(dc.sandbox).get(f"{dc.sandbox.url}/status").json() == {"state": "RUNNING"}


def test_the_gateway_path_takes_the_same_pair(cloud: Jira) -> None:
    base = cloud.sandbox.gateway_url
    assert cloud.get(f"{base}/rest/api/3/myself").json()["emailAddress"] == cloud.sandbox.user
    assert wrongly(cloud.sandbox).get(f"{base}/rest/api/3/myself").status_code == 401
    assert cloud.get(f"{cloud.sandbox.url}/ex/jira/another-cloud-id/rest/api/3/myself").status_code == 404


def test_data_center_has_no_v3_no_project_search_and_no_old_createmeta(dc: Jira) -> None:
    no_route = {"message": "HTTP 404 Not Found", "status-code": 404, "sub-code": -1}
    site = dc.sandbox.url
    assert dc.get(f"{site}/rest/api/3/myself").json() == no_route
    assert dc.get(f"{site}/rest/api/2/search/jql").json() == no_route
    assert raw_get(dc, "//rest/api/2/myself") == (404, no_route)
    assert dc.get("/project/search").json()["errorMessages"] == ["No project could be found with key 'search'."]
    assert dc.get("/issue/createmeta").json()["errorMessages"] == ["Issue Does Not Exist"]
    assert dc.call("DELETE", "/version/1").status_code == 405


def test_cloud_forgives_a_double_slash_and_shows_a_dead_link_below_a_context_path(cloud: Jira) -> None:
    site = cloud.sandbox.url
    assert raw_get(cloud, "//rest/api/3/serverInfo")[0] == 200
    lost = cloud.get(f"{site}/jira/rest/api/3/myself")
    assert lost.status_code == 404
    assert "Oops, you&#39;ve found a dead link. - JIRA" in lost.text
    assert cloud.get(f"{site}/rest/raven/2.0/api").text.count("null for uri") == 1


def test_clouds_old_search_is_gone(cloud: Jira) -> None:
    answer = cloud.get("/search", jql="project = ROAD")
    assert answer.status_code == 410
    assert answer.json()["errorMessages"][0].endswith("https://developer.atlassian.com/changelog/#CHANGE-2046")


def test_a_write_that_looks_like_a_browsers_fails_the_xsrf_check(jira: Jira) -> None:
    payload = {"fields": {"project": {"key": "ROAD"}, "issuetype": {"name": "Task"}, "summary": "x"}}
    browser = {"User-Agent": "Mozilla/5.0"}
    refused = jira.call("POST", "/issue", json=payload, headers=browser)
    assert (refused.status_code, refused.text) == (403, "XSRF check failed")
    passed = jira.call("POST", "/issue", json=payload, headers={**browser, "X-Atlassian-Token": "no-check"})
    assert passed.status_code == 201


def test_a_projects_right_createmeta_depends_on_the_edition(start: Start) -> None:
    cloud, dc = start("cloud"), start("dc")
    assert "issueTypes" in cloud.get("/issue/createmeta/ROAD/issuetypes").json()
    assert "values" in dc.get("/issue/createmeta/ROAD/issuetypes").json()
    assert cloud.get("/issue/createmeta/FARES/issuetypes").status_code == 404
    assert dc.get("/issue/createmeta/FARES/issuetypes").status_code == 400


def test_v2_on_cloud_speaks_wiki_markup_and_v3_documents(cloud: Jira) -> None:
    key = cloud.create(description=document("Warm and salty"))
    v2 = logged_in(cloud.sandbox, api="2")
    assert v2.get(f"/issue/{key}").json()["fields"]["description"] == "Warm and salty"
    assert v2.put(f"/issue/{key}", {"fields": {"description": "h1. Cold\n\n*very*"}}).status_code == 204
    told = cloud.get(f"/issue/{key}").json()["fields"]["description"]
    assert [node["type"] for node in told["content"]] == ["heading", "paragraph"]
    refused = cloud.put(f"/issue/{key}", {"fields": {"description": "plain"}})
    assert refused.json()["errors"]["description"].startswith("Operation value must be an Atlassian Document")
