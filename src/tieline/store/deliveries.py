"""Webhooks as they arrive: verified over the raw bytes, stored once, acknowledged only after the commit.

What a webhook says is a hint to look, never a value to take over: only what finds its subject is kept. Signature and
identifier: https://developer.atlassian.com/cloud/jira/platform/webhooks/ (``X-Hub-Signature``,
``X-Atlassian-Webhook-Identifier``, the same over all tries of one delivery).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from tieline.store.evidence import storable
from tieline.store.ids import new_id
from tieline.store.integrations import webhook_secrets
from tieline.store.models import Delivery, Integration
from tieline.store.ops import Wanted, enqueue_all
from tieline.store.transactions import one_transaction
from tieline.sync.views import OpKind

BODY_LIMIT: Final = 10 * 1024 * 1024
_LONGEST_IDENTIFIER: Final = 120
UNHEARD_LIMIT: Final = 20_000
"""More stored webhooks than this that nobody looked at: Jira is asked to come again later."""


@dataclass(frozen=True, kw_only=True)
class DeliveryVerdict:
    """The answer to Jira: ``status`` 204 (stored now, or before), 401, 400, 404, 413 or 503, and why, in a few words.

    ``retry_after_s`` goes with 503.
    """

    status: int
    why: str
    delivery: str | None = None
    retry_after_s: int | None = None


def store_delivery(integration_token: str, headers: Mapping[str, str], raw_body: bytes) -> DeliveryVerdict:
    """Verify, dedupe and store one webhook with the op that looks at it, in one transaction."""
    integration = _find(integration_token)
    if integration is None:
        return DeliveryVerdict(status=404, why="unknown address")
    if len(raw_body) > BODY_LIMIT:
        return DeliveryVerdict(status=413, why="body over 10 MB")
    now = timezone.now()
    signature = _header(headers, "x-hub-signature")
    if not _verifies(signature, raw_body, webhook_secrets(integration, now=now)):
        return DeliveryVerdict(status=401, why="signature missing" if not signature else "signature does not fit")
    payload = _read_json(raw_body)
    if payload is None:
        return DeliveryVerdict(status=400, why="body is no JSON object")
    if Delivery.objects.filter(integration=integration, outcome="")[UNHEARD_LIMIT : UNHEARD_LIMIT + 1].exists():
        return DeliveryVerdict(status=503, why="too many webhooks wait", retry_after_s=60)
    identifier = _header(headers, "x-atlassian-webhook-identifier") or hashlib.sha256(raw_body).hexdigest()
    if len(identifier) > _LONGEST_IDENTIFIER:
        identifier = hashlib.sha256(identifier.encode("utf-8", "replace")).hexdigest()
    return _store(integration, identifier, payload, now)


def _find(token: str) -> Integration | None:
    """The integration without its mapping and schema, which are large and not needed here."""
    if not token:
        return None
    return Integration.objects.defer("mapping", "schema").filter(webhook_token=token).first()


@one_transaction
def _store(integration: Integration, identifier: str, payload: Mapping[str, Any], now: datetime) -> DeliveryVerdict:
    row = Delivery(
        id=new_id(),
        integration=integration,
        identifier=storable(identifier),
        event=str(storable(str(payload.get("webhookEvent", ""))))[:80],
        payload=_hint(payload),
        received=now,
    )
    row.subject = _subject(row.payload)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return DeliveryVerdict(status=204, why="stored before")
    wanted = Wanted(
        kind=OpKind.HEAR,
        lane=f"hear:{integration.id}",
        subject=integration.id,
        connection=integration.connection_id,
        integration=integration.id,
        reason=f"Webhook {row.event}".strip(),
    )
    enqueue_all([wanted])
    return DeliveryVerdict(status=204, why="stored", delivery=row.id)


def _verifies(signature: str, raw_body: bytes, secrets: tuple[str, ...]) -> bool:
    """Whether ``sha256=<hex>`` is the HMAC of the body under one of the secrets. Without a secret nothing verifies."""
    method, _, given = signature.partition("=")
    if method != "sha256" or not given.isascii():
        return False
    fits = [
        hmac.compare_digest(hmac.new(secret.encode(), raw_body, hashlib.sha256).hexdigest(), given)
        for secret in secrets
        if secret
    ]
    return any(fits)


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value.strip() for key, value in headers.items() if key.lower() == name), "")


def _read_json(raw_body: bytes) -> dict[str, Any] | None:
    try:
        payload = json.loads(raw_body)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _hint(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What finds the subject, and nothing else of what came."""
    kept: dict[str, Any] = {}
    for name in ("issue", "version", "mergedTo", "comment", "project"):
        part = payload.get(name)
        if isinstance(part, Mapping):
            kept[name] = {key: _text(part[key]) for key in ("id", "key", "name") if _is_plain(part.get(key))}
        elif _is_plain(part):
            kept[name] = _text(part)
    for name in ("webhookEvent", "timestamp", "issue_event_type_name"):
        if _is_plain(payload.get(name)):
            kept[name] = _text(payload[name])
    return kept


def _subject(hint: Mapping[str, Any]) -> str:
    for name in ("issue", "version"):
        part = hint.get(name)
        if isinstance(part, Mapping) and part.get("id"):
            return f"{name}:{part['id']}"[:120]
    return ""


def _is_plain(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def _text(value: Any) -> str:
    return str(storable(str(value)))[:200]
