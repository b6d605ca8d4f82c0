"""Logins at Data Center and Server (family G). A third refused try can lock an account, so nothing is tried twice."""

from __future__ import annotations

import re

from tieline.diagnosis.case import Case
from tieline.diagnosis.reading import Reading, clean_text
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely, possible

AUTH_DC = Family()

_BEARER_PROBE = (
    "Send the same secret once as Bearer to /rest/api/2/myself: 200 means that it is a personal access token."
)
_RIGHT = re.compile(
    r"does not have (?:the )?permission|do not have (?:the )?permission|is not allowed to|you cannot edit|only jira admin"
    r"|not have administ|must have"
)


def _hosted(reading: Reading) -> bool:
    return not reading.cloud and not reading.gateway


def _basic(reading: Reading) -> bool:
    return reading.auth in ("basic", "unknown", "token")


def refused(reading: Reading, case: Case) -> str | None:
    """The observation that shows a login which Data Center refused, or None."""
    if not _hosted(reading) or reading.status != 401 or not _basic(reading):
        return None
    if "oauth_problem" in reading.low or "scope does not match" in reading.low or _RIGHT.search(reading.low):
        return None
    if not reading.login_reason and reading.head.get("x-ausername", "").lower() == "anonymous":
        return None  # Jira saw no login at all
    if reading.login_reason == "AUTHENTICATED_FAILED" or "authenticated_failed" in reading.low:
        return reading.answered() + ", with AUTHENTICATED_FAILED."
    if reading.auth == "unknown" and not reading.self_hosted and not reading.bare and "basic" not in reading.low:
        return None
    return reading.answered() + ": the login was refused."


def _pat_shape(reading: Reading, case: Case) -> bool:
    return (reading.shape or case.settings.secret_shape) in ("pat", "cloud-classic", "atatt")


@AUTH_DC.on("auth-wrong-password", 401, cloud=False)
def wrong_password(reading: Reading, case: Case) -> Claim | None:
    seen = refused(reading, case)
    if seen is None or case.bearer_status() == 200 or ("serverInfo" in reading.route and reading.auth == "unknown"):
        return None
    named = reading.self_hosted or reading.login_reason or "/auth/1/session" in reading.route
    excluded = () if case.bearer_status() is None else ("auth-pat-sent-as-basic: sent as Bearer it was refused too",)
    claim = likely if named else possible
    return claim(
        seen,
        "Data Center answers the same for a wrong, expired or missing password.",
        weight=60,
        probe=_BEARER_PROBE if not excluded else "Try the pair in Jira's own login form, not through single sign-on.",
        excluded=excluded,
    )


@AUTH_DC.on("auth-dc-email-instead-of-username", 401, cloud=False)
def email_sent(reading: Reading, case: Case) -> Claim | None:
    account = reading.account or case.account
    seen = refused(reading, case)
    if seen is None or "@" not in account or (not reading.self_hosted and not case.self_hosted):
        return None
    return likely(
        seen,
        f"The user “{clean_text(account, 60)}” is an e-mail address; Data Center wants the login name.",
        weight=78,
        probe="Take the login name from the profile page and try once.",
        facts={"account": account},
    )


@AUTH_DC.on("auth-password-expired", 401, cloud=False)
def password_ran_out(reading: Reading, case: Case) -> Claim | None:
    seen = refused(reading, case)
    if seen is None or not case.worked_before or _pat_shape(reading, case) or reading.cloud:
        return None
    return likely(
        seen,
        "The same credential was accepted before, by this connection's own history.",
        weight=85,
        probe="Sign in once in Jira's own login form: it says whether the password has ended.",
        excluded=("auth-dc-email-instead-of-username: the pair worked before",),
    )


@AUTH_DC.on("auth-sso-no-local-password", 401, cloud=False)
def no_local_password(reading: Reading, case: Case) -> Claim | None:
    if refused(reading, case) is None or not (reading.self_hosted or case.self_hosted) or _pat_shape(reading, case):
        return None
    if case.facts.get("sso_login_page"):
        return likely("The site's own login page leads to single sign-on only.", weight=74)
    return possible("People who sign in through single sign-on have no password that Jira could check.", weight=45)


@AUTH_DC.on("auth-sso-no-local-password", 403, cloud=False)
def denied_without_captcha(reading: Reading, case: Case) -> Claim | None:
    if (
        reading.login_reason == "AUTHENTICATION_DENIED"
        and "captcha" not in _denied(reading)
        and _hosted(reading)
        and reading.head
    ):
        return possible(
            "Login was not allowed, and no CAPTCHA is named; policy of single sign-on does that.", weight=50
        )
    return None


def _denied(reading: Reading) -> str:
    return reading.head.get("x-authentication-denied-reason", "").lower()


@AUTH_DC.on("auth-captcha-triggered", 403, 401, 200, None, cloud=False)
def captcha(reading: Reading, case: Case) -> Claim | None:
    if reading.cloud:
        return None
    if "captcha" in _denied(reading):
        seen = reading.answered() if reading.status is not None else "The login was refused"
        return certain(
            seen + ", with X-Authentication-Denied-Reason: CAPTCHA_CHALLENGE.",
            "Even the right password is refused until somebody solves the CAPTCHA in a browser.",
            weight=95,
            excluded=(
                "auth-sso-no-local-password: Jira names the CAPTCHA",
                "auth-dc-user-not-licensed: Jira names the CAPTCHA",
            ),
        )
    if (
        reading.login_reason == "AUTHENTICATION_DENIED"
        or "authentication_denied" in reading.low
        or "captcha" in reading.low
    ):
        return likely(
            reading.answered() + ", with AUTHENTICATION_DENIED: the account was not even allowed to try.",
            weight=75,
            probe="Read X-Authentication-Denied-Reason, or open Jira's login form: it shows a CAPTCHA or not.",
        )
    return None


@AUTH_DC.on("auth-basic-disabled-dc", 403)
def basic_off(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if "basic authentication has been disabled" in low:
        return certain(reading.answered() + ".", reading.says(), weight=95)
    if not reading.self_hosted or reading.auth != "basic" or reading.login_reason:
        return None
    value = reading.fields
    if set(value) == {"message"} and not reading.login_reason and "basic" in low:
        return likely(reading.answered() + ", JSON with a message about Basic and no login header.", weight=80)
    if reading.bare and not _pat_shape(reading, case):
        return possible(
            reading.answered() + ", and nothing else is known of it.",
            "Jira 11 takes no Basic login unless an administrator allows it.",
            weight=55,
            probe="Ask the same without a login: if it passes as a stranger's, the scheme is refused and not the user.",
        )
    return None


@AUTH_DC.on("auth-pat-sent-as-basic", 401, 403, cloud=False)
def token_as_password(reading: Reading, case: Case) -> Claim | None:
    if not _hosted(reading) or not _basic(reading) or (reading.auth == "unknown" and not case.settings.secret_shape):
        return None
    if case.bearer_status() == 200:
        return certain(
            reading.answered() + ".",
            "The same secret sent as Bearer was accepted.",
            weight=95,
            excluded=(
                "auth-wrong-password: the secret is good, as Bearer",
                "auth-password-expired: the secret is good, as Bearer",
            ),
        )
    if not _pat_shape(reading, case) or case.bearer_status() is not None:
        return None
    if reading.status == 403 and (
        reading.login_reason
        or "basic authentication has been" in reading.low
        or not (reading.self_hosted or case.self_hosted or reading.from_jira)
    ):
        return None
    if reading.status == 401 and refused(reading, case) is None:
        return None
    return likely(
        reading.answered() + ".",
        "The secret has the shape of a token; Data Center takes personal access tokens as Bearer only.",
        weight=82,
        probe=_BEARER_PROBE,
    )


@AUTH_DC.on("auth-pat-invalid", 401, cloud=False)
def token_refused(reading: Reading, case: Case) -> Claim | None:
    if not _hosted(reading) or reading.auth != "bearer" or _RIGHT.search(reading.low) or "/rest/api/3/" in reading.path:
        return None
    if reading.route.endswith("/serverInfo") and case.logged_in:
        return None
    if "oauth_problem" in reading.low or "scope does not match" in reading.low:
        return None
    if case.settings.auth == "basic":
        return None  # the check's own repeat of a password as Bearer
    claim = likely if reading.self_hosted or reading.head else possible
    return claim(
        reading.answered() + ": the personal access token was not accepted.",
        weight=60,
        probe="Look at the owner's token list in Jira: it shows whether the token exists and until when.",
    )


@AUTH_DC.on("auth-pat-expired", 401, cloud=False)
def token_ran_out(reading: Reading, case: Case) -> Claim | None:
    if case.settings.auth == "basic":
        return None
    if _hosted(reading) and reading.auth == "bearer" and case.worked_before and not _RIGHT.search(reading.low):
        return likely(
            reading.answered() + ".",
            "The same token was accepted before, by this connection's own history.",
            weight=80,
            probe="Look at the token's date in its owner's token list.",
        )
    return None


@AUTH_DC.on("auth-pat-not-supported", 401, 200, 404, cloud=False)
def too_old_for_tokens(reading: Reading, case: Case) -> Claim | None:
    if (
        reading.auth != "bearer"
        or not case.version
        or not case.self_hosted
        or case.version >= (8, 14)
        or case.logged_in
    ):
        return None
    if reading.status == 200 and not reading.route.endswith("/myself"):
        return None
    version = ".".join(str(n) for n in case.version)
    return likely(reading.answered() + ".", f"This Jira is version {version}; tokens came with 8.14.", weight=88)


@AUTH_DC.on("auth-anonymous-fallback-dc", 400, 401, 403, 404, None, cloud=False)
def stranger(reading: Reading, case: Case) -> Claim | None:
    if reading.cloud or reading.exchange.response is None:
        return None
    no_login = reading.auth == "none"
    named = reading.head.get("x-ausername", "").lower() == "anonymous" or "anonymous user" in reading.low
    if named and not (case.logged_in and not no_login):
        return likely(
            reading.answered() + ".", "Jira itself calls the caller anonymous.", weight=78, probe=_who_probe()
        )
    if reading.shape == "base64-pair" and reading.auth == "bearer" and reading.status in (400, 404, None):
        return likely(
            reading.answered() + ".",
            "The login header cannot be read, so the call ran as a stranger's.",
            weight=80,
            probe=_who_probe(),
        )
    if not no_login or not (reading.self_hosted or case.self_hosted):
        return None
    if reading.route.endswith("/serverInfo") or reading.fields.get("state"):
        return None
    return likely(reading.answered() + ".", "The call carried no login.", weight=76, probe=_who_probe())


def _who_probe() -> str:
    return "Ask /rest/api/2/myself: 401 proves that no login was accepted."


@AUTH_DC.on("dc-serverinfo-needs-auth", 401, 403, cloud=False)
def server_info_guarded(reading: Reading, case: Case) -> Claim | None:
    if not reading.route.endswith("/serverInfo") or reading.auth not in ("none", "") or reading.cloud:
        return None
    if reading.login_reason or "captcha" in _denied(reading):
        return None
    return likely(
        reading.answered() + ".",
        "The call carried no login; newer Data Center answers this question only to people who are signed in.",
        weight=85,
        probe="Ask the same with the login: 200 proves it.",
    )


@AUTH_DC.on("auth-session-expired-dc", 401, cloud=False)
def cookie_ran_out(reading: Reading, case: Case) -> Claim | None:
    if reading.auth == "cookie-session" and _hosted(reading) and "/auth/1/session" not in reading.route:
        return likely(reading.answered() + ".", "The call rests on a login cookie, and cookies end.", weight=80)
    return None


@AUTH_DC.on("auth-wrong-password", 401, cloud=False)
def session_refused(reading: Reading, case: Case) -> Claim | None:
    if reading.auth == "cookie-session" and reading.route.startswith("/rest/auth/1/session") and _hosted(reading):
        return likely(reading.answered() + ": the login was refused.", weight=70, probe=_BEARER_PROBE)
    return None


@AUTH_DC.on("auth-dc-user-not-licensed", 403)
def no_application_access(reading: Reading, case: Case) -> Claim | None:
    if reading.login_reason == "AUTHORISATION_FAILED":
        return likely(
            reading.answered() + ", with AUTHORISATION_FAILED: the user is known and may not enter.", weight=88
        )
    if reading.self_hosted and "login" in reading.low and "not" in reading.low and "createmeta" in reading.route:
        return possible(reading.answered() + ".", "Jira answers 403 there for users who may not log in.", weight=40)
    return None


@AUTH_DC.on("xsrf-check-failed", 403, 404)
def xsrf(reading: Reading, case: Case) -> Claim | None:
    if "xsrf check failed" in reading.low or "xsrf security token" in reading.low:
        agent = reading.request.headers.get("User-Agent", "")
        extra = "The request names itself a browser." if "mozilla" in agent.lower() else ""
        return certain(reading.answered() + ".", reading.says(), extra, weight=95)
    return None


@AUTH_DC.on("rate-limit-login", 401, 403, 429)
def login_throttled(reading: Reading, case: Case) -> Claim | None:
    if reading.status == 429 and (
        "/auth/1/session" in reading.route or "login" in reading.head.get("ratelimit-reason", "").lower()
    ):
        return certain(reading.answered() + ", on the login itself.", weight=90)
    return None
