"""The desk of one link's sync: its link, its Jira, and the notes taken while working."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from tieline.diagnosis.evidence import Exchange
from tieline.engine.ports import (
    Answer,
    ConnectionView,
    IntegrationView,
    Jira,
    LinkProblem,
    LinkView,
    LogLine,
    OpEnd,
    Trouble,
)
from tieline.engine.turn import Turn
from tieline.engine.verdict import Asked, Verdict, finding_sentence, judge

T = TypeVar("T")

RIGHTS = (
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "TRANSITION_ISSUES",
    "ASSIGN_ISSUES",
    "SCHEDULE_ISSUES",
    "ADMINISTER_PROJECTS",
)


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """The work ends here for now. ``problems`` are shown on the record."""

    end: OpEnd
    problems: tuple[LinkProblem, ...] = ()


@dataclass(kw_only=True)
class Desk:
    """Notes of one turn: ``exchanges`` in order, ``steps`` as short sentences for the log."""

    turn: Turn
    connection: ConnectionView
    integration: IntegrationView
    jira: Jira
    started: float
    exchanges: list[Exchange] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    @property
    def project_key(self) -> str:
        return self.integration.mapping.project_key

    def note(self, answer: Answer[T]) -> Answer[T]:
        """Keep the exchanges of an answer for the log, and hand it on."""
        self.exchanges.extend(answer.exchanges)
        return answer

    def asked(self, view: LinkView | None = None, **facts: Any) -> Asked:
        named = {"record": f"{view.record.ref} {view.record.name}", "name": view.record.name} if view else {}
        return Asked(connection=self.connection, project_key=self.project_key, facts={**named, **facts})

    def judge(self, answer: Answer[Any], view: LinkView | None = None, **facts: Any) -> Verdict:
        """What a troubled answer means. A refusal may be a missing right: that is asked of Jira, not guessed."""
        if answer.trouble in {Trouble.REFUSED, Trouble.GONE}:
            facts = {**self.read_rights(), **facts}
        return judge(
            answer,
            self.asked(view, **facts),
            attempts=self.turn.attempts,
            key=str(self.turn.op or (view.id if view else "")),
        )

    def read_rights(self) -> dict[str, Any]:
        """Facts about what this account may do in the project; empty when Jira does not tell."""
        memory, now = self.turn.ports.memory, self.turn.clock.now()
        held = memory.rights_in(self.connection.id, self.project_key, now)
        if held is None:
            answer = self.note(self.jira.read_permissions(self.project_key, RIGHTS))
            if answer.value is None:
                return {}
            held = answer.value
            memory.keep_rights(self.connection.id, self.project_key, held, now)
        return {"permissions": dict(held), "logged_in": True}

    def conclude(self, verdict: Verdict) -> OpEnd:
        """Hold the connection where the verdict says so; hand back how the op ends."""
        if verdict.holds and verdict.problem is not None:
            self.turn.store.hold_connection(self.connection.id, verdict.problem)
        return verdict.end

    def stop(self, answer: Answer[Any], view: LinkView | None = None, **facts: Any) -> Stopped:
        """``judge`` and ``conclude`` in one: what a troubled answer ends with, and what it shows."""
        verdict = self.judge(answer, view, **facts)
        return Stopped(end=self.conclude(verdict), problems=(verdict.problem,) if verdict.problem else ())

    def line(
        self, sentence: str, *, direction: str, level: str = "info", view: LinkView | None = None, bare: bool = False
    ) -> LogLine:
        """A line of the log with what was done and asked so far; a ``bare`` one without."""
        elapsed = int((self.turn.clock.monotonic() - self.started) * 1000)
        return LogLine(
            level=level,
            direction=direction,
            sentence=sentence,
            steps=() if bare else tuple(self.steps),
            exchanges=() if bare else tuple(self.exchanges),
            record=view.record.id if view else None,
            link=view.id if view else None,
            elapsed_ms=elapsed,
        )


def open_desk(integration: IntegrationView, turn: Turn) -> Desk:
    return Desk(
        turn=turn,
        connection=turn.store.read_connection(integration.connection_id),
        integration=integration,
        jira=turn.ports.jira(integration.connection_id),
        started=turn.clock.monotonic(),
    )


def problem_sentence(problems: tuple[LinkProblem, ...]) -> str:
    return "; ".join(dict.fromkeys(finding_sentence(one.finding) for one in problems))
