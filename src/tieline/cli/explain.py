"""``tieline explain``: a pasted message, the name of a problem, or recorded answers. Offline."""

from __future__ import annotations

import difflib
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from tieline.cli.refusal import mistyped
from tieline.cli.terminal import as_mapping, paint, print_card, print_json, to_json, width
from tieline.diagnosis.card import build_card
from tieline.diagnosis.catalogue import CATALOGUE
from tieline.diagnosis.classify import classify
from tieline.diagnosis.pasted import parse_pasted
from tieline.diagnosis.recorded import finding_json, findings_json, parse_recorded

_SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)+$")
_LONGEST_LINE = 8 * 1024 * 1024
_LONGEST_TEXT = 1024 * 1024
_PACKAGE = Path(__file__).parents[1]


def explain_text(text: str, *, as_json: bool) -> int:
    """0: explained. 3: a message nobody here recognises. Raises ``Refusal`` for no text, or no problem of that name."""
    if text.strip() == "-":
        text = sys.stdin.read(_LONGEST_TEXT)
    text = text.strip()
    if not text:
        raise mistyped("Paste a message, or name a problem: tieline explain perm-create-version")
    slug = re.sub(r"[\s_]+", "-", text.lower())
    if slug in CATALOGUE:
        return _explain_slug(slug, as_json=as_json)
    if _SLUG.match(text):
        near = difflib.get_close_matches(text, CATALOGUE, n=3, cutoff=0.5)
        hint = f" Did you mean {', '.join(near)}?" if near else " A message is explained too: paste it whole."
        raise mistyped(f'There is no problem named "{text}".{hint}')
    evidence = parse_pasted(text)
    findings = classify(evidence)
    if as_json:
        print_json(
            {
                "text": text,
                "findings": [finding_json(finding) for finding in findings],
                "cards": [build_card(finding, evidence).as_json() for finding in findings],
            }
        )
        return 0 if findings else 3
    if not findings:
        print("This message is not recognised, and Tieline claims nothing without evidence.")
        print("Let it look for itself: tieline doctor ADDRESS --user USER --project KEY")
        return 3
    if len(findings) > 1:
        print(paint(f"{len(findings)} causes fit this message, the best first.", "bold"), end="\n\n")
    for number, finding in enumerate(findings):
        if number:
            print("\n" + paint("─" * min(width(), 60), "dim") + "\n")
        print_card(build_card(finding, evidence))
    return 0


def _explain_slug(slug: str, *, as_json: bool) -> int:
    entry = CATALOGUE[slug]
    page = page_of(slug)
    if as_json:
        print_json(
            {
                "slug": slug,
                "title": entry.title,
                "explanation": entry.explanation,
                "resolution": [{"who": step.who.value, "text": step.text} for step in entry.resolution],
                "response": entry.response.value,
                "group": entry.group,
                "vendor_url": entry.vendor_url,
                "page": page,
            }
        )
        return 0
    for line in page.rstrip().split("\n"):
        if line.startswith("#"):
            print(paint(line.lstrip("# "), "bold"))
        elif len(line) > width() and not line.startswith(("|", "    ")):
            indent = "  " if re.match(r"^(\d+\.|[-*]) ", line) else ""
            print("\n".join(textwrap.wrap(line, width(), subsequent_indent=indent, break_long_words=False)))
        else:
            print(line)
    return 0


def page_of(slug: str) -> str:
    """The problem's page in Markdown: from the installed package, or from ``docs/problems`` of a checkout."""
    shipped = _PACKAGE / "diagnosis" / "pages"
    folder = shipped if shipped.is_dir() else _PACKAGE.parents[1] / "docs" / "problems"
    return (folder / f"{slug}.md").read_text(encoding="utf-8")


def explain_exchanges(file: str, *, as_json: bool) -> int:
    """One recorded answer a line in, its findings out. 2: a line was left out because it is no recorded answer.

    Raises ``Refusal`` for a file that cannot be read.
    """
    try:
        source = sys.stdin if file == "-" else Path(file).open(encoding="utf-8", errors="replace")  # noqa: SIM115
    except OSError as failure:
        raise mistyped(f'Cannot read "{file}": {failure.strerror}.') from None
    unread = 0
    with source:
        for number, line in _lines(source):
            recorded, why = _parse_line(line)
            if recorded is None:
                print(f"Line {number} {why}; it was left out.", file=sys.stderr)
                unread += 1
                continue
            findings = classify(parse_recorded(recorded))
            if as_json:
                print(to_json(findings_json(recorded.get("id"), findings)))
                continue
            print(paint(str(recorded.get("id", number)), "bold"))
            for finding in findings:
                print(f"  {finding.confidence.value:<8} {finding.slug}: {CATALOGUE[finding.slug].title}")
                for reason in finding.because:
                    print(f"           {reason}")
            if not findings:
                status = as_mapping(recorded.get("response")).get("status")
                print(f"  nothing to explain{f' (status {status})' if status else ''}")
    return 2 if unread else 0


def _lines(source: TextIO) -> Iterator[tuple[int, str]]:
    """Each line that is not blank, with its number. Of one that is too long no more than too much is kept."""
    number = 0
    while line := source.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE and not line.endswith("\n"):
            rest = line
            while rest and not rest.endswith("\n"):
                rest = source.readline(_LONGEST_LINE)
        if line.strip():
            yield number, line


def _parse_line(line: str) -> tuple[dict[str, Any] | None, str]:
    """The recorded answer of a line, or None and what the line is instead."""
    if len(line) > _LONGEST_LINE:
        return None, "is longer than 8 MiB"
    try:
        recorded = json.loads(line)
    except ValueError:
        return None, "is not JSON"
    except RecursionError:
        return None, "is nested too deep"
    return (recorded, "") if isinstance(recorded, dict) else (None, "is not a JSON object")
