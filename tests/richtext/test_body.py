"""Editing a body that Jira holds: what was edited changes, all else returns as it came."""

from __future__ import annotations

import copy
from typing import Any

from tests.richtext.adf import complaint, doc, node, para, text
from tieline.records.issue import Edition
from tieline.richtext.body import apply_edit, body_of, markdown_of, same_text

CLOUD, DC = Edition.CLOUD, Edition.DATA_CENTER


def item(*content: Any) -> dict[str, Any]:
    return node("listItem", *content)


def panel_doc() -> dict[str, Any]:
    return doc(
        node("heading", text("Ferry timetable"), level=2),
        {"type": "paragraph", "attrs": {"localId": "p-1"}, "content": [text("Boats leave "), text("hourly", "strong")]},
        node("panel", para("Mind the gap"), panelType="custom", panelColor="#abcdef", panelIcon=":boat:"),
        node("mediaSingle", node("media", type="file", id="f-1", collection="c", alt="quay.png"), layout="center"),
        para(
            "Ask ",
            node("mention", id="557058:aa", text="@Pat Doe", accessLevel="CONTAINER"),
            " by ",
            node("date", timestamp="1788739200000"),
            " ",
            node("status", text="OPEN", color="blue", localId="s-1"),
        ),
        node(
            "layoutSection",
            node("layoutColumn", para("left"), width=50),
            node("layoutColumn", para("right"), width=50),
        ),
        para(),
    )


def edited(kept: Any, old: str, new: str, edition: Edition = CLOUD) -> Any:
    shown = markdown_of(kept, edition)
    assert old in shown, shown
    return apply_edit(kept, shown, shown.replace(old, new, 1), edition)


def test_a_document_reads_as_markdown_that_a_person_can_edit() -> None:
    lines = markdown_of(panel_doc(), CLOUD).split("\n")
    assert lines[0] == "## Ferry timetable"
    assert "Boats leave **hourly**" in lines
    assert lines[4:6] == ["> [!CUSTOM]", "> Mind the gap"]
    assert any(line.startswith("```jira mediaSingle ") for line in lines)
    assert "quay.png" in lines
    assert (
        "Ask [@Pat Doe](jira:mention/557058:aa) by [2026-09-07](jira:date/1788739200000) [OPEN](jira:status/blue)"
        in lines
    )


def test_changing_one_paragraph_leaves_every_other_block_as_it_came() -> None:
    kept = panel_doc()
    result = edited(kept, "**hourly**", "**twice an hour**")
    changed = copy.deepcopy(kept)
    changed["content"][1]["content"][1]["text"] = "twice an hour"
    assert result.body == changed
    assert result.unchanged_blocks == 5
    assert result.losses == ()
    assert complaint(result.body) is None


def test_changing_a_panel_keeps_its_own_colour_and_icon() -> None:
    result = edited(panel_doc(), "Mind the gap", "Mind the _gap_")
    panel = result.body["content"][2]
    assert panel["attrs"] == {"panelType": "custom", "panelColor": "#abcdef", "panelIcon": ":boat:"}
    assert panel["content"][0]["content"] == [text("Mind the "), text("gap", "em")]


def test_editing_words_beside_a_mention_keeps_the_mention_with_all_it_had() -> None:
    kept = panel_doc()
    result = edited(kept, "Ask ", "Write to ")
    assert result.body["content"][4]["content"][1] == kept["content"][4]["content"][1]
    assert result.body["content"][4]["content"][5] == kept["content"][4]["content"][5]


def test_a_marker_can_be_moved_and_its_block_goes_with_it_whole() -> None:
    kept = panel_doc()
    shown = markdown_of(kept, CLOUD)
    blocks = shown.split("\n\n")
    media = next(held for held in blocks if "mediaSingle" in held)
    blocks.remove(media)
    result = apply_edit(kept, shown, "\n\n".join([media, *blocks]), CLOUD)
    assert isinstance(result.body, dict)
    assert result.body["content"][0] == kept["content"][3]
    assert len(result.body["content"]) == len(kept["content"])


def test_a_marker_deleted_takes_only_its_block_away() -> None:
    kept = panel_doc()
    shown = markdown_of(kept, CLOUD)
    blocks = [held for held in shown.split("\n\n") if "layoutSection" not in held]
    result = apply_edit(kept, shown, "\n\n".join(blocks), CLOUD)
    assert isinstance(result.body, dict)
    assert [held["type"] for held in result.body["content"]] == [
        *("heading", "paragraph", "panel", "mediaSingle", "paragraph"),
    ]


def test_words_changed_inside_a_marker_are_said_not_to_be_sent() -> None:
    kept = panel_doc()
    result = edited(kept, "quay.png", "harbour.png")
    assert result.body == kept
    assert result.losses == (
        "The words inside a “mediaSingle” block were changed here; Jira keeps its own, change them there.",
    )


def test_a_marker_of_another_text_becomes_words_and_says_so() -> None:
    result = body_of("```jira panel 0123456789\nOld words\n```", CLOUD)
    assert result.body == doc(para("Old words"))
    assert result.losses == ("A “panel” part is no longer in the text Jira holds; only its words were taken over.",)


def test_one_item_of_a_long_list_changes_and_the_others_keep_their_ids() -> None:
    items = [item({**para(f"point {n}"), "attrs": {"localId": f"l-{n}"}}) for n in range(6)]
    kept = doc(node("bulletList", *items))
    result = edited(kept, "point 3", "point three")
    held = result.body["content"][0]["content"]
    assert held[:3] == items[:3]
    assert held[4:] == items[4:]
    assert held[3] == item({**para("point three"), "attrs": {"localId": "l-3"}})


def test_a_row_added_to_a_table_leaves_widths_and_colours_of_the_rest() -> None:
    def cell(kind: str, words: str, **attrs: Any) -> dict[str, Any]:
        return node(kind, para(words), **attrs)

    head = node("tableRow", cell("tableHeader", "Pier", colwidth=[120]), cell("tableHeader", "Boat", colwidth=[80]))
    row = node("tableRow", cell("tableCell", "A", background="#ffeeaa"), cell("tableCell", "Tern"))
    kept = doc(node("table", head, row, layout="wide", width=760))
    result = edited(kept, "| A | Tern |", "| A | Tern |\n| B | Gull |")
    table = result.body["content"][0]
    assert table["attrs"] == {"layout": "wide", "width": 760}
    assert table["content"][:2] == [head, row]
    assert table["content"][2] == node("tableRow", node("tableCell", para("B")), node("tableCell", para("Gull")))


def test_merged_cells_are_kept_whole_behind_a_marker() -> None:
    merged = node("table", node("tableRow", node("tableCell", para("both"), colspan=2)))
    kept = doc(para("before"), merged)
    result = edited(kept, "before", "after")
    assert result.body["content"][1] is merged


def test_blank_paragraphs_stay_where_they_were() -> None:
    kept = doc(para(), para("one"), para(), para("two"), para())
    result = edited(kept, "two", "three")
    assert result.body == doc(para(), para("one"), para(), para("three"), para())


def test_nothing_written_returns_the_very_same_body() -> None:
    kept = panel_doc()
    shown = markdown_of(kept, CLOUD)
    assert apply_edit(kept, shown, shown.replace("\n", "\r\n") + "\r\n", CLOUD).body is kept


def test_all_text_deleted_is_an_empty_body() -> None:
    assert apply_edit(doc(para("x")), "x", "  \n", CLOUD).body is None
    assert apply_edit("x", "x", "", DC).body is None


def test_two_lists_in_a_row_stay_two_lists() -> None:
    kept = doc(node("bulletList", item(para("a"))), node("bulletList", item(para("b"))), para("c"))
    result = edited(kept, "c", "d")
    assert result.body["content"][:2] == kept["content"][:2]


def test_new_markdown_becomes_sound_adf() -> None:
    written = (
        "# Plan\n\nSee https://acme.example/a_b, then `run` it  \nnow.\n\n- one\n  1. first\n- two\n\n"
        "- [ ] open\n- [x] done\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nx = 1\n```\n\n> said\n\n---\n\n~~old~~"
    )
    result = body_of(written, CLOUD)
    assert isinstance(result.body, dict)
    assert complaint(result.body) is None
    assert [held["type"] for held in result.body["content"]] == [
        *("heading", "paragraph", "bulletList", "taskList", "table", "codeBlock", "blockquote", "rule", "paragraph"),
    ]
    link = result.body["content"][1]["content"][1]
    assert link == text("https://acme.example/a_b", {"type": "link", "attrs": {"href": "https://acme.example/a_b"}})
    assert result.body["content"][1]["content"][-2:] == [{"type": "hardBreak"}, text("now.")]
    assert [task["attrs"]["state"] for task in result.body["content"][3]["content"]] == ["TODO", "DONE"]


def test_what_adf_cannot_nest_is_lifted_out_and_said() -> None:
    result = body_of("- # Big\n- > quoted\n\n> - [ ] task", CLOUD)
    assert complaint(result.body) is None
    assert result.losses == (
        "A quote cannot stand here in Jira; its words stay, unquoted.",
        "Tasks cannot stand here in Jira; they became a list.",
    )


def test_bodies_that_differ_in_ids_and_layout_say_the_same() -> None:
    one = doc({**para("a", text("b", "strong")), "attrs": {"localId": "1"}}, para())
    two = doc(para("a", text("b", "strong")))
    assert same_text(one, two, CLOUD)
    assert not same_text(one, doc(para("ab")), CLOUD)
    assert same_text(None, doc(para()), CLOUD)
    assert same_text("a *b*  \r\n", "a *b*", DC)
    assert not same_text("a *b*", "a b", DC)


WIKI = (
    "h2. Ferry timetable\r\n\r\nBoats leave *hourly*, ask [~pat] (/)\r\n* one\r\n* two _x_\r\n** three\r\n\r\n"
    "||Pier||Boat||\r\n|A|Tern|\r\n\r\n{panel:title=Mind|bgColor=#fff|borderStyle=dashed}\r\nthe gap\r\n{panel}\r\n\r\n"
    "{expand:title=More}hidden{expand}\r\n\r\n{code:title=Run.java|java}\r\nint x;\r\n{code}\r\n\r\n----\r\nend \r\n"
)


def test_wiki_markup_reads_as_markdown() -> None:
    assert markdown_of(WIKI, DC) == (
        "## Ferry timetable\n\nBoats leave **hourly**, ask [@pat](jira:mention/pat) :check_mark:\n\n"
        "- one\n- two _x_\n  - three\n\n| Pier | Boat |\n| --- | --- |\n| A | Tern |\n\n> [!INFO] Mind\n> the gap\n\n"
        "{expand:title=More}hidden{expand}\n\n```java\nint x;\n```\n\n---\n\nend"
    )


def test_one_changed_list_item_is_the_only_change_in_the_wiki_text() -> None:
    assert edited(WIKI, "two _x_", "two **y**", DC).body == WIKI.replace("two _x_", "two *y*")


def test_one_changed_cell_is_the_only_change_in_the_wiki_text() -> None:
    assert edited(WIKI, "| Tern |", "| Tern {a} \\* |", DC).body == WIKI.replace("|Tern|", "|Tern \\{a} *|")


def test_a_changed_panel_keeps_its_parameters() -> None:
    result = edited(WIKI, "the gap", "the quay", DC)
    assert result.body == WIKI.replace("the gap", "the quay")
    assert result.losses == ()


def test_changed_code_keeps_its_title_and_macros_we_do_not_know_stay() -> None:
    assert edited(WIKI, "int x;", "int y;", DC).body == WIKI.replace("int x;", "int y;")
    assert edited(WIKI, "hidden", "shown", DC).body == WIKI.replace("hidden", "shown")


def test_literal_signs_of_wiki_markup_are_escaped_on_the_way_out() -> None:
    written = "{code} and [x] and \\*y\\* and a_b and -z- and h1. and \\\\\\\\srv and C:\\dir and (/) and {{m}}"
    sent = body_of(written, DC).body
    assert sent == (
        "\\{code} and \\[x] and \\*y\\* and a_b and \\-z\\- and h1. and &#92;\\srv and C:\\dir and \\(/) and \\{\\{m}\\}"
    )
    assert body_of("h1. not a heading\n\n\\# nor this\n\n----a", DC).body == (
        "&#104;1. not a heading\n\n\\# nor this\n\n\\-\\-\\--a"
    )
