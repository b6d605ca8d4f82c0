"""Pages without a place: what was not found, what stumbled, and whether the server lives."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from tieline.web.assets import stamp
from tieline.web.gate import open_to_all
from tieline.web.headers import correlation_of


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django passes it by name
    return _message(
        request,
        404,
        "search",
        _("Nothing is at this address"),
        _("It may have been moved or deleted, or it belongs to a workspace you are not a member of."),
    )


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django passes it by name
    return _message(request, 403, "lock", _("This is not open to you"), _("Ask an owner of the workspace."))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django passes it by name
    return _message(
        request, 400, "circle-alert", _("The request could not be read"), _("Go back, reload the page and try again.")
    )


def stumbled(request: HttpRequest) -> HttpResponse:
    """The page for our own mistakes: it needs no database."""
    shown = {"asset_root": f"/static/{stamp()}/", "correlation": correlation_of(request)}
    return HttpResponse(render_to_string("web/errors/bare.html", shown), status=500)


def _message(request: HttpRequest, status: int, sign: str, heading: str, text: str) -> HttpResponse:
    shown = {"heading": heading, "text": text, "sign": sign}
    return render(request, "web/errors/message.html", shown, status=status)


@open_to_all
def healthz(_request: HttpRequest) -> HttpResponseBase:
    """The process answers."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@open_to_all
def readyz(_request: HttpRequest) -> HttpResponseBase:
    """The process answers and its database does too."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database does not answer\n", status=503, content_type="text/plain; charset=utf-8")
    return HttpResponse("ready\n", content_type="text/plain; charset=utf-8")
