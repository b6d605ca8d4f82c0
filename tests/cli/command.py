"""The command as people run it: as a process of its own, or inside the test where only its words matter."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tieline.cli.main import main

COMMAND = [sys.executable, "-m", "tieline.cli.main"]
GOLDEN = Path(__file__).parent / "golden"


def clean_environment(**more: str) -> dict[str, str]:
    """Ours, without a setting of Tieline, Django or colours."""
    ours = ("TIELINE_", "DJANGO_", "NO_COLOR", "CLICOLOR", "COLUMNS", "PYTHONUNBUFFERED")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"COLUMNS": "88"} | more


@dataclass(frozen=True, kw_only=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


def tieline(*words: str, stdin: bytes = b"", cwd: Path | None = None, timeout: float = 90, **env: str) -> Ran:
    """A process of its own, run to its end. Standard input and output are pipes, as in a script."""
    done = subprocess.run(
        [*COMMAND, *words],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        timeout=timeout,
        env=clean_environment(**env),
        check=False,
    )
    return Ran(code=done.returncode, out=done.stdout.decode("utf-8"), err=done.stderr.decode("utf-8"))


class Inside:
    """The same command inside the test: no start-up, the same streams, exit code and words."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: str, stdin: bytes = b"", **env: str) -> Ran:
        with self._monkeypatch.context() as patch:
            for name in [name for name in os.environ if name not in clean_environment()]:
                patch.delenv(name)
            for name, value in clean_environment(**env).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["tieline", *words])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
            patch.setattr(sys, "excepthook", sys.excepthook)
            self._capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main()
            said = self._capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Ran(code=code, out=said.out, err=said.err)


class Running:
    """A command that goes on until it is told to stop. Lines of both streams are collected as they come."""

    def __init__(self, *words: str, cwd: Path | None = None, **env: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
            env=clean_environment(**env),
        )
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._collect, args=(stream, kept), daemon=True)
            for stream, kept in ((self.process.stdout, self.lines), (self.process.stderr, self.errors))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _collect(stream: object, kept: list[str]) -> None:
        assert isinstance(stream, io.TextIOWrapper)
        kept.extend(line for line in stream)

    def wait_for(self, words: str, seconds: float = 60) -> str:
        """The first line of standard output with these words."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for line in list(self.lines):
                if words in line:
                    return line
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"{words!r} was not said: {self.lines} {self.errors} (code {self.process.poll()})")

    def end(self, how: int = signal.SIGTERM, seconds: float = 30) -> tuple[int, float]:
        """Send the signal; the exit code and the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(how)
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(5)
        return code, time.monotonic() - began

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)


def golden(name: str, text: str) -> None:
    """``text`` is what the file says. ``TIELINE_TEST_GOLDEN=write`` writes the files anew, to be read in the diff."""
    file = GOLDEN / name
    if os.environ.get("TIELINE_TEST_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def same_every_time(text: str) -> str:
    """Ports, identifiers and times, which differ from run to run, replaced by words."""
    text = re.sub(r"127\.0\.0\.1(:|%3A)\d+", r"127.0.0.1\1PORT", text)
    text = re.sub(
        r"(X-AREQUESTID|Atl-Traceid|X-ASESSIONID)(: |\": \")[0-9a-zA-Z]+", r"\1\2ID", text, flags=re.IGNORECASE
    )
    return re.sub(r'("elapsed_ms": )\d+', r"\1MS", text)
