"""The state of one Jira site, behind one lock: who may do what, and every effect with its history and its event."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from .changes import Names, plan_change_items
from .faults import REVOKED
from .journal import Journal
from .model import (
    Attachment,
    Call,
    Change,
    ChangeItem,
    Comment,
    Component,
    Effect,
    Issue,
    Json,
    Person,
    Project,
    Version,
    WebhookRow,
)
from .options import SandboxOptions
from .rows import Rows
from .scheme import (
    COST_CENTRE_FIELD,
    FIELDS,
    MAIN_PROJECT,
    PAT,
    PEOPLE,
    PERMISSION_KEYS,
    POINTS,
    PROJECTS,
    TRANSITIONS,
    Field,
    Transition,
)
from .switches import Switches


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that webhooks tell. `issue_event_type` is the finer name Jira adds to issue events."""

    kind: str
    actor: str
    issue_event_type: str | None = None
    issue: Issue | None = None
    change: Change | None = None
    comment: Comment | None = None
    version: Version | None = None
    extra: Json = field(default_factory=dict)


class World:
    """Everything the site knows. Take `lock` around any group of reads and writes that belongs together.

    `history` holds every effect in order, `calls` the latest requests, `call_counts` all of them by verb, route
    and status.
    """

    def __init__(self, options: SandboxOptions, *, now: Callable[[], int], journal: Journal | None = None) -> None:
        self.options = options
        self.edition = options.edition
        self.now = now
        self.base_url = ""
        self.lock = threading.RLock()
        self.people: dict[str, Person] = {one.account_id: replace(one, time_zone=options.time_zone) for one in PEOPLE}
        self.projects: tuple[Project, ...] = PROJECTS
        self.rows = Rows(now=now, lag_ms=round(options.index_lag_s * 1000), journal=journal)
        self.switches = Switches(options.faults)
        self.calls: deque[Call] = deque(maxlen=20_000)
        self.call_counts: Counter[tuple[str, str, int]] = Counter()
        self.listeners: list[Callable[[Event], None]] = []
        self.remembered: dict[tuple[str, str | None], tuple[int, int, Any]] = {}
        self._call_number = count(1)

        self.issues = self.rows.issues
        self.versions = self.rows.versions
        self.components = self.rows.components
        self.comments = self.rows.comments
        self.attachments = self.rows.attachments
        self.webhooks = self.rows.webhooks
        self.changes = self.rows.changes
        self.children = self.rows.children
        self.history: list[Effect] = self.rows.history
        self.next_id = self.rows.next_id
        self.next_key = self.rows.next_key
        self.next_rank = self.rows.next_rank
        self.take = self.switches.take
        self.switch_off = self.switches.switch_off

    # ---- faults

    @property
    def faults(self) -> frozenset[str]:
        return self.switches.on

    def switch_on(self, fault: str, *, times: int | None = None) -> None:
        """Switch a fault on, for good or for the next `times` calls that it would touch."""
        self.switches.switch_on(fault, times=times)

    # ---- people, projects, rights

    def person_named(self, text: str) -> Person | None:
        """Find a person by account id, user name or e-mail, in any case."""
        if text in self.people:
            return self.people[text]
        low = text.lower()
        return next((one for one in self.people.values() if low in (one.name, one.email)), None)

    def project(self, key_or_id: str, *, account: str | None) -> Project | None:
        """The project if it exists and the account may browse it."""
        found = self.project_that_exists(key_or_id)
        return found if found and self.may(account, "BROWSE_PROJECTS", found) else None

    def project_that_exists(self, key_or_id: str) -> Project | None:
        wanted = key_or_id.upper()
        gone = MAIN_PROJECT if "url-project-key-wrong" in self.faults else None
        return next((one for one in self.projects if wanted in (one.key, str(one.id)) and one.key != gone), None)

    def visible_projects(self, account: str | None) -> list[Project]:
        return [one for one in self.projects if self.project(one.key, account=account)]

    def may(self, account: str | None, permission: str, project: Project | None = None) -> bool:
        """Whether the account holds the permission (in the project, where the permission is a project's)."""
        if account is None or permission not in PERMISSION_KEYS:
            return False
        person = self.people.get(account)
        if person is None or not person.active:
            return False
        if account == PAT:
            faults = self.faults
            if "cloud-user-no-product-access" in faults or any(permission in REVOKED.get(one, ()) for one in faults):
                return False
            if project is not None and project.key == MAIN_PROJECT and "perm-project-not-visible" in faults:
                return False
        return not (project is not None and project.visible_to is not None and account not in project.visible_to)

    # ---- configuration that faults bend

    def fields(self) -> list[Field]:
        found = [one for one in FIELDS if self.edition in one.editions]
        if "field-not-on-screen" in self.faults:
            found = [
                replace(one, on_create=False, on_edit=False) if one.id in ("duedate", POINTS) else one for one in found
            ]
        if "required-field" in self.faults:
            found.append(COST_CENTRE_FIELD)
        return found

    def transitions_from(self, status_id: str) -> list[Transition]:
        gone = "31" if "transition-gone" in self.faults else None
        return [one for one in TRANSITIONS if one.source == status_id and one.id != gone]

    # ---- reading

    def issue(self, key_or_id: str) -> Issue | None:
        """Find an issue by key, in any case, or by id; rights are the caller's matter."""
        found = self.rows.keys.get(key_or_id.upper())
        if found is None and key_or_id.isdigit():
            found = int(key_or_id)
        return None if found is None else self.issues.get(found)

    def search_index(self) -> dict[int, Issue]:
        """The issues as the search sees them: changes younger than the index lag are not there yet."""
        with self.lock:
            return self.rows.settle_index()

    @property
    def index_version(self) -> int:
        return self.rows.index_version

    def comments_of(self, issue: Issue) -> list[Comment]:
        return [self.comments[one] for one in self.rows.comments_of.get(issue.id, ())]

    def attachments_of(self, issue: Issue) -> list[Attachment]:
        return [self.attachments[one] for one in self.rows.attachments_of.get(issue.id, ())]

    def versions_of(self, project: str) -> list[Version]:
        return sorted((one for one in self.versions.values() if one.project == project), key=lambda one: one.sequence)

    def components_of(self, project: str) -> list[Component]:
        return [one for one in self.components.values() if one.project == project]

    def names(self) -> Names:
        def display(account: str | None) -> str | None:
            return None if account is None else self.people[account].display

        def outside_id(account: str | None) -> str | None:
            if account is None or self.edition == "cloud":
                return account
            return self.people[account].name

        def issue_key(id: int | None) -> str | None:
            found = None if id is None else self.issues.get(id)
            return found.key if found else None

        return Names(
            person=display,
            person_id=outside_id,
            version=lambda id: self.versions[id].name if id in self.versions else str(id),
            component=lambda id: self.components[id].name if id in self.components else str(id),
            issue_key=issue_key,
        )

    # ---- effects on issues

    def create_issue(self, issue: Issue, *, actor: str) -> None:
        with self.batch():
            self.rows.put_issue(issue)
            self._record(actor, "issue created", issue.key, {"id": issue.id})
            self._tell(Event(kind="jira:issue_created", issue_event_type="issue_created", actor=actor, issue=issue))

    def edit_issue(self, old: Issue, new: Issue, *, actor: str, event_type: str = "issue_updated") -> Issue:
        """Save a new state. A state that differs in nothing but properties leaves no changelog entry."""
        with self.batch():
            items = plan_change_items(old, new, self.names())
            if not items and old.properties == new.properties:
                return old
            at = self.now()
            new = replace(new, updated=at)
            if new.status_id != old.status_id:
                new = replace(new, status_changed=at)
            self.rows.put_issue(new)
            if not items:
                self._record(actor, "properties set", new.key, {"keys": sorted(new.properties)})
                return new
            kind = "issue transitioned" if new.status_id != old.status_id else "issue edited"
            told = {item.field_id: item.to_text for item in items}
            self._record(actor, kind, new.key, {"fields": [item.field_id for item in items], "to": told})
            self._tell_change(new, items, actor=actor, event_type=event_type)
            return new

    def delete_issue(self, issue: Issue, *, actor: str) -> None:
        with self.batch():
            for child in list(self.children.get(issue.id, ())):
                if (found := self.issues.get(child)) and found.parent == issue.id:
                    self.delete_issue(found, actor=actor)
            self._tell(Event(kind="jira:issue_deleted", actor=actor, issue=issue))
            self.rows.drop_issue(issue)
            self._record(actor, "issue deleted", issue.key, {"id": issue.id})

    def set_property(self, issue: Issue, key: str, value: Any, *, actor: str) -> None:
        """Set (or, with None, remove) one entity property; the issue's `updated` stays, as in Jira."""
        with self.batch():
            properties = {name: kept for name, kept in issue.properties.items() if name != key}
            if value is not None:
                properties[key] = value
            self.rows.put_issue(replace(issue, properties=properties))
            self._record(actor, "property set" if value is not None else "property removed", issue.key, {"key": key})

    # ---- effects on comments and files

    def save_comment(self, comment: Comment, *, actor: str) -> None:
        with self.batch():
            verb = "updated" if comment.id in self.comments else "created"
            self.rows.put_comment(comment)
            issue = self._touch(comment.issue)
            done = "comment created" if verb == "created" else "comment edited"
            self._record(actor, done, issue.key, {"id": comment.id})
            self._tell(Event(kind=f"comment_{verb}", actor=actor, issue=issue, comment=comment))

    def delete_comment(self, comment: Comment, *, actor: str) -> None:
        with self.batch():
            self.rows.drop_comment(comment.id)
            issue = self._touch(comment.issue)
            self._record(actor, "comment deleted", issue.key, {"id": comment.id})
            self._tell(Event(kind="comment_deleted", actor=actor, issue=issue, comment=comment))

    def save_attachment(self, attachment: Attachment, *, actor: str) -> None:
        with self.batch():
            self.rows.put_attachment(attachment)
            issue = self._touch(attachment.issue)
            self._record(actor, "attachment added", issue.key, {"id": attachment.id, "filename": attachment.filename})
            self._tell_change(issue, (_file_item(attachment, come=True),), actor=actor)

    def delete_attachment(self, attachment: Attachment, *, actor: str) -> None:
        with self.batch():
            self.rows.drop_attachment(attachment.id)
            issue = self._touch(attachment.issue)
            self._record(actor, "attachment removed", issue.key, {"id": attachment.id})
            self._tell_change(issue, (_file_item(attachment, come=False),), actor=actor)

    # ---- effects on versions and webhooks

    def save_version(self, version: Version, *, actor: str) -> None:
        with self.batch():
            before = self.versions.get(version.id)
            if before == version:
                return
            self.rows.put_version(version)
            kind = "jira:version_created" if before is None else "jira:version_updated"
            if before is not None and before.released != version.released:
                kind = "jira:version_released" if version.released else "jira:version_unreleased"
            elif before is not None and replace(before, sequence=0) == replace(version, sequence=0):
                kind = "jira:version_moved"
            self._record(actor, kind.removeprefix("jira:").replace("_", " "), version.name, {"id": version.id})
            self._tell(Event(kind=kind, actor=actor, version=version))

    def delete_version(
        self,
        version: Version,
        *,
        actor: str,
        fix_to: int | None = None,
        affected_to: int | None = None,
        merged: bool = False,
    ) -> None:
        """Remove a version; issues that name it move to `fix_to` / `affected_to`, or lose it."""
        with self.batch():
            self.rows.drop_version(version.id)
            extra: Json = {"mergedTo": fix_to} if merged and fix_to is not None else {}
            self._record(actor, "version deleted", version.name, {"id": version.id, **extra})
            self._tell(Event(kind="jira:version_deleted", actor=actor, version=version, extra=extra))
            for issue in list(self.issues.values()):
                if version.id in issue.fix_versions or version.id in issue.versions:
                    fix = _swap(issue.fix_versions, version.id, fix_to)
                    affected = _swap(issue.versions, version.id, affected_to)
                    self.rows.put_issue(replace(issue, fix_versions=fix, versions=affected, updated=self.now()))

    def save_webhook(self, webhook: WebhookRow, *, actor: str) -> None:
        with self.batch():
            self.rows.put_webhook(webhook)
            self._record(actor, "webhook saved", webhook.name, {"id": webhook.id, "url": webhook.url})

    def delete_webhook(self, webhook: WebhookRow, *, actor: str) -> None:
        with self.batch():
            self.rows.drop_webhook(webhook.id)
            self._record(actor, "webhook removed", webhook.name, {"id": webhook.id})

    # ---- calls, filling, closing

    def record_call(self, *, method: str, route: str, path: str, status: int, caller: str | None) -> None:
        number, at = next(self._call_number), self.now()
        call = Call(number=number, at=at, method=method, route=route, path=path, status=status, caller=caller)
        with self.lock:
            self.calls.append(call)
            self.call_counts[(method, route, status)] += 1

    def load(
        self,
        *,
        issues: Iterable[Issue] = (),
        versions: Iterable[Version] = (),
        components: Iterable[Component] = (),
        comments: Iterable[Comment] = (),
        attachments: Iterable[Attachment] = (),
    ) -> None:
        """Fill the site without history and without telling anybody."""
        with self.batch():
            for component in components:
                self.rows.put_component(component)
            for version in versions:
                self.rows.put_version(version)
            for issue in issues:
                self.rows.put_issue(issue, at_once=True)
            for comment in comments:
                self.rows.put_comment(comment)
            for attachment in attachments:
                self.rows.put_attachment(attachment)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """The lock, and one commit of the state file for all that happens inside."""
        with self.lock, self.rows.batch():
            yield

    def close(self) -> None:
        with self.lock:
            self.rows.close()

    # ---- inside

    def _touch(self, id: int) -> Issue:
        issue = replace(self.issues[id], updated=self.now())
        self.rows.put_issue(issue)
        return issue

    def _record(self, actor: str, kind: str, subject: str, detail: Json) -> None:
        self.rows.add_effect(actor=actor, kind=kind, subject=subject, detail=detail)

    def _tell_change(
        self, issue: Issue, items: tuple[ChangeItem, ...], *, actor: str, event_type: str = "issue_updated"
    ) -> None:
        change = Change(id=self.next_id("change"), issue=issue.id, author=actor, created=self.now(), items=items)
        self.rows.add_change(change)
        self._tell(
            Event(kind="jira:issue_updated", issue_event_type=event_type, actor=actor, issue=issue, change=change)
        )

    def _tell(self, event: Event) -> None:
        for listen in self.listeners:
            listen(event)


def _file_item(attachment: Attachment, *, come: bool) -> ChangeItem:
    there, name = str(attachment.id), attachment.filename
    return ChangeItem(
        field="Attachment",
        field_id="attachment",
        from_id=None if come else there,
        from_text=None if come else name,
        to_id=there if come else None,
        to_text=name if come else None,
    )


def _swap(ids: tuple[int, ...], gone: int, instead: int | None) -> tuple[int, ...]:
    kept = [one for one in ids if one != gone]
    if gone in ids and instead is not None and instead not in kept:
        kept.append(instead)
    return tuple(kept)
