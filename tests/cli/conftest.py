from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.cli.command import Inside
from tieline.sandbox import Sandbox, SandboxOptions


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Inside:
    return Inside(monkeypatch, capsys)


@pytest.fixture
def start() -> Iterator[Callable[..., Sandbox]]:
    """Start a sandbox with these faults; it ends with the test."""
    with ExitStack() as stack:

        def begin(edition: str, *faults: str) -> Sandbox:
            options = SandboxOptions(edition=edition, faults=frozenset(faults))  # type: ignore[arg-type]
            return stack.enter_context(Sandbox.start(options))

        yield begin
