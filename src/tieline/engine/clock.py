"""The machine's clock. Everything that needs the time is given one of these."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class SystemClock:
    """Satisfies :class:`tieline.engine.ports.Clock`."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
