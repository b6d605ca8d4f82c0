"""Entry, rule, page, evidence and words of each problem stay in step."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scripts.problem_pages import PAGES, build_pages
from tests.shared_material import shared, skip_without_shared
from tieline.diagnosis.catalogue import CATALOGUE, FAMILIES, OWN_SLUGS, own
from tieline.diagnosis.catalogue.kit import STAND_INS, fill
from tieline.diagnosis.finding import Actor
from tieline.diagnosis.lookalikes import LOOKALIKES
from tieline.diagnosis.rules import RULES
from tieline.sandbox.faults import FAULTS

EVIDENCE = Path(__file__).parents[1] / "evidence" / "cases.jsonl"
ENTRIES = list(CATALOGUE.values())
CONCLUDED = [entry for entry in ENTRIES if entry.slug not in own.CONDITIONS]
BANNED = re.compile(
    r"\b(?:errors?|oops|please|invalid|fail(?:ed|ure)? to|illegal|fatal|stupid|obviously|simply|just|wrongly configured)\b|!",
    re.IGNORECASE,
)
QUOTED = re.compile(r"`[^`]*`|“[^”]*”|https?://\S+")
VERBS_AFTER_ACTOR = re.compile(r"^[A-Z][a-z]+ ")


def _each(entries=ENTRIES):
    return pytest.mark.parametrize("entry", entries, ids=lambda entry: entry.slug)


def _texts(entry):
    yield entry.title
    yield entry.explanation
    yield entry.known_by
    yield entry.probe or ""
    yield entry.request or ""
    for step in (*entry.resolution, *entry.alternatives):
        yield step.text


def test_every_rule_has_an_entry_and_every_entry_a_rule():
    assert {rule.slug for rule in RULES} == {entry.slug for entry in CONCLUDED}


def test_every_entry_has_evidence():
    told = {json.loads(line)["slug"] for line in EVIDENCE.read_text().splitlines()}
    assert {entry.slug for entry in CONCLUDED} - told == set()


def test_a_slug_stands_in_one_family_only():
    assert sum(len(entries) for entries in FAMILIES.values()) == len(CATALOGUE)


def test_the_pages_are_those_of_the_catalogue():
    present = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    wanted = build_pages()
    assert sorted(present) == sorted(wanted)
    assert [name for name in wanted if wanted[name] != present[name]] == [], "run scripts/problem_pages.py"


def test_lookalikes_name_entries():
    assert {slug for group in LOOKALIKES.values() for slug in group.members} <= set(CATALOGUE)


@skip_without_shared("reference/failure-catalog.md")
def test_the_slugs_are_those_of_the_failure_study_and_our_own():
    study = re.findall(r"^#### `([\w-]+)`", shared("reference/failure-catalog.md").read_text(), re.MULTILINE)
    causes = {slug for slug in study if not slug.startswith("ok")}
    assert causes - set(CATALOGUE) == set()
    assert set(CATALOGUE) - causes == set(OWN_SLUGS)


def test_faults_of_the_sandbox_that_name_a_problem_name_one_of_the_catalogue():
    looks_like_a_slug = {
        name
        for name in FAULTS
        if name.split("-")[0] in ("net", "tls", "url", "redirect", "auth", "perm", "cloud", "waf", "proxy")
    }
    assert looks_like_a_slug - set(CATALOGUE) == set()


@_each()
def test_the_title_is_short_and_a_sentence_without_a_full_stop(entry):
    title = fill(entry.title, {})
    assert len(title) <= 90, len(title)
    assert not title.endswith(".")
    assert title[0].isupper() or title[0] in "“{"


@_each()
def test_the_words_neither_blame_nor_shout(entry):
    for text in _texts(entry):
        found = BANNED.search(QUOTED.sub("", text))
        assert not found, f"{found.group(0)!r} in {text!r}"


@_each()
def test_every_step_has_an_actor_and_begins_with_a_verb(entry):
    assert entry.resolution
    for step in (*entry.resolution, *entry.alternatives):
        assert isinstance(step.who, Actor)
        assert VERBS_AFTER_ACTOR.match(step.text), step.text
        assert step.text.endswith((".", "?")), step.text
        assert step.text.split()[0] not in {"The", "A", "An", "It", "This", "There", "You", "Your", "Jira"}, step.text


@_each()
def test_a_request_for_the_admin_says_where_how_to_verify_and_what_is_not_needed(entry):
    admin_acts = any(step.who is Actor.JIRA_ADMIN for step in (*entry.resolution, *entry.alternatives))
    assert bool(entry.request) == admin_acts
    if entry.request:
        for part in ("Where: ", "To verify: ", "Not needed: "):
            assert part in entry.request


@_each()
def test_facts_have_a_stand_in(entry):
    for text in _texts(entry):
        for name in re.findall(r"\{(\w+)\}", text):
            assert name in STAND_INS, name
        assert "{" not in fill(text, {})


@_each()
def test_a_status_never_stands_without_its_meaning(entry):
    for text in (entry.title, entry.explanation):
        for number in re.findall(r"(?<![\d.#-])[1-5]\d\d(?![\d.])", QUOTED.sub("", text)):
            assert re.search(rf"{number}(?: \(|,| or| says)", text) or "1.2" in text, text


@_each(CONCLUDED)
def test_an_entry_says_what_people_see_and_how_it_is_known(entry):
    assert entry.seen
    assert entry.known_by
    assert entry.explanation.endswith(".")
