"""``tieline serve``, ``tieline worker`` and ``tieline sign-in-link``."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from tieline.cli.installation import (
    data_folder,
    make_data_folder,
    make_keys,
    open_database,
    open_for_a_look,
    open_installation,
    read_settings,
)
from tieline.cli.refusal import Refusal, mistyped

if TYPE_CHECKING:
    from tieline.wiring import Runtime

_CONNECTIONS = 2000
_OTHER_FILES = 200
"""Files that are open besides: databases, connections to Jira."""
_IDLE_S = 15
"""Seconds after which a connection that sends nothing is closed."""
_PAGES_S = 3.0
"""How long pages that are being made may take to end, once nothing else is under way."""


class WebServer(Protocol):
    """What is used of Waitress's server."""

    task_dispatcher: Any

    def run(self) -> None: ...
    def close(self) -> None: ...


def open_server(host: str, port: int) -> WebServer:
    """The web server, bound but not yet serving. Raises ``Refusal`` when the address cannot be had."""
    from django.core.wsgi import get_wsgi_application
    from waitress.server import create_server  # type: ignore[import-untyped]

    application = get_wsgi_application()
    try:
        server: WebServer = create_server(
            application,
            host=host,
            port=port,
            threads=8,
            ident="Tieline",
            connection_limit=_room_for_connections(),
            asyncore_use_poll=True,
            channel_timeout=_IDLE_S,
            cleanup_interval=5,
            max_request_body_size=12 * 1024 * 1024,
            clear_untrusted_proxy_headers=True,
        )
    except (OSError, ValueError) as failure:
        number = failure.errno if isinstance(failure, OSError) else None
        if number not in {errno.EADDRINUSE, errno.EACCES}:
            raise mistyped(
                f'"{host}" is no address of this machine. Name one with --host, such as 127.0.0.1.'
            ) from None
        why = "is taken" if number == errno.EADDRINUSE else "may not be used by this user"
        raise Refusal(f"{host}:{port} {why}. Choose another port with --port.") from None
    return server


def _room_for_connections() -> int:
    """How many connections may be open at once: many that send nothing must not keep Jira's webhooks out. Raises the
    limit of open files as far as this user may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS + _OTHER_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    return _CONNECTIONS if soft == resource.RLIM_INFINITY else max(100, min(_CONNECTIONS, soft - _OTHER_FILES))


def port_of(server: WebServer) -> int:
    """The port that was taken: the one asked for, or a free one."""
    several = getattr(server, "effective_listen", None)
    return int(several[0][1] if several else getattr(server, "effective_port"))  # noqa: B009 - one of the two is there


def sign_in_path() -> str | None:
    """Path of a fresh one-time link for the administrator; None once somebody has set a password."""
    from tieline.store.people import ensure_admin, make_sign_in_link

    admin = ensure_admin()
    if admin.has_usable_password():
        return None
    return f"/welcome/{make_sign_in_link(admin)}"


def address() -> str:
    from django.conf import settings

    everywhere = {"127.0.0.1", "0.0.0.0", "::", "::1"}  # noqa: S104  # compared with, not bound to
    shown = "localhost" if settings.HOST in everywhere else settings.HOST
    return str(settings.PUBLIC_URL or f"http://{shown}:{settings.PORT}")


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set. The second one ends the process at once; what was durable stays so."""
    stop = threading.Event()

    def ask_to_stop(number: int, _frame: Any) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ask_to_stop)
    yield stop


@contextlib.contextmanager
def said_when_slow() -> Iterator[None]:
    """Tell somebody who waits for the end why it takes longer than a moment."""
    sentence = "Finishing the work in hand (20 s at most). Stop once more to leave at once; nothing is lost."
    slow = threading.Timer(1.5, lambda: print(sentence, file=sys.stderr, flush=True))
    slow.daemon = True
    slow.start()
    try:
        yield
    finally:
        slow.cancel()


def serve_until(stop: threading.Event, server: WebServer, runtime: Runtime, release: Callable[[], None]) -> None:
    """Serve until ``stop``; then finish the work in hand (≤ 20 s) and let go of the folder."""
    listening = threading.Thread(target=server.run, name="web", daemon=True)
    listening.start()
    runtime.start()
    stop.wait()
    with said_when_slow():
        server.close()
        runtime.stop()
        server.task_dispatcher.shutdown(cancel_pending=False, timeout=_PAGES_S)
    release()


def run_server() -> int:
    with stopped_by_signals() as stop:
        release = open_installation()
        from django.conf import settings

        from tieline.settings import flag
        from tieline.wiring import build_runtime

        server = open_server(settings.HOST, settings.PORT)
        settings.PORT = port_of(server)
        runtime = build_runtime(worker=flag("worker", default=True))
        print(f"Tieline answers at {address()}")
        if path := sign_in_path():
            print(f"Sign in once with {address()}{path}")
        print("Stop it with Ctrl-C.", flush=True)
        serve_until(stop, server, runtime, release)
    return 0


def run_worker() -> int:
    read_settings()
    from tieline import settings

    if not settings.DATABASE_URL:
        raise mistyped(
            "On SQLite the worker runs inside `tieline serve`. More workers need PostgreSQL: "
            "set TIELINE_DATABASE_URL to postgresql://user:password@host/name."
        )
    with stopped_by_signals() as stop:
        make_keys(make_data_folder())
        open_database()
        from tieline.wiring import build_runtime

        runtime = build_runtime(worker=True)
        runtime.start()
        print("The worker runs. Stop it with Ctrl-C.", flush=True)
        stop.wait()
        with said_when_slow():
            runtime.stop()
    return 0


def print_sign_in_link(email: str) -> int:
    """0: the link is printed. Raises ``Refusal`` for an e-mail that nobody here has."""
    open_for_a_look()
    from tieline.store.models import User
    from tieline.store.people import ensure_admin, make_sign_in_link

    user = User.objects.filter(email=email.strip().lower()).first() if email else ensure_admin()
    if user is None:
        raise mistyped(f'Nobody in {data_folder()} has the e-mail "{email}".')
    print(f"{address()}/welcome/{make_sign_in_link(user)}")
    return 0
