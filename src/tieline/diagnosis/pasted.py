"""Messages pasted from any tool: a log line, an exception, curl's output, a raw HTTP answer, turned into Evidence.

What the text does not say stays unknown. Credentials in it are left out before anything is kept.
"""

from __future__ import annotations

import json
import re

from tieline.diagnosis.client_texts import classify_client_text, read_status
from tieline.diagnosis.evidence import Evidence, Exchange, Request, Response
from tieline.diagnosis.hosts import host_of, is_cloud_host

TEXT_LIMIT = 200_000
_URL = re.compile(r"https?://[^\s\"'<>)\]},]+", re.IGNORECASE)
_STATUS_LINE = re.compile(r"^\s*(?:<\s*)?HTTP/\d(?:\.\d)?\s+(\d{3})\b", re.IGNORECASE | re.MULTILINE)
_HEADER_LINE = re.compile(r"^\s*(?:<\s*)?([A-Za-z][A-Za-z0-9-]{1,60}):\s*(\S.*?)\s*$")
_REQUEST_LINE = re.compile(r"\b(GET|POST|PUT|DELETE|HEAD|PATCH)\s+(https?://\S+|/[^\s\"']*)", re.IGNORECASE)
_REST_PATH = re.compile(r"/(?:ex/jira/[\w-]+/)?(?:rest|wiki/rest|oauth/token|secure|browse)(?:/[^\s\"'<>),]*)?")
_HOST_PORT = re.compile(r"\bhost=['\"]([\w.-]+)['\"](?:,\s*port=(\d+))?")
_AUTH_LINE = re.compile(
    r"((?:proxy-)?authorization\s*[:=]\s*[\"']?)(basic|bearer|jwt|token)?\s*[^\s\"']+", re.IGNORECASE
)
_CREDENTIALS = (
    re.compile(r"(https?://)[^/\s:@]+:[^/\s@]+@", re.IGNORECASE),
    re.compile(r"\b(ATATT|ATSTT|ATCTT)[A-Za-z0-9_\-=]{8,}"),
    re.compile(r"([?&;\s](?:jwt|access_token|refresh_token|token|password|os_password)=)[^&\s\"']+", re.IGNORECASE),
    re.compile(r"(-u|--user)\s+\S+"),
)
_KNOWN_HEADERS = frozenset(
    {
        "location", "content-type", "content-length", "server", "www-authenticate", "x-seraph-loginreason",
        "x-authentication-denied-reason", "x-ausername", "x-aaccountid", "x-arequestid", "x-asessionid", "x-anodeid",
        "atl-traceid", "atl-request-id", "atl-missing-tcs", "retry-after", "ratelimit-reason", "x-ratelimit-limit",
        "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-interval-seconds", "x-ratelimit-fillrate", "cf-ray",
        "x-iinfo", "proxy-authenticate", "via", "date",
    }
)  # fmt: skip
_SELF_HOSTED_WORDS = re.compile(
    r"data ?center|jira server|basic authentication failure|self-hosted|/secure/|serverinfo.*8\.", re.IGNORECASE
)


def parse_pasted(text: str) -> Evidence:
    """Evidence of one exchange, as far as the text tells. Never raises; an empty text gives an exchange about nothing."""
    scheme = _scheme(text[:TEXT_LIMIT])
    kept = _without_credentials(text[:TEXT_LIMIT])
    base, path = _address(kept)
    body = _body(kept)
    headers = _headers(kept)
    lines = _STATUS_LINE.findall(kept)
    status = int(lines[-1]) if lines else None
    if status is None:
        status = None if _about_tunnel(kept) else read_status(_outside(kept, body))
    if status is None and body is not None:
        status = _status_in_body(body)
    words = None if classify_client_text(kept) else _implied(kept)
    implied = status is None and words is not None
    spoken = "GET"
    if words is not None:
        status = words[0] if implied else status
        spoken, path = words[1], path or words[2]
    method = _REQUEST_LINE.search(kept)
    response = None
    if status is not None or headers or body is not None:
        response = Response(status=status, headers=headers, body=body, status_implied=implied)
    request = Request(
        method=method.group(1).upper() if method else spoken,
        base=base,
        path=path,
        auth=scheme or "unknown",
        headers={},
    )
    exchange = Exchange(
        id="pasted",
        probe="pasted message",
        deployment=_deployment(kept, base),
        request=request,
        response=response,
        client_error=kept.strip() or None,
    )
    return Evidence(exchanges=(exchange,))


def _scheme(text: str) -> str | None:
    found = _AUTH_LINE.search(text)
    if found and found.group(2) and not found.group(1).lower().startswith("proxy"):
        return {"token": "malformed"}.get(found.group(2).lower(), found.group(2).lower())
    if re.search(r"\bBearer\b", text):
        return "bearer"
    if re.search(r"(?:^|\s)(?:-u|--user)\s", text) or re.search(r"\bbasic auth", text, re.IGNORECASE):
        return "basic"
    return None


def _without_credentials(text: str) -> str:
    kept = _AUTH_LINE.sub(lambda m: f"{m.group(1)}{m.group(2) or ''} …", text)
    kept = _CREDENTIALS[0].sub(r"\1", kept)
    kept = _CREDENTIALS[1].sub(r"\1…", kept)
    kept = _CREDENTIALS[2].sub(r"\1…", kept)
    return _CREDENTIALS[3].sub(r"\1 …", kept)


def _address(text: str) -> tuple[str, str]:
    """Base and path of the request: the first address that is not Atlassian's documentation."""
    for found in _URL.finditer(text):
        url = found.group(0).rstrip(".;:")
        host = host_of(url)
        if not host or host in (
            "developer.atlassian.com",
            "confluence.atlassian.com",
            "support.atlassian.com",
            "id.atlassian.com",
        ):
            continue
        if _is_location(text, found.start()):
            continue
        start = len(url) - len(url.split("://", 1)[1]) + len(url.split("://", 1)[1].split("/", 1)[0])
        base, path = url[:start], url[start:]
        split = path.find("/rest/")
        return (base + path[:split], path[split:]) if split > 0 else (base, path)
    host_named = _HOST_PORT.search(text)
    line = _REQUEST_LINE.search(text)
    path_named = line.group(2) if line and line.group(2).startswith("/") else None
    rest = _REST_PATH.search(text)
    path = path_named or (rest.group(0) if rest else "")
    if host_named:
        port = host_named.group(2)
        scheme = "http" if port in ("80", "8080") else "https"
        return f"{scheme}://{host_named.group(1)}" + (f":{port}" if port not in (None, "80", "443") else ""), path
    return "", path


def _is_location(text: str, start: int) -> bool:
    return (
        re.search(
            r"(?:location|redirect(?:ed)?(?: to)?|href=|login-url=|realm=)\W{0,4}$",
            text[max(0, start - 40) : start],
            re.IGNORECASE,
        )
        is not None
    )


def _headers(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines()[:400]:
        if line.lstrip().startswith(">"):
            continue
        match = _HEADER_LINE.match(line)
        if match and match.group(1).lower() in _KNOWN_HEADERS:
            found.setdefault(match.group(1), match.group(2)[:2000])
    if "Location" not in found:
        inline = re.search(r"\blocation['\"]?\s*[:=]\s*['\"]?(https?://[^\s'\",}]+|/[^\s'\",}]+)", text, re.IGNORECASE)
        if inline:
            found["Location"] = inline.group(1)
    for name in ("X-Seraph-LoginReason", "X-Authentication-Denied-Reason"):
        inline = re.search(name + r"['\"]?\s*[:=]\s*['\"]?([A-Za-z_]+)", text, re.IGNORECASE)
        if inline and not any(key.lower() == name.lower() for key in found):
            found[name] = inline.group(1)
    return found


def _body(text: str) -> str | None:
    """The JSON or HTML that stands in the text, or None."""
    decoder = json.JSONDecoder()
    for found in list(re.finditer(r"\{\s*\"", text))[:20]:
        try:
            _, end = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            continue
        return text[found.start() : end]
    page = re.search(r"<!doctype html|<html|<\?xml", text, re.IGNORECASE)
    return text[page.start() :] if page else None


def _outside(text: str, body: str | None) -> str:
    return text.replace(body, " ", 1) if body else text


def _status_in_body(body: str) -> int | None:
    found = re.search(
        r"\"(?:status-code|statusCode|status|code)\"\s*:\s*([1-5]\d\d)\b|<status-code>(\d{3})<|HTTP Status (\d{3})",
        body,
    )
    return int(next(group for group in found.groups() if group)) if found else None


_WORDS: tuple[tuple[str, int, str, str], ...] = (
    ("permission to create versions", 404, "POST", "/rest/api/2/version"),
    ("administrator rights in order to", 400, "PUT", "/rest/api/2/version/0"),
    ("no project could be found", 404, "GET", "/rest/api/2/project/X"),
    ("does not exist for the field 'project'", 400, "GET", "/rest/api/2/search"),
    ("viewed by anonymous users", 400, "GET", "/rest/api/2/search"),
    ("issue does not exist", 404, "GET", "/rest/api/2/issue/X-1"),
    ("permission to create issues", 400, "POST", "/rest/api/2/issue"),
    ("permission to delete issues", 401, "DELETE", "/rest/api/2/issue/X-1"),
    ("permission to edit issues", 403, "PUT", "/rest/api/2/issue/X-1"),
    ("permission to create webhook", 403, "POST", "/rest/webhooks/1.0/webhook"),
    ("is not on the appropriate screen", 400, "POST", "/rest/api/2/issue"),
    ("version with this name already exists", 400, "POST", "/rest/api/2/version"),
    ("cannot edit the configuration of this project", 403, "POST", "/rest/api/2/component"),
    ("only jira administrators", 403, "GET", ""),
    ("xsrf check failed", 403, "POST", ""),
    ("basic authentication has been disabled", 403, "GET", ""),
    ("basic authentication with passwords is deprecated", 401, "GET", ""),
    ("basic auth with password is not allowed", 401, "GET", ""),
    ("basic authentication failure", 401, "GET", ""),
    ("authentication_denied", 403, "GET", ""),
    ("captcha_challenge", 403, "GET", ""),
    ("client must be authenticated", 401, "GET", "/rest/api/3/myself"),
    ("failed to parse connect session auth token", 403, "GET", ""),
    ("asap token from issuer", 403, "GET", ""),
    ("scope does not match", 401, "GET", ""),
    ("requested api has been removed", 410, "GET", "/rest/api/3/search"),
    ("gdpr strict mode", 400, "GET", ""),
    ("refresh_token is invalid", 403, "POST", "/oauth/token"),
    ("invalid refresh token", 403, "POST", "/oauth/token"),
    ("expiration timestamp too far", 400, "POST", "/oauth/token"),
    ("ip address has been rejected", 403, "GET", ""),
    ("rate limit exceeded", 429, "GET", ""),
    ("has been rate-limited", 429, "GET", ""),
    ("plain http request was sent to https port", 400, "GET", ""),
    ("rest api is disabled", 503, "GET", ""),
    ("could not be satisfied", 403, "GET", ""),
    ("requested url was rejected", 403, "GET", ""),
    ("null for uri", 404, "GET", ""),
    ("project is required", 400, "POST", "/rest/api/2/issue"),
    ("too many requests", 429, "GET", ""),
    ("bad gateway", 502, "GET", ""),
    ("service unavailable", 503, "GET", ""),
    ("gateway time", 504, "GET", ""),
)
"""Jira's own sentences: with which status they come, and to which question."""


def _implied(text: str) -> tuple[int, str, str] | None:
    low = text.lower()
    for words, status, method, path in _WORDS:
        if words in low:
            return status, method, path
    return None


def _about_tunnel(text: str) -> bool:
    failure = classify_client_text(text)
    return failure is not None and failure.kind in ("proxy-tunnel", "proxy-login")


def _deployment(text: str, base: str) -> str | None:
    host = host_of(base)
    if (host and is_cloud_host(host)) or ".atlassian.net" in text.lower() or "api.atlassian.com" in text.lower():
        return "cloud"
    if _SELF_HOSTED_WORDS.search(text):
        return "dc"
    return None
