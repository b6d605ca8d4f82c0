"""The state of a Cloud site or of a Data Center node, and which products it has (family E)."""

from __future__ import annotations

from tieline.diagnosis.case import Case
from tieline.diagnosis.hosts import split_url
from tieline.diagnosis.reading import Reading
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely, possible

SITE_STATE = Family()


@SITE_STATE.on("cloud-site-unavailable", 404, 503, 502, 200, 401, 403, None)
def edge_page(reading: Reading, case: Case) -> Claim | None:
    missing = reading.head.get("atl-missing-tcs", "").lower() == "true"
    page = "/_edge/resources" in reading.low or "atlassian cloud notifications" in reading.low
    if missing or page:
        what = "the header Atl-Missing-Tcs" if missing else "the notice page of Atlassian's edge"
        return likely(reading.answered() + f", with {what}.", "No living site answers under this name.", weight=70)
    if reading.site and reading.path == "/status" and reading.status == 503:
        return likely("The site's own status page answers 503 (service unavailable).", weight=80)
    at_the_root = not split_url(reading.request.base).path.strip("/")
    if reading.route.startswith("/_edge/tenant_info") and reading.status == 404 and at_the_root:
        return likely("Atlassian's edge knows no tenant under this name.", weight=85)
    return None


@SITE_STATE.on("cloud-no-jira-product", 404, cloud=True)
def no_jira_here(reading: Reading, case: Case) -> Claim | None:
    if not reading.route.endswith("/serverInfo") or not reading.cloud:
        return None
    if case.facts.get("cloud_id"):
        return likely(
            "The site exists (its cloud id is known), but "
            + reading.answered()[0].lower()
            + reading.answered()[1:]
            + ".",
            weight=80,
        )
    return None


@SITE_STATE.on("agile-not-licensed", 403)
def no_software_access(reading: Reading, case: Case) -> Claim | None:
    if ("/rest/agile/" not in reading.route and "/rest/greenhopper/" not in reading.route) or reading.gateway:
        return None
    return likely(
        reading.answered() + ".",
        "Board calls are refused this way when the account has no access to Jira Software.",
        weight=70,
    )


@SITE_STATE.on("cloud-user-no-product-access", 200, 403, cloud=True)
def no_product_access(reading: Reading, case: Case) -> Claim | None:
    if not reading.cloud or not reading.route.endswith("/myself"):
        return None
    roles = reading.fields.get("applicationRoles")
    if isinstance(roles, dict) and roles.get("size") == 0:
        return likely("The account is known, and the list of its Jira roles is empty.", weight=80)
    if reading.status == 403 and not reading.html and reading.auth != "bearer":
        return possible(reading.answered() + ": the account exists, but may not enter Jira.", weight=40)
    return None


@SITE_STATE.on_case("cloud-user-no-product-access")
def nothing_visible(case: Case) -> Claim | None:
    if case.logged_in and case.cloud and case.facts.get("visible_project_count") == 0:
        return likely("The login is accepted, and no project at all is visible to the account.", weight=75)
    return None


@SITE_STATE.on("cloud-ip-allowlist", 400, 401, 403, None)
def ip_not_listed(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if "ip address" in low and ("allowedlist" in low or "allow list" in low or "allowlist" in low):
        if "github" in low or "gitlab" in low:
            return None
        return likely(reading.answered() + ".", reading.says(), weight=90)
    return None


def _state(reading: Reading) -> str:
    value = reading.fields.get("state")
    return value.upper() if isinstance(value, str) else ""


@SITE_STATE.on("jira-maintenance", 503)
def maintenance(reading: Reading, case: Case) -> Claim | None:
    if _state(reading) == "MAINTENANCE":
        return certain(
            "Jira's status page says MAINTENANCE.", weight=90, excluded=("gateway-5xx: Jira itself answered",)
        )
    return None


@SITE_STATE.on("jira-starting", 200, 503)
def starting(reading: Reading, case: Case) -> Claim | None:
    state = _state(reading)
    if state in ("STARTING", "STOPPING", "FIRST_RUN"):
        return certain(
            f"Jira's status page says {state}; only RUNNING is ready.",
            weight=90,
            excluded=("gateway-5xx: Jira itself answered",),
        )
    if (
        reading.status == 503
        and reading.html
        and "jira" in reading.low
        and ("starting" in reading.low or "johnson" in reading.low)
    ):
        return likely(reading.answered() + ", with the page that Jira shows while it starts.", weight=75)
    return None


@SITE_STATE.on("jira-error-state", 500)
def state_error(reading: Reading, case: Case) -> Claim | None:
    if _state(reading) == "ERROR":
        return certain("Jira's status page says ERROR: it could not start.", weight=90)
    return None


@SITE_STATE.on("gateway-5xx", 502, 503, 504)
def gateway(reading: Reading, case: Case) -> Claim | None:
    if reading.fields.get("state") or "_edge/" in reading.low:
        return None
    return likely(
        reading.answered() + ": a proxy in front of Jira got no usable answer from it."
        if reading.status != 503
        else reading.answered() + ": Jira, or a proxy in front of it, is not able to serve.",
        weight=50,
    )


@SITE_STATE.on("jira-internal-fault", 500)
def internal(reading: Reading, case: Case) -> Claim | None:
    if _state(reading):
        return None
    return likely(reading.answered() + ".", reading.says(), weight=40)


@SITE_STATE.on("rest-api-disabled", 503, 403)
def rest_switched_off(reading: Reading, case: Case) -> Claim | None:
    if "rest api is disabled" in reading.low:
        return likely(reading.answered() + ".", "The page says that the REST interface is switched off.", weight=80)
    return None


@SITE_STATE.on("licence-expired", 401, 403, 400)
def licence(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if ("licen" in low) and ("expired" in low or "exceeded" in low or "not valid" in low or "invalid" in low):
        return likely(reading.answered() + ".", "The answer speaks of a licence that has ended.", weight=70)
    apps_page = reading.status == 401 and reading.html and not reading.login_reason and reading.self_hosted
    if apps_page and "unauthorized access" in low and "basic authentication failure" not in low:
        return likely(reading.answered() + ", a page without Jira's own line about the login.", weight=64)
    return None
