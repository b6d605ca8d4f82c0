"""A small world for planning: one mapping, two people, three releases, a workflow; and a way to do a plan in it."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tieline.mapping.model import ClashPolicy, Direction, FieldRule, KindRule, Mapping, StatusPair
from tieline.records.ids import LinkId, RecordId
from tieline.records.issue import Edition, RemoteKind
from tieline.records.record import RecordKind
from tieline.richtext.body import body_of
from tieline.sync.snapshot import FieldBaseline, Hop, Lookups, Snapshot
from tieline.sync.steps import CreateRemote, KeepClash, MoveRemote, Plan, SetRecord, SetRemote

PAIRS = (
    StatusPair(ours="new", theirs="1", theirs_name="To Do"),
    StatusPair(ours="in-progress", theirs="2", theirs_name="In Progress"),
    StatusPair(ours="done", theirs="3", theirs_name="Done"),
    StatusPair(ours="ready", theirs="1", theirs_name="To Do"),
    StatusPair(ours="in-progress", theirs="4", theirs_name="Testing"),
    StatusPair(ours="shelved", theirs="5", theirs_name="On hold"),
)
RELEASE_PAIRS = (StatusPair(ours="planned", theirs="false"), StatusPair(ours="released", theirs="true"))

WORKFLOW = {
    "1": (Hop(transition_id="11", name="Start", to_status="2"),),
    "2": (
        Hop(transition_id="21", name="Finish", to_status="3"),
        Hop(transition_id="22", name="Stop", to_status="1"),
        Hop(transition_id="23", name="Test", to_status="4"),
    ),
    "3": (Hop(transition_id="31", name="Reopen", to_status="1"),),
    "4": (Hop(transition_id="41", name="Pass", to_status="3", required=("resolution",)),),
    "9": (),
}
"""Nothing leads to status 5, and from 4 only a transition that demands a resolution leads on."""

PEOPLE = {"ann@ferry.example": "u-ann", "Bob@Ferry.example": "u-bob"}
VERSIONS = {"r1": "101", "r2": "102"}
LOOKUPS = Lookups(
    people={"bob@ferry.example": "u-bob"},
    people_back={"u-bob": "bob@ferry.example"},
    versions=VERSIONS,
    versions_back={version: release for release, version in VERSIONS.items()},
    parents={"f1": "9001"},
)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

ISSUE_FIELDS = {
    "name": "summary",
    "description": "description",
    "status": "status",
    "assignee": "assignee",
    "due": "duedate",
    "tags": "labels",
    "release": "fixVersions",
}
VERSION_FIELDS = {"name": "name", "description": "description", "due": "releaseDate", "status": "released"}

OURS: dict[str, Any] = {
    "name": "Night ferry",
    "description": "Sails at ten.",
    "status": "new",
    "assignee": None,
    "due": "2026-05-01",
    "tags": ["harbour"],
    "release": "r1",
}


def fields_of(kind: RecordKind) -> dict[str, str]:
    return VERSION_FIELDS if kind is RecordKind.RELEASE else ISSUE_FIELDS


def mapping_with(
    kind: RecordKind = RecordKind.FEATURE,
    *,
    directions: MappingOf[str, Direction] | None = None,
    policies: MappingOf[str, ClashPolicy] | None = None,
    constants: MappingOf[str, Any] | None = None,
    child: bool = False,
) -> Mapping:
    """Every field both ways and the newer change wins, but for what is given."""
    rules = tuple(
        FieldRule(
            ours=ours,
            theirs=theirs,
            direction=(directions or {}).get(ours, Direction.BOTH),
            policy=(policies or {}).get(ours, ClashPolicy.NEWEST),
        )
        for ours, theirs in fields_of(kind).items()
    )
    is_release = kind is RecordKind.RELEASE
    rule = KindRule(
        kind=kind,
        remote_kind=RemoteKind.VERSION if is_release else RemoteKind.ISSUE,
        issue_type_id=None if is_release else "10001",
        fields=rules,
        statuses=RELEASE_PAIRS if is_release else PAIRS,
        constants=constants or {},
        child=child,
    )
    return Mapping(project_key="ROAD", project_id="10000", kinds=(rule,), people={"ann@ferry.example": "u-ann"})


def theirs_of(ours: MappingOf[str, Any], edition: Edition = Edition.CLOUD) -> dict[str, Any]:
    """The issue that agrees with ``ours``."""
    status = {pair.ours: pair.theirs for pair in reversed(PAIRS)}
    release = ours.get("release")
    text = ours.get("description")
    return {
        "summary": ours.get("name"),
        "description": body_of(text, edition).body if text else None,
        "status": status.get(str(ours.get("status"))),
        "assignee": {None: None, "ann@ferry.example": "u-ann", "bob@ferry.example": "u-bob"}[ours.get("assignee")],
        "duedate": ours.get("due"),
        "labels": sorted(ours.get("tags") or ()) or None,
        "fixVersions": [VERSIONS[release]] if release else None,
    }


def agreed_on(ours: MappingOf[str, Any], edition: Edition = Edition.CLOUD) -> dict[str, FieldBaseline]:
    theirs = theirs_of(ours, edition)
    return {
        name: FieldBaseline(ours=ours[name], theirs=theirs[remote])
        for name, remote in ISSUE_FIELDS.items()
        if name in ours
    }


def link_of(**changes: Any) -> Snapshot:
    """A feature in step with its issue: the example most tests change one thing of."""
    values: dict[str, Any] = {
        "link": LinkId("l1"),
        "record": RecordId("f1"),
        "kind": RecordKind.FEATURE,
        "remote_kind": RemoteKind.ISSUE,
        "edition": Edition.CLOUD,
        "ours": dict(OURS),
        "theirs": theirs_of(OURS),
        "baseline": agreed_on(OURS),
        "mapping": mapping_with(),
        "lookups": LOOKUPS,
    }
    return Snapshot(**{**values, **changes})


def ours_with(**changes: Any) -> dict[str, Any]:
    return {**OURS, **changes}


def theirs_with(**changes: Any) -> dict[str, Any]:
    return {**theirs_of(OURS), **changes}


def perform(snapshot: Snapshot, plan: Plan) -> Snapshot:
    """Do a plan as engine and Jira would, and return what is read afterwards."""
    ours = dict(snapshot.ours)
    theirs = dict(snapshot.theirs) if snapshot.theirs is not None else None
    still_open = set(snapshot.open_clashes) - plan.settled
    decided = {name: who for name, who in snapshot.decided.items() if name not in plan.settled}
    for step in plan.steps:
        match step:
            case CreateRemote():
                born = dict.fromkeys(fields_of(snapshot.kind).values())
                first = {"released": False} if step.remote_kind is RemoteKind.VERSION else {"status": "1"}
                theirs = {**born, **first, **step.fields}
            case SetRemote():
                assert theirs is not None
                theirs.update({change.remote_field: change.new for change in step.changes})
            case MoveRemote():
                assert theirs is not None
                theirs["status"] = step.target
            case SetRecord():
                ours.update({change.field: change.new for change in step.changes})
            case KeepClash(winner=None):
                still_open.add(step.field)
    hops = WORKFLOW.get(str(theirs.get("status")), ()) if theirs is not None and snapshot.hops is not None else None
    return replace(
        snapshot,
        ours=ours,
        theirs=theirs,
        baseline=dict(plan.baseline_after),
        open_clashes=frozenset(still_open),
        decided=decided,
        hops=hops,
    )
