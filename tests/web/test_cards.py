"""Cards of a check come back from the database as they were."""

from __future__ import annotations

from tieline.diagnosis.card import build_card
from tieline.diagnosis.evidence import Evidence, Exchange, Failure, Request, Settings, Stage
from tieline.diagnosis.finding import Confidence, Finding
from tieline.web.cards import parse_card

NO_NAME = Exchange(
    id="x1",
    request=Request(method="GET", base="https://jira.acme.io", path="/rest/api/2/serverInfo"),
    failure=Failure(stage=Stage.RESOLVE, kind="not-found", detail="Name or service not known"),
)
FINDING = Finding(
    slug="net-dns-failure",
    confidence=Confidence.CERTAIN,
    because=("The name server has no entry.",),
    excluded=("net-dns-temporary: the answer is final",),
    exchange_ids=("x1",),
)
CARD = build_card(FINDING, Evidence(settings=Settings(address="https://jira.acme.io"), exchanges=(NO_NAME,)))


def test_what_is_excluded_stays_in_words():
    stored = parse_card(CARD.as_json())
    assert stored.excluded == CARD.excluded
    assert stored.excluded[0].endswith("(the answer is final)")
    assert stored.excluded_slugs == ("net-dns-temporary",)


def test_words_of_this_machine_are_not_put_into_jiras_mouth():
    assert CARD.symptom == ("Name or service not known",)
    assert not CARD.from_jira
    assert not parse_card(CARD.as_json()).from_jira
