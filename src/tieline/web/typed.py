"""What somebody typed or chose, outside of a form."""

from __future__ import annotations

from django.http import HttpRequest


def typed(request: HttpRequest, name: str) -> str:
    """One posted value without blanks around it and without NUL; empty when it is absent."""
    return str(request.POST.get(name, "")).replace("\x00", "").strip()


def all_typed(request: HttpRequest) -> dict[str, str]:
    """Every posted value by its name (of several, the last), without NUL, which no database text may hold."""
    return {name: text.replace("\x00", "") for name, text in request.POST.dict().items() if "\x00" not in name}
