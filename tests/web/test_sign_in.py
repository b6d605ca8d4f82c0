"""Coming in: one-time links, passwords, and what is said when they do not fit."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.web.conftest import PASSWORD, make_person
from tieline.store import people
from tieline.store.models import AuditEntry, FailedSignIn, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def pat(quick_passwords):
    return make_person("pat@acme.io")


def sign_in(client, email, password, **extra):
    return client.post("/sign-in", {"email": email, "password": password}, **extra)


def test_a_password_opens_the_page_that_was_wanted(pat):
    client = Client()
    answer = client.post("/sign-in", {"email": "PAT@acme.io", "password": PASSWORD, "next": "/account"})
    assert (answer.status_code, answer["Location"]) == (302, "/account")
    assert client.get("/account").status_code == 200


def test_a_page_elsewhere_is_never_where_a_sign_in_leads(pat):
    answer = Client().post("/sign-in", {"email": pat.email, "password": PASSWORD, "next": "https://evil.example/"})
    assert answer["Location"] == "/"


def test_known_and_unknown_people_read_the_same_words(pat):
    known = sign_in(Client(), "pat@acme.io", "not the password")
    unknown = sign_in(Client(), "nobody@acme.io", "not the password")
    assert known.status_code == unknown.status_code == 422
    words = b"E-mail and password do not belong together."
    assert words in known.content
    assert words in unknown.content


def test_the_eleventh_try_waits_even_with_the_right_password(pat):
    for _ in range(10):
        assert sign_in(Client(), "pat@acme.io", "wrong").status_code == 422
    answer = sign_in(Client(REMOTE_ADDR="10.9.9.9"), "pat@acme.io", PASSWORD)
    assert answer.status_code == 429
    assert b"Wait 15 minutes" in answer.content


def test_one_client_that_guesses_at_many_accounts_waits_too(pat):
    for n in range(10):
        sign_in(Client(), f"nobody{n}@acme.io", "wrong")
    assert sign_in(Client(), "pat@acme.io", PASSWORD).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="10.9.9.9"), "pat@acme.io", PASSWORD).status_code == 302


def test_an_accepted_password_ends_the_count(pat):
    for _ in range(9):
        sign_in(Client(), "pat@acme.io", "wrong")
    assert sign_in(Client(REMOTE_ADDR="10.1.1.1"), "pat@acme.io", PASSWORD).status_code == 302
    assert people.count_failed_sign_ins("pat@acme.io", "10.1.1.1") == 0
    assert FailedSignIn.objects.count() == 9


def test_what_was_typed_stays_but_for_the_password(pat):
    answer = sign_in(Client(), "pat@acme.io", "my wrong password")
    assert b'value="pat@acme.io"' in answer.content
    assert b"my wrong password" not in answer.content


def test_looking_at_a_link_does_not_use_it_up_and_pressing_the_button_does(quick_passwords):
    admin = people.ensure_admin()
    token = people.make_sign_in_link(admin)
    assert Client().get(f"/welcome/{token}").status_code == 200
    client = Client()
    answer = client.post(f"/welcome/{token}")
    assert (answer.status_code, answer["Location"]) == (302, "/account/first")
    assert Client().post(f"/welcome/{token}").status_code == 410


def test_who_came_by_a_link_sets_a_password_before_anything_else(quick_passwords):
    admin = people.ensure_admin()
    client = Client()
    client.post(f"/welcome/{people.make_sign_in_link(admin)}")
    assert client.get("/")["Location"] == "/account/first"
    assert client.get("/system")["Location"] == "/account/first"
    page = client.get("/account/first")
    assert b"admin@localhost" not in page.content
    answer = client.post("/account/first", {"name": "Pat", "email": "Pat@Acme.io", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/").status_code == 200
    assert User.objects.get(pk=admin.pk).email == "pat@acme.io"
    assert AuditEntry.objects.filter(what="account set up").exists()


def test_a_short_password_is_refused_with_what_to_do(quick_passwords):
    client = Client()
    client.post(f"/welcome/{people.make_sign_in_link(people.ensure_admin())}")
    answer = client.post("/account/first", {"name": "Pat", "email": "pat@acme.io", "password": "short"})
    assert answer.status_code == 422
    assert b"at least 10 characters" in answer.content
    assert b'value="Pat"' in answer.content
    assert b'value="short"' not in answer.content


def test_a_new_password_needs_the_present_one(pat):
    client = Client()
    client.force_login(pat)
    wrong = client.post("/account", {"part": "password", "present": "guess", "password": "another long one"})
    assert wrong.status_code == 422
    right = client.post("/account", {"part": "password", "present": PASSWORD, "password": "another long one"})
    assert right.status_code == 302
    assert sign_in(Client(), "pat@acme.io", "another long one").status_code == 302


def test_signing_out_is_a_button_and_no_link(pat):
    client = Client()
    client.force_login(pat)
    assert client.get("/sign-out").status_code == 405
    client.post("/sign-out")
    assert client.get("/").status_code == 302


def test_the_theme_is_kept_with_the_person_and_in_the_browser(pat):
    client = Client()
    client.force_login(pat)
    answer = client.post("/account", {"part": "you", "name": "Pat", "theme": "dark"})
    assert answer.cookies["tieline_theme"].value == "dark"
    assert b'data-theme="dark"' in client.get("/").content


def test_a_form_from_another_site_is_refused(pat):
    client = Client(enforce_csrf_checks=True)
    answer = sign_in(client, "pat@acme.io", PASSWORD)
    assert answer.status_code == 403
    assert b"This form has been open for too long" in answer.content


def test_an_owner_invites_and_the_link_is_shown_once(scene):
    answer = scene["owner"].post("/w/FERRY/members/invite", {"email": "new@acme.io", "role": "viewer"}, follow=True)
    assert b"/welcome/" in answer.content
    assert b"/welcome/" not in scene["owner"].get("/w/FERRY/members").content


def test_the_last_owner_stays(scene):
    owner = scene.workspace.memberships.get(role="owner")
    answer = scene["owner"].post(f"/w/FERRY/members/{owner.pk}/role", {"role": "viewer"}, follow=True)
    assert b"A workspace needs an owner" in answer.content
    assert scene.workspace.memberships.filter(role="owner").count() == 1


def test_a_workspace_key_is_tidied_and_must_be_free(scene):
    admin = scene["admin"]
    taken = admin.post("/workspaces/new", {"name": "Second", "key": "ferry"})
    assert taken.status_code == 422
    assert b"Another workspace has this key" in taken.content
    assert admin.post("/workspaces/new", {"name": "Second", "key": "second"})["Location"] == "/w/SECOND/features"


def test_every_word_is_in_the_one_language_there_is(pat):
    answer = Client(headers={"Accept-Language": "de"}).post("/sign-in", {"email": "pat", "password": ""})
    assert b"Write an e-mail address such as pat@acme.io." in answer.content
    assert answer["Content-Language"] == "en"
