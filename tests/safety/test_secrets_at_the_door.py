"""Where a stored secret may go, and what comes back of it: through the pages, to servers that note what they get."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.jira.loopback import Heard, answering, serving
from tests.safety.canaries import find
from tests.safety.echo import EchoJira, echoing, in_json
from tests.web.conftest import Scene
from tieline import wiring
from tieline.sandbox.options import SandboxOptions
from tieline.sandbox.server import Sandbox
from tieline.store import connections, integrations
from tieline.store.models import CheckRun, Connection, Integration
from tieline.store.outfit import save_outfit

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = 'ferry-canary/41+ü"&=token'
FORMER = "ATATT-very-secret"
"""What is stored with the connection of the scene."""


@pytest.fixture
def jira() -> Iterator[EchoJira]:
    with Sandbox.start(SandboxOptions(edition="cloud")) as sandbox, echoing(sandbox, TOKEN) as echo:
        yield echo


@pytest.fixture
def elsewhere() -> Iterator[Heard]:
    """A server that is not the Jira the secret was given for."""
    with serving(answering("401 Unauthorized", b"{}", "Content-Type: application/json")) as heard:
        yield heard


def ended(run: CheckRun) -> CheckRun:
    until = time.monotonic() + 25
    while time.monotonic() < until:
        run.refresh_from_db()
        if run.state != "running":
            return run
        time.sleep(0.05)
    raise AssertionError("The check did not end.")


def last_check() -> CheckRun:
    return ended(CheckRun.objects.order_by("-started").first())  # type: ignore[arg-type]


def heard_secrets(heard: Heard, *secrets: str) -> list[list[str]]:
    return [found for one in heard.requests for secret in secrets if (found := find(secret, one))]


def typed(url: str, **more: str) -> dict[str, str]:
    return {"base_url": url, "account": "pat@acme.io", "secret": "", "name": "acme"} | more


# --- another address ---------------------------------------------------------------------------------------------------


def test_a_changed_address_sends_no_stored_secret_from_any_page(scene: Scene, elsewhere: Heard, settings: Any) -> None:
    settings.ALLOW = [f"127.0.0.1:{elsewhere.port}"]
    url = f"http://127.0.0.1:{elsewhere.port}"
    page = f"/w/FERRY/integrations/{scene.integration.pk}"
    owner = scene["owner"]
    assert owner.post(f"{page}/connect", typed(url)).status_code == 422
    assert owner.post(f"{page}/connect", typed(url) | {"take": url}).status_code == 200
    assert owner.post("/w/FERRY/integrations/repair", {"take": url, "base_url": url}).status_code == 200
    assert owner.post("/w/FERRY/integrations/new", typed(url, existing="")).status_code == 422
    assert elsewhere.connections == []
    scene.connection.refresh_from_db()
    assert connections.open_secret(scene.connection) == FORMER


@pytest.mark.parametrize("secret", [" ", "\t", "\u00a0", '""', "\u200b"])
def test_a_secret_of_blanks_is_no_secret_for_the_new_address(
    scene: Scene, elsewhere: Heard, settings: Any, secret: str
) -> None:
    settings.ALLOW = [f"127.0.0.1:{elsewhere.port}"]
    path = f"/w/FERRY/integrations/{scene.integration.pk}/connect"
    scene["owner"].post(path, typed(f"http://127.0.0.1:{elsewhere.port}", secret=secret))
    if CheckRun.objects.count() > 1:
        last_check()
    assert heard_secrets(elsewhere, FORMER) == []


@pytest.mark.parametrize(
    "address",
    ["http://acme.atlassian.net.evil.example", "https://acme.atlassian.net:8443", "http://jira.acme.io",
     "https://acme-atlassian.net", "https://acme.atlassian.net@evil.example"],
)  # fmt: skip
def test_another_scheme_host_or_port_drops_the_secret_in_the_store_itself(scene: Scene, address: str) -> None:
    moved = connections.edit_connection(scene.connection, changes={"base_url": address}, secret=None, actor="pat")
    assert moved.secret is None
    assert connections.open_secret(moved) == ""


@pytest.mark.parametrize("column", ["base_url", "id", "secret"])
def test_a_row_changed_behind_our_back_opens_no_secret(scene: Scene, column: str, settings: Any) -> None:
    """Somebody with access to the database moves the address, or the sealed text, to where it could be read."""
    other = connections.create_connection(
        scene.workspace, name="x", base_url="https://x.example", auth="basic", account="x", secret="x-secret", actor="x"
    )
    if column == "secret":
        Connection.objects.filter(pk=other.pk).update(secret=scene.connection.secret)
    elif column == "base_url":
        Connection.objects.filter(pk=other.pk).update(base_url="https://y.example")
    else:
        other.pk = "another-id"
    if column != "id":
        other.refresh_from_db()
    with pytest.raises(connections_trouble()):
        connections.open_secret(other)


def connections_trouble() -> type[Exception]:
    from tieline.store.secrets import KeyTrouble

    return KeyTrouble


# --- another way -------------------------------------------------------------------------------------------------------


def test_a_proxy_that_an_owner_sets_gets_no_secret_that_was_stored_before(
    scene: Scene, elsewhere: Heard, settings: Any
) -> None:
    """For plain http the proxy reads all that is sent."""
    settings.ALLOW = [f"127.0.0.1:{elsewhere.port}", "127.0.0.1:9"]
    connections.edit_connection(
        scene.connection, changes={"base_url": "http://127.0.0.1:9"}, secret=FORMER, actor="pat"
    )
    page = f"/w/FERRY/connections/{scene.connection.pk}"
    answer = scene["owner"].post(page, {"proxy": f"http://127.0.0.1:{elsewhere.port}"}, follow=True)
    assert b"enter it again" in answer.content
    scene["owner"].post(f"/w/FERRY/integrations/{scene.integration.pk}/check")
    last_check()
    assert elsewhere.requests, "the proxy is used"
    assert heard_secrets(elsewhere, FORMER) == []


def test_an_authority_that_an_owner_adds_costs_the_stored_secret_and_a_removed_one_does_not(
    scene: Scene, tmp_path: Any
) -> None:
    from tests.jira.loopback import make_certificate

    pem = make_certificate(tmp_path, "Root", authority=True).file.read_text()
    pem = pem[pem.index("-----BEGIN CERTIFICATE") :]
    assert save_outfit(scene.connection, authority_pem=pem, actor="pat").secret is None
    again = connections.edit_connection(scene.connection, changes={}, secret=FORMER, actor="pat")
    assert save_outfit(again, authority_pem=pem, actor="pat").secret is not None, "the same one again"
    assert save_outfit(again, authority_pem="", actor="pat").secret is not None


# --- redirects ---------------------------------------------------------------------------------------------------------


def test_a_redirect_is_not_followed_with_or_without_a_secret(scene: Scene, elsewhere: Heard, settings: Any) -> None:
    place = f"http://127.0.0.1:{elsewhere.port}/rest/api/2/serverInfo"
    with serving(answering("302 Found", b"", f"Location: {place}")) as first:
        settings.ALLOW = [f"127.0.0.1:{first.port}", f"127.0.0.1:{elsewhere.port}"]
        scene["owner"].post(
            "/w/FERRY/integrations/new", typed(f"http://127.0.0.1:{first.port}", secret=TOKEN, name="other")
        )
        run = last_check()
        assert first.requests
    assert elsewhere.connections == []
    assert run.ok is False
    assert f"127.0.0.1:{elsewhere.port}" in str(run.results), "the place is told"


# --- places that are not public ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:{port}", "http://localhost:{port}", "http://127.1:{port}", "http://0x7f000001:{port}",
     "http://2130706433:{port}", "http://0:{port}", "http://0.0.0.0:{port}", "http://[::1]:{port}",
     "http://[::ffff:127.0.0.1]:{port}", "http://[64:ff9b::7f00:1]:{port}", "http://localhost.:{port}",
     "http://127。0。0。1:{port}", "http://①②⑦.0.0.1:{port}"],
)  # fmt: skip
def test_no_packet_reaches_a_place_that_the_operator_did_not_open(
    scene: Scene, elsewhere: Heard, settings: Any, address: str
) -> None:
    settings.ALLOW = []
    answer = scene["owner"].post(
        "/w/FERRY/integrations/new", typed(address.format(port=elsewhere.port), secret=TOKEN, name="near")
    )
    if answer.status_code == 302:
        run = last_check()
        assert run.ok is False
        page = scene["owner"].get(answer["Location"]).content.decode()
        assert "TIELINE_ALLOW" in page or not address.isascii(), page[-3000:]
        assert TOKEN not in page
    else:
        assert answer.status_code == 422
    assert elsewhere.connections == []


def test_opening_one_port_opens_no_other(scene: Scene, elsewhere: Heard, settings: Any) -> None:
    settings.ALLOW = [f"127.0.0.1:{elsewhere.port + 1}", "10.0.0.0/8"]
    scene["owner"].post(
        "/w/FERRY/integrations/new", typed(f"http://127.0.0.1:{elsewhere.port}", secret=TOKEN, name="near")
    )
    last_check()
    assert elsewhere.connections == []


@pytest.mark.parametrize("address", ["http://169.254.169.254", "http://100.100.100.200", "http://[fd00:ec2::254]",
                                     "http://metadata.google.internal", "http://168.63.129.16"])  # fmt: skip
def test_metadata_services_stay_closed_whatever_is_allowed(
    scene: Scene, settings: Any, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    dialled: list[object] = []
    monkeypatch.setattr("socket.create_connection", lambda *args, **_: dialled.append(args))
    settings.ALLOW = ["0.0.0.0/0", "::/0", "169.254.169.254:80", "metadata.google.internal:80"]
    scene["owner"].post("/w/FERRY/integrations/new", typed(address, secret=TOKEN, name="near"))
    run = last_check()
    assert run.ok is False
    assert dialled == []


def test_a_closed_place_reads_the_same_whether_somebody_listens_there_or_not(
    scene: Scene, elsewhere: Heard, settings: Any
) -> None:
    settings.ALLOW = []
    told = []
    for port in (elsewhere.port, 9):
        scene["owner"].post("/w/FERRY/integrations/new", typed(f"http://127.0.0.1:{port}", secret=TOKEN, name="near"))
        run = last_check()
        cards = [card for row in run.results for card in row.get("cards") or ()]
        told.append([(card["slug"], card["explanation"].replace(str(port), "…")) for card in cards])
    assert told[0] == told[1]
    assert told[0]


# --- what comes back ---------------------------------------------------------------------------------------------------


def test_jira_complaining_about_a_webhook_does_not_repeat_its_secret(
    scene: Scene, jira: EchoJira, settings: Any
) -> None:
    settings.ALLOW = [f"127.0.0.1:{jira.port}"]
    made = connections.create_connection(
        scene.workspace, name="x", base_url=jira.url, auth="basic", account=jira.sandbox.user, secret=TOKEN, actor="pat"
    )
    integration = integrations.create_integration(scene.workspace, made, "x", actor="pat")
    integrations.save_project(integration, key="ROAD", id="10000", name="Roadmap", actor="pat")
    secret = integrations.webhook_secret(integration)
    complaint = f"cannot use {secret} as it stands".encode()

    def complain(asked: Any) -> Any:
        if asked.method == "POST" and "webhook" in asked.path:
            assert secret.encode() in asked.body
            return 400, {"Content-Type": "application/json"}, b'{"errorMessages": ["' + complaint + b'"]}'
        return in_json(asked, 400) if asked.method == "POST" else None

    jira.turn = complain
    found = wiring.install_webhook(Integration.objects.get(pk=integration.pk), actor="pat")
    assert found.mode == "poll"
    assert "as it stands" in repr(found.cards), "the complaint itself is told"
    assert find(secret, repr(found.cards).encode()) == []
    assert find(TOKEN, repr(found.cards).encode()) == []
