from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tieline.diagnosis.evidence import Response
from tieline.jira.pace import parse_retry_after

NOW = datetime(2026, 9, 7, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "30"}, 30),
        ({"retry-after": " 5 "}, 5),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "-7"}, 1),
        ({"Retry-After": "1000000000"}, 3600),
        ({"Retry-After": "Mon, 07 Sep 2026 12:01:30 GMT"}, 90),
        ({"Retry-After": "Mon, 07 Sep 2026 11:00:00 GMT"}, 1),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, 3600),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "Mon, 99 Sep 2026 12:01:30 GMT"}, None),
        ({"Retry-After": "soon", "X-RateLimit-Reset": "2026-09-07T12:00:45Z"}, 45),
        ({"X-RateLimit-Reset": "2026-09-07T12:00Z"}, 1),
        ({"X-RateLimit-Reset": "1788782460"}, 60),
        ({"X-RateLimit-Reset": "1788782460000"}, 60),
        ({"X-RateLimit-Reset": "20"}, 20),
        ({"X-RateLimit-Interval-Seconds": "7", "X-RateLimit-FillRate": "1"}, 7),
        ({"Retry-After": "10", "X-RateLimit-Reset": "2026-09-07T13:00Z"}, 10),
        ({}, None),
    ],
)
def test_the_wait_is_read_from_whatever_jira_sends_and_kept_within_an_hour(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert parse_retry_after(Response(status=429, headers=headers), NOW) == seconds
