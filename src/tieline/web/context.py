"""What every page needs for its frame: theme, the workspace one stands in, and the number of open problems."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from tieline import __version__
from tieline.store.models import Problem
from tieline.web.assets import stamp
from tieline.web.gate import person_of, place_of
from tieline.web.headers import correlation_of
from tieline.web.hearing import poll_every

THEMES = ("system", "light", "dark")


def theme_of(request: HttpRequest) -> str:
    """The person's own choice, else the cookie of this browser, else what the system prefers."""
    user = person_of(request) if hasattr(request, "user") else None
    chosen = user.theme if user is not None else request.COOKIES.get("tieline_theme", "system")
    return chosen if chosen in THEMES else "system"


def shell(request: HttpRequest) -> dict[str, Any]:
    place = place_of(request)
    open_problems = 0
    if place is not None:
        open_problems = Problem.objects.filter(workspace=place.workspace, fixed_at=None).count()
    return {
        "place": place,
        "person": person_of(request) if hasattr(request, "user") else None,
        "theme": theme_of(request),
        "open_problems": open_problems,
        "asset_root": f"/static/{stamp()}/",
        "correlation": correlation_of(request),
        "version": __version__,
        "poll_every": poll_every(),
    }
