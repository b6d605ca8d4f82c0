"""Integrations at work: the list, the overview of one, pausing, importing, and how changes are heard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tieline import wiring
from tieline.mapping.sentence import describe
from tieline.store import integrations
from tieline.store.mappings import mapping_of
from tieline.store.models import CheckRun, Connection, ImportRun, Integration, Link, LogEntry, Op, Problem, Record, Role
from tieline.web import hearing
from tieline.web.cards import problem_cards
from tieline.web.gate import Place, needs
from tieline.web.live import stamp_of
from tieline.web.stages import next_stage
from tieline.web.views.connect import integration_at
from tieline.wiring.wizard import parse_schema


@dataclass(frozen=True, kw_only=True)
class Health:
    """The health line of an integration: counts of links by state, of work, of open problems."""

    linked: int
    waiting: int
    in_step: int
    troubled: int
    queued: int
    problems: int


def health_of(integration: Integration) -> Health:
    links = Link.objects.filter(integration=integration, record__deleted=None).aggregate(
        linked=Count("pk"),
        waiting=Count("pk", filter=Q(state="waiting")),
        in_step=Count("pk", filter=Q(state="in-step")),
        troubled=Count("pk", filter=Q(state__in=["problem", "gone"])),
    )
    return Health(
        **links,
        queued=Op.objects.filter(integration=integration, state__in=["waiting", "running"])
        .exclude(kind="poll")
        .count(),
        problems=open_problems(integration).count(),
    )


def open_problems(integration: Integration) -> Any:
    """Open problems that concern this integration: its own, and those of its connection."""
    return Problem.objects.filter(workspace_id=integration.workspace_id, fixed_at=None).filter(
        Q(integration=integration) | Q(integration=None, connection_id=integration.connection_id)
    )


@needs(Role.VIEWER)
def integration_list(request: HttpRequest, place: Place) -> HttpResponseBase:
    rows = [
        {"integration": one, "health": health_of(one), "next": _address(one)}
        for one in Integration.objects.filter(workspace=place.workspace)
        .select_related("connection", "workspace")
        .order_by("created")
    ]
    shown = {
        "section": "integrations",
        "rows": rows,
        "connections": Connection.objects.filter(workspace=place.workspace).order_by("name"),
    }
    return render(request, "web/integrations/list.html", shown)


def _address(integration: Integration) -> str:
    """A draft opens where it was left."""
    args = [integration.workspace.key, integration.pk]
    return (
        reverse(f"wizard-{next_stage(integration)}", args=args)
        if integration.state == "draft"
        else reverse("integration", args=args)
    )


@needs(Role.VIEWER)
def overview(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    return render(request, "web/integrations/overview.html", _overview(place, integration_at(place, pk)))


@needs(Role.VIEWER)
def overview_live(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """The changing part of the overview when it changed since it was shown, else nothing (204)."""
    shown = _overview(place, integration_at(place, pk))
    if request.GET.get("seen") == shown["seen"]:
        return HttpResponse(status=204)
    return render(request, "web/integrations/_overview.html", shown)


def _overview(place: Place, integration: Integration) -> dict[str, Any]:
    day_ago = timezone.now() - timedelta(hours=24)
    health = health_of(integration)
    latest_import = ImportRun.objects.filter(integration=integration).order_by("-id").first()
    lately = LogEntry.objects.filter(integration=integration, at__gte=day_ago)
    schema = parse_schema(integration.schema)
    found = open_problems(integration).order_by("-last_seen")
    parts = (health, integration.state, integration.last_sent, integration.last_heard, integration.webhook_mode)
    progress = (latest_import.state, latest_import.seen, latest_import.made) if latest_import else ()
    held = integration.connection.held_by
    return {
        "place": place,
        "section": "integrations",
        "integration": integration,
        "health": health,
        "seen": stamp_of([*parts, progress, held, *found.values_list("pk", "last_seen")]),
        "problems": problem_cards(found[:10]),
        "sent_today": lately.filter(direction="push", level="info").count(),
        "heard_today": lately.filter(direction="pull", level="info").count(),
        "run": latest_import,
        "unsent": Record.objects.filter(
            workspace=place.workspace,
            kind__in=[rule.kind.value for rule in mapping_of(integration).kinds],
            deleted=None,
            link=None,
            keep_local=False,
        ).count(),
        "sentences": describe(mapping_of(integration), schema) if schema and integration.mapping else (),
        "log": LogEntry.objects.filter(integration=integration).select_related("record").order_by("-id")[:8],
        "last_check": CheckRun.objects.filter(connection=integration.connection).order_by("-id").first(),
        "again_url": reverse("check-again", args=[place.workspace.key, integration.pk]),
    }


@needs(Role.OWNER)
@require_POST
def turn_on(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Draft → on, with a webhook where that is possible."""
    integration = integration_at(place, pk)
    if not integration.mapping:
        return redirect("wizard-map", place.workspace.key, integration.pk)
    integration = integrations.set_state(integration, "on", place.actor)
    if request.POST.get("webhook"):
        _say(request, hearing.install(integration, actor=place.actor))
    if request.POST.get("import"):
        integrations.start_import(integration, place.actor)
    if request.POST.get("send_all"):
        integrations.send_all(integration, place.actor)
    integrations.ask_poll(integration, reason=f"Turned on by {place.actor}")
    messages.success(request, _("It is on. From now on both sides are kept in step."))
    return redirect("integration", place.workspace.key, integration.pk)


def _say(request: HttpRequest, heard: hearing.Heard) -> None:
    (messages.success if heard.by_webhook else messages.warning)(request, heard.sentence)


@needs(Role.OWNER)
@require_POST
def switch(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Pause or go on."""
    integration = integration_at(place, pk)
    wanted = request.POST.get("state", "")
    if wanted in {"on", "paused"} and integration.state != "draft":
        integrations.set_state(integration, wanted, place.actor)
        messages.success(
            request,
            _("It is on again.")
            if wanted == "on"
            else _("It is paused. Work is kept, and goes on when it is on again."),
        )
    return redirect("integration", place.workspace.key, integration.pk)


@needs(Role.OWNER)
@require_POST
def switch_hearing(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Hear of changes by webhook and polling, or by polling alone."""
    integration = integration_at(place, pk)
    if request.POST.get("mode") == "webhook":
        _say(request, hearing.install(integration, actor=place.actor))
    else:
        _say(request, hearing.remove(integration, actor=place.actor))
    return redirect("integration", place.workspace.key, integration.pk)


@needs(Role.OWNER)
@require_http_methods(["GET", "POST"])
def start_import(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """What an import would find in Jira; then begin it."""
    integration = integration_at(place, pk)
    if integration.state == "draft":
        return redirect(f"wizard-{next_stage(integration)}", place.workspace.key, integration.pk)
    if request.method == "GET":
        shown = {"section": "integrations", "integration": integration, "found": wiring.import_preview(integration)}
        return render(request, "web/integrations/import.html", shown)
    integrations.start_import(integration, place.actor)
    messages.success(request, _("The import has begun. It goes on by itself when you leave this page."))
    return redirect("integration", place.workspace.key, pk)


@needs(Role.OWNER)
@require_POST
def send_all(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    count = integrations.send_all(integration_at(place, pk), place.actor)
    messages.success(request, _("%(n)s records are on their way to Jira.") % {"n": count})
    return redirect("integration", place.workspace.key, pk)


@needs(Role.CONTRIBUTOR)
@require_POST
def poll_now(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Ask Jira now what changed."""
    integrations.ask_poll(integration_at(place, pk), reason=f"Asked by {place.actor}")
    messages.success(request, _("Jira is asked now what changed."))
    return redirect("integration", place.workspace.key, pk)


@needs(Role.OWNER)
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    integration = integration_at(place, pk)
    if request.method == "POST":
        integrations.delete_integration(integration, actor=place.actor)
        messages.success(
            request, _("“%(name)s” is deleted. Records and issues stay as they are.") % {"name": integration.name}
        )
        return redirect("integrations", place.workspace.key)
    shown = {"section": "integrations", "integration": integration, "health": health_of(integration)}
    return render(request, "web/integrations/delete.html", shown)
