from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction

from tieline.diagnosis.finding import Confidence, Finding
from tieline.store import integrations, ops
from tieline.store.ledger import POISON, DjangoLedger
from tieline.store.models import Connection, Link, Op, Problem, WorkerBeat
from tieline.sync.views import LinkProblem, OpEnd, OpKind, OpResult

DONE = OpEnd(result=OpResult.DONE)
NO_RIGHT = Finding(slug="perm-create-issue", confidence=Confidence.CERTAIN, because=("Jira said so.",))


def later(seconds: float) -> OpEnd:
    return OpEnd(result=OpResult.LATER, after_s=seconds, why="Jira asked to wait")


def parked(finding: Finding = NO_RIGHT) -> OpEnd:
    return OpEnd(result=OpResult.PARKED, why="Not permitted", finding=finding)


def enqueue(plan, lane="link:1", *, kind=OpKind.SYNC_LINK, delay_s=0.0, reason="Edited"):
    return plan.ledger.enqueue(
        kind,
        lane=lane,
        subject=lane.partition(":")[2],
        connection=plan.connection.id,
        integration=plan.integration.id,
        reason=reason,
        delay_s=delay_s,
    )


def test_edits_of_one_link_become_one_op_with_the_earlier_due(plan):
    first = enqueue(plan, delay_s=60)
    second = enqueue(plan, delay_s=5)
    third = enqueue(plan, delay_s=30)
    assert first == second == third
    assert (Op.objects.get(id=first).due - plan.clock()).total_seconds() == 5


def test_a_change_while_an_op_runs_makes_a_second_one_that_waits_for_it(plan):
    first = enqueue(plan)
    assert plan.ledger.claim(first, "w1").attempts == 1
    second = enqueue(plan)
    assert second != first
    assert plan.ledger.claim(second, "w2") is None
    assert plan.ledger.due(10) == ()
    plan.ledger.mark_handed([second])
    assert plan.ledger.settle(first, "w1", DONE)
    assert [op.id for op in plan.ledger.due(10)] == [second]
    assert plan.ledger.claim(second, "w2").id == second


def test_an_op_is_not_started_before_its_time(plan):
    op = enqueue(plan, delay_s=10)
    assert plan.ledger.claim(op, "w1") is None
    assert plan.ledger.due(10) == ()
    plan.clock.move(seconds=10)
    assert plan.ledger.claim(op, "w1") is not None


def test_only_one_of_two_workers_gets_an_op_and_only_that_one_may_settle_it(plan):
    op = enqueue(plan)
    assert plan.ledger.claim(op, "w1") is not None
    assert plan.ledger.claim(op, "w2") is None
    assert (plan.ledger.holds(op, "w1"), plan.ledger.holds(op, "w2")) == (True, False)
    assert plan.ledger.settle(op, "w2", DONE) is False
    assert plan.ledger.settle(op, "w1", DONE) is True
    assert plan.ledger.settle(op, "w1", DONE) is False


def test_ops_are_due_oldest_first_and_not_handed_over_twice_at_once(plan):
    ids = [enqueue(plan, f"link:{number}") for number in range(5)]
    assert [op.id for op in plan.ledger.due(3)] == ids[:3]
    plan.ledger.mark_handed(ids[:3])
    assert [op.id for op in plan.ledger.due(10)] == ids[3:]


def test_what_was_handed_over_to_the_dead_is_due_at_once_when_nobody_else_lives(plan):
    op = enqueue(plan)
    plan.ledger.mark_handed([op])
    assert plan.ledger.take_back(dead_after_s=15) == ()
    assert plan.ledger.due(10) == ()
    assert plan.ledger.take_back(dead_after_s=0) == ()
    assert [one.id for one in plan.ledger.due(10)] == [op]


def test_an_op_that_was_handed_over_in_vain_is_due_again_after_half_a_minute_under_another_count(plan):
    op = enqueue(plan)
    plan.ledger.mark_handed([op])
    assert plan.ledger.due(10) == ()
    plan.clock.move(seconds=31)
    (again,) = plan.ledger.due(10)
    assert (again.id, again.handed) == (op, 1)


def test_later_waits_its_time_and_keeps_its_count(plan):
    op = enqueue(plan)
    plan.ledger.claim(op, "w1")
    plan.ledger.settle(op, "w1", later(30))
    row = Op.objects.get(id=op)
    assert (row.state, row.why, row.worker, row.handed_at) == ("waiting", "Jira asked to wait", "", None)
    assert plan.ledger.claim(op, "w1") is None
    plan.clock.move(seconds=30)
    assert plan.ledger.claim(op, "w1").attempts == 2


def test_later_goes_on_in_the_newer_op_when_one_waits_already(plan):
    first = enqueue(plan)
    plan.ledger.claim(first, "w1")
    second = enqueue(plan)
    assert plan.ledger.settle(first, "w1", later(3600))
    assert Op.objects.get(id=first).state == "done"
    (due,) = plan.ledger.due(10)
    assert (due.id, due.attempts) == (second, 1)


def test_a_parked_op_keeps_its_finding_and_is_not_due(plan):
    op = enqueue(plan)
    plan.ledger.claim(op, "w1")
    plan.ledger.settle(op, "w1", parked())
    row = Op.objects.get(id=op)
    assert (row.state, row.finding["slug"]) == ("parked", "perm-create-issue")
    assert plan.ledger.due(10) == ()


def test_a_later_op_that_ends_well_stands_for_the_parked_one(plan):
    first = enqueue(plan)
    plan.ledger.claim(first, "w1")
    plan.ledger.settle(first, "w1", parked())
    second = enqueue(plan)
    plan.ledger.claim(second, "w1")
    plan.ledger.settle(second, "w1", DONE)
    assert set(Op.objects.values_list("state", flat=True)) == {"done"}


def test_nothing_of_a_held_connection_starts_and_all_of_it_is_due_in_order_when_it_is_released(plan):
    ids = [enqueue(plan, f"link:{number}") for number in range(3)]
    plan.ledger.mark_handed(ids)
    finding = Finding(slug="auth-token-expired", confidence=Confidence.CERTAIN, because=("401",))
    plan.store.hold_connection(plan.connection.id, LinkProblem(finding=finding, scope="connection"))
    plan.clock.move(seconds=300)
    assert plan.ledger.due(10) == ()
    assert plan.ledger.claim(ids[0], "w1") is None
    plan.store.release_connection(plan.connection.id)
    assert [op.id for op in plan.ledger.due(10)] == ids
    assert plan.ledger.claim(ids[0], "w1") is not None


def test_releasing_lets_what_was_parked_for_the_connection_run_again_and_leaves_the_rest_parked(plan):
    refused = Finding(slug="auth-token-expired", confidence=Confidence.CERTAIN, because=("401",))
    ends = {"link:1": parked(refused), "link:2": parked(NO_RIGHT), "link:3": parked(refused)}
    ids = {lane: enqueue(plan, lane) for lane in ends}
    for lane, end in ends.items():
        plan.ledger.claim(ids[lane], "w1")
        plan.ledger.settle(ids[lane], "w1", end)
    plan.store.hold_connection(plan.connection.id, LinkProblem(finding=refused, scope="connection"))
    plan.store.release_connection(plan.connection.id, slugs=["auth-token-expired"])
    assert [op.lane for op in plan.ledger.due(10)] == ["link:1", "link:3"]
    assert Op.objects.get(id=ids["link:2"]).state == "parked"


def test_another_slug_does_not_release_the_connection(plan):
    refused = Finding(slug="auth-token-expired", confidence=Confidence.CERTAIN, because=("401",))
    plan.store.hold_connection(plan.connection.id, LinkProblem(finding=refused, scope="connection"))
    plan.store.release_connection(plan.connection.id, slugs=["dns-not-found"])
    assert Connection.objects.get(id=plan.connection.id).held_by == "auth-token-expired"
    assert plan.store.open_slugs(plan.connection.id) == ("auth-token-expired",)


def test_work_of_a_paused_integration_waits(plan):
    op = enqueue(plan)
    integrations.set_state(plan.integration, "paused", "pat")
    assert plan.ledger.claim(op, "w1") is None
    integrations.set_state(plan.integration, "on", "pat")
    assert plan.ledger.claim(op, "w1") is not None


def test_a_silent_worker_loses_its_op_and_a_lively_one_keeps_it(plan):
    lost, kept = enqueue(plan, "link:1"), enqueue(plan, "link:2")
    for worker, op in (("w1", lost), ("w2", kept)):
        plan.ledger.beat(worker)
        plan.ledger.claim(op, worker)
    plan.clock.move(seconds=20)
    plan.ledger.beat("w2")
    assert plan.ledger.take_back(dead_after_s=15) == (lost,)
    assert [op.id for op in plan.ledger.due(10)] == [lost]
    assert plan.ledger.settle(lost, "w1", DONE) is False
    assert plan.ledger.settle(kept, "w2", DONE) is True


def test_a_worker_that_never_gave_a_sign_is_dead_too(plan):
    op = enqueue(plan)
    plan.ledger.claim(op, "ghost")
    assert plan.ledger.take_back(dead_after_s=15) == (op,)


def test_a_worker_that_stopped_in_order_leaves_no_beat(plan):
    plan.ledger.beat("w1")
    plan.ledger.forget_worker("w1")
    assert not WorkerBeat.objects.exists()


def test_what_kills_five_workers_is_parked_as_poison_and_shown(plan):
    link = plan.linked()
    (op,) = Op.objects.filter(subject=link.id).values_list("id", flat=True)
    plan.clock.moment = Op.objects.get(id=op).due
    for number in range(5):
        assert plan.ledger.claim(op, f"w{number}") is not None
        assert plan.ledger.take_back(dead_after_s=15) == (op,)
    row = Op.objects.get(id=op)
    assert (row.state, row.finding["slug"], row.deaths) == ("parked", POISON, 5)
    problem = Problem.objects.get(slug=POISON)
    assert [one.id for one in problem.links.all()] == [link.id]
    assert Link.objects.get(id=link.id).state == "problem"


def test_ending_by_itself_forgets_earlier_deaths(plan):
    op = enqueue(plan)
    for _ in range(4):
        plan.ledger.claim(op, "w")
        plan.ledger.take_back(dead_after_s=15)
    plan.ledger.claim(op, "w")
    plan.ledger.settle(op, "w", later(0))
    for _ in range(4):
        plan.ledger.claim(op, "w")
        plan.ledger.take_back(dead_after_s=15)
    assert Op.objects.get(id=op).state == "waiting"


def test_old_done_ops_go_and_parked_ones_stay(plan):
    done, stays = enqueue(plan, "link:1"), enqueue(plan, "link:2")
    for op, end in ((done, DONE), (stays, parked())):
        plan.ledger.claim(op, "w1")
        plan.ledger.settle(op, "w1", end)
    assert plan.ledger.retain(before=plan.clock()) == 0
    plan.clock.move(days=31)
    assert plan.ledger.retain(before=plan.clock()) == 1
    assert [op.id for op in Op.objects.all()] == [stays]


def test_a_batch_takes_the_lanes_of_its_links_and_leaves_those_in_other_hands(plan):
    batch = enqueue(plan, "batch:1", kind=OpKind.SEND_BATCH)
    waiting, running, backing_off = (enqueue(plan, f"link:{name}") for name in ("waiting", "running", "backing-off"))
    plan.ledger.claim(running, "w2")
    plan.ledger.claim(backing_off, "w2")
    plan.ledger.settle(backing_off, "w2", later(60))
    assert plan.ledger.claim_links(["waiting"], batch, "w1") == {}
    plan.ledger.claim(batch, "w1")
    taken = plan.ledger.claim_links(["waiting", "running", "backing-off", "new"], batch, "w1")
    assert set(taken) == {"waiting", "new"}
    assert taken["waiting"] == waiting
    assert plan.ledger.claim(waiting, "w3") is None
    assert plan.ledger.settle_all([(op, DONE) for op in taken.values()], "w1") == (True, True)
    assert Op.objects.filter(state="running").count() == 2


def test_work_taken_in_a_batch_comes_back_when_its_worker_dies(plan):
    batch = enqueue(plan, "batch:1", kind=OpKind.SEND_BATCH)
    plan.ledger.claim(batch, "w1")
    taken = plan.ledger.claim_links(["one", "two"], batch, "w1")
    assert set(plan.ledger.take_back(dead_after_s=15)) == {batch, *taken.values()}


def test_hooks_are_called_after_the_commit_and_not_after_an_undone_one(plan, django_capture_on_commit_callbacks):
    calls = []
    ops.on_enqueued.append(lambda: calls.append("now"))
    try:
        with django_capture_on_commit_callbacks(execute=True):
            enqueue(plan)
            assert calls == []
        assert calls == ["now"]
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            enqueue(plan, "link:2")
            transaction.set_rollback(True)
        assert calls == ["now"]
    finally:
        ops.on_enqueued.clear()
    assert Op.objects.count() == 1


def test_the_database_itself_refuses_a_second_running_op_of_a_lane(plan):
    one, two = enqueue(plan, "link:1"), enqueue(plan, "link:1", kind=OpKind.HEAR)
    plan.ledger.claim(one, "w1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Op.objects.filter(id=two).update(state="running")


# --- several threads, real commits ------------------------------------------------------------------------------------


def together(count, work):
    """Run ``work(number)`` in threads that begin at one moment, each with a database connection of its own."""
    gate = threading.Barrier(count)

    def run(number):
        gate.wait()
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_that_claim_at_once_exactly_one_gets_the_op(plan):
    for number in range(10):
        op = enqueue(plan, f"link:{number}")
        ledger = plan.ledger
        got = together(8, lambda worker, op=op, ledger=ledger: ledger.claim(op, f"w{worker}"))
        assert len([one for one in got if one is not None]) == 1


@pytest.mark.django_db(transaction=True)
def test_no_two_ops_of_one_lane_run_at_once_whatever_the_workers_do(plan):
    kinds = [OpKind.SYNC_LINK, OpKind.HEAR, OpKind.POLL, OpKind.IMPORT]
    ids = [enqueue(plan, "link:1", kind=kind) for kind in kinds]
    ledger = plan.ledger
    got = together(4, lambda worker: ledger.claim(ids[worker], f"w{worker}"))
    assert len([one for one in got if one is not None]) == 1
    assert Op.objects.filter(state="running").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_that_enqueue_at_once_all_get_one_and_the_same_op(plan):
    got = together(8, lambda number: enqueue(plan))
    assert len(set(got)) == 1
    assert Op.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_op_is_not_started_with_the_state_before_the_change_that_asked_for_it(plan):
    """A change that found an op waiting holds its row: whoever starts it sees the change."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite writers exclude each other anyway")
    op = enqueue(plan)
    asked, started = threading.Event(), threading.Event()

    def edit():
        try:
            with transaction.atomic():
                Connection.objects.filter(id=plan.connection.id).update(name="Edited")
                enqueue(plan)
                asked.set()
                assert not started.wait(0.5)
        finally:
            connection.close()

    def start():
        try:
            asked.wait()
            claimed = DjangoLedger(plan.clock).claim(op, "w1")
            started.set()
            return claimed, Connection.objects.get(id=plan.connection.id).name
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        editing, starting = pool.submit(edit), pool.submit(start)
        editing.result()
        claimed, name = starting.result()
    assert claimed is not None
    assert name == "Edited"
