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
from tieline.sync.steps import FieldChange


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


def test_an_issue_edited_between_two_pages_hides_no_other_one(sandbox: Sandbox) -> None:
    jira = client_of(sandbox)
    made = jira.create_issues(new_issues(jira, sandbox, 40)).value
    assert made is not None
    since = datetime.now(UTC) - timedelta(minutes=5)
    first = jira.read_page(sandbox.project, updated_since=since, token=None, size=20).value
    assert first is not None
    for issue in first.issues[:4]:
        change = FieldChange(field="name", remote_field="summary", old="", new=f"{issue.summary}, later")
        assert jira.edit_issue(issue.id, [change]).ok
    seen = [issue.id for issue in first.issues]
    token = first.next_token
    while token is not None:
        page = jira.read_page(sandbox.project, updated_since=since, token=token, size=20).value
        assert page is not None
        seen += [issue.id for issue in page.issues]
        token = page.next_token
    assert set(seen) == {one.id for one in made}  # type: ignore[union-attr]
    assert len(seen) == 44


def test_pages_of_a_list_that_stands_still_tell_everything_once(sandbox: Sandbox) -> None:
    jira = client_of(sandbox)
    jira.create_issues(new_issues(jira, sandbox, 30))
    seen: list[str] = []
    token, pages = None, 0
    while token is not None or not pages:
        page = jira.read_page(sandbox.project, updated_since=None, token=token, size=10).value
        assert page is not None
        seen += [issue.id for issue in page.issues]
        token, pages = page.next_token, pages + 1
    assert len(seen) == len(set(seen)) == 30
    assert pages <= 5
