"""Saving what syncs did: record, history, baseline, link, problems, clashes, log and intent, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q

from tieline.store.clashes import ClashPlace, pulled_change, save_clashes
from tieline.store.evidence import exchange_as_json, storable
from tieline.store.ids import new_id
from tieline.store.links import ask_sync
from tieline.store.models import Connection, Integration, Intent, Link, LogEntry, Op, Record, RecordChange
from tieline.store.ops import announce_waiting, link_lane, wake
from tieline.store.problems import fingerprint_of, open_problem, place_of, put_under, settle_link_problems
from tieline.store.reading import open_clashes
from tieline.store.transactions import overwrite
from tieline.store.twins import settle_twins
from tieline.store.values import RECORD_FIELDS, column_of, same_stored, settle_value, stored_value
from tieline.sync.views import LogLine, SyncOutcome

_TOUCH_EVERY: Final = timedelta(seconds=1)
_VIEW_COLUMNS: Final = {
    "status": ("remote_status", 80),
    "status_category": ("remote_status_category", 16),
    "updated": ("remote_updated", 40),
    "key": ("remote_key", 255),
}
_RECORD_COLUMNS: Final = (*RECORD_FIELDS, "revision", "updated")
_LINK_COLUMNS: Final = (
    "remote_id",
    "remote_key",
    "remote_status",
    "remote_status_category",
    "remote_updated",
    "baseline",
    "state",
    "last_sent",
    "last_heard",
)


@dataclass(kw_only=True)
class _Gathered:
    """Rows to be written at the end, in bulk."""

    now: datetime
    records: list[Record] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    changes: list[RecordChange] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
    new_remotes: list[Link] = field(default_factory=list)
    settled_intents: list[str] = field(default_factory=list)


def save_all(outcomes: Sequence[SyncOutcome], *, now: datetime) -> tuple[bool, ...]:
    """Save the outcomes in the caller's transaction; per outcome whether all of it could be saved.

    A link that is gone (unlinked meanwhile) has nothing to save and counts as saved.
    """
    ids = [outcome.link for outcome in outcomes]
    held = Record.objects.select_for_update(of=("self",), no_key=True).filter(link__id__in=ids)
    records = {row.id: row for row in held.order_by("id")}
    rows = Link.objects.select_for_update(of=("self",), no_key=True).select_related("integration").filter(id__in=ids)
    links = {row.id: row for row in rows.order_by("id")}
    clashes = open_clashes(ids)
    gathered = _Gathered(now=now)
    results = []
    for outcome in outcomes:
        link = links.get(outcome.link)
        record = records.get(link.record_id) if link else None
        if link is None or record is None:
            results.append(True)
            continue
        results.append(_save_one(outcome, link, record, clashes, gathered))
    _write(gathered)
    _save_problems([one for one in outcomes if one.link in links], links, now)
    _touch(outcomes, links, now)
    wake_dependants(gathered.new_remotes)
    return tuple(results)


def _save_one(
    outcome: SyncOutcome, link: Link, record: Record, clashes: Mapping[str, dict[str, str]], gathered: _Gathered
) -> bool:
    moved_on = record.revision != outcome.record_revision
    left = _pull(outcome, record, gathered, moved_on=moved_on)
    if outcome.remote is not None:
        if link.remote_id is None:
            gathered.new_remotes.append(link)
        link.remote_id, link.remote_key = outcome.remote.id, outcome.remote.key
    if outcome.settled_intent:
        gathered.settled_intents.append(outcome.settled_intent)
    link.baseline = link.baseline | _agreed(outcome, record, left)
    for key, (column, limit) in _VIEW_COLUMNS.items():
        if outcome.remote_view.get(key):
            setattr(link, column, str(storable(outcome.remote_view[key]))[:limit])
    if outcome.gone:
        link.remote_updated = ""
    place = ClashPlace(link=link, record=record, known=clashes.get(link.id, {}), now=gathered.now)
    undecided = save_clashes(outcome, place, left)
    gathered.changes.extend(place.history)
    link.state = _state_of(outcome, link, unfinished=moved_on or bool(left), clashing=undecided)
    if outcome.pushed:
        link.last_sent = gathered.now
    if outcome.pulled or outcome.remote_view:
        link.last_heard = gathered.now
    gathered.links.append(link)
    gathered.log.extend(log_entry(line, link.integration, gathered.now, record=record.id) for line in outcome.log)
    return not left


def _pull(outcome: SyncOutcome, record: Record, gathered: _Gathered, *, moved_on: bool) -> set[str]:
    """Apply pulled values to the record; the fields that were left alone because a person changed them meanwhile."""
    left, rows = set(), []
    for change in outcome.record_changes:
        before = stored_value(record, change.field)
        if record.deleted or (moved_on and not same_stored(before, change.old)):
            left.add(change.field)
            continue
        setattr(record, column_of(change.field), settle_value(change.field, change.new))
        after = stored_value(record, change.field)
        if not same_stored(before, after):
            rows.append((change.field, before, after))
    if not rows:
        return left
    record.revision += 1
    record.updated = gathered.now
    gathered.records.append(record)
    gathered.changes.extend(pulled_change(record, row, gathered.now) for row in rows)
    return left


def _agreed(outcome: SyncOutcome, record: Record, left: set[str]) -> dict[str, list[Any]]:
    """Fields of the baseline to save. A pulled value agrees in the form in which it was stored here (tidied), or
    tidying would look like an edit of ours."""
    pulled = {change.field for change in outcome.record_changes}
    return {
        name: [
            stored_value(record, name) if name in pulled else storable(one.ours),
            storable(one.theirs),
        ]
        for name, one in outcome.baseline.items()
        if name not in left
    }


def _state_of(outcome: SyncOutcome, link: Link, *, unfinished: bool, clashing: bool) -> str:
    if outcome.gone:
        return "gone"
    if clashing or any(one.scope != "connection" for one in outcome.problems):
        return "problem"
    return "waiting" if outcome.problems or unfinished or link.remote_id is None else "in-step"


def _write(gathered: _Gathered) -> None:
    overwrite(gathered.records, _RECORD_COLUMNS)
    if gathered.settled_intents or gathered.new_remotes:
        ended = Q(id__in=gathered.settled_intents) | Q(link__in=[link.id for link in gathered.new_remotes])
        Intent.objects.filter(ended, state="open").update(state="settled")
    if gathered.new_remotes:
        settle_twins(gathered.new_remotes, gathered.now)
    overwrite(gathered.links, _LINK_COLUMNS)
    RecordChange.objects.bulk_create(gathered.changes, batch_size=100)
    LogEntry.objects.bulk_create(gathered.log, batch_size=50)


def _save_problems(outcomes: Sequence[SyncOutcome], links: Mapping[str, Link], now: datetime) -> None:
    """Open what holds a link up, once per cause; close what no longer holds anything up."""
    opened: dict[str, str] = {}
    pairs = []
    for outcome in outcomes:
        place = place_of(links[outcome.link])
        for problem in outcome.problems:
            cause = fingerprint_of(problem, place)
            if cause not in opened:
                opened[cause] = open_problem(problem, place, now=now).id
            pairs.append((opened[cause], outcome.link))
    if pairs:
        put_under(pairs)
    settle_link_problems([outcome.link for outcome in outcomes], pairs, now=now)


def _touch(outcomes: Sequence[SyncOutcome], links: Mapping[str, Link], now: datetime) -> None:
    """Last sent and heard of integration and connection, at most once a second (they are everybody's rows)."""
    told: dict[tuple[str, str], set[str]] = {}
    for outcome in outcomes:
        link = links.get(outcome.link)
        if link is None:
            continue
        for column, happened in (
            ("last_sent", outcome.pushed),
            ("last_heard", outcome.pulled or bool(outcome.remote_view)),
        ):
            last = getattr(link.integration, column)
            if happened and (last is None or now - last > _TOUCH_EVERY):
                told.setdefault((link.integration_id, link.integration.connection_id), set()).add(column)
    for (integration, connection), columns in sorted(told.items()):
        moments = dict.fromkeys(columns, now)
        Integration.objects.filter(id=integration).update(**moments)
        Connection.objects.filter(id=connection).update(**moments)


def wake_dependants(links: Sequence[Link]) -> None:
    """Issues and versions that now exist: what could not be carried without them is tried again."""
    if not links:
        return
    records = [link.record_id for link in links]
    children = Link.objects.filter(record__parent_id__in=records, record__deleted=None)
    lanes = [link_lane(child) for child in children.values_list("id", flat=True)]
    if lanes:
        ops = Op.objects.filter(lane__in=lanes)
        wake(ops, why="Its feature now exists in Jira")
        if ops.filter(state="waiting").update(due=max(link.created for link in links), handed_at=None):
            announce_waiting()
    features = Link.objects.select_related("integration").filter(
        record__release_id__in=records, record__deleted=None, remote_id__isnull=False
    )
    ask_sync(list(features), reason="Its release now exists in Jira")


def log_entry(line: LogLine, integration: Integration, now: datetime, *, record: str | None = None) -> LogEntry:
    return LogEntry(
        id=new_id(),
        workspace_id=integration.workspace_id,
        integration_id=integration.id,
        record_id=line.record or record,
        at=now,
        level=line.level[:8],
        direction=line.direction[:4],
        sentence=storable(line.sentence),
        steps=[storable(step) for step in line.steps],
        exchanges=[exchange_as_json(one) for one in line.exchanges],
        elapsed_ms=line.elapsed_ms,
    )
