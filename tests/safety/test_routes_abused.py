"""Every route, asked in ways that no page of ours asks: without the token, with other verbs, with ids of others."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from tests.safety.digest import digest_of_rows
from tests.web.conftest import PASSWORD, Scene, signed_in
from tests.web.test_routes import ASKS_JIRA, ROUTES, address_of, all_patterns
from tieline.store import connections, integrations, people, planning
from tieline.store.ids import new_id
from tieline.store.models import CheckRun, Clash, Link, LogEntry, Membership, Problem, Record, User
from tieline.web.gate import Gate

pytestmark = pytest.mark.django_db

WITHOUT_TOKEN = {"hook"}
"""Signed by its sender instead."""
FOREIGN_IDS = ("member", "clash", "integration", "run", "connection", "problem", "entry", "ref")


def strict(scene: Scene, email: str = "owner@acme.io") -> Client:
    """A browser whose forms are judged as they are outside of tests."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(email=email))
    return client


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "https://evil.example/form", "Sec-Fetch-Site": "cross-site"},
        {"HX-Request": "true"},
    ],
    ids=["no token", "another origin", "no origin", "another page", "htmx"],
)
def test_no_route_writes_for_a_form_from_elsewhere(scene: Scene, headers: dict[str, str]) -> None:
    owner, admin = strict(scene), strict(scene, "admin@acme.io")
    before = digest_of_rows()
    for name in sorted(set(ROUTES) - WITHOUT_TOKEN):
        for client in (owner, admin):
            answer = client.post(address_of(name, scene), {"act": "save", "part": "you"}, headers=headers)
            assert (name, answer.status_code) in {(name, 403), (name, 405), (name, 404)}
            assert (name, answer.status_code) != (name, 404) or name == "asset"
    assert digest_of_rows() == before


def test_a_token_of_another_browser_opens_no_form(scene: Scene) -> None:
    theirs = Client(enforce_csrf_checks=True)
    page = theirs.get("/sign-in").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    answer = strict(scene).post("/w/FERRY/features/new", {"name": "Forged", "csrfmiddlewaretoken": token.group(1)})
    assert answer.status_code == 403
    assert not Record.objects.filter(name="Forged").exists()


@pytest.mark.parametrize("verb", ["get", "head", "options"])
@pytest.mark.parametrize("role", ["owner", "viewer", "admin", "anonymous"])
def test_looking_changes_no_row(scene: Scene, role: str, verb: str) -> None:
    before = digest_of_rows()
    for name in sorted(set(ROUTES) - ASKS_JIRA):
        answer = getattr(scene[role], verb)(address_of(name, scene))
        assert answer.status_code < 500, name
    assert digest_of_rows() == before


@pytest.mark.parametrize("verb", ["put", "patch", "delete", "trace"])
def test_verbs_that_no_page_uses_change_no_row(scene: Scene, verb: str) -> None:
    before = digest_of_rows()
    for name in sorted(set(ROUTES) - ASKS_JIRA):
        answer = getattr(scene["owner"], verb)(address_of(name, scene))
        assert answer.status_code < 500, name
    assert digest_of_rows() == before


# --- what belongs to another workspace -------------------------------------------------------------------------------


@pytest.fixture
def foreign(scene: Scene) -> dict[str, object]:
    """One of everything in the workspace of somebody else, who is no member here."""
    stranger = User.objects.get(email="stranger@elsewhere.io")
    other = Membership.objects.get(user=stranger).workspace
    feature = planning.create_record(other, "feature", {"name": "Their secret plan"}, actor=stranger.email)
    release = planning.create_record(other, "release", {"name": "Their release"}, actor=stranger.email)
    connection = connections.create_connection(
        other,
        name="theirs",
        base_url="https://other.atlassian.net",
        auth="basic",
        account="them@elsewhere.io",
        secret="their-secret",
        actor=stranger.email,
    )
    integration = integrations.create_integration(other, connection, "theirs", actor=stranger.email)
    link = Link.objects.create(id=new_id(), integration=integration, record=feature, remote_kind="issue")
    problem = Problem.objects.create(
        id=new_id(),
        workspace=other,
        connection=connection,
        integration=integration,
        slug="perm-create-version",
        scope="mapping",
        fingerprint="theirs",
        finding={"slug": "perm-create-version", "confidence": "certain"},
        first_seen=scene.problem.first_seen,
        last_seen=scene.problem.last_seen,
    )
    return {
        "member": Membership.objects.get(user=stranger).pk,
        "clash": Clash.objects.create(id=new_id(), link=link, field="name", at=scene.clash.at).pk,
        "integration": integration.pk,
        "run": CheckRun.objects.create(id=new_id(), connection=connection, started=scene.run.started).pk,
        "connection": connection.pk,
        "problem": problem.pk,
        "entry": LogEntry.objects.create(
            id=new_id(), workspace=other, at=scene.entry.at, level="info", direction="push", sentence="Their secret"
        ).pk,
        "ref": feature.ref,
        "release": release.pk,
    }


def test_ids_of_another_workspace_in_the_address_are_not_found(scene: Scene, foreign: dict[str, object]) -> None:
    tried = 0
    for name, (_, args) in sorted(ROUTES.items()):
        if "key" not in args:
            continue
        own = {"key": "FERRY", "integration": scene.integration.pk, "run": scene.run.pk, "ref": scene.feature.ref}
        for place in set(args) & set(FOREIGN_IDS):
            given = [foreign[place] if one == place else own.get(one, "FERRY") for one in args]
            for verb in ("get", "post"):
                answer = getattr(scene["owner"], verb)(reverse(name, args=given))
                assert (name, place, verb, answer.status_code) in {
                    (name, place, verb, 404),
                    (name, place, verb, 405),
                }
                assert b"Their" not in answer.content
                tried += 1
    assert tried > 60


def test_ids_of_another_workspace_in_a_form_are_not_taken(scene: Scene, foreign: dict[str, object]) -> None:
    owner = scene["owner"]
    before = digest_of_rows()
    assert owner.post("/w/FERRY/integrations/new", {"existing": foreign["connection"]}).status_code == 404
    sent = owner.post(f"/w/FERRY/r/{scene.requirement.ref}/send", {"integration": foreign["integration"]})
    assert sent.status_code == 404
    tried = owner.post(f"/w/FERRY/integrations/{scene.integration.pk}/try/send", {"ref": foreign["ref"]})
    assert tried.status_code == 404
    typed = {"name": "Book a bicycle", "status": "new", "release": foreign["release"]}
    for path in (f"/w/FERRY/r/{scene.feature.ref}/edit", "/w/FERRY/features/new"):
        answer = owner.post(path, typed)
        assert answer.status_code == 422
        assert b"Their release" not in answer.content
    assert digest_of_rows() == before


def test_ids_of_another_workspace_in_a_query_show_nothing(scene: Scene, foreign: dict[str, object]) -> None:
    for path in (
        f"/w/FERRY/log?integration={foreign['integration']}",
        f"/w/FERRY/log?record={foreign['ref']}",
        f"/w/FERRY/log/after?after=0&integration={foreign['integration']}",
        f"/w/FERRY/integrations/{scene.integration.pk}/live?seen=x",
        f"/w/FERRY/features/new?release={foreign['release']}",
        "/w/FERRY/features?q=Their",
        "/w/FERRY/log",
        "/w/FERRY/problems",
    ):
        answer = scene["owner"].get(path)
        assert answer.status_code in {200, 204}, path
        assert not re.search(rb"Their (secret|release)", answer.content), path


# --- roles -------------------------------------------------------------------------------------------------------------


def test_every_gate_is_on_some_route_and_no_workspace_route_is_open(scene: Scene) -> None:
    assert {gate for gate, _ in ROUTES.values()} == set(Gate)
    inside = {Gate.VIEWER, Gate.CONTRIBUTOR, Gate.OWNER}
    for one in all_patterns():
        assert str(one.pattern).startswith("w/<str:key>/") == (ROUTES[str(one.name)][0] in inside), one.name


def test_somebody_who_was_switched_off_is_nobody_at_once(scene: Scene) -> None:
    User.objects.filter(email="contributor@acme.io").update(is_active=False)
    assert scene["contributor"].get("/w/FERRY/features").status_code == 302
    assert Client().post("/sign-in", {"email": "contributor@acme.io", "password": PASSWORD}).status_code == 422


def test_somebody_who_was_taken_out_finds_nothing_at_once(scene: Scene) -> None:
    scene["owner"].post(f"/w/FERRY/members/{scene.member.pk}/role", {"role": "none"})
    assert scene["viewer"].get("/w/FERRY/features").status_code == 404


def test_nobody_gives_themselves_a_higher_role(scene: Scene) -> None:
    for role in ("viewer", "contributor"):
        mine = Membership.objects.get(user__email=f"{role}@acme.io")
        assert scene[role].post(f"/w/FERRY/members/{mine.pk}/role", {"role": "owner"}).status_code == 403
        mine.refresh_from_db()
        assert mine.role == role


def test_a_viewer_sees_no_body_of_an_exchange_and_a_contributor_does(scene: Scene) -> None:
    words = b"does not have the right to make versions"
    exchange = scene.entry.exchanges[0]
    exchange["response"]["body"] = f'{{"note": "{words.decode()}"}}'
    exchange["request"]["body"] = '{"name": "the body that was sent"}'
    LogEntry.objects.filter(pk=scene.entry.pk).update(exchanges=[exchange])
    Problem.objects.filter(pk=scene.problem.pk).update(evidence=[exchange])
    for role, seen in (("viewer", False), ("contributor", True)):
        page = scene[role].get(f"/w/FERRY/log/{scene.entry.pk}").content
        assert (words in page) is seen
        assert (b"the body that was sent" in page) is seen
        problem = scene[role].get(f"/w/FERRY/problems/{scene.problem.pk}").content
        assert (words in problem) is seen


# --- invitations -------------------------------------------------------------------------------------------------------


def test_an_invitation_opens_no_account_that_another_workspace_or_the_operator_made(scene: Scene) -> None:
    pending = people.invite_member(
        scene.workspace, email="new@acme.io", role=Membership.objects.get(pk=scene.member.pk).role, actor="owner"
    )
    assert pending.token
    stranger = signed_in(User.objects.get(email="stranger@elsewhere.io"))
    answer = stranger.post("/w/OTHER/members/invite", {"email": "new@acme.io", "role": "viewer"}, follow=True)
    assert answer.status_code == 200
    assert b"/welcome/" not in answer.content
    assert Client().get(f"/welcome/{pending.token}").status_code == 200
    assert Client().post(f"/welcome/{pending.token}").status_code == 302, "the first link still works"


def test_an_invitation_opens_no_account_of_the_operator(scene: Scene) -> None:
    User.objects.filter(pk=User.objects.create_user("operator@acme.io").pk).update(is_admin=True)
    answer = scene["owner"].post(
        "/w/FERRY/members/invite", {"email": "operator@acme.io", "role": "viewer"}, follow=True
    )
    assert b"/welcome/" not in answer.content


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example/", "/\\evil.example", "c", "home", "javascript:x"]
)
def test_a_form_leads_back_to_no_other_site(scene: Scene, back: str) -> None:
    answer = scene["owner"].post(f"/w/FERRY/r/{scene.feature.ref}/move", {"where": "up", "back": back})
    assert answer["Location"] == f"/w/FERRY/r/{scene.feature.ref}"
