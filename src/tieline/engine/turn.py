"""What one run of one op has in its hands: the ports, the op it works for, and what this process remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from tieline.engine.ports import Clock, Ids, Jira, Ledger, Store
from tieline.records.ids import ConnectionId, IntegrationId, OpId
from tieline.sync.snapshot import Hop

PEOPLE_KEPT = timedelta(minutes=10)
RIGHTS_KEPT = timedelta(seconds=30)


@dataclass(kw_only=True)
class Memory:
    """What a process need not ask twice. Losing it costs calls, never correctness.

    ``people``: (connection, e-mail) → Jira user id or None where nobody matched, with the time it was asked.
    ``workflows``: (connection, project, issue type) → transitions by the status they start from.
    """

    people: dict[tuple[str, str], tuple[str | None, datetime]] = field(default_factory=dict)
    workflows: dict[tuple[str, str, str], dict[str, tuple[Hop, ...]]] = field(default_factory=dict)
    rights: dict[tuple[str, str], tuple[Mapping[str, bool], datetime]] = field(default_factory=dict)
    """(connection, project) → what this account may do there, with the time it was asked."""
    gone_asked: dict[IntegrationId, datetime] = field(default_factory=dict)
    """When issues that were gone were asked for again last."""
    lock: Lock = field(default_factory=Lock)

    def person(self, connection: ConnectionId, email: str, now: datetime) -> tuple[bool, str | None]:
        """(known, Jira user id)."""
        found = self.people.get((connection, email.lower()))
        if found is None or now - found[1] > PEOPLE_KEPT:
            return False, None
        return True, found[0]

    def keep_person(self, connection: ConnectionId, email: str, user: str | None, now: datetime) -> None:
        with self.lock:
            self.people[(connection, email.lower())] = (user, now)

    def rights_in(self, connection: str, project: str, now: datetime) -> Mapping[str, bool] | None:
        found = self.rights.get((connection, project))
        return found[0] if found and now - found[1] <= RIGHTS_KEPT else None

    def keep_rights(self, connection: str, project: str, held: Mapping[str, bool], now: datetime) -> None:
        with self.lock:
            self.rights[(connection, project)] = (held, now)

    def workflow(self, connection: str, project: str, issue_type: str) -> dict[str, tuple[Hop, ...]]:
        return dict(self.workflows.get((connection, project, issue_type), {}))

    def keep_hops(self, connection: str, project: str, issue_type: str, status: str, hops: tuple[Hop, ...]) -> None:
        with self.lock:
            self.workflows.setdefault((connection, project, issue_type), {})[status] = hops


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Times the engine waits for. ``search_lag_s``: how long Jira's search may not show an issue that exists.
    ``poll_overlap_s``: how far each poll looks back beyond its cursor."""

    search_lag_s: float = 180.0
    poll_overlap_s: float = 300.0


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Everything outside the engine, as the engine sees it. ``jira`` opens or reuses a connection's paced client."""

    store: Store
    ledger: Ledger
    jira: Callable[[ConnectionId], Jira]
    clock: Clock
    ids: Ids
    pace: Pace = field(default_factory=Pace)
    memory: Memory = field(default_factory=Memory)


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One run of an op by a worker. ``op`` is None when somebody waits at the screen and no ledger row stands behind
    it. ``attempts`` counts the starts of the op, this one included."""

    ports: Ports
    op: OpId | None = None
    worker: str = ""
    attempts: int = 1
    stopping: Callable[[], bool] = lambda: False
    """True once the worker is asked to stop: long work ends at the next good place and goes on later."""

    @property
    def store(self) -> Store:
        return self.ports.store

    @property
    def clock(self) -> Clock:
        return self.ports.clock
