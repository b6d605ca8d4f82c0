"""What a rule is made of. A rule speaks for one slug: it looks at one exchange (or at the whole case) and claims or not.

Adding a problem is one entry in ``catalogue/``, one rule in ``rules/`` and one line of evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tieline.diagnosis.case import Case
from tieline.diagnosis.finding import Confidence
from tieline.diagnosis.reading import Reading

CERTAIN, LIKELY, POSSIBLE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.POSSIBLE


class Claim(NamedTuple):
    """What one rule concludes. ``weight`` orders claims of the same confidence (0 to 100, higher first)."""

    confidence: Confidence
    because: tuple[str, ...]
    weight: int
    probe: str | None
    excluded: tuple[str, ...]
    facts: Mapping[str, str]


_NO_FACTS: Mapping[str, str] = {}
Look = Callable[[Reading, Case], Claim | None]
LookWhole = Callable[[Case], Claim | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """``statuses``: run only for these (None: for every answer). ``failures``: run only for failures of these kinds,
    written ``stage:kind`` or ``stage:*``. ``cloud``: run only for answers of Jira Cloud (True) or for others (False).
    ``whole``: looks at the case once, after the exchanges."""

    slug: str
    look: Look | None = None
    statuses: frozenset[int | None] | None = None
    failures: frozenset[str] = frozenset()
    cloud: bool | None = None
    whole: LookWhole | None = None


class Family:
    """The rules of one subject, gathered by decorators in the order in which they are written."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def on(self, slug: str, *statuses: int | None, cloud: bool | None = None) -> Callable[[Look], Look]:
        """Run for answers with these statuses; with none given, for every answer. ``cloud`` as in :class:`Rule`."""

        def register(look: Look) -> Look:
            at = frozenset(statuses) if statuses else None
            self.rules.append(Rule(slug, look=look, statuses=at, cloud=cloud))
            return look

        return register

    def on_failure(self, slug: str, *kinds: str) -> Callable[[Look], Look]:
        def register(look: Look) -> Look:
            self.rules.append(Rule(slug, look=look, failures=frozenset(kinds)))
            return look

        return register

    def on_case(self, slug: str) -> Callable[[LookWhole], LookWhole]:
        def register(look: LookWhole) -> LookWhole:
            self.rules.append(Rule(slug, whole=look))
            return look

        return register


def certain(
    *because: str,
    weight: int = 50,
    probe: str | None = None,
    excluded: tuple[str, ...] = (),
    facts: Mapping[str, str] | None = None,
) -> Claim:
    return _claim(CERTAIN, because, weight=weight, probe=probe, excluded=excluded, facts=facts)


def likely(
    *because: str,
    weight: int = 50,
    probe: str | None = None,
    excluded: tuple[str, ...] = (),
    facts: Mapping[str, str] | None = None,
) -> Claim:
    return _claim(LIKELY, because, weight=weight, probe=probe, excluded=excluded, facts=facts)


def possible(
    *because: str,
    weight: int = 50,
    probe: str | None = None,
    excluded: tuple[str, ...] = (),
    facts: Mapping[str, str] | None = None,
) -> Claim:
    return _claim(POSSIBLE, because, weight=weight, probe=probe, excluded=excluded, facts=facts)


def _claim(
    confidence: Confidence,
    because: tuple[str, ...],
    *,
    weight: int,
    probe: str | None,
    excluded: tuple[str, ...],
    facts: Mapping[str, str] | None,
) -> Claim:
    kept = because if all(because) else tuple(sentence for sentence in because if sentence)
    return Claim(confidence, kept, weight, probe, excluded, facts or _NO_FACTS)
