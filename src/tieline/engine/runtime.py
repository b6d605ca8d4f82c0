"""What goes on around the ops: beats, the sweeper that hands work over, the reaper, the poll's timetable, retention."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from threading import Event, Thread

from tieline.engine.crash_points import reached
from tieline.engine.durable import DbosQueue, DurableOptions
from tieline.engine.ports import OpKind
from tieline.engine.turn import Ports
from tieline.engine.worker import Worker, survive
from tieline.records.ids import OpId

HAND_OVER = 100
"""Ops handed over between two looks at which connections have enough."""


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """Seconds between rounds. ``dead_after_s``: silence after which a worker's ops are taken back."""

    dead_after_s: float = 15.0
    poll_s: float = 60.0
    sweep_s: float = 0.5
    retain_s: float = 3600.0


class Runtime:
    """A worker with everything it needs, in threads of its own. ``around`` wraps each use of the database in a thread
    (connections are let go there); ``retain`` deletes what is older than the operator keeps."""

    def __init__(
        self,
        ports: Ports,
        options: DurableOptions,
        *,
        rhythm: Rhythm | None = None,
        around: Callable[[Callable[[], object]], object] = lambda call: call(),
        retain: Callable[[], object] = lambda: None,
        alone: bool = False,
    ) -> None:
        self._ports = ports
        self._rhythm = rhythm or Rhythm()
        self._around = around
        self._retain = retain
        self._alone = alone
        self._stop = Event()
        """No new work; long work pauses at its next good place."""
        self._ended = Event()
        """Nothing is under way any more; until then the heart beats."""
        self._wake = Event()
        self._threads: list[Thread] = []
        silent_s = inf if alone else self._rhythm.dead_after_s
        self.worker = Worker(ports, dead_after_s=silent_s, stopping=self._stop.is_set)
        self.queue = DbosQueue(options, self._run)
        self._retained = ports.clock.monotonic()

    def start(self) -> None:
        """Begin to work. ``alone``: no other worker shares the database, so what is marked as running is left over."""
        if self._alone:
            self._ports.ledger.take_back(dead_after_s=0.0)
        self.worker.beat()
        self.queue.start()
        rhythm = self._rhythm
        self._every("beat", min(3.0, rhythm.dead_after_s / 4), self.worker.beat, until=self._ended)
        self._every("sweep", rhythm.sweep_s, self._sweep, until=self._stop, bell=self._wake)
        self._every("reap", max(0.5, rhythm.dead_after_s / 3), self._reap, until=self._stop)
        self._every("timetable", max(0.2, min(5.0, rhythm.poll_s / 2)), self._plan_polls, until=self._stop)
        self._every("retain", 60.0, self._tidy, until=self._stop)

    def stop(self, *, grace_s: float = 20.0) -> None:
        """Finish what is under way, for ``grace_s`` at most; long work pauses at its next good place."""
        self._stop.set()
        self._wake.set()
        heart, *others = self._threads or [Thread()]
        for thread in others:
            thread.join(timeout=grace_s / 20)
        self.queue.stop(grace_s=grace_s * 0.5)
        self._ended.set()
        if heart.ident is not None:
            heart.join(timeout=grace_s / 20)
        survive("say goodbye", lambda: self._around(lambda: self._ports.ledger.forget_worker(self.worker.name)))

    def nudge(self) -> None:
        """There may be work: hand over what is due now."""
        self._wake.set()

    def _run(self, op: OpId) -> None:
        self._around(lambda: self.worker.run(op))

    def _every(
        self, name: str, seconds: float, round_: Callable[[], object], *, until: Event, bell: Event | None = None
    ) -> None:
        """Run ``round_`` every so often in a thread of its own, and whenever ``bell`` rings."""

        def loop() -> None:
            while not until.is_set():
                survive(name, lambda: self._around(round_))
                (bell or until).wait(seconds)
                if bell is not None:
                    bell.clear()

        thread = Thread(target=loop, name=f"tieline-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _sweep(self) -> None:
        """Hand over what is due, as long as there is any. Handed first, marked after: a crash between the two hands
        over twice, which is once."""
        while not self._stop.is_set():
            ops = self._ports.ledger.due(HAND_OVER, skip=self.queue.busy())
            if not ops:
                return
            reached("before hand over")
            self.queue.hand_over(ops)
            reached("after hand over")
            self._ports.ledger.mark_handed([op.id for op in ops], starts=[op.attempts for op in ops])
            reached("after mark handed")

    def _reap(self) -> None:
        """Take back what silent workers hold. First the own heart beats: after a pause of this whole process, work that
        nobody else could have taken over is still its own."""
        self.worker.beat()
        taken = self._ports.ledger.take_back(dead_after_s=self._rhythm.dead_after_s)
        self.queue.drop_dead(self._is_idle, older_than_s=self._rhythm.dead_after_s)
        if taken:
            self._wake.set()

    def _is_idle(self, op: OpId) -> bool:
        view = self._ports.ledger.read_op(op)
        return view is None or view.state != "running"

    def _plan_polls(self) -> None:
        """One poll waits for each integration that is on; the one that waits already stands for it."""
        for view in self._ports.store.integrations_on():
            self._ports.ledger.enqueue(
                OpKind.POLL,
                lane=f"poll:{view.id}",
                subject=view.id,
                connection=view.connection_id,
                integration=view.id,
                reason="Timetable",
                delay_s=self._rhythm.poll_s if view.poll_cursor else 0.0,
            )

    def _tidy(self) -> None:
        self.queue.retain()
        now = self._ports.clock.monotonic()
        if now - self._retained > self._rhythm.retain_s:
            self._retained = now
            self._retain()
