"""Inline nodes → wiki markup: what would be read as markup is escaped, and nothing else where that is sure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from tieline.richtext.emoji import BY_NAME, BY_WIKI
from tieline.richtext.inline_write import day_of
from tieline.richtext.links import is_bare_address
from tieline.richtext.nodes import Node, attr_text, plain_text
from tieline.richtext.runs import Run, build_runs, is_code, longest_mark, without
from tieline.richtext.wiki_inline import ATTACHMENT

_MARKERS = {"strong": "*", "em": "_", "strike": "-", "underline": "+", "citation": "??"}
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


_Around = tuple[str, str]
"""The characters before and after what is written, "" at an edge."""


def render_wiki_inline(nodes: Sequence[Node], manner: WikiManner, losses: list[str]) -> str:
    """Write inline nodes as wiki markup; adds what it cannot say to ``losses``."""
    text = _write(build_runs(nodes), manner, losses, ("", ""))
    lines = text.split("\n")
    if manner.one_line:
        return "\\\\ ".join(lines) if len(lines) > 1 else text
    written = [_line_start(line, first=position == 0, manner=manner) for position, line in enumerate(lines)]
    if len(written) == 1:
        return written[0]
    return "\n".join(line if line.strip() else "\\\\" for line in written)


def _line_start(line: str, *, first: bool, manner: WikiManner) -> str:
    found = _LINE_START.match(line)
    if not found or (first and manner.in_item):
        return line
    at = found.end() - 1
    if found.group(1):
        return f"{line[:at]}&#{ord(found.group(1))};{line[at + 1 :]}"
    return f"{line[:at]}\\{line[at:]}"


def _write(runs: Sequence[Run], manner: WikiManner, losses: list[str], around: _Around) -> str:
    out: list[str] = []
    index = 0
    while index < len(runs):
        before = (out[-1][-1:] if out else "") or around[0]
        mark, reach = longest_mark(runs, index)
        end = max(reach, index + 1)
        beside = (before, _first_character(runs[end]) if end < len(runs) else around[1])
        if mark is None:
            out.append(_leaf(runs[index], manner, losses, beside))
        else:
            out.append(_wrapped(mark, without(mark, runs[index:end]), manner, losses, beside))
        index = end
    return "".join(out)


def _first_character(run: Run) -> str:
    if run.node["type"] == "hardBreak":
        return "\n"
    if run.marks or run.node["type"] != "text":
        return "*"
    return str(run.node["text"][:1])


def _wrapped(mark: Node, inner: Sequence[Run], manner: WikiManner, losses: list[str], around: _Around) -> str:
    kind = mark["type"]
    if kind == "link":
        return _link(mark, inner, manner, losses)
    if kind == "textColor":
        return f"{{color:{attr_text(mark, 'color')}}}{_write(inner, manner, losses, ('}', '{'))}{{color}}"
    if kind == "subsup":
        marker = "~" if attr_text(mark, "type") == "sub" else "^"
    elif kind in _MARKERS:
        marker = _MARKERS[kind]
    else:
        if kind not in {"annotation", "border"}:
            losses.append(f"Wiki markup has no “{kind}”; the words stay.")
        return _write(inner, manner, losses, around)
    parts = _by_line(inner)
    written = [_marked(part, marker, manner, losses, around) for part in parts]
    return "\n".join(written)


def _by_line(runs: Sequence[Run]) -> list[list[Run]]:
    parts: list[list[Run]] = [[]]
    for run in runs:
        if run.node["type"] == "hardBreak":
            parts.append([])
        else:
            parts[-1].append(run)
    return parts


def _marked(runs: Sequence[Run], marker: str, manner: WikiManner, losses: list[str], around: _Around) -> str:
    if not runs:
        return ""
    text = _write(runs, manner, losses, (marker[-1], marker[0]))
    outside = all(not c or not c.isalnum() for c in around) and around[0] not in {"\\", marker[0]}
    if outside and not manner.careful and text[:1].strip() and text[-1:].strip() and not text.endswith("\\"):
        return f"{marker}{text}{marker}"
    return f"{{{marker}}}{text}{{{marker}}}"


def _link(mark: Node, inner: Sequence[Run], manner: WikiManner, losses: list[str]) -> str:
    href, title = attr_text(mark, "href"), attr_text(mark, "title")
    target = re.sub(r"[\[\]|{}\s]", lambda found: f"%{ord(found.group()):02X}", href)
    if href.startswith(ATTACHMENT):
        target = "^" + re.sub(r"[\[\]|\n]", " ", href[len(ATTACHMENT) :])
    words = plain_text([run.node for run in inner])
    plain = len(inner) == 1 and not inner[0].marks and inner[0].node["type"] == "text"
    if plain and words == href == target and is_bare_address(href) and "://" in href:
        return f"[{href}]"
    if (plain and href == f"mailto:{words}") or (plain and target == f"^{words}"):
        return f"[{target}]"
    if any(run.node["type"] != "text" for run in inner):
        inner = [run if run.node["type"] == "text" else Run(node=_as_text(run.node), marks=run.marks) for run in inner]
    inside = WikiManner(careful=manner.careful, verbatim=manner.verbatim, one_line=True)
    text = _write(inner, inside, losses, ("[", "|")).replace("\n", " ")
    tip = "|" + re.sub(r"[\[\]|\n]", " ", title) if title else ""
    return f"[{text}|{target}{tip}]"


def _as_text(node: Node) -> Node:
    return {"type": "text", "text": " " if node["type"] == "hardBreak" else plain_text(node) or " "}


def _leaf(run: Run, manner: WikiManner, losses: list[str], around: _Around) -> str:
    node = run.node
    kind = node["type"]
    if kind == "text":
        if is_code(run):
            return _mono(node["text"])
        return escaped_wiki(node["text"].replace("\n", " "), manner, around)
    if kind == "hardBreak":
        return "\n"
    if kind == "mention":
        return "[~" + re.sub(r"[\[\]|\s]", "", attr_text(node, "id")) + "]"
    if kind == "emoji":
        known = BY_NAME.get(attr_text(node, "shortName").strip(":"))
        apart = not any(character.isascii() and character.isalnum() for character in around)
        if known is None:
            return attr_text(node, "text") or attr_text(node, "shortName")
        return known.wiki if apart else known.shown
    if kind == "image":
        url, params = attr_text(node, "url"), attr_text(node, "title")
        if "!" in url or "|" in url or "." not in url or around[0].isalnum():
            return escaped_wiki(attr_text(node, "alt") or url, manner, around)
        if attr_text(node, "alt") and "alt=" not in params and not re.search(r'[!|,"\n]', attr_text(node, "alt")):
            params = ",".join(part for part in (params, f"alt={attr_text(node, 'alt')}") if part)
        return f"!{url}{'|' + params if params and '!' not in params else ''}!"
    if kind == "date":
        return day_of(attr_text(node, "timestamp"))
    if kind == "inlineCard" and attr_text(node, "url"):
        return "[" + re.sub(r"[\[\]|{}\s]", "", attr_text(node, "url")) + "]"
    if kind != "status":
        losses.append(f"Wiki markup has no “{kind}”; its words stay.")
    return escaped_wiki(plain_text(node).replace("\n", " "), manner, around)


def _mono(text: str) -> str:
    inside = re.sub(r"&(?=#)", "&#38;", text.replace("\n", " ").replace("\\", "&#92;"))
    inside = inside.replace("{", "\\{").replace("}", "\\}")
    return "{{" + inside + "}}"


def escaped_wiki(text: str, manner: WikiManner, around: _Around) -> str:
    """Escape what wiki markup would read as more than text between two characters."""
    if manner.verbatim:
        pattern = "|".join(re.escape(macro) for macro in sorted(manner.verbatim, key=len, reverse=True))
        parts = re.split(f"({pattern})", text)
        if len(parts) > 1:
            return "".join(
                part if position % 2 else _escaped(part, manner, (around[0] if not position else "}", around[1]))
                for position, part in enumerate(parts)
            )
    return _escaped(text, manner, around)


def _escaped(text: str, manner: WikiManner, around: _Around) -> str:
    def replace(found: re.Match[str]) -> str:
        value, at = found.group(), found.start()
        previous = text[at - 1] if at else around[0]
        following = text[found.end()] if found.end() < len(text) else around[1]
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
