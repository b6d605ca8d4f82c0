"""Evidence in, findings out: all rules, best first, at most three possible, look-alikes named and what excludes them."""

from __future__ import annotations

from collections.abc import Iterable

from tieline.diagnosis.case import Case
from tieline.diagnosis.evidence import Evidence
from tieline.diagnosis.finding import Confidence, Finding
from tieline.diagnosis.lookalikes import GROUP_NAMES, GROUPS_OF
from tieline.diagnosis.reading import Reading
from tieline.diagnosis.rules import RULES
from tieline.diagnosis.rules.kit import Claim, Look, Rule

MOST_POSSIBLE = 3
_RANK = {Confidence.CERTAIN: 0, Confidence.LIKELY: 1, Confidence.POSSIBLE: 2}


class RuleBook:
    """Rules sorted by what they look at, so that an answer meets only those that can speak of its status."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        every = tuple(rules)
        self._answers = [(r.slug, r.look, r.statuses, r.cloud) for r in every if r.look is not None and not r.failures]
        self._failures = [(r.slug, r.look, r.failures) for r in every if r.look is not None and r.failures]
        self.whole = tuple((r.slug, r.whole) for r in every if r.whole is not None)
        self._by_status: dict[tuple[int | None, bool], tuple[tuple[str, Look], ...]] = {}
        self._by_failure: dict[str, tuple[tuple[str, Look], ...]] = {}

    def for_status(self, status: int | None, *, cloud: bool) -> tuple[tuple[str, Look], ...]:
        looks = self._by_status.get((status, cloud))
        if looks is None:
            looks = tuple(
                (slug, look)
                for slug, look, at, side in self._answers
                if (at is None or status in at) and side in (None, cloud)
            )
            if len(self._by_status) < 1000:
                self._by_status[status, cloud] = looks
        return looks

    def for_failure(self, failure: str) -> tuple[tuple[str, Look], ...]:
        looks = self._by_failure.get(failure)
        if looks is None:
            looks = tuple((slug, look) for slug, look, at in self._failures if failure in at)
            if len(self._by_failure) < 1000:
                self._by_failure[failure] = looks
        return looks


ALL_RULES = RuleBook(RULES)
_NO_GROUPS: frozenset[str] = frozenset()
_Claims = dict[str, tuple[Claim, list[str]]]


def classify(evidence: Evidence, book: RuleBook = ALL_RULES) -> tuple[Finding, ...]:
    """All findings, best first, each with its reasons and how sure it is. Empty: show the evidence, claim nothing."""
    readings = [Reading(exchange) for exchange in evidence.exchanges]
    case = Case(evidence, readings)
    claims: _Claims = {}
    for reading in readings:
        failure = reading.failure
        if failure is not None:
            for slug, look in book.for_failure(f"{failure.stage}:{failure.kind}"):
                claim = look(reading, case)
                if claim is not None:
                    _take(claims, slug, claim, reading)
        for slug, look in book.for_status(reading.status, cloud=reading.cloud):
            claim = look(reading, case)
            if claim is not None:
                _take(claims, slug, claim, reading)
    if evidence.settings.address or evidence.settings.project_key or evidence.facts:
        for slug, look_whole in book.whole:
            claim = look_whole(case)
            if claim is not None:
                _take(claims, slug, claim, None)
    return _rank(claims) if claims else ()


def _take(claims: _Claims, slug: str, claim: Claim, reading: Reading | None) -> None:
    confidence = claim.confidence
    if confidence is Confidence.CERTAIN and reading is not None and _second_hand(reading):
        claim = claim._replace(confidence=Confidence.LIKELY)
    known = claims.get(slug)
    ids = [reading.exchange.id] if reading is not None and reading.exchange.id else []
    if known is None:
        claims[slug] = (claim, ids)
        return
    best, seen = known
    seen.extend(i for i in ids if i not in seen)
    if _order(claim) < _order(best):
        claims[slug] = (claim, seen)


def _second_hand(reading: Reading) -> bool:
    """A status that nobody read, or a client's report with no answer beside it: never enough to be certain."""
    response = reading.exchange.response
    if response is None:
        return reading.exchange.failure is None
    return response.status_implied and not response.headers and not response.body


def _order(claim: Claim) -> tuple[int, int]:
    return (_RANK[claim.confidence], -claim.weight)


def _rank(claims: _Claims) -> tuple[Finding, ...]:
    if len(claims) == 1:
        return tuple(_finding(slug, claim, ids) for slug, (claim, ids) in claims.items())
    settled: set[str] = set()
    kept: list[Finding] = []
    possible = 0
    for slug, (claim, ids) in sorted(claims.items(), key=_by_order):
        groups = GROUP_NAMES.get(slug, _NO_GROUPS)
        if settled and not settled.isdisjoint(groups):
            continue
        if claim.confidence is Confidence.POSSIBLE:
            if possible == MOST_POSSIBLE or settled or (kept and not _shares_group(groups, kept)):
                continue
            possible += 1
        elif claim.confidence is Confidence.CERTAIN:
            settled.update(groups)
            settled.add(slug)
        kept.append(_finding(slug, claim, ids))
    return tuple(kept)


def _by_order(item: tuple[str, tuple[Claim, list[str]]]) -> tuple[int, int]:
    return _order(item[1][0])


def _shares_group(groups: frozenset[str], kept: Iterable[Finding]) -> bool:
    """A mere possibility is worth telling beside a likely finding only as its look-alike, or when it has none."""
    return not groups or any(
        finding.confidence is Confidence.POSSIBLE or not groups.isdisjoint(GROUP_NAMES.get(finding.slug, _NO_GROUPS))
        for finding in kept
    )


def _finding(slug: str, claim: Claim, ids: list[str]) -> Finding:
    groups = GROUPS_OF.get(slug, ())
    probe = claim.probe
    if probe is None and claim.confidence is not Confidence.CERTAIN and groups:
        probe = groups[0].split
    return Finding(
        slug=slug,
        confidence=claim.confidence,
        because=claim.because,
        probe=probe,
        group=groups[0].name if groups else None,
        excluded=claim.excluded,
        facts=claim.facts,
        exchange_ids=tuple(ids),
    )


def without(*slugs: str) -> RuleBook:
    """The book with the rules of these slugs taken out (for proving that a rule is what finds something)."""
    return RuleBook(rule for rule in RULES if rule.slug not in slugs)
