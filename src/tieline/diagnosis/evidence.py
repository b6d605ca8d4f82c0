"""Evidence: what was asked of Jira and what came back. Every call yields an Exchange, never a bare exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Stage(StrEnum):
    """How far a request came before it failed without an HTTP answer."""

    SETTINGS = "settings"
    RESOLVE = "resolve"
    GUARD = "guard"
    """Refused by our own outgoing guard; nothing was sent."""
    CONNECT = "connect"
    TLS = "tls"
    SEND = "send"
    READ = "read"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why no (complete) HTTP answer came.

    ``kind`` is one of the words below, ``detail`` the library's or system's own text.

    resolve: ``not-found``, ``temporary``, ``timeout`` · guard: ``private-address``, ``metadata-address``,
    ``not-allowed`` · connect: ``refused``, ``timeout``, ``unreachable``, ``reset`` ·
    ``proxy-tunnel`` (a forward proxy refused to connect), ``proxy-login``, ``proxy-unreachable`` (no connection to it) ·
    tls: ``untrusted-ca``, ``missing-intermediate``, ``self-signed``, ``expired``, ``not-yet-valid``,
    ``hostname-mismatch``, ``handshake``, ``not-tls`` (plain HTTP on that port), ``protocol``,
    ``client-certificate`` ·
    send/read: ``timeout``, ``reset``, ``closed``, ``not-http``, ``too-slow``, ``headers-too-large``,
    ``too-large``, ``bad-encoding`` (a body that does not unpack) ·
    settings: ``malformed-address``, ``malformed-header``, ``malformed-certificate`` (a file of the connection),
    ``malformed-proxy``.
    """

    stage: Stage
    kind: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What the server presented, told also when it was refused. Times are ISO 8601 UTC."""

    subject: str
    issuer: str
    names: tuple[str, ...] = ()
    not_before: str | None = None
    not_after: str | None = None
    self_signed: bool = False
    chain_length: int | None = None


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked. No secret ever stands here: ``auth`` names only the kind.

    ``auth``: ``none``, ``basic``, ``bearer``, ``jwt``, ``jwt-query``, ``cookie-session``, ``oauth1``, ``oauth2``,
    ``connect-user``, ``token`` (scheme not told), ``malformed``, ``unknown`` …; ``account`` is the user name sent
    with Basic, when known. ``base`` is the address without the path (``https://acme.atlassian.net``, context path
    included), ``path`` starts with ``/`` and carries the query. ``secret_shape`` says what the secret looks like
    without telling it: ``empty``, ``atatt`` (new Cloud token), ``cloud-classic``, ``pat`` (Data Center token shape),
    ``jwt``, ``base64-pair`` (user and password, encoded by hand), ``scoped`` (declared so by its owner),
    ``placeholder``, ``padded`` (blanks or quotes around it), ``password-like``.
    """

    method: str = "GET"
    base: str = ""
    path: str = ""
    auth: str = "none"
    account: str | None = None
    secret_shape: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None


@dataclass(frozen=True, kw_only=True)
class Response:
    """What came back. Header names are kept as sent; ``header()`` ignores case.

    ``body`` is text, cut (``body_elided`` then True) and redacted. ``status`` is None in recorded
    evidence whose status was not quoted; ``status_implied`` when somebody concluded it and nobody read it.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    body_elided: bool = False
    status_implied: bool = False

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        for key, value in self.headers.items():
            if key.lower() == wanted:
                return value
        return None


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One question to Jira and what became of it: an answer, or a failure, or (in recorded text) a client's message.

    ``probe`` names the question in people's words (``who am I``). ``addresses`` are the IP addresses the name
    resolved to, ``elapsed_ms`` how long it took, ``client_error`` another tool's own message when that is all that
    is known. ``json`` parses the body on demand in :mod:`tieline.diagnosis.reading`.
    """

    id: str = ""
    probe: str = ""
    deployment: str | None = None
    """``cloud``, ``dc``, ``server``, ``connect`` or None when not known yet."""
    request: Request = field(default_factory=Request)
    response: Response | None = None
    failure: Failure | None = None
    client_error: str | None = None
    addresses: tuple[str, ...] = ()
    certificate: Certificate | None = None
    elapsed_ms: int | None = None
    at: str = ""
    """ISO 8601 UTC."""
    followed_redirect: bool = False
    """Another tool followed a redirect before this answer came. Tieline itself never does."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the person typed, as far as diagnosis may know it."""

    address: str = ""
    account: str = ""
    auth: str = ""
    secret_shape: str | None = None
    project_key: str | None = None
    worked_before: bool = False
    """This connection's credential was accepted earlier, by the stored history."""
    secret_set_at: str | None = None
    visible_projects: tuple[str, ...] = ()
    authority_file: str | None = None
    """Certificates of an authority that this connection trusts besides the system's."""
    client_certificate: str | None = None
    """File of the certificate that this connection shows."""
    proxy: str | None = None
    """Forward proxy of this connection, as ``scheme://host:port``, never with its login."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All that is known about one connection (or one step): settings, exchanges in order, facts found by earlier steps.

    ``facts`` are plain values named by the ladder: ``edition``, ``version``, ``base_url``, ``account_name``,
    ``account_id``, ``project_visible`` (bool), ``permissions`` (dict of key → bool), ``gateway_myself_status`` (int) …
    """

    settings: Settings = field(default_factory=Settings)
    exchanges: tuple[Exchange, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
