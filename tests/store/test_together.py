"""People and workers at the same rows at the same time: nothing is lost, nobody waits for ever, nothing is raised."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from tests.store.test_ledger import DONE, NO_RIGHT, later, parked, together
from tieline.store import integrations, planning
from tieline.store.models import Link, Op, Record, RecordChange
from tieline.sync.remote import IssueRef
from tieline.sync.snapshot import FieldBaseline
from tieline.sync.steps import FieldChange
from tieline.sync.views import LinkProblem, SyncOutcome

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 15


def sync(plan, worker, rng):
    """One worker: take something that is due, change the record as if Jira had, save, settle."""
    ledger, store = plan.ledger, plan.store
    for _ in range(ROUNDS):
        for op in ledger.due(5):
            if ledger.claim(op.id, worker) is None:
                continue
            view = store.read_link(op.subject)
            text = f"{worker} {rng.random()}"
            outcome = SyncOutcome(
                link=view.id,
                record_revision=view.record.revision,
                remote=None if view.remote_id else IssueRef(id=f"1{op.subject[-12:]}", key="ROAD-1"),
                record_changes=(
                    FieldChange(field="description", remote_field="x", old=view.record.description, new=text),
                ),
                baseline={"description": FieldBaseline(ours=text, theirs=text)},
                problems=(LinkProblem(finding=NO_RIGHT, scope=rng.choice(["record", "mapping", "connection"])),)
                if rng.random() < 0.4
                else (),
                remote_view={"updated": text},
                pushed=True,
            )
            complete = store.save_outcome(outcome, op=op.id, worker=worker)
            ledger.settle(op.id, worker, rng.choice([DONE, later(0), parked()]) if complete else later(0))
        plan.clock.move(seconds=2)


def edit(plan, name, rng):
    for number in range(ROUNDS):
        record = rng.choice(list(Record.objects.filter(kind="feature")))
        planning.edit_record(record, {"name": f"{name} {number}"}, actor=name)
        integrations.sync_now(record, actor=name)
        planning.move_record(record, rng.choice(["up", "down", 0]), actor=name)


def trouble(plan, rng):
    for _ in range(ROUNDS):
        plan.store.hold_connection(plan.connection.id, LinkProblem(finding=NO_RIGHT, scope="connection"))
        plan.ledger.take_back(dead_after_s=rng.choice([0, 30]))
        plan.store.release_connection(plan.connection.id)


def test_people_workers_and_trouble_at_once_leave_everything_in_order(plan):
    release = plan.record("R1", "release")
    features = [plan.record(f"Ferry {number}", release=release.id) for number in range(4)]
    for number in range(4):
        plan.record(f"Light {number}", "requirement", parent=features[number].id)
    plan.clock.moment = max(Op.objects.values_list("due", flat=True))
    jobs = [
        lambda: sync(plan, "w1", random.Random(1)),
        lambda: sync(plan, "w2", random.Random(2)),
        lambda: sync(plan, "w3", random.Random(3)),
        lambda: edit(plan, "pat", random.Random(4)),
        lambda: edit(plan, "lee", random.Random(5)),
        lambda: trouble(plan, random.Random(6)),
    ]
    together(len(jobs), lambda number: jobs[number]())

    for record in Record.objects.all():
        history = RecordChange.objects.filter(record=record).order_by("id")
        for field in ("name", "description"):
            values = [(row.old, row.new) for row in history if row.field == field]
            assert all(new == old for (_, new), (old, _) in pairwise(values)), field
            assert not values or values[-1][1] == getattr(record, field)
        saves = history.exclude(field="position").values("revision").distinct().count()
        assert saves == record.revision or (saves, record.revision) == (1, 1)
    for link in Link.objects.exclude(baseline={}):
        assert link.baseline["description"][0] == link.record.description
    assert (
        Op.objects.filter(state="waiting").values("lane").distinct().count()
        == Op.objects.filter(state="waiting").count()
    )
    positions = list(Record.objects.filter(kind="feature").values_list("position", flat=True))
    assert len(set(positions)) == len(positions)


def test_two_edits_of_one_revision_at_once_never_both_win(plan):
    record = plan.record("Night ferry")
    got = together(
        6, lambda number: planning.edit_record(record, {"name": f"Ferry {number}"}, actor=f"p{number}", revision=1)
    )
    assert sorted(one.conflict for one in got) == [False] + [True] * 5


def test_records_made_at_once_get_numbers_of_their_own(plan):
    together(6, lambda number: [plan.record(f"Ferry {number}") for _ in range(3)])
    refs = set(Record.objects.values_list("ref", flat=True))
    assert refs == {f"FERRY-{number}" for number in range(1, 19)}


def test_one_record_sent_by_many_at_once_has_one_link(make_plan):
    plan = make_plan(state="draft")
    record = plan.record("Night ferry")
    links = together(6, lambda number: integrations.send_record(record, plan.integration, f"p{number}").id)
    assert len(set(links)) == 1
    assert Op.objects.count() == 1
