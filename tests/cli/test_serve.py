"""`tieline serve`, `demo`, `worker` and `sign-in-link`: starting, refusing, and ending without losing anything."""

from __future__ import annotations

import re
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.cli.command import Running, tieline
from tests.walking import Visitor

pytestmark = pytest.mark.process


def status(url: str) -> int:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as told:
        return told.code


def serve(folder: Path, *more: str, **env: str) -> Running:
    return Running("serve", "--port", "0", "--folder", str(folder), *more, PYTHONUNBUFFERED="1", **env)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path, str]]:
    """A server, its folder and its address."""
    folder = tmp_path_factory.mktemp("serve") / "var"
    with serve(folder) as server:
        address = server.wait_for("Tieline answers at").split()[-1]
        server.wait_for("Stop it with")
        yield server, folder, address


def test_the_first_start_makes_what_is_needed_for_its_owner_alone(running: tuple[Running, Path, str]) -> None:
    _, folder, address = running
    assert status(f"{address}/") == 200
    assert folder.stat().st_mode & 0o077 == 0
    for key in ("master.key", "django.key"):
        assert (folder / "keys" / key).stat().st_mode & 0o077 == 0


def test_a_second_server_on_the_same_folder_is_refused(running: tuple[Running, Path, str]) -> None:
    server, folder, _ = running
    ran = tieline("serve", "--port", "0", "--folder", str(folder))
    assert (ran.code, ran.out) == (1, "")
    assert f"process {server.process.pid}" in ran.err
    assert "--folder" in ran.err
    assert "PostgreSQL" in ran.err
    again = tieline("demo", "--port", "0", "--sandbox-port", "0", "--folder", str(folder))
    assert (again.code, again.out) == (1, "")
    assert f"process {server.process.pid}" in again.err


def test_a_port_that_is_taken_is_told(running: tuple[Running, Path, str], tmp_path: Path) -> None:
    port = running[2].rpartition(":")[2]
    for command in (["serve"], ["demo", "--sandbox-port", "0"]):
        ran = tieline(*command, "--port", port, "--folder", str(tmp_path / "var"), timeout=60)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == f"127.0.0.1:{port} is taken. Choose another port with --port.\n"


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_an_address_of_another_machine_is_told(tmp_path: Path, host: str) -> None:
    ran = tieline("serve", "--port", "0", "--host", host, "--folder", str(tmp_path / "var"))
    assert (ran.code, ran.out) == (2, "")
    assert f'"{host}" is no address of this machine' in ran.err


def test_the_sign_in_link_of_the_command_signs_in_once(running: tuple[Running, Path, str]) -> None:
    _, folder, address = running
    ran = tieline("sign-in-link", "--folder", str(folder))
    assert (ran.code, ran.err) == (0, "")
    link = re.search(r"/welcome/\S+", ran.out)
    assert link
    first = Visitor(address).open(link.group()).press("Sign in with this link")
    assert "password" in first.text.lower()
    second = Visitor(address).open(link.group())
    if second.page.forms:
        second.press("Sign in with this link")
    assert "Choose a password" not in second.text


def test_a_sign_in_link_for_nobody_is_refused(running: tuple[Running, Path, str], tmp_path: Path) -> None:
    ran = tieline("sign-in-link", "nobody@acme.example", "--folder", str(running[1]))
    assert (ran.code, ran.out) == (2, "")
    assert '"nobody@acme.example"' in ran.err
    ran = tieline("sign-in-link", "--folder", str(tmp_path / "elsewhere"))
    assert (ran.code, ran.out) == (2, "")
    assert "No Tieline has been started" in ran.err
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_ends_within_moments_and_lets_go_of_its_folder(tmp_path: Path, how: int) -> None:
    with serve(tmp_path) as server:
        address = server.wait_for("Tieline answers at").split()[-1]
        server.wait_for("Stop it with")
        assert status(f"{address}/sign-in") == 200
        code, took = server.end(how)
        assert code == 0
        assert [line for line in server.errors if not line.startswith("Finishing the work in hand")] == []
        assert took < 6  # starting and ending Python on a busy machine; test_stopping has the worker's own second
    with serve(tmp_path) as again:
        again.wait_for("Stop it with")
        assert again.end()[0] == 0


def test_a_server_without_a_worker_ends_as_well(tmp_path: Path) -> None:
    with serve(tmp_path, TIELINE_WORKER="no") as server:
        server.wait_for("Stop it with")
        code, took = server.end()
    assert (code, took < 6) == (0, True)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    ran = tieline("serve", "--port", "0", "--folder", str(tmp_path / "file" / "var"))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("Cannot make the folder")


def test_a_database_without_its_key_is_not_given_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "tieline.sqlite3").write_bytes(b"")
    ran = tieline("serve", "--port", "0", "--folder", str(tmp_path))
    assert (ran.code, ran.out) == (1, "")
    assert "Restore keys/master.key" in ran.err
    assert not (tmp_path / "keys" / "master.key").exists()


def test_a_broken_database_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "master.key").write_text("a" * 64, encoding="utf-8")
    (tmp_path / "tieline.sqlite3").write_bytes(b"no database " * 1000)
    ran = tieline("serve", "--port", "0", "--folder", str(tmp_path))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("The database cannot be used")
    assert (tmp_path / "tieline.sqlite3").read_bytes() == b"no database " * 1000


def test_a_worker_on_sqlite_is_refused_and_makes_nothing(tmp_path: Path) -> None:
    ran = tieline("worker", "--folder", str(tmp_path / "var"))
    assert (ran.code, ran.out) == (2, "")
    assert "TIELINE_DATABASE_URL" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_worker_and_two_servers_share_a_postgresql(postgres_url: str, tmp_path: Path) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE command_line")
    url = f"{postgres_url.rpartition('/')[0]}/command_line"
    shared = {"TIELINE_DATABASE_URL": url, "TIELINE_MASTER_KEY": "c" * 64}
    with serve(tmp_path / "one", **shared) as server:
        server.wait_for("Stop it with")
        with (
            Running("worker", "--folder", str(tmp_path / "two"), PYTHONUNBUFFERED="1", **shared) as worker,
            serve(tmp_path / "one", **shared) as second,
        ):
            worker.wait_for("The worker runs")
            second.wait_for("Stop it with")
            port = re.findall(r"answers at http://\S+:(\d+)", "".join(server.lines))[0]
            ran = tieline("doctor", "--self", "--folder", str(tmp_path / "one"), TIELINE_PORT=port, **shared)
            assert ran.code == 0, ran.out
            assert f":{port}, served by process" in ran.out
            for one in (second, worker, server):
                code, took = one.end()
                assert (code, took < 6) == (0, True), one.errors


def test_demo_prints_all_that_is_needed_and_takes_its_sandbox_along(tmp_path: Path) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    words = ["demo", "--port", "0", "--sandbox-port", str(port), "--folder", str(tmp_path / "var")]
    with Running(*words, PYTHONUNBUFFERED="1") as demo:
        demo.wait_for("Stop it with Ctrl-C")
        said = "".join(demo.lines)
        for label in ("Tieline ", "Sign in (once)", "Sandbox Jira", "account", "secret", "project", "faults, pages"):
            assert label in said
        link = re.search(r"http://localhost:\d+/welcome/\S+", said)
        assert link
        assert status(link.group()) == 200
        assert status(f"http://127.0.0.1:{port}/sandbox/panel") == 200
        code, took = demo.end()
    assert (code, took < 8) == (0, True)
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))


def test_demo_whose_sandbox_cannot_start_says_so_and_leaves_nothing_running(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ran = tieline("demo", "--port", "0", "--sandbox-port", str(port), "--folder", str(tmp_path / "var"))
    assert (ran.code, ran.out) == (1, "")
    assert f"Port {port} on 127.0.0.1 is taken" in ran.err
    assert "--sandbox-port" in ran.err
