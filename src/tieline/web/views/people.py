"""Sign-in, account, workspaces and their members."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tieline.store import people
from tieline.store.models import Membership, Role, User
from tieline.web.back import way_back
from tieline.web.context import THEMES
from tieline.web.forms.people import FirstForm, InviteForm, PasswordForm, SignInForm, WorkspaceForm, YouForm
from tieline.web.gate import Place, needs, needs_admin, needs_person, open_to_all, person_of
from tieline.web.once import keep_once, take_once

TRIES, MINUTES = 10, 15
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def _client(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


@open_to_all
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Sign in with a password. The answer is the same whether the e-mail is known or not."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    back = way_back(request, wanted) or "/"
    if person_of(request) is not None:
        return redirect(back)
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            email, client = form.cleaned_data["email"].lower(), _client(request)
            if people.count_failed_sign_ins(email, client, minutes=MINUTES) >= TRIES:
                form.add_error(None, _("Too many tries. Wait 15 minutes, then try again."))
                status = 429
            else:
                user = authenticate(request, username=email, password=form.cleaned_data["password"])
                if isinstance(user, User):
                    people.forget_failed_sign_ins(email)
                    login(request, user, backend=_BACKEND)
                    return redirect(back)
                people.save_failed_sign_in(email, client)
                form.add_error(None, _("E-mail and password do not belong together. Check both and try again."))
    return render(request, "web/people/sign-in.html", {"form": form, "next": back}, status=status)


@open_to_all
@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    logout(request)
    return redirect("sign-in")


@open_to_all
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponseBase:
    """A one-time link. It is used up by the button, not by looking (mail and chat programs look at links)."""
    if request.method == "GET":
        return render(request, "web/people/welcome.html")
    user = people.use_sign_in_link(token)
    if user is None:
        return render(request, "web/people/link-spent.html", status=410)
    login(request, user, backend=_BACKEND)
    return redirect("home" if user.has_usable_password() else "first")


@needs_person
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def first(request: HttpRequest, user: User) -> HttpResponseBase:
    """Who one is and a password, for somebody who came by a link and has none yet."""
    if user.has_usable_password():
        return redirect("account")
    known = "" if user.email == people.FIRST_ADMIN else user.email
    form = FirstForm(request.POST or None, user=user, initial={"name": user.name, "email": known})
    if request.method == "POST" and form.is_valid():
        user.name, user.email = form.cleaned_data["name"], form.cleaned_data["email"]
        user.set_password(form.cleaned_data["password"])
        user.save()
        people.save_audit(user.email, "account set up", user.email)
        update_session_auth_hash(request, user)
        return redirect("home")
    return render(request, "web/people/first.html", {"form": form}, status=422 if form.errors else 200)


@needs_person
@sensitive_post_parameters("present", "password")
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest, user: User) -> HttpResponseBase:
    part = request.POST.get("part")
    you = YouForm(request.POST if part == "you" else None, initial={"name": user.name, "theme": user.theme})
    secret = PasswordForm(request.POST if part == "password" else None, user=user)
    if part == "you" and you.is_valid():
        user.name, user.theme = you.cleaned_data["name"], you.cleaned_data["theme"]
        user.save(update_fields=["name", "theme"])
        messages.success(request, _("Saved."))
        answer = redirect("account")
        if user.theme in THEMES:
            answer.set_cookie("tieline_theme", user.theme, max_age=400 * 86400, samesite="Lax", httponly=True)
        return answer
    if part == "password" and secret.is_valid():
        user.set_password(secret.cleaned_data["password"])
        user.save(update_fields=["password"])
        people.save_audit(user.email, "password set", user.email)
        update_session_auth_hash(request, user)
        messages.success(request, _("The new password counts from now on. Other browsers are signed out."))
        return redirect("account")
    wrong = bool(you.errors or secret.errors)
    return render(request, "web/people/account.html", {"you": you, "secret": secret}, status=422 if wrong else 200)


@needs_person
def home(request: HttpRequest, user: User) -> HttpResponseBase:
    """All workspaces of a person, each with its size and health."""
    rows = [
        {
            "workspace": member.workspace,
            "role": Role(member.role),
            "features": member.features,
            "releases": member.releases,
            "integrations": member.workspace.integrations.count(),
            "problems": member.workspace.problems.filter(fixed_at=None).count(),
        }
        for member in Membership.objects.filter(user=user)
        .select_related("workspace")
        .annotate(
            features=Count(
                "workspace__records", filter=Q(workspace__records__kind="feature", workspace__records__deleted=None)
            ),
            releases=Count(
                "workspace__records", filter=Q(workspace__records__kind="release", workspace__records__deleted=None)
            ),
        )
        .order_by("workspace__name")
    ]
    return render(request, "web/people/home.html", {"rows": rows})


@needs_admin
@require_http_methods(["GET", "POST"])
def new_workspace(request: HttpRequest, user: User) -> HttpResponseBase:
    form = WorkspaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        workspace = people.create_workspace(key=form.cleaned_data["key"], name=form.cleaned_data["name"], owner=user)
        return redirect("features", workspace.key)
    return render(request, "web/people/new-workspace.html", {"form": form}, status=422 if form.errors else 200)


@needs(Role.VIEWER)
def members(request: HttpRequest, place: Place) -> HttpResponseBase:
    """Who is in the workspace; an invitation link just made is shown once."""
    invited, _gap, link = take_once(request, f"invited:{place.workspace.id}").partition(" ")
    return _members_page(request, place, InviteForm(), invited=invited, link=link)


def _members_page(
    request: HttpRequest, place: Place, form: InviteForm, *, invited: str = "", link: str = ""
) -> HttpResponseBase:
    shown = {
        "members": Membership.objects.filter(workspace=place.workspace).select_related("user").order_by("user__email"),
        "roles": Role.choices,
        "form": form,
        "invited": invited,
        "link": link,
    }
    return render(request, "web/people/members.html", shown, status=422 if form.errors else 200)


@needs(Role.OWNER)
@require_POST
def invite(request: HttpRequest, place: Place) -> HttpResponseBase:
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _members_page(request, place, form)
    try:
        invitation = people.invite_member(
            place.workspace, email=form.cleaned_data["email"], role=Role(form.cleaned_data["role"]), actor=place.actor
        )
    except ValueError as reason:
        form.add_error(None, str(reason))
        return _members_page(request, place, form)
    link = request.build_absolute_uri(f"/welcome/{invitation.token}") if invitation.token else ""
    keep_once(request, f"invited:{place.workspace.id}", f"{invitation.user.email} {link}")
    return redirect("members", place.workspace.key)


@needs(Role.OWNER)
@require_POST
def member_role(request: HttpRequest, place: Place, member: int) -> HttpResponseBase:
    """Change somebody's role, or take them out."""
    found = get_object_or_404(Membership.objects.select_related("user"), pk=member, workspace=place.workspace)
    wanted = request.POST.get("role", "")
    try:
        if wanted == "none":
            people.remove_member(place.workspace, found.user, actor=place.actor)
        elif wanted in Role.values:
            people.add_member(place.workspace, found.user, Role(wanted), actor=place.actor)
        else:
            messages.warning(request, _("Choose one of the roles in the list."))
            return redirect("members", place.workspace.key)
    except ValueError as reason:
        messages.warning(request, str(reason))
    else:
        messages.success(request, _("Saved."))
    return redirect("members", place.workspace.key) if found.user != place.user else redirect("home")
