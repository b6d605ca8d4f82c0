from __future__ import annotations

from datetime import timedelta

import pytest

from tieline.diagnosis.evidence import Exchange, Request, Response
from tieline.diagnosis.finding import Confidence, Finding
from tieline.store import integrations, planning
from tieline.store.evidence import parse_exchange, parse_finding
from tieline.store.models import (
    Clash,
    Connection,
    Integration,
    Intent,
    Link,
    LogEntry,
    Op,
    Problem,
    Record,
    RecordChange,
)
from tieline.sync.remote import IssueRef
from tieline.sync.snapshot import FieldBaseline
from tieline.sync.steps import FieldChange
from tieline.sync.views import ClashView, LinkProblem, LogLine, OpEnd, OpResult, SyncOutcome

ADF = {"type": "doc", "version": 1, "content": []}
EXCHANGE = Exchange(
    id="x1",
    probe="create issue",
    request=Request(method="POST", base="https://jira.acme.io", path="/rest/api/3/issue", auth="basic"),
    response=Response(status=403, headers={"X-AREQUESTID": "1"}, body='{"errorMessages": []}'),
    elapsed_ms=12,
)


def finding(slug="perm-create-issue", **facts):
    return Finding(slug=slug, confidence=Confidence.LIKELY, because=("Jira answered 403.",), facts=facts)


def problem(slug="perm-create-issue", scope="record", **facts):
    return LinkProblem(finding=finding(slug, **facts), scope=scope, evidence=(EXCHANGE,))


def pulled(field, old, new):
    return FieldChange(field=field, remote_field=field, old=old, new=new)


def created(link, number=1, **more):
    key = f"ROAD-{number}"
    return SyncOutcome(
        link=link.id,
        record_revision=link.record.revision,
        remote=IssueRef(id=str(10000 + number), key=key),
        remote_view={"key": key, "status": "To Do", "status_category": "new", "updated": "2026-03-01T09:00:00+00:00"},
        baseline={"name": FieldBaseline(ours=link.record.name, theirs=link.record.name)},
        pushed=True,
        **more,
    )


def in_step(plan, name="Night ferry", number=1, **fields):
    link = plan.linked(name, **fields)
    Op.objects.all().delete()
    plan.store.save_outcome(created(link, number))
    return Link.objects.select_related("record").get(id=link.id)


def saved(plan, link, **more):
    record = Record.objects.get(id=link.record_id)
    return plan.store.save_outcome(SyncOutcome(link=link.id, record_revision=record.revision, **more))


def test_a_created_issue_is_saved_with_link_baseline_intent_and_log_in_one_go(plan):
    link = plan.linked()
    intent = plan.store.announce_create(link.id, {"summary": "Night ferry"})
    line = LogLine(level="info", direction="push", sentence="Created ROAD-1", steps=("create",), exchanges=(EXCHANGE,))
    assert plan.store.save_outcome(created(link, settled_intent=intent.id, log=(line,)))
    link.refresh_from_db()
    assert (link.remote_id, link.remote_key, link.state) == ("10001", "ROAD-1", "in-step")
    assert (link.remote_status, link.remote_updated) == ("To Do", "2026-03-01T09:00:00+00:00")
    assert link.baseline == {"name": ["Night ferry", "Night ferry"]}
    assert link.last_sent == link.last_heard == plan.clock()
    assert Intent.objects.get().state == "settled"
    entry = LogEntry.objects.get()
    assert (entry.sentence, entry.record_id, entry.workspace_id) == (
        "Created ROAD-1",
        link.record_id,
        plan.workspace.id,
    )
    assert parse_exchange(entry.exchanges[0]) == EXCHANGE
    assert Integration.objects.get().last_sent == Connection.objects.get().last_sent == plan.clock()


def test_a_view_tells_the_engine_all_it_needs(plan):
    feature = in_step(plan, "Night ferry", tags=["sea"])
    requirement = plan.linked("Lights", "requirement", parent=feature.record_id)
    view = plan.store.read_link(requirement.id)
    assert view.parent_link_remote_id == "10001"
    view = plan.store.read_link(feature.id)
    assert (view.remote_id, view.remote_key, view.record.tags) == ("10001", "ROAD-1", ("sea",))
    assert view.baseline == {"name": FieldBaseline(ours="Night ferry", theirs="Night ferry")}
    assert view.integration.mapping.project_key == "ROAD"
    edited = planning.edit_record(feature.record, {"name": "Day ferry"}, actor="pat")
    view = plan.store.read_link(feature.id)
    assert view.record.revision == edited.record.revision == 2
    assert view.ours_changed_at["name"] > view.ours_changed_at["description"]


def test_pulled_values_change_the_record_its_history_and_its_revision_without_new_work(plan):
    link = in_step(plan)
    changes = (
        pulled("name", "Night ferry", "Fast ferry"),
        pulled("due", None, "2026-05-01"),
        pulled("tags", [], ["b", "a"]),
    )
    agreed = {
        "name": FieldBaseline(ours="Fast ferry", theirs="Fast ferry"),
        "due": FieldBaseline(ours="2026-05-01", theirs="2026-05-01"),
        "tags": FieldBaseline(ours=["b", "a"], theirs=["b", "a"]),
    }
    assert saved(plan, link, record_changes=changes, baseline=agreed, pulled=True)
    record = Record.objects.get(id=link.record_id)
    assert (record.name, record.due.isoformat(), record.tags, record.revision) == (
        "Fast ferry",
        "2026-05-01",
        ["a", "b"],
        2,
    )
    rows = RecordChange.objects.filter(record=record, source="jira").order_by("id")
    assert [(row.field, row.new, row.revision) for row in rows] == [
        ("name", "Fast ferry", 2),
        ("due", "2026-05-01", 2),
        ("tags", ["a", "b"], 2),
    ]
    assert Op.objects.count() == 0


def test_the_baseline_holds_a_pulled_value_as_it_was_stored_so_that_tidying_is_no_edit(plan):
    link = in_step(plan)
    messy = "  Fast\n ferry "
    saved(
        plan,
        link,
        record_changes=(pulled("name", "Night ferry", messy),),
        baseline={"name": FieldBaseline(ours=messy, theirs=messy)},
    )
    link.refresh_from_db()
    assert link.baseline["name"] == ["Fast ferry", messy]
    assert Record.objects.get(id=link.record_id).name == "Fast ferry"


def test_an_edit_made_here_during_a_sync_is_not_overwritten_by_what_was_pulled(plan):
    link = in_step(plan)
    seen = Record.objects.get(id=link.record_id).revision
    planning.edit_record(link.record, {"name": "Noon ferry"}, actor="pat")
    outcome = SyncOutcome(
        link=link.id,
        record_revision=seen,
        record_changes=(pulled("name", "Night ferry", "Fast ferry"), pulled("description", "", "From Jira")),
        baseline={
            "name": FieldBaseline(ours="Fast ferry", theirs="Fast ferry"),
            "description": FieldBaseline(ours="From Jira", theirs=ADF),
        },
    )
    assert plan.store.save_outcome(outcome) is False
    record = Record.objects.get(id=link.record_id)
    link.refresh_from_db()
    assert (record.name, record.description) == ("Noon ferry", "From Jira")
    assert link.baseline["name"] == ["Night ferry", "Night ferry"]
    assert link.baseline["description"] == ["From Jira", ADF]
    assert link.state == "waiting"


def test_what_was_pushed_agrees_even_when_the_record_moved_on_meanwhile(plan):
    link = in_step(plan)
    sent = planning.edit_record(link.record, {"name": "Noon ferry"}, actor="pat").record.revision
    planning.edit_record(link.record, {"name": "Day ferry"}, actor="pat")
    agreed = {"name": FieldBaseline(ours="Noon ferry", theirs="Noon ferry")}
    assert plan.store.save_outcome(SyncOutcome(link=link.id, record_revision=sent, baseline=agreed, pushed=True))
    link.refresh_from_db()
    assert (link.baseline["name"][0], link.state) == ("Noon ferry", "waiting")


def test_a_worker_that_lost_its_op_saves_nothing(plan):
    link = plan.linked()
    op = Op.objects.get()
    plan.clock.moment = op.due
    plan.ledger.claim(op.id, "w1")
    intent = plan.store.announce_create(link.id, {"summary": "Night ferry"}, op=op.id, worker="w1")
    plan.ledger.take_back(dead_after_s=15)
    plan.ledger.claim(op.id, "w2")
    assert plan.store.save_outcome(created(link, settled_intent=intent.id), op=op.id, worker="w1") is False
    assert plan.store.announce_create(link.id, {}, op=op.id, worker="w1") is None
    assert plan.store.announce_creates([(link.id, {})], op=op.id, worker="w1") == ()
    assert plan.store.mark_sent([intent.id], op=op.id, worker="w1") is False
    link.refresh_from_db()
    assert (link.remote_id, Intent.objects.get().sent_at) == (None, None)
    assert plan.store.save_outcome(created(link, settled_intent=intent.id), op=op.id, worker="w2") is True


def test_a_create_that_was_announced_keeps_its_marker_when_it_is_announced_again(plan):
    link = plan.linked()
    first = plan.store.announce_create(link.id, {"summary": "Night ferry"})
    assert plan.store.mark_sent([first.id])
    again = plan.store.announce_create(link.id, {"summary": "Other"})
    assert (again.marker, again.sent_at, again.fields) == (first.marker, plan.clock(), {"summary": "Night ferry"})
    assert plan.store.read_link(link.id).intent == again
    plan.store.drop_intent(first.id)
    assert plan.store.announce_create(link.id, {}).marker != first.marker


def test_one_cause_is_one_problem_with_all_the_links_it_holds_up(plan):
    links = [plan.linked(f"Ferry {number}") for number in range(3)]
    outcomes = [SyncOutcome(link=link.id, record_revision=1, problems=(problem(scope="mapping"),)) for link in links]
    plan.store.save_outcomes(outcomes)
    plan.clock.move(minutes=5)
    saved(plan, links[0], problems=(problem(scope="mapping"),))
    row = Problem.objects.get()
    assert (row.slug, row.scope, row.links.count()) == ("perm-create-issue", "mapping", 3)
    assert row.last_seen - row.first_seen == timedelta(minutes=5)
    assert parse_finding(row.finding) == finding()
    assert parse_exchange(row.evidence[0]) == EXCHANGE
    assert {link.state for link in Link.objects.all()} == {"problem"}


def test_records_that_fail_each_for_themselves_have_a_problem_each(plan):
    for name in "AB":
        saved(plan, plan.linked(name), problems=(problem(scope="record"),))
    saved(plan, plan.linked("C"), problems=(problem(field="due"), problem(field="tags")))
    assert Problem.objects.count() == 4


def test_a_problem_is_fixed_when_the_last_link_under_it_is(plan):
    links = [plan.linked(name) for name in "AB"]
    for link in links:
        saved(plan, link, problems=(problem(scope="mapping"),))
    plan.store.save_outcome(created(links[0], 1))
    assert Problem.objects.get().fixed_at is None
    plan.store.save_outcome(created(links[1], 2))
    assert Problem.objects.get().fixed_at == plan.clock()
    assert {link.state for link in Link.objects.all()} == {"in-step"}
    saved(plan, links[0], problems=(problem(scope="mapping"),))
    assert Problem.objects.filter(fixed_at=None).count() == 1
    assert Problem.objects.count() == 2


def test_the_problem_of_a_held_connection_stays_until_it_is_released(plan):
    link = plan.linked()
    refused = problem("auth-token-expired", "connection")
    plan.store.hold_connection(plan.connection.id, refused)
    plan.store.hold_connection(plan.connection.id, refused)
    saved(plan, link, problems=(refused,))
    link.refresh_from_db()
    assert link.state == "waiting"
    plan.store.save_outcome(created(link))
    assert Problem.objects.get().fixed_at is None
    assert plan.store.read_connection(plan.connection.id).held_by == "auth-token-expired"
    assert plan.store.integrations_on() == ()
    plan.store.release_connection(plan.connection.id)
    assert Problem.objects.get().fixed_at == plan.clock()
    assert plan.store.read_connection(plan.connection.id).held_by is None


def test_gone_issues_are_shown_and_nothing_of_the_record_is_lost(plan):
    link = in_step(plan)
    saved(plan, link, gone=True)
    link.refresh_from_db()
    assert (link.state, link.remote_id) == ("gone", "10001")
    assert Record.objects.get(id=link.record_id).deleted is None


def clash(winner=None):
    return ClashView(field="name", ours="Noon ferry", theirs="Fast ferry", agreed="Night ferry", winner=winner)


def test_a_clash_waits_for_a_person_with_both_values(plan):
    link = in_step(plan)
    saved(plan, link, clashes=(clash(),))
    saved(plan, link, clashes=(clash(),))
    row = Clash.objects.get()
    assert (row.ours, row.theirs, row.agreed, row.winner) == ("Noon ferry", "Fast ferry", "Night ferry", "")
    link.refresh_from_db()
    assert link.state == "problem"
    assert plan.store.read_link(link.id).open_clashes == {"name"}


@pytest.mark.parametrize("winner", ["ours", "theirs"])
def test_a_persons_choice_is_told_to_the_engine_until_it_is_carried_out(plan, winner):
    link = in_step(plan)
    saved(plan, link, clashes=(clash(),))
    Op.objects.all().delete()
    assert integrations.settle_clash(Clash.objects.get(), winner, "lee@acme.io") is True
    assert integrations.settle_clash(Clash.objects.get(), winner, "pat@acme.io") is False
    assert Op.objects.get().subject == link.id
    assert plan.store.read_link(link.id).decided == {"name": winner}
    agreed = {"name": FieldBaseline(ours="Noon ferry", theirs="Noon ferry")}
    saved(plan, link, clashes=(clash(winner),), baseline=agreed, settled=frozenset({"name"}))
    row = Clash.objects.get()
    assert (row.settled_by, row.winner, row.carried) == ("lee@acme.io", winner, True)
    view = plan.store.read_link(link.id)
    assert (view.decided, view.open_clashes) == ({}, frozenset())
    change = RecordChange.objects.filter(record=link.record_id, source="jira").get()
    assert "by choice of a person" in change.note
    link.refresh_from_db()
    assert link.state == "in-step"


def test_somebody_who_decides_while_a_sync_runs_is_not_asked_again(plan):
    link = in_step(plan)
    saved(plan, link, clashes=(clash(),))
    integrations.settle_clash(Clash.objects.get(), "ours", "lee@acme.io")
    saved(plan, link, clashes=(clash(),))
    assert Clash.objects.count() == 1
    assert plan.store.read_link(link.id).decided == {"name": "ours"}


def test_a_clash_is_over_when_both_sides_came_to_the_same_value(plan):
    link = in_step(plan)
    saved(plan, link, clashes=(clash(),))
    saved(plan, link, settled=frozenset({"name"}), baseline={"name": FieldBaseline(ours="Same", theirs="Same")})
    row = Clash.objects.get()
    assert (row.winner, row.carried) == ("agreed", True)
    link.refresh_from_db()
    assert link.state == "in-step"


def test_a_choice_whose_value_was_changed_here_meanwhile_is_not_over(plan):
    link = in_step(plan)
    saved(plan, link, clashes=(clash(),))
    integrations.settle_clash(Clash.objects.get(), "theirs", "lee@acme.io")
    seen = Record.objects.get(id=link.record_id).revision
    planning.edit_record(link.record, {"name": "Typed just now"}, actor="pat")
    outcome = SyncOutcome(
        link=link.id,
        record_revision=seen,
        record_changes=(pulled("name", "Night ferry", "Fast ferry"),),
        clashes=(clash("theirs"),),
        settled=frozenset({"name"}),
    )
    assert plan.store.save_outcome(outcome) is False
    assert Clash.objects.get().carried is False
    assert Record.objects.get(id=link.record_id).name == "Typed just now"


def test_a_clash_that_a_rule_settles_keeps_the_losing_value_in_the_history(plan):
    link = in_step(plan)
    saved(
        plan, link, clashes=(clash("ours"),), baseline={"name": FieldBaseline(ours="Noon ferry", theirs="Noon ferry")}
    )
    row = Clash.objects.get()
    assert (row.winner, row.settled_by, row.theirs) == ("ours", "mapping", "Fast ferry")
    change = RecordChange.objects.filter(record=link.record_id, source="jira").get()
    assert (change.old, change.new) == ("Fast ferry", "Noon ferry")
    assert "Ours was kept, by the mapping" in change.note


def test_a_rule_that_has_to_try_its_write_again_is_told_once(plan):
    link = in_step(plan)
    for _ in range(3):
        saved(plan, link, clashes=(clash("ours"),), problems=(problem(),))
    assert Clash.objects.count() == 1
    assert RecordChange.objects.filter(record=link.record_id, source="jira").count() == 1


def test_a_choice_that_could_not_be_carried_out_stays_a_choice(plan):
    link = in_step(plan)
    saved(plan, link, clashes=(clash(),))
    integrations.settle_clash(Clash.objects.get(), "ours", "lee@acme.io")
    saved(plan, link, clashes=(clash("ours"),), problems=(problem(),))
    row = Clash.objects.get()
    assert (row.winner, row.carried) == ("ours", False)
    assert not RecordChange.objects.filter(record=link.record_id, source="jira").exists()


def test_text_that_a_database_cannot_keep_does_not_stop_a_sync(plan):
    link = in_step(plan)
    nasty = "Fast\x00ferry \ud83d"
    line = LogLine(level="info", direction="pull", sentence=f"Pulled {nasty}", steps=(nasty,))
    saved(
        plan,
        link,
        record_changes=(pulled("description", "", nasty),),
        baseline={"description": FieldBaseline(ours=nasty, theirs={"text": nasty})},
        log=(line,),
    )
    link.refresh_from_db()
    record = Record.objects.get(id=link.record_id)
    assert "Fast" in record.description
    assert link.baseline["description"][0] == record.description
    assert LogEntry.objects.count() == 1


def test_long_bodies_are_cut_in_the_log_and_marked(plan):
    link = in_step(plan)
    long = Exchange(id="x2", request=Request(body="q" * 70_000), response=Response(status=200, body="r" * 70_000))
    saved(plan, link, log=(LogLine(level="info", direction="none", sentence="Read", exchanges=(long,)),))
    kept = parse_exchange(LogEntry.objects.get().exchanges[0])
    assert (len(kept.response.body), kept.response.body_elided, len(kept.request.body)) == (65_536, True, 65_536)


def test_children_and_features_are_tried_again_when_what_they_wait_for_exists(plan):
    feature = plan.linked("Night ferry")
    child = plan.linked("Lights", "requirement", parent=feature.record_id)
    ops = {op.subject: op for op in Op.objects.all()}
    plan.clock.moment = max(op.due for op in ops.values())
    plan.ledger.claim(ops[child.id].id, "w1")
    plan.ledger.settle(ops[child.id].id, "w1", OpEnd(result=OpResult.PARKED, finding=finding("map-parent-unlinked")))
    plan.store.save_outcome(created(feature))
    assert Op.objects.get(id=ops[child.id].id).state == "waiting"

    release = plan.linked("R1", "release")
    planning.edit_record(feature.record, {"release": release.record_id}, actor="pat")
    Op.objects.all().delete()
    plan.store.save_outcome(created(release, 2))
    assert [op.subject for op in Op.objects.all()] == [feature.id]


def test_what_waits_to_be_created_comes_releases_first_and_children_after_their_feature(plan):
    feature = plan.linked("Night ferry")
    child = plan.linked("Lights", "requirement", parent=feature.record_id)
    release = plan.linked("R1", "release")
    announced = plan.linked("Announced")
    plan.store.announce_create(announced.id, {})
    troubled = plan.linked("Troubled")
    saved(plan, troubled, problems=(problem(),))
    waiting = plan.store.links_waiting_to_create(plan.integration.id, 10)
    assert waiting == (release.id, feature.id)
    plan.store.save_outcome(created(feature))
    assert plan.store.links_waiting_to_create(plan.integration.id, 10) == (release.id, child.id)
    assert plan.store.links_waiting_to_create(plan.integration.id, 1) == (release.id,)


def test_an_issue_that_an_import_took_for_a_stranger_goes_back_to_the_record_it_was_made_from(plan):
    from tests.store.test_imports import imported

    ours = [plan.linked("Night ferry"), plan.linked("Day ferry")]
    twins = plan.store.save_imported(plan.integration.id, [imported(1), imported(2), imported(3)], None)
    untouched, edited, stranger = [Link.objects.get(id=twin).record for twin in twins]
    planning.edit_record(edited, {"name": "Mine now"}, actor="pat")
    assert plan.store.save_outcomes([created(ours[0], 1), created(ours[1], 2)]) == (True, True)
    assert [Link.objects.get(id=link.id).remote_id for link in ours] == ["10001", "10002"]
    for record in (untouched, edited, stranger):
        record.refresh_from_db()
    assert (untouched.deleted is None, edited.deleted, stranger.deleted) == (False, None, None)
    assert edited.keep_local
    assert Link.objects.filter(record__in=[untouched, edited]).count() == 0
    assert Link.objects.filter(record=stranger).exists()


def test_a_link_that_was_taken_away_meanwhile_has_nothing_to_save(plan):
    link = plan.linked()
    Link.objects.all().delete()
    assert plan.store.save_outcome(created(link)) is True
    assert LogEntry.objects.count() == 0


def test_log_lines_of_an_integration_stand_in_its_workspace(plan):
    plan.store.save_log(
        plan.integration.id, [LogLine(level="warning", direction="none", sentence="Polling slowed down")]
    )
    link = in_step(plan)
    plan.store.save_log(None, [LogLine(level="info", direction="pull", sentence="Heard", link=link.id)])
    plan.store.save_log(None, [LogLine(level="info", direction="pull", sentence="Belongs nowhere")])
    assert [(row.sentence, row.record_id) for row in LogEntry.objects.order_by("id")] == [
        ("Polling slowed down", None),
        ("Heard", link.record_id),
    ]
