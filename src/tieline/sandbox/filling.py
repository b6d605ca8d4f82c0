"""Fill a fresh site: the sample plan, real issues from a file, or nothing but the projects."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from .model import Attachment, Body, Comment, Component, Issue, Json, Version
from .real_issues import RealIssues, read_real_issues
from .scheme import (
    AUDIENCE,
    AUDIENCES,
    DONE_STATUS,
    EPIC_NAME,
    ISSUE_TYPES,
    MAIN_PROJECT,
    PAT,
    POINTS,
    PRIORITIES,
    STATUSES,
)
from .world import World

_DAY = 86_400_000
_MIMES = {"txt": "text/plain", "md": "text/markdown", "log": "text/plain", "png": "image/png"}


def fill(world: World) -> None:
    """Fill the world as its options say."""
    options = world.options
    plan = json.loads(files(__package__).joinpath("sample_plan.json").read_text(encoding="utf-8"))
    with world.batch():
        components = [
            Component(
                id=world.next_id("component"), project=MAIN_PROJECT, name=row["name"], description=row["description"]
            )
            for row in plan["components"]
        ]
        world.load(components=components)
        if options.data_file is not None:
            _load_real(world, read_real_issues(options.data_file, limit=options.limit))
        elif not options.empty:
            _load_plan(world, plan)
        for project, summaries in plan["elsewhere"].items():
            world.load(issues=[_plain_issue(world, project, summary) for summary in summaries])


def _plain_issue(world: World, project: str, summary: str) -> Issue:
    at = world.now() - 40 * _DAY
    return Issue(
        id=world.next_id("issue"),
        key=world.next_key(project),
        project=project,
        type_id="10002",
        status_id=STATUSES[0].id,
        summary=summary,
        creator=_account(world, "robin") or PAT,
        reporter=_account(world, "robin"),
        rank=world.next_rank(),
        created=at,
        updated=at,
    )


def _account(world: World, name: str | None) -> str | None:
    person = world.person_named(name) if name else None
    return person.account_id if person else None


def _day(world: World, offset: int) -> str:
    today = datetime.fromtimestamp(world.now() / 1000, UTC).date()
    return (today + timedelta(days=offset)).isoformat()


def _mentions(world: World, text: str) -> str:
    """People are mentioned by account id on Cloud, by name on Data Center."""
    if world.edition == "dc":
        return text
    return re.sub(r"\[~(\w+)\]", lambda match: f"[~accountid:{_account(world, match[1])}]", text)


def _body(world: World, text: str | None) -> Body:
    return None if text is None else _mentions(world, text)


def _load_plan(world: World, plan: Json) -> None:
    versions: dict[str, Version] = {}
    for place, row in enumerate(plan["versions"]):
        versions[row["name"]] = Version(
            id=world.next_id("version"),
            project=MAIN_PROJECT,
            name=row["name"],
            description=row["description"],
            released=row["released"],
            start_date=_day(world, row["start_in_days"]),
            release_date=_day(world, row["release_in_days"]),
            sequence=place + 1,
        )
    components = {one.name: one.id for one in world.components_of(MAIN_PROJECT)}
    types = {one.name: one.id for one in ISSUE_TYPES}
    statuses = {one.name: one.id for one in STATUSES}
    priorities = {name: id for id, name, _ in PRIORITIES}
    audiences = {text: id for id, text in AUDIENCES}
    people = ["pat", "robin", "amara"]
    made: dict[int, Issue] = {}
    comments: list[Comment] = []
    attachments: list[Attachment] = []
    for row in plan["issues"]:
        created = world.now() - (80 - row["ref"]) * _DAY - row["ref"] * 3_600_000
        author = _account(world, people[row["ref"] % len(people)]) or PAT
        done = row["status"] == "Done"
        custom: Json = {}
        if "points" in row:
            custom[POINTS] = float(row["points"])
        if "audience" in row:
            custom[AUDIENCE] = audiences[row["audience"]]
        if row["type"] == "Epic" and world.edition == "dc":
            custom[EPIC_NAME] = row["summary"]
        issue = Issue(
            id=world.next_id("issue"),
            key=world.next_key(MAIN_PROJECT),
            project=MAIN_PROJECT,
            type_id=types[row["type"]],
            status_id=statuses[row["status"]],
            summary=row["summary"],
            description=_body(world, row.get("description")),
            creator=author,
            reporter=author,
            assignee=_account(world, row.get("assignee")),
            priority_id=priorities[row.get("priority", "Medium")],
            resolution_id="10000" if done else None,
            resolved=created + 9 * _DAY if done else None,
            labels=tuple(row.get("labels", ())),
            fix_versions=(versions[row["version"]].id,) if "version" in row else (),
            components=tuple(components[name] for name in row.get("components", ())),
            due_date=_day(world, row["due"]) if "due" in row else None,
            parent=made[row["parent"]].id if "parent" in row else None,
            custom=custom,
            rank=world.next_rank(),
            created=created,
            updated=created + 10 * _DAY,
            status_changed=created + 9 * _DAY,
        )
        made[row["ref"]] = issue
        comments.extend(_comments(world, issue, row.get("comments", ())))
        attachments.extend(_files(world, issue, row.get("files", ())))
    world.load(versions=versions.values(), issues=made.values(), comments=comments, attachments=attachments)


def _comments(world: World, issue: Issue, rows: list[Json]) -> list[Comment]:
    found = []
    for place, row in enumerate(rows):
        author = _account(world, row["author"]) or PAT
        at = issue.created + (place + 2) * 7_200_000
        found.append(
            Comment(
                id=world.next_id("comment"),
                issue=issue.id,
                author=author,
                body=_body(world, row["body"]),
                created=at,
                updated=at,
                update_author=author,
            )
        )
    return found


def _files(world: World, issue: Issue, rows: list[Json]) -> list[Attachment]:
    found = []
    for row in rows:
        content = row["text"].encode()
        found.append(
            Attachment(
                id=world.next_id("attachment"),
                issue=issue.id,
                filename=row["filename"],
                mime=_MIMES[row["filename"].rsplit(".", 1)[-1]],
                size=len(content),
                author=issue.reporter or PAT,
                created=issue.created + 3_600_000,
                content=content,
            )
        )
    return found


def _load_real(world: World, real: RealIssues) -> None:
    """Put real issues into the main project: same texts, our issue types, nearest statuses, people of the sandbox."""
    people = [one for one in world.people.values() if one.active]
    versions: dict[str, Version] = {}
    for name, released in real.versions.items():
        versions[name] = Version(
            id=world.next_id("version"),
            project=MAIN_PROJECT,
            name=name,
            released=released,
            release_date=_day(world, -30) if released else None,
            sequence=len(versions) + 1,
        )
    components = {
        name: Component(id=world.next_id("component"), project=MAIN_PROJECT, name=name) for name in real.components
    }
    by_source: dict[str, Issue] = {}
    issues: list[Issue] = []
    comments: list[Comment] = []
    start = world.now() - 200 * _DAY
    step = 190 * _DAY // max(1, len(real.issues))
    for place, row in enumerate(real.issues):
        at = start + place * step
        author = people[place % len(people)].account_id
        custom: dict[str, Any] = dict(row.custom)
        if row.type_id == "10000" and world.edition == "dc":
            custom[EPIC_NAME] = row.summary[:200]
        done = row.status_id == DONE_STATUS
        issue = Issue(
            id=world.next_id("issue"),
            key=world.next_key(MAIN_PROJECT),
            project=MAIN_PROJECT,
            type_id=row.type_id,
            status_id=row.status_id,
            summary=row.summary,
            description=row.description,
            creator=author,
            reporter=author,
            assignee=people[place % 7].account_id if place % 7 < len(people) else None,
            priority_id=row.priority_id,
            resolution_id="10000" if done else None,
            resolved=at if done else None,
            labels=row.labels,
            fix_versions=tuple(versions[name].id for name in row.versions),
            components=tuple(components[name].id for name in row.components),
            due_date=row.due_date,
            custom=custom,
            rank=world.next_rank(),
            created=at,
            updated=at,
        )
        by_source[row.source_key] = issue
        issues.append(issue)
        comments.extend(_comments(world, issue, [{"author": "amara", "body": text} for text in row.comments]))
    parents = {row.source_key: row.parent for row in real.issues if row.parent in by_source}
    issues = [
        replace(one, parent=by_source[parents[one.custom["customfield_10040"]]].id)
        if one.custom.get("customfield_10040") in parents
        else one
        for one in issues
    ]
    world.load(versions=versions.values(), components=components.values(), issues=issues, comments=comments)
