"""The words of JQL: tokens, names of fields, comparisons."""

import re
from dataclasses import dataclass
from typing import Any, Literal

from .adf import render_text
from .model import Issue
from .scheme import EPIC_LINK, POINTS, SOURCE_KEY

Kind = Literal["string", "op", "mark", "word", "end"]
_TOKEN = re.compile(
    r"\s*(?:(?P<string>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')"
    r"|(?P<op>!=|!~|>=|<=|=|~|>|<)|(?P<mark>[(),])|(?P<word>[^\s()=!<>~,\"']+(?:\[[^\]]*\][^\s()=!<>~,\"']*)?))"
)


class JqlRefused(Exception):  # noqa: N818 - becomes an answer
    """The texts Jira answers with 400."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = messages


@dataclass(frozen=True, kw_only=True)
class Token:
    kind: Kind
    text: str
    at: int


def split_jql(text: str) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise JqlRefused(
                f"Error in the JQL Query: The character '{text[at:].lstrip()[:1]}' is a reserved JQL character. "
                f"You must enclose it in a string or use the escape '\\u{ord(text[at:].lstrip()[0]):04x}' instead. "
                f"(line 1, character {at + 1})"
            )
        kind = match.lastgroup or "word"
        said = match.group(kind)
        start = match.start(kind)
        if kind == "string":
            said = re.sub(r"\\(.)", r"\1", said[1:-1])
        tokens.append(Token(kind=kind, text=said, at=start))  # type: ignore[arg-type]
        at = match.end()
    tokens.append(Token(kind="end", text="", at=len(text)))
    return tokens


def field_name(said: str) -> str:
    low = said.lower()
    same = {
        "issue": "key",
        "issuekey": "key",
        "type": "issuetype",
        "label": "labels",
        "createddate": "created",
        "updateddate": "updated",
        "duedate": "due",
        "resolutiondate": "resolved",
        "statuscategorychangedate": "statuscategorychangeddate",
        "story points": POINTS,
        "cf[10016]": POINTS,
        "source key": SOURCE_KEY,
        "cf[10040]": SOURCE_KEY,
        "cf[10032]": "audience",
        "epic link": EPIC_LINK,
        "cf[10014]": EPIC_LINK,
    }
    return same.get(low, low)


def everything(_: Issue) -> bool:
    return True


def text_of(field: str, one: Issue) -> str:
    if field == "summary":
        return one.summary.lower()
    if field == "description":
        return render_text(one.description).lower()
    return (one.summary + " " + render_text(one.description)).lower()


def compare(left: Any, operator: str, right: Any) -> bool:
    if operator == "=":
        return bool(left == right)
    if operator == "!=":
        return bool(left != right)
    if operator == "<":
        return bool(left < right)
    if operator == "<=":
        return bool(left <= right)
    return bool(left > right) if operator == ">" else bool(left >= right)
