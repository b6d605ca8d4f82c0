"""Headers that every answer carries, and the id that names a request to people and in the log."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tieline.store.keys import KeyTrouble

POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
_STATIC = re.compile(r"^/static/")


class StrictHeaders:
    """Strict Content-Security-Policy on every answer, no caching of pages, and a correlation id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        correlation = secrets.token_hex(8)
        request.META["tieline.correlation"] = correlation
        answer = _unreadable() if holds_nul(request) else self.get_response(request)
        answer["Content-Security-Policy"] = POLICY
        answer["X-Frame-Options"] = "DENY"
        answer["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        answer["Cross-Origin-Resource-Policy"] = "same-origin"
        answer["X-Request-Id"] = correlation
        if not _STATIC.match(request.path):
            answer.setdefault("Cache-Control", "no-store")
        return answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A key that does not open what was sealed is said in its own words; all else is Django's to show."""
        if isinstance(exception, KeyTrouble):
            return render(request, "web/errors/keys.html", {"text": str(exception)}, status=503)
        return None


def holds_nul(request: HttpRequest) -> bool:
    """Whether path or query hold a NUL, which no database text may and no page of ours makes."""
    return "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", "")


def _unreadable() -> HttpResponse:
    return HttpResponse("This address holds a character that no address of this site has.\n", status=400)


def correlation_of(request: HttpRequest) -> str:
    return str(request.META.get("tieline.correlation", ""))
