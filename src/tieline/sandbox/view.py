"""The site's rows as Jira's JSON, in the words of one edition and one API version."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from .adf import render_text
from .ask import Api
from .model import Body, Component, Json, Person, Project, Version, WebhookRow
from .scheme import (
    CATEGORIES,
    ISSUE_TYPES,
    LINK_TYPES,
    PRIORITIES,
    RESOLUTIONS,
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
