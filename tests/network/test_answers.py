"""Ports and answers that go wrong on the way: closed, silent, cut, dripping, endless, packed to burst, or not Jira's."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
import zlib
from collections.abc import Iterator

import pytest

from tests.jira.loopback import answering, serving
from tests.network.middle import standing
from tests.network.world import MIB, look
from tieline.diagnosis.lookalikes import GROUPS_OF

JSON = "Content-Type: application/json"


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.fixture
def full_port() -> Iterator[int]:
    """A port whose queue is full: the kernel drops further attempts to connect."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield int(listener.getsockname()[1])


def test_a_closed_port(closed_port):
    seen = look(f"http://127.0.0.1:{closed_port}")
    assert (seen.red, seen.first) == ("connection", "net-connection-refused")


def test_a_port_that_drops_packets(full_port):
    seen = look(f"http://127.0.0.1:{full_port}")
    assert (seen.red, seen.first) == ("connection", "net-connect-timeout")


def silent(conn, _):
    conn.recv(65536)
    time.sleep(3)


def drip_headers(conn, _):
    conn.recv(65536)
    conn.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(1000):
        conn.sendall(f"X-{number}: y\r\n".encode())
        time.sleep(0.1)


def drip_body(conn, _):
    conn.recv(65536)
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n")
    for _ in range(1000):
        conn.sendall(b" ")
        time.sleep(0.1)


@pytest.mark.parametrize("talk", [silent, drip_headers, drip_body])
def test_a_server_that_takes_its_time_is_left_in_time(talk):
    with standing(talk) as there:
        seen = look(f"http://127.0.0.1:{there.port}", deadline_s=4)
    assert seen.first == "net-read-timeout"
    assert seen.seconds < 4.5


def endless_headers(conn, _):
    conn.recv(65536)
    conn.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        conn.sendall(b"X-More: and more and more and more\r\n" * 200)


def test_endless_headers_are_not_read_to_the_end():
    with standing(endless_headers) as there:
        seen = look(f"http://127.0.0.1:{there.port}")
    assert (seen.red, seen.first) == ("connection", "answer-not-http")
    assert sum(seen.wire.received) < MIB


def endless_body(conn, _):
    conn.recv(65536)
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n[")
    while True:
        conn.sendall(b" " * 65536)


def test_of_an_endless_body_eight_mebibytes_are_read_and_no_more():
    with standing(endless_body) as there:
        seen = look(f"http://127.0.0.1:{there.port}")
    assert (seen.red, seen.first) == ("product", "answer-unreadable")
    assert max(sum(seen.wire.received) / len(seen.wire.dialled), 0) <= 8 * MIB + 256 * 1024


def bomb(kind: str) -> bytes:
    pack = zlib.compressobj(9, zlib.DEFLATED, {"gzip": 31, "deflate": 15}[kind])
    return b"".join([*(pack.compress(bytes(MIB)) for _ in range(64)), pack.flush()])


@pytest.mark.parametrize("kind", ["gzip", "deflate"])
def test_an_answer_packed_to_burst(kind):
    with serving(answering("200 OK", bomb(kind), JSON, f"Content-Encoding: {kind}")) as heard:
        seen = look(f"http://127.0.0.1:{heard.port}")
    assert (seen.red, seen.first) == ("product", "answer-unreadable")
    assert "larger than Tieline reads" in " ".join(seen.findings[0].because)
    assert sum(seen.wire.received) < MIB


def cut(raw: bytes, *, reset: bool = False):
    def talk(conn, _):
        conn.recv(65536)
        conn.sendall(raw)
        if reset:
            time.sleep(0.1)
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return talk


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("talk", "slug"),
    [
        (cut(b"", reset=True), "net-connection-reset"),
        (cut(b""), "net-connection-reset"),
        (cut(HEAD + b'Content-Length: 500\r\n\r\n{"baseUrl":"http'), "net-connection-reset"),
        (cut(HEAD + b'Content-Length: 500\r\n\r\n{"baseUrl":"http', reset=True), "net-connection-reset"),
        (cut(HEAD + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"ba'), "net-connection-reset"),
        (cut(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"), "answer-unreadable"),
        (cut(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"), "answer-unreadable"),
        (cut(HEAD + b'Connection: close\r\n\r\n{"baseUrl":"http'), "answer-unreadable"),
        (cut(b"SSH-2.0-OpenSSH_9.6\r\n"), "answer-not-http"),
        (cut(b"220 mail.ferry.test ESMTP\r\n"), "answer-not-http"),
    ],
)  # fmt: skip
def test_an_answer_that_breaks_off_or_is_none(talk, slug):
    with standing(talk) as there:
        seen = look(f"http://127.0.0.1:{there.port}")
    assert seen.first == slug


@pytest.mark.parametrize(
    ("status", "body", "slug"),
    [
        ("200 OK", b"<html><head><title>Ferry intranet</title></head><body>Welcome</body></html>", "url-not-jira-other"),
        (
            "200 OK",
            b"<html><head><title>Sign in</title></head><body><form action='https://login.ferry.test/saml2'>"
            b"<input name='SAMLRequest' value='fZJNT8MwDIb'></form></body></html>",
            "redirect-sso-html",
        ),
        ("502 Bad Gateway", b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>", "gateway-5xx"),
        ("403 Forbidden", b"<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. "
         b"Your support ID is: 17</body></html>", "waf-html-block"),
    ],
)  # fmt: skip
def test_a_page_in_place_of_json(status, body, slug):
    with serving(answering(status, body, "Content-Type: text/html; charset=utf-8")) as heard:
        seen = look(f"http://127.0.0.1:{heard.port}")
    assert seen.first == slug or (slug in GROUPS_OF[seen.first][0].members and seen.findings[0].probe)


@pytest.mark.parametrize(
    ("location", "slug"),
    [
        ("https://127.0.0.1/rest/api/2/serverInfo", "redirect-http-to-https"),
        ("http://10.0.0.5:8080/rest/api/2/serverInfo", "redirect-internal-host"),
        ("http://169.254.169.254/latest/meta-data/", "redirect-internal-host"),
        ("http://127.0.0.9:1/rest/api/2/serverInfo", "redirect-internal-host"),
        ("http://[::1]:1/", "redirect-internal-host"),
        ("http://jira-node-2:8080/", "redirect-internal-host"),
        ("https://ferries.okta.com/app/jira/sso/saml?SAMLRequest=fZJNT8MwDIb", "redirect-to-idp"),
        ("https://login.microsoftonline.com/ferries/saml2", "redirect-to-idp"),
        ("/login.jsp?os_destination=%2Frest", "redirect-to-login-jsp"),
        ("https://ferries-new.atlassian.net/rest/api/2/serverInfo", "cloud-site-renamed"),
        ("/jira/rest/api/2/serverInfo", "url-wrong-context-path"),
        ("https://ferries.example.org/elsewhere", "redirect-generic-302"),
        (None, "redirect-generic-302"),
    ],
)
def test_a_redirect_is_named_by_its_target_and_never_followed(location, slug):
    more = (f"Location: {location}",) if location else ()
    with serving(answering("302 Found", b"", *more)) as heard:
        seen = look(f"http://127.0.0.1:{heard.port}")
        assert len(heard.requests) == 1
    assert (seen.red, seen.first) == ("redirect", slug)
    assert set(seen.wire.dialled) == {("127.0.0.1", heard.port)}
