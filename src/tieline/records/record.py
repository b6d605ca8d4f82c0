"""Planning records, our side of a link."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from tieline.records.ids import RecordId, WorkspaceId


class RecordKind(StrEnum):
    FEATURE = "feature"
    REQUIREMENT = "requirement"
    RELEASE = "release"


class StatusCategory(StrEnum):
    """The three groups both sides share; Jira calls them ``new``, ``indeterminate`` and ``done``."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Status:
    """A step of a workspace's own workflow, named by its stable ``slug``."""

    slug: str
    name: str
    category: StatusCategory


DEFAULT_STATUSES: tuple[Status, ...] = (
    Status(slug="new", name="New", category=StatusCategory.TODO),
    Status(slug="ready", name="Ready", category=StatusCategory.TODO),
    Status(slug="in-progress", name="In progress", category=StatusCategory.DOING),
    Status(slug="in-review", name="In review", category=StatusCategory.DOING),
    Status(slug="done", name="Done", category=StatusCategory.DONE),
)
"""Statuses of features and requirements. A release is ``planned`` or ``released``."""

RELEASE_STATUSES: tuple[Status, ...] = (
    Status(slug="planned", name="Planned", category=StatusCategory.TODO),
    Status(slug="released", name="Released", category=StatusCategory.DONE),
)


@dataclass(frozen=True, kw_only=True)
class Record:
    """One planning record as people see it.

    ``ref`` is the workspace's own name of it (``FERRY-12``). ``description`` is Markdown.
    ``assignee`` is the person's e-mail, or None. ``parent`` is a requirement's feature,
    ``release`` the release a feature is planned for; both None where they do not apply.
    ``revision`` grows by one with every saved change.
    """

    id: RecordId
    workspace: WorkspaceId
    kind: RecordKind
    ref: str
    name: str
    description: str = ""
    status: str = "new"
    assignee: str | None = None
    due: date | None = None
    tags: tuple[str, ...] = field(default_factory=tuple)
    parent: RecordId | None = None
    release: RecordId | None = None
    position: int = 0
    revision: int = 1
