"""The site's rows as Jira's JSON, in the words of one edition and one API version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from .adf import render_html, render_text
from .ask import Api
from .model import Attachment, Body, Change, Comment, Component, Issue, Json, Person, Project, Version, WebhookRow
from .scheme import (
    AUDIENCE,
    AUDIENCE_NAMES,
    CATEGORIES,
    EPIC_LINK,
    ISSUE_TYPES,
    LINK_TYPES,
    PRIORITIES,
    RANK,
    RESOLUTIONS,
    STATUSES_BY_ID,
    TYPES_BY_ID,
    Field,
    IssueType,
    Status,
)
from .wikitext import parse_wiki
from .world import World

_parse_wiki_once = lru_cache(maxsize=4096)(parse_wiki)
_PRIORITY_ROWS = {id: (id, name, color) for id, name, color in PRIORITIES}
_RESOLUTION_ROWS = {id: (id, name, text) for id, name, text in RESOLUTIONS}


@dataclass(frozen=True, kw_only=True)
class View:
    """Render functions; `api` decides between documents (3) and wiki text (2)."""

    world: World
    api: Api

    @property
    def cloud(self) -> bool:
        return self.world.edition == "cloud"

    def link(self, path: str) -> str:
        return f"{self.world.base_url}/rest/api/{self.api}/{path}"

    def time(self, ms: int | None) -> str | None:
        """A time as Jira writes it, in the site's time zone."""
        if ms is None:
            return None
        at = datetime.fromtimestamp(ms / 1000, UTC).astimezone(_zone(self.world.options.time_zone))
        return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}" + at.strftime("%z")

    def body(self, body: Body) -> Any:
        if body is None or body == "":
            return None
        if self.api == "3":
            return _parse_wiki_once(body) if isinstance(body, str) else body
        return render_text(body)

    # ---- people

    def person(self, account: str | None) -> Json | None:
        return None if account is None else self._person(self.world.people[account])

    def _person(self, person: Person) -> Json:
        if self.cloud:
            avatar = f"https://avatar.skerrylines.example/{quote(person.name)}"
            return {
                "self": self.link(f"user?accountId={quote(person.account_id)}"),
                "accountId": person.account_id,
                "emailAddress": person.email,
                "avatarUrls": {size: f"{avatar}/{size[:2]}" for size in ("48x48", "24x24", "16x16", "32x32")},
                "displayName": person.display,
                "active": person.active,
                "timeZone": person.time_zone,
                "accountType": "atlassian",
            }
        return {
            "self": self.link(f"user?username={quote(person.name)}"),
            "name": person.name,
            "key": "JIRAUSER" + str(10100 + sum(person.name.encode())),
            "emailAddress": person.email,
            "avatarUrls": self._avatars(f"useravatar?ownerId={quote(person.name)}"),
            "displayName": person.display,
            "active": person.active,
            "timeZone": person.time_zone,
        }

    def _avatars(self, path: str) -> Json:
        sizes = {"48x48": "", "24x24": "&size=small", "16x16": "&size=xsmall", "32x32": "&size=medium"}
        return {size: f"{self.world.base_url}/secure/{path}{extra}" for size, extra in sizes.items()}

    # ---- configuration

    def issue_type(self, one: IssueType, *, scope: bool = False) -> Json:
        found: Json = {
            "self": self.link(f"issuetype/{one.id}"),
            "id": one.id,
            "description": one.description,
            "iconUrl": f"{self.world.base_url}/secure/viewavatar?avatarId={one.avatar}&avatarType=issuetype",
            "name": one.name,
            "subtask": one.subtask,
            "avatarId": one.avatar,
        }
        if self.cloud:
            found["hierarchyLevel"] = one.level
            if scope:
                found["untranslatedName"] = one.name
        return found

    def status(self, one: Status) -> Json:
        category = CATEGORIES[one.category]
        return {
            "self": self.link(f"status/{one.id}"),
            "description": one.description,
            "iconUrl": f"{self.world.base_url}/images/icons/statuses/generic.png",
            "name": one.name,
            "id": one.id,
            "statusCategory": {"self": self.link(f"statuscategory/{category['id']}"), **category},
        }

    def priority(self, id: str, *, full: bool = False) -> Json:
        _, name, color = _PRIORITY_ROWS[id]
        found: Json = {
            "self": self.link(f"priority/{id}"),
            "iconUrl": f"{self.world.base_url}/images/icons/priorities/{name.lower()}.svg",
            "name": name,
            "id": id,
        }
        if full:
            found |= {"statusColor": color, "description": ""}
        return found

    def resolution(self, id: str | None) -> Json | None:
        if id is None:
            return None
        _, name, text = _RESOLUTION_ROWS[id]
        return {"self": self.link(f"resolution/{id}"), "id": id, "description": text, "name": name}

    def link_types(self) -> list[Json]:
        return [
            {"id": id, "name": name, "inward": inward, "outward": outward, "self": self.link(f"issueLinkType/{id}")}
            for id, name, inward, outward in LINK_TYPES
        ]

    def field(self, one: Field) -> Json:
        found: Json = {
            "id": one.id,
            "name": one.name,
            "custom": one.custom,
            "orderable": one.on_create or one.on_edit,
            "navigable": one.navigable,
            "searchable": bool(one.clauses),
            "clauseNames": list(one.clauses),
            "schema": one.schema,
        }
        if self.cloud:
            found["key"] = one.id
            if one.custom:
                found["untranslatedName"] = one.name
        return found

    # ---- projects, versions

    def project(self, one: Project, *, full: bool = False) -> Json:
        found: Json = {
            "self": self.link(f"project/{one.id}"),
            "id": str(one.id),
            "key": one.key,
            "name": one.name,
            "projectTypeKey": "software",
            "avatarUrls": self._avatars(f"projectavatar?pid={one.id}&avatarId=10324")
            if not self.cloud
            else {
                size: self.link(f"universal_avatar/view/type/project/avatar/10324{extra}")
                for size, extra in (
                    ("48x48", ""),
                    ("24x24", "?size=small"),
                    ("16x16", "?size=xsmall"),
                    ("32x32", "?size=medium"),
                )
            },
        }
        if self.cloud:
            found["simplified"] = False
        if full:
            found |= {
                "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight"
                if self.cloud
                else "description,lead,url,projectKeys",
                "description": "",
                "lead": self.person(one.lead),
                "components": [self.component(each) for each in self.world.components_of(one.key)],
                "issueTypes": [self.issue_type(each) for each in ISSUE_TYPES],
                "assigneeType": "UNASSIGNED",
                "versions": [self.version(each) for each in self.world.versions_of(one.key)],
                "roles": {},
            }
            if self.cloud:
                found |= {"style": "classic", "isPrivate": one.visible_to is not None, "properties": {}}
        return found

    def version(self, one: Version) -> Json:
        project = next(each for each in self.world.projects if each.key == one.project)
        found: Json = {"self": self.link(f"version/{one.id}"), "id": str(one.id)}
        if one.description:
            found["description"] = one.description
        found |= {"name": one.name, "archived": one.archived, "released": one.released}
        if one.start_date:
            found |= {"startDate": one.start_date, "userStartDate": _user_date(one.start_date)}
        if one.release_date:
            found |= {"releaseDate": one.release_date, "userReleaseDate": _user_date(one.release_date)}
            if not one.released:
                found["overdue"] = (
                    one.release_date < datetime.fromtimestamp(self.world.now() / 1000, UTC).date().isoformat()
                )
        found["projectId"] = project.id
        return found

    def component(self, one: Component) -> Json:
        project = next(each for each in self.world.projects if each.key == one.project)
        return {
            "self": self.link(f"component/{one.id}"),
            "id": str(one.id),
            "name": one.name,
            "description": one.description,
            "assigneeType": "PROJECT_DEFAULT",
            "realAssigneeType": "PROJECT_DEFAULT",
            "isAssigneeTypeValid": False,
            "project": one.project,
            "projectId": project.id,
        }

    # ---- issues

    def issue_ref(self, id: int | None) -> Json | None:
        one = self.world.issues.get(id) if id is not None else None
        if one is None:
            return None
        return {
            "id": str(one.id),
            "key": one.key,
            "self": self.link(f"issue/{one.id}"),
            "fields": {
                "summary": one.summary,
                "status": self.status(STATUSES_BY_ID[one.status_id]),
                "priority": self.priority(one.priority_id),
                "issuetype": self.issue_type(TYPES_BY_ID[one.type_id]),
            },
        }

    def issue(
        self,
        one: Issue,
        *,
        fields: list[str] | None,
        properties: Sequence[str] = (),
        expand: frozenset[str] = frozenset(),
    ) -> Json:
        """One issue. `fields` None means all of them; otherwise names, `*all`, `*navigable` and `-name`."""
        values = self._field_values(one, fields)
        found: Json = {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
            "id": str(one.id),
            "self": self.link(f"issue/{one.id}"),
            "key": one.key,
        }
        if values or fields is None or fields:
            found["fields"] = values
        if properties:
            wanted = one.properties if "*all" in properties else properties
            found["properties"] = {key: one.properties[key] for key in wanted if key in one.properties}
        if "renderedFields" in expand:
            found["renderedFields"] = {"description": render_html(one.description) if "description" in values else None}
        if "names" in expand:
            found["names"] = {each.id: each.name for each in self.world.fields()}
        if "schema" in expand:
            found["schema"] = {each.id: each.schema for each in self.world.fields()}
        if "changelog" in expand:
            changes = list(reversed(self.world.changes.get(one.id, [])))
            found["changelog"] = {
                "startAt": 0,
                "maxResults": len(changes),
                "total": len(changes),
                "histories": [self.change(each) for each in changes],
            }
        return found

    def _field_values(self, one: Issue, wanted: list[str] | None) -> Json:
        every = wanted is None or "*all" in wanted or (all(name.startswith("-") for name in wanted) and wanted != [])
        navigable = wanted is not None and "*navigable" in wanted
        dropped = {name[1:] for name in wanted or () if name.startswith("-")}
        by_name = {each.name.lower(): each.id for each in self.world.fields()}
        named = {by_name.get(name.lower(), name) for name in wanted or ()}
        makers = self._makers(one)
        hidden = {each.id for each in self.world.fields() if not each.navigable}
        return {
            name: make()
            for name, make in makers.items()
            if name not in dropped and (every or name in named or (navigable and name not in hidden))
        }

    def _makers(self, one: Issue) -> dict[str, Any]:
        world = self.world
        project = next(each for each in world.projects if each.key == one.project)
        makers: dict[str, Any] = {
            "statuscategorychangedate": lambda: self.time(one.status_changed or one.created),
            "issuetype": lambda: self.issue_type(TYPES_BY_ID[one.type_id]),
            "project": lambda: self.project(project),
            "summary": lambda: one.summary,
            "description": lambda: self.body(one.description),
            "status": lambda: self.status(STATUSES_BY_ID[one.status_id]),
            "priority": lambda: self.priority(one.priority_id),
            "resolution": lambda: self.resolution(one.resolution_id),
            "resolutiondate": lambda: self.time(one.resolved),
            "labels": lambda: list(one.labels),
            "fixVersions": lambda: [self._version_ref(id) for id in one.fix_versions if id in world.versions],
            "versions": lambda: [self._version_ref(id) for id in one.versions if id in world.versions],
            "components": lambda: [self._component_ref(id) for id in one.components if id in world.components],
            "assignee": lambda: self.person(one.assignee),
            "reporter": lambda: self.person(one.reporter),
            "creator": lambda: self.person(one.creator),
            "created": lambda: self.time(one.created),
            "updated": lambda: self.time(one.updated),
            "duedate": lambda: one.due_date,
            "subtasks": lambda: [
                self.issue_ref(id)
                for id in world.children.get(one.id, ())
                if id in world.issues and TYPES_BY_ID[world.issues[id].type_id].subtask
            ],
            "issuelinks": list,
            "attachment": lambda: [self.attachment(each) for each in world.attachments_of(one)],
            "comment": lambda: self._comment_page(one),
            "votes": lambda: {"self": self.link(f"issue/{one.key}/votes"), "votes": 0, "hasVoted": False},
            "watches": lambda: {"self": self.link(f"issue/{one.key}/watchers"), "watchCount": 1, "isWatching": False},
            "worklog": lambda: {"startAt": 0, "maxResults": 20, "total": 0, "worklogs": []},
            "timetracking": dict,
            "progress": lambda: {"progress": 0, "total": 0},
            "aggregateprogress": lambda: {"progress": 0, "total": 0},
            "workratio": lambda: -1,
            "environment": lambda: None,
            "lastViewed": lambda: None,
            "security": lambda: None,
            "timespent": lambda: None,
            "timeestimate": lambda: None,
            "timeoriginalestimate": lambda: None,
        }
        if one.parent is not None and (self.cloud or TYPES_BY_ID[one.type_id].subtask):
            makers["parent"] = lambda: self.issue_ref(one.parent)
        for each in world.fields():
            if each.custom:
                makers[each.id] = lambda each=each: self._custom(each, one)
        return makers

    def _custom(self, each: Field, one: Issue) -> Any:
        if each.id == RANK:
            return one.rank
        if each.id == EPIC_LINK:
            parent = self.world.issues.get(one.parent or -1)
            return parent.key if parent and not TYPES_BY_ID[one.type_id].subtask else None
        value = one.custom.get(each.id)
        if each.id == AUDIENCE and value is not None:
            return self.option(value)
        return value

    def option(self, id: str) -> Json:
        return {"self": self.link(f"customFieldOption/{id}"), "value": AUDIENCE_NAMES[id], "id": id}

    def _component_ref(self, id: int) -> Json:
        one = self.world.components[id]
        found: Json = {"self": self.link(f"component/{id}"), "id": str(id), "name": one.name}
        return found | ({"description": one.description} if one.description else {})

    def _version_ref(self, id: int) -> Json:
        one = self.world.versions[id]
        found: Json = {
            "self": self.link(f"version/{id}"),
            "id": str(id),
            "name": one.name,
            "archived": one.archived,
            "released": one.released,
        }
        if one.description:
            found["description"] = one.description
        if one.release_date:
            found["releaseDate"] = one.release_date
        return found

    def _comment_page(self, one: Issue) -> Json:
        comments = [self.comment(each) for each in self.world.comments_of(one)]
        found: Json = {"comments": comments, "maxResults": len(comments), "total": len(comments), "startAt": 0}
        if self.cloud:
            found["self"] = self.link(f"issue/{one.id}/comment")
        return found

    def comment(self, one: Comment) -> Json:
        found: Json = {
            "self": self.link(f"issue/{one.issue}/comment/{one.id}"),
            "id": str(one.id),
            "author": self.person(one.author),
            "body": self.body(one.body) if one.body else self.body("") or "",
            "updateAuthor": self.person(one.update_author),
            "created": self.time(one.created),
            "updated": self.time(one.updated),
        }
        if self.cloud:
            found["jsdPublic"] = True
        return found

    def attachment(self, one: Attachment) -> Json:
        content = (
            self.link(f"attachment/content/{one.id}")
            if self.cloud
            else f"{self.world.base_url}/secure/attachment/{one.id}/{quote(one.filename)}"
        )
        return {
            "self": self.link(f"attachment/{one.id}"),
            "id": str(one.id),
            "filename": one.filename,
            "author": self.person(one.author),
            "created": self.time(one.created),
            "size": one.size,
            "mimeType": one.mime,
            "content": content,
        }

    def change(self, one: Change) -> Json:
        return {
            "id": str(one.id),
            "author": self.person(one.author),
            "created": self.time(one.created),
            "items": self.change_items(one),
        }

    def change_items(self, one: Change) -> list[Json]:
        found = []
        for item in one.items:
            row: Json = {"field": item.field, "fieldtype": "custom" if item.custom else "jira"}
            if self.cloud:
                row["fieldId"] = item.field_id
            row |= {
                "from": item.from_id,
                "fromString": item.from_text,
                "to": item.to_id,
                "toString": item.to_text,
            }
            if self.cloud and item.field_id in ("assignee", "reporter"):
                row |= {"tmpFromAccountId": item.from_id, "tmpToAccountId": item.to_id}
            found.append(row)
        return found

    def webhook(self, one: WebhookRow) -> Json:
        person = self.world.people[one.author]
        return {
            "name": one.name,
            "url": one.url,
            "excludeBody": one.exclude_body,
            "filters": {"issue-related-events-section": one.jql},
            "events": list(one.events),
            "enabled": one.enabled,
            "self": f"{self.world.base_url}/rest/webhooks/1.0/webhook/{one.id}",
            "lastUpdatedUser": person.account_id if self.cloud else person.name,
            "lastUpdatedDisplayName": person.display,
            "lastUpdated": one.updated,
        } | ({"isSigned": one.secret is not None} if self.cloud else {})


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _user_date(day: str) -> str:
    return datetime.fromisoformat(day).strftime("%d/%b/%y")
