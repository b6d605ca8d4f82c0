"""Database models of the people who sign in. ``models`` has them too; import them from there."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class Users(BaseUserManager["User"]):
    def create_user(self, email: str, *, name: str = "", password: str | None = None) -> User:
        user = self.model(email=self.normalize_email(email).lower(), name=name)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """A person who signs in. ``is_admin``: runs this server (sees system pages, may make workspaces)."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_admin = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    theme = models.CharField(max_length=8, default="system")
    created = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[Users] = Users()


class SignInLink(models.Model):
    """A one-time link. Only the SHA-256 of its token is kept."""

    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True)


class FailedSignIn(models.Model):
    """A refused password, counted per account and per client (both as SHA-256), to slow guessing down."""

    digest = models.CharField(max_length=64, db_index=True)
    at = models.DateTimeField()
