from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sync.world import LOOKUPS, mapping_with
from tieline.mapping.convert import Converted, Terms, Unconvertible, from_remote, to_remote
from tieline.mapping.model import FieldRule
from tieline.mapping.values import LONGEST_LINE, as_labels, as_line, labels_back
from tieline.records.issue import Edition
from tieline.records.record import RecordKind


def terms(kind: RecordKind = RecordKind.FEATURE, edition: Edition = Edition.CLOUD) -> Terms:
    mapping = mapping_with(kind)
    rule = mapping.kind(kind)
    assert rule is not None
    return Terms(
        mapping=mapping,
        kind=rule,
        edition=edition,
        people=LOOKUPS.people,
        people_back=LOOKUPS.people_back,
        versions=LOOKUPS.versions,
        versions_back=LOOKUPS.versions_back,
    )


def rule(name: str, kind: RecordKind = RecordKind.FEATURE) -> FieldRule:
    return next(one for one in terms(kind).kind.fields if one.ours == name)


def there(name: str, value: Any, kind: RecordKind = RecordKind.FEATURE, **more: Any) -> Any:
    converted = to_remote(rule(name, kind), value, terms(kind), **more)
    assert isinstance(converted, Converted), converted
    return converted.value


def back(name: str, value: Any, kind: RecordKind = RecordKind.FEATURE, **more: Any) -> Any:
    converted = from_remote(rule(name, kind), value, terms(kind), **more)
    assert isinstance(converted, Converted), converted
    return converted.value


# --- names


def test_a_name_is_cut_where_jira_cuts_and_that_is_said() -> None:
    converted = to_remote(rule("name"), "x" * 300, terms())
    assert converted == Converted(
        value="x" * 255, losses=("Jira holds 255 characters of a name: the last 45 were cut.",)
    )


def test_a_name_is_counted_as_java_counts_and_no_character_is_split() -> None:
    assert there("name", "x" * 254 + "⛴🚢") == "x" * 254 + "⛴"
    assert there("name", "🚢" * 200) == "🚢" * 127


def test_line_breaks_in_a_name_become_blanks_and_that_is_said() -> None:
    converted = to_remote(rule("name"), " Night\r\nferry ", terms())
    assert converted == Converted(
        value="Night ferry", losses=("Jira holds a name on one line: line breaks became blanks.",)
    )


def test_an_empty_name_is_not_carried_either_way() -> None:
    assert to_remote(rule("name"), " \n ", terms()) == Unconvertible(slug="map-name-empty", facts={"field": "name"})
    assert from_remote(rule("name"), None, terms()) == Unconvertible(slug="map-name-empty", facts={"field": "summary"})


@given(st.text(max_size=400))
def test_a_line_is_one_line_short_enough_and_stable(text: str) -> None:
    line, losses = as_line(text)
    if line is None:
        assert not text.strip()
        return
    assert line == line.strip()
    assert len(line.splitlines()) == 1
    assert len(line.encode("utf-16-le", "surrogatepass")) // 2 <= LONGEST_LINE
    assert as_line(line) == (line, ())
    assert losses or line == text.strip()


# --- tags


@given(st.lists(st.text(max_size=20), max_size=6))
def test_labels_hold_no_blanks_and_come_back_as_the_tags_they_were(tags: list[str]) -> None:
    labels = as_labels(tags)
    assert all(label and not any(letter.isspace() for letter in label) for label in labels or ())
    assert labels_back(labels or (), known=(tags,)) == (sorted({tag for tag in tags if tag.strip()}) or None)


@given(st.lists(st.text(max_size=20).filter(lambda one: one.strip()), max_size=6))
def test_labels_of_jira_come_and_go_unchanged(tags: list[str]) -> None:
    labels = as_labels(tags)
    assert there("tags", back("tags", labels)) == labels


def test_a_tag_with_blanks_is_said() -> None:
    converted = to_remote(rule("tags"), ["night", "two words"], terms())
    assert converted == Converted(
        value=["night", "two_words"],
        losses=("Labels in Jira hold no blanks and at most 255 characters: “two words” goes as “two_words”.",),
    )


def test_our_own_spelling_is_preferred_to_the_one_agreed_on_before() -> None:
    assert back("tags", ["two_words"], ours=["two  words"], agreed_ours=["two words"]) == ["two  words"]


# --- people


def test_the_mappings_own_table_of_people_comes_first() -> None:
    own = terms()
    own = replace(own, mapping=replace(own.mapping, people={"Bob@ferry.example": "u-robert"}))
    assert to_remote(rule("assignee"), "bob@ferry.example", own) == Converted(value="u-robert")
    assert from_remote(rule("assignee"), "u-robert", own) == Converted(value="Bob@ferry.example")
    assert from_remote(rule("assignee"), "u-bob", own) == Converted(value="bob@ferry.example")


def test_a_person_without_a_counterpart_is_told_and_nobody_is_unassigned() -> None:
    assert to_remote(rule("assignee"), "zoe@ferry.example", terms()) == Unconvertible(
        slug="map-person-unmatched", facts={"person": "zoe@ferry.example", "side": "ours"}
    )
    assert from_remote(rule("assignee"), "u-zoe", terms()) == Unconvertible(
        slug="map-person-unmatched", facts={"person": "u-zoe", "side": "theirs"}
    )
    assert there("assignee", None) is None
    assert back("assignee", None) is None


# --- dates, statuses


@pytest.mark.parametrize("value", ["tomorrow", "2026-13-01", 7])
def test_a_date_that_is_none_is_told(value: object) -> None:
    converted = from_remote(rule("due"), value, terms())
    assert converted == Unconvertible(slug="map-value-unreadable", facts={"field": "due", "value": str(value)})


def test_the_first_pair_of_a_status_is_taken_each_way() -> None:
    assert there("status", "ready") == "1"
    assert back("status", "1") == "new"
    assert there("status", "in-progress") == "2"
    assert back("status", "4") == "in-progress"


def test_a_release_is_released_or_not() -> None:
    assert there("status", "released", RecordKind.RELEASE) is True
    assert there("status", "planned", RecordKind.RELEASE) is False
    assert back("status", True, RecordKind.RELEASE) == "released"
    assert back("status", False, RecordKind.RELEASE) == "planned"


# --- releases


def test_only_our_own_version_is_exchanged() -> None:
    assert there("release", "r2", kept=["101", "999"], agreed_ours="r1", agreed_theirs=["101"]) == ["102", "999"]
    assert there("release", None, kept=["101", "999"], agreed_ours="r1", agreed_theirs=["101"]) == ["999"]


def test_a_linked_version_that_was_there_before_stays() -> None:
    agreed = {"agreed_ours": "r1", "agreed_theirs": ["101", "102"]}
    assert there("release", None, kept=["101", "102"], **agreed) == ["102"]


def test_of_several_linked_versions_ours_stays_else_the_first() -> None:
    assert back("release", ["101", "102"], ours="r2") == "r2"
    assert back("release", ["999", "102", "101"], ours=None) == "r2"
    assert back("release", ["999"], ours="r2") is None


def test_a_release_without_a_version_is_told() -> None:
    converted = to_remote(rule("release"), "r3", terms(), kept=["999"])
    assert converted == Unconvertible(slug="map-version-unlinked", facts={"release": "r3"})


# --- descriptions


def test_a_description_is_a_document_on_cloud_and_wiki_markup_on_data_center() -> None:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": "Sails."}]}
    assert there("description", "Sails.") == {"type": "doc", "version": 1, "content": [paragraph]}
    on_data_center = to_remote(rule("description"), "**Sails.**", terms(edition=Edition.DATA_CENTER))
    assert on_data_center == Converted(value="*Sails.*")


def test_the_description_of_a_version_is_plain_text() -> None:
    assert there("description", "All *boats*.\r\n", RecordKind.RELEASE) == "All *boats*."
    assert back("description", "", RecordKind.RELEASE) is None


def test_a_field_that_the_record_does_not_have_is_told() -> None:
    odd = FieldRule(ours="colour", theirs="customfield_1")
    assert to_remote(odd, "red", terms()) == Unconvertible(slug="map-field-unknown", facts={"field": "colour"})
    assert from_remote(odd, "red", terms()) == Unconvertible(slug="map-field-unknown", facts={"field": "colour"})


TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=60)
THEIRS: dict[str, st.SearchStrategy[Any]] = {
    "name": TEXT.filter(lambda one: one.strip()).map(str.strip),
    "status": st.sampled_from(["1", "2", "3", "4", "5"]),
    "assignee": st.sampled_from([None, "u-ann", "u-bob"]),
    "due": st.none() | st.dates().map(lambda one: one.isoformat()),
    "tags": st.lists(TEXT, max_size=4).map(as_labels),
    "release": st.lists(st.sampled_from(["101", "102"]), max_size=1).map(lambda one: one or None),
}


@pytest.mark.parametrize("name", THEIRS)
@given(data=st.data())
def test_a_value_of_jira_read_and_sent_back_is_stable_after_one_pass(name: str, data: st.DataObject) -> None:
    once = there(name, back(name, data.draw(THEIRS[name])))
    assert there(name, back(name, once)) == once
