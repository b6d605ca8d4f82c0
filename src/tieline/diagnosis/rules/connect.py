"""Legacy Connect apps (family J)."""

from __future__ import annotations

from tieline.diagnosis.case import Case
from tieline.diagnosis.reading import Reading
from tieline.diagnosis.rules.kit import Claim, Family, likely, possible

CONNECT = Family()

_HEADER_PROBE = "Send the same token in the header Authorization: JWT."


def _app(reading: Reading) -> bool:
    return reading.exchange.deployment == "connect" or reading.auth in ("jwt", "jwt-query", "connect-user")


@CONNECT.on("connect-jwt-in-query", 401, 403)
def jwt_in_query(reading: Reading, case: Case) -> Claim | None:
    edge = "asap token from issuer" in reading.low and "failed authori" in reading.low
    in_query = "jwt=" in reading.query or reading.auth == "jwt-query"
    if edge or (in_query and _app(reading)):
        return likely(
            reading.answered() + ".",
            "The app's token stands in the address; Cloud takes it in the header only." if in_query
            else "Atlassian's edge refused the token, as it does for tokens in the address.",
            weight=88 if edge else 75,
            probe=_HEADER_PROBE,
        )  # fmt: skip
    return None


@CONNECT.on("connect-jwt-qsh-mismatch", 401)
def query_hash(reading: Reading, case: Case) -> Claim | None:
    if "qsh" in reading.low or "query string hash" in reading.low or "query hash" in reading.low:
        return likely(reading.answered() + ".", "The text speaks of the query string hash.", weight=88)
    if reading.auth == "jwt" and ("%20" in reading.query or "+" in reading.query or " " in reading.query):
        return possible("The query holds a blank, which the hash must write as %20.", weight=58)
    return None


@CONNECT.on("connect-jwt-exp-or-clock", 400, 401)
def token_times(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if (
        "expiration timestamp too far" in low
        or ("jwt" in low and "expired" in low)
        or ("token is expired" in low and _app(reading))
    ):
        return likely(reading.answered() + ".", reading.says(), weight=88)
    return None


@CONNECT.on("connect-shared-secret-mismatch", 401)
def shared_secret(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if "signature verification failed" in low or "could not verify jwt" in low or "invalid signature" in low:
        return likely(reading.answered() + ".", reading.says(), weight=85)
    if reading.auth == "jwt" and reading.status == 401 and reading.cloud:
        return possible(
            reading.answered() + ".",
            "A signed token is refused so when app and Jira hold different secrets.",
            weight=55,
            probe="Disable and enable the app in Jira: its next install message carries the present secret.",
        )
    return None


@CONNECT.on("connect-shared-secret-mismatch", None)
def shared_secret_told(reading: Reading, case: Case) -> Claim | None:
    if "signature verification failed" in reading.low:
        return likely("The message speaks of a signature that could not be verified.", weight=70)
    return None


@CONNECT.on("connect-app-uninstalled", 401, 403, 404)
def app_gone(reading: Reading, case: Case) -> Claim | None:
    if not _app(reading) or reading.auth == "connect-user" or reading.auth == "jwt-query":
        return None
    if "/rest/atlassian-connect/1/addons" in reading.route and reading.status in (401, 404):
        return likely(reading.answered() + ".", "Jira does not know the app.", weight=80)
    if case.worked_before:
        return likely(reading.answered() + ".", "The app worked before, by this connection's own history.", weight=60)
    if reading.status == 403:
        return possible(reading.answered() + ".", "The app lacks the module or scope, or was removed.", weight=40)
    return None


@CONNECT.on("connect-user-impersonation-401", 401)
def acting_as_user(reading: Reading, case: Case) -> Claim | None:
    if reading.auth == "connect-user":
        return likely(
            reading.answered() + ".",
            "The app acts as a user here, and this call wants an administrator.",
            weight=60,
            probe="Ask /rest/api/3/mypermissions?permissions=ADMINISTER with the same token.",
        )
    return None


@CONNECT.on("connect-end-of-life", 403, 401, 410)
def end_of_life(reading: Reading, case: Case) -> Claim | None:
    if case.settings.auth == "connect" or (
        reading.exchange.deployment == "connect" and reading.bare and reading.status == 403
    ):
        return likely(
            reading.answered() + ".",
            "This connection is a Connect app, and Atlassian is ending Connect.",
            weight=70,
        )
    if (
        "installed" in reading.low
        and ("connect" in reading.low or "descriptor" in reading.low)
        and reading.status == 403
    ):
        return possible(reading.answered() + ".", "Private installs of Connect apps are blocked.", weight=50)
    return None
