"""What happens between our steps: hops without an answer, mappings changed, pauses, hands that lost their op."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.world import PERSON, World
from tieline.mapping.model import Direction
from tieline.records.record import RecordKind
from tieline.store import integrations, planning
from tieline.store.models import Clash, Op, Record


def test_a_hop_of_several_that_was_taken_without_an_answer_is_no_change_made_in_jira(world: World) -> None:
    world.remap(RecordKind.FEATURE, "status", direction=Direction.BOTH)
    feature, other = world.record("Night ferry"), world.record("Day ferry")
    world.settle()
    world.robin_edits(other, status_id="3")
    world.poll()
    world.edit(feature, status="in-review")
    world.sandbox.world.switch_on("error-after-effect", times=1)
    world.settle()
    for _ in range(4):
        world.settle(60)
    assert Clash.objects.count() == 0
    assert world.fresh(feature).status == "in-review"
    assert world.issue(feature).status_id == "10001"
    assert world.link(feature).state == "in-step"


def test_a_field_mapped_to_another_field_of_jira_is_not_emptied(world: World) -> None:
    feature = world.record("Night ferry", due="2027-05-01")
    world.settle()
    empty = "customfield_10031"
    world.remap(RecordKind.FEATURE, "due", theirs=empty)
    assert "due" not in world.link(feature).baseline
    assert "name" in world.link(feature).baseline
    world.edit(feature, name="Late ferry")
    world.settle()
    assert str(world.fresh(feature).due) == "2027-05-01"
    assert world.issue(feature).due_date == "2027-05-01"
    world.remap(RecordKind.FEATURE, "due", theirs="duedate")
    world.edit(feature, due="2027-06-01")
    world.settle()
    assert world.issue(feature).due_date == "2027-06-01"


def test_a_pause_stops_a_long_send_and_the_rest_goes_on_after_it(world: World) -> None:
    for number in range(120):
        Record.objects.get(
            id=planning.create_record(world.workspace, "feature", {"name": f"F {number}"}, actor=PERSON).id
        )
    world.clock.move(5)
    create = world.ports.jira(world.connection.id).create_issues  # type: ignore[arg-type]

    def create_then_pause(batch):  # type: ignore[no-untyped-def]
        integrations.set_state(world.integration, "paused", PERSON)
        return create(batch)

    jira = world.ports.jira(world.connection.id)  # type: ignore[arg-type]
    jira.create_issues = create_then_pause  # type: ignore[method-assign]
    integrations.send_all(world.integration, PERSON)
    world.run_one(Op.objects.get(kind="send-batch").id)
    assert world.created() == 50
    jira.create_issues = create  # type: ignore[method-assign]
    world.settle()
    assert world.created() == 50
    integrations.set_state(world.integration, "on", PERSON)
    world.settle()
    assert world.created() == 120


def test_a_worker_that_lost_its_op_while_it_stood_still_writes_nothing(world: World) -> None:
    """It had read an older name; another worker has sent a newer one since."""
    from tieline.engine.worker import Worker

    feature = world.record("Night ferry")
    world.settle()
    world.edit(feature, name="Late ferry")
    world.clock.move(5)
    stale = Worker(world.ports, dead_after_s=1e9)
    world.ports.ledger.beat(stale.name)
    read = world.client.read_issue
    asleep = []

    def read_and_sleep(issue: str):  # type: ignore[no-untyped-def]
        found = read(issue)
        if not asleep:
            asleep.append(issue)
            world.clock.move(60)
            world.ports.ledger.beat(world.worker.name)
            world.ports.ledger.take_back(dead_after_s=30)
            world.edit(feature, name="Latest ferry")
            world.clock.move(5)
            world.run()
        return found

    world.client.read_issue = read_and_sleep  # type: ignore[method-assign]
    stale.run(world.op(feature).id)  # type: ignore[arg-type]
    world.settle()
    assert asleep
    written = [fields for kind, _, fields in world.news() if kind == "issue edited"]
    assert written == [["summary"]]
    assert world.issue(feature).summary == "Latest ferry"
    assert world.fresh(feature).name == "Latest ferry"


ODD = [
    "\u0000NUL\u0000 ferry",
    "lone \ud800 ferry",
    "👩‍👩‍👧‍👦" * 60,
    "עברית \u202eferry",
    "x" * 400,
    "a\u2028b",
    "  blanks   inside  ",
]


@pytest.mark.parametrize("name", ODD, ids=["nul", "surrogate", "emoji", "rtl", "long", "separator", "blanks"])
def test_an_odd_name_arrives_once_and_comes_to_rest(either: World, name: str) -> None:
    feature = either.record(name, description=name)
    either.settle()
    assert either.link(feature).state == "in-step"
    either.news()
    kept = either.fresh(feature).name
    for _ in range(3):
        either.poll()
        either.settle(60)
    assert either.news() == []
    assert either.fresh(feature).name == kept
    assert either.history(feature) == []


@pytest.mark.parametrize("name", ODD[2:], ids=["emoji", "rtl", "long", "separator", "blanks"])
def test_an_odd_summary_from_jira_comes_to_rest_and_an_edit_here_wins_no_clash(either: World, name: str) -> None:
    feature = either.record("Night ferry")
    either.settle()
    issue = either.issue(feature)
    either.robin_edits(feature, summary=name[:255], description=issue.description)
    either.poll()
    either.news()
    before = either.history(feature)
    for _ in range(2):
        either.poll()
        either.settle(60)
    assert either.news() == []
    assert either.history(feature) == before
    either.edit(feature, name="Late ferry")
    either.settle()
    assert either.issue(feature).summary == "Late ferry"
    assert Clash.objects.count() == 0


def test_an_issue_moved_to_another_project_is_told_and_not_written_to(world: World) -> None:
    feature = world.record("Night ferry")
    world.settle()
    issue = world.issue(feature)
    world.clock.move(2)
    world.sandbox.world.issues[issue.id] = replace(
        issue, project="CREW", key="CREW-77", updated=world.clock.milliseconds()
    )
    world.edit(feature, name="Late ferry")
    world.settle()
    assert world.sandbox.world.issues[issue.id].summary == "Night ferry"
    assert world.fresh(feature).name == "Late ferry"
    assert world.problems() == ["sync-issue-moved"]
    world.sandbox.world.issues[issue.id] = replace(issue, updated=world.clock.milliseconds())
    integrations.sync_now(world.fresh(feature))
    world.settle()
    assert world.sandbox.world.issues[issue.id].summary == "Late ferry"
    assert world.problems() == []
