"""The login is fine, the right is missing (family K).

Jira hides what a caller may not see, and the same missing right answers 400, 401, 403 or 404 by resource. What
``mypermissions`` told (the case's facts) decides; the texts only help.
"""

from __future__ import annotations

import re

from tieline.diagnosis.case import Case
from tieline.diagnosis.reading import Reading, clean_text
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely, possible

PERMISSIONS = Family()

_RIGHTS_PROBE = (
    "Ask /myself (who are we), then mypermissions for this project: Data Center answers 404 only for a project that "
    "does not exist, and 200 with every right false for a hidden one."
)
_VERSION_ROUTE = re.compile(r"/rest/api/[^/]+/version(?:/|$)")
_ISSUE_ROUTE = re.compile(r"/rest/api/[^/]+/issue/([^/?]+)(/[^?]*)?$")
_PROJECT_ROUTE = re.compile(r"/rest/api/[^/]+/project/([^/?]+)$")
_CREATE_VERSIONS = re.compile(r"permission to create versions|administrator rights in order to (?:modify|create) versions")
_NAMES_USER = re.compile(r"\bthe user [\"']?[\w.@ -]{1,60}[\"']? does not have|^user '|\buser '[^']+' is not allowed")
_CANNOT_BE_SET = "cannot be set. it is not on the appropriate screen"


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
    return reading.method == "POST" and _VERSION_ROUTE.search(reading.route) is not None and reading.route.count("/") <= 5


def project_of(reading: Reading, case: Case) -> str | None:
    quoted = re.search(r"(?:project with key|with key|the value) '([^']{0,80})'", reading.body[:2000], re.IGNORECASE)
    if quoted and quoted.group(1) not in ("null", ""):
        return quoted.group(1)
    found = _PROJECT_ROUTE.search(reading.route)
    return found.group(1) if found else case.settings.project_key


def _facts(reading: Reading, case: Case) -> dict[str, str]:
    project = project_of(reading, case)
    return {"project": clean_text(project, 60)} if project else {}


@PERMISSIONS.on("perm-create-version", 404, 403, 400, 401, None)
def create_version(reading: Reading, case: Case) -> Claim | None:
    says_versions = _CREATE_VERSIONS.search(reading.low) is not None
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


@PERMISSIONS.on_case("perm-create-version")
def create_version_asked(case: Case) -> Claim | None:
    if case.may("ADMINISTER_PROJECTS") is False and case.may("BROWSE_PROJECTS") is not False and case.facts.get("needs_versions"):
        return certain(
            "Jira's mypermissions answers no for Administer Projects.",
            "Only that right lets an account create versions.",
            weight=80,
            excluded=("url-project-key-wrong: the project exists", "perm-project-not-visible: the project is visible",
                      "auth-cloud-anonymous-fallback: the login is accepted", "auth-anonymous-fallback-dc: the login is accepted"),
        )  # fmt: skip
    return None


@PERMISSIONS.on("url-project-key-wrong", 404, 400, 403)
def project_missing(reading: Reading, case: Case) -> Claim | None:
    facts = _facts(reading, case)
    if "/mypermissions" in reading.route and "projectkey=" in reading.query.lower() and reading.status == 404:
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
    return possible(reading.answered() + ": a project that does not exist answers so.", weight=55, probe=_RIGHTS_PROBE, facts=facts)


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


@PERMISSIONS.on("perm-project-not-visible", 404, 400, 403, 200, None)
def project_hidden(reading: Reading, case: Case) -> Claim | None:
    facts = _facts(reading, case)
    if reading.status == 200:
        return _all_rights_false(reading, facts)
    if case.logged_in is False or reading.auth == "none" or reading.exchange.response is None and not hidden(reading):
        return None
    low = reading.low
    strong = "browse project rights" in low or "do not have the permission to see" in low
    createmeta = "/createmeta/" in reading.route and reading.status in (400, 403, 404)
    if not (strong or createmeta or hidden(reading) or _project_route(reading)):
        return None
    if case.project_visible:
        return None
    if case.may("BROWSE_PROJECTS") is False and case.logged_in:
        return certain(
            reading.answered() + ".",
            "The login is accepted, the project exists, and Jira says that this account may not browse it.",
            weight=85,
            facts=facts,
            excluded=("url-project-key-wrong: mypermissions knows the project", "perm-create-version: the project is not even visible"),
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
    claim = likely if strong or createmeta or "field 'project'" in low and reading.auth == "basic" and not reading.cloud else possible
    return claim(reading.answered() + ".", reading.says(), weight=60, probe=_RIGHTS_PROBE, facts=facts)


def _all_rights_false(reading: Reading, facts: dict[str, str]) -> Claim | None:
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
            facts=facts,
        )
    return None


@PERMISSIONS.on_case("perm-project-not-visible")
def browse_refused(case: Case) -> Claim | None:
    if case.may("BROWSE_PROJECTS") is False and case.logged_in:
        return certain(
            "The login is accepted, and Jira's mypermissions answers no for Browse Projects.",
            weight=86,
            excluded=("url-project-key-wrong: mypermissions knows the project", "perm-create-version: the project is not even visible",
                      "auth-cloud-anonymous-fallback: the login is accepted", "auth-anonymous-fallback-dc: the login is accepted"),
        )  # fmt: skip
    return None


@PERMISSIONS.on("not-found-or-no-browse", 404)
def issue_hidden(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    found = _ISSUE_ROUTE.search(reading.route)
    if found and found.group(1) in ("createmeta", "picker", "bulk"):
        return None
    words = (
        "issue does not exist" in low or "could not find version for id" in low or "you do not have permission to see it" in low
        or re.search(r"the (?:user named|component with id|version with id|filter with id|user with) .{1,80}does not exist", low)
    )  # fmt: skip
    shaped = found is not None and bool(reading.fields.get("errorMessages"))
    if not words and not shaped or reading.auth == "none" or case.logged_in is False:
        return None
    return likely(
        reading.answered() + ".",
        reading.says(),
        _proof(case),
        weight=58,
        probe="Ask /myself; then let somebody who sees the project open it: gone, moved, or hidden by a security level.",
    )


# --- single rights -----------------------------------------------------------------------------------------------------


def _set_refused(reading: Reading) -> tuple[str, ...]:
    """The fields that Jira says cannot be set, by structure (``errors`` object) and, in plain text, by name."""
    if reading.status not in (400, 403) or _CANNOT_BE_SET not in reading.low:
        return ()
    fields = tuple(k for k, v in reading.refused_fields.items() if "screen" in v.lower())
    if fields:
        return fields
    return tuple(re.findall(r"field '([^']{1,80})' cannot be set", reading.low))


@PERMISSIONS.on("perm-create-issue", 400, 403)
def create_issue(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if "permission to create issues" in low and case.logged_in is not False and "anonymous" not in low:
        return likely(reading.answered() + ".", reading.says(), weight=82, probe=_may_probe("CREATE_ISSUES"))
    names = _set_refused(reading)
    if reading.method == "POST" and "summary" in names and reading.auth != "none" and reading.shape != "base64-pair":
        return likely(
            reading.answered() + ".",
            "Even the summary cannot be set, which stands on every screen: Jira says this when the right Create Issues is missing.",
            weight=72,
            probe=_may_probe("CREATE_ISSUES"),
        )
    return None


@PERMISSIONS.on("perm-create-issue", 200, None)
def createmeta_empty(reading: Reading, case: Case) -> Claim | None:
    if "create metadata" in reading.low and ("permission" in reading.low or "missing" in reading.low):
        return likely("The client finds no project in Jira's create metadata.", weight=70, probe=_may_probe("CREATE_ISSUES"))
    if reading.route.endswith("/issue/createmeta") and reading.fields.get("projects") == [] and case.logged_in:
        return likely("The list of projects in which the account may create is empty.", weight=70, probe=_may_probe("CREATE_ISSUES"))
    return None


def _may_probe(key: str) -> str:
    return f"Ask mypermissions for {key} in this project."


@PERMISSIONS.on("perm-edit-issue", 400, 403)
def edit_issue(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if "permission to edit" in low and "issue" in low:
        return likely(reading.answered() + ".", reading.says(), weight=80, probe=_may_probe("EDIT_ISSUES"))
    names = _set_refused(reading)
    if reading.method == "PUT" and names and names != ("assignee",):
        return likely(
            reading.answered() + ".",
            f"Field “{clean_text(names[0], 60)}” cannot be set: not on the edit screen, or the right Edit Issues is missing.",
            weight=68,
            probe="Ask editmeta of that issue: no fields at all means that the right is missing.",
            facts={"field": clean_text(names[0], 60)},
        )
    return None


@PERMISSIONS.on("perm-assign-issue", 400, 403)
def assign_issue(reading: Reading, case: Case) -> Claim | None:
    names = _set_refused(reading)
    assign_route = reading.route.endswith("/assignee") and reading.status in (400, 403) and "permission" in reading.low
    if names == ("assignee",) or assign_route or "permission to assign" in reading.low:
        return likely(reading.answered() + ".", reading.says(), weight=78, probe=_may_probe("ASSIGN_ISSUES"))
    return None


@PERMISSIONS.on("field-not-on-screen", 400)
def field_off_screen(reading: Reading, case: Case) -> Claim | None:
    names = _set_refused(reading)
    if names and "summary" not in names and names != ("assignee",):
        field = clean_text(names[0], 60)
        return likely(
            reading.answered() + f": field “{field}” is not on the screen.",
            weight=60 if reading.method == "PUT" else 75,
            probe="Ask createmeta or editmeta: it lists the fields on the screen.",
            facts={"field": field},
        )
    return None


@PERMISSIONS.on("perm-delete-issue", 401, 403)
def delete_issue(reading: Reading, case: Case) -> Claim | None:
    if "permission to delete issues" in reading.low or (
        reading.method == "DELETE" and _ISSUE_ROUTE.search(reading.route) and "permission" in reading.low
    ):
        return likely(reading.answered() + ".", reading.says(), "Jira knows the caller, so this is no failed login.", weight=85)
    return None


@PERMISSIONS.on("perm-delete-version", 401, 403)
def delete_version(reading: Reading, case: Case) -> Claim | None:
    if reading.method == "DELETE" and _VERSION_ROUTE.search(reading.route) and (
        _NAMES_USER.search(reading.low) or "permission" in reading.low
    ):  # fmt: skip
        return likely(reading.answered() + ".", reading.says(), "Jira knows the caller, so this is no failed login.", weight=85)
    return None


@PERMISSIONS.on("perm-project-admin", 401, 403)
def project_admin(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if case.logged_in is False or "/role" in reading.route:
        return None
    if "cannot edit the configuration of this project" in low or (
        "/component" in reading.route and (_NAMES_USER.search(low) or "permission" in low)
    ):
        return likely(reading.answered() + ".", reading.says(), weight=80, probe=_may_probe("ADMINISTER_PROJECTS"))
    return None


@PERMISSIONS.on("perm-project-role", 401, 403)
def project_role(reading: Reading, case: Case) -> Claim | None:
    if re.search(r"/project/[^/]+/role", reading.route) and reading.fields.get("errorMessages") is not None:
        return likely(reading.answered() + ".", reading.says(), weight=82, probe="Ask /myself: 401 means that no login was accepted.")
    return None


@PERMISSIONS.on("perm-watchers", 401, 403)
def watchers(reading: Reading, case: Case) -> Claim | None:
    if "/watchers" in reading.route or "watch list" in reading.low or "remove watchers" in reading.low:
        if reading.messages:
            return likely(reading.answered() + ".", reading.says(), weight=85)
    return None


@PERMISSIONS.on("perm-jira-admin", 401, 403)
def jira_admin(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if "only jira admin" in low or "does not have admin" in low or "administrator permission" in low or "jira administrators" in low:
        return likely(reading.answered() + ".", reading.says(), weight=84, probe=_may_probe("ADMINISTER"))
    admin_route = re.search(r"/(?:permissions|screens|field/search|cluster/nodes|workflow|permissionscheme)(?:/|$)", reading.route)
    empty = reading.fields.get("errorMessages") == [] and reading.fields.get("errors") == {}
    if admin_route and (empty or case.logged_in or reading.auth == "connect-user"):
        return likely(
            reading.answered() + ".",
            "The call is one for Jira administrators; Jira refuses it to others with 401 or 403.",
            weight=64,
            probe=_may_probe("ADMINISTER"),
        )
    return None


@PERMISSIONS.on("perm-webhook-admin", 401, 403)
def webhook_admin(reading: Reading, case: Case) -> Claim | None:
    if "permission to create webhook" in reading.low:
        return likely(reading.answered() + ".", reading.says(), weight=88)
    route = reading.route
    if "/rest/webhooks/1.0/webhook" in route and (reading.status == 403 or case.logged_in):
        return likely(reading.answered() + ".", "Only Jira administrators may register webhooks.", weight=80)
    if re.search(r"/rest/api/[^/]+/webhook(?:/|$)", route) and reading.status == 403:
        return likely(reading.answered() + ".", "These webhooks are for apps; an account with a token may not use them.", weight=80)
    return None


@PERMISSIONS.on_case("perm-webhook-admin")
def webhook_right_asked(case: Case) -> Claim | None:
    if case.facts.get("needs_webhook") and case.may("ADMINISTER") is False:
        return certain("Jira's mypermissions answers no for Administer Jira, which registering a webhook takes.", weight=40)
    return None


@PERMISSIONS.on("perm-browse-users", 403, 401, 200)
def browse_users(reading: Reading, case: Case) -> Claim | None:
    if "/user" not in reading.route:
        return None
    if reading.status == 200:
        own = case.account or str(case.facts.get("account_name", ""))
        if "/user/search" in reading.route and reading.json == [] and own and own.lower() in reading.query.lower().replace("%40", "@"):
            return likely("The account cannot even find itself in the list of users.", weight=65, probe=_may_probe("USER_PICKER"))
        return None
    if reading.status == 403 and re.search(r"/users?(?:/search|/picker|/assignable.*)?$", reading.route) and case.logged_in is not False:
        return likely(reading.answered() + ".", reading.says(), weight=70, probe=_may_probe("USER_PICKER"))
    return None


@PERMISSIONS.on("perm-field-context", 400)
def field_context(reading: Reading, case: Case) -> Claim | None:
    if "does not exist or you do not have permission to view it" in reading.low and "field" in reading.low:
        return likely(reading.answered() + ".", reading.says(), weight=75, probe="Ask the same as a Jira administrator.")
    return None


@PERMISSIONS.on("perm-transition-issue", 400, 403)
def transition(reading: Reading, case: Case) -> Claim | None:
    if reading.route.endswith("/transitions") and reading.method == "POST" and "permission" in reading.low:
        return likely(reading.answered() + ".", reading.says(), weight=80, probe=_may_probe("TRANSITION_ISSUES"))
    return None


_ASKED_RIGHTS = (
    ("perm-create-issue", "CREATE_ISSUES", "Create Issues"),
    ("perm-edit-issue", "EDIT_ISSUES", "Edit Issues"),
    ("perm-assign-issue", "ASSIGN_ISSUES", "Assign Issues"),
    ("perm-transition-issue", "TRANSITION_ISSUES", "Transition Issues"),
    ("perm-schedule-issue", "SCHEDULE_ISSUES", "Schedule Issues"),
    ("perm-link-issue", "LINK_ISSUES", "Link Issues"),
    ("perm-browse-users", "USER_PICKER", "Browse users and groups"),
)  # fmt: skip


def _ask(slug: str, key: str, name: str) -> None:
    @PERMISSIONS.on_case(slug)
    def asked(case: Case) -> Claim | None:
        if case.may(key) is not False or not case.logged_in or case.may("BROWSE_PROJECTS") is False:
            return None
        return certain(
            f"The login is accepted, and Jira's mypermissions answers no for {name}.",
            weight=70,
            facts={"permission": name},
            excluded=("auth-anonymous-fallback-dc: the login is accepted", "auth-header-malformed: the login is accepted"),
        )


for _slug, _key, _name in _ASKED_RIGHTS:
    _ask(_slug, _key, _name)
