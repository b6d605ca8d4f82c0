"""One check in progress: asks within a deadline, keeps exchanges and facts, and turns evidence into step results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tieline.diagnosis.classify import classify
from tieline.diagnosis.evidence import Evidence, Exchange, Failure, Settings, Stage
from tieline.diagnosis.finding import Finding
from tieline.diagnosis.ladder import RUNG, RungResult, RungState
from tieline.diagnosis.reading import Reading
from tieline.sync.remote import AuthUse, ProbeRequest

if TYPE_CHECKING:
    from tieline.engine.ports import Clock, Door

SERVER_INFO = "/rest/api/2/serverInfo"
"""Asked first: every Jira answers it, and nothing else does."""
LONGEST_CALL_S = 10.0
MOST_CALLS = 20


class Inquiry:
    """State of one check. It never follows a redirect and never sends a refused login a third time."""

    def __init__(self, door: Door, settings: Settings, clock: Clock, deadline_s: float) -> None:
        self.door = door
        self.settings = settings
        self.facts: dict[str, Any] = {}
        self.exchanges: list[Exchange] = []
        self._clock = clock
        self._ends = clock.monotonic() + deadline_s

    @property
    def time_left(self) -> float:
        return self._ends - self._clock.monotonic()

    @property
    def out_of_time(self) -> bool:
        return self.time_left < 1.0 or len(self.exchanges) >= MOST_CALLS

    @property
    def edition(self) -> str | None:
        edition = self.facts.get("edition")
        return edition if isinstance(edition, str) else None

    @property
    def api(self) -> str:
        """The base path of the platform interface of this edition."""
        return "/rest/api/3" if self.edition == "cloud" else "/rest/api/2"

    def ask(
        self,
        probe: str,
        path: str,
        *,
        auth: AuthUse = AuthUse.OWN,
        method: str = "GET",
        base: str | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Exchange:
        """One question, within what is left of the time. The answer is kept as evidence."""
        if self.out_of_time:
            failure = Failure(stage=Stage.READ, kind="timeout", detail="The check's time was up before this question")
            exchange = Exchange(id=f"unasked-{len(self.exchanges)}", probe=probe, failure=failure)
        else:
            request = ProbeRequest(probe=probe, path=path, method=method, auth=auth, base=base, body=body)
            exchange = self.door.ask(request, timeout_s=min(LONGEST_CALL_S, self.time_left))
        if self.edition and exchange.deployment is None:
            exchange = replace(exchange, deployment=self.edition)
        self.exchanges.append(exchange)
        return exchange

    def learn_edition(self, edition: str) -> None:
        """From here on, and in the exchanges so far, this is the edition."""
        self.facts["edition"] = edition
        self.exchanges = [e if e.deployment else replace(e, deployment=edition) for e in self.exchanges]

    def judge(self, exchanges: Iterable[Exchange], *, with_project: bool = False, **facts: Any) -> tuple[Finding, ...]:
        """Findings of these exchanges in the light of what is known. The project's key counts once it is asked for."""
        settings = self.settings if with_project else replace(self.settings, project_key=None)
        known = {e.id: e for e in self.exchanges}
        chosen = tuple(known.get(e.id, e) for e in exchanges)
        return classify(Evidence(settings=settings, exchanges=chosen, facts={**self.facts, **facts}))

    def good(self, rung: str, found: str, *exchanges: Exchange, facts: Mapping[str, Any] | None = None) -> RungResult:
        return RungResult(rung=RUNG[rung], state=RungState.OK, found=found, exchanges=exchanges, facts=facts or {})

    def warned(
        self,
        rung: str,
        found: str,
        findings: tuple[Finding, ...],
        *exchanges: Exchange,
        facts: Mapping[str, Any] | None = None,
    ) -> RungResult:
        return RungResult(
            rung=RUNG[rung],
            state=RungState.WARNING,
            found=found,
            findings=findings,
            exchanges=exchanges,
            facts=facts or {},
        )

    def bad(
        self,
        rung: str,
        found: str,
        findings: tuple[Finding, ...],
        *exchanges: Exchange,
        facts: Mapping[str, Any] | None = None,
    ) -> RungResult:
        return RungResult(
            rung=RUNG[rung],
            state=RungState.PROBLEM,
            found=found,
            findings=findings,
            exchanges=exchanges,
            facts=facts or {},
        )

    def skipped(self, rung: str, reason: str) -> RungResult:
        return RungResult(rung=RUNG[rung], state=RungState.NOT_RUN, reason=reason)


Step = Callable[[Inquiry], RungResult]


def read_answer(exchange: Exchange) -> Reading:
    """The exchange, parsed. Nothing in it can make this raise."""
    return Reading(exchange)


def status_of(exchange: Exchange) -> int | None:
    return exchange.response.status if exchange.response is not None else None
