"""Atlassian Document Format → wiki markup and → HTML for the sandbox's pages.

Vendor page: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from html import escape
from typing import Any

from .model import Body, Json
from .wikitext import parse_wiki

_MARKS = {"strong": "*", "em": "_", "strike": "-", "underline": "+"}
_PANELS = {"info": "info", "note": "info", "tip": "tip", "success": "tip", "warning": "note", "error": "warning"}


def looks_like_adf(value: object) -> bool:
    """Whether Jira would take the value as a document: type, version and content in place."""
    return (
        isinstance(value, dict)
        and value.get("type") == "doc"
        and value.get("version") == 1
        and isinstance(value.get("content"), list)
        and all(isinstance(node, dict) and isinstance(node.get("type"), str) for node in value["content"])
    )


def render_wiki(document: Json) -> str:
    """Render a document as wiki markup, the text that v2 and webhooks show for it."""
    return "\n\n".join(_wiki_block(node) for node in document.get("content", [])).strip()


def _children(node: Json) -> list[Json]:
    content = node.get("content")
    return content if isinstance(content, list) else []


def _wiki_block(node: Json) -> str:
    kind = node.get("type")
    attrs: dict[str, Any] = node.get("attrs") or {}
    if kind == "paragraph":
        return _wiki_inline(node)
    if kind == "heading":
        return f"h{attrs.get('level', 1)}. {_wiki_inline(node)}"
    if kind in ("bulletList", "orderedList"):
        return "\n".join(_wiki_list(node, ""))
    if kind == "codeBlock":
        language = f":{attrs['language']}" if attrs.get("language") else ""
        text = "".join(str(child.get("text", "")) for child in _children(node))
        return f"{{code{language}}}\n{text}\n{{code}}"
    if kind == "blockquote":
        return "{quote}\n" + "\n\n".join(_wiki_block(child) for child in _children(node)) + "\n{quote}"
    if kind == "panel":
        name = _PANELS.get(str(attrs.get("panelType")), "info")
        return f"{{{name}}}\n" + "\n\n".join(_wiki_block(child) for child in _children(node)) + f"\n{{{name}}}"
    if kind == "rule":
        return "----"
    if kind == "table":
        return "\n".join(_wiki_row(row) for row in _children(node))
    if kind in ("mediaSingle", "mediaGroup"):
        return "\n".join(_wiki_block(child) for child in _children(node))
    if kind == "media":
        return f"!{attrs.get('alt') or attrs.get('id', 'file')}!"
    if kind == "taskList":
        return "\n".join(
            ("(/) " if (item.get("attrs") or {}).get("state") == "DONE" else "(x) ") + _wiki_inline(item)
            for item in _children(node)
        )
    if _children(node):
        return "\n\n".join(_wiki_block(child) for child in _children(node))
    return _wiki_leaf(node)


def _wiki_list(node: Json, marks: str) -> list[str]:
    marks += "#" if node.get("type") == "orderedList" else "*"
    lines: list[str] = []
    for item in _children(node):
        texts = [child for child in _children(item) if child.get("type") not in ("bulletList", "orderedList")]
        lines.append(f"{marks} " + "\n".join(_wiki_block(child) for child in texts))
        for child in _children(item):
            if child.get("type") in ("bulletList", "orderedList"):
                lines.extend(_wiki_list(child, marks))
    return lines


def _wiki_row(row: Json) -> str:
    line = ""
    bar = "|"
    for cell in _children(row):
        bar = "||" if cell.get("type") == "tableHeader" else "|"
        line += bar + (" ".join(_wiki_block(child) for child in _children(cell)).replace("\n", " ") or " ")
    return line + bar


def _wiki_inline(node: Json) -> str:
    return "".join(_wiki_leaf(child) for child in _children(node))


def _wiki_leaf(node: Json) -> str:
    kind = node.get("type")
    attrs: dict[str, Any] = node.get("attrs") or {}
    if kind == "text":
        text = str(node.get("text", ""))
        for mark in reversed(node.get("marks") or []):
            text = _wiki_mark(mark, text)
        return text
    if kind == "hardBreak":
        return "\n"
    if kind == "mention":
        return f"[~accountid:{attrs.get('id')}]"
    if kind == "inlineCard":
        return f"[{attrs.get('url')}]"
    if kind == "emoji":
        return str(attrs.get("text") or attrs.get("shortName", ""))
    if kind == "date":
        return str(attrs.get("timestamp", ""))
    if kind == "status":
        return f"*[ {attrs.get('text', '')} ]*"
    return "".join(_wiki_leaf(child) for child in _children(node))


def _wiki_mark(mark: Json, text: str) -> str:
    kind = str(mark.get("type"))
    attrs: dict[str, Any] = mark.get("attrs") or {}
    if kind == "link":
        href = attrs.get("href")
        return f"[{href}]" if href == text else f"[{text}|{href}]"
    if kind == "code":
        return "{{" + text + "}}"
    if kind == "textColor":
        return f"{{color:{attrs.get('color')}}}{text}{{color}}"
    if kind == "subsup":
        sign = "^" if attrs.get("type") == "sup" else "~"
        return sign + text + sign
    sign = _MARKS.get(kind, "")
    return sign + text + sign


def render_text(body: Body) -> str:
    """The wiki text of a body, however it is kept; empty for none."""
    if body is None:
        return ""
    return body if isinstance(body, str) else render_wiki(body)


def render_html(body: Body) -> str:
    """Roughly what a person sees, as safe HTML: every text escaped, links only to http, https and mailto."""
    if body is None or body == "":
        return ""
    document = parse_wiki(body) if isinstance(body, str) else body
    return "".join(_html_block(node) for node in _children(document))


_TAGS = {
    "paragraph": "p",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
    "blockquote": "blockquote",
    "table": "table",
    "tableRow": "tr",
    "tableHeader": "th",
    "tableCell": "td",
}
_HTML_MARKS = {"strong": "strong", "em": "em", "strike": "s", "underline": "u", "code": "code"}


def _html_block(node: Json) -> str:
    kind = str(node.get("type"))
    attrs: dict[str, Any] = node.get("attrs") or {}
    inner = "".join(_html_block(child) for child in _children(node))
    if kind == "text":
        return _html_text(node)
    if kind in _TAGS:
        return f"<{_TAGS[kind]}>{inner}</{_TAGS[kind]}>"
    if kind == "heading":
        level = min(6, int(attrs.get("level", 1)) + 1)
        return f"<h{level}>{inner}</h{level}>"
    if kind == "codeBlock":
        return f"<pre><code>{inner}</code></pre>"
    if kind == "panel":
        return f'<div class="panel {escape(str(attrs.get("panelType", "info")))}">{inner}</div>'
    if kind == "rule":
        return "<hr>"
    if kind == "hardBreak":
        return "<br>"
    if kind == "mention":
        return f'<span class="mention">{escape(str(attrs.get("text") or attrs.get("id", "")))}</span>'
    return inner or escape(_wiki_leaf(node))


def _html_text(node: Json) -> str:
    text = escape(str(node.get("text", "")))
    for mark in reversed(node.get("marks") or []):
        kind = str(mark.get("type"))
        if kind in _HTML_MARKS:
            text = f"<{_HTML_MARKS[kind]}>{text}</{_HTML_MARKS[kind]}>"
        elif kind == "link":
            href = str((mark.get("attrs") or {}).get("href", ""))
            if href.startswith(("http://", "https://", "mailto:")):
                text = f'<a href="{escape(href)}" rel="nofollow">{text}</a>'
    return text
