"""The running worker: the engine with its adapters, in this process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from tieline.wiring.doors import clients

if TYPE_CHECKING:
    from tieline.engine.runtime import Runtime as WorkerRuntime
    from tieline.engine.turn import Ports


class Runtime(Protocol):
    """What runs beside the web server. ``nudge``: there may be work, hand it over now."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def nudge(self) -> None: ...


class NoWorker:
    """This process only serves pages; workers elsewhere find the work in the database."""

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def nudge(self) -> None:
        pass


class WithWorker:
    """A worker in this process, told of new work the moment it is committed."""

    def __init__(self, runtime: WorkerRuntime) -> None:
        self.engine = runtime

    def start(self) -> None:
        from tieline.store.ledger import on_enqueued

        self.engine.start()
        on_enqueued.append(self.engine.nudge)

    def stop(self) -> None:
        from tieline.store.ledger import on_enqueued

        if self.engine.nudge in on_enqueued:
            on_enqueued.remove(self.engine.nudge)
        self.engine.stop()

    def nudge(self) -> None:
        self.engine.nudge()


def build_runtime(*, worker: bool) -> Runtime:
    """The runtime of this process, by the settings. Nothing runs before ``start``."""
    return WithWorker(build_worker()) if worker else NoWorker()


def build_worker() -> WorkerRuntime:
    from django.conf import settings

    from tieline.engine.durable import DurableOptions
    from tieline.engine.runtime import Rhythm
    from tieline.engine.runtime import Runtime as Engine
    from tieline.store.ids import new_id

    options = DurableOptions(
        process=new_id(),
        file=settings.DATA / "durable.sqlite3",
        database_url=sqlalchemy_url(settings.DATABASE_URL),
        threads=settings.WORKER_THREADS,
        poll_s=0.25 if settings.DATABASE_URL else 0.1,
    )
    rhythm = Rhythm(dead_after_s=settings.DEAD_AFTER_SECONDS, poll_s=settings.POLL_SECONDS)
    return Engine(
        build_ports(),
        options,
        rhythm=rhythm,
        around=with_fresh_connections,
        retain=retain,
        alone=not settings.DATABASE_URL,
    )


def build_ports() -> Ports:
    """Everything outside the engine, for a worker or for somebody who waits at the screen."""
    from django.conf import settings

    from tieline.engine.clock import SystemClock
    from tieline.engine.turn import Pace, Ports
    from tieline.store.ids import new_id
    from tieline.store.ledger import DjangoLedger
    from tieline.store.repository import DjangoStore

    class NewIds:
        def new(self) -> str:
            return new_id()

    return Ports(
        store=DjangoStore(),
        ledger=DjangoLedger(),
        jira=clients.open,
        clock=SystemClock(),
        ids=NewIds(),
        pace=Pace(search_lag_s=settings.SEARCH_LAG_SECONDS, poll_overlap_s=settings.POLL_OVERLAP_SECONDS),
    )


def with_fresh_connections(call: Callable[[], object]) -> object:
    """Run ``call`` in a thread of ours with a database connection that works, and let go of a stale one after it."""
    from django.db import close_old_connections

    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()


def retain() -> None:
    """Delete what is older than the operator keeps."""
    from django.conf import settings
    from django.utils import timezone

    from tieline.store import upkeep
    from tieline.store.gate import DjangoGate
    from tieline.store.ledger import DjangoLedger

    DjangoLedger().retain(before=timezone.now() - timedelta(days=settings.RETAIN_DAYS))
    DjangoGate().forget_idle()
    upkeep.retain()


def sqlalchemy_url(url: str) -> str:
    """``postgresql://…`` with the driver that is installed."""
    scheme, found, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if found and scheme in {"postgres", "postgresql"} else url
