"""Template tags: icons, state chips, times, fields and text."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tieline.store.models import Integration
from tieline.web import words
from tieline.web.assets import icon_shapes

register = template.Library()


@register.simple_tag
def icon(name: str, kind: str = "") -> SafeString:
    """An icon beside a word. Screen readers pass it by."""
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>',
        kind,
        mark_safe(icon_shapes(name)),  # noqa: S308 - a file of this package
    )


def _chip(state: words.StateWord, kind: str = "") -> SafeString:
    return format_html(
        '<span class="chip {} {}">{}<span>{}</span></span>', state.tone, kind, icon(state.icon), state.word
    )


@register.simple_tag
def chip(family: str, state: str, kind: str = "") -> SafeString:
    """The chip for one state of a family of states (``link``, ``rung``, ``op`` …)."""
    known = words.FAMILIES[family].get(state or "none")
    return _chip(known or words.StateWord(word=state, icon="circle", tone="quiet"), kind)


@register.simple_tag
def status_chip(slug: str) -> SafeString:
    return _chip(words.record_status(slug), "plain")


@register.simple_tag
def jira_chip(name: str, category: str) -> SafeString:
    return _chip(words.jira_status(name, category), "plain")


@register.filter
def field_word(name: str) -> str:
    """Our name of a record field in people's words."""
    return str(words.FIELD_WORDS.get(name, name))


@register.filter
def title_of(integration: Integration) -> str:
    """How an integration is called: by its Jira project once one is chosen, by its own name before."""
    return integration.project_name or integration.name


@register.filter
def edition_word(edition: str) -> str:
    """The vendor's name of an edition; empty while it is not known."""
    return {"cloud": "Jira Cloud", "dc": "Jira Data Center"}.get(edition, "")


@register.filter
def kind_word(kind: str) -> str:
    return str(words.KIND_WORDS[kind][0]) if kind in words.KIND_WORDS else kind


@register.filter
def kind_icon(kind: str) -> str:
    return words.KIND_WORDS[kind][2] if kind in words.KIND_WORDS else "circle"


def _moment(value: datetime | str | None) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if value is None:
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def relative(moment: datetime, now: datetime) -> str:
    """How long ago in one unit: ``40 s ago``, ``2 min ago``, ``3 h ago``, ``5 days ago``, then the date."""
    seconds = int((now - moment).total_seconds())
    if seconds < 0:
        return _("in a moment")
    if seconds < 10:
        return _("just now")
    if seconds < 60:
        return _("%(n)s s ago") % {"n": seconds}
    if seconds < 3600:
        return _("%(n)s min ago") % {"n": seconds // 60}
    if seconds < 48 * 3600:
        return _("%(n)s h ago") % {"n": seconds // 3600}
    days = seconds // 86400
    if days < 30:
        return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}
    return format_date(timezone.localtime(moment), "j M Y")


@register.filter
def ago(value: datetime | str | None) -> SafeString | str:
    """A time as people say it, with the exact time on hover and for machines."""
    moment = _moment(value)
    if moment is None:
        return _("never")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        format_date(timezone.localtime(moment), "j M Y, H:i:s T"),
        relative(moment, timezone.now()),
    )


@register.filter
def clock(value: datetime | str | None) -> SafeString | str:
    """The time of day to the second, as a log shows it."""
    moment = _moment(value)
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        format_date(local, "j M Y, H:i:s T"),
        format_date(local, "H:i:s"),
    )


@register.filter
def moment(value: datetime | str | None) -> SafeString | str:
    """Date and time in full."""
    found = _moment(value)
    if found is None:
        return ""
    local = timezone.localtime(found)
    return format_html('<time datetime="{}">{}</time>', found.isoformat(), format_date(local, "j M Y, H:i T"))


@register.filter
def day(value: date | str | None) -> str:
    """A date without a time, ``24 Nov 2026``."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value[:10])
        except ValueError:
            return str(value)
    return format_date(value, "j M Y") if value else ""


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as safe HTML (:func:`tieline.richtext.html.render_html` cleans it)."""
    from tieline.richtext.html import render_html

    safe: str = render_html(text or "")
    return mark_safe(safe)  # noqa: S308 - cleaned by render_html


@register.filter
def shown(value: Any) -> str:
    """A stored value in words: nothing is a dash, a list is joined."""
    if value is None or value in ("", []):
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (list, tuple)):
        return ", ".join(str(one) for one in value)
    if isinstance(value, dict):
        return _("formatted text")
    return str(value)


@register.filter
def pretty(body: str) -> str:
    """A body of a request as it is best read: JSON with its levels, anything else as it came."""
    if not body or len(body) > 200_000:
        return body
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


@register.inclusion_tag("web/parts/field.html")
def field(bound: BoundField, wide: bool = False) -> dict[str, Any]:
    """One form field: label, hint, what was typed, and what to do about it."""
    widget = bound.field.widget
    return {
        "field": bound,
        "wide": wide,
        "required": bound.field.required,
        "tick": getattr(widget, "input_type", "") == "checkbox",
    }


@register.inclusion_tag("web/parts/summary.html")
def error_summary(form: Any) -> dict[str, Any]:
    """The list of what needs attention, on top of a form, each entry leading to its field."""
    return {"form": form}
