"""Writes ``docs/problems``: one page for each entry of the catalogue, and the list of all. ``--check`` only compares.

The words live in ``tieline.diagnosis.catalogue``; a page is the same words without a case's facts.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tieline.diagnosis.catalogue import CATALOGUE, FAMILIES
from tieline.diagnosis.catalogue.kit import fill
from tieline.diagnosis.finding import CatalogueEntry, Response, Step
from tieline.diagnosis.lookalikes import GROUPS_OF

PAGES = Path(__file__).resolve().parents[1] / "docs" / "problems"
_QUEUE = {
    Response.RETRY: "Tieline tries again by itself, with growing pauses; nothing is lost and nothing is sent twice.",
    Response.PARK_RECORD: "The change of this one record waits; all others go on.",
    Response.PARK_MAPPING: "What needs this part of the mapping waits; the rest goes on.",
    Response.PARK_CONNECTION: "All changes of this connection wait, in order, until a check is green again.",
}


def _words(text: str) -> str:
    return fill(text, {})


def _steps(steps: tuple[Step, ...]) -> list[str]:
    return [f"{number}. **{step.who.value}:** {_words(step.text)}" for number, step in enumerate(steps, 1)]


def render_page(entry: CatalogueEntry) -> str:
    """The page of one problem, in Markdown."""
    lines = [f"# {_words(entry.title)}", ""]
    if entry.seen:
        lines += ["## You see", "", _words(entry.seen), ""]
    lines += ["## It means", "", _words(entry.explanation), "", _QUEUE[entry.response], ""]
    if entry.known_by:
        lines += ["## How we know", "", _words(entry.known_by), ""]
    groups = GROUPS_OF.get(entry.slug, ())
    if groups:
        others = sorted({slug for group in groups for slug in group.members} - {entry.slug})
        shown = ", ".join(f"[{slug}]({slug}.md)" for slug in others)
        lines += [f"The same evidence can come from other causes: {shown}.", ""]
    lines += ["## Do this", "", *_steps(entry.resolution), ""]
    if entry.alternatives:
        lines += ["Or:", "", *_steps(entry.alternatives), ""]
    if entry.request:
        lines += ["### Text for the Jira admin", "", "```text", *_words(entry.request).splitlines(), "```", ""]
    lines += ["## Still stuck", ""]
    if entry.probe:
        lines += [f"Ask the next question: {_words(entry.probe)}", ""]
    lines.append("Run `tieline doctor URL` and look at the evidence of the red step.")
    if entry.vendor_url:
        lines.append(f"Atlassian's page: <{entry.vendor_url}>")
    return "\n".join(lines).rstrip() + "\n"


def render_index() -> str:
    """The list of all problems, by family."""
    lines = [
        "# Problems",
        "",
        "What can keep a Jira connection from working, how Tieline knows, and who does what.",
        "",
    ]
    for family, entries in FAMILIES.items():
        lines += [f"## {family}", ""]
        lines += [f"- [{_words(entry.title)}]({entry.slug}.md) · `{entry.slug}`" for entry in entries]
        lines.append("")
    return "\n".join(lines)


def build_pages() -> dict[str, str]:
    """File name → text, for all pages."""
    pages = {f"{slug}.md": render_page(entry) for slug, entry in CATALOGUE.items()}
    pages["README.md"] = render_index()
    return pages


def main() -> int:
    wanted = build_pages()
    PAGES.mkdir(parents=True, exist_ok=True)
    present = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")}
    stale = sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))
    if "--check" in sys.argv:
        print("\n".join(stale) or "all pages are in step")
        return 1 if stale else 0
    for name in stale:
        if name in wanted:
            (PAGES / name).write_text(wanted[name], encoding="utf-8")
        else:
            (PAGES / name).unlink()
    print(f"{len(wanted)} pages, {len(stale)} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
