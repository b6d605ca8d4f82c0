"""Jira's wiki markup → blocks: where each begins and ends in the text, and the nodes it stands for.

One pass over the lines, no backtracking: the cost grows with the length of the text and no faster.
https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tieline.richtext.nodes import Node, block, children, paragraph, text_node
from tieline.richtext.wiki_inline import parse_wiki_inline

DEEPEST_MACRO = 4
"""How deep quotes and panels may stand in each other; deeper ones are read as text."""

DEEPEST_LIST = 12

_MACRO = re.compile(r"(?<!\\)\{(code|noformat|quote|panel)(?::([^}\n]*))?\}")
_HEADING = re.compile(r"[ \t]*h([1-6])\.[ \t]*(.*)")
_QUOTE_LINE = re.compile(r"[ \t]*bq\.[ \t]*(.*)")
_RULE = re.compile(r"[ \t]*-{4,}[ \t]*")
_ITEM = re.compile(r"[ \t]*([*#]+|-)[ \t]+(?=\S)")
_TASK = re.compile(r"\[([ xX])\] ")
_PANEL_KINDS = {"#e3fcef": "success", "#fffae6": "warning", "#ffebe6": "error", "#eae6ff": "note", "#deebff": "info"}


@dataclass(frozen=True, kw_only=True)
class WikiBlock:
    """One block: ``text[start:end]`` is its markup, ``nodes`` what that says."""

    start: int
    end: int
    nodes: tuple[Node, ...]


def parse_wiki(text: str) -> tuple[WikiBlock, ...]:
    """Read wiki markup into blocks, in order and without overlap. Never raises."""
    return tuple(_WikiReading(text, 0).read())


@dataclass
class _Item:
    bullets: str
    parts: list[list[str] | Node]

    def add_line(self, line: str) -> None:
        """Continue the item's text, also behind code that stands in it."""
        last = self.parts[-1]
        if isinstance(last, list):
            last.append(line)
        else:
            self.parts.append([line])

    def nodes(self) -> list[Node]:
        """Read the item's text and code in their order."""
        return [
            paragraph(_trimmed(parse_wiki_inline("\n".join(part)))) if isinstance(part, list) else part
            for part in self.parts
        ]


@dataclass
class _Open:
    """The block that the next line may still belong to."""

    kind: str
    start: int
    end: int
    lines: list[str] = field(default_factory=list)
    items: list[_Item] = field(default_factory=list)


class _WikiReading:
    """The position in one text, the blocks found, and the one that is still open."""

    def __init__(self, text: str, depth: int) -> None:
        self._text = text
        self._depth = depth
        self._at = 0
        self._blocks: list[WikiBlock] = []
        self._open: _Open | None = None
        self._closers: dict[str, int] = {}

    def read(self) -> list[WikiBlock]:
        text = self._text
        while self._at < len(text):
            newline = text.find("\n", self._at)
            stop = newline if newline >= 0 else len(text)
            self._take_line(self._at, stop)
        self._close()
        return self._blocks

    def _take_line(self, start: int, stop: int) -> None:
        """Read the line ``text[start:stop]``, or its part up to the end of a macro."""
        line = self._text[start:stop].removesuffix("\r")
        self._at = stop + 1
        if not line.strip(" \t"):
            if self._open and not (self._open.kind == "table" and _is_unfinished(self._open.lines)):
                self._close()
            return
        whole = start == 0 or self._text[start - 1] == "\n"
        macro = _MACRO.search(self._text, start, stop)
        while macro is not None and not self._may_open(macro):
            macro = _MACRO.search(self._text, macro.end(), stop)
        in_table = whole and line.lstrip(" \t").startswith("|")
        if macro is not None and not in_table:
            before = self._text[start : macro.start()]
            if before.strip(" \t"):
                self._take_plain(before, start, macro.start(), whole=whole)
            self._take_macro(macro)
            return
        self._take_plain(line, start, start + len(line), whole=whole)

    def _take_plain(self, line: str, start: int, end: int, *, whole: bool) -> None:
        opened = self._open
        if (
            opened
            and opened.kind == "table"
            and not line.lstrip(" \t").startswith("|")
            and _is_unfinished(opened.lines)
        ):
            opened.lines[-1] += "\n" + line
            opened.end = end
            return
        if whole and self._take_special(line, start, end):
            return
        opened = self._open
        if opened and opened.kind == "list" and opened.items and whole:
            opened.items[-1].add_line(line.strip(" \t"))
            opened.end = end
        elif opened and opened.kind == "paragraph" and whole:
            opened.lines.append(line)
            opened.end = end
        else:
            self._close()
            self._open = _Open("paragraph", start, end, lines=[line])

    def _take_special(self, line: str, start: int, end: int) -> bool:
        if found := _HEADING.fullmatch(line):
            inline = [node for node in parse_wiki_inline(found.group(2).strip()) if node["type"] != "hardBreak"]
            self._add(start, end, [block("heading", inline, level=int(found.group(1)))])
        elif found := _QUOTE_LINE.fullmatch(line):
            self._add(start, end, [block("blockquote", [paragraph(parse_wiki_inline(found.group(1)))])])
        elif _RULE.fullmatch(line):
            self._add(start, end, [block("rule")])
        elif line.lstrip(" \t").startswith("|"):
            if self._open is None or self._open.kind != "table":
                self._close()
                self._open = _Open("table", start, end)
            self._open.lines.append(line.strip(" \t"))
            self._open.end = end
        elif found := _ITEM.match(line):
            if self._open is None or self._open.kind != "list" or _is_other_list(self._open, found.group(1)):
                self._close()
                self._open = _Open("list", start, end)
            self._open.items.append(_Item(found.group(1), [[line[found.end() :]]]))
            self._open.end = end
        else:
            return False
        return True

    def _may_open(self, macro: re.Match[str]) -> bool:
        return self._closer(macro) >= 0 and (self._depth < DEEPEST_MACRO or macro.group(1) in {"code", "noformat"})

    def _closer(self, macro: re.Match[str]) -> int:
        """Find where the macro's closing tag begins, -1 if nowhere; each tag is looked for in one pass."""
        name = macro.group(1)
        tag = f"{{{name}}}"
        known = self._closers.get(name, -1)
        if known < macro.end():
            known = self._text.find(tag, macro.end())
            while known > 0 and self._text[known - 1] == "\\":
                known = self._text.find(tag, known + 1)
            self._closers[name] = known if known >= 0 else len(self._text)
        return known if known < len(self._text) else -1

    def _take_macro(self, macro: re.Match[str]) -> None:
        name, params = macro.group(1), macro.group(2) or ""
        close = self._closer(macro)
        inside = self._text[macro.end() : close].replace("\r\n", "\n")
        end = close + len(name) + 2
        self._at = end
        opened = self._open
        if name in {"code", "noformat"}:
            node = _code_node(name, params, inside)
            if opened and opened.kind == "list" and opened.items:
                opened.items[-1].parts.append(node)
                opened.end = end
                self._skip_line_end()
                return
        else:
            content = [node for held in _WikiReading(inside, self._depth + 1).read() for node in held.nodes]
            node = _quote_node(name, params, content)
        self._add(macro.start(), end, [node])
        self._skip_line_end()

    def _skip_line_end(self) -> None:
        rest = re.compile(r"[ \t]*\r?\n").match(self._text, self._at)
        if rest:
            self._at = rest.end()

    def _add(self, start: int, end: int, nodes: Sequence[Node]) -> None:
        self._close()
        self._blocks.append(WikiBlock(start=start, end=end, nodes=tuple(nodes)))

    def _close(self) -> None:
        opened, self._open = self._open, None
        if opened is None:
            return
        if opened.kind == "paragraph":
            inline = _trimmed(parse_wiki_inline("\n".join(opened.lines)))
            alone = len(inline) == 1 and inline[0]["type"] == "image"
            nodes = [_media_node(inline[0]) if alone else paragraph(inline)]
        elif opened.kind == "list":
            nodes = [_nested_list(opened.items)]
        else:
            nodes = [block("table", [_row_node(line, self._depth) for line in opened.lines])]
        self._blocks.append(WikiBlock(start=opened.start, end=opened.end, nodes=tuple(nodes)))


def _is_other_list(opened: _Open, bullets: str) -> bool:
    """Say whether an item cannot stand in the open list: it is further out, or of another kind at its root."""
    root = opened.items[0].bullets
    if len(bullets) > len(root):
        return False
    return len(bullets) < len(root) or (bullets[-1] == "#") != (root[-1] == "#")


def _trimmed(inline: list[Node]) -> list[Node]:
    while inline and inline[-1]["type"] == "hardBreak":
        inline = inline[:-1]
    return inline


def _code_node(name: str, params: str, inside: str) -> Node:
    body = inside.removeprefix("\n").removesuffix("\n")
    parts = [part.strip() for part in params.split("|") if part.strip()]
    named = [part for part in parts if "=" not in part]
    language = named[0].lower() if named else next((p[9:] for p in parts if p.startswith("language=")), "")
    if name == "noformat":
        language = ""
    elif not language:
        language = "java"
    attrs = ({"language": language} if language else {}) | ({"wiki": params} if params and params != language else {})
    return block("codeBlock", [text_node(body)] if body else [], **attrs)


def _quote_node(name: str, params: str, content: list[Node]) -> Node:
    if name == "quote":
        return block("blockquote", content or [paragraph()])
    parts = dict(part.split("=", 1) for part in params.split("|") if "=" in part)
    kind = _PANEL_KINDS.get(parts.get("bgColor", "").lower(), "info")
    attrs = {"panelType": kind} | ({"title": parts["title"].strip()} if parts.get("title", "").strip() else {})
    return block("panel", content or [paragraph()], **attrs, **({"wiki": params} if params else {}))


def _media_node(image: Node) -> Node:
    media: Node = {"type": "media", "attrs": {"type": "external", **{k: v for k, v in image["attrs"].items() if v}}}
    if image.get("marks"):
        media["marks"] = image["marks"]
    return block("mediaSingle", [media], layout="center")


def _nested_list(items: Sequence[_Item]) -> Node:
    """Build nested lists from items whose bullets (``*#``) name the list they stand in."""
    root = block("orderedList" if items[0].bullets.endswith("#") else "bulletList", [])
    stack: list[tuple[int, Node]] = [(len(items[0].bullets), root)]
    for item in items:
        depth = len(item.bullets)
        kind = "orderedList" if item.bullets.endswith("#") else "bulletList"
        while len(stack) > 1 and (stack[-1][0] > depth or (stack[-1][0] == depth and stack[-1][1]["type"] != kind)):
            stack.pop()
        if stack[-1][0] < depth and len(stack) < DEEPEST_LIST:
            made = block(kind, [])
            children(children(stack[-1][1])[-1]).append(made)
            stack.append((depth, made))
        children(stack[-1][1]).append(block("listItem", item.nodes()))
    return _as_tasks(root)


def _as_tasks(listed: Node) -> Node:
    """Read a bullet list whose items all begin with a box as tasks."""
    for item in children(listed):
        item["content"] = [_as_tasks(c) if c["type"] == "bulletList" else c for c in children(item)]
    if listed["type"] != "bulletList" or not all(map(_is_task, children(listed))):
        return listed
    tasks: list[Node] = []
    for item in children(listed):
        inline = children(children(item)[0])
        box = inline[0]["text"]
        rest = [{**inline[0], "text": box[4:]}] if len(box) > 4 else []
        state = "TODO" if box[1] == " " else "DONE"
        tasks.append(block("taskItem", [*rest, *inline[1:]], localId="", state=state))
        tasks += children(item)[1:]
    return block("taskList", tasks, localId="")


def _is_task(item: Node) -> bool:
    first, *rest = children(item)
    inline = children(first)
    return (
        bool(inline)
        and inline[0]["type"] == "text"
        and not inline[0].get("marks")
        and _TASK.match(inline[0]["text"]) is not None
        and all(node["type"] == "taskList" for node in rest)
    )


def _is_unfinished(lines: Sequence[str]) -> bool:
    return bool(lines) and not lines[-1].rstrip(" \t").endswith("|")


_CELL_STOP = re.compile(r"\\.|\{\{|\[|!(?=\S)|\{(?:code|noformat|quote|panel)[:}]|\|\|?", re.DOTALL)
_CELL_PAIRS = {"{{": "}}", "[": "]", "!": "!"}


def _row_node(line: str, depth: int) -> Node:
    cells: list[Node] = []
    at = 2 if line.startswith("||") else 1
    header = at == 2
    begun = look = at
    seen: dict[str, int] = {}
    while found := _CELL_STOP.search(line, look):
        value = found.group()
        look = found.end()
        if value in _CELL_PAIRS:
            close = _next(line, _CELL_PAIRS[value], look, seen)
            inner = line[look:close] if 0 <= close - look < 2000 else ""
            if inner and "\n" not in inner and (value != "!" or _looks_like_image(inner)) and "||" not in inner:
                look = close + len(_CELL_PAIRS[value])
        elif value.startswith("{"):
            tag = "{" + value[1:-1] + "}"
            close = _next(line, tag, look, seen)
            look = close + len(tag) if close >= 0 else look
        elif value.startswith("|"):
            cells.append(_cell(line[begun : found.start()], header, depth))
            header = value == "||"
            begun = look
    rest = line[begun:]
    if rest.strip(" \t"):
        cells.append(_cell(rest, header, depth))
    return block("tableRow", cells or [_cell("", header, depth)])


def _next(line: str, wanted: str, start: int, seen: dict[str, int]) -> int:
    known = seen.get(wanted, -1)
    if known < start:
        known = line.find(wanted, start)
        seen[wanted] = known if known >= 0 else len(line)
    return known if known < len(line) else -1


def _looks_like_image(inner: str) -> bool:
    name = inner.partition("|")[0]
    return "." in name and name == name.strip()


def _cell(text: str, header: bool, depth: int) -> Node:
    kind = "tableHeader" if header else "tableCell"
    trimmed = text.strip(" \t\n\u00a0")
    if "\n" in trimmed or _MACRO.search(trimmed):
        held = [n for b in _WikiReading(trimmed, depth + 1).read() for n in b.nodes]
        return block(kind, held or [paragraph()])
    return block(kind, [paragraph(_trimmed(parse_wiki_inline(trimmed)))])
