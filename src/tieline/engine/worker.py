"""The worker's edge: claim an op, run it, settle it. The one place where an unforeseen exception stops being one."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock

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

GIVE_UP_AFTER = 8
"""Runs that ended in our own mistake, before the op is parked."""


class Worker:
    """Runs ops under a name that the ledger knows it by.

    The name changes when the process was paused for longer than ``dead_after_s`` (``renew``): by then a reaper may have
    given its ops to another, and what still runs under the old name must not pass for the new owner's.
    """

    def __init__(self, ports: Ports, *, stopping: Callable[[], bool] = lambda: False) -> None:
        self._ports = ports
        self._stopping = stopping
        self._lock = Lock()
        self._name = ports.ids.new()

    @property
    def name(self) -> str:
        return self._name

    def renew(self) -> None:
        """Take a new name, announced before it is used."""
        fresh = self._ports.ids.new()
        self._ports.ledger.beat(fresh)
        with self._lock:
            self._name = fresh

    def run(self, op: OpId) -> OpEnd | None:
        """One attempt at an op. None: it was not to be had (settled, in other hands, or held)."""
        name = self._name
        view = self._ports.ledger.claim(op, name)
        reached("after claim")
        if view is None:
            return None
        end = self._run_claimed(view, name)
        reached("before settle")
        if not self._ports.ledger.settle(op, name, end):
            log.warning("op %s was taken over by another worker before it ended here", op)
        reached("after settle")
        return end

    def _run_claimed(self, view: OpView, name: str) -> OpEnd:
        turn = Turn(ports=self._ports, op=view.id, worker=name, attempts=view.attempts, stopping=self._stopping)
        try:
            return run_op(view, turn)
        except Exception:
            log.exception("op %s (%s) ended in a mistake of ours", view.id, view.kind.value)
            return _internal(view)


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
