"""Headers that every answer carries, and the id that names a request to people and in the log."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
_STATIC = re.compile(r"^/static/")


class StrictHeaders:
    """Strict Content-Security-Policy on every answer, no caching of pages, and a correlation id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        correlation = secrets.token_hex(8)
        request.META["tieline.correlation"] = correlation
        answer = self.get_response(request)
        answer["Content-Security-Policy"] = POLICY
        answer["X-Frame-Options"] = "DENY"
        answer["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        answer["Cross-Origin-Resource-Policy"] = "same-origin"
        answer["X-Request-Id"] = correlation
        if not _STATIC.match(request.path):
            answer.setdefault("Cache-Control", "no-store")
        return answer


def correlation_of(request: HttpRequest) -> str:
    return str(request.META.get("tieline.correlation", ""))
