"""Judge answers by an OpenAPI description: component schemas turned into one JSON schema, nulls tolerated."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator


def read_description(path: Path) -> dict[str, Any]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        parsed: dict[str, Any] = json.load(lines)
    return parsed


def tolerant(schema: Any, extra: dict[str, frozenset[str]], name: str = "") -> Any:
    """A schema in which any property may be null, and the named extra keys may be there."""
    if isinstance(schema, list):
        return [tolerant(one, extra) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"].replace("#/components/schemas/", "#/$defs/")}
    made = {
        key: tolerant(value, extra)
        for key, value in schema.items()
        if key not in ("example", "description", "nullable", "format", "xml", "properties", "required")
    }
    if isinstance(schema.get("properties"), dict):
        made["properties"] = {
            key: {"anyOf": [tolerant(value, extra), {"type": "null"}]} for key, value in schema["properties"].items()
        }
        for key in extra.get(name, ()):
            made["properties"].setdefault(key, {})
    if "required" in schema:
        made["required"] = schema["required"]
    if schema.get("nullable"):
        return {"anyOf": [made, {"type": "null"}]}
    return made


@dataclass(frozen=True)
class Judge:
    """`extra` names keys that real Jira sends and the description lacks, by schema."""

    description: dict[str, Any]
    extra: dict[str, frozenset[str]]

    @cached_property
    def definitions(self) -> dict[str, Any]:
        schemas = self.description["components"]["schemas"]
        return {name: tolerant(schema, self.extra, name) for name, schema in schemas.items()}

    @cached_property
    def operations(self) -> list[tuple[str, re.Pattern[str], str]]:
        """Longest literal paths first: `/issue/bulk` before `/issue/{issueIdOrKey}`."""
        found = []
        for path, verbs in self.description["paths"].items():
            pattern = re.compile("^" + re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "$")
            found.extend((verb.upper(), pattern, path) for verb in verbs if verb in ("get", "post", "put", "delete"))
        return sorted(found, key=lambda one: (one[2].count("{"), -len(one[2])))

    def operation(self, method: str, path: str) -> str | None:
        return next((name for verb, pattern, name in self.operations if verb == method and pattern.match(path)), None)

    def complaints(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """What the description says is wrong with an answer; empty for nothing."""
        name = self.operation(method, path)
        if name is None:
            return [f"{method} {path} is not described"]
        answers = self.description["paths"][name][method.lower()]["responses"]
        answer = answers.get(str(status))
        if answer is None:
            return [f"{method} {name} does not answer {status}"]
        content = answer.get("content", {})
        schema = (content.get("application/json") or next(iter(content.values()), {})).get("schema")
        if schema is None:
            return []
        whole = {"$defs": self.definitions, **tolerant(schema, self.extra)}
        found = sorted(Draft202012Validator(whole).iter_errors(body), key=lambda one: list(map(str, one.absolute_path)))
        return [f"{method} {name} {status}: {_where(one)}: {_words(one)}" for one in found[:6]]


def _where(one: Any) -> str:
    return "/".join(str(part) for part in one.absolute_path) or "(top)"


def _words(one: Any) -> str:
    """The innermost complaint: those of `anyOf` with null hide the real one."""
    while one.context:
        inner = [each for each in one.context if each.validator != "type" or each.validator_value != "null"]
        if not inner:
            break
        one = max(inner, key=lambda each: len(each.absolute_path))
    return f"{_where(one)}: {one.message[:300]}"
