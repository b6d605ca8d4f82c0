"""The step “Who am I”, and the one repeat of a refused login that splits its causes."""

from __future__ import annotations

from typing import Any

from tieline.diagnosis.evidence import Exchange
from tieline.diagnosis.hosts import Target, host_of, is_cloud_site
from tieline.diagnosis.ladder import RungResult
from tieline.diagnosis.reading import Reading, clean_text
from tieline.engine.inquiry import SERVER_INFO, Inquiry, read_answer, status_of
from tieline.sync.remote import AuthUse

_TOKEN_LIKE = frozenset({None, "pat", "cloud-classic", "atatt", "jwt"})
"""Shapes worth one repeat as Bearer; a password of a person never goes out as a token."""
_REFUSED = (401, 403)
_EXTERNAL_LOGIN = "/plugins/servlet/external-login"
"""Where Data Center's own single sign-on begins."""


def check_login(inquiry: Inquiry, first: Exchange) -> RungResult:
    """Ask who we are. ``first`` is the first answer of the check: where it refused the login already, it is not sent
    again the same way."""
    refused = first
    if status_of(refused) not in _REFUSED and refused.failure is None:
        refused = inquiry.ask("who am I", f"{inquiry.api}/myself")
        person = read_answer(refused).fields
        if status_of(refused) == 200 and (person.get("accountId") or person.get("name") or person.get("key")):
            return _known(inquiry, refused)
    if status_of(refused) not in _REFUSED and refused.response is not None:
        return inquiry.bad("login", "Jira did not say who we are.", inquiry.judge([refused]), refused)
    asked = [refused, *_ask_otherwise(inquiry, refused)]
    pages = _look_at_login_page(inquiry, refused)
    findings = inquiry.judge(asked, logged_in=False)
    return inquiry.bad(
        "login",
        "Jira does not accept the login.",
        findings,
        *asked,
        *pages,
        facts={**inquiry.facts, "logged_in": False, **_suggestion(inquiry)},
    )


def _known(inquiry: Inquiry, exchange: Exchange) -> RungResult:
    person = read_answer(exchange).fields
    shown = clean_text(str(person.get("displayName") or person.get("name") or "the account"), 80)
    mail = person.get("emailAddress")
    facts = {
        "logged_in": True,
        "account_id": clean_text(str(person.get("accountId") or person.get("key") or person.get("name")), 80),
        "account_name": shown,
        "time_zone": clean_text(str(person.get("timeZone") or ""), 60),
    }
    named = f" ({clean_text(mail, 80)})" if isinstance(mail, str) and mail else ""
    return inquiry.good("login", f"Signed in as {shown}{named}.", exchange, facts=facts)


def _ask_otherwise(inquiry: Inquiry, refused: Exchange) -> tuple[Exchange, ...]:
    reading = read_answer(refused)
    scheme = inquiry.settings.auth or reading.auth
    if refused.failure is not None or "x-authentication-denied-reason" in reading.head or scheme == "connect":
        return ()
    if inquiry.edition == "cloud":
        if scheme != "bearer":
            return () if reading.gateway else _ask_gateway(inquiry, reading)
        if not inquiry.settings.account:
            return ()
        again = inquiry.ask("who am I, as Basic", f"{inquiry.api}/myself", auth=AuthUse.AS_BASIC)
        inquiry.facts["basic_myself_status"] = status_of(again)
        return (again,)
    if scheme == "basic" and inquiry.settings.secret_shape in _TOKEN_LIKE:
        again = inquiry.ask("who am I, as Bearer", f"{inquiry.api}/myself", auth=AuthUse.AS_BEARER)
        inquiry.facts["bearer_myself_status"] = status_of(again)
        return (again,)
    return ()


def _look_at_login_page(inquiry: Inquiry, refused: Exchange) -> tuple[Exchange, ...]:
    """Where Data Center refused a password: does its own login page take passwords at all? No login is sent."""
    reading = read_answer(refused)
    if inquiry.edition == "cloud" or reading.login_reason != "AUTHENTICATED_FAILED" or reading.auth != "basic":
        return ()
    if inquiry.facts.get("bearer_myself_status") == 200:
        return ()
    page = inquiry.ask("login page", "/login.jsp", auth=AuthUse.NONE)
    seen = read_answer(page)
    takes_no_password = _EXTERNAL_LOGIN in seen.low and 'type="password"' not in seen.low
    inquiry.facts["sso_login_page"] = takes_no_password or seen.redirect.target is Target.IDENTITY_PROVIDER
    return (page,)


def _ask_gateway(inquiry: Inquiry, reading: Reading) -> tuple[Exchange, ...]:
    tenant = inquiry.ask("tenant", "/_edge/tenant_info", auth=AuthUse.NONE)
    cloud_id = read_answer(tenant).fields.get("cloudId")
    asked = [tenant]
    if isinstance(cloud_id, str) and cloud_id.replace("-", "").isalnum():
        inquiry.facts["cloud_id"] = cloud_id
        gateway = inquiry.ask("who am I, at the gateway", f"{inquiry.api}/myself", base=gateway_base(inquiry, cloud_id))
        inquiry.facts["gateway_myself_status"] = status_of(gateway)
        asked.append(gateway)
    if not reading.login_reason and reading.status == 401 and inquiry.facts.get("gateway_myself_status") != 200:
        made_up = inquiry.ask("a made-up login", SERVER_INFO, auth=AuthUse.MADE_UP)
        inquiry.facts["made_up_login_seen"] = bool(read_answer(made_up).login_reason)
    return tuple(asked)


def gateway_base(inquiry: Inquiry, cloud_id: str) -> str:
    """Where the gateway answers for this site: Atlassian's own, or, for a look-alike, the same origin."""
    site = inquiry.settings.address.rstrip("/")
    origin = "https://api.atlassian.com" if is_cloud_site(host_of(site)) else site
    return f"{origin}/ex/jira/{cloud_id}"


def _suggestion(inquiry: Inquiry) -> dict[str, Any]:
    """What would have worked, for a repair with one click."""
    facts = inquiry.facts
    if facts.get("gateway_myself_status") == 200:
        return {"suggested_api_base": gateway_base(inquiry, str(facts["cloud_id"]))}
    if facts.get("bearer_myself_status") == 200:
        return {"suggested_auth": "bearer"}
    if facts.get("basic_myself_status") == 200:
        return {"suggested_auth": "basic"}
    return {}
