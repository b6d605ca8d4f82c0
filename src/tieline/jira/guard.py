"""The guard at the network backend: every address is judged when connecting, and the judged one is dialled.

Names are resolved once per connection; one address that may not be called refuses them all, before any packet.
The host name stays with TLS. All failures leave as :class:`Cut`, which carries the stage and kind of the evidence.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore2

from tieline.diagnosis.evidence import Certificate, Failure, Stage
from tieline.jira import tls
from tieline.jira.addresses import METADATA_NAMES, Verdict, judge
from tieline.jira.allow import AllowList, plain_host
from tieline.jira.options import Clock, Limits, Resolver

Connect = Callable[[str, int, float], socket.socket]


@dataclass(kw_only=True)
class Call:
    """What is noted while one request is under way, in the thread that makes it."""

    deadline: float
    read_s: float
    addresses: tuple[str, ...] = ()
    certificate: Certificate | None = None
    sent: bool = False
    reused: bool = False
    first: bytes = b""
    """The first bytes that came back."""


CURRENT: ContextVar[Call | None] = ContextVar("tieline_door_call", default=None)


class Cut(httpcore2.NetworkError):
    """No (further) answer on this connection, and why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.detail or failure.kind)
        self.failure = failure


class WriteCut(Cut, httpcore2.WriteError):
    """Sending failed; the answer may be waiting all the same."""


def open_socket(address: str, port: int, timeout_s: float) -> socket.socket:
    """Connect to a literal address."""
    return socket.create_connection((address, port), timeout_s)


def judge_all(host: str, port: int, addresses: Iterable[str], allow: AllowList) -> Failure | None:
    """The refusal for this host, or None when each of its addresses may be called. The text never depends on
    what is found there: nothing was sent."""
    for address in addresses:
        verdict = judge(address)
        if verdict is Verdict.METADATA:
            return _refusal("metadata-address", address, verdict)
        if verdict is not Verdict.PUBLIC and not allow.allows(host, port, address):
            private = verdict in {Verdict.PRIVATE, Verdict.LOOPBACK}
            return _refusal("private-address" if private else "not-allowed", f"{address}", verdict, port)
    return None


_WORDS = {
    Verdict.PRIVATE: "a private address",
    Verdict.LOOPBACK: "this machine's own address",
    Verdict.METADATA: "an address of a metadata service",
    Verdict.MULTICAST: "a multicast address",
    Verdict.RESERVED: "a reserved address",
}


def _refusal(kind: str, address: str, verdict: Verdict, port: int | None = None) -> Failure:
    end = "and is never called" if port is None else f"and port {port} there is not on the operator's allow list"
    return Failure(stage=Stage.GUARD, kind=kind, detail=f"{address} is {_WORDS[verdict]} {end}")


class GuardedBackend(httpcore2.NetworkBackend):
    """Resolves, judges, connects. Shared by the threads of one door; it keeps nothing between connections."""

    def __init__(
        self, *, allow: AllowList, resolver: Resolver, limits: Limits, clock: Clock, connect: Connect = open_socket
    ) -> None:
        self._allow = allow
        self._resolver = resolver
        self._limits = limits
        self._clock = clock
        self._connect = connect

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        addresses, failure = self.find(host, port)
        call = CURRENT.get()
        if call is not None:
            call.addresses = addresses
        if failure is not None:
            raise Cut(failure)
        budget = min(timeout or self._limits.connect_s, self._limits.connect_s, self._left())
        stop = self._clock.monotonic() + budget
        last = Failure(stage=Stage.CONNECT, kind="unreachable", detail=f'"{host}" has no address')
        for position, address in enumerate(addresses):
            share = (stop - self._clock.monotonic()) / (len(addresses) - position)
            try:
                sock = self._connect(address, port, max(share, 0.001))
            except OSError as exc:
                last = _connect_failure(exc, address, port, budget)
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return GuardedStream(sock, address=address, port=port, addresses=addresses, backend=self)
        raise Cut(last)

    def find(self, host: str, port: int) -> tuple[tuple[str, ...], Failure | None]:
        """The addresses of a host and, where one of them may not be called, the refusal."""
        if plain_host(host) in METADATA_NAMES:
            return (), _refusal("metadata-address", host, Verdict.METADATA)
        resolution = self._resolver.resolve(host, port, timeout_s=min(self._limits.resolve_s, self._left()))
        if resolution.failure is not None:
            return (), resolution.failure
        if not resolution.addresses:
            return (), Failure(stage=Stage.RESOLVE, kind="not-found", detail=f'"{host}" has no address')
        return resolution.addresses, judge_all(host, port, resolution.addresses, self._allow)

    def look(self, address: str, port: int, server_hostname: str | None) -> Certificate | None:
        """Read the certificate of an address that was already judged. Nothing is sent over that connection."""
        try:
            with self._connect(address, port, min(self._limits.connect_s, self._left())) as plain:
                plain.settimeout(min(self._limits.connect_s, self._left()))
                with tls.build_looking_context().wrap_socket(plain, server_hostname=server_hostname) as wrapped:
                    return tls.read_unchecked_certificate(wrapped)
        except (OSError, ValueError):
            return None

    def left(self) -> float:
        return self._left()

    @property
    def limits(self) -> Limits:
        return self._limits

    def _left(self) -> float:
        call = CURRENT.get()
        if call is None:
            return self._limits.total_s
        return max(call.deadline - self._clock.monotonic(), 0.001)


def _connect_failure(exc: OSError, address: str, port: int, budget: float) -> Failure:
    where = f"{address} port {port}"
    if isinstance(exc, TimeoutError):
        return Failure(stage=Stage.CONNECT, kind="timeout", detail=f"{where} did not answer within {budget:.0f} s")
    if isinstance(exc, ConnectionRefusedError):
        return Failure(stage=Stage.CONNECT, kind="refused", detail=f"{where}: {exc.strerror or exc}")
    if isinstance(exc, ConnectionResetError):
        return Failure(stage=Stage.CONNECT, kind="reset", detail=f"{where}: {exc.strerror or exc}")
    return Failure(stage=Stage.CONNECT, kind="unreachable", detail=f"{where}: {exc.strerror or exc}")


class GuardedStream(httpcore2.NetworkStream):
    """One connection. Each read and write obeys the deadline of the call under way."""

    def __init__(
        self,
        sock: socket.socket,
        *,
        address: str,
        port: int,
        addresses: tuple[str, ...],
        backend: GuardedBackend,
        certificate: Certificate | None = None,
    ) -> None:
        self._sock = sock
        self._address = address
        self._port = port
        self._backend = backend
        self._last_call: Call | None = None
        self.addresses = addresses
        self.certificate = certificate

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        call = CURRENT.get()
        read_s = call.read_s if call is not None else self._backend.limits.read_s
        left = self._backend.left()
        try:
            self._sock.settimeout(min(read_s, left))
            received = self._sock.recv(max_bytes)
        except TimeoutError:
            raise Cut(_late(read_s, left)) from None
        except ssl.SSLError as exc:
            raise Cut(_read_tls_failure(exc)) from exc
        except ConnectionResetError as exc:
            raise Cut(Failure(stage=Stage.READ, kind="reset", detail=exc.strerror or str(exc))) from exc
        except OSError as exc:
            raise Cut(Failure(stage=Stage.READ, kind="closed", detail=exc.strerror or str(exc))) from exc
        if call is not None and not call.first:
            call.first = received[:16]
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        if not buffer:
            return
        call = CURRENT.get()
        if call is not None:
            if call is not self._last_call:
                call.reused = self._last_call is not None
                self._last_call = call
            call.sent = True
            call.addresses = self.addresses
            call.certificate = self.certificate
        try:
            view = memoryview(buffer)
            while view:
                self._sock.settimeout(min(self._backend.limits.read_s, self._backend.left()))
                view = view[self._sock.send(view) :]
        except TimeoutError:
            failure = Failure(stage=Stage.SEND, kind="timeout", detail="The request was not taken in time")
            raise WriteCut(failure) from None
        except OSError as exc:
            kind = "reset" if isinstance(exc, (ConnectionResetError, BrokenPipeError)) else "closed"
            raise WriteCut(Failure(stage=Stage.SEND, kind=kind, detail=exc.strerror or str(exc))) from exc

    def close(self) -> None:
        self._sock.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        name = plain_host(server_hostname) if server_hostname else None
        call = CURRENT.get()
        try:
            self._sock.settimeout(min(self._backend.limits.connect_s, self._backend.left()))
            wrapped = ssl_context.wrap_socket(self._sock, server_hostname=name)
        except (OSError, ValueError) as exc:
            self._sock.close()
            failure, certificate = self._why_no_tls(exc, name)
            if call is not None:
                call.certificate = certificate
                call.addresses = self.addresses
            raise Cut(failure) from exc
        return GuardedStream(
            wrapped,
            address=self._address,
            port=self._port,
            addresses=self.addresses,
            backend=self._backend,
            certificate=tls.read_checked_certificate(wrapped),
        )

    def _why_no_tls(self, exc: OSError | ValueError, name: str | None) -> tuple[Failure, Certificate | None]:
        if not isinstance(exc, OSError):
            return Failure(stage=Stage.TLS, kind="handshake", detail=str(exc)), None
        failure = tls.classify_tls(exc)
        if not isinstance(exc, ssl.SSLCertVerificationError):
            return failure, None
        certificate = self._backend.look(self._address, self._port, name)
        return tls.sharpen(failure, exc, certificate), certificate

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        if info == "is_readable":
            return _is_readable(self._sock)
        if info == "server_addr":
            return (self._address, self._port)
        return None


def _late(read_s: float, left: float) -> Failure:
    if left < read_s:
        return Failure(stage=Stage.READ, kind="too-slow", detail="The answer was not complete when the time was up")
    return Failure(stage=Stage.READ, kind="timeout", detail=f"Nothing came for {read_s:.0f} s")


def _read_tls_failure(exc: ssl.SSLError) -> Failure:
    if isinstance(exc, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return Failure(stage=Stage.READ, kind="closed", detail=exc.strerror or str(exc))
    failure = tls.classify_tls(exc)
    if failure.kind == "client-certificate":
        return failure
    return Failure(stage=Stage.READ, kind="reset", detail=failure.detail)


def _is_readable(sock: socket.socket) -> bool:
    import select

    descriptor = sock.fileno()
    if descriptor < 0:
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
