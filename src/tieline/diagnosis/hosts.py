"""Hosts and redirect targets: what kind of place an address is. Pure: nothing is resolved here."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import SplitResult, urljoin, urlsplit

GATEWAY_HOST = "api.atlassian.com"
_CLOUD_SUFFIXES = (".atlassian.net", ".jira.com", ".jira-dev.com")
_ATLASSIAN_ACCOUNT_HOSTS = frozenset(
    {"id.atlassian.com", "admin.atlassian.com", "home.atlassian.com", "start.atlassian.com", "auth.atlassian.com"}
)
_INTERNAL_SUFFIXES = (
    ".local", ".corp", ".internal", ".intranet", ".lan", ".home", ".localdomain", ".private", ".intra", ".localhost",
    ".svc", ".home.arpa",
)  # fmt: skip
_IDP_SUFFIXES = (
    "login.microsoftonline.com", ".okta.com", ".oktapreview.com", ".okta-emea.com", "accounts.google.com",
    ".amazoncognito.com", ".cloudflareaccess.com", ".auth0.com", ".onelogin.com", ".pingidentity.com", ".pingone.com",
    ".pingone.eu", "login.windows.net", "sts.windows.net", ".b2clogin.com", ".duosecurity.com", ".jumpcloud.com",
    ".login.gov", "login.microsoftonline.us", ".mysso.com", ".awsapps.com",
)  # fmt: skip
_IDP_PATH = re.compile(
    r"/adfs/|/my\.policy|/plugins/servlet/(?:saml|samlsso|oidc|sso)|/saml2?(?:/|$|\?)|/simplesaml|/idp/"
    r"|/oauth2/(?:v\d/)?authorize|/realms/[^/]+/protocol/|/cas/login|/siteminderagent|/nidp/|/oidc/auth|/authorize\?",
    re.IGNORECASE,
)
_IDP_QUERY = re.compile(r"(?:^|[?&])(?:SAMLRequest|wtrealm|wa=wsignin|client_id=[^&]+&.*redirect_uri)", re.IGNORECASE)


class Target(StrEnum):
    """Where a redirect leads, judged by its text alone."""

    NONE = "none"
    SAME_HOST_HTTPS = "same-host-https"
    LOGIN_PAGE = "login-page"
    IDENTITY_PROVIDER = "identity-provider"
    INTERNAL_HOST = "internal-host"
    OTHER_CLOUD_SITE = "other-cloud-site"
    OTHER_PATH = "other-path"
    OTHER_HOST = "other-host"


@dataclass(frozen=True, slots=True)
class Redirect:
    """A ``Location`` taken apart. ``host`` is lower case and empty for an unreadable target."""

    target: Target
    host: str = ""
    url: str = ""


@lru_cache(maxsize=4096)
def split_url(text: str) -> SplitResult:
    """``urlsplit`` that answers an empty result where the text cannot be an address."""
    try:
        parts = urlsplit(text.strip())
        _ = parts.port, parts.hostname
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


@lru_cache(maxsize=4096)
def host_of(address: str) -> str:
    """Lower-case host of an address with or without scheme; empty when there is none."""
    if not address:
        return ""
    parts = split_url(address if "://" in address else f"https://{address}")
    return (parts.hostname or "").rstrip(".")


def is_cloud_host(host: str) -> bool:
    """An Atlassian Cloud site or the gateway."""
    return host == GATEWAY_HOST or host == "auth.atlassian.com" or host.endswith(_CLOUD_SUFFIXES)


def is_cloud_site(host: str) -> bool:
    return host.endswith(_CLOUD_SUFFIXES)


def is_account_host(host: str) -> bool:
    """Atlassian's own pages for accounts and administration: no Jira lives there."""
    return host in _ATLASSIAN_ACCOUNT_HOSTS


def is_private_ip(host: str) -> bool:
    """A literal address that is not reachable over the public internet."""
    try:
        ip = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return not ip.is_global or ip.is_multicast


def is_internal_name(host: str) -> bool:
    """A name that only an internal resolver can know: one label, or a suffix never delegated on the internet."""
    if not host:
        return False
    return ("." not in host and ":" not in host) or host.endswith(_INTERNAL_SUFFIXES)


def _is_idp(host: str, path_and_query: str) -> bool:
    return (
        host.endswith(_IDP_SUFFIXES)
        or host in _IDP_SUFFIXES
        or host.startswith(("sso.", "idp.", "adfs.", "sts.", "saml.", "login.", "auth.", "keycloak."))
        or bool(_IDP_PATH.search(path_and_query))
        or bool(_IDP_QUERY.search(path_and_query))
    )


@lru_cache(maxsize=4096)
def classify_location(asked: str, location: str) -> Redirect:
    """Where ``Location`` leads, seen from the address that was asked. Nothing is followed or resolved."""
    location = location.strip()
    if not location:
        return Redirect(Target.NONE)
    origin = split_url(asked)
    try:
        absolute = urljoin(asked, location) if origin.scheme else location
    except ValueError:
        return Redirect(Target.NONE)
    there = split_url(absolute)
    host = (there.hostname or "").rstrip(".").lower()
    rest = there.path + ("?" + there.query if there.query else "")
    here_host = (origin.hostname or "").rstrip(".").lower()
    lowered = rest.lower()
    if not there.scheme and not host:
        if lowered.startswith("/") and "login" in lowered:
            return Redirect(Target.LOGIN_PAGE, "", location)
        if "login" in location.lower():
            return Redirect(Target.LOGIN_PAGE, "", location)
        return Redirect(Target.OTHER_PATH if lowered.startswith("/") else Target.NONE, "", location)
    if host == here_host or not host:
        if _IDP_PATH.search(rest) or _IDP_QUERY.search(rest):
            return Redirect(Target.IDENTITY_PROVIDER, host, absolute)
        if "/login.jsp" in lowered or lowered.startswith("/login") or "permissionviolation" in lowered:
            return Redirect(Target.LOGIN_PAGE, host, absolute)
        if origin.scheme == "http" and there.scheme == "https":
            return Redirect(Target.SAME_HOST_HTTPS, host, absolute)
        return Redirect(Target.OTHER_PATH, host, absolute)
    if is_private_ip(host) or is_internal_name(host):
        return Redirect(Target.INTERNAL_HOST, host, absolute)
    if is_cloud_site(host):
        return Redirect(Target.OTHER_CLOUD_SITE, host, absolute)
    if is_account_host(host) or _is_idp(host, rest):
        return Redirect(Target.IDENTITY_PROVIDER, host, absolute)
    if "login.jsp" in lowered:
        return Redirect(Target.LOGIN_PAGE, host, absolute)
    return Redirect(Target.OTHER_HOST, host, absolute)
