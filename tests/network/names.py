"""A name service on loopback that answers as it is told, and a resolver that really asks it, over UDP."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tieline.diagnosis.evidence import Failure, Stage
from tieline.jira.options import Resolution

NXDOMAIN, SERVFAIL = 3, 2
Answer = tuple[str, ...] | int | None
"""Addresses, a response code, or None for silence."""


@dataclass
class NameServer:
    """``zone``: name → the answers to its first, second … question; the last one is given for ever."""

    port: int
    zone: dict[str, list[Answer]]
    asked: list[str] = field(default_factory=list)

    def answer_for(self, name: str) -> Answer:
        answers = self.zone.get(name, [NXDOMAIN])
        place = sum(1 for one in self.asked if one == name)
        self.asked.append(name)
        return answers[min(place, len(answers) - 1)]


@contextlib.contextmanager
def naming(zone: dict[str, list[Answer]], *, host: str = "127.0.0.1", port: int = 0) -> Iterator[NameServer]:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, port))
    server = NameServer(sock.getsockname()[1], zone)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                question, whom = sock.recvfrom(4096)
                if not question:
                    return
                reply = build_reply(question, server)
                if reply is not None:
                    sock.sendto(reply, whom)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()
        thread.join(2)


def build_reply(question: bytes, server: NameServer) -> bytes | None:
    name, end = read_name(question, 12)
    kind = struct.unpack("!H", question[end : end + 2])[0]
    answer = server.answer_for(name) if kind == 1 else server.zone.get(name, [NXDOMAIN])[0]
    if answer is None:
        return None
    code = answer if isinstance(answer, int) else 0
    addresses = () if isinstance(answer, int) else answer
    wanted = [one for one in map(ipaddress.ip_address, addresses) if (one.version == 4) == (kind == 1)]
    head = question[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(wanted), 0, 0)
    records = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(one.packed)) + one.packed for one in wanted)
    return head + question[12 : end + 4] + records


def read_name(packet: bytes, start: int) -> tuple[str, int]:
    labels = []
    while packet[start]:
        labels.append(packet[start + 1 : start + 1 + packet[start]].decode())
        start += 1 + packet[start]
    return ".".join(labels).lower(), start + 1


@dataclass
class AskingResolver:
    """Asks the name server above; literal addresses are their own answer."""

    port: int

    def resolve(self, host: str, port: int, *, timeout_s: float) -> Resolution:
        with contextlib.suppress(ValueError):
            return Resolution(addresses=(str(ipaddress.ip_address(host)),))
        query = b"".join(bytes((len(label),)) + label.encode() for label in host.split(".")) + b"\0"
        packet = b"\x12\x34" + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + query + struct.pack("!HH", 1, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(timeout_s)
            sock.sendto(packet, ("127.0.0.1", self.port))
            try:
                reply = sock.recv(4096)
            except TimeoutError:
                return Resolution(failure=Failure(stage=Stage.RESOLVE, kind="timeout", detail="No answer in time"))
        code, count = reply[3] & 15, struct.unpack("!H", reply[6:8])[0]
        if code:
            kind = "not-found" if code == NXDOMAIN else "temporary"
            return Resolution(failure=Failure(stage=Stage.RESOLVE, kind=kind, detail=f"Response code {code}"))
        start = read_name(reply, 12)[1] + 4
        found = [reply[start + 16 * n + 12 : start + 16 * n + 16] for n in range(count)]
        return Resolution(addresses=tuple(str(ipaddress.ip_address(one)) for one in found))
