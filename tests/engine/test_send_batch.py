"""Many creates in few calls: how many calls, whose lanes, and what becomes of each element."""

from __future__ import annotations

from tests.engine.world import World
from tieline.engine.send_batch import BATCH
from tieline.records.ids import LinkId, OpId
from tieline.store.models import Intent, Op


def creates(world: World) -> list[tuple[str, str, int]]:
    return [call for call in world.calls() if call[0] == "POST" and "/issue" in call[1] and "fetch" not in call[1]]


def test_a_first_send_goes_fifty_at_a_time(either: World) -> None:
    features = [either.record(f"Ferry {number}", tags=["sea"]) for number in range(120)]
    either.settle()
    either.run()
    assert len(creates(either)) <= 4
    assert either.created() == len(features)
    assert {either.link(one).state for one in features} == {"in-step"}
    assert Op.objects.filter(state__in=("waiting", "running", "parked")).count() == 0
    either.news()
    either.poll()
    assert either.news() == []


def test_features_are_made_before_what_lies_below_them(world: World) -> None:
    feature = world.record("Night ferry")
    requirements = [world.record(f"Step {number}", "requirement", parent=feature.id) for number in range(5)]
    other = [world.record(f"Ferry {number}") for number in range(5)]
    world.settle()
    world.settle()
    assert world.created() == 11
    assert {str(world.issue(one).parent) for one in requirements} == {world.link(feature).remote_id}
    assert {world.link(one).state for one in (*requirements, *other)} == {"in-step"}


def test_each_element_of_a_batch_ends_on_its_own(either: World) -> None:
    features = [either.record(f"Ferry {number}") for number in range(9)]
    either.sandbox.world.switch_on("partial-bulk")
    either.settle()
    refused = [one for one in features if either.link(one).remote_id is None]
    assert len(refused) == 3
    assert either.created() == 6
    assert {either.link(one).state for one in refused} == {"problem"}
    assert Intent.objects.filter(state="open").count() == 0
    either.sandbox.world.switch_off("partial-bulk")
    creates(either)
    either.settle(3600)
    assert creates(either) == []
    for one in refused:
        either.edit(one, name=f"{one.name}, again")
    either.settle()
    assert either.created() == 9
    assert either.problems() == []


def test_a_batch_without_an_answer_is_looked_for_before_anything_is_sent_again(lagging: World) -> None:
    features = [lagging.record(f"Ferry {number}") for number in range(30)]
    lagging.sandbox.world.switch_on("answer-lost-after-create", times=1)
    lagging.settle()
    assert {lagging.link(one).remote_id for one in features} == {None}
    for _ in range(12):
        lagging.settle(20)
    assert lagging.created() == len(features)
    assert {lagging.link(one).state for one in features} == {"in-step"}
    assert len({lagging.link(one).remote_id for one in features}) == len(features)


def test_a_link_in_other_hands_is_not_taken_along(world: World) -> None:
    features = [world.record(f"Ferry {number}") for number in range(4)]
    world.clock.move(5)
    taken = world.op(features[1])
    world.ports.ledger.beat("another worker")
    assert world.ports.ledger.claim(OpId(taken.id), "another worker") is not None
    world.run()
    assert world.created() == 3
    assert world.link(features[1]).remote_id is None
    assert world.ports.ledger.holds(OpId(taken.id), "another worker")


def test_while_a_batch_runs_no_other_worker_can_take_one_of_its_links(world: World) -> None:
    features = [world.record(f"Ferry {number}") for number in range(4)]
    world.clock.move(5)
    claims: list[object] = []
    create = world.client.create_issues

    def create_and_look(batch):  # type: ignore[no-untyped-def]
        world.ports.ledger.beat("another worker")
        claims.extend(world.ports.ledger.claim(OpId(world.op(one).id), "another worker") for one in features)
        return create(batch)

    world.client.create_issues = create_and_look  # type: ignore[method-assign]
    world.run()
    assert claims == [None] * 4
    assert world.created() == 4


def test_a_worker_that_lost_its_op_sends_no_batch(world: World) -> None:
    features = [world.record(f"Ferry {number}") for number in range(3)]
    world.clock.move(5)
    announce = world.ports.store.announce_creates

    def announce_late(*args, **kwargs):  # type: ignore[no-untyped-def]
        world.clock.move(100)
        world.ports.ledger.beat("another worker")
        world.ports.ledger.take_back(dead_after_s=50)
        return announce(*args, **kwargs)

    world.ports.store.announce_creates = announce_late  # type: ignore[method-assign]
    world.run_one(world.op(features[0]).id)
    assert world.created() == 0
    world.ports.store.announce_creates = announce  # type: ignore[method-assign]
    world.run()
    assert world.created() == 3


def test_a_batch_op_creates_everything_that_waits(world: World) -> None:
    from tieline.store.integrations import send_all, set_auto_send

    set_auto_send(world.integration, False, "dana")
    release = world.record("R1", "release")
    features = [world.record(f"Ferry {number}", release=release.id) for number in range(BATCH + 5)]
    world.calls()
    assert send_all(world.integration, "dana") == len(features) + 1
    world.settle()
    assert len(creates(world)) == 2
    assert {LinkId(world.link(one).state) for one in features} == {"in-step"}
    assert world.problems() == []
