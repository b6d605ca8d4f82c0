"""Put an edited block together with the one it replaces: what did not change stays as Jira had it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher
from typing import Any

from tieline.richtext.nodes import CARRIED_MARKS, Node, canonical, canonical_inline, children, is_sound, marks_of

LARGEST_COMPARISON = 250_000
"""Product of two lengths above which two runs are compared by their ends only."""

Step = tuple[str, int, int, int, int]


def graft(new: Node, old: Node) -> Node:
    """Return ``new`` with every part of ``old`` that says the same, ids and attributes included."""
    if not is_sound(old) or not is_sound(new):
        return new
    if canonical(new) == canonical(old):
        return old
    if new["type"] != old["type"]:
        return new
    grafted: dict[str, Any] = {"type": new["type"]}
    attrs = {**(old.get("attrs") or {}), **(new.get("attrs") or {})}
    if old.get("attrs") and "localId" in old["attrs"]:
        attrs["localId"] = old["attrs"]["localId"]
    for name in ("title", "language"):
        if name in attrs and name not in (new.get("attrs") or {}):
            del attrs[name]
    if attrs:
        grafted["attrs"] = attrs
    if "text" in new:
        grafted["text"] = new["text"]
    marks = [*marks_of(new), *(mark for mark in marks_of(old) if mark["type"] in CARRIED_MARKS)]
    if marks:
        grafted["marks"] = marks
    if "content" in new:
        grafted["content"] = _graft_run(children(new), children(old))
    return grafted


def _graft_run(new: Sequence[Node], old: Sequence[Node]) -> list[Node]:
    held: list[Node] = []
    for step, old_from, old_to, new_from, new_to in compare(_keys(old), _keys(new)):
        if step == "equal":
            held += old[old_from:old_to]
        elif step == "replace":
            pairs = old_to - old_from
            for position, node in enumerate(new[new_from:new_to]):
                mates = position < pairs and node["type"] != "text"
                held.append(graft(node, old[old_from + position]) if mates else node)
        else:
            held += new[new_from:new_to]
    return held


def _keys(nodes: Sequence[Node]) -> list[Hashable]:
    return [canonical_inline([node]) if node["type"] == "text" else canonical(node) for node in nodes]


def compare(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Step]:
    """Compare two runs: steps ``(equal|replace|delete|insert, old from, to, new from, to)`` in order.

    Common ends are taken off first, so that the usual single edit costs one pass.
    """
    front = 0
    while front < len(old) and front < len(new) and old[front] == new[front]:
        front += 1
    back = 0
    while back < min(len(old), len(new)) - front and old[-1 - back] == new[-1 - back]:
        back += 1
    steps: list[Step] = [("equal", 0, front, 0, front)] if front else []
    left, right = old[front : len(old) - back], new[front : len(new) - back]
    if len(left) * len(right) > LARGEST_COMPARISON:
        middle: list[Step] = [("replace", 0, len(left), 0, len(right))]
    else:
        middle = list(SequenceMatcher(None, left, right, autojunk=False).get_opcodes())
    steps += [(step, a + front, b + front, c + front, d + front) for step, a, b, c, d in middle]
    if back:
        steps.append(("equal", len(old) - back, len(old), len(new) - back, len(new)))
    return steps
