"""Whatever Jira answers, an operation ends as an ``Answer``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieline.diagnosis.evidence import Exchange, Failure, Request, Response, Stage
from tieline.jira.client import JiraClient, build_client
from tieline.jira.door import Reply
from tieline.jira.options import SystemClock
from tieline.jira.reading import DEEPEST, WrongShapeError, parse_json
from tieline.records.ids import IssueId
from tieline.records.issue import Edition
from tieline.sync.remote import Answer, CreateRefusal, IssueRef, NewIssue, ProbeRequest, Trouble
from tieline.sync.snapshot import Hop
from tieline.sync.steps import FieldChange

NAMED = {"X-AAccountId": "5b10", "X-AUSERNAME": "pat", "Content-Type": "application/json"}


class Scripted:
    """A door that answers each path with what is written for it, and notes what was asked."""

    def __init__(
        self, answers: Mapping[str, bytes | Reply], *, status: int = 200, headers: Mapping[str, str] = NAMED
    ) -> None:
        self._answers = answers
        self._status = status
        self._headers = headers
        self.asked: list[ProbeRequest] = []

    def send(self, request: ProbeRequest, *, timeout_s: float | None = None, evidence_bytes: int = 0) -> Reply:
        self.asked.append(request)
        path = request.path.partition("?")[0]
        known = [start for start in self._answers if path.endswith(start)]
        found = self._answers[max(known, key=len)] if known else b"{}"
        if isinstance(found, Reply):
            return found
        edits = (request.method == "PUT" and "/issue/" in path) or (
            request.method == "POST" and path.endswith("/transitions")
        )
        if self._status == 200 and edits:
            return reply(204, b"", self._headers)
        return reply(self._status, found, self._headers)


def reply(status: int, body: bytes, headers: Mapping[str, str] = NAMED, failure: Failure | None = None) -> Reply:
    response = Response(status=status, headers=headers, body=body.decode("utf-8", "replace"))
    exchange = Exchange(id="x", request=Request(auth="basic"), response=response, failure=failure)
    return Reply(exchange=exchange, body=None if failure else body)


def client(door: Scripted, edition: Edition) -> JiraClient:
    return build_client(door, edition, SystemClock())  # type: ignore[arg-type]


USER = {"accountId": "5b10", "name": "pat", "displayName": "Pat", "emailAddress": None, "timeZone": "Europe/Stockholm"}
STATUS = {"id": "3", "name": "In Progress", "statusCategory": {"id": 4, "key": "indeterminate"}}
ISSUE: dict[str, Any] = {
    "id": "10042",
    "key": "ROAD-7",
    "self": "https://acme.example/rest/api/3/issue/10042",
    "properties": {"tieline": {"marker": "018f"}},
    "fields": {
        "summary": "Berths",
        "description": {"type": "doc", "version": 1, "content": []},
        "status": STATUS,
        "issuetype": {"id": "10001", "name": "Story", "subtask": False},
        "project": {"id": "10000", "key": "ROAD"},
        "assignee": USER,
        "duedate": "2027-03-01",
        "labels": ["ferry"],
        "fixVersions": [{"id": "10010", "name": "R1"}],
        "parent": {"id": "10001", "key": "ROAD-1"},
        "updated": "2026-09-07T10:11:12.345+0200",
        "customfield_10014": "ROAD-1",
    },
}
VERSION = {"id": "10010", "name": "R1", "projectId": 10000, "released": False, "releaseDate": "2027-06-01"}
TYPE = {"id": "10001", "name": "Story", "subtask": False, "hierarchyLevel": 0}
META = {
    "fieldId": "summary",
    "name": "Summary",
    "required": True,
    "hasDefaultValue": False,
    "schema": {"type": "string", "system": "summary"},
    "allowedValues": [{"id": "1", "name": "One"}],
}
HOP = {"id": "21", "name": "Start", "to": STATUS, "isAvailable": True, "fields": {"resolution": {"required": True}}}
PAGED = {"startAt": 0, "maxResults": 50, "total": 1, "isLast": True}
GOOD: dict[str, Any] = {
    "/myself": USER,
    "/project/search": {**PAGED, "values": [{"id": "10000", "key": "ROAD", "name": "Road", "lead": USER}]},
    "/project": [{"id": "10000", "key": "ROAD", "name": "Road", "lead": USER}],
    "/project/ROAD": {"id": "10000", "key": "ROAD", "name": "Road"},
    "/project/ROAD/statuses": [{"id": "10001", "name": "Story", "statuses": [STATUS]}],
    "/createmeta/ROAD/issuetypes": {**PAGED, "issueTypes": [TYPE], "values": [TYPE]},
    "/createmeta/ROAD/issuetypes/10001": {**PAGED, "fields": [META], "values": [META]},
    "/mypermissions": {"permissions": {"CREATE_ISSUES": {"id": "11", "havePermission": True}}},
    "/assignable/search": [USER],
    "/issue/ROAD-7": ISSUE,
    "/issue/10042": ISSUE,
    "/issue/bulkfetch": {"issues": [ISSUE], "issueErrors": []},
    "/search/jql": {"issues": [ISSUE], "isLast": True},
    "/search": {**PAGED, "issues": [ISSUE]},
    "/field": [{"id": "customfield_10014", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-epic-link"}}],
    "/issuetype": [TYPE, {"id": "10003", "subtask": True}],
    "/properties/tieline": {"key": "tieline", "value": {"marker": "018f"}},
    "/issue": {"id": "10043", "key": "ROAD-8"},
    "/issue/bulk": {
        "issues": [{"id": "10044", "key": "ROAD-9"}],
        "errors": [{"status": 400, "failedElementNumber": 0, "elementErrors": {"errors": {"summary": "is required"}}}],
    },
    "/transitions": {"transitions": [HOP]},
    "/versions": [VERSION],
    "/version": VERSION,
    "/version/10010": VERSION,
    "/webhook": [
        {
            "self": "https://acme.example/rest/webhooks/1.0/webhook/7",
            "name": "T",
            "events": ["jira:issue_updated"],
            "filters": {},
        }
    ],
}
NEW = NewIssue(
    project_id="10000", issue_type_id="10001", fields={"summary": "Berths", "parent": "10001"}, marker="018f"
)
SINCE = datetime(2026, 9, 7, tzinfo=UTC)
CHANGE = FieldChange(field="release", remote_field="parent", old=None, new="10001")

OPERATIONS: dict[str, Callable[[JiraClient], Answer[Any]]] = {
    "who we are": lambda jira: jira.read_myself(),
    "projects": lambda jira: jira.read_projects(),
    "schema": lambda jira: jira.read_schema("ROAD"),
    "permissions": lambda jira: jira.read_permissions("ROAD", ["CREATE_ISSUES"]),
    "people": lambda jira: jira.read_people("pat", "ROAD"),
    "issue": lambda jira: jira.read_issue("ROAD-7"),
    "issues": lambda jira: jira.read_issues([IssueId("10042"), IssueId("10043")]),
    "page": lambda jira: jira.read_page("ROAD", updated_since=SINCE, token=None),
    "newest": lambda jira: jira.read_newest_of_mine("ROAD", since=SINCE),
    "create": lambda jira: jira.create_issue(NEW),
    "bulk create": lambda jira: jira.create_issues([NEW, NEW]),
    "edit": lambda jira: jira.edit_issue(IssueId("10042"), [CHANGE]),
    "hops": lambda jira: jira.read_hops(IssueId("10042")),
    "take hop": lambda jira: jira.take_hop(IssueId("10042"), Hop(transition_id="21", name="Start", to_status="3"), {}),
    "versions": lambda jira: jira.read_versions("ROAD"),
    "version": lambda jira: jira.read_version(IssueId("10010")),
    "create version": lambda jira: jira.create_version("10000", {"name": "R1"}),
    "edit version": lambda jira: jira.edit_version(IssueId("10010"), [CHANGE]),
    "webhooks": lambda jira: jira.read_webhooks(),
}
WRITES = {"create", "bulk create", "edit", "take hop", "create version", "edit version"}


@pytest.mark.parametrize("edition", list(Edition))
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_good_answer_is_read_by_both_editions(name: str, edition: Edition) -> None:
    answer = OPERATIONS[name](client(Scripted({path: json.dumps(one).encode() for path, one in GOOD.items()}), edition))
    assert answer.trouble is None, answer
    assert answer.exchanges


@pytest.mark.parametrize("edition", list(Edition))
@pytest.mark.parametrize("name", ["edit", "take hop"])
@pytest.mark.parametrize("body", [b"<html><body>Log in</body></html>", b"{}", b"null", b""])
def test_a_page_in_place_of_no_content_leaves_open_whether_it_was_done(
    name: str, edition: Edition, body: bytes
) -> None:
    place = {"edit": "/issue/10042", "take hop": "/transitions"}[name]
    answers = {path: json.dumps(one).encode() for path, one in GOOD.items()} | {place: reply(200, body)}
    jira = client(Scripted(answers), edition)
    renamed = FieldChange(field="name", remote_field="summary", old="Berths", new="Piers")
    told = jira.edit_issue(IssueId("10042"), [renamed]) if name == "edit" else OPERATIONS[name](jira)
    assert told.trouble is Trouble.UNKNOWN


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | st.text(max_size=8) | st.just("10001"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def mutated(value: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """One place of a JSON value changed, dropped or doubled."""
    if isinstance(value, (dict, list)) and value and draw(st.integers(0, 3)):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = draw(st.sampled_from(keys))
        copy: Any = dict(value) if isinstance(value, dict) else list(value)
        match draw(st.integers(0, 4)):
            case 0:
                del copy[key]
            case 1 if isinstance(copy, list):
                copy.append(copy[key])
            case _:
                copy[key] = mutated(copy[key], draw)
        return copy
    return draw(JUNK)


@settings(max_examples=700, deadline=None)
@given(draw=st.data(), edition=st.sampled_from(list(Edition)), name=st.sampled_from(sorted(OPERATIONS)))
def test_no_mutation_of_a_good_answer_is_a_traceback(draw: st.DataObject, edition: Edition, name: str) -> None:
    path = draw.draw(st.sampled_from(sorted(GOOD)))
    answers = {key: json.dumps(one).encode() for key, one in GOOD.items()}
    answers[path] = json.dumps(mutated(GOOD[path], draw.draw)).encode("utf-8", "surrogatepass")
    answer = OPERATIONS[name](client(Scripted(answers), edition))
    assert isinstance(answer, Answer)
    assert (answer.value is None) or answer.trouble is None
    held = [answer.value] if dataclasses.is_dataclass(answer.value) else list(answer.value or ())
    for one in held:
        whole = dataclasses.asdict(one) if dataclasses.is_dataclass(one) else one  # type: ignore[arg-type]
        json.dumps(whole, ensure_ascii=False, allow_nan=False, default=str).encode("utf-8")


@settings(max_examples=200, deadline=None)
@given(
    body=st.binary(max_size=60) | st.sampled_from([json.dumps(one).encode()[:place] for one in GOOD.values() for place in (1, 20, 50)]),
    status=st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 409, 410, 418, 429, 500, 502, 503, 504, 999]),
    edition=st.sampled_from(list(Edition)),
    name=st.sampled_from(sorted(OPERATIONS)),
)  # fmt: skip
def test_no_bytes_and_no_status_are_a_traceback(body: bytes, status: int, edition: Edition, name: str) -> None:
    answer = OPERATIONS[name](client(Scripted(dict.fromkeys(GOOD, body), status=status), edition))
    assert isinstance(answer, Answer)
    assert (answer.value is None) or answer.trouble is None


WORST = {
    "a page instead of JSON": b"<!DOCTYPE html><html><title>Log in</title></html>",
    "the half of it": b'{"issues":[{"id":"1","key":"RO',
    "100,000 brackets": b"[" * 100_000,
    "deep and closed": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deeper than we go": b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2),
    "not a number": b'{"id": NaN}',
    "infinite": b'{"id": 1e999}',
    "a number of 5,000 digits": b'{"id": ' + b"9" * 5000 + b"}",
    "another encoding": '{"id": "1"}'.encode("utf-16"),
    "broken UTF-8": b'{"id": "\xff\xfe"}',
    "nothing": b"",
    "null": b"null",
    "a number": b"7",
    "text": b'"text"',
    "an empty list": b"[]",
    "an empty object": b"{}",
    "a list of nulls": b"[null, null]",
}


@pytest.mark.parametrize("edition", list(Edition))
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("body", WORST.values(), ids=WORST.keys())
def test_an_answer_of_another_shape_is_told_as_one(name: str, edition: Edition, body: bytes) -> None:
    answer = OPERATIONS[name](client(Scripted(dict.fromkeys(GOOD, body)), edition))
    if answer.trouble is None:
        assert body in {b"[]", b"null", b"{}"} or name in {"take hop", "edit"}
    else:
        assert answer.trouble in {Trouble.UNREADABLE, Trouble.UNKNOWN if name in WRITES else Trouble.UNREADABLE}
        assert answer.value is None


def test_duplicate_keys_nulls_and_extra_keys_are_ordinary() -> None:
    body = b'{"id":"1","id":"10042","key":"ROAD-7","names":null,"fields":{"summary":null,"labels":null,"assignee":null,"fixVersions":null,"parent":null,"duedate":null,"description":null,"status":{"id":"1"},"issuetype":{"id":"2"},"updated":"2026-09-07T10:11:12.345Z","customfield_1":{"x":[1]}}}'
    found = client(Scripted({"/issue/10042": body}), Edition.CLOUD).read_issue("10042").value
    assert found is not None
    assert found.id == "10042"
    assert found.project_key == "ROAD"
    assert (found.summary, found.labels, found.assignee, found.due, found.description) == ("", (), None, None, None)
    assert found.status_category == "new"
    assert found.fields == {"customfield_1": {"x": [1]}}


def test_lone_surrogates_and_nul_become_the_replacement_character() -> None:
    assert parse_json(rb'{"a\ud800": ["x\u0000y", "\udfff", "\ud83d\ude00"]}') == {"a�": ["x�y", "�", "😀"]}


def test_jsons_own_byte_order_mark_is_read_over() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


@pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b"-Infinity", b"1e999", b"[" * 5000 + b"]" * 5000])
def test_what_no_database_holds_is_not_read(body: bytes) -> None:
    with pytest.raises(WrongShapeError):
        parse_json(body)


def test_a_list_that_never_ends_is_given_up() -> None:
    again = json.dumps({"values": [{"id": "1", "key": "A"}], "startAt": 0, "total": 99}).encode()
    door = Scripted({"/project/search": again})
    assert client(door, Edition.CLOUD).read_projects().trouble is Trouble.UNREADABLE
    assert len(door.asked) == 2


def test_a_page_without_members_is_the_last_whatever_it_says() -> None:
    empty = json.dumps({"values": [], "startAt": 0, "total": 99, "isLast": False}).encode()
    assert client(Scripted({"/project/search": empty}), Edition.CLOUD).read_projects().value == ()


def test_a_bulk_answer_whose_numbers_do_not_add_up_is_an_unknown_outcome() -> None:
    short = json.dumps({"issues": [{"id": "1", "key": "ROAD-1"}], "errors": []}).encode()
    assert client(Scripted({"/issue/bulk": short}), Edition.CLOUD).create_issues([NEW, NEW]).trouble is Trouble.UNKNOWN


def test_refusals_of_a_bulk_create_stand_in_their_places() -> None:
    body = json.dumps(GOOD["/issue/bulk"]).encode()
    answer = client(Scripted({"/issue/bulk": body}), Edition.CLOUD).create_issues([NEW, NEW])
    assert answer.value == (
        CreateRefusal(messages={"summary": "is required"}),
        IssueRef(id=IssueId("10044"), key="ROAD-9"),  # type: ignore[arg-type]
    )


# --- as whom was it answered ----------------------------------------------------------------------------------------

NAMELESS = {"Content-Type": "application/json"}


def test_an_answer_that_names_nobody_is_checked_once_and_an_anonymous_one_is_a_login_trouble() -> None:
    door = Scripted(
        {"/project/search": b'{"values":[],"isLast":true}', "/myself": reply(401, b"{}", NAMELESS)}, headers=NAMELESS
    )
    answer = client(door, Edition.CLOUD).read_projects()
    assert answer.trouble is Trouble.LOGIN
    assert [one.path.partition("?")[0] for one in door.asked] == ["/rest/api/3/project/search", "/rest/api/3/myself"]


def test_where_something_drops_the_header_its_absence_means_nothing() -> None:
    door = Scripted(
        {"/project/search": b'{"values":[],"isLast":true}', "/myself": json.dumps(USER).encode()}, headers=NAMELESS
    )
    jira = client(door, Edition.CLOUD)
    assert jira.read_projects().ok
    assert jira.read_projects().ok
    assert len(door.asked) == 3


def test_a_404_given_anonymously_is_not_taken_for_a_lost_issue() -> None:
    door = Scripted(
        {
            "/issue/10042": reply(404, b'{"errorMessages":["Issue does not exist"],"errors":{}}', NAMELESS),
            "/myself": reply(401, b"{}", NAMELESS),
        }
    )
    assert client(door, Edition.CLOUD).read_issue("10042").trouble is Trouble.LOGIN


@pytest.mark.parametrize(
    "body",
    [b"<html>Oops, you've found a dead link.</html>", b'{"message":"HTTP 404 Not Found","status-code":404}', b""],
)
def test_a_404_that_is_not_jiras_word_about_the_issue_does_not_make_it_gone(body: bytes) -> None:
    door = Scripted({"/issue/10042": reply(404, body)})
    assert client(door, Edition.CLOUD).read_issue("10042").trouble is Trouble.UNREADABLE


@pytest.mark.parametrize(
    ("status", "headers", "body", "reading", "writing"),
    [
        (200, {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}, b"[]", Trouble.LOGIN, Trouble.LOGIN),
        (200, {"X-AUSERNAME": "anonymous"}, b"[]", Trouble.LOGIN, Trouble.LOGIN),
        (302, {"Location": "/login.jsp"}, b"", Trouble.UNAVAILABLE, Trouble.UNAVAILABLE),
        (400, NAMED, b'{"errorMessages":["no"]}', Trouble.REFUSED, Trouble.REFUSED),
        (401, {}, b"", Trouble.LOGIN, Trouble.LOGIN),
        (401, {"X-AUSERNAME": "fred"}, b"The user fred does not have permission", Trouble.REFUSED, Trouble.REFUSED),
        (403, {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE"}, b"", Trouble.LOGIN, Trouble.LOGIN),
        (403, {}, b"Basic Authentication has been disabled on this instance.", Trouble.LOGIN, Trouble.LOGIN),
        (403, NAMED, b'{"errorMessages":["You may not"]}', Trouble.REFUSED, Trouble.REFUSED),
        (409, NAMED, b"{}", Trouble.REFUSED, Trouble.REFUSED),
        (410, NAMED, b"{}", Trouble.REFUSED, Trouble.REFUSED),
        (429, {"Retry-After": "9"}, b"", Trouble.THROTTLED, Trouble.THROTTLED),
        (500, NAMED, b"{}", Trouble.UNAVAILABLE, Trouble.UNKNOWN),
        (502, {}, b"<html>", Trouble.UNAVAILABLE, Trouble.UNKNOWN),
        (503, {}, b"<html>", Trouble.UNAVAILABLE, Trouble.UNKNOWN),
        (503, {"Retry-After": "9"}, b"", Trouble.UNAVAILABLE, Trouble.UNAVAILABLE),
        (504, {}, b"", Trouble.UNAVAILABLE, Trouble.UNKNOWN),
    ],
)
def test_each_status_is_the_trouble_it_is(
    status: int, headers: dict[str, str], body: bytes, reading: Trouble, writing: Trouble
) -> None:
    door = Scripted(dict.fromkeys(GOOD, reply(status, body, headers)))
    read = client(door, Edition.CLOUD).read_versions("ROAD")
    written = client(door, Edition.CLOUD).create_version("10000", {"name": "R1"})
    assert (read.trouble, written.trouble) == (reading, writing)
    if "Retry-After" in headers:
        assert (read.retry_after_s, written.retry_after_s) == (9, 9)


@pytest.mark.parametrize(
    ("stage", "kind", "reading", "writing"),
    [
        (Stage.SETTINGS, "malformed-address", Trouble.UNAVAILABLE, Trouble.UNAVAILABLE),
        (Stage.RESOLVE, "not-found", Trouble.UNAVAILABLE, Trouble.UNAVAILABLE),
        (Stage.GUARD, "private-address", Trouble.UNAVAILABLE, Trouble.UNAVAILABLE),
        (Stage.CONNECT, "refused", Trouble.UNAVAILABLE, Trouble.UNAVAILABLE),
        (Stage.TLS, "expired", Trouble.UNAVAILABLE, Trouble.UNAVAILABLE),
        (Stage.SEND, "reset", Trouble.UNAVAILABLE, Trouble.UNKNOWN),
        (Stage.READ, "timeout", Trouble.UNAVAILABLE, Trouble.UNKNOWN),
        (Stage.READ, "not-http", Trouble.UNREADABLE, Trouble.UNKNOWN),
    ],
)
def test_each_failure_is_the_trouble_it_is(stage: Stage, kind: str, reading: Trouble, writing: Trouble) -> None:
    failed = Reply(exchange=Exchange(request=Request(auth="basic"), failure=Failure(stage=stage, kind=kind)))
    door = Scripted(dict.fromkeys(GOOD, failed))
    read = client(door, Edition.CLOUD).read_versions("ROAD")
    written = client(door, Edition.CLOUD).create_version("10000", {"name": "R1"})
    assert (read.trouble, written.trouble) == (reading, writing)
