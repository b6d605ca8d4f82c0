"""Databases of the test run. ``TIELINE_TEST_DATABASE=sqlite|postgresql`` chooses where all database tests run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.postgres import PostgresAbsent, postgres

WANTED = os.environ.get("TIELINE_TEST_DATABASE", "sqlite")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL that lives as long as the test run; without one, the tests that want it are skipped."""
    server = postgres()
    try:
        url = server.__enter__()
    except PostgresAbsent as absent:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs PostgreSQL: {absent}")
        pytest.skip(f"PostgreSQL absent: {absent}")
    try:
        yield url
    finally:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """Point Django at the database that was chosen, before pytest-django makes its test database there."""
    if WANTED == "sqlite":
        return
    if WANTED != "postgresql":
        pytest.fail(f"TIELINE_TEST_DATABASE is sqlite or postgresql, not “{WANTED}”.")
    from django.db import connections

    from tieline.settings import database

    chosen = database(request.getfixturevalue("postgres_url"))
    connections.close_all()
    if hasattr(connections._connections, "default"):
        del connections["default"]
    connections.settings["default"] = connections.configure_settings({"default": chosen})["default"]
