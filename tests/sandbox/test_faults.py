"""Each fault shows the evidence that the real thing shows, and can be switched off again."""

from __future__ import annotations

import json
import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from urllib3.exceptions import InsecureRequestWarning

from tests.sandbox.conftest import Start
from tests.sandbox.jira_calls import Clock, Jira, anonymous, logged_in
from tests.shared_material import shared, skip_without_shared
from tieline.sandbox import FAULTS, Sandbox, SandboxOptions
from tieline.sandbox.scheme import DC_SECRET

REDIRECTS = {
    "redirect-http-to-https": (301, "https://127.0.0.1/rest/api/2/serverInfo"),
    "redirect-internal-host": (302, "http://10.0.0.5:8080/rest/api/2/serverInfo"),
    "redirect-to-idp": (302, "https://login.idp.example/saml2/sso?SAMLRequest="),
    "redirect-to-login-jsp": (302, "/login.jsp?permissionViolation=true&os_destination=/rest/api/2/serverInfo"),
    "redirect-generic-302": (302, ""),
}


@pytest.mark.parametrize("fault", REDIRECTS)
def test_a_redirect_names_the_place_its_cause_names(dc: Jira, fault: str) -> None:
    dc.sandbox.world.switch_on(fault)
    answer = dc.get("/serverInfo")
    status, location = REDIRECTS[fault]
    assert answer.status_code == status
    assert answer.headers.get("Location", "").startswith(location)
    dc.sandbox.world.switch_off(fault)
    assert dc.get("/serverInfo").status_code == 200


def test_a_renamed_cloud_site_redirects_its_status_too(cloud: Jira) -> None:
    cloud.sandbox.world.switch_on("cloud-site-renamed")
    for path in ("/status", "/rest/api/3/serverInfo"):
        answer = cloud.get(cloud.sandbox.url + path)
        assert (answer.status_code, answer.headers["Location"]) == (
            302,
            "https://skerry-lines-renamed.atlassian.net" + path,
        )


HTML = {
    "redirect-sso-html": (200, "SAMLRequest"),
    "url-not-jira-other": (404, "Harbour Wiki Forge"),
    "url-not-jira-confluence": (404, "Confluence"),
    "waf-html-block": (403, "Your support ID is"),
    "gateway-5xx": (502, "502 Bad Gateway"),
}


@pytest.mark.parametrize("fault", HTML)
def test_something_else_answers_with_its_own_page(jira: Jira, fault: str) -> None:
    jira.sandbox.world.switch_on(fault)
    answer = jira.get("/serverInfo")
    status, text = HTML[fault]
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert text in answer.text
    assert "X-AREQUESTID" not in answer.headers


def test_with_the_wrong_context_path_only_slash_jira_is_jira(start: Start) -> None:
    jira = start("dc", "url-wrong-context-path")
    lost = jira.get("/serverInfo")
    assert (lost.status_code, lost.headers["Server"]) == (404, "Apache/2.4.62 (Debian)")
    assert "was not found on this server." in lost.text
    assert jira.get(jira.sandbox.url + "/").headers["Location"] == "/jira/"
    assert jira.get(jira.sandbox.url + "/jira/rest/api/2/serverInfo").json()["deploymentType"] == "Server"


def test_an_unavailable_cloud_site_is_answered_by_the_edge(cloud: Jira) -> None:
    cloud.sandbox.world.switch_on("cloud-site-unavailable")
    assert cloud.get(cloud.sandbox.url + "/status").status_code == 503
    tenant = cloud.get(cloud.sandbox.url + "/_edge/tenant_info")
    assert (tenant.status_code, tenant.headers["Atl-Missing-Tcs"]) == (404, "true")
    assert "Atlassian Cloud Notifications - Page Unavailable" in tenant.text


def test_a_site_without_jira_still_has_a_tenant(cloud: Jira) -> None:
    cloud.sandbox.world.switch_on("cloud-no-jira-product")
    assert cloud.get(cloud.sandbox.url + "/_edge/tenant_info").status_code == 200
    assert cloud.get("/serverInfo").status_code == 404


@pytest.mark.parametrize(
    ("fault", "status", "state", "calls"),
    [
        ("jira-maintenance", 503, "MAINTENANCE", 503),
        ("jira-starting", 200, "STARTING", 503),
        ("jira-error-state", 500, "ERROR", 503),
    ],
)
def test_a_sick_node_says_so_at_status(dc: Jira, fault: str, status: int, state: str, calls: int) -> None:
    dc.sandbox.world.switch_on(fault)
    answer = dc.get(dc.sandbox.url + "/status")
    assert (answer.status_code, answer.json()) == (status, {"state": state})
    assert dc.get("/serverInfo").status_code == calls


CLOUD_LOGIN = [
    "auth-cloud-credentials-rejected",
    "auth-cloud-token-expired",
    "auth-cloud-token-revoked",
    "auth-cloud-user-deactivated",
    "auth-cloud-anonymous-fallback",
]


@pytest.mark.parametrize("fault", CLOUD_LOGIN)
def test_a_refused_cloud_login_runs_on_as_anonymous(cloud: Jira, fault: str) -> None:
    cloud.sandbox.world.switch_on(fault)
    assert cloud.get("/myself").status_code == 401
    listed = cloud.get("/project/search")
    assert (listed.status_code, listed.json()["values"]) == (200, [])
    assert listed.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert cloud.get(f"{cloud.sandbox.gateway_url}/rest/api/3/myself").status_code == 401


def test_a_scoped_token_is_refused_by_the_site_and_taken_by_the_gateway(cloud: Jira) -> None:
    cloud.sandbox.world.switch_on("auth-scoped-token-on-site-url")
    assert cloud.get("/myself").status_code == 401
    assert cloud.get(f"{cloud.sandbox.gateway_url}/rest/api/3/myself").status_code == 200
    assert cloud.get(f"{cloud.sandbox.gateway_url}/rest/api/3/project/search").json()["total"] == 2


def test_a_missing_scope_is_told_by_the_gateway_alone(cloud: Jira) -> None:
    cloud.sandbox.world.switch_on("auth-scoped-token-missing-scope")
    base = cloud.sandbox.gateway_url
    assert cloud.get(f"{base}/rest/api/3/myself").status_code == 200
    refused = cloud.get(f"{base}/rest/api/3/field")
    assert (refused.status_code, refused.json()) == (
        401,
        {"code": 401, "message": "Unauthorized; scope does not match"},
    )


def test_a_password_on_cloud_is_refused_on_every_path(start: Start) -> None:
    jira = start("cloud", "auth-cloud-password-instead-of-token")
    assert not jira.sandbox.secret.startswith("ATATT")
    for path in ("/serverInfo", "/myself"):
        answer = jira.get(path)
        assert answer.status_code == 401
        assert answer.text.startswith("Basic authentication with passwords is deprecated.")


def test_the_printed_user_is_the_wrong_kind_of_name(start: Start) -> None:
    cloud = start("cloud", "auth-cloud-username-not-email")
    assert (cloud.sandbox.user, cloud.get("/myself").status_code) == ("pat", 401)
    dc = start("dc", "auth-dc-email-instead-of-username")
    assert (dc.sandbox.user, dc.get("/myself").status_code) == ("pat@skerrylines.example", 401)
    dc.session.auth = ("pat", DC_SECRET)
    assert dc.get("/myself").status_code == 200


DC_LOGIN = ["auth-wrong-password", "auth-password-expired", "auth-sso-no-local-password"]


@pytest.mark.parametrize("fault", DC_LOGIN)
def test_a_refused_data_center_login_never_becomes_a_captcha_by_the_fault_itself(dc: Jira, fault: str) -> None:
    dc.sandbox.world.switch_on(fault)
    assert [dc.get("/serverInfo").status_code for _ in range(5)] == [401] * 5


def test_a_token_sent_as_basic_is_refused_and_good_as_bearer(dc: Jira) -> None:
    dc.sandbox.world.switch_on("auth-pat-sent-as-basic")
    assert dc.get("/myself").status_code == 401
    bearer = anonymous(dc.sandbox)
    bearer.session.headers["Authorization"] = f"Bearer {dc.sandbox.secret}"
    assert bearer.get("/myself").status_code == 200


def test_basic_switched_off_says_so_and_lets_bearer_through(dc: Jira) -> None:
    dc.sandbox.world.switch_on("auth-basic-disabled-dc")
    answer = dc.get("/serverInfo")
    assert (answer.status_code, answer.json()) == (
        403,
        {"message": "Basic Authentication has been disabled on this instance."},
    )
    assert "X-Seraph-LoginReason" not in answer.headers
    assert anonymous(dc.sandbox).get("/serverInfo").status_code == 200


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("auth-captcha-triggered", "AUTHENTICATION_DENIED"), ("auth-dc-user-not-licensed", "AUTHORISATION_FAILED")],
)
def test_a_denied_login_is_403_with_its_reason(dc: Jira, fault: str, reason: str) -> None:
    dc.sandbox.world.switch_on(fault)
    answer = dc.get("/myself")
    assert (answer.status_code, answer.headers["X-Seraph-LoginReason"]) == (403, reason)


def test_a_login_that_is_not_read_runs_as_anonymous_on_data_center(dc: Jira) -> None:
    dc.sandbox.world.switch_on("auth-anonymous-fallback-dc")
    answer = dc.get("/project")
    assert (answer.json(), answer.headers["X-AUSERNAME"]) == ([], "anonymous")
    assert dc.get("/myself").status_code == 401


def test_serverinfo_closed_to_anonymous_callers_says_what_cloud_says(dc: Jira) -> None:
    dc.sandbox.world.switch_on("dc-serverinfo-needs-auth")
    refused = anonymous(dc.sandbox).get("/serverInfo")
    assert refused.status_code == 401
    assert "Client must be authenticated to access this resource." in refused.text
    assert dc.get("/serverInfo").status_code == 200


def test_a_base_url_that_is_not_this_one(dc: Jira) -> None:
    dc.sandbox.world.switch_on("base-url-mismatch")
    assert dc.get("/serverInfo").json()["baseUrl"] == "http://jira-prod-01.corp:8080"


@pytest.mark.parametrize(("fault", "dc_status"), [("perm-project-not-visible", 200), ("url-project-key-wrong", 404)])
def test_a_project_hidden_or_gone(start: Start, fault: str, dc_status: int) -> None:
    for edition in ("cloud", "dc"):
        jira = start(edition, fault)
        assert jira.get("/myself").status_code == 200
        assert jira.get("/project/ROAD").json()["errorMessages"] == ["No project could be found with key 'ROAD'."]
        asked = jira.get("/mypermissions", projectKey="ROAD", permissions="BROWSE_PROJECTS")
        assert asked.status_code == (404 if edition == "cloud" else dc_status)
        keys = [one["key"] for one in jira.get("/project").json()]
        assert keys == ["CREW"]


def test_an_account_without_product_access_sees_nothing(cloud: Jira) -> None:
    cloud.sandbox.world.switch_on("cloud-user-no-product-access")
    me = cloud.get("/myself", expand="groups,applicationRoles")
    assert (me.status_code, me.json()["applicationRoles"]["items"]) == (200, [])
    assert cloud.get("/project/search").json()["values"] == []


def test_a_required_field_is_listed_and_asked_for(jira: Jira) -> None:
    jira.sandbox.world.switch_on("required-field")
    page = jira.get("/issue/createmeta/ROAD/issuetypes/10001").json()
    rows = page["fields"] if jira.api == "3" else page["values"]
    assert [one["fieldId"] for one in rows if one["required"] and one["fieldId"].startswith("custom")] == [
        "customfield_10041"
    ]
    fields = {"project": {"key": "ROAD"}, "issuetype": {"name": "Story"}, "summary": "x"}
    assert jira.post("/issue", {"fields": fields}).json()["errors"] == {"customfield_10041": "Cost centre is required."}
    assert jira.post("/issue", {"fields": {**fields, "customfield_10041": "4711"}}).status_code == 201


def test_a_field_on_no_screen_is_not_listed_and_cannot_be_set(jira: Jira) -> None:
    key = jira.create(duedate="2026-12-01")
    jira.sandbox.world.switch_on("field-not-on-screen")
    refused = jira.put(f"/issue/{key}", {"fields": {"duedate": "2026-12-02", "labels": ["a"]}})
    assert refused.json()["errors"] == {
        "duedate": "Field 'duedate' cannot be set. It is not on the appropriate screen, or unknown."
    }
    assert "duedate" not in jira.get(f"/issue/{key}/editmeta").json()["fields"]
    assert jira.get(f"/issue/{key}").json()["fields"]["labels"] == []


def test_a_lost_step_is_not_offered(jira: Jira) -> None:
    key = jira.create()
    for step in ("11", "21"):
        jira.post(f"/issue/{key}/transitions", {"transition": {"id": step}})
    jira.sandbox.world.switch_on("transition-gone")
    assert [one["id"] for one in jira.get(f"/issue/{key}/transitions").json()["transitions"]] == ["41"]
    refused = jira.post(f"/issue/{key}/transitions", {"transition": {"id": "31"}})
    assert refused.status_code == 400


def test_every_third_of_a_bulk_create_is_refused(jira: Jira) -> None:
    jira.sandbox.world.switch_on("partial-bulk")
    fields = {"project": {"key": "ROAD"}, "issuetype": {"name": "Task"}}
    answer = jira.post("/issue/bulk", {"issueUpdates": [{"fields": {**fields, "summary": f"n{n}"}} for n in range(7)]})
    assert answer.status_code == 201
    assert [one["failedElementNumber"] for one in answer.json()["errors"]] == [2, 5]
    assert [one["key"] for one in answer.json()["issues"]] == [f"ROAD-{n}" for n in range(1, 6)]


def test_an_error_before_the_effect_leaves_nothing_and_one_after_it_leaves_all(jira: Jira) -> None:
    fields = {"project": {"key": "ROAD"}, "issuetype": {"name": "Task"}, "summary": "x"}
    for fault, issues in (("error-before-effect", 0), ("error-after-effect", 1)):
        jira.sandbox.world.switch_on(fault, times=1)
        assert jira.post("/issue", {"fields": fields}).status_code == 500
        assert [one.kind for one in jira.sandbox.world.history] == ["issue created"] * issues


def test_a_lost_answer_closes_the_connection(jira: Jira) -> None:
    fields = {"project": {"key": "ROAD"}, "issuetype": {"name": "Task"}, "summary": "x"}
    for fault, issues in (("answer-lost-before-create", 0), ("answer-lost-after-create", 1)):
        jira.sandbox.world.switch_on(fault, times=1)
        with pytest.raises(requests.ConnectionError):
            jira.post("/issue", {"fields": fields})
        assert [one.kind for one in jira.sandbox.world.history] == ["issue created"] * issues
        assert jira.sandbox.world.calls[-1].status == 0
    assert jira.post("/issue", {"fields": fields}).status_code == 201


def test_hostile_answers(jira: Jira) -> None:
    world = jira.sandbox.world
    world.switch_on("truncated-json", times=1)
    with pytest.raises(ValueError, match=r"."):
        jira.get("/field").json()
    world.switch_on("html-with-200", times=1)
    assert jira.get("/field").headers["Content-Type"].startswith("text/html")
    world.switch_on("huge-body", times=1)
    assert len(jira.get("/serverInfo").content) > 40_000_000
    world.switch_on("deep-json", times=1)
    with pytest.raises(RecursionError):
        json.loads(jira.get("/serverInfo").text)
    assert jira.get("/field").status_code == 200


def test_a_rate_limit_tells_when_to_come_back(start: Start) -> None:
    cloud, dc = start("cloud", "rate-limit-cloud"), start("dc", "rate-limit-dc")
    limited = cloud.get("/myself")
    assert (limited.status_code, limited.headers["RateLimit-Reason"]) == (429, "jira-burst-based")
    assert int(limited.headers["Retry-After"]) >= 1
    limited = dc.get("/myself")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "0")
    assert "Rate limit exceeded." in limited.text
    assert limited.headers["X-RateLimit-FillRate"] == "1"
    assert dc.get("/serverInfo").status_code == 200


def test_a_burst_over_the_limit_is_refused_until_the_bucket_fills(start: Start, clock: Clock) -> None:
    jira = start("cloud", requests_per_second=2.0, burst=3)
    assert [jira.get("/myself").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    clock.forward(1)
    assert [jira.get("/myself").status_code for _ in range(3)] == [200, 200, 429]


def test_slow_waits_before_it_answers(clock: Clock) -> None:
    waited: list[float] = []
    options = SandboxOptions(empty=True, faults=frozenset({"slow"}), slow_s=7.0, latency_ms=50)
    with Sandbox.start(options, now=clock, sleep=waited.append) as sandbox:
        assert logged_in(sandbox).get("/myself").status_code == 200
    assert waited == [0.05, 7.0]


# ---- fixed at the start


def test_a_refused_connection(start: Start) -> None:
    jira = start("cloud", "net-connection-refused")
    place = urlsplit(jira.sandbox.url)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=2)
    assert requests.get(jira.sandbox.panel, timeout=5).status_code == 200


def test_a_connection_that_is_never_made(start: Start) -> None:
    jira = start("cloud", "net-connect-timeout")
    place = urlsplit(jira.sandbox.url)
    with pytest.raises(TimeoutError):
        socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=0.5)


def test_an_answer_that_never_comes(start: Start) -> None:
    jira = start("cloud", "net-read-timeout")
    with pytest.raises(requests.ReadTimeout):
        jira.session.get(jira.sandbox.url + "/rest/api/3/serverInfo", timeout=(2, 0.3))


def test_a_reset_connection(start: Start) -> None:
    jira = start("cloud", "net-connection-reset")
    with pytest.raises(requests.ConnectionError):
        jira.get("/serverInfo")


def test_a_name_that_does_not_exist(start: Start) -> None:
    jira = start("cloud", "net-dns-failure")
    assert str(urlsplit(jira.sandbox.url).hostname).endswith(".invalid")


TLS = {
    "tls-untrusted-ca": (19, "self-signed certificate in certificate chain"),
    "tls-self-signed": (18, "self-signed certificate"),
    "tls-expired": (10, "certificate has expired"),
    "tls-hostname-mismatch": (64, "IP address mismatch"),
}


def handshake(sandbox: Sandbox, context: ssl.SSLContext) -> ssl.SSLSocket:
    place = urlsplit(sandbox.url)
    with socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=5) as plain:
        return context.wrap_socket(plain, server_hostname=str(place.hostname))


@pytest.mark.parametrize("fault", TLS)
def test_a_certificate_fails_for_its_own_reason(start: Start, fault: str) -> None:
    jira = start("dc", fault)
    context = ssl.create_default_context()
    if fault in ("tls-expired", "tls-hostname-mismatch"):
        context.load_verify_locations(cadata=jira.sandbox.authority_pem)
    with pytest.raises(ssl.SSLCertVerificationError) as refused:
        handshake(jira.sandbox, context)
    code, text = TLS[fault]
    assert refused.value.verify_code == code
    assert text in refused.value.verify_message


def test_with_its_authority_trusted_the_untrusted_one_is_good(start: Start) -> None:
    jira = start("dc", "tls-untrusted-ca")
    context = ssl.create_default_context(cadata=jira.sandbox.authority_pem)
    handshake(jira.sandbox, context).close()
    jira.session.verify = False
    with pytest.warns(InsecureRequestWarning):
        assert jira.get("/myself").json()["name"] == "pat"


def test_https_on_a_plain_port(start: Start) -> None:
    jira = start("dc", "tls-on-plain-port")
    with pytest.raises(ssl.SSLError, match=r"WRONG_VERSION_NUMBER|record layer failure|wrong version number"):
        handshake(jira.sandbox, ssl.create_default_context())


# ---- the list itself


def test_a_fault_that_does_not_exist_or_belongs_to_the_other_edition_is_refused(start: Start) -> None:
    with pytest.raises(ValueError, match="No fault is called rain"):
        start("cloud", "rain")
    with pytest.raises(ValueError, match="not a fault of this edition"):
        start("cloud", "auth-wrong-password")
    jira = start("cloud")
    with pytest.raises(KeyError):
        jira.sandbox.world.switch_on("rain")
    with pytest.raises(ValueError, match="fixed when the sandbox starts"):
        jira.sandbox.world.switch_on("tls-expired")


OUR_OWN = {
    "rate-limit",
    "tls-expires-soon",
    "perm-transition-issue",
    "perm-browse-users",
    "perm-webhook-admin",
    "required-field",
    "field-not-on-screen",
    "transition-gone",
    "partial-bulk",
    "error-before-effect",
    "error-after-effect",
    "answer-lost-before-create",
    "answer-lost-after-create",
    "truncated-json",
    "html-with-200",
    "huge-body",
    "deep-json",
    "slow",
    "webhooks-off",
    "webhooks-duplicated",
    "webhooks-reordered",
    "webhooks-late",
}


@skip_without_shared("reference/failure-catalog.md")
def test_every_other_fault_carries_the_name_the_catalogue_gives_it() -> None:
    path = shared("reference/failure-catalog.md")
    assert isinstance(path, Path)
    slugs = {line[6:-1] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#### `")}
    assert FAULTS.keys() - slugs <= OUR_OWN
    assert len(FAULTS.keys() & slugs) > 50


@pytest.mark.parametrize("edition", ["cloud", "dc"])
def test_every_fault_can_be_switched_on_and_off_while_calls_go_on(start: Start, edition: str) -> None:
    jira = start(edition, slow_s=0.0)
    for name, fault in FAULTS.items():
        if fault.transport or edition not in fault.editions:
            continue
        jira.sandbox.world.switch_on(name)
        try:
            jira.get("/myself")
        except requests.RequestException:
            jira.session.close()
        jira.sandbox.world.switch_off(name)
        assert jira.get("/myself").status_code == 200, name
