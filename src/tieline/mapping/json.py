"""The mapping as JSON: how it is stored, exported and read back, strictly."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from tieline.mapping.fields import our_field, our_fields
from tieline.mapping.model import ClashPolicy, Direction, FieldRule, KindRule, Mapping, StatusPair
from tieline.records.issue import RemoteKind
from tieline.records.record import RecordKind

FORMAT = 1
"""Grows when the form of the JSON changes in a way that older readers cannot take."""

_ABSENT: Any = object()
"""Stands where a part is missing, which is told once, by the part around it."""

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, kw_only=True)
class MappingReadProblem:
    """What keeps a piece of JSON from being a mapping. ``path`` is where (``kinds[0].fields[2].direction``)."""

    path: str
    sentence: str


def mapping_as_json(mapping: Mapping) -> dict[str, Any]:
    """Return the mapping as JSON values; ``parse_mapping`` gives the same mapping back."""
    return {
        "format": FORMAT,
        "project": {"key": mapping.project_key, "id": mapping.project_id},
        "kinds": [_kind_as_json(rule) for rule in mapping.kinds],
        "people": dict(mapping.people),
    }


def _kind_as_json(rule: KindRule) -> dict[str, Any]:
    issue_type = None
    if rule.issue_type_id is not None:
        issue_type = {"id": rule.issue_type_id, "name": rule.issue_type_name}
    return {
        "kind": rule.kind.value,
        "remote": rule.remote_kind.value,
        "issue_type": issue_type,
        "child": rule.child,
        "fields": [
            {"ours": one.ours, "theirs": one.theirs, "direction": one.direction.value, "policy": one.policy.value}
            for one in rule.fields
        ],
        "statuses": [
            {"ours": pair.ours, "theirs": pair.theirs, "theirs_name": pair.theirs_name} for pair in rule.statuses
        ],
        "constants": dict(rule.constants),
    }


def parse_mapping(payload: Any) -> Mapping | tuple[MappingReadProblem, ...]:
    """Read a mapping from JSON values: the mapping, or everything that is wrong with it.

    Strict: unknown keys, values and doubled rules are told, not skipped. Whether the mapping suits a project of Jira is
    another question (``problems.find_problems``).
    """
    reader = _Reader()
    mapping = reader.mapping(payload)
    return tuple(reader.problems) if reader.problems else mapping


def parse_saved_mapping(payload: Any) -> Mapping:
    """Read a mapping that we wrote ourselves.

    Raises:
        ValueError: the stored JSON is not what ``mapping_as_json`` writes.
    """
    read = parse_mapping(payload)
    if isinstance(read, Mapping):
        return read
    raise ValueError("; ".join(f"{one.path}: {one.sentence}" for one in read))


class _Reader:
    """Collects what is wrong while reading on with stand-ins, so that one reading tells everything."""

    def __init__(self) -> None:
        self.problems: list[MappingReadProblem] = []

    def mapping(self, payload: Any) -> Mapping:
        top = self.object(payload, "", ("format", "project", "kinds", "people"))
        if "format" in top and top["format"] != FORMAT:
            self.tell("format", f"The format is {_shown(top['format'])}; this release reads format {FORMAT}.")
        project = self.object(top.get("project", _ABSENT), "project", ("key", "id"))
        kinds: list[KindRule] = []
        for index, raw in enumerate(self.array(top.get("kinds", _ABSENT), "kinds")):
            path = f"kinds[{index}]"
            rule = self.kind(raw, path)
            if rule is not None:
                if any(other.kind is rule.kind for other in kinds):
                    self.tell(path, f"“{rule.kind.value}” is mapped twice; keep one.")
                kinds.append(rule)
        return Mapping(
            project_key=self.text(project, "key", "project"),
            project_id=self.text(project, "id", "project"),
            kinds=tuple(kinds),
            people=self.texts(top.get("people", _ABSENT), "people"),
        )

    def kind(self, raw: Any, path: str) -> KindRule | None:
        keys = ("kind", "remote", "issue_type", "child", "fields", "statuses", "constants")
        top = self.object(raw, path, keys, optional=("child",))
        kind = self.choice(top, "kind", path, RecordKind)
        remote = self.choice(top, "remote", path, RemoteKind)
        if kind is None or remote is None:
            return None
        meets = (kind is RecordKind.RELEASE) == (remote is RemoteKind.VERSION)
        if not meets:
            self.tell(f"{path}.remote", "Releases meet versions, every other kind meets issues.")
        type_id, type_name = None, ""
        if top.get("issue_type") is not None:
            issue_type = self.object(top["issue_type"], f"{path}.issue_type", ("id", "name"))
            type_id = self.text(issue_type, "id", f"{path}.issue_type")
            type_name = self.text(issue_type, "name", f"{path}.issue_type", empty=True)
        elif meets and remote is RemoteKind.ISSUE and "issue_type" in top:
            self.tell(f"{path}.issue_type", "Choose an issue type: every issue has one.")
        if meets and type_id is not None and remote is RemoteKind.VERSION:
            self.tell(f"{path}.issue_type", "A version has no issue type.")
        child = top.get("child", False)
        if not isinstance(child, bool):
            self.tell(f"{path}.child", f"Expected true or false, found {_shown(child)}.")
            child = False
        return KindRule(
            kind=kind,
            remote_kind=remote,
            issue_type_id=type_id,
            issue_type_name=type_name,
            fields=self.rules(top.get("fields", _ABSENT), f"{path}.fields", kind),
            statuses=self.statuses(top.get("statuses", _ABSENT), f"{path}.statuses"),
            constants=dict(self.any_object(top.get("constants", _ABSENT), f"{path}.constants")),
            child=child,
        )

    def rules(self, raw: Any, path: str, kind: RecordKind) -> tuple[FieldRule, ...]:
        rules: list[FieldRule] = []
        for index, one in enumerate(self.array(raw, path)):
            here = f"{path}[{index}]"
            row = self.object(one, here, ("ours", "theirs", "direction", "policy"))
            ours, theirs = self.text(row, "ours", here), self.text(row, "theirs", here)
            direction = self.choice(row, "direction", here, Direction)
            policy = self.choice(row, "policy", here, ClashPolicy)
            if ours and our_field(kind, ours) is None:
                names = ", ".join(field.name for field in our_fields(kind))
                self.tell(f"{here}.ours", f"A {kind.value} has no field “{ours}”; it has {names}.")
            if ours and any(other.ours == ours for other in rules):
                self.tell(f"{here}.ours", f"“{ours}” is mapped twice; keep one row.")
            if direction is not None and policy is not None:
                rules.append(FieldRule(ours=ours, theirs=theirs, direction=direction, policy=policy))
        return tuple(rules)

    def statuses(self, raw: Any, path: str) -> tuple[StatusPair, ...]:
        pairs: list[StatusPair] = []
        for index, one in enumerate(self.array(raw, path)):
            here = f"{path}[{index}]"
            row = self.object(one, here, ("ours", "theirs", "theirs_name"), optional=("theirs_name",))
            name = self.text(row, "theirs_name", here, empty=True) if "theirs_name" in row else ""
            pair = StatusPair(
                ours=self.text(row, "ours", here), theirs=self.text(row, "theirs", here), theirs_name=name
            )
            pairs.append(pair)
        return tuple(pairs)

    def tell(self, path: str, sentence: str) -> None:
        self.problems.append(MappingReadProblem(path=path or "(top)", sentence=sentence))

    def any_object(self, raw: Any, path: str) -> MappingOf[str, Any]:
        if isinstance(raw, dict) and all(isinstance(key, str) for key in raw):
            return raw
        if raw is not _ABSENT:
            self.tell(path, f"Expected an object, found {_shown(raw)}.")
        return {}

    def object(self, raw: Any, path: str, keys: tuple[str, ...], optional: tuple[str, ...] = ()) -> MappingOf[str, Any]:
        found = self.any_object(raw, path)
        if not isinstance(raw, dict):
            return found
        prefix = f"{path}." if path else ""
        for key in keys:
            if key not in found and key not in optional:
                self.tell(f"{prefix}{key}", "This part is missing.")
        for key in found:
            if key not in keys:
                self.tell(f"{prefix}{key}", f"Unknown part; known ones are {', '.join(keys)}.")
        return found

    def array(self, raw: Any, path: str) -> list[Any]:
        if isinstance(raw, list):
            return raw
        if raw is not _ABSENT:
            self.tell(path, f"Expected a list, found {_shown(raw)}.")
        return []

    def text(self, row: MappingOf[str, Any], key: str, path: str, *, empty: bool = False) -> str:
        if key not in row:
            return ""
        found = row[key]
        if isinstance(found, str) and (found or empty):
            return found
        self.tell(f"{path}.{key}", f"Expected text, found {_shown(found)}.")
        return ""

    def texts(self, raw: Any, path: str) -> dict[str, str]:
        rows = self.any_object(raw, path)
        return {key: self.text(rows, key, path) for key in rows}

    def choice(self, row: MappingOf[str, Any], key: str, path: str, choices: type[Choice]) -> Choice | None:
        if key not in row:
            return None
        found = row[key]
        if isinstance(found, str) and found in {one.value for one in choices}:
            return choices(found)
        allowed = ", ".join(one.value for one in choices)
        self.tell(f"{path}.{key}", f"{_shown(found)} is not one of {allowed}.")
        return None


def _shown(raw: Any) -> str:
    if raw is None:
        return "nothing"
    if isinstance(raw, dict):
        return "an object"
    if isinstance(raw, list):
        return "a list"
    text = raw if isinstance(raw, str) else str(raw)
    return f"“{text[:60]}”"
