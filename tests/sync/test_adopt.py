from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sync.world import LOOKUPS, mapping_with
from tieline.mapping.model import Direction, Mapping
from tieline.records.ids import IssueId, IssueKey, LinkId, RecordId, WorkspaceId
from tieline.records.issue import Edition, Issue, Person, RemoteKind, Version
from tieline.records.record import Record, RecordKind
from tieline.sync.adopt import (
    Adopted,
    canonical_issue,
    canonical_record,
    canonical_version,
    people_in,
    record_fields_of,
)
from tieline.sync.plan import plan
from tieline.sync.snapshot import FieldBaseline, Snapshot
from tieline.sync.steps import FieldProblem

BODY = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Sails at ten."}]}],
}
ISSUE = Issue(
    id=IssueId("9001"),
    key=IssueKey("ROAD-1"),
    project_key="ROAD",
    type_id="10001",
    type_name="Story",
    summary="Night ferry",
    description=BODY,
    status_id="2",
    status_name="In Progress",
    status_category="indeterminate",
    assignee=Person(id="u-bob", name="Bob", email="bob@ferry.example"),
    due=date(2026, 5, 1),
    labels=("winter", "harbour"),
    fix_versions=(IssueId("999"), IssueId("101")),
    parent=None,
    updated=datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
    fields={"customfield_10021": "2026-06-01"},
)
VERSION = Version(
    id=IssueId("101"),
    name="Spring",
    project_id="10000",
    description="",
    release_date=date(2026, 4, 1),
    start_date=None,
    released=True,
    archived=False,
)


def adopt(issue: Issue | Version, mapping: Mapping | None = None, edition: Edition = Edition.CLOUD) -> Adopted:
    kind = RecordKind.RELEASE if isinstance(issue, Version) else RecordKind.FEATURE
    mapping = mapping or mapping_with(kind)
    rule = mapping.kind(kind)
    assert rule is not None
    return record_fields_of(issue, rule, mapping, LOOKUPS, edition)


def link_to(
    issue: Issue, adopted: Adopted, edition: Edition = Edition.CLOUD, mapping: Mapping | None = None
) -> Snapshot:
    return Snapshot(
        link=LinkId("l1"),
        record=RecordId("f1"),
        kind=RecordKind.FEATURE,
        remote_kind=RemoteKind.ISSUE,
        edition=edition,
        ours={**dict.fromkeys(("assignee", "status", "release"), None), **adopted.fields},
        theirs=canonical_issue(issue),
        baseline=adopted.baseline,
        mapping=mapping or mapping_with(),
        lookups=LOOKUPS,
    )


def test_an_issue_becomes_a_record_with_all_its_mapped_fields() -> None:
    adopted = adopt(ISSUE)
    assert adopted.fields == {
        "name": "Night ferry",
        "description": "Sails at ten.",
        "status": "in-progress",
        "assignee": "bob@ferry.example",
        "due": "2026-05-01",
        "tags": ["harbour", "winter"],
        "release": "r1",
    }
    assert adopted.baseline["description"] == FieldBaseline(ours="Sails at ten.", theirs=BODY)
    assert adopted.baseline["release"] == FieldBaseline(ours="r1", theirs=["101"])
    assert adopted.problems == ()


def test_an_imported_record_is_in_step_from_the_start() -> None:
    assert plan(link_to(ISSUE, adopt(ISSUE))).in_step


def test_an_import_takes_over_fields_that_go_to_jira_only() -> None:
    mapping = mapping_with(directions={"due": Direction.TO_JIRA, "tags": Direction.SET_ONCE})
    adopted = adopt(ISSUE, mapping)
    assert adopted.fields["due"] == "2026-05-01"
    assert adopted.fields["tags"] == ["harbour", "winter"]
    assert plan(link_to(ISSUE, adopted, mapping=mapping)).in_step


def test_what_cannot_be_taken_over_is_told_and_asked_again_later() -> None:
    stranger = replace(ISSUE, assignee=Person(id="u-zoe", name="Zoe"), status_id="9")
    adopted = adopt(stranger)
    told = (
        FieldProblem(field="status", slug="map-status-unmapped", facts={"status": "9", "side": "theirs"}),
        FieldProblem(field="assignee", slug="map-person-unmatched", facts={"person": "u-zoe", "side": "theirs"}),
    )
    assert adopted.problems == told
    assert not {"status", "assignee"} & set(adopted.fields)
    assert plan(link_to(stranger, adopted)).steps == told


def test_a_version_becomes_a_release() -> None:
    adopted = adopt(VERSION)
    assert adopted.fields == {"name": "Spring", "description": None, "due": "2026-04-01", "status": "released"}
    assert adopted.baseline["status"] == FieldBaseline(ours="released", theirs=True)


def test_a_name_is_taken_over_even_when_it_is_not_mapped() -> None:
    mapping = mapping_with()
    rule = mapping.kinds[0]
    nameless = replace(mapping, kinds=(replace(rule, fields=tuple(one for one in rule.fields if one.ours != "name")),))
    assert adopt(ISSUE, nameless).fields["name"] == "Night ferry"


def test_an_issue_in_canonical_form_has_what_the_answer_had() -> None:
    assert canonical_issue(ISSUE) == {
        "summary": "Night ferry",
        "description": BODY,
        "status": "2",
        "assignee": "u-bob",
        "duedate": "2026-05-01",
        "labels": ["harbour", "winter"],
        "fixVersions": ["999", "101"],
        "parent": None,
        "customfield_10021": "2026-06-01",
    }
    bare = replace(ISSUE, due=None, assignee=None, labels=(), fix_versions=(), absent=frozenset({"duedate"}))
    read = canonical_issue(bare)
    assert "duedate" not in read
    assert [read[name] for name in ("assignee", "labels", "fixVersions")] == [None, None, None]


def test_a_version_in_canonical_form() -> None:
    assert canonical_version(VERSION) == {
        "name": "Spring",
        "description": None,
        "releaseDate": "2026-04-01",
        "startDate": None,
        "released": True,
        "archived": False,
    }


def test_a_record_in_canonical_form_has_the_fields_of_its_kind() -> None:
    feature = Record(
        id=RecordId("f1"),
        workspace=WorkspaceId("w1"),
        kind=RecordKind.FEATURE,
        ref="FERRY-1",
        name="Night ferry",
        description="Sails.\r\n",
        due=date(2026, 5, 1),
        tags=("night",),
        release=RecordId("r1"),
    )
    assert canonical_record(feature) == {
        "name": "Night ferry",
        "description": "Sails.",
        "status": "new",
        "due": "2026-05-01",
        "assignee": None,
        "tags": ["night"],
        "release": "r1",
    }
    assert set(canonical_record(replace(feature, kind=RecordKind.REQUIREMENT))) == {
        "name",
        "description",
        "status",
        "due",
        "assignee",
        "tags",
        "parent",
    }
    assert set(canonical_record(replace(feature, kind=RecordKind.RELEASE))) == {"name", "description", "status", "due"}


def test_an_issue_tells_the_address_of_its_assignee() -> None:
    assert people_in(ISSUE) == {"u-bob": "bob@ferry.example"}
    assert people_in(replace(ISSUE, assignee=Person(id="u-zoe", name="Zoe"))) == {}


WIKI = st.text(alphabet=st.sampled_from("ab *_-#|{}[]\n\\!h1.~"), max_size=40)


@settings(max_examples=150, deadline=None)
@given(
    summary=st.text(min_size=1, max_size=40).filter(lambda one: bool(one.strip())),
    description=WIKI | st.none(),
    labels=st.lists(st.text(min_size=1, max_size=8), max_size=3),
    due=st.none() | st.dates(),
)
def test_whatever_an_issue_holds_its_import_is_in_step(
    summary: str, description: Any, labels: list[str], due: Any
) -> None:
    issue = replace(ISSUE, summary=summary, description=description, labels=tuple(labels), due=due)
    link = link_to(issue, adopt(issue, edition=Edition.DATA_CENTER), Edition.DATA_CENTER)
    assert plan(link).in_step
