"""A secret in every spelling, and a search for it through whatever was kept or shown."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import sqlite3
import urllib.parse
import zlib
from collections.abc import Iterator
from pathlib import Path


def spellings(secret: str) -> dict[str, bytes]:
    """Name of the spelling → bytes that must be found nowhere."""
    raw = secret.encode()
    quoted = urllib.parse.quote(secret, safe="")
    found = {
        "raw": raw,
        "url": quoted.encode(),
        "url, lower case": re.sub("%..", lambda one: one.group().lower(), quoted).encode(),
        "url, twice": urllib.parse.quote(quoted, safe="").encode(),
        "form": urllib.parse.quote_plus(secret).encode(),
        "json": json.dumps(secret)[1:-1].encode(),
        "json, twice": json.dumps(json.dumps(secret))[3:-3].encode(),
        "html": html.escape(secret).encode(),
        "hex": raw.hex().encode(),
        "hex, capitals": raw.hex().upper().encode(),
        "reversed": raw[::-1],
        "utf-16": secret.encode("utf-16-le"),
    }
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode()
        # What depends on the secret alone: without the letters that neighbours have a part in.
        stable = encoded[(0, 2, 3)[offset] :].rstrip("=")[:-1]
        found[f"base64 at {offset}"] = stable.encode()
        found[f"base64, url-safe, at {offset}"] = stable.replace("+", "-").replace("/", "_").encode()
    return found


def find(secret: str, text: bytes) -> list[str]:
    """The spellings of ``secret`` that stand in ``text``."""
    return [name for name, form in spellings(secret).items() if form in text]


def unpacked(value: object) -> Iterator[bytes]:
    """A stored value, and what is in it when it is packed: gzip, zlib, or a signed and compressed session."""
    raw = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
    yield raw
    for open_it in (gzip.decompress, zlib.decompress, _session, _base64):
        try:
            yield open_it(raw)
        except (ValueError, OSError, EOFError, zlib.error):
            continue


def _session(raw: bytes) -> bytes:
    packed = raw.split(b":")[0]
    body = base64.urlsafe_b64decode(packed.lstrip(b".") + b"=" * (-len(packed.lstrip(b".")) % 4))
    return zlib.decompress(body) if packed.startswith(b".") else body


def _base64(raw: bytes) -> bytes:
    return base64.b64decode(raw, validate=True) if len(raw) > 16 else b""


def rows_of(file: Path) -> Iterator[tuple[str, object]]:
    """Every value of an SQLite file with its table and column."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as base:
        base.text_factory = bytes
        tables = [one[0].decode() for one in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = base.execute(f'SELECT * FROM "{table}"')
            columns = [one[0] for one in rows.description]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    yield f"{file.name} {table}.{column}", value


def leaks_in_files(secrets: dict[str, str], files: list[Path]) -> list[str]:
    """``kind in place as spelling`` for each secret found in raw bytes of the files or in a value of a database."""
    found: set[str] = set()
    for file in files:
        raw = file.read_bytes()
        found |= {f"{kind} in {file.name} as {form}" for kind, secret in secrets.items() for form in find(secret, raw)}
        if raw.startswith(b"SQLite format 3"):
            for place, value in rows_of(file):
                for inside in unpacked(value):
                    found |= {
                        f"{kind} in {place} as {one}" for kind, text in secrets.items() for one in find(text, inside)
                    }
    return sorted(found)
