"""Problems, the log and the catalogue of problems."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.web.conftest import AT
from tieline.diagnosis.catalogue import CATALOGUE
from tieline.store.ids import new_id
from tieline.store.models import LogEntry, Op

pytestmark = pytest.mark.django_db


def test_a_problem_shows_jiras_words_and_who_does_what(scene):
    text = scene["viewer"].get(f"/w/FERRY/problems/{scene.problem.pk}").content.decode()
    assert "either does not exist or you do not have permission to create versions in it" in text
    assert "Jira admin:" in text
    assert "holds up 1 record" in text
    assert scene.feature.name in text


def test_a_problem_of_a_connection_counts_all_that_waits_for_it(scene):
    problem, connection, link = scene.problem, scene.connection, scene.link
    connection.held_by, link.state, problem.scope, problem.connection = (
        problem.slug,
        "waiting",
        "connection",
        connection,
    )
    for row in (connection, link, problem):
        row.save()
    problem.links.clear()
    text = scene["owner"].get(f"/w/FERRY/problems/{problem.pk}").content.decode()
    assert "holds up 1 record" in text
    assert scene.feature.name in text
    assert f"/w/FERRY/connections/{connection.pk}" in text, "where a new secret is entered"


def test_the_request_for_the_jira_admin_stands_in_the_page_without_javascript(scene):
    text = scene["viewer"].get(f"/w/FERRY/problems/{scene.problem.pk}").content.decode()
    assert "<textarea" in text
    assert "Account: pat@acme.io" in text
    assert "ATATT-very-secret" not in text


def test_checking_a_mapping_problem_again_tries_its_records(scene):
    scene["contributor"].post(f"/w/FERRY/problems/{scene.problem.pk}/again")
    assert Op.objects.filter(lane=f"link:{scene.link.pk}", state="waiting").exists()


def test_fixed_problems_have_a_list_of_their_own(scene):
    assert scene.problem.slug in scene["viewer"].get("/w/FERRY/problems").content.decode()
    assert b"Nothing was fixed yet" in scene["viewer"].get("/w/FERRY/problems?show=fixed").content


def test_bodies_of_requests_are_for_those_who_may_edit(scene):
    path = f"/w/FERRY/log/{scene.entry.pk}"
    assert b"errorMessages" in scene["contributor"].get(path).content
    assert b"errorMessages" not in scene["viewer"].get(path).content
    assert b"/rest/api/3/version" in scene["viewer"].get(path).content


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", True),
        ("level=problem", True),
        ("level=info", False),
        ("direction=push", True),
        ("direction=pull", False),
        ("record=FERRY-2", True),
        ("record=road-12", True),
        ("record=FERRY-999", False),
        ("level=nonsense", True),
        ("before=0", False),
    ],
)
def test_the_log_narrows_by_level_direction_and_record(scene, query, shown):
    answer = scene["viewer"].get(f"/w/FERRY/log?{query}")
    assert answer.status_code == 200
    assert ("was not created" in answer.content.decode()) is shown


def test_the_log_follows_along_by_lines_that_came_after(scene):
    after = f"/w/FERRY/log/after?after={scene.entry.pk}"
    assert scene["viewer"].get(after).status_code == 204
    fresh = LogEntry.objects.create(
        id=new_id(), workspace=scene.workspace, at=AT, level="info", direction="pull", sentence="Heard from ROAD-12"
    )
    text = scene["viewer"].get(after).content.decode()
    assert "Heard from ROAD-12" in text
    assert f"after={fresh.pk}" in text
    assert "was not created" not in text


def test_a_paused_log_does_not_ask_again(scene):
    assert b"log/after" in scene["viewer"].get("/w/FERRY/log").content
    assert b"log/after" not in scene["viewer"].get("/w/FERRY/log?follow=no").content


def test_the_catalogue_is_open_to_everybody_and_complete():
    text = Client().get("/problems/").content.decode()
    assert [slug for slug in CATALOGUE if f'href="/problems/{slug}/"' not in text] == []


def test_every_entry_of_the_catalogue_has_a_page():
    assert [slug for slug in CATALOGUE if Client().get(f"/problems/{slug}/").status_code != 200] == []


def test_the_catalogue_is_found_by_jiras_own_words():
    text = Client().get("/problems/", {"q": "captcha"}).content.decode()
    assert "auth-captcha-triggered" in text
    assert "net-connection-refused" not in text


@pytest.mark.parametrize("q", ["<script>", "%" * 500, "x" * 5000])
def test_a_search_for_anything_is_answered(q):
    answer = Client().get("/problems/", {"q": q})
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content


def test_an_unknown_entry_is_not_found():
    assert Client().get("/problems/no-such-problem/").status_code == 404
