"""The way through a workflow: which transitions, in which order, bring an issue to a status."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from collections.abc import Mapping as MappingOf
from typing import Any

from tieline.sync.snapshot import Hop


def plan_route(
    workflow: MappingOf[str, tuple[Hop, ...]], current: str, target: str, *, closed: Collection[str] = ()
) -> tuple[Hop, ...] | None:
    """Return the fewest hops from ``current`` to ``target``; None when none is known, empty when already there.

    ``workflow`` holds the transitions learnt so far by the status they start from. ``closed`` are ids of transitions
    that cannot be taken. Of equally short ways the one whose transitions Jira lists first.
    """
    came_by: dict[str, tuple[str, Hop] | None] = {current: None}
    waiting = deque([current])
    while waiting:
        status = waiting.popleft()
        if status == target:
            return _walked(came_by, target)
        for hop in workflow.get(status, ()):
            if hop.to_status not in came_by and hop.transition_id not in closed:
                came_by[hop.to_status] = (status, hop)
                waiting.append(hop.to_status)
    return None


def _walked(came_by: MappingOf[str, tuple[str, Hop] | None], target: str) -> tuple[Hop, ...]:
    hops: list[Hop] = []
    step = came_by[target]
    while step is not None:
        status, hop = step
        hops.append(hop)
        step = came_by[status]
    return tuple(reversed(hops))


def build_hop_fields(hop: Hop, constants: MappingOf[str, Any]) -> dict[str, Any]:
    """What to send along with a transition: those of its required fields for which the mapping holds a constant."""
    return {name: constants[name] for name in hop.required if name in constants}


def unfed_fields(hop: Hop, constants: MappingOf[str, Any], theirs: MappingOf[str, Any]) -> tuple[str, ...]:
    """Required fields of the transition that neither a constant nor the issue itself fills."""
    return tuple(name for name in hop.required if name not in constants and theirs.get(name) in (None, "", [], ()))


def closed_hops(
    workflow: MappingOf[str, Iterable[Hop]], constants: MappingOf[str, Any], theirs: MappingOf[str, Any]
) -> frozenset[str]:
    """Ids of the transitions that demand fields which nothing feeds."""
    return frozenset(
        hop.transition_id for hops in workflow.values() for hop in hops if unfed_fields(hop, constants, theirs)
    )
