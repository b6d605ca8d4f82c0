"""Recorded answers: one JSON line each, in the shape of published evidence, turned into Evidence and judged.

Only ``deployment``, ``request``, ``response`` and ``client_error`` are read. ``request.auth`` is often prose
(``basic user:PAT``); the scheme, the account and the kind of secret are read out of it, nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tieline.diagnosis.evidence import Evidence, Exchange, Request, Response
from tieline.diagnosis.finding import Finding

_PLACES = frozenset({"user", "email", "e-mail", "mail", "username", "login", "name", "right", "with", "api", "header"})
_PAIR = re.compile(r"^basic\s+([^\s:,()]+):(\S+)", re.IGNORECASE)
_LONE_USER = re.compile(r"^basic\s+([A-Za-z][\w.@+-]*)$", re.IGNORECASE)
_URL = re.compile(r"^(https?://[^/?#]*)(.*)$", re.IGNORECASE | re.DOTALL)


def parse_recorded(line: Mapping[str, Any]) -> Evidence:
    """Evidence of one exchange. Odd or missing values become unknown; nothing raises."""
    request_line = _mapping(line.get("request"))
    response_line = _mapping(line.get("response"))
    request, followed = _parse_request(request_line)
    response = _parse_response(response_line)
    told = _text(line.get("client_error")) or ""
    described = _text(response_line.get("body_described"))
    if described and response is not None and not response.body:
        told = f"{told}\n{described}".strip()
    deployment = _text(line.get("deployment"))
    exchange = Exchange(
        id=_text(line.get("id")) or "",
        deployment=deployment if deployment in ("cloud", "dc", "server", "connect") else None,
        request=request,
        response=response,
        client_error=told or None,
        followed_redirect=followed,
    )
    return Evidence(exchanges=(exchange,))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _parse_request(line: Mapping[str, Any]) -> tuple[Request, bool]:
    method_words = (_text(line.get("method")) or "").strip()
    method = re.split(r"[\s(]", method_words, maxsplit=1)[0].upper() or "GET"
    lowered = method_words.lower()
    path = _text(line.get("path")) or ""
    base = _text(line.get("base")) or ""
    if "://" not in base:
        base = ""
    whole = _URL.match(path)
    if whole:
        base, path = whole.group(1), whole.group(2)
    kind, account, shape = parse_auth_words(_text(line.get("auth")) or "")
    agent = _text(line.get("user_agent"))
    headers = {"User-Agent": "Mozilla/5.0" if agent == "browser" else agent} if agent else {}
    body = _text(line.get("body"))
    if body is None and "body" in lowered:
        body = ""
    request = Request(
        method=method, base=base, path=path, auth=kind, account=account, secret_shape=shape, headers=headers, body=body
    )
    return request, "follow" in lowered or "redirected" in lowered


def parse_auth_words(words: str) -> tuple[str, str | None, str | None]:
    """Scheme, account and secret shape that a description of a login names: ``basic user:PAT`` → basic, None, pat."""
    text = words.strip()
    low = text.lower()
    if not text:
        return "unknown", None, None
    kind = _auth_kind(low)
    account: str | None = None
    secret = ""
    pair = _PAIR.match(text)
    if pair:
        secret = pair.group(2)
        if pair.group(1).lower() not in _PLACES:
            account = pair.group(1)
    else:
        lone = _LONE_USER.match(text)
        if lone and lone.group(1).lower() not in _PLACES and "token" not in low:
            account = lone.group(1)
    return kind, account, _declared_shape(text, secret.lower())


def _auth_kind(low: str) -> str:
    if low.startswith(("none", "anonymous", "no auth")):
        return "none"
    if "query string" in low and ("jwt" in low or "connect" in low):
        return "jwt-query"
    if "impersonation" in low:
        return "connect-user"
    for word, kind in (
        ("basic", "basic"), ("bearer", "bearer"), ("oauth1", "oauth1"), ("oauth2", "oauth2"), ("oauth", "oauth2"),
        ("jwt", "jwt"), ("connect", "jwt"), ("cookie", "cookie-session"), ("session", "cookie-session"),
        ("kerberos", "kerberos"), ("pat", "bearer"),
    ):  # fmt: skip
        if low.startswith(word):
            return kind
    if "authorization header" in low or low.startswith(("'-u", "-u ", "base64", "raw token", "unencoded")):
        return "malformed"
    return "token" if "token" in low else "unknown"


def _declared_shape(text: str, secret: str) -> str | None:
    low = text.lower()
    if "scoped" in low or "with scopes" in low or "service-account" in low or "service account" in low:
        return "scoped"
    if "base64" in low and "user" in low and "pass" in low and low.startswith("bearer"):
        return "base64-pair"
    if secret == "pat" or (re.search(r"\bPAT\b", text) and "PAT field" not in text and "as a" not in low):
        return "pat"
    if "token" in secret or re.search(r"api[- ]token", low):
        return "cloud-classic"
    return None


def _parse_response(line: Mapping[str, Any]) -> Response | None:
    status = line.get("status")
    number = status if isinstance(status, int) and not isinstance(status, bool) else None
    headers = {str(k): str(v) for k, v in _mapping(line.get("headers")).items() if v}
    body = _text(line.get("body"))
    if number is None and not headers and not body:
        return None
    return Response(
        status=number,
        headers=headers,
        body=body,
        body_elided=bool(line.get("body_elided")),
        status_implied=number is not None and line.get("status_quoted") is False,
    )


def findings_json(identity: object, findings: Iterable[Finding]) -> dict[str, Any]:
    """One line of ``tieline explain --exchange``: ``{"id", "findings": [{"slug", "confidence", "because", "probe"}]}``."""
    return {"id": identity, "findings": [finding_json(finding) for finding in findings]}


def finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "slug": finding.slug,
        "confidence": finding.confidence.value,
        "because": list(finding.because),
        "probe": finding.probe,
    }
