"""What real Jiras answered is read by our parsers."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.shared_material import shared, skip_without_shared
from tieline.jira.datacenter import DataCenter
from tieline.jira.parse import (
    parse_hops,
    parse_issue,
    parse_issue_type,
    parse_person,
    parse_project,
    parse_statuses,
    parse_version,
)
from tieline.jira.reading import WrongShapeError, objects, parse_json

RECORDED = "recorded/responses.jsonl.gz"
RAW = "data/issues-raw.jsonl.gz"

READERS: dict[str, Callable[[Any], Any]] = {
    "GET /rest/api/2/issue/{issueIdOrKey}": parse_issue,
    "GET /rest/api/2/issue/FOO-123": parse_issue,
    "GET /rest/api/3/issue/{issueIdOrKey}": parse_issue,
    "GET /rest/api/2/issue/{issueIdOrKey}/transitions": parse_hops,
    "GET /rest/api/3/issue/{issueIdOrKey}/transitions": parse_hops,
    "GET /rest/api/2/project/{projectIdOrKey}": parse_project,
    "GET /rest/api/2/project/{projectIdOrKey}/statuses": parse_statuses,
    "GET /rest/api/2/version/{id}": parse_version,
    "GET /rest/api/2/user": parse_person,
    "item of GET /rest/api/2/project": lambda payload: [parse_project(one) for one in objects(payload, "projects")],
    "item of GET /rest/api/2/issuetype": lambda payload: [
        parse_issue_type(one, [], []) for one in objects(payload, "types")
    ],
    "GET /rest/api/2/issue/createmeta/{projectIdOrKey}/issuetypes": DataCenter().parse_types,
}
TRIMMED = 'has no "id"'
"""Some bodies were cut by those who published them: the id is what they left out."""


def lines(path: str) -> list[dict[str, Any]]:
    found = shared(path)
    assert found is not None
    with gzip.open(found, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@skip_without_shared(RECORDED)
def test_recorded_answers_are_read_or_lack_a_part_that_was_cut_out() -> None:
    read = 0
    for line in lines(RECORDED):
        reader = READERS.get(str(line["op"]))
        if reader is None:
            continue
        payload = parse_json(json.dumps(line["body"]).encode())
        try:
            reader(payload)
            read += 1
        except WrongShapeError as exc:
            if TRIMMED not in str(exc):
                pytest.fail(f"{line['repo']} {line['path']}: {exc}")
    assert read >= 15


@skip_without_shared(RAW)
def test_raw_issues_of_public_jiras_are_all_read() -> None:
    issues = [parse_issue(parse_json(json.dumps(line["issue"]).encode())) for line in lines(RAW)]
    assert len(issues) == 150
    assert all(issue.summary and issue.updated.tzinfo and issue.type_name and issue.status_name for issue in issues)
