"""A secret that does not show itself, and what it looks like from outside."""

from __future__ import annotations

import base64
import binascii
import re

_PLACEHOLDER = re.compile(
    r"\$\{.*\}|\{\{.*\}\}|%[A-Z_]+%|<[^<>]+>|\$[A-Z_]+|(your|my)[-_ ]?(api)?[-_ ]?token|changeme|x{4,}",
    re.IGNORECASE,
)
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
_DC_TOKEN = re.compile(r"[A-Za-z0-9+/]{44}")
_CLASSIC = re.compile(r"[A-Za-z0-9]{24}")


class Secret:
    """A password or token. ``reveal()`` is the only way to its text: ``repr``, ``str`` and formatting show nothing."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    @property
    def shape(self) -> str:
        """What it looks like, in the words of ``Request.secret_shape``."""
        return shape_of(self._text)

    def __repr__(self) -> str:
        return "Secret(…)"

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("A secret is not pickled.")


def shape_of(text: str) -> str:
    """Tell what a secret looks like without telling it; see ``Request.secret_shape`` for the words."""
    if not text:
        return "empty"
    if text != text.strip() or (len(text) > 1 and text[0] == text[-1] and text[0] in "\"'`"):
        return "padded"
    if _PLACEHOLDER.fullmatch(text):
        return "placeholder"
    if text.startswith("ATATT"):
        return "atatt"
    if _JWT.fullmatch(text):
        return "jwt"
    if _DC_TOKEN.fullmatch(text) and _holds_dc_token(text):
        return "pat"
    if _is_pair(text):
        return "base64-pair"
    if _CLASSIC.fullmatch(text) and re.search(r"\d", text) and re.search(r"[A-Z]", text):
        return "cloud-classic"
    return "password-like"


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _holds_dc_token(text: str) -> bool:
    """A Data Center token is Base64 of a numeric id, a colon and 20 random bytes."""
    number, colon, rest = _decode(text).partition(b":")
    return bool(colon) and number.isdigit() and len(rest) > 8


def _is_pair(text: str) -> bool:
    raw = _decode(text)
    user, colon, _ = raw.partition(b":")
    return len(raw) >= 8 and bool(colon) and bool(user) and raw.isascii() and raw.decode("ascii").isprintable()
