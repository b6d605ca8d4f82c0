"""Addresses: context paths, page links, other products, and every kind of redirect (family D)."""

from __future__ import annotations

import re

from tieline.diagnosis.case import Case
from tieline.diagnosis.hosts import Target, host_of, is_account_host, is_cloud_host, is_cloud_site, is_internal_name, is_private_ip, split_url
from tieline.diagnosis.reading import Reading, clean_text
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely, possible

ADDRESSES = Family()
REDIRECTS = (301, 302, 303, 307, 308)

_PAGE_PATH = re.compile(r"/browse/|/projects/|/secure/|/jira/software|/jira/core|/issues/|/login\.jsp|\.jspa|/boards/|/dashboard", re.I)
_WEB_SERVER_404 = re.compile(
    r"was not found on this server|<center>nginx|404 - file or directory not found|apache tomcat|the requested resource"
    r"|<h1>not found</h1>|<h1>404 not found|iis (?:web core|detailed)|cannot get /|no route was found|default backend|404 page not found"
)
_SAML = re.compile(r"samlrequest|samlresponse|name=[\"']?relaystate|/saml|wresult|openid|oauth2/authorize|id=[\"']?login-form|type=[\"']password|sso")
_NOT_JSON = re.compile(
    r"expecting value: line 1 column 1|invalid character '<'|unexpected token '?<|not recognized as json|not valid json"
    r"|jsondecodeerror|no json object could be decoded|unexpected character encountered while parsing value: <"
    r"|not json|html (?:redirect|login|page)|jsonparseexception|malformed json|syntax ?error: unexpected token"
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
        return likely(f"The address given is a page ({clean_text(address, 120)}), not the place where Jira begins.", weight=70)
    return None


@ADDRESSES.on("url-not-base", 200, 404, 302)
def page_in_base(reading: Reading, case: Case) -> Claim | None:
    base = split_url(reading.request.base)
    if base.path and _PAGE_PATH.search(base.path) and (reading.html or not reading.body):
        return likely(f"The base address holds a page's path: {clean_text(base.path, 80)}.", reading.answered() + ".", weight=75)
    return None


@ADDRESSES.on("url-extra-path", 404, 503)
def path_between(reading: Reading, case: Case) -> Claim | None:
    doubled = reading.path.count("/rest/") > 1 or "/rest/" in reading.request.base or _doubled_in_words(reading)
    dead_link = "dead link" in reading.low or (reading.html and reading.cloud and "x-seraph-loginreason" in reading.head)
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


def _doubled_in_words(reading: Reading) -> bool:
    return "api_url" in reading.path and "/rest/api" in reading.path


def _under_jira(reading: Reading) -> bool:
    return "/jira" in split_url(reading.request.base).path or reading.path.startswith("/jira/")


@ADDRESSES.on("url-cloud-with-context-path", 404, 302, 301)
def jira_below_cloud(reading: Reading, case: Case) -> Claim | None:
    if not reading.cloud or reading.gateway or not _under_jira(reading) or not rest(reading):
        return None
    if reading.status == 404 and "missing-tcs" in " ".join(reading.head):
        return None
    because = (reading.answered() + ".", "The address ends with /jira, which Cloud sites do not have for their interface.")
    if reading.who is not None:
        because = (*because, f"The answer still names the account {reading.who}, so the login is right.")
        return certain(*because, weight=85, excluded=("url-extra-path: the extra path is /jira",))
    return likely(*because, weight=85)


@ADDRESSES.on("url-wrong-context-path", 404, 200)
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


@ADDRESSES.on("url-trailing-slash", 404, 401, 405)
def double_slash(reading: Reading, case: Case) -> Claim | None:
    if reading.cloud or "//rest/" not in reading.path:
        return None
    if reading.status == 401:
        return None
    return likely(reading.answered() + ".", "The path begins with two slashes: the address ended with one.", weight=85)


@ADDRESSES.on("url-missing-rest-suffix", 404)
def rest_left_out(reading: Reading, case: Case) -> Claim | None:
    if "/rest/" not in reading.path and re.match(r"^(?:/[\w-]+)?/(?:api|agile|auth)/(?:\d|latest|1\.0)(?:\.\d)?/", reading.path):
        return likely(reading.answered() + ".", "The path lacks /rest before /api.", weight=80)
    return None


@ADDRESSES.on("url-custom-domain", 401, 403, 404)
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
    envelope = '"statuscode":403' in reading.low.replace(" ", "") and "stackless" in reading.low
    marked = "%2fwiki" in realm.lower() or 'name="confluence' in reading.low or "confluence" in reading.title.lower()
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
    if is_account_host(host) or host in ("bitbucket.org", "github.com", "gitlab.com", "trello.com", "www.atlassian.com"):
        return certain(f"{host} is no Jira: it belongs to another service.", weight=90)
    return None


@ADDRESSES.on("url-not-jira-other", 200, 404)
def other_product(reading: Reading, case: Case) -> Claim | None:
    if not reading.route.endswith("/serverInfo") or reading.from_jira or reading.cloud and reading.site:
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
    if reading.status == 200 and reading.html and reading.title and not _jira_page(reading) and not _SAML.search(reading.low):
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
    return likely(f"{host} belongs to another Atlassian service.", weight=70) if is_account_host(host) else None


# --- redirects --------------------------------------------------------------------------------------------------------


def _leads(reading: Reading) -> str:
    return f"Location leads to {clean_text(reading.redirect.url, 120)}." if reading.redirect.url else ""


def _redirect_facts(reading: Reading) -> dict[str, str]:
    there = reading.redirect
    return {"location": clean_text(there.url, 160), "target_host": there.host} if there.url else {}


_LG8 = (
    "redirect-http-to-https: the scheme stays the same",
    "cloud-site-renamed: the target is no other atlassian.net site",
)


@ADDRESSES.on("redirect-http-to-https", *REDIRECTS)
def to_https(reading: Reading, case: Case) -> Claim | None:
    if reading.redirect.target is Target.SAME_HOST_HTTPS:
        return certain(
            reading.answered() + ".",
            _leads(reading) + " It is the same host with https.",
            weight=80,
            facts=_redirect_facts(reading),
            excluded=("redirect-internal-host: the host stays the same", "redirect-to-idp: the host stays the same"),
        )
    if reading.request.base.startswith("http://") and not reading.redirect.url:
        return possible(reading.answered() + ".", "The address begins with http://, and most servers upgrade.", weight=60)
    return None


@ADDRESSES.on("redirect-http-to-https", 405)
def post_became_get(reading: Reading, case: Case) -> Claim | None:
    if reading.request.base.startswith("http://"):
        return likely(
            reading.answered() + ".", "The address begins with http://: a followed redirect turns a POST into a GET.", weight=75
        )
    if reading.exchange.followed_redirect:
        return likely(reading.answered() + ".", "The client followed a redirect, which turned the POST into a GET.", weight=55)
    return None


@ADDRESSES.on("redirect-internal-host", *REDIRECTS)
def to_internal(reading: Reading, case: Case) -> Claim | None:
    if reading.redirect.target is not Target.INTERNAL_HOST:
        return None
    return certain(
        reading.answered() + ".",
        _leads(reading),
        f"{reading.redirect.host} is an address or a name that only an internal network knows.",
        weight=80,
        facts=_redirect_facts(reading),
        excluded=_LG8,
    )


@ADDRESSES.on("redirect-to-idp", *REDIRECTS)
def to_identity_provider(reading: Reading, case: Case) -> Claim | None:
    if reading.redirect.target is not Target.IDENTITY_PROVIDER:
        return None
    return certain(
        reading.answered() + ".",
        _leads(reading),
        "That is a sign-in service: a gateway asks for a browser login before Jira is reached.",
        weight=80,
        facts=_redirect_facts(reading),
        excluded=_LG8,
    )


@ADDRESSES.on("redirect-to-login-jsp", *REDIRECTS)
def to_login_page(reading: Reading, case: Case) -> Claim | None:
    if reading.redirect.target is not Target.LOGIN_PAGE:
        return None
    if "/secure/attachment" in reading.path:
        return None
    page = "" if rest(reading) else "The path asked for is a page; Jira sends strangers on pages to its login."
    return likely(reading.answered() + ".", _leads(reading), page, weight=70, facts=_redirect_facts(reading))


@ADDRESSES.on("dc-download-ignores-pat", 302, 303)
def download_with_token(reading: Reading, case: Case) -> Claim | None:
    if reading.path.startswith(("/secure/attachment", "/secure/thumbnail")) or "/secure/attachment/" in reading.path:
        if reading.auth in ("bearer", "unknown") and not reading.cloud:
            return likely(
                reading.answered() + ".",
                _leads(reading),
                "Attachment pages of Data Center do not honour a token sent as Bearer.",
                weight=85,
            )
    return None


@ADDRESSES.on("cloud-site-renamed", *REDIRECTS)
def renamed(reading: Reading, case: Case) -> Claim | None:
    if reading.redirect.target is not Target.OTHER_CLOUD_SITE:
        return None
    if reading.base_host and not is_cloud_site(reading.base_host):
        return likely(reading.answered() + ".", _leads(reading), weight=70, facts=_redirect_facts(reading))
    return certain(
        reading.answered() + ".",
        _leads(reading) + " It is another Cloud site.",
        weight=80,
        facts=_redirect_facts(reading),
        excluded=("redirect-internal-host: the target is public", "redirect-to-idp: the target is a Jira site"),
    )


@ADDRESSES.on("cloud-site-renamed", 405)
def renamed_post(reading: Reading, case: Case) -> Claim | None:
    if reading.cloud and reading.exchange.followed_redirect:
        return likely(reading.answered() + ".", "The client followed a redirect to another site before.", weight=60)
    return None


@ADDRESSES.on("url-wrong-context-path", *REDIRECTS)
def to_other_path(reading: Reading, case: Case) -> Claim | None:
    if reading.redirect.target is not Target.OTHER_PATH or reading.cloud:
        return None
    if not rest(reading):
        return None
    return likely(
        reading.answered() + ".", _leads(reading) + " It is the same host with another path.", weight=65, facts=_redirect_facts(reading)
    )


@ADDRESSES.on("redirect-generic-302", *REDIRECTS)
def somewhere_else(reading: Reading, case: Case) -> Claim | None:
    there = reading.redirect
    if reading.cloud and reading.path in ("", "/") and reading.method == "GET":
        return None
    if there.target is Target.NONE:
        return likely(
            reading.answered() + ", and the target is not told.",
            weight=50,
            probe="Read the Location header of that answer, without following it.",
        )
    if there.target is Target.OTHER_HOST or there.target is Target.OTHER_PATH:
        return likely(
            reading.answered() + ".", _leads(reading), weight=50, probe="Resolve the target host, and compare it with Jira's base URL."
        )
    return None


@ADDRESSES.on("redirect-sso-html", 200, 203)
def login_page_as_answer(reading: Reading, case: Case) -> Claim | None:
    if reading.fields or isinstance(reading.json, list):
        return None
    if reading.html and (rest(reading) or reading.said):
        if reading.cloud and reading.low.find("_edge/") >= 0 or "/wiki" in reading.path:
            return None
        because = [reading.answered() + ", a web page where JSON is due."]
        if reading.title:
            because.append(f"Its title is “{clean_text(reading.title, 80)}”.")
        if _SAML.search(reading.low):
            because.append("It holds a sign-in form.")
            return likely(*because, weight=80)
        return likely(*because, weight=65)
    if reading.said and _NOT_JSON.search(reading.said.lower()):
        return likely(reading.answered() + ", but the client could not read it as JSON.", weight=60)
    return None


@ADDRESSES.on("redirect-sso-html", None)
def login_page_told(reading: Reading, case: Case) -> Claim | None:
    if reading.failure is None and reading.said and _NOT_JSON.search(reading.said.lower()):
        return possible("The client got something that is not JSON, most often a login page.", weight=50)
    return None


@ADDRESSES.on("base-url-mismatch", 200)
def other_base_url(reading: Reading, case: Case) -> Claim | None:
    told = reading.fields.get("baseUrl") if reading.route.endswith("/serverInfo") else None
    if not isinstance(told, str) or not reading.base_host or reading.gateway:
        return None
    theirs, ours = split_url(told), split_url(reading.request.base)
    same = (theirs.hostname or "") == (ours.hostname or "") and theirs.path.rstrip("/") == ours.path.rstrip("/")
    if same and (theirs.scheme == ours.scheme):
        return None
    return likely(
        f"Jira calls itself {clean_text(told, 100)}; the address used is {clean_text(reading.request.base, 100)}.",
        weight=20,
        facts={"jira_base_url": clean_text(told, 100)},
    )
