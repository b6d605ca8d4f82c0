from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.sync.world import (
    LOOKUPS,
    NOON,
    OURS,
    WORKFLOW,
    agreed_on,
    link_of,
    mapping_with,
    ours_with,
    perform,
    theirs_of,
    theirs_with,
)
from tieline.mapping.model import ClashPolicy, Direction, Mapping
from tieline.records.ids import RecordId
from tieline.records.issue import Edition, RemoteKind
from tieline.records.record import RecordKind
from tieline.richtext.body import markdown_of
from tieline.sync.plan import plan
from tieline.sync.snapshot import FieldBaseline, Hop, Snapshot
from tieline.sync.steps import (
    AskHops,
    CreateRemote,
    FieldChange,
    FieldProblem,
    KeepClash,
    MoveRemote,
    Plan,
    SetRecord,
    SetRemote,
)


def pushed(done: Plan) -> dict[str, Any]:
    return {one.remote_field: one.new for step in done.steps if isinstance(step, SetRemote) for one in step.changes}


def pulled(done: Plan) -> dict[str, Any]:
    return {one.field: one.new for step in done.steps if isinstance(step, SetRecord) for one in step.changes}


def clashes(done: Plan) -> list[KeepClash]:
    return [step for step in done.steps if isinstance(step, KeepClash)]


def problems(done: Plan) -> list[FieldProblem]:
    return [step for step in done.steps if isinstance(step, FieldProblem)]


def test_a_link_in_step_plans_nothing() -> None:
    done = plan(link_of())
    assert done.in_step
    assert done.baseline_after == agreed_on(OURS)


def test_our_own_write_coming_back_plans_nothing() -> None:
    edited = link_of(ours=ours_with(name="Late ferry", description="Sails at *eleven*.\n\n- coats\n- hats"))
    first = plan(edited)
    assert set(pushed(first)) == {"summary", "description"}
    assert plan(perform(edited, first)).in_step


def test_our_own_pull_does_not_go_back() -> None:
    edited = link_of(theirs=theirs_with(summary="Late ferry", status="2", duedate=None))
    first = plan(edited)
    assert pulled(first) == {"name": "Late ferry", "status": "in-progress", "due": None}
    assert plan(perform(edited, first)).in_step


def test_edits_of_different_fields_both_survive() -> None:
    edited = link_of(ours=ours_with(name="Late ferry"), theirs=theirs_with(duedate="2026-07-01"))
    done = plan(edited)
    assert pushed(done) == {"summary": "Late ferry"}
    assert pulled(done) == {"due": "2026-07-01"}
    assert not clashes(done)


def test_a_step_names_the_old_value_and_the_new_one() -> None:
    done = plan(link_of(ours=ours_with(due="2026-06-02")))
    change = FieldChange(field="due", remote_field="duedate", old="2026-05-01", new="2026-06-02")
    assert done.steps == (SetRemote(changes=(change,)),)
    assert done.baseline_after["due"] == FieldBaseline(ours="2026-06-02", theirs="2026-06-02")


def test_the_same_edit_on_both_sides_only_moves_the_baseline() -> None:
    done = plan(link_of(ours=ours_with(name="Late ferry"), theirs=theirs_with(summary="Late ferry")))
    assert done.in_step
    assert done.baseline_after["name"] == FieldBaseline(ours="Late ferry", theirs="Late ferry")


# --- clashes


def clash_of(policy: ClashPolicy, minutes: int | None = 0) -> Snapshot:
    """Both sides gave the ferry another name; ours was saved ``minutes`` after Jira's last change."""
    return link_of(
        ours=ours_with(name="Late ferry"),
        theirs=theirs_with(summary="Early ferry"),
        mapping=mapping_with(policies={"name": policy}),
        ours_changed_at={} if minutes is None else {"name": NOON + timedelta(minutes=minutes)},
        theirs_changed_at=NOON,
    )


def kept(winner: str | None) -> KeepClash:
    return KeepClash(field="name", ours="Late ferry", theirs="Early ferry", agreed="Night ferry", winner=winner)


def test_in_a_clash_the_newer_change_wins_and_the_older_one_is_kept() -> None:
    ours_later = plan(clash_of(ClashPolicy.NEWEST, minutes=1))
    assert clashes(ours_later) == [kept("ours")]
    assert pushed(ours_later) == {"summary": "Late ferry"}
    theirs_later = plan(clash_of(ClashPolicy.NEWEST, minutes=-1))
    assert clashes(theirs_later) == [kept("theirs")]
    assert pulled(theirs_later) == {"name": "Early ferry"}


@pytest.mark.parametrize("minutes", [0, None])
def test_a_clash_whose_order_is_unknown_is_left_to_jira(minutes: int | None) -> None:
    assert clashes(plan(clash_of(ClashPolicy.NEWEST, minutes=minutes))) == [kept("theirs")]


def test_a_policy_says_who_wins() -> None:
    assert clashes(plan(clash_of(ClashPolicy.OURS, minutes=-5))) == [kept("ours")]
    assert clashes(plan(clash_of(ClashPolicy.JIRAS, minutes=5))) == [kept("theirs")]


def test_what_would_be_lost_is_kept_before_it_is_overwritten() -> None:
    kinds = [type(step) for step in plan(clash_of(ClashPolicy.OURS)).steps]
    assert kinds == [KeepClash, SetRemote]


def test_a_clash_for_a_person_writes_nothing_and_is_told_once() -> None:
    asked = clash_of(ClashPolicy.ASK)
    first = plan(asked)
    assert first.steps == (kept(None),)
    assert first.baseline_after["name"] == FieldBaseline(ours="Night ferry", theirs="Night ferry")
    assert plan(perform(asked, first)).in_step


def test_other_fields_go_on_while_a_clash_waits() -> None:
    waiting = replace(clash_of(ClashPolicy.ASK), open_clashes=frozenset({"name"}))
    edited = replace(waiting, ours={**waiting.ours, "due": "2026-08-01"})
    assert pushed(plan(edited)) == {"duedate": "2026-08-01"}


@pytest.mark.parametrize(("winner", "name"), [("ours", "Late ferry"), ("theirs", "Early ferry")])
def test_what_a_person_decides_is_done_and_kept(winner: str, name: str) -> None:
    waiting = replace(clash_of(ClashPolicy.ASK), open_clashes=frozenset({"name"}), decided={"name": winner})
    done = plan(waiting)
    assert clashes(done) == [kept(winner)]
    assert done.settled == {"name"}
    after = perform(waiting, done)
    assert after.ours["name"] == name
    assert after.theirs is not None
    assert after.theirs["summary"] == name
    assert plan(after).in_step


def test_a_clash_that_people_settled_by_themselves_is_over() -> None:
    waiting = replace(clash_of(ClashPolicy.ASK), open_clashes=frozenset({"name"}))
    agreed = replace(waiting, ours=ours_with(name="Early ferry"))
    done = plan(agreed)
    assert done.in_step
    assert done.settled == {"name"}
    assert plan(perform(agreed, done)).in_step


# --- directions


def one_way(field: str, direction: Direction) -> Mapping:
    return mapping_with(directions={field: direction})


def test_a_field_to_jira_ignores_what_people_do_there() -> None:
    drifted = link_of(theirs=theirs_with(duedate="2026-09-09"), mapping=one_way("due", Direction.TO_JIRA))
    assert plan(drifted).in_step
    assert plan(drifted).baseline_after["due"].theirs == "2026-05-01"


def test_a_later_change_here_overwrites_it_and_keeps_it() -> None:
    drifted = link_of(
        ours=ours_with(due="2026-06-06"),
        theirs=theirs_with(duedate="2026-09-09"),
        mapping=one_way("due", Direction.TO_JIRA),
    )
    done = plan(drifted)
    assert pushed(done) == {"duedate": "2026-06-06"}
    assert clashes(done) == [
        KeepClash(field="due", ours="2026-06-06", theirs="2026-09-09", agreed="2026-05-01", winner="ours")
    ]


def test_a_field_from_jira_is_never_pushed() -> None:
    edited = link_of(ours=ours_with(due="2026-06-06"), mapping=one_way("due", Direction.FROM_JIRA))
    assert plan(edited).in_step


def test_a_field_set_once_is_left_alone_afterwards() -> None:
    edited = link_of(
        ours=ours_with(due="2026-06-06"),
        theirs=theirs_with(duedate="2026-09-09"),
        mapping=one_way("due", Direction.SET_ONCE),
    )
    assert plan(edited).in_step


# --- creation


def new_link(**changes: Any) -> Snapshot:
    return link_of(**{"theirs": None, "baseline": {}, **changes})


def test_a_new_link_makes_an_issue_of_what_goes_to_jira() -> None:
    done = plan(
        new_link(mapping=mapping_with(directions={"due": Direction.FROM_JIRA}, constants={"priority": {"id": "3"}}))
    )
    create = done.steps[0]
    assert isinstance(create, CreateRemote)
    assert markdown_of(create.fields["description"], Edition.CLOUD) == "Sails at ten."
    assert {name: value for name, value in create.fields.items() if name != "description"} == {
        "summary": "Night ferry",
        "labels": ["harbour"],
        "fixVersions": ["101"],
        "priority": {"id": "3"},
    }


def test_a_status_that_goes_to_jira_follows_the_creation_by_a_transition() -> None:
    made = perform(first := new_link(ours=ours_with(status="in-progress")), plan(first))
    asked = plan(made)
    assert asked.steps == (AskHops(target="2"),)
    done = plan(replace(made, hops=WORKFLOW["1"]))
    move = done.steps[0]
    assert isinstance(move, MoveRemote)
    assert move.target == "2"
    assert not clashes(done)


def test_a_status_that_follows_jira_is_taken_from_the_new_issue_without_a_clash() -> None:
    begun = new_link(
        ours=ours_with(status="in-progress"), mapping=mapping_with(directions={"status": Direction.FROM_JIRA})
    )
    done = plan(perform(begun, plan(begun)))
    assert pulled(done) == {"status": "new"}
    assert not clashes(done)


def test_a_status_chosen_in_jira_after_the_creation_is_not_overwritten_unseen() -> None:
    begun = new_link(ours=ours_with(status="shelved"))
    made = replace(perform(begun, plan(begun)), hops=WORKFLOW["1"])
    stuck = perform(made, plan(made))
    assert [one.slug for one in problems(plan(stuck))] == ["map-no-route"]
    moved = replace(stuck, theirs={**(stuck.theirs or {}), "status": "3"}, hops=WORKFLOW["3"])
    done = plan(moved)
    assert pulled(done) == {"status": "done"}
    assert [one.ours for one in clashes(done)] == ["shelved"]


def test_a_person_nobody_knows_is_left_out_of_the_new_issue_and_told() -> None:
    done = plan(new_link(ours=ours_with(assignee="zoe@ferry.example")))
    assert isinstance(done.steps[0], CreateRemote)
    assert "assignee" not in done.steps[0].fields
    assert [(one.field, one.slug, one.facts["person"]) for one in problems(done)] == [
        ("assignee", "map-person-unmatched", "zoe@ferry.example")
    ]
    assert "assignee" not in done.baseline_after


def test_a_release_that_jira_does_not_have_yet_follows_later() -> None:
    begun = new_link(ours=ours_with(release="r3"))
    made = perform(begun, plan(begun))
    assert [one.slug for one in problems(plan(made))] == ["map-version-unlinked"]
    linked = replace(
        LOOKUPS, versions={**LOOKUPS.versions, "r3": "103"}, versions_back={**LOOKUPS.versions_back, "103": "r3"}
    )
    assert pushed(plan(replace(made, lookups=linked))) == {"fixVersions": ["103"]}


def test_a_sub_task_goes_below_its_feature() -> None:
    mapping = mapping_with(RecordKind.REQUIREMENT, child=True)
    begun = new_link(kind=RecordKind.REQUIREMENT, mapping=mapping, parent=RecordId("f1"))
    create = plan(begun).steps[0]
    assert isinstance(create, CreateRemote)
    assert create.fields["parent"] == "9001"


def test_a_sub_task_waits_for_its_feature() -> None:
    mapping = mapping_with(RecordKind.REQUIREMENT, child=True)
    done = plan(new_link(kind=RecordKind.REQUIREMENT, mapping=mapping, parent=RecordId("f2")))
    assert [type(step) for step in done.steps] == [FieldProblem]
    assert problems(done)[0].slug == "map-parent-unlinked"
    assert not done.baseline_after


def test_a_release_is_made_with_its_status() -> None:
    ours = {"name": "Spring", "description": "All boats.", "due": "2026-04-01", "status": "released"}
    done = plan(
        new_link(
            kind=RecordKind.RELEASE, remote_kind=RemoteKind.VERSION, ours=ours, mapping=mapping_with(RecordKind.RELEASE)
        )
    )
    assert done.steps == (
        CreateRemote(
            remote_kind=RemoteKind.VERSION,
            issue_type_id=None,
            fields={"name": "Spring", "description": "All boats.", "releaseDate": "2026-04-01", "released": True},
        ),
    )


def test_a_default_that_jira_fills_in_is_taken_over() -> None:
    begun = new_link(ours=ours_with(assignee=None))
    made = perform(begun, plan(begun))
    filled = replace(made, theirs={**(made.theirs or {}), "assignee": "u-bob"})
    assert pulled(plan(filled)) == {"assignee": "bob@ferry.example"}


# --- the first meeting of a record and an issue that both exist


def test_at_the_first_meeting_each_side_fills_what_the_other_lacks() -> None:
    met = link_of(
        baseline={}, ours=ours_with(due=None, assignee="ann@ferry.example"), theirs=theirs_with(duedate="2026-05-05")
    )
    done = plan(met)
    assert pulled(done) == {"due": "2026-05-05"}
    assert pushed(done) == {"assignee": "u-ann"}
    assert not clashes(done)


def test_at_the_first_meeting_what_differs_is_a_clash() -> None:
    done = plan(link_of(baseline={}, theirs=theirs_with(summary="Harbour ferry")))
    assert [(one.field, one.winner, one.agreed) for one in clashes(done)] == [("name", "theirs", None)]


def test_at_the_first_meeting_an_empty_source_clears_nothing() -> None:
    for direction, ours, theirs in ((Direction.TO_JIRA, None, "2026-05-05"), (Direction.FROM_JIRA, "2026-05-05", None)):
        met = link_of(
            baseline={}, ours=ours_with(due=ours), theirs=theirs_with(duedate=theirs), mapping=one_way("due", direction)
        )
        assert plan(met).in_step


# --- nothing is deleted


def test_an_issue_that_is_gone_plans_nothing_but_that() -> None:
    for gone in (link_of(gone=True), link_of(gone=True, theirs=None), link_of(theirs=None)):
        assert plan(gone) == Plan(gone=True, baseline_after=agreed_on(OURS))


def test_a_field_that_jira_does_not_show_clears_nothing() -> None:
    hidden = {name: value for name, value in theirs_of(OURS).items() if name != "duedate"}
    assert plan(link_of(theirs=hidden)).in_step
    edited = plan(link_of(theirs=hidden, ours=ours_with(due="2026-06-06")))
    assert edited.steps == (FieldProblem(field="due", slug="map-field-absent", facts={"field": "duedate"}),)


def test_a_user_nobody_knows_does_not_unassign() -> None:
    ours = ours_with(assignee="ann@ferry.example")
    done = plan(link_of(ours=ours, baseline=agreed_on(ours), theirs={**theirs_of(ours), "assignee": "u-zoe"}))
    assert not pulled(done)
    assert problems(done) == [
        FieldProblem(field="assignee", slug="map-person-unmatched", facts={"person": "u-zoe", "side": "theirs"})
    ]


def test_a_person_taken_off_here_is_taken_off_there() -> None:
    before = ours_with(assignee="ann@ferry.example")
    done = plan(link_of(ours=ours_with(assignee=None), baseline=agreed_on(before), theirs=theirs_of(before)))
    assert pushed(done) == {"assignee": None}


def test_a_name_emptied_here_is_a_problem_and_stays_in_jira() -> None:
    done = plan(link_of(ours=ours_with(name="  ")))
    assert done.steps == (FieldProblem(field="name", slug="map-name-empty", facts={"field": "name"}),)


def test_a_kind_that_is_not_mapped_is_told() -> None:
    done = plan(link_of(kind=RecordKind.REQUIREMENT))
    assert [one.slug for one in problems(done)] == ["map-kind-unmapped"]


# --- tags


def test_tags_added_on_both_sides_both_survive() -> None:
    done = plan(link_of(ours=ours_with(tags=["harbour", "night"]), theirs=theirs_with(labels=["harbour", "winter"])))
    assert pushed(done) == {"labels": ["harbour", "night", "winter"]}
    assert pulled(done) == {"tags": ["harbour", "night", "winter"]}
    assert not clashes(done)


def test_a_tag_removed_on_one_side_is_removed_on_the_other() -> None:
    assert pushed(plan(link_of(ours=ours_with(tags=[])))) == {"labels": None}
    assert pulled(plan(link_of(theirs=theirs_with(labels=None)))) == {"tags": None}


def test_a_tag_with_a_blank_comes_back_as_it_was() -> None:
    edited = link_of(ours=ours_with(tags=["harbour", "two words"]))
    first = plan(edited)
    assert pushed(first) == {"labels": ["harbour", "two_words"]}
    (change,) = (one for step in first.steps if isinstance(step, SetRemote) for one in step.changes)
    assert change.losses == (
        "Labels in Jira hold no blanks and at most 255 characters: “two words” goes as “two_words”.",
    )
    after = perform(edited, first)
    assert plan(after).in_step
    more = replace(after, theirs={**(after.theirs or {}), "labels": ["harbour", "two_words", "winter"]})
    assert pulled(plan(more)) == {"tags": ["harbour", "two words", "winter"]}


def test_tags_in_another_order_are_the_same() -> None:
    ours = ours_with(tags=["night", "harbour"])
    link = link_of(ours=ours, baseline=agreed_on(ours_with(tags=["harbour", "night"])), theirs=theirs_of(ours))
    assert plan(link).in_step


def test_labels_of_other_people_stay_when_tags_go_to_jira_only() -> None:
    link = link_of(
        ours=ours_with(tags=["night"]),
        theirs=theirs_with(labels=["harbour", "theirs"]),
        mapping=one_way("tags", Direction.TO_JIRA),
    )
    done = plan(link)
    assert pushed(done) == {"labels": ["night", "theirs"]}
    assert not pulled(done)


# --- releases and versions


def test_only_the_version_of_our_release_is_exchanged() -> None:
    link = link_of(ours=ours_with(release="r2"), theirs=theirs_with(fixVersions=["101", "999"]))
    assert pushed(plan(link)) == {"fixVersions": ["102", "999"]}


def test_another_version_on_the_issue_is_no_change_and_no_clash() -> None:
    link = link_of(ours=ours_with(release="r2"), theirs=theirs_with(fixVersions=["101", "999"]))
    assert not clashes(plan(link))
    assert plan(link_of(theirs=theirs_with(fixVersions=["101", "999"]))).in_step


def test_of_several_linked_versions_ours_is_kept() -> None:
    assert plan(link_of(theirs=theirs_with(fixVersions=["101", "102"]))).in_step
    link = link_of(
        ours=ours_with(release=None),
        theirs=theirs_with(fixVersions=["102", "101"]),
        baseline=agreed_on(ours_with(release=None)),
    )
    assert pulled(plan(link)) == {"release": "r2"}


def test_a_version_linked_after_the_import_is_found() -> None:
    ours = ours_with(release=None)
    link = link_of(ours=ours, baseline=agreed_on(ours), theirs={**theirs_of(ours), "fixVersions": ["103"]})
    assert plan(link).in_step
    linked = replace(
        LOOKUPS, versions_back={**LOOKUPS.versions_back, "103": "r3"}, versions={**LOOKUPS.versions, "r3": "103"}
    )
    assert pulled(plan(replace(link, lookups=linked))) == {"release": "r3"}


def test_a_release_whose_link_is_cut_is_not_taken_from_its_features() -> None:
    assert plan(link_of(lookups=replace(LOOKUPS, versions={}, versions_back={}))).in_step


# --- descriptions


PANEL = {
    "type": "panel",
    "attrs": {"panelType": "info"},
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Tickets at the pier."}]}],
}


def paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}


def document(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(blocks)}


def test_an_edit_here_changes_only_its_block_in_jira() -> None:
    body = document(paragraph("Sails at ten."), PANEL, paragraph("Bring a coat."))
    text = markdown_of(body, Edition.CLOUD)
    link = link_of(
        ours=ours_with(description=text.replace("ten", "eleven")),
        theirs=theirs_with(description=body),
        baseline={**agreed_on(OURS), "description": FieldBaseline(ours=text, theirs=body)},
    )
    sent = pushed(plan(link))["description"]
    assert sent["content"] == [paragraph("Sails at eleven."), PANEL, paragraph("Bring a coat.")]


def test_ids_that_jiras_editor_adds_are_no_change() -> None:
    body = document({**paragraph("Sails at ten."), "attrs": {"localId": "7f1c"}})
    assert plan(link_of(theirs=theirs_with(description=body))).in_step


def test_a_description_emptied_in_jira_is_emptied_here() -> None:
    done = plan(link_of(theirs=theirs_with(description=document())))
    assert pulled(done) == {"description": None}


def test_on_data_center_a_description_is_wiki_markup() -> None:
    link = link_of(
        edition=Edition.DATA_CENTER,
        ours=ours_with(description="Sails at **eleven**."),
        theirs=theirs_of(OURS, Edition.DATA_CENTER),
        baseline=agreed_on(OURS, Edition.DATA_CENTER),
    )
    assert pushed(plan(link)) == {"description": "Sails at *eleven*."}


# --- status


def moving(ours: str, theirs: str, **changes: Any) -> Snapshot:
    link = link_of(ours=ours_with(status=ours), theirs=theirs_with(status=theirs), hops=WORKFLOW.get(theirs))
    at = FieldBaseline(ours="new", theirs=theirs)
    return replace(link, baseline={**link.baseline, "status": at}, **changes)


def test_a_status_asks_for_the_open_transitions_first() -> None:
    assert plan(moving("in-progress", "1", hops=None)).steps == (AskHops(target="2"),)


def test_a_status_moves_by_the_transition_that_leads_there() -> None:
    done = plan(moving("in-progress", "1"))
    change = FieldChange(field="status", remote_field="status", old="1", new="2")
    assert done.steps == (MoveRemote(target="2", hops=WORKFLOW["1"], change=change),)


def test_a_status_two_hops_away_takes_the_route_learnt_before() -> None:
    stuck = plan(moving("done", "1"))
    assert [(one.slug, one.facts["target"]) for one in problems(stuck)] == [("map-no-route", "3")]
    move = plan(moving("done", "1", workflow=WORKFLOW)).steps[0]
    assert isinstance(move, MoveRemote)
    assert [hop.transition_id for hop in move.hops] == ["11", "21"]


def test_a_transition_that_demands_a_field_is_told_with_the_field() -> None:
    (problem,) = problems(plan(moving("done", "4")))
    assert problem.slug == "map-transition-needs-field"
    assert problem.facts["transition"] == "Pass"
    assert problem.facts["fields"] == "resolution"


def test_a_constant_feeds_the_transition() -> None:
    mapping = mapping_with(constants={"resolution": {"name": "Done"}})
    assert isinstance(plan(moving("done", "4", mapping=mapping)).steps[0], MoveRemote)


def test_a_status_with_the_same_counterpart_needs_no_move() -> None:
    done = plan(moving("ready", "1"))
    assert done.in_step
    assert done.baseline_after["status"] == FieldBaseline(ours="ready", theirs="1")


def test_a_status_that_nobody_paired_is_told_and_changes_nothing() -> None:
    (problem,) = plan(link_of(theirs=theirs_with(status="9"))).steps
    assert problem == FieldProblem(field="status", slug="map-status-unmapped", facts={"status": "9", "side": "theirs"})


def test_a_hop_back_to_where_it_is_leads_nowhere() -> None:
    circle = (Hop(transition_id="99", name="Again", to_status="1"),)
    assert [one.slug for one in problems(plan(moving("done", "1", hops=circle)))] == ["map-no-route"]
