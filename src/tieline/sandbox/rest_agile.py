"""The little of the agile API that a connection check and ranking need."""

from dataclasses import replace

from .ask import Answer, Ask, no_content, refuse
from .model import Json, Project
from .view import View
from .world import World


def _denied(world: World, ask: Ask) -> Answer | None:
    if "agile-not-licensed" in world.faults and ask.caller.account is not None:
        return refuse(403, "The user does not have a valid license.")
    return None


def _board(view: View, project: Project) -> Json:
    id = project.id - 9999
    return {
        "id": id,
        "self": f"{view.world.base_url}/rest/agile/1.0/board/{id}",
        "name": f"{project.key} board",
        "type": "kanban",
        "location": {
            "projectId": project.id,
            "displayName": f"{project.name} ({project.key})",
            "projectName": project.name,
            "projectKey": project.key,
            "projectTypeKey": "software",
            "name": f"{project.name} ({project.key})",
        },
    }


def read_boards(world: World, ask: Ask) -> Answer:
    denied = _denied(world, ask)
    if denied:
        return denied
    view = View(world=world, api="2")
    wanted = ask.query.get("projectKeyOrId")
    if wanted and world.project(wanted, account=ask.account) is None:
        return refuse(400, f"No project could be found with key or id '{wanted}'.")
    rows = [
        _board(view, one)
        for one in world.visible_projects(ask.account)
        if not wanted or wanted in (one.key, str(one.id))
    ]
    start, limit = ask.number("startAt", 0), ask.number("maxResults", 50, low=1, high=50)
    part = rows[start : start + limit]
    return Answer(
        payload={
            "maxResults": limit,
            "startAt": start,
            "total": len(rows),
            "isLast": start + len(part) >= len(rows),
            "values": part,
        }
    )


def rank_issues(world: World, ask: Ask) -> Answer:
    """Put issues before or after another one; ranks between neighbours are halved."""
    denied = _denied(world, ask)
    if denied:
        return denied
    payload = ask.parse_payload() or {}
    other = world.issue(str(payload.get("rankBeforeIssue") or payload.get("rankAfterIssue") or ""))
    named = payload.get("issues")
    moved = [world.issue(str(one)) for one in named] if isinstance(named, list) else []
    if other is None or not moved or None in moved or other in moved:
        return refuse(400, "The issues to rank, or the one to rank them by, could not be found.")
    if len(moved) > 50:
        return refuse(400, "At most 50 issues can be ranked at once.")
    ordered = sorted((one for one in world.issues.values() if one not in moved), key=lambda one: one.rank)
    place = ordered.index(other) + (0 if payload.get("rankBeforeIssue") else 1)
    low = _number(ordered[place - 1].rank) if place > 0 else 0.0
    high = _number(ordered[place].rank) if place < len(ordered) else low + 1000 * (len(moved) + 1)
    step = (high - low) / (len(moved) + 1)
    with world.batch():
        for index, one in enumerate(moved):
            assert one is not None
            rank = f"0|{low + step * (index + 1):021.8f}:"
            world.edit_issue(one, replace(one, rank=rank), actor=ask.account)
    return no_content()


def _number(rank: str) -> float:
    return float(rank.removeprefix("0|").removesuffix(":"))
