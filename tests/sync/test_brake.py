from __future__ import annotations

import pytest

from tieline.sync.brake import brake


@pytest.mark.parametrize(
    ("n_changed", "n_total", "waits"),
    [
        (0, 0, False),
        (10, 10, False),
        (11, 20, True),
        (11, 54, True),
        (11, 55, False),
        (50, 10_000, False),
        (51, 10_000, True),
    ],
)
def test_a_run_that_changes_too_much_waits(n_changed: int, n_total: int, waits: bool) -> None:
    assert brake(n_changed, n_total) is waits
