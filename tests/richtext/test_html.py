"""Markdown on our pages."""

from __future__ import annotations

from tieline.richtext.html import render_html


def test_tables_tasks_and_struck_text_are_shown() -> None:
    page = render_html("- [x] ~~old~~\n\n| a |\n|---|\n| **b** |")
    assert '<input type="checkbox" disabled="" checked=""> <del>old</del>' in page
    assert "<th>a</th>" in page
    assert "<td><strong>b</strong></td>" in page


def test_links_open_without_telling_where_from() -> None:
    assert render_html("[x](https://f.example)") == (
        '<p><a href="https://f.example" rel="noopener nofollow noreferrer">x</a></p>'
    )


def test_an_image_is_a_link_that_loads_nothing() -> None:
    page = render_html("![quay](https://f.example/q.png)")
    assert "<img" not in page
    assert '<a href="https://f.example/q.png" class="rt-image"' in page


def test_scripts_in_addresses_and_tags_are_plain_text() -> None:
    page = render_html("[a](javascript:alert(1)) <script>alert(1)</script> <b onclick=x>c</b>")
    assert "href" not in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_what_jira_alone_can_show_is_marked() -> None:
    page = render_html("```jira layoutSection 0123456789\nleft\n```\n\n[@Pat](jira:mention/1) [OPEN](jira:status/blue)")
    assert '<div class="rt-kept"><span class="rt-kept-kind">layoutSection</span> left</div>' in page
    assert '<span class="rt-mention">@Pat</span> <span class="rt-status rt-status-blue">OPEN</span>' in page
