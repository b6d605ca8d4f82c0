"""How long Jira asks us to wait, read from an answer's headers.

Cloud sends ``Retry-After`` in seconds and ``X-RateLimit-Reset`` as a time; Data Center sends ``Retry-After`` and
``X-RateLimit-Interval-Seconds``. <https://developer.atlassian.com/cloud/jira/platform/rate-limiting/>
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tieline.diagnosis.evidence import Response

SHORTEST_S = 1.0
LONGEST_S = 3600.0
_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d{1,9})?")
_EPOCH_FROM = 1e9
_EPOCH_MS_FROM = 1e11


def parse_retry_after(response: Response, now: datetime) -> float | None:
    """Seconds to wait, between 1 and 3,600; None when the answer does not tell. ``now`` is aware."""
    for name in ("Retry-After", "X-RateLimit-Reset", "X-RateLimit-Interval-Seconds"):
        value = response.header(name)
        seconds = None if value is None else _seconds(value.strip(), now, is_reset=name == "X-RateLimit-Reset")
        if seconds is not None:
            return min(max(seconds, SHORTEST_S), LONGEST_S)
    return None


def _seconds(text: str, now: datetime, *, is_reset: bool) -> float | None:
    if _NUMBER.fullmatch(text):
        number = float(text)
        if is_reset and number >= _EPOCH_FROM:
            return number / (1000 if number >= _EPOCH_MS_FROM else 1) - now.timestamp()
        return number if math.isfinite(number) else None
    when = _parse_time(text)
    return None if when is None else (when - now).total_seconds()


def _parse_time(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        try:
            when = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)
