"""What a body holds that Markdown cannot say: found again by fingerprint when the text comes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tieline.richtext.nodes import Node, attr_text, children, fingerprint, is_sound, marks_of


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Nodes and marks of the body Jira holds, by fingerprint, and the emoji names it uses."""

    nodes: Mapping[str, Node] = field(default_factory=dict)
    marks: Mapping[str, Node] = field(default_factory=dict)
    emoji: frozenset[str] = frozenset()


NOTHING_KEPT = Kept()


def build_kept(blocks: Iterable[object]) -> Kept:
    """Index blocks, what they contain, and their marks."""
    nodes: dict[str, Node] = {}
    marks: dict[str, Node] = {}
    emoji: set[str] = set()
    waiting: list[object] = list(blocks)
    for value in waiting:
        nodes.setdefault(fingerprint(value), value)  # type: ignore[arg-type]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict) or not is_sound(node):
            continue
        opened = [node]
        while opened:
            current = opened.pop()
            opened.extend(children(current))
            if current["type"] == "emoji":
                emoji.add(attr_text(current, "shortName").strip(":"))
            if current["type"] != "text":
                nodes.setdefault(fingerprint(current), current)
            for mark in marks_of(current):
                if mark["type"] not in _PLAIN_MARKS:
                    marks.setdefault(fingerprint(mark), mark)
    return Kept(nodes=nodes, marks=marks, emoji=frozenset(emoji))


_PLAIN_MARKS = frozenset({"strong", "em", "strike", "code", "underline"})
