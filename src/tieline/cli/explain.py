"""``tieline explain``: a pasted message, the name of a problem, or recorded answers. Offline."""

from __future__ import annotations

import difflib
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from tieline.cli.terminal import as_mapping, paint, print_card, print_json, width
from tieline.diagnosis.card import build_card
from tieline.diagnosis.catalogue import CATALOGUE
from tieline.diagnosis.classify import classify
from tieline.diagnosis.pasted import parse_pasted
from tieline.diagnosis.recorded import finding_json, findings_json, parse_recorded
from tieline.settings import PROBLEM_PAGES

_SLUG = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)+$")
_LONGEST_LINE = 8 * 1024 * 1024


def explain_text(text: str, *, as_json: bool) -> int:
    """0: explained. 2: nothing to explain, or no problem of that name. 3: a message nobody here recognises."""
    if text.strip() == "-":
        text = sys.stdin.read()
    text = text.strip()
    if not text:
        print("Paste a message, or name a problem: tieline explain perm-create-version", file=sys.stderr)
        return 2
    if text in CATALOGUE:
        return _explain_slug(text, as_json=as_json)
    if _SLUG.match(text):
        near = difflib.get_close_matches(text, CATALOGUE, n=3, cutoff=0.5)
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        print(f'There is no problem named "{text}".{hint}', file=sys.stderr)
        return 2
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
    page = (PROBLEM_PAGES / f"{slug}.md").read_text(encoding="utf-8")
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


def explain_exchanges(file: str, *, as_json: bool) -> int:
    """One recorded answer a line in, its findings out. 2: the file is not there, or a line is not a JSON object."""
    try:
        source = sys.stdin if file == "-" else Path(file).open(encoding="utf-8", errors="replace")  # noqa: SIM115
    except OSError as failure:
        print(f'Cannot read "{file}": {failure.strerror}.', file=sys.stderr)
        return 2
    unread = 0
    with source:
        for number, line in enumerate(_lines(source), 1):
            try:
                recorded = json.loads(line)
            except (ValueError, RecursionError):
                recorded = None
            if not isinstance(recorded, dict):
                print(f"Line {number} is not a JSON object; it was left out.", file=sys.stderr)
                unread += 1
                continue
            findings = classify(parse_recorded(recorded))
            if as_json:
                print(json.dumps(findings_json(recorded.get("id"), findings), ensure_ascii=False))
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


def _lines(source: Iterator[str]) -> Iterator[str]:
    for line in source:
        if line.strip() and len(line) <= _LONGEST_LINE:
            yield line
