from __future__ import annotations

from datetime import date

import pytest

from tieline.store import integrations, planning
from tieline.store.models import Link, Op, Record, RecordChange


def names(plan, kind="feature"):
    rows = Record.objects.filter(workspace=plan.workspace, kind=kind, deleted=None).order_by("position", "id")
    return [row.name for row in rows]


def test_records_are_numbered_and_their_values_tidied(plan):
    first = plan.record("  Night\n ferry ", tags=["b", "a", "b", " "], due="2026-04-01", assignee="")
    second = plan.record("Day ferry")
    assert (first.ref, second.ref) == ("FERRY-1", "FERRY-2")
    first.refresh_from_db()
    assert (first.name, first.tags, first.due, first.assignee) == ("Night ferry", ["a", "b"], date(2026, 4, 1), None)


def test_a_save_writes_record_history_link_and_op_together(plan):
    record = plan.record("Night ferry")
    link = Link.objects.get(record=record)
    op = Op.objects.get()
    assert (link.state, link.remote_id) == ("waiting", None)
    assert (op.kind, op.lane, op.subject) == ("sync-link", f"link:{link.id}", link.id)
    assert [(row.field, row.new) for row in RecordChange.objects.filter(record=record)] == [("name", "Night ferry")]


def test_quick_edits_become_one_op_that_waits_for_the_quiet(plan, settings):
    settings.QUIET_SECONDS = 30
    record = plan.record("Night ferry")
    for name in ("A", "B", "C"):
        planning.edit_record(record, {"name": name}, actor="pat")
    op = Op.objects.get()
    assert 25 < (op.due - op.created).total_seconds() <= 31


def test_a_draft_integration_sends_nothing_by_itself(make_plan):
    plan = make_plan(state="draft")
    plan.record("Night ferry")
    assert (Link.objects.count(), Op.objects.count()) == (0, 0)


def test_a_kind_that_is_not_mapped_is_not_linked(plan):
    payload = plan.integration.mapping | {"kinds": [plan.integration.mapping["kinds"][0]]}
    integrations.save_mapping(plan.integration, payload, "pat")
    plan.record("R1", "release")
    assert Link.objects.count() == 0


def test_auto_send_can_be_switched_off(plan):
    integrations.set_auto_send(plan.integration, False, "pat")
    plan.record("Night ferry")
    assert Link.objects.count() == 0


def test_an_edit_tells_what_changed_and_the_history_keeps_both_values(plan):
    record = plan.record("Night ferry", tags=["sea"])
    result = planning.edit_record(record, {"name": "Night ferry", "tags": ["sea", "night"]}, actor="lee@acme.io")
    assert result.changed == ("tags",)
    assert result.record.revision == 2
    row = RecordChange.objects.get(record=record, revision=2)
    assert (row.field, row.old, row.new, row.source, row.actor) == (
        "tags",
        ["sea"],
        ["night", "sea"],
        "person",
        "lee@acme.io",
    )


def test_an_edit_that_changes_nothing_asks_for_no_work(plan):
    record = plan.record("Night ferry")
    Op.objects.all().delete()
    assert planning.edit_record(record, {"name": " Night  ferry"}, actor="pat").changed == ()
    assert (Op.objects.count(), Record.objects.get().revision) == (0, 1)


def test_two_people_who_edit_different_fields_both_get_their_way(plan):
    record = plan.record("Night ferry", description="Slow")
    planning.edit_record(record, {"name": "Day ferry"}, actor="pat", revision=1)
    result = planning.edit_record(record, {"description": "Fast"}, actor="lee", revision=1)
    assert (result.conflict, result.record.name, result.record.description) == (False, "Day ferry", "Fast")


def test_two_people_who_edit_the_same_field_are_told_and_nothing_is_overwritten(plan):
    record = plan.record("Night ferry", description="Slow")
    planning.edit_record(record, {"name": "Day ferry"}, actor="pat", revision=1)
    result = planning.edit_record(record, {"name": "Noon ferry", "description": "Fast"}, actor="lee", revision=1)
    assert result.conflict
    assert (result.record.name, result.record.description) == ("Day ferry", "Slow")
    assert Record.objects.get(id=record.id).revision == 2


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("feature", {"name": "  "}, "needs a name"),
        ("feature", {}, "needs a name"),
        ("feature", {"name": "x", "status": "released"}, "no status"),
        ("release", {"name": "x", "status": "done"}, "no status"),
        ("feature", {"name": "x", "colour": "red"}, "no field"),
        ("feature", {"name": "x", "release": "not-there"}, "release named here"),
        ("feature", {"name": "x", "parent": "not-there"}, "feature named here"),
        ("feature", {"name": "x", "due": "soon"}, "isoformat"),
    ],
)
def test_values_that_fit_no_record_are_refused_and_nothing_is_saved(plan, kind, fields, message):
    with pytest.raises(ValueError, match=message):
        planning.create_record(plan.workspace, kind, fields, actor="pat")
    assert (Record.objects.count(), Op.objects.count()) == (0, 0)


def test_a_release_of_another_workspace_is_not_taken(make_plan):
    here, there = make_plan("FERRY"), make_plan("TRAIN")
    foreign = there.record("R1", "release")
    with pytest.raises(ValueError, match="release named here"):
        here.record("Night ferry", release=foreign.id)


def test_a_requirement_cannot_be_the_parent_of_another(plan):
    feature = plan.record("Night ferry")
    requirement = plan.record("Lights", "requirement", parent=feature.id)
    with pytest.raises(ValueError, match="feature named here"):
        plan.record("Lamps", "requirement", parent=requirement.id)


def test_moving_up_down_and_to_a_place(plan):
    records = {name: plan.record(name) for name in "ABCD"}
    planning.move_record(records["C"], "up", actor="pat")
    assert names(plan) == ["A", "C", "B", "D"]
    planning.move_record(records["A"], "down", actor="pat")
    assert names(plan) == ["C", "A", "B", "D"]
    planning.move_record(records["D"], 0, actor="pat")
    assert names(plan) == ["D", "C", "A", "B"]
    planning.move_record(records["D"], "up", actor="pat")
    planning.move_record(records["B"], 99, actor="pat")
    assert names(plan) == ["D", "C", "A", "B"]


def test_moving_works_among_records_that_share_a_place(plan):
    records = {name: plan.record(name) for name in "ABC"}
    Record.objects.update(position=7)
    planning.move_record(records["C"], "up", actor="pat")
    assert names(plan) == ["A", "C", "B"]


def test_siblings_are_those_of_the_same_release(plan):
    release = plan.record("R1", "release")
    records = {name: plan.record(name, release=release.id if name in "AC" else None) for name in "ABC"}
    planning.move_record(records["C"], "up", actor="pat")
    inside = [row.name for row in planning.siblings_of(Record.objects.get(id=records["A"].id))]
    assert inside == ["C", "A"]


def test_a_deleted_record_keeps_its_link_so_that_nothing_brings_it_back_or_writes_for_it(plan):
    link = plan.linked("Night ferry")
    planning.delete_record(link.record, actor="pat")
    assert Link.objects.filter(id=link.id).exists()
    assert plan.store.read_link(link.id) is None
    assert plan.store.links_waiting_to_create(plan.integration.id, 10) == ()
    assert planning.edit_record(link.record, {"name": "Back"}, actor="lee").conflict


def test_features_of_a_deleted_release_have_none(plan):
    release = plan.record("R1", "release")
    feature = plan.record("Night ferry", release=release.id)
    planning.delete_record(release, actor="pat")
    feature.refresh_from_db()
    assert feature.release_id is None


def test_an_unlinked_record_stays_unlinked_when_it_is_saved_and_can_be_sent_again(plan):
    link = plan.linked("Night ferry")
    assert integrations.unlink(link.record, actor="pat")
    planning.edit_record(link.record, {"name": "Day ferry"}, actor="pat")
    assert not Link.objects.exists()
    again = integrations.send_record(link.record, plan.integration, "pat")
    assert again.id != link.id
    planning.edit_record(link.record, {"name": "Noon ferry"}, actor="pat")
    assert Op.objects.filter(state="waiting").count() == 1


def test_a_link_that_is_being_worked_on_is_not_taken_away(plan):
    link = plan.linked("Night ferry")
    op = Op.objects.get()
    plan.clock.moment = op.due
    plan.ledger.claim(op.id, "w1")
    assert integrations.unlink(link.record, actor="pat") is False
    intent = plan.store.announce_create(link.id, {"summary": "Night ferry"}, op=op.id, worker="w1")
    plan.store.mark_sent([intent.id], op=op.id, worker="w1")
    Op.objects.update(state="waiting")
    assert integrations.unlink(link.record, actor="pat") is False
    plan.store.drop_intent(intent.id)
    assert integrations.unlink(link.record, actor="pat") is True
