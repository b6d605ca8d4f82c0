"""From an exchange to the kind of trouble it is. Pure; ``None`` is no trouble.

A write that may have reached Jira and brought no clear answer is ``UNKNOWN``: it is settled by looking.
"""

from __future__ import annotations

from tieline.diagnosis.evidence import Exchange, Failure, Response, Stage
from tieline.jira.reading import WrongShapeError, parse_json
from tieline.records.issue import Edition
from tieline.sync.remote import Trouble

_REFUSED_LOGINS = ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "AUTHORISATION_FAILED", "AUTHORIZATION_FAILED")
_NOT_HTTP = frozenset({"not-http", "headers-too-large", "too-large", "bad-encoding"})
_LOGIN_403 = (
    "basic authentication has been disabled",
    "basic authentication with passwords is deprecated",
    "failed to parse connect session auth token",
)


def classify_trouble(exchange: Exchange, body: bytes | None, *, write: bool) -> Trouble | None:
    """What is wrong with this answer, judged by stage, status, login headers and the shape of the body."""
    response = exchange.response
    if response is None or response.status is None:
        return _without_answer(exchange.failure, write=write)
    if login_refused(response):
        return Trouble.LOGIN
    if 200 <= response.status < 300:
        if exchange.failure is not None or body is None:
            return _broken(exchange.failure, write=write)
        return None
    return _by_status(response, body, write=write)


def _without_answer(failure: Failure | None, *, write: bool) -> Trouble:
    if failure is None or failure.stage not in {Stage.SEND, Stage.READ}:
        return Trouble.UNAVAILABLE
    if write:
        return Trouble.UNKNOWN
    return Trouble.UNREADABLE if failure.kind in _NOT_HTTP else Trouble.UNAVAILABLE


def _broken(failure: Failure | None, *, write: bool) -> Trouble:
    """A good status whose body did not come through."""
    if write:
        return Trouble.UNKNOWN
    return Trouble.UNREADABLE if failure is None or failure.kind in _NOT_HTTP else Trouble.UNAVAILABLE


def _by_status(response: Response, body: bytes | None, *, write: bool) -> Trouble:
    status = response.status or 0
    if status < 400:
        return Trouble.UNAVAILABLE
    if status == 401:
        return Trouble.REFUSED if names_somebody(response) else Trouble.LOGIN
    if status == 403:
        return Trouble.LOGIN if _is_login_403(response) else Trouble.REFUSED
    if status == 404:
        return Trouble.GONE if _is_jiras_own(body) else Trouble.UNREADABLE
    if status == 429:
        return Trouble.THROTTLED
    if status in {408, 425}:
        return Trouble.UNAVAILABLE
    if status < 500 or status in {501, 505}:
        return Trouble.REFUSED
    if write and not (status == 503 and response.header("Retry-After")):
        return Trouble.UNKNOWN
    return Trouble.UNAVAILABLE


def login_refused(response: Response) -> bool:
    """Did Jira say, on whatever status, that it did not take the credential?"""
    reason = (response.header("X-Seraph-LoginReason") or "").upper()
    return (
        any(word in reason for word in _REFUSED_LOGINS)
        or response.header("X-Authentication-Denied-Reason") is not None
        or (response.header("X-AUSERNAME") or "").lower() == "anonymous"
    )


def names_somebody(response: Response) -> bool:
    """Does the answer say as whom it was given?"""
    name = (response.header("X-AUSERNAME") or "").lower()
    return bool(response.header("X-AAccountId")) or (bool(name) and name != "anonymous")


def identity_header(edition: Edition) -> str:
    """The header in which this edition says as whom it answers."""
    return "X-AAccountId" if edition is Edition.CLOUD else "X-AUSERNAME"


def _is_login_403(response: Response) -> bool:
    text = (response.body or "")[:4096].lower()
    return not names_somebody(response) and any(words in text for words in _LOGIN_403)


def _is_jiras_own(body: bytes | None) -> bool:
    """Is this 404 Jira's word about a thing, and not a page about a wrong address?"""
    if not body:
        return False
    try:
        payload = parse_json(body)
    except WrongShapeError:
        return False
    return isinstance(payload, dict) and ("errorMessages" in payload or "errors" in payload)
