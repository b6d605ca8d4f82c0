"""How the login was sent: headers, placeholders, blanks, cookies (families F and G, what the settings show)."""

from __future__ import annotations

from tieline.diagnosis.case import Case
from tieline.diagnosis.reading import Reading
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely, possible

AUTH_SENT = Family()


@AUTH_SENT.on("auth-header-malformed", 400, 401, 404, 200)
def header_not_read(reading: Reading, case: Case) -> Claim | None:
    if reading.auth == "malformed" or (reading.shape == "base64-pair" and reading.auth == "bearer"):
        if reading.status == 200 and reading.fields:
            return None
        return likely(
            reading.answered() + ".",
            "The login header is not built the way Jira reads it, so the call ran as a stranger's.",
            weight=78,
            probe="Send a made-up pair: if AUTHENTICATED_FAILED appears now, the former header was not read.",
        )
    if case.facts.get("made_up_login_seen") is False:
        return None
    if reading.auth == "basic" and reading.cloud and not reading.gateway and reading.status == 401 and reading.from_jira and reading.head \
            and not reading.login_reason and reading.route.endswith("/myself"):  # fmt: skip
        return possible(
            "X-Seraph-LoginReason is missing, which Cloud sets whenever it has read a Basic pair.", weight=48,
            probe="Send a made-up pair: if AUTHENTICATED_FAILED appears now, the former header was not read.",
        )  # fmt: skip
    return None


@AUTH_SENT.on("auth-credential-whitespace-or-quotes", 401, 403, 404, 200)
def padded(reading: Reading, case: Case) -> Claim | None:
    shape = reading.shape or case.settings.secret_shape
    if shape != "padded" or reading.who is not None or (reading.status in (404, 200) and not reading.login_reason):
        return None
    return likely(
        reading.answered() + ".",
        "The secret has blanks, quotes or a line break around it.",
        weight=90,
        probe="Send the same secret without them.",
    )


@AUTH_SENT.on("auth-credential-not-substituted", 401, 403, 404, 200, 400)
def placeholder(reading: Reading, case: Case) -> Claim | None:
    shape = reading.shape or case.settings.secret_shape
    if shape not in ("placeholder", "empty") or reading.who is not None or case.logged_in:
        return None
    if case.settings.auth == "none":
        return None  # nobody meant to sign in
    if reading.status == 200 and not reading.login_reason and reading.fields:
        return None
    what = "is empty" if shape == "empty" else "is the name of a variable, not a value"
    return likely(reading.answered() + ".", f"The secret {what}.", weight=93)


@AUTH_SENT.on("auth-session-login-cloud", 401, 403, 404, cloud=True)
def session_login(reading: Reading, case: Case) -> Claim | None:
    if not reading.cloud or reading.gateway:
        return None
    if reading.route.startswith("/rest/auth/1/session"):
        return likely(
            reading.answered() + ".", "The path is the old login with a cookie, which Cloud no longer has.", weight=90
        )
    if reading.auth == "cookie-session" and reading.status == 401:
        return likely(
            reading.answered() + ".", "The call rests on a login cookie, which Cloud no longer gives.", weight=80
        )
    return None


@AUTH_SENT.on("auth-cloud-captcha", 403, cloud=True)
def cloud_captcha(reading: Reading, case: Case) -> Claim | None:
    if reading.cloud and "captcha" in reading.head.get("x-authentication-denied-reason", "").lower():
        return certain(reading.answered() + ", with X-Authentication-Denied-Reason: CAPTCHA_CHALLENGE.", weight=95)
    return None
