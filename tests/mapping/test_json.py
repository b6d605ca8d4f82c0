from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mapping.project import ROAD
from tieline.mapping.defaults import build_default_mapping
from tieline.mapping.fields import our_fields
from tieline.mapping.json import MappingReadProblem, mapping_as_json, parse_mapping, parse_saved_mapping
from tieline.mapping.model import ClashPolicy, Direction, FieldRule, KindRule, Mapping, StatusPair
from tieline.records.issue import RemoteKind
from tieline.records.record import RecordKind

TEXT = st.text(min_size=1, max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def kind_rules(draw: st.DrawFn, kind: RecordKind) -> KindRule:
    names = draw(st.lists(st.sampled_from([one.name for one in our_fields(kind)]), unique=True))
    is_release = kind is RecordKind.RELEASE
    rules = [
        FieldRule(
            ours=name,
            theirs=draw(TEXT),
            direction=draw(st.sampled_from(tuple(Direction))),
            policy=draw(st.sampled_from(tuple(ClashPolicy))),
        )
        for name in names
    ]
    return KindRule(
        kind=kind,
        remote_kind=RemoteKind.VERSION if is_release else RemoteKind.ISSUE,
        issue_type_id=None if is_release else draw(TEXT),
        issue_type_name="" if is_release else draw(st.text(max_size=12)),
        fields=tuple(rules),
        statuses=tuple(
            draw(st.lists(st.builds(StatusPair, ours=TEXT, theirs=TEXT, theirs_name=st.text()), max_size=3))
        ),
        constants=draw(st.dictionaries(TEXT, JSON, max_size=2)),
        child=draw(st.booleans()),
    )


@st.composite
def mappings(draw: st.DrawFn) -> Mapping:
    kinds = draw(st.lists(st.sampled_from(tuple(RecordKind)), unique=True))
    return Mapping(
        project_key=draw(TEXT),
        project_id=draw(TEXT),
        kinds=tuple(draw(kind_rules(kind)) for kind in kinds),
        people=draw(st.dictionaries(TEXT, TEXT, max_size=3)),
    )


@given(mappings())
def test_a_mapping_written_and_read_is_the_same(mapping: Mapping) -> None:
    assert parse_mapping(json.loads(json.dumps(mapping_as_json(mapping)))) == mapping


@given(JSON)
def test_any_other_json_is_told_and_never_raises(payload: Any) -> None:
    problems = parse_mapping(payload)
    assert isinstance(problems, tuple)
    assert problems


@given(mappings(), st.data())
def test_one_part_taken_out_is_told_by_its_path(mapping: Mapping, data: st.DataObject) -> None:
    written = mapping_as_json(mapping)
    part = data.draw(st.sampled_from(sorted(written)))
    del written[part]
    assert parse_mapping(written) == (MappingReadProblem(path=part, sentence="This part is missing."),)


def written() -> dict[str, Any]:
    return mapping_as_json(build_default_mapping(ROAD))


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (("format",), 2, ("format", "The format is “2”; this release reads format 1.")),
        (("kinds", 0, "kind"), "idea", ("kinds[0].kind", "“idea” is not one of feature, requirement, release.")),
        (("kinds", 0, "remote"), "version", ("kinds[0].remote", "Releases meet versions, every other kind meets issues.")),
        (("kinds", 0, "issue_type"), None, ("kinds[0].issue_type", "Choose an issue type: every issue has one.")),
        (("kinds", 1, "kind"), "feature", ("kinds[1]", "“feature” is mapped twice; keep one.")),
        (
            ("kinds", 0, "fields", 0, "direction"),
            "up",
            ("kinds[0].fields[0].direction", "“up” is not one of to-jira, from-jira, both, set-once."),
        ),
        (("kinds", 0, "fields", 1, "ours"), "name", ("kinds[0].fields[1].ours", "“name” is mapped twice; keep one row.")),
        (("kinds", 0, "fields", 1, "theirs"), 7, ("kinds[0].fields[1].theirs", "Expected text, found “7”.")),
        (("kinds", 0, "child"), "yes", ("kinds[0].child", "Expected true or false, found “yes”.")),
        (("kinds", 2, "fields", 0, "ours"), "tags", ("kinds[2].fields[0].ours", "A release has no field “tags”; it has name, description, due, status.")),
        (("extra",), 1, ("extra", "Unknown part; known ones are format, project, kinds, people.")),
        (("people",), [], ("people", "Expected an object, found a list.")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(path: tuple[Any, ...], value: Any, told: tuple[str, str]) -> None:
    payload: Any = written()
    inner = payload
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    problems = parse_mapping(payload)
    assert isinstance(problems, tuple)
    assert [(one.path, one.sentence) for one in problems] == [told]


def test_everything_wrong_is_told_at_once() -> None:
    payload = written()
    payload["kinds"][0]["fields"][0]["direction"] = "up"
    payload["kinds"][0]["fields"][1]["policy"] = "loudest"
    problems = parse_mapping(payload)
    assert isinstance(problems, tuple)
    assert [one.path for one in problems] == ["kinds[0].fields[0].direction", "kinds[0].fields[1].policy"]


def test_a_stored_mapping_that_is_damaged_is_our_own_mistake() -> None:
    assert parse_saved_mapping(written()) == build_default_mapping(ROAD)
    with pytest.raises(ValueError, match=r"kinds: Expected a list, found “none”\."):
        parse_saved_mapping({**written(), "kinds": "none"})
