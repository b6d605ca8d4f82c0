"""What a Jira project offers: issue types, fields on their screens, statuses. Read from Jira, judged by the mapping."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Option:
    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class JiraField:
    """A field as ``createmeta`` tells it for one issue type. ``type`` is Jira's schema type (``string``, ``date``,
    ``user``, ``array``…), ``items`` the type of an array's members, ``custom`` the custom field's type key or None."""

    id: str
    name: str
    type: str
    items: str | None = None
    custom: str | None = None
    required: bool = False
    has_default: bool = False
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JiraStatus:
    """``category``: ``new``, ``indeterminate`` or ``done``."""

    id: str
    name: str
    category: str


@dataclass(frozen=True, kw_only=True)
class IssueType:
    """``level``: 1 epic, 0 standard, -1 sub-task. ``create_fields``: the create screen."""

    id: str
    name: str
    subtask: bool
    level: int
    create_fields: tuple[JiraField, ...] = ()
    statuses: tuple[JiraStatus, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ProjectSummary:
    id: str
    key: str
    name: str
    style: str = ""
    lead: str = ""


@dataclass(frozen=True, kw_only=True)
class ProjectSchema:
    project: ProjectSummary
    issue_types: tuple[IssueType, ...] = ()

    def issue_type(self, type_id: str) -> IssueType | None:
        return next((one for one in self.issue_types if one.id == type_id), None)
