from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.test_ledger import together
from tieline.store import deliveries, integrations
from tieline.store.deliveries import store_delivery
from tieline.store.models import Delivery, Integration, Op

BODY = json.dumps(
    {
        "timestamp": 1771234567890,
        "webhookEvent": "jira:issue_updated",
        "issue": {"id": "10001", "key": "ROAD-1", "fields": {"summary": "Forged"}},
        "user": {"displayName": "Pat", "emailAddress": "pat@acme.io"},
    }
).encode()


def signed(plan, body=BODY, *, secret=None, identifier="i-1"):
    secret = integrations.webhook_secret(plan.integration) if secret is None else secret
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature": f"sha256={digest}", "X-Atlassian-Webhook-Identifier": identifier}


def test_a_signed_webhook_is_stored_with_the_op_that_looks_at_it(plan):
    verdict = store_delivery(plan.integration.webhook_token, signed(plan), BODY)
    assert (verdict.status, verdict.why) == (204, "stored")
    op = Op.objects.get()
    assert (op.kind, op.lane, op.subject) == ("hear", f"hear:{plan.integration.id}", plan.integration.id)
    (view,) = plan.store.read_unheard(plan.integration.id, 10)
    assert (view.id, view.event, view.remote_kind, view.remote_id) == (
        verdict.delivery,
        "jira:issue_updated",
        "issue",
        "10001",
    )


def test_only_what_finds_the_subject_is_kept_of_a_webhook(plan):
    store_delivery(plan.integration.webhook_token, signed(plan), BODY)
    kept = json.dumps(Delivery.objects.get().payload)
    assert "Forged" not in kept
    assert "pat@acme.io" not in kept
    assert "ROAD-1" in kept


def test_the_same_identifier_again_is_acknowledged_and_stored_once(plan):
    for _ in range(5):
        assert store_delivery(plan.integration.webhook_token, signed(plan), BODY).status == 204
    assert (Delivery.objects.count(), Op.objects.count()) == (1, 1)


def test_the_same_identifier_at_another_integration_is_another_webhook(make_plan):
    for plan in (make_plan("FERRY"), make_plan("TRAIN")):
        assert store_delivery(plan.integration.webhook_token, signed(plan), BODY).why == "stored"
    assert Delivery.objects.count() == 2


def test_many_webhooks_ask_for_one_look(plan):
    for number in range(20):
        store_delivery(plan.integration.webhook_token, signed(plan, identifier=f"i-{number}"), BODY)
    assert (Delivery.objects.count(), Op.objects.count()) == (20, 1)


def test_what_was_heard_is_not_read_again(plan):
    verdict = store_delivery(plan.integration.webhook_token, signed(plan), BODY)
    plan.store.save_heard({verdict.delivery: "sync-link"})
    assert plan.store.read_unheard(plan.integration.id, 10) == ()
    assert Delivery.objects.get().outcome == "sync-link"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature": ""},
        {"X-Hub-Signature": "sha256="},
        {"X-Hub-Signature": "sha1=" + "0" * 40},
        {"X-Hub-Signature": "sha256=" + "0" * 64},
        {"X-Hub-Signature": "sha256=é" + "0" * 63},
        {"Authorization": "Bearer x"},
    ],
)
def test_what_is_not_signed_with_the_secret_is_refused_and_not_stored(plan, headers):
    assert store_delivery(plan.integration.webhook_token, headers, BODY).status == 401
    assert Delivery.objects.count() == 0


def test_without_a_secret_nothing_verifies(plan):
    Integration.objects.update(webhook_secret=None)
    assert store_delivery(plan.integration.webhook_token, signed(plan, secret=""), BODY).status == 401
    assert not deliveries._verifies(signed(plan, secret="")["X-Hub-Signature"], BODY, ("",))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_no_altered_body_verifies(plan, at, bit):
    altered = BODY[:at] + bytes([BODY[at] ^ (1 << bit)]) + BODY[at + 1 :]
    assert store_delivery(plan.integration.webhook_token, signed(plan), altered).status == 401


def test_an_unknown_or_empty_address_is_not_found(plan):
    assert store_delivery("made-up", signed(plan), BODY).status == 404
    assert store_delivery("", signed(plan), BODY).status == 404


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b"\xff\xfe", b"<html>", b'{"a":' * 20_000, b'{"n": ' + b"9" * 6000 + b"}"]
)
def test_a_signed_body_that_is_no_json_object_is_told_so(plan, body):
    assert store_delivery(plan.integration.webhook_token, signed(plan, body), body).status == 400


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"issue": None},
        {"issue": "10001"},
        {"issue": {"id": {"a": 1}}},
        {"issue": {"id": "1\x002", "key": "\ud800"}, "webhookEvent": "x" * 500},
        {"issue": {"id": 10001}},
        {"webhookEvent": ["a"], "timestamp": True},
        {"version": {"id": "7", "name": "R1"}, "mergedTo": {"id": "8"}},
    ],
)
def test_signed_json_of_any_shape_is_stored(plan, payload):
    body = json.dumps(payload).encode()
    assert store_delivery(plan.integration.webhook_token, signed(plan, body), body).status == 204
    assert len(plan.store.read_unheard(plan.integration.id, 10)) == 1


def test_a_version_is_the_subject_of_its_event(plan):
    body = json.dumps(
        {"webhookEvent": "jira:version_deleted", "version": {"id": "7"}, "mergedTo": {"id": "8"}}
    ).encode()
    store_delivery(plan.integration.webhook_token, signed(plan, body), body)
    (view,) = plan.store.read_unheard(plan.integration.id, 10)
    assert (view.remote_kind, view.remote_id, view.payload["mergedTo"]) == ("version", "7", {"id": "8"})


def test_without_an_identifier_the_body_stands_for_it(plan):
    headers = signed(plan)
    del headers["X-Atlassian-Webhook-Identifier"]
    for _ in range(2):
        assert store_delivery(plan.integration.webhook_token, headers, BODY).status == 204
    assert Delivery.objects.count() == 1


def test_the_secret_before_verifies_for_a_day_after_a_change(plan):
    old = integrations.webhook_secret(plan.integration)
    new = integrations.rotate_webhook_secret(plan.integration, "pat")
    assert new != old
    assert store_delivery(plan.integration.webhook_token, signed(plan, secret=old), BODY).status == 204
    assert (
        store_delivery(plan.integration.webhook_token, signed(plan, secret=new, identifier="i-2"), BODY).status == 204
    )
    row = Integration.objects.get()
    Integration.objects.update(webhook_secret_changed=row.webhook_secret_changed - timedelta(hours=25))
    assert store_delivery(plan.integration.webhook_token, signed(plan, secret=old), BODY).status == 401


def test_too_much_unheard_is_asked_to_come_later(plan, monkeypatch):
    monkeypatch.setattr(deliveries, "UNHEARD_LIMIT", 2)
    statuses = [
        store_delivery(plan.integration.webhook_token, signed(plan, identifier=f"i-{number}"), BODY)
        for number in range(4)
    ]
    assert [one.status for one in statuses] == [204, 204, 204, 503]
    assert statuses[-1].retry_after_s == 60


def test_a_body_over_ten_megabytes_is_too_large(plan):
    body = b" " * (10 * 1024 * 1024 + 1)
    assert store_delivery(plan.integration.webhook_token, signed(plan, body), body).status == 413


@pytest.mark.django_db(transaction=True)
def test_fifty_times_the_same_webhook_at_once_is_one_row(plan):
    headers, token = signed(plan), plan.integration.webhook_token
    got = together(10, lambda _: [store_delivery(token, headers, BODY).status for _ in range(5)])
    assert {status for some in got for status in some} == {204}
    assert Delivery.objects.count() == 1
