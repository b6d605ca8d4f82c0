"""Jira's side of a link, in one vendor-shaped form for Cloud and Data Center."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from tieline.records.ids import IssueId, IssueKey


class Edition(StrEnum):
    CLOUD = "cloud"
    DATA_CENTER = "dc"


class RemoteKind(StrEnum):
    ISSUE = "issue"
    VERSION = "version"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A Jira user. ``id`` is the accountId on Cloud and the user name on Data Center.

    ``email`` is None where Jira hides it.
    """

    id: str
    name: str
    email: str | None = None


@dataclass(frozen=True, kw_only=True)
class Issue:
    """An issue as read from Jira.

    ``description`` is the body as Jira holds it: an ADF document (``dict``) on Cloud, wiki
    markup (``str``) on Data Center, None when empty. ``due`` has no time. ``fix_versions`` holds
    version ids. ``fields`` holds every other field that was asked for, as raw JSON.
    ``updated`` is Jira's own time stamp, aware.
    """

    id: IssueId
    key: IssueKey
    project_key: str
    type_id: str
    type_name: str
    summary: str
    description: Mapping[str, Any] | str | None
    status_id: str
    status_name: str
    status_category: str
    assignee: Person | None
    due: date | None
    labels: tuple[str, ...]
    fix_versions: tuple[IssueId, ...]
    parent: IssueId | None
    updated: datetime
    fields: Mapping[str, Any] = field(default_factory=dict)
    project_id: str = ""
    """Stays when the project's key is changed; "" where the answer does not have it."""
    absent: frozenset[str] = frozenset()
    """System fields (``duedate``, ``labels``…) that were asked for and are not in the answer: hidden, removed from the
    project, or not readable. Not the same as empty: an absent field never clears anything on our side."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version of a project (Jira's word for a release)."""

    id: IssueId
    name: str
    project_id: str
    description: str
    release_date: date | None
    start_date: date | None
    released: bool
    archived: bool
