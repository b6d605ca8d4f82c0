"""Where Jira's webhooks arrive: raw bytes in, verified and stored before the answer."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tieline.store.deliveries import BODY_LIMIT, store_delivery
from tieline.web.gate import open_to_all


@csrf_exempt
@open_to_all
@require_POST
def jira(request: HttpRequest, token: str) -> HttpResponseBase:
    """One delivery. 204 means it is stored; Jira sends again after 503 and keeps nothing after 401, 404 or 413."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()) or int(length) > BODY_LIMIT:
        return HttpResponse("The body is over 10 MB.\n", status=413, content_type="text/plain; charset=utf-8")
    raw = request.read(BODY_LIMIT + 1)
    verdict = store_delivery(token, request.headers, raw)
    answer = HttpResponse(status=verdict.status)
    if verdict.status != 204:
        answer.content = f"{verdict.why}\n".encode()
        answer["Content-Type"] = "text/plain; charset=utf-8"
    if verdict.retry_after_s:
        answer["Retry-After"] = str(verdict.retry_after_s)
    return answer
