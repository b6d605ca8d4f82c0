"""Two links to one issue: an import met an issue of ours before its create had a known outcome.

The link that made the issue keeps it. The record that the import made of it is taken out again when nobody has touched
it, so that record and issue stay one pair; a touched one keeps its text and loses the link.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from tieline.store.ids import new_id
from tieline.store.models import Link, Op, Record, RecordChange
from tieline.store.ops import link_lane


def settle_twins(links: Sequence[Link], now: datetime) -> None:
    """Before ``links`` are written with the issues they just got: free those issues from other links."""
    same = Q()
    for link in links:
        same |= Q(integration_id=link.integration_id, remote_kind=link.remote_kind, remote_id=link.remote_id)
    twins = list(Link.objects.select_related("record").filter(same).exclude(id__in=[link.id for link in links]))
    for twin in twins:
        record = twin.record
        untouched = record.revision == 1 and record.changes.filter(source="import").exists()
        note = f"The issue {twin.remote_key} was made from another record here."
        Op.objects.filter(lane=link_lane(twin.id), state__in=("waiting", "parked")).update(
            state="done", ended=now, why=note
        )
        twin.delete()
        record.revision += 1
        Record.objects.filter(id=record.id).update(
            revision=record.revision, keep_local=True, deleted=now if untouched else None
        )
        RecordChange.objects.create(
            id=new_id(),
            record=record,
            at=now,
            source="import",
            field="link",
            old=twin.remote_key,
            note=note,
            revision=record.revision,
        )
