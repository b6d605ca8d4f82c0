"""Certificates and a proxy of a connection: kept as text, sealed where they are secret, bound to the address."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from tests.jira.loopback import make_certificate
from tieline import settings
from tieline.store import connections, upkeep
from tieline.store.models import AuditEntry, Connection
from tieline.store.outfit import parse_client, save_outfit

pytestmark = pytest.mark.django_db
PROXY = "http://op:proxy-pass-77@proxy.acme.io:3128"


@pytest.fixture
def client_pem(tmp_path):
    root = make_certificate(tmp_path, "Root", authority=True)
    return make_certificate(tmp_path, "tieline", issuer=root).file.read_text()


@pytest.fixture
def authority_pem(tmp_path):
    return make_certificate(tmp_path, "Acme Root", authority=True).file.read_text()


def again(connection: Connection) -> Connection:
    return Connection.objects.get(id=connection.id)


def test_what_is_saved_opens_for_the_door_and_shows_no_secret(plan, client_pem, authority_pem):
    save_outfit(plan.connection, authority_pem=authority_pem, client_pem=client_pem, proxy=PROXY, actor="pat")
    kept = again(plan.connection)
    assert "PRIVATE KEY" not in kept.authority_pem
    assert "PRIVATE KEY" in connections.open_sealed(kept, "client_pem")
    assert connections.open_sealed(kept, "proxy") == PROXY
    assert kept.proxy_shown == "http://proxy.acme.io:3128"
    assert kept.client_shown.startswith("CN=tieline,O=Acme Ferries, until 20")
    assert b"PRIVATE KEY" not in bytes(kept.client_pem)
    told = str(AuditEntry.objects.order_by("-id").first().__dict__)
    assert "proxy.acme.io" in told
    assert "proxy-pass-77" not in told


def test_a_part_that_is_not_named_stays_and_an_empty_one_goes(plan, client_pem, authority_pem):
    save_outfit(plan.connection, authority_pem=authority_pem, client_pem=client_pem, proxy=PROXY, actor="pat")
    save_outfit(plan.connection, proxy="", actor="pat")
    kept = again(plan.connection)
    assert (kept.proxy, kept.proxy_shown) == (None, "")
    assert kept.authority_pem
    assert kept.client_pem is not None


def test_another_origin_drops_the_client_certificate_and_keeps_the_proxy(plan, client_pem):
    save_outfit(plan.connection, client_pem=client_pem, proxy=PROXY, actor="pat")
    connections.edit_connection(
        plan.connection, changes={"base_url": "https://other.acme.io"}, secret=None, actor="pat"
    )
    kept = again(plan.connection)
    assert (kept.secret, kept.client_pem, kept.client_shown) == (None, None, "")
    assert connections.open_sealed(kept, "proxy") == PROXY


def test_a_new_master_key_takes_them_along(plan, client_pem, monkeypatch):
    save_outfit(plan.connection, client_pem=client_pem, proxy=PROXY, actor="pat")
    new_key = base64.urlsafe_b64encode(b"n" * 32).decode()
    monkeypatch.setattr(settings, "MASTER_KEY", f"{new_key} {settings.MASTER_KEY}")
    assert upkeep.reseal() >= 2
    monkeypatch.setattr(settings, "MASTER_KEY", new_key)
    assert connections.open_sealed(again(plan.connection), "proxy") == PROXY
    assert "PRIVATE KEY" in connections.open_sealed(again(plan.connection), "client_pem")


def test_texts_that_are_none_are_refused_with_what_to_paste_and_change_nothing(plan, client_pem, tmp_path):
    certificate, _, key = client_pem.partition("-----END PRIVATE KEY-----\n")
    certificate, key = key, certificate + "-----END PRIVATE KEY-----\n"
    stranger = make_certificate(tmp_path, "stranger").file.read_text()
    locked = make_certificate(tmp_path, "locked")
    locked_key = locked.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()
    cases = [
        ({"authority_pem": "hello"}, "No certificate can be read"),
        ({"authority_pem": "x" * 300_000}, "longer than 256 KiB"),
        ({"client_pem": key}, "No certificate can be read"),
        ({"client_pem": certificate}, "The key is missing"),
        ({"client_pem": stranger.partition("-----END PRIVATE KEY-----\n")[2] + key}, "do not belong together"),
        (
            {"client_pem": locked.file.read_text().partition("-----END PRIVATE KEY-----\n")[2] + locked_key},
            "passphrase",
        ),
        ({"proxy": "proxy.acme.io:3128"}, "with its scheme"),
        ({"proxy": "socks5://proxy.acme.io"}, "with its scheme"),
        ({"proxy": "http://"}, "with its scheme"),
        ({"proxy": "http://proxy.acme.io:99999"}, "with its scheme"),
    ]
    before = again(plan.connection).__dict__ | {"_state": None}
    for given, words in cases:
        with pytest.raises(ValueError, match=words):
            save_outfit(plan.connection, **given, actor="pat")
    assert again(plan.connection).__dict__ | {"_state": None} == before


def test_certificate_and_key_may_come_in_either_order(client_pem):
    key, mark, certificate = client_pem.partition("-----END PRIVATE KEY-----\n")
    assert parse_client(client_pem) == parse_client(certificate + key + mark)
