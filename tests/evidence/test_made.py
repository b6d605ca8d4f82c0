from __future__ import annotations

import pytest

from tests.evidence.made import CASES, evidence_of
from tieline.diagnosis.classify import MOST_POSSIBLE, classify, without
from tieline.diagnosis.finding import Confidence
from tieline.diagnosis.lookalikes import GROUPS_OF

PROBLEMS = [case for case in CASES if case["slug"] != "ok"]
CONTROLS = [case for case in CASES if case["slug"] == "ok"]


def _name(case):
    return f"{case['id']}-{case['slug']}"


@pytest.mark.parametrize("case", PROBLEMS, ids=_name)
def test_the_evidence_gives_its_problem(case):
    slugs = [finding.slug for finding in classify(evidence_of(case))]
    assert case["slug"] in (slugs if case.get("listed") else slugs[:1]), slugs


@pytest.mark.parametrize("case", PROBLEMS, ids=_name)
def test_without_its_rule_the_problem_is_not_found(case):
    evidence = evidence_of(case)
    assert case["slug"] not in [finding.slug for finding in classify(evidence, without(case["slug"]))]


@pytest.mark.parametrize("case", CONTROLS, ids=_name)
def test_success_gives_no_finding(case):
    assert classify(evidence_of(case)) == ()


@pytest.mark.parametrize("case", PROBLEMS, ids=_name)
def test_every_finding_has_reasons_and_what_is_not_certain_has_a_question(case):
    findings = classify(evidence_of(case))
    assert sum(finding.confidence is Confidence.POSSIBLE for finding in findings) <= MOST_POSSIBLE
    for finding in findings:
        assert finding.because
        assert all(len(sentence.split()) >= 3 for sentence in finding.because), finding.because
        if not GROUPS_OF.get(finding.slug):
            continue
        if finding.confidence is Confidence.CERTAIN:
            assert finding.excluded, finding
        else:
            assert finding.probe
            assert finding.group


def test_a_status_that_nobody_read_is_never_certain():
    line = {"request": {"method": "GET", "path": "/rest/api/3/search"}, "deployment": "cloud",
            "response": {"status": 410, "status_quoted": False, "headers": {}, "body": None}}  # fmt: skip
    assert [(f.slug, f.confidence) for f in classify(evidence_of(line))] == [("api-search-removed", Confidence.LIKELY)]
    line["response"]["status_quoted"] = True
    assert classify(evidence_of(line))[0].confidence is Confidence.CERTAIN


def test_a_certain_finding_silences_its_lookalikes_and_says_what_excludes_them():
    line = next(
        case for case in CASES if case["slug"] == "perm-create-version" and case.get("facts", {}).get("project_visible")
    )
    findings = classify(evidence_of(line))
    assert [f.slug for f in findings] == ["perm-create-version"]
    assert findings[0].confidence is Confidence.CERTAIN
    assert any(out.startswith("url-project-key-wrong: ") for out in findings[0].excluded)
