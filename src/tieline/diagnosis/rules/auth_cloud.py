"""Logins at Jira Cloud (family F).

Cloud does not refuse a failed Basic login on calls that allow strangers: it answers as to a stranger. So the login
headers are read on every answer, and the same refusal has many causes that only further questions can split.
"""

from __future__ import annotations

import re

from tieline.diagnosis.case import Case
from tieline.diagnosis.hosts import is_cloud_site, is_internal_name, is_private_ip
from tieline.diagnosis.reading import Reading, clean_text
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely, possible

AUTH_CLOUD = Family()

_GATEWAY_PROBE = "Repeat /rest/api/3/myself on https://api.atlassian.com/ex/jira/{cloudId} with the same pair."
_LOGIN_REFUSED = "client must be authenticated"
_PASSWORD_TEXT = re.compile(
    r"basic auth(?:entication)? with passwords? is (?:deprecated|not allowed)|deprecation-notice-basic-auth"
    r"|deprecation-of-basic-authentication"
)
_USER_NAMED = re.compile(r"\buser ['\"]?[\w.@-]+['\"]? (?:does not have|is not allowed)")
_ACCOUNT_ID = re.compile(r"^(?:\d+:)?[0-9a-f]{8}-?[0-9a-f]{4}.*|^[0-9a-f]{24}$|^accountid$", re.IGNORECASE)


def on_site(reading: Reading) -> bool:
    """A call to a Cloud site itself (not the gateway, not an app's own login)."""
    if not reading.cloud or reading.gateway or reading.exchange.deployment == "connect":
        return False
    return reading.site or not reading.base_host or not is_other_host(reading)


def is_other_host(reading: Reading) -> bool:
    """A public name in front of Cloud that is not the site's own (an IP address or a local name is a test set-up)."""
    host = reading.base_host
    return "." in host and not is_cloud_site(host) and not is_private_ip(host) and not is_internal_name(host)


def account_of(reading: Reading, case: Case) -> str:
    return reading.account or case.account


def refused_login(reading: Reading) -> str | None:
    """The observation that shows a Basic login which Cloud did not accept, or None. Several rules ask for it."""
    if not on_site(reading) or reading.auth not in ("basic", "unknown", "token") or reading.who is not None:
        return None
    if reading.login_reason == "AUTHENTICATED_FAILED":
        return reading.answered() + ", with X-Seraph-LoginReason: AUTHENTICATED_FAILED."
    if reading.status != 401:
        return None
    if reading.auth == "unknown" and reading.bare and _speaks_of_rights(reading):
        return None
    if _LOGIN_REFUSED in reading.low or reading.bare or reading.route.endswith("/myself"):
        return reading.answered() + ": no login was accepted."
    if "www-authenticate" in reading.head and not reading.messages:
        return reading.answered() + ": no login was accepted."
    return None


def _refused(reading: Reading) -> str | None:
    return reading.once("refused login", refused_login)


def _speaks_of_rights(reading: Reading) -> bool:
    low = reading.low
    return "permission" in low or "scope does not match" in low or "oauth_problem" in low or "administrator" in low


def _gateway(case: Case) -> tuple[str, ...]:
    status = case.gateway_status()
    if status is None or status == 200:
        return ()
    return (f"auth-scoped-token-on-site-url: the gateway refused the same pair with {status}",)


@AUTH_CLOUD.on("auth-cloud-credentials-rejected", 401, 200, 400, 403, 404, None, cloud=True)
def rejected(reading: Reading, case: Case) -> Claim | None:
    seen = _refused(reading)
    if seen is None or case.gateway_status() == 200 or "/auth/1/session" in reading.route:
        return None
    if reading.status != 401 and not reading.route.endswith("/myself"):
        return None if reading.route else possible(seen, weight=45, probe=_GATEWAY_PROBE)
    if _PASSWORD_TEXT.search(reading.low):
        return None
    return likely(
        seen,
        "Cloud answers the same for a wrong, expired or revoked token, so the answer cannot tell which.",
        weight=60,
        probe=_GATEWAY_PROBE
        if case.gateway_status() is None
        else "Ask the account's owner: token list, token age, account active.",
        excluded=_gateway(case),
    )


@AUTH_CLOUD.on("auth-cloud-anonymous-fallback", 200, 400, 401, 403, 404, cloud=True)
def answered_as_stranger(reading: Reading, case: Case) -> Claim | None:
    if not on_site(reading) or reading.who is not None or reading.route.endswith("/myself") or case.logged_in:
        return None
    probe = "Ask /rest/api/3/myself: 401 proves that no login was accepted; 200 makes it a matter of permissions."
    if reading.login_reason == "AUTHENTICATED_FAILED" and reading.status != 401:
        return likely(
            reading.answered() + ", with X-Seraph-LoginReason: AUTHENTICATED_FAILED.",
            "The login was refused, and Jira answered as to a stranger.",
            weight=75,
            probe=probe,
        )
    low = reading.low
    if "anonymous user" in low:
        return likely(reading.answered() + ".", "Jira itself calls the caller anonymous.", weight=80, probe=probe)
    if reading.status == 401 and reading.fields.get("errorMessages") and not _says_refused(reading):
        if reading.auth == "none":
            return likely(reading.answered() + ".", "The call carried no login.", weight=84, probe=probe)
        if _names_a_user(reading) or "/auth/1/session" in reading.route or "scope" in low:
            return None
        if "not authenticated" in low or "authentication required" in low:
            return likely(reading.answered() + ".", reading.says(), "Jira saw no login.", weight=75, probe=probe)
        return None
    if reading.status in (404, 400) and _hides(reading):
        return possible(
            reading.answered() + ".",
            "Nothing in it shows that a login was accepted, and strangers get this very answer.",
            weight=70,
            probe=probe,
        )
    if reading.status == 200 and reading.auth == "basic":
        value = reading.fields
        empty = value.get("values") == [] or value.get("issues") == [] or value.get("projects") == []
        if empty and reading.route.rstrip("/").endswith(("/project/search", "/search/jql", "/search", "/createmeta")):
            return possible(
                reading.answered() + ", with an empty list.",
                "Strangers get an empty list too, and nothing in the answer shows a login.",
                weight=60,
                probe=probe,
            )
        words = reading.said.lower()
        if words and ("no issues" in words or "no results" in words or "nothing found" in words):
            return possible("The list came back empty, as it does for strangers.", weight=55, probe=probe)
    return None


def _says_refused(reading: Reading) -> bool:
    return _LOGIN_REFUSED in reading.low


def _names_a_user(reading: Reading) -> bool:
    return _USER_NAMED.search(reading.low) is not None


def _hides(reading: Reading) -> bool:
    low = reading.low
    if reading.html and not reading.json:
        return False
    if "gdpr" in low or "accountid" in low or "null for uri" in low or "xsrf" in low:
        return False
    route = reading.route
    hidden = (
        "does not exist" in low or "no project could be found" in low or "unbounded jql" in low
        or "do not have permission" in low or "not viewable" in low
    )  # fmt: skip
    if hidden:
        return True
    if reading.status == 400:
        return bool(reading.fields.get("errorMessages")) and "/search" in route and reading.auth == "basic"
    return bool(reading.fields.get("errorMessages")) and ("/issue/" in route or "/project/" in route)


@AUTH_CLOUD.on("auth-cloud-password-instead-of-token", 401, 403, None)
def password_text(reading: Reading, case: Case) -> Claim | None:
    if "basic" in reading.low and _PASSWORD_TEXT.search(reading.low):
        shape = reading.shape or case.settings.secret_shape
        extra = "The secret looks like a password, not like a token." if shape == "password-like" else ""
        return likely(
            reading.answered() + ".",
            "Jira says that passwords are no longer taken; it says so for any secret that is no working token.",
            extra,
            weight=90,
            probe="Send a new API token with the e-mail address of its owner.",
        )
    return None


@AUTH_CLOUD.on("auth-cloud-password-instead-of-token", 401, 403, cloud=True)
def password_shape(reading: Reading, case: Case) -> Claim | None:
    if not on_site(reading) or reading.auth != "basic" or reading.fields.get("error"):
        return None
    shape = reading.shape or case.settings.secret_shape
    if shape == "password-like" and (reading.status == 403 or _refused(reading)):
        return likely(
            reading.answered() + ".", "The secret looks like a password; Cloud takes API tokens only.", weight=70,
            probe="Send an API token with the e-mail address of its owner.",
        )  # fmt: skip
    if reading.status == 403 and reading.bare and shape not in ("atatt", "cloud-classic", "scoped"):
        return possible(reading.answered() + ".", "Cloud refuses passwords; it takes API tokens only.", weight=55,
                        probe="Send an API token with the e-mail address of its owner.")  # fmt: skip
    return None


@AUTH_CLOUD.on("auth-cloud-username-not-email", 401, 403, 404, 400, 200, cloud=True)
def account_without_at(reading: Reading, case: Case) -> Claim | None:
    account = account_of(reading, case)
    if not account or "@" in account or reading.auth != "basic" or not on_site(reading) or reading.who is not None:
        return None
    if case.logged_in or reading.head.get("www-authenticate", "").lower().find("%2fwiki") >= 0:
        return None
    if reading.status in (404, 400) and not _hides(reading):
        return None
    named = "an account id" if _ACCOUNT_ID.match(account) else "no e-mail address"
    return likely(
        reading.answered() + ", without a sign of an accepted login.",
        f"The user “{clean_text(account, 60)}” is {named}; Cloud knows people by e-mail address.",
        weight=80,
        probe="Send the same token with the e-mail address of its owner.",
        facts={"account": account},
    )


@AUTH_CLOUD.on("auth-cloud-token-expired", 401, 200, 404, 400, cloud=True)
def token_worked_before(reading: Reading, case: Case) -> Claim | None:
    seen = _refused(reading)
    if seen is None or case.gateway_status() == 200:
        return None
    if case.worked_before:
        since = f"The secret was set on {case.settings.secret_set_at[:10]}." if case.settings.secret_set_at else ""
        return likely(
            seen,
            "The same credential was accepted before, by this connection's own history.",
            since,
            weight=85,
            probe="Look at the token's date in its owner's token list; tokens live one year at most.",
            excluded=("auth-cloud-username-not-email: the pair worked before", *_gateway(case)),
        )
    return (
        possible("API tokens live one year at most, and end without a message.", weight=40)
        if reading.status == 401
        else None
    )


@AUTH_CLOUD.on("auth-cloud-token-revoked", 401, cloud=True)
def token_revoked(reading: Reading, case: Case) -> Claim | None:
    if _refused(reading) is None or not case.worked_before or case.gateway_status() == 200:
        return None
    return possible(
        "A credential that worked and stopped may have been revoked by its owner or an administrator.", weight=35
    )


@AUTH_CLOUD.on("auth-cloud-user-deactivated", 401, 403)
def account_deactivated(reading: Reading, case: Case) -> Claim | None:
    if (
        "authoriseforlogin denied" in reading.low
        or "account is inactive" in reading.low
        or "user is inactive" in reading.low
    ):
        return likely(reading.answered() + ".", "The text says that this account may not sign in.", weight=85)
    if _refused(reading) is not None and case.worked_before and case.gateway_status() != 200:
        return possible("A deactivated account's tokens stop at once, with this very answer.", weight=33)
    return None


@AUTH_CLOUD.on("auth-cloud-admin-blocked", 401, 403, cloud=True)
def admin_blocked(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if "admin" in low and ("blocked" in low or "not allowed" in low) and "token" in low and reading.cloud:
        return likely(reading.answered() + ".", reading.says(), weight=85)
    return None


@AUTH_CLOUD.on("auth-scoped-token-on-site-url", 401, 404, 400, 200, None, cloud=True)
def scoped_token(reading: Reading, case: Case) -> Claim | None:
    if not on_site(reading):
        return None
    status = case.gateway_status()
    seen = _refused(reading)
    if status == 200 and (seen or case.logged_in is False):
        return certain(
            seen or reading.answered() + ".",
            "The same pair was accepted on the gateway api.atlassian.com.",
            weight=95,
            excluded=(
                "auth-cloud-credentials-rejected: the gateway accepted the pair",
                "auth-cloud-token-expired: the gateway accepted the pair",
                "auth-cloud-username-not-email: the gateway accepted the pair",
            ),
        )
    shape = reading.shape or case.settings.secret_shape
    if shape == "scoped" and reading.who is None and (seen or reading.status in (404, 400) or reading.status is None) \
            and reading.exchange.response is not None:  # fmt: skip
        return likely(
            seen or reading.answered() + ".",
            "The token was made with scopes; such tokens are accepted on the gateway only.",
            weight=88,
            probe=_GATEWAY_PROBE,
        )
    if (
        seen
        and status is None
        and reading.status == 401
        and shape not in ("password-like", "placeholder", "padded", "empty")
    ):
        return possible("A token with scopes is refused on the site in the same way.", weight=42, probe=_GATEWAY_PROBE)
    return None


@AUTH_CLOUD.on("auth-service-account-token", 401, cloud=True)
def service_account(reading: Reading, case: Case) -> Claim | None:
    account = account_of(reading, case).lower()
    if account.endswith("@serviceaccount.atlassian.com") and _refused(reading):
        return likely(
            reading.answered() + ".",
            "The account is a service account, whose tokens are accepted on the gateway only.",
            weight=92,
            probe=_GATEWAY_PROBE,
        )
    return None


@AUTH_CLOUD.on("auth-scoped-token-missing-scope", 401, 403)
def scope_missing(reading: Reading, case: Case) -> Claim | None:
    told = "scope does not match" in reading.low or "insufficient_scope" in reading.low
    bare = reading.gateway and reading.status == 401 and reading.bare and reading.auth in ("token", "basic")
    if not told and not bare:
        return None
    if reading.auth in ("oauth2", "bearer") and reading.shape != "scoped":
        return None
    return likely(
        reading.answered() + ".",
        reading.says() or "The gateway answers so when the token lacks the scope of this call.",
        weight=75,
        probe="Ask /rest/api/3/myself on the same gateway address: 200 means that the token is good and a scope or the path is not.",
    )


@AUTH_CLOUD.on("auth-bearer-on-cloud-site", 403, 401, 404, 400, 200, None)
def bearer_on_site(reading: Reading, case: Case) -> Claim | None:
    if "failed to parse connect session auth token" in reading.low:
        return likely(
            reading.answered() + ".",
            "Cloud says so of a Bearer value that it cannot read: an API token belongs in Basic, with the e-mail address.",
            weight=90,
            probe="Repeat as Basic with the e-mail address: 200 means that the token itself is good.",
        )
    if reading.auth == "bearer" and on_site(reading) and reading.shape != "jwt" and reading.who is None:
        if reading.status == 401 and reading.route and not reading.low.strip().startswith("oauth_"):
            return likely(
                reading.answered() + ".",
                "The secret was sent as Bearer; Cloud sites take API tokens as Basic only.",
                weight=72,
                probe="Repeat as Basic with the e-mail address: 200 means that the token itself is good.",
            )
        empty = reading.status == 200 and (reading.json == [] or reading.fields.get("values") == [])
        if empty or (reading.status in (403, 404, 400) and (reading.bare or _hides(reading))):
            return possible(
                reading.answered() + ".",
                "The secret was sent as Bearer, which Cloud sites do not take from API tokens.",
                weight=72 if empty or reading.bare else 45,
            )
    return None
