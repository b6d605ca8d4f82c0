"""Markdown → blocks: each with its own source text and the ADF nodes it stands for."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from tieline.richtext.dialect import CALLOUT, MARKER_INFO, TASK, parse_tokens
from tieline.richtext.inline_read import PARAGRAPH_BREAK, parse_inline
from tieline.richtext.kept import NOTHING_KEPT, Kept
from tieline.richtext.nodes import Node, block, fingerprint, marks_of, paragraph, plain_text, text_node

CARD_BLOCK_TITLE = "smart card"
CALLOUTS = {
    "info": "info",
    "note": "note",
    "tip": "tip",
    "warning": "warning",
    "error": "error",
    "success": "success",
    "custom": "custom",
    "important": "note",
    "caution": "error",
    "danger": "error",
}
_NO_LANGUAGE = re.compile(r"^\s+|[`~\\&\x00-\x1f]")
_ODD_SPACES = dict.fromkeys((0x0B, 0x0C, 0x1C, 0x1D, 0x1E, 0x1F, 0x85, 0x2028, 0x2029), " ")
DEEPEST_MARKDOWN = 32
"""Levels of markdown-it's tokens we read: a list and its item are two."""

_TASK_IDS = uuid.UUID("5b1f0c52-5d0e-4f3e-9f6d-1d2f8f6b7c11")


@dataclass(frozen=True, kw_only=True)
class MarkdownBlock:
    """One top-level block: ``text`` as written, and its ``nodes`` (usually one)."""

    text: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A Markdown text read: its blocks in order, and sentences about what could not be taken over."""

    blocks: tuple[MarkdownBlock, ...]
    losses: tuple[str, ...]


def parse_markdown(markdown: str, kept: Kept = NOTHING_KEPT) -> Reading:
    """Read Markdown into blocks.

    Markers for what Jira alone can show are looked up in ``kept``; one that is not there becomes a
    ``lostBlock`` or ``lostInline`` node, which ``fit`` turns into words. Never raises.
    """
    lines = normalised(markdown).split("\n")
    losses: list[str] = []
    reader = _BlockReading(kept, losses)
    blocks: list[MarkdownBlock] = []
    for tokens in _top_level(parse_tokens("\n".join(lines), kept.emoji)):
        span = tokens[0].map or [0, 0]
        text = "\n".join(lines[span[0] : span[1]]).rstrip()
        if max(token.level for token in tokens) > DEEPEST_MARKDOWN:
            losses.append("Lists and quotes nested more than 15 deep became plain text.")
            nodes: list[Node] = [paragraph([text_node(" ".join(text.split()))])]
        else:
            nodes = reader.read(tokens)
        blocks.append(MarkdownBlock(text=text, nodes=tuple(nodes)))
    return Reading(blocks=tuple(blocks), losses=tuple(dict.fromkeys(losses)))


def normalised(markdown: str) -> str:
    """Give a text one kind of line end, and drop what no Jira can store."""
    text = markdown.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    text = text.translate(_ODD_SPACES)
    return text.encode("utf-8", "replace").decode("utf-8")


def _top_level(tokens: Sequence[Token]) -> list[list[Token]]:
    groups: list[list[Token]] = []
    depth = 0
    for token in tokens:
        if depth == 0:
            groups.append([])
        groups[-1].append(token)
        depth += token.nesting
    return groups


class _BlockReading:
    """Reads the tokens of one text; holds what that text may refer to and gathers its losses."""

    def __init__(self, kept: Kept, losses: list[str]) -> None:
        self._kept = kept
        self._losses = losses
        self._tasks = 0

    def read(self, tokens: Sequence[Token]) -> list[Node]:
        """Turn the tokens of a run of sibling blocks into nodes."""
        return [node for group in _top_level(tokens) for node in self._read_group(group)]

    def _read_group(self, group: Sequence[Token]) -> list[Node]:
        first, inside = group[0], group[1:-1]
        kind = first.type
        if kind == "paragraph_open":
            return self._read_paragraph(inside[0])
        if kind == "heading_open":
            return [block("heading", self._inline(inside[0]), level=int(first.tag[1]))]
        if kind == "fence":
            return [self._read_fence(first)]
        if kind == "code_block":
            return [_code(first.content, "")]
        if kind == "hr":
            return [block("rule")]
        if kind == "blockquote_open":
            return [self._read_quote(inside)]
        if kind in {"bullet_list_open", "ordered_list_open"}:
            return self._read_list(first, inside)
        if kind == "table_open":
            return [self._read_table(inside)]
        if kind == "details_open":
            inner = self.read(inside) or [paragraph()]
            return [block("expand", inner, title=_unescaped(first.content))]
        return []

    def _inline(self, token: Token) -> list[Node]:
        return parse_inline(token.children or [], self._kept, self._losses)

    def _read_paragraph(self, token: Token) -> list[Node]:
        nodes = self._inline(token)
        if len(nodes) == 1:
            only = nodes[0]
            if only["type"] == "image":
                return [_media(only)]
            link = (marks_of(only) or [{}])[0]
            if link.get("type") == "link" and link["attrs"].get("title") == CARD_BLOCK_TITLE:
                return [block("blockCard", url=link["attrs"]["href"])]
        return [paragraph(nodes)]

    def _read_fence(self, token: Token) -> Node:
        marker = MARKER_INFO.fullmatch(token.info.strip())
        if marker is None:
            return _code(token.content, _NO_LANGUAGE.sub("", token.info).partition(" ")[0])
        kind, key = marker.groups()
        found = self._kept.nodes.get(key)
        words = token.content.rstrip("\n")
        if found is None:
            return block("lostBlock", kind=kind, text=words)
        if words.strip() != placeholder_text(found):
            self._losses.append(
                f"The words inside a “{kind}” block were changed here; Jira keeps its own, change them there."
            )
        return {"type": "kept", "held": found}

    def _read_quote(self, inside: Sequence[Token]) -> Node:
        if len(inside) > 1 and inside[0].type == "paragraph_open":
            called = CALLOUT.match(inside[1].content)
            if called and called.group(1).lower() in CALLOUTS:
                return self._read_callout(inside, CALLOUTS[called.group(1).lower()], called.group(2), called.end())
        return block("blockquote", self.read(inside) or [paragraph()])

    def _read_callout(self, inside: Sequence[Token], kind: str, title: str, end: int) -> Node:
        rest = inside[1].content[end:]
        first = self.read(parse_tokens(rest, self._kept.emoji)) if rest.strip() else []
        content = first + self.read(inside[3:])
        attrs = {"panelType": kind} | ({"title": _unescaped(title.strip())} if title.strip() else {})
        return block("panel", content or [paragraph()], **attrs)

    def _read_list(self, first: Token, inside: Sequence[Token]) -> list[Node]:
        ordered = first.type == "ordered_list_open"
        start = int(str(first.attrs.get("start", 1))) if ordered else 1
        runs: list[tuple[bool, list[Node]]] = []
        for item in _top_level(inside):
            content = item[1:-1]
            task = None if ordered else _task_of(content)
            if not runs or runs[-1][0] != (task is not None):
                runs.append((task is not None, []))
            if task is None:
                runs[-1][1].append(block("listItem", self.read(content) or [paragraph()]))
            else:
                runs[-1][1].extend(self._read_task(content, task))
        lists: list[Node] = []
        for is_task, items in runs:
            if is_task:
                lists.append(block("taskList", items, localId=self._task_id(items)))
            elif ordered:
                lists.append(block("orderedList", items, order=start))
            else:
                lists.append(block("bulletList", items))
        return lists

    def _read_task(self, content: Sequence[Token], state: str) -> list[Node]:
        token = content[1]
        mark = TASK.match(token.content)
        rest = parse_tokens(token.content[mark.end() :] if mark else token.content, self._kept.emoji)
        inline = self._inline(rest[1]) if len(rest) == 3 and rest[0].type == "paragraph_open" else None
        if inline is None:
            text = token.content[mark.end() :] if mark else token.content
            inline = [text_node(text)] if text else []
        nested = self.read(content[3:])
        item = block("taskItem", inline, localId=self._task_id(inline), state=state)
        if not inline:
            item.pop("content", None)
        tasks = [node for node in nested if node["type"] == "taskList"]
        for node in nested:
            if node["type"] != "taskList":
                item["content"] = [*inline, {"type": "hardBreak"}, text_node(plain_text(node) or " ")]
                inline = item["content"]
                self._losses.append("What stood below a task became part of its text: a task holds one paragraph.")
        return [item, *tasks]

    def _task_id(self, content: Sequence[Node]) -> str:
        self._tasks += 1
        return str(uuid.uuid5(_TASK_IDS, f"{self._tasks}:{fingerprint(list(content))}"))

    def _read_table(self, inside: Sequence[Token]) -> Node:
        rows: list[Node] = []
        for section in _top_level(inside):
            for row in _top_level(section[1:-1]):
                kind = "tableHeader" if section[0].type == "thead_open" else "tableCell"
                cells = [block(kind, self._read_cell(cell)) for cell in _top_level(row[1:-1])]
                rows.append(block("tableRow", cells))
        if len(rows) > 1 and all(not plain_text(cell) and _is_empty(cell) for cell in rows[0]["content"]):
            rows = rows[1:]
        return block("table", rows)

    def _read_cell(self, cell: Sequence[Token]) -> list[Node]:
        paragraphs: list[list[Node]] = [[]]
        inside = cell[1].children or [] if len(cell) > 2 else []
        for node in parse_inline(inside, self._kept, self._losses, in_cell=True):
            if node is PARAGRAPH_BREAK:
                paragraphs.append([])
            else:
                paragraphs[-1].append(node)
        return [paragraph(nodes) for nodes in paragraphs]


def placeholder_text(node: object) -> str:
    """Return the words a marker shows for a node that Markdown cannot say."""
    words = normalised(plain_text(node, longest=400)).replace("`", "'")
    return words[:400].strip() or "(no words)"


def _task_of(content: Sequence[Token]) -> str | None:
    if len(content) < 3 or content[0].type != "paragraph_open":
        return None
    found = TASK.match(content[1].content)
    return None if found is None else "TODO" if found.group(1) == " " else "DONE"


def _code(text: str, language: str) -> Node:
    body = text.removesuffix("\n")
    content = [text_node(body)] if body else []
    return block("codeBlock", content, language=language) if language else block("codeBlock", content)


def _media(image: Node) -> Node:
    attrs = image["attrs"]
    media: Node = {"type": "media", "attrs": {"type": "external", "url": attrs["url"]}}
    if attrs["alt"]:
        media["attrs"]["alt"] = attrs["alt"]
    if attrs.get("title"):
        media["attrs"]["title"] = attrs["title"]
    if image.get("marks"):
        media["marks"] = image["marks"]
    return block("mediaSingle", [media], layout="center")


def _is_empty(cell: Node) -> bool:
    return all(not node.get("content") for node in cell["content"])


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
