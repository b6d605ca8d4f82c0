"""Nodes as read from Markdown → nodes that an ADF document may hold where they stand.

Markdown nests more freely than ADF (a heading in a list, a quote in a quote): what may not stand in
its place becomes the nearest thing that may. The rules are those of the ADF schema,
https://unpkg.com/@atlaskit/adf-schema/dist/json-schema/v1/full.json
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tieline.richtext.links import may_link
from tieline.richtext.markdown_read import placeholder_text
from tieline.richtext.nodes import Node, attr_text, block, children, marks_of, paragraph, text_node

_LISTS = frozenset({"bulletList", "orderedList"})
_LEAN = frozenset({"paragraph", "codeBlock", "mediaSingle", "extension"}) | _LISTS
_ALLOWED: dict[str, frozenset[str]] = {
    "listItem": _LEAN | {"taskList"},
    "blockquote": _LEAN | {"mediaGroup"},
    "panel": _LEAN | {"heading", "taskList", "rule", "decisionList", "blockCard", "mediaGroup"},
    "expand": _LEAN
    | {"heading", "taskList", "rule", "decisionList", "blockCard", "embedCard", "mediaGroup", "panel"}
    | {"blockquote", "table", "nestedExpand"},
}
_ALLOWED["nestedExpand"] = _ALLOWED["expand"] - {"nestedExpand", "table"}
_INLINE_HOLDERS = frozenset({"paragraph", "heading", "taskItem"})


def fit_document(nodes: Sequence[Node], losses: list[str]) -> list[Node]:
    """Return the top-level nodes as an ADF document may hold them; adds what it changed to ``losses``."""
    return [fitted for node in nodes for fitted in _fit_root(node, losses)]


def _fit_root(node: Node, losses: list[str]) -> list[Node]:
    if node["type"] == "kept":
        return [node["held"]]
    return _fit(node, losses)


def _fit(node: Node, losses: list[str]) -> list[Node]:
    kind = node["type"]
    if kind in _INLINE_HOLDERS:
        inline = [fitted for child in children(node) for fitted in _fit_inline(child, losses)]
        return [_with_content(node, inline)]
    if kind == "lostBlock":
        losses.append(lost_sentence(attr_text(node, "kind")))
        return _paragraphs(attr_text(node, "text"))
    if kind == "mediaSingle":
        return [_fit_media(node)]
    if kind == "panel" and attr_text(node, "title"):
        title = paragraph([text_node(attr_text(node, "title"), [{"type": "strong"}])])
        attrs = {name: value for name, value in node["attrs"].items() if name != "title"}
        node = {**node, "attrs": attrs, "content": [title, *children(node)]}
    if kind in _ALLOWED:
        content = [fitted for child in children(node) for fitted in _fit_in(kind, child, losses)]
        return [{**node, "content": content or [paragraph()]}]
    if kind in {"tableHeader", "tableCell"} or "content" not in node or kind == "codeBlock":
        if kind in {"tableHeader", "tableCell"}:
            return [{**node, "content": [fitted for child in children(node) for fitted in _fit(child, losses)]}]
        return [node]
    return [{**node, "content": [fitted for child in children(node) for fitted in _fit(child, losses)]}]


def _fit_in(parent: str, node: Node, losses: list[str]) -> Iterator[Node]:
    if node["type"] == "kept":
        held = node["held"]
        kind = held.get("type") if isinstance(held, dict) else None
        if kind in _ALLOWED[parent]:
            yield held
            return
        losses.append(f"A “{kind}” block cannot stand inside this one in Jira; only its words were taken over.")
        yield from _paragraphs(placeholder_text(held))
        return
    if node["type"] in _ALLOWED[parent] or node["type"] == "lostBlock":
        yield from _fit(node, losses)
        return
    for lifted in _lift(parent, node, losses):
        yield from _fit_in(parent, lifted, losses)


def _lift(parent: str, node: Node, losses: list[str]) -> Iterator[Node]:
    kind = node["type"]
    if kind == "heading":
        yield paragraph(strong(children(node)))
    elif kind == "expand" and "nestedExpand" in _ALLOWED[parent]:
        yield {**node, "type": "nestedExpand"}
    elif kind in {"expand", "panel"}:
        losses.append(f"A {'fold' if kind == 'expand' else kind} cannot stand here in Jira; what it holds stays.")
        if attr_text(node, "title"):
            yield paragraph([text_node(attr_text(node, "title"), [{"type": "strong"}])])
        yield from children(node)
    elif kind == "blockquote":
        losses.append("A quote cannot stand here in Jira; its words stay, unquoted.")
        yield from children(node)
    elif kind == "taskList":
        losses.append("Tasks cannot stand here in Jira; they became a list.")
        yield block("bulletList", plain_tasks(node))
    elif kind == "table":
        losses.append("A table cannot stand here in Jira; its rows became lines of text.")
        for row in children(node):
            yield paragraph(row_line(row))
    elif kind == "blockCard":
        url = attr_text(node, "url")
        yield paragraph([text_node(url, [{"type": "link", "attrs": {"href": url}}])])
    else:
        losses.append("A line across the page cannot stand here in Jira and was left out.")


def strong(inline: Sequence[Node]) -> list[Node]:
    """Set inline nodes in bold, code excepted."""
    return [
        {**node, "marks": [*marks_of(node), {"type": "strong"}]}
        if node["type"] == "text" and all(mark["type"] not in {"code", "strong"} for mark in marks_of(node))
        else node
        for node in inline
    ]


def plain_tasks(tasks: Node) -> list[Node]:
    """Turn tasks into list items that begin with their box; nested tasks into nested lists."""
    items: list[Node] = []
    for task in children(tasks):
        if task["type"] == "taskList" and items:
            items[-1]["content"].append(block("bulletList", plain_tasks(task)))
        elif task["type"] == "taskList":
            items.extend(plain_tasks(task))
        else:
            box = "[x] " if attr_text(task, "state") == "DONE" else "[ ] "
            items.append(block("listItem", [paragraph([text_node(box), *children(task)])]))
    return items


def row_line(row: Node) -> list[Node]:
    """Put the cells of a table row behind each other."""
    line: list[Node] = []
    for cell in children(row):
        if line:
            line.append(text_node(" | "))
        line += [node for held in children(cell) for node in children(held)]
    return line


def lost_sentence(kind: str) -> str:
    """Say that a marker had nothing to stand for any more."""
    return f"A “{kind}” part is no longer in the text Jira holds; only its words were taken over."


def _paragraphs(words: str) -> list[Node]:
    return [paragraph([text_node(line)]) for line in words.split("\n") if line.strip()] or [paragraph()]


def _with_content(node: Node, inline: list[Node]) -> Node:
    bare = {name: value for name, value in node.items() if name != "content"}
    return {**bare, "content": inline} if inline else bare


def _fit_media(node: Node) -> Node:
    content = [
        {**media, "attrs": {name: value for name, value in media["attrs"].items() if name != "title"}}
        for media in children(node)
    ]
    return {**node, "content": content}


def _fit_inline(node: Node, losses: list[str]) -> list[Node]:
    kind = node["type"]
    if kind == "kept":
        return [node["held"]]
    if kind == "lostInline":
        losses.append(lost_sentence(attr_text(node, "kind")))
        words = attr_text(node, "text")
        return [text_node(words)] if words else []
    if kind == "image":
        url, words = attr_text(node, "url"), attr_text(node, "alt") or attr_text(node, "url")
        losses.append(f"The image “{words}” stands inside a line, where Jira shows a link to it.")
        linked = [{"type": "link", "attrs": {"href": url}}] if url and may_link(url) else []
        return [text_node(words, linked)] if words else []
    return [node]
