"""Words of the command line as values, without Pydantic.

Typer loads Pydantic to turn ``"8080"`` into 8080, and that import alone takes longer than everything else that happens
before the first line of ``tieline doctor``. The commands here take words, numbers, paths and switches, so those are
read by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import typer

_SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def read_values_by_hand(command: Any) -> None:
    """Give every parameter of ``command`` and of the commands below it a reader of ours, where its type has one."""
    parameters = command.get_params

    def get_params(ctx: Any) -> list[Any]:
        found: list[Any] = parameters(ctx)
        for parameter in found:
            if read := _READERS.get(_kind_of(parameter.type_descriptor.annotation)):
                parameter.get_runtime_param = partial(_Reader, read)
        return found

    command.get_params = get_params
    for below in getattr(command, "commands", {}).values():
        read_values_by_hand(below)


def is_port(port: int | None) -> int | None:
    """``port`` as it is. Raises ``typer.BadParameter`` for a number that no port has."""
    if port is not None and not 0 <= port <= 65535:
        raise typer.BadParameter(f"{port} is no port; ports are the numbers 0 to 65535.")
    return port


class _Reader:
    """What Typer asks for the value of one parameter."""

    def __init__(self, read: Callable[[str], object]) -> None:
        self._read = read

    def coerce(self, value: object, *, param: Any, ctx: Any) -> object:
        """``value`` as the command wants it. Raises ``typer.BadParameter`` with what would be right instead."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        try:
            if isinstance(value, Sequence) and not isinstance(value, str):
                return [self._one(each) for each in value]
            return self._one(value)
        except ValueError as unread:
            raise typer.BadParameter(str(unread), ctx=ctx, param=param) from unread

    def _one(self, value: object) -> object:
        return self._read(value) if isinstance(value, str) else value


def _kind_of(annotation: Any) -> object:
    """``Path`` of ``Path | None``, ``str`` of ``list[str] | None``."""
    if get_origin(annotation) in {Union, UnionType}:
        rest = [one for one in get_args(annotation) if one is not NoneType]
        return _kind_of(rest[0]) if len(rest) == 1 else annotation
    if get_origin(annotation) is list:
        return _kind_of(get_args(annotation)[0])
    return annotation


def _whole(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise ValueError(f'"{word}" is not a whole number.') from None


def _decimal(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        raise ValueError(f'"{word}" is not a number.') from None


def _switch(word: str) -> bool:
    if word.lower() not in _SWITCH:
        raise ValueError(f'"{word}" is neither yes nor no.')
    return _SWITCH[word.lower()]


_READERS: dict[object, Callable[[str], object]] = {
    str: str,
    int: _whole,
    float: _decimal,
    bool: _switch,
    Path: Path,
}
