"""OAuth 2.0 and the gateway (family H), OAuth 1.0a application links (family I)."""

from __future__ import annotations

from tieline.diagnosis.case import Case
from tieline.diagnosis.reading import Reading
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely, possible

OAUTH = Family()

_MYSELF_PROBE = "Ask /rest/api/3/myself on the same gateway address: 200 means that token and cloud id are good, so scope or path is not."


def _scope_text(reading: Reading) -> bool:
    return "scope does not match" in reading.low or "insufficient_scope" in reading.low


@OAUTH.on("auth-oauth-scope-missing", 401, 403)
def oauth_scope(reading: Reading, case: Case) -> Claim | None:
    if _scope_text(reading) and reading.auth in ("oauth2", "bearer", "unknown") and reading.shape != "scoped":
        return likely(reading.answered() + ".", reading.says(), weight=78, probe=_MYSELF_PROBE)
    return None


@OAUTH.on("api-wrong-endpoint-oauth-401", 401)
def gateway_unknown_path(reading: Reading, case: Case) -> Claim | None:
    if not _scope_text(reading):
        return None
    trailing = reading.path.endswith("/") and len(reading.path) > 1
    return possible(
        "The gateway gives the same answer for a path that it does not know."
        + (" This one ends with a slash." if trailing else ""),
        weight=60 if trailing else 35,
    )


@OAUTH.on("auth-oauth-access-token-expired", 401, 403, 404)
def access_token_old(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if (reading.gateway and "expired" in low and "token" in low) or ('"invalid_token"' in low and reading.cloud):
        return likely(reading.answered() + ".", reading.says(), weight=85)
    if reading.gateway and reading.auth == "oauth2" and reading.bare and reading.status in (403, 404):
        return possible(
            reading.answered() + ", and nothing else is known of it.",
            "On some paths the gateway answers so to an access token that has ended.",
            weight=60,
            probe="Refresh the token and ask once more.",
        )
    if reading.gateway and reading.status == 401 and reading.auth == "oauth2" and not _scope_text(reading):
        return likely(
            reading.answered() + ".",
            "Access tokens live one hour.",
            weight=55,
            probe="Refresh the token and ask once more.",
        )
    return None


@OAUTH.on("auth-oauth-refresh-token-invalid", 400, 401, 403)
def refresh_refused(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if "expiration timestamp" in low:
        return None
    if "refresh_token is invalid" in low or "invalid refresh token" in low or "invalid_refresh_token" in low:
        return certain(reading.answered() + ".", reading.says(), weight=90)
    if reading.path.endswith("/oauth/token") and ("invalid_grant" in low or "unauthorized_client" in low):
        return likely(reading.answered() + ".", reading.says(), weight=80)
    return None


@OAUTH.on("auth-oauth-no-offline-access", 200)
def no_refresh_token(reading: Reading, case: Case) -> Claim | None:
    value = reading.fields
    if reading.path.endswith("/oauth/token") and "access_token" in value and "refresh_token" not in value:
        if "grant_type=client_credentials" in (reading.request.body or "") or "client_credentials" in reading.auth:
            return None
        return likely("The token answer holds no refresh_token, so access ends after one hour.", weight=80)
    return None


@OAUTH.on("auth-oauth-token-on-site-url", 401, 403, cloud=True)
def oauth_on_site(reading: Reading, case: Case) -> Claim | None:
    if (
        not reading.cloud
        or reading.gateway
        or reading.exchange.deployment == "connect"
        or "auth.atlassian" in reading.base_host
    ):
        return None
    if _scope_text(reading) or not (reading.site or "client must be authenticated" in reading.low):
        return None
    if reading.auth == "oauth2" or (reading.auth == "bearer" and reading.shape == "jwt"):
        return likely(
            reading.answered() + ".",
            "An OAuth access token was sent to the site; it is accepted on api.atlassian.com only.",
            weight=80,
            probe="Ask the same on https://api.atlassian.com/ex/jira/{cloudId}.",
        )
    return None


@OAUTH.on("auth-oauth-wrong-cloudid", 404, 401, 403)
def cloud_id_wrong(reading: Reading, case: Case) -> Claim | None:
    if not reading.gateway or "/ex/jira/" not in reading.request.base + reading.path:
        return None
    if reading.status == 404:
        value = reading.fields
        if ("timestamp" in value and "path" in value) or "no message available" in reading.low or not value:
            claim = likely if value else possible
            return claim(
                reading.answered() + ", in the gateway's own words."
                if value
                else reading.answered() + ", at the gateway.",
                weight=70 if value else 50,
                probe="Compare the cloud id with the one that https://<site>/_edge/tenant_info tells.",
            )
        return None
    if reading.route.endswith("/myself") and not _scope_text(reading) and case.facts.get("cloud_id") is None:
        return possible("The cloud id in the address may be another site's.", weight=35)
    return None


@OAUTH.on("auth-oauth-no-accessible-resources", 200)
def no_sites(reading: Reading, case: Case) -> Claim | None:
    if reading.path.endswith("/oauth/token/accessible-resources") and reading.json == []:
        return certain("The list of sites that this consent reaches is empty.", weight=85)
    return None


@OAUTH.on("auth-oauth-403-project-search", 403)
def gateway_project_search(reading: Reading, case: Case) -> Claim | None:
    if reading.gateway and "/project/search" in reading.route and not _scope_text(reading):
        return likely(reading.answered() + ".", "Atlassian does not document this refusal.", weight=60)
    return None


@OAUTH.on("auth-oauth-wrong-path-version", 403)
def gateway_v2(reading: Reading, case: Case) -> Claim | None:
    if reading.gateway and "/rest/api/2/" in reading.path and reading.auth == "oauth2" and not _scope_text(reading):
        return possible(reading.answered() + ".", "Early OAuth access knew version 3 of the interface only.", weight=45)
    return None


@OAUTH.on("oauth1-token-rejected", 401, 403, None)
def oauth1_rejected(reading: Reading, case: Case) -> Claim | None:
    return _oauth1(reading, "token_rejected", "token_revoked")


@OAUTH.on("oauth1-token-expired", 401, 403, None)
def oauth1_expired(reading: Reading, case: Case) -> Claim | None:
    return _oauth1(reading, "token_expired", "permission_denied_token_expired")


@OAUTH.on("oauth1-signature-invalid", 401, 403, None)
def oauth1_signature(reading: Reading, case: Case) -> Claim | None:
    return _oauth1(reading, "signature_invalid", "signature_method_rejected")


@OAUTH.on("oauth1-clock-or-nonce", 401, 403, None)
def oauth1_clock(reading: Reading, case: Case) -> Claim | None:
    return _oauth1(reading, "timestamp_refused", "nonce_used", "consumer_key_unknown", "permission_unknown")


def _oauth1(reading: Reading, *problems: str) -> Claim | None:
    asked = reading.head.get("www-authenticate", "")
    if "oauth_problem" not in reading.low and "oauth_problem" not in asked:
        return None
    text = reading.low + asked.lower()
    for problem in problems:
        if problem in text:
            return certain(reading.answered() + f", with oauth_problem={problem}.", weight=95)
    return None
