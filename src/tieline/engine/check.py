"""Check a connection: the ladder, live, step by step. It never writes to Jira and sends no refused login twice.

At most one repeat as another scheme is made (the gateway for a Cloud pair, Bearer for a Data Center secret). A healthy
Jira is asked at most 12 questions. Vendor pages:
https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
https://developer.atlassian.com/server/jira/platform/rest/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tieline.diagnosis.address import repair_address
from tieline.diagnosis.evidence import Exchange, Failure, Request, Settings, Stage
from tieline.diagnosis.finding import Finding
from tieline.diagnosis.hosts import host_of, is_cloud_site
from tieline.diagnosis.ladder import RUNGS, Needs, Rung, RungResult, RungState
from tieline.diagnosis.reading import Reading, clean_text
from tieline.engine.check_project import (
    check_changes,
    check_fields,
    check_issue_types,
    check_permissions,
    check_project,
    check_versions,
)
from tieline.engine.inquiry import Inquiry, read_answer, status_of
from tieline.engine.ports import AuthUse, Clock, Door

SERVER_INFO = "/rest/api/2/serverInfo"
_LOGIN_FAMILIES = ("auth-", "dc-serverinfo", "rate-limit-login", "proxy-strips", "connect-", "cloud-user", "oauth1-")
_TOKEN_LIKE = frozenset({None, "pat", "cloud-classic", "atatt", "jwt"})
"""Shapes worth one repeat as Bearer; a password of a person never goes out as a token."""
_READ_OFF_THE_FIRST_ANSWER = frozenset({"address", "name", "connection", "redirect"})
_CONTEXT_PATHS = ("/jira", "/issues")


@dataclass(kw_only=True)
class _First:
    """The first answer, which four steps read."""

    exchange: Exchange
    extra: tuple[Exchange, ...] = ()


def check_connection(
    door: Door,
    settings: Settings,
    *,
    clock: Clock,
    edition_hint: str | None = None,
    project_key: str | None = None,
    needs: Needs | None = None,
    deadline_s: float = 20.0,
) -> Iterator[RungResult]:
    """Results in the order of :data:`tieline.diagnosis.ladder.RUNGS`, each as soon as it is known.

    ``settings.address`` is the base address as the door uses it. ``edition_hint`` (``cloud``, ``dc``) helps only until
    Jira has told. A step whose ground is missing comes as *not run* with the reason; so do all that would begin after
    ``deadline_s`` seconds.
    """
    inquiry = Inquiry(door, settings, clock, deadline_s)
    wanted = needs or Needs()
    if edition_hint in ("cloud", "dc"):
        inquiry.facts["chosen_edition"] = edition_hint
    if is_cloud_site(host_of(settings.address)):
        inquiry.learn_edition("cloud")
    first: list[_First] = []

    def ask_first() -> _First:
        if not first:
            first.append(_First(exchange=inquiry.ask("server info", SERVER_INFO)))
        return first[0]

    project = project_key or settings.project_key
    steps: dict[str, Callable[[], RungResult]] = {
        "address": lambda: _check_address(inquiry),
        "name": lambda: _check_name(inquiry, ask_first()),
        "connection": lambda: _check_connected(inquiry, ask_first()),
        "redirect": lambda: _check_redirect(inquiry, ask_first()),
        "product": lambda: _check_product(inquiry, ask_first()),
        "login": lambda: _check_login(inquiry, ask_first()),
        "project": lambda: check_project(inquiry, project),
        "permissions": lambda: check_permissions(inquiry, project, wanted),
        "issue-types": lambda: check_issue_types(inquiry, project, wanted),
        "fields": lambda: check_fields(inquiry, project, wanted),
        "versions": lambda: check_versions(inquiry, project, wanted),
        "changes": lambda: check_changes(inquiry, wanted),
    }
    states: dict[str, RungState] = {}
    for rung in RUNGS:
        result = _not_run(inquiry, rung, states) or steps[rung.name]()
        if result.state is RungState.PROBLEM and inquiry.time_left <= 0.1 and _late(result):
            result = inquiry.skipped(rung.name, "The time for one check was up.")
        states[rung.name] = result.state
        inquiry.facts.update(result.facts)
        yield result


def _late(result: RungResult) -> bool:
    """The step failed only because the whole check's time was up, not because of one slow answer."""
    last = result.exchanges[-1] if result.exchanges else None
    return (
        last is not None
        and last.failure is not None
        and last.failure.kind in ("timeout", "too-slow")
        and result.rung.name != "connection"
    )


def _not_run(inquiry: Inquiry, rung: Rung, states: dict[str, RungState]) -> RungResult | None:
    titles = {one.name: one.title for one in RUNGS}
    for name in rung.depends_on:
        if states[name] is RungState.PROBLEM:
            return inquiry.skipped(rung.name, f"“{titles[name]}” has to be solved first.")
        if states[name] is RungState.NOT_RUN:
            return inquiry.skipped(rung.name, f"“{titles[name]}” was not run.")
    if inquiry.out_of_time and rung.name not in _READ_OFF_THE_FIRST_ANSWER:
        return inquiry.skipped(rung.name, "The time for one check was up.")
    return None


# --- from the settings to a connection -----------------------------------------------------------------------------


def _check_address(inquiry: Inquiry) -> RungResult:
    address = inquiry.settings.address
    repaired = repair_address(address)
    findings = inquiry.judge(())
    if not repaired.readable:
        unread = findings or inquiry.judge((_unreadable(address),))
        return inquiry.bad("address", f"“{clean_text(address, 80)}” cannot be read as an address.", unread)
    if findings:
        return inquiry.bad("address", f"{repaired.url} may be what is meant.", findings)
    return inquiry.good("address", f"{clean_text(address.rstrip('/'), 120)} can be the base of a Jira.")


def _unreadable(address: str) -> Exchange:
    return Exchange(
        id="address",
        probe="address",
        request=Request(base=clean_text(address, 120)),
        failure=Failure(stage=Stage.SETTINGS, kind="malformed-address", detail="The address has no host name"),
    )


def _check_name(inquiry: Inquiry, first: _First) -> RungResult:
    exchange = first.exchange
    failure = exchange.failure
    host = host_of(inquiry.settings.address)
    if (
        failure is not None
        and failure.stage in (Stage.RESOLVE, Stage.GUARD, Stage.SETTINGS)
        and failure.kind != "malformed-header"
    ):
        return inquiry.bad("name", failure.detail or f"{host} cannot be used.", inquiry.judge([exchange]), exchange)
    where = ", ".join(exchange.addresses[:3])
    return inquiry.good("name", f"{host} resolves to {where}." if where else f"{host} is known.", exchange)


def _check_connected(inquiry: Inquiry, first: _First) -> RungResult:
    exchange = first.exchange
    if exchange.failure is not None and exchange.response is None and exchange.failure.kind != "malformed-header":
        found = exchange.failure.detail or "No answer came."
        return inquiry.bad("connection", clean_text(found, 200), inquiry.judge([exchange]), exchange)
    certificate = exchange.certificate
    if certificate is not None:
        until = f", valid until {certificate.not_after[:10]}" if certificate.not_after else ""
        return inquiry.good(
            "connection", f"Connected; the certificate is from {clean_text(certificate.issuer, 80)}{until}.", exchange
        )
    return inquiry.good(
        "connection",
        "Connected, without TLS: the address begins with http://." if not _is_tls(exchange) else "Connected with TLS.",
        exchange,
    )


def _is_tls(exchange: Exchange) -> bool:
    return exchange.request.base.startswith("https://")


def _check_redirect(inquiry: Inquiry, first: _First) -> RungResult:
    exchange = first.exchange
    status = status_of(exchange)
    if status is not None and 300 <= status < 400:
        there = read_answer(exchange).redirect.url
        found = (
            f"The address sends callers to {clean_text(there, 120)}."
            if there
            else "The address sends callers elsewhere."
        )
        return inquiry.bad("redirect", found, inquiry.judge([exchange]), exchange)
    return inquiry.good("redirect", "The address answers by itself.", exchange)


# --- is it Jira ----------------------------------------------------------------------------------------------------


def _check_product(inquiry: Inquiry, first: _First) -> RungResult:
    exchange = first.exchange
    if _learn_product(inquiry, exchange):
        findings = inquiry.judge([exchange])
        found = _product_sentence(inquiry)
        notes = tuple(f for f in findings if f.slug in ("base-url-mismatch", "api-wrong-deployment"))
        if notes:
            return inquiry.warned("product", found, notes, exchange, facts=inquiry.facts)
        return inquiry.good("product", found, exchange, facts=inquiry.facts)
    reading = read_answer(exchange)
    findings = inquiry.judge([exchange])
    malformed_header = exchange.failure is not None and exchange.failure.kind == "malformed-header"
    if malformed_header or (reading.status in (401, 403) and _about_login(findings)):
        stranger = inquiry.ask("server info, without login", SERVER_INFO, auth=AuthUse.NONE)
        first.extra = (stranger,)
        if _learn_product(inquiry, stranger):
            return inquiry.good("product", _product_sentence(inquiry), exchange, stranger, facts=inquiry.facts)
        _guess_edition(inquiry, reading)
        return inquiry.good(
            "product",
            "Jira answers; it tells its version only to people who are signed in.",
            exchange,
            stranger,
            facts=inquiry.facts,
        )
    extra = _ask_around(inquiry, reading)
    findings = inquiry.judge([exchange, *extra])
    return inquiry.bad("product", _strange_answer(reading), findings, exchange, *extra, facts=inquiry.facts)


def _learn_product(inquiry: Inquiry, exchange: Exchange) -> bool:
    reading = read_answer(exchange)
    told = reading.fields
    if reading.status != 200 or not isinstance(told.get("version"), str) or "baseUrl" not in told:
        return False
    inquiry.learn_edition("cloud" if told.get("deploymentType") == "Cloud" else "dc")
    inquiry.facts.update(
        product="jira",
        version=clean_text(told["version"], 40),
        base_url=clean_text(str(told["baseUrl"]), 200),
        server_title=clean_text(str(told.get("serverTitle", "")), 80),
    )
    return True


def _product_sentence(inquiry: Inquiry) -> str:
    title = f" “{inquiry.facts['server_title']}”" if inquiry.facts.get("server_title") else ""
    if inquiry.edition == "cloud":
        return f"Jira Cloud{title}."
    return f"Jira Data Center{title}, version {inquiry.facts.get('version')}."


def _about_login(findings: tuple[Finding, ...]) -> bool:
    return bool(findings) and findings[0].slug.startswith(_LOGIN_FAMILIES)


def _guess_edition(inquiry: Inquiry, reading: Reading) -> None:
    if inquiry.edition is None:
        hint = inquiry.facts.get("chosen_edition")
        inquiry.learn_edition("cloud" if reading.cloud else str(hint) if hint else "dc")


def _ask_around(inquiry: Inquiry, reading: Reading) -> tuple[Exchange, ...]:
    """Harmless questions that split what the first answer leaves open: whose page it is, and where Jira may be."""
    if inquiry.edition == "cloud" or reading.cloud or "/_edge/" in reading.low:
        tenant = inquiry.ask("tenant", "/_edge/tenant_info", auth=AuthUse.NONE)
        found = read_answer(tenant).fields.get("cloudId")
        if isinstance(found, str):
            inquiry.facts["cloud_id"] = clean_text(found, 64)
            inquiry.learn_edition("cloud")
        return (tenant, inquiry.ask("site status", "/status", auth=AuthUse.NONE))
    status = inquiry.ask("node status", "/status", auth=AuthUse.NONE)
    asked = [status] if read_answer(status).fields.get("state") or status_of(status) in (500, 502, 503, 504) else []
    if reading.status == 404 and not reading.from_jira:
        inquiry.facts["context_paths_tried"] = True
        base = inquiry.settings.address.rstrip("/")
        for path in _CONTEXT_PATHS:
            if base.endswith(path):
                continue
            there = inquiry.ask("server info below " + path, SERVER_INFO, auth=AuthUse.NONE, base=base + path)
            if "baseUrl" in read_answer(there).fields or (status_of(there) == 401 and read_answer(there).from_jira):
                asked.append(there)
                inquiry.facts["context_path_found"] = path
                break
    return tuple(asked)


def _strange_answer(reading: Reading) -> str:
    if reading.title:
        return f"What answers is a page titled “{clean_text(reading.title, 80)}”."
    words = reading.messages
    if words:
        return f"What answers says: {clean_text(words[0], 120)}"
    return "What answers does not look like Jira." if reading.status is not None else "No complete answer came."


# --- who am I ------------------------------------------------------------------------------------------------------


def _check_login(inquiry: Inquiry, first: _First) -> RungResult:
    refused = first.exchange
    if status_of(refused) not in (401, 403) and refused.failure is None:
        refused = inquiry.ask("who am I", f"{inquiry.api}/myself")
        person = read_answer(refused).fields
        if status_of(refused) == 200 and (person.get("accountId") or person.get("name") or person.get("key")):
            return _known(inquiry, refused)
    asked = [refused, *_ask_otherwise(inquiry, refused)]
    findings = inquiry.judge(asked, logged_in=False)
    return inquiry.bad(
        "login", "Jira does not accept the login.", findings, *asked, facts={**inquiry.facts, "logged_in": False}
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
    """One repeat of a refused login as another scheme, where that scheme can split the causes."""
    reading = read_answer(refused)
    if refused.failure is not None or "x-authentication-denied-reason" in reading.head:
        return ()
    scheme = inquiry.settings.auth or reading.auth
    if scheme == "connect":
        return ()
    if inquiry.edition == "cloud":
        if scheme == "bearer":
            return (
                (inquiry.ask("who am I, as Basic", f"{inquiry.api}/myself", auth=AuthUse.AS_BASIC),)
                if inquiry.settings.account
                else ()
            )
        return _ask_gateway(inquiry, reading)
    if scheme == "basic" and reading.status in (401, 403) and inquiry.settings.secret_shape in _TOKEN_LIKE:
        again = inquiry.ask("who am I, as Bearer", f"{inquiry.api}/myself", auth=AuthUse.AS_BEARER)
        inquiry.facts["bearer_myself_status"] = status_of(again)
        return (again,)
    return ()


def _ask_gateway(inquiry: Inquiry, reading: Reading) -> tuple[Exchange, ...]:
    tenant = inquiry.ask("tenant", "/_edge/tenant_info", auth=AuthUse.NONE)
    cloud_id = read_answer(tenant).fields.get("cloudId")
    asked = [tenant]
    if isinstance(cloud_id, str) and cloud_id.replace("-", "").isalnum():
        inquiry.facts["cloud_id"] = cloud_id
        site = inquiry.settings.address.rstrip("/")
        origin = "https://api.atlassian.com" if is_cloud_site(host_of(site)) else site
        gateway = inquiry.ask("who am I, at the gateway", f"{inquiry.api}/myself", base=f"{origin}/ex/jira/{cloud_id}")
        inquiry.facts["gateway_myself_status"] = status_of(gateway)
        asked.append(gateway)
    if not reading.login_reason and reading.status == 401 and inquiry.facts.get("gateway_myself_status") != 200:
        made_up = inquiry.ask("a made-up login", SERVER_INFO, auth=AuthUse.MADE_UP)
        inquiry.facts["made_up_login_seen"] = bool(read_answer(made_up).login_reason)
    return tuple(asked)
