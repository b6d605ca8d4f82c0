"""`tieline doctor --self`: one line for each thing that is wrong, and no traceback, however broken the installation."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Ran, Running, tieline

pytestmark = pytest.mark.process

OTHER_KEY = "b" * 64


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A running server: its folder and port."""
    folder = tmp_path_factory.mktemp("running")
    with Running("serve", "--port", "0", "--folder", str(folder), PYTHONUNBUFFERED="1") as running:
        line = running.wait_for("Tieline answers at")
        running.wait_for("Stop it with")
        yield folder, int(line.rpartition(":")[2])


def look(folder: Path, **env: str) -> Ran:
    return tieline("doctor", "--self", "--folder", str(folder), cwd=folder.parent, **env)


def wrong(ran: Ran) -> list[str]:
    assert "Traceback" not in ran.all
    assert "itself failed" not in ran.all
    assert ran.err == ""
    return [line for line in ran.out.splitlines() if line.startswith("✕")]


def test_beside_a_running_server_all_is_well(server: tuple[Path, int]) -> None:
    folder, port = server
    ran = look(folder, TIELINE_PORT=str(port))
    assert wrong(ran) == []
    assert ran.code == 0
    assert ran.out.rstrip().endswith("All good.")
    assert "served by process" in ran.out
    told = tieline("doctor", "--self", "--folder", str(folder), "--json", TIELINE_PORT=str(port))
    document = json.loads(told.out)
    assert (told.code, document["ok"], document["folder"]) == (0, True, str(folder))
    assert len(document["checks"]) >= 10
    for check in document["checks"]:
        assert check.keys() == {"name", "ok", "found", "remedy"}
        assert (check["remedy"] == "") == check["ok"]


def test_a_wrong_master_key_is_told_without_the_key(server: tuple[Path, int]) -> None:
    folder, port = server
    for key in ("much-too-short", OTHER_KEY):
        ran = look(folder, TIELINE_PORT=str(port), TIELINE_MASTER_KEY=key)
        assert key not in ran.all
        assert ran.code == 3
        assert "The master key is there and private" in wrong(ran)[0]


def test_in_a_bare_folder_nothing_is_made(tmp_path: Path) -> None:
    ran = look(tmp_path / "var")
    assert ran.code == 3
    lines = wrong(ran)
    assert len(lines) == 1
    assert "holds no keys and no database" in lines[0]
    assert "tieline serve" in lines[0]
    assert list(tmp_path.iterdir()) == []


def test_a_missing_key_beside_a_database_is_told(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "tieline.sqlite3").close()
    (tmp_path / "tieline.sqlite3").write_bytes(b"")
    ran = look(tmp_path)
    assert ran.code == 3
    assert any("master key is missing" in line for line in wrong(ran))
    assert sorted(one.name for one in tmp_path.iterdir() if one.suffix != ".sqlite3-wal") == ["tieline.sqlite3"]


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be looked at" * 40, b"SQLite format 3\x00" + b"\xff" * 4000]
)
def test_a_broken_database_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "master.key").write_text("a" * 64, encoding="utf-8")
    (tmp_path / "keys" / "master.key").chmod(0o600)
    (tmp_path / "tieline.sqlite3").write_bytes(content)
    ran = look(tmp_path)
    assert ran.code == 3
    assert any("The database answers" in line for line in wrong(ran))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\x01", b"short", b"a" * 63])
def test_a_broken_key_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "master.key").write_bytes(content)
    ran = look(tmp_path)
    assert ran.code == 3
    assert any("key" in line for line in wrong(ran))


def test_a_key_that_others_may_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "master.key").write_text("a" * 64, encoding="utf-8")
    (tmp_path / "keys" / "master.key").chmod(0o644)
    assert any("chmod 600" in line for line in wrong(look(tmp_path)))


def test_a_port_that_somebody_else_has_is_told(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ran = look(tmp_path / "var", TIELINE_PORT=str(port))
    assert any(f"127.0.0.1:{port}" in line and "TIELINE_PORT" in line for line in wrong(ran))


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("", encoding="utf-8")
    ran = look(tmp_path / "var")
    assert ran.code == 3
    assert wrong(ran)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("TIELINE_PORT", "many", 'TIELINE_PORT is "many"'),
        ("TIELINE_POLL_SECONDS", "-1", "TIELINE_POLL_SECONDS"),
        ("TIELINE_RETAIN_DAYS", "nan", "TIELINE_RETAIN_DAYS"),
        ("TIELINE_ALLOW", "jira.corp", "TIELINE_ALLOW"),
        ("TIELINE_TIME_ZONE", "Mars/Olympus", "Mars/Olympus"),
        ("TIELINE_LOG_LEVEL", "chatty", "A setting cannot be used"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str, says: str) -> None:
    ran = look(tmp_path / "var", **{name: value})
    lines = wrong(ran)
    assert (ran.code, len(lines)) == (3, 1)
    assert says in lines[0]
    served = tieline(
        "serve",
        "--folder",
        str(tmp_path / "var"),
        "--port",
        "0",
        **({name: value} if name != "TIELINE_PORT" else {"TIELINE_QUIET_SECONDS": "many"}),
    )
    assert (served.code, "Traceback" in served.err, "itself failed" in served.err) == (1, False, False)
    assert len(served.err.strip().splitlines()) == 1


def test_a_settings_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "tieline.toml").write_text("port = [", encoding="utf-8")
    lines = wrong(look(tmp_path))
    assert len(lines) == 1
    assert "tieline.toml" in lines[0]


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        url = f"postgresql://tieline:canary-Kq7@127.0.0.1:{port}/tieline"
        ran = look(tmp_path / "var", TIELINE_DATABASE_URL=url)
        served = tieline("worker", "--folder", str(tmp_path / "var"), TIELINE_DATABASE_URL=url)
    assert ran.code == 3
    assert any("TIELINE_DATABASE_URL" in line for line in wrong(ran))
    assert served.code == 1
    assert "TIELINE_DATABASE_URL" in served.err
    assert "canary-Kq7" not in ran.all + served.all


def test_a_server_that_is_stopped_leaves_a_silent_worker(tmp_path: Path) -> None:
    with Running("serve", "--port", "0", "--folder", str(tmp_path), PYTHONUNBUFFERED="1") as running:
        running.wait_for("Stop it with")
        os.kill(running.process.pid, 9)
        running.process.wait(10)
    ran = look(tmp_path, TIELINE_DEAD_AFTER_SECONDS="0")
    assert ran.code == 3
    lines = wrong(ran)
    assert len(lines) == 1
    assert "A worker is alive" in lines[0]
