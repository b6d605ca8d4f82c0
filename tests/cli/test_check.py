"""`tieline check CONNECTION` on an installation with three stored connections, one of them named twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import Ran, clean_environment, tieline
from tieline.sandbox import Sandbox, SandboxOptions

pytestmark = pytest.mark.process

SECRET = "kY7-canary-Wq3-of-the-sandbox-9mT2"
SEED = """
import json, sys
from tieline.cli.installation import open_installation
release = open_installation()
from tieline.store.connections import create_connection
from tieline.store.people import create_workspace, ensure_admin
jira = json.loads(sys.argv[1])
workspace = create_workspace(key="FERRY", name="Ferry booking", owner=ensure_admin())
ids = [
    create_connection(
        workspace, name=name, base_url=jira["url"], auth="basic", account=jira["user"], secret=secret, actor="test"
    ).id
    for name, secret in (("Acme Jira", jira["secret"]), ("Twice", jira["wrong"]), ("TWICE", jira["secret"]))
]
print(json.dumps(ids))
release()
"""
LOOK = """
import sys
from tieline.cli.installation import open_for_a_look
open_for_a_look()
from tieline.store.models import CheckRun
for run in CheckRun.objects.order_by("started"):
    print(run.connection.name, run.state, run.ok, len(run.results))
"""


class Stored:
    """The folder, the ids, and the sandbox behind them."""

    def __init__(self, folder: Path, jira: Sandbox) -> None:
        self.folder = folder
        self.jira = jira
        words = {"url": jira.url, "user": jira.user, "secret": jira.secret, "wrong": SECRET}
        self.ids: list[str] = json.loads(self.run(SEED, json.dumps(words)))

    def run(self, program: str, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program, *words],
            capture_output=True,
            text=True,
            env=clean_environment(TIELINE_DATA=str(self.folder)),
            check=False,
            timeout=90,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def check(self, *words: str, **env: str) -> Ran:
        allowed = {"TIELINE_ALLOW": "127.0.0.0/8"}
        return tieline("check", *words, "--folder", str(self.folder), **{**allowed, **env})


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stored]:
    with Sandbox.start(SandboxOptions(edition="cloud")) as jira:
        yield Stored(tmp_path_factory.mktemp("check"), jira)


def test_by_name_in_any_case_the_steps_are_shown_and_kept(stored: Stored) -> None:
    ran = stored.check("acme JIRA", "--project", "ROAD")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Checking Acme Jira, {stored.jira.url}\n")
    assert ran.out.count("✓") == 12
    assert "All good." in ran.out
    assert "Acme Jira done True 12" in stored.run(LOOK)


def test_by_id_as_json(stored: Stored) -> None:
    ran = stored.check(stored.ids[0], "--project", "ROAD", "--json")
    told = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert list(told) == ["connection", "address", "ok", "calls", "steps", "facts", "problems"]
    assert (told["connection"], told["ok"], told["problems"]) == ("Acme Jira", True, [])


def test_a_problem_is_found_and_the_secret_is_in_no_output(stored: Stored) -> None:
    for more in ([], ["--json"]):
        ran = stored.check(stored.ids[1], *more)
        assert ran.code == 3
        assert "auth-cloud-credentials-rejected" in ran.out
        assert SECRET not in ran.all
        assert SECRET[:14] not in ran.all


def test_a_name_that_two_connections_have_is_asked_back_with_their_ids(stored: Stored) -> None:
    ran = stored.check("twice")
    assert (ran.code, ran.out) == (2, "")
    assert all(one in ran.err for one in stored.ids[1:])
    assert stored.ids[0] not in ran.err


@pytest.mark.parametrize("name", ["Nobody's Jira", "%", "", "'; drop table"])
def test_a_name_that_nobody_has_is_told_with_those_there_are(stored: Stored, name: str) -> None:
    ran = stored.check(name)
    assert (ran.code, ran.out) == (2, "")
    assert f'There is no connection "{name}"' in ran.err
    assert '"Acme Jira"' in ran.err


def test_a_private_address_that_is_not_allowed_is_a_problem_like_any_other(stored: Stored) -> None:
    ran = stored.check(stored.ids[0], TIELINE_ALLOW="")
    assert ran.code == 3
    assert "TIELINE_ALLOW" in ran.out


def test_a_secret_that_the_key_does_not_open_is_told(stored: Stored) -> None:
    key = (stored.folder / "keys" / "master.key").read_text(encoding="utf-8")
    (stored.folder / "keys" / "master.key").write_text("d" * 64, encoding="utf-8")
    try:
        ran = stored.check(stored.ids[0])
        asked = tieline("doctor", "--self", "--folder", str(stored.folder))
    finally:
        (stored.folder / "keys" / "master.key").write_text(key, encoding="utf-8")
    assert ran.code == 1
    assert "itself failed" not in ran.err
    assert ran.err.startswith("A stored secret was sealed with another master key")
    assert asked.code == 3
    assert "3 stored secrets were sealed with another master key" in asked.out


def test_where_nothing_has_been_started_nothing_is_made(tmp_path: Path) -> None:
    ran = tieline("check", "Acme Jira", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert "tieline serve" in ran.err
    assert list(tmp_path.iterdir()) == []
