"""The worker's edge: our own mistakes, a database that is away, and a process that stood still."""

from __future__ import annotations

import logging

import pytest

from tests.engine.world import World
from tieline.engine import worker as edge
from tieline.engine.worker import GIVE_UP_AFTER, Worker
from tieline.records.ids import OpId
from tieline.store.models import Op


def test_a_mistake_of_ours_is_logged_and_the_work_kept(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(view: object, turn: object) -> None:
        raise ZeroDivisionError("a mistake")

    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR):
        patched.setattr(edge, "run_op", stumble)
        feature = world.record("Night ferry")
        world.settle()
        op = world.op(feature)
        assert (op.state, op.attempts) == ("waiting", 1)
        assert "ZeroDivisionError" in caplog.text
        for _ in range(GIVE_UP_AFTER):
            world.settle(3600)
        op.refresh_from_db()
        assert op.state == "parked"
        assert op.finding["slug"] == "tieline-internal"
    world.edit(feature, name="Late ferry")
    world.settle()
    assert world.link(feature).state == "in-step"
    assert world.created() == 1


def test_a_database_that_is_away_when_the_op_ends_is_waited_for(world: World) -> None:
    settle, tries = world.ports.ledger.settle, []

    def away_for_a_while(*args, **kwargs):  # type: ignore[no-untyped-def]
        tries.append(args)
        if len(tries) < 4:
            raise ConnectionError("the database restarts")
        return settle(*args, **kwargs)

    world.ports.ledger.settle = away_for_a_while  # type: ignore[method-assign]
    feature = world.record("Night ferry")
    world.settle()
    assert len(tries) == 4
    assert world.op(feature).state == "done"
    assert world.created() == 1


def test_a_database_that_stays_away_leaves_the_op_to_a_reaper(world: World) -> None:
    def away(*args, **kwargs):  # type: ignore[no-untyped-def]
        raise ConnectionError("the database is gone")

    settle = world.ports.ledger.settle
    feature = world.record("Night ferry")
    world.clock.move(5)
    op = world.op(feature)
    before = world.worker.name
    world.ports.ledger.settle = away  # type: ignore[method-assign]
    world.run_one(op.id)
    world.ports.ledger.settle = settle  # type: ignore[method-assign]
    assert world.worker.name != before
    world.clock.move(20)
    world.worker.beat()
    assert world.ports.ledger.take_back(dead_after_s=15) == (OpId(op.id),)
    world.run()
    assert world.created() == 1
    assert world.link(feature).state == "in-step"


def test_a_worker_that_stood_still_goes_on_under_a_new_name(world: World) -> None:
    worker = Worker(world.ports, dead_after_s=15)
    worker.beat()
    first = worker.name
    world.clock.move(5)
    worker.beat()
    assert worker.name == first
    world.clock.move(60)
    feature = world.record("Night ferry")
    world.clock.move(5)
    worker.run(OpId(world.op(feature).id))
    assert worker.name != first
    assert world.created() == 1


def test_a_paused_worker_saves_nothing_of_what_another_took_over(world: World) -> None:
    """It wakes up between reading Jira and saving the outcome."""
    feature = world.record("Night ferry")
    world.settle()
    world.robin_edits(feature, summary="Robin's ferry")
    from tieline.store.integrations import sync_now

    sync_now(world.fresh(feature))
    op = Op.objects.get(kind="sync-link", state="waiting")
    other = Worker(world.ports, dead_after_s=1e9)
    read, woken = world.client.read_issue, []

    def read_slowly(issue: str):  # type: ignore[no-untyped-def]
        answer = read(issue)
        if not woken:
            woken.append(issue)
            world.clock.move(100)
            other.beat()
            world.ports.ledger.take_back(dead_after_s=50)
            other.run(OpId(op.id))
            world.robin_edits(feature, summary="Robin's second thought")
        return answer

    world.client.read_issue = read_slowly  # type: ignore[method-assign]
    world.run_one(op.id)
    assert world.history(feature) == [("name", "Night ferry", "Robin's ferry")]
    world.poll()
    assert world.fresh(feature).name == "Robin's second thought"


def test_an_op_that_is_done_is_not_to_be_had_again(world: World) -> None:
    feature = world.record("Night ferry")
    world.settle()
    world.calls()
    assert world.worker.run(OpId(world.op(feature).id)) is None
    assert world.calls() == []
