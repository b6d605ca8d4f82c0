"""The ladder against the sandbox: green on a healthy Jira, red with the right finding on each fault, writing nothing."""

from __future__ import annotations

import pytest

from tests.engine.check_world import run_check, sandbox
from tieline.diagnosis.finding import Confidence
from tieline.diagnosis.ladder import RUNGS, Needs
from tieline.engine.ports import AuthUse

PASSWORD = "correct-horse-battery"


@pytest.mark.parametrize("edition", ["cloud", "dc"])
def test_a_healthy_jira_is_green_in_at_most_twelve_calls(edition):
    with sandbox(edition) as running:
        checked = run_check(running)
    assert [r.rung.name for r in checked.report.results] == [rung.name for rung in RUNGS]
    assert {r.state.value for r in checked.report.results} == {"ok"}
    assert checked.report.findings == ()
    assert len(checked.asked) <= 12
    assert checked.report.facts["edition"] == edition
    assert all(r.found for r in checked.report.results)


@pytest.mark.parametrize("edition", ["cloud", "dc"])
def test_a_check_sends_nothing_that_could_write(edition):
    with sandbox(edition) as running:
        before = len(running.world.versions), len(running.world.issues)
        checked = run_check(running)
        assert (len(running.world.versions), len(running.world.issues)) == before
    writes = [request for request in checked.asked if request.method != "GET"]
    assert [(w.method, w.path.rsplit("/", 1)[1], "name" in w.body) for w in writes] == [("POST", "version", False)]


@pytest.mark.parametrize(
    ("edition", "fault", "rung"),
    [
        ("cloud", "net-connection-refused", "connection"),
        ("dc", "net-connection-reset", "connection"),
        ("dc", "tls-untrusted-ca", "connection"),
        ("dc", "tls-self-signed", "connection"),
        ("dc", "tls-expired", "connection"),
        ("dc", "tls-hostname-mismatch", "connection"),
        ("cloud", "tls-on-plain-port", "connection"),
        ("dc", "redirect-http-to-https", "redirect"),
        ("dc", "redirect-internal-host", "redirect"),
        ("dc", "redirect-to-idp", "redirect"),
        ("dc", "redirect-to-login-jsp", "redirect"),
        ("dc", "redirect-generic-302", "redirect"),
        ("cloud", "cloud-site-renamed", "redirect"),
        ("dc", "redirect-sso-html", "product"),
        ("dc", "url-not-jira-other", "product"),
        ("dc", "url-not-jira-confluence", "product"),
        ("dc", "url-wrong-context-path", "product"),
        ("dc", "waf-html-block", "product"),
        ("cloud", "cloud-site-unavailable", "product"),
        ("cloud", "cloud-no-jira-product", "product"),
        ("cloud", "cloud-ip-allowlist", "product"),
        ("dc", "gateway-5xx", "product"),
        ("dc", "jira-maintenance", "product"),
        ("dc", "jira-starting", "product"),
        ("dc", "jira-error-state", "product"),
        ("dc", "rest-api-disabled", "product"),
        ("cloud", "rate-limit-cloud", "product"),
        ("cloud", "auth-cloud-credentials-rejected", "login"),
        ("cloud", "auth-cloud-password-instead-of-token", "login"),
        ("cloud", "auth-cloud-username-not-email", "login"),
        ("cloud", "auth-scoped-token-on-site-url", "login"),
        ("cloud", "proxy-strips-authorization", "login"),
        ("dc", "auth-captcha-triggered", "login"),
        ("dc", "auth-basic-disabled-dc", "login"),
        ("dc", "auth-dc-user-not-licensed", "login"),
        ("dc", "auth-pat-sent-as-basic", "login"),
        ("cloud", "cloud-user-no-product-access", "project"),
        ("dc", "perm-project-not-visible", "project"),
        ("dc", "url-project-key-wrong", "project"),
        ("dc", "perm-create-issue", "permissions"),
        ("cloud", "perm-edit-issue", "permissions"),
        ("cloud", "perm-create-version", "versions"),
        ("dc", "perm-create-version", "versions"),
    ],
)
def test_a_fault_ends_at_its_step_with_its_finding(edition, fault, rung):
    with sandbox(edition, fault) as running:
        checked = run_check(running)
    assert checked.first_red == rung
    assert checked.slugs[0] == fault, checked.slugs


@pytest.mark.parametrize(
    ("fault", "permission"),
    [
        ("perm-assign-issue", "Assign Issues"),
        ("perm-transition-issue", "Transition Issues"),
        ("perm-browse-users", "Browse users and groups"),
    ],
)
def test_a_right_that_is_only_useful_gives_a_warning(fault, permission):
    with sandbox("cloud", fault) as running:
        checked = run_check(running)
    assert checked.state("permissions") == "warning"
    assert permission in checked.result("permissions").found
    assert checked.slugs == [fault]
    assert checked.report.ok


def test_a_missing_project_and_a_hidden_one_are_told_apart_on_data_center():
    with sandbox("dc", "perm-project-not-visible") as running:
        hidden = run_check(running).report.findings[0]
    with sandbox("dc") as running:
        missing = run_check(running, project="NOWHERE").report.findings[0]
    assert (hidden.slug, hidden.confidence) == ("perm-project-not-visible", Confidence.CERTAIN)
    assert (missing.slug, missing.confidence) == ("url-project-key-wrong", Confidence.CERTAIN)


def test_a_key_with_a_slip_names_the_near_one():
    with sandbox("cloud") as running:
        slip = running.project[:-1] + "X"
        checked = run_check(running, project=slip)
    finding = next(f for f in checked.report.findings if f.slug == "url-project-key-wrong")
    assert finding.facts["near"] == running.project


@pytest.mark.parametrize(
    ("edition", "user", "secret", "slug"),
    [
        ("dc", None, PASSWORD, "auth-wrong-password"),
        ("dc", "pat@skerrylines.example", PASSWORD, "auth-dc-email-instead-of-username"),
        ("cloud", None, "ATATT3xFfGF0-not-the-one", "auth-cloud-credentials-rejected"),
        ("cloud", None, "$JIRA_TOKEN", "auth-credential-not-substituted"),
        ("cloud", None, ' "ATATT3xFfGF0" ', "auth-credential-whitespace-or-quotes"),
    ],
)
def test_a_wrong_login_is_named_by_what_was_typed(edition, user, secret, slug):
    with sandbox(edition) as running:
        checked = run_check(running, user=user, secret=secret)
    assert checked.first_red == "login"
    assert checked.slugs[0] == slug, checked.slugs


@pytest.mark.parametrize(("edition", "slug"), [("cloud", "auth-cloud-token-expired"), ("dc", "auth-password-expired")])
def test_a_login_that_worked_before_points_at_its_end(edition, slug):
    secret = "ATATT3xFfGF0-the-old-one" if edition == "cloud" else PASSWORD
    with sandbox(edition) as running:
        checked = run_check(running, secret=secret, worked_before=True)
    assert checked.slugs[0] == slug
    assert checked.report.findings[0].confidence is Confidence.LIKELY


@pytest.mark.parametrize("fault", ["auth-pat-invalid", "auth-pat-expired"])
def test_a_refused_personal_access_token(fault):
    with sandbox("dc", fault) as running:
        checked = run_check(running, auth="bearer", worked_before=fault == "auth-pat-expired")
    assert checked.slugs[0] == fault


def test_a_token_sent_as_bearer_to_cloud_is_tried_once_as_basic():
    with sandbox("cloud") as running:
        checked = run_check(running, auth="bearer")
    assert checked.slugs[0] == "auth-bearer-on-cloud-site"
    assert [r.auth for r in checked.asked if r.auth not in (AuthUse.OWN, AuthUse.NONE)] == [AuthUse.AS_BASIC]


def test_a_refused_login_is_sent_at_most_twice_on_data_center():
    with sandbox("dc") as running:
        checked = run_check(running, secret=PASSWORD)
        with_login = [r for r in checked.asked if r.auth is not AuthUse.NONE]
        assert len(with_login) == 1
        tokenlike = run_check(running, secret="NjQ1MTc0MDk4NjkyOhV3Rk1Zb2x0bXlKd2FqVnNkZDRh")
        assert [r.auth for r in tokenlike.asked if r.auth is not AuthUse.NONE] == [AuthUse.OWN, AuthUse.AS_BEARER]
        assert AuthUse.MADE_UP not in {r.auth for r in tokenlike.asked}


def test_a_legacy_connect_connection_is_told_to_convert():
    with sandbox("cloud", "connect-end-of-life") as running:
        checked = run_check(running, settings_auth="connect")
    assert checked.slugs[0] == "connect-end-of-life"


def test_steps_above_a_red_one_are_not_run_and_say_why():
    with sandbox("dc", "redirect-internal-host") as running:
        checked = run_check(running)
    above = [r for r in checked.report.results if r.state.value == "not-run"]
    assert [r.rung.name for r in above] == [
        "product", "login", "project", "permissions", "issue-types", "fields", "versions", "changes",
    ]  # fmt: skip
    assert above[0].reason == "“No redirect” has to be solved first."
    assert len(checked.asked) == 1


def test_without_a_project_its_steps_are_not_run_and_the_check_is_still_good():
    with sandbox("cloud") as running:
        checked = run_check(running, project="")
    assert checked.state("project") == "ok"
    assert checked.state("permissions") == "not-run"
    assert checked.report.ok


def test_the_guard_refuses_a_private_address_before_anything_is_sent():
    with sandbox("dc") as running:
        checked = run_check(running, allow=False)
    assert checked.first_red == "name"
    assert checked.slugs[0] == "guard-private-address"


@pytest.mark.parametrize(
    ("fault", "slug"),
    [
        ("truncated-json", "answer-unreadable"),
        ("deep-json", "answer-unreadable"),
        ("html-with-200", "redirect-sso-html"),
    ],
)
def test_hostile_answers_become_findings(fault, slug):
    with sandbox("dc", fault) as running:
        checked = run_check(running)
    assert checked.first_red == "product"
    assert checked.slugs[0] == slug


def test_a_silent_jira_ends_in_time():
    with sandbox("dc", "net-read-timeout") as running:
        checked = run_check(running, deadline_s=3.0)
    assert checked.first_red == "connection"
    assert checked.slugs[0] == "net-read-timeout"


def test_needs_are_checked_by_name():
    with sandbox("cloud", "field-not-on-screen", "required-field") as running:
        missing = run_check(running, needs=Needs(issue_types=("Story",), fields=("summary", "duedate")))
        unfed = run_check(running, needs=Needs(issue_types=("Story",)))
        no_type = run_check(running, needs=Needs(issue_types=("Feature",)))
    assert (missing.first_red, missing.slugs) == ("fields", ["field-not-on-screen"])
    assert (unfed.state("fields"), unfed.slugs) == ("warning", ["field-required"])
    assert "Cost centre" in unfed.result("fields").found
    assert (no_type.first_red, no_type.slugs) == ("issue-types", ["issue-type-missing"])


def test_without_the_right_to_register_webhooks_polling_is_used():
    with sandbox("cloud", "perm-webhook-admin") as running:
        checked = run_check(running, needs=Needs(webhook_url="http://127.0.0.1:8080/hooks"))
    assert checked.state("changes") == "warning"
    assert checked.report.facts["changes"] == "polling"
    assert checked.slugs == ["perm-webhook-admin"]


def test_what_would_have_worked_is_suggested():
    with sandbox("dc", "redirect-http-to-https") as running:
        assert run_check(running).report.facts["suggested_address"] == "https://127.0.0.1"
    with sandbox("dc", "url-wrong-context-path") as running:
        assert run_check(running).report.facts["suggested_address"] == running.url + "/jira"
    with sandbox("dc", "auth-pat-sent-as-basic") as running:
        assert run_check(running).report.facts["suggested_auth"] == "bearer"
    with sandbox("cloud", "auth-scoped-token-on-site-url") as running:
        assert run_check(running).report.facts["suggested_api_base"] == running.gateway_url
    with sandbox("cloud") as running:
        assert run_check(running, auth="bearer").report.facts["suggested_auth"] == "basic"


def test_a_throttled_login_is_no_refused_login():
    with sandbox("dc", "rate-limit-dc") as running:
        checked = run_check(running)
    assert checked.slugs == ["rate-limit-dc"]
    assert checked.result("login").found == "Jira did not say who we are."
