"""What looks like a secret in a text, by its own shape or by the name it stands behind.

Names are found by plain search, and what follows each is matched at that place only: a body of a megabyte costs
little, and no hostile text makes it slow.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass

REMOVED = "[removed]"

_NAMES = (
    "password", "passwd", "passphrase", "secret", "token", "api_key", "api-key", "apikey", "credential", "signature",
    "assertion", "samlrequest", "samlresponse", "relaystate", "authorization", "jsessionid", "private_key",
    "access_code", "auth_code",
)  # fmt: skip
"""Ends of names whose values are secret; what stands before them (``access_``, ``os_``) does not matter."""
_WHOLE_NAMES = ("pwd", "jwt", "sig")
_SCHEMES = ("bearer", "token", "jwt")
_NO_VALUE = r"(?!null\b|true\b|false\b|\d{1,3}\b|\[removed\])"

_AFTER_NAME = tuple(
    re.compile(text)
    for text in (
        # "name": "value" in JSON
        r"[\"']\s{0,9}:\s{0,9}(?:\"(?P<a>(?:[^\"\\]|\\.)*)|'(?P<b>(?:[^'\\]|\\.)*)|(?P<c>\d{4,}))",
        # the same inside a JSON text
        r"\\[\"']\s{0,9}:\s{0,9}\\[\"'](?P<a>(?:\\\\\\.|(?!\\[\"'])[^\n])*)",
        # name="…" value="…" of an input, content="…" of a meta element
        r"[\"'][^<>\"']{0,60}(?:[\"'][^<>\"']{0,60}[\"'][^<>\"']{0,60})?\b(?:value|content)\s?=\s?"
        r"(?:\"(?P<a>[^\"]*)|'(?P<b>[^']*))",
        # name=value in queries, forms, cookies and messages, "=" also as %3D
        rf"(?:\s?=\s?[\"']?|%3[Dd]){_NO_VALUE}(?P<a>[^\s&;,\"'<>)\]}}]+)",
        # name: value in running text, where the value does not look like a word
        r"[ \t]{0,5}:[ \t]{0,5}(?=[^\s,;]{0,200}\d)(?P<a>[^\s,;\"'<>]{8,})",
    )
)
_AFTER_SCHEME = re.compile(r"(?:\s{1,5}|%20|\+)(?=[\w.~+/%-]{0,200}\d)(?P<a>[\w.~+/%-]{16,}=*)")
_HEADER_LINE = re.compile(rf"[ \t]{{0,5}}:[ \t]{{0,5}}{_NO_VALUE}(?P<a>\S.*)")
_LINE_START = re.compile(r"(?:^|\n)[\w.-]{0,40}$")
_INPUT_NAME = re.compile(r"\bname\s?=\s?[\"'][\w.-]{0,40}$")
_INPUT_VALUE = re.compile(r"\bvalue\s?=\s?[\"']([^\"'<>]+)[\"']")
_LONGEST_TAG = 4000


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """A search that is made only where ``needle`` (lower case) is in the text."""

    needle: str
    search: re.Pattern[str]
    put: str = REMOVED


_SHAPES = (
    _Shape(
        needle="private key",
        search=re.compile(
            r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)", re.DOTALL
        ),
    ),
    _Shape(needle="tt3", search=re.compile(r"AT[A-Z]TT3[A-Za-z0-9_\-]{10,}=?[A-Za-z0-9]*")),
    _Shape(needle="atoa", search=re.compile(r"\bATOA[A-Za-z0-9_\-]{16,}")),
    _Shape(needle="eyj", search=re.compile(r"(?<![\w-])eyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)?")),
    _Shape(needle="://", search=re.compile(r"://[^\s/@\"'<>]{1,500}@"), put=f"://{REMOVED}@"),
    _Shape(
        needle="%3a%2f%2f",
        search=re.compile(r"(?i)(%3A%2F%2F)[^\s/@\"'<>&]{1,200}?(%40)"),
        put=rf"\1{REMOVED}\2",
    ),
    *(
        _Shape(
            needle=f"{name}=",
            search=re.compile(rf"(?i)([?&#;]{name}=)[^\s&;,\"'<>]+"),
            put=rf"\1{REMOVED}",
        )
        for name in ("code", "state", "nonce", "key", "session")
    ),
)
_BASIC = re.compile(r"(?i)\b(basic)(\s{1,5}|%20|\+)([A-Za-z0-9+/=_-]{8,})")


def scrub_patterns(text: str) -> str:
    """The text without what looks like a secret. What is not one stays: ``Basic Authentication Failure`` is words."""
    lowered = _lower(text)
    if "basic" in lowered:
        text = _BASIC.sub(_hide_pair, text)
        lowered = _lower(text)
    spans = sorted(_named_values(text, lowered))
    text = _without(text, spans) if spans else text
    for shape in _SHAPES:
        if shape.needle in lowered:
            text = shape.search.sub(shape.put, text)
    return text


def _lower(text: str) -> str:
    """Lower case, letter for letter: the one letter that becomes two is replaced first."""
    return text.replace("\u0130", "I").lower()


def _named_values(text: str, lowered: str) -> Iterator[tuple[int, int]]:
    """Where the values of secret names stand. A name inside a value that was found is not looked at again."""
    for name in (*_NAMES, *_WHOLE_NAMES):
        done = 0
        for start in _places(lowered, name):
            if start < done or (name in _WHOLE_NAMES and start > 0 and lowered[start - 1].isalpha()):
                continue
            span = _value_at(text, start, start + len(name))
            if span is not None:
                done = span[1]
                yield span
    for name in _SCHEMES:
        done = 0
        for start in _places(lowered, name):
            if start < done or (start > 0 and (lowered[start - 1].isalnum() or lowered[start - 1] == "_")):
                continue
            found = _AFTER_SCHEME.match(text, start + len(name))
            if found is not None:
                done = found.end()
                yield found.span("a")


def _places(text: str, needle: str) -> Iterator[int]:
    start = text.find(needle)
    while start >= 0:
        yield start
        start = text.find(needle, start + len(needle))


def _value_at(text: str, start: int, end: int) -> tuple[int, int] | None:
    for pattern in _AFTER_NAME:
        found = pattern.match(text, end)
        if found is not None:
            return found.span(found.lastgroup or 0)
    if _LINE_START.search(text[max(0, start - 41) : start]):
        line = _HEADER_LINE.match(text, end)
        if line is not None:
            return line.span("a")
    if _INPUT_NAME.search(text[max(0, start - 60) : start]):
        tag = text.rfind("<", max(0, start - _LONGEST_TAG), start)
        value = _INPUT_VALUE.search(text, tag, start) if tag >= 0 else None
        return None if value is None else value.span(1)
    return None


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in spans:
        if end <= done or start == end:
            continue
        parts += (text[done : max(start, done)], REMOVED if start >= done else "")
        done = end
    return "".join((*parts, text[done:]))


def _hide_pair(match: re.Match[str]) -> str:
    """``Basic`` is also an English word: only what decodes to a pair is one."""
    text = match.group(3).rstrip("=")
    if len(text) % 4 == 1:
        return match.group(0)
    raw = base64.urlsafe_b64decode((text + "=" * (-len(text) % 4)).replace("+", "-").replace("/", "_"))
    return f"{match.group(1)}{match.group(2)}{REMOVED}" if b":" in raw else match.group(0)
