"""Read real issues from JSON lines (gzip allowed): one flat row an issue, or one raw REST issue a line.

A flat row has `key`, `summary`, `description`, `storypoints`; a raw row has `issue` (or is the issue itself).
Names of people are not taken over.
"""

import contextlib
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from .adf import looks_like_adf
from .model import Body, Json
from .scheme import ISSUE_TYPES, POINTS, PRIORITIES, SOURCE_KEY, STATUSES


@dataclass(frozen=True, kw_only=True)
class RealIssue:
    source_key: str
    summary: str
    description: Body
    type_id: str = "10001"
    status_id: str = STATUSES[0].id
    priority_id: str = "3"
    labels: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    due_date: str | None = None
    parent: str | None = None
    custom: Json = field(default_factory=dict)
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RealIssues:
    """`versions` maps a name to whether it is released."""

    issues: list[RealIssue]
    versions: dict[str, bool]
    components: list[str]


class NotIssues(ValueError):  # noqa: N818 - a sentence for the person who named the file
    """The file holds no issues in a shape that is known."""


def read_real_issues(path: Path, *, limit: int | None = None) -> RealIssues:
    """Read a file. Raises NotIssues with the line that could not be read, OSError where there is no file."""
    versions: dict[str, bool] = {}
    components: dict[str, None] = {}
    issues: list[RealIssue] = []
    for number, line in _lines(path):
        if limit is not None and len(issues) >= limit:
            break
        try:
            row = json.loads(line)
        except ValueError:
            raise NotIssues(f'Line {number} of "{path.name}" is not JSON') from None
        issue = parse_issue(row, versions) if isinstance(row, dict) else None
        if issue is None:
            raise NotIssues(f'Line {number} of "{path.name}" has no "summary" or "issue"')
        components.update(dict.fromkeys(issue.components))
        issues.append(issue)
    return RealIssues(issues=issues, versions=versions, components=list(components))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open("rb") as start:
        packed = start.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rt", encoding="utf-8") if packed else path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield number, line


def parse_issue(row: Json, versions: dict[str, bool]) -> RealIssue | None:
    """One line → one issue; versions it names are added to `versions`."""
    raw = row.get("issue", row)
    if isinstance(raw, dict) and isinstance(raw.get("fields"), dict):
        return _parse_raw(raw, versions)
    if not isinstance(row.get("summary"), str) or not row["summary"].strip():
        return None
    custom: Json = {SOURCE_KEY: str(row.get("key", ""))[:255]}
    with contextlib.suppress(KeyError, TypeError, ValueError):
        custom[POINTS] = float(row["storypoints"])
    project = _label(str(row.get("project", "")))
    return RealIssue(
        source_key=custom[SOURCE_KEY],
        summary=_summary(row["summary"]),
        description=row.get("description") or None,
        labels=(project,) if project else (),
        custom=custom,
    )


def _summary(text: str) -> str:
    return " ".join(text.split())[:254]


def _label(text: str) -> str:
    return re.sub(r"\s+", "-", text.strip())[:255]


def _parse_raw(raw: Json, versions: dict[str, bool]) -> RealIssue | None:
    fields: Json = raw["fields"]
    if not isinstance(fields.get("summary"), str) or not fields["summary"].strip():
        return None
    names = []
    for one in fields.get("fixVersions") or ():
        versions.setdefault(one["name"], one.get("released") is True)
        names.append(one["name"])
    description = fields.get("description")
    custom: Json = {SOURCE_KEY: str(raw.get("key", ""))[:255]}
    parent = fields.get("parent")
    kind = fields.get("issuetype") or {}
    return RealIssue(
        source_key=custom[SOURCE_KEY],
        summary=_summary(fields["summary"]),
        description=description if isinstance(description, str) or looks_like_adf(description) else None,
        type_id=_type_id(
            str(kind.get("name", "")), has_parent=isinstance(parent, dict) and kind.get("subtask") is True
        ),
        status_id=_status_id(fields.get("status") or {}),
        priority_id=_priority_id(str((fields.get("priority") or {}).get("name", ""))),
        labels=tuple(dict.fromkeys(_label(one) for one in fields.get("labels") or ())),
        versions=tuple(dict.fromkeys(names)),
        components=tuple(dict.fromkeys(str(one["name"]) for one in fields.get("components") or ())),
        due_date=_day(fields.get("duedate")),
        parent=parent.get("key") if isinstance(parent, dict) else None,
        custom=custom,
        comments=tuple(_comments(fields.get("comment"))),
    )


def _comments(page: Any) -> Iterator[str]:
    rows = page.get("comments", ()) if isinstance(page, dict) else ()
    for one in rows:
        if isinstance(one.get("body"), str) and one["body"].strip():
            yield one["body"]


def _type_id(name: str, *, has_parent: bool) -> str:
    if has_parent:
        return "10003"
    low = name.lower()
    exact = next((one.id for one in ISSUE_TYPES if one.name.lower() == low and not one.subtask), None)
    if exact:
        return exact
    return "10004" if "bug" in low or "defect" in low else "10001" if "story" in low or "feature" in low else "10002"


def _status_id(status: Json) -> str:
    name = str(status.get("name", "")).lower()
    exact = next((one.id for one in STATUSES if one.name.lower() == name), None)
    if exact:
        return exact
    category = str((status.get("statusCategory") or {}).get("key", ""))
    if category == "done" or name in ("resolved", "closed", "fixed", "complete"):
        return "10002"
    if "review" in name or "patch" in name:
        return "10001"
    return "3" if category == "indeterminate" or "progress" in name else "10000"


def _priority_id(name: str) -> str:
    known = {
        "blocker": "1",
        "critical": "1",
        "highest": "1",
        "major": "2",
        "high": "2",
        "minor": "4",
        "low": "4",
        "trivial": "5",
        "lowest": "5",
    }
    return known.get(name.lower(), next((id for id, text, _ in PRIORITIES if text.lower() == name.lower()), "3"))


def _day(value: Any) -> str | None:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return None
