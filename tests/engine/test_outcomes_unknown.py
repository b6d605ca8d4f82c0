"""Creates whose answer never came, and everything else that may not make a second issue or lose one."""

from __future__ import annotations

import pytest

from tests.engine.world import World
from tieline.store.models import Intent, Op


@pytest.mark.parametrize("fault", ["answer-lost-after-create", "error-after-effect"])
def test_a_create_that_happened_without_an_answer_is_found_and_not_sent_again(either: World, fault: str) -> None:
    either.sandbox.world.switch_on(fault, times=1)
    feature = either.record("Night ferry")
    either.settle()
    either.settle(200)
    assert either.created() == 1
    assert either.link(feature).state == "in-step"


def test_while_the_search_lags_nothing_is_sent_again(lagging: World) -> None:
    lagging.sandbox.world.switch_on("answer-lost-after-create", times=1)
    feature = lagging.record("Night ferry")
    lagging.settle()
    assert lagging.link(feature).remote_id is None
    assert Intent.objects.get(link=lagging.link(feature)).state == "open"
    for _ in range(8):
        lagging.settle(10)
    assert lagging.created() == 1
    assert lagging.link(feature).state == "in-step"


def test_a_create_that_did_not_happen_is_sent_again_once_the_search_must_have_caught_up(lagging: World) -> None:
    lagging.sandbox.world.switch_on("answer-lost-before-create", times=1)
    feature = lagging.record("Night ferry")
    lagging.settle()
    for _ in range(6):
        lagging.settle(20)
        assert lagging.created() == 0
    for _ in range(8):
        lagging.settle(20)
    assert lagging.created() == 1
    assert lagging.link(feature).state == "in-step"


def test_a_version_created_without_an_answer_is_found_by_its_name(either: World) -> None:
    either.sandbox.world.switch_on("answer-lost-after-create", times=1)
    release = either.record("R1", "release")
    either.settle()
    either.settle(20)
    assert either.created("version created") == 1
    assert either.link(release).state == "in-step"


def test_a_version_that_exists_is_taken_and_not_made_twice(either: World) -> None:
    from tieline.sandbox.model import Version
    from tieline.sandbox.scheme import ROBIN

    there = Version(id=either.sandbox.world.next_id("version"), project="ROAD", name="r1 ", description="Robin's words")
    either.sandbox.world.save_version(there, actor=ROBIN)
    release = either.record("R1", "release")
    either.settle()
    assert either.created("version created") == 0
    assert either.link(release).remote_id == str(there.id)
    assert either.fresh(release).description == "Robin's words"


def test_an_edit_without_an_answer_is_looked_at_before_it_is_sent_again(either: World) -> None:
    feature = either.record("Night ferry")
    either.settle()
    either.news()
    either.sandbox.world.switch_on("error-after-effect", times=1)
    either.edit(feature, name="Late ferry")
    either.settle()
    either.settle(30)
    assert either.news() == [("issue edited", "ROAD-1", ["summary"])]
    assert either.link(feature).state == "in-step"


def test_a_refused_create_is_shown_and_tried_again_after_an_edit(either: World) -> None:
    either.sandbox.world.switch_on("perm-create-issue")
    feature = either.record("Night ferry")
    either.settle()
    assert either.problems() == ["perm-create-issue"]
    assert either.link(feature).state in {"problem", "waiting"}
    assert Intent.objects.filter(state="open").count() == 0
    either.calls()
    either.settle(3600)
    assert [call for call in either.calls() if call[0] == "POST"] == []
    either.sandbox.world.switch_off("perm-create-issue")
    either.ports.store.release_connection(either.connection.id)  # type: ignore[arg-type]
    either.edit(feature, name="Late ferry")
    either.settle()
    assert either.link(feature).state == "in-step"
    assert either.created() == 1
    assert either.problems() == []


def test_a_refused_version_holds_up_the_release_and_nothing_else(either: World) -> None:
    either.sandbox.world.switch_on("perm-create-version")
    release = either.record("R1", "release")
    feature = either.record("Night ferry")
    either.settle()
    assert either.problems() == ["perm-create-version"]
    assert either.link(release).remote_id is None
    assert either.link(feature).state == "in-step"


def test_a_refused_login_stops_all_calls_and_drops_nothing(world: World) -> None:
    features = [world.record(f"Ferry {number}") for number in range(6)]
    world.sandbox.world.switch_on("auth-cloud-token-revoked")
    world.calls()
    world.settle()
    world.settle(3600)
    refused = [call for call in world.calls() if call[2] == 401]
    assert 1 <= len(refused) <= 3
    world.connection.refresh_from_db()
    assert world.connection.held_by
    assert Op.objects.filter(state__in=("waiting", "parked")).count() >= len(features)
    world.sandbox.world.switch_off("auth-cloud-token-revoked")
    world.ports.store.release_connection(world.connection.id)  # type: ignore[arg-type]
    world.clock.move(60)
    world.ports.jira(world.connection.id).forget_refusal()  # type: ignore[attr-defined, arg-type]
    world.settle()
    world.settle(60)
    assert world.created() == len(features)
    assert {world.link(one).state for one in features} == {"in-step"}


def test_jira_asking_to_slow_down_is_obeyed(world: World) -> None:
    feature = world.record("Night ferry")
    world.sandbox.world.switch_on("rate-limit-cloud", times=1)
    world.calls()
    world.settle()
    assert [status for _, _, status in world.calls()] == [429]
    world.run()
    assert world.calls() == []
    world.settle(3700)
    assert world.link(feature).state == "in-step"
    assert world.created() == 1
    assert world.problems() == []


@pytest.mark.parametrize("fault", ["gateway-5xx", "truncated-json", "html-with-200", "deep-json"])
def test_a_strange_answer_is_a_problem_and_passes_with_its_cause(world: World, fault: str) -> None:
    world.sandbox.world.switch_on(fault)
    feature = world.record("Night ferry")
    for _ in range(4):
        world.settle(1000)
    assert world.link(feature).remote_id is None
    world.sandbox.world.switch_off(fault)
    world.ports.store.release_connection(world.connection.id)  # type: ignore[arg-type]
    for _ in range(4):
        world.settle(1000)
    assert world.created() == 1
    assert world.link(feature).state == "in-step"
    assert world.problems() == []


def test_a_jira_that_is_down_is_not_asked_more_than_ten_times_an_hour(world: World) -> None:
    features = [world.record(f"Ferry {number}") for number in range(3)]
    world.sandbox.world.switch_on("gateway-5xx")
    world.calls()
    for _ in range(360):
        world.settle(10)
    assert len(world.calls()) <= 10 * len(features)
    assert world.problems() != []


def test_one_field_that_jira_refuses_does_not_hold_up_the_others(world: World) -> None:
    feature = world.record("Night ferry", due="2027-05-01")
    world.settle()
    world.sandbox.world.switch_on("field-not-on-screen")
    world.edit(feature, name="Late ferry", due="2027-06-01")
    world.settle()
    assert world.issue(feature).summary == "Late ferry"
    assert world.link(feature).state == "problem"
    world.sandbox.world.switch_off("field-not-on-screen")
    world.edit(feature, tags=["sea"])
    world.settle()
    assert world.issue(feature).due_date == "2027-06-01"
    assert world.problems() == []
