"""The problem card: one finding in the words of the catalogue, with its facts, the same for page, command and JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tieline.diagnosis.catalogue import CATALOGUE
from tieline.diagnosis.catalogue.kit import fill
from tieline.diagnosis.evidence import Evidence, Exchange, Settings
from tieline.diagnosis.finding import CatalogueEntry, Confidence, Finding, Step
from tieline.diagnosis.hosts import host_of
from tieline.diagnosis.reading import Reading, clean_text, status_meaning

CONFIDENCE_WORDS: Mapping[Confidence, str] = {
    Confidence.CERTAIN: "Certain: the evidence leaves no other cause",
    Confidence.LIKELY: "Likely: this fits best; a look-alike is not excluded",
    Confidence.POSSIBLE: "Possible: one of several; the next question tells",
}
_SHOWN_HEADERS = (
    "location", "content-type", "www-authenticate", "x-seraph-loginreason", "x-authentication-denied-reason", "x-ausername",
    "x-aaccountid", "retry-after", "ratelimit-reason", "atl-missing-tcs", "server", "atl-traceid", "x-arequestid",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CardStep:
    """``who`` acts; ``text`` is a sentence that begins with a verb."""

    who: str
    text: str


@dataclass(frozen=True, kw_only=True)
class EvidenceRow:
    """One exchange as shown: question, answer with its meaning, the headers that matter, an excerpt of the body."""

    probe: str
    asked: str
    answered: str
    headers: tuple[tuple[str, str], ...] = ()
    excerpt: str = ""
    addresses: tuple[str, ...] = ()
    elapsed_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class Card:
    """A problem as people meet it. ``symptom``: Jira's words verbatim, cut. ``excluded``: look-alikes
    that are out, in words, and what excludes each. ``request_text``: ready to be sent to the
    Jira admin, None where no Jira admin can help. ``page``: the problem's page, relative to the documentation.
    ``affected``: records that wait because of it."""

    slug: str
    title: str
    symptom: tuple[str, ...]
    explanation: str
    confidence: Confidence
    confidence_text: str
    because: tuple[str, ...]
    probe: str | None
    excluded: tuple[str, ...]
    steps: tuple[CardStep, ...]
    alternatives: tuple[CardStep, ...]
    evidence: tuple[EvidenceRow, ...]
    affected: int
    request_text: str | None
    vendor_url: str | None
    page: str
    group: str | None
    response: str
    facts: Mapping[str, str] = field(default_factory=dict)
    excluded_slugs: tuple[str, ...] = ()
    from_jira: bool = True
    """The symptom was read in an answer; False: a tool or this machine said it."""

    def as_json(self) -> dict[str, Any]:
        return {
            "slug": self.slug,
            "title": self.title,
            "symptom": list(self.symptom),
            "from_jira": self.from_jira,
            "explanation": self.explanation,
            "confidence": self.confidence.value,
            "because": list(self.because),
            "probe": self.probe,
            "group": self.group,
            "excluded": [
                {"slug": slug, "because": words} for slug, words in zip(self.excluded_slugs, self.excluded, strict=True)
            ],
            "resolution": [{"who": step.who, "text": step.text} for step in self.steps],
            "alternatives": [{"who": step.who, "text": step.text} for step in self.alternatives],
            "evidence": [
                {
                    "probe": row.probe,
                    "asked": row.asked,
                    "answered": row.answered,
                    "headers": dict(row.headers),
                    "excerpt": row.excerpt,
                    "addresses": list(row.addresses),
                    "elapsed_ms": row.elapsed_ms,
                }
                for row in self.evidence
            ],
            "affected": self.affected,
            "request_text": self.request_text,
            "vendor_url": self.vendor_url,
            "page": self.page,
        }


def build_card(finding: Finding, evidence: Evidence, *, affected: int = 0, settings: Settings | None = None) -> Card:
    """The card of one finding. ``settings`` default to the evidence's own."""
    entry = CATALOGUE[finding.slug]
    given = settings or evidence.settings
    facts = collect_facts(finding, evidence, given)
    exchanges = _exchanges_of(finding, evidence)
    return Card(
        slug=entry.slug,
        title=clean_text(fill(entry.title, facts), 200),
        symptom=_symptom(exchanges),
        explanation=fill(entry.explanation, facts),
        confidence=finding.confidence,
        confidence_text=CONFIDENCE_WORDS[finding.confidence],
        because=finding.because,
        probe=finding.probe or (entry.probe if finding.confidence is not Confidence.CERTAIN else None),
        excluded=tuple(_in_words(out, facts) for out in finding.excluded),
        excluded_slugs=tuple(out.partition(":")[0] for out in finding.excluded),
        steps=_steps(entry.resolution, facts),
        alternatives=_steps(entry.alternatives, facts),
        evidence=tuple(build_evidence_row(exchange) for exchange in exchanges),
        affected=affected,
        request_text=_request_text(entry, facts),
        vendor_url=entry.vendor_url,
        page=f"problems/{entry.slug}.md",
        group=finding.group,
        response=entry.response.value,
        facts=facts,
        from_jira=any(exchange.response is not None and exchange.response.body for exchange in exchanges),
    )


def _in_words(excluded: str, facts: Mapping[str, str]) -> str:
    """``slug: observation`` with the title of the look-alike in place of its slug."""
    slug, _, observation = excluded.partition(": ")
    entry = CATALOGUE.get(slug)
    return f"{fill(entry.title, facts)} ({observation})" if entry else excluded


def collect_facts(finding: Finding, evidence: Evidence, settings: Settings) -> dict[str, str]:
    """What the texts may be filled with: the finding's own facts win over the settings and the ladder's."""
    facts: dict[str, str] = {}
    address = settings.address or next((e.request.base for e in evidence.exchanges if e.request.base), "")
    if address:
        facts["address"] = clean_text(address, 120)
        facts["host"] = host_of(address) or facts["address"]
    account = settings.account or next((e.request.account for e in evidence.exchanges if e.request.account), "")
    if account:
        facts["account"] = clean_text(account, 80)
    if settings.project_key:
        facts["project"] = clean_text(settings.project_key, 60)
    for key in ("edition", "version"):
        value = evidence.facts.get(key)
        if isinstance(value, str):
            facts[key] = {"cloud": "Jira Cloud", "dc": "Jira Data Center"}.get(value, clean_text(value, 40))
    facts.update({key: value for key, value in finding.facts.items() if value})
    if "project" in facts:
        facts["project_key"] = facts["key_given"] = facts["project"]
    return facts


def _exchanges_of(finding: Finding, evidence: Evidence) -> tuple[Exchange, ...]:
    named = tuple(e for e in evidence.exchanges if e.id and e.id in finding.exchange_ids)
    return named or tuple(evidence.exchanges[-3:])


def _symptom(exchanges: Sequence[Exchange]) -> tuple[str, ...]:
    words: list[str] = []
    for exchange in exchanges:
        found = Reading(exchange).messages
        if not found and exchange.failure is not None and exchange.failure.detail:
            found = (exchange.failure.detail,)
        for text in found[:2]:
            shown = clean_text(text, 300)
            if shown and shown not in words:
                words.append(shown)
    return tuple(words[:4])


def build_evidence_row(exchange: Exchange) -> EvidenceRow:
    """One exchange in a row; long and hostile texts are cut and made printable."""
    response, failure = exchange.response, exchange.failure
    answered = "no answer"
    headers: tuple[tuple[str, str], ...] = ()
    excerpt = ""
    if response is not None:
        answered = status_meaning(response.status) if response.status is not None else "an answer, status not known"
        headers = tuple(
            (name, clean_text(value, 160)) for name, value in response.headers.items() if name.lower() in _SHOWN_HEADERS
        )
        excerpt = clean_text(response.body or "", 400)
    if failure is not None:
        answered = f"{failure.stage.value}: {failure.kind}" + (f", after {answered}" if response else "")
        excerpt = excerpt or clean_text(failure.detail, 400)
    elif response is None and exchange.client_error:
        answered, excerpt = "a message", clean_text(exchange.client_error, 400)
    request = exchange.request
    asked = clean_text(f"{request.method} {request.base}{request.path}".strip(), 200)
    return EvidenceRow(
        probe=exchange.probe,
        asked=asked,
        answered=answered,
        headers=headers,
        excerpt=excerpt,
        addresses=exchange.addresses,
        elapsed_ms=exchange.elapsed_ms,
    )


def _steps(steps: Sequence[Step], facts: Mapping[str, str]) -> tuple[CardStep, ...]:
    return tuple(CardStep(who=step.who.value, text=fill(step.text, facts)) for step in steps)


def _request_text(entry: CatalogueEntry, facts: Mapping[str, str]) -> str | None:
    if entry.request is None:
        return None
    lines = ["Hello,", ""]
    lines.append(fill("Tieline keeps a product plan in step with Jira, and cannot go on:", facts))
    lines.append(f"{fill(entry.title, facts)}.")
    lines.append("")
    lines.append(f"Jira: {facts.get('address', 'the one that this message is about')}")
    lines.append(f"Account: {facts.get('account', 'the one that Tieline signs in with')}")
    if "project" in facts:
        lines.append(f"Project: {facts['project']}")
    lines += ["", *fill(entry.request, facts).splitlines(), ""]
    if entry.vendor_url:
        lines.append(f"Atlassian's page on it: {entry.vendor_url}")
    lines.append("Thank you.")
    return "\n".join(lines)


def render_text(card: Card, width: int = 80) -> str:
    """The card in plain text, for a terminal or a mail. No colour; lines fit the width where words allow."""
    width = max(30, width)
    lines: list[str] = [*textwrap.wrap(card.title, width), ""]
    if card.symptom:
        lines.append("Jira's words" if card.from_jira else "The message")
        for words in card.symptom:
            lines += _indented(f"“{words}”", width)
        lines.append("")
    lines += [*textwrap.wrap(card.explanation, width), ""]
    lines += textwrap.wrap(card.confidence_text, width)
    for reason in card.because:
        lines += _indented(reason, width, bullet="- ")
    for out in card.excluded:
        lines += _indented(f"Not: {out}", width, bullet="- ")
    if card.probe:
        lines += textwrap.wrap(f"Next question: {card.probe}", width)
    lines += ["", "Do this"]
    lines += _numbered(card.steps, width)
    if card.alternatives:
        lines.append("Or")
        lines += _numbered(card.alternatives, width)
    if card.affected:
        lines += ["", f"{card.affected} {'record waits' if card.affected == 1 else 'records wait'} because of it."]
    if card.evidence:
        lines += ["", "Evidence"]
        for row in card.evidence:
            lines += _indented(f"{row.asked} → {row.answered}", width)
            for name, value in row.headers:
                lines += _indented(f"{name}: {value}", width, bullet="  ")
            if row.excerpt:
                lines += _indented(row.excerpt, width, bullet="  ")
    lines += ["", f"More: docs/{card.page}"]
    if card.vendor_url:
        lines.append(f"Atlassian: {card.vendor_url}")
    return "\n".join(lines)


def _indented(text: str, width: int, bullet: str = "") -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent="  " + bullet, subsequent_indent="  " + " " * len(bullet), break_on_hyphens=False
    )


def _numbered(steps: Sequence[CardStep], width: int) -> list[str]:
    lines: list[str] = []
    for number, step in enumerate(steps, 1):
        lines += _indented(f"{step.who}: {step.text}", width, bullet=f"{number}. ")
    return lines
