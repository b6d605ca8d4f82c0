"""The durable engine behind our port: DBOS Transact on SQLite (embedded) or PostgreSQL (any number of workers).

Only this module knows ``dbos``. The ledger is the truth; what stands here is who runs what next. One queue per
connection, partitioned by lane, one at a time in each; an attempt at an op is one short workflow that carries ids only.
The engine's tables live in a file or schema of their own, so that losing them loses no work: the ledger hands it over
again. https://docs.dbos.dev/python/reference/queues
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from tieline.engine.ports import OpView
from tieline.records.ids import ConnectionId, OpId

if TYPE_CHECKING:
    from dbos import DBOSConfig, WorkflowStatus
    from sqlalchemy import Engine

APPLICATION = "tieline"
VERSION = "1"
"""Raised by hand only when waiting attempts must not run on new code; they are short and read the ledger first."""
WORKFLOW = "run-op"
MOST_OUTSTANDING = 200
"""Attempts of one connection that wait in the engine at a time; the rest waits in the ledger, at no cost."""
KEPT_S = 600.0
"""How long ended attempts are kept in the engine's tables."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class DurableOptions:
    """``database_url``: PostgreSQL, or empty for the SQLite ``file``. ``process``: a name of this process, new at every
    start. ``poll_s``: how often each queue is looked at. ``threads``: attempts of one connection at a time."""

    process: str
    file: Path
    database_url: str = ""
    threads: int = 8
    poll_s: float = 0.15
    schema: str = "tieline_durable"


_attempt: Callable[[OpId, str], None] | None = None
"""What an attempt runs; one durable engine per process, as DBOS has it."""


class DbosQueue:
    """Satisfies :class:`tieline.engine.ports.DurableQueue`. ``run`` is called in its threads, once per attempt."""

    def __init__(self, options: DurableOptions, run: Callable[[OpId], None]) -> None:
        self._options = options
        self._run = run
        self._lock = Lock()
        self._queues: set[str] = set()
        self._outstanding: dict[ConnectionId, set[str]] = {}
        self._counted: dict[ConnectionId, float] = {}
        self._running: set[str] = set()
        self._started = False

    def start(self) -> None:
        """Open the engine and begin to take work. What a dead process of the same file left behind is dropped."""
        global _attempt  # noqa: PLW0603 — DBOS keeps one engine and one registry per process
        from dbos import DBOS

        _attempt = self._attempt
        if not _registered:
            DBOS.workflow(name=WORKFLOW)(_run_attempt)
            _registered.append(WORKFLOW)
        DBOS(config=self._config())
        DBOS.launch()
        self._started = True
        if not self._options.database_url:
            self.drop_dead(lambda _: True, older_than_s=0.0)

    def stop(self, *, grace_s: float = 20.0) -> None:
        """Let the attempts under way end, for ``grace_s`` at most; what waits goes on at the next start."""
        if not self._started:
            return
        from dbos import DBOS

        self._started = False
        DBOS.destroy(workflow_completion_timeout_sec=int(grace_s) if self._running else 0)

    def hand_over(self, ops: Sequence[OpView]) -> None:
        """Enqueue one attempt of each. The id is made of the op's, its starts and its handings-over: twice is once."""
        from dbos import DBOS

        for op in ops:
            queue = self._queue_of(op.connection)
            workflow = f"{op.id}.{op.attempts}.{op.handed}"
            with self._lock:
                self._outstanding.setdefault(op.connection, set()).add(workflow)
            DBOS.enqueue_workflow_with_options(
                {
                    "workflow_name": WORKFLOW,
                    "queue_name": queue,
                    "workflow_id": workflow,
                    "queue_partition_key": op.lane,
                },
                str(op.id),
            )

    def busy(self) -> tuple[ConnectionId, ...]:
        """Connections that have enough waiting in the engine already."""
        return tuple(one for one in list(self._outstanding) if self._is_busy(one))

    def drop_dead(self, is_dead: Callable[[OpId], bool], *, older_than_s: float) -> int:
        """Cancel attempts that a dead process holds, so that their lanes are free. ``is_dead`` tells whether an op is
        in nobody's hands any more. Exclusion does not rest on this: a claim in the ledger decides who works."""
        from dbos import DBOS

        edge = (time.time() - older_than_s) * 1000
        dropped = []
        for one in DBOS.list_workflows(status="PENDING", name=WORKFLOW, load_input=False, load_output=False):
            started = one.dequeued_at or one.updated_at or one.created_at or 0
            if one.workflow_id in self._running or started > edge:
                continue
            if one.executor_id == self._options.process or is_dead(op_of(one.workflow_id)):
                dropped.append(one.workflow_id)
        if dropped:
            DBOS.cancel_workflows(dropped)
        return len(dropped)

    def retain(self, *, before: float | None = None) -> int:
        """Delete ended attempts older than ``before`` (seconds since the epoch; ten minutes ago when not given)."""
        from dbos import DBOS

        edge = before if before is not None else time.time() - KEPT_S
        gone = 0
        while True:
            ended = DBOS.list_workflows(
                status=["SUCCESS", "ERROR", "CANCELLED"],
                name=WORKFLOW,
                end_time=_iso(edge),
                limit=200,
                load_input=False,
                load_output=False,
            )
            ids = [one.workflow_id for one in ended if _ended_at(one) < edge * 1000]
            if not ids:
                return gone
            DBOS.delete_workflows(ids)
            gone += len(ids)

    def _attempt(self, op: OpId, workflow: str) -> None:
        with self._lock:
            self._running.add(workflow)
        try:
            self._run(op)
        finally:
            with self._lock:
                self._running.discard(workflow)
                for waiting in self._outstanding.values():
                    waiting.discard(workflow)

    def _is_busy(self, connection: ConnectionId) -> bool:
        waiting = self._outstanding.get(connection, set())
        if len(waiting) < MOST_OUTSTANDING:
            return False
        if self._options.database_url and time.monotonic() - self._counted.get(connection, 0.0) > 0.5:
            self._recount(connection)
        return len(self._outstanding[connection]) >= MOST_OUTSTANDING

    def _recount(self, connection: ConnectionId) -> None:
        """Other workers end attempts too: ask the engine which of ours still wait."""
        from dbos import DBOS

        left = DBOS.list_workflows(
            status=["ENQUEUED", "PENDING"],
            queue_name=_queue_name(connection),
            limit=MOST_OUTSTANDING,
            load_input=False,
            load_output=False,
        )
        with self._lock:
            self._outstanding[connection] = {one.workflow_id for one in left}
            self._counted[connection] = time.monotonic()

    def _queue_of(self, connection: ConnectionId) -> str:
        from dbos import DBOS

        name = _queue_name(connection)
        if name not in self._queues:
            DBOS.register_queue(
                name,
                partition_concurrency=1,
                worker_concurrency=self._options.threads,
                polling_interval_sec=self._options.poll_s,
                on_conflict="always_update",
            )
            self._queues.add(name)
        return name

    def _config(self) -> DBOSConfig:
        from dbos import DBOSPortableJSONSerializer

        config: DBOSConfig = {
            "name": APPLICATION,
            "application_version": VERSION,
            "executor_id": self._options.process,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "ERROR",
            "enable_otlp": False,
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": 0.3,  # nobody is notified; its sleep is how long a stop waits
            "scheduler_polling_interval_sec": 60.0,
        }
        if self._options.database_url:
            config["system_database_url"] = self._options.database_url
            config["dbos_system_schema"] = self._options.schema
            config["sys_db_pool_size"] = 6
        else:
            url = f"sqlite:///{self._options.file}"
            config["system_database_url"] = url
            config["system_database_engine"] = _sqlite_engine(url)
        return config


def op_of(workflow: str) -> OpId:
    """The op of an attempt, by the attempt's id."""
    return OpId(workflow.partition(".")[0])


def _run_attempt(op: str) -> None:
    from dbos import DBOS

    if _attempt is not None:
        _attempt(OpId(op), DBOS.workflow_id or "")


_registered: list[str] = []
"""DBOS keeps its registry for the life of the process; a workflow enters it once."""


def _queue_name(connection: ConnectionId) -> str:
    return f"connection-{connection}"


def _iso(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _ended_at(status: WorkflowStatus) -> float:
    return float(status.completed_at or status.updated_at or 0)


def _sqlite_engine(url: str) -> Engine:
    """Write-ahead log, immediate transactions, long patience: twice to nine times the default journal's pace."""
    from sqlalchemy import create_engine, event

    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, pool_size=8, max_overflow=8)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    return engine
