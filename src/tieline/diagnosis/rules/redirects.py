"""Redirects, by where they lead, and login pages that came in place of an answer (family D, second half)."""

from __future__ import annotations

import re

from tieline.diagnosis.case import Case
from tieline.diagnosis.hosts import Target, is_cloud_site, split_url
from tieline.diagnosis.reading import Reading, clean_text
from tieline.diagnosis.rules.addresses import SAML, rest
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely, possible

REDIRECTED = Family()
REDIRECTS = (301, 302, 303, 307, 308)

_NOT_JSON = re.compile(
    r"expecting value: line 1 column 1|invalid character '<'|unexpected token '?<|not recognized as json|not valid json"
    r"|jsondecodeerror|no json object could be decoded|unexpected character encountered while parsing value: <"
    r"|not json|html (?:redirect|login|page)|jsonparseexception|malformed json|syntax ?error: unexpected token"
)


def _leads(reading: Reading) -> str:
    return f"Location leads to {clean_text(reading.redirect.url, 120)}." if reading.redirect.url else ""


def _redirect_facts(reading: Reading) -> dict[str, str]:
    there = reading.redirect
    return {"location": clean_text(there.url, 160), "target_host": there.host} if there.url else {}


_LG8 = (
    "redirect-http-to-https: the scheme stays the same",
    "cloud-site-renamed: the target is no other atlassian.net site",
)


def _start_page_of_cloud(reading: Reading) -> bool:
    """Cloud sends everybody who asks for its start page to a login: that is no fault."""
    return reading.cloud and reading.path in ("", "/") and reading.method in ("GET", "HEAD")


@REDIRECTED.on("redirect-http-to-https", *REDIRECTS)
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
        return possible(
            reading.answered() + ".", "The address begins with http://, and most servers upgrade.", weight=60
        )
    return None


def _asked_by_our_door(reading: Reading) -> bool:
    """Our door measures every call and follows no redirect, so what it heard is the answer to what it asked."""
    return reading.exchange.elapsed_ms is not None and not reading.exchange.followed_redirect


@REDIRECTED.on("redirect-http-to-https", 405)
def post_became_get(reading: Reading, case: Case) -> Claim | None:
    if reading.request.base.startswith("http://") and not _asked_by_our_door(reading):
        return likely(
            reading.answered() + ".",
            "The address begins with http://: a followed redirect turns a POST into a GET.",
            weight=75,
        )
    if reading.exchange.followed_redirect:
        return likely(
            reading.answered() + ".", "The client followed a redirect, which turned the POST into a GET.", weight=55
        )
    return None


@REDIRECTED.on("redirect-http-to-https", 200)
def post_answered_with_a_list(reading: Reading, case: Case) -> Claim | None:
    if reading.method != "POST" or not reading.request.base.startswith("http://") or "/search" in reading.route:
        return None
    if _asked_by_our_door(reading):
        return None
    listed = reading.fields
    if "startAt" in listed and "total" in listed:
        return likely(
            reading.answered() + ", with a list, where a new thing is due.",
            "The address begins with http://: a followed redirect turned the POST into a GET, and nothing was written.",
            weight=70,
        )
    return None


@REDIRECTED.on("redirect-internal-host", *REDIRECTS)
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


@REDIRECTED.on("redirect-to-idp", *REDIRECTS)
def to_identity_provider(reading: Reading, case: Case) -> Claim | None:
    if reading.redirect.target is not Target.IDENTITY_PROVIDER or _start_page_of_cloud(reading):
        return None
    return certain(
        reading.answered() + ".",
        _leads(reading),
        "That is a sign-in service: a gateway asks for a browser login before Jira is reached.",
        weight=80,
        facts=_redirect_facts(reading),
        excluded=_LG8,
    )


@REDIRECTED.on("redirect-to-login-jsp", *REDIRECTS)
def to_login_page(reading: Reading, case: Case) -> Claim | None:
    if reading.redirect.target is not Target.LOGIN_PAGE or _start_page_of_cloud(reading):
        return None
    if "/secure/attachment" in reading.path and reading.auth in ("bearer", "unknown"):
        return None
    page = "" if rest(reading) else "The path asked for is a page; Jira sends strangers on pages to its login."
    return likely(reading.answered() + ".", _leads(reading), page, weight=70, facts=_redirect_facts(reading))


@REDIRECTED.on("dc-download-ignores-pat", 302, 303, cloud=False)
def download_with_token(reading: Reading, case: Case) -> Claim | None:
    a_file = "/secure/attachment" in reading.path or "/secure/thumbnail" in reading.path
    if a_file and reading.auth in ("bearer", "unknown") and not reading.cloud:
        return likely(
            reading.answered() + ".",
            _leads(reading),
            "Attachment pages of Data Center do not honour a token sent as Bearer.",
            weight=85,
        )
    return None


@REDIRECTED.on("cloud-site-renamed", *REDIRECTS)
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


@REDIRECTED.on("cloud-site-renamed", 405, cloud=True)
def renamed_post(reading: Reading, case: Case) -> Claim | None:
    if reading.cloud and reading.exchange.followed_redirect:
        return likely(reading.answered() + ".", "The client followed a redirect to another site before.", weight=60)
    return None


@REDIRECTED.on("url-wrong-context-path", *REDIRECTS, cloud=False)
def to_other_path(reading: Reading, case: Case) -> Claim | None:
    if reading.redirect.target is not Target.OTHER_PATH or reading.cloud:
        return None
    if not rest(reading):
        return None
    return likely(
        reading.answered() + ".",
        _leads(reading) + " It is the same host with another path.",
        weight=65,
        facts=_redirect_facts(reading),
    )


@REDIRECTED.on("redirect-generic-302", *REDIRECTS)
def somewhere_else(reading: Reading, case: Case) -> Claim | None:
    there = reading.redirect
    if _start_page_of_cloud(reading):
        return None
    if there.target is Target.NONE:
        return likely(
            reading.answered() + ", and the target is not told.",
            weight=50,
            probe="Read the Location header of that answer, without following it.",
        )
    if there.target is Target.OTHER_HOST or there.target is Target.OTHER_PATH:
        return likely(
            reading.answered() + ".",
            _leads(reading),
            weight=50,
            probe="Resolve the target host, and compare it with Jira's base URL.",
        )
    return None


@REDIRECTED.on("redirect-sso-html", 200, 203)
def login_page_as_answer(reading: Reading, case: Case) -> Claim | None:
    if reading.fields or isinstance(reading.json, list):
        return None
    if reading.html and (rest(reading) or reading.said):
        if (reading.cloud and reading.low.find("_edge/") >= 0) or "/wiki" in reading.path:
            return None
        because = [reading.answered() + ", a web page where JSON is due."]
        if reading.title:
            because.append(f"Its title is “{clean_text(reading.title, 80)}”.")
        if SAML.search(reading.low):
            because.append("It holds a sign-in form.")
            return likely(*because, weight=80)
        return likely(*because, weight=65)
    if reading.said and _NOT_JSON.search(reading.said.lower()):
        return likely(reading.answered() + ", but the client could not read it as JSON.", weight=60)
    return None


@REDIRECTED.on("redirect-sso-html", None)
def login_page_told(reading: Reading, case: Case) -> Claim | None:
    if reading.failure is None and reading.said and _NOT_JSON.search(reading.said.lower()):
        return possible("The client got something that is not JSON, most often a login page.", weight=50)
    return None


@REDIRECTED.on("base-url-mismatch", 200)
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
