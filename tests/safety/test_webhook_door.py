"""Jira's webhooks at the real server, over raw sockets: forged, mutated, repeated, too large, too slow."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.safety.digest import digest_of_rows
from tests.web.conftest import Scene
from tieline.cli.serve import open_server, port_of
from tieline.store import deliveries, integrations
from tieline.store.models import Delivery, Integration, Link, Op, Record
from tieline.web.headers import POLICY

pytestmark = pytest.mark.django_db(transaction=True)

BODY = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": "10012", "key": "ROAD-12"}}).encode()
MIB = 1024 * 1024


@pytest.fixture
def port(transactional_db: None) -> Iterator[int]:
    """The server of `tieline serve`, on a free port."""
    server = open_server("127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield port_of(server)
    server.close()
    server.task_dispatcher.shutdown(cancel_pending=True, timeout=5)
    thread.join(5)


def signed(scene: Scene, body: bytes, secret: str | None = None) -> str:
    key = integrations.webhook_secret(scene.integration) if secret is None else secret
    return "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


def head(scene: Scene, *more: str, method: str = "POST", token: str | None = None) -> bytes:
    lines = [
        f"{method} /hooks/jira/{scene.integration.webhook_token if token is None else token} HTTP/1.1",
        *("Host: localhost", "Content-Type: application/json", "Connection: close", *more),
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def talk(port: int, *parts: bytes, pause: float = 0.0, wait: float = 10.0) -> bytes:
    """Send the parts, as far as they are taken, and read to the end."""
    with socket.create_connection(("127.0.0.1", port), wait) as conn, contextlib.suppress(OSError):
        for part in parts:
            conn.sendall(part)
            time.sleep(pause)
        return _all_of(conn)
    return b""


def _all_of(conn: socket.socket) -> bytes:
    told = b""
    while more := conn.recv(65536):
        told += more
    return told


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else 0


def deliver(port: int, scene: Scene, body: bytes = BODY, **headers: str) -> int:
    given = {"X-Hub-Signature": signed(scene, body), "Content-Length": str(len(body))} | headers
    lines = [f"{name}: {value}" for name, value in given.items() if value is not None]
    return status(talk(port, head(scene, *lines) + body))


# --- signatures --------------------------------------------------------------------------------------------------------


def test_only_the_signature_of_these_very_bytes_opens(scene: Scene, port: int) -> None:
    good = signed(scene, BODY)
    hexadecimal = good.removeprefix("sha256=")
    key = integrations.webhook_secret(scene.integration)
    sha1 = hmac.new(key.encode(), BODY, hashlib.sha1).hexdigest()
    wrong = [
        "", "sha256=", "sha256", hexadecimal, f"sha1={sha1}", f"sha1={hexadecimal}", f"SHA256={hexadecimal}", good[:-1],
        good + "0", good.replace("=", " ="), good.replace("sha256", "sha512"), f"sha256={'0' * 64}", f"sha256={key}",
        f"sha256= {hexadecimal}", f"{good}, {good}", "sha256=ÿ" + hexadecimal[1:], signed(scene, BODY, ""),
        signed(scene, BODY, "wrong"), signed(scene, b"", key), signed(scene, BODY + b" ", key), "none", f"plain={key}",
    ]  # fmt: skip
    met = {one: deliver(port, scene, **{"X-Hub-Signature": one}) for one in wrong}
    assert {one: told for one, told in met.items() if told != 401} == {}
    assert Delivery.objects.count() == 0
    assert deliver(port, scene) == 204


def test_without_any_signature_nothing_is_stored(scene: Scene, port: int) -> None:
    assert status(talk(port, head(scene, f"Content-Length: {len(BODY)}") + BODY)) == 401
    assert Delivery.objects.count() == 0


@given(place=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7), cut=st.integers(0, 3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_mutated_body_is_taken(scene: Scene, place: int, bit: int, cut: int) -> None:
    body = bytearray(BODY)
    body[place] ^= 1 << bit
    mutated = bytes(body)[: len(body) - cut]
    headers = {"X-Hub-Signature": signed(scene, BODY)}
    assert deliveries.store_delivery(scene.integration.webhook_token, headers, mutated).status == 401


@given(given_signature=st.text(max_size=90))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_a_signature_by_chance(scene: Scene, given_signature: str) -> None:
    headers = {"X-Hub-Signature": given_signature}
    assert deliveries.store_delivery(scene.integration.webhook_token, headers, BODY).status == 401


@pytest.mark.parametrize("sealed", [None, "empty"])
def test_an_integration_without_a_secret_verifies_nothing(scene: Scene, sealed: str | None) -> None:
    kept = integrations.seal_for(scene.integration, "webhook_secret", "") if sealed else None
    Integration.objects.filter(pk=scene.integration.pk).update(webhook_secret=kept)
    for signature in (signed(scene, BODY, ""), "", "sha256="):
        headers = {"X-Hub-Signature": signature}
        assert deliveries.store_delivery(scene.integration.webhook_token, headers, BODY).status == 401


def test_another_integrations_secret_opens_not_this_one(scene: Scene, port: int) -> None:
    other = integrations.create_integration(scene.workspace, scene.connection, "second", actor="pat")
    signature = signed(scene, BODY, integrations.webhook_secret(other))
    assert deliver(port, scene, **{"X-Hub-Signature": signature}) == 401
    assert status(talk(port, head(scene, f"X-Hub-Signature: {signed(scene, BODY)}", f"Content-Length: {len(BODY)}",
                                  token=other.webhook_token) + BODY)) == 401  # fmt: skip
    assert Delivery.objects.count() == 0


def test_the_secret_before_counts_a_day_and_no_longer(scene: Scene) -> None:
    from datetime import timedelta

    before = signed(scene, BODY)
    integrations.rotate_webhook_secret(scene.integration, "pat")
    token = scene.integration.webhook_token
    assert deliveries.store_delivery(token, {"X-Hub-Signature": before}, BODY).status == 204
    changed = Integration.objects.get(pk=scene.integration.pk).webhook_secret_changed
    assert changed
    Integration.objects.filter(pk=scene.integration.pk).update(
        webhook_secret_changed=changed - timedelta(hours=24, seconds=1)
    )
    assert deliveries.store_delivery(token, {"X-Hub-Signature": before}, BODY).status == 401


def test_what_a_payload_says_changes_no_field(scene: Scene, port: int) -> None:
    """Signed, and a lie: it is a hint to look, and nothing is taken from it."""
    watched = digest_of_rows()
    lie = json.dumps(
        {
            "webhookEvent": "jira:issue_deleted",
            "issue": {"id": "10012", "key": "EVIL-1", "fields": {"summary": "Forged", "status": {"name": "Done"}}},
            "version": {"id": "1", "name": "Forged"},
            "user": {"accountId": "evil"},
        }
    ).encode()
    assert deliver(port, scene, lie) == 204
    now = digest_of_rows()
    changed = {table for table in now if now[table] != watched[table]}
    assert changed == {Delivery._meta.db_table, Op._meta.db_table}
    assert "Forged" not in repr(list(Link.objects.values_list())) + repr(list(Record.objects.values_list()))
    assert "fields" not in repr(Delivery.objects.get().payload)


# --- shapes and sizes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b'{"issue": {"id": {"$ne": 1}, "key": ["x"]}}', b'{"issue": [1, 2]}', b'{"issue": "x", "version": 7}',
        b'{"webhookEvent": {"a": 1}}', b'{"webhookEvent": "' + b"x" * 5000 + b'"}', b'{"issue": {"id": 1e999}}',
        b'{"issue": {"id": NaN}}', b'{"issue": {"id": "\\u0000"}, "webhookEvent": "\\u0000"}',
        b'{"issue": {"id": "\\ud800"}}', b'{"issue": {"id": ' + b"9" * 4000 + b"}}", b'{"issue": {"id": true}}',
        b'{"a": 1, "a": 2}', b'{"comment": null, "project": false, "timestamp": -1}', '{"x": "ü"}'.encode("utf-16"),
        b'{"issue": {"id": "1", "key": "' + b"K" * 100_000 + b'"}}', b'{"__proto__": {"x": 1}, "constructor": 1}',
    ],
    ids=range(16),
)  # fmt: skip
def test_a_signed_body_of_any_shape_has_an_answer(scene: Scene, body: bytes) -> None:
    answer = Client().post(
        f"/hooks/jira/{scene.integration.webhook_token}",
        data=body,
        content_type="application/json",
        headers={"X-Hub-Signature": signed(scene, body)},
    )
    assert answer.status_code in {204, 400}


@pytest.mark.parametrize("identifier", ["", " ", "x" * 4000, "\u2028", "a\tb", "'; DROP TABLE store_delivery; --"])
def test_an_odd_identifier_is_an_identifier(scene: Scene, identifier: str) -> None:
    headers = {"X-Hub-Signature": signed(scene, BODY), "X-Atlassian-Webhook-Identifier": identifier}
    for _ in range(2):
        assert deliveries.store_delivery(scene.integration.webhook_token, headers, BODY).status == 204
    assert Delivery.objects.count() == 1


def test_identifiers_that_begin_alike_are_not_the_same_delivery(scene: Scene) -> None:
    for end in ("a", "b"):
        headers = {"X-Hub-Signature": signed(scene, BODY), "X-Atlassian-Webhook-Identifier": "x" * 500 + end}
        assert deliveries.store_delivery(scene.integration.webhook_token, headers, BODY).status == 204
    assert Delivery.objects.count() == 2


def test_a_body_of_ten_megabytes_is_taken_and_one_byte_more_is_not(scene: Scene, port: int) -> None:
    room = 10 * MIB - len(b'{"x": ""}')
    assert deliver(port, scene, b'{"x": "' + b"x" * room + b'"}') == 204
    assert deliver(port, scene, b'{"x": "' + b"x" * (room + 1) + b'"}') == 413


def test_a_body_that_says_it_is_huge_is_refused_before_it_is_sent(scene: Scene, port: int) -> None:
    lines = ("X-Hub-Signature: sha256=00", f"Content-Length: {10**12}")
    with socket.create_connection(("127.0.0.1", port), 10) as conn:
        conn.sendall(head(scene, *lines) + b"{" * 1000)
        assert status(_all_of(conn)) == 413


def test_a_body_in_chunks_is_read_like_any_other_and_cut_like_any_other(scene: Scene, port: int) -> None:
    lines = (f"X-Hub-Signature: {signed(scene, BODY)}", "Transfer-Encoding: chunked")
    chunks = b"".join(b"1\r\n" + bytes([one]) + b"\r\n" for one in BODY) + b"0\r\n\r\n"
    assert status(talk(port, head(scene, *lines), chunks)) == 204
    assert Delivery.objects.count() == 1
    endless = [b"100000\r\n" + b"x" * MIB + b"\r\n"] * 20
    assert status(talk(port, head(scene, *lines), *endless)) in {0, 413}
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: -1",), ("Content-Length: 1e3",), ("Content-Length: ²",), ("Content-Length: +5",),
        ("Content-Length: 5", "Content-Length: 50"), ("Transfer-Encoding: gzip",), ("Transfer-Encoding: chunked, chunked",),
        ("Transfer-Encoding: xchunked", "Content-Length: 5"), ("Content-Length: 0x10",), ("Content-Length: 99999999999999999999",),
    ],
    ids=lambda one: one[0],
)  # fmt: skip
def test_an_unclear_length_stores_nothing(scene: Scene, port: int, lines: tuple[str, ...]) -> None:
    with socket.create_connection(("127.0.0.1", port), 10) as conn:
        conn.settimeout(5)
        conn.sendall(head(scene, f"X-Hub-Signature: {signed(scene, BODY)}", *lines) + BODY)
        conn.shutdown(socket.SHUT_WR)
        answer = _all_of(conn)
    assert status(answer) in {0, 400, 401, 411, 413, 501}, "closed without a word, or refused"
    assert Delivery.objects.count() == 0


def test_a_length_in_foreign_digits_is_answered_by_the_page_itself(scene: Scene) -> None:
    answer = Client().post(
        f"/hooks/jira/{scene.integration.webhook_token}", data=BODY, content_type="application/json", CONTENT_LENGTH="²"
    )
    assert answer.status_code in {400, 401, 413}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "EVIL"])
def test_no_other_verb_delivers(scene: Scene, port: int, method: str) -> None:
    lines = (f"X-Hub-Signature: {signed(scene, BODY)}", f"Content-Length: {len(BODY)}", "X-HTTP-Method-Override: POST")
    assert status(talk(port, head(scene, *lines, method=method) + BODY)) in {400, 405, 501}
    assert Delivery.objects.count() == 0


def test_refusals_carry_the_strict_headers_and_tell_nothing(scene: Scene, port: int) -> None:
    told = [
        talk(port, head(scene, f"Content-Length: {len(BODY)}", "X-Hub-Signature: sha256=0") + BODY),
        talk(port, head(scene, f"Content-Length: {len(BODY)}", token="unknown") + BODY),
    ]
    for answer in told:
        assert f"Content-Security-Policy: {POLICY}".encode() in answer
        assert b"Set-Cookie" not in answer
        assert scene.integration.webhook_token.encode() not in answer
        assert b"Traceback" not in answer


# --- many and slow -----------------------------------------------------------------------------------------------------


def test_one_delivery_fifty_times_at_once_is_stored_once(scene: Scene, port: int) -> None:
    together, met = threading.Barrier(50), list[int]()

    def send() -> None:
        together.wait(20)
        met.append(deliver(port, scene, **{"X-Atlassian-Webhook-Identifier": "the same"}))

    threads = [threading.Thread(target=send) for _ in range(50)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert met == [204] * 50
    assert Delivery.objects.count() == 1
    assert Op.objects.filter(kind="hear").count() == 1


def test_the_same_identifier_for_another_integration_is_another_delivery(scene: Scene) -> None:
    other = integrations.create_integration(scene.workspace, scene.connection, "second", actor="pat")
    for one in (scene.integration, other):
        signature = signed(scene, BODY, integrations.webhook_secret(one))
        headers = {"X-Hub-Signature": signature, "X-Atlassian-Webhook-Identifier": "d1"}
        assert deliveries.store_delivery(one.webhook_token, headers, BODY).status == 204
    assert Delivery.objects.count() == 2


def test_hundreds_that_send_nothing_or_slowly_keep_nobody_waiting(scene: Scene, port: int) -> None:
    idle = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(400)]
    slow = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(100)]
    try:
        for conn in slow:
            conn.sendall(head(scene, "Content-Length: 5000000", "X-Hub-Signature: sha256=0") + b"{")
        began = time.monotonic()
        assert deliver(port, scene) == 204
        assert time.monotonic() - began < 5
        with socket.create_connection(("127.0.0.1", port), 5) as conn:
            conn.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert status(_all_of(conn)) == 200
    finally:
        for conn in (*idle, *slow):
            conn.close()


def test_too_many_that_wait_are_asked_to_come_again(scene: Scene, monkeypatch: Any) -> None:
    monkeypatch.setattr(deliveries, "UNHEARD_LIMIT", 2)
    for n in range(3):
        headers = {"X-Hub-Signature": signed(scene, BODY), "X-Atlassian-Webhook-Identifier": str(n)}
        deliveries.store_delivery(scene.integration.webhook_token, headers, BODY)
    answer = Client().post(
        f"/hooks/jira/{scene.integration.webhook_token}",
        data=BODY,
        content_type="application/json",
        headers={"X-Hub-Signature": signed(scene, BODY), "X-Atlassian-Webhook-Identifier": "more"},
    )
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
