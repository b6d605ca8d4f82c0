"""Bodies that real Jiras answered with success, read where they lie: none of them is a problem."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.shared_material import shared, skip_without_shared
from tieline.diagnosis.classify import classify
from tieline.diagnosis.evidence import Evidence, Exchange, Request, Response

PATH = "recorded/responses.jsonl.gz"
pytestmark = skip_without_shared(PATH)


@pytest.mark.parametrize("deployment", ["cloud", "dc"])
@pytest.mark.parametrize("auth", ["basic", "bearer"])
def test_real_answers_of_success_give_no_finding(deployment, auth):
    odd = []
    with gzip.open(shared(PATH), "rt", encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            method, _, path = (line["op"] or "GET ").partition(" ")
            status = line["status"] or 200
            if status >= 300:
                continue
            headers = {"Content-Type": "application/json;charset=UTF-8"}
            headers |= (
                {"X-AAccountId": "557058:1"}
                if deployment == "cloud"
                else {"X-AUSERNAME": "pat", "X-Seraph-LoginReason": "OK"}
            )
            exchange = Exchange(
                id=str(line["op"]),
                deployment=deployment,
                request=Request(
                    method=method, path=path, auth=auth, account="pat@acme.io" if deployment == "cloud" else "pat"
                ),
                response=Response(status=status, headers=headers, body=json.dumps(line["body"])),
                elapsed_ms=12,
            )
            odd += [(line["op"], finding.slug) for finding in classify(Evidence(exchanges=(exchange,)))]
    assert odd == []
