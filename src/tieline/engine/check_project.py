"""The upper steps of the ladder: project, permissions, issue types, fields, versions, and how changes will be heard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from tieline.diagnosis.evidence import Exchange
from tieline.diagnosis.finding import Finding
from tieline.diagnosis.hosts import host_of, is_internal_name, is_private_ip
from tieline.diagnosis.ladder import Needs, RungResult
from tieline.diagnosis.reading import Reading, clean_text
from tieline.engine.inquiry import Inquiry, read_answer, status_of

_NO_PROJECT = "No project is chosen yet."
_SEEN_LATER = frozenset({"ADMINISTER_PROJECTS", "ADMINISTER"})
_TYPES_ASKED = 3


def check_project(inquiry: Inquiry, project: str | None) -> RungResult:
    if not project:
        return _list_projects(inquiry)
    inquiry.settings = replace(inquiry.settings, project_key=project)
    exchange = inquiry.ask("project", f"{inquiry.api}/project/{quote(project, safe='')}")
    told = read_answer(exchange).fields
    if status_of(exchange) == 200 and told.get("key"):
        key = clean_text(str(told["key"]), 60)
        name = clean_text(str(told.get("name", "")), 80)
        facts = {"project_visible": True, "project_key": key, "project_id": str(told.get("id", ""))}
        types = (
            [t for t in told.get("issueTypes", []) if isinstance(t, dict)]
            if isinstance(told.get("issueTypes"), list)
            else []
        )
        inquiry.facts["project_issue_types"] = [str(t.get("name", "")) for t in types]
        return inquiry.good("project", f"{key}, “{name}”, is visible.", exchange, facts=facts)
    rights = inquiry.ask("permissions", _rights_path(inquiry, project, ("BROWSE_PROJECTS",)))
    listed = inquiry.ask("visible projects", _projects_path(inquiry))
    inquiry.settings = replace(inquiry.settings, visible_projects=_keys(read_answer(listed)))
    _learn_rights(inquiry, rights)
    count = len(inquiry.settings.visible_projects) if status_of(listed) == 200 else None
    findings = inquiry.judge([exchange, rights], with_project=True, project_visible=False, visible_project_count=count)
    return inquiry.bad(
        "project",
        f"{clean_text(project, 60)} is not visible to this account.",
        findings,
        exchange,
        rights,
        listed,
        facts={"project_visible": False, "visible_projects": list(inquiry.settings.visible_projects)},
    )


def _list_projects(inquiry: Inquiry) -> RungResult:
    exchange = inquiry.ask("visible projects", _projects_path(inquiry))
    keys = _keys(read_answer(exchange))
    if status_of(exchange) != 200:
        return inquiry.bad("project", "The list of projects was not given.", inquiry.judge([exchange]), exchange)
    facts: dict[str, Any] = {"visible_project_count": len(keys), "visible_projects": list(keys)}
    if not keys:
        return inquiry.bad(
            "project",
            "The account sees no project at all.",
            inquiry.judge([exchange], visible_project_count=0),
            exchange,
            facts=facts,
        )
    shown = ", ".join(keys[:5]) + (" …" if len(keys) > 5 else "")
    return inquiry.good("project", f"{len(keys)} visible: {shown}.", exchange, facts=facts)


def _projects_path(inquiry: Inquiry) -> str:
    return f"{inquiry.api}/project/search?maxResults=50" if inquiry.edition == "cloud" else f"{inquiry.api}/project"


def _keys(reading: Reading) -> tuple[str, ...]:
    value: Any = reading.json
    rows = value.get("values") if isinstance(value, dict) else value
    if not isinstance(rows, list):
        return ()
    return tuple(
        clean_text(row["key"], 60) for row in rows if isinstance(row, dict) and isinstance(row.get("key"), str)
    )


# --- permissions ---------------------------------------------------------------------------------------------------


def check_permissions(inquiry: Inquiry, project: str | None, needs: Needs) -> RungResult:
    if not project:
        return inquiry.skipped("permissions", _NO_PROJECT)
    exchange = inquiry.ask("permissions", _rights_path(inquiry, project, tuple(right.key for right in needs.rights)))
    if not _learn_rights(inquiry, exchange):
        return inquiry.bad(
            "permissions",
            "Jira did not tell the account's rights.",
            inquiry.judge([exchange], with_project=True),
            exchange,
        )
    held: dict[str, bool] = inquiry.facts["permissions"]
    missing = [right for right in needs.rights if held.get(right.key) is False and right.key not in _SEEN_LATER]
    if not missing:
        return inquiry.good(
            "permissions",
            f"All {len(needs.rights) - len(_SEEN_LATER)} rights are there.",
            exchange,
            facts={"permissions": held},
        )
    names = ", ".join(f"{right.name} (to {right.use})" for right in missing)
    only = {key: value for key, value in held.items() if key not in _SEEN_LATER}
    findings = inquiry.judge([], permissions=only)
    tell = inquiry.bad if any(right.required for right in missing) else inquiry.warned
    return tell(
        "permissions", f"Missing: {names}.", _pointing_at(findings, exchange), exchange, facts={"permissions": held}
    )


def _pointing_at(findings: tuple[Finding, ...], exchange: Exchange) -> tuple[Finding, ...]:
    return tuple(replace(finding, exchange_ids=(exchange.id,)) for finding in findings)


def _rights_path(inquiry: Inquiry, project: str | None, keys: tuple[str, ...]) -> str:
    query = {"permissions": ",".join(keys)}
    if project:
        query = {"projectKey": project, **query}
    return f"{inquiry.api}/mypermissions?{urlencode(query)}"


def _learn_rights(inquiry: Inquiry, exchange: Exchange) -> bool:
    rights = read_answer(exchange).fields.get("permissions")
    if status_of(exchange) != 200 or not isinstance(rights, dict):
        return False
    held = {
        str(key): right["havePermission"]
        for key, right in rights.items()
        if isinstance(right, dict) and isinstance(right.get("havePermission"), bool)
    }
    inquiry.facts["permissions"] = {**inquiry.facts.get("permissions", {}), **held}
    return bool(held)


# --- issue types and fields ----------------------------------------------------------------------------------------


def check_issue_types(inquiry: Inquiry, project: str | None, needs: Needs) -> RungResult:
    if not project:
        return inquiry.skipped("issue-types", _NO_PROJECT)
    exchange = inquiry.ask(
        "issue types", f"{inquiry.api}/issue/createmeta/{quote(project, safe='')}/issuetypes?maxResults=100"
    )
    reading = read_answer(exchange)
    value = reading.fields
    rows = value.get("issueTypes") or value.get("values")
    if status_of(exchange) != 200 or not isinstance(rows, list):
        known = inquiry.facts.get("project_issue_types")
        if known and status_of(exchange) == 404:
            found = f"{len(known)}: {', '.join(known[:6])}."
            return inquiry.good("issue-types", found, exchange, facts={"issue_types": dict.fromkeys(known, "")})
        return inquiry.bad(
            "issue-types", "Jira did not list the issue types.", inquiry.judge([exchange], with_project=True), exchange
        )
    types = {clean_text(str(row.get("name", "")), 60): str(row.get("id", "")) for row in rows if isinstance(row, dict)}
    facts = {"issue_types": types}
    missing = [name for name in needs.issue_types if name not in types and name not in types.values()]
    if missing or not types:
        findings = (
            inquiry.judge([], missing_issue_types=missing) if missing else inquiry.judge([exchange], with_project=True)
        )
        named = ", ".join(f"“{name}”" for name in missing)
        found = f"The project does not offer {named}." if missing else "The account may create no issue type here."
        return inquiry.bad("issue-types", found, _pointing_at(findings, exchange), exchange, facts=facts)
    return inquiry.good("issue-types", f"{len(types)}: {', '.join(list(types)[:6])}.", exchange, facts=facts)


def check_fields(inquiry: Inquiry, project: str | None, needs: Needs) -> RungResult:
    if not project:
        return inquiry.skipped("fields", _NO_PROJECT)
    types: dict[str, str] = inquiry.facts.get("issue_types", {})
    chosen = [
        (name, number)
        for name, number in types.items()
        if number and (name in needs.issue_types or number in needs.issue_types)
    ]
    mapped = bool(chosen)
    chosen = chosen or _usual_type(types)
    if not chosen:
        return inquiry.skipped("fields", "This Jira lists no fields by issue type.")
    asked: list[Exchange] = []
    missing: list[str] = []
    unfed: list[str] = []
    count = 0
    for _, number in chosen[:_TYPES_ASKED]:
        below = f"{quote(project, safe='')}/issuetypes/{quote(number, safe='')}"
        path = f"{inquiry.api}/issue/createmeta/{below}?maxResults=200"
        exchange = inquiry.ask("fields", path)
        asked.append(exchange)
        value = read_answer(exchange).fields
        rows = value.get("fields") or value.get("values")
        if status_of(exchange) != 200 or not isinstance(rows, list):
            return inquiry.bad(
                "fields", "Jira did not list the fields.", inquiry.judge([exchange], with_project=True), *asked
            )
        fields = [row for row in rows if isinstance(row, dict)]
        count = max(count, len(fields))
        names = {str(row.get("fieldId") or row.get("key") or "") for row in fields} | {
            str(row.get("name", "")) for row in fields
        }
        missing += [name for name in needs.fields if name not in names and name not in missing]
        unfed += [
            clean_text(str(row.get("name", "")), 60)
            for row in fields
            if row.get("required")
            and not row.get("hasDefaultValue")
            and str(row.get("fieldId") or row.get("key")) not in needs.fed_fields
        ]
    kinds = ", ".join(name for name, _ in chosen[:_TYPES_ASKED])
    if missing:
        findings = _pointing_at(inquiry.judge([], missing_fields=missing), asked[-1])
        return inquiry.bad("fields", f"Not on the create screen: {', '.join(missing)}.", findings, *asked)
    if unfed and mapped:
        names_unfed = list(dict.fromkeys(unfed))
        findings = _pointing_at(inquiry.judge([], unfed_required_fields=names_unfed), asked[-1])
        return inquiry.warned("fields", f"Required and not mapped yet: {', '.join(names_unfed)}.", findings, *asked)
    return inquiry.good(
        "fields", f"{count} fields on the create screen of {kinds}; {', '.join(needs.fields)} are among them.", *asked
    )


def _usual_type(types: dict[str, str]) -> list[tuple[str, str]]:
    """One issue type to look at when the mapping names none: a standard one, no epic and no sub-task."""
    standard = [
        (name, number) for name, number in types.items() if number and not name.lower().startswith(("sub", "epic"))
    ]
    return (standard or [(name, number) for name, number in types.items() if number])[:1]


# --- versions and changes ------------------------------------------------------------------------------------------


def check_versions(inquiry: Inquiry, project: str | None, needs: Needs) -> RungResult:
    if not project:
        return inquiry.skipped("versions", _NO_PROJECT)
    if not needs.versions:
        return inquiry.skipped("versions", "This integration sends no releases.")
    held: dict[str, bool] = inquiry.facts.get("permissions", {})
    if held.get("ADMINISTER_PROJECTS") is False:
        only = {"ADMINISTER_PROJECTS": False, "BROWSE_PROJECTS": held.get("BROWSE_PROJECTS", True)}
        findings = inquiry.judge([], with_project=True, permissions=only, needs_versions=True)
        asked = next((e for e in inquiry.exchanges if "/mypermissions" in e.request.path), None)
        shown = (asked,) if asked else ()
        return inquiry.bad(
            "versions",
            "The right Administer Projects is missing.",
            _pointing_at(findings, asked) if asked else findings,
            *shown,
        )
    # A version without a name: Jira can only refuse it, and how it refuses tells whether the right is there.
    exchange = inquiry.ask(
        "a version without a name", f"{inquiry.api}/version", method="POST", body={"project": project}
    )
    reading = read_answer(exchange)
    if reading.status == 400 and "name" in reading.refused_fields:
        return inquiry.good("versions", "Jira would accept a version; none was made.", exchange)
    findings = inquiry.judge([exchange], with_project=True)
    if reading.status == 400 and not findings and held.get("ADMINISTER_PROJECTS"):
        return inquiry.good("versions", "The right Administer Projects is there.", exchange)
    return inquiry.bad("versions", "Jira would not accept a version.", findings, exchange)


def check_changes(inquiry: Inquiry, needs: Needs) -> RungResult:
    held: dict[str, bool] = inquiry.facts.get("permissions", {})
    asked: tuple[Exchange, ...] = ()
    if "ADMINISTER" not in held:
        exchange = inquiry.ask("administrator", _rights_path(inquiry, None, ("ADMINISTER",)))
        asked = (exchange,)
        _learn_rights(inquiry, exchange)
        held = inquiry.facts.get("permissions", {})
    may = held.get("ADMINISTER")
    if needs.webhook_url is None:
        return inquiry.good(
            "changes", "By polling; no address is set at which Jira could call.", *asked, facts={"changes": "polling"}
        )
    ours, theirs = host_of(needs.webhook_url), host_of(inquiry.settings.address)
    local = is_private_ip(ours) or is_internal_name(ours)
    if local and not (is_private_ip(theirs) or is_internal_name(theirs)):
        findings = inquiry.judge([], webhook="unreachable-from-jira")
        return inquiry.warned(
            "changes",
            "By polling: this server's address is not reachable for Jira.",
            findings,
            *asked,
            facts={"changes": "polling"},
        )
    if may:
        return inquiry.good(
            "changes", "By webhook, and by polling as the guarantee.", *asked, facts={"changes": "webhook"}
        )
    findings = inquiry.judge([], permissions={"ADMINISTER": False, "BROWSE_PROJECTS": True}, needs_webhook=True)
    return inquiry.warned(
        "changes", "By polling: the account may not register a webhook.", findings, *asked, facts={"changes": "polling"}
    )
