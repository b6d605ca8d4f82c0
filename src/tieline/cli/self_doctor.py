"""``tieline doctor --self``: is anything wrong with this installation? It changes nothing and makes no file."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tieline.cli.installation import data_folder, read_settings, start_django
from tieline.cli.refusal import Refusal
from tieline.cli.terminal import paint, print_json

if TYPE_CHECKING:
    from tieline.store.self_check import SelfCheck

KEPT = ("keys", "tieline.sqlite3", "durable.sqlite3")
"""What a first start leaves in the folder."""


def doctor_self(*, as_json: bool) -> int:
    """0: everything is as it should be. 3: something is not; one line each says what, and what to do."""
    folder = data_folder()
    checks = look(folder)
    ok = all(check.ok for check in checks)
    if as_json:
        rows = [{"name": one.name, "ok": one.ok, "found": one.found, "remedy": one.remedy} for one in checks]
        print_json({"folder": str(folder), "ok": ok, "checks": rows})
        return 0 if ok else 3
    print(f"Checking this installation, {paint(str(folder), 'bold')}\n")
    for check in checks:
        print_check(check)
    wrong = sum(not check.ok for check in checks)
    summary = paint("All good.", "bold", "green") if ok else paint("Problems found:", "bold", "red") + f" {wrong}."
    print(f"\n{summary}")
    return 0 if ok else 3


def look(folder: Path) -> tuple[SelfCheck, ...]:
    """All checks; only the first one when settings stand in the way of every other."""
    from tieline.store.self_check import SelfCheck, check_port, check_sqlite, self_check

    try:
        read_settings()
        start_django()
    except Refusal as trouble:
        found, _, remedy = str(trouble).partition(". ")
        return (
            SelfCheck(
                name="The settings can be read",
                ok=False,
                found=found,
                remedy=f"Server operator: {remedy[:1].lower()}{remedy[1:]}",
            ),
        )
    from django.conf import settings

    if settings.DATABASE_URL or settings.MASTER_KEY or any((folder / name).exists() for name in KEPT):
        return self_check(folder)
    return (
        check_sqlite(sys.version_info[:2], sqlite3.sqlite_version_info, embedded=True),
        SelfCheck(
            name="Tieline has been started here",
            ok=False,
            found=f"{folder} holds no keys and no database",
            remedy="Server operator: start it with tieline serve, or name its folder with --folder",
        ),
        check_port(settings.HOST, settings.PORT, folder),
    )


def print_check(check: SelfCheck) -> None:
    mark = paint("✓", "green") if check.ok else paint("✕", "red")
    print(f"{mark} {check.name}: {check.found}{f'. {check.remedy}' if check.remedy else ''}")
