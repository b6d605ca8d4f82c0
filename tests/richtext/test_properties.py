"""What holds for every text and every body, however odd."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.richtext.adf import complaint, doc, text
from tieline.records.issue import Edition
from tieline.richtext.body import apply_edit, body_of, markdown_of, same_text
from tieline.richtext.html import render_html
from tieline.richtext.kept import build_kept
from tieline.richtext.markdown_read import parse_markdown
from tieline.richtext.markdown_write import render_block
from tieline.richtext.nodes import canonical_blocks
from tieline.richtext.wiki_body import render_wiki_block
from tieline.richtext.wiki_read import parse_wiki

EDITIONS = pytest.mark.parametrize("edition", list(Edition))
RELAXED = settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))

MARKDOWN_PARTS = (
    *("# ", "- ", "* ", "1. ", "2) ", "> ", "```", "~~~", "---", "===", "| a | b |", "|---|---|", "[ ] ", "[x] "),
    *("**", "*", "_", "__", "~~", "`", "``", "[", "]", "(", ")", "![", "](u)", "<b>", "</b>", "<u>", "</u>", "<br>"),
    *("<details>", "</details>", "<summary>t</summary>", "[!NOTE]", ":wink:", "&amp;", "&#32;", "\\", "{", "}"),
    *("\n", "\n", "\n\n", "    ", "\t", " ", "word", "a", "é", "https://x.example/a_b", "<p>", "|", "!", "h1. ", "~"),
    *("{code}", "{quote}", "{{", "}}", "bq. ", "\\\\", "----", "--", "??", "(/)", ":)", "[~pat]", "[^f.txt]", "+", "^"),
)
SCRAPS = st.lists(st.sampled_from(MARKDOWN_PARTS), max_size=25).map("".join)
ANY_TEXT = st.one_of(st.text(max_size=120), SCRAPS)

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 9), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(("type", "content", "text", "marks", "attrs", "level", "url")), inner, max_size=5
        ),
        st.fixed_dictionaries(
            {
                "type": st.sampled_from(
                    (
                        *("doc", "paragraph", "heading", "bulletList", "listItem", "text", "panel", "table"),
                        *("tableRow", "taskList", "taskItem", "mention", "emoji", "date", "codeBlock", "x-y z"),
                    )
                ),
                "content": st.lists(inner, max_size=3),
                "attrs": st.dictionaries(st.sampled_from(("level", "url", "text", "id", "order")), inner, max_size=3),
            }
        ),
    ),
    max_leaves=25,
)


@EDITIONS
@RELAXED
@given(written=ANY_TEXT)
def test_new_text_is_stable_after_one_pass(edition: Edition, written: str) -> None:
    once = markdown_of(body_of(written, edition).body, edition)
    twice = markdown_of(body_of(once, edition).body, edition)
    assert twice == once


@RELAXED
@given(written=ANY_TEXT)
def test_new_text_makes_a_document_that_the_schema_accepts(written: str) -> None:
    body = body_of(written, Edition.CLOUD).body
    assert body is None or complaint(body) is None


@EDITIONS
@RELAXED
@given(body=st.dictionaries(st.sampled_from(("type", "content", "version")), JSON, max_size=3))
def test_any_json_can_be_shown_and_returns_as_it_came(edition: Edition, body: dict[str, Any]) -> None:
    shown = markdown_of(body, edition)
    assert apply_edit(body, shown, shown, Edition.CLOUD).body is body
    assert same_text(body, body, edition)


@RELAXED
@given(content=st.lists(JSON, min_size=1, max_size=5))
def test_a_block_added_below_leaves_all_others_as_they_came(content: list[Any]) -> None:
    kept = {"version": 1, "type": "doc", "content": content}
    shown = markdown_of(kept, Edition.CLOUD)
    edited = apply_edit(kept, shown, shown + "\n\nA new end", Edition.CLOUD)
    assert isinstance(edited.body, dict)
    after = edited.body["content"]
    assert repr(after[: len(content)]) == repr(content) or not shown
    assert after[-1] == {"type": "paragraph", "content": [{"type": "text", "text": "A new end"}]}


MARKS = st.sets(st.sampled_from(("strong", "em", "strike", "underline")), max_size=3)
RUNS = st.lists(st.tuples(st.text("ab *_~`[]<>&#\\:!|-+=1.é ", min_size=1, max_size=6), MARKS), min_size=1, max_size=6)


@RELAXED
@given(runs=RUNS)
def test_marks_that_touch_letters_and_spaces_are_read_back_exactly(runs: list[tuple[str, set[str]]]) -> None:
    paragraph = {"type": "paragraph", "content": [text(words, *sorted(marks)) for words, marks in runs]}
    if not "".join(words for words, _ in runs).strip():
        return
    kept = build_kept([paragraph])
    written = render_block(paragraph, kept)
    assert not written.startswith("```jira"), "words that Markdown can say must stay editable"
    assert canonical_blocks(parse_markdown(written, kept).blocks[0].nodes) == canonical_blocks([paragraph])


@RELAXED
@given(runs=RUNS)
def test_literal_signs_and_marks_survive_the_way_through_wiki_markup(runs: list[tuple[str, set[str]]]) -> None:
    paragraph = {"type": "paragraph", "content": [text(words, *sorted(marks)) for words, marks in runs]}
    shown = "".join(words for words, _ in runs)
    if shown != shown.strip() or not shown:
        return
    sent = render_wiki_block([paragraph], "", [])
    assert canonical_blocks([n for held in parse_wiki(sent) for n in held.nodes]) == canonical_blocks([paragraph])


@RELAXED
@given(kept=ANY_TEXT)
def test_wiki_blocks_and_the_gaps_between_them_are_the_whole_text(kept: str) -> None:
    at = 0
    for held in parse_wiki(kept):
        assert held.start >= at
        assert not kept[at : held.start].strip()
        assert held.end > held.start
        at = held.end
    assert not kept[at:].strip()


@RELAXED
@given(kept=ANY_TEXT)
def test_a_paragraph_added_to_wiki_markup_leaves_the_rest_byte_for_byte(kept: str) -> None:
    shown = markdown_of(kept, Edition.DATA_CENTER)
    assert apply_edit(kept, shown, shown, Edition.DATA_CENTER).body == kept
    edited = apply_edit(kept, shown, shown + "\n\nA new end", Edition.DATA_CENTER)
    assert isinstance(edited.body, str)
    assert edited.body.replace("A new end", "").split() == kept.split() or not shown
    assert "A new end" in edited.body


@RELAXED
@given(written=ANY_TEXT)
def test_pages_never_get_a_script_or_an_outside_image(written: str) -> None:
    page = render_html(written + "<script>x</script><img src=//e onerror=x> [a](javascript:x) ![i](http://e/i.png)")
    assert "<script" not in page
    assert "<img" not in page
    assert 'href="javascript' not in page


def test_a_document_nested_a_thousand_deep_is_shown_as_a_marker() -> None:
    deep: dict[str, Any] = {"type": "paragraph", "content": [{"type": "text", "text": "bottom"}]}
    for _ in range(1000):
        deep = {"type": "blockquote", "content": [deep]}
    kept = doc(deep)
    shown = markdown_of(kept, Edition.CLOUD)
    assert shown.startswith("```jira blockquote ")
    edited = apply_edit(kept, shown, shown + "\n\nMore", Edition.CLOUD)
    assert isinstance(edited.body, dict)
    assert edited.body["content"][0] is deep
