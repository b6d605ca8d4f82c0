"""The front of the site: obstacles, login, rate, route, effect, and what happens to the answer on its way back."""

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.wrappers import Request

from .ask import Answer, Ask, Caller, Upload, client_must_be_authenticated, page, refuse
from .login import LoginLedger, admit
from .obstacles import plan_obstacle, strip_context
from .pages_of_others import cloud_dead_link, cloud_rate_page, dc_error_page, dc_login_page, tomcat_status
from .rate import Bucket
from .routes import Route, build_map
from .scheme import CLOUD_ID, DC_SECRET
from .world import World

_GATEWAY = re.compile(r"^/ex/jira/([^/]+)(/.*)$")


@dataclass(kw_only=True)
class Front:
    """Answers one request at a time per thread. `sleep` is injected; `pages` answers below /sandbox."""

    world: World
    pages: Callable[[Request], Answer]
    sleep: Callable[[float], None] = time.sleep
    ledger: LoginLedger = field(default_factory=LoginLedger)

    def __post_init__(self) -> None:
        self._map = build_map(self.world.edition)
        options = self.world.options
        self._bucket = Bucket(rate=options.requests_per_second, burst=options.burst)

    def answer(self, request: Request) -> Answer | None:
        """None: the connection is to be closed without a word."""
        if request.path.startswith("/sandbox"):
            return self.pages(request)
        world = self.world
        self.sleep(world.options.latency_ms / 1000) if world.options.latency_ms else None
        if world.take("slow"):
            self.sleep(world.options.slow_s)
        route, caller, answer = self._judge(request)
        world.record_call(
            method=request.method,
            route=route.name if route else request.path,
            path=request.full_path.rstrip("?"),
            status=answer.status if answer else 0,
            caller=caller.account if caller else None,
        )
        return self._dress(answer, caller, request) if answer else None

    def _judge(self, request: Request) -> tuple[Route | None, Caller | None, Answer | None]:
        world = self.world
        # werkzeug folds leading slashes in `request.path`; Jira does not.
        path = str(request.environ["PATH_INFO"]).encode("latin-1").decode("utf-8", "replace")
        obstacle = plan_obstacle(
            world.faults,
            edition=world.edition,
            host=request.host,
            path=path,
            query=request.query_string.decode("latin-1"),
            get_with_body=request.method == "GET" and bool(request.content_length),
        )
        if obstacle:
            return None, None, obstacle
        if "url-wrong-context-path" in world.faults:
            inner = strip_context(path)
            if isinstance(inner, Answer):
                return None, None, inner
            path = inner
        gateway = _GATEWAY.match(path) if world.edition == "cloud" else None
        if gateway:
            if gateway.group(1) != CLOUD_ID:
                return None, None, Answer(status=404, payload={"code": 404, "message": "Not Found"})
            path = gateway.group(2)
        if path.startswith("//"):
            if world.edition == "dc":
                return None, None, self._no_route(request, path)
            path = "/" + path.lstrip("/")
        if not path.startswith(("/rest/", "/secure/attachment/", "/status", "/_edge/")):
            return None, None, self._page_of_jira(request, path)
        caller = admit(
            world,
            self.ledger,
            authorization=request.headers.get("Authorization"),
            accept=request.headers.get("Accept", ""),
            gateway=gateway is not None,
            who_am_i=path.endswith("/myself"),
        )
        if isinstance(caller, Answer):
            return None, Caller(login="denied"), caller
        late = self._limit(path)
        if late:
            return None, caller, late
        return self._route(request, path, caller)

    def _route(self, request: Request, path: str, caller: Caller) -> tuple[Route | None, Caller, Answer | None]:
        try:
            route, values = self._map.bind("jira").match(path, method=request.method)
        except MethodNotAllowed as refusal:
            if request.method != "OPTIONS":
                allowed = ", ".join(sorted(refusal.valid_methods or ()))
                answer = page(405, tomcat_status(405, "Method Not Allowed", "Method Not Allowed"), ("Allow", allowed))
                return None, caller, answer
            return None, caller, Answer(status=204)
        except NotFound:
            return None, caller, self._no_route(request, path)
        if route.write and self._looks_like_a_browser(request):
            return route, caller, page(403, "XSRF check failed")
        if not route.anonymous and caller.account is None:
            return route, caller, self._unauthenticated(request, path)
        found = self._run(route, self._ask(request, path, caller, dict(values)))
        return route, caller, self._spoil(route, found) if found else None

    def _run(self, route: Route, ask: Ask) -> Answer | None:
        world = self.world
        if route.write and world.take("error-before-effect"):
            return refuse(500, "Internal server error")
        if route.write and route.method == "POST" and world.take("answer-lost-before-create"):
            return None
        try:
            payload = ask.parse_payload() if route.write or route.method == "POST" else None
        except (ValueError, RecursionError):
            return refuse(400, "There was an error parsing JSON. Check that your request body is valid.")
        if payload is not None and not route.any_json and not isinstance(payload, dict):
            return refuse(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        with world.lock:
            answer = route.run(world, ask)
        good = answer.status < 300
        if good and route.write and route.method == "POST" and world.take("answer-lost-after-create"):
            return None
        if good and route.write and world.take("error-after-effect"):
            return refuse(500, "Internal server error")
        return answer

    def _ask(self, request: Request, path: str, caller: Caller, values: dict[str, Any]) -> Ask:
        version = values.pop("v", "2")
        multipart = request.mimetype == "multipart/form-data"
        files = tuple(
            Upload(filename=each.filename or "", mime=each.mimetype, content=each.read())
            for each in (request.files.getlist("file") if multipart else [])
        )
        return Ask(
            method=request.method,
            path=path,
            api="3" if version == "3" else "2",
            caller=caller,
            query=dict(request.args.items()),
            many={key: list(many) for key, many in request.args.lists()},
            headers=dict(request.headers.items()),
            body=b"" if multipart else request.get_data(),
            files=files,
            path_values={key: str(value) for key, value in values.items()},
        )

    # ---- answers that are no route's

    def _no_route(self, request: Request, path: str) -> Answer:
        if self.world.edition == "dc":
            return Answer(status=404, payload={"message": "HTTP 404 Not Found", "status-code": 404, "sub-code": -1})
        text = f"null for uri: {self.world.base_url}{path}"
        if "application/json" in request.headers.get("Accept", ""):
            return Answer(status=404, payload={"message": text, "status-code": 404})
        body = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
            f"<status><status-code>404</status-code><message>{text}</message></status>"
        )
        return Answer(status=404, raw=body.encode(), content_type="application/xml;charset=UTF-8")

    def _page_of_jira(self, request: Request, path: str) -> Answer:
        """A person's link leads to the sandbox's own pages; other pages are Jira's usual ones."""
        match path.split("/"):
            case ["", "projects", _, "versions", id] if id.isdecimal() and int(id) in self.world.versions:
                project = self.world.versions[int(id)].project
                return page(302, "", ("Location", f"/sandbox/pages/projects/{project}/versions#version-{int(id)}"))
        if path.startswith("/browse/"):
            return page(302, "", ("Location", f"/sandbox/pages/issues/{path.removeprefix('/browse/')}"))
        if self.world.edition == "cloud":
            return page(302, "", ("Location", "/jira/your-work")) if path == "/" else page(404, cloud_dead_link())
        if path == "/login.jsp":
            if request.method == "POST" and request.form.get("os_password") == DC_SECRET:
                self.ledger.failed.pop(request.form.get("os_username", ""), None)
                return page(302, "", ("Location", "/secure/Dashboard.jspa"))
            return page(200, dc_login_page(sso_only="auth-sso-no-local-password" in self.world.faults))
        if "/rest/" in path:
            return page(404, dc_error_page(404, "Not Found", "There is no such page here."))
        if path in ("/", "/secure/Dashboard.jspa"):
            return page(302, "", ("Location", "/secure/Dashboard.jspa" if path == "/" else "/login.jsp"))
        return page(302, "", ("Location", f"/login.jsp?os_destination={path}"))

    def _unauthenticated(self, request: Request, path: str) -> Answer:
        if self.world.edition == "dc" and path.startswith("/rest/api/"):
            answer = refuse(401, "You are not authenticated. Authentication required to perform this operation.")
        else:
            answer = client_must_be_authenticated(request.headers.get("Accept", ""))
        realm = self.world.base_url.replace(":", "%3A").replace("/", "%2F")
        return answer.with_headers(("WWW-Authenticate", f'OAuth realm="{realm}"'))

    def _looks_like_a_browser(self, request: Request) -> bool:
        agent = request.headers.get("User-Agent", "")
        return agent.startswith("Mozilla") and request.headers.get("X-Atlassian-Token", "").lower() not in (
            "no-check",
            "nocheck",
        )

    def _limit(self, path: str) -> Answer | None:
        world = self.world
        wait = self._bucket.take(world.now() / 1000)
        cloud = world.edition == "cloud"
        if not ({"rate-limit", "rate-limit-cloud", "rate-limit-dc"} & world.faults or wait > 0):
            return None
        if not cloud and path.endswith(("/serverInfo", "/session")):
            return None
        for fault in ("rate-limit", "rate-limit-cloud", "rate-limit-dc"):
            world.take(fault)
        seconds = max(1, round(wait + 0.5))
        if cloud:
            headers = (
                ("Retry-After", str(seconds)),
                ("X-RateLimit-Limit", str(world.options.burst)),
                ("X-RateLimit-Remaining", "0"),
                ("X-RateLimit-NearLimit", "true"),
                ("RateLimit-Reason", "jira-burst-based"),
                ("RateLimit-Policy", f'"burst";q={world.options.burst};w=1'),
                ("RateLimit", f'"burst";r=0;t={seconds}'),
            )
            return refuse(429, "The request has been rate-limited. Please try again later.").with_headers(*headers)
        rate = max(1, round(world.options.requests_per_second))
        return page(
            429,
            tomcat_status(429, "Too Many Requests", "Rate limit exceeded."),
            ("Retry-After", "0"),
            ("X-RateLimit-Limit", str(world.options.burst)),
            ("X-RateLimit-Remaining", "0"),
            ("X-RateLimit-FillRate", str(rate)),
            ("X-RateLimit-Interval-Seconds", "1"),
        )

    # ---- on the way back

    def _spoil(self, route: Route, answer: Answer) -> Answer:
        world = self.world
        if "/rest/" not in route.path or answer.payload is None:
            return answer
        if world.take("truncated-json"):
            body = answer.render_body()
            return replace(answer, raw=body[: max(1, len(body) // 2)], payload=None)
        if world.take("html-with-200"):
            return page(200, cloud_rate_page().replace("429", "200"))
        if world.take("huge-body"):
            return replace(answer, raw=answer.render_body() + b" " * (40 * 1024 * 1024), payload=None)
        if world.take("deep-json"):
            return replace(answer, raw=b'{"expand":' + b"[" * 20_000 + b"]" * 20_000 + b"}", payload=None)
        return answer

    def _dress(self, answer: Answer, caller: Caller | None, request: Request) -> Answer:
        """The headers that tell a login apart, on every answer of Jira's."""
        world = self.world
        if caller is None:
            return answer
        names = {name.lower() for name, _ in answer.headers}
        trace = hashlib.sha256(f"{world.now()}{request.path}".encode()).hexdigest()[:16]
        more: list[tuple[str, str]] = [("X-AREQUESTID", trace)]
        if world.edition == "cloud":
            more += [("Server", "AtlassianEdge"), ("Atl-Traceid", trace), ("Atl-Request-Id", trace)]
            if caller.account is not None:
                more.append(("X-AAccountId", caller.account.replace(":", "%3A")))
            elif caller.login == "failed":
                more.append(("X-Seraph-LoginReason", "AUTHENTICATED_FAILED"))
        elif caller.login != "denied":
            more.append(("X-AUSERNAME", world.people[caller.account].name if caller.account else "anonymous"))
            if caller.login == "ok":
                more.append(("X-Seraph-LoginReason", "OK"))
        if caller.login != "denied":
            state = "lin" if caller.account else "lout"
            more.append(("Set-Cookie", f"atlassian.xsrf.token={trace}_{state}; Path=/; SameSite=None"))
        return answer.with_headers(*(pair for pair in more if pair[0].lower() not in names))
