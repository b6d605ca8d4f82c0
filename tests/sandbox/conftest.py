from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.sandbox.jira_calls import Clock, Jira, logged_in
from tieline.sandbox import Sandbox, SandboxOptions

Start = Callable[..., Jira]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(clock: Clock) -> Iterator[Start]:
    """Start a sandbox with these options, empty unless told otherwise; it ends with the test."""
    with ExitStack() as stack:

        def begin(edition: str = "cloud", *faults: str, **options: Any) -> Jira:
            more = {"empty": True, **options}
            wanted = SandboxOptions(edition=edition, faults=frozenset(faults), **more)  # type: ignore[arg-type]
            return logged_in(stack.enter_context(Sandbox.start(wanted, now=clock)))

        yield begin


@pytest.fixture(params=["cloud", "dc"])
def jira(request: pytest.FixtureRequest, start: Start) -> Jira:
    """An empty project, once for each edition."""
    return start(request.param)


@pytest.fixture
def cloud(start: Start) -> Jira:
    return start("cloud")


@pytest.fixture
def dc(start: Start) -> Jira:
    return start("dc")
