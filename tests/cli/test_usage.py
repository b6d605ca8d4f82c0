"""What every command has in common: help, exit codes for slips of the pen, and a page that describes it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import typer

from tests.cli.command import COMMAND, Inside, clean_environment
from tieline import __version__
from tieline.cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "command-line.md"
GROUP = typer.main.get_command(app)
COMMANDS = sorted(GROUP.commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_first_what_it_does_and_then_shows_it(inside: Inside, command: str) -> None:
    ran = inside(command, "--help")
    assert (ran.code, ran.err) == (0, "")
    usage, what, *rest = ran.out.split("\n\n")
    assert usage.startswith(f"Usage: tieline {command}")
    assert re.match(r"  [A-Z][a-z]+ ", what), what
    assert re.match(r"  Examples?:\n    .*tieline " + command, rest[0]), rest[0]
    assert inside(command, "-h").out.split() != []


def test_help_of_all_begins_with_examples_and_cuts_no_description(inside: Inside) -> None:
    ran = inside("--help")
    assert ran.code == 0
    assert ran.out.index("Examples:") < ran.out.index("Options:") < ran.out.index("Commands:")
    assert "..." not in ran.out.partition("Commands:")[2]
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", ran.out, re.MULTILINE)


def test_without_a_command_the_help_is_shown(inside: Inside) -> None:
    ran = inside()
    assert (ran.code, ran.out) == (2, "")
    assert "Examples:" in ran.err


def test_version(inside: Inside) -> None:
    assert inside("--version").out == f"tieline {__version__}\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["chekc"], "No such command 'chekc'"),
        (["check"], "Missing argument"),
        (["doctor", "--nope"], "No such option: --nope"),
        (["doctor", "https://a.example", "--self"], "one of them at a time"),
        (["doctor", ""], "Name the address of Jira"),
        (["serve", "--port", "many"], '"many" is not a whole number'),
        (["serve", "--port", "65536"], "65536 is no port"),
        (["demo", "--sandbox-port", "-1"], "-1 is no port"),
        (["demo", "--edition", "server9"], '"server9" is not an edition'),
        (["demo", "--issues", "absent.jsonl"], 'There is no file "absent.jsonl"'),
        (["sandbox", "--port", "1e3"], '"1e3" is not a whole number'),
        (["sandbox", "--index-lag", "soon"], '"soon" is not a number'),
        (["sandbox", "--latency-ms", "-5"], "numbers from 0 up"),
        (["sandbox", "--index-lag", "nan"], "numbers from 0 up"),
        (["worker"], "tieline serve"),
    ],
)
def test_a_slip_of_the_pen_ends_with_2_and_says_what_to_write(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = inside(*words)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert not re.search(r"\b(error|invalid|oops|please)\b|!", ran.err, re.IGNORECASE)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.process
def test_a_failure_of_our_own_is_one_line_and_code_1() -> None:
    for env in ({}, {"TIELINE_DEBUG": "1"}):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [*COMMAND, "explain", "perm-create-version"],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                env=clean_environment(**env),
                check=False,
                timeout=60,
            )
        assert done.returncode == 1
        assert "Tieline itself failed: OSError" in done.stderr
        assert ("Traceback" in done.stderr) == bool(env)


def test_the_page_and_the_command_line_name_the_same_commands_and_options() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert sorted(set(re.findall(r"^## `tieline ([a-z-]+)", page, re.MULTILINE))) == COMMANDS
    for name in COMMANDS:
        told = re.search(rf"^## `tieline {name}.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
        assert told
        written = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", told.group()))
        offered = {
            option
            for parameter in GROUP.commands[name].params  # type: ignore[attr-defined]
            if not getattr(parameter, "hidden", False)
            for option in parameter.opts
            if option.startswith("--")
        }
        assert written == offered, name


def test_the_page_names_every_exit_code() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d+) \|", page, re.MULTILINE) == ["0", "1", "2", "3", "130"]
