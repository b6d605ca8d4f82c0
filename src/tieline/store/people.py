"""People: sign-in by one-time link, roles, workspaces and their members."""

from __future__ import annotations

import hashlib
import secrets as randomness
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from tieline.store.audit import save_audit
from tieline.store.ids import new_id
from tieline.store.models import FailedSignIn, Membership, Role, SignInLink, User, Workspace
from tieline.store.transactions import one_transaction

__all__ = (
    "Invitation",
    "add_member",
    "count_failed_sign_ins",
    "create_workspace",
    "ensure_admin",
    "forget_failed_sign_ins",
    "invite_member",
    "make_sign_in_link",
    "remove_member",
    "role_of",
    "save_audit",
    "save_failed_sign_in",
    "use_sign_in_link",
)

FIRST_ADMIN = "admin@localhost"
"""Stands in until the person who opens the first link gives an address of their own."""


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """``token`` is None for a person whose account others made or who has a password already: they only sign in."""

    user: User
    token: str | None


@one_transaction
def make_sign_in_link(user: User, minutes: float = 60) -> str:
    """Make a link that signs ``user`` in once, and return its token (only its digest is kept).

    Older unused links of the same person stop working.
    """
    now = timezone.now()
    SignInLink.objects.filter(Q(user=user, used=None) | Q(expires__lt=now - timedelta(days=30))).delete()
    token = randomness.token_urlsafe(32)
    SignInLink.objects.create(digest=_digest(token), user=user, expires=now + timedelta(minutes=minutes))
    return token


@one_transaction
def use_sign_in_link(token: str) -> User | None:
    """The person whom the link signs in; None when it is unknown, used or too old. It works once."""
    digest, now = _digest(token), timezone.now()
    taken = SignInLink.objects.filter(digest=digest, used=None, expires__gt=now).update(used=now)
    if not taken:
        return None
    user = SignInLink.objects.select_related("user").get(digest=digest).user
    return user if user.is_active else None


@one_transaction
def ensure_admin() -> User:
    """The first administrator of this server, made when there is none yet (without a password)."""
    admin = User.objects.filter(is_admin=True, is_active=True).order_by("id").first()
    if admin is not None:
        return admin
    admin = User.objects.filter(email=FIRST_ADMIN).first() or User.objects.create_user(FIRST_ADMIN)
    admin.is_admin = True
    admin.is_active = True
    admin.save()
    save_audit("tieline", "administrator made", admin.email)
    return admin


def role_of(user: User, workspace: Workspace) -> Role | None:
    """The role ``user`` has in ``workspace``; None when they are no member, or switched off."""
    if not user.is_active:
        return None
    found = Membership.objects.filter(user_id=user.pk, workspace_id=workspace.pk).values_list("role", flat=True).first()
    return Role(found) if found else None


@one_transaction
def create_workspace(*, key: str, name: str, owner: User) -> Workspace:
    """Make a workspace whose records are called ``KEY-1``, ``KEY-2`` … The key must be free (``ValueError``)."""
    if Workspace.objects.filter(key=key).exists():
        raise ValueError(f"The key “{key}” is taken.")
    workspace = Workspace.objects.create(id=new_id(), key=key, name=name)
    Membership.objects.create(user=owner, workspace=workspace, role=Role.OWNER)
    save_audit(owner.email, "workspace made", name, {"key": key}, workspace)
    return workspace


@one_transaction
def add_member(workspace: Workspace, user: User, role: Role, *, actor: str) -> Membership:
    """Give ``user`` the role, or change the role they have. The last owner keeps theirs (``ValueError``)."""
    if role != Role.OWNER:
        _keep_an_owner(workspace, user)
    membership, _ = Membership.objects.update_or_create(user=user, workspace=workspace, defaults={"role": role})
    save_audit(actor, "member role set", user.email, {"role": str(role)}, workspace)
    return membership


@one_transaction
def remove_member(workspace: Workspace, user: User, *, actor: str) -> None:
    """Take ``user`` out of the workspace. The last owner stays (``ValueError``)."""
    _keep_an_owner(workspace, user)
    Membership.objects.filter(user=user, workspace=workspace).delete()
    save_audit(actor, "member removed", user.email, {}, workspace)


@one_transaction
def invite_member(
    workspace: Workspace, *, email: str, role: Role, actor: str, minutes: float = 3 * 24 * 60
) -> Invitation:
    """Make ``email`` a member, as a new person if need be, with a one-time link when they have no password yet.

    Whoever holds the link is that person. So there is none for an account that opens more than this workspace: its
    owners would come into the others by it.
    """
    address = email.strip().lower()
    user = User.objects.filter(email=address).first() or User.objects.create_user(address)
    add_member(workspace, user, role, actor=actor)
    elsewhere = user.is_admin or Membership.objects.filter(user=user).exclude(workspace=workspace).exists()
    token = None if elsewhere or user.has_usable_password() else make_sign_in_link(user, minutes)
    return Invitation(user=user, token=token)


def count_failed_sign_ins(account: str, client: str, *, minutes: float = 15) -> int:
    """The greater of the refused passwords for this account and of those from this client, lately."""
    since = timezone.now() - timedelta(minutes=minutes)
    counts = [
        FailedSignIn.objects.filter(digest=digest, at__gte=since).count()
        for digest in _sign_in_digests(account, client)
    ]
    return max(counts)


def save_failed_sign_in(account: str, client: str) -> None:
    now = timezone.now()
    FailedSignIn.objects.bulk_create(
        FailedSignIn(digest=digest, at=now) for digest in _sign_in_digests(account, client)
    )


def forget_failed_sign_ins(account: str, *, before: datetime | None = None) -> None:
    """After an accepted password: those of the account count no longer (those of the client do)."""
    digest, _ = _sign_in_digests(account, "")
    rows = FailedSignIn.objects.filter(digest=digest)
    (rows.filter(at__lt=before) if before else rows).delete()


def _sign_in_digests(account: str, client: str) -> tuple[str, str]:
    return _digest(f"account {account.strip().lower()}"), _digest(f"client {client}")


def _keep_an_owner(workspace: Workspace, leaving: User) -> None:
    owners = Membership.objects.select_for_update(no_key=True).filter(workspace=workspace, role=Role.OWNER)
    if {member.user_id for member in owners} == {leaving.pk}:
        raise ValueError("A workspace needs an owner. Make another member an owner first.")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
