"""From bytes to JSON that the rest of Tieline can hold: finite, of bounded depth, storable as text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Never

DEEPEST = 200
_ODD_ESCAPE = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
_ID = re.compile(r"\w[\w.:-]{0,39}", re.ASCII)
_KEY = re.compile(r"\w[^\s/?#\ufffd]{0,254}")
_SURROGATE_OR_NUL = re.compile("[\ud800-\udfff\0]")


class WrongShapeError(ValueError):
    """An answer that is not what the vendor describes. The text says what was expected where."""


def parse_json(body: bytes) -> Any:
    """Parse an answer. Raises :class:`WrongShapeError` for what is not JSON, not finite or nested too deep.

    Lone surrogates and NUL characters, which no database holds, become U+FFFD.
    """
    try:
        found = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant, parse_float=_parse_float)
    except (ValueError, RecursionError) as exc:
        raise WrongShapeError(f"The answer is not JSON: {type(exc).__name__}") from exc
    _check_depth(found)
    return _clean(found) if _ODD_ESCAPE.search(body) else found


def _refuse_constant(name: str) -> Never:
    raise WrongShapeError(f"The answer holds {name}, which is not JSON")


def _parse_float(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise WrongShapeError("The answer holds a number that is too large")
    return value


def _check_depth(root: Any) -> None:
    level = [root]
    for _ in range(DEEPEST):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise WrongShapeError(f"The answer is nested deeper than {DEEPEST} levels")


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE_OR_NUL.sub("�", value)
    if isinstance(value, dict):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    return value


# --- one value at a time --------------------------------------------------------------------------------------------


def as_object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise WrongShapeError(f"{what} is not an object")
    return value


def as_list(value: Any, what: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise WrongShapeError(f"{what} is not a list")
    return value


def objects(value: Any, what: str) -> list[Mapping[str, Any]]:
    """The members of a list, each an object. None (Jira's usual word for nothing) is an empty list."""
    if value is None:
        return []
    return [as_object(one, f"A member of {what}") for one in as_list(value, what)]


def text(source: Mapping[str, Any], key: str, default: str = "") -> str:
    """Text, where absent, null and values of another type count as ``default``; numbers become text."""
    value = source.get(key)
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return default


def needed(source: Mapping[str, Any], key: str, what: str) -> str:
    """Text that must be there."""
    found = text(source, key)
    if not found:
        raise WrongShapeError(f'{what} has no "{key}"')
    return found


def needed_id(source: Mapping[str, Any], what: str) -> str:
    """An ``id`` as Jira gives them: short, and of letters and digits. What is none is not kept as one."""
    found = text(source, "id")
    if not _ID.fullmatch(found):
        raise WrongShapeError(f'{what} has no "id" that can be one')
    return found


def needed_key(source: Mapping[str, Any], what: str) -> str:
    """The ``key`` of an issue or a project: one word that can stand in an address."""
    found = text(source, "key")
    if not _KEY.fullmatch(found):
        raise WrongShapeError(f'{what} has no "key" that can be one')
    return found


def inner(source: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """An object within, empty when it is absent, null or of another type."""
    value = source.get(key)
    return value if isinstance(value, dict) else {}


def flag(source: Mapping[str, Any], key: str) -> bool:
    return source.get(key) is True
