"""Emoji by short name, and the emoticons that wiki markup writes for some of them.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=miscellaneous
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tieline.richtext.nodes import Node


@dataclass(frozen=True, kw_only=True)
class Emoji:
    """One emoji: ``name`` without colons, Jira's ``id``, the character shown, the wiki emoticon."""

    name: str
    id: str
    shown: str
    wiki: str


_ROWS = (
    (":)", "slight_smile", "1f642", "🙂"),
    (":(", "disappointed", "1f61e", "😞"),
    (":P", "stuck_out_tongue", "1f61b", "😛"),
    (":D", "smiley", "1f603", "😃"),
    (";)", "wink", "1f609", "😉"),
    ("(y)", "thumbsup", "1f44d", "👍"),
    ("(n)", "thumbsdown", "1f44e", "👎"),
    ("(i)", "info", "atlassian-info", "ℹ️"),
    ("(/)", "check_mark", "atlassian-check_mark", "✅"),
    ("(x)", "cross_mark", "atlassian-cross_mark", "❌"),
    ("(!)", "warning", "atlassian-warning", "⚠️"),
    ("(+)", "plus", "atlassian-plus", "➕"),
    ("(-)", "minus", "atlassian-minus", "➖"),
    ("(?)", "question", "atlassian-question_mark", "❓"),
    ("(on)", "light_bulb_on", "atlassian-light_bulb_on", "💡"),
    ("(off)", "light_bulb_off", "atlassian-light_bulb_off", "🔅"),
    ("(*)", "yellow_star", "atlassian-yellow_star", "⭐"),
    ("(*r)", "red_star", "atlassian-red_star", "🌟"),
    ("(*g)", "green_star", "atlassian-green_star", "🌠"),
    ("(*b)", "blue_star", "atlassian-blue_star", "💫"),
)
EMOJI = tuple(Emoji(name=name, id=id_, shown=shown, wiki=wiki) for wiki, name, id_, shown in _ROWS)
BY_NAME = {emoji.name: emoji for emoji in EMOJI}
BY_WIKI = {emoji.wiki: emoji for emoji in EMOJI} | {"(*y)": BY_NAME["yellow_star"]}

SHORT_NAME = re.compile(r":([a-z+][a-z0-9_+-]{0,40}):")


def emoji_node(name: str) -> Node:
    """Build the node of an emoji; a name that is not in the table stands for itself."""
    known = BY_NAME.get(name)
    attrs = {"shortName": f":{name}:"}
    if known:
        attrs |= {"id": known.id, "text": known.shown if not known.id.startswith("atlassian") else f":{name}:"}
    return {"type": "emoji", "attrs": attrs}


def shown_emoji(short_name: str) -> str:
    """Return the character of an emoji, or its short name where there is none."""
    known = BY_NAME.get(short_name.strip(":"))
    return known.shown if known else short_name
