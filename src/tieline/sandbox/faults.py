"""Everything that can be made to go wrong, by name. A name that the failure catalogue knows is its slug."""

from collections.abc import Iterable
from dataclasses import dataclass

from .options import Edition

_BOTH: frozenset[Edition] = frozenset({"cloud", "dc"})
_CLOUD: frozenset[Edition] = frozenset({"cloud"})
_DC: frozenset[Edition] = frozenset({"dc"})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`transport` faults are fixed when the sandbox starts; every other one can be switched while it runs."""

    name: str
    description: str
    group: str
    editions: frozenset[Edition] = _BOTH
    transport: bool = False


def _table(
    group: str, editions: frozenset[Edition], rows: Iterable[tuple[str, str]], *, transport: bool = False
) -> list[Fault]:
    return [
        Fault(name=name, description=text, group=group, editions=editions, transport=transport) for name, text in rows
    ]


_NETWORK = _table(
    "Network",
    _BOTH,
    [
        ("net-connection-refused", "Nothing listens on the printed port."),
        ("net-connect-timeout", "The printed port lets no new connection through: its queue is full and stays full."),
        ("net-read-timeout", "Connections are accepted and nothing is ever answered."),
        ("net-connection-reset", "Connections are reset as soon as a request arrives."),
        ("net-dns-failure", "The printed address has a host name that does not exist."),
        ("tls-untrusted-ca", "HTTPS with a certificate of a private certificate authority."),
        ("tls-self-signed", "HTTPS with a certificate that signed itself."),
        ("tls-expired", "HTTPS with a certificate whose time is over."),
        ("tls-hostname-mismatch", "HTTPS with a certificate for another name."),
        ("tls-expires-soon", "HTTPS with a certificate that ends in 12 days, of a private certificate authority."),
        ("tls-on-plain-port", "The printed address says https, the port speaks plain HTTP."),
    ],
    transport=True,
)
_ADDRESS = (
    _table(
        "Address",
        _BOTH,
        [
            ("redirect-http-to-https", "Every call is redirected to https on the same host."),
            ("redirect-internal-host", "Every call is redirected to the private address 10.0.0.5."),
            ("redirect-to-idp", "A single sign-on gateway redirects every call to its identity provider."),
            ("redirect-sso-html", "A single sign-on gateway answers every call with 200 and its login page."),
            ("redirect-to-login-jsp", "Every call is redirected to Jira's own login page."),
            ("redirect-generic-302", "Every call is answered 302 without saying where to."),
            ("url-not-jira-other", "Another product's web pages answer on this address."),
            ("url-not-jira-confluence", "Confluence answers on this address, not Jira."),
            ("base-url-mismatch", "Jira's base URL setting names another host than the one used."),
            ("waf-html-block", "A web application firewall refuses every call with a page of its own."),
            ("proxy-strips-authorization", "Something on the way removes the Authorization header."),
        ],
    )
    + _table("Address", _DC, [("url-wrong-context-path", "Jira lives under /jira; the root belongs to a web server.")])
    + _table(
        "Address",
        _CLOUD,
        [
            ("cloud-site-renamed", "The site was renamed: every call is redirected to the new name."),
            ("cloud-site-unavailable", "The site is suspended or does not exist: Atlassian's edge answers."),
            ("cloud-no-jira-product", "The site exists, Jira is not part of it."),
            ("cloud-ip-allowlist", "The organisation's IP allowlist does not hold this machine's address."),
            ("client-get-with-body", "The edge refuses a GET that carries a body."),
        ],
    )
)
_STATE = (
    _table(
        "State of Jira",
        _BOTH,
        [
            ("gateway-5xx", "A reverse proxy gets no answer from Jira: 502 with its own page."),
            ("rate-limit", "Every call is answered 429."),
        ],
    )
    + _table(
        "State of Jira",
        _DC,
        [
            ("jira-maintenance", "Jira waits for a reindex: 503, /status says MAINTENANCE."),
            ("jira-starting", "The node is starting: calls are 503, /status says STARTING with 200."),
            ("jira-error-state", "Jira could not start: calls are 503, /status says ERROR."),
            ("rate-limit-dc", "Every call but the exempt ones is answered 429 by Tomcat."),
            ("rest-api-disabled", "An administrator switched the REST API off."),
        ],
    )
    + _table("State of Jira", _CLOUD, [("rate-limit-cloud", "Every call is answered 429 with Cloud's rate headers.")])
)
_LOGIN = _table(
    "Login",
    _CLOUD,
    [
        ("auth-cloud-credentials-rejected", "The e-mail and token pair is refused."),
        ("auth-cloud-token-expired", "The API token has expired; Jira does not say so."),
        ("auth-cloud-token-revoked", "The API token was revoked; Jira does not say so."),
        ("auth-cloud-user-deactivated", "The account was deactivated; Jira does not say so."),
        (
            "auth-cloud-anonymous-fallback",
            "The pair is refused and every call that may be anonymous goes on as anonymous.",
        ),
        (
            "auth-cloud-password-instead-of-token",
            "Basic with a password: refused on every path, with Jira's older text.",
        ),
        ("auth-cloud-username-not-email", "The printed user is a user name, where Cloud wants the e-mail."),
        (
            "auth-scoped-token-on-site-url",
            "The token has scopes: the site refuses it, the api.atlassian.com path takes it.",
        ),
        (
            "auth-scoped-token-missing-scope",
            "The gateway says that the token's scope does not match, except for who-am-I.",
        ),
        ("cloud-user-no-product-access", "The account is good, and has no access to Jira: no project is visible."),
        ("connect-end-of-life", "The Connect app's calls are refused with 403."),
    ],
) + _table(
    "Login",
    _DC,
    [
        ("auth-wrong-password", "The user name and password pair is refused."),
        ("auth-password-expired", "The directory has expired the password; Jira does not say so."),
        ("auth-dc-email-instead-of-username", "The printed user is an e-mail, where Data Center wants the login name."),
        ("auth-sso-no-local-password", "The person logs in by single sign-on and has no password in Jira."),
        ("auth-captcha-triggered", "Three wrong tries: Jira wants a CAPTCHA before it looks at a password."),
        ("auth-basic-disabled-dc", "Basic authentication is switched off for the whole instance."),
        ("auth-pat-sent-as-basic", "The printed secret is a personal access token, good as Bearer only."),
        ("auth-pat-invalid", "The personal access token is refused."),
        ("auth-pat-expired", "The personal access token has expired; Jira does not say so."),
        ("auth-anonymous-fallback-dc", "The login is not read: every call goes on as anonymous."),
        ("auth-dc-user-not-licensed", "The account may not log in to Jira."),
        ("dc-serverinfo-needs-auth", "serverInfo is closed to anonymous callers."),
    ],
)
_RIGHTS = _table(
    "Rights and project",
    _BOTH,
    [
        ("perm-create-version", "The account may not administer the project, so it may not create versions."),
        ("perm-project-not-visible", "The account may not browse the project."),
        ("url-project-key-wrong", "There is no project with this key."),
        ("perm-create-issue", "The account may not create issues."),
        ("perm-edit-issue", "The account may not edit issues."),
        ("perm-assign-issue", "The account may not assign issues."),
        ("perm-delete-issue", "The account may not delete issues."),
        ("perm-transition-issue", "The account may not move issues through the workflow."),
        ("perm-browse-users", "The account may not browse users and groups."),
        ("perm-webhook-admin", "The account does not administer Jira, so it may not register webhooks."),
        ("agile-not-licensed", "The account has no access to the agile product."),
    ],
)
_SCREENS = _table(
    "Screens and workflow",
    _BOTH,
    [
        ("required-field", "A required custom field, Cost centre, is on the create screen."),
        ("field-not-on-screen", "Due date and Story Points are on no screen."),
        ("transition-gone", "The workflow has lost the step from In Review to Done."),
        ("partial-bulk", "Every third issue of a bulk create is refused."),
    ],
)
_ANSWERS = _table(
    "Answers",
    _BOTH,
    [
        ("error-before-effect", "Writes are answered 500 and nothing happens."),
        ("error-after-effect", "Writes happen and are answered 500."),
        ("answer-lost-before-create", "The connection closes without an answer; nothing was created."),
        ("answer-lost-after-create", "What was asked for is created; the connection closes without an answer."),
        ("truncated-json", "Bodies end in the middle."),
        ("html-with-200", "Calls are answered 200 with a page instead of JSON."),
        ("huge-body", "Answers carry 40 MiB of padding."),
        ("deep-json", "Answers are nested 20,000 levels deep."),
        ("slow", "Every answer takes seconds."),
    ],
)
_WEBHOOKS = _table(
    "Webhooks",
    _BOTH,
    [
        ("webhooks-off", "No webhook is sent; what happens meanwhile is never told."),
        ("webhooks-duplicated", "Every webhook arrives twice, with one identifier."),
        ("webhooks-reordered", "Webhooks arrive in another order than things happened."),
        ("webhooks-late", "Webhooks arrive five seconds late."),
    ],
)

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        *_ADDRESS,
        *_STATE,
        *_LOGIN,
        *_RIGHTS,
        *_SCREENS,
        *_ANSWERS,
        *_WEBHOOKS,
        *_NETWORK,
    )
}

REVOKED: dict[str, frozenset[str]] = {
    "perm-create-version": frozenset({"ADMINISTER_PROJECTS", "ADMINISTER"}),
    "perm-create-issue": frozenset({"CREATE_ISSUES"}),
    "perm-edit-issue": frozenset({"EDIT_ISSUES"}),
    "perm-assign-issue": frozenset({"ASSIGN_ISSUES"}),
    "perm-delete-issue": frozenset({"DELETE_ISSUES"}),
    "perm-transition-issue": frozenset({"TRANSITION_ISSUES"}),
    "perm-browse-users": frozenset({"USER_PICKER"}),
    "perm-webhook-admin": frozenset({"ADMINISTER"}),
}
"""Which permissions each fault takes from the API account."""


def faults_for(edition: Edition) -> list[Fault]:
    """The faults that this edition can show, in the order of the panel."""
    return [fault for fault in FAULTS.values() if edition in fault.editions]
