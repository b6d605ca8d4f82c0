"""Stopping the worker: at once when it is idle, after the work in hand when there is some."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import clean_environment

pytestmark = pytest.mark.process

PROGRAM = """
import sys, threading, time
from pathlib import Path
from tieline.engine.durable import DbosQueue, DurableOptions
from tieline.engine.ports import OpKind, OpView

begun, ended = threading.Event(), threading.Event()

def run(op):
    begun.set()
    time.sleep(3)
    ended.set()

queue = DbosQueue(DurableOptions(process="test", file=Path(sys.argv[1])), run)
queue.start()
if sys.argv[2] == "busy":
    op = OpView(
        id="01", kind=OpKind.POLL, lane="poll:1", subject="1", connection="c", integration=None, reason="test",
        attempts=0, state="waiting",
    )
    queue.hand_over([op])
    assert begun.wait(20)
else:
    time.sleep(1)
began = time.monotonic()
queue.stop(grace_s=20)
print(time.monotonic() - began, ended.is_set())
"""


SLOW = """
import time
from tieline.cli.serve import said_when_slow, stopped_by_signals
with stopped_by_signals() as stop:
    print("ready", flush=True)
    stop.wait()
    with said_when_slow():
        time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_who_waits_is_told_why_and_asking_twice_ends_it_at_once(how: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SLOW],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    ) as slow:
        assert slow.stdout
        assert slow.stderr
        slow.stdout.readline()
        slow.send_signal(how)
        assert "Finishing the work in hand" in slow.stderr.readline()
        slow.send_signal(how)
        assert slow.wait(10) == 128 + how


def stop(tmp_path: Path, how: str) -> tuple[float, bool]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "durable.sqlite3"), how],
        capture_output=True,
        text=True,
        env=clean_environment(),
        check=False,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    took, ended = done.stdout.split()
    return float(took), ended == "True"


def test_an_idle_worker_stops_within_a_second(tmp_path: Path) -> None:
    assert min(stop(tmp_path, "idle")[0] for _ in range(2)) <= 1.0


def test_the_work_in_hand_is_finished_first(tmp_path: Path) -> None:
    took, ended = stop(tmp_path, "busy")
    assert ended
    assert took <= 8
