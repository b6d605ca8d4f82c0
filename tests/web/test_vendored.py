"""Files of others: each is the one that was looked at, and its licence lies beside it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import tieline.web

WEB = Path(tieline.web.__file__).parent
LISTED = json.loads((WEB / "vendored.json").read_text(encoding="utf-8"))
OURS = {"static/tieline/app.css", "static/tieline/app.js", "static/tieline/mark.svg", "static/tieline/select.svg"}


def test_every_file_of_others_is_the_one_that_is_pinned():
    changed = [
        row["file"] for row in LISTED if hashlib.sha256((WEB / row["file"]).read_bytes()).hexdigest() != row["sha256"]
    ]
    assert changed == []


def test_every_static_file_and_icon_is_ours_or_listed():
    there = {path.relative_to(WEB).as_posix() for folder in ("static", "icons") for path in (WEB / folder).rglob("*.*")}
    licences = {row["licence_file"] for row in LISTED}
    assert there - {row["file"] for row in LISTED} - OURS - licences == set()


def test_every_listed_file_has_its_licence_beside_it():
    assert [row["file"] for row in LISTED if not (WEB / row["licence_file"]).read_text(encoding="utf-8").strip()] == []
