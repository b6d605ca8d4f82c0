"""Wiki markup and documents: what the sandbox makes of texts is valid, and says the same."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft4Validator

from tests.shared_material import shared, skip_without_shared
from tieline.sandbox.adf import render_html, render_wiki
from tieline.sandbox.wikitext import parse_wiki

SCHEMA = "adf/adf-schema-full.57.7.22.json"


def kinds(text: str) -> list[str]:
    return [str(node["type"]) for node in parse_wiki(text)["content"]]


def marks(text: str) -> list[tuple[str, list[str]]]:
    """Each text of the first paragraph with its marks."""
    nodes = parse_wiki(text)["content"][0]["content"]
    return [(one.get("text", one["type"]), [mark["type"] for mark in one.get("marks", [])]) for one in nodes]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("h2. Why", ["heading"]),
        ("one\ntwo\n\nthree", ["paragraph", "paragraph"]),
        ("* a\n* b\n# c", ["bulletList", "orderedList"]),
        ("||A||B||\n|1|2|", ["table"]),
        ("{code:python}\nx = 1\n{code}", ["codeBlock"]),
        ("{noformat}\n*not bold*\n{noformat}", ["codeBlock"]),
        ("{panel:title=Mind}\ncare\n{panel}", ["panel"]),
        ("{quote}\nsaid\n{quote}", ["blockquote"]),
        ("bq. said", ["blockquote"]),
        ("----", ["rule"]),
        ("{code}never closed", ["paragraph"]),
        ("", []),
    ],
)
def test_blocks(text: str, wanted: list[str]) -> None:
    assert kinds(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a *b* c", [("a ", []), ("b", ["strong"]), (" c", [])]),
        ("_em_ -gone- +new+", [("em", ["em"]), (" ", []), ("gone", ["strike"]), (" ", []), ("new", ["underline"])]),
        ("{{x_y_z}}", [("x_y_z", ["code"])]),
        ("a_b_c 3*4*5 well-known-thing", [("a_b_c 3*4*5 well-known-thing", [])]),
        ("[here|https://a.example/x?y=1]", [("here", ["link"])]),
        ("see https://a.example/x.", [("see ", []), ("https://a.example/x.", ["link"])]),
        (r"\*not bold\*", [("*not bold*", [])]),
        ("[~accountid:712020:abc]", [("mention", [])]),
        ("one\ntwo", [("one", []), ("hardBreak", []), ("two", [])]),
        ("*_both_*", [("both", ["strong", "em"])]),
    ],
)
def test_inline(text: str, wanted: list[tuple[str, list[str]]]) -> None:
    assert marks(text) == wanted


ROUND = [
    "h1. Title\n\nA *bold* and _leaning_ {{word}} with a [link|https://a.example/].",
    "* one\n** two\n*# three\n* four",
    "||A||B||\n|1|*2*|",
    "{code:sql}\nSELECT 1\n{code}",
    "{info}\nMind the gap\n{info}",
    "{quote}\nsaid\n{quote}\n\n----\n\nend",
    "first line\nsecond line",
    "[~accountid:712020:abc] knows",
]


@pytest.mark.parametrize("text", ROUND)
def test_wiki_text_survives_the_way_through_a_document(text: str) -> None:
    assert render_wiki(parse_wiki(text)) == text


def test_html_escapes_text_and_drops_links_that_run_scripts() -> None:
    link = {"type": "link", "attrs": {"href": "javascript:alert(1)"}}
    document = {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "<b>&", "marks": [link]}]}],
    }
    assert render_html(document) == "<p>&lt;b&gt;&amp;</p>"


def texts() -> Iterator[tuple[str, str]]:
    from importlib.resources import files

    plan = json.loads(files("tieline.sandbox").joinpath("sample_plan.json").read_text(encoding="utf-8"))
    for issue in plan["issues"]:
        if "description" in issue:
            yield f"plan {issue['ref']}", issue["description"]
        for comment in issue.get("comments", []):
            yield f"plan {issue['ref']} comment", comment["body"]
    path = shared("data/issues-storypoints.jsonl.gz")
    if path is not None:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if number % 60 == 0:
                    row = json.loads(line)
                    yield row["key"], row["description"] or ""
    path = shared("data/issues-raw.jsonl.gz")
    if path is not None:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                issue = json.loads(line)["issue"]
                if isinstance(issue["fields"].get("description"), str):
                    yield issue["key"], issue["fields"]["description"]


@skip_without_shared(SCHEMA)
def test_documents_made_of_real_texts_are_valid() -> None:
    path = shared(SCHEMA)
    assert path is not None
    validator = Draft4Validator(json.loads(path.read_text(encoding="utf-8")))
    assert not validator.is_valid({"type": "doc", "version": 1, "content": [{"type": "paragraph", "text": "x"}]})
    wrong: dict[str, str] = {}
    count = 0
    for name, text in texts():
        count += 1
        document: Any = parse_wiki(text)
        for block in document["content"]:
            if not validator.is_valid({"type": "doc", "version": 1, "content": [block]}):
                wrong[name] = json.dumps(block)[:300]
    assert count > 60
    assert not wrong, f"{len(wrong)} of {count}: " + "\n".join(
        f"{name}: {block}" for name, block in list(wrong.items())[:8]
    )
