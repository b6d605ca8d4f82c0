"""The ladder: the questions a check asks, in order, each described by the fact that a green step shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tieline.diagnosis.evidence import Evidence, Exchange, Settings
from tieline.diagnosis.finding import Finding


class RungState(StrEnum):
    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    NOT_RUN = "not-run"


@dataclass(frozen=True, kw_only=True)
class Rung:
    """``describes`` is the positive fact; ``depends_on`` names the rungs without which asking makes no sense."""

    name: str
    title: str
    describes: str
    depends_on: tuple[str, ...] = ()


RUNGS: tuple[Rung, ...] = (
    Rung(name="address", title="Address", describes="The address can be the base of a Jira"),
    Rung(name="name", title="Name", describes="The host name resolves to an address that may be called", depends_on=("address",)),
    Rung(name="connection", title="TCP and TLS", describes="A connection stands, with a certificate that is trusted", depends_on=("name",)),
    Rung(name="redirect", title="No redirect", describes="The address answers by itself and sends nobody elsewhere", depends_on=("connection",)),
    Rung(name="product", title="Is it Jira", describes="Jira answers, and tells its edition and version", depends_on=("redirect",)),
    Rung(name="login", title="Who am I", describes="Jira accepts the login and names the account", depends_on=("product",)),
    Rung(name="project", title="Project visible", describes="The account sees the project", depends_on=("login",)),
    Rung(name="permissions", title="Permissions", describes="The account may do what this integration will do", depends_on=("project",)),
    Rung(name="issue-types", title="Issue types", describes="The project offers the issue types", depends_on=("project",)),
    Rung(name="fields", title="Fields on their screens", describes="The fields stand on the create screen", depends_on=("issue-types",)),
    Rung(name="versions", title="May create versions", describes="The account may create versions", depends_on=("permissions",)),
    Rung(name="changes", title="Webhook or polling", describes="Changes made in Jira will be heard of", depends_on=("login",)),
)  # fmt: skip
RUNG: Mapping[str, Rung] = {rung.name: rung for rung in RUNGS}


@dataclass(frozen=True, kw_only=True)
class Right:
    """A Jira permission that the integration uses. Without a required one the step is red, else it is a warning."""

    key: str
    name: str
    use: str
    required: bool = True


DEFAULT_RIGHTS: tuple[Right, ...] = (
    Right(key="BROWSE_PROJECTS", name="Browse Projects", use="read issues"),
    Right(key="CREATE_ISSUES", name="Create Issues", use="send features and requirements"),
    Right(key="EDIT_ISSUES", name="Edit Issues", use="send changes"),
    Right(key="TRANSITION_ISSUES", name="Transition Issues", use="send statuses", required=False),
    Right(key="ASSIGN_ISSUES", name="Assign Issues", use="send assignees", required=False),
    Right(key="SCHEDULE_ISSUES", name="Schedule Issues", use="send due dates", required=False),
    Right(key="LINK_ISSUES", name="Link Issues", use="send dependencies", required=False),
    Right(key="ADMINISTER_PROJECTS", name="Administer Projects", use="create versions from releases"),
    Right(key="USER_PICKER", name="Browse users and groups", use="match assignees", required=False),
    Right(key="ADMINISTER", name="Administer Jira", use="register a webhook", required=False),
)


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What the integration will do, so that only this is asked for.

    ``issue_types`` and ``fields`` are names or ids; empty means: report what is there. ``fed_fields`` are the field
    ids that the mapping fills. ``webhook_url`` is where Jira would call us, None when nobody may call this server.
    """

    rights: tuple[Right, ...] = DEFAULT_RIGHTS
    issue_types: tuple[str, ...] = ()
    fields: tuple[str, ...] = ("summary", "description")
    fed_fields: tuple[str, ...] = ("summary", "description", "issuetype", "project", "reporter", "parent")
    versions: bool = True
    webhook_url: str | None = None


@dataclass(frozen=True, kw_only=True)
class RungResult:
    """``found``: one sentence of what was found. ``reason``: why the step was not run."""

    rung: Rung
    state: RungState
    found: str = ""
    findings: tuple[Finding, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "step": self.rung.name,
            "title": self.rung.title,
            "state": self.state.value,
            "found": self.found,
            "reason": self.reason,
            "findings": [finding.slug for finding in self.findings],
        }


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """A whole check: what each step found, all findings best first, and the facts learned."""

    results: tuple[RungResult, ...]
    settings: Settings = field(default_factory=Settings)

    @property
    def facts(self) -> Mapping[str, Any]:
        merged: dict[str, Any] = {}
        for result in self.results:
            merged.update(result.facts)
        return merged

    @property
    def findings(self) -> tuple[Finding, ...]:
        found: dict[str, Finding] = {}
        for result in self.results:
            for finding in result.findings:
                found.setdefault(finding.slug, finding)
        return tuple(found.values())

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        seen: dict[str, Exchange] = {}
        for result in self.results:
            for exchange in result.exchanges:
                seen.setdefault(exchange.id or str(len(seen)), exchange)
        return tuple(seen.values())

    @property
    def ok(self) -> bool:
        """No red step. Warnings are allowed, and steps that nobody asked for."""
        return all(result.state is not RungState.PROBLEM for result in self.results)

    def evidence(self) -> Evidence:
        return Evidence(settings=self.settings, exchanges=self.exchanges, facts=self.facts)

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "calls": len(self.exchanges),
            "steps": [result.as_json() for result in self.results],
            "facts": {
                key: value
                for key, value in self.facts.items()
                if isinstance(value, str | int | bool | list | dict | None)
            },
        }


def build_report(results: Sequence[RungResult], settings: Settings) -> CheckReport:
    return CheckReport(results=tuple(results), settings=settings)
