"""``tieline sandbox``: the Jira look-alike in the foreground."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from typing import Literal

from tieline.sandbox.faults import FAULTS
from tieline.sandbox.options import SandboxOptions
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
    """Serve until interrupted. Exit code 2 names what was wrong with the options, 1 a port that is taken."""
    if list_faults:
        return print_faults(as_json=as_json)
    kind: Literal["cloud", "dc"]
    if edition == "cloud":
        kind = "cloud"
    elif edition in {"dc", "data-center", "server"}:
        kind = "dc"
    else:
        print(f'"{edition}" is not an edition. Say --edition cloud or --edition dc.', file=sys.stderr)
        return 2
    unknown = [name for name in faults if name not in FAULTS]
    if unknown:
        print(f'There is no fault "{unknown[0]}". See tieline sandbox --list-faults.', file=sys.stderr)
        return 2
    wrong = [name for name in faults if kind not in FAULTS[name].editions]
    if wrong:
        print(f'The fault "{wrong[0]}" is not known from this edition; try the other --edition.', file=sys.stderr)
        return 2
    if issues is not None and not issues.is_file():
        print(f'There is no file "{issues}".', file=sys.stderr)
        return 2
    if state is not None:
        state.parent.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    options = SandboxOptions(
        edition=kind,
        port=port,
        data_file=issues,
        state_file=state,
        faults=frozenset(faults),
        latency_ms=latency_ms,
        index_lag_s=index_lag,
    )
    try:
        running = Sandbox.start(options)
    except OSError as failure:
        print(f"Port {port} on 127.0.0.1 is taken ({failure.strerror}). Choose another with --port.", file=sys.stderr)
        return 1
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if until_stdin_closes:
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), stop.set()), daemon=True).start()
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
