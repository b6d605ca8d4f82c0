"""The page of a connection: what it brings along besides its login."""

from __future__ import annotations

import pytest

from tieline.store.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def authority() -> str:
    """A certificate as a company's own authority has one."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Acme Root")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(start).not_valid_after(start + timedelta(days=3650))
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def page_of(scene):
    return f"/w/FERRY/connections/{scene.connection.pk}"


def test_an_authority_of_ones_own_is_kept_and_shown_again(scene, authority):
    answer = scene["owner"].post(page_of(scene), {"authority_pem": f"  {authority}\n\n"})
    assert answer.status_code == 302
    scene.connection.refresh_from_db()
    assert scene.connection.authority_pem == authority
    assert "BEGIN CERTIFICATE" in scene["owner"].get(page_of(scene)).content.decode()
    assert AuditEntry.objects.filter(what="connection outfit changed").exists()


def test_what_is_no_certificate_is_told_and_stays_in_the_form(scene):
    answer = scene["owner"].post(page_of(scene), {"authority_pem": "not a certificate", "proxy": "proxy.acme.io"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "No certificate can be read here." in text
    assert "Write the proxy as http://proxy.acme.io:3128" in text
    assert "not a certificate" in text


def test_the_login_of_a_proxy_is_never_shown(scene):
    scene["owner"].post(page_of(scene), {"proxy": "http://pat:s3cret-word@proxy.acme.io:3128"})
    text = scene["owner"].get(page_of(scene)).content.decode()
    assert "http://proxy.acme.io:3128" in text
    assert "s3cret-word" not in text
    scene["owner"].post(page_of(scene), {"proxy": ""})
    scene.connection.refresh_from_db()
    assert scene.connection.proxy_shown == "http://proxy.acme.io:3128"
    scene["owner"].post(page_of(scene), {"proxy": "", "drop_proxy": "on"})
    scene.connection.refresh_from_db()
    assert scene.connection.proxy_shown == ""


def test_the_page_tells_who_set_the_secret_and_when_and_never_the_secret(scene):
    text = scene["owner"].get(page_of(scene)).content.decode()
    assert "set by owner@acme.io" in text
    assert "ATATT-very-secret" not in text
