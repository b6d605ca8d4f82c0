"""The catalogue of problems: every entry's page, searchable, the same texts as on the cards. Open to everybody."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render

from tieline.diagnosis import catalogue as entries
from tieline.diagnosis.catalogue import CATALOGUE, FAMILIES
from tieline.diagnosis.catalogue.kit import fill
from tieline.diagnosis.finding import CatalogueEntry
from tieline.web.gate import open_to_all

_PACKAGED = Path(entries.__file__).parents[1] / "pages"
_IN_CHECKOUT = Path(entries.__file__).parents[4] / "docs" / "problems"


@cache
def page_text(slug: str) -> str:
    """The Markdown page of one entry, as shipped; empty when there is none. ``slug`` is one of the catalogue's."""
    for folder in (_PACKAGED, _IN_CHECKOUT):
        path = folder / f"{slug}.md"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    return ""


def _title(entry: CatalogueEntry) -> str:
    return fill(entry.title, {})


@cache
def _words(entry: CatalogueEntry) -> str:
    """All that a search looks through."""
    return " ".join((entry.slug, entry.title, entry.explanation, entry.seen, page_text(entry.slug))).lower()


@open_to_all
def index(request: HttpRequest) -> HttpResponseBase:
    """All entries, or those whose words or pages hold every word of the search."""
    q = request.GET.get("q", "").strip()
    wanted = q.lower().split()[:12]
    families = []
    for name, family in FAMILIES.items():
        rows = [
            {"slug": entry.slug, "title": _title(entry), "explanation": fill(entry.explanation, {})}
            for entry in family
            if all(word in _words(entry) for word in wanted)
        ]
        if rows:
            families.append({"name": name, "rows": rows})
    shown = {"families": families, "q": q, "total": len(CATALOGUE)}
    return render(request, "web/watch/catalogue.html", shown)


@open_to_all
def entry_page(request: HttpRequest, slug: str) -> HttpResponseBase:
    entry = CATALOGUE.get(slug)
    if entry is None:
        raise Http404
    lines = page_text(slug).splitlines()
    if lines and lines[0].startswith("# "):
        lines = lines[1:]
    shown = {
        "entry": entry,
        "title": _title(entry),
        "explanation": fill(entry.explanation, {}),
        "steps": [(step.who.value, fill(step.text, {})) for step in entry.resolution],
        "page": "\n".join(lines).strip(),
    }
    return render(request, "web/watch/catalogue-page.html", shown)
