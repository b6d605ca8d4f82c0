"""Real answers of real Jiras, published by others, as the judge. They are read where they lie."""

from __future__ import annotations

import pytest

from scripts.score import PAGE, REASONS, read_observed, render_page
from tests.shared_material import skip_without_shared

pytestmark = skip_without_shared("evidence/observed-responses.jsonl")


@pytest.fixture(scope="module")
def verdicts():
    return read_observed()


def test_most_settled_cases_are_right(verdicts):
    settled = [v for v in verdicts if v.settled]
    assert sum(v.right for v in settled) / len(settled) >= 0.95


def test_nothing_certain_is_wrong(verdicts):
    assert [(v.id, v.wrongly_certain) for v in verdicts if v.wrongly_certain] == []


def test_controls_have_no_finding(verdicts):
    assert [v.id for v in verdicts if v.control and v.findings] == []


def test_the_true_cause_itself_comes_first_in_most_cases(verdicts):
    settled = [v for v in verdicts if v.settled]
    assert sum(v.exact for v in settled) / len(settled) >= 0.75


def test_the_page_of_the_score_is_current(verdicts):
    assert PAGE.read_text(encoding="utf-8") == render_page(verdicts), "run make score"


def test_every_miss_has_its_reason_and_no_reason_is_left_over(verdicts):
    assert {v.id for v in verdicts if not v.right} == set(REASONS)
