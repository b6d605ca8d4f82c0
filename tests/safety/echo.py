"""A Jira that gives back what it was given: a proxy before the sandbox that turns chosen answers against the asker."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import re
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tieline.sandbox.server import Sandbox


@dataclass(kw_only=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def everything(self) -> str:
        """All of it as text, the secret also in other spellings, as a careless server would put it in its logs."""
        secret = self.secret
        spelt = (
            *(urllib.parse.quote(secret, safe=""), json.dumps(secret), secret.encode().hex()),
            *(base64.b64encode(b"x" * n + secret.encode()).decode() for n in range(3)),
        )
        lines = [f"{name}: {value}" for name, value in self.headers.items()]
        return "\n".join([f"{self.method} {self.path}", *lines, *spelt, self.body.decode("utf-8", "replace")])

    @property
    def secret(self) -> str:
        sent = self.headers.get("Authorization", "")
        if sent.startswith("Bearer "):
            return sent.removeprefix("Bearer ")
        if sent.startswith("Basic "):
            return base64.b64decode(sent.removeprefix("Basic ")).decode("utf-8", "replace").partition(":")[2]
        return ""


Turned = tuple[int, dict[str, str], bytes]
Turn = Callable[[Asked], Turned | None]
"""What is answered in place of the sandbox; None lets it through."""


@dataclass(kw_only=True)
class EchoJira:
    """``secret`` is what people type; towards the sandbox it becomes the sandbox's own."""

    sandbox: Sandbox
    secret: str
    port: int = 0
    turn: Turn = lambda _: None
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def pass_on(self, asked: Asked) -> Turned:
        there = urllib.parse.urlsplit(self.sandbox.url)
        headers = {name: value for name, value in asked.headers.items() if name.lower() != "content-length"}
        if asked.secret == self.secret:
            own = self.sandbox.secret
            pair = base64.b64encode(f"{self.sandbox.user}:{own}".encode()).decode()
            headers["Authorization"] = (
                f"Bearer {own}" if headers["Authorization"].startswith("Bearer") else f"Basic {pair}"
            )
        talk = http.client.HTTPConnection(there.hostname or "", there.port or 80, timeout=20)
        with contextlib.closing(talk):
            talk.request(asked.method, asked.path, body=asked.body or None, headers=headers)
            answer = talk.getresponse()
            body = answer.read()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
        return answer.status, kept, body.replace(self.sandbox.url.encode(), self.url.encode())


_HOP = {"content-length", "transfer-encoding", "connection", "date", "server"}


@contextlib.contextmanager
def echoing(sandbox: Sandbox, secret: str) -> Iterator[EchoJira]:
    jira = EchoJira(sandbox=sandbox, secret=secret)

    class Talk(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(
                method=self.command, path=self.path, headers=dict(self.headers.items()), body=self.rfile.read(length)
            )
            jira.asked.append(asked)
            status, headers, body = jira.turn(asked) or jira.pass_on(asked)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, re.sub(r"[\r\n]+", " ", value))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815 - names of the standard library

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Talk)
    jira.port = server.server_address[1]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield jira
    finally:
        server.shutdown()
        server.server_close()


# --- ways to give everything back --------------------------------------------------------------------------------------


def in_json(asked: Asked, status: int = 401) -> Turned:
    """Jira's own form of complaint, with all that was sent in it."""
    words = asked.everything
    body = {"errorMessages": [words, f"no such user for {asked.secret}"], "errors": {"token": asked.secret, "x": words}}
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()


def in_page(asked: Asked, status: int = 500) -> Turned:
    page = f"<html><head><title>{asked.secret}</title></head><body><pre>{asked.everything}</pre></body></html>"
    return status, {"Content-Type": "text/html"}, page.encode()


def in_headers(asked: Asked, status: int = 401) -> Turned:
    secret = asked.secret
    quoted = urllib.parse.quote(secret, safe="")
    headers = {
        "Content-Type": "application/json",
        "Set-Cookie": f"seen={quoted}; Path=/{quoted}",
        "X-Debug": asked.headers.get("Authorization", ""),
        "WWW-Authenticate": f'Basic realm="{secret}"',
        "X-Seraph-LoginReason": f"AUTHENTICATED_FAILED {secret}",
        "X-Authentication-Denied-Reason": f"CAPTCHA_CHALLENGE; login-url=http://127.0.0.1/{quoted}",
        "Retry-After": secret,
        "X-AUSERNAME": secret,
        "Server": secret,
        f"X-{re.sub('[^A-Za-z0-9]', '-', secret)}": "1",
    }
    return (
        status,
        {name: value.encode("latin-1", "replace").decode("latin-1") for name, value in headers.items()},
        b"{}",
    )


def in_redirect(asked: Asked, status: int = 302) -> Turned:
    secret = urllib.parse.quote(asked.secret, safe="")
    place = f"http://127.0.0.2:9/login?os_password={secret}&back={secret}#{secret}"
    return status, {"Location": place, "Set-Cookie": f"JSESSIONID={secret}"}, asked.everything.encode()


def in_broken_json(asked: Asked) -> Turned:
    return 200, {"Content-Type": "application/json"}, f'{{"self": "{asked.secret}", "x": '.encode()


WAYS: tuple[Turn, ...] = (in_json, in_page, in_headers, in_redirect, in_broken_json)
