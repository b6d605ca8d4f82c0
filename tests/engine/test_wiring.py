"""What pages and commands ask of the wiring, against the running sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import override_settings

from tests.engine.world import PERSON, Clock, World, build_world, open_sandbox
from tieline import wiring
from tieline.engine.worker import Worker
from tieline.records.ids import OpId
from tieline.store.integrations import send_record, set_auto_send
from tieline.store.models import CheckRun, Link
from tieline.wiring.wizard import parse_schema


@pytest.fixture
def site(transactional_db: None) -> Iterator[World]:
    """Without a movable clock: the wiring builds its own adapters."""
    clock = Clock()
    for sandbox in open_sandbox("cloud", clock):
        with override_settings(ALLOW=[urlsplit(sandbox.url).netloc], CALLS_PER_SECOND=10_000.0):
            yield build_world(sandbox, clock)


def row(rows: tuple[Any, ...], name: str) -> Any:
    return next(one for one in rows if one.record.name == name)


def test_a_check_is_kept_step_by_step_and_lets_held_work_go(site: World) -> None:
    from tieline.store.models import Connection

    Connection.objects.filter(id=site.connection.id).update(held_by="auth-cloud-token-expired")
    steps = list(wiring.run_check(site.connection, integration=site.integration, actor=PERSON))
    run = CheckRun.objects.get()
    assert [one["step"] for one in run.results] == [one.rung.name for one in steps]
    assert (run.state, run.ok) == ("done", True)
    site.connection.refresh_from_db()
    assert (site.connection.held_by, site.connection.account_name) == ("", "Pat Lindgren")
    assert site.connection.login_accepted_at is not None


def test_a_check_that_fails_keeps_its_cards_and_holds_on(site: World) -> None:
    from tieline.store.models import Connection

    Connection.objects.filter(id=site.connection.id).update(held_by="auth-cloud-token-expired")
    site.sandbox.world.switch_on("auth-cloud-credentials-rejected")
    list(wiring.run_check(site.connection, integration=site.integration, actor=PERSON))
    run = CheckRun.objects.get()
    red = next(one for one in run.results if one["state"] == "problem")
    assert red["cards"][0]["title"]
    assert [one["state"] for one in run.results[run.results.index(red) + 1 :]].count("not-run") >= 1
    assert run.ok is False
    site.connection.refresh_from_db()
    assert site.connection.held_by == "auth-cloud-token-expired"


def test_projects_and_schema_come_with_values_or_with_cards(site: World) -> None:
    told = wiring.read_projects(site.connection)
    assert told.value is not None
    assert "ROAD" in {one.key for one in told.value}
    schema = wiring.read_schema(site.integration).value
    site.integration.refresh_from_db()
    assert parse_schema(site.integration.schema) == schema
    site.sandbox.world.switch_on("auth-cloud-credentials-rejected")
    troubled = wiring.read_projects(site.connection)
    assert troubled.value is None
    assert troubled.cards[0].slug.startswith("auth-cloud-")


def test_the_preview_says_what_would_happen_and_writes_nothing(site: World) -> None:
    set_auto_send(site.integration, False, PERSON)
    sent = site.record("Night ferry")
    send_record(sent, site.integration, PERSON)
    site.settle()
    site.news()
    new = site.record("Day ferry", tags=["sea"])
    nobody = site.record("Dawn ferry", assignee="nobody@nowhere.example")
    from tieline.store.models import Record

    Record.objects.filter(id=sent.id).update(name="Late ferry")
    same = site.record("Release one", "release")
    rows = wiring.preview(site.integration, [site.fresh(sent), new, nobody, same])
    assert row(rows, "Late ferry").action == "change"
    assert [(one.name, one.new) for one in row(rows, "Late ferry").fields] == [("summary", "Late ferry")]
    assert row(rows, "Day ferry").action == "create"
    assert ("labels", ["sea"]) in [(one.name, one.new) for one in row(rows, "Day ferry").fields]
    assert [card.slug for card in row(rows, "Dawn ferry").problems] == ["map-person-unmatched"]
    assert site.news() == []
    assert Link.objects.count() == 1


def test_send_now_waits_for_the_end_of_the_sync(site: World) -> None:
    set_auto_send(site.integration, False, PERSON)
    link = send_record(site.record("Night ferry"), site.integration, PERSON)
    worker = Worker(wiring.runtime.build_ports(), dead_after_s=1e9)
    worker.beat()

    def work() -> None:
        import time

        from django.db import connections

        for _ in range(100):
            for op in worker._ports.ledger.due(10):
                worker.run(OpId(op.id))
            time.sleep(0.05)
            if Link.objects.get(id=link.id).state == "in-step":
                break
        connections.close_all()

    helper = Thread(target=work)
    helper.start()
    report = wiring.send_now(link, actor=PERSON)
    helper.join()
    assert (report.ended, report.key) == ("done", "ROAD-1")


def test_a_webhook_is_installed_once_and_removed_again(site: World) -> None:
    first = wiring.install_webhook(site.integration, actor=PERSON)
    site.integration.refresh_from_db()
    again = wiring.install_webhook(site.integration, actor=PERSON)
    assert (first.mode, again.mode) == ("webhook", "webhook")
    hooks = list(site.sandbox.world.webhooks.values())
    assert len(hooks) == 1
    assert hooks[0].url.endswith(site.integration.webhook_token)
    assert hooks[0].secret
    site.integration.refresh_from_db()
    wiring.remove_webhook(site.integration, actor=PERSON)
    site.integration.refresh_from_db()
    assert site.integration.webhook_mode == "poll"
    assert site.sandbox.world.webhooks == {}


def test_where_no_webhook_may_be_made_polling_is_said(site: World) -> None:
    site.sandbox.world.switch_on("perm-webhook-admin")
    told = wiring.install_webhook(site.integration, actor=PERSON)
    assert told.mode == "poll"
    assert told.cards


def test_the_import_preview_counts_what_an_import_would_find(site: World) -> None:
    from tests.engine.test_import_issues import fill

    fill(site, 12)
    found = wiring.import_preview(site.integration)
    assert found.versions == 1
    assert found.types["Story"] == 10
    assert "Story" in found.wanted
    assert "Bug" not in found.wanted
    assert found.examples[0][1].startswith("Issue")
