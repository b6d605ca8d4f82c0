"""The machine's name service, with a time limit and its failures as values."""

from __future__ import annotations

import queue
import socket
import threading

from tieline.diagnosis.evidence import Failure, Stage
from tieline.jira.options import Resolution

_TEMPORARY = frozenset({socket.EAI_AGAIN, getattr(socket, "EAI_SYSTEM", None), socket.EAI_MEMORY})


class SystemResolver:
    """Asks ``getaddrinfo``. The question runs in a thread of its own because it knows no time limit."""

    def resolve(self, host: str, port: int, *, timeout_s: float) -> Resolution:
        answers: queue.SimpleQueue[Resolution] = queue.SimpleQueue()
        threading.Thread(target=lambda: answers.put(_ask(host, port)), name="tieline-resolve", daemon=True).start()
        try:
            return answers.get(timeout=max(timeout_s, 0.001))
        except queue.Empty:
            detail = f'The name "{host}" was not resolved within {timeout_s:.0f} s'
            return Resolution(failure=Failure(stage=Stage.RESOLVE, kind="timeout", detail=detail))


def _ask(host: str, port: int) -> Resolution:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as exc:
        kind = "temporary" if exc.errno in _TEMPORARY else "not-found"
        detail = f"[Errno {exc.errno}] {exc.strerror}"
        return Resolution(failure=Failure(stage=Stage.RESOLVE, kind=kind, detail=detail))
    except (UnicodeError, OSError, ValueError) as exc:
        return Resolution(failure=Failure(stage=Stage.RESOLVE, kind="not-found", detail=str(exc)))
    addresses = dict.fromkeys(str(address[0]) for _, _, _, _, address in found)
    return Resolution(addresses=tuple(addresses))
