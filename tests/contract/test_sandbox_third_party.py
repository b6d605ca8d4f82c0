"""Two clients of Jira that other people wrote, unmodified, run one scenario against the sandbox."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from atlassian import Jira as AtlassianJira
from jira import JIRA
from jira.exceptions import JIRAError

from tieline.sandbox import Sandbox, SandboxOptions


@pytest.fixture(params=["cloud", "dc"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox.start(SandboxOptions(edition=request.param)) as running:
        yield running


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_the_jira_package_runs_a_scenario(sandbox: Sandbox) -> None:
    cloud = sandbox.options.edition == "cloud"
    client = JIRA(server=sandbox.url, basic_auth=(sandbox.user, sandbox.secret), max_retries=0)
    assert client.deploymentType == ("Cloud" if cloud else "Server")
    assert client.myself()["displayName"] == "Pat Lindgren"
    assert "ROAD" in [one.key for one in client.projects()]
    assert client.project("ROAD").name == "Skerry Lines booking"

    version = client.create_version("Ice summer", "ROAD", releaseDate="2027-06-01")
    version.update(description="With cones")
    assert client.version(version.id).description == "With cones"
    assert "Ice summer" in [one.name for one in client.project_versions("ROAD")]

    issue = client.create_issue(
        project="ROAD",
        summary="Sell ice cream",
        description="*Vanilla* first",
        issuetype={"name": "Story"},
        labels=["deck"],
        fixVersions=[{"name": "Ice summer"}],
    )
    issue.update(summary="Sell ice cream on board", fields={"labels": ["deck", "sweet"]})
    read = client.issue(issue.key)
    assert (read.fields.summary, read.fields.labels) == ("Sell ice cream on board", ["deck", "sweet"])
    assert read.fields.description == "*Vanilla* first"
    assert [one.name for one in read.fields.fixVersions] == ["Ice summer"]

    assert [one["name"] for one in client.transitions(issue)] == ["Start work"]
    client.transition_issue(issue, "Start work")
    client.transition_issue(issue, "21")
    client.transition_issue(issue, "Approve", resolution={"name": "Done"})
    assert client.issue(issue.key).fields.status.name == "Done"

    comment = client.add_comment(issue, "Who buys the cones?")
    comment.update(body="Mei buys the cones.")
    assert [one.body for one in client.comments(issue)] == ["Mei buys the cones."]

    client.add_attachment(issue, attachment=_file("cones.txt", b"200"), filename="cones.txt")
    kept = client.issue(issue.key).fields.attachment[0]
    assert kept.get() == b"200"

    jql = f'project = ROAD AND fixVersion = "Ice summer" AND key = {issue.key}'
    found = client.enhanced_search_issues(jql) if cloud else client.search_issues(jql)
    assert [one.key for one in found] == [issue.key]

    client.assign_issue(issue, "mei@skerrylines.example" if cloud else "mei")
    assert client.issue(issue.key).fields.assignee.displayName == "Mei Tanaka"

    with pytest.raises(JIRAError) as refused:
        client.issue("ROAD-9999")
    assert refused.value.status_code == 404
    issue.delete()
    if cloud:
        version.delete()
        assert "Ice summer" not in [one.name for one in client.project_versions("ROAD")]


def _file(name: str, content: bytes) -> io.BytesIO:
    made = io.BytesIO(content)
    made.name = name  # type: ignore[attr-defined]
    return made


def test_atlassian_python_api_runs_a_scenario(sandbox: Sandbox, tmp_path: Path) -> None:
    cloud = sandbox.options.edition == "cloud"
    if cloud:
        client = AtlassianJira(url=sandbox.url, username=sandbox.user, password=sandbox.secret, cloud=True)
    else:
        client = AtlassianJira(url=sandbox.url, token=sandbox.secret, cloud=False)
    assert client.myself()["displayName"] == "Pat Lindgren"
    assert "ROAD" in [one["key"] for one in client.projects()]
    project = client.project("ROAD")
    assert project["key"] == "ROAD"

    client.add_version("ROAD", project["id"], "Ice summer")
    version = next(one for one in client.get_project_versions("ROAD") if one["name"] == "Ice summer")
    client.update_version(version["id"], description="With cones", is_released=True)
    assert client.get_project_versions("ROAD")[-1]["released"] is True

    made = client.issue_create(
        {
            "project": {"key": "ROAD"},
            "issuetype": {"name": "Story"},
            "summary": "Sell ice cream",
            "description": "Vanilla",
        }
    )
    key = made["key"]
    client.issue_update(key, {"summary": "Sell ice cream on board", "fixVersions": [{"id": version["id"]}]})
    assert client.issue(key)["fields"]["summary"] == "Sell ice cream on board"
    assert client.issue_field_value(key, "labels") == []

    assert client.get_issue_status(key) == "To Do"
    client.set_issue_status(key, "In Progress")
    client.set_issue_status_by_transition_id(key, 21)
    client.set_issue_status(key, "Done", fields={"resolution": {"name": "Done"}})
    assert client.get_issue_status(key) == "Done"

    client.issue_add_comment(key, "Who buys the cones?")
    assert client.issue_get_comments(key)["total"] == 1

    file = tmp_path / "cones.txt"
    file.write_text("200", encoding="utf-8")
    client.add_attachment(key, str(file))
    assert [one["filename"] for one in client.issue(key)["fields"]["attachment"]] == ["cones.txt"]

    jql = f"project = ROAD AND key = {key}"
    found = client.enhanced_jql(jql) if cloud else client.jql(jql)
    assert [one["key"] for one in found["issues"]] == [key]

    client.delete_issue(key)
    assert client.issue_exists(key) is False
