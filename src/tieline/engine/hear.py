"""Stored webhooks become looks at links. What a webhook says is a hint; the state is read from Jira afresh."""

from __future__ import annotations

from collections.abc import Mapping

from tieline.engine.crash_points import reached
from tieline.engine.ports import IntegrationView, OpEnd, OpKind, OpResult
from tieline.engine.turn import Turn
from tieline.records.ids import IntegrationId, IssueId, LinkId
from tieline.records.issue import RemoteKind

AT_ONCE = 100


def hear(integration: IntegrationId, turn: Turn) -> OpEnd:
    """Look at every delivery of the integration that nobody looked at yet."""
    view = turn.store.read_integration(integration)
    while deliveries := turn.store.read_unheard(integration, AT_ONCE):
        outcomes: dict[str, str] = {}
        for kind in RemoteKind:
            ids = [one.remote_id for one in deliveries if one.remote_kind is kind and one.remote_id is not None]
            links = turn.store.find_links(integration, kind, tuple(dict.fromkeys(ids))) if ids else {}
            for one in deliveries:
                if one.remote_kind is kind:
                    outcomes[one.id] = "sync-link" if one.remote_id in links else "not linked"
            look_at(view, links, turn, reason="Heard from Jira")
        outcomes.update({one.id: "names no issue" for one in deliveries if one.id not in outcomes})
        reached("before save heard")
        turn.store.save_heard(outcomes)
        if turn.stopping():
            return OpEnd(result=OpResult.LATER, why="The worker stops; the rest is heard next")
    return OpEnd(result=OpResult.DONE)


def look_at(view: IntegrationView, links: Mapping[IssueId, LinkId], turn: Turn, *, reason: str) -> None:
    """Enqueue a sync for each of these links; one that waits already stands for it."""
    for link in links.values():
        turn.ports.ledger.enqueue(
            OpKind.SYNC_LINK,
            lane=f"link:{link}",
            subject=link,
            connection=view.connection_id,
            integration=view.id,
            reason=reason,
        )
