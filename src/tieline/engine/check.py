"""Check a connection: the ladder, live, step by step. It never writes to Jira and sends no refused login twice.

At most one repeat as another scheme is made (the gateway for a Cloud pair, Bearer for a Data Center secret). A healthy
Jira is asked at most 12 questions. Vendor pages:
https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/
https://developer.atlassian.com/server/jira/platform/rest/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tieline.diagnosis.address import repair_address
from tieline.diagnosis.evidence import Exchange, Failure, Request, Settings, Stage
from tieline.diagnosis.finding import Finding
from tieline.diagnosis.hosts import host_of, is_cloud_site, split_url
from tieline.diagnosis.ladder import RUNGS, Needs, Rung, RungResult, RungState
from tieline.diagnosis.reading import Reading, clean_text
from tieline.engine.check_login import check_login
from tieline.engine.check_project import (
    check_changes,
    check_fields,
    check_issue_types,
    check_permissions,
    check_project,
    check_versions,
)
from tieline.engine.inquiry import SERVER_INFO, Inquiry, read_answer, status_of
from tieline.sync.remote import AuthUse

if TYPE_CHECKING:
    from tieline.engine.ports import Clock, Door

_LOGIN_FAMILIES = ("auth-", "dc-serverinfo", "rate-limit-login", "proxy-strips", "connect-", "cloud-user", "oauth1-")
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
        "login": lambda: check_login(inquiry, ask_first().exchange),
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
            result = _time_up(inquiry, rung)
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
        return _time_up(inquiry, rung)
    return None


def _time_up(inquiry: Inquiry, rung: Rung) -> RungResult:
    """The first step for which no time was left is red, so that a check cut short never counts as a good one."""
    reason = "The time for one check was up."
    if inquiry.facts.get("time_was_up"):
        return inquiry.skipped(rung.name, reason)
    inquiry.facts["time_was_up"] = True
    answered = [one for one in inquiry.exchanges if one.response is not None]
    found = inquiry.judge(inquiry.exchanges)
    slow = tuple(one for one in found if one.slug == "jira-answers-slowly")
    late = tuple(one for one in found if one.slug == "net-read-timeout")
    return inquiry.bad(rung.name, reason, slow or late, *answered[-3:])


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
        other = _ask_in_tls(inquiry, exchange)
        better = {key: inquiry.facts[key] for key in ("suggested_address",) if key in inquiry.facts}
        findings = inquiry.judge([exchange])
        return inquiry.bad("connection", clean_text(found, 200), findings, exchange, *other, facts=better)
    soon = tuple(one for one in inquiry.judge([exchange], look_ahead=True) if one.slug == "tls-expires-soon")
    found = f"{_way(inquiry.settings)}{_certificate_sentence(exchange)}{_outfit_sentence(inquiry.settings)}"
    if soon:
        return inquiry.warned("connection", found, soon, exchange)
    return inquiry.good("connection", found, exchange)


def _ask_in_tls(inquiry: Inquiry, exchange: Exchange) -> tuple[Exchange, ...]:
    """A port that hangs up on plain HTTP is asked once in TLS, without a login: a handshake settles what it speaks."""
    failure, base = exchange.failure, exchange.request.base
    if failure is None or failure.kind not in ("closed", "reset") or not base.startswith("http://"):
        return ()
    there = inquiry.ask("server info in TLS", SERVER_INFO, auth=AuthUse.NONE, base="https" + base.removeprefix("http"))
    if there.certificate is not None:
        inquiry.facts.update(speaks_tls=True, suggested_address="https" + base.removeprefix("http"))
    return (there,)


def _way(settings: Settings) -> str:
    return f"Connected through the proxy {clean_text(settings.proxy, 80)}" if settings.proxy else "Connected"


def _certificate_sentence(exchange: Exchange) -> str:
    certificate = exchange.certificate
    if certificate is None:
        return " with TLS." if _is_tls(exchange) else ", without TLS: the address begins with http://."
    until = f", valid until {certificate.not_after[:10]}" if certificate.not_after else ""
    return f"; the certificate is from {clean_text(certificate.issuer, 80)}{until}."


def _outfit_sentence(settings: Settings) -> str:
    """The files of this connection that had a part in it."""
    own = (
        f" Trusted besides the system's authorities: {clean_text(settings.authority_file, 80)}."
        if settings.authority_file
        else ""
    )
    shown = (
        f" Shown to the server: {clean_text(settings.client_certificate, 80)}." if settings.client_certificate else ""
    )
    return own + shown


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
        findings = inquiry.judge([exchange])
        return inquiry.bad("redirect", found, findings, exchange, facts=_better_address(findings))
    return inquiry.good("redirect", "The address answers by itself.", exchange)


def _better_address(findings: tuple[Finding, ...]) -> dict[str, str]:
    """The address that the redirect itself tells, where it can be trusted to be the same Jira."""
    for finding in findings:
        location = finding.facts.get("location", "")
        if finding.slug in ("redirect-http-to-https", "cloud-site-renamed") and location:
            return {"suggested_address": location.split("/rest/")[0].rstrip("/")}
    return {}


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
    extra = () if exchange.failure is not None else _ask_around(inquiry, reading)
    findings = inquiry.judge([exchange, *extra])
    return inquiry.bad("product", _strange_answer(reading), findings, exchange, *extra, facts=inquiry.facts)


def _learn_product(inquiry: Inquiry, exchange: Exchange) -> bool:
    reading = read_answer(exchange)
    told = reading.fields
    if (
        exchange.failure is not None
        or reading.status != 200
        or not isinstance(told.get("version"), str)
        or "baseUrl" not in told
    ):
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
        for base in _other_bases(inquiry.settings.address):
            there = inquiry.ask("server info elsewhere on the host", SERVER_INFO, auth=AuthUse.NONE, base=base)
            if "baseUrl" in read_answer(there).fields or (status_of(there) == 401 and read_answer(there).from_jira):
                asked.append(there)
                inquiry.facts.update(context_path_found=split_url(base).path or "/", suggested_address=base)
                break
    return tuple(asked)


def _other_bases(address: str) -> tuple[str, ...]:
    """Where else on the same host Jira may live: without the path that was given, and under the usual ones."""
    parts = split_url(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    given = parts.path.rstrip("/")
    return tuple(origin + path for path in ("", *_CONTEXT_PATHS) if path != given)


def _strange_answer(reading: Reading) -> str:
    if reading.title:
        return f"What answers is a page titled “{clean_text(reading.title, 80)}”."
    words = reading.messages
    if words:
        return f"What answers says: {clean_text(words[0], 120)}"
    return "What answers does not look like Jira." if reading.status is not None else "No complete answer came."
