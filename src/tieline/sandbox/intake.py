"""What a create, edit or transition asks for → new values of an issue, or Jira's own refusals. Pure but for reads."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .adf import looks_like_adf
from .model import Issue, Json
from .scheme import (
    AUDIENCE,
    AUDIENCES,
    EPIC_LINK,
    PRIORITIES,
    RESOLUTIONS,
    TYPES_BY_ID,
    Field,
    IssueType,
)
from .view import View

NOT_ON_SCREEN = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."


class Refused(Exception):  # noqa: N818 - a refusal is an answer here, not a failure of ours
    """One field's refusal, in Jira's words."""


@dataclass(frozen=True, kw_only=True)
class Intake:
    """`values` go into `dataclasses.replace` of an issue; `comment` is a comment to add with the change."""

    values: Json = field(default_factory=dict)
    errors: Json = field(default_factory=dict)
    comment: Any = None


def parse_intake(
    view: View,
    *,
    payload: Json,
    old: Issue,
    screen: dict[str, Field],
    account: str | None,
) -> Intake:
    """Read `fields` and `update` of a request against the fields of a screen."""
    reader = _Reader(view=view, old=old, values={"custom": dict(old.custom)}, account=account)
    errors: Json = {}
    comment: Any = None
    operations: list[tuple[str, str, Any]] = []
    fields, update = payload.get("fields") or {}, payload.get("update") or {}
    for part, told in (("fields", fields), ("update", update)):
        if not isinstance(told, dict):
            return Intake(errors={part: "expected Object"})
    for name, value in fields.items():
        if name not in ("project", "issuetype") or name in screen:
            operations.append((name, "set", value))
    for name, steps in update.items():
        for step in steps if isinstance(steps, list) else [steps]:
            if isinstance(step, dict):
                operations.extend((name, verb, value) for verb, value in step.items())
            else:
                errors[name] = "expected Object"
    for name, verb, value in operations:
        if name == "comment" and verb == "add":
            try:
                comment = {"body": reader.parse_body(value.get("body") if isinstance(value, dict) else value)}
            except Refused as refusal:
                errors[name] = str(refusal)
            continue
        if name in ("worklog", "issuelinks", "timetracking"):
            continue
        known = screen.get(name)
        if known is None:
            errors[name] = NOT_ON_SCREEN.format(name)
            continue
        try:
            reader.take(known, verb, value)
        except Refused as refusal:
            errors[name] = str(refusal)
    return Intake(values=reader.values, errors=errors, comment=comment)


@dataclass(frozen=True, kw_only=True)
class _Reader:
    view: View
    old: Issue
    values: Json
    account: str | None

    def take(self, known: Field, verb: str, value: Any) -> None:
        collections: dict[str, Callable[[str, Any], None]] = {
            "labels": self._labels,
            "fixVersions": lambda verb, value: self._versions("fix_versions", verb, value),
            "versions": lambda verb, value: self._versions("versions", verb, value),
            "components": self._components,
        }
        singles: dict[str, Callable[[Any], None]] = {
            "summary": self._summary,
            "description": self._description,
            "assignee": self._assignee,
            "reporter": self._reporter,
            "priority": self._priority,
            "duedate": self._due,
            "parent": self._parent,
            "resolution": self._resolution,
            "issuetype": self._type,
            EPIC_LINK: self._epic_link,
        }
        if known.id in collections and verb in ("set", "add", "remove"):
            collections[known.id](verb, value)
        elif verb not in ("set", "edit"):
            raise Refused(f"Field with id '{known.id}' does not support operation '{verb}'.")
        elif known.id in singles:
            singles[known.id](value)
        else:
            self._custom(known, value)

    def _summary(self, value: Any) -> None:
        if not isinstance(value, str) and value is not None:
            raise Refused("Operation value must be a string")
        text = (value or "").strip()
        if not text:
            raise Refused("You must specify a summary of the issue.")
        if len(text) > 255:
            raise Refused("Summary must be less than 255 characters.")
        if "\n" in text or "\r" in text:
            raise Refused("The summary is invalid because it contains newline characters.")
        self.values["summary"] = text

    def _description(self, value: Any) -> None:
        self.values["description"] = self.parse_body(value)

    def parse_body(self, value: Any) -> Any:
        if value is None or value == "":
            return None
        if self.view.api == "3":
            if not looks_like_adf(value):
                raise Refused("Operation value must be an Atlassian Document (see the Atlassian Document Format)")
            return value
        if not isinstance(value, str):
            raise Refused("Operation value must be a string")
        if len(value) > 32767:
            raise Refused("The entered text is too long. It exceeds the allowed limit of 32,767 characters.")
        return value

    def _user(self, value: Any) -> str | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise Refused("expected Object")
        if self.view.cloud:
            if "name" in value and not (value.get("accountId") or value.get("id")):
                if value["name"] in (None, ""):
                    return None
                raise Refused("'accountId' must be the only user identifying query parameter in GDPR strict mode.")
            wanted = value.get("accountId") or value.get("id")
        else:
            wanted = value.get("name") or value.get("key")
        if wanted in (None, "", "-1"):
            return None
        person = (
            self.view.world.people.get(str(wanted)) if self.view.cloud else self.view.world.person_named(str(wanted))
        )
        if person is None:
            raise Refused(f"User '{wanted}' does not exist.")
        return person.account_id

    def _assignee(self, value: Any) -> None:
        project = self.view.world.project_that_exists(self.old.project)
        if not self.view.world.may(self.account, "ASSIGN_ISSUES", project):
            raise Refused(NOT_ON_SCREEN.format("assignee"))
        account = self._user(value)
        if account is not None and not self.view.world.may(account, "ASSIGNABLE_USER", project):
            name = account if self.view.cloud else self.view.world.people[account].name
            raise Refused(f"User '{name}' cannot be assigned issues.")
        self.values["assignee"] = account

    def _reporter(self, value: Any) -> None:
        account = self._user(value)
        if account is None:
            raise Refused("Reporter is required.")
        self.values["reporter"] = account

    def _named(self, what: str, value: Any, rows: tuple[tuple[str, ...], ...]) -> str:
        if not isinstance(value, dict):
            raise Refused("expected Object")
        if value.get("id") is not None:
            if any(row[0] == str(value["id"]) for row in rows):
                return str(value["id"])
            raise Refused(f"{what} id '{value['id']}' is not valid")
        found = next((row[0] for row in rows if row[1].lower() == str(value.get("name", "")).lower()), None)
        if found is None:
            raise Refused(f"{what} name '{value.get('name')}' is not valid")
        return found

    def _priority(self, value: Any) -> None:
        self.values["priority_id"] = "3" if value is None else self._named("Priority", value, PRIORITIES)

    def _resolution(self, value: Any) -> None:
        self.values["resolution_id"] = None if value is None else self._named("Resolution", value, RESOLUTIONS)

    def _type(self, value: Any) -> None:
        found = find_issue_type(value)
        if found is None or found.subtask != TYPES_BY_ID[self.old.type_id].subtask:
            raise Refused("The issue type selected is invalid.")
        self.values["type_id"] = found.id

    def _labels(self, verb: str, value: Any) -> None:
        before: list[str] = list(self.values.get("labels", self.old.labels))
        wanted = [] if value is None else value if isinstance(value, list) else [value]
        if verb == "set" and value is not None and not isinstance(value, list):
            raise Refused("data was not an array")
        for label in wanted:
            if not isinstance(label, str):
                raise Refused("string expected at index 0")
            if re.search(r"\s", label):
                raise Refused(f"The label '{label}' contains spaces which is invalid.")
            if len(label) > 255:
                raise Refused(f"The label '{label}' exceeds the maximum length of 255 characters.")
        self.values["labels"] = _members(before, verb, wanted)

    def _versions(self, name: str, verb: str, value: Any) -> None:
        before: list[int] = list(self.values.get(name, getattr(self.old, name)))
        wanted = [] if value is None else value if isinstance(value, list) else [value]
        known = self.view.world.versions_of(self.old.project)
        ids = []
        for one in wanted:
            if not isinstance(one, dict):
                raise Refused("expected Object")
            if one.get("id") is not None:
                found = next((each.id for each in known if str(each.id) == str(one["id"])), None)
                if found is None:
                    raise Refused(f"Version id '{one['id']}' is not valid")
            else:
                found = next((each.id for each in known if each.name == one.get("name")), None)
                if found is None:
                    raise Refused(f"Version name '{one.get('name')}' is not valid")
            ids.append(found)
        self.values[name] = _members(before, verb, ids)

    def _components(self, verb: str, value: Any) -> None:
        before: list[int] = list(self.values.get("components", self.old.components))
        wanted = [] if value is None else value if isinstance(value, list) else [value]
        known = self.view.world.components_of(self.old.project)
        ids = []
        for one in wanted:
            ask = one if isinstance(one, dict) else {}
            found = next(
                (each.id for each in known if str(each.id) == str(ask.get("id")) or each.name == ask.get("name")), None
            )
            if found is None:
                what = f"id '{ask['id']}'" if ask.get("id") is not None else f"name '{ask.get('name')}'"
                raise Refused(f"Component {what} is not valid")
            ids.append(found)
        self.values["components"] = _members(before, verb, ids)

    def _due(self, value: Any) -> None:
        if value in (None, ""):
            self.values["due_date"] = None
            return
        try:
            self.values["due_date"] = date.fromisoformat(str(value)).isoformat()
        except ValueError:
            raise Refused(f"Error parsing date string: {value}") from None

    def _parent(self, value: Any) -> None:
        kind = TYPES_BY_ID[self.old.type_id]
        if value is None or (isinstance(value, dict) and value.get("none") is True):
            if kind.subtask:
                raise Refused("Issue type is a sub-task but parent issue key or id not specified.")
            self.values["parent"] = None
            return
        wanted = value.get("key") or value.get("id") if isinstance(value, dict) else value
        found = self.view.world.issue(str(wanted)) if wanted else None
        if found is None or found.project != self.old.project:
            raise Refused("Could not find issue by id or key.")
        if TYPES_BY_ID[found.type_id].level != kind.level + 1:
            raise Refused("Given parent work item does not belong to appropriate hierarchy.")
        if not self.view.cloud and not kind.subtask:
            raise Refused(NOT_ON_SCREEN.format("parent"))
        self.values["parent"] = found.id

    def _epic_link(self, value: Any) -> None:
        if value in (None, ""):
            self.values["parent"] = None
            return
        found = self.view.world.issue(str(value))
        if found is None or TYPES_BY_ID[found.type_id].level != 1:
            raise Refused(f"Issue '{value}' must be of type 'Epic'.")
        self.values["parent"] = found.id

    def _custom(self, known: Field, value: Any) -> None:
        custom: Json = self.values["custom"]
        if value is None or value == "":
            custom.pop(known.id, None)
            return
        if known.kind == "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise Refused("Operation value must be a number")
            custom[known.id] = float(value)
        elif known.id == AUDIENCE:
            ask = value if isinstance(value, dict) else {"value": value}
            key = "id" if ask.get("id") is not None else "value"
            found = next((id for id, text in AUDIENCES if str(ask.get(key)) == (id if key == "id" else text)), None)
            if found is None:
                raise Refused(f"Option {key} '{ask.get(key)}' is not valid")
            custom[known.id] = found
        else:
            if not isinstance(value, str):
                raise Refused("Operation value must be a string")
            if len(value) > 255:
                raise Refused("The entered text is too long. It exceeds the allowed limit of 255 characters.")
            custom[known.id] = value


def _members(before: list[Any], verb: str, wanted: list[Any]) -> tuple[Any, ...]:
    if verb == "remove":
        return tuple(one for one in before if one not in wanted)
    kept = before if verb == "add" else []
    return tuple(dict.fromkeys([*kept, *wanted]))


def find_issue_type(value: Any) -> IssueType | None:
    """The issue type an `{"id"}` or `{"name"}` object means."""
    if not isinstance(value, dict):
        return None
    return next(
        (
            one
            for one in TYPES_BY_ID.values()
            if one.id == str(value.get("id")) or one.name.lower() == str(value.get("name", "")).lower()
        ),
        None,
    )
