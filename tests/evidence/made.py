"""Evidence written for the purpose: ``cases.jsonl``, one exchange (or a bare case) a line, with the slug it has to give.

Besides the recorded shape a line may hold ``failure``, ``certificate``, ``addresses``, ``elapsed_ms``, ``at``, ``settings`` and
``facts``, as a live check has them. ``listed``: the slug is among the findings, but need not be the first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tieline.diagnosis.evidence import Certificate, Evidence, Failure, Settings, Stage
from tieline.diagnosis.recorded import parse_recorded

CASES = tuple(json.loads(line) for line in (Path(__file__).parent / "cases.jsonl").read_text().splitlines())


def evidence_of(line: Mapping[str, Any]) -> Evidence:
    evidence = parse_recorded(line)
    exchange = evidence.exchanges[0]
    failure, certificate = line.get("failure"), line.get("certificate")
    if failure:
        exchange = replace(exchange, failure=Failure(**{**failure, "stage": Stage(failure["stage"])}))
    if certificate:
        exchange = replace(exchange, certificate=Certificate(**{**certificate, "names": tuple(certificate["names"])}))
    exchange = replace(exchange, addresses=tuple(line.get("addresses", ())), elapsed_ms=line.get("elapsed_ms"))
    exchange = replace(exchange, probe=line.get("probe", ""), at=line.get("at", ""))
    given = dict(line.get("settings", {}))
    given["visible_projects"] = tuple(given.get("visible_projects", ()))
    silent = exchange.response is None and exchange.failure is None and exchange.client_error is None
    return Evidence(settings=Settings(**given), exchanges=() if silent else (exchange,), facts=line.get("facts", {}))
