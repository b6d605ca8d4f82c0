"""One paragraph of Jira's wiki markup → inline nodes, in one pass from left to right.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tieline.richtext.emoji import BY_WIKI, emoji_node
from tieline.richtext.links import may_link
from tieline.richtext.nodes import Node, text_node

PHRASES: dict[str, Node] = {
    "*": {"type": "strong"},
    "_": {"type": "em"},
    "-": {"type": "strike"},
    "+": {"type": "underline"},
    "^": {"type": "subsup", "attrs": {"type": "sup"}},
    "~": {"type": "subsup", "attrs": {"type": "sub"}},
    "??": {"type": "citation"},
}
COLOURS = {
    "black": "#000000",
    "silver": "#c0c0c0",
    "gray": "#808080",
    "grey": "#808080",
    "white": "#ffffff",
    "maroon": "#800000",
    "red": "#ff0000",
    "purple": "#800080",
    "fuchsia": "#ff00ff",
    "green": "#008000",
    "lime": "#00ff00",
    "olive": "#808000",
    "yellow": "#ffff00",
    "navy": "#000080",
    "blue": "#0000ff",
    "teal": "#008080",
    "aqua": "#00ffff",
    "orange": "#ffa500",
}
ATTACHMENT = "attachment:"
_EMOTICON = "|".join(re.escape(wiki) for wiki in sorted(BY_WIKI, key=len, reverse=True))
_NEXT = re.compile(
    r"(?P<line>\n)"
    r"|(?P<break>\\\\(?!\\))"
    r"|(?P<escape>\\[!-/:-@\[-`{-~])"
    r"|(?P<url>(?<![A-Za-z0-9])(?i:https?|ftp)://[^\s|\[\]{}<>\"\\]+)"
    r"|(?P<mono>\{\{)"
    r"|(?P<forced>\{(?:[*_+^~-]|\?\?)\})"
    r"|(?P<colour>\{color(?::[^}\n]{1,60})?\})"
    r"|(?P<link>\[)"
    r"|(?P<image>!)"
    r"|(?P<entity>&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});)"
    rf"|(?P<emoticon>(?<![A-Za-z0-9])(?:{_EMOTICON})(?![A-Za-z0-9]))"
    r"|(?P<dash>(?<=\s)--(?=\s)|(?<!-)---(?!-))"
    r"|(?P<phrase>\?\?|[*_+^~]|(?<!-)-(?!-))"
)
_IMAGE = re.compile(r"([^\s|!\[\]{}][^|!\n\[\]{}]*)(?:\|([^!\n]*))?")
_ADDRESS = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*:|/|#|\^|www\.)")


@dataclass(slots=True)
class _Piece:
    """A part of the paragraph: text or a node, or a marker that is text until it finds its mate."""

    text: str = ""
    node: Node | None = None
    marks: list[Node] = field(default_factory=list)
    code: bool = False


def parse_wiki_inline(text: str, *, in_link: bool = False) -> list[Node]:
    """Turn one paragraph (its lines parted by line feeds) into inline nodes. Never raises."""
    return _nodes(_WikiInline(text, in_link=in_link).read())


class _WikiInline:
    """The position in one paragraph, and the markers that wait for their mates."""

    def __init__(self, text: str, *, in_link: bool) -> None:
        self._text = text
        self._in_link = in_link
        self._pieces: list[_Piece] = []
        self._open: dict[str, int] = {}
        self._colours: list[tuple[int, str]] = []
        self._seen: dict[str, int] = {}

    def read(self) -> list[_Piece]:
        at = 0
        while found := _NEXT.search(self._text, at):
            self._plain(self._text[at : found.start()])
            at = self._take(found)
        self._plain(self._text[at:])
        return self._pieces

    def _take(self, found: re.Match[str]) -> int:
        kind, value, start, end = found.lastgroup, found.group(), found.start(), found.end()
        if kind == "line":
            self._open.clear()
            self._pieces.append(_Piece(node={"type": "hardBreak"}))
        elif kind == "break":
            self._pieces.append(_Piece(node={"type": "hardBreak"}))
            end += self._text.startswith("\n", end)
        elif kind == "escape":
            self._plain(value[1:])
        elif kind == "url":
            end = self._take_url(value, start)
        elif kind == "mono":
            end = self._take_mono(start)
        elif kind == "forced":
            self._take_marker(value[1:-1], value, opens=True, closes=True)
        elif kind == "colour":
            self._take_colour(value)
        elif kind == "link":
            end = self._take_link(start)
        elif kind == "image":
            end = self._take_image(start)
        elif kind == "entity":
            self._plain(html.unescape(value))
        elif kind == "dash":
            self._plain("–" if value == "--" else "—")
        elif kind == "emoticon":
            self._pieces.append(_Piece(node=emoji_node(BY_WIKI[value].name)))
        else:
            before, after = self._text[start - 1 : start] if start else "", self._text[end : end + 1]
            self._take_marker(
                value,
                value,
                opens=not before.isalnum() and bool(after) and not after.isspace(),
                closes=bool(before) and not before.isspace() and not after.isalnum(),
            )
        return end

    def _plain(self, text: str) -> None:
        if text:
            self._pieces.append(_Piece(text=text))

    def _take_marker(self, name: str, written: str, *, opens: bool, closes: bool) -> None:
        opened = self._open.get(name)
        if closes and opened is not None and len(self._pieces) > opened + 1:
            for piece in self._pieces[opened + 1 :]:
                piece.marks.append(PHRASES[name])
            self._pieces[opened].text = ""
            self._open = {other: at for other, at in self._open.items() if at < opened}
            return
        if opens and opened is None:
            self._open[name] = len(self._pieces)
        self._plain(written)

    def _take_colour(self, value: str) -> None:
        if value != "{color}" and len(self._colours) < 8:
            self._colours.append((len(self._pieces), value[7:-1].strip()))
        elif value == "{color}" and self._colours:
            opened, colour = self._colours.pop()
            mark: Node = {"type": "textColor", "attrs": {"color": COLOURS.get(colour.lower(), colour.lower())}}
            for piece in self._pieces[opened + 1 :]:
                if all(held["type"] != "textColor" for held in piece.marks):
                    piece.marks.append(mark)
            self._pieces[opened].text = ""
            return
        self._plain(value)

    def _take_url(self, value: str, start: int) -> int:
        address = value.rstrip(".,:;!?'*_~^+\\")
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1].rstrip(".,:;!?'")
        if self._in_link or len(address) < 9:
            self._plain(address)
        else:
            self._pieces.append(_Piece(text=address, marks=[_link_mark(address)]))
        return start + len(address)

    def _take_mono(self, start: int) -> int:
        close = self._find("}}", start + 2)
        if close < 0 or close == start + 2:
            self._plain("{{")
            return start + 2
        while self._text.startswith("}}}", close):
            close += 1
        inside = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", _unpadded(self._text[start + 2 : close]))
        self._pieces.append(_Piece(text=html.unescape(inside) if "&#" in inside else inside, code=True))
        return close + 2

    def _take_image(self, start: int) -> int:
        before = self._text[start - 1 : start] if start else ""
        close = self._find("!", start + 1)
        inside = _IMAGE.fullmatch(self._text, start + 1, close) if close > start + 1 else None
        if inside is None or before.isalnum() or self._in_link or "." not in inside.group(1):
            self._plain("!")
            return start + 1
        if inside.group(1) != inside.group(1).strip() or (" " in inside.group(1) and "." not in inside.group(1)[-6:]):
            self._plain("!")
            return start + 1
        params = [part for part in (inside.group(2) or "").split(",") if part]
        alt = next((part[4:] for part in params if part.startswith("alt=")), "")
        attrs = {"url": inside.group(1), "alt": alt}
        if any(part != f"alt={alt}" for part in params):
            attrs["title"] = ",".join(part for part in params if part != f"alt={alt}")
        self._pieces.append(_Piece(node={"type": "image", "attrs": attrs}))
        return close + 1

    def _take_link(self, start: int) -> int:
        close = self._find("]", start + 1)
        inner = self._find("[", start + 1)
        closed = close > start + 1 and not start < inner < close and not self._in_link
        node = self._linked(self._text[start + 1 : close]) if closed else None
        if node is None:
            self._plain("[")
            return start + 1
        self._pieces += node
        return close + 1

    def _linked(self, inside: str) -> list[_Piece] | None:
        if inside.startswith("~") and len(inside) > 1 and "|" not in inside and not inside[1:2].isspace():
            name = inside[1:]
            return [_Piece(node={"type": "mention", "attrs": {"id": name, "text": f"@{name}"}})]
        words, bar, target = inside.partition("|")
        target, _, tip = target.partition("|") if bar else (inside, "", "")
        target = target.strip()
        if not _ADDRESS.match(target) or not may_link(target) or (" " in target and not target.startswith("^")):
            return None
        if target.startswith("^"):
            mark = _link_mark(ATTACHMENT + target[1:])
            return [_Piece(text=words if bar and words else target[1:], marks=[mark])] if target != "^" else None
        mark = _link_mark(target)
        if tip.strip() and tip.strip() != "smart-link":
            mark["attrs"]["title"] = tip.strip()
        shown = words if bar else target.removeprefix("mailto:")
        pieces = _WikiInline(shown, in_link=True).read() if bar else [_Piece(text=shown)]
        if not any(piece.text.strip() or piece.node for piece in pieces):
            pieces = [_Piece(text=target)]
        for piece in pieces:
            piece.marks.append(mark)
        return pieces

    def _find(self, wanted: str, start: int) -> int:
        """Find a closing mark on this line; remembers where it looked, so that all looks together are one pass."""
        known = self._seen.get(wanted, -1)
        if known < start:
            known = self._text.find(wanted, start)
            while known > 0 and self._text[known - 1] == "\\":
                known = self._text.find(wanted, known + 1)
            self._seen[wanted] = known if known >= 0 else len(self._text)
        else:
            known = known if known < len(self._text) else -1
        if known < 0:
            return -1
        line = self._seen.get("\n", -1)
        if line < start:
            line = self._text.find("\n", start)
            line = line if line >= 0 else len(self._text)
            self._seen["\n"] = line
        return known if known < line else -1


def _unpadded(inside: str) -> str:
    # Jira's editor pads monospaced text that touches braces with an empty macro.
    return inside.removeprefix("{}").removesuffix("{}") if len(inside) > 4 else inside


def _link_mark(href: str) -> Node:
    return {"type": "link", "attrs": {"href": href}}


def _nodes(pieces: Sequence[_Piece]) -> list[Node]:
    nodes: list[Node] = []
    texts: list[str] = []
    current: list[Node] = []
    for piece in pieces:
        if piece.node is None:
            marks = _text_marks(piece)
            if texts and marks != current:
                nodes.append(text_node("".join(texts), current))
                texts = []
            if piece.text:
                current = marks
                texts.append(piece.text)
            continue
        if texts:
            nodes.append(text_node("".join(texts), current))
            texts = []
        links = [mark for mark in piece.marks if mark["type"] == "link"]
        nodes.append({**piece.node, "marks": links} if links and piece.node["type"] == "image" else piece.node)
    if texts:
        nodes.append(text_node("".join(texts), current))
    return nodes


def _text_marks(piece: _Piece) -> list[Node]:
    if piece.code:
        return [mark for mark in piece.marks if mark["type"] == "link"] + [{"type": "code"}]
    return piece.marks
