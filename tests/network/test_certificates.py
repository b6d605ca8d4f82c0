"""TLS as it is found: each certificate is made here, and refused (or not) by the real handshake."""

from __future__ import annotations

import ssl
import warnings
from pathlib import Path

import pytest

from tests.jira.loopback import Pair, answering, make_certificate, server_context, serving
from tests.network.middle import standing
from tests.network.world import Seen, look
from tieline.diagnosis.finding import Confidence

TOLD = answering(
    "200 OK",
    b'{"baseUrl":"https://jira.ferry.test","version":"10.3.12","deploymentType":"Server","serverTitle":"Ferries"}',
    "Content-Type: application/json",
    "X-AUSERNAME: pat",
)


@pytest.fixture
def root(tmp_path: Path) -> Pair:
    return make_certificate(tmp_path, "Ferry Root", authority=True)


def look_at(context: ssl.SSLContext, **more: object) -> Seen:
    with serving(TOLD, tls=context) as heard:
        seen = look(f"https://127.0.0.1:{heard.port}", **more)
        if seen.red == "connection":
            assert heard.requests == [], "something was sent over a connection that is not trusted"
    return seen


def test_a_certificate_of_an_own_authority_is_good_with_its_file_and_the_step_names_both(tmp_path, root):
    leaf = make_certificate(tmp_path, "jira", ips=("127.0.0.1",), issuer=root, days=(-1, 90))
    seen = look_at(server_context(leaf), ca_file=str(root.file))
    step = seen.step("connection")
    assert step.state.value == "ok"
    assert "CN=Ferry Root" in step.found
    assert f"valid until {leaf.certificate.not_valid_after_utc.date().isoformat()}" in step.found
    assert "Trusted besides the system's authorities: " in step.found


@pytest.mark.parametrize(
    ("leaf", "slug"),
    [
        ({"ips": ("127.0.0.1",)}, "tls-self-signed"),
        ({"ips": ("127.0.0.1",), "days": (-9, -2), "signed": True}, "tls-expired"),
        ({"ips": ("127.0.0.1",), "days": (2, 9), "signed": True}, "tls-expired"),
        ({"names": ("jira.other.example",), "signed": True}, "tls-hostname-mismatch"),
    ],
)
def test_a_certificate_that_is_no_good_is_named_with_certainty(tmp_path, root, leaf, slug):
    signed = leaf.pop("signed", False)
    pair = make_certificate(tmp_path, "jira", issuer=root if signed else None, **leaf)
    leaf["signed"] = signed
    seen = look_at(server_context(pair), ca_file=str(root.file))
    assert (seen.red, seen.first, seen.findings[0].confidence) == ("connection", slug, Confidence.CERTAIN)


def test_an_authority_that_nobody_here_trusts(tmp_path, root):
    pair = make_certificate(tmp_path, "jira", ips=("127.0.0.1",), issuer=root)
    seen = look_at(server_context(pair))
    assert (seen.red, seen.first) == ("connection", "tls-untrusted-ca")
    assert "Ferry Root" in seen.findings[0].facts["issuer"]


def test_a_certificate_in_between_that_is_not_sent(tmp_path, root):
    between = make_certificate(tmp_path, "Ferry Issuing 2", authority=True, issuer=root)
    leaf = make_certificate(tmp_path, "jira", ips=("127.0.0.1",), issuer=between, days=(-1, 90))
    seen = look_at(server_context(leaf), ca_file=str(root.file))
    assert (seen.red, seen.first) == ("connection", "tls-missing-intermediate")
    whole = tmp_path / "whole.pem"
    whole.write_bytes(leaf.file.read_bytes() + between.file.read_bytes().partition(b"-----END PRIVATE KEY-----\n")[2])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(whole)
    assert look_at(context, ca_file=str(root.file)).step("connection").state.value == "ok"


def test_one_in_between_of_a_public_authority_that_is_not_sent_is_certain(tmp_path, root):
    between = make_certificate(tmp_path, "R11", authority=True, issuer=root, organisation="Let's Encrypt")
    leaf = make_certificate(tmp_path, "jira", ips=("127.0.0.1",), issuer=between)
    seen = look_at(server_context(leaf))
    assert (seen.first, seen.findings[0].confidence) == ("tls-missing-intermediate", Confidence.CERTAIN)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_a_server_that_speaks_only_old_tls(tmp_path, root, version):
    leaf = make_certificate(tmp_path, "jira", ips=("127.0.0.1",), issuer=root)
    context = server_context(leaf)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    seen = look_at(context, ca_file=str(root.file))
    assert (seen.red, seen.first) == ("connection", "tls-version")


def test_a_server_that_wants_a_client_certificate(tmp_path, root):
    leaf = make_certificate(tmp_path, "jira", ips=("127.0.0.1",), issuer=root)
    stranger = make_certificate(tmp_path, "stranger")
    own = make_certificate(tmp_path, "tieline", issuer=root)
    context = server_context(leaf, clients_of=root)
    none = look_at(context, ca_file=str(root.file))
    wrong = look_at(context, ca_file=str(root.file), client_cert=str(stranger.file))
    right = look_at(context, ca_file=str(root.file), client_cert=str(own.file), client_key=str(own.file))
    assert none.first == wrong.first == "tls-client-cert-required"
    assert "no client certificate was shown" in " ".join(none.findings[0].because)
    assert "that was shown is not accepted" in " ".join(wrong.findings[0].because)
    assert "Shown to the server: " in right.step("connection").found


@pytest.mark.parametrize("kind", ["ca_file", "client_cert"])
@pytest.mark.parametrize("content", [None, "no certificate at all"])
def test_a_file_that_cannot_be_used_is_told_before_anything_is_sent(tmp_path, kind, content):
    path = tmp_path / "own.pem"
    if content is not None:
        path.write_text(content)
    seen = look("https://127.0.0.1:9", **{kind: str(path)})
    assert seen.first == "tls-file-unreadable"
    assert seen.wire.dialled == []


@pytest.mark.parametrize(("days", "state"), [(29, "warning"), (3, "warning"), (45, "ok")])
def test_a_certificate_is_warned_of_in_its_last_thirty_days(tmp_path, root, days, state):
    leaf = make_certificate(tmp_path, "jira", ips=("127.0.0.1",), issuer=root, days=(-1, days))
    seen = look_at(server_context(leaf), ca_file=str(root.file))
    assert seen.step("connection").state.value == state
    assert ("tls-expires-soon" in [one.slug for one in seen.findings]) is (state == "warning")


# --- one side speaks TLS and the other does not ---------------------------------------------------------------------


def test_tls_asked_of_a_port_that_speaks_plain_http():
    with standing(lambda conn, _: (conn.recv(65536), conn.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))) as plain:
        seen = look(f"https://127.0.0.1:{plain.port}")
    assert (seen.red, seen.first) == ("connection", "tls-on-plain-port")


@pytest.mark.parametrize(
    "reply",
    [
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
        b"<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>",
    ],
)
def test_plain_http_asked_of_a_port_that_speaks_tls(reply):
    with standing(lambda conn, _: (conn.recv(65536), conn.sendall(reply))) as speaking:
        seen = look(f"http://127.0.0.1:{speaking.port}")
    assert seen.first == "url-http-instead-of-https"


def test_plain_http_asked_of_a_real_tls_server(tmp_path):
    leaf = make_certificate(tmp_path, "jira", ips=("127.0.0.1",))
    with serving(TOLD, tls=server_context(leaf)) as heard:
        seen = look(f"http://127.0.0.1:{heard.port}")
    assert (seen.first, seen.findings[0].confidence) == ("url-http-instead-of-https", Confidence.CERTAIN)
    assert seen.report.facts["suggested_address"] == f"https://127.0.0.1:{heard.port}"
    assert heard.requests == []
