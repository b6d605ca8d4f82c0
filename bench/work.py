"""What is measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.stage import Bench, Jira, connect, fresh_workspace, sandbox, until, web_server

if TYPE_CHECKING:
    from tieline.store.models import Integration, Workspace

FIRST_SEND = 2000
IMPORT = 2000
CHANGES = 200
SEQUENTIAL = 100
TEXT = "The next three crossings, with their delay in **minutes**.\n\n- works offline\n- one hand is enough\n"


def _environment(data: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("TIELINE_")}
    return kept | {"TIELINE_DATA": str(data), "PYTHONUNBUFFERED": "1"}


def _demo(data: Path) -> tuple[subprocess.Popen[str], float]:
    """`tieline demo` in ``data``, and seconds until everything is printed."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "tieline.cli.main", "demo", "--port", "18080", "--sandbox-port", "18090"],
        env=_environment(data),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    for line in process.stdout:
        if "Stop it with" in line:
            break
    return process, time.perf_counter() - began


def _resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError("no resident size is told")


def measure_start(bench: Bench, data: Path) -> None:
    times = []
    for _ in range(4):
        process, took = _demo(data)
        times.append(took)
        process.terminate()
        process.wait(30)
    again = sorted(times[1:])[1]
    bench.note("`tieline demo`: first start to the printed address", f"{times[0]:.1f} s", "once")
    bench.note("`tieline demo`: starting again", f"{again:.1f} s", "median of 3; goal ≤ 5 s")


def measure_memory(bench: Bench, data: Path) -> None:
    process, _ = _demo(data)
    time.sleep(20)
    bench.note(
        "memory at rest, web server and worker in one process",
        f"{_resident_mib(process.pid):.0f} MiB",
        "resident, 20 s after start",
    )
    process.terminate()
    process.wait(30)


def _doctor(jira: Jira) -> tuple[float, dict[str, Any]]:
    began = time.perf_counter()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "tieline.cli.main",
            "doctor",
            jira.url,
            "--user",
            jira.user,
            "--project",
            jira.project,
            "--json",
        ],
        env=os.environ | {"TIELINE_JIRA_SECRET": jira.secret},
        capture_output=True,
        text=True,
        check=False,
    )
    return time.perf_counter() - began, json.loads(done.stdout)


def measure_doctor(bench: Bench) -> None:
    """Whole-process times of `tieline doctor`: healthy, and on each fault of both editions."""
    for edition in ("cloud", "dc"):
        with sandbox(edition=edition) as jira:
            runs = [_doctor(jira) for _ in range(5)]
        times = sorted(took for took, _ in runs)
        calls = runs[0][1]["calls"]
        bench.note(
            f"`tieline doctor`, healthy sandbox ({edition})",
            f"{times[2]:.2f} s, {calls} calls",
            "median of 5, whole process",
        )
        with sandbox(edition=edition, latency_ms=50) as jira:
            slow = sorted(_doctor(jira)[0] for _ in range(3))[1]
        bench.note(f"`tieline doctor`, healthy sandbox with 50 ms ({edition})", f"{slow:.2f} s", "median of 3")
    listed = subprocess.run(
        [sys.executable, "-m", "tieline.cli.main", "sandbox", "--list-faults", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    for edition in ("cloud", "dc"):
        for fault in json.loads(listed.stdout):
            if edition not in fault["editions"]:
                continue
            with sandbox(edition=edition, faults=(fault["name"],)) as jira:
                took, told = _doctor(jira)
            found = (
                ", ".join(f"{one['slug']} ({one['confidence']})" for one in told["problems"][:2])
                or "nothing to find before work begins"
            )
            bench.note(f"`tieline doctor` on `{fault['name']}` ({edition})", f"{took:.2f} s", found)


def _features(workspace: Workspace, count: int) -> list[str]:
    from django.db import transaction

    from tieline.records.record import RecordKind
    from tieline.store.planning import create_record

    with transaction.atomic():
        return [
            create_record(
                workspace,
                RecordKind.FEATURE,
                {
                    "name": f"Crossing {number} tells its delay",
                    "description": TEXT,
                    "tags": ["bench", f"n{number % 7}"],
                },
                actor="bench",
            ).id
            for number in range(count)
        ]


def _difference(before: dict[str, int], after: dict[str, int]) -> tuple[int, int]:
    """Reads and writes between two counts. A search or bulk read sent as POST is a read."""
    reads = writes = 0
    for operation, count in after.items():
        more = count - before.get(operation, 0)
        method, _, path = operation.partition(" ")
        if method == "GET" or path.endswith(("/search/jql", "/bulkfetch", "/search")):
            reads += more
        else:
            writes += more
    return reads, writes


def _sequential(jira: Jira, count: int) -> float:
    """Issues per second that a plain client creates, one after another."""
    from jira import JIRA

    client = JIRA(
        server=jira.url,
        basic_auth=(jira.user, jira.secret),
        options={"rest_api_version": "3"},
        get_server_info=False,
        max_retries=0,
    )
    adf = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": TEXT}]}]}
    began = time.perf_counter()
    for number in range(count):
        client.create_issue(
            fields={
                "project": {"key": jira.project},
                "issuetype": {"name": "Story"},
                "summary": f"Sequential {number}",
                "description": adf,
                "labels": ["bench"],
            },
        )
    return count / (time.perf_counter() - began)


def _all_in_step(integration: Integration) -> bool:
    from tieline.store.models import Link, Op

    waiting = Link.objects.filter(integration=integration).exclude(state="in-step").exists()
    return (
        not waiting
        and not Op.objects.filter(integration=integration, state__in=("waiting", "running"))
        .exclude(kind="poll")
        .exists()
    )


def measure_work(bench: Bench, *, records: int, issues: int, latency_ms: int) -> None:
    from tieline.wiring import build_runtime

    runtime = build_runtime(worker=True)
    runtime.start()
    try:
        with sandbox(latency_ms=latency_ms) as jira:
            workspace = fresh_workspace("SEND")
            _features(workspace, records)
            integration = connect(workspace, jira)
            _first_send(bench, jira, integration, records)
            _changes(bench, jira, integration)
            _edit_there(bench, jira, integration)
        _import(bench, issues, latency_ms)
    finally:
        runtime.stop()


def _first_send(bench: Bench, jira: Jira, integration: Integration, records: int) -> None:
    from tieline.store.integrations import send_all

    before = jira.calls()
    began = time.perf_counter()
    send_all(integration, "bench")
    until(lambda: _all_in_step(integration))
    rate = records / (time.perf_counter() - began)
    reads, writes = _difference(before, jira.calls())
    plain = _sequential(jira, SEQUENTIAL)
    bench.note(f"first send of {records:,} features", f"{rate:.0f} records/s", f"{jira.latency_ms} ms latency")
    bench.note("the same work by the sequential client", f"{plain:.1f} records/s", f"{SEQUENTIAL} issues, same sandbox")
    bench.note("first send against the sequential client", f"{rate / plain:.1f} ×", "ratio of the two above")
    bench.note(
        "Jira calls per created record",
        f"{writes / records:.3f} writes + {reads / records:.3f} reads",
        "served by the sandbox",
    )


def _changes(bench: Bench, jira: Jira, integration: Integration) -> None:
    from tieline.store.models import Record
    from tieline.store.planning import edit_record

    chosen = list(Record.objects.filter(workspace=integration.workspace, kind="feature").order_by("id")[:CHANGES])
    before = jira.calls()
    began = time.perf_counter()
    for record in chosen:
        edit_record(record, {"name": f"{record.name} at once"}, actor="bench")
    until(lambda: _all_in_step(integration))
    took = time.perf_counter() - began
    reads, writes = _difference(before, jira.calls())
    bench.note(
        f"{len(chosen)} features changed here, until all are in Jira",
        f"{len(chosen) / took:.0f} records/s",
        f"{jira.latency_ms} ms latency",
    )
    bench.note(
        "Jira calls per changed record",
        f"{writes / len(chosen):.2f} writes + {reads / len(chosen):.2f} reads",
        "served by the sandbox",
    )


def _edit_there(bench: Bench, jira: Jira, integration: Integration) -> None:
    """From an edit in Jira to the record: by webhook, and by a poll asked for at once (its interval comes on top)."""
    from tieline.store.integrations import ask_poll
    from tieline.wiring import install_webhook, remove_webhook

    polled = _heard_in(jira, integration, "by poll", lambda: ask_poll(integration, reason="bench"))
    how = f"median of 10, {jira.latency_ms} ms latency"
    bench.note("edit in Jira to the record, from the poll that hears it", f"{polled:.2f} s", how)
    before = jira.calls()
    ask_poll(integration, reason="bench")
    time.sleep(2)
    until(lambda: _all_in_step(integration))
    reads, writes = _difference(before, jira.calls())
    bench.note(
        "calls of a poll with nothing new",
        f"{reads} reads, {writes} writes",
        "all that was just sent lies in the overlap",
    )
    with web_server():
        install_webhook(integration, actor="bench")
        heard = _heard_in(jira, integration, "by webhook", lambda: None)
        remove_webhook(integration, actor="bench")
    bench.note("edit in Jira to the record, by webhook", f"{heard:.2f} s", how)


def _heard_in(jira: Jira, integration: Integration, words: str, after: Callable[[], object]) -> float:
    """Median seconds from an edit there to the record here."""
    from tieline.store.models import Link

    times = []
    links = Link.objects.filter(integration=integration, remote_kind="issue").select_related("record")
    for number, link in enumerate(links.order_by("id")[:10]):
        name = f"Edited there {number} {words}"
        jira.ask("PUT", f"/rest/api/3/issue/{link.remote_id}", {"fields": {"summary": name}})
        began = time.perf_counter()
        after()

        def arrived(record: Any = link.record, name: str = name) -> bool:
            record.refresh_from_db(fields=["name"])
            return bool(record.name == name)

        until(arrived, seconds=60, every=0.02)
        times.append(time.perf_counter() - began)
    return sorted(times)[len(times) // 2]


def _import(bench: Bench, issues: int, latency_ms: int) -> None:
    import tempfile

    from tieline.store.integrations import start_import
    from tieline.store.models import ImportRun, Record

    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for number in range(issues):
            row = {
                "key": f"BENCH-{number + 1}",
                "project": "bench",
                "summary": f"Issue {number + 1} of the import",
                "description": TEXT,
                "storypoints": "3",
            }
            file.write(json.dumps(row) + "\n")
        file.flush()
        with sandbox(latency_ms=latency_ms, issues=Path(file.name)) as jira:
            workspace = fresh_workspace("TAKE")
            integration = connect(workspace, jira)
            before = jira.calls()
            began = time.perf_counter()
            run = start_import(integration, "bench")
            until(lambda: ImportRun.objects.filter(id=run.id, ended__isnull=False).exists())
            took = time.perf_counter() - began
            made = Record.objects.filter(workspace=workspace).count()
            reads, writes = _difference(before, jira.calls())
    bench.note(
        f"import of {issues:,} issues", f"{made / took:.0f} records/s ({made:,} made)", f"{latency_ms} ms latency"
    )
    bench.note("Jira calls of that import", f"{reads} reads, {writes} writes", "served by the sandbox")
