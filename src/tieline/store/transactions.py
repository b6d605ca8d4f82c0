"""One transaction per call, the same on SQLite and PostgreSQL.

On SQLite every transaction begins immediate (``settings.database``), so writers queue instead of failing late. On
PostgreSQL a transaction that the database chose as victim (deadlock, serialisation) is run once more from its start.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

P = ParamSpec("P")
T = TypeVar("T")

_TRY_AGAIN = frozenset({"40001", "40P01"})


def one_transaction(write: Callable[P, T]) -> Callable[P, T]:
    """Run ``write`` in one transaction; inside an open one, as a part of it (undone alone when it raises)."""

    @wraps(write)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if not connection.in_atomic_block:
            try:
                with transaction.atomic():
                    return write(*args, **kwargs)
            except OperationalError as trouble:
                if not _was_victim(trouble):
                    raise
        with transaction.atomic():
            return write(*args, **kwargs)

    return run


def _was_victim(trouble: OperationalError) -> bool:
    return getattr(trouble.__cause__, "sqlstate", None) in _TRY_AGAIN
