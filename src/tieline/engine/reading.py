"""Both sides of a link, read fresh and laid out for the planner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tieline.engine.desk import Desk
from tieline.engine.hear import look_at
from tieline.engine.ports import Answer, LinkView, Trouble
from tieline.mapping.model import Direction, FieldRule
from tieline.records.ids import IssueId, RecordId
from tieline.records.issue import Issue, Person, RemoteKind, Version
from tieline.records.record import RecordKind
from tieline.sync.adopt import canonical_issue, canonical_record, canonical_version, people_in
from tieline.sync.snapshot import Hop, Lookups, Snapshot
from tieline.sync.steps import Plan, SetRecord

PUSHES = {Direction.TO_JIRA, Direction.BOTH, Direction.SET_ONCE}


@dataclass(frozen=True, kw_only=True)
class Remote:
    """Jira's side as just read: one of ``issue`` and ``version`` is set."""

    issue: Issue | None = None
    version: Version | None = None

    @property
    def canonical(self) -> dict[str, Any]:
        if self.issue is not None:
            return dict(canonical_issue(self.issue))
        assert self.version is not None
        return dict(canonical_version(self.version))

    @property
    def name(self) -> str:
        """How people call it: the issue's key, the version's name."""
        if self.issue is not None:
            return str(self.issue.key)
        assert self.version is not None
        return self.version.name

    def shown(self) -> dict[str, Any]:
        """What the record's page shows of it (``SyncOutcome.remote_view``)."""
        if self.issue is not None:
            return {
                "key": str(self.issue.key),
                "status": self.issue.status_name,
                "status_category": self.issue.status_category,
                "updated": self.issue.updated.isoformat(),
            }
        assert self.version is not None
        released = self.version.released
        return {
            "key": self.version.name,
            "status": "Released" if released else "Unreleased",
            "status_category": "done" if released else "new",
            "updated": version_stamp(self.version),
        }


def version_stamp(version: Version) -> str:
    """Versions carry no time of change; this text changes when one of their values does. At most 40 characters."""
    from hashlib import sha256

    day = version.release_date.isoformat() if version.release_date else ""
    text = "\x1f".join((version.name, version.description, day, str(version.released), str(version.archived)))
    return sha256(text.encode()).hexdigest()[:40]


def read_remote(view: LinkView, desk: Desk) -> Answer[Remote]:
    assert view.remote_id is not None
    if view.remote_kind is RemoteKind.ISSUE:
        found = desk.note(desk.jira.read_issue(view.remote_id))
        value = Remote(issue=found.value) if found.value is not None else None
        return Answer(value=value, trouble=found.trouble, exchanges=found.exchanges, retry_after_s=found.retry_after_s)
    answer = desk.note(desk.jira.read_version(view.remote_id))
    version = Remote(version=answer.value) if answer.value is not None else None
    return Answer(value=version, trouble=answer.trouble, exchanges=answer.exchanges, retry_after_s=answer.retry_after_s)


def find_parents_back(view: LinkView, remote: Remote | None, desk: Desk) -> dict[str, str]:
    """Issue id → feature, for a requirement whose issue stands under another issue than its feature's."""
    parent = remote.issue.parent if remote and remote.issue else None
    if view.record.kind is not RecordKind.REQUIREMENT or parent is None or parent == view.parent_link_remote_id:
        return {}
    store = desk.turn.store
    links = store.find_links(view.integration.id, RemoteKind.ISSUE, (parent,))
    found = store.read_links(tuple(links.values()))
    return {str(parent): str(one.record.id) for one in found if one.record.kind is RecordKind.FEATURE}


def known_lookups(
    view: LinkView,
    remote: Remote | None,
    versions: Mapping[RecordId, IssueId],
    *,
    parents_back: Mapping[str, str] | None = None,
) -> Lookups:
    """Everything that can be looked up without asking Jira."""
    parents: dict[str, str] = {}
    if view.record.parent is not None and view.parent_link_remote_id is not None:
        parents[str(view.record.parent)] = str(view.parent_link_remote_id)
    back = people_in(remote.issue) if remote and remote.issue else {}
    return Lookups(
        parents_back=dict(parents_back or {}),
        people={email: user for user, email in back.items()},
        people_back=back,
        versions={str(record): str(version) for record, version in versions.items()},
        versions_back={str(version): str(record) for record, version in versions.items()},
        parents=parents,
    )


def read_lookups(
    view: LinkView, remote: Remote | None, desk: Desk, *, versions: Mapping[RecordId, IssueId] | None = None
) -> tuple[Lookups, Answer[Any] | None]:
    """The same, and the person we want to assign, asked of Jira when nobody here knows. The second value is the
    troubled answer when that question did not work."""
    if versions is None:
        meets = rule_for(view, "release") is not None
        versions = desk.turn.store.release_versions(view.integration.id) if meets else {}
    lookups = known_lookups(view, remote, versions, parents_back=find_parents_back(view, remote, desk))
    email = _unknown_assignee(view, lookups)
    if email is None:
        return lookups, None
    memory, now = desk.turn.ports.memory, desk.turn.clock.now()
    known, user = memory.person(desk.connection.id, email, now)
    if not known:
        answer = desk.note(desk.jira.read_people(email, desk.project_key))
        if answer.trouble is not None and answer.trouble is not Trouble.REFUSED:
            return lookups, answer
        user = match_person(email, answer.value or ())
        memory.keep_person(desk.connection.id, email, user, now)
    if user is None:
        return lookups, None
    people = {**lookups.people, email: user}
    return replace(lookups, people=people, people_back={user: email, **lookups.people_back}), None


def read_dropped_versions(
    view: LinkView, planned: Plan, lookups: Lookups, desk: Desk
) -> tuple[Lookups, Answer[Any] | None]:
    """Before a release is taken off a record because its version is no longer on the issue: does that version still
    exist? A deleted one was taken off by nobody, so it is left out of the lookups and its own link is looked at. The
    second value is the troubled answer when that question did not work."""
    pulls = [change for step in planned.steps if isinstance(step, SetRecord) for change in step.changes]
    agreed = view.baseline.get("release")
    if agreed is None or all(change.field != "release" for change in pulls):
        return lookups, None
    for version in agreed.theirs or ():
        if version not in lookups.versions_back:
            continue
        answer = desk.note(desk.jira.read_version(IssueId(version)))
        if answer.trouble is Trouble.GONE:
            found = desk.turn.store.find_links(view.integration.id, RemoteKind.VERSION, (IssueId(version),))
            look_at(view.integration, found, desk.turn, reason="Its version is gone in Jira")
            lookups = replace(
                lookups,
                versions={one: other for one, other in lookups.versions.items() if other != version},
                versions_back={one: other for one, other in lookups.versions_back.items() if one != version},
            )
        elif answer.value is None:
            return lookups, answer
    return lookups, None


def build_snapshot(
    view: LinkView,
    remote: Remote | None,
    desk: Desk,
    lookups: Lookups,
    *,
    hops: tuple[Hop, ...] | None = None,
    gone: bool = False,
) -> Snapshot:
    issue = remote.issue if remote else None
    workflow = desk.turn.ports.memory.workflow(desk.connection.id, desk.project_key, issue.type_id) if issue else {}
    return Snapshot(
        link=view.id,
        record=view.record.id,
        kind=view.record.kind,
        remote_kind=view.remote_kind,
        edition=desk.jira.edition,
        ours=canonical_record(view.record),
        theirs=remote.canonical if remote else None,
        baseline=view.baseline,
        mapping=view.integration.mapping,
        lookups=lookups,
        parent=view.record.parent,
        gone=gone,
        hops=hops,
        ours_changed_at=view.ours_changed_at,
        theirs_changed_at=issue.updated if issue else None,
        open_clashes=view.open_clashes,
        decided=view.decided,
        workflow=workflow,
    )


def rule_for(view: LinkView, ours: str) -> FieldRule | None:
    rule = view.integration.mapping.kind(view.record.kind)
    return next((one for one in rule.fields if one.ours == ours), None) if rule else None


def _unknown_assignee(view: LinkView, lookups: Lookups) -> str | None:
    """The e-mail that must go to Jira and whose user nobody here knows."""
    rule, ours, agreed = rule_for(view, "assignee"), view.record.assignee, view.baseline.get("assignee")
    if rule is None or rule.direction not in PUSHES or not ours:
        return None
    if ours in lookups.people or ours in view.integration.mapping.people:
        return None
    return ours if agreed is None or agreed.ours != ours else None


def match_person(email: str, found: tuple[Person, ...]) -> str | None:
    """The one user that this e-mail means, or None: never the likeliest of several. Where Jira hides e-mails, its own
    search by e-mail still works, and a single hit is then the person."""
    exact = [one for one in found if one.email and one.email.casefold() == email.casefold()]
    if len(exact) == 1:
        return exact[0].id
    hidden = [one for one in found if not one.email]
    return hidden[0].id if not exact and len(found) == 1 and hidden else None
