"""Problems as pages show them: the stored finding and evidence, put into the words of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from tieline.diagnosis.card import CONFIDENCE_WORDS, Card, CardStep, EvidenceRow, build_card
from tieline.diagnosis.catalogue import CATALOGUE
from tieline.diagnosis.evidence import Evidence, Settings
from tieline.diagnosis.finding import Confidence, Finding
from tieline.store.evidence import parse_exchange, parse_finding
from tieline.store.models import Connection, Link, Problem

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
) -> Card:
    """The card of a finding with the stored exchanges it stands on."""
    if finding.slug not in CATALOGUE:
        finding = Finding(
            slug=UNEXPLAINED, confidence=Confidence.POSSIBLE, because=finding.because, exchange_ids=finding.exchange_ids
        )
    evidence = Evidence(settings=settings, exchanges=tuple(parse_exchange(one) for one in exchanges))
    return build_card(finding, evidence, affected=affected)


def parse_card(stored: Mapping[str, Any]) -> Card:
    """A card back from the JSON that ``Card.as_json`` wrote."""
    confidence = Confidence(stored.get("confidence", "possible"))
    return Card(
        slug=str(stored["slug"]),
        title=str(stored["title"]),
        symptom=tuple(stored.get("symptom", ())),
        explanation=str(stored.get("explanation", "")),
        confidence=confidence,
        confidence_text=CONFIDENCE_WORDS[confidence],
        because=tuple(stored.get("because", ())),
        probe=stored.get("probe"),
        excluded=tuple(str(one["because"]) for one in stored.get("excluded", ())),
        excluded_slugs=tuple(str(one["slug"]) for one in stored.get("excluded", ())),
        steps=tuple(CardStep(**one) for one in stored.get("resolution", ())),
        alternatives=tuple(CardStep(**one) for one in stored.get("alternatives", ())),
        evidence=tuple(
            EvidenceRow(**{**one, "headers": tuple(one["headers"].items()), "addresses": tuple(one["addresses"])})
            for one in stored.get("evidence", ())
        ),
        affected=int(stored.get("affected") or 0),
        request_text=stored.get("request_text"),
        vendor_url=stored.get("vendor_url"),
        page=str(stored.get("page", "")),
        group=stored.get("group"),
        response="",
        from_jira=bool(stored.get("from_jira", True)),
    )


def held_links(problem: Problem) -> QuerySet[Link]:
    """The links that it holds up: those that met it, and all that wait for a connection which it holds."""
    held = Q(problems=problem)
    connection = problem.connection
    if problem.fixed_at is None and problem.scope == "connection" and connection and connection.held_by:
        held |= Q(integration__connection=connection, state="waiting", record__deleted=None)
    return Link.objects.filter(pk__in=Link.objects.filter(held).values("pk"))


def problem_card(problem: Problem) -> ProblemCard:
    project = problem.integration.project_key if problem.integration else ""
    affected = held_links(problem).count()
    card = card_of(
        parse_finding(problem.finding),
        problem.evidence,
        settings_of(problem.connection, project_key=project),
        affected=affected,
    )
    return ProblemCard(row=problem, card=card, affected=affected)


def problem_cards(problems: Iterable[Problem]) -> list[ProblemCard]:
    return [problem_card(one) for one in problems]
