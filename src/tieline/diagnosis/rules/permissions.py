"""Single rights: the login is fine, one permission is missing (family K, second half)."""

from __future__ import annotations

import re

from tieline.diagnosis.case import Case
from tieline.diagnosis.reading import Reading, clean_text
from tieline.diagnosis.rules.kit import Claim, Family, certain, likely
from tieline.diagnosis.rules.projects import ISSUE_ROUTE, VERSION_ROUTE

PERMISSIONS = Family()

_FIELD_NAMED = re.compile(r"field '([^']{1,80})' cannot be set")
_ROLE_ROUTE = re.compile(r"/project/[^/]+/role")
_APP_WEBHOOK_ROUTE = re.compile(r"/rest/api/[^/]+/webhook(?:/|$)")
_USER_ROUTE = re.compile(r"/users?(?:/search|/picker|/assignable.*)?$")
_ADMIN_ROUTE = re.compile(r"/(?:permissions|screens|field/search|cluster/nodes|workflow|permissionscheme)(?:/|$)")

_NAMES_USER = re.compile(r"\bthe user [\"']?[\w.@ -]{1,60}[\"']? does not have|^user '|\buser '[^']+' is not allowed")
_CANNOT_BE_SET = "cannot be set. it is not on the appropriate screen"


def _set_refused(reading: Reading) -> tuple[str, ...]:
    """The fields that Jira says cannot be set, by structure (``errors`` object) and, in plain text, by name."""
    if reading.status not in (400, 403) or _CANNOT_BE_SET not in reading.low:
        return ()
    fields = tuple(k for k, v in reading.refused_fields.items() if "screen" in v.lower())
    if fields:
        return fields
    return tuple(_FIELD_NAMED.findall(reading.low))


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
        return likely(
            "The client finds no project in Jira's create metadata.", weight=70, probe=_may_probe("CREATE_ISSUES")
        )
    if reading.route.endswith("/issue/createmeta") and reading.fields.get("projects") == [] and case.logged_in:
        return likely(
            "The list of projects in which the account may create is empty.",
            weight=70,
            probe=_may_probe("CREATE_ISSUES"),
        )
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
        reading.method == "DELETE" and ISSUE_ROUTE.search(reading.route) and "permission" in reading.low
    ):
        return likely(
            reading.answered() + ".", reading.says(), "Jira knows the caller, so this is no failed login.", weight=85
        )
    return None


@PERMISSIONS.on("perm-delete-version", 401, 403)
def delete_version(reading: Reading, case: Case) -> Claim | None:
    if reading.method == "DELETE" and VERSION_ROUTE.search(reading.route) and (
        _NAMES_USER.search(reading.low) or "permission" in reading.low
    ):  # fmt: skip
        return likely(
            reading.answered() + ".", reading.says(), "Jira knows the caller, so this is no failed login.", weight=85
        )
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
    if _ROLE_ROUTE.search(reading.route) and reading.fields.get("errorMessages") is not None:
        return likely(
            reading.answered() + ".",
            reading.says(),
            weight=82,
            probe="Ask /myself: 401 means that no login was accepted.",
        )
    return None


@PERMISSIONS.on("perm-watchers", 401, 403)
def watchers(reading: Reading, case: Case) -> Claim | None:
    named = "/watchers" in reading.route or "watch list" in reading.low or "remove watchers" in reading.low
    if named and reading.messages:
        return likely(reading.answered() + ".", reading.says(), weight=85)
    return None


@PERMISSIONS.on("perm-jira-admin", 401, 403)
def jira_admin(reading: Reading, case: Case) -> Claim | None:
    low = reading.low
    if (
        "only jira admin" in low
        or "does not have admin" in low
        or "administrator permission" in low
        or "jira administrators" in low
    ):
        return likely(reading.answered() + ".", reading.says(), weight=84, probe=_may_probe("ADMINISTER"))
    admin_route = _ADMIN_ROUTE.search(reading.route)
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
    if _APP_WEBHOOK_ROUTE.search(route) and reading.status == 403:
        return likely(
            reading.answered() + ".",
            "These webhooks are for apps; an account with a token may not use them.",
            weight=80,
        )
    return None


@PERMISSIONS.on_case("perm-webhook-admin")
def webhook_right_asked(case: Case) -> Claim | None:
    if case.facts.get("needs_webhook") and case.may("ADMINISTER") is False:
        return certain(
            "Jira's mypermissions answers no for Administer Jira, which registering a webhook takes.", weight=40
        )
    return None


@PERMISSIONS.on("perm-browse-users", 403, 401, 200)
def browse_users(reading: Reading, case: Case) -> Claim | None:
    if "/user" not in reading.route:
        return None
    if reading.status == 200:
        own = case.account or str(case.facts.get("account_name", ""))
        if (
            "/user/search" in reading.route
            and reading.json == []
            and own
            and own.lower() in reading.query.lower().replace("%40", "@")
        ):
            return likely(
                "The account cannot even find itself in the list of users.", weight=65, probe=_may_probe("USER_PICKER")
            )
        return None
    if reading.status == 403 and _USER_ROUTE.search(reading.route) and case.logged_in is not False:
        return likely(reading.answered() + ".", reading.says(), weight=70, probe=_may_probe("USER_PICKER"))
    return None


@PERMISSIONS.on("perm-field-context", 400)
def field_context(reading: Reading, case: Case) -> Claim | None:
    if "does not exist or you do not have permission to view it" in reading.low and "field" in reading.low:
        return likely(
            reading.answered() + ".", reading.says(), weight=75, probe="Ask the same as a Jira administrator."
        )
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
            excluded=(
                "auth-anonymous-fallback-dc: the login is accepted",
                "auth-header-malformed: the login is accepted",
            ),
        )


for _slug, _key, _name in _ASKED_RIGHTS:
    _ask(_slug, _key, _name)
