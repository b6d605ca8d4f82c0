from __future__ import annotations

from dataclasses import replace

from tests.mapping.project import ASSIGNEE, ROAD, STATUSES, STORY, SUB_TASK, SUMMARY, road_with
from tieline.mapping.defaults import build_default_mapping, suggest_status_pairs
from tieline.mapping.model import ClashPolicy, Direction, KindRule, Mapping
from tieline.mapping.problems import find_problems
from tieline.mapping.schema import JiraStatus
from tieline.records.record import DEFAULT_STATUSES, RecordKind


def kind(mapping: Mapping, kind: RecordKind) -> KindRule:
    found = mapping.kind(kind)
    assert found is not None
    return found


def pairs_with(*theirs: JiraStatus) -> list[tuple[str, str]]:
    return [(pair.ours, pair.theirs_name) for pair in suggest_status_pairs(DEFAULT_STATUSES, theirs)]


def jira(name: str, category: str) -> JiraStatus:
    return JiraStatus(id=name, name=name, category=category)


def test_features_become_stories_requirements_sub_tasks_and_releases_versions() -> None:
    mapping = build_default_mapping(ROAD)
    assert [(one.kind.value, one.issue_type_name, one.child) for one in mapping.kinds] == [
        ("feature", "Story", False),
        ("requirement", "Sub-task", True),
        ("release", "", False),
    ]
    assert find_problems(mapping, ROAD) == ()


def test_every_field_goes_both_ways_but_the_status() -> None:
    rules = {
        one.ours: (one.theirs, one.direction) for one in kind(build_default_mapping(ROAD), RecordKind.FEATURE).fields
    }
    assert rules == {
        "name": ("summary", Direction.BOTH),
        "description": ("description", Direction.BOTH),
        "status": ("status", Direction.FROM_JIRA),
        "assignee": ("assignee", Direction.BOTH),
        "due": ("duedate", Direction.BOTH),
        "tags": ("labels", Direction.BOTH),
        "release": ("fixVersions", Direction.BOTH),
    }
    policies = {one.policy for one in kind(build_default_mapping(ROAD), RecordKind.RELEASE).fields}
    assert policies == {ClashPolicy.NEWEST}


def test_a_field_that_is_not_on_the_create_screen_is_left_out() -> None:
    bare = replace(STORY, create_fields=(SUMMARY, ASSIGNEE))
    names = [one.ours for one in kind(build_default_mapping(road_with(bare)), RecordKind.FEATURE).fields]
    assert names == ["name", "status", "assignee"]


def test_without_a_story_a_feature_is_a_task_or_the_first_type_that_stands_alone() -> None:
    bug, task, epic = (replace(STORY, id=name, name=name) for name in ("Bug", "Task", "Epic"))
    epic = replace(epic, level=1)
    chosen = kind(build_default_mapping(road_with(SUB_TASK, epic, bug, task)), RecordKind.FEATURE)
    assert chosen.issue_type_name == "Task"
    assert kind(build_default_mapping(road_with(epic, bug)), RecordKind.FEATURE).issue_type_name == "Bug"


def test_a_project_with_nothing_but_epics_maps_releases_only() -> None:
    mapping = build_default_mapping(road_with(replace(STORY, level=1)))
    assert [one.kind for one in mapping.kinds] == [RecordKind.RELEASE]


def test_statuses_meet_by_name_then_by_category() -> None:
    assert pairs_with(*STATUSES) == [
        ("new", "To Do"),
        ("in-progress", "In Progress"),
        ("done", "Done"),
        ("ready", "To Do"),
        ("in-review", "In Progress"),
    ]


def test_each_status_of_jira_leads_somewhere_where_its_category_is_known() -> None:
    odd = (
        jira("Backlog", "new"),
        jira("Selected for Development", "new"),
        jira("Building", "indeterminate"),
        jira("Code Review", "indeterminate"),
        jira("Closed", "done"),
        jira("Won't do", "done"),
        jira("Limbo", "undefined"),
    )
    assert pairs_with(*odd) == [
        ("new", "Backlog"),
        ("ready", "Selected for Development"),
        ("in-review", "Code Review"),
        ("done", "Closed"),
        ("in-progress", "Building"),
        ("done", "Won't do"),
    ]
