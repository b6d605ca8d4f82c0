"""What is shown to one person once, on the page after the next redirect: kept in their session, sealed."""

from __future__ import annotations

import base64

from django.http import HttpRequest

from tieline.store.secrets import seal, unseal


def keep_once(request: HttpRequest, name: str, text: str) -> None:
    """Keep ``text`` for the next page of this browser. A copy of the database does not tell it."""
    sealed = seal(text, table="session", column=name, row="")
    request.session[name] = base64.b64encode(sealed).decode("ascii")


def take_once(request: HttpRequest, name: str) -> str:
    """What was kept under this name; empty when nothing was, and from now on."""
    kept = request.session.pop(name, "")
    return unseal(base64.b64decode(kept), table="session", column=name, row="") if kept else ""
