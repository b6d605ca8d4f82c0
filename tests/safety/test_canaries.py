"""One secret of each kind goes through a whole life of Tieline; nothing that is kept, shown or said holds it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.server import Server, start_server
from tests.safety.canaries import find, leaks_in_files
from tests.safety.echo import WAYS, Asked, EchoJira, echoing, in_json, in_page, in_redirect
from tests.walking import Visitor
from tieline.sandbox.options import SandboxOptions
from tieline.sandbox.server import Sandbox

pytestmark = pytest.mark.process

TOKEN = 'ferry-canary/41+ü"&=token'
WRONG = 'wrong-canary/17+ö"&=token'
PASSWORD = "harbour-canary/29+å&=word"


class Life:
    """What happened, and every page and every secret on the way."""

    def __init__(self, server: Server, jira: EchoJira) -> None:
        self.server, self.jira = server, jira
        self.secrets = {
            "token": TOKEN,
            "wrong token": WRONG,
            "password": PASSWORD,
            "sign-in link": token_of(server.link),
        }
        self.pages: dict[str, bytes] = {}
        self.shown_once: dict[str, str] = {}
        self.arguments: set[bytes] = set()
        self.pat = Visitor(server.base)

    @property
    def processes(self) -> list[Path]:
        """Arguments of every process that knows this folder."""
        mine = str(self.server.folder).encode()
        return [
            one
            for one in Path("/proc").glob("[0-9]*")
            if mine in _read(one / "environ") and one.name != str(os.getpid())
        ]

    def look_at_processes(self) -> None:
        for one in self.processes:
            self.arguments |= {_read(one / "cmdline"), _read(one / "comm")}

    def keep(self, visitor: Visitor, who: str) -> None:
        self.pages[f"{who} {visitor.url}"] = visitor.html.encode()

    def crawl(self, visitor: Visitor, who: str, *starts: str, most: int = 250) -> None:
        """Every page that can be reached by links, kept."""
        todo, seen = list(starts), set[str]()
        while todo and len(seen) < most:
            path = todo.pop(0).split("#")[0]
            if path in seen or path.startswith(("http", "mailto")) or "/static/" in path or path[:10] == "/problems/":
                continue
            seen.add(path)
            visitor.open(path)
            assert visitor.status < 500, path
            self.keep(visitor, who)
            todo += [href for href, _ in visitor.page.links if href.startswith("/")]

    def shown(self, words: str, seconds: float = 30.0) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if words in self.pat.open(self.pat.url).text:
                return True
            time.sleep(0.2)
        return False

    def checked(self) -> None:
        """Wait for the end of a check and keep its page."""
        until = time.monotonic() + 30
        while "Show how far it is" in self.pat.open(self.pat.url).text:
            assert time.monotonic() < until
            time.sleep(0.2)
        self.keep(self.pat, "owner, check")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def token_of(link: str) -> str:
    return link.rsplit("/", 1)[1].rstrip(".")


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """The whole story, told once; the tests look at what it left."""
    folder = tmp_path_factory.mktemp("canaries")
    with Sandbox.start(SandboxOptions(edition="cloud")) as sandbox, echoing(sandbox, TOKEN) as jira:
        with start_server(folder, allow=f"127.0.0.1:{jira.port}") as server:
            life = Life(server, jira)
            live(life)
            life.look_at_processes()
        life.secrets["master key"] = (folder / "keys" / "master.key").read_text().strip()
        life.secrets["session key"] = (folder / "keys" / "django.key").read_text().strip()
        yield life


def live(life: Life) -> None:
    pat = life.pat
    pat.open(life.server.link).press("Sign in with this link")
    pat.press("Save", name="Pat Lee", email="pat@example.org", password=PASSWORD)
    pat.open("/workspaces/new").press("Make", name="Ferry booking", key="FERRY")
    viewer = invite_viewer(life)
    connect_with_everything_wrong(life)
    set_up(life)
    live_on(life)
    life.crawl(pat, "owner", "/", "/w/FERRY/log", "/w/FERRY/problems", "/w/FERRY/integrations", "/system", "/account")
    life.crawl(viewer, "viewer", "/", "/w/FERRY/log", "/w/FERRY/problems", "/w/FERRY/integrations")


def invite_viewer(life: Life) -> Visitor:
    pat = life.pat
    pat.open("/w/FERRY/members").press("Make invitation link", email="robin@example.org", role="viewer")
    link = re.search(r"/welcome/[\w-]+", pat.html)
    assert link
    life.secrets["invitation"] = token_of(link.group())
    robin = Visitor(life.server.base).open(link.group()).press("Sign in with this link")
    robin.press("Save", name="Robin", email="robin@example.org", password=f"{PASSWORD}-of-robin")
    pat.open("/w/FERRY/members").press("Make invitation link", email="never@example.org", role="viewer")
    unused = re.search(r"/welcome/[\w-]+", pat.html)
    assert unused
    life.secrets["unused invitation"] = token_of(unused.group())
    pat.open("/system").press("New sign-in link robin@example.org")
    again = re.search(r"/welcome/[\w-]+", pat.html)
    assert again
    life.secrets["link from the operator"] = token_of(again.group())
    return robin


def connect_with_everything_wrong(life: Life) -> None:
    pat, jira = life.pat, life.jira
    typed = {"account": jira.sandbox.user, "secret": WRONG}
    pat.open("/w/FERRY/integrations/new").press("Save and check", base_url="not an address //", **typed)
    life.keep(pat, "owner, refused form")
    pat.press("Save and check", base_url=jira.url, **typed)
    life.checked()
    for way in WAYS:
        jira.turn = way
        pat.press("Check again")
        life.checked()
    jira.turn = lambda asked: in_json(asked) if "myself" in asked.path else None
    pat.press("Check again")
    life.checked()


def set_up(life: Life) -> None:
    pat, jira = life.pat, life.jira
    jira.turn = lambda _: None
    pat.follow("Change address or login").press("Save and check", secret=TOKEN)
    life.checked()
    assert "Everything is in order" in pat.text, pat.text
    check = pat.url
    for words in ("mypermissions", "createmeta", "project", "serverInfo"):
        for way in (in_json, in_redirect):
            jira.turn = lambda asked, words=words, way=way: way(asked) if words in asked.path else None
            pat.open(check).press("Check again")
            life.checked()
    jira.turn = lambda asked: in_page(asked) if "project" in asked.path else None
    life.keep(pat.open(check.replace("/check", "/project")), "owner")
    jira.turn = lambda _: None
    pat.open(check).press("Check again")
    life.checked()
    pat.follow("Choose the project").press("Choose ROAD").press("Save the mapping")
    pat.open(pat.url.replace("/map", "/try"))
    life.keep(pat, "owner")
    trying = pat.url
    jira.turn = lambda asked: echo_hook(asked, 400)
    pat.press("Turn on", webhook="on")
    life.keep(pat, "owner")
    overview = trying.replace("/try", "")
    jira.turn = lambda _: None
    pat.open(overview).press("Webhook")
    life.keep(pat, "owner")
    hook = next(iter(jira.sandbox.world.webhooks.values()))
    life.secrets["webhook secret"] = hook.secret
    by_hand(life, overview)


def by_hand(life: Life, overview: str) -> None:
    """The page for an administrator shows a new secret once."""
    pat = life.pat
    pat.open(f"{overview}/webhook")
    life.keep(pat, "owner")
    pat.press("Make a new secret")
    once = re.search(r'id="hook-secret"[^>]*value="([^"]+)"', pat.html)
    assert once
    life.secrets["webhook secret shown once"] = once.group(1)
    pat.open(f"{overview}/webhook")
    life.keep(pat, "owner")
    pat.open(overview).press("Remove the webhook")


def echo_hook(asked: Asked, status: int) -> tuple[int, dict[str, str], bytes] | None:
    """The place where webhooks are made gives everything back, the body without any name before it, too."""
    if asked.method != "POST" or "webhook" not in asked.path:
        return None
    found = re.search(r'"(?:secret|SECRET)"\s*:\s*"([^"]+)"', asked.body.decode())
    words = f"unexpected {found.group(1)} here" if found else "no secret was sent"
    body = {"errorMessages": [words, asked.everything]}
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()


def live_on(life: Life) -> None:
    pat, jira = life.pat, life.jira
    for n in range(3):
        pat.open("/w/FERRY/features/new").press("Save", name=f"Book a bicycle {n}", description="For **cyclists**.")
    for way in WAYS:
        jira.turn = lambda asked, way=way: way(asked) if asked.method in {"POST", "PUT"} else None
        pat.open("/w/FERRY/features/new").press("Save", name=f"Book a cabin {way.__name__}")
        if any("Send to" in words for form in pat.page.forms for _, _, words, _ in form.buttons):
            pat.press("Send to")
        time.sleep(1.5)
        life.keep(pat.open(pat.url), "owner")
    jira.turn = in_json
    time.sleep(3)
    jira.turn = lambda _: None
    pat.open("/w/FERRY/integrations").follow("Skerry")
    overview = pat.url
    pat.open("/w/FERRY/log")
    life.keep(pat, "owner")
    pat.open(f"{overview}/check").press("Check again")
    life.checked()
    pat.open(f"{overview}/import").press("Import them")
    time.sleep(3)
    forged(life, overview)


def forged(life: Life, overview: str) -> None:
    base = sqlite3.connect(life.server.folder / "tieline.sqlite3")
    token = base.execute("SELECT webhook_token FROM store_integration").fetchone()[0]
    base.close()
    body = json.dumps(
        {"webhookEvent": "jira:issue_updated", "issue": {"id": "10001", "key": "ROAD-1"}, "x": "y"}
    ).encode()
    for key in (life.secrets["webhook secret shown once"], "wrong"):
        signature = "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(
            f"{life.server.base}/hooks/jira/{token}", data=body, headers={"X-Hub-Signature": signature}
        )
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()
        except urllib.error.HTTPError as refused:
            life.pages[f"hook {refused.code}"] = refused.read()


# --- what is left ------------------------------------------------------------------------------------------------------


def test_the_story_was_lived(life: Life) -> None:
    """Without this the other tests could pass on nothing."""
    assert {way.__name__ for way in WAYS} == {"in_json", "in_page", "in_headers", "in_redirect", "in_broken_json"}
    assert sum(one.secret == TOKEN for one in life.jira.asked) > 60
    assert sum(one.secret == WRONG for one in life.jira.asked) > 5
    assert len([one for one in life.pages if one.startswith("owner")]) > 40
    assert len([one for one in life.pages if one.startswith("viewer")]) > 20
    assert all(len(secret) > 16 for secret in life.secrets.values())
    assert "hook 401" in life.pages
    assert b"[removed]" in b"".join(life.pages.values())


def test_no_file_holds_a_secret(life: Life) -> None:
    kept = [one for one in life.server.folder.rglob("*") if one.is_file() and one.parent.name != "keys"]
    assert {"tieline.sqlite3", "server.log"} <= {one.name for one in kept}
    said_on_purpose = "sign-in link in server.log"
    leaks = leaks_in_files(life.secrets, kept)
    assert any(one.startswith(said_on_purpose) for one in leaks), "the search finds what is there"
    assert [one for one in leaks if not one.startswith(said_on_purpose)] == []


def test_the_keys_are_for_their_owner_alone(life: Life) -> None:
    keys = life.server.folder / "keys"
    assert keys.stat().st_mode & 0o077 == 0
    assert [one.name for one in keys.iterdir() if one.stat().st_mode & 0o077] == []


def test_no_page_holds_a_secret(life: Life) -> None:
    secrets = {kind: secret for kind, secret in life.secrets.items() if kind != "sign-in link"}
    found = [
        (where, kind, find(secret, page)) for where, page in life.pages.items() for kind, secret in secrets.items()
    ]
    assert [one for one in found if one[2]] == []


def test_no_process_shows_a_secret_in_its_title(life: Life) -> None:
    assert life.arguments
    assert [find(secret, one) for one in life.arguments for secret in life.secrets.values() if find(secret, one)] == []


def test_the_log_of_the_server_has_no_traceback(life: Life) -> None:
    assert "Traceback" not in (life.server.folder / "server.log").read_text()


@pytest.mark.parametrize("way", WAYS, ids=lambda one: one.__name__)
def test_doctor_repeats_no_secret(way: Callable[..., object]) -> None:
    with Sandbox.start(SandboxOptions(edition="cloud")) as sandbox, echoing(sandbox, TOKEN) as jira:
        jira.turn = way  # type: ignore[assignment]
        for more in ((), ("--json",)):
            ran = subprocess.run(
                [sys.executable, "-m", "tieline.cli.main", "doctor", jira.url, "--user", jira.sandbox.user, *more,
                 "--secret-stdin"],
                input=TOKEN.encode(), capture_output=True, timeout=60, check=False,
                env={name: value for name, value in os.environ.items() if not name.startswith("TIELINE_")},
            )  # fmt: skip
            assert ran.returncode == 3, ran.stderr.decode()
            assert find(TOKEN, ran.stdout + ran.stderr) == []
            assert b"Traceback" not in ran.stderr
