"""The Markdown spoken here, as one parser: what is shown is what is sent.

CommonMark with tables, strikethrough and task lists, and four additions: callouts (``> [!NOTE]``),
``<details>``, emoji by short name, and a few inline tags for marks that Markdown lacks. Other HTML
is text.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from tieline.richtext.emoji import BY_NAME, SHORT_NAME

DETAILS_OPEN = re.compile(r"<details>[ \t]*(?:<summary>(?P<title>[^\n]*?)</summary>)?[ \t]*$")
DETAILS_CLOSE = "</details>"
MARKER_INFO = re.compile(r"jira ([A-Za-z][A-Za-z0-9_]*) ([0-9a-f]{10})")
MARKER_SCHEME = "jira:"
CALLOUT = re.compile(r"\[!([A-Za-z]+)\][ \t]*([^\n]*)(?:\n|$)")
TASK = re.compile(r"\[([ xX])\](?:[ \t]+|$)")


def parse_tokens(markdown: str, emoji: AbstractSet[str] = frozenset()) -> list[Token]:
    """Parse Markdown into markdown-it's tokens; ``emoji`` names those known beside our table."""
    return _PARSER.parse(markdown, {"emoji": emoji})


def _emoji_rule(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] != ":":
        return False
    found = SHORT_NAME.match(state.src, state.pos, state.posMax)
    if found is None or not (found.group(1) in BY_NAME or found.group(1) in state.env.get("emoji", ())):
        return False
    if not silent:
        token = state.push("emoji", "", 0)
        token.content = found.group(1)
    state.pos = found.end()
    return True


def _details_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    opened = DETAILS_OPEN.match(_line(state, start))
    if opened is None:
        return False
    close = _closing_line(state, start, end)
    if close is None:
        return False
    if silent:
        return True
    inner, title = start + 1, opened.group("title")
    if title is None and inner < close:
        summary = re.match(r"<summary>([^\n]*?)</summary>[ \t]*$", _line(state, inner))
        if summary:
            inner, title = inner + 1, summary.group(1)
    token = state.push("details_open", "details", 1)
    token.map = [start, close + 1]
    token.content = title or ""
    old_max, old_parent, old_indent = state.lineMax, state.parentType, state.blkIndent
    state.lineMax = close
    state.md.block.tokenize(state, inner, close)
    state.lineMax, state.parentType, state.blkIndent = old_max, old_parent, old_indent
    state.push("details_close", "details", -1)
    state.line = close + 1
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _closing_line(state: StateBlock, start: int, end: int) -> int | None:
    """Find the ``</details>`` of the ``<details>`` at ``start``; all pairs are found once per parse."""
    pairs: dict[int, int] = state.env.setdefault("details", {})
    if "details_seen" not in state.env:
        state.env["details_seen"] = True
        waiting: list[int] = []
        for number in range(len(state.bMarks) - 1):
            text = state.src[state.bMarks[number] : state.eMarks[number]].lstrip(" \t>")
            if DETAILS_OPEN.match(text):
                waiting.append(number)
            elif text.rstrip() == DETAILS_CLOSE and waiting:
                pairs[waiting.pop()] = number
    close = pairs.get(start)
    return close if close is not None and close < end and _line(state, close).rstrip() == DETAILS_CLOSE else None


def _build_parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 90})
    parser.enable(["table", "strikethrough"])
    parser.disable("html_block")
    parser.block.ruler.before(
        "fence", "details", _details_rule, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    parser.inline.ruler.before("link", "emoji", _emoji_rule)
    # Addresses stay as written; the readers decide what may be a link.
    parser.validateLink = bool  # type: ignore[method-assign, assignment]
    parser.normalizeLink = str  # type: ignore[method-assign, assignment]
    return parser


_PARSER = _build_parser()
