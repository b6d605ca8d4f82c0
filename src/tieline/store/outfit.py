"""What a connection brings along besides its credential: authorities it trusts, a client certificate, a proxy.

They are kept as text, not as names of files: a server may run on several machines, and nobody who edits a connection
should be able to name files of the server.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from tieline.store.audit import save_audit
from tieline.store.connections import drop_secret, open_sealed, seal_for
from tieline.store.models import Connection
from tieline.store.transactions import one_transaction

LONGEST_PEM = 256 * 1024
_OUTFIT = ("authority_pem", "client_pem", "client_shown", "proxy", "proxy_shown")
_SECRET = ("secret", "secret_set_at", "secret_set_by", "secret_shape")


def parse_authorities(pem: str) -> str:
    """The certificates in ``pem``, tidied; raises ``ValueError`` with what to paste when there is none."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    raw = _bytes(pem)
    try:
        found = x509.load_pem_x509_certificates(raw)
    except ValueError:
        raise ValueError(
            "No certificate can be read here. Paste the whole text, from -----BEGIN CERTIFICATE----- to the end."
        ) from None
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in found)


def parse_client(pem: str) -> tuple[str, str]:
    """Certificate and key as one text, and what may be shown of them (subject and last day).

    Raises ``ValueError`` with what to paste when one is missing, has a passphrase, or they do not belong together.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
        load_pem_private_key,
    )

    raw = _bytes(pem)
    try:
        chain = x509.load_pem_x509_certificates(raw)
    except ValueError:
        raise ValueError("No certificate can be read here. Paste certificate and key, one after the other.") from None
    start = raw.find(b"-----BEGIN", 0)
    while start >= 0 and b"PRIVATE KEY" not in raw[start : start + 40]:
        start = raw.find(b"-----BEGIN", start + 1)
    if start < 0:
        raise ValueError("The key is missing. Paste it too, with its line -----BEGIN PRIVATE KEY-----.")
    try:
        key = load_pem_private_key(raw[start:], password=None)
    except TypeError:
        raise ValueError("The key has a passphrase. Paste it without one; it is kept encrypted here.") from None
    except ValueError:
        raise ValueError("The key cannot be read. Paste it whole, as PEM text.") from None
    spoken = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if chain[0].public_key().public_bytes(*spoken) != key.public_key().public_bytes(*spoken):
        raise ValueError("Certificate and key do not belong together. Paste the key of this certificate.")
    text = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
    text += key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown = f"{chain[0].subject.rfc4514_string()[:240]}, until {chain[0].not_valid_after_utc.date().isoformat()}"
    return text.decode(), shown


def parse_proxy(address: str) -> tuple[str, str]:
    """The proxy's address, and the same without its login. Raises ``ValueError`` with how to write one."""
    address = address.strip()
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(one.isspace() for one in address):
        raise ValueError("Write the proxy as http://proxy.acme.io:3128, with its scheme.")
    return address, f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"[:300]


@one_transaction
def save_outfit(
    connection: Connection,
    *,
    authority_pem: str | None = None,
    client_pem: str | None = None,
    proxy: str | None = None,
    actor: str,
) -> Connection:
    """Keep what is given: None leaves a part as it is, an empty text takes it away.

    A stored secret was given for the way to Jira as it was: a new authority or another proxy could read it, so it is
    dropped, and ``secret`` is None in what is returned.
    Raises ``ValueError`` when a text is not what it should be; then nothing is changed.
    """
    current = Connection.objects.select_for_update(no_key=True).select_related("workspace").get(id=connection.id)
    facts: dict[str, str] = {}
    trusted, way, new_way = _certificates(current.authority_pem), open_sealed(current, "proxy") or "", False
    if authority_pem is not None:
        current.authority_pem = parse_authorities(authority_pem) if authority_pem.strip() else ""
        facts["authority"] = "set" if current.authority_pem else "removed"
    if client_pem is not None:
        text, shown = parse_client(client_pem) if client_pem.strip() else ("", "")
        current.client_pem = seal_for(current, "client_pem", text) if text else None
        current.client_shown = shown
        facts["client_certificate"] = shown or "removed"
    if proxy is not None:
        address, shown = parse_proxy(proxy) if proxy.strip() else ("", "")
        current.proxy = seal_for(current, "proxy", address) if address else None
        current.proxy_shown = shown
        facts["proxy"] = shown or "removed"
        new_way = address not in ("", way)
    if current.secret is not None and (new_way or not _certificates(current.authority_pem) <= trusted):
        drop_secret(current)
        facts["secret"] = "dropped"
    if facts:
        current.save(update_fields=[*_OUTFIT, *_SECRET])
        save_audit(actor, "connection outfit changed", current.name, facts, current.workspace)
    return current


def _certificates(pem: str) -> set[str]:
    return {one.strip() for one in pem.split("-----END CERTIFICATE-----") if one.strip()}


def _bytes(pem: str) -> bytes:
    if len(pem) > LONGEST_PEM:
        raise ValueError(f"This is longer than {LONGEST_PEM // 1024} KiB. Paste certificates only.")
    return pem.encode("utf-8", "replace")
