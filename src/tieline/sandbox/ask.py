"""A request as the routes see it, and an answer before it becomes bytes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .model import Json

Api = Literal["2", "3"]
Login = Literal["none", "ok", "failed", "denied"]


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, as far as Jira could tell. `account` None: anonymous."""

    account: str | None = None
    login: Login = "none"


@dataclass(frozen=True, kw_only=True)
class Upload:
    filename: str
    mime: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request. `query` holds the first value of each parameter, `many` all of them."""

    method: str
    path: str
    api: Api
    caller: Caller
    query: Mapping[str, str] = field(default_factory=dict)
    many: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    form: Mapping[str, str] = field(default_factory=dict)
    form_many: Mapping[str, list[str]] = field(default_factory=dict)
    files: tuple[Upload, ...] = ()
    path_values: Mapping[str, str] = field(default_factory=dict)

    @property
    def account(self) -> str:
        """The account of a caller that is known to be logged in."""
        assert self.caller.account is not None
        return self.caller.account

    def parse_payload(self) -> Any:
        """The JSON body; None for an empty one. Raises ValueError for text that is not JSON."""
        return json.loads(self.body) if self.body.strip() else None

    def number(self, name: str, default: int, *, low: int = 0, high: int = 10**9) -> int:
        try:
            return max(low, min(high, int(self.query.get(name, default))))
        except ValueError:
            return default

    def expands(self, name: str) -> bool:
        return name in ",".join(self.many.get("expand", [])).replace(" ", "").split(",")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Status, JSON payload or raw bytes, headers."""

    status: int = 200
    payload: Any = None
    raw: bytes | None = None
    content_type: str = "application/json;charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()

    def with_headers(self, *more: tuple[str, str]) -> "Answer":
        return replace(self, headers=(*self.headers, *more))

    def render_body(self) -> bytes:
        if self.raw is not None:
            return self.raw
        if self.payload is None:
            return b""
        return json.dumps(self.payload, ensure_ascii=False, separators=(",", ":")).encode()


def refuse(status: int, *messages: str, **errors: str) -> Answer:
    """Jira's usual envelope for a refusal."""
    return Answer(status=status, payload={"errorMessages": list(messages), "errors": errors})


def refuse_fields(errors: Json, *messages: str, status: int = 400) -> Answer:
    return Answer(status=status, payload={"errorMessages": list(messages), "errors": errors})


def page(status: int, html: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status=status, raw=html.encode(), content_type="text/html;charset=UTF-8", headers=headers)


def no_content() -> Answer:
    return Answer(status=204)


def client_must_be_authenticated(accept: str) -> Answer:
    """The 401 of a resource that takes no anonymous caller; its form follows the Accept header."""
    text = "Client must be authenticated to access this resource."
    if "application/json" in accept:
        return Answer(status=401, payload={"message": text, "status-code": 401})
    if "xml" in accept and "html" not in accept:
        body = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
            f"<status><status-code>401</status-code><message>{text}</message></status>"
        )
        return Answer(status=401, raw=body.encode(), content_type="application/xml;charset=UTF-8")
    return Answer(status=401, raw=text.encode(), content_type="text/html;charset=UTF-8")
