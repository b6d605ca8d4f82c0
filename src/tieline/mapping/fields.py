"""Our fields: how people read them, what shape their values have, and which of Jira's fields they can meet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tieline.mapping.schema import IssueType, JiraField
from tieline.records.record import RecordKind


class Shape(StrEnum):
    """What a value is, on both sides. Conversion, comparison and choice of fields go by it."""

    TEXT = "text"
    """One line."""
    BODY = "body"
    """Markdown here; an ADF document, wiki markup or (versions) plain text at Jira's."""
    STATUS = "status"
    PERSON = "person"
    DAY = "day"
    TAGS = "tags"
    RELEASE = "release"


@dataclass(frozen=True, kw_only=True)
class OurField:
    """``article`` reads in "“Due date” is a date". ``usual`` is the field of Jira that it meets by default."""

    name: str
    label: str
    article: str
    shape: Shape
    usual: str


_ISSUE_FIELDS = (
    OurField(name="name", label="Name", article="a line of text", shape=Shape.TEXT, usual="summary"),
    OurField(name="description", label="Description", article="formatted text", shape=Shape.BODY, usual="description"),
    OurField(name="status", label="Status", article="a status", shape=Shape.STATUS, usual="status"),
    OurField(name="assignee", label="Assignee", article="a person", shape=Shape.PERSON, usual="assignee"),
    OurField(name="due", label="Due date", article="a date", shape=Shape.DAY, usual="duedate"),
    OurField(name="tags", label="Tags", article="a list of tags", shape=Shape.TAGS, usual="labels"),
    OurField(name="release", label="Release", article="a release", shape=Shape.RELEASE, usual="fixVersions"),
)

_VERSION_FIELDS = (
    OurField(name="name", label="Name", article="a line of text", shape=Shape.TEXT, usual="name"),
    OurField(name="description", label="Description", article="formatted text", shape=Shape.BODY, usual="description"),
    OurField(name="due", label="Release date", article="a date", shape=Shape.DAY, usual="releaseDate"),
    OurField(name="status", label="Status", article="a status", shape=Shape.STATUS, usual="released"),
)

VERSION_FIELD_NAMES: dict[str, str] = {
    "name": "Name",
    "description": "Description",
    "releaseDate": "Release date",
    "startDate": "Start date",
    "released": "Released",
}
"""Jira's own names of the fields of a version; no ``createmeta`` describes them."""

SYSTEM_FIELD_NAMES: dict[str, str] = {
    "summary": "Summary",
    "description": "Description",
    "status": "Status",
    "assignee": "Assignee",
    "duedate": "Due date",
    "labels": "Labels",
    "fixVersions": "Fix versions",
}


def our_fields(kind: RecordKind) -> tuple[OurField, ...]:
    """The fields of this kind of record that can be mapped, in the order of the form."""
    if kind is RecordKind.RELEASE:
        return _VERSION_FIELDS
    if kind is RecordKind.REQUIREMENT:
        return tuple(one for one in _ISSUE_FIELDS if one.shape is not Shape.RELEASE)
    return _ISSUE_FIELDS


def our_field(kind: RecordKind, name: str) -> OurField | None:
    return next((one for one in our_fields(kind) if one.name == name), None)


def fits(shape: Shape, field: JiraField) -> bool:
    """Whether values of this shape can live in that field of an issue.

    People, releases and statuses meet Jira's own fields only; text, dates and tags also custom fields whose JSON has
    the same form (``textfield``, ``textarea``, ``datepicker``, ``labels``).
    """
    custom = (field.custom or "").rsplit(":", 1)[-1]
    match shape:
        case Shape.TEXT:
            return field.id == "summary" or (field.type == "string" and custom == "textfield")
        case Shape.BODY:
            return field.id == "description" or (field.type == "string" and custom == "textarea")
        case Shape.DAY:
            return field.type == "date"
        case Shape.TAGS:
            return field.id == "labels" or (field.type == "array" and field.items == "string" and custom == "labels")
        case Shape.PERSON:
            return field.id == "assignee"
        case Shape.RELEASE:
            return field.id == "fixVersions"
        case Shape.STATUS:
            return field.id == "status"


def candidates(kind: RecordKind, name: str, issue_type: IssueType | None) -> tuple[JiraField, ...]:
    """The fields of Jira that our field ``name`` can meet, the usual one first. For a form's list of choices."""
    ours = our_field(kind, name)
    if ours is None:
        return ()
    if kind is RecordKind.RELEASE or ours.shape is Shape.STATUS:
        return (JiraField(id=ours.usual, name=remote_label(ours.usual, kind=kind), type=ours.shape.value),)
    fields = issue_type.create_fields if issue_type else ()
    fitting = [one for one in fields if fits(ours.shape, one)]
    return tuple(sorted(fitting, key=lambda one: (one.id != ours.usual, one.name)))


def remote_label(field_id: str, *, kind: RecordKind, fields: Iterable[JiraField] = ()) -> str:
    """Jira's name of a field as people there read it; its id where nothing better is known."""
    if kind is RecordKind.RELEASE:
        return VERSION_FIELD_NAMES.get(field_id, field_id)
    named = next((one.name for one in fields if one.id == field_id and one.name), None)
    return named or SYSTEM_FIELD_NAMES.get(field_id, field_id)
