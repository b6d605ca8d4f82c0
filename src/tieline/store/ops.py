"""Rows of the ledger: writing, waking and reading them inside the transaction that causes them.

Two partial unique indexes carry it: at most one *waiting* op per kind and lane (edits coalesce), at most one *running*
op per lane (one link is never in two hands). Every change of hands is one conditional UPDATE, so that whoever comes
second changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from tieline.records.ids import ConnectionId, IntegrationId, OpId
from tieline.store.ids import new_id
from tieline.store.models import Op
from tieline.sync.views import OpKind, OpView

on_enqueued: Final[list[Callable[[], None]]] = []
"""Called after the commit of a transaction that left ops waiting. Whoever hands ops over adds itself here."""

STALE_HANDOVER: Final = timedelta(seconds=30)
"""After this long, an op that was handed over and never started is handed over again."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An op to be written. ``delay_s`` counts from now."""

    kind: OpKind
    lane: str
    subject: str
    connection: str
    integration: str | None
    reason: str
    delay_s: float = 0.0


def link_lane(link: str) -> str:
    return f"link:{link}"


def sync_wanted(link: str, *, connection: str, integration: str, reason: str, delay_s: float = 0.0) -> Wanted:
    """The op that brings one link into step."""
    return Wanted(
        kind=OpKind.SYNC_LINK,
        lane=link_lane(link),
        subject=link,
        connection=connection,
        integration=integration,
        reason=reason,
        delay_s=delay_s,
    )


def enqueue_all(wanted: Iterable[Wanted], *, now: datetime | None = None) -> tuple[OpId, ...]:
    """Write ops that are to be done, in the caller's transaction; their ids in order.

    An op that waits already for the same kind and lane stands for the new one; the earlier due of both counts. Its row
    is locked until the commit, so that nobody can start on it with the state before the change that asks for it.
    """
    asked = list(wanted)
    moment = now or timezone.now()
    ids: dict[tuple[str, str], OpId] = {}
    with transaction.atomic(savepoint=False):
        missing = {(one.kind.value, one.lane): one for one in reversed(asked)}
        while missing:
            rows = [_row(one, moment) for one in missing.values()]
            Op.objects.bulk_create(rows, ignore_conflicts=True, batch_size=100)
            for op in _waiting_in({row.lane for row in rows}):
                one = missing.pop((op.kind, op.lane), None)
                if one is None:
                    continue
                ids[op.kind, op.lane] = OpId(op.id)
                due = moment + timedelta(seconds=one.delay_s)
                if due < op.due:
                    Op.objects.filter(id=op.id).update(due=due, handed_at=None)
        announce_waiting()
    return tuple(ids[one.kind.value, one.lane] for one in asked)


def _row(one: Wanted, now: datetime) -> Op:
    return Op(
        id=new_id(),
        kind=one.kind.value,
        lane=one.lane,
        subject=one.subject,
        connection_id=one.connection,
        integration_id=one.integration,
        reason=one.reason[:200],
        due=now + timedelta(seconds=one.delay_s),
    )


def _waiting_in(lanes: set[str]) -> list[Op]:
    ordered = sorted(lanes)
    found: list[Op] = []
    for start in range(0, len(ordered), 500):
        rows = Op.objects.select_for_update(no_key=True).filter(lane__in=ordered[start : start + 500], state="waiting")
        found.extend(rows.order_by("id"))
    return found


def announce_waiting() -> None:
    """Tell ``on_enqueued`` after the commit that there may be something to hand over."""
    for hook in on_enqueued:
        transaction.on_commit(hook, robust=True)


def wake(ops: QuerySet[Op], *, why: str, now: datetime | None = None) -> int:
    """Let parked ops wait again, due at once and in their order. One whose lane has a waiting op already is done."""
    moment = now or timezone.now()
    woken = 0
    with transaction.atomic():
        for op in ops.filter(state="parked").select_for_update(no_key=True).order_by("id"):
            try:
                with transaction.atomic():
                    Op.objects.filter(id=op.id).update(
                        state="waiting", due=moment, handed_at=None, worker="", deaths=0, reason=why[:200]
                    )
                woken += 1
            except IntegrityError:
                Op.objects.filter(id=op.id).update(state="done", ended=moment, why="A later op stands for this one.")
        announce_waiting()
    return woken


def op_view(op: Op) -> OpView:
    return OpView(
        id=OpId(op.id),
        kind=OpKind(op.kind),
        lane=op.lane,
        subject=op.subject,
        connection=ConnectionId(op.connection_id),
        integration=IntegrationId(op.integration_id) if op.integration_id else None,
        reason=op.reason,
        attempts=op.attempts,
        state=op.state,
        handed=op.handed,
    )


def held_now(op: OpId | None, worker: str) -> bool:
    """Whether ``worker`` still holds ``op``; the row stays locked to the end of the caller's transaction.

    True when no op is named: the caller works outside the ledger.
    """
    if op is None:
        return True
    return Op.objects.select_for_update(no_key=True).filter(id=op, worker=worker, state="running").exists()
