"""What may stand in evidence: no secret, by header allow-list, by known value and by pattern."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from tieline.jira.patterns import REMOVED, scrub_patterns
from tieline.jira.secret import Secret

_SHORTEST = 4
"""Values shorter than this are not searched for in texts: they would blank out ordinary words."""
_SHORTEST_ENCODED = 6

KEPT_RESPONSE_HEADERS = frozenset(
    {
        "age", "allow", "cache-control", "connection", "content-encoding", "content-language", "content-length",
        "content-security-policy", "content-type", "date", "expires", "location", "pragma", "retry-after", "server",
        "strict-transport-security", "transfer-encoding", "vary", "via", "www-authenticate", "proxy-authenticate",
        "proxy-authentication-info", "x-powered-by", "x-cache", "x-content-type-options", "x-frame-options",
        "x-seraph-loginreason", "x-authentication-denied-reason", "x-aaccountid", "x-ausername", "x-arequestid",
        "x-anodeid", "x-xss-protection", "x-request-id", "x-failure-category", "x-squid-error", "x-varnish",
        "x-cdn", "x-iinfo", "x-sucuri-id", "x-edgeconnect-midmile-rtt", "akamai-grn", "micros-ip-blocked",
        "beta-retry-after", "deprecation", "sunset", "warning", "x-beta-ratelimit-reason", "ratelimit-reason",
        "nel", "report-to", "refresh", "set-cookie", "x-asessionid",
    }
)  # fmt: skip
_KEPT_PREFIXES = ("x-ratelimit-", "ratelimit", "atl-", "cf-", "x-amz-cf-", "x-envoy-", "x-cache-", "x-akamai-")
KEPT_REQUEST_HEADERS = frozenset(
    {"accept", "accept-encoding", "accept-language", "content-type", "content-length", "user-agent", "host",
     "x-atlassian-token", "x-force-accept-language", "if-none-match"}
)  # fmt: skip

_COOKIE_STATE = re.compile(r"(?:_|\|)(lin|lout)$")


class Redactor:
    """Scrubs texts, headers and addresses. Built once per door from the secrets that it must never repeat."""

    def __init__(self, secrets: Iterable[Secret], *, account: str = "") -> None:
        forms: set[str] = set()
        for secret in secrets:
            forms |= forms_of(secret.reveal(), account)
        ordered = sorted(forms, key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, ordered))) if ordered else None
        self.longest = max(map(len, ordered), default=0)

    def scrub(self, text: str) -> str:
        """The text without known values and without what looks like a secret."""
        if self._values is not None:
            text = self._values.sub(REMOVED, text)
        return scrub_patterns(text)

    def scrub_cut(self, text: str, limit: int) -> tuple[str, bool]:
        """The scrubbed text, at most about ``limit`` characters, and whether it was cut. A secret that straddles the
        cut does not stay behind in part."""
        if len(text) <= limit:
            return self.scrub(text), False
        margin = max(self.longest, 512)
        return self.scrub(text[: limit + margin])[:-margin], True

    def response_headers(self, headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
        """Headers by name as sent; values outside the allow-list are removed, repeated ones joined by a comma."""
        kept: dict[str, str] = {}
        for name, value in headers:
            lowered = name.lower()
            if lowered == "set-cookie":
                shown = self.scrub(scrub_cookie(value))
            elif lowered in KEPT_RESPONSE_HEADERS or lowered.startswith(_KEPT_PREFIXES):
                shown = self.scrub(value)
            else:
                shown = REMOVED
            name_shown = next((known for known in kept if known.lower() == lowered), self.scrub(name))
            kept[name_shown] = f"{kept[name_shown]}, {shown}" if name_shown in kept else shown
        return kept

    def request_headers(self, headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
        """Our own headers; a credential is shown by its scheme alone."""
        kept: dict[str, str] = {}
        for name, value in headers:
            lowered = name.lower()
            if lowered in {"authorization", "proxy-authorization"}:
                scheme = value.partition(" ")[0]
                kept[name] = f"{scheme} {REMOVED}" if scheme in {"Basic", "Bearer"} else REMOVED
            else:
                kept[name] = self.scrub(value) if lowered in KEPT_REQUEST_HEADERS else REMOVED
        return kept


def scrub_cookie(value: str) -> str:
    """A ``Set-Cookie`` without its value; the ``lin``/``lout`` at the end of Jira's XSRF cookie stays: it tells
    whether somebody is logged in."""
    pair, semicolon, rest = value.partition(";")
    name, equals, content = pair.partition("=")
    if not equals:
        return REMOVED
    state = _COOKIE_STATE.search(content.strip())
    return f"{name}={REMOVED}{state.group(0) if state else ''}{semicolon}{rest}"


def forms_of(secret: str, account: str = "") -> set[str]:
    """Every spelling under which a secret may come back: as it is, URL-encoded, JSON- and HTML-escaped, hexadecimal,
    Base64 at each of the three offsets (plain and URL-safe), and the whole Basic pair."""
    if len(secret) < _SHORTEST:
        return set()
    raw = secret.encode("utf-8", "surrogatepass")
    forms = {secret, secret.strip(), repr(secret)[1:-1], html.escape(secret), html.escape(secret, quote=False)}
    for encoded in (quote(secret, safe="", errors="replace"), quote(secret, errors="replace"),
                    quote_plus(secret, errors="replace")):  # fmt: skip
        lowered = re.sub(r"%[0-9A-F]{2}", lambda found: found.group(0).lower(), encoded)
        forms |= {encoded, lowered, quote(encoded, safe="")}
    for escaped in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        forms |= {escaped, escaped.replace("/", r"\/"), json.dumps(escaped)[1:-1]}
    forms |= {raw.hex(), raw.hex().upper()}
    if len(secret) >= _SHORTEST_ENCODED:
        for offset in range(3):
            forms |= _base64_forms(raw, offset)
    if account:
        pair = f"{account}:{secret}".encode("utf-8", "surrogatepass")
        whole = base64.b64encode(pair).decode()
        forms |= {whole, whole.rstrip("="), base64.urlsafe_b64encode(pair).decode(), quote(whole, safe=""), pair.hex()}
    return {form for form in forms if len(form) >= _SHORTEST}


def _base64_forms(raw: bytes, offset: int) -> set[str]:
    """The part of the Base64 text that depends on the secret alone when ``offset`` bytes (mod 3) stand before it."""
    encoded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
    start = (0, 2, 3)[offset]
    stop = len(encoded) if (offset + len(raw)) % 3 == 0 else len(encoded) - 1
    stable = encoded[start:stop]
    if len(stable) < _SHORTEST_ENCODED:
        return set()
    safe = stable.replace("+", "-").replace("/", "_")
    return {stable, safe, quote(stable, safe="")}
