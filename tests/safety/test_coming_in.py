"""Sign-in under attack: links used twice at once, stolen sessions, guessing, and where a sign-in leads."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import ClassVar

import pytest
from django.conf import LazySettings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from tests.web.conftest import PASSWORD, make_person
from tieline.store import people
from tieline.store.models import SignInLink, User
from tieline.wiring.runtime import with_fresh_connections


@pytest.fixture
def pat(db: None, quick_passwords: None) -> User:
    return make_person("pat@acme.io")


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> object:
    return client.post("/sign-in", {"email": email, "password": password, **more})


@pytest.mark.django_db(transaction=True)
def test_a_link_pressed_by_many_at_once_opens_for_one(quick_passwords: None) -> None:
    token = people.make_sign_in_link(people.ensure_admin())
    met: list[int] = []
    together = threading.Barrier(8)

    def press() -> None:
        together.wait(10)
        met.append(Client().post(f"/welcome/{token}").status_code)

    threads = [threading.Thread(target=lambda: with_fresh_connections(press)) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert sorted(met) == [302] + [410] * 7


def test_a_link_that_is_too_old_or_cut_opens_nothing(pat: User) -> None:
    token = people.make_sign_in_link(pat)
    for wrong in (token[:-1], token + "A", token.swapcase(), "A" * 5000, "%00", "..", "'"):
        assert Client().post(f"/welcome/{wrong}").status_code in {400, 404, 410}
    SignInLink.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert Client().post(f"/welcome/{token}").status_code == 410


def test_a_newer_link_ends_the_older_one(pat: User) -> None:
    first, second = people.make_sign_in_link(pat), people.make_sign_in_link(pat)
    assert Client().post(f"/welcome/{first}").status_code == 410
    assert Client().post(f"/welcome/{second}").status_code == 302


def test_a_link_opens_nothing_for_somebody_who_was_switched_off(pat: User) -> None:
    token = people.make_sign_in_link(pat)
    User.objects.filter(pk=pat.pk).update(is_active=False)
    client = Client()
    assert client.post(f"/welcome/{token}").status_code == 410
    assert client.get("/account").status_code == 302


def test_only_digests_of_links_and_sessions_are_kept(pat: User) -> None:
    token = people.make_sign_in_link(pat)
    client = Client()
    sign_in(client, pat.email)
    kept = repr(list(SignInLink.objects.values_list())) + repr(list(Session.objects.values_list()))
    assert token not in kept
    assert client.cookies["sessionid"].value not in kept


def test_a_session_planted_before_the_sign_in_is_worth_nothing_after(pat: User) -> None:
    victim = Client()
    victim.cookies["sessionid"] = "plantedplantedplantedplantedplan"
    sign_in(victim, pat.email)
    key = victim.cookies["sessionid"].value
    assert key != "plantedplantedplantedplantedplan"
    attacker = Client()
    attacker.cookies["sessionid"] = "plantedplantedplantedplantedplan"
    assert attacker.get("/account").status_code == 302
    assert victim.get("/account").status_code == 200


def test_a_session_of_an_anonymous_visitor_gets_another_key_at_sign_in(pat: User) -> None:
    client = Client()
    client.session["theme"] = "dark"
    session = client.session
    session["theme"] = "dark"
    session.save()
    before = client.cookies["sessionid"].value
    sign_in(client, pat.email)
    assert client.cookies["sessionid"].value != before
    stolen = Client()
    stolen.cookies["sessionid"] = before
    assert stolen.get("/account").status_code == 302


def test_a_session_that_was_signed_out_does_not_come_back(pat: User) -> None:
    client = Client()
    sign_in(client, pat.email)
    key = client.cookies["sessionid"].value
    client.post("/sign-out")
    stolen = Client()
    stolen.cookies["sessionid"] = key
    assert stolen.get("/account").status_code == 302


def test_a_new_password_signs_out_every_other_browser(pat: User) -> None:
    here, there = Client(), Client()
    sign_in(here, pat.email)
    sign_in(there, pat.email)
    here.post("/account", {"part": "password", "present": PASSWORD, "password": "another long one"})
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "http://testserver@evil.example/",
        "http://testserver.evil.example/",
        " //evil.example",
        "\t//evil.example",
        "//evil.example\\@testserver",
        "/%5cevil.example/..//evil.example",
        "/a\r\nSet-Cookie: x=1",
        "data:text/html,x",
    ],
)
def test_a_sign_in_leads_to_no_other_site(pat: User, wanted: str) -> None:
    posted, asked = Client(), Client()
    answers = [sign_in(posted, pat.email, next=wanted)]
    sign_in(asked, pat.email)
    answers.append(asked.get("/sign-in", {"next": wanted}))
    for answer in answers:
        place = answer.headers.get("Location", "/")  # type: ignore[attr-defined]
        assert place.startswith("/")
        assert not place.startswith(("//", "/\\"))
        assert not {"\r", "\n"} & set(place)
        assert "x" not in answer.cookies  # type: ignore[attr-defined]


def test_known_unknown_pending_and_switched_off_people_get_the_same_page(pat: User) -> None:
    people.User.objects.create_user("pending@acme.io")
    off = make_person("off@acme.io")
    User.objects.filter(pk=off.pk).update(is_active=False)
    told = {
        email: (answer.status_code, answer.content.decode().replace(email, "…"))
        for email in ("pat@acme.io", "nobody@acme.io", "pending@acme.io", "off@acme.io")
        for answer in [Client().post("/sign-in", {"email": email, "password": "not it at all"})]
    }
    shown = {_without_ids(page) for _, page in told.values()}
    assert {status for status, _ in told.values()} == {422}
    assert len(shown) == 1


def _without_ids(page: str) -> str:
    return re.sub(r'value="[A-Za-z0-9]{64}"|[0-9a-f]{16}', "…", page)


class CountedHasher(MD5PasswordHasher):
    """Counts how often a password is hashed, which is what a refused sign-in takes its time with."""

    hashed: ClassVar[list[str]] = []

    def encode(self, password: str, salt: str) -> str:
        self.hashed.append(password)
        encoded: str = super().encode(password, salt)
        return encoded


@pytest.mark.django_db
def test_known_and_unknown_people_cost_the_same_hashing(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountedHasher"]
    make_person("pat@acme.io")
    User.objects.create_user("pending@acme.io")
    for number, email in enumerate(("pat@acme.io", "nobody@acme.io", "pending@acme.io")):
        CountedHasher.hashed.clear()
        client = Client(REMOTE_ADDR=f"10.0.0.{number}")
        assert client.post("/sign-in", {"email": email, "password": "not it at all"}).status_code == 422
        assert (email, len(CountedHasher.hashed)) == (email, 1)


def test_guessing_from_many_addresses_stops_at_the_limit(pat: User) -> None:
    tries = [sign_in(Client(REMOTE_ADDR=f"10.0.1.{n}"), pat.email, f"guess {n}") for n in range(15)]
    assert [one.status_code for one in tries] == [422] * 10 + [429] * 5  # type: ignore[attr-defined]
    told = Client(REMOTE_ADDR="10.0.2.1").post("/sign-in", {"email": "PAT@acme.io ", "password": PASSWORD})
    assert told.status_code == 429, "another spelling of the e-mail is the same account"


def test_a_guess_at_an_unknown_account_is_counted_the_same(pat: User) -> None:
    tries = [sign_in(Client(REMOTE_ADDR=f"10.0.3.{n}"), "nobody@acme.io", "x") for n in range(11)]
    assert tries[-1].status_code == 429  # type: ignore[attr-defined]


def test_somebody_who_came_by_a_link_cannot_go_round_the_password(quick_passwords: None, db: None) -> None:
    client = Client()
    client.post(f"/welcome/{people.make_sign_in_link(people.ensure_admin())}")
    for path in ("/", "/account", "/system", "/workspaces/new", "/w/FERRY/features"):
        for method in ("get", "post"):
            answer = getattr(client, method)(path)
            assert (path, answer.status_code, answer["Location"]) == (path, 302, "/account/first")
