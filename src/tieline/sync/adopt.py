"""Both sides in the canonical forms that planning compares, and records made from issues that have none."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any

from tieline.mapping.convert import Terms, Unconvertible, from_remote
from tieline.mapping.model import KindRule, Mapping
from tieline.mapping.values import plain_text, tidy
from tieline.records.issue import Edition, Issue, Version
from tieline.records.record import Record, RecordKind
from tieline.sync.compare import agreed_form
from tieline.sync.snapshot import FieldBaseline, Lookups
from tieline.sync.steps import FieldProblem


@dataclass(frozen=True, kw_only=True)
class Adopted:
    """A record's first values, by our field name in stored form, and what both sides agree on from the start.

    Fields named in ``problems`` are left out of both: they are looked at again with every sync.
    """

    fields: MappingOf[str, Any]
    baseline: MappingOf[str, FieldBaseline]
    problems: tuple[FieldProblem, ...] = field(default=())


def canonical_record(record: Record) -> dict[str, Any]:
    """Our side of a snapshot: record field → value in stored form, None for empty."""
    values: dict[str, Any] = {
        "name": record.name,
        "description": plain_text(record.description),
        "status": record.status,
        "due": record.due.isoformat() if record.due else None,
    }
    if record.kind is not RecordKind.RELEASE:
        values["assignee"] = record.assignee or None
        values["tags"] = list(record.tags) or None
    if record.kind is RecordKind.REQUIREMENT:
        values["parent"] = record.parent
    if record.kind is RecordKind.FEATURE:
        values["release"] = record.release
    return values


def canonical_issue(issue: Issue) -> dict[str, Any]:
    """Jira's side of a snapshot for an issue; fields that the answer did not have are absent here too.

    Custom fields keep their raw JSON, which for dates, text and lists of text is the canonical form already.
    """
    values: dict[str, Any] = {
        **issue.fields,
        "summary": issue.summary,
        "description": tidy(issue.description),
        "status": issue.status_id,
        "assignee": issue.assignee.id if issue.assignee else None,
        "duedate": issue.due.isoformat() if issue.due else None,
        "labels": sorted(issue.labels) or None,
        "fixVersions": list(issue.fix_versions) or None,
        "parent": issue.parent,
    }
    return {name: value for name, value in values.items() if name not in issue.absent}


def canonical_version(version: Version) -> dict[str, Any]:
    """Jira's side of a snapshot for a version."""
    return {
        "name": version.name,
        "description": plain_text(version.description),
        "releaseDate": version.release_date.isoformat() if version.release_date else None,
        "startDate": version.start_date.isoformat() if version.start_date else None,
        "released": version.released,
        "archived": version.archived,
    }


def record_fields_of(
    remote: Issue | Version, rule: KindRule, mapping: Mapping, lookups: Lookups, edition: Edition
) -> Adopted:
    """Make a record's first values from an issue or version that has none.

    Every mapped field is taken over, whatever its direction: the record begins as a copy. Afterwards planning plans
    nothing but for the fields in ``problems``.
    """
    terms = Terms(
        mapping=mapping,
        kind=rule,
        edition=edition,
        people=lookups.people,
        people_back=lookups.people_back,
        versions=lookups.versions,
        versions_back=lookups.versions_back,
    )
    theirs = canonical_issue(remote) if isinstance(remote, Issue) else canonical_version(remote)
    fields: dict[str, Any] = {"name": remote.summary if isinstance(remote, Issue) else remote.name}
    baseline: dict[str, FieldBaseline] = {}
    problems: list[FieldProblem] = []
    for one in rule.fields:
        shape = terms.shape(one)
        if shape is None or one.ours in baseline or one.theirs not in theirs:
            continue
        converted = from_remote(one, theirs[one.theirs], terms)
        if isinstance(converted, Unconvertible):
            problems.append(FieldProblem(field=one.ours, slug=converted.slug, facts=dict(converted.facts)))
            continue
        fields[one.ours] = converted.value
        baseline[one.ours] = FieldBaseline(ours=converted.value, theirs=agreed_form(shape, theirs[one.theirs], terms))
    return Adopted(fields=fields, baseline=baseline, problems=tuple(problems))


def people_in(issue: Issue) -> dict[str, str]:
    """What an issue itself tells about people, for ``Lookups.people_back``: user id → e-mail, where Jira shows it."""
    if issue.assignee is None or not issue.assignee.email:
        return {}
    return {issue.assignee.id: issue.assignee.email}
