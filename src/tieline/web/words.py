"""The words and icons for states. A state is always an icon and a word, never a colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tieline.records.record import DEFAULT_STATUSES, RELEASE_STATUSES, RecordKind, StatusCategory


@dataclass(frozen=True, kw_only=True)
class StateWord:
    """``tone``: ``good``, ``wait``, ``bad``, ``note`` or ``quiet``; the style sheet knows no other."""

    word: str | Promise
    icon: str
    tone: str


LINK_STATES = {
    "in-step": StateWord(word=_("In step"), icon="circle-check", tone="good"),
    "waiting": StateWord(word=_("Waiting"), icon="clock", tone="wait"),
    "problem": StateWord(word=_("Problem"), icon="circle-alert", tone="bad"),
    "gone": StateWord(word=_("Gone from Jira"), icon="unlink", tone="bad"),
    "none": StateWord(word=_("Not linked"), icon="circle-dashed", tone="quiet"),
}
INTEGRATION_STATES = {
    "on": StateWord(word=_("On"), icon="circle-check", tone="good"),
    "paused": StateWord(word=_("Paused"), icon="circle-pause", tone="wait"),
    "draft": StateWord(word=_("Draft"), icon="circle-dashed", tone="quiet"),
}
RUNG_STATES = {
    "ok": StateWord(word=_("Good"), icon="circle-check", tone="good"),
    "warning": StateWord(word=_("Note"), icon="circle-alert", tone="wait"),
    "problem": StateWord(word=_("Problem"), icon="circle-x", tone="bad"),
    "not-run": StateWord(word=_("Not run"), icon="circle-minus", tone="quiet"),
    "running": StateWord(word=_("Running"), icon="loader-circle", tone="note"),
}
LOG_LEVELS = {
    "info": StateWord(word=_("Done"), icon="check", tone="quiet"),
    "warning": StateWord(word=_("Warning"), icon="triangle-alert", tone="wait"),
    "problem": StateWord(word=_("Problem"), icon="circle-alert", tone="bad"),
}
DIRECTIONS = {
    "push": StateWord(word=_("To Jira"), icon="arrow-right", tone="quiet"),
    "pull": StateWord(word=_("From Jira"), icon="arrow-left", tone="quiet"),
    "none": StateWord(word=_("Here"), icon="circle-dot", tone="quiet"),
}
OP_STATES = {
    "waiting": StateWord(word=_("Waiting"), icon="clock", tone="wait"),
    "running": StateWord(word=_("Running"), icon="loader-circle", tone="note"),
    "done": StateWord(word=_("Done"), icon="circle-check", tone="good"),
    "parked": StateWord(word=_("Parked"), icon="circle-pause", tone="bad"),
}
IMPORT_STATES = {
    "waiting": StateWord(word=_("Waiting"), icon="clock", tone="wait"),
    "running": StateWord(word=_("Running"), icon="loader-circle", tone="note"),
    "done": StateWord(word=_("Done"), icon="circle-check", tone="good"),
    "stopped": StateWord(word=_("Stopped"), icon="circle-alert", tone="bad"),
}
CONFIDENCES = {
    "certain": StateWord(word=_("Certain"), icon="circle-check", tone="note"),
    "likely": StateWord(word=_("Likely"), icon="circle-dot", tone="note"),
    "possible": StateWord(word=_("Possible"), icon="circle-help", tone="note"),
}
FAMILIES = {
    "link": LINK_STATES,
    "integration": INTEGRATION_STATES,
    "rung": RUNG_STATES,
    "level": LOG_LEVELS,
    "direction": DIRECTIONS,
    "op": OP_STATES,
    "import": IMPORT_STATES,
    "confidence": CONFIDENCES,
}

_CATEGORY = {
    StatusCategory.TODO: ("circle", "quiet"),
    StatusCategory.DOING: ("circle-dot", "note"),
    StatusCategory.DONE: ("circle-check", "good"),
}
_JIRA_CATEGORY = {
    "new": StatusCategory.TODO,
    "indeterminate": StatusCategory.DOING,
    "done": StatusCategory.DONE,
}


def record_status(slug: str) -> StateWord:
    """The word for a status of ours; a slug nobody knows is shown as it stands."""
    for status in (*DEFAULT_STATUSES, *RELEASE_STATUSES):
        if status.slug == slug:
            icon, tone = _CATEGORY[status.category]
            return StateWord(word=status.name, icon=icon, tone=tone)
    return StateWord(word=slug, icon="circle", tone="quiet")


def jira_status(name: str, category: str) -> StateWord:
    """Jira's own name of a status, with the icon of its category."""
    icon, tone = _CATEGORY[_JIRA_CATEGORY.get(category, StatusCategory.TODO)]
    return StateWord(word=name, icon=icon, tone=tone)


KIND_WORDS: dict[str, tuple[str | Promise, str | Promise, str]] = {
    RecordKind.FEATURE: (_("Feature"), _("Features"), "layers"),
    RecordKind.REQUIREMENT: (_("Requirement"), _("Requirements"), "list-checks"),
    RecordKind.RELEASE: (_("Release"), _("Releases"), "rocket"),
}
"""Singular, plural and icon of each kind of record."""

FIELD_WORDS: dict[str, str | Promise] = {
    "name": _("Name"),
    "description": _("Description"),
    "status": _("Status"),
    "assignee": _("Assignee"),
    "due": _("Due date"),
    "tags": _("Tags"),
    "release": _("Release"),
    "parent": _("Feature"),
    "position": _("Order"),
}
