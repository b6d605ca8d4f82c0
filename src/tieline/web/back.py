"""Where a form leads back to: a path of this site, or the place that is meant otherwise."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(request: HttpRequest, wanted: str) -> str:
    """``wanted`` when it is a path of this site, else empty. A word alone is none: Django would take it for a view."""
    if not wanted.startswith("/") or not url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return ""
    return wanted
