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

_AT = os.environ.get("TIELINE_CRASH_AT", "")
_LOG = os.environ.get("TIELINE_CRASH_LOG", "")
_ARMED = bool(_AT or _LOG)
_counts: dict[str, int] = {}
_lock = Lock()


def reached(name: str) -> None:
    """Tell that the moment ``name`` has come."""
    if not _ARMED:
        return
    with _lock:
        _counts[name] = _counts.get(name, 0) + 1
        numbered = f"{name}#{_counts[name]}"
        if _LOG:
            with Path(_LOG).open("a", encoding="utf-8") as log:
                log.write(numbered + "\n")
                log.flush()
                os.fsync(log.fileno())
        if _AT in {name, numbered}:
            os.kill(os.getpid(), signal.SIGKILL)
