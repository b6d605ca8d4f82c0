from __future__ import annotations

import math

import pytest

from tests.store.conftest import Clock
from tests.store.test_ledger import together
from tieline.store.gate import DjangoGate
from tieline.store.models import GateRow


@pytest.fixture
def gate(plan):
    return DjangoGate(plan.clock, calls_per_second=20)


def granted(gate, connection, clock: Clock, seconds: float, scope="site", step=0.01) -> int:
    count = 0
    for _ in range(round(seconds / step)):
        while gate.ask(connection, scope) == 0.0:
            count += 1
        clock.move(seconds=step)
    return count


def test_calls_go_at_the_pace_that_was_set_and_no_faster(plan, gate):
    assert granted(gate, plan.connection.id, plan.clock, 2) in range(40, 46)


def test_the_wait_told_is_the_wait_needed(plan, gate):
    while gate.ask(plan.connection.id, "site") == 0.0:
        pass
    wait = gate.ask(plan.connection.id, "site")
    assert 0 < wait <= 0.05
    plan.clock.move(seconds=wait + 0.001)
    assert gate.ask(plan.connection.id, "site") == 0.0


def test_no_call_goes_while_jira_said_wait(plan, gate):
    gate.throttle(plan.connection.id, "site", 30)
    assert granted(gate, plan.connection.id, plan.clock, 29.9, step=0.1) == 0
    plan.clock.move(seconds=0.2)
    assert gate.ask(plan.connection.id, "site") == 0.0


def test_there_is_no_burst_after_a_wait(plan, gate):
    gate.throttle(plan.connection.id, "site", 60)
    plan.clock.move(seconds=60.06)
    assert granted(gate, plan.connection.id, plan.clock, 0.1) <= 4


@pytest.mark.parametrize(
    ("told", "kept"), [(0, 1), (-5, 1), (1e9, 3600), (math.inf, 3600), (math.nan, 1), (-math.inf, 1), (90, 90)]
)
def test_absurd_waits_are_clamped(plan, gate, told, kept):
    gate.throttle(plan.connection.id, "site", told)
    assert gate.ask(plan.connection.id, "site") == pytest.approx(kept, abs=0.001)


def test_a_shorter_word_does_not_shorten_a_longer_one(plan, gate):
    gate.throttle(plan.connection.id, "site", 60)
    gate.throttle(plan.connection.id, "site", 2)
    assert gate.ask(plan.connection.id, "site") == pytest.approx(60, abs=0.001)


def test_one_endpoint_that_waits_stops_only_itself(plan, gate):
    gate.throttle(plan.connection.id, "search", 60)
    assert gate.ask(plan.connection.id, "search") == pytest.approx(60, abs=0.001)
    assert gate.ask(plan.connection.id, "site") == 0.0
    assert gate.ask(plan.connection.id, "issue:1") == 0.0


def test_a_site_that_waits_stops_every_endpoint(plan, gate):
    gate.throttle(plan.connection.id, "site", 60)
    assert gate.ask(plan.connection.id, "search") == pytest.approx(60, abs=0.001)


def test_a_refused_call_takes_no_token_from_the_other_bucket(plan, gate):
    gate.throttle(plan.connection.id, "search", 60)
    before = GateRow.objects.filter(scope="site").count()
    for _ in range(50):
        gate.ask(plan.connection.id, "search")
    assert before == 0
    assert gate.ask(plan.connection.id, "site") == 0.0


def test_writes_to_one_issue_keep_to_its_own_limit(plan):
    gate = DjangoGate(plan.clock, calls_per_second=1000)
    assert granted(gate, plan.connection.id, plan.clock, 2, "issue:10001", step=0.05) <= 20 + 7
    assert granted(gate, plan.connection.id, plan.clock, 30, "issue:10001", step=0.5) <= 101


def test_connections_do_not_share_a_pace(make_plan):
    one, two = make_plan("FERRY"), make_plan("TRAIN")
    gate = DjangoGate(one.clock, calls_per_second=20)
    gate.throttle(one.connection.id, "site", 60)
    assert gate.ask(two.connection.id, "site") == 0.0


def test_a_clock_that_is_set_back_neither_gives_tokens_nor_blocks_for_ever(plan, gate):
    while gate.ask(plan.connection.id, "site") == 0.0:
        pass
    plan.clock.move(hours=-1)
    assert gate.ask(plan.connection.id, "site") <= 0.05
    plan.clock.move(seconds=0.06)
    assert gate.ask(plan.connection.id, "site") == 0.0


def test_idle_buckets_are_forgotten(plan, gate):
    gate.ask(plan.connection.id, "issue:1")
    assert gate.forget_idle() == 0
    plan.clock.move(hours=2)
    assert gate.forget_idle() == 1
    assert [row.scope for row in GateRow.objects.all()] == ["site"]


@pytest.mark.django_db(transaction=True)
def test_workers_that_ask_at_once_share_one_pace(plan):
    gate = DjangoGate(plan.clock, calls_per_second=20)
    connection = plan.connection.id
    waits = together(8, lambda _: [gate.ask(connection, "site") for _ in range(4)])
    assert sum(wait == 0.0 for some in waits for wait in some) == 5
