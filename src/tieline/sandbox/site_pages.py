"""Everything below /sandbox: which page, and what a form on it does."""

import json
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

from .ask import Answer, page
from .issue_pages import IssuePages
from .markup import STYLE
from .model import Json
from .panel import apply_fault, render_panel
from .version_pages import VersionPages, go
from .webhooks import Courier
from .world import World


class Pages:
    """Routes below /sandbox. These pages know no faults, so that a fault can always be switched off again."""

    def __init__(self, world: World, courier: Courier) -> None:
        self._world = world
        self._courier = courier
        self._issues = IssuePages(world)
        self._versions = VersionPages(world)

    def answer(self, request: Request) -> Answer:
        parts = [part for part in request.path.split("/") if part][1:]
        if request.method == "POST":
            return (
                self._post(request, parts)
                if _same_site(request)
                else page(403, "<p>This form came from another site.</p>")
            )
        with self._world.lock:
            return self._get(request, parts) or page(404, "<p>There is no such page.</p>")

    def _get(self, request: Request, parts: list[str]) -> Answer | None:
        match parts:
            case [] | ["pages"]:
                return go("/sandbox/pages/projects/ROAD" if parts else "/sandbox/panel")
            case ["style.css"]:
                return Answer(raw=STYLE.encode(), content_type="text/css;charset=UTF-8")
            case ["panel"]:
                return page(200, render_panel(self._world, self._courier))
            case ["state.json"]:
                return Answer(payload=self._state(request))
            case ["pages", "projects", key]:
                return self._issues.project(key, request.args)
            case ["pages", "projects", key, "new"]:
                return self._issues.new(key)
            case ["pages", "projects", key, "versions"]:
                return self._versions.show(key, request.args.get("said", ""))
            case ["pages", "issues", key]:
                return self._issues.issue(key, request.args.get("said", ""))
            case ["pages", "attachments", id]:
                return self._issues.attachment(id)
        return None

    def _post(self, request: Request, parts: list[str]) -> Answer:
        with self._world.lock:
            match parts:
                case ["faults", name]:
                    return apply_fault(self._world, name, request)
                case ["pages", "projects", key, "new"]:
                    return self._issues.create(key, request.form)
                case ["pages", "projects", key, "versions"]:
                    return self._versions.create(key, request.form)
                case ["pages", "versions", id]:
                    return self._versions.edit(id, request.form)
                case ["pages", "issues", key, verb]:
                    return self._issues.act(key, verb, request.form) or page(404, "<p>There is no such form.</p>")
        return page(404, "<p>There is no such form.</p>")

    def _state(self, request: Request) -> Json:
        """Faults, counters and the tail of the history, for programs."""
        world = self._world
        tail = max(
            0, min(5000, int(request.args.get("tail", "100")) if request.args.get("tail", "100").isdigit() else 100)
        )
        return {
            "edition": world.edition,
            "faults": sorted(world.faults),
            "issues": len(world.issues),
            "versions": len(world.versions),
            "calls": sum(world.call_counts.values()),
            "callCounts": [
                {"method": method, "route": route, "status": status, "count": count}
                for (method, route, status), count in sorted(world.call_counts.items())
            ],
            "webhooks": [
                {"id": one.id, "name": one.name, "url": one.url, "enabled": one.enabled}
                for one in world.webhooks.values()
            ],
            "deliveries": [
                {"event": one.event, "status": one.status, "attempt": one.attempt, "identifier": one.identifier}
                for one in list(self._courier.attempts)[-tail:]
            ]
            if tail
            else [],
            "history": [
                {
                    "number": one.number,
                    "at": one.at,
                    "actor": world.people[one.actor].display,
                    "kind": one.kind,
                    "subject": one.subject,
                    "detail": json.loads(json.dumps(one.detail)),
                }
                for one in (world.history[-tail:] if tail else [])
            ],
        }


def _same_site(request: Request) -> bool:
    """Forms of other sites are refused; programs send neither header."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return False
    origin = request.headers.get("Origin")
    return origin is None or origin == "null" or urlsplit(origin).netloc == request.host
