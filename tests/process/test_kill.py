"""A real process is killed at every recorded point of its work, and the next one finishes it: nothing lost, nothing doubled.

The points are generated: one run writes down the names it reaches, then one process per point ends itself there with
SIGKILL. Each process first finishes what the one before it left behind.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.postgres import PostgresAbsent, postgres
from tieline.sandbox.options import SandboxOptions
from tieline.sandbox.scheme import PAT
from tieline.sandbox.server import Sandbox

pytestmark = pytest.mark.process
OFTEN = ("hand over", "mark handed", "claim", "settle")
"""What every op goes through: its first time stands for all."""
RUNNER = Path(__file__).with_name("runner.py")


@dataclass(kw_only=True)
class Tieline:
    """Processes of one Tieline, one after the other, on one database and one sandbox."""

    folder: Path
    sandbox: Sandbox
    database_url: str
    errors: str = ""

    def start(self, scenario: str, number: str, **crash: str) -> tuple[int, list[dict[str, Any]]]:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("TIELINE_", "DJANGO_"))},
            "TIELINE_DATABASE_URL": self.database_url,
            "TIELINE_ALLOW": urlsplit(self.sandbox.url).netloc,
            "TIELINE_SEARCH_LAG_SECONDS": "1",
            "TIELINE_DEAD_AFTER_SECONDS": "2",
            "TIELINE_QUIET_SECONDS": "0",
            "TIELINE_POLL_SECONDS": "3600",
            "TIELINE_WORKER_THREADS": "1",
            "TIELINE_CALLS_PER_SECOND": "10000",
            "TIELINE_TEST_JIRA": self.sandbox.url,
            "TIELINE_TEST_USER": self.sandbox.user,
            "TIELINE_TEST_SECRET": self.sandbox.secret,
            "TIELINE_TEST_PROJECT": self.sandbox.project,
            **{f"TIELINE_TEST_CRASH_{name.upper()}": value for name, value in crash.items()},
        }
        ended = subprocess.run(
            [sys.executable, str(RUNNER), str(self.folder), scenario, number],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        lines = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
        self.errors = ended.stderr
        assert ended.returncode in {0, -signal.SIGKILL}, ended.stderr[-3000:]
        return ended.returncode, lines

    def issues(self) -> list[Any]:
        return [one for one in self.sandbox.world.issues.values() if one.creator == PAT]

    def made(self) -> Counter[str]:
        """What this account created in Jira, by what it is called there now."""
        versions = self.sandbox.world.versions.values()
        return Counter([*(one.summary for one in self.issues()), *(one.name for one in versions)])


@pytest.fixture(params=["sqlite", "postgresql"])
def tieline(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tieline]:
    with Sandbox.start(SandboxOptions(edition="cloud", empty=True)) as sandbox:
        if request.param == "sqlite":
            yield Tieline(folder=tmp_path / "tieline", sandbox=sandbox, database_url="")
            return
        try:
            with postgres() as url:
                yield Tieline(folder=tmp_path / "tieline", sandbox=sandbox, database_url=url)
        except PostgresAbsent as absent:
            if os.environ.get("CI") == "true":
                pytest.fail(f"CI needs PostgreSQL: {absent}")
            pytest.skip(f"PostgreSQL absent: {absent}")


def points_of(tieline: Tieline, scenario: str, number: str, log: Path) -> list[str]:
    code, states = tieline.start(scenario, number, log=str(log))
    assert code == 0
    assert_all_in_step(states[-1])
    reached = dict.fromkeys(log.read_text(encoding="utf-8").split("\n")[:-1])
    return [one for one in reached if one.endswith("#1") or not any(often in one for often in OFTEN)]


def assert_all_in_step(state: dict[str, Any], errors: str = "") -> None:
    assert state["ops"] == [], errors[-3000:]
    assert state["problems"] == []
    assert {one[0] for one in state["links"].values()} == {"in-step"}


def kill_everywhere(tieline: Tieline, scenario: str, points: list[str]) -> tuple[int, Counter[str]]:
    """One process per point; how many of them were really killed, and what is linked in the end, by name."""
    killed = 0
    for number, point in enumerate(points):
        code, states = tieline.start(scenario, str(number), at=point)
        assert_all_in_step(states[0], tieline.errors)
        killed += code == -signal.SIGKILL
    code, states = tieline.start("look", "")
    assert code == 0
    assert_all_in_step(states[0], tieline.errors)
    return killed, Counter(name.partition(":")[2] for name in states[0]["links"])


def test_sending_a_feature_and_a_release_survives_a_kill_at_every_point(tieline: Tieline, tmp_path: Path) -> None:
    points = points_of(tieline, "send", "first", tmp_path / "points")
    assert {"before create issue#1", "after create version#1", "before settle#1"} <= set(points)
    killed, linked = kill_everywhere(tieline, "send", points)
    assert killed >= len(points) * 0.8
    assert tieline.made() == linked
    assert {f"R{number}" for number in range(len(points))} <= set(linked)
    assert {"Ferry first", f"Ferry {len(points) - 1}"} <= set(linked)
    versions = {one.id: one.name for one in tieline.sandbox.world.versions.values()}
    for issue in tieline.issues():
        assert [versions[one] for one in issue.fix_versions] == [f"R{issue.summary.removeprefix('Ferry ')}"]


@pytest.mark.parametrize("tieline", ["sqlite"], indirect=True)
def test_a_batch_survives_a_kill_at_every_point(tieline: Tieline, tmp_path: Path) -> None:
    points = points_of(tieline, "batch", "first", tmp_path / "points")
    points = [one for one in points if "batch" in one]
    assert {"before create batch#1", "after create batch#1", "after save batch#1"} <= set(points)
    _, linked = kill_everywhere(tieline, "batch", points)
    assert tieline.made() == linked
    wanted = {"first", *(str(number) for number in range(len(points)))}
    assert tieline.made() == Counter([f"Ferry {one}{part}" for one in wanted for part in "abc"])


@pytest.mark.parametrize("tieline", ["sqlite"], indirect=True)
def test_an_edit_survives_a_kill_at_every_point(tieline: Tieline, tmp_path: Path) -> None:
    tieline.start("send", "first")
    points = points_of(tieline, "edit", "first", tmp_path / "points")
    assert {"before edit#1", "after edit#1"} <= set(points)
    kill_everywhere(tieline, "edit", points)
    last = str(len(points) - 1)
    assert tieline.made() == Counter([f"Ferry edit {last}", "Rfirst"])
    (issue,) = tieline.issues()
    assert issue.labels == (f"t{last}",)
