"""Forward proxies that demand, refuse, cannot reach or are not there, and reverse proxies that lose the login."""

from __future__ import annotations

import pytest

from tests.engine.check_world import sandbox
from tests.jira.loopback import make_certificate, server_context, serving
from tests.network.middle import forward_proxy, reverse_proxy, standing, without_login
from tests.network.test_certificates import TOLD
from tests.network.world import look
from tieline.diagnosis.lookalikes import GROUP_NAMES

LOGIN = ("op", "proxy-pass-77")


def proxy_url(port: int, login: tuple[str, str] | None = None) -> str:
    return f"http://{':'.join(login)}@127.0.0.1:{port}" if login else f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("edition", ["cloud", "dc"])
def test_a_whole_check_goes_through_the_proxy_of_the_connection(edition):
    with sandbox(edition) as jira, standing(forward_proxy(login=LOGIN)) as proxy:
        seen = look(jira.url, account=jira.user, secret=jira.secret, proxy=proxy_url(proxy.port, LOGIN))
        assert {place for _, place in seen.wire.dialled} == {proxy.port}
        assert proxy.heads
    assert seen.red is None
    assert seen.findings == ()
    assert f"Connected through the proxy 127.0.0.1:{proxy.port}" in seen.step("connection").found
    assert "proxy-pass-77" not in repr(seen.report)


def test_a_tunnel_through_the_proxy_checks_the_certificate_of_jira_itself(tmp_path):
    root = make_certificate(tmp_path, "Ferry Root", authority=True)
    leaf = make_certificate(tmp_path, "jira", ips=("127.0.0.1",), issuer=root, days=(-1, 90))
    with serving(TOLD, tls=server_context(leaf)) as jira, standing(forward_proxy()) as proxy:
        good = look(f"https://127.0.0.1:{jira.port}", proxy=proxy_url(proxy.port), ca_file=str(root.file))
        bad = look(f"https://127.0.0.1:{jira.port}", proxy=proxy_url(proxy.port))
        assert all(head.startswith(b"CONNECT ") for head in proxy.heads)
        assert all(b"uthorization: Basic" not in head for head in proxy.heads)
    assert good.step("connection").state.value == "ok"
    assert "CN=Ferry Root" in good.step("connection").found
    assert (bad.red, bad.first) == ("connection", "tls-untrusted-ca")


@pytest.mark.parametrize(
    ("scheme", "talk", "slug"),
    [
        ("https", forward_proxy(login=LOGIN), "proxy-auth-required"),
        ("http", forward_proxy(login=LOGIN), "proxy-auth-required"),
        ("https", forward_proxy(refuse="403 Forbidden"), "proxy-tunnel-failed"),
        ("http", forward_proxy(refuse="403 Forbidden"), "proxy-or-firewall-generic"),
        ("https", forward_proxy(refuse="503 Service Unavailable"), "proxy-tunnel-failed"),
        ("https", forward_proxy(), "proxy-tunnel-failed"),
    ],
    ids=["wants a login", "wants a login, plain", "refuses", "refuses, plain", "is overloaded", "cannot reach Jira"],
)
def test_a_proxy_that_does_not_let_through(scheme, talk, slug):
    with standing(talk) as proxy:
        seen = look(f"{scheme}://127.0.0.1:9", proxy=proxy_url(proxy.port))
    assert seen.first == slug
    assert {place for _, place in seen.wire.dialled} == {proxy.port}


def test_a_wrong_login_at_the_proxy():
    with standing(forward_proxy(login=LOGIN)) as proxy:
        seen = look("https://127.0.0.1:9", proxy=proxy_url(proxy.port, ("op", "not-this-one")))
    assert seen.first == "proxy-auth-required"
    assert "not-this-one" not in repr(seen.report)


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "http://proxy.ferry.invalid:3128"])
def test_a_proxy_that_is_not_there_is_not_taken_for_jira(proxy):
    seen = look("https://127.0.0.1:8", proxy=proxy)
    assert (seen.red, seen.first) == ("connection", "proxy-unreachable")
    assert ("127.0.0.1", 8) not in seen.wire.dialled


@pytest.mark.parametrize("proxy", ["proxy.ferry.test:3128", "socks4://127.0.0.1:1080", "http://"])
def test_a_proxy_address_that_is_none(proxy):
    seen = look("https://127.0.0.1:8", proxy=proxy)
    assert seen.first == "proxy-address-unreadable"
    assert seen.wire.dialled == []


def test_a_private_proxy_that_the_operator_does_not_list_is_not_dialled():
    seen = look("https://127.0.0.1:8", allow=("127.0.0.1:8",), proxy="http://127.0.0.1:3128")
    assert seen.first == "guard-private-address"
    assert "the proxy" in " ".join(seen.findings[0].because)
    assert seen.wire.dialled == []


@pytest.mark.parametrize("edition", ["cloud", "dc"])
def test_a_reverse_proxy_that_drops_the_login(edition):
    with sandbox(edition) as jira, standing(reverse_proxy(int(jira.url.rpartition(":")[2]), without_login)) as front:
        seen = look(f"http://127.0.0.1:{front.port}", account=jira.user, secret=jira.secret)
        assert any(b"uthorization: Basic" in head for head in front.heads)
    assert seen.red == "login"
    wanted = "proxy-strips-authorization"
    assert seen.first == wanted or GROUP_NAMES[seen.first] & GROUP_NAMES[wanted]
