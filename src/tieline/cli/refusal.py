"""How a command says that it cannot go on."""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - a word for people
    """The command ends here. The message is one line: what is the matter, and what to do. ``code`` is the exit code:
    1 when the installation stands in the way, 2 when something else should have been typed."""

    def __init__(self, message: str, *, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


def mistyped(message: str) -> Refusal:
    """A refusal with exit code 2."""
    return Refusal(message, code=2)
