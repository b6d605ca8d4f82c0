"""What a troubled answer means for the work: which finding, whose problem it is, and when to try again. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zlib import crc32

from tieline.diagnosis.catalogue import CATALOGUE
from tieline.diagnosis.catalogue.kit import fill
from tieline.diagnosis.classify import classify
from tieline.diagnosis.evidence import Evidence, Exchange, Response, Settings
from tieline.diagnosis.finding import Confidence, Finding
from tieline.diagnosis.finding import Response as QueueResponse
from tieline.engine.ports import Answer, ConnectionView, CreateRefusal, LinkProblem, OpEnd, OpResult, Trouble
from tieline.sync.steps import FieldProblem

UNEXPLAINED = "tieline-unexplained"
INTERNAL = "tieline-internal"
RETRY_S = (10.0, 30.0, 90.0, 270.0, 900.0)
"""Waits between tries; from the last one on it stays at that. At most ten tries in the first hour."""
SLOWEST_S = RETRY_S[-1]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """``end``: how the op ends. ``problem``: what people see, None while a retry is likely to settle it silently.
    ``holds``: the connection's work must wait for a person."""

    end: OpEnd
    problem: LinkProblem | None = None
    holds: bool = False


@dataclass(frozen=True, kw_only=True)
class Asked:
    """On whose behalf Jira was asked. ``facts`` fill the words (``project``, ``record``, ``operation``)."""

    connection: ConnectionView
    project_key: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def backoff_s(attempts: int, key: str) -> float:
    """Seconds before try ``attempts + 1``: growing, and spread by ``key`` so that many ops do not come back at once."""
    step = RETRY_S[min(max(attempts, 1), len(RETRY_S)) - 1]
    return step * (0.75 + (crc32(f"{key}.{attempts}".encode()) % 1000) / 2000)


def judge(answer: Answer[Any], asked: Asked, *, attempts: int, key: str) -> Verdict:
    """What becomes of the op whose call brought ``answer`` (``answer.trouble`` is set).

    A refused login holds the connection. Throttling waits as long as Jira said. What did not reach Jira is tried again
    with growing waits and shown from the second time on. A refusal goes by the catalogue: the record, the mapping or
    the connection waits for a person.
    """
    finding = best_finding(answer.exchanges, asked)
    wait_s = max(answer.retry_after_s or 0.0, backoff_s(attempts, key))
    why = finding_sentence(finding)
    if answer.trouble is Trouble.LOGIN:
        problem = LinkProblem(finding=finding, scope="connection", evidence=answer.exchanges)
        return Verdict(end=OpEnd(result=OpResult.LATER, why=why, finding=finding), problem=problem, holds=True)
    if answer.trouble is Trouble.THROTTLED:
        later = OpEnd(result=OpResult.LATER, after_s=answer.retry_after_s or wait_s, why="Jira asked to slow down")
        return Verdict(end=later)
    response = response_to(finding)
    if answer.trouble in {Trouble.UNAVAILABLE, Trouble.UNKNOWN}:
        problem = LinkProblem(finding=finding, scope="connection", evidence=answer.exchanges)
        later = OpEnd(result=OpResult.LATER, after_s=wait_s, why=why, finding=finding)
        return Verdict(end=later, problem=problem if attempts > 1 else None)
    if answer.trouble is Trouble.REFUSED and _happens_at_once(answer):
        return Verdict(end=OpEnd(result=OpResult.LATER, after_s=2.0, why="Jira was busy with the same issue"))
    if response is QueueResponse.PARK_CONNECTION:
        problem = LinkProblem(finding=finding, scope="connection", evidence=answer.exchanges)
        return Verdict(end=OpEnd(result=OpResult.LATER, why=why, finding=finding), problem=problem, holds=True)
    if response is QueueResponse.RETRY or answer.trouble is Trouble.UNREADABLE:
        problem = LinkProblem(finding=finding, scope="connection", evidence=answer.exchanges)
        later = OpEnd(result=OpResult.LATER, after_s=wait_s, why=why, finding=finding)
        return Verdict(end=later, problem=problem)
    scope = "mapping" if response is QueueResponse.PARK_MAPPING else "record"
    problem = LinkProblem(finding=finding, scope=scope, evidence=answer.exchanges)
    return Verdict(end=OpEnd(result=OpResult.PARKED, why=why, finding=finding), problem=problem)


def best_finding(exchanges: Sequence[Exchange], asked: Asked) -> Finding:
    """The first finding the rules conclude, or one that claims nothing and quotes Jira."""
    connection = asked.connection
    settings = Settings(
        address=connection.base_url,
        account=connection.account,
        auth=connection.auth,
        project_key=asked.project_key,
        worked_before=connection.worked_before,
    )
    facts = {"project": asked.project_key or "", "account": connection.account, **asked.facts}
    if connection.edition is not None:
        facts["edition"] = connection.edition.value
    findings = classify(Evidence(settings=settings, exchanges=tuple(exchanges), facts=facts))
    if findings:
        return findings[0]
    return Finding(
        slug=UNEXPLAINED,
        confidence=Confidence.POSSIBLE,
        because=tuple(_symptom(one) for one in exchanges[-1:]) or ("Nothing was recorded.",),
        facts={key: str(value) for key, value in facts.items()},
        exchange_ids=tuple(one.id for one in exchanges[-1:]),
    )


def response_to(finding: Finding) -> QueueResponse:
    """What the catalogue says the queue does. A right is one of a project, so a missing one holds up what needs it
    there, not everything that goes through the connection; and what is only possible holds up no more than the
    record that met it."""
    entry = CATALOGUE.get(finding.slug)
    if entry is None:
        return QueueResponse.PARK_RECORD
    if entry.response is QueueResponse.PARK_CONNECTION and finding.slug.startswith("perm-"):
        return QueueResponse.PARK_MAPPING
    if entry.response is QueueResponse.PARK_CONNECTION and finding.confidence is Confidence.POSSIBLE:
        return QueueResponse.PARK_RECORD
    return entry.response


def field_problem(problem: FieldProblem, asked: Asked) -> LinkProblem:
    """A field that cannot be carried, as a problem of the record or of the mapping."""
    finding = Finding(
        slug=problem.slug,
        confidence=Confidence.CERTAIN,
        because=(f"The field “{problem.field}” was compared on both sides.",),
        facts={"field": problem.field, "project": asked.project_key or "", **problem.facts},
    )
    scope = "mapping" if response_to(finding) is QueueResponse.PARK_MAPPING else "record"
    return LinkProblem(finding=finding, scope=scope)


def refusal_problem(refusal: CreateRefusal, exchanges: tuple[Exchange, ...], asked: Asked) -> LinkProblem:
    """One refused element of a bulk create, judged as the answer it would have been to a call of its own."""
    general = [text for name, text in refusal.messages.items() if not name]
    by_field = {name: text for name, text in refusal.messages.items() if name}
    whole = exchanges[-1] if exchanges else Exchange()
    body = json.dumps({"errorMessages": general, "errors": by_field}, ensure_ascii=False)
    headers = whole.response.headers if whole.response else {}
    single = replace(whole, response=Response(status=400, headers=headers, body=body))
    finding = best_finding((single,), asked)
    scope = "mapping" if response_to(finding) is QueueResponse.PARK_MAPPING else "record"
    return LinkProblem(finding=finding, scope=scope, evidence=(single,))


def finding_sentence(finding: Finding) -> str:
    entry = CATALOGUE.get(finding.slug)
    if entry is None:
        return "; ".join(finding.because) or finding.slug
    return fill(entry.title, finding.facts)


def _happens_at_once(answer: Answer[Any]) -> bool:
    response = answer.exchanges[-1].response if answer.exchanges else None
    return response is not None and response.status == 409


def _symptom(exchange: Exchange) -> str:
    asked = f"{exchange.request.method} {exchange.request.path.partition('?')[0]}"
    if exchange.response is not None:
        return f"Jira answered {exchange.response.status} to {asked}."
    if exchange.failure is not None:
        return f"{asked} broke off: {exchange.failure.stage.value}, {exchange.failure.kind}."
    return f"{asked} has no answer."
