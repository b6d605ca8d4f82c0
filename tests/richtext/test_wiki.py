"""Jira's wiki markup, read."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.richtext.adf import node, para, text
from tieline.records.issue import Edition
from tieline.richtext.body import body_of, markdown_of
from tieline.richtext.wiki_read import parse_wiki

DC = Edition.DATA_CENTER


def nodes(wiki: str) -> list[dict[str, Any]]:
    return [held for block in parse_wiki(wiki) for held in block.nodes]


def link(words: str, href: str) -> dict[str, Any]:
    return text(words, {"type": "link", "attrs": {"href": href}})


@pytest.mark.parametrize(
    ("wiki", "expected"),
    [
        ("h3. Title", [node("heading", text("Title"), level=3)]),
        ("a *b* _c_ -d- +e+ {{f}}", [para("a ", text("b", "strong"), " ", text("c", "em"), " ", text("d", "strike"), " ", text("e", "underline"), " ", text("f", "code"))]),
        ("half{*}bold{*}", [para("half", text("bold", "strong"))]),
        ("snake_case_name 2 * 3 -not-so", [para("snake_case_name 2 * 3 -not-so")]),
        ("\\*plain\\* \\{code}", [para("*plain* {code}")]),
        ("[Ferry|https://f.example]", [para(link("Ferry", "https://f.example"))]),
        ("see https://f.example/x).", [para("see ", link("https://f.example/x", "https://f.example/x"), ").")]),
        ("[^map.pdf]", [para(link("map.pdf", "attachment:map.pdf"))]),
        ("[~pat]", [para(node("mention", id="pat", text="@pat"))]),
        ("[not a link]", [para("[not a link]")]),
        ("one\ntwo", [para("one", {"type": "hardBreak"}, "two")]),
        ("one\\\\two", [para("one", {"type": "hardBreak"}, "two")]),
        ("bq. said", [node("blockquote", para("said"))]),
        ("{quote}\nsaid\n{quote}", [node("blockquote", para("said"))]),
        ("----", [node("rule")]),
        ("{noformat}\n*x*\n{noformat}", [node("codeBlock", text("*x*"))]),
        ("{code:python}\nx\n{code}", [node("codeBlock", text("x"), language="python")]),
        ("||a||\n|b|", [node("table", node("tableRow", node("tableHeader", para("a"))), node("tableRow", node("tableCell", para("b"))))]),
        ("|[x|https://f.example]|{{a|b}}|", [node("table", node("tableRow", node("tableCell", para(link("x", "https://f.example"))), node("tableCell", para(text("a|b", "code")))))]),
        ("# a\n#* b\n# c", [node("orderedList", node("listItem", para("a"), node("bulletList", node("listItem", para("b")))), node("listItem", para("c")))]),
        ("* [ ] a\n* [x] b", [node("taskList", node("taskItem", text("a"), localId="", state="TODO"), node("taskItem", text("b"), localId="", state="DONE"), localId="")]),
    ],
)  # fmt: skip
def test_wiki_markup_is_read(wiki: str, expected: list[dict[str, Any]]) -> None:
    assert nodes(wiki) == expected


@pytest.mark.parametrize(
    "wiki", ["{quote}open", "{code}open", "*open", "[open", "{{open", "{color:red}open", "!open", "|"]
)
def test_what_is_opened_and_never_closed_stays_text(wiki: str) -> None:
    shown = markdown_of(wiki, DC)
    assert "jira" not in shown
    assert body_of(shown, DC).body is not None or wiki == "|"


@pytest.mark.parametrize(
    "part",
    [
        "lorem *ipsum* _dolor_ [x|https://a.example/c] {{m}}\n\n* item\n** sub\n\n|a|b|\n\n{code}\nx\n{code}\n\nh1. t\n\n",
        "[", "![", "{{ ", "*a ", "{color:red}", "{code} ", "{quote}\n", "|", "|a\n", "* a\n", "\\", "[a|b ", "_*-+", "a\n",
    ],
)  # fmt: skip
def test_twice_the_text_takes_twice_the_steps_and_no_more(part: str) -> None:
    def steps(size: int) -> int:
        count = 0

        def step(_frame: object, event: str, _argument: object) -> None:
            nonlocal count
            count += event in {"call", "c_call"}

        wiki = part * (size // len(part))
        sys.setprofile(step)
        try:
            parse_wiki(wiki)
        finally:
            sys.setprofile(None)
        return count

    assert steps(40_000) < 8 * 1.5 * steps(5_000) + 1_000
