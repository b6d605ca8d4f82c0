from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieline.jira.jql import find_zone, jql_changed, jql_ids, jql_keys, jql_mine, quote_jql, render_time

ONE_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')


@settings(max_examples=400)
@given(st.text())
def test_no_value_breaks_out_of_its_quotes(value: str) -> None:
    assert ONE_STRING.fullmatch(quote_jql(value))


@given(st.text(max_size=30))
def test_a_hostile_project_key_stays_one_operand(key: str) -> None:
    jql = jql_changed(key, None, UTC)
    rest = ONE_STRING.sub("?", jql, count=1)
    assert rest == "project = ? ORDER BY key ASC"


def test_only_numbers_are_ids() -> None:
    assert jql_ids(["1", "2) OR key in (X-1", "٣", "-4"]) == "id in (1) ORDER BY id ASC"
    assert jql_ids([]) == "id in (0) ORDER BY id ASC"
    assert jql_keys(['A-1") OR ("x']) == 'key in ("A-1\\") OR (\\"x")'


def test_a_poll_asks_in_the_accounts_zone_to_the_minute_oldest_first() -> None:
    since = datetime(2026, 7, 1, 22, 59, 59, tzinfo=UTC)
    assert jql_changed("ROAD", since, ZoneInfo("Europe/Stockholm")) == (
        'project = "ROAD" AND updated >= "2026-07-02 00:59" ORDER BY updated ASC, key ASC'
    )
    assert jql_mine("ROAD", since, UTC) == (
        'project = "ROAD" AND creator = currentUser() AND created >= "2026-07-01 22:59" ORDER BY created DESC'
    )


ZONES = sorted(available_timezones() & {"Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "UTC"})  # fmt: skip


@settings(max_examples=300)
@given(
    st.datetimes(datetime(2015, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001 - made aware below
    st.sampled_from(ZONES),
)
def test_however_jira_reads_the_text_nothing_that_changed_since_is_left_out(naive: datetime, name: str) -> None:
    since, zone = naive.replace(tzinfo=UTC), ZoneInfo(name)
    read = datetime.strptime(render_time(since, zone), "%Y-%m-%d %H:%M")  # noqa: DTZ007
    for fold in (0, 1):
        assert read.replace(tzinfo=zone, fold=fold).astimezone(UTC) <= since


def test_an_hour_that_comes_twice_is_asked_for_from_its_first_time() -> None:
    stockholm = ZoneInfo("Europe/Stockholm")
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert render_time(second, stockholm) == "2026-10-25 02:30"
    assert render_time(second - timedelta(hours=1), stockholm) == "2026-10-25 01:30"


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "../../etc/passwd", "\0"])
def test_an_unknown_zone_reads_too_much_and_never_too_little(name: str | None) -> None:
    since = datetime(2026, 9, 7, 12, 0, tzinfo=UTC)
    assert render_time(since, find_zone(name)) == "2026-09-07 00:00"
