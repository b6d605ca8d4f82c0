"""This installation: its folder, settings, keys and database, opened for a command or refused in one sentence."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tieline.cli.refusal import Refusal, mistyped

_SEE = "Correct it; docs/reference/settings.md lists what may stand there."


def data_folder() -> Path:
    """The folder of the database and the keys; it need not be there."""
    return Path(os.environ.get("TIELINE_DATA", "var")).absolute()


def make_data_folder() -> Path:
    """The folder, made on first use (mode 0700). Raises ``Refusal`` when it cannot be made."""
    folder = data_folder()
    try:
        folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    except OSError as failure:
        raise Refusal(f"Cannot make the folder {folder} ({failure.strerror}). Choose another with --folder.") from None
    return folder


def find_data_folder() -> Path:
    """The folder of an installation that has been started before. Raises ``Refusal`` where there is none."""
    folder = data_folder()
    if not (folder / "keys").is_dir() and not os.environ.get("TIELINE_MASTER_KEY"):
        raise mistyped(
            f"No Tieline has been started in {folder} yet. Name its folder with --folder, or start it: tieline serve"
        )
    return make_data_folder()


def read_settings() -> None:
    """Load the settings. Raises ``Refusal`` that names the one that cannot be used."""
    try:
        from tieline import settings
        from tieline.jira.allow import parse_allow_list
    except OSError as failure:
        raise Refusal(
            f"Cannot read {failure.filename} ({failure.strerror}). Give the user of Tieline access."
        ) from None
    except ValueError as failure:
        raise Refusal(f"{str(failure).rstrip('.')}. {_SEE}") from None
    try:
        parse_allow_list(settings.ALLOW)
    except ValueError as failure:
        raise Refusal(f"TIELINE_ALLOW: {failure}") from None


def start_django() -> None:
    """Make the models usable; the database is not touched. Raises ``Refusal`` for settings that Django cannot use."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tieline.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except (ImproperlyConfigured, ValueError) as failure:
        raise Refusal(f"A setting cannot be used: {str(failure).rstrip('.')}. {_SEE}") from None


def claim_folder(folder: Path) -> Callable[[], None]:
    """Make the missing keys, load the settings, and on SQLite take the folder for this process alone.
    On PostgreSQL several servers may share it: the first one only leaves word that it serves here.

    Returns what lets go of the folder. Raises ``Refusal`` when the keys are damaged or another server has the folder.
    """
    make_keys(folder)
    read_settings()
    from tieline import settings
    from tieline.store.lock import Held, claim_data_folder

    if settings.DATABASE_URL:
        try:
            noted = claim_data_folder(folder)
        except OSError:  # a folder that may only be read is enough there
            return lambda: None
        return (lambda: None) if isinstance(noted, Held) else noted.release
    claim = claim_data_folder(folder)
    if isinstance(claim, Held):
        who = f" (process {claim.pid})" if claim.pid else ""
        raise Refusal(
            f"Another Tieline{who} already uses {folder}. Stop it first, or give this one its own --folder. "
            "Several servers on one database need PostgreSQL."
        )
    return claim.release


def make_keys(folder: Path) -> None:
    """The keys, made on first use. Raises ``Refusal`` when they are damaged, or cannot be read or written."""
    from tieline.store.keys import KeyTrouble, ensure_keys

    try:
        ensure_keys(folder)
    except KeyTrouble as trouble:
        raise Refusal(str(trouble)) from None
    except OSError as failure:
        raise Refusal(
            f"Cannot use {failure.filename or folder} ({failure.strerror}). Give the user of Tieline write access."
        ) from None


def open_database() -> None:
    """Django with a database of this version. Raises ``Refusal`` when it does not answer or belongs to a newer one."""
    start_django()
    from django.db import DatabaseError

    from tieline.store.upkeep import DatabaseTrouble, migrate_database

    try:
        migrate_database()
    except DatabaseTrouble as trouble:
        raise Refusal(str(trouble)) from None
    except DatabaseError as failure:
        told = next(iter(str(failure).strip().splitlines()), type(failure).__name__).rstrip(".")
        raise Refusal(
            f"The database cannot be used: {told}. Start it, or correct TIELINE_DATABASE_URL; "
            "tieline doctor --self tells more."
        ) from None


def open_installation() -> Callable[[], None]:
    """For a server: folder, keys, settings and database, made on first use. Returns what lets go of the folder."""
    release = claim_folder(make_data_folder())
    open_database()
    return release


def open_for_a_look() -> None:
    """For a command beside a running server: the installation as it is, nothing made that was not there."""
    make_keys(find_data_folder())
    read_settings()
    open_database()
