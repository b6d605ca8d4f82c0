"""The ledger of work as the engine uses it: enqueue, claim, settle, and taking back what a dead worker held."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from tieline.diagnosis.finding import Confidence, Finding
from tieline.records.ids import ConnectionId, IntegrationId, LinkId, OpId
from tieline.store.evidence import finding_as_json
from tieline.store.ids import new_id
from tieline.store.models import Integration, Link, Op, WorkerBeat
from tieline.store.ops import (
    STALE_HANDOVER,
    Wanted,
    announce_waiting,
    enqueue_all,
    held_now,
    link_lane,
    on_enqueued,
    op_view,
)
from tieline.store.problems import open_problem, place_of, put_under
from tieline.store.transactions import one_transaction
from tieline.sync.views import LinkProblem, OpEnd, OpKind, OpResult, OpView

__all__ = ("POISON", "POISON_AFTER", "DjangoLedger", "on_enqueued")

POISON: Final = "tieline-op-poisoned"
"""Slug of the finding of an op over which workers died again and again."""
POISON_AFTER: Final = 5
_BATCH: Final = 1000
_ENDED: Final = ("state", "ended", "worker", "deaths", "why", "finding")


class DjangoLedger:
    """Satisfies ``engine.ports.Ledger``. ``now`` is the clock; without one, beats are judged by the database's own.

    A worker whose clock or whose thread stood still is safe: whatever it still does is refused at ``settle`` and at
    every fenced save, because the op is no longer its own.
    """

    def __init__(self, now: Callable[[], datetime] | None = None, *, host: str = "") -> None:
        self._clock = now
        self._host = host

    def _now(self) -> datetime:
        return self._clock() if self._clock else timezone.now()

    def _shared_now(self) -> datetime:
        """A time that all workers share."""
        if self._clock or connection.vendor != "postgresql":
            return self._now()
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            moment: datetime = cursor.fetchone()[0]
        return moment

    def enqueue(
        self,
        kind: OpKind,
        *,
        lane: str,
        subject: str,
        connection: ConnectionId,
        integration: IntegrationId | None,
        reason: str,
        delay_s: float = 0.0,
    ) -> OpId:
        """Write the op; one that waits already for this kind and lane stands for it, with the earlier due."""
        wanted = Wanted(
            kind=kind,
            lane=lane,
            subject=subject,
            connection=connection,
            integration=integration,
            reason=reason,
            delay_s=delay_s,
        )
        return self.enqueue_many([wanted])[0]

    @one_transaction
    def enqueue_many(self, wanted: Sequence[Wanted]) -> tuple[OpId, ...]:
        """The same for many, in few statements and one transaction."""
        return enqueue_all(wanted, now=self._now())

    @one_transaction
    def claim(self, op: OpId, worker: str) -> OpView | None:
        """Waiting and due → running, for this worker; None when it is not to be started now."""
        now = self._now()
        waiting = Op.objects.select_related("connection").defer("connection__secret").filter(id=op, state="waiting")
        row = waiting.filter(due__lte=now).first()
        if row is None or row.connection.held_by or _is_paused(row) or not self._start(row, worker, now):
            return None
        return replace(op_view(row), state="running", attempts=row.attempts + 1)

    def _start(self, row: Op, worker: str, now: datetime) -> bool:
        """One UPDATE of one table, so that a second worker's sees the first one's (a join would not, on PostgreSQL)."""
        waiting = Op.objects.filter(id=row.id, state="waiting")
        try:
            with transaction.atomic():
                started = waiting.update(
                    state="running", worker=worker, started=now, ended=None, attempts=F("attempts") + 1
                )
        except IntegrityError:
            return False
        return bool(started)

    @one_transaction
    def claim_links(self, links: Sequence[LinkId], op: OpId, worker: str) -> Mapping[LinkId, OpId]:
        """Take the lanes of these links too, for the batch ``op`` of this worker. Links in other hands are absent."""
        if not held_now(op, worker):
            return {}
        now = self._now()
        batch = Op.objects.get(id=op)
        lanes = {link_lane(link): link for link in links}
        rows = (
            Op.objects.select_for_update(no_key=True)
            .filter(lane__in=lanes, state__in=("waiting", "running"))
            .order_by("id")
        )
        taken: dict[LinkId, OpId] = {}
        seen = set()
        for row in rows:
            seen.add(row.lane)
        busy = {row.lane for row in rows if row.state == "running"}
        for row in rows:
            backing_off = row.attempts > 0 and row.due > now
            if row.lane not in busy and not backing_off and self._start(row, worker, now):
                taken[lanes[row.lane]] = OpId(row.id)
        fresh = [
            Op(
                id=new_id(),
                kind=OpKind.SYNC_LINK.value,
                lane=lane,
                subject=link,
                connection_id=batch.connection_id,
                integration_id=batch.integration_id,
                reason=batch.reason,
                state="running",
                worker=worker,
                due=now,
                started=now,
                attempts=1,
            )
            for lane, link in lanes.items()
            if lane not in seen
        ]
        Op.objects.bulk_create(fresh, ignore_conflicts=True)
        kept = set(Op.objects.filter(id__in=[row.id for row in fresh]).values_list("id", flat=True))
        taken |= {lanes[row.lane]: OpId(row.id) for row in fresh if row.id in kept}
        return taken

    @one_transaction
    def settle(self, op: OpId, worker: str, end: OpEnd) -> bool:
        """End the run. False when this worker no longer holds the op: then nothing is changed."""
        row = Op.objects.select_for_update(no_key=True).filter(id=op, worker=worker, state="running").first()
        if row is None:
            return False
        now = self._now()
        row.ended, row.worker, row.deaths = now, "", 0
        row.why = end.why
        row.finding = finding_as_json(end.finding) if end.finding else None
        if end.result is OpResult.LATER:
            self._put_off(row, now + timedelta(seconds=end.after_s))
        else:
            row.state = "done" if end.result is OpResult.DONE else "parked"
            row.save(update_fields=_ENDED)
            self._supersede(row, now)
        self._free_lane(row)
        return True

    @one_transaction
    def settle_all(self, ends: Sequence[tuple[OpId, OpEnd]], worker: str) -> tuple[bool, ...]:
        """``settle`` for many, in order, in one transaction; those that are simply done in few statements."""
        plain = {op for op, end in ends if end.result is OpResult.DONE and end.finding is None and not end.why}
        done = self._settle_done(plain, worker)
        return tuple(op in done if op in plain else self.settle(op, worker, end) for op, end in ends)

    def _settle_done(self, ops: Collection[OpId], worker: str) -> frozenset[OpId]:
        held = Op.objects.select_for_update().filter(id__in=ops, worker=worker, state="running")
        rows = list(held.order_by("id").values_list("id", "kind", "lane"))
        if not rows:
            return frozenset()
        now = self._now()
        ids, lanes = [row[0] for row in rows], [row[2] for row in rows]
        Op.objects.filter(id__in=ids).update(state="done", ended=now, worker="", deaths=0, why="", finding=None)
        for kind in {row[1] for row in rows}:
            parked = Op.objects.filter(kind=kind, lane__in=lanes, state="parked")
            parked.update(state="done", ended=now, why="A later op stands for this one.")
        Op.objects.filter(lane__in=lanes, state="waiting").update(handed_at=None)
        announce_waiting()
        return frozenset(OpId(one) for one in ids)

    def _put_off(self, row: Op, due: datetime) -> None:
        """Waiting again. When a newer op waits for the same already, that one goes on with this one's count."""
        row.state, row.due, row.handed_at = "waiting", due, None
        while not self._goes_on_in_a_newer(row):
            try:
                with transaction.atomic():
                    row.save(update_fields=[*_ENDED, "due", "handed_at"])
            except IntegrityError:
                continue
            return

    def _goes_on_in_a_newer(self, row: Op) -> bool:
        waiting = Op.objects.select_for_update(no_key=True).filter(kind=row.kind, lane=row.lane, state="waiting")
        newer = waiting.first()
        if newer is None:
            return False
        row.state, row.why = "done", f"A later op stands for this one. {row.why}".strip()
        row.save(update_fields=_ENDED)
        newer.attempts = max(newer.attempts, row.attempts)
        newer.save(update_fields=["attempts"])
        return True

    def _supersede(self, row: Op, now: datetime) -> None:
        older = Op.objects.filter(kind=row.kind, lane=row.lane, state="parked").exclude(id=row.id)
        older.update(state="done", ended=now, why="A later op stands for this one.")

    def _free_lane(self, row: Op) -> None:
        Op.objects.filter(lane=row.lane, state="waiting").update(handed_at=None)
        announce_waiting()

    def holds(self, op: OpId, worker: str) -> bool:
        return Op.objects.filter(id=op, worker=worker, state="running").exists()

    def read_op(self, op: OpId) -> OpView | None:
        row = Op.objects.filter(id=op).first()
        return op_view(row) if row else None

    def due(self, limit: int, *, skip: Sequence[ConnectionId] = ()) -> tuple[OpView, ...]:
        """Ops that may start now and were not handed over (or long ago in vain), oldest first; none of ``skip``."""
        now = self._now()
        unhanded = Q(handed_at=None) | Q(handed_at__lt=now - STALE_HANDOVER)
        return tuple(
            op_view(row)
            for row in startable(now).filter(unhanded).exclude(connection__in=skip).order_by("due", "id")[:limit]
        )

    def next_due(self) -> datetime | None:
        """When the next op that waits becomes due; None when nothing waits. May lie in the past."""
        return Op.objects.filter(state="waiting", handed_at=None).order_by("due").values_list("due", flat=True).first()

    @one_transaction
    def mark_handed(self, ops: Sequence[OpId], *, starts: Sequence[int] = ()) -> None:
        """Note that these were handed over. With ``starts`` (in order), only those that were not started since: an
        attempt that has ended already left its op to be handed over anew."""
        waiting = Op.objects.filter(id__in=ops, state="waiting")
        by_starts: dict[int, list[OpId]] = {}
        for op, count in zip(ops, starts, strict=False):
            by_starts.setdefault(count, []).append(op)
        for rows in [waiting.filter(id__in=some, attempts=count) for count, some in by_starts.items()] or [waiting]:
            rows.update(handed_at=self._now(), handed=F("handed") + 1)

    @one_transaction
    def beat(self, worker: str) -> None:
        now = self._shared_now()
        if not WorkerBeat.objects.filter(worker=worker).update(at=now):
            WorkerBeat.objects.bulk_create(
                [WorkerBeat(worker=worker, host=self._host, at=now, started=now)], ignore_conflicts=True
            )

    @one_transaction
    def forget_worker(self, worker: str) -> None:
        """A worker that stopped in good order: its beat goes, so that nobody waits for it."""
        WorkerBeat.objects.filter(worker=worker).delete()

    @one_transaction
    def take_back(self, *, dead_after_s: float) -> tuple[OpId, ...]:
        """Running ops of workers that are silent for longer → waiting at once; after five deaths parked as poison.

        0 s says that nobody else lives: what was handed over to the dead is due again, too.
        """
        now = self._shared_now()
        edge = now - timedelta(seconds=dead_after_s)
        alive = WorkerBeat.objects.filter(worker=OuterRef("worker"), at__gte=edge)
        lost = Op.objects.filter(state="running").filter(~Exists(alive))
        rows = list(
            Op.objects.select_for_update(no_key=True).filter(id__in=lost.values("id"), state="running").order_by("id")
        )
        beaten = set(WorkerBeat.objects.filter(at__gte=edge).values_list("worker", flat=True))
        back = []
        for row in rows:
            if row.worker in beaten:
                continue
            self._take_back(row, self._now())
            back.append(OpId(row.id))
        if dead_after_s <= 0:
            Op.objects.filter(state="waiting").exclude(handed_at=None).update(handed_at=None)
        WorkerBeat.objects.filter(at__lt=now - max(timedelta(days=1), timedelta(seconds=dead_after_s))).delete()
        return tuple(back)

    def _take_back(self, row: Op, now: datetime) -> None:
        row.why = f"Its worker {row.worker} went silent."
        row.deaths += 1
        row.worker = ""
        if row.deaths >= POISON_AFTER:
            finding = _poison(row)
            row.state, row.ended, row.finding = "parked", now, finding_as_json(finding)
            row.save()
            self._supersede(row, now)
            _show_poison(row, finding, now)
        else:
            self._put_off(row, now)
        self._free_lane(row)

    def retain(self, *, before: datetime) -> int:
        """Delete done ops that ended before, in batches of their own; how many went."""
        gone = 0
        while True:
            ids = list(Op.objects.filter(state="done", ended__lt=before).values_list("id", flat=True)[:_BATCH])
            if not ids:
                return gone
            gone += Op.objects.filter(id__in=ids, state="done").delete()[0]


def startable(now: datetime) -> QuerySet[Op]:
    """Waiting and due; connection not held, integration not paused, lane free."""
    busy = Op.objects.filter(lane=OuterRef("lane"), state="running")
    rows = Op.objects.filter(state="waiting", due__lte=now, connection__held_by="")
    return rows.exclude(integration__state="paused").filter(~Exists(busy))


def _is_paused(row: Op) -> bool:
    return bool(row.integration_id) and Integration.objects.filter(id=row.integration_id, state="paused").exists()


def _poison(row: Op) -> Finding:
    return Finding(
        slug=POISON,
        confidence=Confidence.CERTAIN,
        because=(f"{row.deaths} workers in a row stopped while they did this work.",),
        facts={"op": row.id, "deaths": str(row.deaths), "kind": row.kind, "reason": row.reason},
    )


def _show_poison(row: Op, finding: Finding, now: datetime) -> None:
    if row.kind != OpKind.SYNC_LINK:
        return
    link = Link.objects.select_related("integration").filter(id=row.subject).first()
    if link is not None:
        problem = open_problem(LinkProblem(finding=finding, scope="record"), place_of(link), now=now)
        put_under([(problem.id, link.id)])
        Link.objects.filter(id=link.id).update(state="problem")
