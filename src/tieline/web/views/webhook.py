"""The webhook of an integration: what an administrator needs to install it by hand, and what arrived by it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tieline.store import integrations
from tieline.store.models import Delivery, Role
from tieline.web.gate import Place, needs
from tieline.web.once import keep_once, take_once
from tieline.web.typed import typed
from tieline.web.views.connect import integration_at
from tieline.wiring.wizard import EVENTS, hook_address

SHOWN = 50


@needs(Role.OWNER)
@require_http_methods(["GET", "POST"])
def webhook(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Address, events and secret for an administrator of Jira. A secret is shown once, when it is made."""
    integration = integration_at(place, pk)
    kept = f"webhook-secret:{integration.pk}"
    if request.method == "POST":
        if typed(request, "act") == "secret":
            keep_once(request, kept, integrations.rotate_webhook_secret(integration, place.actor))
        elif typed(request, "act") == "done":
            integrations.save_webhook(integration, mode="webhook", actor=place.actor)
            messages.success(request, _("Noted. What arrives is listed below; polling goes on, to be sure."))
        return redirect("webhook", place.workspace.key, integration.pk)
    shown = {
        "section": "integrations",
        "integration": integration,
        "address": hook_address(integration),
        "events": EVENTS,
        "secret": take_once(request, kept),
        "deliveries": Delivery.objects.filter(integration=integration).defer("payload").order_by("-id")[:SHOWN],
    }
    return render(request, "web/integrations/webhook.html", shown)
