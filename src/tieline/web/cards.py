"""Problems as pages show them: the stored finding and evidence, put into the words of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tieline.diagnosis.card import Card, build_card
from tieline.diagnosis.catalogue import CATALOGUE
from tieline.diagnosis.evidence import Evidence, Settings
from tieline.diagnosis.finding import Confidence, Finding
from tieline.store.evidence import parse_exchange, parse_finding
from tieline.store.models import Connection, Problem

UNEXPLAINED = "tieline-unexplained"
"""Shown for a stored finding whose entry is no longer in the catalogue: the evidence still stands."""


@dataclass(frozen=True, kw_only=True)
class ProblemCard:
    """A problem's row with its card."""

    row: Problem
    card: Card
    affected: int


def settings_of(connection: Connection | None, *, project_key: str = "") -> Settings:
    """What diagnosis may know of a connection."""
    if connection is None:
        return Settings(project_key=project_key or None)
    return Settings(
        address=connection.base_url,
        account=connection.account,
        auth=connection.auth,
        secret_shape=connection.secret_shape or None,
        project_key=project_key or None,
        worked_before=connection.login_accepted_at is not None,
        secret_set_at=connection.secret_set_at.isoformat() if connection.secret_set_at else None,
    )


def card_of(
    finding: Finding,
    exchanges: Sequence[Mapping[str, Any]],
    settings: Settings,
    *,
    affected: int = 0,
    facts: Mapping[str, Any] | None = None,
) -> Card:
    """The card of a finding with the stored exchanges it stands on."""
    if finding.slug not in CATALOGUE:
        finding = Finding(
            slug=UNEXPLAINED, confidence=Confidence.POSSIBLE, because=finding.because, exchange_ids=finding.exchange_ids
        )
    evidence = Evidence(
        settings=settings, exchanges=tuple(parse_exchange(one) for one in exchanges), facts=dict(facts or {})
    )
    return build_card(finding, evidence, affected=affected)


def problem_card(problem: Problem) -> ProblemCard:
    project = problem.integration.project_key if problem.integration else ""
    affected = problem.links.count()
    card = card_of(
        parse_finding(problem.finding),
        problem.evidence,
        settings_of(problem.connection, project_key=project),
        affected=affected,
    )
    return ProblemCard(row=problem, card=card, affected=affected)


def problem_cards(problems: Iterable[Problem]) -> list[ProblemCard]:
    return [problem_card(one) for one in problems]
