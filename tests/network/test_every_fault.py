"""Every fault of the sandbox, in both editions: what a check concludes, or by which other call the fault is met.

A fault is met when the first finding carries its own name, or one of its look-alike group with the question named that
splits them. What a check has no reason to ask is asked by the one call that meets it. ``SILENT`` lists, with its
reason, what is no problem of the connection.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.engine.check_world import run_check, sandbox
from tests.jira.loopback import door_to
from tieline.diagnosis.catalogue import CATALOGUE
from tieline.diagnosis.classify import classify
from tieline.diagnosis.evidence import Evidence, Settings
from tieline.diagnosis.finding import Confidence, Finding
from tieline.diagnosis.ladder import Needs
from tieline.diagnosis.lookalikes import GROUP_NAMES
from tieline.jira.options import Limits
from tieline.sandbox.faults import FAULTS
from tieline.sandbox.server import Sandbox
from tieline.sync.remote import ProbeRequest


@dataclass(frozen=True)
class Way:
    """How a fault is met. ``check``: more for the check; ``ask``: a call instead of it; ``leads_to``: another name."""

    check: dict[str, Any] = field(default_factory=dict)
    ask: tuple[str, str, Any] | None = None
    leads_to: str | None = None
    at_gateway: bool = False
    trusting: bool = False
    """The authority of the sandbox's certificate is given."""
    options: dict[str, Any] = field(default_factory=dict)


ISSUE = {"fields": {"project": {"key": "ROAD"}, "issuetype": {"name": "Story"}, "summary": "Winter timetable"}}
WAYS: dict[str, Way] = {
    "net-read-timeout": Way(check={"limits": Limits(read_s=0.5)}),
    "net-connect-timeout": Way(check={"limits": Limits(connect_s=0.5)}),
    "tls-expires-soon": Way(trusting=True),
    "slow": Way(check={"deadline_s": 2.0}, options={"slow_s": 0.4}, leads_to="jira-answers-slowly"),
    # other names for the same thing, or the thing as a caller sees it
    "truncated-json": Way(leads_to="answer-unreadable"),
    "deep-json": Way(leads_to="answer-unreadable"),
    "huge-body": Way(leads_to="answer-unreadable"),
    "html-with-200": Way(leads_to="redirect-sso-html"),
    "error-before-effect": Way(ask=("POST", "/issue", ISSUE), leads_to="jira-internal-fault"),
    "error-after-effect": Way(ask=("POST", "/issue", ISSUE), leads_to="jira-internal-fault"),
    "answer-lost-before-create": Way(ask=("POST", "/issue", ISSUE), leads_to="net-connection-reset"),
    "answer-lost-after-create": Way(ask=("POST", "/issue", ISSUE), leads_to="net-connection-reset"),
    # what depends on the credential, or on what the integration needs
    "connect-end-of-life": Way(check={"settings_auth": "connect"}),
    "auth-pat-invalid": Way(check={"auth": "bearer", "user": ""}),
    "auth-pat-expired": Way(check={"auth": "bearer", "user": ""}),
    "auth-scoped-token-missing-scope": Way(at_gateway=True),
    "dc-serverinfo-needs-auth": Way(check={"auth": "none", "user": "", "secret": ""}),
    "required-field": Way(check={"needs": Needs(issue_types=("Story",))}, leads_to="field-required"),
    "field-not-on-screen": Way(check={"needs": Needs(issue_types=("Story",), fields=("summary", "duedate"))}),
    "perm-webhook-admin": Way(check={"needs": Needs(webhook_url="http://127.0.0.1:8080/hooks")}),
    # what a check does not ask
    "perm-delete-issue": Way(ask=("DELETE", "/issue/ROAD-1", None)),
    "agile-not-licensed": Way(ask=("GET", "/rest/agile/1.0/board", None)),
    "client-get-with-body": Way(ask=("GET", "/project/ROAD", {"expand": "description"})),
}
CLOUD_AND_DC = {"rate-limit": {"cloud": "rate-limit-cloud", "dc": "rate-limit-dc"}}
SILENT = {
    "transition-gone": "a workflow may have any steps; a status that cannot be reached is a finding of the record (workflow-no-route)",
    "partial-bulk": "each refused issue of a bulk create is a finding of its record",
    "webhooks-off": "nothing that Jira answers shows it; polling hears of every change",
    "webhooks-duplicated": "the inbox keeps one of each identifier",
    "webhooks-reordered": "a webhook is a hint to look, in any order",
    "webhooks-late": "a webhook is a hint to look, whenever it comes",
}
CASES = [(edition, name) for name, fault in FAULTS.items() for edition in sorted(fault.editions)]


def conclude(running: Sandbox, way: Way, folder: Path) -> tuple[Finding, ...]:
    if way.ask is not None:
        return conclude_from_one_call(running, way.ask)
    place = running
    if way.at_gateway:
        place = dataclasses.replace(Elsewhere.of(running), url=running.gateway_url)
    if way.trusting:
        authority = folder / "authority.pem"
        authority.write_text(running.authority_pem)
        way = dataclasses.replace(way, check={**way.check, "ca_file": str(authority)})
    checked = run_check(place, **way.check)
    assert len(checked.asked) <= 12
    return checked.report.findings


@dataclass(frozen=True)
class Elsewhere:
    """The same Jira by another address."""

    url: str
    user: str
    secret: str
    project: str

    @staticmethod
    def of(running: Sandbox) -> Elsewhere:
        return Elsewhere(running.url, running.user, running.secret, running.project)


def conclude_from_one_call(running: Sandbox, call: tuple[str, str, Any]) -> tuple[Finding, ...]:
    method, path, body = call
    edition = running.options.edition
    door = door_to(running.url, "127.0.0.0/8", account=running.user, secret=running.secret, deployment=edition)
    base = "" if path.startswith("/rest/") else "/rest/api/3" if edition == "cloud" else "/rest/api/2"
    exchange = door.ask(ProbeRequest(probe="one call", method=method, path=base + path, body=body))
    door.close()
    settings = Settings(address=running.url, account=running.user, auth="basic", project_key=running.project)
    facts = {"edition": edition, "logged_in": True, "project_visible": True}
    return classify(Evidence(settings=settings, exchanges=(exchange,), facts=facts))


def leads_to(first: Finding, wanted: str) -> bool:
    if first.slug == wanted:
        return True
    alike = GROUP_NAMES.get(first.slug, frozenset()) & GROUP_NAMES.get(wanted, frozenset())
    return bool(alike) and bool(first.probe) and first.confidence is not Confidence.CERTAIN


@pytest.mark.parametrize(("edition", "fault"), [case for case in CASES if case[1] not in SILENT])
def test_a_fault_leads_to_its_own_name_or_to_a_lookalike_with_the_question_that_splits_them(edition, fault, tmp_path):
    way = WAYS.get(fault, Way())
    wanted = CLOUD_AND_DC.get(fault, {}).get(edition) or way.leads_to or fault
    with sandbox(edition, fault, **way.options) as running:
        findings = conclude(running, way, tmp_path)
    assert findings, "nothing was found"
    assert leads_to(findings[0], wanted), [(one.slug, one.confidence.value) for one in findings]


@pytest.mark.parametrize("fault", SILENT)
def test_what_is_no_problem_of_the_connection_gives_no_finding(fault):
    edition = min(FAULTS[fault].editions)
    with sandbox(edition, fault) as running:
        checked = run_check(running)
    assert checked.report.ok
    assert checked.slugs == []


def test_every_name_of_a_way_is_one_of_a_fault_and_leads_to_an_entry():
    assert set(WAYS) | set(CLOUD_AND_DC) | set(SILENT) <= set(FAULTS)
    told = {way.leads_to for way in WAYS.values() if way.leads_to}
    told |= {slug for by_edition in CLOUD_AND_DC.values() for slug in by_edition.values()}
    told |= {
        name
        for name in FAULTS
        if name not in SILENT and name not in CLOUD_AND_DC and not WAYS.get(name, Way()).leads_to
    }
    assert told <= set(CATALOGUE)
