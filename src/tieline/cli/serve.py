"""``tieline serve``, ``tieline worker`` and ``tieline sign-in-link``."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from waitress.server import BaseWSGIServer

    from tieline.wiring import Runtime


def data_folder() -> Path:
    """The folder of the database and the keys, made on first use (mode 0700)."""
    folder = Path(os.environ.get("TIELINE_DATA", "var")).absolute()
    if not folder.exists():
        folder.mkdir(parents=True, mode=0o700)
    return folder


def set_up(*, exclusive: bool) -> Callable[[], None]:
    """Keys, settings, database. Returns what releases the folder; leaves with a clear message when it cannot be had."""
    from tieline.store.keys import KeyTrouble, ensure_keys

    folder = data_folder()
    try:
        ensure_keys(folder)
    except KeyTrouble as trouble:
        leave(str(trouble))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tieline.settings")
    import django

    django.setup()
    from django.conf import settings

    release: Callable[[], None] = lambda: None  # noqa: E731
    if exclusive and not settings.DATABASE_URL:
        from tieline.store.lock import Held, claim_data_folder

        claim = claim_data_folder(folder)
        if isinstance(claim, Held):
            leave(
                f"Another Tieline (process {claim.pid}) already uses {folder}. "
                "Stop it first, or give this one its own --folder. Several servers on one database need PostgreSQL."
            )
        release = claim.release
    from tieline.store.upkeep import migrate_database

    migrate_database()
    return release


def leave(sentence: str) -> None:
    print(sentence, file=sys.stderr)
    sys.exit(1)


def open_server(host: str, port: int) -> BaseWSGIServer:
    """The web server, bound but not yet serving. Leaves with a message when the port is taken."""
    from django.core.wsgi import get_wsgi_application
    from waitress.server import create_server

    application = get_wsgi_application()
    try:
        return create_server(
            application,
            host=host,
            port=port,
            threads=8,
            ident="Tieline",
            channel_timeout=60,
            max_request_body_size=12 * 1024 * 1024,
            clear_untrusted_proxy_headers=True,
        )
    except OSError as failure:
        leave(f"Cannot listen on {host}:{port} ({failure.strerror}). Choose another port with --port.")
        raise


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
    """An event that SIGINT and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    yield stop


def serve_until(stop: threading.Event, server: BaseWSGIServer, runtime: Runtime, release: Callable[[], None]) -> None:
    """Serve until ``stop``; then finish the work in hand (≤ 20 s) and let go of the folder."""
    listening = threading.Thread(target=server.run, name="web", daemon=True)
    listening.start()
    runtime.start()
    stop.wait()
    server.close()
    runtime.stop()
    release()


def run_server() -> int:
    release = set_up(exclusive=True)
    from django.conf import settings

    from tieline.settings import flag
    from tieline.wiring import build_runtime

    server = open_server(settings.HOST, settings.PORT)
    runtime = build_runtime(worker=flag("worker", default=True))
    print(f"Tieline answers at {address()}")
    if path := sign_in_path():
        print(f"Sign in once with {address()}{path}")
    print("Stop it with Ctrl-C.", flush=True)
    with stopped_by_signals() as stop:
        serve_until(stop, server, runtime, release)
    return 0


def run_worker() -> int:
    set_up(exclusive=False)
    from django.conf import settings

    from tieline.wiring import build_runtime

    if not settings.DATABASE_URL:
        leave(
            "On SQLite the worker runs inside `tieline serve`. More workers need PostgreSQL: "
            "set TIELINE_DATABASE_URL to postgresql://user:password@host/name."
        )
    runtime = build_runtime(worker=True)
    runtime.start()
    print("The worker runs. Stop it with Ctrl-C.", flush=True)
    with stopped_by_signals() as stop:
        stop.wait()
        runtime.stop()
    return 0


def print_sign_in_link(email: str) -> int:
    set_up(exclusive=False)
    from tieline.store.models import User
    from tieline.store.people import ensure_admin, make_sign_in_link

    user = User.objects.filter(email=email.lower()).first() if email else ensure_admin()
    if user is None:
        print(f'Nobody here has the e-mail "{email}".', file=sys.stderr)
        return 2
    print(f"{address()}/welcome/{make_sign_in_link(user)}")
    return 0
