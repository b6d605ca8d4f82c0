"""Lists of features and releases, and the forms that make and change records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from tieline.records.record import DEFAULT_STATUSES, RecordKind
from tieline.store import planning
from tieline.store.models import Record, RecordChange, Role
from tieline.store.values import same_stored, stored_value
from tieline.web import words
from tieline.web.back import way_back
from tieline.web.forms.plan import RecordForm
from tieline.web.gate import Place, needs
from tieline.web.templatetags.tieline import markdown

PAGE = 100
_DONE = [status.slug for status in DEFAULT_STATUSES if status.category == "done"]


def records_of(place: Place) -> QuerySet[Record]:
    return Record.objects.filter(workspace=place.workspace, deleted=None)


def record_at(place: Place, ref: str) -> Record:
    """The record of this reference in the workspace; 404 when there is none."""
    return get_object_or_404(
        records_of(place).select_related("parent", "release", "link__integration__connection"), ref=ref
    )


@dataclass(frozen=True, kw_only=True)
class Row:
    """A record in a list, with how many requirements it has and how many of them are done."""

    record: Record
    children: int
    done: int


def listed(records: QuerySet[Record]) -> QuerySet[Record]:
    """Records with all that a row of a list shows of them."""
    return records.select_related("release", "link__integration__connection")


def with_counts(records: Iterable[Record]) -> list[Row]:
    """Rows of one page; requirements are counted for these records alone."""
    rows = list(records)
    counted = (
        Record.objects.filter(parent__in=[one.pk for one in rows], deleted=None)
        .values("parent_id")
        .annotate(n=Count("pk"), finished=Count("pk", filter=Q(status__in=_DONE)))
    )
    counts = {one["parent_id"]: (one["n"], one["finished"]) for one in counted}
    return [Row(record=one, children=counts.get(one.pk, (0, 0))[0], done=counts.get(one.pk, (0, 0))[1]) for one in rows]


@needs(Role.VIEWER)
def features(request: HttpRequest, place: Place) -> HttpResponseBase:
    """Features, grouped by release or in one list, narrowed by words, status and Jira state."""
    q, status, jira = (request.GET.get(name, "").strip() for name in ("q", "status", "jira"))
    flat = request.GET.get("group") == "none"
    rows = listed(records_of(place).filter(kind=RecordKind.FEATURE))
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(ref__iexact=q) | Q(link__remote_key__iexact=q))
    if status:
        rows = rows.filter(status=status)
    if jira == "none":
        rows = rows.filter(link=None)
    elif jira:
        rows = rows.filter(link__state=jira)
    order = ("position",) if flat else (F("release__position").asc(nulls_last=True), "release_id", "position")
    page = Paginator(rows.order_by(*order, "id"), PAGE).get_page(request.GET.get("page"))
    rows_shown = with_counts(page.object_list)
    grouped = groupby(rows_shown, key=lambda one: None if flat else one.record.release)
    shown = {
        "section": "features",
        "page": page,
        "groups": [{"release": release, "rows": list(members)} for release, members in grouped],
        "q": q,
        "status": status,
        "jira": jira,
        "flat": flat,
        "filtered": bool(q or status or jira),
        "statuses": DEFAULT_STATUSES,
        "link_states": list(words.LINK_STATES.items()),
    }
    return render(request, "web/plan/features.html", shown)


@needs(Role.VIEWER)
def releases(request: HttpRequest, place: Place) -> HttpResponseBase:
    there = Q(features__deleted=None)
    rows = (
        records_of(place)
        .filter(kind=RecordKind.RELEASE)
        .select_related("link__integration__connection")
        .annotate(
            features_count=Count("features", filter=there),
            features_done=Count("features", filter=there & Q(features__status__in=_DONE)),
        )
        .order_by("position", "id")
    )
    return render(request, "web/plan/releases.html", {"section": "releases", "releases": rows})


@needs(Role.CONTRIBUTOR)
@require_http_methods(["GET", "POST"])
def new_feature(request: HttpRequest, place: Place) -> HttpResponseBase:
    return _make(request, place, RecordKind.FEATURE, None)


@needs(Role.CONTRIBUTOR)
@require_http_methods(["GET", "POST"])
def new_release(request: HttpRequest, place: Place) -> HttpResponseBase:
    return _make(request, place, RecordKind.RELEASE, None)


@needs(Role.CONTRIBUTOR)
@require_http_methods(["GET", "POST"])
def new_requirement(request: HttpRequest, place: Place, ref: str) -> HttpResponseBase:
    parent = record_at(place, ref)
    if parent.kind != RecordKind.FEATURE:
        raise Http404
    return _make(request, place, RecordKind.REQUIREMENT, parent)


_NEW = {
    RecordKind.FEATURE: gettext_lazy("New feature"),
    RecordKind.RELEASE: gettext_lazy("New release"),
    RecordKind.REQUIREMENT: gettext_lazy("New requirement"),
}


def list_of(place: Place, kind: str) -> dict[str, Any]:
    """Address and name of the list that a kind of record belongs to."""
    if kind == RecordKind.RELEASE:
        return {
            "section": "releases",
            "list_url": reverse("releases", args=[place.workspace.key]),
            "list_word": _("Releases"),
        }
    return {
        "section": "features",
        "list_url": reverse("features", args=[place.workspace.key]),
        "list_word": _("Features"),
    }


def _make(request: HttpRequest, place: Place, kind: RecordKind, parent: Record | None) -> HttpResponseBase:
    first = {"release": request.GET.get("release", ""), "status": "planned" if kind == RecordKind.RELEASE else "new"}
    form = RecordForm(request.POST or None, workspace=place.workspace, kind=kind, initial=first)
    preview = request.POST.get("description", "") if "preview" in request.POST else ""
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        fields = form.changes() | ({"parent": parent.pk} if parent else {})
        try:
            made = planning.create_record(place.workspace, kind, fields, actor=place.actor)
        except ValueError as reason:
            form.add_error(None, str(reason))
        else:
            return redirect("record", place.workspace.key, made.ref)
    shown = list_of(place, kind) | {
        "form": form,
        "heading": _NEW[kind],
        "parent": parent,
        "preview": preview,
        "back_url": reverse("record", args=[place.workspace.key, parent.ref])
        if parent
        else list_of(place, kind)["list_url"],
    }
    return render(request, "web/plan/edit.html", shown, status=422 if form.errors and not preview else 200)


@needs(Role.CONTRIBUTOR)
@require_http_methods(["GET", "POST"])
def edit_record(request: HttpRequest, place: Place, ref: str) -> HttpResponseBase:
    """Change a record. When it changed meanwhile, what was typed stays and the present values stand beside it."""
    record = record_at(place, ref)
    form = RecordForm(request.POST or None, workspace=place.workspace, kind=record.kind, record=record)
    preview = request.POST.get("description", "") if "preview" in request.POST else ""
    theirs: list[tuple[str, Any]] = []
    if request.method == "POST" and "preview" not in request.POST and form.is_valid():
        seen = form.cleaned_data["revision"]
        typed = touched(record, form.changes(), seen)
        try:
            result = planning.edit_record(record, typed, actor=place.actor, revision=seen)
        except ValueError as reason:
            form.add_error(None, str(reason))
        else:
            if not result.conflict:
                return redirect("record", place.workspace.key, record.ref)
            present = record_at(place, ref)
            theirs = [
                (name, stored_value(present, name))
                for name, value in typed.items()
                if not same_stored(stored_value(present, name), value)
            ]
            posted = request.POST.copy()
            posted["revision"] = str(present.revision)
            form = RecordForm(posted, workspace=place.workspace, kind=record.kind, record=present)
            form.is_valid()
    shown = list_of(place, record.kind) | {
        "form": form,
        "record": record,
        "parent": record.parent,
        "heading": record.name,
        "preview": preview,
        "theirs": theirs,
        "back_url": reverse("record", args=[place.workspace.key, record.ref]),
    }
    status = 409 if theirs else 422 if form.errors and not preview else 200
    return render(request, "web/plan/edit.html", shown, status=status)


def touched(record: Record, typed: dict[str, Any], seen: int | None) -> dict[str, Any]:
    """The fields that the person changed: those that differ from what the form showed (the values at ``seen``).

    A field that somebody else changed meanwhile and this person left alone is not theirs to write.
    """
    shown: dict[str, Any] = {}
    if seen is not None:
        later = RecordChange.objects.filter(record=record, revision__gt=seen, field__in=list(typed)).order_by("-id")
        shown = {one.field: one.old for one in later}
    return {name: value for name, value in typed.items() if name not in shown or not same_stored(shown[name], value)}


@needs(Role.CONTRIBUTOR)
@require_POST
def preview(request: HttpRequest, _place: Place) -> HttpResponseBase:
    """The description as it will look, as a fragment."""
    return HttpResponse(markdown(request.POST.get("description", "")[:200_000]))


@needs(Role.CONTRIBUTOR)
@require_POST
def move_record(request: HttpRequest, place: Place, ref: str) -> HttpResponseBase:
    """One up, one down, or to a position of its list (counted from 1)."""
    record = record_at(place, ref)
    where = request.POST.get("where", "").strip()
    if where in {"up", "down"}:
        planning.move_record(record, "up" if where == "up" else "down", actor=place.actor)
    elif where.isascii() and where.isdigit() and int(where[:9]) > 0:
        planning.move_record(record, int(where[:9]) - 1, actor=place.actor)
    else:
        messages.warning(request, _("Write the position as a number from 1, such as 3."))
    back = way_back(request, request.POST.get("back", ""))
    return redirect(back) if back else redirect("record", place.workspace.key, record.ref)


@needs(Role.CONTRIBUTOR)
@require_http_methods(["GET", "POST"])
def delete_record(request: HttpRequest, place: Place, ref: str) -> HttpResponseBase:
    record = record_at(place, ref)
    if request.method == "POST":
        planning.delete_record(record, actor=place.actor)
        messages.success(request, _("%(ref)s “%(name)s” is deleted.") % {"ref": record.ref, "name": record.name})
        return redirect("releases" if record.kind == RecordKind.RELEASE else "features", place.workspace.key)
    shown = list_of(place, record.kind) | {"record": record, "link": getattr(record, "link", None)}
    return render(request, "web/plan/delete.html", shown)
