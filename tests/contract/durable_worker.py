"""A worker process for the conformance suite: ``python durable_worker.py FOLDER NAME``.

Running an op means: append a line to ``FOLDER/journal`` when it begins and one when it ends, with a pause between them.
The op's reason tells the seconds, and what else: ``die`` (the process kills itself), ``later`` (the first run puts it
off). The real ledger, runtime and durable engine stand around it. With ``TIELINE_TEST_TWICE`` everything is handed over
twice; on SIGUSR1 the engine's own tables are emptied of what has ended.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main() -> None:
    folder, name = Path(sys.argv[1]), sys.argv[2]
    os.environ["TIELINE_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tieline.settings"
    from tieline.store.secrets import ensure_keys

    ensure_keys(folder)
    import django

    django.setup()
    from django.conf import settings

    from tieline.engine import worker as worker_module
    from tieline.engine.ports import OpEnd, OpResult, OpView
    from tieline.engine.turn import Turn
    from tieline.wiring.runtime import build_worker

    journal = folder / "journal"
    lock = threading.Lock()

    def write(word: str, view: OpView) -> None:
        with lock, journal.open("a", encoding="utf-8") as file:
            file.write(f"{time.time():.4f} {word} {view.id} {view.lane} {name} {view.attempts}\n")
            file.flush()
            os.fsync(file.fileno())

    def run_op(view: OpView, turn: Turn) -> OpEnd:
        write("begin", view)
        time.sleep(float(view.reason.split()[0]))
        if "die" in view.reason:
            os.kill(os.getpid(), signal.SIGKILL)
        if not turn.ports.ledger.holds(view.id, turn.worker):
            write("lost", view)
            return OpEnd(result=OpResult.DONE)
        write("end", view)
        if "later" in view.reason and view.attempts == 1:
            return OpEnd(result=OpResult.LATER, after_s=1.0, why="Jira asked to slow down")
        return OpEnd(result=OpResult.DONE)

    worker_module.run_op = run_op
    runtime = build_worker()
    if os.environ.get("TIELINE_TEST_TWICE"):
        hand_over = runtime.queue.hand_over

        def hand_over_twice(ops: Sequence[OpView]) -> None:
            hand_over(ops)
            hand_over([replace(op, handed=op.handed + 1) for op in ops])
            hand_over(ops)

        runtime.queue.hand_over = hand_over_twice
    runtime.start()
    stop = threading.Event()
    empty = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGUSR1, lambda *_: empty.set())
    say("ready", settings.DEAD_AFTER_SECONDS)
    while not stop.wait(0.05):
        if empty.is_set():
            empty.clear()
            say("emptied", runtime.queue.retain(before=time.time() + 1))
    runtime.stop()
    say("stopped")


if __name__ == "__main__":
    main()
