from __future__ import annotations

from tieline.diagnosis.card import build_card, render_text
from tieline.diagnosis.classify import classify
from tieline.diagnosis.evidence import Evidence, Exchange, Request, Response, Settings

WORDS = "Project with key 'ROAD' either does not exist or you do not have permission to create versions in it."
EVIDENCE = Evidence(
    settings=Settings(address="https://acme.atlassian.net", account="pat@acme.io", project_key="ROAD"),
    facts={"logged_in": True, "project_visible": True, "edition": "cloud"},
    exchanges=(
        Exchange(
            id="e1",
            probe="create version",
            deployment="cloud",
            request=Request(method="POST", base="https://acme.atlassian.net", path="/rest/api/3/version", auth="basic"),
            response=Response(
                status=404,
                headers={"Content-Type": "application/json", "X-AAccountId": "557:1", "Set-Cookie": "secret=1"},
                body='{"errorMessages":["' + WORDS + '"],"errors":{}}',
            ),
        ),
    ),
)


def card_of(evidence=EVIDENCE, **more):
    return build_card(classify(evidence)[0], evidence, **more)


def test_a_card_names_account_and_project():
    card = card_of()
    assert card.title == "pat@acme.io may not create versions in ROAD"
    assert card.symptom == (WORDS,)
    assert card.confidence_text.startswith("Certain")
    assert card.page == "problems/perm-create-version.md"
    assert card.steps[0].who == "Jira admin"
    assert "pat@acme.io" in card.steps[0].text


def test_the_request_for_the_admin_has_all_an_admin_needs_and_no_secret():
    text = card_of().request_text
    assert "Jira: https://acme.atlassian.net" in text
    assert "Account: pat@acme.io" in text
    assert "Project: ROAD" in text
    assert "Administer Projects" in text
    assert "Where: Project settings" in text
    assert "To verify: " in text
    assert "Not needed: " in text
    assert "secret" not in text


def test_the_evidence_shows_question_answer_and_chosen_headers():
    row = card_of().evidence[0]
    assert row.asked == "POST https://acme.atlassian.net/rest/api/3/version"
    assert row.answered == "404 (not found)"
    assert dict(row.headers) == {"Content-Type": "application/json", "X-AAccountId": "557:1"}


def test_the_text_of_a_card_fits_the_terminal():
    text = render_text(card_of(affected=3), 72)
    assert "3 records wait because of it." in text
    assert "1. Jira admin: Give pat@acme.io the role" in text
    assert max(len(line) for line in text.splitlines() if "://" not in line) <= 72
    assert "1 record waits because of it." in render_text(card_of(affected=1))


def test_a_card_as_json_is_plain():
    shown = card_of().as_json()
    assert shown["slug"] == "perm-create-version"
    assert shown["resolution"][0]["who"] == "Jira admin"
    assert shown["evidence"][0]["headers"]["X-AAccountId"] == "557:1"


def test_long_and_hostile_words_are_cut_and_made_printable():
    hostile = Evidence(
        exchanges=(
            Exchange(
                id="x",
                deployment="dc",
                response=Response(status=502, body="<html><title>" + "\x1b[2Jx" * 400 + "</title>"),
            ),
        )
    )
    card = build_card(classify(hostile)[0], hostile)
    assert all(len(words) <= 300 and words.isprintable() for words in card.symptom)
    assert card.evidence[0].excerpt.isprintable()


def test_without_facts_a_card_reads_well():
    evidence = Evidence(
        exchanges=(
            Exchange(
                id="x",
                response=Response(status=404, body=WORDS),
                request=Request(method="POST", path="/rest/api/2/version", auth="unknown"),
            ),
        )
    )
    assert build_card(classify(evidence)[0], evidence).title == "The account may not create versions in ROAD"
