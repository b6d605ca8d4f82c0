"""Addresses in running text, and which addresses may become links at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ADDRESS = re.compile(r"(?<![A-Za-z0-9])(?:https?://|ftp://|mailto:)[^\s<>\"\x00-\x1f\x7f]+", re.IGNORECASE)
_TAIL = ".,:;!?'*_~|\\`”’»"
_CLOSERS = {")": "(", "]": "[", "}": "{"}
_UNSAFE = re.compile(r"^[\x00-\x20]*(?:javascript|vbscript|data)[\x00-\x20]*:", re.IGNORECASE)


def split_links(text: str) -> Iterator[tuple[str, str | None]]:
    """Cut text into pieces ``(text, address or None)``; joined, the texts are the whole again.

    Punctuation that ends a sentence, and a bracket that the address did not open, stay outside.
    """
    done = 0
    for found in _ADDRESS.finditer(text):
        address = _trimmed(found.group())
        if not address:
            continue
        if found.start() > done:
            yield text[done : found.start()], None
        yield address, address
        done = found.start() + len(address)
    if done < len(text):
        yield text[done:], None


def _trimmed(address: str) -> str:
    end = len(address)
    surplus = {closer: address.count(closer) - address.count(opener) for closer, opener in _CLOSERS.items()}
    while end:
        last = address[end - 1]
        if last in _TAIL:
            end -= 1
        elif surplus.get(last, 0) > 0:
            surplus[last] -= 1
            end -= 1
        else:
            break
    kept = address[:end]
    return kept if len(kept) > kept.index(":") + 3 or (kept.lower().startswith("mailto:") and "@" in kept) else ""


def is_bare_address(text: str) -> bool:
    """Say whether the whole text is one address that reads as a link by itself."""
    return list(split_links(text)) == [(text, text)]


def may_link(href: str) -> bool:
    """Say whether an address may be a link: everything but what runs a script."""
    return _UNSAFE.match(href) is None
