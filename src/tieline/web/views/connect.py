"""Setting up an integration, first half: connect, check, choose the project. Each step is saved and has its address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tieline import wiring
from tieline.diagnosis.address import repair_address
from tieline.store import connections, integrations
from tieline.store.models import CheckRun, Connection, Integration, Role
from tieline.web import jira_asks
from tieline.web.checks import ShownCheck, latest_check, shown_check
from tieline.web.forms.connect import ConnectForm
from tieline.web.gate import Place, needs
from tieline.web.stages import build_stages, next_stage
from tieline.web.typed import typed


def integration_at(place: Place, pk: str) -> Integration:
    """The integration of this id in the workspace; 404 when there is none."""
    return get_object_or_404(
        Integration.objects.select_related("connection", "workspace"), pk=pk, workspace=place.workspace
    )


def framed(integration: Integration | None, stage: str) -> dict[str, Any]:
    """What the frame of the wizard shows."""
    return {
        "section": "integrations",
        "integration": integration,
        "stage": stage,
        "stages": build_stages(integration),
    }


@needs(Role.OWNER)
@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, place: Place) -> HttpResponseBase:
    """Step 1 of a new integration: an existing connection, or a new one."""
    existing = Connection.objects.filter(workspace=place.workspace).order_by("name")
    if request.method == "POST" and typed(request, "existing"):
        connection = get_object_or_404(existing, pk=typed(request, "existing"))
        made = integrations.create_integration(place.workspace, connection, connection.name, actor=place.actor)
        return redirect(f"wizard-{next_stage(made)}", place.workspace.key, made.pk)
    taken = request.POST.get("take")
    form = ConnectForm(_sandbox_beside(request) or request.POST or None)
    if request.method == "POST" and not taken and form.is_valid():
        cleaned = form.cleaned_data
        connection = connections.create_connection(
            place.workspace,
            name=cleaned["name"] or _host(cleaned["base_url"]),
            base_url=cleaned["base_url"],
            auth=form.auth,
            account=cleaned["account"],
            secret=cleaned["secret"],
            actor=place.actor,
        )
        made = integrations.create_integration(place.workspace, connection, connection.name, actor=place.actor)
        _say_repairs(request, form, made)
        jira_asks.begin_check(connection, integration=made, actor=place.actor)
        return redirect("wizard-check", place.workspace.key, made.pk)
    return _connect_page(request, form, None, existing=existing)


@needs(Role.OWNER)
@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
def connect(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Step 1 again: change address, account or secret. An empty secret keeps the stored one."""
    integration = integration_at(place, pk)
    connection = integration.connection
    taken = request.POST.get("take")
    form = ConnectForm(request.POST or None, connection=connection)
    if request.method == "POST" and not taken and form.is_valid():
        cleaned = form.cleaned_data
        changes = {
            "name": cleaned["name"] or _host(cleaned["base_url"]),
            "base_url": cleaned["base_url"],
            "account": cleaned["account"],
            "auth": form.auth,
        }
        connection = connections.edit_connection(
            connection,
            changes=changes,
            secret=cleaned["secret"] or None,
            actor=place.actor,
        )
        _say_repairs(request, form, integration)
        jira_asks.begin_check(connection, integration=integration, actor=place.actor)
        return redirect("wizard-check", place.workspace.key, integration.pk)
    return _connect_page(request, form, integration)


def _sandbox_beside(request: HttpRequest) -> dict[str, str] | None:
    """What the form would hold for the sandbox Jira of ``tieline demo``, when its button was pressed."""
    beside: dict[str, str] = settings.DEMO_SANDBOX
    if not beside or not typed(request, "sandbox"):
        return None
    login = {"account": beside["user"], "secret": beside["secret"]}
    return {"base_url": beside["url"], "name": str(_("Sandbox Jira")), **login}


def _connect_page(
    request: HttpRequest, form: ConnectForm, integration: Integration | None, *, existing: Any = ()
) -> HttpResponseBase:
    taken = request.POST.get("take")
    if taken:
        initial = {name: request.POST.get(name, "") for name in ("account", "name")} | {"base_url": taken}
        form = ConnectForm(initial=initial, connection=integration.connection if integration else None)
    address = taken or form["base_url"].value()
    shown = framed(integration, "connect") | {
        "form": form,
        "address": address,
        "existing": existing,
        "sandbox": settings.DEMO_SANDBOX.get("url") if integration is None else None,
        "connection": integration.connection if integration else None,
    }
    return render(request, "web/integrations/connect.html", shown, status=422 if form.errors else 200)


def _host(address: str) -> str:
    return urlsplit(address).hostname or address


def _say_repairs(request: HttpRequest, form: ConnectForm, integration: Integration) -> None:
    for sentence in form.repairs:
        messages.info(request, sentence)
    if form.project_key:
        request.session[f"project:{integration.pk}"] = form.project_key


@needs(Role.OWNER)
@require_POST
def repaired_address(request: HttpRequest, place: Place) -> HttpResponseBase:
    """A fragment: what a pasted address can be repaired to, or the field with the repair taken."""
    taken = request.POST.get("take")
    if taken:
        shown = {"form": ConnectForm(), "address": repair_address(taken).url, "place": place}
        return render(request, "web/integrations/_address.html", shown)
    offer = repair_address(request.POST.get("base_url", "")[:2000])
    changed = offer.readable and offer.url != request.POST.get("base_url", "")
    return render(request, "web/integrations/_offer.html", {"offer": offer if changed else None, "place": place})


@needs(Role.VIEWER)
@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Step 2: the ladder. It fills in by itself while the check runs."""
    integration = integration_at(place, pk)
    if request.method == "POST":
        return _check_again(place, integration)
    return render(request, "web/integrations/check.html", _check_shown(place, integration))


@needs(Role.CONTRIBUTOR)
@require_POST
def check_again(_request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Run the ladder again (from a card, a problem or the overview)."""
    return _check_again(place, integration_at(place, pk))


def _check_again(place: Place, integration: Integration) -> HttpResponseBase:
    if place.may_edit:
        jira_asks.begin_check(integration.connection, integration=integration, actor=place.actor)
    return redirect("wizard-check", place.workspace.key, integration.pk)


@needs(Role.VIEWER)
def check_live(request: HttpRequest, place: Place, pk: str, run: str) -> HttpResponseBase:
    """The ladder again when a step was added since it was shown, else nothing (204)."""
    integration = integration_at(place, pk)
    found = get_object_or_404(CheckRun.objects.select_related("connection"), pk=run, connection=integration.connection)
    if found.state == "running" and request.GET.get("seen") == str(len(found.results)):
        return HttpResponse(status=204)
    if found.state != "running":
        answer = HttpResponse(status=204)
        answer["HX-Refresh"] = "true"
        return answer
    return render(request, "web/integrations/_ladder.html", _check_shown(place, integration, found))


def _check_shown(place: Place, integration: Integration, run: CheckRun | None = None) -> dict[str, Any]:
    run = run or latest_check(integration.connection)
    shown: ShownCheck | None = shown_check(run) if run else None
    key = place.workspace.key
    return framed(integration, "check") | {
        "place": place,
        "check": shown,
        "may_go_on": bool(shown and shown.may_go_on),
        "offered": _offered_address(integration.connection, run),
        "live_url": reverse("check-live", args=[key, integration.pk, run.pk]) if run else "",
        "again_url": reverse("check-again", args=[key, integration.pk]),
    }


SERVER_INFO = "/rest/api/2/serverInfo"


def _offered_address(connection: Connection, run: CheckRun | None) -> str:
    """An address on the same host that the check found to be Jira's, when it is another than the stored one."""
    host = urlsplit(connection.base_url)
    for row in run.results if run else ():
        for card in row.get("cards") or ():
            for line in card.get("evidence") or ():
                asked, answered = str(line.get("asked")), str(line.get("answered"))
                if not asked.endswith(SERVER_INFO) or not answered.startswith("200"):
                    continue
                base = asked.removeprefix("GET ").removesuffix(SERVER_INFO)
                there = urlsplit(base)
                if (there.scheme, there.netloc) == (host.scheme, host.netloc) and base != connection.base_url:
                    return base
    return ""


@needs(Role.OWNER)
@require_POST
def use_address(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Take over the address that the last check found on the same host."""
    integration = integration_at(place, pk)
    connection = integration.connection
    address = _offered_address(connection, latest_check(connection))
    if address:
        connection = connections.edit_connection(
            connection, changes={"base_url": address}, secret=None, actor=place.actor
        )
        messages.info(request, _("The address is now %(address)s.") % {"address": address})
    jira_asks.begin_check(connection, integration=integration, actor=place.actor)
    return redirect("wizard-check", place.workspace.key, integration.pk)


class KeyForm(forms.Form):
    key = forms.CharField(
        label=gettext_lazy("Project key"),
        max_length=80,
        error_messages={"required": gettext_lazy("Write the key, such as ROAD.")},
    )


@needs(Role.OWNER)
@require_http_methods(["GET", "POST"])
def project(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Step 3: choose among the projects that the account sees."""
    integration = integration_at(place, pk)
    told = wiring.read_projects(integration.connection)
    seen = sorted(told.value or (), key=lambda one: one.key)
    form = KeyForm(request.POST if "key" in request.POST else None)
    chosen = request.POST.get("project", "")
    found = next((one for one in seen if one.key == chosen), None)
    if request.method == "POST" and found is not None:
        try:
            integrations.save_project(integration, key=found.key, id=found.id, name=found.name, actor=place.actor)
        except ValueError as reason:
            messages.warning(request, str(reason))
            return redirect("wizard-project", place.workspace.key, integration.pk)
        return redirect("wizard-map", place.workspace.key, integration.pk)
    if request.method == "POST" and form.is_valid():
        key = form.cleaned_data["key"].strip().upper()
        jira_asks.begin_check(integration.connection, integration=integration, project_key=key, actor=place.actor)
        return redirect("wizard-check", place.workspace.key, integration.pk)
    q = request.GET.get("q", "").strip().lower()
    rows = [one for one in seen if q in one.key.lower() or q in one.name.lower()]
    shown = framed(integration, "project") | {
        "projects": rows[:200],
        "q": q,
        "wanted": request.session.get(f"project:{integration.pk}"),
        "card": told.cards[0] if told.cards else None,
        "form": form,
    }
    return render(request, "web/integrations/project.html", shown, status=422 if form.errors else 200)
