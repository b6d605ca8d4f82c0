from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from tieline.store.sessions import SessionStore


def test_a_session_is_found_by_its_key_and_the_key_is_not_in_the_database(db):
    session = SessionStore()
    session["who"] = "pat"
    session.save()
    row = Session.objects.get()
    assert session.session_key not in row.session_key + row.session_data
    assert SessionStore(session.session_key)["who"] == "pat"
    assert session.exists(session.session_key)


def test_what_stands_in_the_database_opens_no_session(db):
    session = SessionStore()
    session["who"] = "pat"
    session.save()
    stolen = SessionStore(Session.objects.get().session_key)
    assert "who" not in stolen
    assert stolen.session_key is None


def test_changes_are_saved_in_the_same_row_and_deleting_ends_the_session(db):
    session = SessionStore()
    session.save()
    session["who"] = "lee"
    session.save()
    assert Session.objects.count() == 1
    session.delete()
    assert not Session.objects.exists()
    assert "who" not in SessionStore(session.session_key)


def test_a_new_key_at_sign_in_leaves_the_old_one_dead(db):
    session = SessionStore()
    session["who"] = "pat"
    session.save()
    before = session.session_key
    session.cycle_key()
    assert session.session_key != before
    assert SessionStore(session.session_key)["who"] == "pat"
    assert "who" not in SessionStore(before)


def test_a_session_ends_with_its_time(db):
    session = SessionStore()
    session["who"] = "pat"
    session.save()
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert "who" not in SessionStore(session.session_key)


def test_the_site_signs_people_in_with_such_sessions(client, plan):
    plan.owner.set_password("correct horse battery")
    plan.owner.save()
    assert client.login(username="pat@acme.io", password="correct horse battery")
    assert client.session["_auth_user_id"] == str(plan.owner.pk)
    assert not Session.objects.filter(session_key=client.cookies["sessionid"].value).exists()
