"""Setting up an integration, second half: the mapping, a try on real records, and turning on."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tieline import wiring
from tieline.mapping.defaults import build_default_mapping
from tieline.mapping.json import mapping_as_json
from tieline.mapping.model import Mapping
from tieline.mapping.problems import find_problems
from tieline.mapping.schema import ProjectSchema
from tieline.mapping.sentence import describe
from tieline.records.record import DEFAULT_STATUSES, RecordKind
from tieline.store import integrations
from tieline.store.mappings import mapping_of
from tieline.store.models import Integration, Link, Record, Role
from tieline.web import jira_asks
from tieline.web.forms import mapping as form
from tieline.web.gate import Place, needs
from tieline.web.typed import all_typed, typed
from tieline.web.views.connect import framed, integration_at
from tieline.web.views.record import jira_address
from tieline.wiring.wizard import parse_schema

TRIED = 8
"""Records in the table of what would be done."""


@needs(Role.OWNER)
@require_http_methods(["GET", "POST"])
def mapping(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Step 4: which kind meets which issue type, which field meets which, and who wins."""
    integration = integration_at(place, pk)
    if not integration.project_key:
        return redirect("wizard-project", place.workspace.key, integration.pk)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    schema, card = _schema(integration, afresh=act == "read")
    if schema is None:
        return _map_page(request, integration, None, None, unsaved=False, card=card)
    saved = mapping_of(integration)
    if act == "save":
        chosen = form.build_posted_mapping(
            all_typed(request), saved if saved.kinds else build_default_mapping(schema), schema
        )
        integrations.save_mapping(integration, mapping_as_json(chosen), place.actor)
        stops = form.build_stops(find_problems(chosen, schema))
        if stops:
            integration = integration_at(place, pk)
            return _map_page(request, integration, chosen, schema, unsaved=False, status=422)
        messages.success(request, _("The mapping is saved."))
        return redirect("wizard-map", place.workspace.key, integration.pk)
    if act == "read" and card is None:
        messages.success(request, _("Jira’s fields were read afresh."))
        return redirect("wizard-map", place.workspace.key, integration.pk)
    suggested = act == "suggest" or not saved.kinds
    shown = build_default_mapping(schema) if suggested else saved
    return _map_page(request, integration, shown, schema, unsaved=suggested, card=card)


def _schema(integration: Integration, *, afresh: bool) -> tuple[ProjectSchema | None, Any]:
    """The stored schema, or read from Jira when there is none or it is asked for."""
    stored = parse_schema(integration.schema)
    if stored is not None and not afresh:
        return stored, None
    told = wiring.read_schema(integration)
    return told.value or stored, told.cards[0] if told.cards else None


def _map_page(
    request: HttpRequest,
    integration: Integration,
    chosen: Mapping | None,
    schema: ProjectSchema | None,
    *,
    unsaved: bool,
    card: Any = None,
    status: int = 200,
) -> HttpResponseBase:
    shown = framed(integration, "map") | {"card": card, "unsaved": unsaved, "focus": status == 422}
    if chosen is not None and schema is not None:
        problems = find_problems(chosen, schema)
        stops = form.build_stops(problems)
        shown |= {
            "kinds": form.build_kind_forms(chosen, schema, problems),
            "general": stops,
            "stops": bool(stops),
            "sentences": describe(chosen, schema),
            "directions": form.DIRECTIONS,
            "policies": form.POLICIES,
            "ours": DEFAULT_STATUSES,
        }
    return render(request, "web/integrations/map.html", shown, status=status)


@needs(Role.OWNER)
@require_http_methods(["GET"])
def try_out(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Step 5: what would be done for some real records; send one; turn on."""
    integration = integration_at(place, pk)
    mapped = mapping_of(integration)
    if not mapped.kinds:
        return redirect("wizard-map", place.workspace.key, integration.pk)
    schema = parse_schema(integration.schema)
    records = _some_records(place, integration)
    sent = Record.objects.filter(workspace=place.workspace, ref=request.GET.get("sent", "")).first()
    link = Link.objects.filter(record=sent, integration=integration).first() if sent else None
    unsent = _unlinked(place, integration).count()
    shown = framed(integration, "try") | {
        "rows": jira_asks.preview(integration, records) if records else (),
        "stops": form.build_stops(find_problems(mapped, schema)) if schema else (),
        "sentences": describe(mapped, schema) if schema else (),
        "sent": sent,
        "link": link,
        "jira_url": jira_address(integration.connection, link) if link else "",
        "unsent": unsent,
    }
    return render(request, "web/integrations/try.html", shown)


def _unlinked(place: Place, integration: Integration) -> Any:
    kinds = [rule.kind.value for rule in mapping_of(integration).kinds]
    return Record.objects.filter(workspace=place.workspace, kind__in=kinds, deleted=None, link=None)


def _some_records(place: Place, integration: Integration) -> list[Record]:
    """A release and the first features and requirements, unlinked ones first."""
    rows = _unlinked(place, integration)
    releases = list(rows.filter(kind=RecordKind.RELEASE).order_by("position")[:2])
    others = list(rows.exclude(kind=RecordKind.RELEASE).order_by("kind", "position")[: TRIED - len(releases)])
    return releases + others


@needs(Role.OWNER)
@require_POST
def send_one(request: HttpRequest, place: Place, pk: str) -> HttpResponseBase:
    """Send one record for real; the page then shows what became of it."""
    integration = integration_at(place, pk)
    record = get_object_or_404(Record, workspace=place.workspace, deleted=None, ref=typed(request, "ref"))
    try:
        integrations.send_record(record, integration, place.actor)
    except ValueError as reason:
        messages.warning(request, str(reason))
        return redirect("wizard-try", place.workspace.key, integration.pk)
    answer = redirect("wizard-try", place.workspace.key, integration.pk)
    answer["Location"] += f"?sent={record.ref}"
    return answer


@needs(Role.VIEWER)
@require_http_methods(["GET"])
def sent_live(request: HttpRequest, place: Place, pk: str, ref: str) -> HttpResponseBase:
    """What became of the one record sent, as a fragment; it asks again until there is an end."""
    integration = integration_at(place, pk)
    record = get_object_or_404(Record, workspace=place.workspace, ref=ref)
    link = Link.objects.filter(record=record, integration=integration).first()
    shown = {
        "place": place,
        "integration": integration,
        "sent": record,
        "link": link,
        "jira_url": jira_address(integration.connection, link) if link else "",
    }
    return render(request, "web/integrations/_sent.html", shown)
