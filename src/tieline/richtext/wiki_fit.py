"""Nodes as read from Markdown → nodes that wiki markup can say where they stand."""

from __future__ import annotations

from collections.abc import Sequence

from tieline.richtext.fit import lost_sentence
from tieline.richtext.nodes import Node, attr_number, attr_text, children, paragraph, text_node

LANGUAGES = frozenset(
    {
        *("actionscript", "ada", "applescript", "bash", "c", "c#", "c++", "css", "erlang", "go", "groovy", "haskell"),
        *("html", "java", "javascript", "js", "json", "lua", "none", "nyan", "objc", "perl", "php", "python", "r"),
        *("ruby", "scala", "sql", "swift", "visualbasic", "xml", "yaml"),
    }
)
"""Languages that Jira's ``{code}`` colours; another name makes it show a complaint."""

_SAME_LANGUAGE = {
    "sh": "bash",
    "shell": "bash",
    "console": "bash",
    "zsh": "bash",
    "py": "python",
    "python3": "python",
    "ts": "javascript",
    "typescript": "javascript",
    "jsx": "javascript",
    "yml": "yaml",
    "rb": "ruby",
    "cpp": "c++",
    "cs": "c#",
    "csharp": "c#",
    "objective-c": "objc",
    "vb": "visualbasic",
    "htm": "html",
    "golang": "go",
}


def fit_wiki(nodes: Sequence[Node], losses: list[str]) -> list[Node]:
    """Put kept nodes back in place and turn lost markers into words; adds the latter to ``losses``."""
    fitted: list[Node] = []
    for node in nodes:
        kind = node["type"]
        if kind == "kept":
            fitted.append(node["held"])
        elif kind == "lostBlock":
            losses.append(lost_sentence(attr_text(node, "kind")))
            fitted += [paragraph([text_node(line)]) for line in attr_text(node, "text").split("\n") if line]
        elif kind == "lostInline":
            losses.append(lost_sentence(attr_text(node, "kind")))
            fitted += [text_node(attr_text(node, "text"))] if attr_text(node, "text") else []
        elif kind == "codeBlock":
            fitted.append(_in_known_language(node, losses))
        elif kind == "orderedList" and attr_number(node, "order", 1) != 1:
            losses.append("Wiki markup numbers every list from 1.")
            fitted += fit_wiki([{**node, "attrs": {"order": 1}}], losses)
        elif children(node):
            content = fit_wiki(children(node), losses)
            fitted.append({**node, "content": content or [paragraph()]})
        else:
            fitted.append(node)
    return fitted


def _in_known_language(node: Node, losses: list[str]) -> Node:
    written = attr_text(node, "language")
    language = _SAME_LANGUAGE.get(written.lower(), written.lower())
    if written == language and (not language or language in LANGUAGES):
        return node
    if language not in LANGUAGES:
        losses.append(f"Jira does not colour code in “{written}”; it is shown without colours.")
        language = "none"
    return {**node, "attrs": {**(node.get("attrs") or {}), "language": language}}
