"""What every answer carries, and what no template may hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

import tieline.web
from tieline.web import assets
from tieline.web.headers import POLICY

WEB = Path(tieline.web.__file__).parent
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sign-in",
        "/healthz",
        "/readyz",
        "/nowhere",
        "/problems/",
        "/hooks/jira/x",
        "/w/FERRY/features",
        "/static/x/app.css",
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_answer_carries_the_strict_policy(path, method):
    answer = getattr(Client(), method)(path)
    assert answer["Content-Security-Policy"] == POLICY
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert re.fullmatch(r"[0-9a-f]{16}", answer["X-Request-Id"])


@pytest.mark.django_db
def test_pages_are_not_kept_by_browsers_and_files_are():
    assert Client().get("/sign-in")["Cache-Control"].startswith(("no-store", "max-age=0"))
    assert "immutable" in Client().get(f"/static/{assets.stamp()}/app.css")["Cache-Control"]
    assert Client().get("/static/old/app.css")["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["../urls.py", "..%2furls.py", "nowhere.css", "licences", ""])
def test_only_listed_files_are_served(path):
    assert Client().get(f"/static/x/{path}").status_code == 404


def test_the_style_sheets_fit_into_20_kilobytes():
    zipped = [assets._read_assets()[name].zipped for name in ("app.css", "colours.css")]
    assert sum(len(one) for one in zipped if one) <= 20 * 1024


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_no_template_holds_inline_script_or_style(path):
    text = re.sub(r"{%.*?%}", "", path.read_text(encoding="utf-8"))
    assert not re.search(r"\son[a-z]+\s*=", text)
    assert not re.search(r"\sstyle\s*=|<style", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_every_form_that_writes_carries_the_token(path):
    text = path.read_text(encoding="utf-8")
    for form in re.findall(r'<form method="post".*?</form>', text, re.DOTALL):
        assert "{% csrf_token %}" in form


BLAME = re.compile(r"\b(error|oops|please|invalid|illegal|sorry|ticket)\b|!\"", re.IGNORECASE)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_no_page_blames_or_apologises(path):
    text = path.read_text(encoding="utf-8")
    said = re.findall(r'{% translate [\'"](.*?)[\'"] ?%}', text) + re.findall(
        r"{% blocktranslate.*?%}(.*?){% endblocktranslate %}", text, re.DOTALL
    )
    assert [words for words in said if BLAME.search(words)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_every_word_people_read_can_be_translated(path):
    text = path.read_text(encoding="utf-8")
    bare = re.sub(r"{%-? *(blocktranslate|comment).*?%}.*?{% *end\1 *%}", "", text, flags=re.DOTALL)
    bare = re.sub(r"<code>.*?</code>", "", bare, flags=re.DOTALL)
    bare = re.sub(r"{[%{#].*?[%}#]}", "", bare, flags=re.DOTALL)
    bare = re.sub(r"<(script|svg|title).*?</\1>", "", bare, flags=re.DOTALL)
    words = re.findall(r">([^<>]*[A-Za-z]{3,}[^<>]*)<", bare)
    names = {"Tieline", "Atlassian", "Cloud", "Data Center", "Jira Cloud", "Jira Cloud.", "Jira Data Center."}
    assert [one.strip() for one in words if one.strip() and one.strip() not in names] == []


@pytest.mark.parametrize("path", ["/problems/?q=%00", "/w/FERRY/features?q=a%00b", "/w/FERRY/r/%00", "/static/x/%00"])
def test_an_address_with_a_nul_is_refused_before_anything_reads_it(path):
    answer = Client().get(path)
    assert answer.status_code == 400
    assert answer["Content-Security-Policy"] == POLICY
