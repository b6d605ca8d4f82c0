"""Write-through to one SQLite file: one row per object, so that a single change costs a single row."""

import base64
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

from .model import ChangeItem

Row = TypeVar("Row")


class Journal:
    """The state file. Every call happens under the world's lock, from any thread."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS row "
            "(kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id))"
        )
        self._depth = 0

    def save_row(self, kind: str, id: object, row: object) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO row (kind, id, body) VALUES (?, ?, ?)",
            (kind, str(id), json.dumps(row, default=_plain)),
        )

    def delete_row(self, kind: str, id: object) -> None:
        self._connection.execute("DELETE FROM row WHERE kind = ? AND id = ?", (kind, str(id)))

    def read_rows(self, kind: str, shape: type[Row]) -> Iterator[Row]:
        for (body,) in self._connection.execute("SELECT body FROM row WHERE kind = ?", (kind,)):
            yield _parse_row(shape, json.loads(body))

    def read_value(self, kind: str, id: object) -> Any:
        found = self._connection.execute("SELECT body FROM row WHERE kind = ? AND id = ?", (kind, str(id))).fetchone()
        return None if found is None else json.loads(found[0])

    def begin(self) -> None:
        """Start a batch; batches may be nested, the outermost one commits."""
        if self._depth == 0:
            self._connection.execute("BEGIN")
        self._depth += 1

    def commit(self) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


def _plain(value: object) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    if isinstance(value, frozenset):
        return sorted(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    raise TypeError(f"no row form for {type(value).__name__}")


def _parse_row(shape: type[Row], body: dict[str, Any]) -> Row:
    values: dict[str, Any] = {}
    for name, value in body.items():
        if name == "items" and isinstance(value, list):
            values[name] = tuple(ChangeItem(**item) for item in value)
        elif isinstance(value, dict) and set(value) == {"base64"}:
            values[name] = base64.b64decode(value["base64"])
        elif isinstance(value, list):
            values[name] = tuple(value)
        else:
            values[name] = value
    return shape(**values)
