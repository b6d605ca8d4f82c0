"""Pace: token buckets per connection and scope, in the database, so that all workers keep to one pace.

Scopes: ``site`` (every call), ``issue:<id>`` (writes to one issue), and whatever else Jira names when it says wait. A
call asks with its own scope and always passes ``site`` as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.utils import timezone

from tieline.records.ids import ConnectionId
from tieline.store.models import GateRow
from tieline.store.transactions import one_transaction

SITE: Final = "site"
SHORTEST_S: Final = 1.0
LONGEST_S: Final = 3600.0
_IDLE_S: Final = 3600.0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """``per_second`` tokens come in, up to ``burst``. None: no pace of our own, only Jira's word."""

    per_second: float
    burst: float


ISSUE_PACE: Final = Pace(per_second=100 / 30, burst=20)
"""Atlassian: at most 20 writes in 2 s and 100 in 30 s to one issue."""


def pace_of(scope: str, calls_per_second: float) -> Pace | None:
    if scope == SITE:
        return Pace(per_second=calls_per_second, burst=max(1.0, calls_per_second / 4))
    return ISSUE_PACE if scope.startswith("issue:") else None


class DjangoGate:
    """Satisfies ``engine.ports.Gate``."""

    def __init__(self, now: Callable[[], datetime] | None = None, *, calls_per_second: float | None = None) -> None:
        self._clock = now
        self._calls_per_second = settings.CALLS_PER_SECOND if calls_per_second is None else calls_per_second

    def _now(self) -> float:
        return (self._clock() if self._clock else timezone.now()).timestamp()

    @one_transaction
    def ask(self, connection: ConnectionId, scope: str) -> float:
        """0.0 when a call may go now (a token of each bucket is taken); otherwise seconds to wait, nothing taken."""
        now = self._now()
        rows = self._rows(connection, (SITE,) if scope == SITE else (SITE, scope), now)
        set_back = [row for row in rows if row.filled_at > now]
        wait = max(self._fill(row, now) for row in rows)
        if wait > 0:
            for row in set_back:
                row.save(update_fields=["filled_at"])
            return wait
        for row in rows:
            if pace_of(row.scope, self._calls_per_second):
                row.tokens -= 1
            row.save(update_fields=["tokens", "filled_at"])
        return 0.0

    def _fill(self, row: GateRow, now: float) -> float:
        """Add what came in since; seconds until a token is there and Jira's own time is over."""
        pace = pace_of(row.scope, self._calls_per_second)
        blocked = max(0.0, min(row.blocked_until - now, LONGEST_S))
        if pace is None:
            row.filled_at = now
            return blocked
        since = max(0.0, now - max(row.filled_at, min(row.blocked_until, now)))
        row.tokens = min(pace.burst, row.tokens + since * pace.per_second)
        row.filled_at = now
        return max(blocked, (1 - row.tokens) / pace.per_second if row.tokens < 1 else 0.0)

    @one_transaction
    def throttle(self, connection: ConnectionId, scope: str, seconds: float) -> None:
        """Jira said wait: no call of the scope for that long (clamped to [1 s, 1 h]; what is no number is 1 s)."""
        now = self._now()
        (row,) = self._rows(connection, (scope,), now)
        wait = seconds if math.isfinite(seconds) else (LONGEST_S if seconds == math.inf else SHORTEST_S)
        row.blocked_until = max(row.blocked_until, now + min(max(wait, SHORTEST_S), LONGEST_S))
        row.tokens, row.filled_at = 0.0, now
        row.save(update_fields=["blocked_until", "tokens", "filled_at"])

    def _rows(self, connection: ConnectionId, scopes: tuple[str, ...], now: float) -> list[GateRow]:
        rows = (
            GateRow.objects.select_for_update(no_key=True)
            .filter(connection_id=connection, scope__in=scopes)
            .order_by("scope")
        )
        found = list(rows)
        if len(found) < len(scopes):
            known = {row.scope for row in found}
            fresh = [
                GateRow(connection_id=connection, scope=scope, tokens=self._full(scope), filled_at=now)
                for scope in scopes
                if scope not in known
            ]
            GateRow.objects.bulk_create(fresh, ignore_conflicts=True)
            found = list(rows.all())
        return found

    def _full(self, scope: str) -> float:
        pace = pace_of(scope, self._calls_per_second)
        return pace.burst if pace else 0.0

    @one_transaction
    def forget_idle(self) -> int:
        """Drop buckets of scopes that nobody asked about for an hour (they are full again by then)."""
        edge = self._now() - _IDLE_S
        idle = GateRow.objects.filter(filled_at__lt=edge, blocked_until__lt=edge).exclude(scope=SITE)
        return idle.delete()[0]
