"""What the durable engine behind our port must do, with real processes on both databases.

A new release of DBOS, or another engine, has to pass this. Real ``kill -9`` and SIGSTOP; on PostgreSQL several workers.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import PostgresAbsent, postgres

pytestmark = pytest.mark.process
HERE = Path(__file__).parent
DEAD_AFTER_S = 2.0
KINDS = ("poll", "import", "hear", "send-batch", "sync-link")


@dataclass(frozen=True, kw_only=True)
class Line:
    at: float
    word: str
    op: str
    lane: str
    worker: str
    attempt: int


@dataclass(kw_only=True)
class Yard:
    """A ledger, a feeder of it, and workers that come and go."""

    folder: Path
    database_url: str
    feeder: Any = None
    workers: dict[str, Any] = field(default_factory=dict)
    connections: list[str] = field(default_factory=list)

    @property
    def many(self) -> bool:
        """Whether several workers may share the database."""
        return bool(self.database_url)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIELINE_", "DJANGO_"))}
        return {
            **kept,
            "TIELINE_DATABASE_URL": self.database_url,
            "TIELINE_DEAD_AFTER_SECONDS": str(DEAD_AFTER_S),
            "TIELINE_POLL_SECONDS": "3600",
            "TIELINE_WORKER_THREADS": "4",
            "PYTHONPATH": os.pathsep.join(sys.path),
            **more,
        }

    def open(self) -> None:
        self.feeder = self._spawn("durable_feeder.py", str(self.folder), stdin=subprocess.PIPE)
        self.connections = json.loads(self.feeder.stdout.readline())["connections"]

    def ask(self, **asked: Any) -> dict[str, Any]:
        self.feeder.stdin.write(json.dumps(asked) + "\n")
        self.feeder.stdin.flush()
        answer: dict[str, Any] = json.loads(self.feeder.stdout.readline())
        return answer

    def enqueue(self, ops: list[tuple[str, str, str]]) -> list[str]:
        """(kind, lane, reason) each; on the first connection, or on the second for lanes that begin with ``two``."""
        rows = [
            {
                "kind": kind,
                "lane": lane,
                "reason": reason,
                "connection": self.connections[1 if lane.startswith("two") else 0],
            }
            for kind, lane, reason in ops
        ]
        ids: list[str] = self.ask(do="enqueue", ops=rows)["ids"]
        return ids

    def start(self, name: str, **more: str) -> None:
        worker = self._spawn("durable_worker.py", str(self.folder), name, **more)
        assert worker.stdout.readline().startswith("ready"), worker.stderr.read()[-2000:]
        self.workers[name] = worker

    def kill(self, name: str) -> None:
        self.workers.pop(name).kill()

    def signal(self, name: str, number: int) -> None:
        self.workers[name].send_signal(number)

    def states(self) -> dict[str, int]:
        found: dict[str, int] = self.ask(do="states")["states"]
        return found

    def journal(self) -> list[Line]:
        path = self.folder / "journal"
        rows = [line.split(" ") for line in path.read_text().splitlines()] if path.exists() else []
        return [
            Line(at=float(at), word=word, op=op, lane=lane, worker=worker, attempt=int(attempt))
            for at, word, op, lane, worker, attempt in rows
        ]

    def wait(self, wanted: dict[str, int], *, seconds: float = 60.0) -> None:
        until = time.monotonic() + seconds
        while (found := self.states()) != wanted:
            assert time.monotonic() < until, (found, wanted, self.journal()[-10:])
            time.sleep(0.1)

    def wait_for(self, word: str, count: int = 1, *, seconds: float = 30.0) -> None:
        until = time.monotonic() + seconds
        while sum(line.word == word for line in self.journal()) < count:
            assert time.monotonic() < until, f"no {count} × {word}"
            time.sleep(0.05)

    def close(self) -> None:
        for worker in [*self.workers.values(), self.feeder]:
            if worker is not None and worker.poll() is None:
                worker.send_signal(signal.SIGCONT)
                worker.kill()
            if worker is not None:
                worker.wait(timeout=20)

    def _spawn(self, script: str, *arguments: str, stdin: int = subprocess.DEVNULL, **more: str) -> Any:
        return subprocess.Popen(
            [sys.executable, str(HERE / script), *arguments],
            env=self.environment(**more),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=(self.folder.parent / f"{script}.stderr").open("a+"),
            text=True,
        )


@pytest.fixture(params=["sqlite", "postgresql"])
def yard(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Yard]:
    if request.param == "sqlite":
        yield from opened(Yard(folder=tmp_path / "tieline", database_url=""))
        return
    try:
        with postgres() as url:
            yield from opened(Yard(folder=tmp_path / "tieline", database_url=url))
    except PostgresAbsent as absent:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs PostgreSQL: {absent}")
        pytest.skip(f"PostgreSQL absent: {absent}")


def opened(yard: Yard) -> Iterator[Yard]:
    yard.open()
    yield yard
    yard.close()


def assert_alone_in_lane(journal: list[Line]) -> None:
    """No op begins while another of its lane is between begin and end (one whose worker died never ends)."""
    running: dict[str, Line] = {}
    for line in journal:
        other = running.get(line.lane)
        if line.word == "begin":
            assert other is None or other.op == line.op, (other, line)
            running[line.lane] = line
        elif other is not None and other.op == line.op and other.attempt == line.attempt:
            del running[line.lane]


def ends(journal: list[Line]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for line in journal:
        if line.word == "end":
            counted[line.op] = counted.get(line.op, 0) + 1
    return counted


def test_ops_of_one_lane_run_in_order_and_never_together(yard: Yard) -> None:
    for name in ("a", "b", "c") if yard.many else ("a",):
        yard.start(name)
    lanes = [f"{side}:{number}" for side in ("one", "two") for number in range(5)]
    ids = yard.enqueue([(kind, lane, "0.05") for kind in KINDS for lane in lanes])
    yard.wait({"done": len(ids)})
    journal = yard.journal()
    assert_alone_in_lane(journal)
    assert ends(journal) == dict.fromkeys(ids, 1)
    for lane in lanes:
        begun = [line.op for line in journal if line.lane == lane and line.word == "begin"]
        assert begun == sorted(begun)


def test_work_of_a_killed_worker_is_done_by_the_next(yard: Yard) -> None:
    yard.start("a")
    ids = yard.enqueue([("hear", f"one:{number}", "0.7") for number in range(10)])
    yard.wait_for("begin", 3)
    yard.kill("a")
    killed_at = time.monotonic()
    yard.start("b")
    yard.wait({"done": len(ids)})
    assert time.monotonic() - killed_at < 30
    assert_alone_in_lane(yard.journal())
    assert ends(yard.journal()) == dict.fromkeys(ids, 1)


def test_a_paused_worker_that_comes_back_ends_nothing_twice(yard: Yard) -> None:
    yard.start("a")
    ids = yard.enqueue([("hear", f"one:{number}", "1.0") for number in range(4)])
    yard.wait_for("begin", 4)
    yard.signal("a", signal.SIGSTOP)
    if yard.many:
        yard.start("b")
        yard.wait({"done": len(ids)})
    else:
        time.sleep(DEAD_AFTER_S * 2)
    yard.signal("a", signal.SIGCONT)
    yard.wait({"done": len(ids)})
    time.sleep(1.5)
    journal = yard.journal()
    assert ends(journal) == dict.fromkeys(ids, 1)
    if yard.many:
        assert {line.op for line in journal if line.word == "lost" and line.worker == "a"} == set(ids)
    assert yard.enqueue([("hear", "one:later", "0.0")])
    yard.wait({"done": len(ids) + 1})


def test_an_op_that_is_put_off_comes_back_in_time(yard: Yard) -> None:
    yard.start("a")
    (op,) = yard.enqueue([("poll", "one:poll", "0.0 later")])
    yard.wait({"done": 1})
    first, second = [line.at for line in yard.journal() if line.word == "begin" and line.op == op]
    assert 0.9 < second - first < 10


def test_handing_over_twice_is_once(yard: Yard) -> None:
    yard.start("a", TIELINE_TEST_TWICE="yes")
    ids = yard.enqueue([("hear", f"one:{number}", "0.1") for number in range(8)])
    yard.wait({"done": len(ids)})
    time.sleep(1)
    assert ends(yard.journal()) == dict.fromkeys(ids, 1)


def test_a_worker_that_is_asked_to_stop_finishes_and_leaves_the_rest(yard: Yard) -> None:
    yard.start("a")
    ids = yard.enqueue([("hear", f"one:{number}", "0.5") for number in range(12)])
    yard.wait_for("begin", 4)
    asked = time.monotonic()
    yard.signal("a", signal.SIGTERM)
    assert yard.workers["a"].wait(timeout=25) == 0
    assert time.monotonic() - asked <= 20
    begun = {line.op for line in yard.journal() if line.word == "begin"}
    assert set(ends(yard.journal())) == begun
    assert "running" not in yard.states()
    yard.workers.pop("a")
    yard.start("b")
    yard.wait({"done": len(ids)})
    assert ends(yard.journal()) == dict.fromkeys(ids, 1)


def test_what_has_ended_is_cleared_away(yard: Yard) -> None:
    yard.start("a")
    ids = yard.enqueue([("hear", f"one:{number}", "0.0") for number in range(20)])
    yard.wait({"done": len(ids)})
    time.sleep(0.5)
    yard.signal("a", signal.SIGUSR1)
    word, count = yard.workers["a"].stdout.readline().split()
    assert (word, int(count)) == ("emptied", len(ids))
    assert yard.ask(do="retain") == {"gone": len(ids)}
    assert yard.states() == {}
    yard.enqueue([("hear", "one:0", "0.0")])
    yard.wait({"done": 1})


def test_a_flood_in_one_connection_delays_no_other(yard: Yard) -> None:
    yard.start("a")
    yard.enqueue([("hear", "two:warm", "0.0")])
    yard.wait({"done": 1})
    yard.enqueue([("hear", f"one:{number}", "0.1") for number in range(300)])
    yard.wait_for("begin", 5)
    asked = time.time()
    (op,) = yard.enqueue([("hear", "two:urgent", "0.0")])
    yard.wait_for("end", 1)
    until = time.monotonic() + 30
    while not (done := [line for line in yard.journal() if line.op == op and line.word == "end"]):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert done[0].at - asked < 5


@pytest.mark.parametrize("yard", ["sqlite"], indirect=True)
def test_an_op_that_kills_its_worker_again_and_again_is_set_aside(yard: Yard) -> None:
    yard.enqueue([("hear", "one:poison", "0.0 die")])
    for number in range(5):
        yard.start(f"w{number}")
        assert yard.workers.pop(f"w{number}").wait(timeout=30) == -signal.SIGKILL
    yard.start("last")
    yard.enqueue([("hear", "one:other", "0.0")])
    yard.wait({"done": 1, "parked": 1})
