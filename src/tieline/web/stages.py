"""The steps of setting up an integration: which there are, which are done, and where one goes next."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tieline.store.models import Integration
from tieline.web.checks import latest_check


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One step in the list at the side; ``url`` is empty while the step cannot be opened yet."""

    name: str
    word: str | Promise
    done: bool
    url: str


_WORDS: tuple[tuple[str, str | Promise], ...] = (
    ("connect", _("Connect")),
    ("check", _("Check")),
    ("project", _("Project")),
    ("map", _("Map")),
    ("try", _("Try and turn on")),
)


def build_stages(integration: Integration | None) -> list[Stage]:
    """The steps as far as this draft has come."""
    if integration is None:
        return [Stage(name=name, word=word, done=False, url="") for name, word in _WORDS]
    run = latest_check(integration.connection)
    done = {
        "connect": integration.connection.secret is not None,
        "check": bool(run and run.ok) or integration.connection.login_accepted_at is not None,
        "project": bool(integration.project_key),
        "map": bool(integration.mapping),
        "try": integration.state != "draft",
    }
    reached = {
        "connect": True,
        "check": done["connect"],
        "project": done["check"] or done["project"],
        "map": done["project"],
        "try": done["map"],
    }
    key = integration.workspace.key
    return [
        Stage(
            name=name,
            word=word,
            done=done[name],
            url=reverse(f"wizard-{name}", args=[key, integration.pk]) if reached[name] else "",
        )
        for name, word in _WORDS
    ]


def next_stage(integration: Integration) -> str:
    """Name of the first step that is not done."""
    return next((one.name for one in build_stages(integration) if not one.done), "try")
