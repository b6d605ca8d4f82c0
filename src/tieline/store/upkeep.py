"""Keeping the database in order: migrations at the start, and deleting what is older than the operator keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from tieline.store import connections, integrations
from tieline.store.keys import KeyTrouble, current_keys, key_id
from tieline.store.models import (
    CheckRun,
    Connection,
    Delivery,
    FailedSignIn,
    Integration,
    Intent,
    LogEntry,
    Problem,
    SignInLink,
)
from tieline.store.secrets import sealed_with

__all__ = (
    "DatabaseTrouble",
    "check_keys",
    "migrate_database",
    "reseal",
    "retain",
    "waiting_migrations",
)

_BATCH: Final = 1000
_ADVISORY: Final = 7_264_912_001
"""PostgreSQL lock under which servers and workers that start together take turns at the migrations."""


class DatabaseTrouble(Exception):  # noqa: N818 - says what is the matter, as KeyTrouble does
    """The database cannot be used by this version. One line that ends with what to do."""


def migrate_database() -> bool:
    """Bring the database to this version; True when there was something to do. Quick when there was not.

    Raises ``DatabaseTrouble`` for a database of a newer version, which an older one must not touch.
    """
    if not waiting_migrations():
        return False
    if connection.vendor != "postgresql":
        call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY])
        try:
            call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_ADVISORY])
    return True


def waiting_migrations() -> frozenset[tuple[str, str]]:
    """(app, name) of the migrations that this version has and the database has not. Raises ``DatabaseTrouble``."""
    shipped = {(config.label, name) for config in apps.get_app_configs() for name in _names(Path(config.path))}
    applied = set(MigrationRecorder(connection).applied_migrations())
    newer = sorted(name for app, name in applied - shipped if app == "store")
    if newer:
        raise DatabaseTrouble(
            f"The database was made by a newer Tieline (it has “{newer[-1]}”). "
            "Start that version, or restore the backup from before its first start."
        )
    return frozenset(shipped - applied)


def _names(app: Path) -> set[str]:
    return {file.stem for file in (app / "migrations").glob("[0-9]*.py")}


def check_keys() -> None:
    """Raise ``KeyTrouble`` when the master key is missing, or secrets are stored that it does not open."""
    known = {key_id(key) for key in current_keys()}
    sealed = [
        *Connection.objects.exclude(secret=None).values_list("secret", flat=True),
        *Connection.objects.exclude(client_pem=None).values_list("client_pem", flat=True),
        *Connection.objects.exclude(proxy=None).values_list("proxy", flat=True),
        *Integration.objects.exclude(webhook_secret=None).values_list("webhook_secret", flat=True),
    ]
    strange = sum(1 for one in sealed if one is not None and sealed_with(one) not in known)
    if strange:
        raise KeyTrouble(
            f"{strange} stored secrets were sealed with another master key. "
            "Restore that keys/master.key, or put it behind the present one in TIELINE_MASTER_KEY."
        )


def reseal(*, batch: int = 100) -> int:
    """Seal every stored secret with the first master key; how many were not yet. Broken off, it goes on next time."""
    current = key_id(current_keys()[0])
    places: list[tuple[QuerySet[Any], str, Callable[[Any, str], str | None], Callable[[Any, str, str], bytes]]] = [
        *(
            (Connection.objects.all(), column, connections.open_sealed, connections.seal_for)
            for column in ("secret", "client_pem", "proxy")
        ),
        (Integration.objects.all(), "webhook_secret", integrations.open_sealed, integrations.seal_for),
        (Integration.objects.all(), "webhook_secret_before", integrations.open_sealed, integrations.seal_for),
    ]
    done = 0
    for rows, column, unsealed, sealed in places:
        ids = list(rows.exclude(**{column: None}).order_by("id").values_list("id", flat=True))
        for start in range(0, len(ids), batch):
            with transaction.atomic():
                for row in rows.select_for_update(no_key=True).filter(id__in=ids[start : start + batch]):
                    stored = getattr(row, column)
                    if stored is None or sealed_with(stored) == current:
                        continue
                    secret = unsealed(row, column)
                    assert secret is not None
                    rows.filter(id=row.id).update(**{column: sealed(row, column, secret)})
                    done += 1
    return done


def retain(*, now: datetime | None = None, days: int | None = None) -> int:
    """Delete log lines, webhooks and checks older than ``days`` (the setting), spent links and counts; how many rows.

    The newest check of each connection stays. Problems that were fixed before lose the bodies of their evidence.
    """
    moment = now or timezone.now()
    edge = moment - timedelta(days=settings.RETAIN_DAYS if days is None else days)
    newest = CheckRun.objects.filter(connection=OuterRef("connection")).order_by("-id").values("id")[:1]
    old: list[QuerySet[Any]] = [
        LogEntry.objects.filter(at__lt=edge),
        Delivery.objects.filter(received__lt=edge).exclude(outcome=""),
        CheckRun.objects.filter(started__lt=edge).exclude(id=Subquery(newest)),
        Intent.objects.filter(announced_at__lt=edge).exclude(state="open"),
        FailedSignIn.objects.filter(at__lt=moment - timedelta(days=1)),
        SignInLink.objects.filter(Q(expires__lt=edge) | Q(used__lt=edge)),
    ]
    gone = sum(_delete(rows) for rows in old)
    Problem.objects.filter(fixed_at__lt=edge).exclude(evidence=[]).update(evidence=[])
    CheckRun.objects.filter(state="running", started__lt=moment - timedelta(minutes=10)).update(
        state="broken-off", ended=moment
    )
    call_command("clearsessions", verbosity=0, skip_checks=True)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA optimize")
    return gone


def _delete(rows: QuerySet[Any]) -> int:
    """Delete in transactions of a thousand rows, so that nobody waits long for the database."""
    gone = 0
    while ids := list(rows.values_list("pk", flat=True)[:_BATCH]):
        gone += rows.model._default_manager.filter(pk__in=ids).delete()[0]  # noqa: SLF001 - Django's own name for it
    return gone
