"""From an Authorization header to a caller, or to a refusal, the way each edition does it.

Cloud runs a failed Basic login as anonymous and only a header tells; Data Center refuses it.
Vendor pages: https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/ and
https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html
"""

import base64
import binascii
from collections import Counter
from dataclasses import dataclass, field

from .ask import Answer, Caller, client_must_be_authenticated, page
from .pages_of_others import dc_error_page
from .scheme import CLOUD_TOKEN, DC_SECRET, PAT, ROBIN
from .world import World

ROBIN_SUFFIX = "-robin"
_REFUSING_CLOUD = frozenset(
    {
        "auth-cloud-credentials-rejected",
        "auth-cloud-token-expired",
        "auth-cloud-token-revoked",
        "auth-cloud-user-deactivated",
        "auth-cloud-anonymous-fallback",
    }
)
_NO_TOKEN_DC = frozenset(
    {
        "auth-wrong-password",
        "auth-password-expired",
        "auth-sso-no-local-password",
        "auth-dc-email-instead-of-username",
        "auth-pat-invalid",
        "auth-pat-expired",
    }
)
"""With these the secret is no good token: the first four are about a password."""
_REFUSING_DC = frozenset(
    {"auth-wrong-password", "auth-password-expired", "auth-sso-no-local-password", "auth-pat-sent-as-basic"}
)


@dataclass(kw_only=True)
class LoginLedger:
    """Failed tries by user name; the third one asks for a CAPTCHA, on Data Center."""

    failed: Counter[str] = field(default_factory=Counter)


def admit(
    world: World, ledger: LoginLedger, *, authorization: str | None, accept: str, gateway: bool, who_am_i: bool
) -> Caller | Answer:
    """Decide who asks. An `Answer` is a refusal that ends the request."""
    if {"auth-anonymous-fallback-dc", "proxy-strips-authorization"} & world.faults:
        authorization = None
    if world.edition == "dc":
        return _admit_dc(world, ledger, authorization=authorization, accept=accept)
    if gateway:
        return _admit_gateway(world, authorization=authorization, who_am_i=who_am_i)
    return _admit_cloud(world, authorization=authorization, accept=accept)


def parse_basic(authorization: str | None) -> tuple[str, str] | None:
    """User and secret of a Basic header; None where there is no usable pair."""
    if authorization is None or not authorization.startswith("Basic "):
        return None
    try:
        text = base64.b64decode(authorization[6:].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    user, colon, secret = text.partition(":")
    return (user, secret) if colon and user else None


def _cloud_account(user: str, secret: str) -> str | None:
    low = user.lower()
    if secret == CLOUD_TOKEN and low == "pat@skerrylines.example":
        return PAT
    return ROBIN if secret == CLOUD_TOKEN + ROBIN_SUFFIX and low == "robin@skerrylines.example" else None


def _admit_cloud(world: World, *, authorization: str | None, accept: str) -> Caller | Answer:
    if "connect-end-of-life" in world.faults and authorization:
        return Answer(status=403, payload={"message": "Forbidden", "status-code": 403})
    if authorization and authorization.startswith("Bearer "):
        if authorization.count(".") == 2:
            return client_must_be_authenticated(accept)
        return Answer(status=403, payload={"error": "Failed to parse Connect Session Auth Token"})
    if authorization and authorization.startswith("JWT "):
        return client_must_be_authenticated(accept)
    pair = parse_basic(authorization)
    if pair is None or not pair[1]:
        return Caller()
    if "auth-cloud-password-instead-of-token" in world.faults:
        text = (
            "Basic authentication with passwords is deprecated.  For more information, see: "
            "https://developer.atlassian.com/cloud/confluence/deprecation-notice-basic-auth/\n"
        )
        return Answer(status=401, raw=text.encode(), content_type="text/plain;charset=UTF-8")
    account = _cloud_account(*pair)
    scoped = {"auth-scoped-token-on-site-url", "auth-scoped-token-missing-scope"} & world.faults
    if account is None or (account == PAT and (scoped or _REFUSING_CLOUD & world.faults)):
        return Caller(login="failed")
    return Caller(account=account, login="ok")


def _admit_gateway(world: World, *, authorization: str | None, who_am_i: bool) -> Caller | Answer:
    pair = parse_basic(authorization)
    account = _cloud_account(*pair) if pair else None
    if account is None or (account == PAT and _REFUSING_CLOUD & world.faults):
        return Answer(status=401, payload={"code": 401, "message": "Unauthorized"})
    if "auth-scoped-token-missing-scope" in world.faults and not who_am_i:
        return Answer(status=401, payload={"code": 401, "message": "Unauthorized; scope does not match"})
    return Caller(account=account, login="ok")


def _dc_account(user: str, secret: str) -> str | None:
    if secret == DC_SECRET and user == "pat":
        return PAT
    return ROBIN if secret == DC_SECRET + ROBIN_SUFFIX and user == "robin" else None


def _admit_dc(world: World, ledger: LoginLedger, *, authorization: str | None, accept: str) -> Caller | Answer:
    faults = world.faults
    if authorization and authorization.startswith("Bearer "):
        account = next(
            (
                one
                for one, secret in ((PAT, DC_SECRET), (ROBIN, DC_SECRET + ROBIN_SUFFIX))
                if authorization[7:].strip() == secret
            ),
            None,
        )
        if account is None or (account == PAT and _NO_TOKEN_DC & faults):
            return client_must_be_authenticated(accept).with_headers(*_challenge(world))
        return _licensed(world, account)
    pair = parse_basic(authorization)
    if pair is None:
        return Caller()
    user, secret = pair
    if "auth-basic-disabled-dc" in faults:
        return Answer(status=403, payload={"message": "Basic Authentication has been disabled on this instance."})
    if "auth-captcha-triggered" in faults or ledger.failed[user] >= 3:
        return page(
            403,
            dc_error_page(403, "Forbidden", "Basic Authentication Failure - Reason : AUTHENTICATION_DENIED"),
            ("X-Seraph-LoginReason", "AUTHENTICATION_DENIED"),
            ("X-Authentication-Denied-Reason", f"CAPTCHA_CHALLENGE; login-url={world.base_url}/login.jsp"),
            *_challenge(world),
        )
    account = _dc_account(user, secret)
    if account is None or (account == PAT and _REFUSING_DC & faults):
        if account is None:
            ledger.failed[user] += 1
        return page(
            401,
            dc_error_page(401, "Unauthorized", "Basic Authentication Failure - Reason : AUTHENTICATED_FAILED"),
            ("X-Seraph-LoginReason", "AUTHENTICATED_FAILED"),
            *_challenge(world),
        )
    ledger.failed[user] = 0
    return _licensed(world, account)


def _licensed(world: World, account: str) -> Caller | Answer:
    if account == PAT and "auth-dc-user-not-licensed" in world.faults:
        return page(
            403,
            dc_error_page(403, "Forbidden", "Basic Authentication Failure - Reason : AUTHORISATION_FAILED"),
            ("X-Seraph-LoginReason", "AUTHORISATION_FAILED"),
        )
    return Caller(account=account, login="ok")


def _challenge(world: World) -> tuple[tuple[str, str], ...]:
    return (("WWW-Authenticate", f'OAuth realm="{world.base_url.replace(":", "%3A").replace("/", "%2F")}"'),)
