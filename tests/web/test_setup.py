"""Setting up an integration, with a sandbox Jira answering."""

from __future__ import annotations

import re
import time

import pytest

from tests.web.conftest import Scene
from tieline.sandbox.server import Sandbox, SandboxOptions
from tieline.store.models import CheckRun, Connection, Integration, Link, Workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def jira():
    with Sandbox.start(SandboxOptions(edition="cloud")) as sandbox:
        yield sandbox


@pytest.fixture
def allowed(jira, settings):
    settings.ALLOW = [f"127.0.0.1:{re.findall(r':([0-9]+)', jira.url)[0]}"]
    return jira


def ended(run: CheckRun) -> CheckRun:
    until = time.monotonic() + 25
    while time.monotonic() < until:
        run.refresh_from_db()
        if run.state != "running":
            return run
        time.sleep(0.05)
    raise AssertionError("The check did not end.")


def typed(jira, **other):
    return {"base_url": jira.url, "account": jira.user, "secret": jira.secret, "name": ""} | other


def connect(scene: Scene, jira, **other) -> Integration:
    answer = scene["owner"].post("/w/FERRY/integrations/new", typed(jira, **other))
    assert answer.status_code == 302, answer.content.decode()[:4000]
    made = Integration.objects.exclude(pk=scene.integration.pk).get()
    ended(CheckRun.objects.get(integration=made))
    return made


def test_what_was_pasted_is_repaired_and_said(scene, allowed):
    made = connect(scene, allowed, base_url=f' "{allowed.url}/browse/ROAD-7" ', secret=f'"{allowed.secret}"')
    assert made.connection.base_url == allowed.url
    text = scene["owner"].get(f"/w/FERRY/integrations/{made.pk}/check").content.decode()
    assert "The link to a page was cut down to the address of Jira." in text
    assert made.connection.auth == "basic"
    assert CheckRun.objects.get(integration=made).ok


def test_a_token_alone_is_sent_as_a_bearer(scene, allowed):
    made = connect(scene, allowed, account="")
    assert made.connection.auth == "bearer"


def test_a_secret_is_in_no_page_and_no_answer(scene, allowed):
    made = connect(scene, allowed)
    pages = ["check", "connect", "project"]
    for page in pages:
        answer = scene["owner"].get(f"/w/FERRY/integrations/{made.pk}/{page}")
        assert answer.status_code == 200
        assert allowed.secret.encode() not in answer.content
    assert allowed.secret.encode() not in scene["owner"].get(f"/w/FERRY/connections/{made.connection_id}").content


def test_a_refused_form_keeps_what_was_typed_but_for_the_secret(scene, allowed):
    answer = scene["owner"].post("/w/FERRY/integrations/new", typed(allowed, base_url="not an address at all //"))
    assert answer.status_code == 422
    assert allowed.user.encode() in answer.content
    assert allowed.secret.encode() not in answer.content
    assert Connection.objects.count() == 1


def test_the_stored_secret_goes_to_no_other_address(scene, allowed):
    path = f"/w/FERRY/integrations/{scene.integration.pk}/connect"
    answer = scene["owner"].post(
        path, {"base_url": allowed.url, "account": "pat@acme.io", "secret": "", "name": "acme"}
    )
    assert answer.status_code == 422
    assert b"belongs to the former address and goes to no other" in answer.content
    assert Connection.objects.get().base_url == "https://acme.atlassian.net"


def test_a_project_is_chosen_and_a_mapping_suggested(scene, allowed):
    made = connect(scene, allowed)
    answer = scene["owner"].post(f"/w/FERRY/integrations/{made.pk}/project", {"project": "ROAD"})
    assert answer["Location"] == f"/w/FERRY/integrations/{made.pk}/map"
    text = scene["owner"].get(answer["Location"]).content.decode()
    assert "A feature here is a Story in ROAD" in text
    assert "These are suggestions." in text
    tried = scene["owner"].get(f"/w/FERRY/integrations/{made.pk}/try")
    assert tried["Location"] == answer["Location"]


def test_a_project_that_the_account_does_not_see_is_explained_by_the_check(scene, allowed):
    made = connect(scene, allowed)
    scene["owner"].post(f"/w/FERRY/integrations/{made.pk}/project", {"key": "raod"})
    run = ended(CheckRun.objects.filter(integration=made).order_by("-id").first())
    assert run.project_key == "RAOD"
    text = scene["owner"].get(f"/w/FERRY/integrations/{made.pk}/check").content.decode()
    assert "RAOD" in text
    assert 'class="problem"' in text


def test_a_refused_login_shows_its_card_and_what_was_not_run(scene, allowed):
    made = connect(scene, allowed, secret=allowed.secret[:-3] + "xyz")
    text = scene["owner"].get(f"/w/FERRY/integrations/{made.pk}/check").content.decode()
    assert "One step needs attention" in text
    assert "Not run" in text
    assert "Choose the project" not in text


def test_a_jira_below_another_path_is_found_and_taken_with_one_click(scene, settings):
    options = SandboxOptions(edition="dc", faults=frozenset({"url-wrong-context-path"}))
    with Sandbox.start(options) as jira:
        settings.ALLOW = [f"127.0.0.1:{re.findall(r':([0-9]+)', jira.url)[0]}"]
        base = re.match(r"http://[^/]+", jira.url).group()
        made = connect(scene, jira, base_url=base)
        page = f"/w/FERRY/integrations/{made.pk}/check"
        assert f"Jira seems to be at {base}/jira." in scene["owner"].get(page).content.decode()
        scene["owner"].post(f"/w/FERRY/integrations/{made.pk}/use-address")
        run = ended(CheckRun.objects.filter(integration=made).order_by("-id").first())
        made.connection.refresh_from_db()
        assert made.connection.base_url == f"{base}/jira"
        assert run.ok, run.results


def test_the_plan_names_fields_and_writes_nothing(scene, allowed):
    made = connect(scene, allowed)
    owner = scene["owner"]
    Link.objects.all().delete()
    owner.post(f"/w/FERRY/integrations/{made.pk}/project", {"project": "ROAD"})
    page = owner.get(f"/w/FERRY/integrations/{made.pk}/map")
    posted = {"act": "save"}
    for kind in page.context["kinds"]:
        posted[f"{kind.name}-type"] = kind.type
        for row in kind.rows:
            posted |= {
                f"{kind.name}-{row.name}-{part}": getattr(row, part) for part in ("direction", "theirs", "policy")
            }
        posted |= {f"{kind.name}-from-{one.id}": one.ours for one in kind.statuses}
    assert owner.post(f"/w/FERRY/integrations/{made.pk}/map", posted).status_code == 302
    before = len(allowed.world.history)
    text = owner.get(f"/w/FERRY/integrations/{made.pk}/try").content.decode()
    assert "Book a bicycle" in text
    assert "Summary" in text
    assert len(allowed.world.history) == before


def test_a_draft_opens_where_it_was_left(scene, allowed):
    made = connect(scene, allowed)
    text = scene["owner"].get("/w/FERRY/integrations").content.decode()
    assert f'href="/w/FERRY/integrations/{made.pk}/project"' in text
    assert Workspace.objects.filter(key="FERRY").exists()


def test_a_check_that_went_down_with_its_server_is_shown_as_broken_off(scene):
    scene.run.state, scene.run.ok, scene.run.results = "running", None, []
    scene.run.save()
    text = scene["owner"].get(f"/w/FERRY/integrations/{scene.integration.pk}/check").content.decode()
    assert "The check was broken off. Check again." in text
    assert "hx-trigger" not in text


def test_a_key_that_does_not_fit_is_said_with_what_to_do(scene, monkeypatch):
    monkeypatch.setattr("tieline.settings.MASTER_KEY", "ab" * 32)
    answer = scene["owner"].post(f"/w/FERRY/integrations/{scene.integration.pk}/check")
    assert answer.status_code == 503
    assert b"A stored secret cannot be opened" in answer.content


def test_an_import_shows_what_it_would_find_before_it_begins(scene, allowed):
    made = connect(scene, allowed)
    scene["owner"].post(f"/w/FERRY/integrations/{made.pk}/project", {"project": "ROAD"})
    Integration.objects.filter(pk=made.pk).update(state="on")
    text = scene["owner"].get(f"/w/FERRY/integrations/{made.pk}/import").content.decode()
    assert "Versions" in text
    assert "Story" in text
    assert "nothing: not mapped" in text
