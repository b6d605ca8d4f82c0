"""Pasted addresses and secrets, repaired where the repair is certain. Each repair is one sentence, to be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from tieline.diagnosis.hosts import is_cloud_host, is_cloud_site

_QUOTES = "\"'`“”‘’«»<>"
_ISSUE = re.compile(r"/browse/([A-Za-z][A-Za-z0-9_]+)(?:-\d+)?(?:/|$)")
_PROJECT = re.compile(r"/projects?/([A-Za-z][A-Za-z0-9_]+)(?:/|$)")
_PAGE = re.compile(
    r"/(?:browse|projects|secure|issues|login\.jsp|plugins|servicedesk|rest|dashboard|default\.jsp|welcome)(?:/|$|\?)",
    re.IGNORECASE,
)
_CLOUD_PAGE = re.compile(
    r"/(?:browse|projects|secure|issues|jira/\w+|login|plugins|servicedesk|rest|wiki|people|o)(?:/|$|\?)", re.IGNORECASE
)
_SCHEME_TYPO = re.compile(r"^(https?)(?::/+|//+|;//|:\\\\)?(?=[\w\[])", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class AddressRepair:
    """``url`` is scheme, host, port and context path, without a slash at the end. ``repairs`` says what was done,
    ``project_key`` is the key found in a pasted link. An address that cannot be read is given back as it came, with
    ``readable`` False."""

    url: str
    repairs: tuple[str, ...] = ()
    project_key: str | None = None
    readable: bool = True


@dataclass(frozen=True, kw_only=True)
class SecretRepair:
    """The secret as it should be sent, and what was done to it. ``as_bearer``: it was pasted with that word."""

    secret: str
    repairs: tuple[str, ...] = ()
    as_bearer: bool = False

    def __repr__(self) -> str:
        return f"SecretRepair(secret=…, repairs={self.repairs!r}, as_bearer={self.as_bearer!r})"


def repair_address(text: str) -> AddressRepair:
    """The base address that a pasted text means. Nothing is asked of the network."""
    repairs: list[str] = []
    address = text.strip()
    bare = address.strip(_QUOTES + " \t\r\n\u00a0\u200b\ufeff")
    if bare != text:
        repairs.append("Blanks or quotes around the address were removed.")
    bare = re.sub(r"\s+", "", bare) if "\n" in bare or "\r" in bare else bare
    doubled = re.match(r"^(?:https?://)+(?=https?://)", bare, re.IGNORECASE)
    if doubled:
        bare = bare[doubled.end() :]
        repairs.append("The scheme stood there twice.")
    if not re.match(r"^[a-z][a-z0-9+.-]*://", bare, re.IGNORECASE):
        fixed = (
            _SCHEME_TYPO.sub(lambda m: f"{m.group(1).lower()}://", bare)
            if re.match(r"^https?[:/;]", bare, re.IGNORECASE)
            else f"https://{bare}"
        )
        repairs.append("https:// was put in front." if fixed.endswith(bare) else "The scheme was written properly.")
        bare = fixed
    try:
        parts = urlsplit(bare)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return AddressRepair(url=text.strip(), repairs=(), readable=False)
    if not host or parts.scheme.lower() not in ("http", "https") or " " in host or not _host_readable(host):
        return AddressRepair(url=text.strip(), repairs=(), readable=False)
    if parts.username or parts.password:
        repairs.append("The user and password in the address were left out; they have fields of their own.")
    key = _project_key(parts.path, parts.query)
    path, page = _context_path(parts.path, cloud=is_cloud_site(host))
    if page:
        repairs.append("The link to a page was cut down to the address of Jira.")
    elif parts.query or parts.fragment:
        repairs.append("What stood after the path was left out.")
    elif parts.path.endswith("/") and parts.path.strip("/") == path.strip("/"):
        repairs.append("The slash at the end was removed.")
    elif parts.path.rstrip("/") != path:
        repairs.append("Cloud sites have no path of their own; it was removed.")
    scheme = parts.scheme.lower()
    if is_cloud_host(host) and scheme == "http":
        scheme = "https"
        repairs.append("Cloud answers on https only.")
    shown_port = "" if port is None or (scheme, port) in (("https", 443), ("http", 80)) else f":{port}"
    name = f"[{host}]" if ":" in host else host
    return AddressRepair(url=f"{scheme}://{name}{shown_port}{path}", repairs=tuple(repairs), project_key=key)


def _host_readable(host: str) -> bool:
    return bool(re.match(r"^[\w.:%-]+$", host)) and not host.startswith((".", "-")) and ".." not in host


def _context_path(path: str, *, cloud: bool) -> tuple[str, bool]:
    """The part of a path that belongs to Jira's base address, and whether a page was cut off."""
    page = (_CLOUD_PAGE if cloud else _PAGE).search(path)
    kept = path[: page.start()] if page else path
    kept = "/" + "/".join(piece for piece in kept.split("/") if piece)
    kept = "" if kept == "/" else kept
    if cloud:
        kept = ""
    return kept, page is not None


def _project_key(path: str, query: str) -> str | None:
    for pattern in (_ISSUE, _PROJECT):
        found = pattern.search(path)
        if found:
            return found.group(1).upper()
    asked = parse_qs(query)
    for name in ("selectedIssue", "projectKey", "key"):
        value = asked.get(name, [""])[0]
        found = re.match(r"^([A-Za-z][A-Za-z0-9_]+)(?:-\d+)?$", value)
        if found:
            return found.group(1).upper()
    jql = asked.get("jql", [""])[0]
    found = re.search(r"\bproject\s*=\s*[\"']?([A-Za-z][A-Za-z0-9_]+)", jql, re.IGNORECASE)
    return found.group(1).upper() if found else None


def repair_secret(text: str) -> SecretRepair:
    """A pasted token or password without what belongs around it. Inner blanks stay: passwords may hold them."""
    repairs: list[str] = []
    secret = text.strip(" \t\r\n\u00a0\u200b\ufeff")
    if secret != text:
        repairs.append("Blanks or line breaks around the secret were removed.")
    header = re.match(r"^authorization:\s*", secret, re.IGNORECASE)
    if header:
        secret = secret[header.end() :]
        repairs.append("The name of the header was removed.")
    word = re.match(r"^(bearer|token)\s+(?=\S{8,}$)", secret, re.IGNORECASE)
    as_bearer = word is not None and word.group(1).lower() == "bearer"
    if word:
        secret = secret[word.end() :]
        repairs.append(f"The word {word.group(1)} was removed.")
    if len(secret) > 2 and secret[0] in _QUOTES and secret[-1] in _QUOTES:
        secret = secret[1:-1].strip()
        repairs.append("Quotes around the secret were removed.")
    if re.search(r"[\r\n]", secret):
        secret = re.sub(r"\s*[\r\n]+\s*", "", secret)
        repairs.append("Line breaks inside the secret were removed.")
    return SecretRepair(secret=secret, repairs=tuple(repairs), as_bearer=as_bearer)


def repair_account(text: str) -> tuple[str, tuple[str, ...]]:
    """A pasted e-mail address or user name without ``mailto:``, blanks and quotes."""
    account = text.strip(_QUOTES + " \t\r\n\u00a0\u200b\ufeff")
    if account.lower().startswith("mailto:"):
        account = account[7:]
    return account, () if account == text else ("What stood around the account was removed.",)
