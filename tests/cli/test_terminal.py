"""At a terminal: the prompt for the secret, which shows nothing of it, colours, and the keys that interrupt."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.cli.command import clean_environment
from tieline.sandbox import Sandbox

pytestmark = pytest.mark.process

Start = Callable[..., Sandbox]
CANARY = "kY7-canary-at-the-prompt-Wq3"
ATTACH = "import os, sys; os.open(os.ttyname(0), os.O_RDWR); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"


class Terminal:
    """A command with a terminal of its own, typed at and read from."""

    def __init__(self, *words: str, **env: str) -> None:
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-c", ATTACH, "-m", "tieline.cli.main", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env=clean_environment(TERM="xterm", **env),
        )
        os.close(theirs)
        self.shown = ""

    def read(self, until: str = "", seconds: float = 60) -> str:
        """Everything shown, up to these words, or to the end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not (until and until in self.shown):
            if not select.select([self._ours], [], [], 0.1)[0]:
                continue
            try:
                piece = os.read(self._ours, 65536)
            except OSError:
                break
            if not piece:
                break
            self.shown += piece.decode("utf-8", "replace")
        assert until in self.shown, self.shown
        return self.shown

    def type(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def end(self) -> int:
        self.read()
        code = self._process.wait(30)
        with contextlib.suppress(OSError):
            os.close(self._ours)
        return code


def test_the_prompt_shows_nothing_of_the_secret(start: Start) -> None:
    jira = start("cloud", "auth-cloud-credentials-rejected")
    terminal = Terminal("doctor", jira.url, "--user", jira.user)
    terminal.read(f"Password or API token of {jira.user}: ")
    terminal.type(f"{CANARY}\n")
    assert terminal.end() == 3
    assert CANARY not in terminal.shown
    assert "\x1b[1m" in terminal.shown


def test_without_a_user_a_token_is_asked_for_and_without_colours_none_are_shown(start: Start) -> None:
    jira = start("dc")
    terminal = Terminal("doctor", jira.url, NO_COLOR="1")
    terminal.read("Personal access token: ")
    terminal.type("\n")
    assert terminal.end() == 3
    assert "\x1b[" not in terminal.shown


@pytest.mark.parametrize("keys", ["\x03", "\x04"])
def test_ctrl_c_and_ctrl_d_at_the_prompt_interrupt(keys: str) -> None:
    terminal = Terminal("doctor", "https://jira.example", "--user", "pat")
    terminal.read("Password or API token of pat: ")
    terminal.type(keys)
    assert terminal.end() == 130
    assert terminal.shown.rstrip().endswith("Interrupted.")
    assert "Traceback" not in terminal.shown


def test_json_is_indented_for_a_person_and_never_coloured(start: Start) -> None:
    terminal = Terminal("explain", "perm-create-version", "--json")
    assert terminal.end() == 0
    assert terminal.shown.startswith('{\r\n  "slug"')
    assert "\x1b[" not in terminal.shown
