"""The brake: a run that would change much more than people expect waits for one of them."""

from __future__ import annotations

MOST_RECORDS = 50
LARGEST_SHARE = 5
"""One in this many."""
ALWAYS_FREE = 10
"""So few changes can be looked through and taken back by hand; a share of a small workspace says nothing."""


def brake(n_changed: int, n_total: int) -> bool:
    """Whether a run that would change ``n_changed`` of ``n_total`` existing records has to wait for a person.

    More than 50 records do, and more than a fifth of them, but never ten or fewer. Records made by an import or a
    first send are not changes of existing ones and are not counted here.
    """
    if n_changed <= ALWAYS_FREE:
        return False
    return n_changed > MOST_RECORDS or n_changed * LARGEST_SHARE > n_total
