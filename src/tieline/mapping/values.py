"""Small forms of values that both conversion and comparison lean on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

LONGEST_LINE = 255
"""Jira's limit for a summary, a version's name and a label, counted as Java counts: in UTF-16 units."""


def tidy(value: Any) -> Any:
    """One form of empty (None) and of a sequence (list)."""
    if isinstance(value, tuple | set | frozenset):
        value = list(value)
    return None if value in ("", []) else value


def as_list(value: Any) -> list[str]:
    """The texts of a list; anything else is an empty list."""
    return [one for one in value if isinstance(one, str) and one] if isinstance(value, list | tuple) else []


def plain_text(value: Any) -> str | None:
    """Text with one kind of line end and nothing blank at its end; None when nothing is left."""
    if not isinstance(value, str):
        return None
    return re.sub(r"\r\n?", "\n", value).rstrip() or None


def cut_to_units(text: str, limit: int) -> str:
    """The longest beginning of ``text`` with at most ``limit`` UTF-16 units; a character is never split."""
    units = 0
    for index, letter in enumerate(text):
        units += 2 if ord(letter) > 0xFFFF else 1
        if units > limit:
            return text[:index]
    return text


def as_line(value: Any) -> tuple[str | None, tuple[str, ...]]:
    """A name as Jira holds it (one line, trimmed, 255 long at most) and what was lost on the way."""
    if not isinstance(value, str):
        return None, ()
    losses: list[str] = []
    line = re.sub(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+", " ", value).strip()
    if len(value.strip().splitlines()) > 1:
        losses.append("Jira holds a name on one line: line breaks became blanks.")
    short = cut_to_units(line, LONGEST_LINE).rstrip()
    if short != line:
        losses.append(f"Jira holds {LONGEST_LINE} characters of a name: the last {len(line) - len(short)} were cut.")
    return short or None, tuple(losses)


def as_label(tag: str) -> str:
    """A tag as a label: labels hold no blanks. Empty when nothing is left."""
    return cut_to_units("_".join(tag.split()), LONGEST_LINE)


def as_labels(tags: Any) -> list[str] | None:
    """Our tags as Jira's labels, sorted, each once."""
    return sorted({label for tag in as_list(tags) if (label := as_label(tag))}) or None


def labels_back(labels: Iterable[str], *, known: Iterable[Iterable[str]] = ()) -> list[str] | None:
    """Labels as tags, sorted, each once: as the tags that become this label in the first list of ``known`` that has
    any, otherwise as they are.
    """
    tags: set[str] = set()
    lists = [tuple(one) for one in known]
    for label in labels:
        fitting = ({tag for tag in one if as_label(tag) == label} for one in lists)
        tags |= next((found for found in fitting if found), {label})
    return sorted(tags) or None


def linked_only(version_ids: Any, linked: Collection[str]) -> list[str]:
    """Of the versions on an issue those that are linked with a release here, in their order."""
    return [one for one in as_list(version_ids) if one in linked]
