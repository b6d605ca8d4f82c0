"""The pure parts of a call: addresses and headers on the way out, failures and texts on the way back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpcore2
import httpx2

from tieline import __version__
from tieline.diagnosis.evidence import Failure, Response, Stage
from tieline.jira.body import ACCEPTED
from tieline.jira.patterns import REMOVED

UNEXPECTED = (
    httpcore2.ProtocolError,
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.ProxyError,
    httpcore2.UnsupportedProtocol,
    UnicodeError,
)
"""What the HTTP library raises besides our own streams."""
TOO_LARGE_HEADERS = Failure(
    stage=Stage.READ, kind="headers-too-large", detail="The headers of the answer are larger than 64 KiB"
)
_HOST = re.compile(rb"[A-Za-z0-9_.:-]+")
_NEVER_FROM_CALLER = frozenset({"authorization", "proxy-authorization", "cookie", "host"})


def too_large_body(limit: int) -> Failure:
    """The failure of an answer whose body, unpacked, has more than ``limit`` bytes; the rest was not read."""
    detail = f"The body of the answer is larger than {limit / 1024 / 1024:g} MiB"
    return Failure(stage=Stage.READ, kind="too-large", detail=detail)


def broken_body(failure: Failure) -> Failure:
    """Headers came as HTTP, so what breaks the rules afterwards is the body."""
    return replace(failure, kind="bad-encoding") if failure.kind == "not-http" else failure


def blame_proxy(failure: Failure) -> Failure:
    """With a forward proxy, every connection is one to the proxy: Jira's own name and port are the proxy's matter."""
    if failure.stage is Stage.RESOLVE or (failure.stage is Stage.CONNECT and not failure.kind.startswith("proxy-")):
        return Failure(stage=Stage.CONNECT, kind="proxy-unreachable", detail=failure.detail)
    return failure


def classify_protocol(exc: Exception, first: bytes = b"") -> Failure:
    """The failure behind an exception of the HTTP library that our own streams did not raise. ``first`` are the bytes
    with which the answer begins."""
    detail = str(exc)
    lowered = detail.lower()
    if isinstance(exc, httpcore2.ProxyError):
        kind = "proxy-login" if detail.startswith("407") else "proxy-tunnel"
        return Failure(stage=Stage.CONNECT, kind=kind, detail=f"The proxy answered {detail}")
    if isinstance(exc, httpcore2.PoolTimeout):
        return Failure(stage=Stage.CONNECT, kind="timeout", detail="No connection of this door became free in time")
    if isinstance(exc, (httpcore2.LocalProtocolError, UnicodeError)):
        return Failure(stage=Stage.SETTINGS, kind="malformed-header", detail=detail)
    if isinstance(exc, httpcore2.UnsupportedProtocol):
        return Failure(stage=Stage.SETTINGS, kind="malformed-address", detail=detail)
    if first and not first.startswith(b"HTTP/"):
        starts = "a TLS record" if first[:2] in {b"\x15\x03", b"\x16\x03"} else repr(first)[1:]
        return Failure(stage=Stage.READ, kind="not-http", detail=f"The answer starts with {starts}, which is not HTTP")
    if "disconnected without sending" in lowered or "without sending complete message" in lowered:
        return Failure(stage=Stage.READ, kind="closed", detail=detail)
    if "incomplete chunked read" in lowered:
        return Failure(stage=Stage.READ, kind="closed", detail=detail)
    if "receive buffer too long" in lowered:
        return TOO_LARGE_HEADERS
    return Failure(stage=Stage.READ, kind="not-http", detail=detail)


def parse_target(text: str) -> tuple[httpx2.URL | None, Failure | None]:
    """The URL to call, without user and password in it; or why it is none."""
    try:
        url = httpx2.URL(text)
        url = url.copy_with(username="", password="", fragment=None) if url.userinfo or url.fragment else url
    except (httpx2.InvalidURL, UnicodeError, ValueError) as exc:
        return None, Failure(stage=Stage.SETTINGS, kind="malformed-address", detail=str(exc))
    if url.scheme not in {"http", "https"} or not _HOST.fullmatch(url.raw_host):
        detail = "The address does not start with http:// or https:// and a host name"
        return None, Failure(stage=Stage.SETTINGS, kind="malformed-address", detail=detail)
    return url, None


def build_body(body: Any) -> bytes | None:
    """Bytes and text go as they are, everything else as JSON."""
    if body is None:
        return None
    if isinstance(body, bytes):
        return body
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def build_headers(own: Mapping[str, str], authorization: str | None, body: bytes | None) -> list[tuple[str, str]]:
    """All headers of a request. A caller cannot set those that carry a credential."""
    headers = {"Accept": "application/json", "Accept-Encoding": ACCEPTED, "User-Agent": f"Tieline/{__version__}"}
    if body is not None:
        headers |= {"Content-Type": "application/json", "X-Atlassian-Token": "no-check"}
    headers |= {name: value for name, value in own.items() if name.lower() not in _NEVER_FROM_CALLER}
    if authorization is not None:
        headers["Authorization"] = authorization
    return list(headers.items())


def show_base(base: str) -> str:
    """An address without the user and password that stand in it."""
    scheme, mark, rest = base.partition("://")
    authority = rest.partition("/")[0]
    if mark and "@" in authority:
        return f"{scheme}://{REMOVED}@{rest[authority.rindex('@') + 1 :]}"
    return base


def decode_text(body: bytes, response: Response) -> str:
    """A body for reading, by the charset its answer names; what does not decode is replaced."""
    content_type = response.header("Content-Type") or ""
    charset = content_type.lower().partition("charset=")[2].split(";")[0].strip(" \"'")
    known = charset in {"iso-8859-1", "latin-1", "windows-1252", "utf-16", "us-ascii"}
    return body.decode(charset if known else "utf-8", "replace")
