"""One transaction per call, the same on SQLite and PostgreSQL.

On SQLite every transaction begins immediate (``settings.database``), so writers queue instead of failing late. On
PostgreSQL a transaction that the database chose as victim (deadlock, serialisation) is run once more from its start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Model

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


def overwrite(rows: Sequence[Model], columns: Sequence[str]) -> None:
    """Write ``columns`` of rows that exist (and that the caller has locked), fifty a statement."""
    if rows:
        type(rows[0])._default_manager.bulk_create(  # noqa: SLF001 - Django's own name for it
            rows, update_conflicts=True, unique_fields=["id"], update_fields=columns, batch_size=50
        )
