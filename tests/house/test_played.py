"""Each problem is played: by a fault of the sandbox, on a real network, or by a call made the wrong way; else a reason.

A reason says what would have to be there to play it. One for a problem that is played, or that is none, is too much.
"""

from __future__ import annotations

import re
from pathlib import Path

from tests.network.test_asked_wrongly import CALLS, SETTINGS
from tests.network.test_every_fault import CLOUD_AND_DC, SILENT, WAYS, Way
from tieline.diagnosis.catalogue import CATALOGUE, own
from tieline.sandbox.faults import FAULTS

NETWORK = Path(__file__).parents[1] / "network"

OAUTH = "the sandbox has no OAuth 2.0 apps"
OAUTH1 = "the sandbox has no application links"
CONNECT = "the sandbox has no Connect apps with their signed tokens"
MORE_RIGHTS = "the sandbox's permission scheme does not tell this right apart"
OTHER_NETWORK = "needs another network than loopback"

NOT_PLAYED = {
    "tls-corporate-interception": OTHER_NETWORK + ": an intercepted call to an Atlassian host",
    "proxy-required": OTHER_NETWORK + ": a network that lets nothing out but through its proxy",
    "proxy-should-be-bypassed": OTHER_NETWORK + ": a proxy that knows no internal names and says so in a page",
    "waf-user-agent": "the answer is told apart by another program's name, and the door has one name only",
    "edge-html-400": "the sandbox has no web server's own limits in front of it",
    "url-cloud-with-context-path": OTHER_NETWORK + ": the name of a Cloud site",
    "url-trailing-slash": "the door joins address and path with one slash",
    "url-missing-rest-suffix": "the door always asks below /rest",
    "url-https-instead-of-http": "a closed port gives it as a possibility only, beside the refused connection",
    "url-custom-domain": OTHER_NETWORK + ": a vanity name in front of a Cloud site",
    "dc-download-ignores-pat": "Tieline downloads no attachments with a token",
    "licence-expired": "the sandbox has no licence that could end",
    "auth-cloud-admin-blocked": "Jira's own text for it is known from its page only",
    "auth-header-malformed": "the door builds each login header itself and builds it well",
    "auth-session-login-cloud": "Tieline signs in with no cookie",
    "auth-session-expired-dc": "Tieline signs in with no cookie",
    "auth-cloud-captcha": "Cloud asks for none on its interface any more; older answers are recognised",
    "auth-pat-not-supported": "the sandbox is no Server older than 8.14",
    "rate-limit-login": "Tieline does not sign in at the session resource",
    "auth-oauth-scope-missing": OAUTH,
    "api-wrong-endpoint-oauth-401": OAUTH,
    "auth-oauth-access-token-expired": OAUTH,
    "auth-oauth-refresh-token-invalid": OAUTH,
    "auth-oauth-no-offline-access": OAUTH,
    "auth-oauth-token-on-site-url": OAUTH,
    "auth-oauth-wrong-cloudid": OAUTH,
    "auth-oauth-no-accessible-resources": OAUTH,
    "auth-oauth-403-project-search": OAUTH,
    "auth-oauth-wrong-path-version": OAUTH,
    "oauth1-token-rejected": OAUTH1,
    "oauth1-token-expired": OAUTH1,
    "oauth1-signature-invalid": OAUTH1,
    "oauth1-clock-or-nonce": OAUTH1,
    "connect-jwt-in-query": CONNECT,
    "connect-jwt-qsh-mismatch": CONNECT,
    "connect-jwt-exp-or-clock": CONNECT,
    "connect-shared-secret-mismatch": CONNECT,
    "connect-app-uninstalled": CONNECT,
    "connect-user-impersonation-401": CONNECT,
    "perm-schedule-issue": MORE_RIGHTS,
    "perm-link-issue": MORE_RIGHTS,
    "perm-delete-version": MORE_RIGHTS,
    "perm-project-admin": MORE_RIGHTS,
    "perm-project-role": MORE_RIGHTS,
    "perm-watchers": MORE_RIGHTS,
    "perm-jira-admin": MORE_RIGHTS,
    "perm-field-context": "the sandbox's fields have one context",
    "api-wrong-deployment": "needs a connection whose edition was told wrongly; the check finds the edition out",
    "api-double-registration-404": "the client builds each path itself and doubles none",
    "config-project-key-empty": "a check without a project asks about none",
    "issue-type-missing": "played by the checks of an integration's needs",
    "workflow-transition-refused": "a finding of a record, played by the engine's tests",
    "workflow-no-route": "a finding of a record, played by the engine's tests",
    "webhook-not-possible": "a finding of the webhook step where no public address is set",
}


def played() -> set[str]:
    by_fault = {
        WAYS.get(name, Way()).leads_to or name for name in FAULTS if name not in SILENT and name not in CLOUD_AND_DC
    }
    by_fault |= {slug for by_edition in CLOUD_AND_DC.values() for slug in by_edition.values()}
    wrongly = {call[0] for call in CALLS} | {typed[0] for typed in SETTINGS}
    words = "".join(path.read_text(encoding="utf-8") for path in NETWORK.glob("test_*.py"))
    on_a_network = {slug for slug in CATALOGUE if re.search(f'"{slug}"', words)}
    return by_fault | wrongly | on_a_network


def test_every_problem_that_a_rule_concludes_is_played_or_says_why_it_is_not():
    concluded = set(CATALOGUE) - own.CONDITIONS
    assert concluded - played() == set(NOT_PLAYED)


def test_every_fault_of_the_sandbox_leads_to_an_entry_or_says_why_it_is_no_problem():
    for name in FAULTS:
        if name in SILENT:
            assert len(SILENT[name].split()) > 4
            continue
        wanted = set(CLOUD_AND_DC.get(name, {}).values()) or {WAYS.get(name, Way()).leads_to or name}
        assert wanted <= set(CATALOGUE), name
