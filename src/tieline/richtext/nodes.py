"""ADF nodes as plain JSON: safe access, a form for comparing, and a short fingerprint.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from tieline.richtext.links import split_links

Node = dict[str, Any]
Canonical = tuple[Any, ...]

DEEPEST = 40
"""Levels of nesting we read; deeper blocks are kept whole and not opened."""

CARRIED_MARKS = frozenset({"alignment", "indentation", "breakout", "fontSize", "fragment", "dataConsumer"})
"""Marks of whole blocks that Markdown has no place for; an edited block keeps those it had."""

_CARRIED_ATTRS: dict[str, frozenset[str]] = {
    "table": frozenset({"width", "layout", "displayMode", "isNumberColumnEnabled"}),
    "tableCell": frozenset({"colwidth", "background", "valign"}),
    "tableHeader": frozenset({"colwidth", "background", "valign"}),
    "codeBlock": frozenset({"uniqueId", "wrap", "hideLineNumbers", "wiki"}),
    "panel": frozenset({"panelIcon", "panelIconId", "panelIconText", "panelColor", "wiki"}),
    "mediaSingle": frozenset({"width", "layout", "widthType"}),
    "media": frozenset({"width", "height", "occurrenceKey"}),
    "mention": frozenset({"text", "accessLevel", "userType"}),
    "emoji": frozenset({"id", "text"}),
    "status": frozenset({"style"}),
    "hardBreak": frozenset({"text"}),
}
_DEFAULTS = {"order": 1, "colspan": 1, "rowspan": 1}
_INLINE_PARENTS = frozenset({"paragraph", "heading", "taskItem", "decisionItem", "caption", "codeBlock"})


def text_node(text: str, marks: Sequence[Node] = ()) -> Node:
    """Build a text node; ``marks`` is left out when there are none."""
    return {"type": "text", "text": text, "marks": list(marks)} if marks else {"type": "text", "text": text}


def block(kind: str, content: Iterable[Node] | None = None, /, **attrs: Any) -> Node:
    """Build a node of the given kind; ``attrs`` and ``content`` are left out when empty."""
    node: Node = {"type": kind}
    if attrs:
        node["attrs"] = attrs
    if content is not None:
        listed = list(content)
        if listed or kind not in {"paragraph", "heading", "codeBlock"}:
            node["content"] = listed
    return node


def paragraph(content: Iterable[Node] = ()) -> Node:
    """Build a paragraph of inline nodes."""
    return block("paragraph", content)


def children(node: Node) -> list[Node]:
    """Return the child nodes; empty for a node without content."""
    found = node.get("content")
    return found if isinstance(found, list) else []


def marks_of(node: Node) -> list[Node]:
    """Return the marks of a node; empty when there are none."""
    found: list[Node] = node.get("marks") or []
    return found


def attr_text(node: Node, name: str) -> str:
    """Return an attribute as text; "" when it is absent or not text."""
    found = (node.get("attrs") or {}).get(name)
    return found if isinstance(found, str) else ""


def attr_number(node: Node, name: str, default: int) -> int:
    """Return a whole number attribute, or ``default`` when it is absent or something else."""
    found = (node.get("attrs") or {}).get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return default
    return int(found) if abs(found) < 1e9 else default  # not a number is not smaller either


def is_sound(value: Any) -> bool:
    """Say whether a value is a node all the way down: known shapes, no deeper than ``DEEPEST``."""
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > DEEPEST or not _is_node(node):
            return False
        waiting.extend((child, depth + 1) for child in node.get("content") or ())
    return True


def _is_node(node: Any) -> bool:
    if not isinstance(node, dict) or not isinstance(node.get("type"), str) or not node["type"]:
        return False
    if not isinstance(node.get("content") or [], list) or not isinstance(node.get("attrs") or {}, dict):
        return False
    marks = node.get("marks") or []
    if not isinstance(marks, list):
        return False
    for mark in marks:
        if not isinstance(mark, dict) or not isinstance(mark.get("type"), str):
            return False
        if not isinstance(mark.get("attrs") or {}, dict):
            return False
    return node["type"] != "text" or (isinstance(node.get("text"), str) and node["text"] != "")


def fingerprint(value: Any) -> str:
    """Return ten hex digits that name a JSON value of any depth; ``localId`` does not count.

    Jira gives out new ``localId`` values when it saves, so they would change the name of a node
    that nobody touched.
    """
    digest = hashlib.sha256()
    waiting: list[Any] = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            named = sorted(((str(k), v) for k, v in current.items() if k != "localId"), key=lambda kv: kv[0])
            digest.update(b"{%d" % len(named))
            for key, held in named:
                waiting += (held, key)
        elif isinstance(current, list | tuple):
            digest.update(b"[%d" % len(current))
            waiting.extend(current)
        else:
            digest.update(f"{type(current).__name__}:{current!r};".encode("utf-8", "backslashreplace"))
    return digest.hexdigest()[:10]


def frozen(value: Any) -> Any:
    """Turn a sound node's attribute value into something hashable, numbers compared by value."""
    if isinstance(value, dict):
        return tuple(sorted((str(k), frozen(v)) for k, v in value.items()))
    if isinstance(value, list | tuple):
        return tuple(frozen(v) for v in value)
    return (type(value).__name__ if isinstance(value, bool) else "", str(value))


def canonical(node: Node) -> Canonical:
    """Reduce a sound node to what its Markdown says, for comparing.

    Left out: ids that Jira gives out, defaults, layout and other attributes that an edit carries
    over, empty paragraphs between other blocks, and how text is cut into pieces. A bare address in
    text counts as the link that both sides make of it.
    """
    kind = node["type"]
    inner = children(node)
    if kind in _INLINE_PARENTS or any(child["type"] == "text" for child in inner):
        held = canonical_inline(inner, linked=kind != "codeBlock")
        while kind != "codeBlock" and held and held[-1][0] == "text":
            # Spaces at the end of a block show nothing; Jira's editor leaves many.
            last = held[-1][1] if _is_code(held[-1]) else held[-1][1].rstrip(" ")
            held = (*held[:-1], ("text", last, held[-1][2])) if last else held[:-1]
            if last:
                break
    else:
        held = canonical_blocks(inner)
    return (kind, _attrs(node), _marks(node), held)


def _is_code(piece: Canonical) -> bool:
    return any(name == "code" for name, _ in piece[2])


def canonical_blocks(nodes: Sequence[Node]) -> Canonical:
    """Reduce a run of blocks, without the empty paragraphs."""
    return tuple(canonical(node) for node in nodes if not is_blank(node))


def is_blank(node: Any) -> bool:
    """Say whether a node is a paragraph that shows nothing."""
    if not isinstance(node, dict) or node.get("type") != "paragraph":
        return False
    inside = node.get("content") or []
    return isinstance(inside, list) and all(map(_shows_nothing, inside))


def _shows_nothing(node: Any) -> bool:
    if not isinstance(node, dict):
        return False
    return node.get("type") == "hardBreak" or (node.get("type") == "text" and not str(node.get("text")).strip())


def canonical_inline(nodes: Sequence[Node], *, linked: bool = True) -> Canonical:
    """Reduce a run of inline nodes: equal neighbours joined, bare addresses read as links."""
    pieces: list[Canonical] = []
    for text, marks, node in _joined(nodes):
        if node is not None:
            pieces.append(canonical(node))
        elif not linked or any(name in {"link", "code"} for name, _ in marks):
            pieces.append(("text", text, marks))
        else:
            for part, href in split_links(text):
                own = (("link", frozen({"href": href})),) if href else ()
                pieces.append(("text", part, tuple(sorted(marks + own))))
    merged: list[Canonical] = []
    for piece in pieces:
        if merged and piece[0] == "text" == merged[-1][0] and piece[2] == merged[-1][2]:
            merged[-1] = ("text", merged[-1][1] + piece[1], piece[2])
        else:
            merged.append(piece)
    return tuple(merged)


def _joined(nodes: Sequence[Node]) -> Iterator[tuple[str, Canonical, Node | None]]:
    gathered: list[str] = []
    current: Canonical = ()
    for node in nodes:
        if node["type"] != "text":
            if gathered:
                yield "".join(gathered), current, None
                gathered = []
            yield "", (), node
            continue
        marks = _marks(node)
        if gathered and marks != current:
            yield "".join(gathered), current, None
            gathered = []
        gathered.append(node["text"])
        current = marks
    if gathered:
        yield "".join(gathered), current, None


def _attrs(node: Node) -> Canonical:
    carried = _CARRIED_ATTRS.get(node["type"], frozenset())
    return tuple(
        sorted(
            (str(name), frozen(value))
            for name, value in (node.get("attrs") or {}).items()
            if name != "localId" and name not in carried and value is not None and _DEFAULTS.get(name) != value
        )
    )


def _marks(node: Node) -> Canonical:
    return tuple(
        sorted(
            (mark["type"], frozen({k: v for k, v in (mark.get("attrs") or {}).items() if v is not None}))
            for mark in marks_of(node)
            if mark["type"] not in CARRIED_MARKS
        )
    )


def plain_text(value: Any, *, longest: int = 2000) -> str:
    """Return the words in a JSON value of any shape, blocks on lines of their own."""
    words: list[str] = []
    size = 0
    waiting: list[Any] = [value]
    while waiting and size < longest:
        current = waiting.pop()
        if isinstance(current, str):
            words.append(current)
            size += len(current)
        elif isinstance(current, list):
            waiting.extend(reversed(current))
        elif isinstance(current, dict):
            kind = str(current.get("type"))
            if kind in {"paragraph", "heading", "tableRow", "listItem", "taskItem", "codeBlock", "hardBreak"}:
                words.append("\n")
            elif kind in {"tableCell", "tableHeader"}:
                words.append(" ")
            waiting.append(current.get("content"))
            waiting.append(_label(current))
    lines = (" ".join(line.split()) for line in "".join(words).split("\n"))
    return "\n".join(line for line in lines if line)


def _label(node: Node) -> str:
    if isinstance(node.get("text"), str):
        return str(node["text"])
    attrs = node.get("attrs")
    if not isinstance(attrs, dict):
        return ""
    for name in ("text", "alt", "shortName", "url", "title", "extensionKey"):
        if isinstance(attrs.get(name), str) and attrs[name]:
            return f"{attrs[name]} "
    return ""
