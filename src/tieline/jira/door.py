"""The one way out to Jira: asks, records, and never raises for what the network or Jira does."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast
from urllib.parse import urlsplit

import httpcore2
import httpx2

from tieline.diagnosis.evidence import Exchange, Failure, Request, Response, Stage
from tieline.jira.binding import Binding
from tieline.jira.body import UndecodableBodyError, read_limited
from tieline.jira.guard import CURRENT, Call, Connect, Cut, GuardedBackend, open_socket
from tieline.jira.options import DoorOptions
from tieline.jira.redaction import Redactor
from tieline.jira.resolve import SystemResolver
from tieline.jira.secret import Secret
from tieline.jira.tls import build_context
from tieline.jira.wire import (
    TOO_LARGE_HEADERS,
    UNEXPECTED,
    blame_proxy,
    broken_body,
    build_body,
    build_headers,
    classify_protocol,
    decode_text,
    parse_target,
    show_base,
    too_large_body,
)
from tieline.sync.remote import ProbeRequest

for _name in ("httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)
    logging.getLogger(_name).propagate = False

_AGAIN_AFTER = frozenset({"closed", "reset"})


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An exchange with the body it speaks of, not redacted, for parsing in this room. ``body`` is None when no
    complete answer came."""

    exchange: Exchange
    body: bytes | None = None


class JiraDoor:
    """The door of one connection. Safe to use from several threads; connections are kept alive and shared."""

    def __init__(self, options: DoorOptions) -> None:
        self._options = options
        self._clock = options.clock
        self._limits = options.limits
        self._own, _ = parse_target(options.base_url)
        self._binding = Binding(options)
        self._redactor = Redactor(_secrets_of(options), account=options.account)
        self._backend = GuardedBackend(
            allow=options.allow,
            resolver=options.resolver or SystemResolver(),
            limits=options.limits,
            clock=options.clock,
            connect=cast("Connect", options.connect or open_socket),
        )
        self._lock = threading.Lock()
        self._pools: dict[str, httpcore2.ConnectionPool] = {}
        self._proxied = False

    @property
    def options(self) -> DoorOptions:
        return self._options

    def ask(self, request: ProbeRequest, *, timeout_s: float | None = None) -> Exchange:
        """Ask one question. ``timeout_s`` bounds the whole call (default: the door's total limit)."""
        return self.send(request, timeout_s=timeout_s, evidence_bytes=self._limits.evidence_bytes).exchange

    def send(self, request: ProbeRequest, *, timeout_s: float | None = None, evidence_bytes: int = 64 * 1024) -> Reply:
        """As :meth:`ask`, with the body. At most ``evidence_bytes`` of it are kept in the exchange."""
        total = min(timeout_s or self._limits.total_s, self._limits.total_s)
        started = self._clock.monotonic()
        call = Call(deadline=started + total, read_s=self._limits.read_s)
        token = CURRENT.set(call)
        try:
            reply = self._send(request, evidence_bytes)
            if request.method == "GET" and call.reused and _never_answered(reply.exchange):
                # The server closed a connection that had been kept alive, just as we asked.
                reply = self._send(request, evidence_bytes)
        finally:
            CURRENT.reset(token)
        exchange = replace(
            reply.exchange,
            addresses=call.addresses,
            certificate=call.certificate,
            elapsed_ms=round((self._clock.monotonic() - started) * 1000),
        )
        return replace(reply, exchange=exchange)

    def close(self) -> None:
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()

    def scrub(self, text: str) -> str:
        """``text`` as it may be shown."""
        return self._redactor.scrub(text)

    # --- one call ---------------------------------------------------------------------------------------------------

    def _send(self, request: ProbeRequest, evidence_bytes: int) -> Reply:
        base = (request.base or self._options.api_base or self._options.base_url).rstrip("/")
        path = request.path if request.path.startswith("/") else f"/{request.path}"
        exchange = Exchange(
            id=self._options.new_id(),
            probe=request.probe,
            deployment=self._options.deployment,
            request=Request(
                method=request.method, base=self._redactor.scrub(show_base(base)), path=self._redactor.scrub(path)
            ),
            at=self._clock.now().isoformat(),
        )
        url, failure = parse_target(base + path)
        if url is None:
            return self._failed(exchange, failure)
        credential, failure = self._binding.credential_for(request.auth, url)
        body = build_body(request.body)
        headers = build_headers(request.headers, credential.header, body)
        shown = replace(
            exchange.request,
            auth=credential.kind,
            account=credential.account,
            secret_shape=credential.secret_shape,
            headers=self._redactor.request_headers(headers),
            body=None if body is None else self._redactor.scrub_cut(body.decode("utf-8", "replace"), evidence_bytes)[0],
        )
        exchange = replace(exchange, request=shown)
        if failure is not None:
            return self._failed(exchange, failure)
        try:
            reply = self._receive(
                httpx2.Request(request.method, url, headers=headers, content=body), exchange, evidence_bytes
            )
        except Cut as exc:
            return self._failed(exchange, blame_proxy(exc.failure) if self._proxied else exc.failure)
        except UNEXPECTED as exc:
            return self._failed(exchange, classify_protocol(exc, _first_bytes()))
        if reply.body is not None:
            self._binding.learn_cloud_id(url, reply.body)
        return reply

    def _receive(self, outgoing: httpx2.Request, exchange: Exchange, evidence_bytes: int) -> Reply:
        pool = self._open_pool(outgoing.url.scheme)
        if self._proxied:
            self._judge_behind_proxy(outgoing.url)
        timeouts = {"connect": self._limits.connect_s, "pool": max(self._backend.left(), 0.001)}
        answer = pool.handle_request(
            httpcore2.Request(
                method=outgoing.method.encode("ascii"),
                url=httpcore2.URL(
                    scheme=outgoing.url.raw_scheme,
                    host=outgoing.url.raw_host,
                    port=outgoing.url.port,
                    target=outgoing.url.raw_path,
                ),
                headers=outgoing.headers.raw,
                content=outgoing.stream,
                extensions={"timeout": timeouts},
            )
        )
        try:
            return self._read(answer, exchange, evidence_bytes)
        finally:
            answer.close()

    def _read(self, answer: httpcore2.Response, exchange: Exchange, evidence_bytes: int) -> Reply:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
        if sum(len(name) + len(value) + 4 for name, value in answer.headers) > self._limits.header_bytes:
            return self._failed(exchange, TOO_LARGE_HEADERS)
        response = Response(status=answer.status, headers=self._redactor.response_headers(headers))
        encoding = ", ".join(value for name, value in headers if name.lower() == "content-encoding")
        failure: Failure | None = None
        body = bytearray()
        try:
            if read_limited(cast("Iterable[bytes]", answer.stream), encoding, self._limits.body_bytes, body):
                failure = too_large_body(self._limits.body_bytes)
        except Cut as exc:
            failure = exc.failure
        except UndecodableBodyError as exc:
            failure = Failure(stage=Stage.READ, kind="bad-encoding", detail=str(exc))
        except UNEXPECTED as exc:
            failure = broken_body(classify_protocol(exc))
        text, shortened = self._redactor.scrub_cut(decode_text(bytes(body), response), evidence_bytes)
        response = replace(response, body=text, body_elided=shortened or failure is not None)
        whole = None if failure is not None else bytes(body)
        return Reply(exchange=replace(exchange, response=response, failure=failure), body=whole)

    def _failed(self, exchange: Exchange, failure: Failure | None) -> Reply:
        if failure is None:
            return Reply(exchange=exchange)
        scrubbed = replace(failure, detail=self._redactor.scrub(failure.detail))
        return Reply(exchange=replace(exchange, failure=scrubbed))

    # --- the pool ---------------------------------------------------------------------------------------------------

    def _open_pool(self, scheme: str) -> httpcore2.ConnectionPool:
        with self._lock:
            if scheme not in self._pools:
                self._pools[scheme] = self._build_pool(scheme)
            return self._pools[scheme]

    def _build_pool(self, scheme: str) -> httpcore2.ConnectionPool:
        options, limits = self._options, self._limits
        context = self._build_context() if scheme == "https" else None
        address = options.proxy.reveal() if options.proxy else self._environment_proxy()
        if not address:
            return httpcore2.ConnectionPool(
                ssl_context=context,
                max_connections=limits.connections,
                keepalive_expiry=limits.idle_s,
                network_backend=self._backend,
            )
        proxy = _parse_proxy(address)
        self._proxied = True
        return httpcore2.HTTPProxy(
            proxy_url=httpcore2.URL(
                scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=b"/"
            ),
            proxy_auth=proxy.raw_auth,
            ssl_context=context,
            max_connections=limits.connections,
            keepalive_expiry=limits.idle_s,
            network_backend=self._backend,
        )

    def _build_context(self) -> ssl.SSLContext:
        options = self._options
        try:
            return build_context(
                ca_file=options.ca_file,
                client_cert=options.client_cert_file,
                client_key=options.client_key_file,
                authority_pem=options.authority_pem,
                client_pem=options.client_pem.reveal() if options.client_pem else "",
            )
        except OSError as exc:
            detail = f"A certificate file cannot be read: {exc.strerror or exc}"
            raise Cut(Failure(stage=Stage.SETTINGS, kind="malformed-certificate", detail=detail)) from exc

    def _environment_proxy(self) -> str | None:
        if not self._options.trust_env or self._own is None:
            return None
        from urllib.request import getproxies, proxy_bypass

        return None if proxy_bypass(self._own.host) else getproxies().get(self._own.scheme)

    def _judge_behind_proxy(self, url: httpx2.URL) -> None:
        """A proxy connects for us. What resolves here is judged here all the same; what does not is the proxy's."""
        addresses, failure = self._backend.find(url.host, url.port or (443 if url.scheme == "https" else 80))
        if failure is not None and failure.stage is Stage.GUARD:
            call = CURRENT.get()
            if call is not None:
                call.addresses = addresses
            raise Cut(failure)


def build_door(options: DoorOptions) -> JiraDoor:
    """A door to the Jira of ``options``. Nothing is sent before the first question."""
    return JiraDoor(options)


def _parse_proxy(address: str) -> httpx2.Proxy:
    try:
        proxy = httpx2.Proxy(address)
        if proxy.url.scheme in {"http", "https"} and proxy.url.host:
            return proxy
    except (ValueError, httpx2.InvalidURL):
        pass
    detail = "The proxy's address does not start with http:// or https:// and a host name"
    raise Cut(Failure(stage=Stage.SETTINGS, kind="malformed-proxy", detail=detail))


def _secrets_of(options: DoorOptions) -> list[Secret]:
    found = [options.secret, *options.other_secrets]
    proxy = urlsplit(options.proxy.reveal()).password if options.proxy else None
    inside = urlsplit(options.base_url).password if "@" in options.base_url else None
    return [*found, *(Secret(text) for text in (proxy, inside) if text)]


def _first_bytes() -> bytes:
    call = CURRENT.get()
    return b"" if call is None else call.first


def _never_answered(exchange: Exchange) -> bool:
    failure = exchange.failure
    return exchange.response is None and failure is not None and failure.kind in _AGAIN_AFTER
