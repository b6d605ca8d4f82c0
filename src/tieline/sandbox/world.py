"""The state of one Jira site in memory, behind one lock, with every effect written down."""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from .changes import Names, plan_change_items
from .faults import FAULTS, REVOKED
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
    """Everything the site knows. Take `lock` around any group of reads and writes that belongs together."""

    def __init__(self, options: SandboxOptions, *, now: Callable[[], int], journal: Journal | None = None) -> None:
        self.options = options
        self.edition = options.edition
        self.now = now
        self.base_url = ""
        self.lock = threading.RLock()
        self.people: dict[str, Person] = {one.account_id: replace(one, time_zone=options.time_zone) for one in PEOPLE}
        self.projects: tuple[Project, ...] = PROJECTS
        self.issues: dict[int, Issue] = {}
        self.versions: dict[int, Version] = {}
        self.components: dict[int, Component] = {}
        self.comments: dict[int, Comment] = {}
        self.attachments: dict[int, Attachment] = {}
        self.webhooks: dict[int, WebhookRow] = {}
        self.changes: dict[int, list[Change]] = {}
        self.children: dict[int, dict[int, None]] = {}
        self.history: list[Effect] = []
        self.calls: deque[Call] = deque(maxlen=20_000)
        self.call_counts: Counter[tuple[str, str, int]] = Counter()
        self.listeners: list[Callable[[Event], None]] = []
        self._ids = {name: count(first) for name, first in _FIRST_IDS.items()}
        self._keys: dict[str, int] = {}
        self._numbers: Counter[str] = Counter()
        self._rank = 0
        self._faults: dict[str, int | None] = dict.fromkeys(options.faults)
        self._index: dict[int, Issue] = {}
        self.index_version = 0
        self.remembered: dict[tuple[str, str | None], tuple[int, int, Any]] = {}
        self._pending: deque[tuple[int, int, Issue | None]] = deque()
        self._journal = journal
        self._call_number = count(1)
        self._comments_of: dict[int, dict[int, None]] = {}
        self._attachments_of: dict[int, dict[int, None]] = {}

    # ---- faults

    @property
    def faults(self) -> frozenset[str]:
        return frozenset(self._faults)

    def switch_on(self, fault: str, *, times: int | None = None) -> None:
        """Switch a fault on, for good or for the next `times` calls that it would touch."""
        if fault not in FAULTS:
            raise KeyError(f'No fault is called "{fault}"')
        if FAULTS[fault].transport and fault not in self._faults:
            raise ValueError(f'"{fault}" is fixed when the sandbox starts')
        with self.lock:
            self._faults[fault] = times

    def switch_off(self, fault: str) -> None:
        with self.lock:
            self._faults.pop(fault, None)

    def take(self, fault: str) -> bool:
        """Whether the fault is on for this call; one that was given a number of times is used up by it."""
        with self.lock:
            if fault not in self._faults:
                return False
            left = self._faults[fault]
            if left is not None:
                if left <= 1:
                    del self._faults[fault]
                else:
                    self._faults[fault] = left - 1
            return True

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
        return next(
            (
                one
                for one in self.projects
                if wanted in (one.key, str(one.id))
                and not (one.key == MAIN_PROJECT and "url-project-key-wrong" in self._faults)
            ),
            None,
        )

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
            if "cloud-user-no-product-access" in self._faults:
                return False
            for fault in self._faults:
                if permission in REVOKED.get(fault, ()):
                    return False
            if project is not None and project.key == MAIN_PROJECT and "perm-project-not-visible" in self._faults:
                return False
        return not (project is not None and project.visible_to is not None and account not in project.visible_to)

    # ---- configuration that faults bend

    def fields(self) -> list[Field]:
        found = [one for one in FIELDS if self.edition in one.editions]
        if "field-not-on-screen" in self._faults:
            found = [
                replace(one, on_create=False, on_edit=False) if one.id in ("duedate", POINTS) else one for one in found
            ]
        if "required-field" in self._faults:
            found.append(COST_CENTRE_FIELD)
        return found

    def transitions_from(self, status_id: str) -> list[Transition]:
        return [
            one
            for one in TRANSITIONS
            if one.source == status_id and not (one.id == "31" and "transition-gone" in self._faults)
        ]

    # ---- issues

    def issue(self, key_or_id: str) -> Issue | None:
        """Find an issue by key, in any case, or by id; rights are the caller's matter."""
        found = self._keys.get(key_or_id.upper())
        if found is None and key_or_id.isdigit():
            found = int(key_or_id)
        return None if found is None else self.issues.get(found)

    def next_id(self, kind: str) -> int:
        with self.lock:
            return next(self._ids[kind])

    def next_key(self, project: str) -> str:
        with self.lock:
            self._numbers[project] += 1
            return f"{project}-{self._numbers[project]}"

    def next_rank(self) -> str:
        with self.lock:
            self._rank += 1
            return f"0|{self._rank * 1000:021.8f}:"

    def create_issue(self, issue: Issue, *, actor: str) -> None:
        with self.batch():
            self._put_issue(issue)
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
            self._put_issue(new)
            if not items:
                self._record(actor, "properties set", new.key, {"keys": sorted(new.properties)})
                return new
            change = Change(id=self.next_id("change"), issue=new.id, author=actor, created=at, items=items)
            self.changes.setdefault(new.id, []).append(change)
            self._save("change", change.id, change)
            kind = "issue transitioned" if new.status_id != old.status_id else "issue edited"
            self._record(
                actor,
                kind,
                new.key,
                {"fields": [item.field_id for item in items], "to": {item.field_id: item.to_text for item in items}},
            )
            self._tell(
                Event(kind="jira:issue_updated", issue_event_type=event_type, actor=actor, issue=new, change=change)
            )
            return new

    def delete_issue(self, issue: Issue, *, actor: str) -> None:
        with self.batch():
            for child in list(self.children.get(issue.id, ())):
                if (found := self.issues.get(child)) and found.parent == issue.id:
                    self.delete_issue(found, actor=actor)
            event = Event(kind="jira:issue_deleted", actor=actor, issue=issue)
            self._tell(event)
            for comment in list(self._comments_of.get(issue.id, ())):
                self._drop_comment(comment)
            for attachment in list(self._attachments_of.get(issue.id, ())):
                self.attachments.pop(attachment, None)
                self._erase("attachment", attachment)
            for change in self.changes.pop(issue.id, []):
                self._erase("change", change.id)
            if issue.parent is not None:
                self.children.get(issue.parent, {}).pop(issue.id, None)
            self.issues.pop(issue.id, None)
            self._keys.pop(issue.key, None)
            self._schedule(issue.id, None)
            self._erase("issue", issue.id)
            self._record(actor, "issue deleted", issue.key, {"id": issue.id})

    def set_property(self, issue: Issue, key: str, value: Any, *, actor: str) -> None:
        """Set (or, with None, remove) one entity property; the issue's `updated` stays, as in Jira."""
        with self.batch():
            properties = {name: kept for name, kept in issue.properties.items() if name != key}
            if value is not None:
                properties[key] = value
            self._put_issue(replace(issue, properties=properties))
            self._record(actor, "property set" if value is not None else "property removed", issue.key, {"key": key})

    def search_index(self) -> dict[int, Issue]:
        """The issues as the search sees them: changes younger than the index lag are not there yet."""
        with self.lock:
            at = self.now()
            while self._pending and self._pending[0][0] <= at:
                _, id, issue = self._pending.popleft()
                self.index_version += 1
                if issue is None:
                    self._index.pop(id, None)
                else:
                    self._index[id] = issue
            return self._index

    # ---- comments, attachments

    def comments_of(self, issue: Issue) -> list[Comment]:
        return [self.comments[one] for one in self._comments_of.get(issue.id, ())]

    def attachments_of(self, issue: Issue) -> list[Attachment]:
        return [self.attachments[one] for one in self._attachments_of.get(issue.id, ())]

    def save_comment(self, comment: Comment, *, actor: str) -> None:
        with self.batch():
            fresh = comment.id not in self.comments
            self._put_comment(comment)
            issue = self._touch(comment.issue)
            self._record(actor, "comment created" if fresh else "comment edited", issue.key, {"id": comment.id})
            self._tell(
                Event(kind="comment_created" if fresh else "comment_updated", actor=actor, issue=issue, comment=comment)
            )

    def delete_comment(self, comment: Comment, *, actor: str) -> None:
        with self.batch():
            self._drop_comment(comment.id)
            issue = self._touch(comment.issue)
            self._record(actor, "comment deleted", issue.key, {"id": comment.id})
            self._tell(Event(kind="comment_deleted", actor=actor, issue=issue, comment=comment))

    def save_attachment(self, attachment: Attachment, *, actor: str) -> None:
        with self.batch():
            self._put_attachment(attachment)
            issue = self._touch(attachment.issue)
            change = self._file_change(issue, actor, attachment, come=True)
            self._record(actor, "attachment added", issue.key, {"id": attachment.id, "filename": attachment.filename})
            self._tell(
                Event(
                    kind="jira:issue_updated", issue_event_type="issue_updated", actor=actor, issue=issue, change=change
                )
            )

    def delete_attachment(self, attachment: Attachment, *, actor: str) -> None:
        with self.batch():
            self.attachments.pop(attachment.id, None)
            self._attachments_of.get(attachment.issue, {}).pop(attachment.id, None)
            self._erase("attachment", attachment.id)
            issue = self._touch(attachment.issue)
            change = self._file_change(issue, actor, attachment, come=False)
            self._record(actor, "attachment removed", issue.key, {"id": attachment.id})
            self._tell(
                Event(
                    kind="jira:issue_updated", issue_event_type="issue_updated", actor=actor, issue=issue, change=change
                )
            )

    # ---- versions, webhooks

    def versions_of(self, project: str) -> list[Version]:
        return sorted((one for one in self.versions.values() if one.project == project), key=lambda one: one.sequence)

    def components_of(self, project: str) -> list[Component]:
        return [one for one in self.components.values() if one.project == project]

    def save_version(self, version: Version, *, actor: str) -> None:
        with self.batch():
            before = self.versions.get(version.id)
            if before == version:
                return
            self.versions[version.id] = version
            self._save("version", version.id, version)
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
            del self.versions[version.id]
            self._erase("version", version.id)
            extra: Json = {"mergedTo": fix_to} if merged and fix_to is not None else {}
            self._record(actor, "version deleted", version.name, {"id": version.id, **extra})
            self._tell(Event(kind="jira:version_deleted", actor=actor, version=version, extra=extra))
            for issue in list(self.issues.values()):
                if version.id in issue.fix_versions or version.id in issue.versions:
                    self._put_issue(
                        replace(
                            issue,
                            fix_versions=_swap(issue.fix_versions, version.id, fix_to),
                            versions=_swap(issue.versions, version.id, affected_to),
                            updated=self.now(),
                        )
                    )

    def save_webhook(self, webhook: WebhookRow, *, actor: str) -> None:
        with self.batch():
            self.webhooks[webhook.id] = webhook
            self._save("webhook", webhook.id, webhook)
            self._record(actor, "webhook saved", webhook.name, {"id": webhook.id, "url": webhook.url})

    def delete_webhook(self, webhook: WebhookRow, *, actor: str) -> None:
        with self.batch():
            self.webhooks.pop(webhook.id, None)
            self._erase("webhook", webhook.id)
            self._record(actor, "webhook removed", webhook.name, {"id": webhook.id})

    # ---- calls

    def record_call(self, *, method: str, route: str, path: str, status: int, caller: str | None) -> None:
        with self.lock:
            self.calls.append(
                Call(
                    number=next(self._call_number),
                    at=self.now(),
                    method=method,
                    route=route,
                    path=path,
                    status=status,
                    caller=caller,
                )
            )
            self.call_counts[(method, route, status)] += 1

    # ---- filling and keeping

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
                self.components[component.id] = component
                self._save("component", component.id, component)
            for version in versions:
                self.versions[version.id] = version
                self._save("version", version.id, version)
            for issue in issues:
                self._put_issue(issue, at_once=True)
            for comment in comments:
                self._put_comment(comment)
            for attachment in attachments:
                self._put_attachment(attachment)

    def restore(self) -> bool:
        """Read the state file back; False where it holds nothing yet."""
        journal = self._journal
        if journal is None or journal.read_value("meta", "filled") is None:
            return False
        self._journal = None
        try:
            self.load(
                components=journal.read_rows("component", Component),
                versions=journal.read_rows("version", Version),
                issues=sorted(journal.read_rows("issue", Issue), key=lambda one: one.id),
                comments=sorted(journal.read_rows("comment", Comment), key=lambda one: one.id),
                attachments=sorted(journal.read_rows("attachment", Attachment), key=lambda one: one.id),
            )
            for change in sorted(journal.read_rows("change", Change), key=lambda one: one.id):
                self.changes.setdefault(change.issue, []).append(change)
            self.webhooks = {one.id: one for one in journal.read_rows("webhook", WebhookRow)}
            self.history = sorted(journal.read_rows("effect", Effect), key=lambda one: one.number)
            self._rank = max((int(float(one.rank[2:-1])) // 1000 + 1 for one in self.issues.values()), default=0)
            kept_rows: dict[str, Iterable[int]] = {
                "issue": self.issues,
                "version": self.versions,
                "component": self.components,
                "comment": self.comments,
                "attachment": self.attachments,
                "webhook": self.webhooks,
            }
            for name, rows in kept_rows.items():
                kept = journal.read_value("meta", f"last-{name}") or 0
                self._ids[name] = count(max([_FIRST_IDS[name] - 1, kept, *rows]) + 1)
            last_change = max((one.id for many in self.changes.values() for one in many), default=0)
            self._ids["change"] = count(max(_FIRST_IDS["change"], last_change + 1))
            for project in self.projects:
                kept = journal.read_value("meta", f"number-{project.key}") or 0
                self._numbers[project.key] = max(self._numbers[project.key], kept)
        finally:
            self._journal = journal
        return True

    def mark_filled(self) -> None:
        self._save("meta", "filled", True)

    def close(self) -> None:
        with self.lock:
            if self._journal is not None:
                self._journal.close()
                self._journal = None

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

    @contextmanager
    def batch(self) -> Iterator[None]:
        """The lock, and one commit of the state file for all that happens inside."""
        with self.lock:
            journal = self._journal
            if journal:
                journal.begin()
            try:
                yield
            finally:
                if journal:
                    journal.commit()

    # ---- inside

    def _put_issue(self, issue: Issue, *, at_once: bool = False) -> None:
        before = self.issues.get(issue.id)
        if before is not None and before.parent is not None and before.parent != issue.parent:
            self.children.get(before.parent, {}).pop(issue.id, None)
        self.issues[issue.id] = issue
        self._keys[issue.key] = issue.id
        self._numbers[issue.project] = max(self._numbers[issue.project], issue.number)
        if issue.parent is not None:
            self.children.setdefault(issue.parent, {})[issue.id] = None
        self._schedule(issue.id, issue, at_once=at_once)
        self._save("issue", issue.id, issue)
        if before is None:
            self._save("meta", "last-issue", issue.id)
            self._save("meta", f"number-{issue.project}", self._numbers[issue.project])

    def _schedule(self, id: int, issue: Issue | None, *, at_once: bool = False) -> None:
        lag = 0 if at_once else round(self.options.index_lag_s * 1000)
        self._pending.append((self.now() + lag, id, issue))

    def _touch(self, id: int) -> Issue:
        issue = replace(self.issues[id], updated=self.now())
        self._put_issue(issue)
        return issue

    def _put_comment(self, comment: Comment) -> None:
        self.comments[comment.id] = comment
        self._comments_of.setdefault(comment.issue, {})[comment.id] = None
        self._save("comment", comment.id, comment)

    def _drop_comment(self, id: int) -> None:
        comment = self.comments.pop(id)
        self._comments_of[comment.issue].pop(id, None)
        self._erase("comment", id)

    def _put_attachment(self, attachment: Attachment) -> None:
        self.attachments[attachment.id] = attachment
        self._attachments_of.setdefault(attachment.issue, {})[attachment.id] = None
        self._save("attachment", attachment.id, attachment)

    def _file_change(self, issue: Issue, actor: str, attachment: Attachment, *, come: bool) -> Change:
        there, name = str(attachment.id), attachment.filename
        item = ChangeItem(
            field="Attachment",
            field_id="attachment",
            from_id=None if come else there,
            from_text=None if come else name,
            to_id=there if come else None,
            to_text=name if come else None,
        )
        change = Change(id=self.next_id("change"), issue=issue.id, author=actor, created=self.now(), items=(item,))
        self.changes.setdefault(issue.id, []).append(change)
        self._save("change", change.id, change)
        return change

    def _record(self, actor: str, kind: str, subject: str, detail: Json) -> None:
        effect = Effect(
            number=len(self.history) + 1, at=self.now(), actor=actor, kind=kind, subject=subject, detail=detail
        )
        self.history.append(effect)
        self._save("effect", effect.number, effect)

    def _tell(self, event: Event) -> None:
        for listen in self.listeners:
            listen(event)

    def _save(self, kind: str, id: object, row: object) -> None:
        if self._journal is not None:
            self._journal.save_row(kind, id, row)

    def _erase(self, kind: str, id: object) -> None:
        if self._journal is not None:
            self._journal.delete_row(kind, id)


_FIRST_IDS = {
    "issue": 10100,
    "version": 10200,
    "component": 10300,
    "comment": 10400,
    "attachment": 10500,
    "webhook": 1,
    "change": 20000,
}


def _swap(ids: tuple[int, ...], gone: int, instead: int | None) -> tuple[int, ...]:
    kept = [one for one in ids if one != gone]
    if gone in ids and instead is not None and instead not in kept:
        kept.append(instead)
    return tuple(kept)
