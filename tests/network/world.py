"""A check through the real door, with every dialled address and every received byte noted."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass, field
from typing import Any

from tests.jira.loopback import SECRET
from tieline.diagnosis.evidence import Settings
from tieline.diagnosis.finding import Finding
from tieline.diagnosis.ladder import CheckReport, RungResult, build_report
from tieline.diagnosis.secret_shape import classify_secret
from tieline.engine.check import check_connection
from tieline.jira.allow import parse_allow_list
from tieline.jira.door import build_door
from tieline.jira.options import DoorOptions, Limits, Resolver, SystemClock
from tieline.jira.secret import Secret

QUICK = Limits(connect_s=0.6, resolve_s=0.4, read_s=0.5, total_s=2.0)
LOOPBACK = ("127.0.0.0/8",)
MIB = 1024 * 1024


class CountingSocket(socket.socket):
    """Adds up what is received over it without TLS."""

    tally: list[int]

    def recv(self, *args: Any, **more: Any) -> bytes:
        received = super().recv(*args, **more)
        self.tally.append(len(received))
        return received


@dataclass
class Wire:
    """The way out of the door: every address that was dialled, and the bytes that came back."""

    dialled: list[tuple[str, int]] = field(default_factory=list)
    received: list[int] = field(default_factory=list)

    def __call__(self, address: str, port: int, timeout_s: float) -> socket.socket:
        self.dialled.append((address, port))
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sock = CountingSocket(family, socket.SOCK_STREAM)
        sock.tally = self.received
        sock.settimeout(timeout_s)
        try:
            sock.connect((address, port))
        except OSError:
            sock.close()
            raise
        return sock


@dataclass(frozen=True)
class Seen:
    report: CheckReport
    wire: Wire
    seconds: float

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.report.findings

    @property
    def first(self) -> str | None:
        return self.findings[0].slug if self.findings else None

    @property
    def red(self) -> str | None:
        return next((one.rung.name for one in self.report.results if one.state.value == "problem"), None)

    def step(self, name: str) -> RungResult:
        return next(one for one in self.report.results if one.rung.name == name)


def look(
    url: str,
    *,
    allow: tuple[str, ...] = LOOPBACK,
    resolver: Resolver | None = None,
    limits: Limits = QUICK,
    account: str = "pat",
    secret: str = SECRET,
    project: str = "ROAD",
    ca_file: str | None = None,
    client_cert: str | None = None,
    client_key: str | None = None,
    proxy: str | None = None,
    deadline_s: float = 6.0,
) -> Seen:
    """Check the Jira at ``url`` and hold the promises that go for every network: time, size, addresses."""
    wire = Wire()
    door = build_door(
        DoorOptions(
            base_url=url,
            account=account,
            secret=Secret(secret),
            allow=parse_allow_list(allow),
            resolver=resolver,
            limits=limits,
            ca_file=ca_file,
            client_cert_file=client_cert,
            client_key_file=client_key,
            proxy=Secret(proxy) if proxy else None,
            connect=wire,
        )
    )
    settings = Settings(
        address=url,
        account=account,
        auth="basic",
        secret_shape=classify_secret(secret),
        authority_file=ca_file,
        client_certificate=client_cert,
        proxy=proxy.rpartition("@")[2] if proxy else None,
    )
    began = time.monotonic()
    try:
        steps = list(
            check_connection(door, settings, clock=SystemClock(), project_key=project or None, deadline_s=deadline_s)
        )
    finally:
        door.close()
    report = build_report(steps, settings)
    took = time.monotonic() - began
    assert took < deadline_s + 1
    assert all(len(one.response.body or "") <= 8 * MIB for one in report.exchanges if one.response)
    assert [one for one in wire.dialled if not one[0].startswith("127.")] == [], "a packet left for another machine"
    assert secret not in repr(report)
    return Seen(report, wire, took)
