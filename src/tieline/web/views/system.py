"""For whoever runs the server: what it says of itself, its workers, its queue; and the people on it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tieline.store import people
from tieline.store.models import AuditEntry, Op, User, WorkerBeat
from tieline.store.self_check import self_check
from tieline.web.gate import needs_admin
from tieline.web.once import keep_once, take_once


@needs_admin
def system(request: HttpRequest, _user: User) -> HttpResponseBase:
    email, _gap, link = take_once(request, "sign-in-link").partition(" ")
    now = timezone.now()
    quiet = now - timedelta(seconds=settings.DEAD_AFTER_SECONDS)
    workers = [{"beat": one, "alive": one.at > quiet} for one in WorkerBeat.objects.order_by("-at")[:20]]
    queue = (
        Op.objects.exclude(state="done")
        .values("state", "kind")
        .annotate(n=Count("pk"), oldest=Min("due"))
        .order_by("state", "kind")
    )
    shown = {
        "results": self_check(Path(settings.DATA)),
        "workers": workers,
        "queue": list(queue),
        "users": User.objects.order_by("email")[:200],
        "audit": AuditEntry.objects.select_related("workspace").order_by("-id")[:40],
        "fresh": {"email": email, "link": link} if link else None,
    }
    return render(request, "web/watch/system.html", shown)


@needs_admin
@require_POST
def sign_in_link(request: HttpRequest, user: User, person: int) -> HttpResponseBase:
    """A new one-time link for somebody who forgot the password; shown once, here."""
    found = get_object_or_404(User, pk=person, is_active=True)
    token = people.make_sign_in_link(found)
    people.save_audit(user.email, "sign-in link made", found.email)
    keep_once(request, "sign-in-link", f"{found.email} {request.build_absolute_uri(f'/welcome/{token}')}")
    messages.success(request, _("The link is shown below, once."))
    return redirect("system")
