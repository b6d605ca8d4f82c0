"""Certificates made on the fly for the TLS faults."""

import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TLS_FAULTS = ("tls-untrusted-ca", "tls-self-signed", "tls-expired", "tls-hostname-mismatch", "tls-expires-soon")


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    *,
    subject: str,
    issuer: str,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    hosts: tuple[str, ...],
    start: datetime,
    end: datetime,
    authority: bool,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    )
    if hosts:
        names: list[x509.GeneralName] = []
        for host in hosts:
            try:
                names.append(x509.IPAddress(ip_address(host)))
            except ValueError:
                names.append(x509.DNSName(host))
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, hashes.SHA256())


def build_tls(fault: str, *, host: str) -> tuple[ssl.SSLContext, str]:
    """A server context that shows the fault, and the PEM of the authority that would make it good (or not)."""
    now = datetime.now(UTC)
    start, end = now - timedelta(days=1), now + timedelta(days=90)
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _certificate(
        subject="Skerry Lines Internal CA",
        issuer="Skerry Lines Internal CA",
        key=authority_key,
        signer=authority_key,
        hosts=(),
        start=now - timedelta(days=400),
        end=now + timedelta(days=400),
        authority=True,
    )
    hosts: tuple[str, ...] = (host, "localhost")
    if fault == "tls-self-signed":
        leaf = _certificate(
            subject=host, issuer=host, key=key, signer=key, hosts=hosts, start=start, end=end, authority=False
        )
        chain = [leaf]
    else:
        if fault == "tls-expired":
            start, end = now - timedelta(days=200), now - timedelta(days=3)
        if fault == "tls-expires-soon":
            end = now + timedelta(days=12)
        if fault == "tls-hostname-mismatch":
            hosts = ("jira.skerrylines.example",)
        leaf = _certificate(
            subject=hosts[0],
            issuer="Skerry Lines Internal CA",
            key=key,
            signer=authority_key,
            hosts=hosts,
            start=start,
            end=end,
            authority=False,
        )
        chain = [leaf, authority]
    pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)
    pem += key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "chain.pem"
        file.touch(mode=0o600)
        file.write_bytes(pem)
        context.load_cert_chain(file)
    trusted = leaf if fault == "tls-self-signed" else authority
    return context, trusted.public_bytes(serialization.Encoding.PEM).decode()
