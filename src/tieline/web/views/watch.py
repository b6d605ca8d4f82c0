"""Problems and the log: what went wrong, what was done, and the evidence for both."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tieline import wiring
from tieline.store import integrations
from tieline.store.models import CheckRun, Integration, LogEntry, Problem, Role
from tieline.web import jira_asks, words
from tieline.web.cards import held_links, problem_card, problem_cards
from tieline.web.checks import shown_check
from tieline.web.gate import Place, needs

PAGE = 50
BRAKE = "sync-brake"
"""Slug of the problem that holds back very many changes from Jira until a person has looked."""
LOG_PAGE = 100


@needs(Role.VIEWER)
def problems(request: HttpRequest, place: Place) -> HttpResponseBase:
    """Open problems with what they hold up, or those that are fixed."""
    fixed = request.GET.get("show") == "fixed"
    rows = Problem.objects.filter(workspace=place.workspace).select_related("connection", "integration")
    if fixed:
        rows = rows.exclude(fixed_at=None).order_by("-fixed_at")
    else:
        rows = rows.filter(fixed_at=None).order_by("-last_seen")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    shown = {
        "section": "problems",
        "page": page,
        "cards": problem_cards(page.object_list),
        "fixed": fixed,
    }
    return render(request, "web/watch/problems.html", shown)


def _problem_at(place: Place, pk: str) -> Problem:
    return get_object_or_404(
        Problem.objects.select_related("connection", "integration"), pk=pk, workspace=place.workspace
    )


@needs(Role.VIEWER)
def problem(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """One problem: its card and the records that wait because of it."""
    found = _problem_at(place, pk)
    links = held_links(found).select_related("record", "integration__connection").order_by("record__position")
    shown = {"section": "problems", "one": problem_card(found), "problem": found, "links": links[:200]}
    return render(request, "web/watch/problem.html", shown)


@needs(Role.CONTRIBUTOR)
@require_POST
def problem_again(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Check again: the ladder for a connection's problem, a fresh try for what a record or mapping holds up."""
    found = _problem_at(place, pk)
    if found.scope == "connection" and found.connection is not None:
        integration = found.integration or found.connection.integrations.order_by("created").first()
        jira_asks.begin_check(found.connection, integration=integration, actor=place.actor)
        if integration is not None:
            return redirect("wizard-check", place.workspace.key, integration.pk)
        return redirect("connection", place.workspace.key, found.connection.pk)
    for link in found.links.select_related("record")[:500]:
        integrations.sync_now(link.record, actor=place.actor)
    messages.success(request, _("The records are tried again now. The problem closes by itself when they go through."))
    return redirect("problem", place.workspace.key, found.pk)


@needs(Role.OWNER)
@require_POST
def let_run(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """A person has looked at the many changes that wait, and lets them come."""
    found = _problem_at(place, pk)
    if found.slug == BRAKE and found.integration is not None:
        wiring.let_run(found.integration, actor=place.actor)
        messages.success(request, _("The changes come now. Each is in the history of its record."))
    return redirect("problem", place.workspace.key, found.pk)


# --- the log ---------------------------------------------------------------------------------------------------------


def _filtered(request: HttpRequest, place: Place) -> Any:
    rows = LogEntry.objects.filter(workspace=place.workspace).select_related("record", "integration")
    level, direction, record, integration = (
        request.GET.get(name, "").strip() for name in ("level", "direction", "record", "integration")
    )
    if level in words.LOG_LEVELS:
        rows = rows.filter(level=level)
    if direction in words.DIRECTIONS:
        rows = rows.filter(direction=direction)
    if record:
        rows = rows.filter(Q(record__ref__iexact=record) | Q(record__link__remote_key__iexact=record))
    if integration:
        rows = rows.filter(integration_id=integration)
    return rows


@needs(Role.VIEWER)
def log(request: HttpRequest, place: Place) -> HttpResponseBase:
    """The log, newest first. It follows along by itself unless it is paused or an older page is open."""
    rows = _filtered(request, place).order_by("-id")
    before = request.GET.get("before", "")
    older = rows.filter(id__lt=before) if before else rows
    entries = list(older.defer("exchanges", "steps")[: LOG_PAGE + 1])
    more = len(entries) > LOG_PAGE
    entries = entries[:LOG_PAGE]
    following = not before and request.GET.get("follow") != "no"
    query = request.GET.copy()
    for name in ("after", "before", "follow"):
        query.pop(name, None)
    shown = {
        "section": "log",
        "entries": entries,
        "more": more,
        "following": following,
        "before": before,
        "newest": entries[0].pk if entries else "",
        "query": query.urlencode(),
        "levels": list(words.LOG_LEVELS.items()),
        "directions": list(words.DIRECTIONS.items()),
        "integrations": Integration.objects.filter(workspace=place.workspace).order_by("name"),
        "filtered": bool(query),
        "chosen": request.GET,
    }
    return render(request, "web/watch/log.html", shown)


@needs(Role.VIEWER)
def log_after(request: HttpRequest, place: Place) -> HttpResponseBase:
    """Lines that came after one, with the element that asks for the next ones; nothing new is 204."""
    after = request.GET.get("after", "")
    rows = _filtered(request, place).filter(id__gt=after).order_by("-id").defer("exchanges", "steps")
    entries = list(rows[:LOG_PAGE])
    if not entries:
        return HttpResponse(status=204)
    query = request.GET.copy()
    query.pop("after", None)
    shown = {"place": place, "entries": entries, "newest": entries[0].pk, "query": query.urlencode(), "following": True}
    return render(request, "web/watch/_log_rows.html", shown)


@needs(Role.VIEWER)
def log_entry(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """One line in full: its steps and exchanges. Bodies are shown to those who may edit."""
    found = get_object_or_404(
        LogEntry.objects.select_related("record", "integration"), pk=pk, workspace=place.workspace
    )
    return render(request, "web/watch/log-entry.html", {"section": "log", "entry": found})


@needs(Role.VIEWER)
def check_run(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """A check that was made earlier."""
    run = get_object_or_404(CheckRun.objects.select_related("connection"), pk=pk, connection__workspace=place.workspace)
    shown = {"section": "integrations", "check": shown_check(run), "connection": run.connection}
    return render(request, "web/watch/check-run.html", shown)
