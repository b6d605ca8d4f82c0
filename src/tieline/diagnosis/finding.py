"""Findings: conclusions with their reasons and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Confidence(StrEnum):
    CERTAIN = "certain"
    """The evidence excludes every other entry of the look-alike group."""
    LIKELY = "likely"
    POSSIBLE = "possible"


class Response(StrEnum):
    """What the queue does with the work that met this finding."""

    RETRY = "retry"
    PARK_RECORD = "park-record"
    PARK_MAPPING = "park-mapping"
    PARK_CONNECTION = "park-connection"


class Actor(StrEnum):
    YOU = "You"
    JIRA_ADMIN = "Jira admin"
    NETWORK = "Network"
    SERVER_OPERATOR = "Server operator"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing to do, by one actor; ``text`` begins with a verb and may hold ``{facts}``."""

    who: Actor
    text: str


@dataclass(frozen=True, kw_only=True)
class CatalogueEntry:
    """The words for one slug. See DESIGN.md section 5; the page is ``docs/problems/<slug>.md``.

    ``title``, ``explanation`` and steps may hold ``{facts}`` such as ``{account}``, ``{host}``, ``{project}``,
    ``{location}``; every fact has a readable stand-in when it is not known. ``alternatives`` is a second, full list
    of steps ("or …"). ``request`` is the body of the text for the Jira admin, None where no Jira admin can help.
    """

    slug: str
    title: str
    explanation: str
    resolution: tuple[Step, ...]
    response: Response
    vendor_url: str | None = None
    group: str | None = None
    """First look-alike group (``LG1-cloud-basic-not-accepted``); all of them: ``tieline.diagnosis.lookalikes``."""
    request: str | None = None
    seen: str = ""
    """What people see, in Jira's or their tool's words."""
    known_by: str = ""
    """The observations that the rule stands on."""
    probe: str | None = None
    """The next question that settles it, when the evidence alone does not."""
    alternatives: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One conclusion. ``because`` are sentences, each naming one observation. ``probe`` names the next question
    that would settle it (None when nothing is left to ask). ``exchange_ids`` point at the evidence."""

    slug: str
    confidence: Confidence
    because: tuple[str, ...]
    probe: str | None = None
    group: str | None = None
    excluded: tuple[str, ...] = ()
    """Look-alikes that are out, each as ``slug: observation``."""
    facts: Mapping[str, str] = field(default_factory=dict)
    exchange_ids: tuple[str, ...] = ()
