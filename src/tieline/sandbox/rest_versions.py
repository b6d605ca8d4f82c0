"""Versions: the same missing right is 404, 400 or 401 depending on the verb, as in Jira."""

from dataclasses import replace
from datetime import date
from typing import Any

from .ask import Answer, Ask, no_content, refuse
from .model import Json, Project, Version
from .view import View
from .world import World


def _known_project(world: World, payload: Json) -> tuple[Project | None, str]:
    """The project that `project` (a key) or `projectId` names, and the key as Jira's text would give it."""
    key = payload.get("project")
    named = key or payload.get("projectId")
    found = world.project_that_exists(str(named)) if named is not None else None
    return found, str(key) if key else "null"


def _find(world: World, ask: Ask) -> tuple[Version, Project] | Answer:
    raw = ask.path_values["version"]
    one = world.versions.get(int(raw)) if raw.isdigit() else None
    if one is None:
        return refuse(404, f"Could not find version for id '{raw}'")
    project = world.project_that_exists(one.project)
    if project is None or not world.may(ask.caller.account, "BROWSE_PROJECTS", project):
        return refuse(404, "You must have browse project rights in order to view versions.")
    return one, project


def read_version(world: World, ask: Ask) -> Answer:
    found = _find(world, ask)
    return found if isinstance(found, Answer) else Answer(payload=View(world=world, api=ask.api).version(found[0]))


def create_version(world: World, ask: Ask) -> Answer:
    payload = ask.parse_payload()
    if not isinstance(payload, dict):
        return refuse(400, "The request body could not be read as a version.")
    if payload.get("project") in (None, "") and payload.get("projectId") is None:
        return refuse(400, "Project must be specified to create a version.")
    project, said = _known_project(world, payload)
    if project is None or not world.may(ask.caller.account, "ADMINISTER_PROJECTS", project):
        return refuse(
            404,
            f"Project with key '{said}' either does not exist or you do not have permission to create versions in it.",
        )
    errors = _field_errors(world, payload, project, None)
    if errors:
        return Answer(status=400, payload={"errorMessages": [], "errors": errors})
    version = Version(
        id=world.next_id("version"),
        project=project.key,
        name=str(payload["name"]).strip(),
        description=payload.get("description"),
        released=payload.get("released") is True,
        archived=payload.get("archived") is True,
        start_date=_day(payload.get("startDate")),
        release_date=_day(payload.get("releaseDate")),
        sequence=1 + max((one.sequence for one in world.versions_of(project.key)), default=0),
    )
    world.save_version(version, actor=ask.account)
    return Answer(status=201, payload=View(world=world, api=ask.api).version(version))


def _field_errors(world: World, payload: Json, project: Project, old: Version | None) -> Json:
    errors: Json = {}
    name = payload.get("name")
    if name is None and old is not None:
        pass
    elif not isinstance(name, str) or not name.strip():
        errors["name"] = "You must specify a valid version name"
    elif len(name) > 255:
        errors["name"] = "The version name must not exceed 255 characters in length"
    elif any(one.name.lower() == name.strip().lower() and one != old for one in world.versions_of(project.key)):
        errors["name"] = "A version with this name already exists in this project."
    dates: dict[str, str] = {}
    for field in ("startDate", "releaseDate"):
        value = payload.get(field)
        if value in (None, ""):
            continue
        try:
            dates[field] = date.fromisoformat(str(value)).isoformat()
        except ValueError:
            errors[field] = f"The date is not in the expected format: {value}"
    if not isinstance(payload.get("description"), str | None):
        errors["description"] = "The description must be a text."
    start = dates.get("startDate") or (old.start_date if old else None)
    release = dates.get("releaseDate") or (old.release_date if old else None)
    if start and release and start > release and dates:
        errors["startDate"] = "The start date must be before the release date"
    return errors


def edit_version(world: World, ask: Ask) -> Answer:
    """Nulls and absent values leave a value as it is; an empty date text takes it away."""
    found = _find(world, ask)
    if isinstance(found, Answer):
        return found
    old, project = found
    if not world.may(ask.caller.account, "ADMINISTER_PROJECTS", project):
        return refuse(400, "You must have global or project administrator rights in order to modify versions.")
    payload = ask.parse_payload()
    if not isinstance(payload, dict):
        return refuse(400, "The request body could not be read as a version.")
    errors = _field_errors(world, payload, project, old)
    if errors:
        return Answer(status=400, payload={"errorMessages": [], "errors": errors})
    values: dict[str, Any] = {}
    for name, field in (
        ("name", "name"),
        ("description", "description"),
        ("released", "released"),
        ("archived", "archived"),
        ("startDate", "start_date"),
        ("releaseDate", "release_date"),
    ):
        if payload.get(name) is not None:
            values[field] = payload[name]
    for field in ("start_date", "release_date"):
        if field in values:
            values[field] = _day(values[field])
    for field in ("released", "archived"):
        if field in values:
            values[field] = values[field] is True
    if values.get("description") == "":
        values["description"] = None
    if "name" in values:
        values["name"] = values["name"].strip()
    new = replace(old, **values)
    with world.batch():
        world.save_version(new, actor=ask.account)
        target = str(payload.get("moveUnfixedIssuesTo") or "").rsplit("/", 1)[-1]
        if target.isdigit() and int(target) in world.versions:
            _move_unfixed(world, new, int(target), actor=ask.account)
    return Answer(payload=View(world=world, api=ask.api).version(new))


def _day(value: Any) -> str | None:
    """A date that was judged before; an empty text takes it away."""
    return date.fromisoformat(str(value)).isoformat() if value else None


def _move_unfixed(world: World, version: Version, target: int, *, actor: str) -> None:
    for issue in list(world.issues.values()):
        if version.id in issue.fix_versions and issue.resolution_id is None:
            ids = tuple(dict.fromkeys(target if id == version.id else id for id in issue.fix_versions))
            world.edit_issue(issue, replace(issue, fix_versions=ids), actor=actor)


def _may_delete(world: World, ask: Ask, project: Project) -> Answer | None:
    if world.may(ask.caller.account, "ADMINISTER_PROJECTS", project):
        return None
    who = world.people[ask.account]
    name = who.display if world.edition == "cloud" else who.name
    return refuse(401, f"The user {name} does not have permission to complete this operation.")


def delete_version(world: World, ask: Ask) -> Answer:
    """Cloud only: Data Center knows `removeAndSwap` alone."""
    found = _find(world, ask)
    if isinstance(found, Answer):
        return found
    version, project = found
    denied = _may_delete(world, ask, project)
    if denied:
        return denied
    fix = _swap_target(world, version, ask.query.get("moveFixIssuesTo"))
    affected = _swap_target(world, version, ask.query.get("moveAffectedIssuesTo"))
    world.delete_version(version, actor=ask.account, fix_to=fix, affected_to=affected)
    return no_content()


def remove_and_swap(world: World, ask: Ask) -> Answer:
    found = _find(world, ask)
    if isinstance(found, Answer):
        return found
    version, project = found
    denied = _may_delete(world, ask, project)
    if denied:
        return denied if world.edition == "dc" else refuse(404, f"Could not find version for id '{version.id}'")
    payload = ask.parse_payload() or {}
    targets = []
    for name in ("moveFixIssuesTo", "moveAffectedIssuesTo"):
        value = payload.get(name)
        target = _swap_target(world, version, value)
        if value is not None and target is None:
            return refuse(400, f"The version to swap to, '{value}', does not exist in this project.")
        targets.append(target)
    world.delete_version(
        version, actor=ask.account, fix_to=targets[0], affected_to=targets[1], merged=targets[0] is not None
    )
    return no_content()


def _swap_target(world: World, version: Version, value: Any) -> int | None:
    raw = str(value or "").rsplit("/", 1)[-1]
    one = world.versions.get(int(raw)) if raw.isdigit() else None
    return one.id if one and one.project == version.project and one.id != version.id else None


def merge_version(world: World, ask: Ask) -> Answer:
    """Cloud's `PUT version/{id}/mergeto/{target}`: the target keeps the issues, this one goes."""
    found = _find(world, ask)
    if isinstance(found, Answer):
        return found
    version, project = found
    if not world.may(ask.caller.account, "ADMINISTER_PROJECTS", project):
        return refuse(400, "You must have global or project administrator rights in order to modify versions.")
    target = _swap_target(world, version, ask.path_values["target"])
    if target is None:
        return refuse(404, f"Could not find version for id '{ask.path_values['target']}'")
    world.delete_version(version, actor=ask.account, fix_to=target, affected_to=target, merged=True)
    return no_content()


def move_version(world: World, ask: Ask) -> Answer:
    found = _find(world, ask)
    if isinstance(found, Answer):
        return found
    version, project = found
    if not world.may(ask.caller.account, "ADMINISTER_PROJECTS", project):
        return refuse(400, "You must have global or project administrator rights in order to modify versions.")
    payload = ask.parse_payload() or {}
    others = [one for one in world.versions_of(project.key) if one.id != version.id]
    place = len(others)
    if payload.get("after"):
        wanted = str(payload["after"]).rsplit("/", 1)[-1]
        place = next((index + 1 for index, one in enumerate(others) if str(one.id) == wanted), -1)
    else:
        now_at = [one.id for one in world.versions_of(project.key)].index(version.id)
        places = {"First": 0, "Last": len(others), "Earlier": max(0, now_at - 1), "Later": min(len(others), now_at + 1)}
        place = places.get(str(payload.get("position")), -1)
    if place < 0:
        return refuse(400, "You must specify where to move the version to.")
    others.insert(place, version)
    with world.batch():
        for index, one in enumerate(others):
            world.save_version(replace(one, sequence=index + 1), actor=ask.account)
    return Answer(payload=View(world=world, api=ask.api).version(world.versions[version.id]))


def count_related(world: World, ask: Ask) -> Answer:
    found = _find(world, ask)
    if isinstance(found, Answer):
        return found
    version, _ = found
    view = View(world=world, api=ask.api)
    return Answer(
        payload={
            "self": view.link(f"version/{version.id}"),
            "issuesFixedCount": sum(version.id in one.fix_versions for one in world.issues.values()),
            "issuesAffectedCount": sum(version.id in one.versions for one in world.issues.values()),
            "issueCountWithCustomFieldsShowingVersion": 0,
            "customFieldUsage": [],
        }
    )


def count_unresolved(world: World, ask: Ask) -> Answer:
    found = _find(world, ask)
    if isinstance(found, Answer):
        return found
    version, _ = found
    related = [one for one in world.issues.values() if version.id in one.fix_versions]
    view = View(world=world, api=ask.api)
    return Answer(
        payload={
            "self": view.link(f"version/{version.id}/unresolvedIssueCount"),
            "issuesUnresolvedCount": sum(one.resolution_id is None for one in related),
            "issuesCount": len(related),
        }
    )
