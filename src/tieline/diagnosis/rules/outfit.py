"""Certificate files and proxies that a connection brings along, certificates that end soon, slow answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from tieline.diagnosis.case import Case
from tieline.diagnosis.reading import Reading, clean_text
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely
from tieline.diagnosis.rules.network import told

OUTFIT = Family()

WARN_BEFORE = timedelta(days=30)


@OUTFIT.on_failure("tls-file-unreadable", "settings:malformed-certificate")
def file_unreadable(reading: Reading, case: Case) -> Claim:
    return certain(
        *told(reading, "A certificate file that the connection names could not be used."), "Nothing was sent."
    )


@OUTFIT.on_failure("proxy-address-unreadable", "settings:malformed-proxy")
def proxy_unreadable(reading: Reading, case: Case) -> Claim:
    return certain(*told(reading, "The address of the connection's proxy could not be read."), "Nothing was sent.")


@OUTFIT.on_failure("proxy-unreachable", "connect:proxy-unreachable")
def proxy_silent(reading: Reading, case: Case) -> Claim:
    proxy = f"the proxy {clean_text(case.settings.proxy, 80)}" if case.settings.proxy else "its proxy"
    return certain(*told(reading, f"The call goes through {proxy}, and no connection to that came about."))


@OUTFIT.on_case("tls-expires-soon")
def ends_soon(case: Case) -> Claim | None:
    """Asked for by a check alone (``look_ahead``): what will end is no reason why a call did not work."""
    if not case.facts.get("look_ahead"):
        return None
    for reading in case.readings:
        certificate = reading.exchange.certificate
        if certificate is None or reading.failure is not None:
            continue
        ends, seen = _time(certificate.not_after), _time(reading.exchange.at)
        if ends is None or seen is None or ends - seen > WARN_BEFORE:
            continue
        days = max(0, (ends - seen).days)
        return certain(
            f"The certificate for {certificate.subject} ends in {days} {'day' if days == 1 else 'days'}.",
            facts={"expires": ends.date().isoformat(), "issuer": certificate.issuer},
        )
    return None


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo is not None else None


@OUTFIT.on_case("jira-answers-slowly")
def slow(case: Case) -> Claim | None:
    if not case.facts.get("time_was_up"):
        return None
    whole = [r.exchange for r in case.readings if r.status is not None and r.failure is None]
    times = [exchange.elapsed_ms for exchange in whole if exchange.elapsed_ms is not None]
    if not times:
        return None
    return likely(
        f"{len(times)} {'answer' if len(times) == 1 else 'answers'} took {sum(times) / 1000:.1f} s together, "
        f"the longest {max(times) / 1000:.1f} s.",
        "Each of them came; the time for one check was up before all questions were asked.",
        weight=40,
    )
