"""How a door is asked for: where it leads, with which credential, within which limits."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from tieline.diagnosis.evidence import Failure
from tieline.jira.allow import AllowList
from tieline.jira.secret import Secret

KIB = 1024
MIB = 1024 * KIB


class Clock(Protocol):
    """Time, injected so that tests and the simulator decide it. ``now`` is aware, UTC; ``monotonic`` in seconds."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """What a name resolved to: IP addresses as text, or the failure."""

    addresses: tuple[str, ...] = ()
    failure: Failure | None = None


class Resolver(Protocol):
    """Turns a host name into addresses. Never raises for what the name service does."""

    def resolve(self, host: str, port: int, *, timeout_s: float) -> Resolution: ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds and bytes. ``body_bytes`` counts after decompression; ``evidence_bytes`` is kept of it in an exchange."""

    resolve_s: float = 5.0
    connect_s: float = 5.0
    read_s: float = 30.0
    total_s: float = 60.0
    header_bytes: int = 64 * KIB
    body_bytes: int = 8 * MIB
    evidence_bytes: int = 1 * MIB
    connections: int = 16
    idle_s: float = 15.0


def _new_id() -> str:
    return secrets.token_hex(8)


@dataclass(frozen=True, kw_only=True)
class DoorOptions:
    """One way out, to one Jira.

    ``base_url`` is the connection's address (context path included) and the origin its secret is bound to.
    ``api_base`` is where REST paths are put behind when that differs (the Cloud gateway
    ``https://api.atlassian.com/ex/jira/{cloudId}``). ``cloud_id`` is the connection's own, when known: the gateway
    gets the secret only for it. ``auth``: ``basic``, ``bearer`` or ``none``.
    ``proxy`` is the operator's forward proxy (``http://user:password@host:port``); ``trust_env`` reads the
    environment's proxy settings instead. ``ca_file`` is trusted besides the system's authorities.
    ``authority_pem`` and ``client_pem`` (certificates, then the key) are the same as text, for connections that keep
    them; a client certificate given as a file goes first.
    ``deployment`` is noted on each exchange (``cloud``, ``dc``) when known.
    """

    base_url: str
    api_base: str = ""
    cloud_id: str | None = None
    auth: str = "basic"
    account: str = ""
    secret: Secret = field(default_factory=lambda: Secret(""))
    allow: AllowList = field(default_factory=AllowList)
    ca_file: str | None = None
    client_cert_file: str | None = None
    client_key_file: str | None = None
    authority_pem: str = ""
    client_pem: Secret | None = None
    proxy: Secret | None = None
    trust_env: bool = False
    limits: Limits = field(default_factory=Limits)
    deployment: str | None = None
    clock: Clock = field(default_factory=SystemClock)
    resolver: Resolver | None = None
    connect: Callable[[str, int, float], object] | None = None
    """Opens a socket to (address, port) within seconds; None is the system's. For tests that record."""
    new_id: Callable[[], str] = _new_id
    other_secrets: Sequence[Secret] = ()
    """Further values to scrub from evidence (a webhook's secret)."""
