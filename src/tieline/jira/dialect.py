"""What the editions of Jira do differently, as one interface. Everything else is the client's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tieline.records.issue import Edition


@dataclass(frozen=True, kw_only=True)
class Question:
    """A call to be made. ``path`` starts at the connection's base."""

    path: str
    method: str = "GET"
    body: Any = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """One page of a list: raw members, and where the next page begins (None on the last)."""

    members: list[Any]
    next_token: str | None = None
    total: int | None = None


class Dialect(Protocol):
    """One edition's way of saying things. Pure."""

    edition: Edition
    api: str
    """``/rest/api/3`` or ``/rest/api/2``."""
    tells_markers: bool
    """A search can bring the marker property along."""
    bulk_skips_missing: bool
    """A bulk read answers for the other ids when one is gone; where not surely, the client looks for it by halves."""
    counts_pages: bool
    """Pages of a search are counted from its start, so that they shift while the list changes."""
    epic_links: bool
    """The parent of a standard issue is an epic link, not the field ``parent``."""

    def name_user(self, user_id: str | None) -> Any:
        """A user in a field's value; None is nobody."""
        ...

    def ask_projects(self, token: str | None) -> Question: ...

    def parse_projects(self, payload: Any) -> Found: ...

    def ask_search(
        self, jql: str, fields: Sequence[str], *, size: int, token: str | None, with_marker: bool
    ) -> Question: ...

    def parse_search(self, payload: Any) -> Found: ...

    def ask_issues(self, ids: Sequence[str], fields: Sequence[str]) -> Question: ...

    def parse_issues(self, payload: Any) -> list[Any]: ...

    def parse_types(self, payload: Any) -> Found:
        """A page of ``createmeta/{project}/issuetypes``."""
        ...

    def parse_fields(self, payload: Any) -> Found:
        """A page of ``createmeta/{project}/issuetypes/{type}``."""
        ...

    def ask_people(self, query: str, project_key: str) -> Question: ...

    def build_webhook(self, *, name: str, url: str, secret: str, jql: str, events: Sequence[str]) -> dict[str, Any]: ...
