"""Polling: what it costs when nothing is new, what it hears, and when it waits for a person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.world import PERSON, World
from tieline.engine.poll import LET_RUN
from tieline.sandbox.scheme import ROBIN
from tieline.store.models import Delivery, Op


def test_nothing_new_costs_two_calls_and_writes_nothing(either: World) -> None:
    either.record("Night ferry")
    either.record("R1", "release")
    either.settle()
    either.poll()
    either.calls()
    either.news()
    either.clock.move(30)
    either.poll()
    assert len(either.calls()) <= 2
    assert either.news() == []
    assert Op.objects.filter(kind="sync-link", state="waiting").count() == 0


def test_a_change_of_another_person_is_heard_once(either: World) -> None:
    feature = either.record("Night ferry")
    either.settle()
    either.robin_edits(feature, labels=("sea", "late"))
    either.poll()
    assert sorted(either.fresh(feature).tags) == ["late", "sea"]
    either.calls()
    either.poll()
    reads = [call for call in either.calls() if "/issue/" in call[1]]
    assert reads == []


def test_a_version_changed_in_jira_changes_the_release(either: World) -> None:
    release = either.record("R1", "release")
    either.settle()
    version = either.version(release)
    either.sandbox.world.save_version(replace(version, released=True, release_date="2027-03-04"), actor=ROBIN)
    either.poll()
    assert either.fresh(release).status == "released"
    assert str(either.fresh(release).due) == "2027-03-04"


def test_a_mass_change_in_jira_waits_for_a_person(world: World) -> None:
    features = [world.record(f"Ferry {number}") for number in range(20)]
    world.settle()
    world.run()
    world.poll()
    for one in features[:15]:
        world.robin_edits(one, summary=f"{one.name}, renamed by a script")
    world.poll()
    assert [one for one in features if world.fresh(one).name != one.name] == []
    assert world.problems() == ["sync-brake"]
    world.poll()
    assert [one for one in features if world.fresh(one).name != one.name] == []
    world.poll(LET_RUN)
    assert len([one for one in features if world.fresh(one).name != one.name]) == 15
    assert world.problems() == []


def test_a_few_changes_never_wait(world: World) -> None:
    features = [world.record(f"Ferry {number}") for number in range(10)]
    world.settle()
    world.poll()
    for one in features[:9]:
        world.robin_edits(one, summary=f"{one.name}, renamed")
    world.poll()
    assert len([one for one in features if world.fresh(one).name != one.name]) == 9


def test_more_changes_than_fit_on_a_page_are_all_heard(world: World) -> None:
    features = [world.record(f"Ferry {number}") for number in range(130)]
    world.settle()
    world.run()
    for one in features:
        world.robin_edits(one, due_date="2027-01-01")
    world.poll(LET_RUN)
    world.run(patience=400)
    assert {str(world.fresh(one).due) for one in features} == {"2027-01-01"}


def test_polling_while_the_login_is_refused_holds_the_connection(world: World) -> None:
    world.record("Night ferry")
    world.settle()
    world.sandbox.world.switch_on("auth-cloud-token-revoked")
    world.poll()
    world.connection.refresh_from_db()
    assert world.connection.held_by
    world.calls()
    world.poll()
    assert world.calls() == []


@pytest.mark.parametrize("times", [1, 3])
def test_webhooks_told_any_number_of_times_lead_to_one_look(world: World, times: int) -> None:
    from tieline.store.ids import new_id
    from tieline.store.ops import Wanted, enqueue_all
    from tieline.sync.views import OpKind

    feature = world.record("Night ferry")
    world.settle()
    world.robin_edits(feature, summary="Robin's ferry")
    link = world.link(feature)
    world.calls()
    for number in range(times):
        Delivery.objects.create(
            id=new_id(),
            integration=world.integration,
            identifier=f"hook-{number}",
            event="jira:issue_updated",
            subject=f"issue:{link.remote_id}",
            payload={"webhookEvent": "jira:issue_updated", "issue": {"id": link.remote_id, "key": link.remote_key}},
            received=world.clock.now(),
        )
        enqueue_all(
            [
                Wanted(
                    kind=OpKind.HEAR,
                    lane=f"hear:{world.integration.id}",
                    subject=world.integration.id,
                    connection=world.connection.id,
                    integration=world.integration.id,
                    reason="Webhook",
                )
            ]
        )
    world.run()
    assert world.fresh(feature).name == "Robin's ferry"
    assert len(world.calls()) == 1
    assert Delivery.objects.filter(outcome="").count() == 0


def test_a_late_webhook_with_an_old_state_changes_nothing(world: World) -> None:
    """Only the hint counts: the state is read afresh."""
    from tieline.engine.hear import look_at

    feature = world.record("Night ferry")
    world.settle()
    world.edit(feature, name="Late ferry")
    world.settle()
    world.news()
    link = world.link(feature)
    view = world.ports.store.read_integration(world.integration.id)  # type: ignore[arg-type]
    from tieline.engine.turn import Turn

    look_at(view, {link.remote_id: link.id}, Turn(ports=world.ports), reason="Webhook")  # type: ignore[dict-item]
    world.run()
    assert world.news() == []
    assert world.fresh(feature).name == "Late ferry"
    assert PERSON not in world.log()
