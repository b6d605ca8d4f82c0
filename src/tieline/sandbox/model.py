"""The rows of a Jira site: plain frozen values, ids as Jira counts them, times in milliseconds since 1970.

A rich text body is kept the way the edition keeps it: an ADF document (dict) on Cloud, wiki markup (str)
on Data Center.
"""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Body = Json | str | None


@dataclass(frozen=True, kw_only=True)
class Person:
    account_id: str
    name: str
    email: str
    display: str
    active: bool = True
    time_zone: str = "Etc/UTC"


@dataclass(frozen=True, kw_only=True)
class Project:
    """`visible_to` None: everyone who can log in."""

    id: int
    key: str
    name: str
    lead: str
    visible_to: frozenset[str] | None = None


@dataclass(frozen=True, kw_only=True)
class Version:
    id: int
    project: str
    name: str
    description: str | None = None
    released: bool = False
    archived: bool = False
    start_date: str | None = None
    release_date: str | None = None
    sequence: int = 0


@dataclass(frozen=True, kw_only=True)
class Component:
    id: int
    project: str
    name: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Comment:
    id: int
    issue: int
    author: str
    body: Body
    created: int
    updated: int
    update_author: str


@dataclass(frozen=True, kw_only=True)
class Attachment:
    id: int
    issue: int
    filename: str
    mime: str
    size: int
    author: str
    created: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ChangeItem:
    """One field of one change, as Jira's changelog words it: ids in `from_id`/`to_id`, texts beside them."""

    field: str
    field_id: str
    from_id: str | None
    from_text: str | None
    to_id: str | None
    to_text: str | None
    custom: bool = False


@dataclass(frozen=True, kw_only=True)
class Change:
    id: int
    issue: int
    author: str
    created: int
    items: tuple[ChangeItem, ...]


@dataclass(frozen=True, kw_only=True)
class Issue:
    id: int
    key: str
    project: str
    type_id: str
    status_id: str
    summary: str
    description: Body = None
    creator: str
    reporter: str | None
    assignee: str | None = None
    priority_id: str = "3"
    resolution_id: str | None = None
    labels: tuple[str, ...] = ()
    fix_versions: tuple[int, ...] = ()
    versions: tuple[int, ...] = ()
    components: tuple[int, ...] = ()
    due_date: str | None = None
    parent: int | None = None
    custom: Json = field(default_factory=dict)
    properties: Json = field(default_factory=dict)
    rank: str
    created: int
    updated: int
    resolved: int | None = None
    status_changed: int = 0

    @property
    def number(self) -> int:
        return int(self.key.rsplit("-", 1)[1])


@dataclass(frozen=True, kw_only=True)
class WebhookRow:
    """A webhook registered by an administrator."""

    id: int
    name: str
    url: str
    events: tuple[str, ...]
    jql: str = ""
    exclude_body: bool = False
    enabled: bool = True
    secret: str | None = None
    author: str = ""
    updated: int = 0


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One thing that happened to the site, in order; `actor` is an account id."""

    number: int
    at: int
    actor: str
    kind: str
    subject: str
    detail: Json = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request that was answered (or deliberately not): `status` 0 means the connection was dropped."""

    number: int
    at: int
    method: str
    route: str
    path: str
    status: int
    caller: str | None
