"""What may be wrong with this installation: facts, each with what was found and what to do about it."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from tieline.store.keys import KeyTrouble, check_agreement, current_keys
from tieline.store.lock import who_holds

_LEAST_FREE: Final = 500 * 1024 * 1024
_CLOCK: Final = timedelta(seconds=5)
_QUEUE: Final = timedelta(minutes=15)
_SQLITE_FOR_NEW_PYTHON: Final = (3, 42, 0)


@dataclass(frozen=True, kw_only=True)
class SelfCheck:
    """``name`` says what should be so; ``found`` what is; ``remedy`` what to do, empty when ``ok``."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def self_check(data_folder: Path, *, now: datetime | None = None) -> tuple[SelfCheck, ...]:
    """Look at everything that can be looked at from here. Django must be set up; the database need not answer."""
    moment = now or timezone.now()
    first = [
        check_sqlite(sys.version_info[:2], sqlite3.sqlite_version_info, embedded=connection.vendor == "sqlite"),
        check_folder(data_folder),
        check_disk(data_folder, shutil.disk_usage),
        check_key_file(data_folder),
        check_port(settings.HOST, settings.PORT, data_folder),
    ]
    database = _check_database()
    if not database.ok:
        return (*first, database)
    rest = (_check_secrets, _check_clock, _check_worker, _check_queue)
    return (*first, database, *(_guarded(check, moment) for check in rest))


def check_sqlite(python: tuple[int, int], version: tuple[int, int, int], *, embedded: bool) -> SelfCheck:
    """The durable engine needs SQLite 3.42 for its own tables on Python 3.12 and newer."""
    name = "SQLite is recent enough"
    text = ".".join(str(part) for part in version)
    if not embedded:
        return SelfCheck(name=name, ok=True, found="PostgreSQL is used instead")
    running = f"SQLite {text} with Python {python[0]}.{python[1]}"
    if python >= (3, 12) and version < _SQLITE_FOR_NEW_PYTHON:
        remedy = "Server operator: use Python 3.11, or a system with SQLite 3.42 or newer, or set TIELINE_DATABASE_URL."
        return SelfCheck(name=name, ok=False, found=f"{running}: the engine needs 3.42 there", remedy=remedy)
    return SelfCheck(name=name, ok=True, found=running)


def check_folder(folder: Path) -> SelfCheck:
    name = "The data folder can be written"
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".writable-"):
            return SelfCheck(name=name, ok=True, found=str(folder))
    except OSError as trouble:
        remedy = f"Server operator: give the user of Tieline (uid {os.getuid()}) write access, or set TIELINE_DATA."
        return SelfCheck(name=name, ok=False, found=f"{folder}: {trouble.strerror}", remedy=remedy)


def check_disk(folder: Path, usage: Callable[[Path], tuple[int, int, int]]) -> SelfCheck:
    name = "There is room on the disk"
    try:
        _, _, free = usage(folder)
    except OSError as trouble:
        return SelfCheck(
            name=name, ok=False, found=str(trouble.strerror), remedy="Server operator: make the data folder."
        )
    found = f"{free / 1024**3:.1f} GB free"
    if free < _LEAST_FREE:
        return SelfCheck(name=name, ok=False, found=found, remedy="Server operator: make at least 0.5 GB free.")
    return SelfCheck(name=name, ok=True, found=found)


def check_key_file(folder: Path) -> SelfCheck:
    name = "The master key is there and private"
    try:
        count = len(current_keys())
        check_agreement(folder)
    except KeyTrouble as trouble:
        found, _, remedy = str(trouble).partition(". ")
        return SelfCheck(name=name, ok=False, found=found, remedy=f"Server operator: {remedy[:1].lower()}{remedy[1:]}")
    path = folder / "keys" / "master.key"
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        found = f"others may read {path}"
        return SelfCheck(name=name, ok=False, found=found, remedy=f"Server operator: run chmod 600 {path}")
    return SelfCheck(name=name, ok=True, found="1 key" if count == 1 else f"{count} keys, the first one seals")


def check_port(host: str, port: int, folder: Path) -> SelfCheck:
    """Free, or taken by this installation's own server."""
    name = "The port is free or ours"
    holder = who_holds(folder)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as trouble:
        if trouble.errno == errno.EADDRINUSE and holder is not None:
            return SelfCheck(name=name, ok=True, found=f"{host}:{port}, served by process {holder.pid}")
        return SelfCheck(
            name=name,
            ok=False,
            found=f"{host}:{port}: {trouble.strerror or trouble}",
            remedy="Server operator: stop the program that listens there, or set TIELINE_PORT to another port.",
        )
    return SelfCheck(name=name, ok=True, found=f"{host}:{port} is free")


def _check_database() -> SelfCheck:
    from tieline.store.upkeep import DatabaseTrouble, waiting_migrations

    name = "The database answers and fits this version"
    file = Path(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite" and not file.is_file():
        found = f"there is no {file.name} yet"
        return SelfCheck(name=name, ok=False, found=found, remedy="Server operator: start tieline serve once.")
    try:
        waiting = waiting_migrations()
    except DatabaseTrouble as trouble:
        found, _, remedy = str(trouble).partition(". ")
        return SelfCheck(name=name, ok=False, found=found, remedy=f"Server operator: {remedy[:1].lower()}{remedy[1:]}")
    except DatabaseError as trouble:
        remedy = "Server operator: start the database, or correct TIELINE_DATABASE_URL."
        return SelfCheck(name=name, ok=False, found=_first_line(trouble), remedy=remedy)
    if waiting:
        found = f"{len(waiting)} migrations wait"
        return SelfCheck(name=name, ok=False, found=found, remedy="Server operator: start tieline serve once.")
    return SelfCheck(name=name, ok=True, found=_database_version())


def _database_version() -> str:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            (journal,) = cursor.fetchone()
        return f"SQLite {sqlite3.sqlite_version}, journal {journal}"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        (version,) = cursor.fetchone()
    return f"PostgreSQL {version}"


def _guarded(check: Callable[[datetime], SelfCheck], now: datetime) -> SelfCheck:
    try:
        return check(now)
    except DatabaseError as trouble:
        name = check.__name__.removeprefix("_check_").capitalize()
        remedy = "Server operator: start the database again."
        return SelfCheck(name=f"{name} can be read", ok=False, found=_first_line(trouble), remedy=remedy)


def _check_secrets(_now: datetime) -> SelfCheck:
    from tieline.store.upkeep import check_keys

    name = "The master key opens the stored secrets"
    try:
        check_keys()
    except KeyTrouble as trouble:
        found, _, remedy = str(trouble).partition(". ")
        return SelfCheck(name=name, ok=False, found=found, remedy=f"Server operator: {remedy[:1].lower()}{remedy[1:]}")
    return SelfCheck(name=name, ok=True, found="all of them")


def _check_clock(now: datetime) -> SelfCheck:
    """Against the database's clock; and no row may be from the future, which a clock that was set back makes."""
    from tieline.store.models import LogEntry, Op

    name = "The clock is right"
    remedy = "Server operator: keep the clocks of all machines in step (NTP)."
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (theirs,) = cursor.fetchone()
        apart = abs(theirs - now)
        if apart > _CLOCK:
            found = f"{apart.total_seconds():.0f} s apart from the database's"
            return SelfCheck(name=name, ok=False, found=found, remedy=remedy)
    newest = [
        LogEntry.objects.order_by("-id").values_list("at", flat=True).first(),
        Op.objects.order_by("-id").values_list("created", flat=True).first(),
    ]
    ahead = max((one - now for one in newest if one is not None), default=timedelta(0))
    if ahead > timedelta(minutes=1):
        found = f"the newest row is {ahead.total_seconds():.0f} s in the future"
        return SelfCheck(name=name, ok=False, found=found, remedy=remedy)
    return SelfCheck(name=name, ok=True, found=now.isoformat(timespec="seconds"))


def _check_worker(now: datetime) -> SelfCheck:
    from tieline.store.models import WorkerBeat

    name = "A worker is alive"
    remedy = "Server operator: start tieline serve (or, with PostgreSQL, tieline worker) and look at its log."
    last = WorkerBeat.objects.order_by("-at").values_list("at", flat=True).first()
    if last is None:
        return SelfCheck(name=name, ok=False, found="no worker gave a sign", remedy=remedy)
    silent = max(timedelta(0), now - last)
    found = f"last sign {silent.total_seconds():.0f} s ago"
    if silent > timedelta(seconds=settings.DEAD_AFTER_SECONDS):
        return SelfCheck(name=name, ok=False, found=found, remedy=remedy)
    return SelfCheck(name=name, ok=True, found=found)


def _check_queue(now: datetime) -> SelfCheck:
    """Work that could run and does not. What waits for a held connection is shown as a problem of that."""
    from tieline.store.ledger import startable
    from tieline.store.models import Op

    name = "Work does not wait long"
    oldest = startable(now).order_by("due").values_list("due", flat=True).first()
    waiting = Op.objects.filter(state="waiting").count()
    parked = Op.objects.filter(state="parked").count()
    counts = f"{waiting} waiting, {parked} parked"
    if oldest is not None and now - oldest > _QUEUE:
        minutes = (now - oldest).total_seconds() / 60
        remedy = "Server operator: look whether a worker runs, and at the log; more workers need PostgreSQL."
        return SelfCheck(name=name, ok=False, found=f"{counts}, the oldest {minutes:.0f} min", remedy=remedy)
    return SelfCheck(name=name, ok=True, found=counts)


def _first_line(trouble: Exception) -> str:
    return next(iter(str(trouble).strip().splitlines()), type(trouble).__name__)
