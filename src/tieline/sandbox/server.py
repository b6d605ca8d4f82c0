"""A running sandbox: `with Sandbox.start(SandboxOptions(edition="dc")) as jira: …`."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from werkzeug.wrappers import Request

from .ask import Answer, page
from .certificates import TLS_FAULTS, build_tls
from .faults import FAULTS
from .filling import fill
from .front import Front
from .journal import Journal
from .options import SandboxOptions
from .scheme import CLOUD_ID, CLOUD_PASSWORD, CLOUD_TOKEN, DC_SECRET, MAIN_PROJECT, PAT
from .site_pages import Pages
from .webhooks import Courier
from .wire import Listener
from .world import World


def _wall_clock() -> int:
    return time.time_ns() // 1_000_000


class Sandbox:
    """One Jira look-alike on its own port. `user` and `secret` are what a person with these faults would type."""

    def __init__(self, options: SandboxOptions, *, now: Callable[[], int], sleep: Callable[[float], None]) -> None:
        unknown = options.faults - FAULTS.keys()
        if unknown:
            raise ValueError(f"No fault is called {', '.join(sorted(unknown))}")
        foreign = [name for name in options.faults if options.edition not in FAULTS[name].editions]
        if foreign:
            raise ValueError(f"{', '.join(sorted(foreign))}: not a fault of this edition")
        self.options = options
        self.authority_pem: str | None = None
        journal = Journal(options.state_file) if options.state_file else None
        self.world = World(options, now=now, journal=journal)
        if not self.world.rows.restore():
            fill(self.world)
            self.world.rows.mark_filled()
        self.courier = Courier(self.world)
        pages = Pages(self.world, self.courier)
        self._front = Front(world=self.world, pages=pages.answer, sleep=sleep)
        self._listeners: list[Listener] = []
        self._silent: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._open(options)

    @classmethod
    def start(
        cls,
        options: SandboxOptions | None = None,
        *,
        now: Callable[[], int] = _wall_clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Self:
        """Start and answer at once. `now` gives milliseconds since 1970."""
        return cls(options or SandboxOptions(), now=now, sleep=sleep)

    # ---- what is printed

    @property
    def user(self) -> str:
        person = self.world.people[PAT]
        email = self.options.edition == "cloud"
        if {"auth-cloud-username-not-email", "auth-dc-email-instead-of-username"} & self.options.faults:
            email = not email
        return person.email if email else person.name

    @property
    def secret(self) -> str:
        if self.options.edition == "dc":
            return DC_SECRET
        return CLOUD_PASSWORD if "auth-cloud-password-instead-of-token" in self.options.faults else CLOUD_TOKEN

    @property
    def project(self) -> str:
        return MAIN_PROJECT

    @property
    def gateway_url(self) -> str:
        """Cloud's other base address, where scoped tokens are good: `{origin}/ex/jira/{cloudId}`."""
        return f"{self.origin}/ex/jira/{CLOUD_ID}"

    # ---- opening and closing

    def _open(self, options: SandboxOptions) -> None:
        faults = options.faults
        scheme, tls = "http", None
        for fault in TLS_FAULTS:
            if fault in faults:
                scheme = "https"
                tls, self.authority_pem = build_tls(fault, host=options.host)
        if "net-connection-refused" in faults:
            with socket.socket() as probe:
                probe.bind((options.host, options.port))
                port = int(probe.getsockname()[1])
        elif "net-connect-timeout" in faults:
            port = self._open_full(options)
        else:
            port = self._listen(options, tls)
        host = "jira-does-not-exist.invalid" if "net-dns-failure" in faults else options.host
        if "tls-on-plain-port" in faults:
            scheme = "https"
        self.origin = f"{scheme}://{host}:{port}"
        self.url = self.origin
        self.world.base_url = self.origin
        self.panel = f"{self.origin}/sandbox/panel"
        if {"net-connection-refused", "net-connect-timeout", "net-read-timeout", "net-connection-reset"} & faults:
            self.panel = self._open_panel(options)

    def _listen(self, options: SandboxOptions, tls: ssl.SSLContext | None) -> int:
        answerer: Callable[[Request], Answer | None] = self._front.answer
        if "net-read-timeout" in options.faults:
            answerer = _never
        elif "net-connection-reset" in options.faults:
            answerer = _nothing
        listener = Listener((options.host, options.port), answerer, tls=tls)
        self._run(listener)
        return int(listener.server_address[1])

    def _run(self, listener: Listener) -> None:
        self._listeners.append(listener)
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _open_full(self, options: SandboxOptions) -> int:
        """A listening port whose queue is full: the kernel drops further connection attempts."""
        door = socket.socket()
        door.bind((options.host, options.port))
        door.listen(0)
        self._silent.append(door)
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(door.getsockname())
            self._silent.append(filler)
        return int(door.getsockname()[1])

    def _open_panel(self, options: SandboxOptions) -> str:
        """Where the printed port cannot answer, the panel gets a port of its own."""
        listener = Listener((options.host, 0), self._panel_only, tls=None)
        self._run(listener)
        return f"http://{options.host}:{listener.server_address[1]}/sandbox/panel"

    def _panel_only(self, request: Request) -> Answer | None:
        if request.path.startswith("/sandbox"):
            return self._front.answer(request)
        return page(404, "<p>Only the panel answers here.</p>")

    def stop(self) -> None:
        for listener in self._listeners:
            listener.shutdown()
            listener.close_connections()
            listener.server_close()
        for one in self._silent:
            one.close()
        self.courier.stop()
        for thread in self._threads:
            thread.join(timeout=5)
        self.world.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _never(_request: Request) -> Answer | None:
    threading.Event().wait(600)
    return None


def _nothing(_request: Request) -> Answer | None:
    return None
