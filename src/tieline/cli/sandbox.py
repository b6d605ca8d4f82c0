"""``tieline sandbox``: the Jira look-alike in the foreground."""

from __future__ import annotations

import difflib
import errno
import gzip
import json
import signal
import sqlite3
import sys
import threading
import zlib
from pathlib import Path
from typing import Literal

from tieline.cli.refusal import Refusal, mistyped
from tieline.sandbox.faults import FAULTS
from tieline.sandbox.options import SandboxOptions
from tieline.sandbox.real_issues import NotIssues
from tieline.sandbox.server import Sandbox


def print_faults(*, as_json: bool) -> int:
    if as_json:
        rows = [
            {
                "name": name,
                "description": fault.description,
                "editions": sorted(fault.editions),
                "at_start_only": fault.transport,
            }
            for name, fault in sorted(FAULTS.items())
        ]
        print(json.dumps(rows, indent=2))
        return 0
    width = max(map(len, FAULTS))
    for name, fault in sorted(FAULTS.items()):
        print(f"{name:<{width}}  {fault.description}{'  (from the start only)' if fault.transport else ''}")
    return 0


def run_sandbox(
    *,
    edition: str,
    port: int,
    issues: Path | None,
    state: Path | None,
    faults: tuple[str, ...],
    latency_ms: int,
    index_lag: float,
    list_faults: bool,
    until_stdin_closes: bool,
    as_json: bool,
) -> int:
    """Serve until interrupted. Raises ``Refusal`` for what cannot be served: code 2 by the options, 1 by the port."""
    if list_faults:
        return print_faults(as_json=as_json)
    kind = parse_edition(edition)
    check_faults(faults, kind)
    if latency_ms < 0 or not 0 <= index_lag < float("inf"):
        raise mistyped("--latency-ms and --index-lag are numbers from 0 up.")
    if issues is not None and not issues.is_file():
        raise mistyped(f'There is no file "{issues}".')
    options = SandboxOptions(
        edition=kind,
        port=port,
        data_file=issues,
        state_file=state,
        faults=frozenset(faults),
        latency_ms=latency_ms,
        index_lag_s=index_lag,
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    running = open_sandbox(options)
    if until_stdin_closes:
        threading.Thread(target=_set_when_stdin_closes, args=(stop,), daemon=True).start()
    words = {
        "url": running.url,
        "user": running.user,
        "secret": running.secret,
        "project": running.project,
        "panel": running.panel,
    }
    if as_json:
        print(json.dumps(words), flush=True)
    else:
        print(f"Sandbox Jira ({'Cloud' if kind == 'cloud' else 'Data Center'}) answers at {running.url}")
        print(f"  account  {running.user}\n  secret   {running.secret}\n  project  {running.project}")
        print(f"  faults and pages  {running.panel}\nStop it with Ctrl-C.", flush=True)
    with running:
        stop.wait()
    return 0


def _set_when_stdin_closes(stop: threading.Event) -> None:
    sys.stdin.buffer.read()
    stop.set()


def parse_edition(word: str) -> Literal["cloud", "dc"]:
    """Raises ``Refusal`` for a word that names no edition."""
    if word == "cloud":
        return "cloud"
    if word in {"dc", "data-center", "server"}:
        return "dc"
    raise mistyped(f'"{word}" is not an edition. Say --edition cloud or --edition dc.')


def check_faults(names: tuple[str, ...], edition: Literal["cloud", "dc"]) -> None:
    """Raises ``Refusal`` for a name that is no fault, or one of the other edition."""
    for name in names:
        if name not in FAULTS:
            near = difflib.get_close_matches(name, FAULTS, n=3, cutoff=0.5)
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            raise mistyped(f'There is no fault "{name}".{hint} See tieline sandbox --list-faults.')
        if edition not in FAULTS[name].editions:
            other = "dc" if edition == "cloud" else "cloud"
            raise mistyped(f'The fault "{name}" is one of the other edition: --edition {other}')


def open_sandbox(options: SandboxOptions) -> Sandbox:
    """The sandbox, answering. Raises ``Refusal`` when a file cannot be read or the port is taken."""
    state = options.state_file
    try:
        if state is not None:
            state.parent.mkdir(parents=True, exist_ok=True)
        return Sandbox.start(options)
    except (NotIssues, EOFError, UnicodeDecodeError, zlib.error, gzip.BadGzipFile) as failure:
        told = str(failure) if isinstance(failure, NotIssues) else f'"{options.data_file}" cannot be read to its end'
        raise mistyped(f"{told}. Wanted are JSON lines, one issue each, plain or as .gz.") from None
    except sqlite3.Error as failure:
        raise mistyped(f'"{state}" cannot be used as state ({failure}). Name another file with --state.') from None
    except OSError as failure:
        if failure.errno in {errno.EADDRINUSE, errno.EACCES} and failure.filename is None:
            why = "is taken" if failure.errno == errno.EADDRINUSE else "may not be used by this user"
            raise Refusal(f"Port {options.port} on 127.0.0.1 {why}. Choose another with --port.") from None
        raise Refusal(f'Cannot use "{failure.filename}" ({failure.strerror}). Name another file.') from None
