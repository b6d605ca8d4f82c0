"""`tieline sandbox` as a process: what it prints, when it answers, how it refuses and how it ends."""

from __future__ import annotations

import gzip
import json
import signal
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.cli.command import Inside, Running, tieline
from tieline.sandbox import FAULTS

ISSUE = {"key": "OLD-1", "summary": "Show the next crossing", "description": "On the quay.", "storypoints": 3}


def ask(url: str) -> int:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        return int(answer.status)


@pytest.mark.process
@pytest.mark.parametrize("edition", ["cloud", "dc"])
def test_the_first_line_comes_once_it_answers_and_sigterm_ends_it(edition: str) -> None:
    with Running("sandbox", "--json", "--edition", edition) as running:
        told = json.loads(running.wait_for("{"))
        assert list(told) == ["url", "user", "secret", "project", "panel"]
        assert ask(f"{told['url']}/rest/api/2/serverInfo") == 200
        assert ask(told["panel"]) == 200
        code, took = running.end(signal.SIGTERM)
    assert (code, took < 5) == (0, True)
    assert len(running.lines) == 1
    assert running.errors == []


@pytest.mark.process
def test_ctrl_c_ends_it_and_what_it_says_is_for_people_without_json() -> None:
    with Running("sandbox", "--fault", "perm-create-version", PYTHONUNBUFFERED="1") as running:
        running.wait_for("Stop it with Ctrl-C")
        code, _ = running.end(signal.SIGINT)
    assert code == 0
    assert "answers at http://127.0.0.1:" in running.lines[0]


@pytest.mark.process
def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        ran = tieline("sandbox", "--json", "--port", str(port))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"Port {port} on 127.0.0.1 is taken. Choose another with --port.\n"


@pytest.mark.process
def test_it_ends_when_whoever_started_it_is_gone() -> None:
    ran = tieline("sandbox", "--json", "--until-stdin-closes", stdin=b"")
    assert ran.code == 0
    assert json.loads(ran.out)["project"] == "ROAD"


def test_a_fault_of_another_name_is_helped_along(inside: Inside) -> None:
    ran = inside("sandbox", "--fault", "perm-create-versions")
    assert (ran.code, ran.out) == (2, "")
    assert "Did you mean perm-create-version" in ran.err
    assert "--list-faults" in ran.err


@pytest.mark.parametrize(
    ("edition", "fault", "right"),
    [("cloud", "auth-captcha-triggered", "--edition dc"), ("dc", "auth-cloud-token-expired", "--edition cloud")],
)
def test_a_fault_of_the_other_edition_is_told(inside: Inside, edition: str, fault: str, right: str) -> None:
    ran = inside("sandbox", "--edition", edition, "--fault", fault)
    assert (ran.code, ran.out) == (2, "")
    assert right in ran.err


def test_an_edition_that_is_none_is_told(inside: Inside) -> None:
    ran = inside("sandbox", "--edition", "server 9")
    assert (ran.code, ran.err) == (2, '"server 9" is not an edition. Say --edition cloud or --edition dc.\n')


def test_the_faults_are_listed(inside: Inside) -> None:
    rows = json.loads(inside("sandbox", "--list-faults", "--json").out)
    assert {row["name"] for row in rows} == set(FAULTS)
    assert all(row.keys() == {"name", "description", "editions", "at_start_only"} for row in rows)
    lines = inside("sandbox", "--list-faults").out.splitlines()
    assert len(lines) == len(FAULTS)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("absent.jsonl", None, 'There is no file "'),
        ("words.jsonl", b"these are words\n", 'Line 1 of "words.jsonl" is not JSON'),
        ("strange.jsonl", json.dumps(ISSUE).encode() + b'\n{"a": 1}\n', "Line 2"),
        ("list.jsonl", b"[1]\n", "Line 1"),
        ("bytes.jsonl", b"\xff\xfe\x00\n", "cannot be read to its end"),
        ("cut.jsonl.gz", gzip.compress(json.dumps(ISSUE).encode() * 50)[:-20], "cannot be read to its end"),
        ("broken.jsonl.gz", b"\x1f\x8b" + b"\x07" * 60, "cannot be read to its end"),
    ],
)
def test_a_file_of_issues_that_is_none_is_told(
    inside: Inside, tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    ran = inside("sandbox", "--data", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


@pytest.mark.parametrize("content", [b"words, not a database" * 100])
def test_a_file_of_state_that_is_none_is_told_and_left_alone(inside: Inside, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "state.sqlite3"
    file.write_bytes(content)
    ran = inside("sandbox", "--state", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert "--state" in ran.err
    assert file.read_bytes() == content


def test_a_place_where_no_state_can_be_kept_is_told(inside: Inside, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    ran = inside("sandbox", "--state", str(tmp_path / "file" / "state.sqlite3"))
    assert ran.code in {1, 2}
    assert str(tmp_path / "file") in ran.err
