"""What pages ask of Jira, by way of the wiring: checks, projects, fields, previews. Each comes back as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tieline import wiring
from tieline.mapping.fields import SYSTEM_FIELD_NAMES, VERSION_FIELD_NAMES
from tieline.mapping.schema import ProjectSchema
from tieline.store import connections
from tieline.store.models import CheckRun, Connection, Integration, Record
from tieline.web.words import FIELD_WORDS
from tieline.wiring.wizard import parse_schema


@dataclass(frozen=True, kw_only=True)
class ShownField:
    """One field of the plan, in words. ``losses`` are sentences on what the other side cannot hold."""

    name: str
    old: Any
    new: Any
    losses: tuple[str, ...]
    here: bool


@dataclass(frozen=True, kw_only=True)
class ShownPlan:
    """What would be done for one record. ``action``: ``create``, ``change``, ``nothing`` or ``problem``."""

    record: Record
    action: str
    fields: tuple[ShownField, ...]
    problems: tuple[Any, ...]


def begin_check(
    connection: Connection, *, integration: Integration | None, actor: str, project_key: str | None = None
) -> CheckRun:
    """Start the ladder; it goes on by itself and saves each step as it comes."""
    connections.open_secret(connection)  # a key that does not fit is told at once, and not by a check that never ends
    return wiring.start_check(connection, integration=integration, project_key=project_key, actor=actor)


def preview(integration: Integration, records: Sequence[Record]) -> tuple[ShownPlan, ...]:
    """What a sync would do for these records, without writing anything to Jira."""
    labels = _labels(parse_schema(integration.schema))
    return tuple(
        ShownPlan(
            record=row.record,
            action=row.action,
            fields=tuple(_shown_field(one, row.record, labels) for one in row.fields),
            problems=row.problems,
        )
        for row in wiring.preview(integration, records)
    )


@dataclass(frozen=True, kw_only=True)
class _Labels:
    fields: dict[str, str]
    statuses: dict[str, str]


def _labels(schema: ProjectSchema | None) -> _Labels:
    fields = {**VERSION_FIELD_NAMES, **SYSTEM_FIELD_NAMES, "parent": "Parent"}
    statuses: dict[str, str] = {}
    for one in schema.issue_types if schema else ():
        fields |= {field.id: field.name for field in one.create_fields}
        statuses |= {status.id: status.name for status in one.statuses}
    return _Labels(fields=fields, statuses=statuses)


def _shown_field(planned: Any, record: Record, labels: _Labels) -> ShownField:
    here = planned.side == "here"
    name = str(FIELD_WORDS.get(planned.name, planned.name)) if here else labels.fields.get(planned.name, planned.name)
    new, old = planned.new, planned.old
    if not here and planned.name == "description":
        new, old = record.description, None
    elif not here and planned.name == "assignee" and new:
        new = record.assignee or new
    elif not here and planned.name == "fixVersions" and record.release:
        new = record.release.name
    elif not here and planned.name == "status":
        new, old = labels.statuses.get(str(new), new), labels.statuses.get(str(old), old)
    return ShownField(name=name, old=old, new=new, losses=planned.losses, here=here)
