"""A kept wiki text cut into blocks, and the writing of blocks back into it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tieline.richtext.graft import compare, graft
from tieline.richtext.nodes import Canonical, Node, canonical_blocks, is_blank
from tieline.richtext.wiki_fit import fit_wiki
from tieline.richtext.wiki_inline_write import WikiManner
from tieline.richtext.wiki_read import WikiBlock, parse_wiki
from tieline.richtext.wiki_write import render_wiki

_MACRO = re.compile(r"(?<!\\)\{(?!code|noformat|quote|panel)[a-zA-Z][\w-]{0,30}(?::[^}\n]{0,80})?\}")


@dataclass(frozen=True, kw_only=True)
class WikiPart:
    """One block of a new text: ``place`` is the old block it is (``kept``) or takes the place of, if any."""

    markup: str
    place: int | None = None
    kept: bool = False


@dataclass(frozen=True, kw_only=True)
class WikiText:
    """Wiki markup and its blocks; ``macros`` are the tags in it that we do not read."""

    text: str
    blocks: tuple[WikiBlock, ...]
    macros: frozenset[str]

    def source(self, place: int) -> str:
        """Return the markup of one block, as Jira holds it."""
        return self.text[self.blocks[place].start : self.blocks[place].end]

    def joined(self, parts: Sequence[WikiPart]) -> str:
        """Put blocks behind each other; where two stood so before, and at the ends, the gap stays as it was."""
        line = "\r\n" if "\r\n" in self.text else "\n"
        out: list[str] = []
        last: int | None = None
        for position, part in enumerate(parts):
            if position == 0:
                out.append(self.text[: self.blocks[0].start] if part.place == 0 else "")
            elif part.place is not None and part.place - 1 == last:
                out.append(self._gap(last))
            else:
                out.append((self._gap(last).rstrip() if last is not None else "") + line * 2)
            out.append(part.markup if part.kept else part.markup.replace("\n", line))
            last = part.place
        if parts and self.blocks:
            tail = self._gap(len(self.blocks) - 1)
            out.append(tail if last == len(self.blocks) - 1 else tail[len(tail.rstrip()) :])
        return "".join(out)

    def _gap(self, place: int) -> str:
        """Return what stands behind a block up to the next: blank lines, and lines that show nothing."""
        after = self.blocks[place + 1].start if place + 1 < len(self.blocks) else len(self.text)
        return self.text[self.blocks[place].end : after]


def build_wiki_text(text: str) -> WikiText:
    """Cut wiki markup into blocks; paragraphs that show nothing belong to the gap they stand in."""
    blocks = tuple(held for held in parse_wiki(text) if not all(map(is_blank, held.nodes)))
    return WikiText(text=text, blocks=blocks, macros=frozenset(_MACRO.findall(text)))


def render_wiki_block(
    nodes: Sequence[Node], old: str, losses: list[str], *, verbatim: AbstractSet[str] = frozenset()
) -> str:
    """Write one block's nodes as wiki markup; lines that say what they said in ``old`` stay as they were.

    ``verbatim`` are macros that may stand unescaped, because the kept text has them so.
    """
    fitted = fit_wiki(nodes, losses)
    replaced = [node for held in parse_wiki(old) for node in held.nodes]
    if fitted and replaced:
        fitted = [graft(fitted[0], replaced[0]), *fitted[1:]]
    wanted = canonical_blocks(fitted)
    for manner in (WikiManner(verbatim=verbatim), WikiManner(), WikiManner(careful=True)):
        noted: list[str] = []
        text = "\n\n".join(render_wiki(node, manner, noted) for node in fitted)
        if manner.careful or _says(text, wanted):
            break
    losses += noted
    return _with_old_lines(text, old, manner) if old else text


def _says(text: str, wanted: Canonical) -> bool:
    return canonical_blocks([node for held in parse_wiki(text) for node in held.nodes]) == wanted


def _with_old_lines(text: str, old: str, manner: WikiManner) -> str:
    """Where our writing of the old block has its lines one for one, take back those that did not change."""
    nodes = [node for held in parse_wiki(old) for node in held.nodes]
    ours = "\n\n".join(render_wiki(node, manner, []) for node in nodes).split("\n")
    theirs = old.replace("\r\n", "\n").split("\n")
    new = text.split("\n")
    if len(ours) != len(theirs):
        return text
    lines: list[str] = []
    for step, old_from, old_to, new_from, new_to in compare(ours, new):
        lines += theirs[old_from:old_to] if step == "equal" else new[new_from:new_to]
    candidate = "\n".join(lines)
    wanted = canonical_blocks([node for held in parse_wiki(text) for node in held.nodes])
    return candidate if _says(candidate, wanted) else text
