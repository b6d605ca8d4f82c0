"""How quickly the command begins to speak, and what it does not load for that."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, clean_environment

pytestmark = pytest.mark.process

LOADED = """
import sys
from tieline.cli.main import main
try:
    main()
except SystemExit:
    pass
print("\\n" + " ".join(sorted(sys.modules)))
"""


def loaded(*words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("words", [["--help"], ["doctor", "--help"], ["serve", "--help"], ["--version"]])
def test_help_loads_no_part_of_tieline_but_the_command_line(words: list[str]) -> None:
    found = loaded(*words)
    assert not found & {"pydantic", "django", "httpx2", "dbos", "ssl", "rich.console", "tieline.settings"}
    rooms = {name.split(".")[1] for name in found if name.startswith("tieline.")}
    assert rooms == {"cli"}


def test_explain_loads_diagnosis_and_nothing_that_talks() -> None:
    found = loaded("explain", "Unhandled error: STATUS=302")
    assert not found & {"pydantic", "django", "httpx2", "dbos", "ssl", "socket", "tieline.settings"}
    assert {name.split(".")[1] for name in found if name.startswith("tieline.")} == {"cli", "diagnosis"}


def test_doctor_loads_no_database_and_no_server() -> None:
    found = loaded("doctor", "http://127.0.0.1:1")
    assert not found & {"pydantic", "django", "dbos", "sqlalchemy", "waitress", "tieline.store", "tieline.sandbox"}
    assert "tieline.sync.views" not in found


def cpu_until_first_line(environment: dict[str, str], *words: str) -> float:
    """Processor seconds of the command, stopped dead at its first line."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen([*COMMAND, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment)
    assert process.stdout
    assert os.read(process.stdout.fileno(), 1)
    process.kill()
    process.wait(10)
    process.stdout.close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize(
    ("most", "words"),
    [
        (0.5, ["doctor", "http://127.0.0.1:1"]),
        (0.3, ["explain", "Unhandled error: STATUS=302"]),
        (0.3, ["--help"]),
    ],
)
def test_the_first_line_comes_at_once(tmp_path: Path, most: float, words: list[str]) -> None:
    environment = clean_environment(PYTHONPYCACHEPREFIX=str(tmp_path), PYTHONUNBUFFERED="1")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([*COMMAND, *words], stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=False)
    best = min(cpu_until_first_line(environment, *words) for _ in range(4))
    assert best <= most
