"""The worker's edge: claim an op, run it, settle it. The one place where an unforeseen exception stops being one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock
from typing import TypeVar

from tieline.diagnosis.finding import Confidence, Finding
from tieline.engine.crash_points import reached
from tieline.engine.hear import hear
from tieline.engine.import_issues import import_issues
from tieline.engine.poll import poll
from tieline.engine.ports import OpEnd, OpKind, OpResult, OpView
from tieline.engine.send_batch import send_batch, sync_along
from tieline.engine.turn import Ports, Turn
from tieline.engine.verdict import INTERNAL, backoff_s
from tieline.records.ids import IntegrationId, LinkId, OpId

log = logging.getLogger(__name__)

T = TypeVar("T")

SETTLE_FOR_S = 60.0
GIVE_UP_AFTER = 8
"""Runs that ended in our own mistake, before the op is parked."""


class Worker:
    """Runs ops under a name that the ledger knows it by.

    The name changes when the process stood still for longer than a reaper waits (``renew``): by then its ops may have
    been given to another, and what still runs under the old name must not pass for the new owner's.
    """

    def __init__(
        self, ports: Ports, *, dead_after_s: float = 15.0, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._ports = ports
        self._stopping = stopping
        self._silent_too_long_s = dead_after_s / 2
        self._lock = Lock()
        self._beaten = ports.clock.monotonic()
        self.name = ports.ids.new()

    def beat(self) -> None:
        """Tell the ledger that this worker lives; under a new name when it was silent for too long."""
        with self._lock:
            if self._silent_for() > self._silent_too_long_s:
                self.name = self._ports.ids.new()
            self._ports.ledger.beat(self.name)
            self._beaten = self._ports.clock.monotonic()

    def renew(self) -> None:
        """Fall silent under the old name and go on under a new one."""
        with self._lock:
            self.name = self._ports.ids.new()
            self._ports.ledger.beat(self.name)
            self._beaten = self._ports.clock.monotonic()

    def _silent_for(self) -> float:
        return self._ports.clock.monotonic() - self._beaten

    def run(self, op: OpId) -> OpEnd | None:
        """One attempt at an op. None: it was not to be had (settled, in other hands, or held)."""
        if self._silent_for() > self._silent_too_long_s:
            survive("beat", self.beat)
        name = self.name
        view = survive("claim an op", lambda: self._ports.ledger.claim(op, name))
        reached("after claim")
        if view is None:
            return None
        turn = Turn(ports=self._ports, op=op, worker=name, attempts=view.attempts, stopping=self._stopping)
        ends = survive(f"run op {op} ({view.kind.value})", lambda: run_op(view, turn))
        end = ends if ends is not None else _internal(view)
        reached("before settle")
        self._settle(op, name, end)
        reached("after settle")
        return end

    def _settle(self, op: OpId, name: str, end: OpEnd) -> None:
        """A database that is away for a moment is waited for. When it stays away, this name falls silent, so that a
        reaper takes back what could not be settled."""
        clock = self._ports.clock
        until = clock.monotonic() + SETTLE_FOR_S
        while True:
            settled = survive(f"settle op {op}", lambda: self._ports.ledger.settle(op, name, end))
            if settled is not None:
                if not settled:
                    log.warning("op %s was taken over by another worker before it ended here", op)
                return
            if clock.monotonic() > until:
                survive("take a new name", self.renew)
                return
            clock.sleep(1.0)


def survive(what: str, call: Callable[[], T]) -> T | None:
    """The result of ``call``, or None after an exception, which is logged with its traceback."""
    try:
        return call()
    except Exception:
        log.exception("could not %s", what)
        return None


def run_op(view: OpView, turn: Turn) -> OpEnd:
    """The use case that an op asks for."""
    match view.kind:
        case OpKind.SYNC_LINK:
            return sync_along(LinkId(view.subject), turn)
        case OpKind.SEND_BATCH:
            return send_batch(IntegrationId(view.subject), turn)
        case OpKind.POLL:
            return poll(IntegrationId(view.subject), turn, reason=view.reason)
        case OpKind.IMPORT:
            return import_issues(view.subject, turn)
        case OpKind.HEAR:
            return hear(IntegrationId(view.subject), turn)


def _internal(view: OpView) -> OpEnd:
    finding = Finding(
        slug=INTERNAL,
        confidence=Confidence.CERTAIN,
        because=(f"Tieline met a mistake of its own in the work “{view.kind.value}”; the server's log has it.",),
        facts={"op": view.id, "kind": view.kind.value},
    )
    why = "Tieline itself failed; the server's log tells where"
    if view.attempts >= GIVE_UP_AFTER:
        return OpEnd(result=OpResult.PARKED, why=why, finding=finding)
    return OpEnd(result=OpResult.LATER, after_s=backoff_s(view.attempts, view.id), why=why, finding=finding)
