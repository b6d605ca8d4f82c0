"""What HTTP clients say when no answer came: Python, Java, Go, Node, .NET, curl and OpenSSL, turned into a Failure.

The first matching line wins, so the narrow ones stand above the wide ones.
"""

from __future__ import annotations

import re
from functools import lru_cache

from tieline.diagnosis.evidence import Failure, Stage

_TABLE: tuple[tuple[Stage, str, str], ...] = (
    # forward proxies: the number in these texts is the proxy's, never Jira's
    (Stage.CONNECT, "proxy-login",
     r"proxy ?authentication ?required|tunnel connection failed: 407|proxyauthenticationrequired"
     r"|received http code 407 from proxy|proxy-authenticate:|connect tunnel failed, response 407"),
    (Stage.CONNECT, "proxy-tunnel",
     r"tunnel connection failed|tunnel(?:l)?ing socket could not be established|unable to tunnel through proxy"
     r"|received http code \d+ from proxy|proxyconnect tcp|cannot connect to proxy|proxyerror\("
     r"|could not resolve proxy|connect tunnel failed|err_tunnel_connection_failed|err_proxy_connection_failed"),
    # certificates
    (Stage.TLS, "hostname-mismatch",
     r"hostname mismatch|doesn't match either of|hostname '[^']*' doesn't match|certificate is not valid for"
     r"|certificate is valid for .{1,200}, not |err_cert_common_name_invalid|err_tls_cert_altname_invalid"
     r"|does not match certificate's altnames|no subject alternative (?:dns )?names?.{0,60}match"
     r"|no alternative certificate subject name matches|cannot validate certificate for .{1,80} because it doesn't contain"
     r"|remotecertificatenamemismatch|hostname in certificate didn't match"),
    (Stage.TLS, "expired",
     r"certificate has expired|cert_has_expired|certificate has expired or is not yet valid|certificateexpired"
     r"|certificateexpiredexception|err_cert_date_invalid|x509: certificate has expired|notafter:"),
    (Stage.TLS, "not-yet-valid", r"certificate is not yet valid|cert_not_yet_valid|certificatenotyetvalid"),
    (Stage.TLS, "client-certificate",
     r"certificate required|alert[_ ]certificate[_ ]required|no required ssl certificate|required ssl certificate not sent|bad_certificate_required"
     r"|tlsv1[0-9]*_alert_certificate_required"),
    (Stage.TLS, "missing-intermediate",
     r"unable to verify the first certificate|unable_to_verify_leaf_signature|unable to verify leaf signature"),
    (Stage.TLS, "untrusted-ca",
     r"self[- ]signed certificate in (?:certificate )?chain|self_signed_cert_in_chain"
     r"|unable to get (?:local )?issuer cert|signed by unknown authority|pkix path building failed"
     r"|unable to find valid certification path|err_cert_authority_invalid|certificate issuer.{0,20}unknown"
     r"|untrustedroot|partialchain|unknown ca\b|tlsv1_alert_unknown_ca|certificate is not trusted"),
    (Stage.TLS, "self-signed",
     r"self[- ]signed cert|depth_zero_self_signed_cert|ssl3_get_server_certificate:certificate verify failed"),
    (Stage.TLS, "not-tls",
     r"wrong[_ ]version[_ ]number|record layer failure|ssl_error_rx_record_too_long|first record does not look like a tls"
     r"|server gave http response to https client|unrecognized ssl message|plaintext connection\?|err_ssl_wrong_version"
     r"|packet length too long|http_request\b.{0,40}ssl"),
    (Stage.TLS, "protocol",
     r"alert[_ ]protocol[_ ]version|unsupported[_ ]protocol|protocol version not supported|err_ssl_version_or_cipher"
     r"|no[_ ]shared[_ ]cipher|handshake[_ ]failure|no protocols available|inappropriate protocol"
     r"|tlsv1_alert_internal|no appropriate protocol|dh_key_too_small|unsafe_legacy_renegotiation"),
    (Stage.TLS, "handshake",
     r"eof occurred in violation of protocol|ssleoferror|ssl_connect: ssl_error_syscall|ssl_error_zero_return"
     r"|remote host (?:closed connection during|terminated the) handshake|tls handshake (?:timeout|error)"
     r"|unexpected_eof_while_reading|cipher mismatch"),
    (Stage.TLS, "untrusted-ca", r"certificate[_ ]verify[_ ]failed|sslcertverificationerror|certificate verify failed"),
    # names
    (Stage.RESOLVE, "temporary",
     r"temporary failure in name resolution|eai_again|\[errno -3\]|server misbehaving|dns query timed out"
     r"|no dns servers|could not contact dns|servfail"),
    (Stage.RESOLVE, "not-found",
     r"name or service not known|enotfound|\[errno 11001\]|no such host|unknownhostexception|unknown host"
     r"|could not resolve host|couldn't resolve host|nodename nor servname|nxdomain|err_name_not_resolved|\[errno -2\]"
     r"|\[errno 8\]|no address associated with hostname|remote name could not be resolved|name does not resolve"
     r"|\[errno -5\]|nameresolutionerror|failed to resolve"),
    # connecting
    (Stage.CONNECT, "refused",
     r"connection refused|econnrefused|actively refused|\[errno 111\]|\[errno 61\]|winerror 10061|err_connection_refused"),
    (Stage.CONNECT, "unreachable",
     r"no route to host|network is unreachable|ehostunreach|enetunreach|host is unreachable|\[errno 113\]|\[errno 101\]"),
    (Stage.READ, "timeout",
     r"read timed out|readtimeout|read operation timed out|sockettimeoutexception: read|esockettimedout"
     r"|awaiting headers|operation timed out after .{1,40} with \d+ bytes received"),
    (Stage.CONNECT, "timeout",
     r"connect(?:ion)? timed out|connecttimeout|etimedout|\[errno 110\]|\[errno 60\]|timeout connecting|connect timeout"
     r"|connection timeout|i/o timeout|winerror 10060|err_connection_timed_out|failed to connect to .{1,80} timed out"
     r"|timed out\b"),
    (Stage.READ, "reset",
     r"connection reset|econnreset|\[errno 104\]|\[errno 54\]|remotedisconnected|remote end closed connection"
     r"|socket hang up|connection aborted|server disconnected without|empty reply from server|forcibly closed"
     r"|unexpected end of file from server|err_empty_response|err_connection_reset|broken pipe|connection was closed"),
    # the setting itself
    (Stage.SETTINGS, "malformed-address",
     r"no scheme supplied|missingschema|unsupported protocol scheme|no connection adapters were found|no protocol:"
     r"|invalidschema|invalid url|only absolute urls are supported|malformedurlexception|url using bad/illegal format"
     r"|https?://https?://|unsupportedprotocol|err_invalid_url"),
)  # fmt: skip


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[Stage, str, re.Pattern[str]], ...]:
    """Compiled on first use: a command that meets no such text need not wait for it."""
    return tuple((stage, kind, re.compile(pattern)) for stage, kind, pattern in _TABLE)


_STEMS = (
    "cert", "ssl", "tls", "time", "refused", "reset", "resol", "name", "host", "proxy", "tunnel", "url", "scheme", "hang up",
    "disconnect", "closed", "errno", "eai_again", "enotfound", "dns", "unreachable", "no route", "econn", "x509", "pkix", "pipe",
    "empty reply", "unexpected end", "protocol", "cipher", "handshake", "record", "headers", "aborted", "winerror", "407", "version",
    "nxdomain", "servfail", "misbehaving", "untrustedroot", "partialchain", "https", "ssl_", "plaintext", "cannot connect", "unknown",
)  # fmt: skip
"""One of these stands in every text that a pattern above matches: most messages are told apart by this alone."""


@lru_cache(maxsize=2048)
def classify_client_text(text: str) -> Failure | None:
    """The failure that a client's own message tells of, or None. ``detail`` is that message, cut to 400 characters."""
    head = text[:4000].lower()
    if not any(stem in head for stem in _STEMS):
        return None
    for stage, kind, pattern in _patterns():
        if pattern.search(head):
            return Failure(stage=stage, kind=kind, detail=text[:400])
    return None


_WEB_STATUS = (
    re.compile(r"\bstatus(?:[ _-]?code)?\s*(?:=|:|is|of|->)?\s*[\"']?([1-5]\d\d)\b", re.IGNORECASE),
    re.compile(r"\bHTTP(?:/\d(?:\.\d)?)?(?:\s+(?:status|code|error|response))*\s*[:=]?\s*([1-5]\d\d)\b", re.IGNORECASE),
    re.compile(r"\b(?:failed|error|code|response|returned|answered|got|received)\b\W{0,4}(?:with\W+)?(?:a\W+)?([1-5]\d\d)\b",
               re.IGNORECASE),
    re.compile(r"\(([1-5]\d\d)\)|\[([1-5]\d\d)\]"),
    re.compile(r"^\W*([1-5]\d\d)(?:\b|\s+[A-Z])"),
    re.compile(r"\b([45]\d\d|30[12378])\s+(?:Client Error|Server Error|Unauthorized|Forbidden|Not Found|Found|Bad Request"
               r"|Moved|Too Many Requests|Method Not Allowed|Bad Gateway|Service Unavailable|Gateway)", re.IGNORECASE),
)  # fmt: skip


def read_status(text: str) -> int | None:
    """The HTTP status that a pasted message names, or None. Numbers of proxies' tunnels are not Jira's."""
    head = text[:4000]
    for pattern in _WEB_STATUS:
        found = pattern.search(head)
        if found:
            return int(next(group for group in found.groups() if group))
    return None
