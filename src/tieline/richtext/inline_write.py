"""Inline ADF nodes → Markdown, escaped so that reading it gives the same nodes.

Bold, italic and struck text are written with their usual delimiters where CommonMark's flanking
rules are sure to read them back, and as tags (``<b>``) where they touch letters or spaces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import quote

from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace

from tieline.richtext.emoji import BY_NAME, SHORT_NAME
from tieline.richtext.inline_read import CARD_TITLE
from tieline.richtext.links import is_bare_address
from tieline.richtext.markdown_read import placeholder_text
from tieline.richtext.nodes import Node, attr_text, fingerprint
from tieline.richtext.runs import Run, build_runs, is_code, longest_mark, without

_DELIMITERS = {"strong": "**", "em": "_", "strike": "~~"}
_TAGS = {"strong": "b", "em": "i", "strike": "s", "underline": "u"}
_SPECIAL = re.compile(r"[\\`*_\[\]<&~:!]|[^\S ]")
_ENTITY = re.compile(r"&#?[0-9a-zA-Z]+;")
_PLAIN_DESTINATION = re.compile(r"[^\s<>()\\&\x00-\x20\x7f]+")
_BREAK = "\n"


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How to write: ``careful`` uses tags and brackets for all; ``in_cell`` keeps to one line."""

    careful: bool = False
    in_cell: bool = False
    emoji: AbstractSet[str] = frozenset()


def render_inline(nodes: Sequence[Node], manner: Manner) -> str:
    """Write inline nodes as Markdown, which may have several lines when a line break is in it."""
    text = _write(build_runs(nodes), manner, "", "", in_link=False)
    lines = text.split(_BREAK)
    if manner.in_cell:
        return "<br>".join(_edges(line) for line in lines).replace("|", "\\|")
    if len(lines) > 1 and not lines[-1]:
        lines = [*lines[:-2], lines[-2] + "<br>"]
    return "\\\n".join(_line_start(_edges(line)) for line in lines)


def _write(runs: Sequence[Run], manner: Manner, before: str, after: str, *, in_link: bool) -> str:
    """Write runs that stand between the characters ``before`` and ``after`` ("" at an edge)."""
    out: list[str] = []
    index = 0
    while index < len(runs):
        last = (out[-1][-1:] if out else "") or before
        mark, end = longest_mark(runs, index)
        if mark is None:
            out.append(_leaf(runs[index], manner, in_link=in_link))
            index += 1
            continue
        following = _first_character(runs[end]) if end < len(runs) else after
        out.append(_wrapped(mark, without(mark, runs[index:end]), manner, last, following, in_link=in_link))
        index = end
    return "".join(out)


def _first_character(run: Run) -> str:
    if run.marks or run.node["type"] != "text":
        return "*" if run.node["type"] != "hardBreak" else "\n"
    return str(run.node["text"][:1])


def _wrapped(mark: Node, inner: Sequence[Run], manner: Manner, before: str, after: str, *, in_link: bool) -> str:
    kind = mark["type"]
    if kind == "link" and not in_link and not (set(mark.get("attrs") or {}) - {"href", "title"}):
        linked = _link(mark, inner, manner, before, after)
        if linked is not None:
            return linked
    if kind in _DELIMITERS and not manner.careful:
        delimiter = _DELIMITERS[kind]
        text = _write(inner, manner, "*", "*", in_link=in_link)
        if _flanks(text, before, after):
            return f"{delimiter}{text}{delimiter}"
    text = _write(inner, manner, ">", "<", in_link=in_link)
    if kind in _TAGS:
        return f"<{_TAGS[kind]}>{text}</{_TAGS[kind]}>"
    if kind == "subsup" and attr_text(mark, "type") in {"sub", "sup"}:
        return f"<{mark['attrs']['type']}>{text}</{mark['attrs']['type']}>"
    colour = attr_text(mark, "color")
    if kind in {"textColor", "backgroundColor"} and re.fullmatch(r"#[0-9a-f]{6}", colour):
        name = "color" if kind == "textColor" else "background-color"
        return f'<span style="{name}: {colour}">{text}</span>'
    named = re.sub(r"[^A-Za-z0-9_]", "_", kind)
    return f'<span data-jira="{named}-{fingerprint(mark)}">{text}</span>'


def _flanks(text: str, before: str, after: str) -> bool:
    """Say whether delimiters around ``text`` are sure to open and to close."""
    if not text or _BREAK in (text[0], text[-1]) or isWhiteSpace(ord(text[0])) or isWhiteSpace(ord(text[-1])):
        return False
    return all(not character or _is_gap(character) for character in (before, after))


def _is_gap(character: str) -> bool:
    code = ord(character)
    return isWhiteSpace(code) or isMdAsciiPunct(code) or isPunctChar(character)


def _link(mark: Node, inner: Sequence[Run], manner: Manner, before: str, after: str) -> str | None:
    href, title = attr_text(mark, "href"), attr_text(mark, "title")
    if not href or any(character in href + title for character in "\n\r\t\0"):
        return None
    only = inner[0] if len(inner) == 1 and not inner[0].marks else None
    words = only.node.get("text") if only else None
    if words == href and not title and not manner.careful and _stands_bare(href, before, after):
        return escaped(href, manner, in_link=False)
    text = _write(inner, manner, "[", "]", in_link=True)
    if not text.strip() or _BREAK in text:
        return None
    if _PLAIN_DESTINATION.fullmatch(href):
        destination = href
    else:
        destination = "<" + re.sub(r"([\\<>])", r"\\\1", href).replace("&", "&amp;") + ">"
    if not title:
        return f"[{text}]({destination})"
    quoted = title.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'[{text}]({destination} "{quoted}")'


def _stands_bare(href: str, before: str, after: str) -> bool:
    """Say whether an address between two characters is sure to be read as exactly this link."""
    if not is_bare_address(href) or "&" in href or before.isalnum():
        return False
    if after in {"", "*", "<"} or after.isspace():
        return True
    return after in ".,;:!?" or (after == ")" and "(" not in href)


def _leaf(run: Run, manner: Manner, *, in_link: bool) -> str:
    node = run.node
    kind = node["type"]
    if kind == "text":
        if is_code(run):
            return _code_span(node["text"])
        return escaped(node["text"], manner, in_link=in_link)
    if kind == "hardBreak":
        return _BREAK
    if kind == "emoji":
        name = attr_text(node, "shortName").strip(":")
        if SHORT_NAME.fullmatch(f":{name}:") and (name in BY_NAME or name in manner.emoji):
            return f":{name}:"
    if in_link:
        return _atom("kept", fingerprint(node), placeholder_text(node), manner)
    if kind == "mention" and attr_text(node, "id"):
        return _atom("mention", attr_text(node, "id"), attr_text(node, "text") or "@" + attr_text(node, "id"), manner)
    if kind == "status" and attr_text(node, "text"):
        return _atom("status", attr_text(node, "color") or "neutral", attr_text(node, "text"), manner)
    if kind == "date" and attr_text(node, "timestamp"):
        return _atom("date", attr_text(node, "timestamp"), day_of(attr_text(node, "timestamp")), manner)
    if kind == "inlineCard" and _PLAIN_DESTINATION.fullmatch(attr_text(node, "url")):
        url = attr_text(node, "url")
        return f'[{escaped(url, manner, in_link=True)}]({url} "{CARD_TITLE}")'
    if kind == "image":
        return _image(node)
    return _atom(kind, fingerprint(node), placeholder_text(node), manner)


def _image(node: Node) -> str:
    """Write an image of any address: ``![alt](url "title")``."""
    url, title = attr_text(node, "url"), attr_text(node, "title")
    alt = escaped(attr_text(node, "alt"), Manner(careful=True), in_link=True)
    target = (
        url
        if _PLAIN_DESTINATION.fullmatch(url)
        else "<" + re.sub(r"([\\<>])", r"\\\1", url).replace("&", "&amp;") + ">"
    )
    quoted = title.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return f'![{alt}]({target} "{quoted}")' if title else f"![{alt}]({target})"


def day_of(timestamp: str) -> str:
    """Show the day of an ADF date (milliseconds since 1970) as ``2026-09-07``; the text as it is if none."""
    digits = timestamp.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 14:
        return timestamp
    days = int(timestamp) // 86_400_000
    return _civil_day(days)


def _civil_day(days: int) -> str:
    # Days since 1970 to the proleptic Gregorian calendar, for years that `date` does not reach too.
    shifted = days + 719_468
    era, day_of_era = divmod(shifted, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    year = year_of_era + era * 400 + (month <= 2)
    return f"{year:04d}-{month:02d}-{day_of_year - (153 * shifted_month + 2) // 5 + 1:02d}"


def _atom(kind: str, key: str, words: str, manner: Manner) -> str:
    label = escaped(" ".join(words.split()) or kind, manner, in_link=True)
    return f"[{label}](jira:{kind}/{quote(key, safe=':-_.@')})"


def _code_span(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = (
        " " if text.startswith("`") or text.endswith("`") or (text[:1] == text[-1:] == " " and text.strip(" ")) else ""
    )
    return f"{fence}{pad}{text}{pad}{fence}"


def escaped(text: str, manner: Manner, *, in_link: bool) -> str:
    """Escape the characters of plain text that Markdown would read as something else."""

    def replace(found: re.Match[str]) -> str:
        character, at = found.group(), found.start()
        following, previous = text[at + 1 : at + 2], text[at - 1 : at] if at else ""
        if character.isspace():
            return f"&#{ord(character)};" if character != "\xa0" else "&nbsp;"
        if character == "_" and not manner.careful and previous.isalnum() and following.isalnum():
            return "_"
        if character == "*" and previous == following == " ":
            return "*"
        if character == "\\" and following.isalnum():
            return "\\"
        if character == "&" and not _ENTITY.match(text, at):
            return "&"
        if character == "<" and following and not (following.isalpha() or following in "/!?"):
            return "<"
        if character == "]" and not in_link and not manner.careful and following not in {"(", "[", ":"}:
            return "]" if following else "\\]"
        if character == "~" and previous and following and "~" not in (previous, following):
            return "~"
        if character == "!" and following not in {"", "["}:
            return "!"
        if character == ":":
            named = SHORT_NAME.match(text, at)
            return "\\:" if named and (named.group(1) in BY_NAME or named.group(1) in manner.emoji) else ":"
        return "\\" + character

    return _SPECIAL.sub(replace, text)


_LINE_START = re.compile(r"(?:#{1,6}(?=\s|$)|[>=|-]|\+(?=\s|$)|:(?=-))|(\d{1,9})([.)])(?=\s|$)|\*(?= )")


def _line_start(line: str) -> str:
    found = _LINE_START.match(line)
    if not found:
        return line
    if found.group(1):
        return f"{found.group(1)}\\{line[len(found.group(1)) :]}"
    return "\\" + line


def _edges(line: str) -> str:
    text = line.lstrip(" ")
    lead = len(line) - len(text)
    kept = text.rstrip(" ")
    return "&#32;" * lead + kept + "&#32;" * (len(text) - len(kept))
