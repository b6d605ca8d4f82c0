"""One operation on Jira: sent through the door, judged, parsed, told as an ``Answer``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tieline.diagnosis.evidence import Exchange
from tieline.jira.dialect import Dialect, Found, Question
from tieline.jira.door import JiraDoor, Reply
from tieline.jira.options import Clock
from tieline.jira.pace import parse_retry_after
from tieline.jira.reading import WrongShapeError, parse_json
from tieline.jira.trouble import classify_trouble, names_somebody
from tieline.sync.remote import Answer, ProbeRequest, Trouble

T = TypeVar("T")
MOST_PAGES = 400
NO_CONTENT = frozenset({204})


class Caller:
    """Asks for the client. Remembers of the connection only whether Jira's answers name the account."""

    def __init__(self, door: JiraDoor, dialect: Dialect, clock: Clock) -> None:
        self._door = door
        self._dialect = dialect
        self._clock = clock
        self._never_named = False

    def ask(self, probe: str, question: Question, parse: Callable[[Any], T], *, write: bool = False) -> Answer[T]:
        """Send, judge, parse. An answer of another shape is ``UNREADABLE``, after a write ``UNKNOWN``."""
        reply, trouble, exchanges = self._send(probe, question, write=write)
        if trouble is not None:
            return self._troubled(trouble, exchanges)
        try:
            return Answer(value=parse(parse_json(reply.body or b"")), exchanges=exchanges)
        except WrongShapeError:
            return Answer(trouble=Trouble.UNKNOWN if write else Trouble.UNREADABLE, exchanges=exchanges)

    def tell(self, probe: str, question: Question, *, done: frozenset[int] = NO_CONTENT) -> Answer[None]:
        """A write that Jira answers with one of the statuses ``done`` and nothing more. Another good status is not
        Jira's word: a page that somebody put in between says 200, too."""
        reply, trouble, exchanges = self._send(probe, question, write=True)
        response = reply.exchange.response
        if trouble is None and response is not None and response.status not in done:
            trouble = Trouble.UNKNOWN
        return Answer(exchanges=exchanges) if trouble is None else self._troubled(trouble, exchanges)

    def ask_twice_shaped(self, probe: str, question: Question, parse: Callable[[Any], T], *, also: int) -> Answer[T]:
        """A write whose outcome is in the body also under the status ``also`` (a bulk create of which all failed)."""
        reply, trouble, exchanges = self._send(probe, question, write=True)
        response = reply.exchange.response
        readable = trouble is None or (response is not None and response.status == also and reply.body is not None)
        if trouble is not None and not readable:
            return self._troubled(trouble, exchanges)
        try:
            return Answer(value=parse(parse_json(reply.body or b"")), exchanges=exchanges)
        except WrongShapeError:
            return self._troubled(trouble or Trouble.UNKNOWN, exchanges)

    def walk(
        self, probe: str, ask: Callable[[str | None], Question], parse: Callable[[Any], Found]
    ) -> Answer[list[Any]]:
        """All pages of a list, one after the other; a token that comes again ends it as ``UNREADABLE``."""
        members: list[Any] = []
        exchanges: tuple[Exchange, ...] = ()
        token: str | None = None
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            page = self.ask(probe, ask(token), parse)
            exchanges += page.exchanges
            if page.value is None:
                return Answer(trouble=page.trouble, exchanges=exchanges, retry_after_s=page.retry_after_s)
            members += page.value.members
            token = page.value.next_token
            if token is None:
                return Answer(value=members, exchanges=exchanges)
            if token in seen:
                break
            seen.add(token)
        return Answer(trouble=Trouble.UNREADABLE, exchanges=exchanges)

    def _send(
        self, probe: str, question: Question, *, write: bool
    ) -> tuple[Reply, Trouble | None, tuple[Exchange, ...]]:
        reply = self._door.send(
            ProbeRequest(probe=probe, method=question.method, path=question.path, body=question.body)
        )
        trouble = classify_trouble(reply.exchange, reply.body, write=write)
        exchanges: tuple[Exchange, ...] = (reply.exchange,)
        if trouble is None or trouble is Trouble.GONE:
            check = self._check_named(reply, question)
            if check is not None:
                exchanges += (check.exchange,)
                if classify_trouble(check.exchange, check.body, write=False) is Trouble.LOGIN:
                    return reply, Trouble.LOGIN, exchanges
        return reply, trouble, exchanges

    def _check_named(self, reply: Reply, question: Question) -> Reply | None:
        """Jira's answers name the account they were given to. One that names nobody may be an anonymous one: ask who
        we are, which nobody is told anonymously. Where even that answer names nobody, something on the way drops the
        header, and its absence means nothing."""
        response, myself = reply.exchange.response, f"{self._dialect.api}/myself"
        if response is None or reply.exchange.request.auth == "none" or names_somebody(response) or self._never_named:
            return None
        if question.path == myself:
            self._never_named = response.status == 200
            return None
        check = self._door.send(ProbeRequest(probe="who am I", path=myself))
        answer = check.exchange.response
        if answer is not None and answer.status == 200 and not names_somebody(answer):
            self._never_named = classify_trouble(check.exchange, check.body, write=False) is None
        return check

    def _troubled(self, trouble: Trouble, exchanges: tuple[Exchange, ...]) -> Answer[Any]:
        response = exchanges[0].response
        waits = trouble in {Trouble.THROTTLED, Trouble.UNAVAILABLE} and response is not None
        retry = parse_retry_after(response, self._clock.now()) if waits and response is not None else None
        return Answer(trouble=trouble, exchanges=exchanges, retry_after_s=retry)


def and_then(first: Answer[Any], second: Answer[T]) -> Answer[T]:
    """``second`` with the exchanges of both."""
    return Answer(
        value=second.value,
        trouble=second.trouble,
        exchanges=first.exchanges + second.exchanges,
        retry_after_s=second.retry_after_s,
    )


def passed_on(failed: Answer[Any]) -> Answer[Any]:
    """A failed step as the end of an operation with another kind of value."""
    return Answer(trouble=failed.trouble, exchanges=failed.exchanges, retry_after_s=failed.retry_after_s)
