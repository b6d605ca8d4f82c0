"""What stands between: forward proxies with a will of their own, and a reverse proxy that changes requests."""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass
class Between:
    port: int
    heads: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def standing(talk: Callable[[socket.socket, Between], None]) -> Iterator[Between]:
    """A port on loopback whose every connection is ``talk``'s."""
    listener = socket.create_server(("127.0.0.1", 0))
    between = Between(listener.getsockname()[1])

    def one(conn: socket.socket) -> None:
        with contextlib.suppress(OSError), conn:
            conn.settimeout(5)
            talk(conn, between)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                conn, _ = listener.accept()
                threading.Thread(target=one, args=(conn,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield between
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def read_head(conn: socket.socket) -> bytes:
    """One request head with what follows it; empty at the end."""
    head = b""
    while b"\r\n\r\n" not in head:
        more = conn.recv(65536)
        if not more:
            return b""
        head += more
    return head


def pump(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while received := one.recv(65536):
            other.sendall(received)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def forward_proxy(*, login: tuple[str, str] | None = None, refuse: str | None = None) -> Callable[..., None]:
    """Opens tunnels and passes on plain requests; wants ``login``, or answers everything with the status ``refuse``."""
    wanted = b"Basic " + base64.b64encode(":".join(login).encode()) if login else None

    def talk(conn: socket.socket, between: Between) -> None:
        while head := read_head(conn):
            between.heads.append(head)
            if wanted is not None and wanted not in head:
                answer(conn, "407 Proxy Authentication Required", b"", b'Proxy-Authenticate: Basic realm="ferry"\r\n')
                continue
            if refuse is not None:
                answer(
                    conn,
                    refuse,
                    b"<html><head><title>Access denied</title></head><body>The proxy says no.</body></html>",
                )
                continue
            method, target = head.split(b" ", 2)[:2]
            if method == b"CONNECT":
                tunnel(conn, target)
            else:
                pass_on(conn, head, target)
            return

    return talk


def answer(conn: socket.socket, status: str, body: bytes, more: bytes = b"") -> None:
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n".encode()
    conn.sendall(head + more + b"\r\n" + body)


def tunnel(conn: socket.socket, target: bytes) -> None:
    host, _, port = target.decode().rpartition(":")
    try:
        there = socket.create_connection((host, int(port)), 2)
    except OSError:
        answer(conn, "502 Bad Gateway", b"")
        return
    with there:
        conn.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=pump, args=(there, conn), daemon=True)
        back.start()
        pump(conn, there)
        back.join(2)


def pass_on(conn: socket.socket, head: bytes, target: bytes) -> None:
    found = re.match(rb"http://([^/:]+):?(\d*)(/.*)?$", target)
    assert found is not None, target
    with socket.create_connection((found.group(1).decode(), int(found.group(2) or 80)), 2) as there:
        there.sendall(head.replace(target, found.group(3) or b"/", 1))
        back = threading.Thread(target=pump, args=(there, conn), daemon=True)
        back.start()
        pump(conn, there)
        back.join(2)


def reverse_proxy(port: int, change: Callable[[bytes], bytes]) -> Callable[..., None]:
    """Passes every request on to ``port``, its head changed."""

    def talk(conn: socket.socket, between: Between) -> None:
        with socket.create_connection(("127.0.0.1", port), 2) as there:
            threading.Thread(target=pump, args=(there, conn), daemon=True).start()
            while head := read_head(conn):
                between.heads.append(head)
                there.sendall(change(head))

    return talk


def without_login(head: bytes) -> bytes:
    return re.sub(rb"(?im)^authorization:.*\r\n", b"", head)
