from __future__ import annotations

from dataclasses import replace

from tests.mapping.project import ROAD
from tieline.mapping.defaults import build_default_mapping
from tieline.mapping.model import ClashPolicy, Direction
from tieline.mapping.sentence import describe
from tieline.records.record import RecordKind


def test_the_default_mapping_in_plain_words() -> None:
    assert describe(build_default_mapping(ROAD), ROAD) == (
        "A feature here is a Story in ROAD; its status follows Jira.",
        "Name (“Summary”), description, assignee, due date, tags (“Labels”) and release (“Fix versions”) go both ways.",
        "When both sides change name, description, assignee, due date or release, the newer change wins.",
        "A requirement here is a Sub-task in ROAD, below its feature's issue; its status follows Jira.",
        "Name (“Summary”), description and assignee go both ways.",
        "When both sides change name, description or assignee, the newer change wins.",
        "A release here is a version of ROAD; its status follows Jira.",
        "Name, description and release date go both ways.",
        "When both sides change name, description or release date, the newer change wins.",
    )


def test_directions_and_policies_are_told_apart() -> None:
    mapping = build_default_mapping(ROAD)
    rule = mapping.kind(RecordKind.RELEASE)
    assert rule is not None
    name, description, due, status = rule.fields
    changed = replace(
        rule,
        fields=(
            replace(name, policy=ClashPolicy.ASK),
            replace(description, direction=Direction.SET_ONCE),
            replace(due, direction=Direction.TO_JIRA),
            replace(status, direction=Direction.TO_JIRA),
        ),
    )
    assert describe(replace(mapping, kinds=(changed,)), ROAD) == (
        "A release here is a version of ROAD; Jira's status follows it.",
        "Name goes both ways.",
        "Release date goes to Jira only.",
        "Description is set in Jira once, when it is made there.",
        "When both sides change name, a person decides.",
    )


def test_an_empty_mapping_says_so() -> None:
    assert describe(replace(build_default_mapping(ROAD), kinds=()), ROAD) == ("Nothing is mapped to ROAD.",)
