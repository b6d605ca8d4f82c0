"""Look-alikes: causes that leave the same evidence, and the question that splits them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Group:
    """``members`` are slugs, ``split`` is the probe that tells them apart."""

    name: str
    members: tuple[str, ...]
    split: str


_GROUPS = (
    Group(
        name="LG1-cloud-basic-not-accepted",
        members=(
            "auth-cloud-credentials-rejected", "auth-cloud-anonymous-fallback", "auth-cloud-token-expired",
            "auth-cloud-token-revoked", "auth-cloud-username-not-email", "auth-cloud-user-deactivated",
            "auth-cloud-admin-blocked", "auth-scoped-token-on-site-url", "auth-service-account-token",
            "auth-credential-whitespace-or-quotes", "auth-credential-not-substituted",
        ),
        split="Look at the settings first (an @ in the user, no blanks or quotes). Then repeat /rest/api/3/myself on the gateway: "
        "200 means a token with scopes. Otherwise ask the owner for the token's age and whether the account is active.",
    ),
    Group(
        name="LG2-cloud-no-usable-credential",
        members=("auth-header-malformed", "proxy-strips-authorization", "auth-credential-not-substituted", "auth-bearer-on-cloud-site"),
        split="Send a made-up user and password: if AUTHENTICATED_FAILED comes back, the way is open and the former header was malformed.",
    ),
    Group(
        name="LG3-cloud-bearer",
        members=("auth-bearer-on-cloud-site", "auth-oauth-token-on-site-url", "connect-jwt-in-query"),
        split="Repeat as Basic with the e-mail address: 200 means an API token in the wrong scheme.",
    ),
    Group(
        name="LG4-missing-or-hidden-project",
        members=(
            "url-project-key-wrong", "perm-project-not-visible", "perm-create-version", "auth-cloud-anonymous-fallback",
            "auth-anonymous-fallback-dc", "not-found-or-no-browse",
        ),
        split="Ask /myself: 401 means that no login was accepted. Then ask for the project: 200 means that only the right is "
        "missing. Then mypermissions: Data Center answers 404 only when the project does not exist.",
    ),
    Group(
        name="LG5-dc-basic-401",
        members=(
            "auth-wrong-password", "auth-password-expired", "auth-dc-email-instead-of-username", "auth-sso-no-local-password",
            "auth-pat-sent-as-basic",
        ),
        split="Send the secret once as Bearer: 200 means a personal access token. Stop after two tries: a third can lock the account.",
    ),
    Group(
        name="LG6-dc-403-denied",
        members=("auth-captcha-triggered", "auth-sso-no-local-password", "auth-dc-user-not-licensed"),
        split="Read X-Authentication-Denied-Reason, or open Jira's login form: it shows a CAPTCHA or not.",
    ),
    Group(
        name="LG7-html-instead-of-json",
        members=(
            "redirect-sso-html", "redirect-to-idp", "redirect-to-login-jsp", "url-not-base", "url-wrong-context-path",
            "url-not-jira-confluence", "url-not-jira-other", "cloud-site-unavailable", "url-extra-path", "waf-html-block",
            "proxy-or-firewall-generic",
        ),
        split="Ask /rest/api/2/serverInfo at each level of the address, without following redirects, and look at the page's title and form.",
    ),
    Group(
        name="LG8-redirect",
        members=(
            "redirect-generic-302", "redirect-http-to-https", "redirect-internal-host", "redirect-to-idp", "cloud-site-renamed",
            "url-wrong-context-path", "redirect-to-login-jsp",
        ),
        split="Read the Location header of that answer, without following it.",
    ),
    Group(
        name="LG9-tls-chain",
        members=("tls-untrusted-ca", "tls-missing-intermediate", "tls-corporate-interception", "tls-self-signed"),
        split="Read the certificates that the server sends: their number, and who issued the last one.",
    ),
    Group(
        name="LG10-connect-timeout",
        members=("net-connect-timeout", "proxy-required", "proxy-or-firewall-generic"),
        split="Reach a well-known public host, once directly and once through the network's proxy.",
    ),
    Group(
        name="LG11-5xx",
        members=(
            "gateway-5xx", "proxy-required", "proxy-should-be-bypassed", "jira-maintenance", "jira-starting", "rest-api-disabled",
            "cloud-site-unavailable",
        ),
        split="Ask /status, and look whose page it is; repeat with and without the environment's proxy.",
    ),
    Group(
        name="LG12-405",
        members=("redirect-http-to-https", "cloud-site-renamed", "api-wrong-endpoint-method", "api-v3-on-dc"),
        split="Repeat the write without following redirects: 30x is a redirect, 405 the wrong verb or path.",
    ),
    Group(
        name="LG13-scope-401",
        members=(
            "auth-oauth-scope-missing", "auth-scoped-token-missing-scope", "api-wrong-endpoint-oauth-401", "auth-oauth-wrong-cloudid",
        ),
        split="Ask /rest/api/3/myself on the same gateway address: 200 means that token and cloud id are good, so scope or path is not.",
    ),
    Group(
        name="LG14-field-cannot-be-set",
        members=(
            "perm-create-issue", "perm-edit-issue", "perm-assign-issue", "auth-header-malformed", "auth-anonymous-fallback-dc",
            "field-not-on-screen",
        ),
        split="Ask /myself, then mypermissions; then createmeta or editmeta, which list the fields on the screen.",
    ),
    Group(
        name="LG15-cloud-403-html",
        members=("client-get-with-body", "waf-user-agent", "waf-html-block", "edge-html-400"),
        split="Repeat the same GET with few headers and no body; change one thing at a time.",
    ),
    Group(
        name="LG16-dc-token-refused",
        members=("auth-pat-invalid", "auth-pat-expired"),
        split="Look at the owner's token list in Jira: it shows whether the token is there and until when.",
    ),
    Group(
        name="LG17-dc-login-not-seen",
        members=("proxy-strips-authorization", "auth-anonymous-fallback-dc"),
        split="Ask the same from a machine next to Jira, without the proxy in between.",
    ),
)  # fmt: skip

LOOKALIKES: Mapping[str, Group] = {group.name: group for group in _GROUPS}


def _by_slug() -> dict[str, tuple[Group, ...]]:
    found: dict[str, tuple[Group, ...]] = {}
    for group in _GROUPS:
        for slug in group.members:
            found[slug] = (*found.get(slug, ()), group)
    return found


GROUPS_OF: Mapping[str, tuple[Group, ...]] = _by_slug()
"""Slug → the groups it belongs to, in the order of the catalogue."""

GROUP_NAMES: Mapping[str, frozenset[str]] = {
    slug: frozenset(group.name for group in groups) for slug, groups in GROUPS_OF.items()
}
"""Slug → the names of its groups."""
