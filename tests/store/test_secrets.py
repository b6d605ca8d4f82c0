from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pytest

from tieline import settings
from tieline.store import connections
from tieline.store.keys import KeyTrouble, ensure_keys, parse_keys
from tieline.store.models import Connection
from tieline.store.secrets import seal, sealed_with, unseal

PLACE = {"table": "connection", "column": "secret", "row": "one", "origin": "https://jira.acme.io:443"}
NEW_KEY = base64.urlsafe_b64encode(b"n" * 32).decode()


def test_a_sealed_secret_opens_at_its_own_place_only():
    sealed = seal("töp s3cret", **PLACE)
    assert b"s3cret" not in sealed
    assert unseal(sealed, **PLACE) == "töp s3cret"
    for moved in (
        {"row": "two"},
        {"column": "other"},
        {"table": "integration"},
        {"origin": "https://evil.example:443"},
    ):
        with pytest.raises(KeyTrouble, match="does not belong"):
            unseal(sealed, **(PLACE | moved))


def test_the_same_secret_sealed_twice_looks_different():
    assert seal("same", **PLACE) != seal("same", **PLACE)


def test_no_altered_byte_of_a_sealed_secret_is_accepted():
    sealed = seal("s3cret", **PLACE)
    for index in range(len(sealed)):
        altered = sealed[:index] + bytes([sealed[index] ^ 1]) + sealed[index + 1 :]
        with pytest.raises(KeyTrouble):
            unseal(altered, **PLACE)
    for cut in range(len(sealed)):
        with pytest.raises(KeyTrouble):
            unseal(sealed[:cut], **PLACE)


def test_while_a_key_is_changed_the_new_one_seals_and_both_open(monkeypatch):
    before = seal("old secret", **PLACE)
    monkeypatch.setattr(settings, "MASTER_KEY", f"{NEW_KEY} {settings.MASTER_KEY}")
    after = seal("new secret", **PLACE)
    assert sealed_with(after) != sealed_with(before)
    assert (unseal(before, **PLACE), unseal(after, **PLACE)) == ("old secret", "new secret")


def test_a_secret_of_another_master_key_says_which_key_and_what_to_do(monkeypatch):
    sealed = seal("old secret", **PLACE)
    monkeypatch.setattr(settings, "MASTER_KEY", NEW_KEY)
    with pytest.raises(KeyTrouble, match=f"{sealed_with(sealed).hex()}.*Restore that key"):
        unseal(sealed, **PLACE)


@pytest.mark.parametrize("text", ["", "   ", "c2hvcnQ=", "not base64 at all!", "ff" * 31, "é" * 43])
def test_a_missing_or_damaged_key_is_refused_with_a_remedy(text):
    with pytest.raises(KeyTrouble, match=r"Restore keys/master\.key"):
        parse_keys(text)


def test_a_key_may_be_hexadecimal_or_base64_with_or_without_padding():
    raw = os.urandom(32)
    padded = base64.urlsafe_b64encode(raw).decode()
    assert parse_keys(f"{raw.hex()},{padded} {padded.rstrip('=')}") == (raw, raw, raw)


def test_key_files_are_made_once_and_only_their_owner_can_read_them(tmp_path: Path):
    made = ensure_keys(tmp_path)
    assert {path.name for path in made} == {"master.key", "django.key"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    texts = [path.read_text() for path in made]
    assert ensure_keys(tmp_path) == ()
    assert [path.read_text() for path in made] == texts


def test_no_new_key_is_made_beside_a_database_that_needs_the_old_one(tmp_path: Path):
    (tmp_path / "tieline.sqlite3").write_bytes(b"SQLite format 3\x00")
    with pytest.raises(KeyTrouble, match="missing"):
        ensure_keys(tmp_path)
    assert not (tmp_path / "keys" / "master.key").exists()


def test_a_key_file_and_an_environment_that_differ_are_refused(tmp_path: Path, monkeypatch):
    ensure_keys(tmp_path)
    monkeypatch.setenv("TIELINE_MASTER_KEY", NEW_KEY)
    with pytest.raises(KeyTrouble, match="differ"):
        ensure_keys(tmp_path)
    both = f"{NEW_KEY} {(tmp_path / 'keys' / 'master.key').read_text().strip()}"
    monkeypatch.setenv("TIELINE_MASTER_KEY", both)
    assert ensure_keys(tmp_path) == ()


def test_an_empty_key_file_is_not_replaced_in_silence(tmp_path: Path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "master.key").write_text("\n")
    with pytest.raises(KeyTrouble, match="missing"):
        ensure_keys(tmp_path)


def test_a_connection_keeps_its_secret_sealed_and_gives_it_back_to_the_door(plan):
    row = Connection.objects.get(id=plan.connection.id)
    assert b"s3cret-of-pat" not in bytes(row.secret)
    assert connections.open_secret(row) == "s3cret-of-pat"
    assert (row.secret_set_by, row.secret_shape) == ("pat@acme.io", "password-like")


def test_another_address_drops_the_secret_and_the_same_origin_keeps_it(plan):
    same = connections.edit_connection(
        plan.connection, changes={"base_url": "https://JIRA.acme.io:443/other"}, secret=None, actor="pat@acme.io"
    )
    assert connections.open_secret(same) == "s3cret-of-pat"
    moved = connections.edit_connection(
        plan.connection, changes={"base_url": "https://jira.evil.example/jira"}, secret=None, actor="pat@acme.io"
    )
    assert moved.secret is None
    assert connections.open_secret(moved) == ""
    assert moved.secret_shape == ""
    assert moved.login_accepted_at is None


@pytest.mark.parametrize(
    "address", ["http://jira.acme.io/jira", "https://jira.acme.io:8443/jira", "https://jira2.acme.io/jira"]
)
def test_scheme_port_and_host_each_are_another_origin(plan, address):
    moved = connections.edit_connection(plan.connection, changes={"base_url": address}, secret=None, actor="pat")
    assert connections.open_secret(moved) == ""


def test_a_secret_whose_address_was_changed_behind_our_back_does_not_open(plan):
    Connection.objects.filter(id=plan.connection.id).update(
        base_url="https://evil.example", origin="https://evil.example:443"
    )
    with pytest.raises(KeyTrouble, match="does not belong"):
        connections.open_secret(Connection.objects.get(id=plan.connection.id))


def test_a_new_secret_goes_with_a_new_address(plan):
    moved = connections.edit_connection(
        plan.connection, changes={"base_url": "https://jira2.acme.io"}, secret="other s3cret", actor="lee@acme.io"
    )
    assert connections.open_secret(moved) == "other s3cret"
    assert moved.secret_set_by == "lee@acme.io"


def test_settings_that_are_not_there_to_be_edited_are_refused(plan):
    with pytest.raises(ValueError, match="secret_set_by"):
        connections.edit_connection(plan.connection, changes={"secret_set_by": "x"}, secret=None, actor="pat")
