"""Markers of issues where a search does not bring them along (Data Center): one call each, and each at most once.

A marker is set in the call that creates the issue and never changes, so what was read, or sent and answered here, need
not be asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from tieline.jira.caller import Caller, and_then, passed_on
from tieline.jira.dialect import Dialect, Question
from tieline.jira.parse import MARKER_PROPERTY, parse_property
from tieline.records.ids import IssueId
from tieline.sync.remote import Answer, Trouble

_KEPT = 20_000


class Markers:
    def __init__(self, caller: Caller, dialect: Dialect) -> None:
        self._caller = caller
        self._dialect = dialect
        self._known: dict[IssueId, str | None] = {}

    def read(self, issues: Sequence[IssueId]) -> Answer[dict[str, str]]:
        """Issue → marker, for those that carry one."""
        whole: Answer[Any] = Answer(value={})
        told: dict[str, str] = {}
        for issue in issues:
            if issue not in self._known:
                found = self.read_one(issue)
                whole = and_then(whole, found)
                if found.trouble is not None and found.trouble is not Trouble.GONE:
                    return passed_on(whole)
                self.remember(issue, found.value)
            marker = self._known.get(issue)
            if marker:
                told[issue] = marker
        return Answer(value=told, exchanges=whole.exchanges)

    def read_one(self, issue: IssueId) -> Answer[str | None]:
        """``GONE`` when the issue carries none."""
        segment = quote(issue, safe="")
        path = f"{self._dialect.api}/issue/{segment}/properties/{MARKER_PROPERTY}"
        return self._caller.ask("marker", Question(path=path), parse_property)

    def remember(self, issue: IssueId, marker: str | None) -> None:
        if self._dialect.tells_markers:
            return
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[issue] = marker
