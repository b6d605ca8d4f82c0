"""Names for the moments before and after every recorded effect, so that a test can end the process at each of them.

In a running server ``reached`` costs one look at a module variable. With ``TIELINE_CRASH_LOG=FILE`` every name reached
is appended to that file; with ``TIELINE_CRASH_AT=NAME`` the process ends itself with SIGKILL when it gets there (the
``n``-th time, for ``NAME#n``).
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Lock

_lock = Lock()


class _Points:
    def __init__(self, at: str, log: str) -> None:
        self.at, self.log = at, log
        self.armed = bool(at or log)
        self.counts: dict[str, int] = {}


_points = _Points(os.environ.get("TIELINE_CRASH_AT", ""), os.environ.get("TIELINE_CRASH_LOG", ""))


def arm(*, at: str = "", log: str = "") -> None:
    """Count from here: end the process at ``at``, write the names reached to ``log``."""
    global _points  # noqa: PLW0603 — one process has one set of crash points
    with _lock:
        _points = _Points(at, log)


def reached(name: str) -> None:
    """Tell that the moment ``name`` has come."""
    if not _points.armed:
        return
    with _lock:
        points = _points
        points.counts[name] = points.counts.get(name, 0) + 1
        numbered = f"{name}#{points.counts[name]}"
        if points.log:
            with Path(points.log).open("a", encoding="utf-8") as log:
                log.write(numbered + "\n")
                log.flush()
                os.fsync(log.fileno())
        if points.at in {name, numbered}:
            os.kill(os.getpid(), signal.SIGKILL)
