"""The pages for a person, and the panel: forms do what REST does, as somebody else."""

from __future__ import annotations

import re

import pytest
import requests

from tests.sandbox.conftest import Start
from tests.sandbox.jira_calls import Jira, document


@pytest.fixture(params=["cloud", "dc"])
def site(request: pytest.FixtureRequest, start: Start) -> Jira:
    return start(request.param, empty=False)


def form(jira: Jira, path: str, **values: object) -> requests.Response:
    return jira.session.post(f"{jira.sandbox.url}/sandbox/{path}", data=values, timeout=10)


def page(jira: Jira, path: str) -> str:
    answer = jira.session.get(f"{jira.sandbox.url}/sandbox/{path}", timeout=10)
    assert answer.status_code == 200, path
    return answer.text


def test_the_project_page_lists_issues_and_finds_some(site: Jira) -> None:
    assert page(site, "pages/projects/ROAD").count("<tr>") == 51
    found = page(site, "pages/projects/ROAD?q=bicycle&type=10004")
    assert re.findall(r">(ROAD-\d+)</a>", found) == ["ROAD-22"]
    assert "10 issues" in page(site, "pages/projects/ROAD?status=10002")


def test_an_issue_page_shows_rich_text_files_comments_and_the_next_steps(site: Jira) -> None:
    shown = page(site, "pages/issues/ROAD-2")
    assert "<th><p>Screen</p></th>" in shown
    assert "two-screen-flow.txt" in shown
    assert "<em>three seconds</em>" in shown
    assert "Reopen" in shown
    assert page(site, "pages/attachments/10500").startswith("Pier and day")


def test_a_persons_link_leads_to_the_issue_page(site: Jira) -> None:
    assert "Hold places for ten minutes" in site.session.get(f"{site.sandbox.url}/browse/ROAD-5", timeout=10).text


def test_a_persons_link_to_a_version_leads_to_its_card(site: Jira) -> None:
    here = f"{site.sandbox.url}/projects/ROAD/versions"
    id = re.findall(r'id="version-(\d+)"', page(site, "pages/projects/ROAD/versions"))[0]
    answer = site.session.get(f"{here}/{id}", timeout=10)
    assert answer.url.endswith(f"/sandbox/pages/projects/ROAD/versions#version-{id}")
    assert answer.status_code == 200
    assert "/sandbox/pages/" not in site.session.get(f"{here}/999999", timeout=10).url


def test_an_edit_form_changes_only_what_it_names(site: Jira) -> None:
    before = site.get("/issue/ROAD-5").json()["fields"]
    assert "Saved." in form(site, "pages/issues/ROAD-5/edit", summary="Hold places longer").text
    after = site.get("/issue/ROAD-5").json()["fields"]
    assert after["summary"] == "Hold places longer"
    for name in ("description", "labels", "fixVersions", "assignee", "duedate"):
        assert after[name] == before[name]
    effect = site.sandbox.world.history[-1]
    assert (site.sandbox.world.people[effect.actor].display, effect.kind) == ("Robin Vale (sandbox)", "issue edited")


def test_the_whole_edit_form(site: Jira) -> None:
    mei = site.sandbox.world.person_named("mei")
    assert mei is not None
    form(
        site,
        "pages/issues/ROAD-6/edit",
        summary="Remember four crossings",
        description="Kept on the *phone* only",
        assignee=mei.account_id,
        due_date="2027-01-31",
        labels="phone privacy later",
        fix_versions=["10202"],
    )
    fields = site.get("/issue/ROAD-6").json()["fields"]
    assert (fields["assignee"]["displayName"], fields["duedate"]) == ("Mei Tanaka", "2027-01-31")
    assert (fields["labels"], [one["id"] for one in fields["fixVersions"]]) == (
        ["phone", "privacy", "later"],
        ["10202"],
    )
    if site.api == "3":
        marks = [node.get("marks") for node in fields["description"]["content"][0]["content"]]
        assert marks == [None, [{"type": "strong"}], None]
    else:
        assert fields["description"] == "Kept on the *phone* only"


def test_an_empty_summary_is_not_saved(site: Jira) -> None:
    said = form(site, "pages/issues/ROAD-5/edit", summary=" ").text
    assert "Nothing was saved." in said
    assert site.sandbox.world.history == []


def test_steps_through_the_workflow_by_buttons(site: Jira) -> None:
    for step in ("11", "21"):
        form(site, "pages/issues/ROAD-6/transition", transition=step)
    assert "Choose a resolution." in form(site, "pages/issues/ROAD-6/transition", transition="31").text
    assert "Now Done." in form(site, "pages/issues/ROAD-6/transition", transition="31", resolution="10000").text
    assert site.get("/issue/ROAD-6").json()["fields"]["status"]["name"] == "Done"
    assert "not possible" in form(site, "pages/issues/ROAD-6/transition", transition="31", resolution="10000").text


def test_a_comment_a_new_issue_and_a_deletion(site: Jira) -> None:
    form(site, "pages/issues/ROAD-6/comment", comment="Four is *plenty*")
    body = site.get("/issue/ROAD-6/comment").json()["comments"][0]["body"]
    assert body == "Four is *plenty*" if site.api == "2" else body["type"] == "doc"
    made = form(site, "pages/projects/ROAD/new", type="10001", summary="Sell ice cream", labels="deck")
    key = made.url.split("/issues/")[1].split("?")[0]
    assert site.get(f"/issue/{key}").json()["fields"]["creator"]["displayName"] == "Robin Vale (sandbox)"
    form(site, f"pages/issues/{key}/delete")
    assert site.get(f"/issue/{key}").status_code == 404


def test_versions_are_made_changed_released_and_deleted(site: Jira) -> None:
    form(site, "pages/projects/ROAD/versions", name="Winter", release_date="2027-02-01")
    version = site.get("/project/ROAD/versions").json()[-1]
    assert (version["name"], version["releaseDate"]) == ("Winter", "2027-02-01")
    form(site, f"pages/versions/{version['id']}", do="release")
    assert site.get(f"/version/{version['id']}").json()["released"] is True
    form(site, f"pages/versions/{version['id']}", do="save", name="Deep winter")
    assert site.get(f"/version/{version['id']}").json()["name"] == "Deep winter"
    taken = form(site, "pages/projects/ROAD/versions", name="deep winter").text
    assert "A version needs a name that no other version has." in taken
    form(site, f"pages/versions/{version['id']}", do="delete")
    assert site.get(f"/version/{version['id']}").status_code == 404


def test_text_from_jira_is_never_markup_on_the_pages(site: Jira) -> None:
    hostile = '<img src=x onerror="alert(1)">'
    key = site.create(hostile, description=document(hostile) if site.api == "3" else hostile, labels=["<b>"])
    link = "[here|javascript:alert(1)]" if site.api == "2" else None
    if link:
        site.put(f"/issue/{key}", {"fields": {"description": f"{hostile} {link}"}})
    for path in (f"pages/issues/{key}", "pages/projects/ROAD", "pages/projects/ROAD?q=%3Cimg", "panel"):
        shown = page(site, path)
        assert "<img" not in shown
        assert 'href="javascript' not in shown
    assert "<script" not in page(site, f"pages/issues/{key}?said=%3Cscript%3E")


def test_a_form_of_another_site_is_refused(site: Jira) -> None:
    answer = site.session.post(
        f"{site.sandbox.url}/sandbox/faults/slow",
        data={"on": "true"},
        headers={"Origin": "https://evil.example"},
        timeout=10,
    )
    assert (answer.status_code, site.sandbox.world.faults) == (403, frozenset())


# ---- the panel


def test_a_fault_is_switched_by_the_panels_form_and_by_json(site: Jira) -> None:
    assert "Nothing is wrong at the moment." in page(site, "panel")
    shown = form(site, "faults/perm-create-version", on="true")
    assert "On now: <code>perm-create-version</code>" in shown.text
    assert site.post("/version", {"project": "ROAD"}).status_code == 404
    address = f"{site.sandbox.url}/sandbox/faults/perm-create-version"
    answer = site.session.post(address, json={"on": False}, timeout=10)
    assert answer.json() == {"faults": []}
    assert site.session.post(address, json={}, timeout=10).status_code == 400
    assert (
        site.session.post(f"{site.sandbox.url}/sandbox/faults/rain", json={"on": True}, timeout=10).status_code == 404
    )
    fixed = site.session.post(f"{site.sandbox.url}/sandbox/faults/tls-expired", json={"on": True}, timeout=10)
    assert fixed.status_code == 409


def test_a_fault_can_be_switched_on_for_a_number_of_calls(site: Jira) -> None:
    address = f"{site.sandbox.url}/sandbox/faults/error-before-effect"
    site.session.post(address, json={"on": True, "times": 2}, timeout=10)
    assert [site.put("/issue/ROAD-1", {"fields": {}}).status_code for _ in range(3)] == [500, 500, 204]


def test_the_panel_lists_each_fault_of_its_edition_with_a_description(site: Jira) -> None:
    from tieline.sandbox.faults import faults_for

    shown = page(site, "panel")
    for fault in faults_for(site.sandbox.options.edition):
        assert f"<code>{fault.name}</code>" in shown
    assert ("auth-wrong-password" in shown) is (site.api == "2")


def test_the_state_tells_faults_counters_and_history_to_programs(site: Jira) -> None:
    key = site.create()
    site.sandbox.world.switch_on("slow")
    state = site.session.get(f"{site.sandbox.url}/sandbox/state.json?tail=1", timeout=10).json()
    assert (state["faults"], state["calls"], state["issues"]) == (["slow"], 1, 66)
    assert state["callCounts"] == [{"method": "POST", "route": "/rest/api/{v}/issue", "status": 201, "count": 1}]
    assert [(one["kind"], one["subject"], one["actor"]) for one in state["history"]] == [
        ("issue created", key, "Pat Lindgren")
    ]
