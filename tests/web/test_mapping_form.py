"""The mapping as a form: what is shown comes back as the same mapping, and what is chosen counts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.schema import STATUSES, schema_of_road
from tieline.mapping.defaults import build_default_mapping
from tieline.mapping.model import ClashPolicy, Direction, Mapping
from tieline.mapping.problems import find_problems
from tieline.records.record import DEFAULT_STATUSES, RecordKind
from tieline.web.forms.mapping import build_kind_forms, build_posted_mapping, build_stops, order_pairs


def posted_from(mapping: Mapping, *, demanding: bool = False) -> dict[str, str]:
    """What a browser would send for the form of this mapping."""
    schema = schema_of_road(demanding=demanding)
    sent: dict[str, str] = {}
    for kind in build_kind_forms(mapping, schema, find_problems(mapping, schema)):
        sent[f"{kind.name}-type"] = kind.type
        for row in kind.rows:
            sent[f"{kind.name}-{row.name}-direction"] = row.direction
            sent[f"{kind.name}-{row.name}-theirs"] = row.theirs
            sent[f"{kind.name}-{row.name}-policy"] = row.policy
        for one in kind.statuses:
            sent[f"{kind.name}-from-{one.id}"] = one.ours
        for one in kind.sent:
            sent[f"{kind.name}-to-{one.slug}"] = one.theirs
        for one in kind.required:
            sent[f"{kind.name}-constant-{one.id}"] = one.value
    return sent


def test_a_form_sent_back_untouched_is_the_same_mapping():
    mapping = build_default_mapping(schema_of_road())
    again = build_posted_mapping(posted_from(mapping), mapping, schema_of_road())
    assert [(rule.kind, rule.fields, set(rule.statuses)) for rule in again.kinds] == [
        (rule.kind, rule.fields, set(rule.statuses)) for rule in mapping.kinds
    ]


def test_direction_and_policy_are_taken_over():
    mapping = build_default_mapping(schema_of_road())
    sent = posted_from(mapping) | {"feature-due-direction": "from-jira", "feature-due-policy": "ask"}
    rule = build_posted_mapping(sent, mapping, schema_of_road()).kind(RecordKind.FEATURE)
    due = next(one for one in rule.fields if one.ours == "due")
    assert (due.direction, due.policy) == (Direction.FROM_JIRA, ClashPolicy.ASK)


def test_a_field_that_is_not_carried_is_left_out():
    mapping = build_default_mapping(schema_of_road())
    sent = posted_from(mapping) | {"feature-tags-direction": ""}
    rule = build_posted_mapping(sent, mapping, schema_of_road()).kind(RecordKind.FEATURE)
    assert "tags" not in {one.ours for one in rule.fields}


def test_a_kind_that_meets_nothing_is_left_out():
    mapping = build_default_mapping(schema_of_road())
    sent = posted_from(mapping) | {"requirement-type": "", "release-type": ""}
    assert [rule.kind for rule in build_posted_mapping(sent, mapping, schema_of_road()).kinds] == [RecordKind.FEATURE]


def test_another_issue_type_brings_its_own_suggestions():
    mapping = build_default_mapping(schema_of_road())
    rule = build_posted_mapping(posted_from(mapping) | {"feature-type": "12"}, mapping, schema_of_road()).kind(
        RecordKind.FEATURE
    )
    assert rule.issue_type_name == "Epic"
    assert rule.statuses


def test_a_field_that_jira_demands_stands_on_top_and_takes_a_fixed_value():
    schema = schema_of_road(demanding=True)
    mapping = build_default_mapping(schema)
    stops = build_stops(find_problems(mapping, schema))
    assert "“Team”" in stops[0].sentence
    assert stops[0].anchor == "feature-constant-customfield_10050-field"
    sent = posted_from(mapping, demanding=True) | {"feature-constant-customfield_10050": "8"}
    filled = build_posted_mapping(sent, mapping, schema)
    assert filled.kind(RecordKind.FEATURE).constants == {"customfield_10050": {"id": "8"}}
    assert build_stops(find_problems(filled, schema)) == []


@pytest.mark.parametrize(
    "garbage",
    [
        {"feature-type": "999"},
        {"feature-name-direction": "sideways"},
        {"feature-from-1": "no-such"},
        {"feature-name-policy": "\x00"},
    ],
)
def test_garbage_in_the_form_makes_no_broken_mapping(garbage):
    mapping = build_default_mapping(schema_of_road())
    chosen = build_posted_mapping(posted_from(mapping) | garbage, mapping, schema_of_road())
    assert chosen.kind(RecordKind.FEATURE) is not None
    assert {rule.direction for rule in chosen.kind(RecordKind.FEATURE).fields} <= set(Direction)


OURS = [one.slug for one in DEFAULT_STATUSES]
THEIRS = {one.id: one for one in STATUSES}


@given(
    pulled=st.dictionaries(st.sampled_from(list(THEIRS)), st.sampled_from(OURS)),
    sent=st.dictionaries(st.sampled_from(OURS), st.sampled_from(list(THEIRS))),
)
@settings(max_examples=200, deadline=None)
def test_what_jira_sends_always_becomes_what_was_chosen(pulled, sent):
    pairs = order_pairs(pulled, sent, THEIRS)
    first: dict[str, str] = {}
    for pair in pairs:
        first.setdefault(pair.theirs, pair.ours)
    assert {theirs: first[theirs] for theirs in pulled} == pulled
    assert {(pair.ours, pair.theirs) for pair in pairs} == {(o, t) for t, o in pulled.items()} | set(sent.items())


def test_both_ways_hold_where_several_of_ours_share_one_of_theirs():
    pairs = order_pairs(
        {"1": "new", "2": "in-progress"}, {"new": "1", "ready": "1", "in-progress": "2", "in-review": "2"}, THEIRS
    )
    sends: dict[str, str] = {}
    becomes: dict[str, str] = {}
    for pair in pairs:
        sends.setdefault(pair.ours, pair.theirs)
        becomes.setdefault(pair.theirs, pair.ours)
    assert sends == {"new": "1", "ready": "1", "in-progress": "2", "in-review": "2"}
    assert becomes == {"1": "new", "2": "in-progress"}
