"""How often Jira is asked, in words."""

from __future__ import annotations

import pytest

from tieline.web.hearing import poll_every


@pytest.mark.parametrize(
    ("seconds", "words"), [(60, "minute"), (300, "5 minutes"), (15, "15 seconds"), (1, "1 second"), (90, "90 seconds")]
)
def test_the_time_between_two_polls_is_said_as_people_say_it(seconds, words, settings) -> None:
    settings.POLL_SECONDS = seconds
    assert poll_every() == words
