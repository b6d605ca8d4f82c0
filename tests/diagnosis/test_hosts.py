from __future__ import annotations

import pytest

from tieline.diagnosis.hosts import Target, classify_location, host_of, is_internal_name, is_private_ip

JIRA = "https://jira.acme.io/rest/api/2/serverInfo"


@pytest.mark.parametrize(
    ("asked", "location", "target"),
    [
        ("http://jira.acme.io/rest/x", "https://jira.acme.io/rest/x", Target.SAME_HOST_HTTPS),
        ("http://jira.acme.io:8080/rest/x", "https://JIRA.acme.io./rest/x", Target.SAME_HOST_HTTPS),
        (JIRA, "https://jira.acme.io/jira/rest/api/2/serverInfo", Target.OTHER_PATH),
        (JIRA, "/jira/", Target.OTHER_PATH),
        (JIRA, "/login.jsp?os_destination=%2F", Target.LOGIN_PAGE),
        (JIRA, "http://10.0.0.5:8080/", Target.INTERNAL_HOST),
        (JIRA, "http://[fd00::5]/", Target.INTERNAL_HOST),
        (JIRA, "http://jira01/", Target.INTERNAL_HOST),
        (JIRA, "https://jira.acme.local/", Target.INTERNAL_HOST),
        (JIRA, "https://login.microsoftonline.com/x/saml2", Target.IDENTITY_PROVIDER),
        (JIRA, "https://acme.okta.com/app/jira/sso/saml", Target.IDENTITY_PROVIDER),
        (JIRA, "https://fs.acme.io/adfs/ls/?SAMLRequest=1", Target.IDENTITY_PROVIDER),
        (JIRA, "https://jira.acme.io/plugins/servlet/samlsso", Target.IDENTITY_PROVIDER),
        (JIRA, "https://id.atlassian.com/login", Target.IDENTITY_PROVIDER),
        ("https://old.atlassian.net/rest/x", "https://new.atlassian.net/rest/x", Target.OTHER_CLOUD_SITE),
        (JIRA, "https://elsewhere.example/", Target.OTHER_HOST),
        (JIRA, "", Target.NONE),
        (JIRA, "http://[broken", Target.NONE),
        ("", "https://login.okta.com/", Target.IDENTITY_PROVIDER),
        ("", "/login.jsp", Target.LOGIN_PAGE),
    ],
)
def test_a_redirect_is_judged_by_its_target(asked, location, target):
    assert classify_location(asked, location).target is target


def test_hosts_of_addresses():
    assert host_of("https://Jira.Acme.io:8443/jira") == "jira.acme.io"
    assert host_of("jira.acme.io/x") == "jira.acme.io"
    assert host_of("http://[::1]:80/") == "::1"
    assert host_of("http://[") == ""


def test_private_addresses_and_internal_names():
    assert [is_private_ip(h) for h in ("10.1.2.3", "192.168.0.1", "::1", "8.8.8.8", "jira")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert [is_internal_name(h) for h in ("jira", "jira.corp", "jira.acme.io", "")] == [True, True, False, False]
