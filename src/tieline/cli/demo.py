"""``tieline demo`` (and ``make run``): Tieline with the sandbox Jira beside it, on embedded defaults."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tieline.cli.installation import claim_folder, make_data_folder, open_database
from tieline.cli.refusal import Refusal, mistyped
from tieline.cli.serve import address, open_server, serve_until, sign_in_path, stopped_by_signals


@contextlib.contextmanager
def sandbox_beside(*, port: int, edition: str, issues: Path | None, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """The sandbox as a process of its own; it ends when this one does, however this one ends."""
    command = [
        *(sys.executable, "-m", "tieline.cli.main", "sandbox", "--json", "--until-stdin-closes"),
        *("--port", str(port), "--edition", edition, "--state", str(folder / f"sandbox-{edition}.sqlite3")),
        *(("--data", str(issues)) if issues else ()),
    ]
    pipe = subprocess.PIPE
    # A session of its own: Ctrl-C is for Tieline, which may still need Jira for the work in hand.
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            if process.stdin:
                process.stdin.close()
            process.terminate()


def read_greeting(process: subprocess.Popen[str]) -> dict[str, str]:
    """The first line of ``tieline sandbox --json``. Raises ``Refusal`` when it could not start (it said why itself)."""
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise Refusal("The sandbox Jira did not start; see the line above. --sandbox-port takes another port.")
    greeting: dict[str, str] = json.loads(line)
    return greeting


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def run_demo(*, sandbox_port: int, edition: str, issues: Path | None) -> int:
    """0: stopped. Raises ``Refusal`` when a port, the folder or the file of issues is not to be had."""
    if edition not in {"cloud", "dc"}:
        raise mistyped(f'"{edition}" is not an edition. Say --edition cloud or --edition dc.')
    if issues is not None and not issues.is_file():
        raise mistyped(f'There is no file "{issues}".')
    if issues is not None and "TIELINE_DATA" not in os.environ:
        os.environ["TIELINE_DATA"] = f"var/{issues.name.split('.')[0]}"
    sandbox_port = sandbox_port or free_port()
    if os.environ.get("TIELINE_PORT") == "0":
        os.environ["TIELINE_PORT"] = str(free_port())
    os.environ["TIELINE_ALLOW"] = f"{os.environ.get('TIELINE_ALLOW', '')} 127.0.0.1:{sandbox_port}".strip()
    os.environ.setdefault("TIELINE_PUBLIC_URL", f"http://localhost:{os.environ.get('TIELINE_PORT', '8080')}")
    os.environ.setdefault("TIELINE_SEARCH_LAG_SECONDS", "5")
    os.environ.setdefault("TIELINE_POLL_SECONDS", "15")
    with stopped_by_signals() as stop:
        folder = make_data_folder()
        release = claim_folder(folder)
        with sandbox_beside(port=sandbox_port, edition=edition, issues=issues, folder=folder) as process:
            open_database()
            from django.conf import settings

            from tieline.cli.sample import save_sample_plan
            from tieline.wiring import build_runtime

            server = open_server(settings.HOST, settings.PORT)
            save_sample_plan()
            runtime = build_runtime(worker=True)
            path = sign_in_path()
            greeting = read_greeting(process)
            settings.DEMO_SANDBOX = greeting
            print(welcome(greeting, path), flush=True)
            serve_until(stop, server, runtime, release)
    return 0


def welcome(greeting: dict[str, str], path: str | None) -> str:
    """What is printed once everything answers."""
    here = address()
    sign_in = f"Sign in (once)   {here}{path}" if path else f"Sign in          {here} with your e-mail and password"
    return f"""
Tieline          {here}
{sign_in}
Sandbox Jira     {greeting["url"]}
  account        {greeting["user"]}
  secret         {greeting["secret"]}
  project        {greeting["project"]}
  faults, pages  {greeting["panel"]}

What to try first
  1. Open the sign-in link and choose a password.
  2. Integrations, then "Connect a Jira": one click takes the sandbox; or paste its address, account and secret.
  3. Map the project {greeting["project"]}, look at the plan, send one feature, turn it on.
  4. Edit the feature here, and its issue on the sandbox's pages: each side follows the other.
  5. Switch a fault on in the panel and check again: Tieline says what is wrong and who can mend it.

Stop it with Ctrl-C; everything is kept."""
