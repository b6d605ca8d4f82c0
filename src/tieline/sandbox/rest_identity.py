"""Who and what is here: server, caller, permissions, people, and the lists of configuration."""

from datetime import UTC, datetime
from typing import Any

from .ask import Answer, Ask, refuse
from .model import Json, Person, Project
from .scheme import (
    CATEGORIES,
    CLOUD_ID,
    ISSUE_TYPES,
    PERMISSION_KEYS,
    PERMISSIONS,
    PRIORITIES,
    RESOLUTIONS,
    STATUSES,
)
from .view import View
from .world import World


def read_server_info(world: World, ask: Ask) -> Answer:
    if ask.caller.account is None and "dc-serverinfo-needs-auth" in world.faults:
        body = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><status><status-code>401</status-code>'
            "<message>Client must be authenticated to access this resource.</message></status>"
        )
        return Answer(status=401, raw=body.encode(), content_type="application/xml;charset=UTF-8")
    base = "http://jira-prod-01.corp:8080" if "base-url-mismatch" in world.faults else world.base_url
    built = View(world=world, api=ask.api).time(1_767_225_600_000)
    shared: Json = {"baseUrl": base}
    if world.edition == "cloud":
        return Answer(
            payload=shared
            | {
                "displayUrl": base,
                "displayUrlServicedeskHelpCenter": base,
                "displayUrlConfluence": base,
                "version": "1001.0.0-SNAPSHOT",
                "versionNumbers": [1001, 0, 0],
                "deploymentType": "Cloud",
                "buildNumber": 100299,
                "buildDate": built,
                "serverTime": View(world=world, api=ask.api).time(world.now()),
                "scmInfo": "0d9f6d5c8b1e4a7f93c2e8a1b7d4c6f0e5a3b291",
                "serverTitle": "Jira",
                "defaultLocale": {"locale": "en_US"},
                "serverTimeZone": world.options.time_zone,
            }
        )
    return Answer(
        payload=shared
        | {
            "version": "10.3.12",
            "versionNumbers": [10, 3, 12],
            "deploymentType": "Server",
            "buildNumber": 10030012,
            "buildDate": built,
            "databaseBuildNumber": 10030012,
            "serverTime": View(world=world, api=ask.api).time(world.now()),
            "scmInfo": "5b3ed9a4c0f7e61d28b94a3c7f10e2d6a8c5b471",
            "serverTitle": "Skerry Lines Jira",
        }
    )


def read_myself(world: World, ask: Ask) -> Answer:
    view = View(world=world, api=ask.api)
    found = dict(view.person(ask.account) or {})
    found["locale"] = "en_US"
    found["expand"] = "groups,applicationRoles"
    admin = world.may(ask.account, "ADMINISTER")
    groups = ["jira-software-users"] + (["jira-administrators"] if admin else [])
    full = ask.expands("groups")
    found["groups"] = {"size": len(groups), "items": []}
    if full:
        found["groups"]["items"] = [
            {"name": name, "self": view.link(f"group?groupname={name}")}
            | ({"groupId": f"f1a0c2d4-0000-4000-8000-{index:012d}"} if view.cloud else {})
            for index, name in enumerate(groups)
        ]
    roles = 0 if "cloud-user-no-product-access" in world.faults else 1
    found["applicationRoles"] = {"size": roles, "items": []}
    if ask.expands("applicationRoles") and roles:
        found["applicationRoles"]["items"] = [{"key": "jira-software", "name": "Jira Software"}]
    return Answer(payload=found)


def read_my_permissions(world: World, ask: Ask) -> Answer:
    """Cloud wants `permissions` and hides; Data Center lists all and tells a hidden project from a missing one."""
    asked = [one for one in ask.query.get("permissions", "").replace(" ", "").split(",") if one]
    cloud = world.edition == "cloud"
    if cloud and not asked:
        return refuse(400, "The 'permissions' query parameter is required.")
    unknown = [one for one in asked if one not in PERMISSION_KEYS]
    if cloud and unknown:
        return refuse(400, f"Unrecognized permission: {unknown[0]}")
    project: Project | None = None
    named = ask.query.get("projectKey") or ask.query.get("projectId")
    if named:
        project = world.project_that_exists(named)
        if project is None or (cloud and world.project(named, account=ask.account) is None):
            what = "key" if ask.query.get("projectKey") else "id"
            return refuse(404, f"No project could be found with {what} '{named}'.")
    issue_named = ask.query.get("issueKey") or ask.query.get("issueId")
    if issue_named:
        issue = world.issue(issue_named)
        if issue is None or world.project(issue.project, account=ask.account) is None:
            return refuse(404, no_such_issue(world))
        project = world.project_that_exists(issue.project)
    rows: Json = {}
    for key, id, name, kind in PERMISSIONS:
        if cloud and key not in asked:
            continue
        row: Json = {
            "id": id,
            "key": key,
            "name": name,
            "type": kind,
            "description": f"Ability to {name[:1].lower()}{name[1:]}.",
            "havePermission": world.may(ask.account, key, project if kind == "PROJECT" else None)
            and (project is None or world.may(ask.account, "BROWSE_PROJECTS", project) or kind == "GLOBAL"),
        }
        if not cloud:
            row["deprecatedKey"] = False
        rows[key] = row
    return Answer(payload={"permissions": rows})


def read_permissions(world: World, ask: Ask) -> Answer:
    if not world.may(ask.account, "ADMINISTER"):
        return refuse(403, "You do not have permission to access this resource.")
    return Answer(
        payload={
            "permissions": {
                key: {"key": key, "name": name, "type": kind, "description": f"Ability to {name.lower()}."}
                for key, _, name, kind in PERMISSIONS
            }
        }
    )


def no_such_issue(world: World) -> str:
    if world.edition == "cloud":
        return "Issue does not exist or you do not have permission to see it."
    return "Issue Does Not Exist"


# ---- people


def _matches(person: Person, text: str) -> bool:
    low = text.lower()
    return not low or any(
        part.startswith(low)
        for part in (*person.display.lower().split(), person.name, person.email, person.display.lower())
    )


def search_users(world: World, ask: Ask) -> Answer:
    """Without the right to browse users (and for anonymous callers on Cloud): 200 and nobody."""
    cloud = world.edition == "cloud"
    if not world.may(ask.caller.account, "USER_PICKER"):
        return Answer(payload=[])
    view = View(world=world, api=ask.api)
    if cloud and "username" in ask.query:
        return refuse(400, "The query parameter 'username' is not supported in GDPR strict mode.")
    text = ask.query.get("query", "") if cloud else ask.query.get("username", "")
    if cloud and ask.query.get("accountId"):
        found = [one for one in world.people.values() if one.account_id == ask.query["accountId"]]
    elif not cloud and not text:
        return refuse(400, "The username query parameter was not provided")
    else:
        found = [one for one in world.people.values() if _matches(one, "" if text == "." else text)]
    if not cloud and ask.query.get("includeInactive") != "true":
        found = [one for one in found if one.active]
    return Answer(payload=_page(ask, [view.person(one.account_id) for one in found]))


def search_assignable(world: World, ask: Ask) -> Answer:
    view = View(world=world, api=ask.api)
    named = ask.query.get("project") or (ask.query.get("issueKey") or "").rsplit("-", 1)[0]
    if not named:
        return refuse(400, "You must specify a project or issue key.")
    project = world.project(named, account=ask.account)
    if project is None:
        return refuse(404, f"No project could be found with key '{named}'.")
    text = ask.query.get("query") or ask.query.get("username") or ""
    found = [
        one
        for one in world.people.values()
        if world.may(one.account_id, "ASSIGNABLE_USER", project) and _matches(one, text)
    ]
    if ask.query.get("accountId"):
        found = [one for one in found if one.account_id == ask.query["accountId"]]
    return Answer(payload=_page(ask, [view.person(one.account_id) for one in found]))


def _page(ask: Ask, rows: list[Any]) -> list[Any]:
    start = ask.number("startAt", 0)
    return rows[start : start + ask.number("maxResults", 50, low=1, high=1000)]


def read_user(world: World, ask: Ask) -> Answer:
    view = View(world=world, api=ask.api)
    if view.cloud:
        if "username" in ask.query or "key" in ask.query:
            name = "username" if "username" in ask.query else "key"
            return refuse(400, f"The query parameter '{name}' is not supported in GDPR strict mode.")
        wanted = ask.query.get("accountId")
        if not wanted:
            return refuse(404, "The 'accountId' query parameter needs to be provided")
        if wanted not in world.people:
            return refuse(404, "Specified user does not exist or you do not have required permissions")
        return Answer(payload=view.person(wanted))
    wanted = ask.query.get("username") or ask.query.get("key") or ""
    person = world.person_named(wanted) or next(
        (one for one in world.people.values() if (view.person(one.account_id) or {}).get("key") == wanted), None
    )
    if person is None:
        return refuse(404, f"The user named '{wanted}' does not exist")
    return Answer(payload=view.person(person.account_id))


def read_users_bulk(world: World, ask: Ask) -> Answer:
    view = View(world=world, api=ask.api)
    wanted = ask.many.get("accountId", [])
    rows = [view.person(one) for one in wanted if one in world.people]
    return Answer(
        payload={
            "self": view.link("user/bulk"),
            "maxResults": 10,
            "startAt": 0,
            "total": len(rows),
            "isLast": True,
            "values": rows,
        }
    )


# ---- lists


def read_fields(world: World, ask: Ask) -> Answer:
    view = View(world=world, api=ask.api)
    return Answer(payload=[view.field(one) for one in world.fields()])


def read_issue_types(world: World, ask: Ask) -> Answer:
    if ask.caller.account is None:
        return Answer(payload=[])
    view = View(world=world, api=ask.api)
    return Answer(payload=[view.issue_type(one, scope=True) for one in ISSUE_TYPES])


def read_statuses(world: World, ask: Ask) -> Answer:
    view = View(world=world, api=ask.api)
    return Answer(payload=[view.status(one) for one in STATUSES] if ask.caller.account else [])


def read_status_categories(world: World, ask: Ask) -> Answer:
    view = View(world=world, api=ask.api)
    return Answer(payload=[{"self": view.link(f"statuscategory/{one['id']}"), **one} for one in CATEGORIES.values()])


def read_priorities(world: World, ask: Ask) -> Answer:
    view = View(world=world, api=ask.api)
    return Answer(payload=[view.priority(id, full=True) for id, *_ in PRIORITIES])


def read_resolutions(world: World, ask: Ask) -> Answer:
    view = View(world=world, api=ask.api)
    return Answer(payload=[view.resolution(id) for id, *_ in RESOLUTIONS])


def read_link_types(world: World, ask: Ask) -> Answer:
    return Answer(payload={"issueLinkTypes": View(world=world, api=ask.api).link_types()})


def read_labels(world: World, ask: Ask) -> Answer:
    labels = sorted(
        {
            label
            for one in world.issues.values()
            if world.project(one.project, account=ask.account)
            for label in one.labels
        }
    )
    start, limit = ask.number("startAt", 0), ask.number("maxResults", 1000, low=1, high=1000)
    rows = labels[start : start + limit]
    return Answer(
        payload={
            "maxResults": limit,
            "startAt": start,
            "total": len(labels),
            "isLast": start + len(rows) >= len(labels),
            "values": rows,
        }
    )


def read_tenant_info(_world: World, _ask: Ask) -> Answer:
    return Answer(payload={"cloudId": CLOUD_ID})


def read_site_status(world: World, _ask: Ask) -> Answer:
    """`/status`: on Data Center only 200 with RUNNING is good."""
    if world.edition == "cloud":
        return Answer(raw=b"OK", content_type="text/plain;charset=UTF-8")
    if "jira-maintenance" in world.faults:
        return Answer(status=503, payload={"state": "MAINTENANCE"})
    if "jira-error-state" in world.faults:
        return Answer(status=500, payload={"state": "ERROR"})
    return Answer(payload={"state": "STARTING" if "jira-starting" in world.faults else "RUNNING"})


def read_session(world: World, ask: Ask) -> Answer:
    view = View(world=world, api=ask.api)
    if view.cloud:
        return refuse(401, "Login failed")
    person = world.people[ask.account]
    return Answer(
        payload={
            "self": view.link(f"user?username={person.name}"),
            "name": person.name,
            "loginInfo": {
                "loginCount": 12,
                "previousLoginTime": datetime.fromtimestamp(world.now() / 1000, UTC).strftime(
                    "%Y-%m-%dT%H:%M:%S.000%z"
                ),
            },
        }
    )
