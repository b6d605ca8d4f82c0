"""A project, version or issue that is missing, hidden, or closed to the account (family K, first half).

Jira hides what a caller may not see, and the same missing right answers 400, 401, 403 or 404 by resource. What
``mypermissions`` told (the case's facts) decides; the texts only help.
"""

from __future__ import annotations

import re

from tieline.diagnosis.case import Case
from tieline.diagnosis.reading import Reading, clean_text
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely, possible

PROJECTS = Family()

_PROJECT_QUOTED = re.compile(r"(?:with key|the value) '([^']{0,80})'", re.IGNORECASE)
_THING_GONE = re.compile(
    r"the (?:user named|component with id|version with id|filter with id|user with) .{1,80}does not exist"
)
_RIGHTS_PROBE = (
    "Ask /myself (who are we), then mypermissions for this project: Data Center answers 404 only for a project that "
    "does not exist, and 200 with every right false for a hidden one."
)
VERSION_ROUTE = re.compile(r"/rest/api/[^/]+/version(?:/|$)")
ISSUE_ROUTE = re.compile(r"/rest/api/[^/]+/issue/([^/?]+)(/[^?]*)?$")
_PROJECT_ROUTE = re.compile(r"/rest/api/[^/]+/project/([^/?]+)$")
_CREATE_VERSIONS = re.compile(
    r"permission to create versions|administrator rights in order to (?:modify|create) versions"
)


def hidden(reading: Reading) -> bool:
    """Jira's way to say 'not there, or not for you', whatever the language: 404 or 400 with its own JSON or sentence."""
    low = reading.low
    return (
        "either does not exist or you do not have permission" in low
        or "no project could be found" in low
        or ("does not exist for the field 'project'" in low)
        or "browse project rights" in low
    )


def _proof(case: Case) -> str:
    return "The login itself is accepted." if case.logged_in else ""


def _create_version(reading: Reading) -> bool:
    return (
        reading.method == "POST" and VERSION_ROUTE.search(reading.route) is not None and reading.route.count("/") <= 5
    )


def project_of(reading: Reading, case: Case) -> str | None:
    quoted = _PROJECT_QUOTED.search(reading.body[:2000]) if "'" in reading.body else None
    if quoted and quoted.group(1) not in ("null", ""):
        return quoted.group(1)
    found = _PROJECT_ROUTE.search(reading.route)
    return found.group(1) if found else case.settings.project_key


def _facts(reading: Reading, case: Case) -> dict[str, str]:
    project = project_of(reading, case)
    return {"project": clean_text(project, 60)} if project else {}


@PROJECTS.on("perm-create-version", 404, 403, 400, 401, None)
def create_version(reading: Reading, case: Case) -> Claim | None:
    says_versions = "version" in reading.low and _CREATE_VERSIONS.search(reading.low) is not None
    asked = _create_version(reading)
    if not says_versions and not (asked and reading.status in (404, 403)):
        return None
    if case.logged_in is False or reading.auth == "none" or "xsrf" in reading.low:
        return None
    facts = _facts(reading, case)
    if case.project_visible and case.logged_in:
        return certain(
            reading.answered() + ".",
            "The login is accepted, and the account sees the project.",
            "So what is missing is the right Administer Projects.",
            weight=90,
            facts=facts,
            excluded=("url-project-key-wrong: the project is visible", "perm-project-not-visible: the project is visible",
                      "auth-cloud-anonymous-fallback: the login is accepted", "auth-anonymous-fallback-dc: the login is accepted"),
        )  # fmt: skip
    if case.project_visible is False:
        return None
    return likely(
        reading.answered() + ".",
        reading.says(),
        _proof(case),
        "Jira says the same for a project that does not exist and for a missing right Administer Projects.",
        weight=70,
        probe=_RIGHTS_PROBE,
        facts=facts,
    )


@PROJECTS.on_case("perm-create-version")
def create_version_asked(case: Case) -> Claim | None:
    if (
        case.may("ADMINISTER_PROJECTS") is False
        and case.may("BROWSE_PROJECTS") is not False
        and case.facts.get("needs_versions")
    ):
        return certain(
            "Jira's mypermissions answers no for Administer Projects.",
            "Only that right lets an account create versions.",
            weight=80,
            excluded=("url-project-key-wrong: the project exists", "perm-project-not-visible: the project is visible",
                      "auth-cloud-anonymous-fallback: the login is accepted", "auth-anonymous-fallback-dc: the login is accepted"),
        )  # fmt: skip
    return None


@PROJECTS.on("url-project-key-wrong", 404, 400, 403)
def project_missing(reading: Reading, case: Case) -> Claim | None:
    if "/mypermissions" in reading.route and "projectkey=" in reading.query.lower() and reading.status == 404:
        facts = _facts(reading, case)
        if reading.self_hosted or case.self_hosted:
            return certain(
                reading.answered() + ".",
                "Data Center answers 404 there only for a project that does not exist.",
                weight=85,
                facts=facts,
                excluded=("perm-project-not-visible: a hidden project would answer 200",
                          "perm-create-version: the project does not exist"),
            )  # fmt: skip
        return likely(reading.answered() + ".", "Cloud answers 404 for a missing and for a hidden project.", weight=62,
                      probe="Compare the key with the projects that the account sees, or ask an administrator.", facts=facts)  # fmt: skip
    if not (hidden(reading) or _project_route(reading)) or case.logged_in is False or reading.auth == "none":
        return None
    facts = _facts(reading, case)
    seen = case.settings.visible_projects
    project = facts.get("project", "")
    if seen and project and project not in seen:
        near = [key for key in seen if key.lower() == project.lower() or _near(key, project)]
        if near:
            return likely(
                reading.answered() + ".",
                f"The account sees {near[0]}, which is nearly the same key.",
                weight=72,
                facts={**facts, "near": near[0]},
                probe=_RIGHTS_PROBE,
            )
    if case.project_visible:
        return None
    return possible(
        reading.answered() + ": a project that does not exist answers so.", weight=55, probe=_RIGHTS_PROBE, facts=facts
    )


def _project_route(reading: Reading) -> bool:
    return (
        reading.status == 404 and _PROJECT_ROUTE.search(reading.route) is not None and bool(reading.fields.get("errorMessages"))
        and not reading.route.endswith(("/project/search", "/project/type"))
    )  # fmt: skip


def _near(a: str, b: str) -> bool:
    a, b = a.upper(), b.upper()
    if abs(len(a) - len(b)) > 1 or not a or not b:
        return False
    if len(a) == len(b):
        return sum(x != y for x, y in zip(a, b, strict=True)) == 1 or sorted(a) == sorted(b)
    short, long = (a, b) if len(a) < len(b) else (b, a)
    return len(short) > 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


@PROJECTS.on("perm-project-not-visible", 404, 400, 403, 200, None)
def project_hidden(reading: Reading, case: Case) -> Claim | None:
    if reading.status == 200:
        return _all_rights_false(reading, case)
    if case.logged_in is False or reading.auth == "none" or (reading.exchange.response is None and not hidden(reading)):
        return None
    low = reading.low
    strong = "browse project rights" in low or "do not have the permission to see" in low
    strong = strong or (reading.status == 403 and reading.route.endswith("/votes"))
    createmeta = "/createmeta/" in reading.route and reading.status in (400, 403, 404)
    if not (strong or createmeta or hidden(reading) or _project_route(reading)):
        return None
    if case.project_visible:
        return None
    facts = _facts(reading, case)
    if case.may("BROWSE_PROJECTS") is False and case.logged_in:
        return certain(
            reading.answered() + ".",
            "The login is accepted, the project exists, and Jira says that this account may not browse it.",
            weight=85,
            facts=facts,
            excluded=(
                "url-project-key-wrong: mypermissions knows the project",
                "perm-create-version: the project is not even visible",
            ),
        )
    if case.logged_in and not _CREATE_VERSIONS.search(low):
        return likely(
            reading.answered() + ".",
            "The login itself is accepted.",
            reading.says(),
            weight=66,
            probe=_RIGHTS_PROBE,
            facts=facts,
        )
    claim = (
        likely
        if strong or createmeta or ("field 'project'" in low and reading.auth == "basic" and not reading.cloud)
        else possible
    )
    return claim(reading.answered() + ".", reading.says(), weight=60, probe=_RIGHTS_PROBE, facts=facts)


def _all_rights_false(reading: Reading, case: Case) -> Claim | None:
    if "/mypermissions" not in reading.route or "project" not in reading.query.lower():
        return None
    rights = reading.fields.get("permissions")
    if not isinstance(rights, dict) or not rights:
        return None
    browse = rights.get("BROWSE_PROJECTS") or rights.get("BROWSE")
    if isinstance(browse, dict) and browse.get("havePermission") is False:
        return likely(
            "mypermissions knows the project and answers no for Browse Projects.",
            weight=80,
            probe=_RIGHTS_PROBE,
            facts=_facts(reading, case),
        )
    return None


@PROJECTS.on_case("perm-project-not-visible")
def browse_refused(case: Case) -> Claim | None:
    if case.may("BROWSE_PROJECTS") is False and case.logged_in:
        return certain(
            "The login is accepted, and Jira's mypermissions answers no for Browse Projects.",
            weight=86,
            excluded=("url-project-key-wrong: mypermissions knows the project", "perm-create-version: the project is not even visible",
                      "auth-cloud-anonymous-fallback: the login is accepted", "auth-anonymous-fallback-dc: the login is accepted"),
        )  # fmt: skip
    return None


@PROJECTS.on("not-found-or-no-browse", 404)
def issue_hidden(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    found = ISSUE_ROUTE.search(reading.route)
    if found and found.group(1) in ("createmeta", "picker", "bulk"):
        return None
    words = (
        "issue does not exist" in low or "could not find version for id" in low or "you do not have permission to see it" in low
        or ("does not exist" in low and _THING_GONE.search(low) is not None)
    )  # fmt: skip
    shaped = found is not None and bool(reading.fields.get("errorMessages"))
    if (not words and not shaped) or reading.auth == "none" or case.logged_in is False:
        return None
    return likely(
        reading.answered() + ".",
        reading.says(),
        _proof(case),
        weight=58,
        probe="Ask /myself; then let somebody who sees the project open it: gone, moved, or hidden by a security level.",
    )
