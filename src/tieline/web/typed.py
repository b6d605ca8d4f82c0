"""What somebody typed or chose, outside of a form."""

from __future__ import annotations

from django.http import HttpRequest


def typed(request: HttpRequest, name: str) -> str:
    """One posted value without blanks around it and without NUL; empty when it is absent."""
    return str(request.POST.get(name, "")).replace("\x00", "").strip()
