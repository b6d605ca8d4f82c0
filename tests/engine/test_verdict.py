"""What a troubled answer means for the work: pure, by recorded-looking evidence."""

from __future__ import annotations

import pytest

from tieline.diagnosis.evidence import Exchange, Failure, Request, Response, Stage
from tieline.engine.ports import Answer, ConnectionView, OpResult, Trouble
from tieline.engine.verdict import Asked, backoff_s, judge
from tieline.records.ids import ConnectionId
from tieline.records.issue import Edition

ASKED = Asked(
    connection=ConnectionView(
        id=ConnectionId("c1"),
        name="Acme",
        base_url="https://acme.atlassian.net",
        api_base="https://acme.atlassian.net",
        edition=Edition.CLOUD,
        auth="basic",
        account="pat@acme.io",
    ),
    project_key="ROAD",
)


def answered(
    status: int, body: str, trouble: Trouble, method: str = "POST", path: str = "/rest/api/3/issue"
) -> Answer[None]:
    exchange = Exchange(
        id="x1",
        deployment="cloud",
        request=Request(
            method=method, base="https://acme.atlassian.net", path=path, auth="basic", account="pat@acme.io"
        ),
        response=Response(
            status=status,
            headers={"Content-Type": "application/json", "X-AAccountId": "712020:1"},
            body=body,
        ),
    )
    return Answer(trouble=trouble, exchanges=(exchange,))


def unreachable(kind: str) -> Answer[None]:
    failure = Failure(stage=Stage.CONNECT, kind=kind, detail="Connection refused")
    exchange = Exchange(request=Request(base="https://acme.atlassian.net", path="/rest/api/3/issue"), failure=failure)
    return Answer(trouble=Trouble.UNAVAILABLE, exchanges=(exchange,))


def test_a_refused_login_holds_the_connection_and_keeps_the_work() -> None:
    refused = answered(401, '{"message":"Client must be authenticated to access this resource."}', Trouble.LOGIN)
    verdict = judge(refused, ASKED, attempts=1, key="op")
    assert verdict.holds
    assert verdict.end.result is OpResult.LATER
    assert verdict.problem is not None
    assert verdict.problem.scope == "connection"


def test_throttling_waits_as_long_as_jira_said_and_shows_no_problem() -> None:
    busy = Answer[None](trouble=Trouble.THROTTLED, retry_after_s=37.0)
    verdict = judge(busy, ASKED, attempts=1, key="op")
    assert (verdict.end.result, verdict.end.after_s, verdict.problem) == (OpResult.LATER, 37.0, None)


def test_what_did_not_reach_jira_is_shown_from_the_second_time_on() -> None:
    assert judge(unreachable("refused"), ASKED, attempts=1, key="op").problem is None
    second = judge(unreachable("refused"), ASKED, attempts=2, key="op")
    assert second.problem is not None
    assert not second.holds
    assert second.end.result is OpResult.LATER


def test_two_changes_of_one_issue_at_once_are_tried_again_soon() -> None:
    conflict = answered(409, '{"errorMessages":["Conflict"],"errors":{}}', Trouble.REFUSED)
    verdict = judge(conflict, ASKED, attempts=1, key="op")
    assert (verdict.end.result, verdict.end.after_s) == (OpResult.LATER, 2.0)


def test_a_refusal_that_nothing_explains_claims_nothing_and_quotes_jira() -> None:
    strange = answered(400, '{"errorMessages":["Zorp is not amused"],"errors":{}}', Trouble.REFUSED)
    verdict = judge(strange, ASKED, attempts=1, key="op")
    assert verdict.end.result is OpResult.PARKED
    assert verdict.problem is not None
    assert verdict.problem.finding.slug == "tieline-unexplained"
    assert verdict.problem.finding.because == ("Jira answered 400 to POST /rest/api/3/issue.",)
    assert verdict.problem.scope == "record"


def test_a_missing_right_holds_up_what_needs_it_and_not_the_connection() -> None:
    refused = answered(
        403,
        '{"errorMessages":["You do not have permission to create versions in this project."],"errors":{}}',
        Trouble.REFUSED,
        path="/rest/api/3/version",
    )
    asked = Asked(
        connection=ASKED.connection,
        project_key="ROAD",
        facts={"permissions": {"ADMINISTER_PROJECTS": False}, "logged_in": True},
    )
    verdict = judge(refused, asked, attempts=1, key="op")
    assert verdict.problem is not None
    assert verdict.problem.finding.slug == "perm-create-version"
    assert verdict.problem.scope == "mapping"
    assert not verdict.holds


@pytest.mark.parametrize("key", ["a", "b", "c"])
def test_failing_work_is_tried_at_most_ten_times_an_hour(key: str) -> None:
    passed, tries = 0.0, 0
    while passed < 3600:
        tries += 1
        passed += backoff_s(tries, key)
    assert tries <= 10


def test_many_ops_that_failed_together_do_not_come_back_together() -> None:
    waits = [backoff_s(3, f"op-{number}") for number in range(200)]
    assert max(waits) - min(waits) > 30
    assert min(waits) >= 60
