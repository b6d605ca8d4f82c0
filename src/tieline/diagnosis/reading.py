"""One exchange, read safely: headers, JSON, HTML marks and the request's route, without ever raising.

A Reading is what rules look at. It is built once per exchange and keeps what it has parsed, because classification
runs on every log line. Bodies come from strangers: JSON is limited in size and depth, HTML is only searched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from tieline.diagnosis.client_texts import classify_client_text
from tieline.diagnosis.evidence import Exchange, Failure
from tieline.diagnosis.hosts import (
    GATEWAY_HOST,
    Redirect,
    Target,
    classify_location,
    host_of,
    is_cloud_host,
    is_cloud_site,
)

JSON_LIMIT = 1_048_576
TEXT_LIMIT = 20_000
_TITLE = re.compile(r"<title[^>]*>(.{0,300}?)</title>", re.IGNORECASE | re.DOTALL)
_XML_MESSAGE = re.compile(r"<message[^>]*>(.{0,500}?)</message>", re.IGNORECASE | re.DOTALL)
_FRAGMENT = re.compile(r"\"(?:errorMessages|message|error)\"\s*:\s*\[?\s*\"(.{1,400}?)\"", re.DOTALL)
_ROUTE = re.compile(r"/(?:rest|wiki|oauth|plugins|secure|browse|status|_edge|api)(?:/|$|\?)")
_JIRA_HEADERS = frozenset(
    {
        "x-arequestid", "x-asessionid", "x-seraph-loginreason", "atl-traceid", "atl-request-id", "x-aaccountid",
        "x-ausername", "x-anodeid", "x-authentication-denied-reason",
    }
)  # fmt: skip
_PHRASES: Mapping[int, str] = {status.value: status.phrase.lower() for status in HTTPStatus}
_NO_HEADERS: Mapping[str, str] = {}
_NO_REDIRECT = Redirect(Target.NONE)


def parse_json(text: str) -> Any:
    """The JSON value, or None for what is not JSON, too large or nested too deep. NaN and Infinity become None."""
    if not text or len(text) > JSON_LIMIT:
        return None
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _no_constant(_: str) -> None:
    return None


def clean_text(text: str, limit: int = 300) -> str:
    """Text fit to be shown: lone surrogates and control characters gone, blanks folded, cut with an ellipsis."""
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    head = text[: limit * 4].encode("utf-8", "replace").decode("utf-8")
    folded = " ".join("".join(c if c.isprintable() else " " for c in head).split())
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


def status_meaning(status: int) -> str:
    """``404 (not found)``: a status never stands without its meaning."""
    known = _PHRASES.get(status)
    return f"{status} ({known})" if known else str(status)


class Reading:
    """An exchange as rules see it. Attributes are plain values; what costs is parsed on first use and kept."""

    __slots__ = (
        "_json", "_messages", "_noted", "_redirect", "_title", "account", "auth", "base_host", "body", "cloud", "exchange",
        "failure", "gateway", "head", "html", "implied", "low", "method", "path", "query", "request", "route", "said",
        "self_hosted", "shape", "site", "status",
    )  # fmt: skip

    def __init__(self, exchange: Exchange) -> None:
        request, response = exchange.request, exchange.response
        self.exchange = exchange
        self.request = request
        self.method = request.method
        self.auth = request.auth
        self.account = request.account
        self.shape = request.secret_shape
        self.said = exchange.client_error or ""
        self.failure: Failure | None = exchange.failure
        if response is None:
            self.status, self.body, self.head, self.implied = None, "", _NO_HEADERS, False
        else:
            self.status, self.body, self.implied = response.status, response.body or "", response.status_implied
            self.head = {k.lower(): v for k, v in response.headers.items()} if response.headers else _NO_HEADERS
        if self.failure is None and self.said and (self.status is None or self.status == 407):
            self.failure = classify_client_text(self.said)
        body = self.body
        self.low = (body[:TEXT_LIMIT] + "\n" + self.said if self.said else body[:TEXT_LIMIT]).lower()
        path, _, self.query = request.path.partition("?")
        self.path = path
        self.route = _route_of(path)
        self.base_host = host = host_of(request.base) if request.base else ""
        self.gateway = host == GATEWAY_HOST or "/ex/jira/" in path or "/ex/jira/" in request.base
        self.site = is_cloud_site(host)
        deployment = exchange.deployment
        if deployment == "cloud" or deployment == "connect":
            self.cloud, self.self_hosted = True, False
        elif deployment == "dc" or deployment == "server":
            self.cloud, self.self_hosted = False, True
        else:
            self.cloud = self.gateway or is_cloud_host(host) or self._edge_marks()
            self.self_hosted = not self.cloud and ("x-anodeid" in self.head or "x-ausername" in self.head)
        self.html = self._is_html()
        self._json: Any = _UNREAD
        self._messages: tuple[str, ...] | None = None
        self._title: str | None = None
        self._noted: dict[str, str | None] = {}
        self._redirect: Redirect | None = None

    def _edge_marks(self) -> bool:
        head = self.head
        return bool(head) and (
            "atl-traceid" in head
            or "x-aaccountid" in head
            or "atl-missing-tcs" in head
            or head.get("server", "").startswith("Atlassian")
        )

    def _is_html(self) -> bool:
        kind = self.head.get("content-type", "")
        if kind.startswith(("text/html", "application/xhtml")):
            body = self.body.lstrip()[:1]
            return body in ("", "<")
        start = self.body[:200].lstrip().lower()
        return start.startswith(("<!doctype html", "<html", "<head", "<body", "<div")) or "<title" in start

    @property
    def json(self) -> Any:
        if self._json is _UNREAD:
            start = self.body[:64].lstrip()[:1]
            self._json = parse_json(self.body) if start in ("{", "[") else None
        return self._json

    @property
    def fields(self) -> Mapping[str, Any]:
        """The JSON object of the answer, empty when it is none."""
        value = self.json
        return value if isinstance(value, dict) else {}

    @property
    def refused_fields(self) -> Mapping[str, str]:
        """Jira's ``errors`` object: field → text."""
        errors = self.fields.get("errors")
        if not isinstance(errors, dict):
            return {}
        return {str(k): v for k, v in errors.items() if isinstance(v, str)}

    @property
    def messages(self) -> tuple[str, ...]:
        """What the answer says in words, wherever it says it (JSON, XML, plain text), best first."""
        if self._messages is None:
            self._messages = tuple(_collect_messages(self))
        return self._messages

    @property
    def title(self) -> str:
        if self._title is None:
            found = _TITLE.search(self.body[:TEXT_LIMIT]) if self.html else None
            self._title = " ".join(found.group(1).split()) if found else ""
        return self._title

    @property
    def redirect(self) -> Redirect:
        if self._redirect is None:
            location = self.head.get("location", "")
            asked = self.request.base + self.request.path if self.request.base else ""
            self._redirect = classify_location(asked, location) if location else _NO_REDIRECT
        return self._redirect

    def once(self, name: str, look: Callable[[Reading], str | None]) -> str | None:
        """What ``look`` sees in this reading, looked at once however many rules ask."""
        if name not in self._noted:
            self._noted[name] = look(self)
        return self._noted[name]

    @property
    def login_reason(self) -> str:
        return self.head.get("x-seraph-loginreason", "").upper()

    @property
    def from_jira(self) -> bool:
        """One of Jira's own headers is there (an answer without any was written by something in between)."""
        return not _JIRA_HEADERS.isdisjoint(self.head)

    @property
    def bare(self) -> bool:
        """Nothing but a status is known of the answer."""
        return not self.body and not self.head

    @property
    def who(self) -> str | None:
        """The account that Jira says it answered, None for anonymous or untold."""
        name = self.head.get("x-aaccountid") or self.head.get("x-ausername")
        return name if name and name.lower() != "anonymous" else None

    @property
    def sent_credential(self) -> bool:
        return self.auth not in ("none", "unknown", "")

    def answered(self) -> str:
        """The observation as a sentence: ``Jira answered 404 (not found) to POST /rest/api/2/version``."""
        what = f"{self.method} {clean_text(self.route, 80)}" if self.route else "the request"
        if self.status is None:
            return f"This came back to {what}"
        return f"The answer to {what} was {status_meaning(self.status)}"

    def says(self) -> str:
        """Jira's own words, quoted, or the client's."""
        words = self.messages
        return f"It says: {clean_text(words[0], 200)}" if words else ""


_UNREAD = object()


@lru_cache(maxsize=4096)
def _route_of(path: str) -> str:
    """The part of a path that Jira itself sees: without what a context path or the gateway puts before it."""
    start = path.find("/rest/")
    if start >= 0:
        return path[start:]
    found = _ROUTE.search(path)
    return path[found.start() :] if found else path


def _collect_messages(reading: Reading) -> list[str]:
    value = reading.json
    found: list[str] = []
    if isinstance(value, dict):
        listed = value.get("errorMessages")
        if isinstance(listed, list):
            found.extend(m for m in listed if isinstance(m, str) and m)
        elif isinstance(listed, str) and listed:
            found.append(listed)
        found.extend(f"{k}: {v}" for k, v in reading.refused_fields.items())
        for key in ("message", "error_description", "errorMessage", "detail", "error", "title"):
            word = value.get(key)
            if isinstance(word, str) and word:
                found.append(word)
    elif reading.body and value is None:
        if reading.html:
            if reading.title:
                found.append(reading.title)
        elif "<message" in reading.low:
            found.extend(m.group(1) for m in _XML_MESSAGE.finditer(reading.body[:TEXT_LIMIT]))
        else:
            pieces = _FRAGMENT.findall(reading.body[:TEXT_LIMIT])
            found.extend(pieces or [reading.body[:400]])
    if not found and reading.said:
        found.append(reading.said[:400])
    return found
