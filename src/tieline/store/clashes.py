"""Clashes of a link as a sync leaves them: kept for a person, settled by a rule, or carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tieline.store.evidence import storable
from tieline.store.ids import new_id
from tieline.store.models import Clash, Link, Record, RecordChange
from tieline.store.values import same_stored
from tieline.sync.views import ClashView, SyncOutcome


@dataclass(frozen=True, kw_only=True)
class ClashPlace:
    """The link and record of one outcome. ``known``: its clashes that are not over, with the side a person chose.
    ``history`` collects the lines that the record's history gets."""

    link: Link
    record: Record
    known: Mapping[str, str]
    now: datetime
    history: list[RecordChange] = field(default_factory=list)


def pulled_change(record: Record, change: tuple[str, Any, Any], now: datetime, note: str = "") -> RecordChange:
    name, old, new = change
    return RecordChange(
        id=new_id(),
        record=record,
        at=now,
        source="jira",
        actor="Jira",
        field=name,
        old=storable(old),
        new=storable(new),
        note=note,
        revision=record.revision,
    )


def save_clashes(outcome: SyncOutcome, place: ClashPlace, left: set[str]) -> bool:
    """Whether a clash of the link waits for a person after this. ``left``: fields whose pulled value was not taken."""
    known = place.known
    over = outcome.settled - left
    for clash in outcome.clashes:
        if clash.winner is None:
            if not known.get(clash.field):
                _keep_open(clash, place)
        elif not known.get(clash.field):
            _keep_ruled(clash, place)
        elif clash.field in over:
            place.history.append(_loser(clash, place, "by choice of a person"))
    ended = Clash.objects.filter(link=place.link, field__in=over & set(known), carried=False)
    if over & set(known):
        ended.exclude(winner="").update(carried=True)
        ended.filter(winner="").update(
            winner="agreed", carried=True, settled_at=place.now, settled_by="both sides agree"
        )
    asked = {clash.field for clash in outcome.clashes if clash.winner is None and not known.get(clash.field)}
    return bool(asked or {name for name, winner in known.items() if not winner} - over)


def _keep_open(clash: ClashView, place: ClashPlace) -> None:
    values = _values(clash)
    if not Clash.objects.filter(link=place.link, field=clash.field, winner="").update(**values):
        Clash.objects.create(id=new_id(), link=place.link, field=clash.field, at=place.now, **values)


def _keep_ruled(clash: ClashView, place: ClashPlace) -> None:
    """A clash that the field's policy settled. Told once, however often its write has to be tried."""
    values = _values(clash) | {"winner": clash.winner}
    last = Clash.objects.filter(link=place.link, field=clash.field).order_by("-id").first()
    if last is not None and all(same_stored(getattr(last, name), value) for name, value in values.items()):
        return
    Clash.objects.create(
        id=new_id(),
        link=place.link,
        field=clash.field,
        at=place.now,
        settled_at=place.now,
        settled_by="mapping",
        carried=True,
        **values,
    )
    place.history.append(_loser(clash, place, "by the mapping’s rule"))


def _values(clash: ClashView) -> dict[str, Any]:
    return {"ours": storable(clash.ours), "theirs": storable(clash.theirs), "agreed": storable(clash.agreed)}


def _loser(clash: ClashView, place: ClashPlace, why: str) -> RecordChange:
    """The line of the record's history that keeps the value that lost."""
    ours_won = clash.winner == "ours"
    lost, kept = (clash.theirs, clash.ours) if ours_won else (clash.ours, clash.theirs)
    side = "Ours" if ours_won else "Jira’s"
    note = f"Both sides had changed it. {side} was kept, {why}; the other value stays in this history."
    return pulled_change(place.record, (clash.field, lost, kept), place.now, note)
