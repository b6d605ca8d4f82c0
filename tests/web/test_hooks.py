"""Jira's webhooks at our door."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from django.test import Client

from tieline.store.integrations import webhook_secret
from tieline.store.models import Delivery

pytestmark = pytest.mark.django_db

BODY = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": "10012", "key": "ROAD-12"}}).encode()


def deliver(scene, body=BODY, *, secret=None, identifier="d1", **extra):
    key = secret if secret is not None else webhook_secret(scene.integration)
    signature = "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    return Client(enforce_csrf_checks=True).post(
        f"/hooks/jira/{scene.integration.webhook_token}",
        data=body,
        content_type="application/json",
        headers={"X-Hub-Signature": signature, "X-Atlassian-Webhook-Identifier": identifier},
        **extra,
    )


def test_a_signed_delivery_is_stored_before_it_is_acknowledged(scene):
    answer = deliver(scene)
    assert answer.status_code == 204
    assert Delivery.objects.get().identifier == "d1"


def test_the_same_delivery_twice_is_stored_once(scene):
    assert deliver(scene).status_code == 204
    assert deliver(scene).status_code == 204
    assert Delivery.objects.count() == 1


def test_a_signature_that_does_not_fit_stores_nothing(scene):
    assert deliver(scene, secret="another").status_code == 401
    assert Delivery.objects.count() == 0


def test_a_body_over_ten_megabytes_is_not_read(scene):
    answer = deliver(scene, CONTENT_LENGTH=str(11 * 1024 * 1024))
    assert answer.status_code == 413


def test_an_unknown_token_is_not_found_and_a_look_is_not_a_delivery(scene):
    assert Client().post("/hooks/jira/nothing", data=b"{}", content_type="application/json").status_code == 404
    assert Client().get(f"/hooks/jira/{scene.integration.webhook_token}").status_code == 405


def test_a_delivery_gets_no_session_and_no_cookie(scene):
    assert not deliver(scene).cookies


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 5000])
def test_a_body_that_is_no_json_object_is_refused_without_a_stumble(scene, body):
    assert deliver(scene, body).status_code == 400


def test_a_new_secret_is_shown_once_and_counts_at_once(scene):
    path = f"/w/FERRY/integrations/{scene.integration.pk}/webhook"
    page = scene["owner"].post(path, {"act": "secret"}, follow=True)
    scene.integration.refresh_from_db()
    secret = webhook_secret(scene.integration)
    assert secret in page.content.decode()
    assert secret not in scene["owner"].get(path).content.decode()
    assert deliver(scene, secret=secret).status_code == 204
    assert "jira:issue_updated" in scene["owner"].get(path).content.decode()


def test_a_webhook_installed_by_hand_is_noted(scene):
    scene["owner"].post(f"/w/FERRY/integrations/{scene.integration.pk}/webhook", {"act": "done"})
    scene.integration.refresh_from_db()
    assert scene.integration.webhook_mode == "webhook"
