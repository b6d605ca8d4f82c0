"""What a sandbox starts with, and what it still has after a restart."""

from __future__ import annotations

import gzip
import json
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.sandbox.conftest import Start
from tests.sandbox.jira_calls import Clock, logged_in
from tests.shared_material import shared, skip_without_shared
from tieline.sandbox import Sandbox, SandboxOptions
from tieline.sandbox.real_issues import NotIssues, read_real_issues


def test_the_sample_plan_has_sixty_issues_and_four_versions(start: Start) -> None:
    for edition in ("cloud", "dc"):
        jira = start(edition, empty=False)
        world = jira.sandbox.world
        ours = [one for one in world.issues.values() if one.project == "ROAD"]
        assert len(ours) == 60
        assert [(one["name"], one["released"]) for one in jira.get("/project/ROAD/versions").json()] == [
            ("Spring timetable", True),
            ("Early summer", False),
            ("High season", False),
            ("Autumn calm", False),
        ]
        kinds = Counter(one.type_id for one in ours)
        assert set(kinds) == {"10000", "10001", "10002", "10003", "10004"}
        assert {one.status_id for one in ours} == {"10000", "3", "10001", "10002"}
        assert len(world.comments) >= 5
        assert len(world.attachments) >= 4
        assert world.history == []


def test_the_sample_plan_has_lists_tables_panels_code_and_mentions(start: Start) -> None:
    jira = start("cloud", empty=False)
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            found.add(str(node.get("type")))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    for issue in jira.get("/search/jql", jql="project = ROAD", fields="description,comment", maxResults=100).json()[
        "issues"
    ]:
        walk(issue["fields"])
    assert {
        "heading",
        "bulletList",
        "orderedList",
        "table",
        "panel",
        "codeBlock",
        "blockquote",
        "mention",
        "link",
        "hardBreak",
    } - found <= {"hardBreak"}


def test_an_empty_site_has_its_projects_and_no_issue(start: Start) -> None:
    jira = start("cloud")
    assert jira.search("project = ROAD") == []
    assert jira.create() == "ROAD-1"


def write_lines(path: Path, rows: list[dict[str, object]], *, packed: bool) -> Path:
    text = "\n".join(json.dumps(row) for row in rows) + "\n"
    if packed:
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


FLAT: list[dict[str, object]] = [
    {
        "key": "SEA-1",
        "project": "the sea",
        "summary": "Count the\nwaves",
        "description": "*All* of them",
        "storypoints": "5",
    },
    {"key": "SEA-2", "project": "the sea", "summary": "Count the gulls", "description": None},
]
RAW: list[dict[str, object]] = [
    {
        "deployment": "server",
        "issue": {
            "key": "PIER-7",
            "fields": {
                "summary": "Paint the pier",
                "description": "h1. Red",
                "issuetype": {"name": "Improvement", "subtask": False},
                "status": {"name": "Resolved", "statusCategory": {"key": "done"}},
                "priority": {"name": "Major"},
                "labels": ["paint"],
                "fixVersions": [{"name": "2.0", "released": True}],
                "components": [{"name": "Wood"}],
                "assignee": {"displayName": "A Real Person"},
                "comment": {"comments": [{"body": "Which red?"}]},
            },
        },
    },
    {
        "issue": {
            "key": "PIER-8",
            "fields": {
                "summary": "Buy brushes",
                "issuetype": {"name": "Technical task", "subtask": True},
                "status": {"name": "Patch Available"},
                "parent": {"key": "PIER-7"},
            },
        }
    },
]


@pytest.mark.parametrize("edition", ["cloud", "dc"])
@pytest.mark.parametrize("packed", [True, False])
def test_flat_rows_become_stories_that_remember_their_key(
    start: Start, tmp_path: Path, edition: str, packed: bool
) -> None:
    jira = start(edition, data_file=write_lines(tmp_path / "flat.jsonl", FLAT, packed=packed), empty=False)
    fields = jira.get("/issue/ROAD-1").json()["fields"]
    assert (fields["summary"], fields["customfield_10016"], fields["customfield_10040"]) == (
        "Count the waves",
        5.0,
        "SEA-1",
    )
    assert fields["labels"] == ["the-sea"]
    assert jira.search('"Source key" = SEA-2') == ["ROAD-2"]


def test_raw_issues_keep_versions_labels_and_parents_and_lose_names_of_people(start: Start, tmp_path: Path) -> None:
    jira = start("dc", data_file=write_lines(tmp_path / "raw.jsonl", RAW, packed=True), empty=False)
    fields = jira.get("/issue/ROAD-1").json()["fields"]
    assert (fields["issuetype"]["name"], fields["status"]["name"], fields["priority"]["name"]) == (
        "Task",
        "Done",
        "High",
    )
    assert [one["name"] for one in fields["fixVersions"]] == ["2.0"]
    assert [one["name"] for one in fields["components"]] == ["Wood"]
    assert [one["body"] for one in fields["comment"]["comments"]] == ["Which red?"]
    assert "Real Person" not in json.dumps(fields)
    child = jira.get("/issue/ROAD-2").json()["fields"]
    assert (child["parent"]["key"], child["status"]["name"], child["issuetype"]["subtask"]) == (
        "ROAD-1",
        "In Review",
        True,
    )


def test_a_limit_takes_the_first_ones(start: Start, tmp_path: Path) -> None:
    jira = start("cloud", data_file=write_lines(tmp_path / "flat.jsonl", FLAT, packed=False), limit=1, empty=False)
    assert jira.search("project = ROAD") == ["ROAD-1"]


def test_a_file_that_holds_no_issues_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text('{"summary": "good"}\n{"title": "odd"}\n', encoding="utf-8")
    with pytest.raises(NotIssues, match=r'Line 2 of "odd\.jsonl" has no "summary" or "issue"'):
        read_real_issues(path)
    path.write_text("not json\n", encoding="utf-8")
    with pytest.raises(NotIssues, match=r'Line 1 of "odd\.jsonl" is not JSON'):
        read_real_issues(path)


@skip_without_shared("data/issues-storypoints.jsonl.gz")
def test_eleven_thousand_real_issues_load_in_seconds() -> None:
    path = shared("data/issues-storypoints.jsonl.gz")
    begun = time.process_time()
    with Sandbox.start(SandboxOptions(data_file=path)) as sandbox:
        used = time.process_time() - begun
        assert len(sandbox.world.issues) == 11_727 + 5
        assert used < 5


@skip_without_shared("data/issues-raw.jsonl.gz")
def test_raw_issues_of_public_jiras_load_without_their_people() -> None:
    path = shared("data/issues-raw.jsonl.gz")
    assert path is not None
    with Sandbox.start(SandboxOptions(edition="dc", data_file=path)) as sandbox:
        jira = logged_in(sandbox)
        page = jira.get("/search", jql="project = ROAD", maxResults=1000, fields="*all").json()
        assert page["total"] == 150
        people = {one["fields"]["creator"]["displayName"] for one in page["issues"]}
        assert people <= {person.display for person in sandbox.world.people.values()}


# ---- a restart


def test_a_state_file_keeps_everything_over_a_restart(tmp_path: Path, clock: Clock) -> None:
    for edition in ("cloud", "dc"):
        options = SandboxOptions(edition=edition, state_file=tmp_path / f"{edition}.sqlite")  # type: ignore[arg-type]
        with Sandbox.start(options, now=clock) as sandbox:
            jira = logged_in(sandbox)
            version = jira.post("/version", {"project": "ROAD", "name": "Ice"}).json()["id"]
            key = jira.create(
                labels=["deck"], fixVersions=[{"id": version}], description=jira.body("x"), customfield_10016=2
            )
            gone = jira.create("Gone")
            jira.delete(f"/issue/{gone}")
            jira.put(f"/issue/{key}/properties/tieline", {"a": [1, {"b": None}]})
            jira.put(f"/issue/{key}", {"fields": {"summary": "Changed"}})
            jira.post(f"/issue/{key}/comment", {"body": jira.body("y")})
            jira.call(
                "POST",
                f"/issue/{key}/attachments",
                files={"file": ("a.bin", b"\x00\xff")},
                headers={"X-Atlassian-Token": "no-check"},
            )
            jira.post(
                "/rest/webhooks/1.0/webhook",
                {"name": "T", "url": "http://127.0.0.1:9/x", "events": ["comment_deleted"], "secret": "s"},
            )
            world = sandbox.world
            before = (
                world.issues,
                world.versions,
                world.comments,
                world.attachments,
                world.webhooks,
                world.changes,
                world.history,
            )
        clock.forward(3600)
        with Sandbox.start(options, now=clock) as sandbox:
            world = sandbox.world
            after = (
                world.issues,
                world.versions,
                world.comments,
                world.attachments,
                world.webhooks,
                world.changes,
                world.history,
            )
            assert after == before
            jira = logged_in(sandbox)
            assert jira.search("labels = deck AND summary ~ Changed") == [key]
            fresh = jira.create("Next")
            assert int(fresh.split("-")[1]) == int(gone.split("-")[1]) + 1
            assert int(jira.get(f"/issue/{fresh}").json()["id"]) > max(
                before[0].keys() - {int(jira.get(f"/issue/{fresh}").json()["id"])}
            )
