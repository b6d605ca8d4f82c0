from __future__ import annotations

import pytest

from tieline.diagnosis.classify import classify
from tieline.diagnosis.finding import Confidence
from tieline.diagnosis.pasted import parse_pasted

PASTED = [
    ("Remote error for 'installed': Unhandled error: STATUS=302", "redirect-generic-302"),
    ("requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://acme.atlassian.net/rest/api/3/myself", "auth-cloud-credentials-rejected"),
    ("Project with key 'ROAD' either does not exist or you do not have permission to create versions in it.", "perm-create-version"),
    ("HTTPSConnectionPool(host='jira.acme.corp', port=443): Max retries exceeded with url: / (Caused by NewConnectionError('<x>: Failed to establish a new connection: [Errno -2] Name or service not known'))", "net-dns-failure"),
    ("javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path to requested target", "tls-untrusted-ca"),
    ("Error: connect ECONNREFUSED 10.0.0.5:8080", "net-connection-refused"),
    ("dial tcp: lookup jira.acme.corp on 10.0.0.2:53: no such host", "net-dns-failure"),
    ('Get "https://acme.atlassian.net": x509: certificate signed by unknown authority', "tls-corporate-interception"),
    ("java.net.SocketTimeoutException: connect timed out", "net-connect-timeout"),
    ("requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='jira', port=443): Read timed out. (read timeout=30)", "net-read-timeout"),
    ("read ECONNRESET", "net-connection-reset"),
    ("curl: (60) SSL: no alternative certificate subject name matches target host name 'jira.acme.io'", "tls-hostname-mismatch"),
    ("code: 'CERT_HAS_EXPIRED'", "tls-expired"),
    ("OSError: Tunnel connection failed: 503 Service Unavailable", "proxy-tunnel-failed"),
    ("The remote server returned an error: (407) Proxy Authentication Required.", "proxy-auth-required"),
    ("< HTTP/1.1 302 Found\n< Location: http://10.0.0.5:8080/jira/rest/api/2/serverInfo\n<", "redirect-internal-host"),
    ("HTTP/2 403\nx-authentication-denied-reason: CAPTCHA_CHALLENGE; login-url=https://jira.acme.io/login.jsp\nx-seraph-loginreason: AUTHENTICATION_DENIED\n", "auth-captcha-triggered"),
    ("HTTP/1.1 404 Not Found\nServer: nginx\nContent-Type: text/html\n\n<html><head><title>404 Not Found</title></head><body><center>nginx</center></body></html>\n> GET /rest/api/2/serverInfo", "url-wrong-context-path"),
    ("Failed to parse Connect Session Auth Token", "auth-bearer-on-cloud-site"),
    ("jira.exceptions.JIRAError: JiraError HTTP 400 url: https://jira.acme.io/rest/api/2/issue\n text: Field 'summary' cannot be set. It is not on the appropriate screen, or unknown.", "perm-create-issue"),
    ("json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)", "redirect-sso-html"),
    ("The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.", "api-search-removed"),
    ("Basic Authentication has been disabled on this instance.", "auth-basic-disabled-dc"),
    ("Basic authentication with passwords is deprecated.", "auth-cloud-password-instead-of-token"),
    ("XSRF check failed", "xsrf-check-failed"),
    ("oauth_problem=token_rejected", "oauth1-token-rejected"),
    ('{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}', "auth-oauth-refresh-token-invalid"),
    ('{"code":401,"message":"Unauthorized; scope does not match"}', "auth-oauth-scope-missing"),
    ("You do not have permission to create WebHook 'Tieline'.", "perm-webhook-admin"),
    ("429 Too Many Requests", "rate-limit-cloud"),
    ("502 Bad Gateway", "gateway-5xx"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "slug"), PASTED, ids=[slug for _, slug in PASTED])
def test_a_message_of_any_tool_is_understood(text, slug):
    findings = classify(parse_pasted(text))
    assert findings, text
    assert findings[0].slug == slug, [f.slug for f in findings]


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("Authentication failed: 401", {"auth-cloud-credentials-rejected", "auth-wrong-password", "auth-pat-invalid"}),
        (
            "Authentication failed: 403",
            {"auth-captcha-triggered", "auth-cloud-password-instead-of-token", "connect-end-of-life"},
        ),
    ],
)
def test_a_bare_status_leaves_several_causes_and_names_the_question(text, slugs):
    findings = classify(parse_pasted(text))
    assert {f.slug for f in findings} == slugs
    assert {f.confidence for f in findings} == {Confidence.POSSIBLE}
    assert all(f.probe for f in findings)


@pytest.mark.parametrize("text", ["", "hello world", "HTTP 200 OK", "The meeting is at 404 Main Street"[:22], "{}"])
def test_a_text_about_nothing_gives_no_finding(text):
    assert classify(parse_pasted(text)) == ()


def test_a_pasted_text_alone_is_not_certain():
    for text, _ in PASTED:
        if "HTTP/" not in text and not text.startswith("{"):
            assert all(f.confidence is not Confidence.CERTAIN for f in classify(parse_pasted(text))), text


def test_credentials_in_a_pasted_text_are_left_out():
    text = (
        "curl -v -u pat@acme.io:hunter2 https://pat:hunter2@acme.atlassian.net/rest/api/3/myself?token=hunter2\n"
        "> Authorization: Basic cGF0OmhodW50ZXIy\n> Authorization: Bearer ATATT3xFfGF0hunter2\n< HTTP/1.1 401 Unauthorized"
    )
    shown = repr(parse_pasted(text))
    assert "hunter2" not in shown
    assert "cGF0Omh" not in shown
    assert parse_pasted(text).exchanges[0].request.auth == "basic"
    assert parse_pasted(text).exchanges[0].response.status == 401


def test_a_raw_answer_is_taken_apart():
    exchange = parse_pasted(
        "> GET /rest/api/2/project/ROAD HTTP/1.1\n> Host: jira.acme.io\n< HTTP/1.1 404 \n< X-AUSERNAME: pat\n< Content-Type: application/json\n<\n"
        '{"errorMessages":["No project could be found with key \'ROAD\'."],"errors":{}}'
    ).exchanges[0]
    assert exchange.request.path == "/rest/api/2/project/ROAD"
    assert exchange.response.status == 404
    assert exchange.response.header("x-ausername") == "pat"
    assert exchange.response.body.startswith('{"errorMessages"')
