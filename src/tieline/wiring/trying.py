"""The plan as a table before anything is sent, and one sync that somebody waits for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tieline.wiring.doors import open_jira

if TYPE_CHECKING:
    from tieline.diagnosis.card import Card
    from tieline.engine.desk import Desk
    from tieline.engine.ports import LinkView
    from tieline.engine.reading import Remote
    from tieline.store.models import Integration, Link, Record
    from tieline.sync.steps import Plan, Step


@dataclass(frozen=True, kw_only=True)
class PlannedField:
    """One field that would change. ``side``: ``jira`` or ``here``. ``losses``: what the other side cannot hold."""

    name: str
    old: Any
    new: Any
    side: str = "jira"
    losses: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PreviewRow:
    """What a sync of ``record`` would do now. ``action``: ``create``, ``change``, ``nothing`` or ``problem``."""

    record: Record
    action: str
    fields: tuple[PlannedField, ...] = ()
    problems: tuple[Card, ...] = ()
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class SyncReport:
    """How a sync ended for somebody who waited. ``ended``: ``done``, ``parked``, ``later`` or ``running`` (still)."""

    ended: str
    why: str
    key: str = ""
    finding: dict[str, Any] | None = None


def preview(integration: Integration, records: Sequence[Record]) -> tuple[PreviewRow, ...]:
    """The plan for each of these records, without writing anything on either side."""
    from tieline.engine.desk import Desk
    from tieline.engine.turn import Turn
    from tieline.store.reading import connection_view, integration_view
    from tieline.wiring.runtime import build_ports

    jira = open_jira(integration.connection)
    ports = replace(build_ports(), jira=lambda _: jira)
    turn = Turn(ports=ports)
    desk = Desk(
        turn=turn,
        connection=connection_view(integration.connection),
        integration=integration_view(integration),
        jira=jira,
        started=turn.clock.monotonic(),
    )
    views = _views(integration, records)
    remotes = _remotes(list(views.values()), desk)
    return tuple(_row(record, views.get(record.id), remotes, desk) for record in records)


def send_now(link: Link, *, actor: str = "", wait_s: float = 15.0) -> SyncReport:
    """Ask for a sync of the link at once and wait for its end, ``wait_s`` seconds at most."""
    from tieline.store.links import ask_sync
    from tieline.store.models import Link as LinkRow
    from tieline.store.models import Op

    row = LinkRow.objects.select_related("integration").get(id=link.id)
    reason = f"Sent by {actor}" if actor else "Send now"
    op = ask_sync([row], reason=reason)[0]
    attempts = Op.objects.values_list("attempts", flat=True).get(id=op)
    until = time.monotonic() + wait_s
    while True:
        found = Op.objects.filter(id=op).first()
        key = LinkRow.objects.filter(id=link.id).values_list("remote_key", flat=True).first() or ""
        if found is None:
            return SyncReport(ended="done", why="", key=key)
        if found.state in {"done", "parked"}:
            return SyncReport(ended=found.state, why=found.why, key=key, finding=found.finding)
        if found.state == "waiting" and found.attempts > attempts and found.ended is not None:
            return SyncReport(ended="later", why=found.why, key=key, finding=found.finding)
        if time.monotonic() > until:
            return SyncReport(ended="running", why="It goes on in the background.", key=key)
        time.sleep(0.1)


def _views(integration: Integration, records: Sequence[Record]) -> dict[str, LinkView]:
    """A view of each record's link; for a record without one, as it would be made."""
    from tieline.engine.ports import LinkView
    from tieline.records.ids import IssueId, LinkId
    from tieline.records.record import RecordKind
    from tieline.store.models import Link as LinkRow
    from tieline.store.reading import integration_view
    from tieline.store.repository import DjangoStore
    from tieline.store.values import record_view

    ids = [record.id for record in records]
    links = {row.record_id: row.id for row in LinkRow.objects.filter(integration=integration, record_id__in=ids)}
    found = {str(view.record.id): view for view in DjangoStore().read_links([LinkId(one) for one in links.values()])}
    view_of = integration_view(integration)
    parents = dict(
        LinkRow.objects.filter(
            integration=integration, record_id__in=[record.parent_id for record in records if record.parent_id]
        ).values_list("record_id", "remote_id")
    )
    for record in records:
        rule = view_of.mapping.kind(RecordKind(record.kind))
        if record.id in found or rule is None:
            continue
        parent = parents.get(record.parent_id or "")
        found[record.id] = LinkView(
            id=LinkId(""),
            integration=view_of,
            record=record_view(record),
            remote_kind=rule.remote_kind,
            remote_id=None,
            remote_key=None,
            baseline={},
            ours_changed_at={},
            open_clashes=frozenset(),
            intent=None,
            parent_link_remote_id=IssueId(parent) if parent else None,
        )
    return found


def _remotes(views: Sequence[LinkView], desk: Desk) -> dict[str, Remote]:
    """Jira's side of those that have one, in few calls."""
    from tieline.engine.reading import Remote
    from tieline.records.issue import RemoteKind

    found: dict[str, Remote] = {}
    issues = [one.remote_id for one in views if one.remote_id and one.remote_kind is RemoteKind.ISSUE]
    for start in range(0, len(issues), 100):
        answer = desk.note(desk.jira.read_issues(issues[start : start + 100]))
        found.update({issue.id: Remote(issue=issue) for issue in answer.value or ()})
    if any(one.remote_id and one.remote_kind is RemoteKind.VERSION for one in views):
        listed = desk.note(desk.jira.read_versions(desk.project_key))
        found.update({version.id: Remote(version=version) for version in listed.value or ()})
    return found


def _row(record: Record, view: LinkView | None, remotes: dict[str, Remote], desk: Desk) -> PreviewRow:
    from tieline.engine.create_remote import create_plan
    from tieline.engine.ports import Answer
    from tieline.engine.reading import build_snapshot, read_lookups
    from tieline.sync.plan import plan
    from tieline.wiring.wizard import cards_of

    if view is None:
        return PreviewRow(record=record, action="nothing")
    if view.remote_id is None:
        planned = create_plan(view, desk)
    elif view.remote_id in remotes:
        lookups, trouble = read_lookups(view, remotes[view.remote_id], desk)
        planned = trouble or plan(build_snapshot(view, remotes[view.remote_id], desk, lookups, hops=()))
    else:
        return PreviewRow(record=record, action="problem", key=view.remote_key or "")
    if isinstance(planned, Answer):
        return PreviewRow(record=record, action="problem", problems=cards_of(planned, _connection(desk)))
    return _planned_row(record, view, planned, desk)


def _planned_row(record: Record, view: LinkView, planned: Plan, desk: Desk) -> PreviewRow:
    from tieline.diagnosis.card import build_card
    from tieline.diagnosis.evidence import Evidence
    from tieline.engine.verdict import field_problem
    from tieline.sync.steps import CreateRemote, FieldProblem

    fields: list[PlannedField] = []
    cards = []
    for step in planned.steps:
        fields.extend(_fields_of(step))
        if isinstance(step, FieldProblem):
            finding = field_problem(step, desk.asked(view)).finding
            cards.append(build_card(finding, Evidence()))
    creates = any(isinstance(step, CreateRemote) for step in planned.steps)
    action = "create" if creates else "problem" if cards and not fields else "change" if fields else "nothing"
    return PreviewRow(
        record=record, action=action, fields=tuple(fields), problems=tuple(cards), key=view.remote_key or ""
    )


def _fields_of(step: Step) -> list[PlannedField]:
    from tieline.sync.steps import CreateRemote, MoveRemote, SetRecord, SetRemote

    match step:
        case CreateRemote():
            return [PlannedField(name=name, old=None, new=value) for name, value in step.fields.items()]
        case SetRemote():
            return [
                PlannedField(name=one.remote_field, old=one.old, new=one.new, losses=one.losses) for one in step.changes
            ]
        case MoveRemote():
            return [PlannedField(name="status", old=step.change.old, new=step.target)]
        case SetRecord():
            return [
                PlannedField(name=one.field, old=one.old, new=one.new, side="here", losses=one.losses)
                for one in step.changes
            ]
        case _:
            return []


def _connection(desk: Desk) -> Any:
    from tieline.store.models import Connection

    return Connection.objects.get(id=desk.connection.id)
