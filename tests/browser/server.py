"""A Tieline of its own, as a process, on a free port."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Server:
    """``link`` is the path of the one-time sign-in link that it printed."""

    base: str
    link: str
    folder: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def start_server(folder: Path, *, allow: str) -> Iterator[Server]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TIELINE_", "DJANGO_"))}
    settings = {
        "TIELINE_DATA": str(folder),
        "TIELINE_HOST": "127.0.0.1",
        "TIELINE_PORT": str(port),
        "TIELINE_PUBLIC_URL": base,
        "TIELINE_ALLOW": allow,
        "TIELINE_POLL_SECONDS": "2",
        "TIELINE_QUIET_SECONDS": "0.3",
        "TIELINE_SEARCH_LAG_SECONDS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    log = folder / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tieline.cli.main", "serve"],
            env=kept | settings,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Server(base=base, link=_wait_for_link(process, log), folder=folder)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for_link(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        said = log.read_text()
        if found := re.search(r"/welcome/\S+", said):
            return found.group()
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"The server did not come up:\n{log.read_text()}")
