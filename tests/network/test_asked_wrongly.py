"""Problems that need no fault: a healthy Jira, asked at the wrong place, in the wrong way, or with the wrong settings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.check_world import run_check, sandbox
from tests.jira.loopback import door_to
from tests.network.world import look
from tieline.diagnosis.classify import classify
from tieline.diagnosis.evidence import Evidence, Settings
from tieline.sandbox.server import Sandbox
from tieline.sync.remote import AuthUse, ProbeRequest

VERSION = {"name": "R1 Harbour bookings", "project": "ROAD"}
CALLS: list[tuple[str, str, str, str, Any, dict[str, Any]]] = [
    ("api-search-removed", "cloud", "GET", "/rest/api/3/search?jql=project=ROAD", None, {}),
    ("api-createmeta-removed-dc9", "dc", "GET", "/rest/api/2/issue/createmeta?projectKeys=ROAD", None, {}),
    ("api-v3-on-dc", "dc", "GET", "/rest/api/3/project/ROAD", None, {}),
    ("api-project-search-on-dc", "dc", "GET", "/rest/api/2/project/search", None, {}),
    ("api-gdpr-username", "cloud", "GET", "/rest/api/3/user?username=pat", None, {}),
    ("api-wrong-endpoint-method", "dc", "PATCH", "/rest/api/2/project/ROAD", {"name": "x"}, {}),
    ("not-found-or-no-browse", "cloud", "GET", "/rest/api/3/issue/ROAD-99999", None, {}),
    ("not-found-or-no-browse", "dc", "GET", "/rest/api/2/issue/ROAD-99999", None, {}),
    ("field-value-refused", "dc", "POST", "/rest/api/2/issue",
     {"fields": {"project": {"key": "ROAD"}, "issuetype": {"name": "Story"}, "summary": "Pier 2", "duedate": "soon"}}, {}),
    ("xsrf-check-failed", "dc", "POST", "/rest/api/2/version", VERSION,
     {"headers": {"User-Agent": "Mozilla/5.0", "X-Atlassian-Token": "check"}}),
    ("auth-anonymous-fallback-dc", "dc", "GET", "/rest/api/2/project/ROAD", None, {"auth": AuthUse.NONE}),
]  # fmt: skip


def ask_once(running: Sandbox, method: str, path: str, body: Any, more: dict[str, Any]):
    edition = running.options.edition
    door = door_to(running.url, "127.0.0.0/8", account=running.user, secret=running.secret, deployment=edition)
    exchange = door.ask(ProbeRequest(probe="one call", method=method, path=path, body=body, **more))
    door.close()
    settings = Settings(address=running.url, account=running.user, auth="basic", project_key="ROAD")
    return classify(Evidence(settings=settings, exchanges=(exchange,), facts={"edition": edition}))


@pytest.mark.parametrize(("slug", "edition", "method", "path", "body", "more"), CALLS, ids=lambda one: str(one)[:40])
def test_a_call_made_the_wrong_way_is_named(slug, edition, method, path, body, more):
    with sandbox(edition) as running:
        findings = ask_once(running, method, path, body, more)
    assert [one.slug for one in findings][:1] == [slug], [(one.slug, one.confidence.value) for one in findings]


def test_a_version_name_that_is_taken():
    with sandbox("dc") as running:
        taken = next(iter(running.world.versions.values())).name
        findings = ask_once(running, "POST", "/rest/api/2/version", {"name": taken, "project": "ROAD"}, {})
    assert findings[0].slug == "version-name-taken"


SETTINGS: list[tuple[str, str, dict[str, Any]]] = [
    ("auth-credential-not-substituted", "cloud", {"secret": "${JIRA_TOKEN}"}),
    ("auth-credential-whitespace-or-quotes", "cloud", {"secret": ' "ATATT3xFfGF0" '}),
    ("auth-bearer-on-cloud-site", "cloud", {"auth": "bearer"}),
    ("config-project-name-instead-of-key", "dc", {"project": "Road map of the ferries"}),
    ("guard-private-address", "dc", {"allow": False}),
    ("auth-service-account-token", "cloud", {"user": "robot@serviceaccount.atlassian.com", "secret": "ATATT3xFfGF0-x"}),
]


@pytest.mark.parametrize(("slug", "edition", "typed"), SETTINGS, ids=[one[0] for one in SETTINGS])
def test_a_setting_typed_the_wrong_way_is_named(slug, edition, typed):
    with sandbox(edition) as running:
        checked = run_check(running, **typed)
    assert slug in checked.slugs[:1], checked.slugs


ADDRESSES = [
    ("url-scheme", "ftp://127.0.0.1", ""),
    ("url-scheme", "jira of the ferries", ""),
    ("url-not-base", "", "/browse/ROAD-1"),
    ("url-not-base", "", "/secure/Dashboard.jspa"),
    ("url-extra-path", "", "/rest/api/2"),
    ("url-extra-path", "", "/rest"),
]


@pytest.mark.parametrize(("slug", "whole", "more"), ADDRESSES, ids=[f"{one[0]} {one[1]}{one[2]}" for one in ADDRESSES])
def test_an_address_that_cannot_be_a_base_is_named_before_anything_is_asked(slug, whole, more):
    with sandbox("dc") as running:
        seen = look(whole or running.url + more, account=running.user, secret=running.secret)
    assert (seen.red, seen.first) == ("address", slug)
    assert seen.wire.dialled == []


@pytest.mark.parametrize("edition", ["cloud", "dc"])
def test_a_path_too_much_is_named_and_the_right_address_found(edition):
    with sandbox(edition) as running:
        seen = look(running.url + "/jira", account=running.user, secret=running.secret)
    assert (seen.red, seen.first) == ("product", "url-wrong-context-path")
    if edition == "dc":
        assert seen.report.facts["suggested_address"] == running.url
