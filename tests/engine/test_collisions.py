"""Two things at once: people, webhooks, imports and deletions that meet a sync half way."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from typing import Any

import pytest

from tests.engine.world import PERSON, World, build_world
from tieline.records.record import RecordKind
from tieline.sandbox.options import SandboxOptions
from tieline.sandbox.server import Sandbox
from tieline.store import deliveries, integrations, planning
from tieline.store.models import Intent, Link, Op, Record


def webhook(world: World, issue: Any, identifier: str, event: str = "jira:issue_updated") -> int:
    body = json.dumps({"webhookEvent": event, "issue": {"id": str(issue.id), "key": issue.key}}).encode()
    secret = integrations.webhook_secret(world.integration)
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature": f"sha256={digest}", "X-Atlassian-Webhook-Identifier": identifier}
    return deliveries.store_delivery(world.integration.webhook_token, headers, body).status


def while_creating(world: World, act: Any) -> None:
    """Let ``act`` happen after Jira made the issue and before its answer is read."""
    create = world.client.create_issue
    acted: list[bool] = []

    def create_late(new: Any) -> Any:
        made = create(new)
        if not acted:
            acted.append(True)
            act()
        return made

    world.client.create_issue = create_late  # type: ignore[method-assign]


def test_a_webhook_that_comes_before_our_own_create_returned_makes_nothing_twice(either: World) -> None:
    def announce() -> None:
        issue = next(iter(either.sandbox.world.issues.values()))
        assert webhook(either, issue, "early", "jira:issue_created") == 204
        either.run()

    feature = either.record("Night ferry")
    while_creating(either, announce)
    either.settle()
    either.poll()
    assert either.created() == 1
    assert Record.objects.count() == 1
    assert either.link(feature).state == "in-step"


def test_webhooks_fifty_times_and_in_any_order_end_in_the_same_state(world: World) -> None:
    features = [world.record(f"Ferry {number}") for number in range(4)]
    world.settle()
    told = []
    for number in range(20):
        feature = features[number % 4]
        world.robin_edits(feature, summary=f"Robin's {number}")
        told.append((world.issue(feature), f"w{number}"))
    many = told * 50
    random.Random(7).shuffle(many)
    for issue, identifier in many:
        assert webhook(world, issue, identifier) == 204
    world.news()
    world.run()
    assert [world.fresh(one).name for one in features] == [f"Robin's {16 + number}" for number in range(4)]
    assert world.news() == []
    assert [len(world.history(one)) for one in features] == [1, 1, 1, 1]


def test_an_import_that_meets_an_issue_of_ours_leaves_one_record_for_it(either: World) -> None:
    def bring_in() -> None:
        integrations.start_import(either.integration, PERSON)
        either.run()

    feature = either.record("Night ferry")
    while_creating(either, bring_in)
    either.settle()
    either.settle(60)
    assert either.created() == 1
    alive = Record.objects.filter(deleted=None)
    assert [one.id for one in alive] == [feature.id]
    assert Link.objects.filter(remote_id__isnull=False).count() == 1
    assert either.link(feature).state == "in-step"


def test_a_record_deleted_while_its_issue_is_made_keeps_its_link_and_is_not_imported_again(either: World) -> None:
    feature = either.record("Night ferry")
    while_creating(either, lambda: planning.delete_record(feature, actor=PERSON))
    either.settle()
    assert either.link(feature).remote_id is not None
    integrations.start_import(either.integration, PERSON)
    either.settle(60)
    assert Record.objects.count() == 1
    assert either.created() == 1


def test_a_record_deleted_while_nobody_knows_whether_its_issue_was_made_is_not_imported_again(lagging: World) -> None:
    feature = lagging.record("Night ferry")
    lagging.sandbox.world.switch_on("answer-lost-after-create", times=1)
    lagging.settle()
    assert lagging.link(feature).remote_id is None
    planning.delete_record(feature, actor=PERSON)
    for _ in range(4):
        lagging.settle(100)
    assert Intent.objects.filter(state="open").count() == 0
    integrations.start_import(lagging.integration, PERSON)
    lagging.settle(60)
    assert Record.objects.filter(deleted=None).count() == 0
    assert lagging.created() == 1


def test_a_record_deleted_before_its_issue_was_made_gets_none(lagging: World) -> None:
    feature = lagging.record("Night ferry")
    lagging.sandbox.world.switch_on("answer-lost-before-create", times=1)
    lagging.settle()
    planning.delete_record(feature, actor=PERSON)
    for _ in range(4):
        lagging.settle(100)
    assert Intent.objects.filter(state="open").count() == 0
    assert lagging.created() == 0
    assert Op.objects.filter(state="waiting", kind="sync-link").count() == 0


def test_a_link_is_not_taken_away_while_it_is_worked_on(world: World) -> None:
    answers: list[bool] = []
    feature = world.record("Night ferry")
    while_creating(world, lambda: answers.append(integrations.unlink(world.fresh(feature), actor=PERSON)))
    world.settle()
    assert answers == [False]
    assert world.link(feature).state == "in-step"
    assert integrations.unlink(world.fresh(feature), actor=PERSON)
    world.edit(feature, name="Late ferry")
    world.settle()
    assert world.created() == 1


def test_a_batch_of_which_every_third_is_refused_sends_only_those_again(either: World) -> None:
    either.sandbox.world.switch_on("partial-bulk")
    features = [either.record(f"Ferry {number}") for number in range(9)]
    either.settle()
    there = [one for one in features if either.link(one).remote_id]
    assert 0 < len(there) < 9
    either.sandbox.world.switch_off("partial-bulk")
    for one in features:
        if not either.link(one).remote_id:
            either.edit(one, tags=["again"])
    either.settle()
    assert either.created() == 9
    assert {either.link(one).state for one in features} == {"in-step"}
    assert either.problems() == []


def test_a_login_refused_half_way_keeps_the_order_and_loses_nothing(either: World) -> None:
    feature = either.record("Night ferry")
    either.settle()
    fault = "auth-cloud-token-revoked" if either.client.edition.value == "cloud" else "auth-pat-invalid"
    edit = either.client.edit_issue

    def edit_then_revoke(issue: Any, changes: Any) -> Any:
        either.sandbox.world.switch_on(fault)
        return edit(issue, changes)

    either.client.edit_issue = edit_then_revoke  # type: ignore[method-assign]
    either.calls()
    for name in ("Late ferry", "Later ferry", "Latest ferry"):
        either.edit(feature, name=name)
        either.settle()
    other = either.record("Day ferry")
    either.settle(3600)
    assert len([call for call in either.calls() if call[2] == 401]) <= 3
    either.connection.refresh_from_db()
    assert either.connection.held_by
    either.client.edit_issue = edit  # type: ignore[method-assign]
    either.sandbox.world.switch_off(fault)
    either.ports.store.release_connection(either.connection.id)  # type: ignore[arg-type]
    either.ports.jira(either.connection.id).forget_refusal()  # type: ignore[attr-defined, arg-type]
    either.settle(60)
    either.settle(60)
    assert either.issue(feature).summary == "Latest ferry"
    assert either.link(other).state == "in-step"
    assert Op.objects.filter(state__in=("waiting", "parked"), kind="sync-link").count() == 0


def test_two_features_of_one_name_become_two_issues(either: World) -> None:
    one, other = either.record("Night ferry"), either.record("Night ferry")
    either.settle()
    assert either.link(one).remote_id != either.link(other).remote_id
    assert either.created() == 2


@pytest.mark.parametrize("apart", [-600, 600], ids=["jira-behind", "jira-ahead"])
@pytest.mark.parametrize("edition", ["cloud", "dc"])
def test_clocks_ten_minutes_apart_miss_no_edit_and_double_nothing(
    clock: Any, transactional_db: None, edition: str, apart: int
) -> None:
    chosen = SandboxOptions(edition=edition, empty=True)  # type: ignore[arg-type]
    there = lambda: clock.milliseconds() + apart * 1000  # noqa: E731
    with Sandbox.start(chosen, now=there, sleep=clock.sleep) as sandbox:
        world = build_world(sandbox, clock)
        world.poll()
        sandbox.world.switch_on("answer-lost-after-create", times=1)
        feature = world.record("Night ferry")
        world.settle()
        world.settle(200)
        assert world.created() == 1
        for number in range(3):
            world.robin_edits(feature, summary=f"Robin's {number}")
            world.poll()
            assert world.fresh(feature).name == f"Robin's {number}"
            world.clock.move(400)
            world.poll()
        world.edit(feature, name="Dana's")
        world.settle()
        assert world.issue(feature).summary == "Dana's"


def test_a_person_nobody_knows_is_told_and_holds_up_nothing_else(either: World) -> None:
    feature = either.record("Night ferry", assignee="nobody@elsewhere.example", due="2027-05-01")
    either.settle()
    assert either.issue(feature).due_date == "2027-05-01"
    assert either.problems() == ["map-person-unmatched"]
    either.edit(feature, name="Late ferry", assignee="")
    either.settle()
    assert either.issue(feature).summary == "Late ferry"
    assert either.problems() == []


def test_every_write_that_happened_without_an_answer_happens_once(either: World) -> None:
    from tieline.mapping.model import Direction

    either.remap(RecordKind.FEATURE, "status", direction=Direction.BOTH)
    either.remap(RecordKind.RELEASE, "status", direction=Direction.BOTH)
    release = either.record("R1", "release")
    feature = either.record("Night ferry", release=release.id)
    either.settle()
    either.settle()
    either.news()
    for record, changes in (
        (feature, {"name": "Late ferry", "description": "- a\n- b", "tags": ["sea"]}),
        (feature, {"status": "in-progress"}),
        (release, {"name": "R1.1", "due": "2027-09-01"}),
        (release, {"status": "released"}),
    ):
        either.sandbox.world.switch_on("error-after-effect", times=1)
        either.edit(record, **changes)
        either.settle()
        either.settle(60)
        assert len(either.news()) == 1, changes
        assert either.link(record).state == "in-step"
    either.poll()
    assert either.news() == []
    assert either.history(feature) == []
