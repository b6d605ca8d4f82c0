"""A connection with its own authority, client certificate and proxy: stored, checked, and at the command line."""

from __future__ import annotations

import json

import pytest
from django.conf import settings

from tests.cli.command import tieline
from tests.jira.loopback import make_certificate, server_context, serving
from tests.network.middle import forward_proxy, standing
from tests.network.test_certificates import TOLD
from tieline.store import connections, people
from tieline.store.models import User
from tieline.store.outfit import save_outfit
from tieline.wiring.checks import run_check

LOGIN = ("op", "proxy-pass-77")


@pytest.fixture
def jira(tmp_path):
    """A TLS server of a private authority that lets in only those who show a certificate of that authority."""
    root = make_certificate(tmp_path, "Ferry Root", authority=True)
    leaf = make_certificate(tmp_path, "jira", ips=("127.0.0.1",), issuer=root, days=(-1, 90))
    own = make_certificate(tmp_path, "tieline", issuer=root)
    with serving(TOLD, tls=server_context(leaf, clients_of=root)) as heard:
        yield heard, root, own


@pytest.mark.django_db(transaction=True)
def test_a_stored_connection_is_checked_with_all_it_brings_along(jira, monkeypatch):
    heard, root, own = jira
    monkeypatch.setattr(settings, "ALLOW", ("127.0.0.0/8",))
    owner = User.objects.create_user("pat@acme.example", password=None)
    workspace = people.create_workspace(key="FERRY", name="Ferries", owner=owner)
    connection = connections.create_connection(
        workspace, name="Ferry Jira", base_url=f"https://127.0.0.1:{heard.port}", auth="basic", account="pat",
        secret="harbour-lights-7", actor="pat",
    )  # fmt: skip

    def connected():
        row = next(one for one in run_check(connection, actor="pat") if one.rung.name == "connection")
        return row.state.value, [one.slug for one in row.findings], row.found

    assert connected()[:2] == ("problem", ["tls-untrusted-ca"])
    save_outfit(connection, authority_pem=root.file.read_text(), actor="pat")
    assert connected()[:2] == ("problem", ["tls-client-cert-required"])
    save_outfit(connection, client_pem=own.file.read_text(), actor="pat")
    state, slugs, found = connected()
    assert (state, slugs) == ("ok", [])
    assert "CN=Ferry Root" in found
    assert "Trusted besides the system's authorities: the certificates of this connection." in found
    assert "Shown to the server: CN=tieline,O=Acme Ferries, until" in found
    with standing(forward_proxy(login=LOGIN)) as proxy:
        save_outfit(connection, proxy=f"http://op:wrong@127.0.0.1:{proxy.port}", actor="pat")
        assert connected()[:2] == ("problem", ["proxy-auth-required"])
        save_outfit(connection, proxy=f"http://{':'.join(LOGIN)}@127.0.0.1:{proxy.port}", actor="pat")
        state, slugs, found = connected()
        assert (state, slugs) == ("ok", [])
        assert f"Connected through the proxy http://127.0.0.1:{proxy.port}" in found


def doctor(port: int, *more: str, **env: str):
    ran = tieline(
        "doctor", f"https://127.0.0.1:{port}", "--user", "pat", "--secret-stdin", "--json", *more,
        stdin=b"harbour-lights-7\n", **env,
    )  # fmt: skip
    return ran, json.loads(ran.out) if ran.out.startswith("{") else None


@pytest.mark.process
def test_the_command_takes_files_and_a_proxy(jira):
    heard, root, own = jira
    ca = ("--ca-file", str(root.file))
    own_key = ("--client-cert", str(own.file), "--client-key", str(own.file))
    _, refused = doctor(heard.port, *ca)
    assert refused["problems"][0]["slug"] == "tls-client-cert-required"
    with standing(forward_proxy(login=LOGIN)) as proxy:
        _, shut = doctor(heard.port, *ca, *own_key, "--proxy", f"http://127.0.0.1:{proxy.port}")
        assert shut["problems"][0]["slug"] == "proxy-auth-required"
        whole = f"http://{':'.join(LOGIN)}@127.0.0.1:{proxy.port}"
        ran, good = doctor(heard.port, *ca, *own_key, TIELINE_JIRA_PROXY=whole)
        step = next(one for one in good["steps"] if one["step"] == "connection")
        assert step["state"] == "ok"
        assert f"through the proxy http://127.0.0.1:{proxy.port}" in step["found"]
        assert "proxy-pass-77" not in ran.all
        told, _ = doctor(heard.port, "--proxy", whole)
        assert told.code == 2
        assert "TIELINE_JIRA_PROXY" in told.err
    missing, _ = doctor(heard.port, "--client-cert", "nowhere.pem")
    assert missing.code == 2
    assert 'There is no file "nowhere.pem".' in missing.err
