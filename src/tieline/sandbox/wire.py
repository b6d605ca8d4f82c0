"""HTTP/1.1 with keep-alive over plain sockets: whole requests in, whole answers out, or none at all."""

import contextlib
import io
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from werkzeug.wrappers import Request

from .ask import Answer

MAX_BODY = 64 * 1024 * 1024
Answerer = Callable[[Request], Answer | None]


class Line(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 120
    server: "Listener"

    def answer_any(self) -> None:
        body = self._read_body()
        if body is None:
            self.close_connection = True
            return
        answer = self.server.answerer(Request(self._environ(body)))
        if answer is None:
            self._reset()
            return
        content = answer.render_body()
        self.send_response_only(answer.status)
        names = {name.lower() for name, _ in answer.headers}
        if "server" not in names:
            self.send_header("Server", "nginx")
        self.send_header("Date", self.date_time_string())
        for name, value in answer.headers:
            self.send_header(name, value)
        if content or answer.status not in (204, 304):
            if content:
                self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = answer_any  # noqa: N815 - the standard library's names
    do_HEAD = do_OPTIONS = do_PATCH = answer_any  # noqa: N815 - as above

    def _read_body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            parts = b""
            while (size := int(self.rfile.readline().split(b";")[0].strip() or b"0", 16)) > 0:
                parts += self.rfile.read(size)
                self.rfile.readline()
                if len(parts) > MAX_BODY:
                    return None
            self.rfile.readline()
            return parts
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            return None
        return self.rfile.read(length) if 0 <= length <= MAX_BODY else None

    def _environ(self, body: bytes) -> dict[str, Any]:
        # The standard library has already folded leading slashes in `self.path`; Jira sees them.
        path, _, query = self.requestline.split(" ")[1].partition("?")
        if "://" in path:
            path = urlsplit(path).path
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET" if self.command == "HEAD" else self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": self.server.server_address[0],
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.url_scheme": "https" if isinstance(self.connection, ssl.SSLSocket) else "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.version": (1, 0),
            "CONTENT_LENGTH": str(len(body)),
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
                continue
            environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return environ

    def _reset(self) -> None:
        """Close so that the client sees the connection lost, not an empty answer."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Calls are recorded by the world, not printed."""


class Listener(ThreadingHTTPServer):
    """Threads, one per connection; `reset_all` drops every connection after its request."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], answerer: Answerer, *, tls: ssl.SSLContext | None) -> None:
        self.answerer = answerer
        self.tls = tls
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, Line)

    def server_bind(self) -> None:
        # The standard server looks its own name up here, which can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            if self.tls is not None:
                request.settimeout(15)
                request = self.tls.wrap_socket(request, server_side=True)
            with self._open_lock:
                self._open.add(request)
            super().process_request_thread(request, client_address)
        except (OSError, ssl.SSLError):
            request.close()
        finally:
            with self._open_lock:
                self._open.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no event; anything else is a fault of ours and is shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        with self._open_lock:
            left = list(self._open)
        for one in left:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
