"""Atlassian's own converters and real documents as judges: valid, same text, then same tree.

The floors are what we reach; they may rise and never fall.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.richtext.adf import complaint
from tests.shared_material import shared, skip_without_shared
from tieline.records.issue import Edition
from tieline.richtext.body import apply_edit, body_of, markdown_of
from tieline.richtext.nodes import canonical_blocks, plain_text
from tieline.richtext.wiki_read import parse_wiki

MARKDOWN = "adf/markdown-pairs.jsonl.gz"
WIKI = "adf/wiki-pairs.jsonl.gz"
REAL_WIKI = "adf/wiki-pairs-real.jsonl.gz"
DOCUMENTS = "adf/documents.jsonl.gz"


def rows(path: str) -> Iterator[dict[str, Any]]:
    found = shared(path)
    assert found is not None
    with gzip.open(found, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def words(value: object) -> list[str]:
    return plain_text(value, longest=10**8).split()


def loose(value: Any) -> Any:
    """Level what the judges do in their own way: line ends in text, blanks around code, link titles."""
    if isinstance(value, list):
        return [loose(held) for held in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("type")
    levelled = {name: loose(held) for name, held in value.items()}
    if kind == "text":
        levelled["text"] = " ".join(levelled["text"].replace("\r", "").split(" ")).replace("\n", " ")
        levelled["text"] = " ".join(levelled["text"].split()) or " "
    elif kind == "mention":
        levelled["attrs"] = {"id": levelled["attrs"]["id"].removeprefix("accountid:"), "text": ""}
    elif kind == "link":
        levelled["attrs"] = {"href": levelled["attrs"]["href"]}
    elif kind == "media":
        levelled = {"type": "media"}
    elif kind == "tableHeader":
        levelled["content"] = unmarked(levelled["content"])
    return levelled


def unmarked(value: Any) -> Any:
    """Jira shows header cells in bold; its converter writes that as marks, we do not."""
    if isinstance(value, list):
        return [unmarked(held) for held in value]
    if isinstance(value, dict):
        return {name: unmarked(held) for name, held in value.items() if name != "marks"}
    return value


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[..., None]:
    """Put the shares that were reached into the test output."""

    def write(**shares: int) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{request.node.name}: " + ", ".join(f"{k} {v}" for k, v in shares.items()) + "\n")

    return write


@skip_without_shared(MARKDOWN)
def test_markdown_is_read_as_atlassian_reads_it(report: Callable[..., None]) -> None:
    total = valid = same_words = same_tree = 0
    for row in rows(MARKDOWN):
        body = body_of(row["md"], Edition.CLOUD).body or {"type": "doc", "version": 1, "content": []}
        assert isinstance(body, dict)
        if "adf" not in row:
            continue
        total += 1
        valid += complaint(body) is None
        same_words += words(body) == words(row["adf"])
        same_tree += canonical_blocks(loose(body["content"])) == canonical_blocks(loose(row["adf"]["content"]))
    report(total=total, valid=valid, same_words=same_words, same_tree=same_tree)
    assert valid == total
    assert same_words >= 184
    assert same_tree >= 168


@pytest.mark.parametrize(("path", "words_floor", "tree_floor"), [(WIKI, 39, 39), (REAL_WIKI, 436, 414)])
def test_wiki_markup_is_read_as_atlassian_reads_it(
    path: str, words_floor: int, tree_floor: int, report: Callable[..., None]
) -> None:
    if shared(path) is None:
        pytest.skip(f"judge absent: ../shared/{path}")
    total = same_words = same_tree = 0
    for row in rows(path):
        nodes = loose([node for held in parse_wiki(row["wiki"]) for node in held.nodes])
        judged = loose(row["adf"]["content"])
        total += 1
        same_words += words(nodes) == words(judged)
        same_tree += canonical_blocks(nodes) == canonical_blocks(judged)
    report(total=total, same_words=same_words, same_tree=same_tree)
    assert same_words >= words_floor
    assert same_tree >= tree_floor


@skip_without_shared(REAL_WIKI)
def test_real_issues_are_shown_without_markers_and_return_byte_for_byte(report: Callable[..., None]) -> None:
    blocks = markers = 0
    for row in rows(REAL_WIKI):
        shown = markdown_of(row["wiki"], Edition.DATA_CENTER)
        blocks += len(parse_wiki(row["wiki"]))
        markers += shown.count("```jira ")
        edited = apply_edit(row["wiki"], shown, "First line\n\n" + shown, Edition.DATA_CENTER)
        assert isinstance(edited.body, str)
        assert edited.body.replace("First line", "", 1).strip() == row["wiki"].strip()
    report(blocks=blocks, markers=markers)
    assert markers * 100 <= blocks


@skip_without_shared(DOCUMENTS)
def test_real_documents_return_as_they_came_and_stay_valid_when_edited(report: Callable[..., None]) -> None:
    blocks = markers = 0
    for row in rows(DOCUMENTS):
        kept = row["adf"]
        shown = markdown_of(kept, Edition.CLOUD)
        assert apply_edit(kept, shown, shown, Edition.CLOUD).body == kept
        edited = apply_edit(kept, shown, f"{shown}\n\nLast line", Edition.CLOUD)
        assert isinstance(edited.body, dict)
        assert edited.body["content"][:-1] == kept["content"]
        if complaint(kept) is None:
            assert complaint(edited.body) is None
        blocks += len(kept["content"])
        markers += shown.count("```jira ")
    report(blocks=blocks, markers=markers)
    assert markers <= 6
