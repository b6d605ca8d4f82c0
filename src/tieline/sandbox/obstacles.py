"""The faults that stand in front of Jira: redirects, gateways, other products, sick nodes. Pure."""

from .ask import Answer, page
from .options import Edition
from .pages_of_others import (
    apache_found,
    apache_not_found,
    bad_gateway,
    cloud_page_unavailable,
    cloudfront_refusal,
    confluence_not_found,
    other_product,
    sso_login_form,
    tomcat_status,
    waf_block,
)

CONTEXT = "/jira"


def plan_obstacle(
    faults: frozenset[str], *, edition: Edition, host: str, path: str, query: str, get_with_body: bool
) -> Answer | None:
    """What answers instead of Jira, if anything does. `host` is the Host header."""
    full = path + (f"?{query}" if query else "")
    return (
        _redirect(faults, host=host, path=path, full=full)
        or _other(faults, path=path, get_with_body=get_with_body)
        or (_cloud_state(faults, path=path) if edition == "cloud" else _dc_state(faults, path=path))
    )


def _moved(location: str, status: int = 302) -> Answer:
    return page(status, apache_found(location), ("Location", location))


def _redirect(faults: frozenset[str], *, host: str, path: str, full: str) -> Answer | None:
    name = host.rsplit(":", 1)[0] if ":" in host and not host.endswith("]") else host
    if "redirect-http-to-https" in faults:
        return _moved(f"https://{name}{full}", 301)
    if "redirect-internal-host" in faults:
        return _moved(f"http://10.0.0.5:8080{full}")
    if "redirect-to-idp" in faults:
        return _moved(
            "https://login.idp.example/saml2/sso?SAMLRequest=fZJNT8MwDIb%2FSs69r2k7oFo1igGTmMTHtBYO3NLU&RelayState=ss%3Amem%3A1f0c"
        )
    if "redirect-to-login-jsp" in faults and path != "/login.jsp":
        return _moved(f"/login.jsp?permissionViolation=true&os_destination={path}")
    if "redirect-generic-302" in faults:
        return page(302, "")
    if "cloud-site-renamed" in faults:
        return _moved(f"https://skerry-lines-renamed.atlassian.net{full}")
    return None


def _other(faults: frozenset[str], *, path: str, get_with_body: bool) -> Answer | None:
    if "redirect-sso-html" in faults:
        return page(200, sso_login_form())
    if "url-not-jira-other" in faults:
        return page(200 if path == "/" else 404, other_product(path), ("Server", "nginx"))
    if "url-not-jira-confluence" in faults:
        if path.startswith(("/rest/api/content", "/wiki/rest/api")):
            return Answer(payload={"results": [], "start": 0, "limit": 25, "size": 0, "_links": {"context": "/wiki"}})
        return page(404, confluence_not_found(), ("X-Confluence-Request-Time", "1767225600000"))
    if "waf-html-block" in faults:
        return page(403, waf_block())
    if "gateway-5xx" in faults:
        return page(502, bad_gateway(), ("Server", "nginx"))
    if "client-get-with-body" in faults and get_with_body:
        return page(403, cloudfront_refusal(), ("Server", "CloudFront"))
    return None


def _cloud_state(faults: frozenset[str], *, path: str) -> Answer | None:
    missing = ("Atl-Missing-Tcs", "true")
    if "cloud-site-unavailable" in faults:
        return page(503 if path == "/status" else 404, cloud_page_unavailable(), missing)
    if "cloud-no-jira-product" in faults and not path.startswith("/_edge"):
        if path.startswith("/wiki/"):
            return Answer(payload={"results": [], "start": 0, "limit": 25, "size": 0, "_links": {"context": "/wiki"}})
        return page(404, cloud_page_unavailable(), missing)
    if "cloud-ip-allowlist" in faults and not path.startswith("/_edge"):
        text = (
            "The IP address has been rejected because it is not on the allowedlist. "
            "See your admin for more information."
        )
        return Answer(status=403, payload={"message": text})
    return None


def _dc_state(faults: frozenset[str], *, path: str) -> Answer | None:
    if path == "/status":
        return None
    if {"jira-maintenance", "jira-starting", "jira-error-state"} & faults:
        return page(503, tomcat_status(503, "Service Unavailable", "Jira is not available."), ("Retry-After", "30"))
    if "rest-api-disabled" in faults and path.startswith("/rest/"):
        return page(503, tomcat_status(503, "Service Unavailable", "Rest API is disabled"))
    return None


def strip_context(path: str) -> str | Answer:
    """With the context path fault on, only what stands below `/jira` is Jira's."""
    if path == CONTEXT or path.startswith(CONTEXT + "/"):
        return path.removeprefix(CONTEXT) or "/"
    if path == "/":
        return _moved(CONTEXT + "/")
    return page(404, apache_not_found(path), ("Server", "Apache/2.4.62 (Debian)"))
