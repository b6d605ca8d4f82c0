"""The port ``Jira``, spoken by the client against the look-alike of both editions."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from tieline.engine import ports
from tieline.jira.allow import parse_allow_list
from tieline.jira.client import JiraClient, build_client
from tieline.jira.door import JiraDoor, build_door
from tieline.jira.options import DoorOptions, Limits, SystemClock
from tieline.jira.secret import Secret
from tieline.records.ids import IssueId
from tieline.records.issue import Edition
from tieline.sandbox.options import SandboxOptions
from tieline.sandbox.server import Sandbox
from tieline.sync.remote import CreateRefusal, IssueRef, NewIssue, Trouble
from tieline.sync.steps import FieldChange

EDITIONS = ["cloud", "dc"]
STORY = "10001"


def client_of(
    sandbox: Sandbox, *, account: str | None = None, secret: str | None = None, read_s: float = 10.0
) -> JiraClient:
    options = DoorOptions(
        base_url=sandbox.url,
        account=account or sandbox.user,
        secret=Secret(secret or sandbox.secret),
        allow=parse_allow_list([urlsplit(sandbox.url).netloc]),
        limits=Limits(read_s=read_s, total_s=20.0),
    )
    return build_client(build_door(options), Edition(sandbox.options.edition), SystemClock())


def started(edition: str, *faults: str) -> Iterator[Sandbox]:
    sandbox = Sandbox.start(SandboxOptions(edition=edition, empty=True, faults=frozenset(faults)))  # type: ignore[arg-type]
    yield sandbox
    sandbox.stop()


@pytest.fixture(params=EDITIONS)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    yield from started(request.param)


@pytest.fixture
def jira(sandbox: Sandbox) -> JiraClient:
    return client_of(sandbox)


def kind_id(jira: JiraClient, sandbox: Sandbox, name: str) -> str:
    schema = jira.read_schema(sandbox.project).value
    assert schema is not None
    return next(one.id for one in schema.issue_types if one.name == name)


def project_id(jira: JiraClient, sandbox: Sandbox) -> str:
    projects = jira.read_projects().value
    assert projects is not None
    return next(one.id for one in projects if one.key == sandbox.project)


def a_story(jira: JiraClient, sandbox: Sandbox, **fields: object) -> NewIssue:
    return NewIssue(
        project_id=project_id(jira, sandbox),
        issue_type_id=kind_id(jira, sandbox, "Story"),
        fields={"summary": "Show berth numbers on the ticket", **fields},
        marker="018f-intent",
    )


def made(jira: JiraClient, new: NewIssue) -> IssueRef:
    answer = jira.create_issue(new)
    assert answer.value is not None, answer
    return answer.value


def change(field: str, old: object, new: object) -> FieldChange:
    return FieldChange(field=field, remote_field=field, old=old, new=new)


def shape_of(kind: type, name: str) -> list[tuple[str, object, object]]:
    parameters = inspect.signature(getattr(kind, name)).parameters.values()
    return [(one.name, one.kind, one.default) for one in parameters]


@pytest.mark.parametrize(("port", "adapter"), [(ports.Jira, JiraClient), (ports.Door, JiraDoor)])
def test_the_adapter_has_every_operation_of_its_port_with_the_same_parameters(port: type, adapter: type) -> None:
    operations = [name for name, value in vars(port).items() if not name.startswith("_") and callable(value)]
    assert operations
    assert {name: shape_of(port, name) for name in operations} == {name: shape_of(adapter, name) for name in operations}


def test_we_are_told_who_we_are(jira: JiraClient, sandbox: Sandbox) -> None:
    myself = jira.read_myself()
    assert myself.ok
    assert myself.value is not None
    assert myself.value.name == "Pat Lindgren"
    assert ("@" in myself.value.id) is False


def test_a_schema_tells_types_with_their_create_screens_and_statuses(jira: JiraClient, sandbox: Sandbox) -> None:
    schema = jira.read_schema(sandbox.project).value
    assert schema is not None
    by_name = {one.name: one for one in schema.issue_types}
    assert by_name["Epic"].level == 1
    assert by_name["Story"].level == 0
    assert by_name["Sub-task"].level == -1
    assert by_name["Sub-task"].subtask
    summary = next(one for one in by_name["Story"].create_fields if one.id == "summary")
    assert summary.required
    assert summary.type == "string"
    assert {one.category for one in by_name["Story"].statuses} == {"new", "indeterminate", "done"}


def test_permissions_are_answered_key_by_key(jira: JiraClient, sandbox: Sandbox) -> None:
    held = jira.read_permissions(sandbox.project, ["CREATE_ISSUES", "ADMINISTER_PROJECTS"])
    assert held.value == {"CREATE_ISSUES": True, "ADMINISTER_PROJECTS": True}


def test_a_created_issue_reads_back_with_every_field(jira: JiraClient, sandbox: Sandbox) -> None:
    body = (
        {
            "type": "doc",
            "version": 1,
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": "By deck."}]}],
        }
        if jira.edition is Edition.CLOUD
        else "By *deck*."
    )
    people = jira.read_people("Amara", sandbox.project).value
    assert people
    ref = made(
        jira,
        a_story(
            jira,
            sandbox,
            description=body,
            labels=["ferry", "ticket"],
            duedate="2027-03-01",
            assignee=people[0].id,
        ),
    )
    issue = jira.read_issue(ref.id).value
    assert issue is not None
    assert issue.key == ref.key
    assert issue.summary == "Show berth numbers on the ticket"
    assert issue.description == body
    assert issue.labels == ("ferry", "ticket")
    assert issue.due is not None
    assert issue.due.isoformat() == "2027-03-01"
    assert issue.assignee is not None
    assert issue.assignee.id == people[0].id
    assert issue.status_category == "new"
    assert issue.updated.tzinfo is not None


def test_a_created_issue_carries_our_marker_among_the_newest(jira: JiraClient, sandbox: Sandbox) -> None:
    ref = made(jira, a_story(jira, sandbox))
    page = jira.read_newest_of_mine(sandbox.project, since=datetime.now(UTC) - timedelta(minutes=5)).value
    assert page is not None
    assert page.markers == {ref.id: "018f-intent"}


def test_an_unassigned_due_less_issue_has_none_of_both(jira: JiraClient, sandbox: Sandbox) -> None:
    people = jira.read_people("Amara", sandbox.project).value
    assert people
    ref = made(jira, a_story(jira, sandbox, assignee=people[0].id, duedate="2027-03-01"))
    answer = jira.edit_issue(ref.id, [change("assignee", people[0].id, None), change("duedate", "2027-03-01", None)])
    assert answer.ok
    issue = jira.read_issue(ref.id).value
    assert issue is not None
    assert issue.assignee is None
    assert issue.due is None


def test_an_edit_of_labels_keeps_what_somebody_else_added(jira: JiraClient, sandbox: Sandbox) -> None:
    ref = made(jira, a_story(jira, sandbox, labels=["ferry", "ticket"]))
    somebody_else = client_of(sandbox)
    assert somebody_else.edit_issue(ref.id, [change("labels", ["ferry", "ticket"], ["ferry", "ticket", "legal"])]).ok
    assert jira.edit_issue(ref.id, [change("labels", ["ferry", "ticket"], ["ferry", "harbour"])]).ok
    issue = jira.read_issue(ref.id).value
    assert issue is not None
    assert set(issue.labels) == {"ferry", "harbour", "legal"}


def test_an_edit_that_changes_nothing_calls_nobody(jira: JiraClient) -> None:
    answer = jira.edit_issue(IssueId("1"), [change("labels", ["a"], ["a"])])
    assert answer.ok
    assert answer.exchanges == ()


def test_a_bulk_create_tells_the_outcome_of_each_in_order(jira: JiraClient, sandbox: Sandbox) -> None:
    story = a_story(jira, sandbox)
    nameless = dataclasses.replace(story, fields={"summary": ""})
    answer = jira.create_issues([story, nameless, story])
    assert answer.value is not None
    first, refused, last = answer.value
    assert isinstance(first, IssueRef)
    assert isinstance(refused, CreateRefusal)
    assert "summary" in refused.messages
    assert isinstance(last, IssueRef)
    assert int(last.id) > int(first.id)


def test_a_bulk_create_of_which_all_fail_is_an_answer_not_a_trouble(jira: JiraClient, sandbox: Sandbox) -> None:
    nameless = dataclasses.replace(a_story(jira, sandbox), fields={"summary": ""})
    answer = jira.create_issues([nameless, nameless])
    assert answer.ok
    assert answer.value is not None
    assert [type(one) for one in answer.value] == [CreateRefusal, CreateRefusal]


def test_reading_in_bulk_leaves_out_what_is_not_there(jira: JiraClient, sandbox: Sandbox) -> None:
    ref = made(jira, a_story(jira, sandbox))
    answer = jira.read_issues([IssueId("999999"), ref.id])
    assert answer.value is not None
    assert [one.id for one in answer.value] == [ref.id]


def test_pages_walk_through_all_issues_once(jira: JiraClient, sandbox: Sandbox) -> None:
    story = a_story(jira, sandbox)
    assert jira.create_issues([story] * 7).ok
    seen: list[str] = []
    token = None
    for _ in range(10):
        page = jira.read_page(sandbox.project, updated_since=None, token=token, size=3).value
        assert page is not None
        seen += [one.key for one in page.issues]
        token = page.next_token
        if token is None:
            break
    assert len(seen) == 7
    assert len(set(seen)) == 7
    assert token is None


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles", "Asia/Kathmandu"])
@pytest.mark.parametrize("edition", EDITIONS)
def test_a_poll_finds_a_change_whatever_the_accounts_time_zone(edition: str, zone: str) -> None:
    sandbox = Sandbox.start(SandboxOptions(edition=edition, empty=True, time_zone=zone))  # type: ignore[arg-type]
    try:
        jira = client_of(sandbox)
        made(jira, a_story(jira, sandbox))
        now = datetime.now(UTC)
        recent = jira.read_page(sandbox.project, updated_since=now - timedelta(minutes=2), token=None).value
        ahead = jira.read_page(sandbox.project, updated_since=now + timedelta(minutes=3), token=None).value
        assert recent is not None
        assert ahead is not None
        assert (len(recent.issues), len(ahead.issues)) == (1, 0)
    finally:
        sandbox.stop()


def test_an_issue_moves_by_a_hop_and_says_where_it_is(jira: JiraClient, sandbox: Sandbox) -> None:
    ref = made(jira, a_story(jira, sandbox))
    hops = jira.read_hops(ref.id).value
    assert hops
    hop = next(one for one in hops if not one.required)
    assert jira.take_hop(ref.id, hop, {}).ok
    issue = jira.read_issue(ref.id).value
    assert issue is not None
    assert issue.status_id == hop.to_status


def test_a_hop_that_is_not_open_is_refused(jira: JiraClient, sandbox: Sandbox) -> None:
    ref = made(jira, a_story(jira, sandbox))
    hops = jira.read_hops(ref.id).value
    assert hops
    closed = dataclasses.replace(hops[0], transition_id="9999")
    assert jira.take_hop(ref.id, closed, {}).trouble is Trouble.REFUSED


def test_a_version_is_made_changed_and_its_date_taken_away(jira: JiraClient, sandbox: Sandbox) -> None:
    home = project_id(jira, sandbox)
    made_version = jira.create_version(home, {"name": "R3", "description": "Summer", "releaseDate": "2027-06-01"}).value
    assert made_version is not None
    assert made_version.name == "R3"
    edited = jira.edit_version(
        made_version.id, [change("released", False, True), change("releaseDate", "2027-06-01", None)]
    ).value
    assert edited is not None
    assert edited.released
    assert edited.release_date is None
    assert edited.description == "Summer"
    listed = jira.read_versions(sandbox.project).value
    assert listed == (edited,)
    assert jira.read_version(made_version.id).value == edited


def test_fix_versions_are_added_and_removed_by_id(jira: JiraClient, sandbox: Sandbox) -> None:
    home = project_id(jira, sandbox)
    first = jira.create_version(home, {"name": "R1"}).value
    second = jira.create_version(home, {"name": "R2"}).value
    assert first is not None
    assert second is not None
    ref = made(jira, a_story(jira, sandbox, fixVersions=[first.id]))
    assert jira.edit_issue(ref.id, [change("fixVersions", [first.id], [second.id])]).ok
    issue = jira.read_issue(ref.id).value
    assert issue is not None
    assert issue.fix_versions == (second.id,)


@pytest.mark.parametrize("child", ["Story", "Sub-task"])
def test_a_child_knows_its_parent_on_both_editions(jira: JiraClient, sandbox: Sandbox, child: str) -> None:
    parent_kind = "Epic" if child == "Story" else "Story"
    fields: dict[str, object] = {"summary": "Tickets"}
    if parent_kind == "Epic" and jira.edition is Edition.DATA_CENTER:
        schema = jira.read_schema(sandbox.project).value
        assert schema is not None
        epic = next(one for one in schema.issue_types if one.name == "Epic")
        fields |= {one.id: "Tickets" for one in epic.create_fields if one.name == "Epic Name"}
    parent = made(
        jira,
        dataclasses.replace(a_story(jira, sandbox), issue_type_id=kind_id(jira, sandbox, parent_kind), fields=fields),
    )
    new = dataclasses.replace(a_story(jira, sandbox, parent=parent.id), issue_type_id=kind_id(jira, sandbox, child))
    ref = made(jira, new)
    fresh = client_of(sandbox)
    issue = fresh.read_issue(ref.id).value
    assert issue is not None
    assert issue.parent == parent.id


def test_what_does_not_exist_is_gone(jira: JiraClient) -> None:
    assert jira.read_issue("999999").trouble is Trouble.GONE
    assert jira.read_version(IssueId("999999")).trouble is Trouble.GONE


def test_a_webhook_is_registered_listed_and_taken_down(jira: JiraClient, sandbox: Sandbox) -> None:
    created = jira.create_webhook(
        name="Tieline",
        url="http://127.0.0.1:9/hooks/jira",
        secret="whsec-0123456789abcdef",
        jql="project = ROAD",
        events=["jira:issue_created", "jira:issue_updated"],
    )
    assert created.value is not None
    assert created.value.enabled
    assert "whsec-0123456789abcdef" not in repr(created.exchanges)
    listed = jira.read_webhooks().value
    assert listed is not None
    assert [one.id for one in listed] == [created.value.id]
    assert listed[0].jql == "project = ROAD"
    assert jira.delete_webhook(created.value.id).ok
    assert jira.read_webhooks().value == ()


def test_a_wrong_secret_is_a_login_trouble_and_nothing_is_repeated(sandbox: Sandbox) -> None:
    jira = client_of(sandbox, secret="not-the-secret")
    answer = jira.read_myself()
    assert answer.trouble is Trouble.LOGIN
    assert len(answer.exchanges) == 1


@pytest.mark.parametrize(
    ("edition", "fault"), [("cloud", "auth-cloud-anonymous-fallback"), ("dc", "auth-anonymous-fallback-dc")]
)
def test_an_answer_given_anonymously_is_a_login_trouble_although_it_is_200(edition: str, fault: str) -> None:
    for sandbox in started(edition, fault):
        assert client_of(sandbox).read_projects().trouble is Trouble.LOGIN


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    ("fault", "reading", "writing"),
    [
        ("rate-limit", Trouble.THROTTLED, Trouble.THROTTLED),
        ("gateway-5xx", Trouble.UNAVAILABLE, Trouble.UNKNOWN),
        ("error-before-effect", None, Trouble.UNKNOWN),
        ("error-after-effect", None, Trouble.UNKNOWN),
        ("answer-lost-before-create", None, Trouble.UNKNOWN),
        ("answer-lost-after-create", None, Trouble.UNKNOWN),
        ("truncated-json", Trouble.UNREADABLE, Trouble.UNKNOWN),
        ("html-with-200", Trouble.UNREADABLE, Trouble.UNKNOWN),
        ("huge-body", Trouble.UNREADABLE, Trouble.UNKNOWN),
        ("deep-json", Trouble.UNREADABLE, Trouble.UNKNOWN),
        ("redirect-internal-host", Trouble.UNAVAILABLE, Trouble.UNAVAILABLE),
        ("net-connection-refused", Trouble.UNAVAILABLE, Trouble.UNAVAILABLE),
        ("net-connection-reset", Trouble.UNAVAILABLE, Trouble.UNKNOWN),
        ("perm-create-issue", None, Trouble.REFUSED),
    ],
)
def test_each_fault_is_told_as_the_trouble_it_is(
    edition: str, fault: str, reading: Trouble | None, writing: Trouble
) -> None:
    for sandbox in started(edition, fault):
        jira = client_of(sandbox)
        assert jira.read_versions(sandbox.project).trouble is reading
        new = NewIssue(project_id="10000", issue_type_id=STORY, fields={"summary": "Berths"}, marker="018f")
        answer = jira.create_issue(new)
        assert answer.trouble is writing
        assert answer.value is None
        assert answer.exchanges
        if writing is Trouble.THROTTLED:
            assert answer.retry_after_s is None or 1 <= answer.retry_after_s <= 3600


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_hidden_project_is_gone_and_not_a_login_trouble(edition: str) -> None:
    for sandbox in started(edition, "perm-project-not-visible"):
        assert client_of(sandbox).read_schema(sandbox.project).trouble is Trouble.GONE
