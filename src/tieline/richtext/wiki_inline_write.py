"""Inline nodes → wiki markup: what would be read as markup is escaped, and nothing else where that is sure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tieline.richtext.emoji import BY_NAME, BY_WIKI
from tieline.richtext.inline_write import day_of
from tieline.richtext.links import is_bare_address
from tieline.richtext.nodes import CARRIED_MARKS, Node, attr_text, marks_of, plain_text
from tieline.richtext.wiki_inline import ATTACHMENT

_MARKERS = {"strong": "*", "em": "_", "strike": "-", "underline": "+", "citation": "??"}
_RANK = ("link", "textColor", "strong", "em", "strike", "underline", "subsup", "citation")
_SPECIAL = re.compile(r"[\\{}\[\]*_+^~!|&-]|\?\?|[:;(](?=\S)")
_EMOTICON = re.compile("|".join(re.escape(wiki) for wiki in sorted(BY_WIKI, key=len, reverse=True)))
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_LINE_START = re.compile(r"[ \t]*(?:(h(?=[1-6]\.)|b(?=q\.))|(\||[*#-](?=[*#-]*[ \t])|-(?=---)))")


@dataclass(frozen=True, kw_only=True)
class WikiManner:
    """How to write: ``careful`` escapes every special character; ``verbatim`` are macros left as they are.

    ``one_line`` is for headings and cells, ``in_item`` for list items.
    """

    careful: bool = False
    one_line: bool = False
    in_item: bool = False
    verbatim: AbstractSet[str] = frozenset()


@dataclass
class _Run:
    node: Node
    marks: list[Node]


def render_wiki_inline(nodes: Sequence[Node], manner: WikiManner, losses: list[str]) -> str:
    """Write inline nodes as wiki markup; adds what it cannot say to ``losses``."""
    runs = [_Run(node, [m for m in marks_of(node) if m["type"] not in CARRIED_MARKS]) for node in nodes]
    text = _write(runs, manner, losses, "", "").rstrip(" ")
    lines = text.split("\n")
    if manner.one_line:
        return "\\\\ ".join(lines) if len(lines) > 1 else text
    written: list[str] = []
    for position, line in enumerate(lines):
        written.append(_line_start(line, first=position == 0, manner=manner))
    joined = "\n".join(line if line.strip() else "\\\\" for line in written) if len(written) > 1 else written[0]
    return joined


def _line_start(line: str, *, first: bool, manner: WikiManner) -> str:
    found = _LINE_START.match(line)
    if not found or (first and manner.in_item):
        return line
    at = found.end() - 1
    if found.group(1):
        return f"{line[:at]}&#{ord(found.group(1))};{line[at + 1 :]}"
    return f"{line[:at]}\\{line[at:]}"


def _write(runs: Sequence[_Run], manner: WikiManner, losses: list[str], before: str, after: str) -> str:
    out: list[str] = []
    index = 0
    while index < len(runs):
        last = (out[-1][-1:] if out else "") or before
        mark, end = _longest_mark(runs, index)
        following = _first_character(runs[end]) if end < len(runs) else after
        if mark is None:
            following = _first_character(runs[index + 1]) if index + 1 < len(runs) else after
            out.append(_leaf(runs[index], manner, losses, last, following))
            index += 1
            continue
        inner = [_Run(run.node, [m for m in run.marks if m is not _same(mark, run)]) for run in runs[index:end]]
        out.append(_wrapped(mark, inner, manner, losses, last, following))
        index = end
    return "".join(out)


def _same(mark: Node, run: _Run) -> Node | None:
    return next((held for held in run.marks if held == mark), None)


def _longest_mark(runs: Sequence[_Run], index: int) -> tuple[Node | None, int]:
    best: Node | None = None
    end = index
    for mark in sorted(runs[index].marks, key=lambda m: _RANK.index(m["type"]) if m["type"] in _RANK else -1):
        if mark["type"] == "code":
            continue
        reach = index
        while reach < len(runs) and _same(mark, runs[reach]) is not None:
            reach += 1
        if reach > end:
            best, end = mark, reach
    return best, end


def _first_character(run: _Run) -> str:
    if run.node["type"] == "hardBreak":
        return "\n"
    if run.marks or run.node["type"] != "text":
        return "*"
    return str(run.node["text"][:1])


def _wrapped(
    mark: Node, inner: Sequence[_Run], manner: WikiManner, losses: list[str], before: str, after: str
) -> str:
    kind = mark["type"]
    if kind == "link":
        return _link(mark, inner, manner, losses)
    if kind == "textColor":
        return f"{{color:{attr_text(mark, 'color')}}}{_write(inner, manner, losses, '}', '{')}{{color}}"
    if kind == "subsup":
        marker = "~" if attr_text(mark, "type") == "sub" else "^"
    elif kind in _MARKERS:
        marker = _MARKERS[kind]
    else:
        if kind not in {"annotation", "border"}:
            losses.append(f"Wiki markup has no “{kind}”; the words stay.")
        return _write(inner, manner, losses, before, after)
    parts = _by_line(inner)
    written = [_marked(part, marker, manner, losses, before, after) for part in parts]
    return "\n".join(written)


def _by_line(runs: Sequence[_Run]) -> list[list[_Run]]:
    parts: list[list[_Run]] = [[]]
    for run in runs:
        if run.node["type"] == "hardBreak":
            parts.append([])
        else:
            parts[-1].append(run)
    return parts


def _marked(
    runs: Sequence[_Run], marker: str, manner: WikiManner, losses: list[str], before: str, after: str
) -> str:
    if not runs:
        return ""
    text = _write(runs, manner, losses, marker[-1], marker[0])
    outside = all(not c or not c.isalnum() for c in (before, after)) and before not in {"\\", marker[0]}
    if outside and not manner.careful and text[:1].strip() and text[-1:].strip() and not text.endswith("\\"):
        return f"{marker}{text}{marker}"
    return f"{{{marker}}}{text}{{{marker}}}"


def _link(mark: Node, inner: Sequence[_Run], manner: WikiManner, losses: list[str]) -> str:
    href, title = attr_text(mark, "href"), attr_text(mark, "title")
    target = re.sub(r"[\[\]|{}\s]", lambda found: f"%{ord(found.group()):02X}", href)
    if href.startswith(ATTACHMENT):
        target = "^" + re.sub(r"[\[\]|\n]", " ", href[len(ATTACHMENT) :])
    words = plain_text([run.node for run in inner])
    plain = len(inner) == 1 and not inner[0].marks and inner[0].node["type"] == "text"
    if plain and words == href == target and is_bare_address(href) and "://" in href:
        return f"[{href}]"
    if plain and href == f"mailto:{words}" or (plain and target == f"^{words}"):
        return f"[{target}]"
    if any(run.node["type"] != "text" for run in inner):
        inner = [run if run.node["type"] == "text" else _Run(_as_text(run.node), run.marks) for run in inner]
    inside = WikiManner(careful=manner.careful, verbatim=manner.verbatim, one_line=True)
    text = _write(inner, inside, losses, "[", "|").replace("\n", " ")
    tip = "|" + re.sub(r"[\[\]|\n]", " ", title) if title else ""
    return f"[{text}|{target}{tip}]"


def _as_text(node: Node) -> Node:
    return {"type": "text", "text": " " if node["type"] == "hardBreak" else plain_text(node) or " "}


def _leaf(run: _Run, manner: WikiManner, losses: list[str], before: str, after: str) -> str:
    node = run.node
    kind = node["type"]
    if kind == "text":
        if any(mark["type"] == "code" for mark in run.marks):
            return _mono(node["text"])
        return escaped_wiki(node["text"].replace("\n", " "), manner, before, after)
    if kind == "hardBreak":
        return "\n"
    if kind == "mention":
        return f"[~{attr_text(node, 'id')}]"
    if kind == "emoji":
        known = BY_NAME.get(attr_text(node, "shortName").strip(":"))
        apart = not any(character.isascii() and character.isalnum() for character in (before, after))
        return known.wiki if known and apart else known.shown if known else attr_text(node, "text") or attr_text(node, "shortName")
    if kind == "image":
        url, params = attr_text(node, "url"), attr_text(node, "title")
        if "!" in url or "|" in url or "." not in url or before.isalnum():
            return escaped_wiki(attr_text(node, "alt") or url, manner, before, after)
        if attr_text(node, "alt") and "alt=" not in params and not re.search(r'[!|,"\n]', attr_text(node, "alt")):
            params = ",".join(part for part in (params, f"alt={attr_text(node, 'alt')}") if part)
        return f"!{url}{'|' + params if params and '!' not in params else ''}!"
    if kind == "date":
        return day_of(attr_text(node, "timestamp"))
    if kind == "inlineCard" and attr_text(node, "url"):
        return "[" + re.sub(r"[\[\]|{}\s]", "", attr_text(node, "url")) + "]"
    if kind not in {"status"}:
        losses.append(f"Wiki markup has no “{kind}”; its words stay.")
    return escaped_wiki(plain_text(node).replace("\n", " "), manner, before, after)


def _mono(text: str) -> str:
    inside = re.sub(r"&(?=#)", "&#38;", text.replace("\n", " ").replace("\\", "&#92;"))
    inside = inside.replace("{", "\\{").replace("}", "\\}")
    return "{{" + inside + "}}"


def escaped_wiki(text: str, manner: WikiManner, before: str, after: str) -> str:
    """Escape what wiki markup would read as more than text between ``before`` and ``after``."""
    if manner.verbatim:
        pattern = "|".join(re.escape(macro) for macro in sorted(manner.verbatim, key=len, reverse=True))
        parts = re.split(f"({pattern})", text)
        if len(parts) > 1:
            return "".join(
                part if position % 2 else _escaped(part, manner, before if not position else "}", after)
                for position, part in enumerate(parts)
            )
    return _escaped(text, manner, before, after)


def _escaped(text: str, manner: WikiManner, before: str, after: str) -> str:
    def replace(found: re.Match[str]) -> str:
        value, at = found.group(), found.start()
        previous = text[at - 1] if at else before
        following = text[found.end()] if found.end() < len(text) else after
        if value == "\\":
            ends = not following or not (following.isalnum() or following.isspace())
            return "&#92;" if ends or manner.careful else "\\"
        if value == "&":
            return "&#38;" if _ENTITY.match(text, at) else "&"
        if value in ":;(":
            emoticon = _EMOTICON.match(text, at)
            return "\\" + value if emoticon else value
        if value == "??":
            return "\\?\\?"
        if value == "{":
            opens = not following or following.isalnum() or following in "{*_+^~?-\\"
            return "\\{" if opens or manner.careful else "{"
        if value == "|":
            return "\\|" if manner.one_line or manner.careful else "|"
        if manner.careful or value == "[" or (value == "}" and previous == "}"):
            return "\\" + value
        if value in "*_+^~-":
            opens = not previous.isalnum() and bool(following) and not following.isspace()
            closes = bool(previous) and not previous.isspace() and not following.isalnum()
            dash = value == "-" and "-" in (previous, following)
            if dash:
                double = previous == "-" and (following.isspace() or following == "-")
                return "\\-" if double or (following == "-" and not previous.isalnum()) else "-"
            return "\\" + value if opens or closes else value
        if value == "!":
            return "\\!" if following and not following.isspace() and not previous.isalnum() else "!"
        return value

    return _SPECIAL.sub(replace, text)
