"""New ids: UUIDv7 text, so that rows sort by the time they were made (within one process strictly so)."""

from __future__ import annotations

import uuid_utils


def new_id() -> str:
    return str(uuid_utils.uuid7())


class StoreIds:
    """The same as an object, for whoever has its source of ids handed in."""

    def new(self) -> str:
        return new_id()
