"""A status that somebody's tool told, with no answer beside it: every edition's causes are open, so all stay possible.

These rules speak only when the evidence is a message (pasted, or from a log) and the edition is not known.
"""

from __future__ import annotations

from tieline.diagnosis.case import Case
from tieline.diagnosis.reading import Reading
from tieline.diagnosis.rules.kit import Claim, Family, possible

MESSAGES = Family()

_WHERE = "Run the check of this connection: it finds out the edition and reads the login headers."


def _only_told(reading: Reading) -> bool:
    return bool(reading.said) and reading.bare and not reading.cloud and not reading.self_hosted and not reading.gateway


@MESSAGES.on("auth-cloud-credentials-rejected", 401)
def refused_somewhere(reading: Reading, case: Case) -> Claim | None:
    if _only_told(reading) and reading.auth in ("unknown", "basic", "token"):
        return possible(
            reading.answered() + ".",
            "On Jira Cloud this is an e-mail and token that are not accepted.",
            weight=62,
            probe=_WHERE,
        )
    return None


@MESSAGES.on("auth-wrong-password", 401)
def refused_password(reading: Reading, case: Case) -> Claim | None:
    if _only_told(reading) and reading.auth == "unknown":
        return possible(
            reading.answered() + ".",
            "On Data Center this is a user and password that are not accepted.",
            weight=61,
            probe=_WHERE,
        )
    return None


@MESSAGES.on("auth-pat-invalid", 401)
def refused_token(reading: Reading, case: Case) -> Claim | None:
    if _only_told(reading) and reading.auth == "unknown":
        return possible(
            reading.answered() + ".",
            "On Data Center this may be a personal access token that is not accepted.",
            weight=59,
            probe=_WHERE,
        )
    return None


@MESSAGES.on("auth-captcha-triggered", 403)
def forbidden_captcha(reading: Reading, case: Case) -> Claim | None:
    if _only_told(reading) and reading.auth in ("unknown", "basic") and "failed to parse" not in reading.low:
        return possible(
            reading.answered() + ".",
            "On Data Center a CAPTCHA after failed logins is answered so.",
            weight=62,
            probe="Read the header X-Authentication-Denied-Reason of that answer.",
        )
    return None


@MESSAGES.on("auth-cloud-password-instead-of-token", 403)
def forbidden_password(reading: Reading, case: Case) -> Claim | None:
    if _only_told(reading) and reading.auth in ("unknown", "basic") and "failed to parse" not in reading.low:
        return possible("Jira Cloud accepts API tokens only, no passwords.", weight=61, probe=_WHERE)
    return None


@MESSAGES.on("connect-end-of-life", 403)
def forbidden_connect(reading: Reading, case: Case) -> Claim | None:
    if _only_told(reading) and reading.auth == "unknown" and "failed to parse" not in reading.low:
        weight = 70 if "connect" in reading.low or "installed" in reading.low else 58
        return possible(
            "A legacy Connect app is refused like this since Atlassian began to end Connect.",
            weight=weight,
            probe=_WHERE,
        )
    return None


@MESSAGES.on("url-wrong-context-path", 404)
def nothing_there(reading: Reading, case: Case) -> Claim | None:
    if _only_told(reading) and not _speaks(reading):
        return possible(
            reading.answered() + ".",
            "An address that misses or has too much of a path is answered so.",
            weight=40,
            probe=_WHERE,
        )
    return None


@MESSAGES.on("perm-project-not-visible", 404)
def nothing_shown(reading: Reading, case: Case) -> Claim | None:
    if _only_told(reading) and not _speaks(reading):
        return possible("Jira also answers 404 (not found) for what the account may not see.", weight=38)
    return None


def _speaks(reading: Reading) -> bool:
    low = reading.low
    return any(
        word in low for word in ("exist", "project could", "xsrf", "null for uri", "accountid", "version for id")
    )
