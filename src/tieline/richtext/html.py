"""Markdown → HTML that is safe to put on a page: the same reading that is sent to Jira."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import nh3

from tieline.richtext.emoji import shown_emoji
from tieline.richtext.inline_write import day_of
from tieline.richtext.markdown_read import parse_markdown
from tieline.richtext.nodes import Node, attr_number, attr_text, children, marks_of

_BLOCKS = {"paragraph": "p", "blockquote": "blockquote", "listItem": "li", "tableRow": "tr", "bulletList": "ul"}
_MARKS = {"strong": "strong", "em": "em", "strike": "del", "underline": "u", "code": "code"}
_TAGS = {
    *("a", "blockquote", "br", "code", "del", "details", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr"),
    *("input", "li", "ol", "p", "pre", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "th"),
    *("thead", "time", "tr", "u", "ul"),
}
_ATTRIBUTES = {
    "a": {"href", "title", "class"},
    "code": {"class"},
    "div": {"class"},
    "input": {"type", "checked", "disabled"},
    "li": {"class"},
    "ol": {"start"},
    "span": {"class", "title"},
    "table": {"class"},
    "time": {"datetime"},
    "ul": {"class"},
}
_SCHEMES = {"http", "https", "mailto", "ftp", "tel"}
_ELEMENT_IDS = re.compile(r"[^A-Za-z0-9_+#.-]")


def render_html(markdown: str) -> str:
    """Return Markdown as HTML without scripts, styles or anything that loads from elsewhere.

    Images become links that are only followed when clicked; links open with no referrer.
    Markers for what Jira alone can show appear as ``<div class="rt-kept">``.
    """
    nodes = [node for held in parse_markdown(markdown).blocks for node in held.nodes]
    return nh3.clean(
        _blocks(nodes),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener nofollow noreferrer",
    )


def _blocks(nodes: Sequence[Node]) -> str:
    return "\n".join(_block(node) for node in nodes)


def _block(node: Node) -> str:
    kind = node["type"]
    if kind == "paragraph":
        return f"<p>{_inline(children(node))}</p>"
    if kind == "heading":
        level = min(6, max(1, attr_number(node, "level", 1)))
        return f"<h{level}>{_inline(children(node))}</h{level}>"
    if kind == "codeBlock":
        language = _ELEMENT_IDS.sub("", attr_text(node, "language"))
        named = f' class="language-{language}"' if language else ""
        return f"<pre><code{named}>{escape(''.join(child['text'] for child in children(node)))}\n</code></pre>"
    if kind == "rule":
        return "<hr>"
    if kind in _BLOCKS:
        return f"<{_BLOCKS[kind]}>{_blocks(children(node))}</{_BLOCKS[kind]}>"
    if kind == "orderedList":
        return f'<ol start="{attr_number(node, "order", 1)}">{_blocks(children(node))}</ol>'
    if kind == "taskList":
        return f'<ul class="rt-tasks">{_tasks(children(node))}</ul>'
    if kind == "table":
        return _table(children(node))
    if kind == "panel":
        named = attr_text(node, "panelType")
        title = attr_text(node, "title")
        head = f"<p><strong>{escape(title)}</strong></p>" if title else ""
        return f'<div class="rt-panel rt-panel-{escape(named)}">{head}{_blocks(children(node))}</div>'
    if kind == "expand":
        title = escape(attr_text(node, "title") or "More")
        return f"<details><summary>{title}</summary>{_blocks(children(node))}</details>"
    if kind == "mediaSingle":
        return "".join(f"<p>{_image({**media, 'type': 'image'})}</p>" for media in children(node))
    if kind == "blockCard":
        url = attr_text(node, "url")
        return f'<p><a href="{escape(url)}">{escape(url)}</a></p>'
    words = escape(attr_text(node, "text")).replace("\n", "<br>")
    return f'<div class="rt-kept"><span class="rt-kept-kind">{escape(attr_text(node, "kind"))}</span> {words}</div>'


def _tasks(nodes: Sequence[Node]) -> str:
    parts: list[str] = []
    for node in nodes:
        if node["type"] == "taskList":
            parts.append(f'<li><ul class="rt-tasks">{_tasks(children(node))}</ul></li>')
        else:
            checked = " checked" if attr_text(node, "state") == "DONE" else ""
            parts.append(f'<li><input type="checkbox" disabled{checked}> {_inline(children(node))}</li>')
    return "".join(parts)


def _table(rows: Sequence[Node]) -> str:
    lines: list[str] = []
    for row in rows:
        cells: list[str] = []
        for cell in children(row):
            tag = "th" if cell["type"] == "tableHeader" else "td"
            cells.append(f"<{tag}>{'<br>'.join(_inline(children(held)) for held in children(cell))}</{tag}>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table><tbody>{''.join(lines)}</tbody></table>"


def _inline(nodes: Sequence[Node]) -> str:
    return "".join(map(_inline_node, nodes))


def _inline_node(node: Node) -> str:
    kind = node["type"]
    if kind == "text":
        text = escape(node["text"])
        for mark in reversed(marks_of(node)):
            text = _marked(mark, text)
        return text
    if kind == "hardBreak":
        return "<br>"
    if kind == "emoji":
        return escape(shown_emoji(attr_text(node, "shortName")))
    if kind == "image":
        return _image(node)
    words = escape(attr_text(node, "text"))
    if kind == "mention":
        return f'<span class="rt-mention">{words}</span>'
    if kind == "status":
        return f'<span class="rt-status rt-status-{escape(attr_text(node, "color"))}">{words}</span>'
    if kind == "date":
        day = escape(day_of(attr_text(node, "timestamp")))
        return f'<time datetime="{day}">{day}</time>'
    if kind == "inlineCard":
        url = escape(attr_text(node, "url"))
        return f'<a href="{url}" class="rt-card">{url}</a>'
    return f'<span class="rt-kept" title="{escape(attr_text(node, "kind"))}">{words}</span>'


def _marked(mark: Node, text: str) -> str:
    kind = mark["type"]
    if kind in _MARKS:
        return f"<{_MARKS[kind]}>{text}</{_MARKS[kind]}>"
    if kind == "link":
        title = f' title="{escape(attr_text(mark, "title"))}"' if attr_text(mark, "title") else ""
        return f'<a href="{escape(attr_text(mark, "href"))}"{title}>{text}</a>'
    if kind == "subsup":
        tag = "sub" if attr_text(mark, "type") == "sub" else "sup"
        return f"<{tag}>{text}</{tag}>"
    if kind in {"textColor", "backgroundColor"}:
        return f'<span class="rt-coloured">{text}</span>'
    return text


def _image(node: Node) -> str:
    url = attr_text(node, "url")
    words = escape(attr_text(node, "alt") or url.rsplit("/", 1)[-1] or url)
    return f'<a href="{escape(url)}" class="rt-image">{words}</a>'
