"""What goes to the terminal: width, colours only where a person looks, one JSON document."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping
from typing import Any

from tieline.diagnosis.card import Card, render_text

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def colours_wanted() -> bool:
    """On a terminal, unless ``NO_COLOR`` is set or the terminal is dumb; ``CLICOLOR_FORCE`` wins over the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("CLICOLOR_FORCE", "0") not in {"", "0"}:
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def paint(text: str, *styles: str) -> str:
    """``text`` in the named styles, or as it is where no colours are wanted."""
    if not text or not colours_wanted():
        return text
    return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"


def width() -> int:
    return max(40, min(100, shutil.get_terminal_size((88, 24)).columns))


def print_json(document: object) -> None:
    """One document: on one line, indented for a person at a terminal."""
    print(to_json(document, indent=2 if sys.stdout.isatty() else None))


def to_json(document: object, *, indent: int | None = None) -> str:
    """``document`` as JSON. Letters stay letters where the stream can carry them all, else they are escaped."""
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return json.dumps(document, indent=indent)
    return text


def print_card(card: Card) -> None:
    """The card with its title and headings set off."""
    lines = render_text(card, width()).split("\n")
    headings = {"Jira's words", "Do this", "Or", "Evidence"}
    title_ends = lines.index("") if "" in lines else 1
    for number, line in enumerate(lines):
        if number < title_ends:
            print(paint(line, "bold", "red"))
        elif line in headings:
            print(paint(line, "bold"))
        else:
            print(line)


def as_mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
