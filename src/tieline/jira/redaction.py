"""What may stand in evidence: no secret, by header allow-list, by known value and by pattern."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, quote_plus

from tieline.jira.secret import Secret

REMOVED = "[removed]"

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

_SECRET_NAMES = (
    r"(?:[\w.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key|apikey|credential|signature|assertion)"
    r"|pwd|jwt|sig|samlrequest|samlresponse|relaystate|authorization|x-api-key|jsessionid"
    r"|os_password|private_key|access_code|auth_code)"
)
_NOT_SECRET = r"(?!null\b|true\b|false\b|\d{1,3}\b|\[removed\])"
_COOKIE_STATE = re.compile(r"(?:_|\|)(lin|lout)$")

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), REMOVED),
    (re.compile(r"\bAT[A-Z]TT3[A-Za-z0-9_\-]{10,}=?[A-Za-z0-9]*"), REMOVED),
    (re.compile(r"\bATOA[A-Za-z0-9_\-]{16,}"), REMOVED),
    (re.compile(r"\beyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)?"), REMOVED),
    (re.compile(r"(?i)\b(bearer|token|jwt)(\s+|%20|\+)(?=[\w.~+/%-]*\d)[\w.~+/%-]{16,}=*"), rf"\1\2{REMOVED}"),
    (re.compile(r"(?i)(\w{2,12}://)[^\s/@\"'<>]+@"), rf"\1{REMOVED}@"),
    (re.compile(r"(?i)(%3A%2F%2F)[^\s/@\"'<>&]{1,200}?(%40)"), rf"\1{REMOVED}\2"),
    # "name": "value" in JSON, then the same inside a JSON text
    (re.compile(rf"(?i)([\"'])({_SECRET_NAMES})\1(\s*:\s*)(?:\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?|\d{{4,}})"),
     rf"\1\2\1\3\1{REMOVED}\1"),
    (re.compile(rf"(?i)(\\[\"'])({_SECRET_NAMES})(\\[\"']\s*:\s*\\[\"'])(?:\\\\\\.|(?!\\[\"'])[^\n])*"),
     rf"\1\2\3{REMOVED}"),
    (re.compile(rf"(?i)(<meta[^>]*\bname\s*=\s*[\"']?{_SECRET_NAMES}[\"']?[^>]*?\bcontent\s*=\s*[\"'])[^\"']*"),
     rf"\1{REMOVED}"),
    (
        re.compile(
            rf"(?i)(<input[^>]*\bname\s*=\s*[\"']?{_SECRET_NAMES}[\"']?[^>]*?\bvalue\s*=\s*[\"'])[^\"']*"
        ),
        rf"\1{REMOVED}",
    ),
    (
        re.compile(
            rf"(?i)(<input[^>]*\bvalue\s*=\s*[\"'])[^\"']*([\"'][^>]*?\bname\s*=\s*[\"']?{_SECRET_NAMES}\b)"
        ),
        rf"\1{REMOVED}\2",
    ),
    # name=value in queries, forms, cookies and error texts; also with "=" as %3D
    (re.compile(rf"(?i)\b({_SECRET_NAMES})(\s?=\s?[\"']?|%3D){_NOT_SECRET}[^\s&;,\"'<>)\]}}]+"), rf"\1\2{REMOVED}"),
    (re.compile(rf"(?im)^(\s*{_SECRET_NAMES}\s*:\s*){_NOT_SECRET}\S.*$"), rf"\1{REMOVED}"),
    (re.compile(r"(?i)([?&#;](?:code|state|nonce|key|session(?:id)?)=)[^\s&;,\"'<>]+"), rf"\1{REMOVED}"),
)  # fmt: skip
_BASIC = re.compile(r"(?i)\b(basic)(\s+|%20|\+)([A-Za-z0-9+/=_-]{8,})")
_QUICK = re.compile(
    r"(?i)pass|secret|token|key|cred|sig|pwd|jwt|saml|relaystate|auth|jsession|os_user|access_code|AT[A-Z]TT3|ATOA|eyJ|bearer"
    r"|basic|//[^/\s]*@|%3A%2F%2F|assertion|[?&#;](?:code|state|nonce|session)|PRIVATE"
)


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
        if _QUICK.search(text) is None:
            return text
        text = _BASIC.sub(_hide_pair, text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

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


def _hide_pair(match: re.Match[str]) -> str:
    """``Basic`` is also an English word: only what decodes to a pair is one."""
    text = match.group(3).rstrip("=")
    raw = base64.urlsafe_b64decode((text + "=" * (-len(text) % 4)).replace("+", "-").replace("/", "_")) \
        if len(text) % 4 != 1 else b""  # fmt: skip
    return f"{match.group(1)}{match.group(2)}{REMOVED}" if b":" in raw else match.group(0)


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
