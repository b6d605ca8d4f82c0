"""How many exchanges the rules judge in a second on one core: the recorded evidence of the tests, and successes."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

from bench.stage import Bench
from tests.evidence.made import CASES, evidence_of
from tieline.diagnosis.classify import classify
from tieline.diagnosis.evidence import Evidence, Exchange, Request, Response

OBSERVED = Path(__file__).resolve().parents[2] / "shared" / "evidence" / "observed-responses.jsonl"
ROUNDS, WANTED = 5, 20_000


def a_success() -> Evidence:
    """What most lines of a log are: an issue that came back."""
    body = json.dumps({"id": "10001", "key": "ROAD-1", "fields": {"summary": "Winter timetable", "labels": ["pier"]}})
    headers = {"Content-Type": "application/json;charset=UTF-8", "X-AAccountId": "557058:1", "Atl-Traceid": "1"}
    request = Request(
        base="https://acme.atlassian.net", path="/rest/api/3/issue/ROAD-1", auth="basic", account="pat@acme.io"
    )
    return Evidence(
        exchanges=(Exchange(id="1", request=request, response=Response(status=200, headers=headers, body=body)),)
    )


def per_second(evidence: list[Evidence], *, seconds: float = 1.0) -> float:
    """Exchanges a second of processor time, the best of a few rounds: other work on the machine only slows."""
    best = 0.0
    for _ in range(ROUNDS):
        began, count = time.process_time(), 0
        while time.process_time() - began < seconds:
            for one in evidence:
                classify(one)
            count += len(evidence)
        best = max(best, count / (time.process_time() - began))
    return best


def recorded() -> list[Evidence]:
    """Published answers where they lie beside the project, else the evidence written for the tests."""
    if OBSERVED.exists():
        from tieline.diagnosis.recorded import parse_recorded

        lines = OBSERVED.read_text(encoding="utf-8").splitlines()
        return [parse_recorded(json.loads(line)) for line in lines]
    return [replace(evidence_of(case), facts={}) for case in CASES]


def measure_classification(bench: Bench) -> None:
    refused, good = per_second(recorded()), per_second([a_success()] * 100)
    bench.note(
        "Recorded refusals and failures judged", f"{refused:,.0f}/s", "one core; a finding with its reasons for each"
    )
    bench.note("Answers of success judged", f"{good:,.0f}/s", "one core; no finding, as for most lines of a log")


if __name__ == "__main__":
    measure_classification(Bench())
