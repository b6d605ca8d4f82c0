"""``make bench``: measures, prints, and writes docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from bench.diagnosis import measure_classification
from bench.stage import Bench, folder, set_up
from bench.text import measure_text
from bench.work import FIRST_SEND, IMPORT, measure_doctor, measure_memory, measure_start, measure_work

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--records", type=int, default=FIRST_SEND, help="features of the first send")
    parser.add_argument("--issues", type=int, default=IMPORT, help="issues of the import")
    parser.add_argument("--latency-ms", type=int, default=50, help="added before each answer of the sandbox")
    parser.add_argument("--no-page", action="store_true", help="print only")
    wanted = parser.parse_args()
    bench = Bench()
    with folder() as data:
        measure_start(bench, data / "start")
        measure_memory(bench, data / "memory")
        measure_doctor(bench)
        measure_classification(bench)
        measure_text(bench)
        set_up(data / "work")
        measure_work(bench, records=wanted.records, issues=wanted.issues, latency_ms=wanted.latency_ms)
    if wanted.no_page:
        return
    rows = "\n".join(f"| {what} | {figure} | {how} |" for what, figure, how in bench.rows)
    PAGE.write_text(
        f"""# Benchmarks

Written by `make bench` on {datetime.now(UTC).date().isoformat()}: {machine()}.

The sandbox Jira runs as a process of its own on the same machine and waits {wanted.latency_ms} ms before each \
answer of the work measured; Tieline runs on SQLite with `synchronous=FULL` and its worker in the same process. \
Counts are what the sandbox served. The sequential client is the library `jira`, one call after another, in the \
same run. Absolute times depend on the machine; counts and ratios carry over.

| what | measured | how |
|---|---|---|
{rows}
""",
        encoding="utf-8",
    )
    print(f"written to {PAGE.name}")


if __name__ == "__main__":
    main()
