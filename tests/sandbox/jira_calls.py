"""Small tools for tests that talk to a running sandbox."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import requests

from tieline.sandbox import Sandbox


@dataclass
class Clock:
    """Milliseconds since 1970 that move only when told to."""

    at: int = 1_790_000_000_000

    def __call__(self) -> int:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += round(seconds * 1000)


@dataclass
class Jira:
    """Calls as the sandbox's account, or as whoever `auth` says."""

    sandbox: Sandbox
    api: str
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def base(self) -> str:
        return f"{self.sandbox.url}/rest/api/{self.api}"

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        url = (
            path
            if path.startswith("http")
            else self.sandbox.url + path
            if path.startswith("/rest/")
            else self.base + path
        )
        return self.session.request(method, url, timeout=20, allow_redirects=False, **more)

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.call("GET", path, params=params)

    def post(self, path: str, payload: Any) -> requests.Response:
        return self.call("POST", path, json=payload)

    def put(self, path: str, payload: Any) -> requests.Response:
        return self.call("PUT", path, json=payload)

    def delete(self, path: str, **params: Any) -> requests.Response:
        return self.call("DELETE", path, params=params)

    def body(self, text: str) -> Any:
        """A rich text body as this API version wants it."""
        return document(text) if self.api == "3" else text

    def create(self, summary: str = "Sell ice cream on board", type: str = "Story", **fields: Any) -> str:
        """Create an issue in the main project; its key."""
        made = self.post(
            "/issue",
            {"fields": {"project": {"key": "ROAD"}, "issuetype": {"name": type}, "summary": summary, **fields}},
        )
        assert made.status_code == 201, made.text
        return str(made.json()["key"])

    def search(self, jql: str, **more: Any) -> list[str]:
        """The keys a query finds, in order."""
        path = "/search/jql" if self.sandbox.options.edition == "cloud" else "/search"
        found = self.get(path, jql=jql, fields="summary", maxResults=100, **more)
        assert found.status_code == 200, found.text
        return [one["key"] for one in found.json()["issues"]]


def document(text: str) -> dict[str, Any]:
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}],
    }


def logged_in(sandbox: Sandbox, *, api: str | None = None) -> Jira:
    jira = Jira(sandbox=sandbox, api=api or ("3" if sandbox.options.edition == "cloud" else "2"))
    jira.session.trust_env = False
    jira.session.auth = (sandbox.user, sandbox.secret)
    return jira


def anonymous(sandbox: Sandbox) -> Jira:
    jira = Jira(sandbox=sandbox, api="3" if sandbox.options.edition == "cloud" else "2")
    jira.session.trust_env = False
    return jira


def wrongly(sandbox: Sandbox, user: str = "nobody@example.com", secret: str = "wrong") -> Jira:
    jira = anonymous(sandbox)
    jira.session.auth = (user, secret)
    return jira
