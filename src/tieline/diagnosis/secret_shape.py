"""What a secret looks like, without keeping it. Only the name of the shape leaves this module."""

from __future__ import annotations

import base64
import binascii
import re

_PLACEHOLDER = re.compile(
    r"^\$|\$\{|\{\{|^<.*>$|^%\w+%$|^(?:your|my|the)?[-_ ]?(?:api)?[-_ ]?(?:token|password|secret|pat)(?:[-_ ]here)?$|^x{4,}$|^\*+$|^changeme$",
    re.IGNORECASE,
)
_JWT = re.compile(r"^[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}$")
_CLASSIC = re.compile(r"^[A-Za-z0-9]{24}$")
_PAT = re.compile(r"^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9+/]{32,64}={0,2}$")
_QUOTES = "\"'`“”‘’«»"


def classify_secret(secret: str) -> str:
    """One of the shapes listed at :class:`tieline.diagnosis.evidence.Request`; ``password-like`` for all else."""
    if not secret.strip():
        return "empty"
    if secret != secret.strip() or secret[0] in _QUOTES or secret[-1] in _QUOTES or "\n" in secret or "\r" in secret:
        return "padded"
    if secret.lower().startswith(("bearer ", "basic ", "token ")):
        return "padded"
    if _PLACEHOLDER.search(secret):
        return "placeholder"
    if secret.startswith(("ATATT", "ATSTT", "ATCTT")):
        return "atatt"
    if _JWT.match(secret):
        return "jwt"
    if _PAT.match(secret):
        return "base64-pair" if _is_pair(secret) else "pat"
    if _CLASSIC.match(secret) and any(c.isdigit() for c in secret) and any(c.isalpha() for c in secret):
        return "cloud-classic"
    return "base64-pair" if len(secret) % 4 == 0 and len(secret) >= 12 and _is_pair(secret) else "password-like"


def _is_pair(secret: str) -> bool:
    """Base64 of ``user:password`` in plain letters. A personal access token decodes to digits, a colon and noise."""
    try:
        text = base64.b64decode(secret, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return False
    user, colon, rest = text.partition(":")
    return bool(colon and user and rest) and text.isprintable() and not user.isdigit()
