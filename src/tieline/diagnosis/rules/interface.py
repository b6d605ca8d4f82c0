"""Differences and removals of Jira's interface (family L), limits (M), settings of the integration (N), our own."""

from __future__ import annotations

import re

from tieline.diagnosis.case import Case
from tieline.diagnosis.reading import JSON_LIMIT, Reading, clean_text
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely, possible
from tieline.diagnosis.rules.network import told

INTERFACE = Family()

_NO_ROUTE = '"status-code":404'
_PROJECT_KEY = re.compile(r"^[A-Z][A-Z0-9_]+$")
_KEY_QUOTED = re.compile(r"with key '([^']+)'", re.IGNORECASE)
_ON_ISSUE = re.compile(r"/issue(?:/|$)")


def _dc_route_missing(reading: Reading) -> bool:
    value = reading.fields
    return reading.status == 404 and (
        (value.get("status-code") == 404 and "sub-code" in value) or "null for uri" in reading.low
    )


@INTERFACE.on("api-search-removed", 410, None)
def search_removed(reading: Reading, case: Case) -> Claim | None:
    if "change-2046" in reading.low:
        return certain(reading.answered() + ".", "Jira names the change CHANGE-2046 itself.", weight=95)
    if reading.status == 410 and ("/search" in reading.path or "search" in reading.low):
        return certain(reading.answered() + ": the search was taken away for good.", weight=90)
    if reading.status == 410 and reading.cloud:
        return likely(reading.answered() + ": what was asked for was taken away for good.", weight=70)
    return None


@INTERFACE.on("api-createmeta-removed-dc9", 404, cloud=False)
def createmeta_removed(reading: Reading, case: Case) -> Claim | None:
    if not reading.route.rstrip("/").endswith("createmeta") or reading.cloud:
        return None
    if reading.fields.get("errorMessages"):
        return certain(
            reading.answered() + ".",
            "Jira read the word createmeta as an issue key, as it does since version 9.",
            weight=92,
        )
    return likely(reading.answered() + ".", "Jira 9 no longer has this call.", weight=85)


@INTERFACE.on("api-v3-on-dc", 301, 302, 303, 401, 404, 405, cloud=False)
def cloud_call_on_dc(reading: Reading, case: Case) -> Claim | None:
    if reading.cloud or not (reading.self_hosted or case.self_hosted):
        return None
    v3 = "/rest/api/3/" in reading.path
    if not v3 and "/search/jql" not in reading.path:
        return None
    if reading.status == 401 and reading.login_reason:
        return None
    what = "version 3 of the interface" if v3 else "the search of Cloud"
    return likely(reading.answered() + ".", f"The path belongs to {what}, which Data Center does not have.", weight=88,
                  probe="Ask /rest/api/2/serverInfo: deploymentType Server settles it.")  # fmt: skip


@INTERFACE.on("api-wrong-deployment", 200)
def other_edition(reading: Reading, case: Case) -> Claim | None:
    told = reading.fields.get("deploymentType") if reading.route.endswith("/serverInfo") else None
    if not isinstance(told, str):
        return None
    chosen = str(case.facts.get("chosen_edition", ""))
    if chosen in ("cloud", "dc") and (told == "Cloud") != (chosen == "cloud"):
        return certain(f"serverInfo says deploymentType {clean_text(told, 20)}; the settings say {chosen}.", weight=85)
    return None


@INTERFACE.on("api-project-search-on-dc", 404, cloud=False)
def project_search_on_dc(reading: Reading, case: Case) -> Claim | None:
    if reading.route.endswith("/project/search") and not reading.cloud and (reading.self_hosted or case.self_hosted):
        return likely(
            reading.answered() + ".", "Data Center has no project search; it lists all with /project.", weight=88
        )
    return None


@INTERFACE.on("api-gdpr-username", 400, 404, None)
def gdpr(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if "gdpr strict mode" in low or "'accountid' query parameter" in low or "accountid' must be the only" in low:
        return certain(reading.answered() + ".", reading.says(), weight=92)
    return None


@INTERFACE.on("api-wrong-endpoint-method", 405)
def wrong_verb(reading: Reading, case: Case) -> Claim | None:
    return likely(
        reading.answered() + ".",
        weight=50,
        probe="Repeat the write without following redirects: 30x is a redirect, 405 the wrong verb or path.",
    )


@INTERFACE.on("api-wrong-endpoint-method", 404)
def no_such_route(reading: Reading, case: Case) -> Claim | None:
    value = reading.fields
    spring = "timestamp" in value and "path" in value and value.get("error") == "Not Found"
    if spring and "/ex/jira/" not in reading.request.base + reading.path:
        return likely(reading.answered() + ", in the gateway's own words: it has no such path.", weight=75)
    if _dc_route_missing(reading) and _NO_ROUTE in reading.low.replace(" ", "") and "//" not in reading.path:
        return likely(reading.answered() + ": Jira has no such path.", weight=60)
    return None


@INTERFACE.on("api-double-registration-404", 404)
def module_missing(reading: Reading, case: Case) -> Claim | None:
    if "null for uri" in reading.low and "/rest/api/3/" not in reading.path:
        return likely(
            reading.answered() + ".",
            "Jira has no module for this path: the app or product that serves it is not installed.",
            weight=70,
            probe="Ask /rest/api/2/serverInfo on the same address: 200 means that Jira itself is fine.",
        )
    return None


# --- limits -----------------------------------------------------------------------------------------------------------


def _wait(reading: Reading) -> dict[str, str]:
    seconds = reading.head.get("retry-after", "")
    return {"wait": f"{seconds} s"} if seconds.isdigit() else {}


@INTERFACE.on("rate-limit-cloud", 429)
def cloud_limit(reading: Reading, case: Case) -> Claim | None:
    if reading.self_hosted and not reading.cloud:
        return None
    head = reading.head
    reason = head.get("ratelimit-reason", "")
    named = (f"Jira names the limit {clean_text(reason, 60)}.",) if reason else ()
    if reading.cloud or reason or case.cloud:
        return certain(reading.answered() + ".", *named, weight=85, facts=_wait(reading))
    return likely(reading.answered() + ".", weight=50, facts=_wait(reading))


@INTERFACE.on("rate-limit-dc", 429, cloud=False)
def dc_limit(reading: Reading, case: Case) -> Claim | None:
    if reading.cloud:
        return None
    head = reading.head
    named = "x-ratelimit-interval-seconds" in head or "x-ratelimit-fillrate" in head
    if reading.self_hosted or named or case.self_hosted:
        return certain(reading.answered() + ".", "The limit is the one that Jira's administrator has set." if named else "", weight=85,
                       facts=_wait(reading))  # fmt: skip
    return possible(reading.answered() + ".", weight=40, facts=_wait(reading))


# --- settings ----------------------------------------------------------------------------------------------------------


@INTERFACE.on("config-project-key-empty", 400, 404, None)
def key_empty(reading: Reading, case: Case) -> Claim | None:
    path = reading.request.path
    if "with key ''" in reading.low or "/project//" in path or "/project/?" in path or path.endswith("/project/"):
        return likely(reading.answered() + ".", "The place of the project key is empty.", weight=90)
    return None


@INTERFACE.on("config-project-name-instead-of-key", 400, 404)
def name_for_key(reading: Reading, case: Case) -> Claim | None:
    if '"project"' in reading.low and "required" in reading.refused_fields.get("project", "").lower():
        return likely(reading.answered() + ".", "Jira found no project key in the request.", weight=80)
    quoted = _KEY_QUOTED.search(reading.body[:2000]) if "with key '" in reading.low else None
    if quoted and (" " in quoted.group(1).strip() or not quoted.group(1)[:1].isalpha()):
        return likely(reading.answered() + ".", f"“{clean_text(quoted.group(1), 60)}” is a name, not a key.", weight=85)
    return None


@INTERFACE.on_case("config-project-name-instead-of-key")
def typed_name(case: Case) -> Claim | None:
    key = case.settings.project_key
    if key and " " in key.strip():
        return certain(f"“{clean_text(key, 60)}” holds blanks, and no project key does.", weight=90)
    if key and not _PROJECT_KEY.match(key.strip().upper()):
        return likely(
            f"“{clean_text(key, 60)}” does not look like a project key (letters and digits, as in ROAD).", weight=75
        )
    return None


# --- our own -----------------------------------------------------------------------------------------------------------


@INTERFACE.on("answer-unreadable", 200, 201)
def broken_json(reading: Reading, case: Case) -> Claim | None:
    if reading.html or not reading.body or not reading.route.startswith("/rest/") or reading.exchange.response is None:
        return None
    if reading.body.lstrip()[:1] in ("{", "["):
        if reading.json is not None:
            return None
        cut = len(reading.body) > JSON_LIMIT
        if (reading.exchange.response.body_elided and not cut) or _quoted_in_part(reading):
            return None
        return likely(reading.answered() + ", JSON that breaks off or is nested too deep." if not cut
                      else reading.answered() + ", more JSON than is read.", weight=60)  # fmt: skip
    if "json" in reading.head.get("content-type", ""):
        return likely(reading.answered() + ", called JSON, and it is not.", weight=60)
    return None


def _quoted_in_part(reading: Reading) -> bool:
    """Recorded evidence quotes the beginning only; our own door always knows how long it took."""
    return reading.exchange.elapsed_ms is None


@INTERFACE.on_failure("answer-unreadable", "read:too-large", "read:bad-encoding")
def answer_too_large(reading: Reading, case: Case) -> Claim | None:
    failure = reading.failure
    large = failure is not None and failure.kind == "too-large"
    return certain(
        *told(
            reading,
            "The answer is larger than Tieline reads." if large else "The answer does not unpack as it says it does.",
        ),
        weight=70,
    )


def _asked_here(reading: Reading) -> bool:
    """Asked by us (or pasted to be explained). In somebody's recording, a refused value proves a good connection."""
    return bool(reading.exchange.probe)


@INTERFACE.on("field-required", 400)
def field_required(reading: Reading, case: Case) -> Claim | None:
    if not _asked_here(reading):
        return None
    if reading.method not in ("POST", "PUT") or "/issue" not in reading.route:
        return None
    for name, text in reading.refused_fields.items():
        low = text.lower()
        if name != "project" and ("is required" in low or "must specify" in low):
            return likely(
                reading.answered() + ".",
                f"Jira says: {clean_text(text, 160)}",
                weight=80,
                facts={"field": clean_text(name, 60)},
            )
    return None


@INTERFACE.on("field-value-refused", 400)
def value_refused(reading: Reading, case: Case) -> Claim | None:
    if not _asked_here(reading):
        return None
    if reading.method not in ("POST", "PUT") or not _ON_ISSUE.search(reading.route):
        return None
    for name, text in reading.refused_fields.items():
        low = text.lower()
        if name != "project" and "cannot be set" not in low and "is required" not in low and "must specify" not in low:
            return likely(
                reading.answered() + ".",
                f"Jira says: {clean_text(text, 160)}",
                weight=50,
                facts={"field": clean_text(name, 60)},
            )
    return None


@INTERFACE.on("version-name-taken", 400)
def version_taken(reading: Reading, case: Case) -> Claim | None:
    if _asked_here(reading) and "version with this name already exists" in reading.low:
        return certain(reading.answered() + ".", reading.says(), weight=90)
    return None


@INTERFACE.on("workflow-transition-refused", 400, 404, 409)
def transition_refused(reading: Reading, case: Case) -> Claim | None:
    if not _asked_here(reading):
        return None
    if (
        reading.route.endswith("/transitions")
        and reading.method == "POST"
        and "permission" not in reading.low
        and reading.fields
    ):
        return likely(reading.answered() + ".", reading.says(), weight=70)
    return None


@INTERFACE.on_case("issue-type-missing")
def issue_type_missing(case: Case) -> Claim | None:
    missing = case.facts.get("missing_issue_types")
    if missing:
        names = ", ".join(f"“{clean_text(str(n), 40)}”" for n in missing)
        return certain(f"The project does not offer the issue type {names}.", weight=75, facts={"issue_type": names})
    return None


@INTERFACE.on_case("field-not-on-screen")
def field_missing(case: Case) -> Claim | None:
    missing = case.facts.get("missing_fields")
    if missing:
        names = ", ".join(f"“{clean_text(str(n), 40)}”" for n in missing)
        return certain(
            f"The create screen lacks {names}.",
            weight=72,
            facts={"field": names},
            excluded=("perm-create-issue: the account may create issues of this type",),
        )
    return None


@INTERFACE.on_case("field-required")
def required_unfed(case: Case) -> Claim | None:
    unfed = case.facts.get("unfed_required_fields")
    if unfed:
        names = ", ".join(f"“{clean_text(str(n), 40)}”" for n in unfed)
        return certain(f"Jira demands {names}, and nothing feeds it.", weight=71, facts={"field": names})
    return None


@INTERFACE.on_case("workflow-no-route")
def no_route(case: Case) -> Claim | None:
    stuck = case.facts.get("unreachable_statuses")
    if stuck:
        names = ", ".join(f"“{clean_text(str(n), 40)}”" for n in stuck)
        return certain(
            f"The workflow has no way to {names} that this account may take.", weight=70, facts={"status_name": names}
        )
    return None


@INTERFACE.on_case("webhook-not-possible")
def webhook_not_possible(case: Case) -> Claim | None:
    if case.facts.get("webhook") == "unreachable-from-jira":
        return certain("This server's address is private or local, so Jira cannot call it.", weight=20)
    return None
