"""Reads that Data Center makes dear: how many calls they take."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.contract.test_jira_client import client_of, kind_id, started
from tieline.jira.client import JiraClient
from tieline.records.ids import IssueId
from tieline.sandbox.server import Sandbox
from tieline.sync.remote import NewIssue


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    yield from started("dc")


def new_issues(jira: JiraClient, sandbox: Sandbox, count: int) -> list[NewIssue]:
    story = kind_id(jira, sandbox, "Story")
    project = jira.read_schema(sandbox.project).value
    assert project is not None
    return [
        NewIssue(
            project_id=project.project.id,
            issue_type_id=story,
            fields={"summary": f"Ferry {number}"},
            marker=f"marker-{number}",
        )
        for number in range(count)
    ]


def test_many_missing_issues_cost_a_handful_of_calls(sandbox: Sandbox) -> None:
    jira = client_of(sandbox)
    made = jira.create_issues(new_issues(jira, sandbox, 20)).value
    assert made is not None
    ids = [one.id for one in made]  # type: ignore[union-attr]
    gone = [IssueId(str(900_000 + number)) for number in range(60)]
    read = jira.read_issues([*gone[:30], *ids, *gone[30:]])
    assert read.value is not None
    assert {one.id for one in read.value} == set(ids)
    assert len(read.exchanges) <= 4


def test_the_marker_of_an_issue_is_asked_once_and_of_those_made_here_never(sandbox: Sandbox) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    maker, other = client_of(sandbox), client_of(sandbox)
    maker.create_issues(new_issues(maker, sandbox, 8))
    mine = maker.read_newest_of_mine(sandbox.project, since=since)
    assert mine.value is not None
    assert set(mine.value.markers.values()) == {f"marker-{number}" for number in range(8)}
    assert not [one for one in mine.exchanges if "/properties/" in one.request.path]
    first = other.read_newest_of_mine(sandbox.project, since=since)
    again = other.read_newest_of_mine(sandbox.project, since=since)
    assert first.value is not None
    assert again.value is not None
    assert first.value.markers == again.value.markers == mine.value.markers
    assert len([one for one in first.exchanges if "/properties/" in one.request.path]) == 8
    assert not [one for one in again.exchanges if "/properties/" in one.request.path]
