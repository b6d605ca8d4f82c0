"""Addresses: context paths, page links, other products, and every kind of redirect (family D)."""

from __future__ import annotations

import re

from tieline.diagnosis.case import Case
from tieline.diagnosis.hosts import (
    host_of,
    is_account_host,
    is_cloud_host,
    is_internal_name,
    is_private_ip,
    split_url,
)
from tieline.diagnosis.reading import Reading, clean_text
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely, possible

ADDRESSES = Family()

_PAGE_PATH = re.compile(
    r"/browse/|/projects/|/secure/|/jira/software|/jira/core|/issues/|/login\.jsp|\.jspa|/boards/|/dashboard",
    re.IGNORECASE,
)
_WEB_SERVER_404 = re.compile(
    r"was not found on this server|<center>nginx|404 - file or directory not found|apache tomcat|the requested resource"
    r"|<h1>not found</h1>|<h1>404 not found|iis (?:web core|detailed)|cannot get /|no route was found|default backend|404 page not found"
)
SAML = re.compile(
    r"samlrequest|samlresponse|name=[\"']?relaystate|/saml|wresult|openid|oauth2/authorize|id=[\"']?login-form|type=[\"']password|sso"
)


def rest(reading: Reading) -> bool:
    return reading.route.startswith(("/rest/", "//rest/"))


# --- the setting ------------------------------------------------------------------------------------------------------


@ADDRESSES.on_case("url-not-base")
def page_address(case: Case) -> Claim | None:
    address = case.settings.address
    if not address or case.facts.get("product") == "jira":
        return None
    parts = split_url(address if "://" in address else f"https://{address}")
    if _PAGE_PATH.search(parts.path) or parts.query or parts.fragment:
        return likely(
            f"The address given is a page ({clean_text(address, 120)}), not the place where Jira begins.", weight=70
        )
    return None


@ADDRESSES.on("url-not-base", 200, 404, 302)
def page_in_base(reading: Reading, case: Case) -> Claim | None:
    base = split_url(reading.request.base)
    if base.path and _PAGE_PATH.search(base.path) and (reading.html or not reading.body):
        return likely(
            f"The base address holds a page's path: {clean_text(base.path, 80)}.", reading.answered() + ".", weight=75
        )
    return None


@ADDRESSES.on("url-extra-path", 404, 503)
def path_between(reading: Reading, case: Case) -> Claim | None:
    doubled = reading.path.count("/rest/") > 1 or "/rest/" in reading.request.base or _doubled_in_words(reading)
    dead_link = "dead link" in reading.low or (
        reading.html and reading.cloud and "x-seraph-loginreason" in reading.head
    )
    if not reading.cloud or reading.gateway:
        return None
    if dead_link and not _under_jira(reading):
        return likely(
            reading.answered() + ", with the page of a living Jira site for a path that it does not have.",
            "So host and product are right, and something stands between the host and /rest.",
            weight=75,
        )
    if doubled:
        return likely(
            reading.answered() + ".",
            "The path holds /rest twice: the address already carried it.",
            weight=75,
            probe="Ask /rest/api/2/serverInfo directly below the host: JSON proves host and product.",
        )
    return None


@ADDRESSES.on_case("url-extra-path")
def rest_in_address(case: Case) -> Claim | None:
    if case.facts.get("product") == "jira":
        return None
    path = split_url(case.settings.address).path
    if "/rest/" not in path + "/" or _PAGE_PATH.search(path):
        return None
    return likely(
        f"The address given already holds {clean_text(path, 80)}, and every question is put behind it.",
        weight=88,
        probe="Ask /rest/api/2/serverInfo directly below the host: JSON proves host and product.",
    )


def _doubled_in_words(reading: Reading) -> bool:
    return "api_url" in reading.path and "/rest/api" in reading.path


def _under_jira(reading: Reading) -> bool:
    return "/jira" in split_url(reading.request.base).path or reading.path.startswith("/jira/")


@ADDRESSES.on("url-cloud-with-context-path", 404, 302, 301, cloud=True)
def jira_below_cloud(reading: Reading, case: Case) -> Claim | None:
    if not reading.cloud or reading.gateway or not _under_jira(reading) or not rest(reading):
        return None
    if reading.status == 404 and "missing-tcs" in " ".join(reading.head):
        return None
    because: tuple[str, ...] = (
        reading.answered() + ".",
        "The address ends with /jira, which Cloud sites do not have for their interface.",
    )
    if reading.who is not None:
        because = (*because, f"The answer still names the account {reading.who}, so the login is right.")
        return certain(*because, weight=85, excluded=("url-extra-path: the extra path is /jira",))
    return likely(*because, weight=85)


@ADDRESSES.on("url-wrong-context-path", 404, 200, cloud=False)
def context_path(reading: Reading, case: Case) -> Claim | None:
    if reading.cloud or not rest(reading) or reading.from_jira or reading.fields or reading.path.startswith("//"):
        return None
    if reading.status == 200:
        return None
    text = reading.low
    page = _WEB_SERVER_404.search(text)
    if page is None and not (reading.html and not _jira_page(reading)):
        return None
    if case.facts.get("context_paths_tried") and not case.facts.get("context_path_found"):
        return possible("No Jira was found under the usual paths either.", weight=30)
    if "http status 404" in text and "jira" in text:
        return None
    return likely(
        reading.answered() + ", written by the web server and not by Jira.",
        "Jira may live under a path such as /jira on this host.",
        weight=65,
    )


def _jira_page(reading: Reading) -> bool:
    return "ajs-" in reading.low or "jira" in reading.title.lower()


@ADDRESSES.on_case("url-wrong-context-path")
def context_path_found(case: Case) -> Claim | None:
    path = case.facts.get("context_path_found")
    if not isinstance(path, str):
        return None
    return certain(
        f"Jira answers under {clean_text(path, 80)} on the same host.",
        weight=90,
        facts={"context_path": path},
        excluded=("redirect-internal-host: the host is right", "url-not-jira-other: Jira answers on this host"),
    )


@ADDRESSES.on("url-trailing-slash", 404, 401, 405, cloud=False)
def double_slash(reading: Reading, case: Case) -> Claim | None:
    if reading.cloud or "//rest/" not in reading.path:
        return None
    if reading.status == 401:
        return None
    return likely(reading.answered() + ".", "The path begins with two slashes: the address ended with one.", weight=85)


@ADDRESSES.on("url-missing-rest-suffix", 404)
def rest_left_out(reading: Reading, case: Case) -> Claim | None:
    if "/rest/" not in reading.path and re.match(
        r"^(?:/[\w-]+)?/(?:api|agile|auth)/(?:\d|latest|1\.0)(?:\.\d)?/", reading.path
    ):
        return likely(reading.answered() + ".", "The path lacks /rest before /api.", weight=80)
    return None


@ADDRESSES.on("url-custom-domain", 401, 403, 404, cloud=True)
def vanity_host(reading: Reading, case: Case) -> Claim | None:
    host = reading.base_host
    if not reading.cloud or is_cloud_host(host) or "." not in host or reading.gateway:
        return None
    if is_private_ip(host) or is_internal_name(host):
        return None
    return likely(
        reading.answered() + ".",
        f"{host} is a name of your own in front of Jira Cloud; Jira's interface answers on the atlassian.net name only.",
        weight=80,
    )


@ADDRESSES.on("url-not-jira-confluence", 401, 403, 404, 200)
def confluence(reading: Reading, case: Case) -> Claim | None:
    realm = reading.head.get("www-authenticate", "")
    wiki_path = reading.path.startswith("/wiki") or split_url(reading.request.base).path.startswith("/wiki")
    if reading.status == 200 and not (wiki_path and reading.html):
        return None
    envelope = "stackless" in reading.low and '"statuscode":403' in reading.low.replace(" ", "")
    named = "confluence" in reading.low
    marked = named and ('name="confluence' in reading.low or "confluence" in reading.title.lower())
    marked = marked or "%2fwiki" in realm.lower()
    if envelope or marked or (wiki_path and reading.status != 200) or (wiki_path and reading.html):
        return likely(
            reading.answered() + ".",
            "The answer is Confluence's: its path, login realm or envelope is not one that Jira uses.",
            weight=85,
        )
    return None


@ADDRESSES.on_case("url-not-jira-other")
def other_product_host(case: Case) -> Claim | None:
    host = host_of(case.settings.address)
    if is_account_host(host) or host in (
        "bitbucket.org",
        "github.com",
        "gitlab.com",
        "trello.com",
        "www.atlassian.com",
    ):
        return certain(
            f"{host} is no Jira: it belongs to another service.",
            weight=90,
            excluded=("url-wrong-context-path: no Jira lives on this host under any path",),
        )
    return None


@ADDRESSES.on("url-not-jira-other", 200, 404)
def other_product(reading: Reading, case: Case) -> Claim | None:
    if not reading.route.endswith("/serverInfo") or reading.from_jira or (reading.cloud and reading.site):
        return None
    value = reading.fields
    if reading.status == 200 and value and "deploymentType" not in value and "baseUrl" not in value:
        return likely(
            reading.answered() + ", JSON without the fields that Jira's serverInfo always has.",
            "Something else answers on this address.",
            weight=60,
        )
    if reading.status == 404 and case.facts.get("context_paths_tried") and not case.facts.get("context_path_found"):
        title = clean_text(reading.title, 80)
        return likely(
            reading.answered() + (f", a page titled “{title}”." if title else "."),
            "No Jira was found under the usual paths of this host.",
            weight=68,
            facts={"page_title": title} if title else {},
        )
    if (
        reading.status == 200
        and reading.html
        and reading.title
        and not _jira_page(reading)
        and not SAML.search(reading.low)
    ):
        return possible(
            f"The page is titled “{clean_text(reading.title, 80)}”.",
            "No mark of Jira is on it.",
            weight=45,
            facts={"page_title": clean_text(reading.title, 80)},
        )
    return None


@ADDRESSES.on("url-not-jira-other", 403, 405, 501)
def other_product_refusal(reading: Reading, case: Case) -> Claim | None:
    host = reading.base_host
    return (
        likely(f"{host} belongs to another Atlassian service.", weight=70)
        if is_account_host(host) and not reading.path.startswith("/oauth")
        else None
    )
