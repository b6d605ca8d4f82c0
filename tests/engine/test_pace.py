"""Calls ask the gate first, and what Jira says about pace is obeyed."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tieline.diagnosis.evidence import Exchange, Request, Response
from tieline.engine.pace import PacedJira, throttled_scope
from tieline.engine.ports import Answer, Trouble
from tieline.records.ids import ConnectionId, IssueId


class Clock:
    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return datetime(2027, 1, 1, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


class Gate:
    """Lets a call pass once ``waits`` are used up; notes what it was told."""

    def __init__(self, *waits: float) -> None:
        self.waits = list(waits)
        self.asked: list[str] = []
        self.throttled: list[tuple[str, float]] = []

    def ask(self, connection: ConnectionId, scope: str) -> float:
        self.asked.append(scope)
        return self.waits.pop(0) if self.waits else 0.0

    def throttle(self, connection: ConnectionId, scope: str, seconds: float) -> None:
        self.throttled.append((scope, seconds))


class Jira:
    """Answers everything with ``answer``; counts the calls that were under way at once."""

    def __init__(self, answer: Answer[Any], *, takes_s: float = 0.0) -> None:
        self.answer = answer
        self.takes_s = takes_s
        self.calls = 0
        self.most_at_once = 0
        self._now = 0
        self._lock = threading.Lock()

    def read_issue(self, issue: str) -> Answer[Any]:
        with self._lock:
            self.calls += 1
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
        time.sleep(self.takes_s)
        with self._lock:
            self._now -= 1
        return self.answer

    def edit_issue(self, issue: IssueId, changes: Any) -> Answer[Any]:
        return self.read_issue(issue)


def paced(jira: Jira, gate: Gate, clock: Clock | None = None) -> PacedJira:
    return PacedJira(jira, connection=ConnectionId("c1"), gate=gate, clock=clock or Clock())  # type: ignore[arg-type]


def told(status: int, **headers: str) -> tuple[Exchange, ...]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return (Exchange(request=Request(path="/"), response=Response(status=status, headers=named)),)


def test_a_short_wait_is_slept_through() -> None:
    jira, clock = Jira(Answer(value="issue")), Clock()
    assert paced(jira, Gate(0.5, 0.25), clock).read_issue("1").value == "issue"
    assert clock.passed == 0.75


def test_a_long_wait_hands_the_work_back_without_a_call() -> None:
    jira = Jira(Answer(value="issue"))
    answer = paced(jira, Gate(30.0)).read_issue("1")
    assert (answer.trouble, answer.retry_after_s, jira.calls) == (Trouble.THROTTLED, 30.0, 0)


def test_jiras_word_reaches_the_gate_for_the_family_it_names() -> None:
    gate = Gate()
    busy = Answer[Any](trouble=Trouble.THROTTLED, retry_after_s=12.0, exchanges=told(429))
    paced(Jira(busy), gate).read_issue("1")
    assert gate.throttled == [("read", 12.0)]


@pytest.mark.parametrize(
    ("family", "reason", "scope"),
    [
        ("read", "jira-burst-based", "read"),
        ("read", "jira-quota-global-based", "site"),
        ("issue:10", "jira-per-issue-on-write", "issue:10"),
        ("issue:10", "jira-burst-based", "site"),
        ("issue:10", "", "site"),
    ],
)
def test_what_has_to_wait_is_what_jira_names(family: str, reason: str, scope: str) -> None:
    answer = Answer[Any](trouble=Trouble.THROTTLED, exchanges=told(429, RateLimit_Reason=reason))
    assert throttled_scope(family, answer) == scope


def test_after_a_refused_login_no_further_call_leaves_until_it_is_forgotten() -> None:
    jira, clock = Jira(Answer(trouble=Trouble.LOGIN)), Clock()
    client = paced(jira, Gate(), clock)
    for _ in range(5):
        assert client.read_issue("1").trouble is Trouble.LOGIN
    client.forget_refusal()
    assert client.read_issue("1").trouble is Trouble.LOGIN
    assert jira.calls == 1
    clock.sleep(60)
    client.forget_refusal()
    client.read_issue("1")
    assert jira.calls == 2


def test_a_credential_that_turns_bad_under_eight_threads_is_refused_at_most_twice() -> None:
    jira = Jira(Answer(trouble=Trouble.LOGIN), takes_s=0.05)
    client = paced(jira, Gate())
    threads = [threading.Thread(target=client.read_issue, args=("1",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert jira.calls <= 2
    assert jira.most_at_once <= 2


def test_a_jira_out_of_reach_is_asked_less_and_less() -> None:
    gate = Gate()
    client = paced(Jira(Answer(trouble=Trouble.UNAVAILABLE)), gate)
    for _ in range(6):
        client.read_issue("1")
    assert gate.throttled == [("site", wait) for wait in (10.0, 30.0, 90.0, 300.0, 300.0, 300.0)]
