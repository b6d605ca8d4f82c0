"""Certificates and handshakes (family B)."""

from __future__ import annotations

from tieline.diagnosis.case import Case
from tieline.diagnosis.hosts import is_cloud_host
from tieline.diagnosis.reading import Reading
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely, possible
from tieline.diagnosis.rules.network import told

TLS = Family()

_PUBLIC_ISSUERS = (
    "digicert", "let's encrypt", "lets encrypt", "sectigo", "globalsign", "amazon", "google trust", "entrust", "godaddy",
    "isrg", "comodo", "usertrust", "thawte", "geotrust", "rapidssl", "quovadis", "buypass", "zerossl", "certum", "swisssign",
)  # fmt: skip


def _public_issuer(reading: Reading) -> bool:
    certificate = reading.exchange.certificate
    return certificate is not None and any(name in certificate.issuer.lower() for name in _PUBLIC_ISSUERS)


def _issuer(reading: Reading) -> tuple[str, dict[str, str]]:
    certificate = reading.exchange.certificate
    if certificate is None:
        return "", {}
    return f"The certificate for {certificate.subject} was issued by {certificate.issuer}.", {
        "issuer": certificate.issuer,
        "subject": certificate.subject,
        "expires": certificate.not_after or "",
    }


def _atlassian(reading: Reading) -> bool:
    return is_cloud_host(reading.base_host) or reading.exchange.deployment == "cloud"


@TLS.on_failure("tls-untrusted-ca", "tls:untrusted-ca", "tls:missing-intermediate")
def unknown_issuer(reading: Reading, case: Case) -> Claim | None:
    if _atlassian(reading):
        return None
    issuer, facts = _issuer(reading)
    because = (*told(reading, "The certificate was refused: its issuer is not trusted here."), issuer)
    if _may_lack_intermediate(reading, case):
        return likely(*because, "The connection's own authority file does not lead to it.", weight=55, facts=facts)
    if reading.exchange.certificate is not None and not _public_issuer(reading):
        return certain(
            *because,
            facts=facts,
            excluded=(
                f"tls-missing-intermediate: the issuer {facts['issuer']} is not a public authority",
                "tls-corporate-interception: the host is not Atlassian's",
                "tls-self-signed: issuer and subject differ",
            ),
        )
    return likely(*because, weight=60, facts=facts)


def _may_lack_intermediate(reading: Reading, case: Case) -> bool:
    """An authority is given for this connection, and the server sent a single certificate: one in between may be missing."""
    certificate = reading.exchange.certificate
    return (
        bool(case.settings.authority_file)
        and certificate is not None
        and not certificate.self_signed
        and certificate.chain_length in (1, None)
        and not _public_issuer(reading)
    )


@TLS.on_failure("tls-missing-intermediate", "tls:untrusted-ca", "tls:missing-intermediate")
def chain_incomplete(reading: Reading, case: Case) -> Claim | None:
    if _atlassian(reading):
        return None
    certificate = reading.exchange.certificate
    issuer, facts = _issuer(reading)
    if _may_lack_intermediate(reading, case):
        return likely(
            "The server sent one certificate only, and the authority of this connection did not sign it directly.",
            issuer,
            weight=65,
            facts=facts,
        )
    if certificate is not None and certificate.chain_length == 1 and _public_issuer(reading):
        return certain(
            "The server sent one certificate only, without the one that signed it.",
            issuer,
            facts=facts,
            excluded=(
                "tls-untrusted-ca: the issuer is a public authority",
                "tls-self-signed: issuer and subject differ",
                "tls-corporate-interception: the issuer is a public authority",
            ),
        )
    first = reading.failure is not None and reading.failure.kind == "missing-intermediate"
    if first:
        return likely(*told(reading, "The first certificate could not be traced to a trusted one."), weight=65)
    return None if certificate else possible("The server may send its certificate without the one that signed it.")


@TLS.on_failure("tls-corporate-interception", "tls:untrusted-ca", "tls:self-signed", "tls:missing-intermediate")
def intercepted(reading: Reading, case: Case) -> Claim | None:
    if not _atlassian(reading):
        return None
    issuer, facts = _issuer(reading)
    return likely(
        *told(reading, f"The certificate shown for {reading.base_host or 'an Atlassian host'} is not trusted here."),
        "Atlassian's own certificates always come from a public authority.",
        issuer,
        facts=facts,
    )


@TLS.on_failure("tls-self-signed", "tls:self-signed")
def self_signed(reading: Reading, case: Case) -> Claim | None:
    if _atlassian(reading):
        return None
    issuer, facts = _issuer(reading)
    certificate = reading.exchange.certificate
    because = told(reading, "The certificate is signed by itself, by no authority.")
    if certificate is not None and certificate.self_signed:
        return certain(*because, issuer, facts=facts, excluded=("tls-untrusted-ca: issuer and subject are the same",))
    return likely(*because, facts=facts)


@TLS.on_failure("tls-expired", "tls:expired", "tls:not-yet-valid")
def expired(reading: Reading, case: Case) -> Claim:
    issuer, facts = _issuer(reading)
    certificate = reading.exchange.certificate
    because = told(reading, "The certificate is outside the dates for which it was issued.")
    if certificate is not None and certificate.not_after:
        return certain(
            f"The certificate for {certificate.subject} was valid from {certificate.not_before} to {certificate.not_after}.",
            issuer,
            facts=facts,
        )
    return likely(*because, facts=facts)


def _carries(name: str, host: str) -> bool:
    """A certificate's name (``*.acme.io`` included) covers the host."""
    name, host = name.lower().rstrip("."), host.lower()
    if name.startswith("*."):
        return host.partition(".")[2] == name[2:]
    return name == host


@TLS.on_failure("tls-hostname-mismatch", "tls:untrusted-ca", "tls:missing-intermediate")
def wrong_name_besides(reading: Reading, case: Case) -> Claim | None:
    certificate = reading.exchange.certificate
    if certificate is None or not certificate.names or not reading.base_host:
        return None
    if any(_carries(name, reading.base_host) for name in certificate.names):
        return None
    names = ", ".join(certificate.names[:5])
    return certain(f"The certificate carries {names}, not {reading.base_host}.", weight=80, facts={"names": names})


@TLS.on_failure("tls-expired", "tls:untrusted-ca", "tls:missing-intermediate", "tls:self-signed")
def expired_besides(reading: Reading, case: Case) -> Claim | None:
    certificate, seen_at = reading.exchange.certificate, reading.exchange.at
    if certificate is None or not certificate.not_after or not seen_at or certificate.not_after[:19] >= seen_at[:19]:
        return None
    return certain(
        f"The certificate ended on {certificate.not_after[:10]}.",
        weight=85,
        facts={"expires": certificate.not_after[:10]},
    )


@TLS.on_failure("tls-hostname-mismatch", "tls:hostname-mismatch")
def wrong_name(reading: Reading, case: Case) -> Claim:
    certificate = reading.exchange.certificate
    because = told(reading, f"The certificate does not carry the name {reading.base_host or 'that was asked for'}.")
    if certificate is not None and certificate.names:
        names = ", ".join(certificate.names[:5])
        return certain(*because, f"It carries: {names}.", facts={"names": names})
    return likely(*because)


@TLS.on_failure("tls-version", "tls:protocol", "tls:handshake")
def no_common_protocol(reading: Reading, case: Case) -> Claim:
    clear = reading.failure is not None and reading.failure.kind == "protocol"
    return likely(
        *told(reading, "The TLS handshake ended without agreement."),
        weight=60,
        probe=None
        if clear
        else "Send a plain HTTP request to the same port: a status line proves that it does not speak TLS.",
    )


@TLS.on_failure("tls-on-plain-port", "tls:not-tls", "tls:handshake")
def plain_port(reading: Reading, case: Case) -> Claim:
    because = told(reading, "What answered on that port does not speak TLS.")
    if reading.failure is not None and reading.failure.kind == "not-tls":
        return certain(*because) if reading.exchange.failure is not None else likely(*because, weight=70)
    return possible("The handshake ended at once, as it does where plain HTTP is spoken.")


@TLS.on_failure("tls-client-cert-required", "tls:client-certificate")
def certificate_wanted(reading: Reading, case: Case) -> Claim:
    shown = case.settings.client_certificate
    seen = "the client certificate that was shown is not accepted" if shown else "no client certificate was shown"
    because = told(reading, f"The server ended the handshake because {seen}.")
    return certain(*because) if reading.exchange.failure is not None else likely(*because)


@TLS.on("tls-client-cert-required", 400, 403, 495, 496)
def certificate_wanted_page(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if reading.status in (495, 496) or (
        "ssl certificate" in low and ("required" in low or "not sent" in low) and not reading.from_jira
    ):
        return certain(
            reading.answered() + ", before any Jira header.",
            "A proxy in front of Jira asks for a client certificate.",
            weight=90,
        )
    return None


@TLS.on_failure("url-http-instead-of-https", "read:not-http")
def tls_record_came_back(reading: Reading, case: Case) -> Claim | None:
    if not answered_in_tls(reading):
        return None
    return certain(*told(reading, "The question went out as plain HTTP, and TLS came back."), weight=90)


@TLS.on_failure("url-http-instead-of-https", "read:closed", "read:reset")
def hangs_up_on_plain_http(reading: Reading, case: Case) -> Claim | None:
    if not case.facts.get("speaks_tls") or reading.request.base.startswith("https://"):
        return None
    return certain(
        *told(reading, "The port hung up on plain HTTP."),
        "Asked in TLS, the same port showed a certificate.",
        weight=90,
    )


def answered_in_tls(reading: Reading) -> bool:
    """Bytes that begin as a TLS record came back over plain HTTP."""
    failure = reading.failure
    return failure is not None and "a TLS record" in failure.detail and not reading.request.base.startswith("https://")


@TLS.on("url-http-instead-of-https", 400, 497)
def plain_to_tls_port(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if reading.status == 497 or "plain http request was sent to https port" in low or "requires tls" in low:
        return certain(reading.answered() + ": the port speaks TLS only.", weight=90)
    return None
