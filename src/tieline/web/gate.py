"""Who may do what: the one place where sign-in, membership and role are checked.

Each view is wrapped by exactly one of the decorators below. They leave a :class:`Gate` on the view, which the test of
all routes reads. A view of a workspace gets a :class:`Place` instead of looking anything up by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url

from tieline.store.models import Membership, Role, User, Workspace

P = ParamSpec("P")
Guarded = TypeVar("Guarded", bound=Callable[..., HttpResponseBase])

_RANK = {Role.VIEWER: 0, Role.CONTRIBUTOR: 1, Role.OWNER: 2}


class Gate(StrEnum):
    OPEN = "open"
    """Anybody, signed in or not (sign-in page, catalogue of problems, health)."""
    PERSON = "person"
    """Anybody who is signed in."""
    ADMIN = "admin"
    """Whoever runs this server."""
    VIEWER = "viewer"
    CONTRIBUTOR = "contributor"
    OWNER = "owner"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a person stands: the workspace of the address, and the role there."""

    user: User
    workspace: Workspace
    role: Role

    @property
    def may_edit(self) -> bool:
        return self.role != Role.VIEWER

    @property
    def may_own(self) -> bool:
        return self.role == Role.OWNER

    @property
    def actor(self) -> str:
        """The name under which changes are written into the history."""
        return self.user.email


def person_of(request: HttpRequest) -> User | None:
    """The signed-in person, None for anybody else."""
    user = request.user
    return user if isinstance(user, User) and user.is_active else None


def place_of(request: HttpRequest) -> Place | None:
    place = request.META.get("tieline.place")
    return place if isinstance(place, Place) else None


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    back = request.get_full_path() if request.method == "GET" else "/"
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = resolve_url("sign-in")
        return answer
    return redirect_to_login(back)


def _without_password(request: HttpRequest, user: User) -> bool:
    """Somebody who came by a link sets a password first, so that no link opens the same account twice."""
    return not user.has_usable_password() and request.path != resolve_url("first")


def refuse(request: HttpRequest, needed: str, keepers: list[User]) -> HttpResponse:
    """The page that says which role is needed and who has it."""
    return render(request, "web/errors/403.html", {"needed": needed, "keepers": keepers}, status=403)


def _marked(guarded: Any, view: Callable[..., HttpResponseBase], gate: Gate) -> Any:
    """The guarded view under the view's own name, with the gate left on it."""
    if guarded is not view:
        update_wrapper(guarded, view)
    guarded.gate = gate
    return guarded


def needs(
    role: Role,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Place, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, str, P], HttpResponseBase],
]:
    """Let members with at least this role in; everybody else meets 404 (not a member) or 403 (a lower role)."""

    def wrap(
        view: Callable[Concatenate[HttpRequest, Place, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]:
        def guarded(request: HttpRequest, key: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            user = person_of(request)
            if user is None:
                return _to_sign_in(request)
            if _without_password(request, user):
                return redirect("first")
            member = (
                Membership.objects.select_related("workspace").filter(user=user, workspace__key=key.upper()).first()
            )
            if member is None:
                raise Http404
            place = Place(user=user, workspace=member.workspace, role=Role(member.role))
            request.META["tieline.place"] = place
            if _RANK[place.role] < _RANK[role]:
                keepers = [
                    one.user
                    for one in Membership.objects.select_related("user").filter(workspace=member.workspace)
                    if _RANK[Role(one.role)] >= _RANK[role]
                ]
                return refuse(request, str(role.label), keepers)
            return view(request, place, *args, **kwargs)

        marked: Callable[Concatenate[HttpRequest, str, P], HttpResponseBase] = _marked(guarded, view, Gate(role.value))
        return marked

    return wrap


def needs_person(
    view: Callable[Concatenate[HttpRequest, User, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let anybody in who is signed in."""

    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        user = person_of(request)
        if user is None:
            return _to_sign_in(request)
        return redirect("first") if _without_password(request, user) else view(request, user, *args, **kwargs)

    marked: Callable[Concatenate[HttpRequest, P], HttpResponseBase] = _marked(guarded, view, Gate.PERSON)
    return marked


def needs_admin(
    view: Callable[Concatenate[HttpRequest, User, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Let in whoever runs this server."""

    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        user = person_of(request)
        if user is None:
            return _to_sign_in(request)
        if _without_password(request, user):
            return redirect("first")
        if not user.is_admin:
            return refuse(request, "Server operator", list(User.objects.filter(is_admin=True, is_active=True)))
        return view(request, user, *args, **kwargs)

    marked: Callable[Concatenate[HttpRequest, P], HttpResponseBase] = _marked(guarded, view, Gate.ADMIN)
    return marked


def open_to_all(view: Guarded) -> Guarded:
    """Mark a view that needs no sign-in."""
    marked: Guarded = _marked(view, view, Gate.OPEN)
    return marked


def gate_of(view: Callable[..., Any]) -> Gate | None:
    """The gate before a view, None when it has none (which the test of all routes refuses)."""
    gate = getattr(view, "gate", None)
    return gate if isinstance(gate, Gate) else None
