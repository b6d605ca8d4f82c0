"""Features, requirements and releases, as people make and change them."""

from __future__ import annotations

import pytest

from tieline.store import planning
from tieline.store.models import Clash, Record, RecordChange

pytestmark = pytest.mark.django_db

TYPED = {
    "name": "A new feature",
    "description": "Some *text*",
    "status": "ready",
    "tags": "web, app, web",
    "due": "2027-01-02",
}


def test_a_feature_is_made_with_what_was_typed(scene):
    answer = scene["contributor"].post("/w/FERRY/features/new", TYPED | {"release": scene.release.pk})
    made = Record.objects.get(name="A new feature")
    assert answer["Location"] == f"/w/FERRY/r/{made.ref}"
    assert (made.status, made.tags, str(made.due), made.release_id) == (
        "ready",
        ["app", "web"],
        "2027-01-02",
        scene.release.pk,
    )
    assert made.changes.first().actor == "contributor@acme.io"


def test_a_requirement_belongs_to_its_feature(scene):
    scene["contributor"].post(f"/w/FERRY/r/{scene.feature.ref}/requirements/new", {"name": "Mirror", "status": "new"})
    assert Record.objects.get(name="Mirror").parent_id == scene.feature.pk


def test_a_release_cannot_have_requirements(scene):
    assert scene["owner"].get(f"/w/FERRY/r/{scene.release.ref}/requirements/new").status_code == 404


def test_nothing_typed_is_lost_when_something_does_not_fit(scene):
    answer = scene["contributor"].post("/w/FERRY/features/new", TYPED | {"name": "", "due": "soon", "assignee": "pat"})
    text = answer.content.decode()
    assert answer.status_code == 422
    for words in ("Give it a name.", "Write a date such as 2026-12-01", "Write an e-mail address such as pat@acme.io"):
        assert text.count(words) == 2, words
    for kept in ("Some *text*", 'value="soon"', 'value="pat"', 'value="web, app, web"'):
        assert kept in text, kept
    assert 'role="alert"' in text


@pytest.mark.parametrize("release", ["01a20fc0-0000-7000-8000-000000000000", "'; drop table", "\x00"])
def test_a_release_that_is_none_is_refused(scene, release):
    answer = scene["contributor"].post("/w/FERRY/features/new", TYPED | {"release": release})
    assert answer.status_code == 422


def test_an_edit_writes_only_what_the_person_changed(scene):
    page = scene["contributor"].get(f"/w/FERRY/r/{scene.feature.ref}/edit")
    shown = {one.name: one.value() for one in page.context["form"]}
    planning.edit_record(scene.feature, {"status": "done"}, actor="Jira")
    typed = {name: value if value is not None else "" for name, value in shown.items()} | {"name": "Renamed"}
    assert scene["contributor"].post(f"/w/FERRY/r/{scene.feature.ref}/edit", typed).status_code == 302
    record = Record.objects.get(pk=scene.feature.pk)
    assert (record.name, record.status) == ("Renamed", "done")


def test_two_people_who_change_the_same_field_see_both_values(scene):
    page = scene["contributor"].get(f"/w/FERRY/r/{scene.feature.ref}/edit")
    shown = {one.name: one.value() for one in page.context["form"]}
    planning.edit_record(scene.feature, {"name": "Theirs came first"}, actor="somebody")
    typed = {name: value if value is not None else "" for name, value in shown.items()} | {"name": "Mine came second"}
    answer = scene["contributor"].post(f"/w/FERRY/r/{scene.feature.ref}/edit", typed)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs came first" in text
    assert 'value="Mine came second"' in text
    assert Record.objects.get(pk=scene.feature.pk).name == "Theirs came first"
    again = typed | {"revision": answer.context["form"]["revision"].value()}
    assert scene["contributor"].post(f"/w/FERRY/r/{scene.feature.ref}/edit", again).status_code == 302
    assert Record.objects.get(pk=scene.feature.pk).name == "Mine came second"


def test_the_preview_shows_markdown_and_saves_nothing(scene):
    before = RecordChange.objects.count()
    fragment = scene["contributor"].post("/w/FERRY/preview", {"description": "**bold** <script>alert(1)</script>"})
    assert b"<strong>bold</strong>" in fragment.content
    assert b"<script" not in fragment.content
    page = scene["contributor"].post("/w/FERRY/features/new", TYPED | {"preview": "yes"})
    assert (page.status_code, RecordChange.objects.count()) == (200, before)


@pytest.mark.parametrize(
    ("where", "order"), [("up", "BAC"), ("down", "ACB"), ("1", "BAC"), ("2", "ABC"), ("3", "ACB"), ("99", "ACB")]
)
def test_a_record_moves_up_down_and_to_a_place(scene, where, order):
    made = [planning.create_record(scene.workspace, "release", {"name": name}, actor="x") for name in "ABC"]
    planning.delete_record(scene.release, actor="x")
    scene["contributor"].post(f"/w/FERRY/r/{made[1].ref}/move", {"where": where})
    rows = Record.objects.filter(kind="release", deleted=None, workspace=scene.workspace).order_by("position", "id")
    assert "".join(one.name for one in rows) == order


@pytest.mark.parametrize("where", ["", "0", "-1", "1e9", "٣", "sideways", "9" * 400])
def test_a_place_that_is_none_is_told_and_nothing_moves(scene, where):
    before = list(Record.objects.order_by("pk").values_list("pk", "position"))
    answer = scene["contributor"].post(f"/w/FERRY/r/{scene.feature.ref}/move", {"where": where}, follow=True)
    assert answer.status_code == 200
    assert list(Record.objects.order_by("pk").values_list("pk", "position")) == before


def test_moving_leads_back_only_within_this_site(scene):
    answer = scene["contributor"].post(
        f"/w/FERRY/r/{scene.feature.ref}/move", {"where": "up", "back": "https://evil.example/"}
    )
    assert answer["Location"] == f"/w/FERRY/r/{scene.feature.ref}"


def test_a_deleted_record_is_gone_from_lists_and_pages(scene):
    answer = scene["contributor"].post(f"/w/FERRY/r/{scene.feature.ref}/delete")
    assert answer["Location"] == "/w/FERRY/features"
    assert scene["viewer"].get(f"/w/FERRY/r/{scene.feature.ref}").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=bicycle", True),
        ("q=ROAD-12", True),
        ("q=submarine", False),
        ("status=new", True),
        ("status=done", False),
        ("jira=problem", True),
        ("jira=none", False),
        ("page=99", True),
        ("page=zero&group=none", True),
    ],
)
def test_the_list_narrows_by_words_status_and_jira_state(scene, query, found):
    answer = scene["viewer"].get(f"/w/FERRY/features?{query}")
    assert answer.status_code == 200
    assert (b"Book a bicycle" in answer.content) is found


def test_a_viewer_sees_no_button_that_would_be_refused(scene):
    text = scene["viewer"].get(f"/w/FERRY/r/{scene.feature.ref}").content.decode()
    for word in ("Edit", "Sync now", "Unlink", "Keep ours", "Delete"):
        assert f">{word}<" not in text
        assert f"{word}</button>" not in text


def test_the_record_page_tells_how_it_stands_with_jira(scene):
    text = scene["viewer"].get(f"/w/FERRY/r/{scene.feature.ref}").content.decode()
    assert 'href="https://acme.atlassian.net/browse/ROAD-12"' in text
    assert "In Progress" in text
    assert "May not create versions" in text or "version" in text
    assert "“Name” was changed on both sides" in text


def test_the_live_part_says_nothing_until_something_changed(scene):
    page = scene["viewer"].get(f"/w/FERRY/r/{scene.feature.ref}")
    live = f"/w/FERRY/r/{scene.feature.ref}/live"
    seen = page.context["seen"]
    assert scene["viewer"].get(live, {"seen": seen}).status_code == 204
    planning.edit_record(scene.feature, {"name": "Pulled from Jira"}, actor="Jira")
    answer = scene["viewer"].get(live, {"seen": seen})
    assert answer.status_code == 200
    assert b"Pulled from Jira" in answer.content


def test_a_person_chooses_between_two_values(scene):
    path = f"/w/FERRY/clashes/{scene.clash.pk}"
    scene["contributor"].post(path, {"winner": "mine"})
    assert Clash.objects.get(pk=scene.clash.pk).winner == ""
    scene["contributor"].post(path, {"winner": "theirs"})
    assert Clash.objects.get(pk=scene.clash.pk).winner == "theirs"


def test_hostile_text_is_shown_and_never_run(scene):
    nasty = '"><script>alert(1)</script>'
    planning.edit_record(scene.feature, {"name": nasty, "description": nasty, "tags": [nasty]}, actor=nasty)
    for path in ("features", "features?group=none", f"r/{scene.feature.ref}", f"r/{scene.feature.ref}/edit"):
        assert b"<script>alert" not in scene["owner"].get(f"/w/FERRY/{path}").content
