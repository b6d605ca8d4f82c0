from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.mapping.project import (
    DESCRIPTION,
    LANDING,
    ROAD,
    STORY,
    SUB_TASK,
    SUMMARY,
    TARGET,
    TEAM,
    jira_field,
    road_with,
    story_with,
)
from tieline.mapping.defaults import build_default_mapping
from tieline.mapping.fields import candidates
from tieline.mapping.model import Direction, FieldRule, KindRule, Mapping, StatusPair
from tieline.mapping.problems import MappingProblem, Severity, find_problems
from tieline.mapping.schema import IssueType, ProjectSchema
from tieline.records.issue import RemoteKind
from tieline.records.record import RecordKind

DEFAULT = build_default_mapping(ROAD)


def features(**changes: object) -> Mapping:
    """The default mapping of features alone, with something changed."""
    rule = DEFAULT.kind(RecordKind.FEATURE)
    assert rule is not None
    return replace(DEFAULT, kinds=(replace(rule, **changes),))  # type: ignore[arg-type]


def rows(*changed: FieldRule) -> tuple[FieldRule, ...]:
    rule = DEFAULT.kind(RecordKind.FEATURE)
    assert rule is not None
    ours = {one.ours for one in changed}
    return (*(one for one in rule.fields if one.ours not in ours), *changed)


def only(mapping: Mapping, schema: ProjectSchema = ROAD) -> MappingProblem:
    (problem,) = find_problems(mapping, schema)
    return problem


def test_a_date_that_meets_a_text_is_told_as_in_the_guide() -> None:
    problem = only(features(fields=rows(FieldRule(ours="due", theirs=TARGET.id))))
    assert problem.slug == "map-type-mismatch"
    assert problem.sentence == "“Due date” is a date, but Jira's “Target” is text. Choose a date field."
    assert (problem.kind, problem.field) == (RecordKind.FEATURE, "due")


def test_a_date_may_meet_another_date_field() -> None:
    assert find_problems(features(fields=rows(FieldRule(ours="due", theirs=LANDING.id))), ROAD) == ()


def test_required_fields_that_nothing_feeds_stand_on_top() -> None:
    mapping = features(fields=rows(FieldRule(ours="due", theirs=TARGET.id)))
    first, second = find_problems(mapping, road_with(story_with(TEAM)))
    assert first.slug == "map-required-unfed"
    assert first.sentence == (
        "Jira demands “Team” for every new Story, and nothing feeds it. Map a field to it or set a fixed value."
    )
    assert second.slug == "map-type-mismatch"


def test_a_fixed_value_or_a_default_of_jira_feeds_a_required_field() -> None:
    fed = features(constants={TEAM.id: {"id": "1"}})
    assert find_problems(fed, road_with(story_with(TEAM))) == ()
    assert find_problems(features(), road_with(story_with(replace(TEAM, has_default=True)))) == ()


def test_a_required_field_that_only_comes_from_jira_is_not_fed() -> None:
    required = replace(STORY, create_fields=(SUMMARY, replace(DESCRIPTION, required=True)))
    mapping = features(
        fields=(
            FieldRule(ours="name", theirs="summary"),
            FieldRule(ours="description", theirs="description", direction=Direction.FROM_JIRA),
        ),
        statuses=(),
    )
    assert [one.slug for one in find_problems(mapping, road_with(required))] == ["map-required-unfed"]


def test_a_field_that_is_not_on_the_screen_cannot_be_sent() -> None:
    bare = road_with(replace(STORY, create_fields=tuple(one for one in STORY.create_fields if one.id != "duedate")))
    problem = only(features(), bare)
    assert problem.sentence == (
        "Jira's “Due date” is not on the create screen of Story, so “Due date” cannot be sent. "
        "A Jira admin can add it to the screen; or let the field go from Jira only."
    )
    from_jira = features(fields=rows(FieldRule(ours="due", theirs="duedate", direction=Direction.FROM_JIRA)))
    assert find_problems(from_jira, bare) == ()


def test_an_issue_type_that_went_away_is_told_with_the_ones_there_are() -> None:
    problem = only(features(issue_type_id="1", issue_type_name="Idea"))
    assert problem.sentence == "ROAD has no issue type “Idea” for features. Choose one of “Story”, “Sub-task”."


def test_a_sub_task_needs_its_feature_mapped() -> None:
    rule = DEFAULT.kind(RecordKind.REQUIREMENT)
    assert rule is not None
    problem = only(replace(DEFAULT, kinds=(rule,)))
    assert (
        problem.sentence
        == "A requirement becomes a Sub-task, which needs its feature's issue above it. Map features too."
    )


def test_a_type_that_stands_alone_does_not_go_below_a_feature() -> None:
    assert [one.slug for one in find_problems(features(child=True), ROAD)] == ["map-type-level", "map-parent-unmapped"]
    assert (
        only(features(issue_type_id=SUB_TASK.id, fields=(FieldRule(ours="name", theirs="summary"),))).slug
        == "map-type-level"
    )


def test_two_rows_on_one_field_of_jira_are_one_too_many() -> None:
    clash = FieldRule(ours="description", theirs="summary")
    assert only(features(fields=rows(clash))).sentence == (
        "“Name” and “Description” both meet Jira's “Summary”. Keep one of the two."
    )


def test_a_name_must_reach_jira() -> None:
    silent = FieldRule(ours="name", theirs="summary", direction=Direction.FROM_JIRA)
    assert {one.slug for one in find_problems(features(fields=rows(silent)), ROAD)} == {
        "map-required-unfed",
        "map-name-unfed",
    }


def test_a_status_without_a_counterpart_is_a_warning() -> None:
    to_jira = FieldRule(ours="status", theirs="status", direction=Direction.TO_JIRA)
    pairs = (StatusPair(ours="done", theirs="3"),)
    found = find_problems(features(fields=rows(to_jira), statuses=pairs), ROAD)
    assert {one.severity for one in found} == {Severity.WARNS}
    assert [one.facts["status"] for one in found] == ["New", "Ready", "In progress", "In review"]
    assert found[0].sentence == "The status “New” stays here: nothing in Jira is paired with it."
    following = find_problems(features(statuses=pairs), ROAD)
    assert [one.facts["status"] for one in following] == ["To Do", "In Progress"]


def test_a_status_without_any_pair_stops() -> None:
    assert only(features(statuses=())).slug == "map-status-no-pairs"


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        (
            StatusPair(ours="blocked", theirs="1"),
            "This workspace has no status “blocked” (any more). Pair another one.",
        ),
        (
            StatusPair(ours="new", theirs="77", theirs_name="Frozen"),
            "The workflow in Jira has no status “Frozen” (any more). Pair another one.",
        ),
    ],
)
def test_a_pair_with_a_status_that_went_away_is_told(pair: StatusPair, told: str) -> None:
    rule = DEFAULT.kind(RecordKind.FEATURE)
    assert rule is not None
    problem = only(features(statuses=(*rule.statuses, pair)))
    assert (problem.slug, problem.sentence) == ("map-status-unknown", told)


def test_another_project_is_told() -> None:
    assert only(replace(features(), project_id="1", project_key="PIER")).sentence == (
        "The mapping was made for project PIER, and Jira shows ROAD. Choose the project again."
    )


def test_an_empty_mapping_is_told() -> None:
    assert only(replace(DEFAULT, kinds=())).slug == "map-empty"


def every_problem() -> list[MappingProblem]:
    """Problems of many kinds, for what holds of them all."""
    broken = KindRule(
        kind=RecordKind.REQUIREMENT,
        remote_kind=RemoteKind.ISSUE,
        issue_type_id=SUB_TASK.id,
        child=True,
        fields=(
            FieldRule(ours="name", theirs="summary"),
            FieldRule(ours="due", theirs="summary"),
            FieldRule(ours="colour", theirs="x"),
            FieldRule(ours="assignee", theirs="description"),
            FieldRule(ours="tags", theirs="labels"),
            FieldRule(ours="status", theirs="status", direction=Direction.BOTH),
        ),
        statuses=(StatusPair(ours="gone", theirs="88"),),
    )
    odd = IssueType(
        id="5",
        name="Odd",
        subtask=False,
        level=0,
        create_fields=tuple(
            jira_field(f"f{index}", f"Field {index}", type, items=items)
            for index, (type, items) in enumerate(
                [
                    ("number", None),
                    ("array", "option"),
                    ("array", None),
                    ("user", None),
                    ("datetime", None),
                    ("votes", None),
                ]
            )
        ),
    )
    names = ("name", "description", "assignee", "due", "tags", "release")
    odd_rule = KindRule(
        kind=RecordKind.FEATURE,
        remote_kind=RemoteKind.ISSUE,
        issue_type_id="5",
        fields=tuple(FieldRule(ours=name, theirs=f"f{index}") for index, name in enumerate(names)),
    )
    schema = road_with(STORY, SUB_TASK, odd)
    return [
        *find_problems(replace(DEFAULT, project_id="1", kinds=(broken,)), schema),
        *find_problems(replace(DEFAULT, kinds=(odd_rule,)), schema),
        *find_problems(features(issue_type_id="1"), schema),
    ]


def test_problems_are_whole_sentences_without_blame() -> None:
    found = every_problem()
    assert len({one.slug for one in found}) >= 9
    for problem in found:
        assert re.fullmatch(r"[“A-Z].*\.", problem.sentence, re.DOTALL), problem.sentence
        assert not re.search(r"\b(error|oops|please|invalid|wrong|fail)|!", problem.sentence, re.IGNORECASE)
        assert re.fullmatch(r"map-[a-z-]+", problem.slug)


def test_the_choices_of_a_field_are_those_that_fit_the_usual_one_first() -> None:
    assert [one.name for one in candidates(RecordKind.FEATURE, "due", STORY)] == ["Due date", "Landing"]
    assert [one.name for one in candidates(RecordKind.FEATURE, "name", STORY)] == ["Summary", "Target"]
    assert [one.id for one in candidates(RecordKind.FEATURE, "status", STORY)] == ["status"]
    assert [one.name for one in candidates(RecordKind.RELEASE, "due", None)] == ["Release date"]
    assert candidates(RecordKind.RELEASE, "tags", STORY) == ()
