"""A useful part of JQL: parse, judge, order. Refusals in Jira's own words.

Vendor page: https://support.atlassian.com/jira-software-cloud/docs/jql-fields/
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .jql_words import JqlRefused, Token, compare, everything, field_name, split_jql, text_of
from .model import Issue
from .scheme import (
    AUDIENCE_NAMES,
    EPIC_LINK,
    ISSUE_TYPES,
    POINTS,
    PRIORITIES,
    RESOLUTIONS,
    SOURCE_KEY,
    STATUSES,
    STATUSES_BY_ID,
)
from .world import World

_ORDER = {
    "key",
    "issuekey",
    "updated",
    "updateddate",
    "created",
    "createddate",
    "rank",
    "id",
    "summary",
    "status",
    "priority",
    "due",
    "duedate",
}
_VALID_OPERATORS = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"

Test = Callable[[Issue], bool]


@dataclass(frozen=True, kw_only=True)
class Query:
    """`bounded`: at least one clause limits the search. `order` pairs a field with 'descending?'."""

    test: Test
    bounded: bool
    order: tuple[tuple[str, bool], ...]


def parse_jql(text: str, world: World, *, account: str | None) -> Query:
    """Parse and resolve a query for one caller. Raises JqlRefused with Jira's texts."""
    return _Parser(text, world, account).query()


def run_query(query: Query, issues: Iterable[Issue]) -> list[Issue]:
    """The issues that pass, in the order asked for (newest key first where none is asked for)."""
    found = [one for one in issues if query.test(one)]
    for name, descending in reversed(query.order or (("key", True),)):
        found.sort(key=lambda one, name=name: _sort_key(name, one), reverse=descending)  # type: ignore[misc]
    return found


def _sort_key(name: str, one: Issue) -> Any:
    if name in ("key", "issuekey", "id"):
        return (one.project, one.number)
    if name in ("updated", "updateddate"):
        return (one.updated, one.id)
    if name in ("created", "createddate"):
        return (one.created, one.id)
    if name in ("due", "duedate"):
        return one.due_date or "9999"
    if name == "priority":
        return -int(one.priority_id)
    if name == "status":
        return one.status_id
    return one.rank if name == "rank" else one.summary


class _Parser:
    def __init__(self, text: str, world: World, account: str | None) -> None:
        self.world = world
        self.account = account
        self.messages: list[str] = []
        self.tokens = split_jql(text)
        self.at = 0
        self.bounded = False

    def query(self) -> Query:
        test: Test = everything
        if not self._word("order") and self._now().kind != "end":
            test = self._or()
            self.bounded = True
        order: list[tuple[str, bool]] = []
        if self._word("order"):
            self.at += 1
            if not self._word("by"):
                self._syntax("Expecting 'BY'")
            self.at += 1
            while True:
                name = self._take().text.lower()
                if name not in _ORDER:
                    self.messages.append(
                        self._no_field(name) if self.account is None else f"Not able to sort using field '{name}'."
                    )
                descending = self._word("desc")
                if descending or self._word("asc"):
                    self.at += 1
                order.append((name, descending))
                if self._now().text != ",":
                    break
                self.at += 1
        if self._now().kind != "end":
            self._syntax(f"Expecting either 'OR' or 'AND' but got '{self._now().text}'.")
        if self.messages:
            raise JqlRefused(*dict.fromkeys(self.messages))
        return Query(test=test, bounded=self.bounded, order=tuple(order))

    def _or(self) -> Test:
        tests = [self._and()]
        while self._word("or"):
            self.at += 1
            tests.append(self._and())
        return tests[0] if len(tests) == 1 else lambda one: any(test(one) for test in tests)

    def _and(self) -> Test:
        tests = [self._not()]
        while self._word("and"):
            self.at += 1
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda one: all(test(one) for test in tests)

    def _not(self) -> Test:
        if self._word("not"):
            self.at += 1
            inner = self._not()
            return lambda one: not inner(one)
        if self._now().text == "(" and self._now().kind == "mark":
            self.at += 1
            inner = self._or()
            if self._now().text != ")":
                self._syntax("Expecting ')' before the end of the query.")
            self.at += 1
            return inner
        return self._clause()

    def _clause(self) -> Test:
        name = self._take()
        if name.kind not in ("word", "string"):
            self._syntax(f"Expecting a field name but got '{name.text}'.", name)
        operator = self._operator()
        values = self._values(operator)
        return self._test(field_name(name.text), operator, values, name.text)

    def _operator(self) -> str:
        token = self._take()
        low = token.text.lower()
        if token.kind == "op":
            return token.text
        if low == "in":
            return "in"
        if low == "not" and self._word("in"):
            self.at += 1
            return "not in"
        if low == "is":
            if self._word("not"):
                self.at += 1
                return "is not"
            return "is"
        got = token.text or "the end of the query"
        self._syntax(f"Expecting operator but got '{got}'. The valid operators are {_VALID_OPERATORS}.", token)
        return ""

    def _values(self, operator: str) -> list[str]:
        if operator in ("in", "not in") and self._now().text == "(":
            self.at += 1
            values = [self._value()]
            while self._now().text == ",":
                self.at += 1
                values.append(self._value())
            if self._now().text != ")":
                self._syntax("Expecting ')' before the end of the query.")
            self.at += 1
            return values
        return [self._value()]

    def _value(self) -> str:
        token = self._take()
        if token.kind not in ("word", "string"):
            got = token.text or "the end of the query"
            self._syntax(f"Expecting either a value, list or function but got '{got}'.", token)
        if token.kind == "word" and self._now().text == "(":
            self.at += 1
            inside: list[str] = []
            while self._now().text != ")" and self._now().kind != "end":
                inside.append(self._take().text)
            self.at += 1
            return f"{token.text.lower()}({','.join(inside)})"
        return token.text

    # ---- meaning

    def _test(self, field: str, operator: str, values: list[str], said: str) -> Test:
        negative = operator in ("!=", "not in", "is not", "!~")
        if operator in ("is", "is not"):
            getter = self._getter(field, said)
            return lambda one: bool(getter(one)) == negative
        if field in ("created", "updated", "due", "resolved", "statuscategorychangeddate"):
            return self._dates(field, operator, values, said)
        if field == POINTS and operator in ("<", ">", "<=", ">=", "="):
            limit = float(values[0])
            return lambda one: (value := one.custom.get(POINTS)) is not None and compare(value, operator, limit)
        if field in ("key", "id") and operator in ("<", ">", "<=", ">="):
            found = self.world.issue(values[0])
            number, project = (found.number, found.project) if found else (0, "")
            return lambda one: one.project == project and compare(one.number, operator, number)
        if field in ("summary", "description", "text", "comment"):
            if operator not in ("~", "!~"):
                self.messages.append(f"The operator '{operator}' is not supported by the '{said}' field.")
            words = [word.strip('*\\"+').lower() for word in values[0].split()]
            return lambda one: all(word in text_of(field, one) for word in words) != negative
        getter = self._getter(field, said)
        blank = any(value.lower() in ("empty", "null", "unresolved") for value in values)
        wanted: set[str] = set()
        for value in values:
            wanted |= self._resolve(field, value, said)

        def test(one: Issue) -> bool:
            found = list(getter(one))
            return (not wanted.isdisjoint(found) or (blank and not found)) != negative

        return test

    def _dates(self, field: str, operator: str, values: list[str], said: str) -> Test:
        moment = self._moment(values[0], said)
        if moment is None:
            return everything
        if field == "due":
            day = datetime.fromtimestamp(moment / 1000, self._zone()).date().isoformat()
            return lambda one: one.due_date is not None and compare(one.due_date, operator, day)
        getter: Callable[[Issue], int | None] = {
            "created": lambda one: one.created,
            "updated": lambda one: one.updated,
            "resolved": lambda one: one.resolved,
            "statuscategorychangeddate": lambda one: one.status_changed or one.created,
        }[field]
        return lambda one: (value := getter(one)) is not None and compare(value, operator, moment)

    def _zone(self) -> ZoneInfo:
        person = self.world.people.get(self.account or "")
        return ZoneInfo(person.time_zone if person else self.world.options.time_zone)

    def _moment(self, value: str, said: str) -> int | None:
        """A date operand in milliseconds: absolute in the caller's time zone, epoch, relative, or a function."""
        now = datetime.fromtimestamp(self.world.now() / 1000, UTC).astimezone(self._zone())
        if re.fullmatch(r"\d{10,}", value):
            return int(value)
        if re.fullmatch(r"[+-]?(\s*\d+\s*[wdhm])+", value):
            sign = -1 if value.strip().startswith("-") else 1
            units = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
            delta = timedelta()
            for amount, unit in re.findall(r"(\d+)\s*([wdhm])", value):
                delta += timedelta(**{units[unit]: int(amount)})
            return round((now + sign * delta).timestamp() * 1000)
        functions: dict[str, datetime] = {"now()": now}
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        functions |= {"startofday()": midnight, "endofday()": midnight + timedelta(days=1)}
        functions["startofweek()"] = midnight - timedelta(days=(now.weekday() + 1) % 7)
        if value in functions:
            return round(functions[value].timestamp() * 1000)
        for shape in ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d"):
            try:
                return round(datetime.strptime(value, shape).replace(tzinfo=self._zone()).timestamp() * 1000)
            except ValueError:
                continue
        self.messages.append(
            f"Date value '{value}' for field '{said}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
        )
        return None

    def _getter(self, field: str, said: str) -> Callable[[Issue], Iterable[str]]:
        getters: dict[str, Callable[[Issue], Iterable[str]]] = {
            "project": lambda one: (one.project,),
            "key": lambda one: (str(one.id),),
            "id": lambda one: (str(one.id),),
            "issuetype": lambda one: (one.type_id,),
            "status": lambda one: (one.status_id,),
            "statuscategory": lambda one: (STATUSES_BY_ID[one.status_id].category,),
            "labels": lambda one: one.labels,
            "fixversion": lambda one: [str(id) for id in one.fix_versions],
            "affectedversion": lambda one: [str(id) for id in one.versions],
            "component": lambda one: [str(id) for id in one.components],
            "assignee": lambda one: (one.assignee,) if one.assignee else (),
            "reporter": lambda one: (one.reporter,) if one.reporter else (),
            "creator": lambda one: (one.creator,),
            "priority": lambda one: (one.priority_id,),
            "resolution": lambda one: (one.resolution_id,) if one.resolution_id else (),
            "parent": lambda one: (str(one.parent),) if one.parent else (),
            EPIC_LINK: lambda one: (str(one.parent),) if one.parent else (),
            "due": lambda one: (one.due_date,) if one.due_date else (),
            "description": lambda one: ("x",) if one.description else (),
            POINTS: lambda one: (str(one.custom[POINTS]),) if POINTS in one.custom else (),
            SOURCE_KEY: lambda one: (one.custom[SOURCE_KEY],) if SOURCE_KEY in one.custom else (),
            "audience": lambda one: [AUDIENCE_NAMES[v] for k, v in one.custom.items() if k == "customfield_10032"],
            "created": lambda _: ("x",),
            "updated": lambda _: ("x",),
            "resolved": lambda one: ("x",) if one.resolved else (),
        }
        if field not in getters or (self.account is None and field not in ("project", "key", "id")):
            self.messages.append(self._no_field(said))
            return lambda _: ()
        return getters[field]

    def _no_field(self, said: str) -> str:
        if self.account is None:
            return f"Field '{said}' does not exist or this field cannot be viewed by anonymous users."
        return f"Field '{said}' does not exist or you do not have permission to view it."

    def _resolve(self, field: str, value: str, said: str) -> set[str]:
        """The ids a value means; a value that means nothing is refused, as Jira does."""
        low, world = value.lower(), self.world
        found: set[str] = set()
        if low in ("empty", "null"):
            return found
        if field == "project":
            found = {
                one.key
                for one in world.visible_projects(self.account)
                if low in (one.key.lower(), str(one.id), one.name.lower())
            }
        elif field in ("key", "id", "parent", EPIC_LINK):
            issue = world.issue(value)
            if issue and world.project(issue.project, account=self.account):
                return {str(issue.id)}
            self.messages.append(f"An issue with key '{value}' does not exist for field '{said}'.")
            return found
        elif field == "issuetype":
            found = {one.id for one in ISSUE_TYPES if low in (one.name.lower(), one.id)}
        elif field == "status":
            found = {one.id for one in STATUSES if low in (one.name.lower(), one.id)}
        elif field == "statuscategory":
            names = {
                "to do": "new",
                "new": "new",
                "in progress": "indeterminate",
                "indeterminate": "indeterminate",
                "done": "done",
            }
            found = {names[low]} if low in names else set()
        elif field in ("fixversion", "affectedversion"):
            found = {str(one.id) for one in world.versions.values() if low in (one.name.lower(), str(one.id))}
        elif field == "component":
            found = {str(one.id) for one in world.components.values() if low in (one.name.lower(), str(one.id))}
        elif field == "priority":
            found = {row[0] for row in PRIORITIES if low in (row[0], row[1].lower())}
        elif field == "resolution":
            if low == "unresolved":
                return found
            found = {row[0] for row in RESOLUTIONS if low in (row[0], row[1].lower())}
        elif field in ("assignee", "reporter", "creator"):
            if low == "currentuser()":
                return {self.account} if self.account else found
            person = world.person_named(value)
            return {person.account_id} if person else found
        else:
            return {value}
        if not found:
            self.messages.append(f"The value '{value}' does not exist for the field '{said}'.")
        return found

    # ---- tokens

    def _now(self) -> Token:
        return self.tokens[self.at]

    def _take(self) -> Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def _word(self, word: str) -> bool:
        token = self._now()
        return token.kind == "word" and token.text.lower() == word

    def _syntax(self, message: str, token: Token | None = None) -> None:
        at = (token or self._now()).at
        raise JqlRefused(f"Error in the JQL Query: {message} (line 1, character {at + 1})")
