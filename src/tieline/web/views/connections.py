"""One connection: what it is, who set its secret, what it brings along, and its checks."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from tieline.store import connections
from tieline.store.models import CheckRun, Connection, Problem, Role
from tieline.store.outfit import save_outfit
from tieline.web.cards import problem_cards
from tieline.web.forms.outfit import OutfitForm
from tieline.web.gate import Place, needs


@needs(Role.OWNER)
@sensitive_post_parameters("client_pem", "proxy")
@require_http_methods(["GET", "POST"])
def connection(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """The page of a connection; posting changes what it brings along (certificates, proxy)."""
    found = get_object_or_404(Connection, pk=pk, workspace=place.workspace)
    form = OutfitForm(request.POST or None, connection=found)
    if request.method == "POST" and form.is_valid():
        saved = save_outfit(found, **form.parts(), actor=place.actor)
        if found.secret is not None and saved.secret is None:
            messages.warning(request, _("Saved. The secret was given for the former way to Jira: enter it again."))
        else:
            messages.success(request, _("Saved. Run the check to see that Jira is reached this way."))
        return redirect("connection", place.workspace.key, found.pk)
    shown = {
        "section": "integrations",
        "connection": found,
        "used": found.integrations.select_related("workspace").order_by("created"),
        "checks": CheckRun.objects.filter(connection=found).order_by("-id")[:20],
        "problems": problem_cards(Problem.objects.filter(connection=found, integration=None, fixed_at=None)),
        "form": form,
    }
    return render(request, "web/integrations/connection.html", shown, status=422 if form.errors else 200)


@needs(Role.OWNER)
@require_http_methods(["GET", "POST"])
def delete_connection(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    found = get_object_or_404(Connection, pk=pk, workspace=place.workspace)
    if request.method == "POST":
        connections.delete_connection(found, actor=place.actor)
        messages.success(request, _("“%(name)s” is deleted, with its secret.") % {"name": found.name})
        return redirect("integrations", place.workspace.key)
    shown = {"section": "integrations", "connection": found, "used": found.integrations.count()}
    return render(request, "web/integrations/delete.html", shown)
