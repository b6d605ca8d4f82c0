"""Live parts of pages: a fragment is sent again only when what it shows has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any


def stamp_of(parts: Sequence[Any]) -> str:
    """Sixteen characters that change whenever one of the shown values does; the same in every process."""
    return hashlib.sha256(repr(list(parts)).encode()).hexdigest()[:16]
