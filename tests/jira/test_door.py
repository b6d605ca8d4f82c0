from __future__ import annotations

import base64
import gzip
import logging
import random
import socket
import struct
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.jira.loopback import (
    QUICK,
    SECRET,
    Heard,
    Reply,
    answering,
    ask,
    door_to,
    make_certificate,
    server_context,
    serving,
)
from tieline import __version__
from tieline.diagnosis.evidence import Exchange, Failure, Stage
from tieline.jira.door import JiraDoor
from tieline.jira.options import Limits
from tieline.jira.secret import Secret
from tieline.sync.remote import AuthUse, ProbeRequest

LOOPBACK = "127.0.0.0/8"


def failing(exchange: Exchange) -> tuple[Stage, str]:
    assert exchange.failure is not None, exchange
    return exchange.failure.stage, exchange.failure.kind


def here(heard: Heard, scheme: str = "http", host: str = "127.0.0.1") -> str:
    return f"{scheme}://{host}:{heard.port}"


# --- what is asked and recorded -------------------------------------------------------------------------------------


def test_an_exchange_tells_the_question_and_the_answer_without_the_secret() -> None:
    with serving(
        answering("200 OK", b'{"accountId":"5b1"}', "Content-Type: application/json", "X-AAccountId: 5b1")
    ) as heard:
        exchange = ask(door_to(here(heard), LOOPBACK))
        assert exchange.failure is None
        assert exchange.response is not None
        assert exchange.response.status == 200
        assert exchange.response.body == '{"accountId":"5b1"}'
        assert exchange.response.header("x-aaccountid") == "5b1"
        assert exchange.request.base == here(heard)
        assert exchange.request.path == "/rest/api/3/myself"
        assert (exchange.request.auth, exchange.request.account) == ("basic", "pat@acme.example")
        assert exchange.request.headers["Authorization"] == "Basic [removed]"
        assert exchange.request.headers["User-Agent"] == f"Tieline/{__version__}"
        assert exchange.elapsed_ms is not None
        assert exchange.at.endswith("+00:00")
        sent = heard.requests[0]
        assert base64.b64encode(f"pat@acme.example:{SECRET}".encode()) in sent
        assert SECRET not in repr(exchange)


def test_a_get_has_no_body_and_a_post_says_json() -> None:
    with serving(answering()) as heard:
        door = door_to(here(heard), LOOPBACK)
        ask(door)
        door.ask(ProbeRequest(probe="search", method="POST", path="/rest/api/3/search/jql", body={"jql": "key = Ö"}))
        get, post = heard.requests
        assert b"content-length" not in get.lower()
        assert b"content-type" not in get.lower()
        assert b"application/json" in post
        assert b"x-atlassian-token: no-check" in post.lower()
        assert b"cookie:" not in get.lower() + post.lower()


def test_cookies_are_not_kept() -> None:
    with serving(answering("200 OK", b"{}", "Set-Cookie: JSESSIONID=abc123; Path=/")) as heard:
        door = door_to(here(heard), LOOPBACK)
        ask(door)
        ask(door)
        assert b"cookie:" not in heard.requests[1].lower()


def test_connections_are_kept_alive_and_a_closed_one_is_replaced_for_a_get() -> None:
    replies = 0

    def reply(conn: socket.socket, head: bytes) -> None:
        nonlocal replies
        replies += 1
        if replies == 2:
            conn.shutdown(socket.SHUT_RDWR)
            return
        answering()(conn, head)

    with serving(reply) as heard:
        door = door_to(here(heard), LOOPBACK)
        assert ask(door).response is not None
        again = ask(door)
        assert again.response is not None
        assert len(heard.connections) == 2


def test_a_write_on_a_closed_connection_is_not_sent_again() -> None:
    def reply(conn: socket.socket, head: bytes) -> None:
        if head.startswith(b"POST"):
            conn.shutdown(socket.SHUT_RDWR)
            return
        answering()(conn, head)

    with serving(reply) as heard:
        door = door_to(here(heard), LOOPBACK)
        ask(door)
        written = door.ask(ProbeRequest(probe="create issue", method="POST", path="/rest/api/3/issue", body={}))
        assert failing(written)[0] in {Stage.READ, Stage.SEND}
        assert [head[:4] for head in heard.requests] == [b"GET ", b"POST"]


def test_one_door_serves_many_threads() -> None:
    def echo(conn: socket.socket, head: bytes) -> None:
        path = head.split(b" ")[1]
        answering("200 OK", path)(conn, head)

    with serving(echo) as heard:
        door = door_to(here(heard), LOOPBACK)
        with ThreadPoolExecutor(8) as pool:
            exchanges = list(pool.map(lambda number: ask(door, f"/{number}"), range(80)))
        assert [one.response.body for one in exchanges if one.response] == [f"/{number}" for number in range(80)]
        assert len({one.id for one in exchanges}) == 80
        door.close()


def test_the_http_libraries_log_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with serving(answering()) as heard, caplog.at_level(logging.DEBUG):
        ask(door_to(here(heard), LOOPBACK), "/rest/api/3/search?token=abcdefgh12345678")
    assert [one for one in caplog.records if one.name.startswith(("httpx2", "httpcore2"))] == []


# --- redirects and origins ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_never_followed(status: str) -> None:
    with serving(answering(), host="127.0.0.2") as target:
        location = f"Location: http://127.0.0.2:{target.port}/rest/api/3/myself?token=abcdefgh12345678"
        with serving(answering(status, b"", location)) as heard:
            exchange = ask(door_to(here(heard), LOOPBACK))
            assert exchange.response is not None
            assert exchange.response.status == int(status[:3])
            kept = exchange.response.header("Location")
            assert kept is not None
            assert kept.startswith(f"http://127.0.0.2:{target.port}/rest/api/3/myself?token=")
            assert "abcdefgh12345678" not in kept
            assert target.connections == []


def test_the_secret_goes_to_the_bound_origin_only() -> None:
    with serving(answering()) as own, serving(answering(), host="127.0.0.2") as other:
        door = door_to(here(own), LOOPBACK)
        for use in AuthUse:
            ask(door, base=here(other, host="127.0.0.2"), auth=use)
            ask(door, base=f"http://127.0.0.1:{other.port}", auth=use)
            ask(door, base=f"http://localhost:{own.port}", auth=use)
        assert other.requests
        assert not any(b"authorization" in head.lower() for head in other.requests)
        assert not any(b"authorization" in head.lower() for head in own.requests)
        ask(door)
        assert b"authorization" in own.requests[-1].lower()


def test_a_caller_cannot_smuggle_a_credential_or_another_host_in() -> None:
    with serving(answering()) as heard:
        ask(
            door_to(here(heard), LOOPBACK, auth="none"),
            headers={"Authorization": "Basic x", "cookie": "a=b", "HOST": "evil.example", "X-Trace": "1"},
        )
        head = heard.requests[0].lower()
        assert b"authorization" not in head
        assert b"cookie" not in head
        assert b"evil.example" not in head
        assert b"x-trace: 1" in head


def gateway_door(heard: Heard, **more: object) -> JiraDoor:
    """A door whose gateway would be reached on loopback, were anything sent."""
    return door_to(here(heard), LOOPBACK, connect=refuse, **more)


def refuse(address: str, port: int, timeout_s: float) -> socket.socket:
    if port == 443:
        raise ConnectionRefusedError(111, "Connection refused")
    return socket.create_connection((address, port), timeout_s)


class Public:
    def resolve(self, host: str, port: int, *, timeout_s: float) -> object:
        from tieline.jira.options import Resolution

        return Resolution(addresses=("127.0.0.1",) if host == "127.0.0.1" else ("185.166.143.10",))


@pytest.mark.parametrize(
    ("base", "auth"),
    [
        ("https://api.atlassian.com/ex/jira/11111111-2222", "basic"),
        ("https://api.atlassian.com/ex/jira/99999999-2222", "none"),
        ("https://api.atlassian.com/ex/jira/11111111-2222/../99999999-2222", "none"),
        ("https://api.atlassian.com/ex/confluence/11111111-2222", "none"),
        ("http://api.atlassian.com/ex/jira/11111111-2222", "none"),
        ("https://api.atlassian.com.evil.example/ex/jira/11111111-2222", "none"),
        ("https://api.atlassian.com@evil.example/ex/jira/11111111-2222", "none"),
        ("https://api.atlassian.com:444/ex/jira/11111111-2222", "none"),
    ],
)
def test_the_gateway_gets_the_secret_only_for_the_connections_own_cloud_id(base: str, auth: str) -> None:
    with serving(answering()) as heard:
        door = gateway_door(heard, cloud_id="11111111-2222", resolver=Public())
        assert ask(door, base=base).request.auth == auth


def test_a_site_tells_its_cloud_id_and_opens_the_gateway_for_it_alone() -> None:
    gateway = "https://api.atlassian.com/ex/jira/11111111-2222"
    with serving(answering("200 OK", b'{"cloudId":"11111111-2222"}')) as heard:
        door = gateway_door(heard, resolver=Public())
        assert ask(door, base=gateway).request.auth == "none"
        ask(door, "/_edge/tenant_info", auth=AuthUse.NONE)
        assert ask(door, base=gateway).request.auth == "basic"


def test_each_use_of_the_credential_sends_the_header_it_names() -> None:
    with serving(answering()) as heard:
        door = door_to(here(heard), LOOPBACK, secret="plain-token")
        for use in (AuthUse.OWN, AuthUse.NONE, AuthUse.AS_BEARER, AuthUse.AS_BASIC, AuthUse.MADE_UP):
            ask(door, auth=use)
        pair = base64.b64encode(b"pat@acme.example:plain-token")
        own, none, bearer, basic, made_up = heard.requests
        assert b"Basic " + pair in own
        assert b"uthorization" not in none
        assert b"Bearer plain-token" in bearer
        assert b"Basic " + pair in basic
        assert pair not in made_up
        assert b"Basic " in made_up


def test_a_made_up_pair_is_never_tried_on_data_center() -> None:
    with serving(answering()) as heard:
        assert ask(door_to(here(heard), LOOPBACK, deployment="dc"), auth=AuthUse.MADE_UP).request.auth == "none"
        assert b"uthorization" not in heard.requests[0]


def test_a_token_with_a_line_break_is_not_sent_as_a_header() -> None:
    with serving(answering()) as heard:
        exchange = ask(door_to(here(heard), LOOPBACK, auth="bearer", secret="token\r\nX-Evil: 1"))
        assert failing(exchange) == (Stage.SETTINGS, "malformed-header")
        assert heard.connections == []


@pytest.mark.parametrize(
    "base",
    ["ftp://jira.acme.example", "jira.acme.example", "http://", "https://exa mple", "http://[::1", "", "http://a:b:c"],
)
def test_an_address_that_is_none_is_said_and_nothing_is_sent(base: str) -> None:
    assert failing(ask(door_to(base)))[0] is Stage.SETTINGS


def test_user_and_password_in_an_address_are_neither_sent_nor_shown() -> None:
    with serving(answering()) as heard:
        exchange = ask(door_to(f"http://fred:opensesame-9@127.0.0.1:{heard.port}", LOOPBACK, auth="none"))
        assert exchange.response is not None
        assert b"uthorization" not in heard.requests[0]
        assert "opensesame-9" not in repr(exchange)


# --- limits ---------------------------------------------------------------------------------------------------------


def dripping(conn: socket.socket, _: bytes) -> None:
    conn.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(1000):
        conn.sendall(b"x")
        time.sleep(0.05)


def dripping_headers(conn: socket.socket, _: bytes) -> None:
    conn.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(1000):
        conn.sendall(f"X-{number}: y\r\n".encode())
        time.sleep(0.05)


def silent(conn: socket.socket, _: bytes) -> None:
    time.sleep(1.5)


@pytest.mark.parametrize(
    ("reply", "kind"), [(dripping, "too-slow"), (dripping_headers, "too-slow"), (silent, "timeout")]
)
def test_a_slow_answer_is_cut_when_the_time_is_up(reply: Reply, kind: str) -> None:
    limits = Limits(connect_s=0.5, read_s=0.4, total_s=0.8)
    with serving(reply) as heard:
        started = time.monotonic()
        exchange = ask(door_to(here(heard), LOOPBACK, limits=limits))
        assert failing(exchange) == (Stage.READ, kind)
        assert time.monotonic() - started < 1.4


def test_a_caller_may_ask_for_less_time() -> None:
    with serving(silent) as heard:
        started = time.monotonic()
        exchange = door_to(here(heard), LOOPBACK, limits=Limits()).ask(
            ProbeRequest(probe="who am I", path="/"), timeout_s=0.2
        )
        assert failing(exchange)[0] is Stage.READ
        assert time.monotonic() - started < 1.0


def test_a_large_body_is_cut_at_the_limit() -> None:
    limits = Limits(body_bytes=100_000, evidence_bytes=1_000)
    with serving(answering("200 OK", b"y" * 300_000)) as heard:
        reply = door_to(here(heard), LOOPBACK, limits=limits).send(ProbeRequest(probe="issues", path="/"))
        assert reply.body is None
        assert reply.exchange.response is not None
        assert reply.exchange.response.body_elided
        assert len(reply.exchange.response.body or "") <= 65_536


def bomb(kind: str) -> bytes:
    pack = zlib.compressobj(6, zlib.DEFLATED, {"gzip": 31, "deflate": 15, "raw deflate": -15}[kind])
    parts = [pack.compress(bytes(1_000_000)) for _ in range(200)]
    return b"".join([*parts, pack.flush()])


@pytest.mark.parametrize("kind", ["gzip", "deflate", "raw deflate"])
def test_a_bomb_of_200_mb_costs_little_memory(kind: str) -> None:
    encoding = f"Content-Encoding: {kind.removeprefix('raw ')}"
    with serving(answering("200 OK", bomb(kind), encoding)) as heard:
        door = door_to(here(heard), LOOPBACK, limits=Limits(read_s=2))
        tracemalloc.start()
        exchange = ask(door)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert exchange.response is not None
        assert exchange.response.body_elided
        assert 8 < peak / 2**20 < 30


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, lambda raw: zlib.compress(raw)[2:-4]])
def test_compressed_answers_are_read(pack: Callable[[bytes], bytes]) -> None:
    encoding = "Content-Encoding: gzip" if pack is gzip.compress else "Content-Encoding: deflate"
    with serving(answering("200 OK", pack(b'{"name":"fred"}'), encoding)) as heard:
        exchange = ask(door_to(here(heard), LOOPBACK))
        assert exchange.response is not None
        assert exchange.response.body == '{"name":"fred"}'
        assert b"accept-encoding: gzip, deflate\r\n" in heard.requests[0].lower()


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(b"not gzip", "gzip"), (gzip.compress(random.Random(1).randbytes(500))[:300], "gzip"), (b"\x1b\x00", "br")],
)
def test_a_body_that_does_not_unpack_is_a_failure_with_the_status_kept(body: bytes, encoding: str) -> None:
    with serving(answering("200 OK", body, f"Content-Encoding: {encoding}")) as heard:
        exchange = ask(door_to(here(heard), LOOPBACK))
        assert failing(exchange) == (Stage.READ, "bad-encoding")
        assert exchange.response is not None
        assert exchange.response.status == 200


def test_headers_beyond_the_limit_are_a_failure() -> None:
    for reply in (
        answering("200 OK", b"{}", "X-Big: " + "z" * 70_000),
        answering("200 OK", b"{}", "X-Big: " + "z" * 400_000),
    ):
        with serving(reply) as heard:
            assert failing(ask(door_to(here(heard), LOOPBACK))) == (Stage.READ, "headers-too-large")


# --- answers that are none ------------------------------------------------------------------------------------------


def sending(raw: bytes, *, reset: bool = False) -> Reply:
    def reply(conn: socket.socket, _: bytes) -> None:
        conn.sendall(raw)
        if reset:
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            conn.close()
            return
        conn.shutdown(socket.SHUT_RDWR)

    return reply


@pytest.mark.parametrize(
    ("raw", "reset", "expected"),
    [
        (b"", False, (Stage.READ, "closed")),
        (b"", True, (Stage.READ, "reset")),
        (b"SSH-2.0-OpenSSH_9.6\r\n", False, (Stage.READ, "not-http")),
        (b"\x15\x03\x03\x00\x02\x02\x46", False, (Stage.READ, "not-http")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", False, (Stage.READ, "closed")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", False, (Stage.READ, "closed")),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", False, (Stage.READ, "bad-encoding")),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", False, (Stage.READ, "not-http")),
        (b"HTTP/1.1 2 00\r\n\r\n", False, (Stage.READ, "not-http")),
        (b"HTTP/1.1 200 OK\r\nBad Header\r\n\r\n", False, (Stage.READ, "not-http")),
    ],
)
def test_a_broken_answer_is_told_as_what_broke(raw: bytes, reset: bool, expected: tuple[Stage, str]) -> None:
    with serving(sending(raw, reset=reset)) as heard:
        assert failing(ask(door_to(here(heard), LOOPBACK))) == expected


def test_what_came_before_a_break_is_kept_as_evidence() -> None:
    with serving(sending(b"HTTP/1.1 500 Oh\r\nContent-Length: 50\r\n\r\nhalf a page")) as heard:
        exchange = ask(door_to(here(heard), LOOPBACK))
        assert exchange.response is not None
        assert (exchange.response.status, exchange.response.body, exchange.response.body_elided) == (
            500,
            "half a page",
            True,
        )


# --- TLS ------------------------------------------------------------------------------------------------------------


def tls_exchange(tmp_path: Path, kind: str) -> Exchange:
    authority = make_certificate(tmp_path, "Acme Root", authority=True)
    public = make_certificate(tmp_path, "R11", authority=True, organisation="Let's Encrypt")
    server: dict[str, object] = {
        "good": {"ips": ("127.0.0.1",), "issuer": authority},
        "untrusted": {"ips": ("127.0.0.1",), "issuer": public, "organisation": "x"},
        "self-signed": {"ips": ("127.0.0.1",)},
        "expired": {"ips": ("127.0.0.1",), "issuer": authority, "days": (-9, -2)},
        "not yet": {"ips": ("127.0.0.1",), "issuer": authority, "days": (2, 9)},
        "other name": {"names": ("jira.other.example",), "issuer": authority},
    }[kind]
    pair = make_certificate(tmp_path, "jira", **server)  # type: ignore[arg-type]
    with serving(answering(), tls=server_context(pair)) as heard:
        exchange = ask(door_to(here(heard, "https"), LOOPBACK, ca_file=str(authority.file)))
        if kind != "good":
            assert heard.requests == []
        return exchange


def test_a_certificate_of_the_companys_authority_is_good_once_its_file_is_given(tmp_path: Path) -> None:
    exchange = tls_exchange(tmp_path, "good")
    assert exchange.response is not None
    assert exchange.certificate is not None
    assert exchange.certificate.names == ("127.0.0.1",)
    assert "CN=Acme Root" in exchange.certificate.issuer
    assert exchange.certificate.not_after is not None


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("untrusted", "missing-intermediate"),
        ("self-signed", "self-signed"),
        ("expired", "expired"),
        ("not yet", "not-yet-valid"),
        ("other name", "hostname-mismatch"),
    ],
)
def test_a_refused_certificate_is_told_with_its_cause_and_shown(tmp_path: Path, kind: str, expected: str) -> None:
    exchange = tls_exchange(tmp_path, kind)
    assert failing(exchange) == (Stage.TLS, expected)
    assert exchange.certificate is not None
    assert "CN=jira" in exchange.certificate.subject
    assert exchange.certificate.self_signed is (kind == "self-signed")
    if kind == "other name":
        assert exchange.certificate.names == ("jira.other.example",)


def test_an_unknown_private_authority_is_untrusted(tmp_path: Path) -> None:
    authority = make_certificate(tmp_path, "Acme Root", authority=True)
    pair = make_certificate(tmp_path, "jira", ips=("127.0.0.1",), issuer=authority)
    with serving(answering(), tls=server_context(pair)) as heard:
        exchange = ask(door_to(here(heard, "https"), LOOPBACK))
        assert failing(exchange) == (Stage.TLS, "untrusted-ca")
        assert exchange.certificate is not None
        assert exchange.certificate.chain_length in {1, None}
        assert len(heard.connections) == 2
        assert heard.requests == []


def test_plain_http_on_a_port_asked_for_tls_is_told() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def plain() -> None:
        conn, _ = listener.accept()
        conn.recv(65536)
        conn.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        conn.close()

    threading.Thread(target=plain, daemon=True).start()
    with listener:
        port = listener.getsockname()[1]
        assert failing(ask(door_to(f"https://127.0.0.1:{port}", LOOPBACK))) == (Stage.TLS, "not-tls")


def test_a_handshake_that_is_never_answered_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        started = time.monotonic()
        assert failing(ask(door_to(f"https://127.0.0.1:{port}", LOOPBACK)))[0] is Stage.TLS
        assert time.monotonic() - started < 2.0


def test_a_server_that_wants_a_client_certificate_is_told_and_gets_it(tmp_path: Path) -> None:
    authority = make_certificate(tmp_path, "Acme Root", authority=True)
    pair = make_certificate(tmp_path, "jira", ips=("127.0.0.1",), issuer=authority)
    own = make_certificate(tmp_path, "tieline", issuer=authority)
    context = server_context(pair, clients_of=authority)
    with serving(answering(), tls=context) as heard:
        without = ask(door_to(here(heard, "https"), LOOPBACK, ca_file=str(authority.file)))
        assert failing(without) == (Stage.TLS, "client-certificate")
        with_it = ask(
            door_to(here(heard, "https"), LOOPBACK, ca_file=str(authority.file), client_cert_file=str(own.file))
        )
        assert with_it.response is not None


def test_a_certificate_file_that_is_not_there_is_a_matter_of_settings(tmp_path: Path) -> None:
    exchange = ask(door_to("https://127.0.0.1", LOOPBACK, ca_file=str(tmp_path / "none.pem")))
    assert failing(exchange)[0] is Stage.SETTINGS


# --- proxies --------------------------------------------------------------------------------------------------------


def test_environment_proxies_are_used_only_when_the_operator_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering("200 OK", b"direct")) as heard, serving(answering("200 OK", b"by proxy")) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, here(proxy))
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        direct = ask(door_to(here(heard), LOOPBACK))
        asked = ask(door_to(here(heard), LOOPBACK, trust_env=True))
        assert direct.response is not None
        assert direct.response.body == "direct"
        assert asked.response is not None
        assert asked.response.body == "by proxy"


def test_a_target_behind_a_proxy_is_judged_all_the_same() -> None:
    with serving(answering("200 OK", b"by proxy")) as proxy:
        door = door_to("http://10.0.0.5", f"127.0.0.1:{proxy.port}", proxy=Secret(here(proxy)))
        assert failing(ask(door)) == (Stage.GUARD, "private-address")
        assert proxy.connections == []


@pytest.mark.parametrize(
    ("status", "kind"), [("407 Proxy Authentication Required", "proxy-login"), ("403 Forbidden", "proxy-tunnel")]
)
def test_a_proxy_that_refuses_the_tunnel_is_told(status: str, kind: str) -> None:
    with serving(answering(status, b"")) as proxy:
        where = Secret(f"http://op:proxy-pass-77@127.0.0.1:{proxy.port}")
        exchange = ask(door_to("https://127.0.0.9", LOOPBACK, proxy=where))
        assert failing(exchange) == (Stage.CONNECT, kind)
        assert b"Proxy-Authorization" in proxy.requests[0]
        assert "proxy-pass-77" not in repr(exchange)
        assert SECRET.encode() not in proxy.requests[0]


def test_a_proxy_address_that_is_none_is_a_matter_of_settings() -> None:
    assert failing(ask(door_to("http://127.0.0.1", LOOPBACK, proxy=Secret("nonsense"))))[0] is Stage.SETTINGS


# --- ending ---------------------------------------------------------------------------------------------------------


def test_a_closed_door_opens_again_when_asked() -> None:
    with serving(answering()) as heard:
        door = door_to(here(heard), LOOPBACK, limits=QUICK)
        ask(door)
        door.close()
        assert ask(door).response is not None
        assert len(heard.connections) == 2


def test_a_failure_holds_no_secret_in_its_words() -> None:
    with serving(sending(f"NOT HTTP {SECRET}\r\n".encode())) as heard:
        exchange = ask(door_to(here(heard), LOOPBACK))
        assert isinstance(exchange.failure, Failure)
        assert SECRET not in repr(exchange)
