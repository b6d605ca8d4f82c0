"""Typed operations on one Jira, for both editions; what they do differently is in the dialect."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import quote, urlencode

from tieline.jira.caller import Caller, and_then, passed_on
from tieline.jira.cloud import Cloud
from tieline.jira.datacenter import DataCenter
from tieline.jira.dialect import Dialect, Found, Question
from tieline.jira.door import JiraDoor
from tieline.jira.epics import EpicLinks
from tieline.jira.jql import find_zone, jql_changed, jql_mine
from tieline.jira.markers import Markers
from tieline.jira.options import Clock
from tieline.jira.parse import (
    ISSUE_FIELDS,
    parse_created,
    parse_field,
    parse_hops,
    parse_issue,
    parse_issue_type,
    parse_marker,
    parse_permissions,
    parse_person,
    parse_project,
    parse_ref,
    parse_statuses,
    parse_version,
    parse_webhook,
)
from tieline.jira.payloads import build_create, build_edit, build_transition, build_version, build_version_edit
from tieline.jira.reading import WrongShapeError, as_object, objects, text
from tieline.jira.shifting import OVERLAP, begin_earlier, told_before
from tieline.mapping.schema import IssueType, ProjectSchema, ProjectSummary
from tieline.records.ids import IssueId
from tieline.records.issue import Edition, Issue, Person, Version
from tieline.sync.remote import Answer, CreateRefusal, IssuePage, IssueRef, NewIssue, Trouble, Webhook
from tieline.sync.snapshot import Hop
from tieline.sync.steps import FieldChange

BULK_CREATE = 50
BULK_READ = 100
_NEWEST_PAGES = 40
_WEBHOOKS = "/rest/webhooks/1.0/webhook"


class JiraClient:
    """Satisfies the engine's port ``Jira``. ``extra_fields`` are custom fields that issues are read with."""

    def __init__(self, door: JiraDoor, dialect: Dialect, clock: Clock, extra_fields: Sequence[str] = ()) -> None:
        self._dialect = dialect
        self._caller = Caller(door, dialect, clock)
        self._epics = EpicLinks(self._caller, dialect)
        self._extra = tuple(extra_fields)
        self._zone: tzinfo | None = None
        self._last_page: dict[str, tuple[Issue, ...]] = {}
        self._markers = Markers(self._caller, dialect)

    @property
    def edition(self) -> Edition:
        return self._dialect.edition

    def _at(self, *segments: str, **query: str) -> str:
        """A path below the REST base, every segment quoted."""
        path = "/".join((self._dialect.api, *(quote(segment, safe="") for segment in segments)))
        return f"{path}?{urlencode(query)}" if query else path

    # --- the account and the project --------------------------------------------------------------------------------

    def read_myself(self) -> Answer[Person]:
        return self._caller.ask("who am I", Question(path=self._at("myself")), parse_person)

    def read_projects(self) -> Answer[tuple[ProjectSummary, ...]]:
        found = self._caller.walk("visible projects", self._dialect.ask_projects, self._dialect.parse_projects)
        return _each(found, parse_project)

    def read_schema(self, project_key: str) -> Answer[ProjectSchema]:
        """The project with its issue types, their create screens and statuses."""
        project = self._caller.ask("project", Question(path=self._at("project", project_key)), parse_project)
        if project.value is None:
            return passed_on(project)
        path = self._at("project", project_key, "statuses")
        statuses = and_then(project, self._caller.ask("statuses", Question(path=path), parse_statuses))
        if statuses.value is None:
            return passed_on(statuses)
        listed = and_then(statuses, self._walk_createmeta("issue types", self._dialect.parse_types, project_key))
        if listed.value is None:
            return passed_on(listed)
        types: list[IssueType] = []
        for raw in listed.value:
            kind = _as_mapping(raw)
            fields = self._walk_createmeta(
                "fields on screen", self._dialect.parse_fields, project_key, text(kind, "id")
            )
            listed = and_then(listed, fields)
            if listed.value is None:
                return passed_on(listed)
            try:
                parsed = [parse_field(one) for one in objects(list(listed.value), "fields")]
                types.append(parse_issue_type(kind, parsed, statuses.value.get(text(kind, "id"), [])))
            except WrongShapeError:
                return Answer(trouble=Trouble.UNREADABLE, exchanges=listed.exchanges)
        schema = ProjectSchema(project=project.value, issue_types=tuple(types))
        return Answer(value=schema, exchanges=listed.exchanges)

    def _walk_createmeta(self, probe: str, parse: Any, project_key: str, *type_id: str) -> Answer[list[Any]]:
        segments = ("issue", "createmeta", project_key, "issuetypes", *type_id)
        return self._caller.walk(
            probe, lambda token: Question(path=self._at(*segments, startAt=token or "0", maxResults="100")), parse
        )

    def read_permissions(self, project_key: str, keys: Sequence[str]) -> Answer[Mapping[str, bool]]:
        path = self._at("mypermissions", projectKey=project_key, permissions=",".join(keys))
        asked = tuple(keys)
        return self._caller.ask("permissions", Question(path=path), lambda payload: parse_permissions(payload, asked))

    def read_people(self, query: str, project_key: str) -> Answer[tuple[Person, ...]]:
        """People who can be assigned in the project and match ``query`` (part of a name or an e-mail)."""
        question = self._dialect.ask_people(query, project_key)
        return self._caller.ask("people", question, lambda payload: tuple(map(parse_person, objects(payload, "users"))))

    # --- issues: reading --------------------------------------------------------------------------------------------

    def read_issue(self, issue: str) -> Answer[Issue]:
        fields = self._fields()
        if fields.value is None:
            return passed_on(fields)
        question = Question(path=self._at("issue", issue, fields=",".join(fields.value)))
        found = and_then(fields, self._caller.ask("issue", question, self._parse_issue))
        if found.value is None:
            return found
        resolved = and_then(found, self._epics.resolve((found.value,)))
        if resolved.value is None:
            return passed_on(resolved)
        return Answer(value=resolved.value[0], exchanges=resolved.exchanges)

    def read_issues(self, ids: Sequence[IssueId]) -> Answer[tuple[Issue, ...]]:
        """In bulk; ids that are gone or hidden are simply absent."""
        fields = self._fields()
        if fields.value is None:
            return passed_on(fields)
        whole: Answer[tuple[Issue, ...]] = Answer(value=(), exchanges=fields.exchanges)
        for start in range(0, len(ids), BULK_READ):
            question = self._dialect.ask_issues(ids[start : start + BULK_READ], fields.value)
            part = and_then(whole, self._caller.ask("issues", question, self._parse_issues))
            if part.trouble is Trouble.REFUSED and not self._dialect.bulk_skips_missing:
                part = and_then(part, self._read_others(ids[start : start + BULK_READ], part))
            if part.value is None:
                return part
            resolved = and_then(part, self._epics.resolve(part.value))
            if resolved.value is None:
                return resolved
            whole = replace(resolved, value=(whole.value or ()) + resolved.value)
        return whole

    def _read_others(self, ids: Sequence[IssueId], refused: Answer[Any]) -> Answer[tuple[Issue, ...]]:
        """The same without the ids that the refusal names: it names all that are missing, so this is one call more.
        Where it names none, they are looked for by halves."""
        others = ids_not_named(ids, refused)
        if len(others) == len(ids):
            return self._read_halves(ids)
        return self.read_issues(others) if others else Answer(value=())

    def _read_halves(self, ids: Sequence[IssueId]) -> Answer[tuple[Issue, ...]]:
        """Find the issues that a whole search is refused for, where one missing id spoils it."""
        if len(ids) == 1:
            one = self.read_issue(ids[0])
            if one.value is not None or one.trouble is Trouble.GONE:
                return Answer(value=() if one.value is None else (one.value,), exchanges=one.exchanges)
            return passed_on(one)
        middle = len(ids) // 2
        first = self.read_issues(ids[:middle])
        if first.value is None:
            return first
        second = and_then(first, self.read_issues(ids[middle:]))
        return second if second.value is None else replace(second, value=first.value + second.value)

    def read_page(
        self, project_key: str, *, updated_since: datetime | None, token: str | None, size: int = 100
    ) -> Answer[IssuePage]:
        """Issues of the project, oldest change first (``updated_since``) or by key (None)."""
        zone = self._read_zone() if updated_since is not None else Answer(value=find_zone(None))
        if zone.value is None:
            return passed_on(zone)
        jql = jql_changed(project_key, updated_since, zone.value)
        found = and_then(zone, self._search("changed issues", jql, size=size, token=token))
        if found.value is None or not self._dialect.counts_pages:
            return found
        page = begin_earlier(found.value, token)
        shown = told_before(page, self._last_page.get(jql, ()) if token else ())
        self._last_page = {jql: page.issues[-2 * OVERLAP :]}
        return replace(found, value=shown)

    def read_newest_of_mine(
        self, project_key: str, *, since: datetime, wanted: Collection[str] = ()
    ) -> Answer[IssuePage]:
        """Issues that this account created since then, newest first, with their markers; at most 4,000, and no more
        than it takes to find the ``wanted`` ones. ``next_token`` is set when there may be more."""
        whole: Answer[Any] = self._read_zone()
        if whole.value is None:
            return passed_on(whole)
        jql, token = jql_mine(project_key, since, whole.value), None
        issues: tuple[Issue, ...] = ()
        markers: dict[str, str] = {}
        for _ in range(_NEWEST_PAGES):
            page = self._search("my newest issues", jql, size=BULK_READ, token=token, with_marker=True)
            whole = and_then(whole, page)
            if page.value is None:
                return whole
            issues += page.value.issues
            markers |= page.value.markers
            if not self._dialect.tells_markers:
                told = self._markers.read([issue.id for issue in page.value.issues])
                whole = and_then(whole, told)
                if told.value is None:
                    return passed_on(whole)
                markers |= told.value
            token = page.value.next_token
            if token is None or (wanted and set(wanted) <= set(markers.values())):
                break
        return Answer(value=IssuePage(issues=issues, next_token=token, markers=markers), exchanges=whole.exchanges)

    def read_marker(self, issue: IssueId) -> Answer[str | None]:
        """Our marker on one issue; ``GONE`` when it carries none."""
        return self._markers.read_one(issue)

    def _search(
        self, probe: str, jql: str, *, size: int, token: str | None, with_marker: bool = False
    ) -> Answer[IssuePage]:
        fields = self._fields()
        if fields.value is None:
            return passed_on(fields)
        question = self._dialect.ask_search(
            jql, fields.value, size=min(size, BULK_READ), token=token, with_marker=with_marker
        )
        found = and_then(fields, self._caller.ask(probe, question, self._parse_page))
        if found.value is None:
            return found
        resolved = and_then(found, self._epics.resolve(found.value.issues))
        if resolved.value is None:
            return passed_on(resolved)
        return Answer(value=replace(found.value, issues=resolved.value), exchanges=resolved.exchanges)

    def _parse_page(self, payload: Any) -> IssuePage:
        found: Found = self._dialect.parse_search(payload)
        raw = [as_object(one, "An issue") for one in found.members]
        issues = tuple(map(self._parse_issue, raw))
        markers: dict[str, str] = {
            issue.id: marker for issue, one in zip(issues, raw, strict=True) if (marker := parse_marker(one))
        }
        return IssuePage(issues=issues, next_token=found.next_token, markers=markers, total=found.total)

    def _parse_issues(self, payload: Any) -> tuple[Issue, ...]:
        return tuple(map(self._parse_issue, self._dialect.parse_issues(payload)))

    def _parse_issue(self, payload: Any) -> Issue:
        return parse_issue(payload, extra=self._extra)

    def _fields(self) -> Answer[tuple[str, ...]]:
        """The field ids that issues are read with."""
        epic = self._epics.fields()
        if epic.value is None:
            return epic
        return Answer(value=(*ISSUE_FIELDS, *self._extra, *epic.value), exchanges=epic.exchanges)

    def _read_zone(self) -> Answer[tzinfo]:
        """The zone in which Jira reads this account's times; asked once."""
        if self._zone is not None:
            return Answer(value=self._zone)
        question = Question(path=self._at("myself"))
        found = self._caller.ask("time zone", question, _parse_zone)
        self._zone = found.value
        return found

    # --- issues: writing --------------------------------------------------------------------------------------------

    def create_issue(self, new: NewIssue) -> Answer[IssueRef]:
        ready = self._epics.prepare((new,))
        if ready.value is None:
            return passed_on(ready)
        body = build_create(ready.value[0], self._dialect.name_user)
        question = Question(method="POST", path=self._at("issue"), body=body)
        made = self._caller.ask("create issue", question, parse_ref, write=True)
        if made.value is not None:
            self._markers.remember(made.value.id, new.marker)
        return and_then(ready, made)

    def create_issues(self, batch: Sequence[NewIssue]) -> Answer[tuple[IssueRef | CreateRefusal, ...]]:
        """At most 50; the outcome of each, in order."""
        if len(batch) > BULK_CREATE:
            raise ValueError(f"A bulk create takes at most {BULK_CREATE} issues, not {len(batch)}")
        if not batch:
            return Answer(value=())
        ready = self._epics.prepare(tuple(batch))
        if ready.value is None:
            return passed_on(ready)
        body = {"issueUpdates": [build_create(new, self._dialect.name_user) for new in ready.value]}
        question = Question(method="POST", path=self._at("issue", "bulk"), body=body)
        made = self._caller.ask_twice_shaped(
            "create issues", question, lambda payload: parse_created(payload, len(batch)), also=400
        )
        for new, outcome in zip(batch, made.value or (), strict=False):
            if isinstance(outcome, IssueRef):
                self._markers.remember(outcome.id, new.marker)
        return and_then(ready, made)

    def edit_issue(self, issue: IssueId, changes: Sequence[FieldChange]) -> Answer[None]:
        """One call for all changes; none when they change nothing."""
        ready = self._epics.prepare_edit(issue, tuple(changes))
        if ready.value is None:
            return passed_on(ready)
        body = build_edit(ready.value, self._dialect.name_user)
        if not body:
            return Answer(exchanges=ready.exchanges)
        question = Question(method="PUT", path=self._at("issue", issue), body=body)
        return and_then(ready, self._caller.tell("edit issue", question))

    def read_hops(self, issue: IssueId) -> Answer[tuple[Hop, ...]]:
        path = self._at("issue", issue, "transitions", expand="transitions.fields")
        return self._caller.ask("transitions", Question(path=path), parse_hops)

    def take_hop(self, issue: IssueId, hop: Hop, fields: Mapping[str, Any]) -> Answer[None]:
        body = build_transition(hop.transition_id, fields, self._dialect.name_user)
        return self._caller.tell(
            "move issue", Question(method="POST", path=self._at("issue", issue, "transitions"), body=body)
        )

    # --- versions and webhooks --------------------------------------------------------------------------------------

    def read_versions(self, project_key: str) -> Answer[tuple[Version, ...]]:
        question = Question(path=self._at("project", project_key, "versions"))
        return self._caller.ask(
            "versions", question, lambda payload: tuple(map(parse_version, objects(payload, "versions")))
        )

    def read_version(self, version: IssueId) -> Answer[Version]:
        return self._caller.ask("version", Question(path=self._at("version", version)), parse_version)

    def create_version(self, project_id: str, fields: Mapping[str, Any]) -> Answer[Version]:
        question = Question(method="POST", path=self._at("version"), body=build_version(project_id, fields))
        return self._caller.ask("create version", question, parse_version, write=True)

    def edit_version(self, version: IssueId, changes: Sequence[FieldChange]) -> Answer[Version]:
        question = Question(method="PUT", path=self._at("version", version), body=build_version_edit(changes))
        return self._caller.ask("edit version", question, parse_version, write=True)

    def read_webhooks(self) -> Answer[tuple[Webhook, ...]]:
        return self._caller.ask(
            "webhooks",
            Question(path=_WEBHOOKS),
            lambda payload: tuple(map(parse_webhook, objects(payload, "webhooks"))),
        )

    def create_webhook(self, *, name: str, url: str, secret: str, jql: str, events: Sequence[str]) -> Answer[Webhook]:
        """Needs *Administer Jira*. The door must know ``secret`` (``DoorOptions.other_secrets``) to keep it out of
        evidence; a body's ``secret`` is scrubbed by name in any case."""
        body = self._dialect.build_webhook(name=name, url=url, secret=secret, jql=jql, events=events)
        question = Question(method="POST", path=_WEBHOOKS, body=body)
        return self._caller.ask("create webhook", question, parse_webhook, write=True)

    def delete_webhook(self, webhook_id: str) -> Answer[None]:
        return self._caller.tell(
            "delete webhook", Question(method="DELETE", path=f"{_WEBHOOKS}/{quote(webhook_id, safe='')}")
        )


def ids_not_named(ids: Sequence[IssueId], refused: Answer[Any]) -> list[IssueId]:
    """Those of the ids that the last answer does not speak of; it names each missing one by its number."""
    response = refused.exchanges[-1].response if refused.exchanges else None
    named = set(re.findall(r"\d+", (response.body or "") if response else ""))
    return [one for one in ids if one not in named]


def _parse_zone(payload: Any) -> tzinfo:
    return find_zone(text(as_object(payload, "The account"), "timeZone") or None)


def _as_mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _each(found: Answer[list[Any]], parse: Any) -> Answer[Any]:
    """A walked list with its members parsed."""
    if found.value is None:
        return passed_on(found)
    try:
        return Answer(value=tuple(map(parse, found.value)), exchanges=found.exchanges)
    except WrongShapeError:
        return Answer(trouble=Trouble.UNREADABLE, exchanges=found.exchanges)


def build_client(door: JiraDoor, edition: Edition, clock: Clock, *, extra_fields: Sequence[str] = ()) -> JiraClient:
    """The client for one connection's door. ``extra_fields``: custom field ids that issues are read with."""
    dialect: Dialect = Cloud() if edition is Edition.CLOUD else DataCenter()
    return JiraClient(door, dialect, clock, extra_fields)
