"""Parents on Data Center: sub-tasks have a ``parent``, standard issues an epic link that holds the epic's key.

On Cloud both are ``parent`` and nothing is done here. Field and issue types are asked once per client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tieline.jira.caller import Caller, and_then, passed_on
from tieline.jira.dialect import Dialect, Question
from tieline.jira.jql import jql_ids, jql_keys
from tieline.jira.parse import EPIC_LINK
from tieline.jira.reading import as_list, as_object, flag, inner, objects, text
from tieline.records.ids import IssueId
from tieline.records.issue import Issue
from tieline.sync.remote import Answer, NewIssue
from tieline.sync.steps import FieldChange

_MOST = 100


class EpicLinks:
    """Turns ``parent`` into an epic link and back, where the edition wants it."""

    def __init__(self, caller: Caller, dialect: Dialect) -> None:
        self._caller = caller
        self._dialect = dialect
        self._field: str | None = None
        self._asked = not dialect.epic_links
        self._subtask_types: frozenset[str] | None = None
        self._keys: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def fields(self) -> Answer[tuple[str, ...]]:
        """The epic link's field id, to be read with every issue."""
        found = self._find_field()
        if not found.ok:
            return passed_on(found)
        return Answer(value=() if self._field is None else (self._field,), exchanges=found.exchanges)

    def _find_field(self) -> Answer[Any]:
        if self._asked:
            return Answer(value=())
        found = self._caller.ask("fields", Question(path=f"{self._dialect.api}/field"), _parse_epic_field)
        if found.ok:
            self._asked, self._field = True, found.value or None
        return found

    def resolve(self, issues: tuple[Issue, ...]) -> Answer[tuple[Issue, ...]]:
        """Issues with their epic as parent."""
        if self._field is None:
            return Answer(value=issues)
        epics = {issue.id: text(issue.fields, self._field) for issue in issues if issue.parent is None}
        found = self._find_ids({key for key in epics.values() if key})
        if not found.ok:
            return passed_on(found)
        linked = tuple(
            replace(issue, parent=IssueId(self._ids[epics[issue.id]])) if epics.get(issue.id) in self._ids else issue
            for issue in issues
        )
        return Answer(value=linked, exchanges=found.exchanges)

    def prepare(self, batch: tuple[NewIssue, ...]) -> Answer[tuple[NewIssue, ...]]:
        """New issues whose ``parent`` stands where this edition wants it."""
        if not self._dialect.epic_links or not any(isinstance(new.fields.get("parent"), str) for new in batch):
            return Answer(value=batch)
        types = self._find_types()
        subtasks = types.value
        if subtasks is None:
            return passed_on(types)
        linked = [new for new in batch if new.issue_type_id not in subtasks and new.fields.get("parent")]
        return self._prepared(batch, linked, types)

    def _prepared(
        self, batch: tuple[NewIssue, ...], linked: list[NewIssue], before: Answer[Any]
    ) -> Answer[tuple[NewIssue, ...]]:
        found = and_then(before, self._find_keys({str(new.fields["parent"]) for new in linked}))
        if not found.ok:
            return passed_on(found)
        return Answer(
            value=tuple(replace(new, fields=self._moved(new.fields)) if new in linked else new for new in batch),
            exchanges=found.exchanges,
        )

    def prepare_edit(self, issue: str, changes: tuple[FieldChange, ...]) -> Answer[tuple[FieldChange, ...]]:
        """Changes whose ``parent`` stands where this edition wants it for the issue at hand."""
        moved = [change for change in changes if change.remote_field == "parent"]
        if not self._dialect.epic_links or not moved:
            return Answer(value=changes)
        types = self._find_types()
        if types.value is None:
            return passed_on(types)
        path = f"{self._dialect.api}/issue/{issue}?fields=issuetype"
        kind = and_then(types, self._caller.ask("issue type", Question(path=path), _parse_type_id))
        if kind.value is None:
            return passed_on(kind)
        if kind.value in types.value or self._field is None:
            return Answer(value=changes, exchanges=kind.exchanges)
        found = and_then(kind, self._find_keys({change.new for change in moved if change.new}))
        if not found.ok:
            return passed_on(found)
        renamed = tuple(
            replace(change, remote_field=self._field, new=self._keys.get(change.new)) if change in moved else change
            for change in changes
        )
        return Answer(value=renamed, exchanges=found.exchanges)

    def _moved(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in fields.items() if name != "parent"}
        key = self._keys.get(str(fields["parent"]))
        return {**kept, self._field: key} if self._field is not None and key else dict(fields)

    def _find_types(self) -> Answer[frozenset[str]]:
        """Ids of the sub-task types, and the epic link's field."""
        field = self._find_field()
        if not field.ok:
            return passed_on(field)
        if self._subtask_types is not None:
            return Answer(value=self._subtask_types)
        found = self._caller.ask("issue types", Question(path=f"{self._dialect.api}/issuetype"), _parse_subtasks)
        self._subtask_types = found.value
        return and_then(field, found)

    def _find_keys(self, ids: set[str]) -> Answer[Any]:
        return self._look_up(jql_ids, sorted(ids - self._keys.keys()))

    def _find_ids(self, keys: set[str]) -> Answer[Any]:
        return self._look_up(jql_keys, sorted(keys - self._ids.keys()))

    def _look_up(self, render: Any, wanted: list[str]) -> Answer[Any]:
        whole: Answer[Any] = Answer(value=())
        for start in range(0, len(wanted), _MOST):
            part = wanted[start : start + _MOST]
            body = {"jql": render(part), "fields": ["issuetype"], "maxResults": _MOST, "validateQuery": False}
            question = Question(method="POST", path=f"{self._dialect.api}/search", body=body)
            whole = and_then(whole, self._caller.ask("parents", question, _parse_pairs))
            if whole.value is None:
                return whole
            for issue_id, key in whole.value:
                self._keys[issue_id] = key
                self._ids[key] = issue_id
        return whole


def _parse_epic_field(payload: Any) -> str:
    fields = objects(payload, "The fields")
    return next((text(one, "id") for one in fields if text(inner(one, "schema"), "custom") == EPIC_LINK), "")


def _parse_subtasks(payload: Any) -> frozenset[str]:
    return frozenset(text(one, "id") for one in objects(payload, "The issue types") if flag(one, "subtask"))


def _parse_type_id(payload: Any) -> str:
    return text(inner(inner(as_object(payload, "An issue"), "fields"), "issuetype"), "id")


def _parse_pairs(payload: Any) -> list[tuple[str, str]]:
    rows = as_list(as_object(payload, "A search").get("issues"), "The issues of a search")
    return [(text(one, "id"), text(one, "key")) for one in objects(rows, "issues")]
