"""The stage of a benchmark: a sandbox Jira as a process of its own, and Tieline on a fresh database in this one."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tieline.store.models import Integration, Workspace

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(kw_only=True)
class Jira:
    """A running sandbox. ``latency_ms`` is waited before each of its answers."""

    url: str
    user: str
    secret: str
    project: str
    process: subprocess.Popen[str]
    latency_ms: int

    def state(self) -> dict[str, Any]:
        with _opener.open(f"{self.url}/sandbox/state.json", timeout=30) as answer:
            told: dict[str, Any] = json.load(answer)
        return told

    def calls(self) -> dict[str, int]:
        """How often each operation was asked for: ``POST /rest/api/3/issue/bulk`` → n."""
        counted: dict[str, int] = {}
        for row in self.state()["callCounts"]:
            operation = f"{row['method']} {row['route']}"
            counted[operation] = counted.get(operation, 0) + row["count"]
        return counted

    def ask(self, method: str, path: str, payload: object = None) -> Any:
        """One call past Tieline, as somebody else would make it."""
        import base64

        login = base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if payload is None else json.dumps(payload).encode(),
            headers={"Authorization": f"Basic {login}", "Content-Type": "application/json"},
        )
        with _opener.open(request, timeout=60) as answer:
            body = answer.read()
        return json.loads(body) if body else None


@contextlib.contextmanager
def sandbox(
    *, latency_ms: int = 0, edition: str = "cloud", faults: tuple[str, ...] = (), issues: Path | None = None
) -> Iterator[Jira]:
    options = [word for name in faults for word in ("--fault", name)]
    if issues:
        options += ["--data", str(issues)]
    command = [
        *(sys.executable, "-m", "tieline.cli.main", "sandbox", "--json", "--until-stdin-closes"),
        *("--edition", edition, "--latency-ms", str(latency_ms), *options),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        told = json.loads(process.stdout.readline())
        told.pop("panel")
        try:
            yield Jira(**told, process=process, latency_ms=latency_ms)
        finally:
            process.stdin.close()
            process.wait(20)


def set_up(folder: Path) -> None:
    """Settings, keys and database of a fresh installation in ``folder``. Once per process."""
    os.environ |= {
        "TIELINE_DATA": str(folder),
        "TIELINE_ALLOW": "127.0.0.0/8",
        "TIELINE_POLL_SECONDS": "3600",
        "TIELINE_CALLS_PER_SECOND": "1000",
        "TIELINE_SEARCH_LAG_SECONDS": "5",
    }
    from tieline.cli.installation import open_installation

    open_installation()


@dataclass(kw_only=True)
class Bench:
    """Figures by name, in the order measured."""

    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def note(self, what: str, figure: str, how: str = "") -> None:
        self.rows.append((what, figure, how))
        print(f"{what:<64} {figure}", flush=True)


def connect(workspace: Workspace, jira: Jira) -> Integration:
    """An integration with the default mapping, switched on."""
    from tieline.mapping.defaults import build_default_mapping
    from tieline.mapping.json import mapping_as_json
    from tieline.store.connections import create_connection
    from tieline.store.integrations import create_integration, save_mapping, save_project, set_state
    from tieline.wiring import read_schema

    connection = create_connection(
        workspace, name=jira.url, base_url=jira.url, auth="basic", account=jira.user, secret=jira.secret, actor="bench"
    )
    project = jira.ask("GET", f"/rest/api/3/project/{jira.project}")
    integration = create_integration(workspace, connection, jira.url)
    save_project(integration, key=jira.project, id=project["id"], name=project["name"], actor="bench")
    integration.refresh_from_db()
    schema = read_schema(integration).value
    assert schema is not None
    save_mapping(integration, mapping_as_json(build_default_mapping(schema)), "bench")
    set_state(integration, "on", "bench")
    integration.refresh_from_db()
    return integration


def fresh_workspace(key: str) -> Workspace:
    from tieline.store.people import create_workspace, ensure_admin

    return create_workspace(key=key, name=key, owner=ensure_admin())


def until(what: Any, *, seconds: float = 600.0, every: float = 0.1) -> float:
    """Seconds until ``what()`` holds."""
    began = time.perf_counter()
    while not what():
        if time.perf_counter() - began > seconds:
            raise TimeoutError("the work was not done in time")
        time.sleep(every)
    return time.perf_counter() - began


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tieline-bench-") as path:
        yield Path(path)


@contextlib.contextmanager
def web_server() -> Iterator[None]:
    """The pages, served from this process; Jira's webhooks arrive there."""
    import threading

    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from waitress.server import create_server

    server = create_server(get_wsgi_application(), host="127.0.0.1", port=0, threads=4)
    settings.PUBLIC_URL = f"http://127.0.0.1:{server.effective_port}"
    threading.Thread(target=server.run, daemon=True).start()
    try:
        yield
    finally:
        server.close()
        settings.PUBLIC_URL = ""
