"""A world per test. ``world`` runs on Cloud; ``either`` runs the test on both editions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.world import Clock, World, build_world, open_sandbox


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The one clock; Django's own time is this one too."""
    made = Clock()
    monkeypatch.setattr("django.utils.timezone.now", made.now)
    return made


@pytest.fixture
def world(clock: Clock, transactional_db: None) -> Iterator[World]:
    for sandbox in open_sandbox("cloud", clock):
        yield build_world(sandbox, clock)


@pytest.fixture(params=["cloud", "dc"])
def either(request: pytest.FixtureRequest, clock: Clock, transactional_db: None) -> Iterator[World]:
    for sandbox in open_sandbox(request.param, clock):
        yield build_world(sandbox, clock)


@pytest.fixture
def lagging(clock: Clock, transactional_db: None) -> Iterator[World]:
    """Jira's search shows nothing younger than a minute; Tieline allows it three."""
    for sandbox in open_sandbox("cloud", clock, index_lag_s=60.0):
        yield build_world(sandbox, clock)
