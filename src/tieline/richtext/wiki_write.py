"""ADF nodes → Jira's wiki markup, escaped so that reading it gives the same nodes.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tieline.richtext.fit import plain_tasks, row_line, strong
from tieline.richtext.nodes import Node, attr_number, attr_text, children, is_blank, plain_text
from tieline.richtext.wiki_inline_write import WikiManner, render_wiki_inline

_PANEL_COLOURS = {"success": "#e3fcef", "warning": "#fffae6", "error": "#ffebe6", "note": "#eae6ff", "info": "#deebff"}


def render_wiki(node: Node, manner: WikiManner, losses: list[str]) -> str:
    """Write one block as wiki markup; adds what wiki markup cannot say to ``losses``."""
    kind = node["type"]
    if kind == "paragraph":
        return render_wiki_inline(children(node), manner, losses)
    if kind == "heading":
        flat = [child if child["type"] != "hardBreak" else {"type": "text", "text": " "} for child in children(node)]
        return f"h{min(6, max(1, attr_number(node, 'level', 1)))}. {_one_line(flat, manner, losses)}".rstrip()
    if kind == "codeBlock":
        return _code(node, losses)
    if kind == "rule":
        return "----"
    if kind == "blockquote":
        return f"{{quote}}\n{_stacked(children(node), manner, losses)}\n{{quote}}"
    if kind in {"panel", "expand", "nestedExpand"}:
        return _panel(node, manner, losses)
    if kind in {"bulletList", "orderedList", "taskList"}:
        return "\n".join(_list(node, "", manner, losses))
    if kind == "table":
        return "\n".join(_row(row, manner, losses) for row in children(node))
    if kind == "mediaSingle":
        return " ".join(render_wiki_inline([{**media, "type": "image"}], manner, losses) for media in children(node))
    if kind in {"blockCard", "embedCard"} and attr_text(node, "url"):
        return attr_text(node, "url")
    losses.append(f"A “{kind}” block has no wiki markup; only its words were taken over.")
    return "\n".join(
        render_wiki_inline([{"type": "text", "text": line}], manner, losses)
        for line in plain_text(node).split("\n")
        if line
    )


def _stacked(nodes: Sequence[Node], manner: WikiManner, losses: list[str]) -> str:
    return "\n\n".join(render_wiki(node, manner, losses) for node in nodes if not is_blank(node))


def _one_line(nodes: Sequence[Node], manner: WikiManner, losses: list[str]) -> str:
    return render_wiki_inline(
        nodes, WikiManner(careful=manner.careful, verbatim=manner.verbatim, one_line=True), losses
    )


def _code(node: Node, losses: list[str]) -> str:
    text = "".join(child.get("text", "") for child in children(node))
    language = attr_text(node, "language").lower()
    params = attr_text(node, "wiki")
    name = "code" if language else "noformat"
    if "{code}" in text:
        name = "noformat"
    if f"{{{name}}}" in text:
        losses.append("Code that holds both {code} and {noformat} has no wiki markup; a space was put into one.")
        text = text.replace("{noformat}", "{noformat }")
    if params and (name == "noformat") == (not language) and (not language or language in params.lower().split("|")):
        tag = f"{name}:{params}"
    elif name == "code":
        tag = f"code:{language}"
    else:
        tag = name
    return f"{{{tag}}}\n{text}\n{{{name}}}"


def _panel(node: Node, manner: WikiManner, losses: list[str]) -> str:
    body = _stacked(children(node), manner, losses)
    title = attr_text(node, "title")
    params = attr_text(node, "wiki")
    kind = attr_text(node, "panelType")
    wanted = [f"title={title}"] if title else []
    if "{" in title or "}" in title or "|" in title:
        losses.append(f"The title “{title}” holds characters that wiki markup cannot keep there.")
        wanted = ["title=" + re.sub(r"[{}|]", " ", title)]
    held = [part for part in params.split("|") if part and not part.startswith("title=")]
    if not held and kind in _PANEL_COLOURS and not params and node["type"] == "panel":
        held = [f"bgColor={_PANEL_COLOURS[kind]}"]
    if node["type"] != "panel":
        losses.append("Wiki markup cannot fold text away; it became a panel.")
    joined = "|".join(wanted + held)
    return f"{{panel{':' + joined if joined else ''}}}\n{body}\n{{panel}}"


def _list(node: Node, bullets: str, manner: WikiManner, losses: list[str]) -> list[str]:
    ordered = node["type"] == "orderedList"
    own = bullets + ("#" if ordered else "*")
    items = children(node)
    if node["type"] == "taskList":
        items = plain_tasks(node)
    lines: list[str] = []
    for item in items:
        lines += _item(item, own, manner, losses)
    return lines


def _item(item: Node, bullets: str, manner: WikiManner, losses: list[str]) -> list[str]:
    inside = WikiManner(careful=manner.careful, verbatim=manner.verbatim, in_item=True)
    first: list[str] = []
    after: list[str] = []
    for node in children(item):
        kind = node["type"]
        if kind in {"bulletList", "orderedList", "taskList"}:
            after += _list(node, bullets, manner, losses)
        elif kind == "codeBlock":
            after.append(_code(node, losses))
        elif not is_blank(node):
            first += [render_wiki_inline(flat, inside, losses) for flat in _flattened(node, losses)]
    text = "\\\\\n".join(first)
    return [f"{bullets} {text}" if text else f"{bullets} &nbsp;", *after]


def _flattened(node: Node, losses: list[str]) -> list[list[Node]]:
    """Turn a block that stands in a list item or cell into paragraphs of inline nodes."""
    kind = node["type"]
    if kind == "paragraph":
        return [children(node)]
    if kind == "heading":
        return [strong(children(node))]
    if kind == "table":
        losses.append("A table cannot stand inside a list in wiki markup; its rows became lines of text.")
        return [row_line(row) for row in children(node)]
    if kind in {"blockquote", "panel", "expand", "nestedExpand"}:
        losses.append("A quote or panel cannot stand inside a list in wiki markup; its words stay.")
        return [flat for held in children(node) for flat in _flattened(held, losses)]
    if kind == "mediaSingle":
        return [[{**media, "type": "image"} for media in children(node)]]
    if kind == "rule":
        losses.append("A line across the page cannot stand inside a list and was left out.")
        return []
    return [[{"type": "text", "text": line}] for line in plain_text(node).split("\n") if line]


def _row(row: Node, manner: WikiManner, losses: list[str]) -> str:
    inside = WikiManner(careful=manner.careful, verbatim=manner.verbatim, one_line=True)
    line: list[str] = []
    bar = "|"
    for cell in children(row):
        bar = "||" if cell["type"] == "tableHeader" else "|"
        attrs = cell.get("attrs") or {}
        if attrs.get("colspan", 1) != 1 or attrs.get("rowspan", 1) != 1:
            losses.append("Wiki markup cannot merge cells of a table.")
        flats = [flat for held in children(cell) for flat in _cell_lines(held, losses)]
        text = "\\\\".join(t for t in (render_wiki_inline(flat, inside, losses).strip() for flat in flats) if t)
        line.append(f"{bar}{text or ' '}")
    return "".join(line) + bar


def _cell_lines(node: Node, losses: list[str]) -> list[list[Node]]:
    if node["type"] in {"bulletList", "orderedList", "taskList"}:
        losses.append("A list in a table cell became lines of text.")
        return [
            flat
            for item in (plain_tasks(node) if node["type"] == "taskList" else children(node))
            for held in children(item)
            for flat in _cell_lines(held, losses)
        ]
    if node["type"] == "codeBlock":
        text = " ".join(plain_text(node).split("\n"))
        return [[{"type": "text", "text": text, "marks": [{"type": "code"}]}]] if text else []
    return _flattened(node, losses)
