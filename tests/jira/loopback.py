"""Servers on loopback that answer as they are told, and certificates made for the purpose."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tieline.diagnosis.evidence import Exchange
from tieline.jira.allow import parse_allow_list
from tieline.jira.door import JiraDoor, build_door
from tieline.jira.options import DoorOptions, Limits
from tieline.jira.secret import Secret
from tieline.sync.remote import ProbeRequest

SECRET = "kestrel-harbour-41/+ü"

Reply = Callable[[socket.socket, bytes], None]


@dataclass
class Heard:
    """What a server took in: connections, and the requests with their heads."""

    port: int
    connections: list[str] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def serving(reply: Reply, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Heard]:
    """A server that reads one request head at a time and lets ``reply`` do the rest."""
    listener = socket.create_server((host, 0))
    heard = Heard(port=listener.getsockname()[1])

    def talk(conn: socket.socket) -> None:
        with contextlib.suppress(OSError), conn:
            conn.settimeout(10)
            talking = tls.wrap_socket(conn, server_side=True) if tls else conn
            with talking:
                while True:
                    head = b""
                    while b"\r\n\r\n" not in head:
                        more = talking.recv(65536)
                        if not more:
                            return
                        head += more
                    heard.requests.append(head)
                    reply(talking, head)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                conn, peer = listener.accept()
                heard.connections.append(peer[0])
                threading.Thread(target=talk, args=(conn,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield heard
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def answering(status: str = "200 OK", body: bytes = b"{}", *headers: str, length: bool = True) -> Reply:
    """A reply with a status line, headers and a body."""

    def reply(conn: socket.socket, _: bytes) -> None:
        lines = [f"HTTP/1.1 {status}", *headers, *([f"Content-Length: {len(body)}"] if length else [])]
        conn.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    return reply


QUICK = Limits(connect_s=0.5, resolve_s=0.5, read_s=0.4, total_s=3.0)


def door_to(
    base_url: str,
    *allow: str,
    limits: Limits = QUICK,
    account: str = "pat@acme.example",
    auth: str = "basic",
    secret: str = SECRET,
    **more: object,
) -> JiraDoor:
    return build_door(
        DoorOptions(
            base_url=base_url,
            account=account,
            auth=auth,
            secret=Secret(secret),
            allow=parse_allow_list(allow),
            limits=limits,
            **more,  # type: ignore[arg-type]
        )
    )


def ask(door: JiraDoor, path: str = "/rest/api/3/myself", **more: object) -> Exchange:
    return door.ask(ProbeRequest(probe="who am I", path=path, **more))  # type: ignore[arg-type]


# --- certificates ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """A certificate with its key, as objects and as files."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    file: Path


def make_certificate(
    folder: Path,
    name: str,
    *,
    names: tuple[str, ...] = (),
    ips: tuple[str, ...] = (),
    issuer: Pair | None = None,
    authority: bool = False,
    organisation: str = "Acme Ferries",
    days: tuple[int, int] = (-1, 30),
) -> Pair:
    """A certificate valid from and to ``days`` from now; signed by itself without an ``issuer``."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=days[0]))
        .not_valid_after(now + dt.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer.key if issuer else key).public_key()),
            critical=False,
        )
    )
    if names or ips:
        alternatives = [*map(x509.DNSName, names), *(x509.IPAddress(ipaddress.ip_address(ip)) for ip in ips)]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    certificate = builder.sign((issuer.key if issuer else key), hashes.SHA256())
    file = folder / f"{name.replace(' ', '-')}.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return Pair(certificate, key, file)


def server_context(pair: Pair, *, clients_of: Pair | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.file)
    if clients_of is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cafile=str(clients_of.file))
    return context
