from __future__ import annotations

import base64
import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from tieline import settings as ours
from tieline.store import connections, integrations, upkeep
from tieline.store import self_check as checks
from tieline.store.ids import new_id
from tieline.store.keys import KeyTrouble
from tieline.store.lock import claim_data_folder
from tieline.store.models import (
    CheckRun,
    Connection,
    Delivery,
    FailedSignIn,
    Integration,
    Intent,
    LogEntry,
    Op,
    Problem,
    SignInLink,
    WorkerBeat,
)


def test_the_models_and_the_migrations_say_the_same(db):
    from django.core.management import call_command

    call_command("makemigrations", "store", check=True, dry_run=True, verbosity=0, skip_checks=True)


def test_a_database_that_is_up_to_date_is_seen_to_be_so_with_one_look(db, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        assert upkeep.migrate_database() is False


def test_a_database_of_a_newer_version_is_refused(db):
    MigrationRecorder(connection).record_applied("store", "0999_from_the_future")
    with pytest.raises(upkeep.DatabaseTrouble, match=r"newer Tieline.*0999_from_the_future"):
        upkeep.migrate_database()


def test_a_migration_that_is_missing_is_told(db):
    MigrationRecorder(connection).record_unapplied("store", "0001_initial")
    assert ("store", "0001_initial") in upkeep.waiting_migrations()


def test_a_master_key_that_opens_the_stored_secrets_is_accepted_and_another_is_not(plan, monkeypatch):
    upkeep.check_keys()
    other = base64.urlsafe_b64encode(os.urandom(32)).decode()
    monkeypatch.setattr(ours, "MASTER_KEY", other)
    with pytest.raises(KeyTrouble, match="2 stored secrets"):
        upkeep.check_keys()
    monkeypatch.setattr(ours, "MASTER_KEY", "")
    upkeep.check_keys()


def test_secrets_move_to_a_new_master_key_and_the_old_one_is_not_needed_any_more(plan, monkeypatch):
    webhook = integrations.webhook_secret(plan.integration)
    integrations.rotate_webhook_secret(plan.integration, "pat")
    new = base64.urlsafe_b64encode(os.urandom(32)).decode()
    monkeypatch.setattr(ours, "MASTER_KEY", f"{new} {ours.MASTER_KEY}")
    assert upkeep.reseal(batch=1) == 3
    assert upkeep.reseal() == 0
    monkeypatch.setattr(ours, "MASTER_KEY", new)
    upkeep.check_keys()
    connection = Connection.objects.get()
    assert connections.open_secret(connection) == "s3cret-of-pat"
    integration = Integration.objects.get()
    assert webhook in integrations.webhook_secrets(integration, now=timezone.now())


def old_rows(plan, at):
    link = plan.linked()
    common = {"workspace": plan.workspace, "at": at, "level": "info", "direction": "none", "sentence": "x"}
    LogEntry.objects.bulk_create(LogEntry(id=new_id(), **common) for _ in range(2500))
    for number, outcome in enumerate(["sync-link", ""]):
        Delivery.objects.create(
            id=new_id(), integration=plan.integration, identifier=str(number), received=at, outcome=outcome
        )
    for _ in range(3):
        CheckRun.objects.create(id=new_id(), connection=plan.connection, started=at, state="running")
    for state in ("settled", "dropped", "open"):
        Intent.objects.create(id=new_id(), link=link, marker=new_id(), announced_at=at, state=state)
    FailedSignIn.objects.create(digest="0" * 64, at=at)
    SignInLink.objects.create(digest="0" * 64, user=plan.owner, expires=at)
    Problem.objects.create(
        id=new_id(), workspace=plan.workspace, slug="x", scope="record", fingerprint="x", evidence=[{"a": 1}],
        first_seen=at, last_seen=at, fixed_at=at,
    )  # fmt: skip


def test_old_rows_go_and_what_is_still_needed_stays(plan):
    now = timezone.now()
    old_rows(plan, now - timedelta(days=31))
    assert upkeep.retain(now=now, days=30) == 2500 + 1 + 2 + 2 + 1 + 1
    assert LogEntry.objects.count() == 0
    assert [row.outcome for row in Delivery.objects.all()] == [""]
    assert [row.state for row in CheckRun.objects.all()] == ["broken-off"]
    assert [row.state for row in Intent.objects.all()] == ["open"]
    assert Problem.objects.get().evidence == []
    assert Op.objects.count() == 1


def test_young_rows_all_stay(plan):
    now = timezone.now()
    old_rows(plan, now - timedelta(minutes=1))
    assert upkeep.retain(now=now, days=30) == 0
    assert {row.state for row in CheckRun.objects.all()} == {"running"}


# --- self check -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("python", "sqlite", "embedded", "ok"),
    [
        ((3, 11), (3, 40, 1), True, True),
        ((3, 12), (3, 40, 1), True, False),
        ((3, 13), (3, 41, 9), True, False),
        ((3, 13), (3, 42, 0), True, True),
        ((3, 13), (3, 40, 1), False, True),
    ],
)
def test_sqlite_too_old_for_a_new_python_is_told(python, sqlite, embedded, ok):
    result = checks.check_sqlite(python, sqlite, embedded=embedded)
    assert result.ok is ok
    assert bool(result.remedy) is not ok


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path):
    assert checks.check_folder(tmp_path).ok
    assert not list(tmp_path.iterdir())
    missing = checks.check_folder(tmp_path / "missing")
    assert (missing.ok, "TIELINE_DATA" in missing.remedy) == (False, True)


def test_a_full_disk_is_told(tmp_path: Path):
    full = checks.check_disk(tmp_path, lambda _: (10**12, 10**12, 10**7))
    assert (full.ok, full.found) == (False, "0.0 GB free")
    assert checks.check_disk(tmp_path, lambda _: (10**12, 0, 10**12)).ok
    assert not checks.check_disk(tmp_path / "missing", __import__("shutil").disk_usage).ok


def test_a_key_that_others_may_read_is_told(tmp_path: Path):
    (tmp_path / "keys").mkdir()
    key = tmp_path / "keys" / "master.key"
    key.write_text("x")
    key.chmod(0o644)
    told = checks.check_key_file(tmp_path)
    assert (told.ok, "chmod 600" in told.remedy) == (False, True)
    key.chmod(0o600)
    assert checks.check_key_file(tmp_path).ok


def test_a_missing_key_is_told(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(ours, "MASTER_KEY", "")
    monkeypatch.setattr(ours, "DATA", tmp_path)
    told = checks.check_key_file(tmp_path)
    assert (told.ok, told.found) == (False, "The master key is missing")
    assert told.remedy.startswith("Server operator: restore keys/master.key")


def test_a_port_taken_by_a_stranger_is_told_and_one_taken_by_ourselves_is_fine(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        stranger = checks.check_port("127.0.0.1", port, tmp_path)
        assert (stranger.ok, "TIELINE_PORT" in stranger.remedy) == (False, True)
        lock = claim_data_folder(tmp_path)
        assert checks.check_port("127.0.0.1", port, tmp_path).ok
        lock.release()
    assert checks.check_port("127.0.0.1", port, tmp_path).found.endswith("is free")
    assert not checks.check_port("no-such-host.invalid", port, tmp_path).ok


def by_name(plan, now=None):
    return {one.name: one for one in checks.self_check(ours.DATA, now=now)}


def test_a_healthy_installation_has_nothing_to_remedy(plan):
    plan.ledger  # noqa: B018 - the plan stands
    WorkerBeat.objects.create(worker="w1", at=timezone.now(), started=timezone.now())
    found = by_name(plan)
    wrong = {name: one.found for name, one in found.items() if not one.ok}
    assert set(wrong) <= {"The port is free or ours", "SQLite is recent enough"}
    assert len(found) == 10


def test_a_silent_worker_and_work_that_waits_long_are_told(plan):
    plan.linked()
    now = timezone.now()
    assert not by_name(plan)["A worker is alive"].ok
    WorkerBeat.objects.create(worker="w1", at=now - timedelta(minutes=3), started=now)
    assert by_name(plan)["A worker is alive"].found == "last sign 180 s ago"
    assert by_name(plan)["Work does not wait long"].ok
    later = by_name(plan, now + timedelta(minutes=20))["Work does not wait long"]
    assert (later.ok, later.found.startswith("1 waiting, 0 parked, the oldest")) == (False, True)


def test_rows_from_the_future_tell_of_a_clock_that_was_set_back(plan):
    plan.linked()
    told = by_name(plan, timezone.now() - timedelta(hours=1))["The clock is right"]
    assert not told.ok


def test_migrations_that_wait_are_told_and_nothing_behind_them_is_asked(plan):
    MigrationRecorder(connection).record_unapplied("store", "0001_initial")
    found = by_name(plan)
    assert found["The database answers and fits this version"].found == "1 migrations wait"
    assert "A worker is alive" not in found
