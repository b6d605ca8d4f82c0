"""Webhooks on their way: rendered when the thing happens, signed, sent by a thread of their own, tried again.

Vendor page: https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

import hashlib
import hmac
import http.client
import json
import queue
import random
import ssl
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from .jql import parse_jql
from .jql_words import JqlRefused
from .model import Json, WebhookRow
from .view import View
from .view_issue import render_change_items, render_comment, render_issue
from .world import Event, World

RETRIES = 5
TIMEOUT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One webhook on its way. `identifier` stays the same over retries; `due` is on the monotonic clock."""

    webhook: int
    url: str
    event: str
    identifier: str
    body: bytes
    secret: str | None
    attempt: int
    due: float


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """How one try ended: `status` None means that no answer came."""

    at: int
    event: str
    url: str
    identifier: str
    attempt: int
    status: int | None


def build_payload(world: World, event: Event) -> Json:
    """The body of a webhook, in v2's words: rich text as wiki markup on both editions."""
    view = View(world=world, api="2")
    payload: Json = {"timestamp": world.now(), "webhookEvent": event.kind}
    if event.version is not None:
        version = view.version(event.version)
        payload["version"] = {name: value for name, value in version.items() if not name.startswith("user")}
        if "mergedTo" in event.extra and event.extra["mergedTo"] in world.versions:
            payload["mergedTo"] = view.version(world.versions[event.extra["mergedTo"]])
        return payload
    if event.comment is not None:
        payload["comment"] = render_comment(view, event.comment)
        if event.issue is not None:
            brief = ["summary", "issuetype", "project", "assignee", "priority", "status"]
            payload["issue"] = render_issue(view, event.issue, fields=brief)
            payload["issue"].pop("expand", None)
        return payload
    if event.issue_event_type:
        payload["issue_event_type_name"] = event.issue_event_type
    payload["user"] = view.person(event.actor)
    if event.issue is not None:
        issue = render_issue(view, event.issue, fields=None)
        payload["issue"] = {name: issue[name] for name in ("id", "self", "key", "fields")}
    if event.change is not None:
        payload["changelog"] = {"id": str(event.change.id), "items": render_change_items(view, event.change)}
    return payload


def sign(body: bytes, secret: str) -> str:
    """The value of `X-Hub-Signature`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Courier:
    """Takes events from the world and delivers them; `stop` ends its thread."""

    def __init__(
        self,
        world: World,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        retry_wait_s: float = 1.0,
    ) -> None:
        self._world = world
        self._monotonic = monotonic
        self._retry_wait_s = retry_wait_s
        self._random = random.Random(world.options.seed)  # noqa: S311 - disorder that can be repeated
        self._queue: queue.Queue[Delivery | None] = queue.Queue()
        self._held: list[Delivery] = []
        self.attempts: deque[Attempt] = deque(maxlen=2000)
        self._busy = 0
        self._idle = threading.Condition()
        self._thread: threading.Thread | None = None
        world.listeners.append(self.take)

    def take(self, event: Event) -> None:
        """Called under the world's lock, at the moment the thing happens."""
        world = self._world
        if "webhooks-off" in world.faults:
            return
        wanted = [one for one in world.webhooks.values() if one.enabled and event.kind in one.events]
        wanted = [one for one in wanted if self._passes(one, event)]
        if not wanted:
            return
        body = json.dumps(build_payload(world, event), ensure_ascii=False).encode()
        late = 5.0 if "webhooks-late" in world.faults else 0.0
        if "webhooks-reordered" in world.faults:
            late += self._random.uniform(0, 1.5)
        for one in wanted:
            delivery = Delivery(
                webhook=one.id,
                url=_fill_url(one.url, event),
                event=event.kind,
                identifier=str(uuid.UUID(int=self._random.getrandbits(128), version=4)),
                body=b"" if one.exclude_body else body,
                secret=one.secret,
                attempt=0,
                due=self._monotonic() + late,
            )
            copies = 2 if "webhooks-duplicated" in world.faults else 1
            for _ in range(copies):
                self._put(delivery)

    def _passes(self, webhook: WebhookRow, event: Event) -> bool:
        if not webhook.jql or event.issue is None:
            return True
        try:
            return parse_jql(webhook.jql, self._world, account=webhook.author).test(event.issue)
        except JqlRefused:
            return False

    def _put(self, delivery: Delivery) -> None:
        with self._idle:
            self._busy += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
        self._queue.put(delivery)

    def wait_until_delivered(self, timeout_s: float = 10.0) -> bool:
        """Wait until nothing is on its way; False when time ran out."""
        with self._idle:
            return self._idle.wait_for(lambda: self._busy == 0, timeout_s)

    def stop(self) -> None:
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout=TIMEOUT_S + 2)

    def _run(self) -> None:
        while True:
            wait = min((one.due for one in self._held), default=self._monotonic() + 60) - self._monotonic()
            try:
                came = self._queue.get(timeout=max(0.0, wait))
            except queue.Empty:
                pass
            else:
                if came is None:
                    return
                self._held.append(came)
            now = self._monotonic()
            ready = sorted((one for one in self._held if one.due <= now), key=lambda one: one.due)
            for delivery in ready:
                self._held.remove(delivery)
                self._deliver(delivery)

    def _deliver(self, delivery: Delivery) -> None:
        status = _send(delivery)
        self.attempts.append(
            Attempt(
                at=self._world.now(),
                event=delivery.event,
                url=delivery.url,
                identifier=delivery.identifier,
                attempt=delivery.attempt,
                status=status,
            )
        )
        again = status is None or status in (408, 409, 425, 429) or status >= 500
        if again and delivery.attempt < RETRIES and delivery.webhook in self._world.webhooks:
            wait = self._retry_wait_s * (2**delivery.attempt)
            self._held.append(replace(delivery, attempt=delivery.attempt + 1, due=self._monotonic() + wait))
            return
        with self._idle:
            self._busy -= 1
            self._idle.notify_all()


def _fill_url(url: str, event: Event) -> str:
    """Jira fills `${issue.key}` and its like in the address."""
    if event.issue is not None:
        url = url.replace("${issue.key}", event.issue.key).replace("${issue.id}", str(event.issue.id))
        url = url.replace("${project.key}", event.issue.project)
    return url.replace("${version.id}", str(event.version.id)) if event.version else url


def _send(delivery: Delivery) -> int | None:
    parts = urlsplit(delivery.url)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Atlassian Webhook HTTP Client",
        "X-Atlassian-Webhook-Identifier": delivery.identifier,
        "X-Atlassian-Webhook-Flow": "Primary",
        "Connection": "close",
    }
    if delivery.attempt:
        headers["X-Atlassian-Webhook-Retry"] = str(delivery.attempt)
    if delivery.secret:
        headers["X-Hub-Signature"] = sign(delivery.body, delivery.secret)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.netloc, timeout=TIMEOUT_S, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=delivery.body, headers=headers)
        answer = connection.getresponse()
        answer.read(4096)
    except (OSError, http.client.HTTPException):
        return None
    else:
        return answer.status
    finally:
        connection.close()
