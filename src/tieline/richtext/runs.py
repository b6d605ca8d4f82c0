"""Inline nodes as runs with marks, and which mark to open next when they are written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tieline.richtext.nodes import CARRIED_MARKS, Node, frozen, marks_of

_RANK = ("link", "textColor", "backgroundColor", "strong", "em", "strike", "underline", "subsup", "citation")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One inline node and the marks on it that are not written yet."""

    node: Node
    marks: tuple[Node, ...]


def build_runs(nodes: Sequence[Node]) -> list[Run]:
    """Turn inline nodes into runs; neighbours with the same marks become one, spaces at the end are left out."""
    runs: list[Run] = []
    for node in nodes:
        run = Run(node=node, marks=tuple(m for m in marks_of(node) if m["type"] not in CARRIED_MARKS))
        last = runs[-1] if runs else None
        if last and run.node["type"] == "text" == last.node["type"] and _named(run) == _named(last):
            joined = {**last.node, "text": last.node["text"] + run.node["text"]}
            runs[-1] = Run(node=joined, marks=last.marks)
        else:
            runs.append(run)
    while runs and runs[-1].node["type"] == "text" and not is_code(runs[-1]):
        words = runs[-1].node["text"].rstrip(" ")
        if words:
            runs[-1] = Run(node={**runs[-1].node, "text": words}, marks=runs[-1].marks)
            break
        runs.pop()
    return runs


def _named(run: Run) -> list[object]:
    return sorted(map(frozen, run.marks))


def longest_mark(runs: Sequence[Run], index: int) -> tuple[Node | None, int]:
    """Choose the mark of the run at ``index`` that reaches furthest; return it and where it ends.

    Code is no such mark: it belongs to its text.
    """
    best: Node | None = None
    end = index
    for mark in sorted(runs[index].marks, key=lambda held: _RANK.index(held["type"]) if held["type"] in _RANK else -1):
        reach = index
        while mark["type"] != "code" and reach < len(runs) and mark in runs[reach].marks:
            reach += 1
        if reach > end:
            best, end = mark, reach
    return best, end


def without(mark: Node, runs: Sequence[Run]) -> list[Run]:
    """Take a mark off runs that all carry it."""
    taken: list[Run] = []
    for run in runs:
        at = run.marks.index(mark)
        taken.append(Run(node=run.node, marks=run.marks[:at] + run.marks[at + 1 :]))
    return taken


def is_code(run: Run) -> bool:
    """Say whether a run is code within a line."""
    return any(mark["type"] == "code" for mark in run.marks)
