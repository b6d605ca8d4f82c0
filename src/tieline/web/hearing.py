"""How changes in Jira are heard: by webhook with polling as the guarantee, or by polling alone."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tieline import wiring
from tieline.store.models import Integration


def poll_every() -> str:
    """How often a project is asked what changed: ``minute``, ``15 seconds``, ``5 minutes``."""
    seconds = round(settings.POLL_SECONDS)
    if seconds % 60 or not seconds:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    minutes = seconds // 60
    return _("minute") if minutes == 1 else _("%(n)d minutes") % {"n": minutes}


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What became of the wish, in a sentence."""

    by_webhook: bool
    sentence: str


def install(integration: Integration, *, actor: str) -> Heard:
    """Ask Jira to send webhooks; where it may not, changes are found by polling, and the sentence says why."""
    found = wiring.install_webhook(integration, actor=actor)
    if found.mode == "webhook":
        return Heard(by_webhook=True, sentence=_("A webhook is installed: changes in Jira are heard in seconds."))
    why = f" {found.cards[0].title}." if found.cards else ""
    sentence = _("Jira did not take a webhook.%(why)s Changes are found by asking Jira every %(time)s.") % {
        "why": why,
        "time": poll_every(),
    }
    return Heard(by_webhook=False, sentence=sentence)


def remove(integration: Integration, *, actor: str) -> Heard:
    """Take the webhook away again."""
    wiring.remove_webhook(integration, actor=actor)
    return Heard(
        by_webhook=True, sentence=_("Changes are found by asking Jira every %(time)s.") % {"time": poll_every()}
    )
