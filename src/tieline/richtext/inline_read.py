"""Markdown tokens of one paragraph → inline ADF nodes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from markdown_it.token import Token

from tieline.richtext.dialect import MARKER_SCHEME
from tieline.richtext.emoji import emoji_node
from tieline.richtext.kept import Kept
from tieline.richtext.links import may_link, split_links
from tieline.richtext.nodes import Node, frozen, marks_of, text_node

CARD_TITLE = "smart link"
_TAG_MARKS: dict[str, Node] = {
    "u": {"type": "underline"},
    "b": {"type": "strong"},
    "i": {"type": "em"},
    "s": {"type": "strike"},
    "sub": {"type": "subsup", "attrs": {"type": "sub"}},
    "sup": {"type": "subsup", "attrs": {"type": "sup"}},
    "strong": {"type": "strong"},
    "em": {"type": "em"},
    "del": {"type": "strike"},
}
_DELIMITER_MARKS = {"em": "em", "strong": "strong", "s": "strike"}
_COLOUR = re.compile(r'<span style="(background-)?color: ?(#[0-9a-fA-F]{6}|#[0-9a-fA-F]{3})">')
_KEPT_MARK = re.compile(r'<span data-jira="[A-Za-z0-9_]+-([0-9a-f]{10})">')
_TAG = re.compile(r"<(/?)([a-z]+)\s*/?>", re.IGNORECASE)
PARAGRAPH_BREAK: Node = {"type": "paragraphBreak"}
"""Stands between two paragraphs of one table cell while it is read."""


def parse_inline(tokens: Sequence[Token], kept: Kept, losses: list[str], *, in_cell: bool = False) -> list[Node]:
    """Turn the children of an inline token into ADF nodes, adding what was lost to ``losses``.

    ``<p>`` parts the paragraphs of a table cell (``in_cell``); elsewhere it is text.
    """
    reading = _InlineReading(kept, losses, _pair_tags(tokens), in_cell=in_cell)
    return _joined(reading.read(tokens))


class _InlineReading:
    """The marks that are open while one paragraph's tokens are read from left to right."""

    def __init__(self, kept: Kept, losses: list[str], paired: dict[int, int], *, in_cell: bool) -> None:
        self._in_cell = in_cell
        self._kept = kept
        self._losses = losses
        self._paired = paired
        self._open: list[Node] = []
        self._by_tag: dict[int, Node | None] = {}
        self._nodes: list[Node] = []

    def read(self, tokens: Sequence[Token]) -> list[Node]:
        index = 0
        while index < len(tokens):
            token = tokens[index]
            if token.type == "link_open":
                index = self._read_link(tokens, index)
            else:
                self._read_one(token, index)
            index += 1
        return self._nodes

    def _read_one(self, token: Token, index: int) -> None:
        if token.type == "text":
            self._add(token.content)
        elif token.type == "code_inline":
            self._add(token.content, code=True)
        elif token.type == "softbreak":
            self._add(" ")
        elif token.type == "hardbreak":
            self._nodes.append({"type": "hardBreak"})
        elif token.type == "emoji":
            self._nodes.append(emoji_node(token.content))
        elif token.type == "image":
            self._add_image(token)
        elif token.type == "html_inline":
            self._read_tag(token.content, index)
        elif token.type == "link_close":
            self._close_link()
        elif token.nesting == 1:
            self._open.append({"type": _DELIMITER_MARKS[token.tag]})
        elif token.nesting == -1:
            self._close({"type": _DELIMITER_MARKS[token.tag]})
        else:
            self._add(token.content)

    def _close(self, mark: Node) -> None:
        for position in range(len(self._open) - 1, -1, -1):
            if self._open[position] is mark or self._open[position] == mark:
                del self._open[position]
                return

    def _close_link(self) -> None:
        for position in range(len(self._open) - 1, -1, -1):
            if self._open[position]["type"] in {"link", "nothing"}:
                del self._open[position]
                return

    def _add(self, text: str, *, code: bool = False) -> None:
        if not text:
            return
        marks: list[Node] = []
        for mark in self._open:
            if all(mark["type"] != held["type"] for held in marks):
                marks.append(mark)
        if code:
            marks = [mark for mark in marks if mark["type"] in {"link", "annotation"}] + [{"type": "code"}]
        self._nodes.append(text_node(text, marks))

    def _add_image(self, token: Token) -> None:
        source, alt = str(token.attrs.get("src", "")), "".join(child.content for child in token.children or [])
        attrs: dict[str, str] = {"url": source, "alt": alt}
        if token.attrs.get("title"):
            attrs["title"] = str(token.attrs["title"])
        node: Node = {"type": "image", "attrs": attrs}
        links = [mark for mark in self._open if mark["type"] == "link"]
        self._nodes.append({**node, "marks": links[-1:]} if links else node)

    def _read_tag(self, tag: str, index: int) -> None:
        plain = _TAG.fullmatch(tag)
        name = plain.group(2).lower() if plain else ""
        if name == "br":
            self._nodes.append({"type": "hardBreak"})
        elif name == "p" and self._in_cell:
            self._nodes.append(PARAGRAPH_BREAK)
        elif index not in self._paired:
            self._add(tag)
        elif plain and plain.group(1):
            mark = self._by_tag.pop(self._paired[index], None)
            if mark is not None:
                self._close(mark)
        else:
            mark = self._mark_of(tag, name)
            self._by_tag[index] = mark
            if mark is not None:
                self._open.append(mark)

    def _mark_of(self, tag: str, name: str) -> Node | None:
        if name in _TAG_MARKS:
            return dict(_TAG_MARKS[name])
        coloured = _COLOUR.fullmatch(tag)
        if coloured:
            kind = "backgroundColor" if coloured.group(1) else "textColor"
            return {"type": kind, "attrs": {"color": _six_digits(coloured.group(2))}}
        marked = _KEPT_MARK.fullmatch(tag)
        kept = self._kept.marks.get(marked.group(1)) if marked else None
        if kept is None:
            self._losses.append("A mark that only Jira knows is no longer in the text Jira holds; its words stay.")
        return dict(kept) if kept else None

    def _read_link(self, tokens: Sequence[Token], start: int) -> int:
        """Read a link; return the index of the last token read."""
        href, title = str(tokens[start].attrs.get("href", "")), tokens[start].attrs.get("title")
        inside = tokens[start + 1 : _link_end(tokens, start)]
        words = "".join(token.content for token in inside if token.type in {"text", "code_inline"})
        end = start + 1 + len(inside)
        if href.startswith(MARKER_SCHEME):
            self._nodes.append(self._atom(href, words))
            return end
        if title == CARD_TITLE and words == href:
            self._nodes.append({"type": "inlineCard", "attrs": {"url": href}})
            return end
        if not href or not may_link(href):
            if href:
                self._losses.append(f"The link “{words or href}” runs a script and became plain text.")
            self._open.append({"type": "nothing"})
            return start
        mark: Node = {"type": "link", "attrs": {"href": href}}
        if title:
            mark["attrs"]["title"] = str(title)
        self._open.append(mark)
        return start

    def _atom(self, href: str, words: str) -> Node:
        kind, _, key = href[len(MARKER_SCHEME) :].partition("/")
        key = unquote(key)
        if kind == "mention" and key:
            return {"type": "mention", "attrs": {"id": key, "text": words}}
        if kind == "status" and words and key in {"neutral", "purple", "blue", "red", "yellow", "green"}:
            return {"type": "status", "attrs": {"text": words, "color": key}}
        if kind == "date" and key.lstrip("-").isdecimal():
            return {"type": "date", "attrs": {"timestamp": key}}
        if key in self._kept.nodes:
            return {"type": "kept", "held": self._kept.nodes[key]}
        return {"type": "lostInline", "attrs": {"kind": kind, "text": words}}


def _link_end(tokens: Sequence[Token], start: int) -> int:
    for index in range(start + 1, len(tokens)):
        if tokens[index].type == "link_close":
            return index
    return len(tokens)


def _pair_tags(tokens: Sequence[Token]) -> dict[int, int]:
    """Match opening and closing tags that stand for marks; what stays single is text."""
    paired: dict[int, int] = {}
    waiting: dict[str, list[int]] = {}
    for index, token in enumerate(tokens):
        if token.type != "html_inline":
            continue
        plain = _TAG.fullmatch(token.content)
        name = plain.group(2).lower() if plain else ""
        if plain and plain.group(1) and waiting.get(name):
            opened = waiting[name].pop()
            paired[opened], paired[index] = index, opened
        elif name in _TAG_MARKS and plain and not plain.group(1):
            waiting.setdefault(name, []).append(index)
        elif _COLOUR.fullmatch(token.content) or _KEPT_MARK.fullmatch(token.content):
            waiting.setdefault("span", []).append(index)
    return paired


def _six_digits(colour: str) -> str:
    digits = colour[1:].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def _joined(nodes: Sequence[Node]) -> list[Node]:
    """Join equal neighbours, turn bare addresses into links, drop the marks that mean nothing."""
    joined: list[Node] = []
    for node in nodes:
        if node["type"] != "text":
            joined.append(node)
            continue
        marks = [mark for mark in marks_of(node) if mark["type"] != "nothing"]
        last = joined[-1] if joined else None
        if last is not None and last["type"] == "text" and frozen(marks_of(last)) == frozen(marks):
            joined[-1] = text_node(last["text"] + node["text"], marks)
        else:
            joined.append(text_node(node["text"], marks))
    linked: list[Node] = []
    for node in joined:
        marks = marks_of(node)
        if node["type"] != "text" or any(mark["type"] in {"link", "code"} for mark in marks):
            linked.append(node)
            continue
        for text, href in split_links(node["text"]):
            linked.append(text_node(text, [*marks, {"type": "link", "attrs": {"href": href}}] if href else marks))
    return linked
