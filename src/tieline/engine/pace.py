"""Jira at a measured pace: every call asks the connection's gate first, and what Jira says about pace is obeyed.

The limits are kept per family of calls, as Jira keeps them (https://developer.atlassian.com/cloud/jira/platform/rate-limiting/):
a burst on one endpoint stops that endpoint only; a quota stops them all. After a refused login no further call leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any, TypeVar

from tieline.engine.ports import (
    Answer,
    Clock,
    CreateRefusal,
    Gate,
    IssuePage,
    IssueRef,
    Jira,
    NewIssue,
    Trouble,
    Webhook,
)
from tieline.mapping.schema import ProjectSchema, ProjectSummary
from tieline.records.ids import ConnectionId, IssueId
from tieline.records.issue import Edition, Issue, Person, Version
from tieline.sync.snapshot import Hop
from tieline.sync.steps import FieldChange

T = TypeVar("T")

SITE = "site"
"""The gate's scope that every call passes, whatever its own is."""
WAIT_IN_PLACE_S = 2.0
"""A wait up to this long is slept through; a longer one hands the work back."""
IN_FLIGHT = 2
"""Calls of one connection that may be under way at once in this process. With the third wrong password in a row Data
Center locks the account, so that no more than two may be out when a credential turns bad."""
REFUSED_FOR_S = 10.0
"""How long a refused login certainly stands; by then the connection is held in the database for all workers."""
UNREACHABLE_WAIT_S = (10.0, 30.0, 90.0, 300.0)


class PacedJira:
    """Satisfies :class:`tieline.engine.ports.Jira` around another one. One per connection and process."""

    def __init__(
        self, jira: Jira, *, connection: ConnectionId, gate: Gate, clock: Clock, in_flight: int = IN_FLIGHT
    ) -> None:
        self._jira = jira
        self._connection = connection
        self._gate = gate
        self._clock = clock
        self._room = BoundedSemaphore(in_flight)
        self._refused: Answer[Any] | None = None
        self._refused_at = 0.0
        self._unreachable = 0

    @property
    def edition(self) -> Edition:
        return self._jira.edition

    def read_myself(self) -> Answer[Person]:
        return self._go("read", self._jira.read_myself)

    def read_projects(self) -> Answer[tuple[ProjectSummary, ...]]:
        return self._go("read", self._jira.read_projects)

    def read_schema(self, project_key: str) -> Answer[ProjectSchema]:
        return self._go("read", lambda: self._jira.read_schema(project_key))

    def read_permissions(self, project_key: str, keys: Sequence[str]) -> Answer[Mapping[str, bool]]:
        return self._go("read", lambda: self._jira.read_permissions(project_key, keys))

    def read_people(self, query: str, project_key: str) -> Answer[tuple[Person, ...]]:
        return self._go("read", lambda: self._jira.read_people(query, project_key))

    def read_issue(self, issue: str) -> Answer[Issue]:
        return self._go("read", lambda: self._jira.read_issue(issue))

    def read_issues(self, ids: Sequence[IssueId]) -> Answer[tuple[Issue, ...]]:
        return self._go("search", lambda: self._jira.read_issues(ids))

    def read_page(
        self, project_key: str, *, updated_since: datetime | None, token: str | None, size: int = 100
    ) -> Answer[IssuePage]:
        return self._go(
            "search",
            lambda: self._jira.read_page(project_key, updated_since=updated_since, token=token, size=size),
        )

    def read_newest_of_mine(
        self, project_key: str, *, since: datetime, wanted: Collection[str] = ()
    ) -> Answer[IssuePage]:
        return self._go("search", lambda: self._jira.read_newest_of_mine(project_key, since=since, wanted=wanted))

    def create_issue(self, new: NewIssue) -> Answer[IssueRef]:
        return self._go("create", lambda: self._jira.create_issue(new))

    def create_issues(self, batch: Sequence[NewIssue]) -> Answer[tuple[IssueRef | CreateRefusal, ...]]:
        return self._go("create", lambda: self._jira.create_issues(batch))

    def edit_issue(self, issue: IssueId, changes: Sequence[FieldChange]) -> Answer[None]:
        return self._go(f"issue:{issue}", lambda: self._jira.edit_issue(issue, changes))

    def read_hops(self, issue: IssueId) -> Answer[tuple[Hop, ...]]:
        return self._go("read", lambda: self._jira.read_hops(issue))

    def take_hop(self, issue: IssueId, hop: Hop, fields: Mapping[str, Any]) -> Answer[None]:
        return self._go(f"issue:{issue}", lambda: self._jira.take_hop(issue, hop, fields))

    def read_versions(self, project_key: str) -> Answer[tuple[Version, ...]]:
        return self._go("read", lambda: self._jira.read_versions(project_key))

    def read_version(self, version: IssueId) -> Answer[Version]:
        return self._go("read", lambda: self._jira.read_version(version))

    def create_version(self, project_id: str, fields: Mapping[str, Any]) -> Answer[Version]:
        return self._go("version", lambda: self._jira.create_version(project_id, fields))

    def edit_version(self, version: IssueId, changes: Sequence[FieldChange]) -> Answer[Version]:
        return self._go("version", lambda: self._jira.edit_version(version, changes))

    def read_webhooks(self) -> Answer[tuple[Webhook, ...]]:
        return self._go("admin", self._jira.read_webhooks)

    def create_webhook(self, *, name: str, url: str, secret: str, jql: str, events: Sequence[str]) -> Answer[Webhook]:
        return self._go(
            "admin",
            lambda: self._jira.create_webhook(name=name, url=url, secret=secret, jql=jql, events=events),
        )

    def delete_webhook(self, webhook_id: str) -> Answer[None]:
        return self._go("admin", lambda: self._jira.delete_webhook(webhook_id))

    def _go(self, family: str, call: Callable[[], Answer[T]]) -> Answer[T]:
        with self._room:
            if self._refused is not None:
                return self._refused
            wait = self._gate.ask(self._connection, family)
            while wait > 0:
                if wait > WAIT_IN_PLACE_S:
                    return Answer(trouble=Trouble.THROTTLED, retry_after_s=wait)
                self._clock.sleep(max(wait, 0.001))
                wait = self._gate.ask(self._connection, family)
            answer = call()
            self._obey(family, answer)
            return answer

    def forget_refusal(self) -> None:
        """The connection was released: its login may be tried again."""
        if self._refused is not None and self._clock.monotonic() - self._refused_at > REFUSED_FOR_S:
            self._refused = None

    def _obey(self, family: str, answer: Answer[Any]) -> None:
        if answer.trouble is Trouble.LOGIN:
            self._refused, self._refused_at = answer, self._clock.monotonic()
        elif answer.trouble is Trouble.THROTTLED:
            self._gate.throttle(self._connection, throttled_scope(family, answer), answer.retry_after_s or 10.0)
        if answer.trouble is Trouble.UNAVAILABLE:
            step = min(self._unreachable, len(UNREACHABLE_WAIT_S) - 1)
            self._unreachable += 1
            self._gate.throttle(self._connection, SITE, answer.retry_after_s or UNREACHABLE_WAIT_S[step])
        elif answer.exchanges and answer.exchanges[-1].response is not None:
            self._unreachable = 0


def throttled_scope(family: str, answer: Answer[Any]) -> str:
    """What has to wait: the whole site for a quota, else what the call belongs to. For writes to one issue Jira says
    in ``RateLimit-Reason`` whether it means the issue or the endpoint."""
    response = answer.exchanges[-1].response if answer.exchanges else None
    reason = ((response.header("RateLimit-Reason") or "") if response else "").lower()
    if "quota" in reason:
        return SITE
    if family.startswith("issue:") and "issue" not in reason:
        return SITE
    return family
