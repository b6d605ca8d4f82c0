"""One record: what it says, its history, and how it stands with Jira."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tieline.records.record import RecordKind
from tieline.store import integrations
from tieline.store.mappings import mapping_of
from tieline.store.models import Clash, Connection, Integration, Link, Op, Problem, Record, RecordChange, Role
from tieline.web.cards import problem_cards
from tieline.web.gate import Place, needs
from tieline.web.live import stamp_of
from tieline.web.templatetags.tieline import field_word
from tieline.web.typed import typed
from tieline.web.views.plan import list_of, listed, record_at, records_of, with_counts
from tieline.web.words import record_status

HISTORY = 50
_LONG = frozenset({"description"})


@dataclass(frozen=True, kw_only=True)
class HistoryLine:
    """One line of the history. ``short``: the values are short enough to be shown side by side."""

    at: datetime
    source: str
    who: str
    sentence: str
    old: Any = None
    new: Any = None
    short: bool = False
    note: str = ""


def link_of(record: Record) -> Link | None:
    link = getattr(record, "link", None)
    return link if isinstance(link, Link) else None


def jira_address(connection: Connection, link: Link) -> str:
    """Where a person looks at the issue or version in Jira; empty until there is one."""
    if link.remote_kind == "version":
        project = link.integration.project_key
        return f"{connection.base_url}/projects/{project}/versions/{link.remote_id}" if link.remote_id else ""
    return f"{connection.base_url}/browse/{link.remote_key}" if link.remote_key else ""


@needs(Role.VIEWER)
def record(request: HttpRequest, place: Place, ref: str) -> HttpResponseBase:
    return render(request, "web/plan/record.html", _shown(place, record_at(place, ref)))


@needs(Role.VIEWER)
def record_live(request: HttpRequest, place: Place, ref: str) -> HttpResponseBase:
    """The record again when something about it changed since it was shown, else nothing (204)."""
    found = record_at(place, ref)
    if request.GET.get("seen") == _seen(found):
        return HttpResponse(status=204)
    return render(request, "web/plan/_record.html", _shown(place, found))


def _seen(found: Record) -> str:
    """A stamp that changes whenever the page would."""
    link = link_of(found)
    parts: list[Any] = [found.revision, found.position, found.release_id]
    if link is not None:
        parts += [
            link.state,
            link.remote_key,
            link.remote_status,
            link.last_sent,
            link.last_heard,
            link.integration.state,
        ]
        parts += list(Clash.objects.filter(link=link, winner="").values_list("pk", flat=True))
        parts += list(Problem.objects.filter(links=link, fixed_at=None).values_list("pk", flat=True))
        parts += list(_waiting(link).values_list("pk", "state"))
    children = records_of_kind(found)
    parts += list(children.values_list("pk", "revision", "position", "link__state", "link__remote_key"))
    return stamp_of(parts)


def records_of_kind(found: Record) -> Any:
    """Requirements of a feature, features of a release, in order."""
    column = "release" if found.kind == RecordKind.RELEASE else "parent"
    return Record.objects.filter(**{column: found}, deleted=None).order_by("position", "id")


def _waiting(link: Link) -> Any:
    return Op.objects.filter(lane=f"link:{link.pk}", state__in=["waiting", "running", "parked"]).order_by("id")


def _shown(place: Place, found: Record) -> dict[str, Any]:
    link = link_of(found)
    children = with_counts(listed(records_of_kind(found)))
    siblings = records_of(place).filter(
        kind=found.kind, parent_id=found.parent_id, release_id=found.release_id, position__lt=found.position
    )
    open_problems = Problem.objects.filter(links=link, fixed_at=None) if link else Problem.objects.none()
    return list_of(place, found.kind) | {
        "place": place,
        "record": found,
        "seen": _seen(found),
        "link": link,
        "jira_url": jira_address(link.integration.connection, link) if link else "",
        "children": children,
        "done": sum(record_status(one.record.status).tone == "good" for one in children),
        "ordinal": siblings.count() + 1,
        "history": history_of(found),
        "clashes": Clash.objects.filter(link=link, winner="").order_by("at") if link else [],
        "problems": problem_cards(open_problems),
        "waiting_op": _waiting(link).first() if link else None,
        "integrations": [] if link else _may_send_to(place, found),
    }


def _may_send_to(place: Place, found: Record) -> list[Integration]:
    running = Integration.objects.filter(workspace=place.workspace, state__in=["on", "paused"])
    return [one for one in running if mapping_of(one).kind(RecordKind(found.kind)) is not None]


def history_of(found: Record) -> list[HistoryLine]:
    """The latest changes first; the first values of a record are one line."""
    changes = list(RecordChange.objects.filter(record=found).order_by("-id")[:HISTORY])
    ids = {value for one in changes if one.field in {"release", "parent"} for value in (one.old, one.new) if value}
    names = dict(Record.objects.filter(pk__in=ids, workspace_id=found.workspace_id).values_list("pk", "name"))
    lines: list[HistoryLine] = []
    first = False
    for one in changes:
        if one.revision == 1:
            if not first:
                first = True
                lines.append(_first_line(one))
            continue
        lines.append(_line(one, names))
    return lines


def _who(change: RecordChange) -> str:
    if change.source == "jira":
        return change.actor or "Jira"
    return change.actor or _("Somebody")


def _first_line(change: RecordChange) -> HistoryLine:
    sentence = _("imported this from Jira") if change.source in {"import", "jira"} else _("wrote this down")
    return HistoryLine(at=change.at, source=change.source, who=_who(change), sentence=sentence, note=change.note)


def _line(change: RecordChange, names: Mapping[str, str]) -> HistoryLine:
    old, new = (_in_words(change.field, value, names) for value in (change.old, change.new))
    short = change.field not in _LONG and change.field != "deleted"
    sentence = _("changed %(field)s") % {"field": field_word(change.field)}
    return HistoryLine(
        at=change.at,
        source=change.source,
        who=_who(change),
        sentence=sentence,
        old=old,
        new=new,
        short=short,
        note=change.note,
    )


def _in_words(field: str, value: Any, names: Mapping[str, str]) -> Any:
    if field == "status" and isinstance(value, str):
        return record_status(value).word
    if field in {"release", "parent"} and value:
        return names.get(value, _("a deleted record"))
    return value


@needs(Role.CONTRIBUTOR)
@require_POST
def sync_record(request: HttpRequest, place: Place, ref: str) -> HttpResponseBase:
    found = record_at(place, ref)
    if link_of(found) is None:
        messages.warning(request, _("This record is not linked, so there is nothing to bring into step."))
    else:
        integrations.sync_now(found, actor=place.actor)
        messages.success(request, _("Both sides are compared now. This page shows the result by itself."))
    return redirect("record", place.workspace.key, found.ref)


@needs(Role.CONTRIBUTOR)
@require_POST
def unlink_record(request: HttpRequest, place: Place, ref: str) -> HttpResponseBase:
    found = record_at(place, ref)
    if integrations.unlink(found, actor=place.actor):
        messages.success(
            request, _("%(ref)s is not linked any more. Both sides stay as they are.") % {"ref": found.ref}
        )
    else:
        messages.warning(request, _("It is being sent just now. Wait a moment, then unlink it."))
    return redirect("record", place.workspace.key, found.ref)


@needs(Role.CONTRIBUTOR)
@require_POST
def send_record(request: HttpRequest, place: Place, ref: str) -> HttpResponseBase:
    """Link the record and create its issue or version."""
    found = record_at(place, ref)
    chosen = get_object_or_404(Integration, pk=typed(request, "integration"), workspace=place.workspace)
    if link_of(found) is None:
        try:
            integrations.send_record(found, chosen, actor=place.actor)
        except ValueError as reason:
            messages.warning(request, str(reason))
        else:
            messages.success(request, _("On its way to Jira. This page shows the result by itself."))
    return redirect("record", place.workspace.key, found.ref)


@needs(Role.CONTRIBUTOR)
@require_POST
def settle_clash(request: HttpRequest, place: Place, clash: str) -> HttpResponseBase:
    """A person chooses between the two values of a field that was changed on both sides."""
    found = get_object_or_404(
        Clash.objects.select_related("link__record"), pk=clash, link__integration__workspace=place.workspace
    )
    winner = request.POST.get("winner")
    if found.winner:
        messages.warning(request, _("Somebody has chosen already."))
    elif winner == "ours":
        integrations.settle_clash(found, "ours", actor=place.actor)
    elif winner == "theirs":
        integrations.settle_clash(found, "theirs", actor=place.actor)
    else:
        messages.warning(request, _("Choose one of the two values."))
    return redirect("record", place.workspace.key, found.link.record.ref)
