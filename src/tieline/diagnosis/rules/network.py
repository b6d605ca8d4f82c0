"""No HTTP answer at all: names, connections, time-outs, and what our own guard refused (family A)."""

from __future__ import annotations

from tieline.diagnosis.case import Case
from tieline.diagnosis.evidence import Failure
from tieline.diagnosis.hosts import is_cloud_host, is_private_ip
from tieline.diagnosis.reading import Reading, clean_text
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely, possible

NETWORK = Family()


def told(reading: Reading, sentence: str) -> tuple[str, ...]:
    """The observation, and the words of the system or client that it rests on."""
    failure = reading.failure
    detail = clean_text(failure.detail, 200) if failure and failure.detail else ""
    return (sentence, f"The client says: {detail}") if detail else (sentence,)


def _host(reading: Reading) -> str:
    return reading.base_host or "the host"


def _first_hand(reading: Reading) -> bool:
    """Our own door saw it happen (a pasted message is somebody's report of it)."""
    return reading.exchange.failure is not None


def _kind(reading: Reading) -> str:
    failure: Failure | None = reading.failure
    return f"{failure.stage}:{failure.kind}" if failure else ""


@NETWORK.on_failure("net-dns-failure", "resolve:not-found")
def name_unknown(reading: Reading, case: Case) -> Claim:
    because = told(reading, f"The name of {_host(reading)} does not resolve: no such host.")
    facts = {"host": reading.base_host} if reading.base_host else {}
    return certain(*because, facts=facts) if _first_hand(reading) else likely(*because, facts=facts)


@NETWORK.on_failure("net-dns-temporary", "resolve:temporary", "resolve:timeout")
def resolver_silent(reading: Reading, case: Case) -> Claim:
    because = told(reading, "The name server gave no answer, so nothing is known about the name itself.")
    return certain(*because) if _first_hand(reading) else likely(*because)


@NETWORK.on_failure("net-connection-refused", "connect:refused")
def port_closed(reading: Reading, case: Case) -> Claim:
    because = told(reading, f"{_host(reading)} refused the connection: nothing listens on that port.")
    return likely(*because, weight=60)


@NETWORK.on_failure("url-https-instead-of-http", "connect:refused")
def https_port_closed(reading: Reading, case: Case) -> Claim | None:
    base = reading.request.base
    if not base.startswith("https://") or is_cloud_host(reading.base_host):
        return None
    return possible("An https:// address was refused on its port; Jira may serve plain http only.", weight=40)


@NETWORK.on_failure("net-connect-timeout", "connect:timeout", "connect:unreachable")
def no_route(reading: Reading, case: Case) -> Claim:
    because = told(reading, f"No connection to {_host(reading)} came about: packets get no reply.")
    private = [a for a in reading.exchange.addresses if is_private_ip(a)]
    if private:
        because = (*because, f"The name resolves to the private address {private[0]}.")
    return likely(*because, weight=60)


@NETWORK.on_failure("net-read-timeout", "read:timeout", "send:timeout", "read:too-slow")
def answer_late(reading: Reading, case: Case) -> Claim:
    because = told(reading, "The connection stood, but no complete answer came in time.")
    return certain(*because) if _first_hand(reading) else likely(*because)


@NETWORK.on_failure("net-connection-reset", "read:reset", "send:reset", "connect:reset", "read:closed", "send:closed")
def cut_off(reading: Reading, case: Case) -> Claim:
    return likely(*told(reading, "The other side closed the connection before an answer was complete."))


@NETWORK.on_failure("url-scheme", "settings:malformed-address")
def address_unreadable(reading: Reading, case: Case) -> Claim:
    because = told(reading, "The client refused the address before anything was sent.")
    return certain(*because) if _first_hand(reading) else likely(*because)


@NETWORK.on_failure("auth-header-malformed", "settings:malformed-header")
def header_unsendable(reading: Reading, case: Case) -> Claim:
    return certain(
        *told(reading, "The login header holds characters that no HTTP header may hold."),
        excluded=("proxy-strips-authorization: nothing was sent",),
    )


@NETWORK.on_failure("guard-private-address", "guard:private-address")
def guard_private(reading: Reading, case: Case) -> Claim:
    addresses = ", ".join(reading.exchange.addresses) or "a private address"
    proxy = case.settings.proxy
    who = f"{_host(reading)} or the proxy {clean_text(proxy, 80)}" if proxy else _host(reading)
    return certain(
        *told(reading, f"{who} resolves to {addresses}, which is not on the operator's allow list."),
        "Nothing was sent.",
        facts={"addresses": addresses},
    )


@NETWORK.on_failure("guard-metadata-address", "guard:metadata-address")
def guard_metadata(reading: Reading, case: Case) -> Claim:
    addresses = ", ".join(reading.exchange.addresses) or "a cloud metadata address"
    return certain(
        f"{_host(reading)} resolves to {addresses}, where cloud machines keep their own credentials.",
        "Nothing was sent.",
        facts={"addresses": addresses},
    )


@NETWORK.on_failure("guard-not-allowed", "guard:not-allowed")
def guard_other(reading: Reading, case: Case) -> Claim:
    return certain(*told(reading, f"Tieline's outgoing guard does not allow {_host(reading)}."), "Nothing was sent.")


@NETWORK.on_failure("answer-not-http", "read:not-http", "read:headers-too-large", "send:not-http")
def not_http(reading: Reading, case: Case) -> Claim | None:
    if reading.failure is not None and "a TLS record" in reading.failure.detail:
        return None  # said by the rules on TLS
    return certain(*told(reading, f"{_host(reading)} answered with something that is not HTTP."))
