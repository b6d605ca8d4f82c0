"""ADF blocks → Markdown, one text per block, sure to be read back as the same block.

What Markdown cannot say is written as a marker, a fenced block named ``jira <kind> <fingerprint>``
that shows its words: it can be kept, moved or deleted as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tieline.richtext.fit import fit_document
from tieline.richtext.inline_write import Manner, render_inline
from tieline.richtext.kept import Kept
from tieline.richtext.markdown_read import CARD_BLOCK_TITLE, parse_markdown, placeholder_text
from tieline.richtext.nodes import (
    Node,
    attr_number,
    attr_text,
    canonical_blocks,
    children,
    fingerprint,
    is_blank,
    is_sound,
)
from tieline.richtext.wiki_fit import fit_wiki

_LANGUAGE = re.compile(r"[^\s`~\\&]+")
_INTERRUPTS = re.compile(r"(?:[-*] |1\. )\S")


class _UnsayableError(Exception):
    """A block has no Markdown of its own; its marker is written instead."""


@dataclass(frozen=True, kw_only=True)
class _Place:
    manner: Manner
    kept: Kept
    other_bullet: bool = False


def render_block(node: object, kept: Kept, *, other_bullet: bool = False, wiki: bool = False) -> str:
    """Write one block as Markdown; ``other_bullet`` keeps a list apart from a list before it.

    Three tries, each read back and compared: the usual way, with tags for all marks, as a marker.
    """
    if is_sound(node):
        assert isinstance(node, dict)
        for careful in (False, True):
            place = _Place(manner=Manner(careful=careful, emoji=kept.emoji), kept=kept, other_bullet=other_bullet)
            try:
                text = _write(node, place)
            except _UnsayableError:
                break
            if _reads_back(text, node, kept, wiki=wiki):
                return text
    return marker(node)


def _reads_back(text: str, node: Node, kept: Kept, *, wiki: bool) -> bool:
    reading = parse_markdown(text, kept)
    if len(reading.blocks) != 1:
        return False
    losses: list[str] = []
    read = list(reading.blocks[0].nodes)
    fitted = fit_wiki(read, losses) if wiki else fit_document(read, losses)
    return not losses and all(map(is_sound, fitted)) and canonical_blocks(fitted) == canonical_blocks([node])


def marker(node: object) -> str:
    """Write the marker of a node that Markdown cannot say."""
    kind = node.get("type") if isinstance(node, dict) else None
    named = re.sub(r"[^A-Za-z0-9_]", "", kind)[:40] if isinstance(kind, str) else ""
    named = named if named[:1].isalpha() else "block"
    return f"```jira {named} {fingerprint(node)}\n{placeholder_text(node)}\n```"


def _write(node: Node, place: _Place) -> str:
    kind = node["type"]
    if kind == "paragraph":
        return render_inline(children(node), place.manner)
    if kind == "heading":
        return _heading(node, place)
    if kind == "codeBlock":
        return _code(node)
    if kind == "rule":
        return "---"
    if kind == "blockquote":
        return _quoted(_stacked(children(node), place))
    if kind == "panel":
        return _panel(node, place)
    if kind in {"expand", "nestedExpand"}:
        return _details(node, place)
    if kind in {"bulletList", "orderedList"}:
        return _list(node, place)
    if kind == "taskList":
        return "\n".join(_tasks(node, place))
    if kind == "table":
        return _table(node, place)
    if kind == "blockCard" and set(node.get("attrs") or {}) <= {"url", "localId"}:
        url = attr_text(node, "url")
        return f'[card](<{url}> "{CARD_BLOCK_TITLE}")' if url else marker(node)
    if kind == "mediaSingle" and [child["type"] for child in children(node)] == ["media"]:
        media = children(node)[0]
        if attr_text(media, "type") == "external" and not node.get("marks"):
            return render_inline([{**media, "type": "image"}], place.manner)
    return marker(node)


def _inside(node: Node, place: _Place) -> str:
    """Write a block inside another: a marker where it has no Markdown of its own."""
    try:
        return _write(node, place)
    except _UnsayableError:
        return marker(node)


def _stacked(nodes: Sequence[Node], place: _Place, *, other_first: bool = False) -> str:
    texts: list[str] = []
    last_list = ""
    other = False
    for node in nodes:
        if is_blank(node):
            continue
        kind = node["type"]
        family = "bullet" if kind in {"bulletList", "taskList"} else kind
        again = family == last_list and family in {"bullet", "orderedList"}
        other = not other if again else other_first and not texts
        last_list = family
        texts.append(_inside(node, _Place(manner=place.manner, kept=place.kept, other_bullet=other)))
    return "\n\n".join(texts)


def _heading(node: Node, place: _Place) -> str:
    level = attr_number(node, "level", 0)
    if not 1 <= level <= 6:
        raise _UnsayableError
    manner = Manner(careful=place.manner.careful, in_cell=True, emoji=place.manner.emoji)
    text = render_inline(children(node), manner).replace("\\|", "|")
    if text.endswith("#"):
        text = text[:-1] + "\\#"
    return f"{'#' * level} {text}".rstrip()


def _code(node: Node) -> str:
    if any(child["type"] != "text" or child.get("marks") for child in children(node)):
        raise _UnsayableError
    text = "".join(child["text"] for child in children(node))
    language = attr_text(node, "language")
    if (language and not _LANGUAGE.fullmatch(language)) or "\r" in text:
        raise _UnsayableError
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}" if text else f"{fence}{language}\n{fence}"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() if line else ">" for line in text.split("\n"))


def _panel(node: Node, place: _Place) -> str:
    title = _plain_title(attr_text(node, "title"))
    body = _stacked(children(node), place)
    head = f"[!{attr_text(node, 'panelType').upper()}]{' ' + title if title else ''}"
    return _quoted(
        f"{head}\n{body}" if children(node)[:1] and children(node)[0]["type"] == "paragraph" else f"{head}\n\n{body}"
    )


def _details(node: Node, place: _Place) -> str:
    summary = _plain_title(attr_text(node, "title"))
    return f"<details><summary>{summary}</summary>\n\n{_stacked(children(node), place)}\n\n</details>"


def _plain_title(title: str) -> str:
    if "\n" in title or title != title.strip():
        raise _UnsayableError
    return title.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _list(node: Node, place: _Place) -> str:
    ordered = node["type"] == "orderedList"
    number = attr_number(node, "order", 1)
    if ordered and not 0 <= number < 100_000_000:
        raise _UnsayableError
    items: list[str] = []
    for child in children(node):
        if child["type"] != "listItem":
            raise _UnsayableError
        if ordered:
            bullet = f"{number}{')' if place.other_bullet else '.'} "
            number += 1
        else:
            bullet = "* " if place.other_bullet else "- "
        items.append(_item(bullet, _item_body(children(child), place)))
    return "\n".join(items)


def _item(bullet: str, body: str) -> str:
    lines = body.split("\n")
    indent = " " * len(bullet)
    return "\n".join([f"{bullet}{lines[0]}".rstrip(" "), *(indent + line if line else "" for line in lines[1:])])


def _item_body(nodes: Sequence[Node], place: _Place) -> str:
    inner = _Place(manner=place.manner, kept=place.kept)
    filled = [node for node in nodes if not is_blank(node)]
    tight = len(filled) > 1 and filled[0]["type"] == "paragraph" and filled[1]["type"].endswith("List")
    if not tight:
        # A list that opens an item takes the other bullet: "- - -" would be a line across the page.
        return _stacked(filled, inner, other_first=not place.other_bullet)
    first, rest = _inside(filled[0], inner), _stacked(filled[1:], inner)
    return f"{first}\n{rest}" if _INTERRUPTS.match(rest) else f"{first}\n\n{rest}"


def _tasks(node: Node, place: _Place) -> list[str]:
    lines: list[str] = []
    bullet = "*" if place.other_bullet else "-"
    for child in children(node):
        if child["type"] == "taskList":
            inner = _Place(manner=place.manner, kept=place.kept)
            lines += ["  " + line for line in _tasks(child, inner)]
        elif child["type"] == "taskItem":
            box = "x" if attr_text(child, "state") == "DONE" else " "
            text = render_inline(
                children(child), Manner(careful=place.manner.careful, in_cell=True, emoji=place.manner.emoji)
            )
            lines.append(f"{bullet} [{box}] {text}".rstrip(" ").replace("\\|", "|"))
        else:
            raise _UnsayableError
    return lines


def _table(node: Node, place: _Place) -> str:
    rows = [_row(row, place) for row in children(node)]
    if not rows or len({len(row) for row in rows}) != 1:
        raise _UnsayableError
    heads = [{cell["type"] for cell in children(row)} for row in children(node)]
    if any("tableHeader" in kinds for kinds in heads[1:]) or len(heads[0]) != 1:
        raise _UnsayableError
    if heads[0] == {"tableCell"}:
        rows.insert(0, [""] * len(rows[0]))
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


def _row(row: Node, place: _Place) -> list[str]:
    manner = Manner(careful=place.manner.careful, in_cell=True, emoji=place.manner.emoji)
    cells: list[str] = []
    for cell in children(row):
        attrs = cell.get("attrs") or {}
        if attrs.get("colspan", 1) != 1 or attrs.get("rowspan", 1) != 1:
            raise _UnsayableError
        if any(held["type"] != "paragraph" for held in children(cell)):
            raise _UnsayableError
        cells.append("<p>".join(render_inline(children(held), manner) for held in children(cell) if not is_blank(held)))
    if not cells:
        raise _UnsayableError
    return cells
