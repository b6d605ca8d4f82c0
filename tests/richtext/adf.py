"""Building and judging ADF documents in tests."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

SCHEMA = Path(__file__).with_name("adf-schema-full.57.7.22.json")


@cache
def _validator() -> jsonschema.Draft4Validator:
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def complaint(document: object) -> str | None:
    """Return what Atlassian's schema has against a document, None when it is valid."""
    found = jsonschema.exceptions.best_match(_validator().iter_errors(document))
    return None if found is None else f"{list(found.absolute_path)}: {found.message[:300]}"


def doc(*content: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "type": "doc", "content": list(content)}


def text(words: str, *marks: str | dict[str, Any]) -> dict[str, Any]:
    named = [{"type": mark} if isinstance(mark, str) else mark for mark in marks]
    return {"type": "text", "text": words, "marks": named} if named else {"type": "text", "text": words}


def para(*content: str | dict[str, Any]) -> dict[str, Any]:
    return {"type": "paragraph", "content": [text(c) if isinstance(c, str) else c for c in content]}


def node(kind: str, *content: dict[str, Any], **attrs: Any) -> dict[str, Any]:
    built: dict[str, Any] = {"type": kind}
    if attrs:
        built["attrs"] = attrs
    if content:
        built["content"] = list(content)
    return built
