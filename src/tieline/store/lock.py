"""One server per data folder: a second one on the same SQLite file is refused before it touches anything."""

from __future__ import annotations

import fcntl
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_FILE: Final = "server.lock"
_PATIENCE_S: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Held:
    """Somebody else has the folder: process ``pid`` (0 when it did not say), ``since`` (None likewise)."""

    pid: int
    since: datetime | None


@dataclass(kw_only=True)
class Lock:
    """The folder is ours until ``release`` or the end of the process, however it ends."""

    path: Path
    _file: int = field(repr=False)

    def release(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def claim_data_folder(folder: Path) -> Lock | Held:
    """Take the folder for this process. Waits half a second for somebody who is just leaving, or just looking."""
    path = folder / _FILE
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until = time.monotonic() + _PATIENCE_S
    while not _try(file, fcntl.LOCK_EX):
        if time.monotonic() >= until:
            held = _read(file)
            os.close(file)
            return held
        time.sleep(0.05)
    os.ftruncate(file, 0)
    os.pwrite(file, f"{os.getpid()} {datetime.now(UTC).isoformat()}\n".encode(), 0)
    return Lock(path=path, _file=file)


def who_holds(folder: Path) -> Held | None:
    """Who has the folder now; None when nobody does."""
    try:
        file = os.open(folder / _FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return None if _try(file, fcntl.LOCK_SH) else _read(file)
    finally:
        os.close(file)


def _try(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: int) -> Held:
    pid, _, since = os.pread(file, 200, 0).decode("ascii", "replace").strip().partition(" ")
    try:
        return Held(pid=int(pid), since=datetime.fromisoformat(since))
    except ValueError:
        return Held(pid=0, since=None)
