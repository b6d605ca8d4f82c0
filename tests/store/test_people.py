from __future__ import annotations

import pytest
from django.utils import timezone

from tieline.store import people
from tieline.store.models import AuditEntry, Membership, Role, SignInLink, User


def test_a_sign_in_link_works_once(plan):
    token = people.make_sign_in_link(plan.owner)
    assert people.use_sign_in_link(token) == plan.owner
    assert people.use_sign_in_link(token) is None
    assert people.use_sign_in_link("made up") is None


def test_only_the_digest_of_a_token_is_kept(plan):
    token = people.make_sign_in_link(plan.owner)
    row = SignInLink.objects.get()
    assert token not in str(vars(row))
    assert len(token) >= 43


def test_a_link_that_is_too_old_or_replaced_or_of_someone_switched_off_does_not_work(plan):
    old = people.make_sign_in_link(plan.owner, minutes=-1)
    assert people.use_sign_in_link(old) is None
    replaced = people.make_sign_in_link(plan.owner)
    token = people.make_sign_in_link(plan.owner)
    assert people.use_sign_in_link(replaced) is None
    User.objects.update(is_active=False)
    assert people.use_sign_in_link(token) is None


def test_there_is_one_first_administrator_without_a_password(db):
    admin = people.ensure_admin()
    assert (admin.is_admin, admin.has_usable_password()) == (True, False)
    assert people.ensure_admin() == admin
    User.objects.update(email="pat@acme.io")
    assert people.ensure_admin() == admin


def test_passwords_are_kept_as_argon2(db):
    user = User.objects.create_user("Pat@Acme.io", password="correct horse battery")
    assert user.email == "pat@acme.io"
    assert user.password.startswith("argon2$argon2id$")


def test_roles_are_per_workspace(make_plan):
    here, there = make_plan("FERRY"), make_plan("TRAIN")
    lee = User.objects.create_user("lee@acme.io")
    people.add_member(here.workspace, lee, Role.VIEWER, actor="pat")
    assert people.role_of(lee, here.workspace) is Role.VIEWER
    assert people.role_of(lee, there.workspace) is None
    people.add_member(here.workspace, lee, Role.CONTRIBUTOR, actor="pat")
    assert people.role_of(lee, here.workspace) is Role.CONTRIBUTOR
    assert Membership.objects.filter(user=lee).count() == 1
    lee.is_active = False
    assert people.role_of(lee, here.workspace) is None


def test_a_workspace_never_loses_its_last_owner(plan):
    with pytest.raises(ValueError, match="needs an owner"):
        people.remove_member(plan.workspace, plan.owner, actor="pat")
    with pytest.raises(ValueError, match="needs an owner"):
        people.add_member(plan.workspace, plan.owner, Role.VIEWER, actor="pat")
    lee = User.objects.create_user("lee@acme.io")
    people.add_member(plan.workspace, lee, Role.OWNER, actor="pat")
    people.remove_member(plan.workspace, plan.owner, actor="lee")
    assert people.role_of(plan.owner, plan.workspace) is None


def test_the_key_of_a_workspace_is_taken_once(plan):
    with pytest.raises(ValueError, match="FERRY"):
        people.create_workspace(key="FERRY", name="Other", owner=plan.owner)


def test_an_invitation_is_a_link_for_a_new_person_and_none_for_one_with_a_password(plan):
    invitation = people.invite_member(plan.workspace, email=" Lee@Acme.io ", role=Role.VIEWER, actor="pat")
    assert people.use_sign_in_link(invitation.token) == invitation.user
    invitation.user.set_password("correct horse battery")
    invitation.user.save()
    again = people.invite_member(plan.workspace, email="lee@acme.io", role=Role.OWNER, actor="pat")
    assert (again.user, again.token) == (invitation.user, None)
    assert people.role_of(again.user, plan.workspace) is Role.OWNER


def test_refused_passwords_are_counted_per_account_and_per_client(db):
    for number in range(3):
        people.save_failed_sign_in("Pat@acme.io", "10.0.0.1")
        people.save_failed_sign_in(f"user{number}@acme.io", "10.0.0.2")
    assert people.count_failed_sign_ins("pat@acme.io ", "10.9.9.9") == 3
    assert people.count_failed_sign_ins("new@acme.io", "10.0.0.2") == 3
    assert people.count_failed_sign_ins("new@acme.io", "10.9.9.9") == 0
    people.forget_failed_sign_ins("pat@acme.io")
    assert people.count_failed_sign_ins("pat@acme.io", "10.9.9.9") == 0
    assert people.count_failed_sign_ins("pat@acme.io", "10.0.0.1") == 3


def test_the_audit_log_tells_who_did_what_without_secrets_and_in_one_line_each(plan):
    rows = list(AuditEntry.objects.order_by("id"))
    assert "connection made" in {row.what for row in rows}
    assert "s3cret-of-pat" not in str([vars(row) for row in rows])
    people.save_audit("pat\n2026 root", "password set", "\x1b[2Jlee", {"n": 1}, plan.workspace)
    row = AuditEntry.objects.latest("id")
    assert (row.actor, row.subject) == ("pat 2026 root", " [2Jlee")
    assert row.at <= timezone.now()
