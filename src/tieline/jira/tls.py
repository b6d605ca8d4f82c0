"""TLS: the context of a door, why a handshake failed, and what certificate was shown."""

from __future__ import annotations

import importlib.util
import ssl
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tieline.diagnosis.evidence import Certificate, Failure, Stage

_BY_VERIFY_CODE = {
    9: "not-yet-valid",
    10: "expired",
    18: "self-signed",
    62: "hostname-mismatch",
    64: "hostname-mismatch",
}
_UNTRUSTED = frozenset({2, 19, 20, 21, 24, 25, 27, 28})
_ISSUER_NOT_SENT = frozenset({20, 21})
_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "HTTP_REQUEST",
    "UNKNOWN_PROTOCOL",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
)
_PROTOCOL = (
    "UNSUPPORTED_PROTOCOL",
    "PROTOCOL_VERSION",
    "NO_PROTOCOLS_AVAILABLE",
    "VERSION_TOO_LOW",
    "INAPPROPRIATE_FALLBACK",
)
_CLIENT_CERTIFICATE = ("CERTIFICATE_REQUIRED", "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE_", "ALERT_UNKNOWN_CA")
_PUBLIC_ISSUERS = (
    "actalis", "amazon", "asseco", "buypass", "certum", "cloudflare", "comodo", "digicert", "entrust", "geotrust",
    "globalsign", "godaddy", "google trust services", "harica", "identrust", "let's encrypt", "microsoft corporation",
    "quovadis", "rapidssl", "sectigo", "ssl.com", "ssl corp", "starfield", "swisssign", "thawte", "trustwave",
    "usertrust", "zerossl",
)  # fmt: skip


def build_context(
    *,
    ca_file: str | None,
    client_cert: str | None,
    client_key: str | None,
    authority_pem: str = "",
    client_pem: str = "",
) -> ssl.SSLContext:
    """TLS 1.2 or newer, names and chains checked, the system's authorities, ``ca_file`` and ``authority_pem`` trusted.

    A key with a passphrase is refused: there is nobody to ask for it.

    Raises ``OSError`` (``ssl.SSLError`` included) when a file cannot be read or is not PEM.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not _system_has_authorities() and importlib.util.find_spec("certifi") is not None:
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    if authority_pem:
        context.load_verify_locations(cadata=authority_pem.encode("ascii", "replace").decode())
    if client_cert:
        context.load_cert_chain(client_cert, client_key, password="")
    elif client_pem:
        _load_client_pem(context, client_pem)
    return context


def _load_client_pem(context: ssl.SSLContext, pem: str) -> None:
    """OpenSSL reads certificates with a key from files only; this one is gone again at once."""
    with tempfile.NamedTemporaryFile(prefix="tieline-", suffix=".pem") as file:
        file.write(pem.encode())
        file.flush()
        context.load_cert_chain(file.name, password="")


def build_looking_context() -> ssl.SSLContext:
    """A context that checks nothing: only for reading a refused certificate, never for sending."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _system_has_authorities() -> bool:
    paths = ssl.get_default_verify_paths()
    if paths.cafile and Path(paths.cafile).is_file():
        return True
    return bool(paths.capath) and any(Path(paths.capath or "").glob("*.0"))


def classify_tls(exc: OSError) -> Failure:
    """The failure behind an exception of the ``ssl`` module or of the socket during the handshake."""
    detail = exc.strerror or str(exc)
    if isinstance(exc, ssl.SSLCertVerificationError):
        kind = _BY_VERIFY_CODE.get(exc.verify_code, "untrusted-ca" if exc.verify_code in _UNTRUSTED else "handshake")
        return Failure(stage=Stage.TLS, kind=kind, detail=f"{exc.verify_message} (code {exc.verify_code})")
    if isinstance(exc, TimeoutError):
        return Failure(stage=Stage.TLS, kind="handshake", detail="The TLS handshake was not answered in time")
    if isinstance(exc, ssl.SSLError):
        return Failure(stage=Stage.TLS, kind=_kind_of_reason(exc.reason or str(exc)), detail=detail)
    return Failure(stage=Stage.TLS, kind="handshake", detail=detail)


def _kind_of_reason(reason: str) -> str:
    text = reason.upper().replace(" ", "_")
    if any(mark in text for mark in _NOT_TLS):
        return "not-tls"
    if any(mark in text for mark in _PROTOCOL):
        return "protocol"
    if any(mark in text for mark in _CLIENT_CERTIFICATE):
        return "client-certificate"
    return "handshake"


def sharpen(failure: Failure, exc: OSError, certificate: Certificate | None) -> Failure:
    """Tell a missing intermediate from an unknown authority: one certificate came, and a public issuer signed it."""
    if certificate is None or not isinstance(exc, ssl.SSLCertVerificationError):
        return failure
    if exc.verify_code in _ISSUER_NOT_SENT and certificate.chain_length == 1 and not certificate.self_signed:
        issuer = certificate.issuer.lower()
        if any(name in issuer for name in _PUBLIC_ISSUERS):
            return Failure(stage=failure.stage, kind="missing-intermediate", detail=failure.detail)
    return failure


def chain_length(socket: ssl.SSLSocket) -> int | None:
    """How many certificates the server sent; None where this Python cannot tell."""
    inner = socket if hasattr(socket, "get_unverified_chain") else getattr(socket, "_sslobj", None)
    chain = getattr(inner, "get_unverified_chain", lambda: None)()
    return None if chain is None else len(chain)


def read_checked_certificate(socket: ssl.SSLSocket) -> Certificate | None:
    """The certificate of a connection whose chain and name were checked."""
    facts: Mapping[str, Any] | None = socket.getpeercert()
    if not facts:
        return None
    subject, issuer = _name_text(facts.get("subject", ())), _name_text(facts.get("issuer", ()))
    return Certificate(
        subject=subject,
        issuer=issuer,
        names=tuple(str(value) for _, value in facts.get("subjectAltName", ())),
        not_before=_iso(facts.get("notBefore")),
        not_after=_iso(facts.get("notAfter")),
        self_signed=subject == issuer,
        chain_length=chain_length(socket),
    )


def read_unchecked_certificate(socket: ssl.SSLSocket) -> Certificate | None:
    """The certificate as presented, believed in nothing; None when it cannot be read."""
    der = socket.getpeercert(binary_form=True)
    return parse_certificate(der, chain_length=chain_length(socket)) if der else None


def parse_certificate(der: bytes, *, chain_length: int | None = None) -> Certificate | None:
    """Subject, issuer, names and dates of a DER certificate; None when it is malformed."""
    from cryptography import x509

    try:
        found = x509.load_der_x509_certificate(der)
        names: tuple[str, ...] = ()
        try:
            alternative = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            names = (
                *alternative.get_values_for_type(x509.DNSName),
                *(str(ip) for ip in alternative.get_values_for_type(x509.IPAddress)),
            )
        except x509.ExtensionNotFound:
            names = ()
        return Certificate(
            subject=found.subject.rfc4514_string(),
            issuer=found.issuer.rfc4514_string(),
            names=names,
            not_before=found.not_valid_before_utc.isoformat(),
            not_after=found.not_valid_after_utc.isoformat(),
            self_signed=found.subject == found.issuer,
            chain_length=chain_length,
        )
    except ValueError:
        return None


_SHORT = {
    "commonName": "CN",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
    "localityName": "L",
    "stateOrProvinceName": "ST",
}


def _name_text(parts: Any) -> str:
    pairs = [pair for part in parts for pair in part]
    return ",".join(f"{_SHORT.get(key, key)}={value}" for key, value in reversed(pairs))


def _iso(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC).isoformat()
    except ValueError:
        return None
