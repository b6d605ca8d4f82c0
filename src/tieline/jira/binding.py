"""Which credential goes where: the secret is bound to the origin of its connection, checked at each sending."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

import httpx2

from tieline.diagnosis.evidence import Failure, Stage
from tieline.jira.options import DoorOptions
from tieline.jira.wire import parse_target
from tieline.sync.remote import AuthUse

GATEWAY = "https://api.atlassian.com"
_GATEWAY_ORIGIN = ("https", "api.atlassian.com", 443)
_GATEWAY_PATH = "/ex/jira/"
_MADE_UP = ("nobody@tieline.invalid", "made-up-on-purpose")
TENANT_PATH = "/_edge/tenant_info"


@dataclass(frozen=True, kw_only=True)
class Credential:
    """What is attached to one request. ``header`` is the secret itself and goes nowhere but onto the wire."""

    header: str | None
    kind: str
    account: str | None = None
    secret_shape: str | None = None


NO_CREDENTIAL = Credential(header=None, kind="none")


class Binding:
    """Decides, for each request as it leaves, whether it may carry the credential."""

    def __init__(self, options: DoorOptions) -> None:
        self._options = options
        own, _ = parse_target(options.base_url)
        self._origin = None if own is None else origin_of(own)
        self._cloud_id = options.cloud_id or _cloud_id_of(options.api_base)

    def credential_for(self, use: AuthUse, url: httpx2.URL) -> tuple[Credential, Failure | None]:
        """The credential for a request to ``url``: none for any origin but the bound one and the own gateway."""
        kind = {
            AuthUse.OWN: self._options.auth,
            AuthUse.AS_BEARER: "bearer",
            AuthUse.AS_BASIC: "basic",
            AuthUse.MADE_UP: "basic",
            AuthUse.NONE: "none",
        }[use]
        if kind not in {"basic", "bearer"} or not self.is_bound(url):
            return NO_CREDENTIAL, None
        if use is AuthUse.MADE_UP:
            if self._options.deployment in {"dc", "server"}:
                # There it counts as a wrong try, and the third one locks an account.
                return NO_CREDENTIAL, None
            return Credential(header=_basic(*_MADE_UP), kind="basic", account=_MADE_UP[0]), None
        text, shape = self._options.secret.reveal(), self._options.secret.shape
        if kind == "basic":
            account = self._options.account
            return Credential(header=_basic(account, text), kind="basic", account=account, secret_shape=shape), None
        if not (text.isascii() and text.isprintable()):
            detail = "The token holds a line break or a character that no header can carry"
            failure = Failure(stage=Stage.SETTINGS, kind="malformed-header", detail=detail)
            return Credential(header=None, kind="bearer", secret_shape=shape), failure
        return Credential(header=f"Bearer {text}", kind="bearer", secret_shape=shape), None

    def is_bound(self, url: httpx2.URL) -> bool:
        """Is this the connection's own origin, or the Cloud gateway under the connection's own ``cloudId``?"""
        if origin_of(url) == self._origin:
            return True
        if origin_of(url) != _GATEWAY_ORIGIN or not self._cloud_id:
            return False
        segments = url.path.split("/")
        return segments[:4] == ["", "ex", "jira", self._cloud_id] and not {"..", "."} & set(segments)

    def learn_cloud_id(self, url: httpx2.URL, body: bytes) -> None:
        """A Cloud site tells its own ``cloudId`` at ``/_edge/tenant_info``; for that one the gateway is this
        connection's."""
        if self._cloud_id or origin_of(url) != self._origin or url.path != TENANT_PATH:
            return
        try:
            facts = json.loads(body)
        except (ValueError, RecursionError):
            return
        found = facts.get("cloudId") if isinstance(facts, dict) else None
        if isinstance(found, str) and _is_plain_id(found):
            self._cloud_id = found


def origin_of(url: httpx2.URL) -> tuple[str, str, int]:
    """Scheme, host as it is dialled, and port."""
    host = url.raw_host.decode("ascii").lower().removesuffix(".")
    return url.scheme, host, url.port or {"https": 443, "http": 80}.get(url.scheme, 0)


def _cloud_id_of(api_base: str) -> str | None:
    if not api_base.startswith(f"{GATEWAY}{_GATEWAY_PATH}"):
        return None
    found = api_base.removeprefix(f"{GATEWAY}{_GATEWAY_PATH}").split("/")[0]
    return found if _is_plain_id(found) else None


def _is_plain_id(text: str) -> bool:
    return 0 < len(text) <= 64 and text.isascii() and text.replace("-", "").isalnum()


def _basic(account: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{account}:{secret}".encode("utf-8", "surrogatepass")).decode("ascii")
