"""The whole job as a person does it, over real HTTP: `tieline demo`, sign in, connect, check, map, try, turn on, live."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.walking import Visitor

pytestmark = pytest.mark.process


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Demo:
    """A running `tieline demo` in a folder of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.port, self.sandbox_port = free_port(), free_port()
        self.options = options
        self.start()

    def start(self) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("TIELINE_", "DJANGO_"))}
        environment |= {"TIELINE_DATA": str(self.folder), "TIELINE_POLL_SECONDS": "3", "PYTHONUNBUFFERED": "1"}
        began = time.monotonic()
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tieline.cli.main", "demo", "--port", str(self.port)),
                *("--sandbox-port", str(self.sandbox_port), *self.options),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if "Stop it with" in line:
                break
        self.started_in = time.monotonic() - began
        assert "Stop it with" in self.said, self.said

    def stop(self, *, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        code = self.process.wait(30)
        if self.process.stdout:
            self.said += self.process.stdout.read()
        return code

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self.sandbox_port}"

    def told(self, label: str) -> str:
        found = re.search(rf"^\s*{label}\s+(\S+)", self.said, re.MULTILINE)
        assert found, self.said
        return found.group(1)

    def fault(self, name: str, on: bool) -> None:
        request = urllib.request.Request(
            f"{self.sandbox}/sandbox/faults/{name}",
            data=json.dumps({"on": on}).encode(),
            headers={"Content-Type": "application/json"},
        )
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Demo(tmp_path_factory.mktemp("demo"))
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="module")
def pat(demo: Demo) -> Visitor:
    """Signed in by the one-time link, with a password of her own."""
    path = re.search(r"/welcome/\S+", demo.said)
    assert path
    pat = Visitor(demo.address)
    pat.open(path.group()).press("Sign in with this link")
    pat.press("Save", name="Pat Lee", email="pat@example.org", password="correct horse battery")
    return pat


def wait_for(what: Callable[[], bool], seconds: float = 20.0) -> float:
    """Seconds until ``what`` held."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() - began < seconds, "it did not come about"
        time.sleep(0.2)
    return time.monotonic() - began


def settled(pat: Visitor) -> Visitor:
    wait_for(lambda: "Show how far it is" not in pat.open(pat.url).text, 30)
    return pat


def on_page(pat: Visitor, path: str, words: str, seconds: float = 20.0) -> float:
    return wait_for(lambda: words in pat.open(path).text, seconds)


def test_the_link_signs_in_once(demo: Demo, pat: Visitor) -> None:
    path = re.search(r"/welcome/\S+", demo.said)
    assert path
    second = Visitor(demo.address).open(path.group())
    if second.page.forms:
        second.press("Sign in with this link")
    assert "Ferry booking" not in second.text


def test_a_wrong_secret_is_told_and_a_pasted_link_is_repaired(demo: Demo, pat: Visitor) -> None:
    pat.open("/w/FERRY/integrations/new").press(
        "Save and check",
        base_url=f"{demo.sandbox}/browse/ROAD-1",
        account=demo.told("account"),
        secret=' "ATATT3xFfGF0-not-the-token-of-anybody-0123456789" ',
    )
    assert "cut down to the address" in pat.text
    settled(pat)
    assert "Jira does not accept the login" in pat.text
    assert "Client must be authenticated to access this resource." in pat.text
    assert "Not run" in pat.text
    assert "ATATT3xFfGF0-not" not in pat.html


def test_with_the_right_secret_the_check_turns_green(demo: Demo, pat: Visitor) -> None:
    pat.follow("Change address or login").press("Save and check", secret=demo.told("secret"))
    settled(pat)
    assert "Everything is in order" in pat.text
    pat.follow("Choose the project").press("Choose ROAD").press("Save the mapping")


def test_a_missing_permission_is_named_and_the_request_can_be_copied(demo: Demo, pat: Visitor) -> None:
    demo.fault("perm-create-version", on=True)
    pat.open(pat.url.replace("/map", "/check")).press("Check again")
    settled(pat)
    demo.fault("perm-create-version", on=False)
    assert "Administer Projects" in pat.text
    assert demo.told("account") in pat.text
    pat.press("Check again")
    settled(pat)
    assert "Everything is in order" in pat.text


def test_one_is_tried_and_then_all_is_turned_on(demo: Demo, pat: Visitor) -> None:
    pat.open(pat.url.replace("/check", "/try"))
    assert "Nothing has been written to Jira" in pat.text
    trying = pat.url
    pat.press("Send this one FERRY-1")
    on_page(pat, pat.url, "is in Jira now")
    pat.open(trying).press("Turn on", send_all="on", webhook="on")
    assert "It is on" in pat.text
    on_page(pat, pat.url, ", 0 waiting, 0 problems", 40)
    pat.open("/w/FERRY/features")
    assert pat.text.count("In step") >= 5


def test_an_edit_in_jira_is_here_within_seconds_by_webhook(demo: Demo, pat: Visitor) -> None:
    pat.open("/w/FERRY/r/FERRY-3")
    key = re.search(r"Issue(ROAD-\d+)", pat.text)
    assert key
    robin = Visitor(demo.sandbox).open(f"/sandbox/pages/issues/{key.group(1)}")
    assert robin.status == 200, robin.url
    robin.press("Save", summary="Show the next four crossings")
    took = on_page(pat, "/w/FERRY/r/FERRY-3", "Show the next four crossings", 10)
    assert took < 10


def test_an_edit_here_is_in_jira(demo: Demo, pat: Visitor) -> None:
    pat.open("/w/FERRY/r/FERRY-6")
    key = re.search(r"Issue(ROAD-\d+)", pat.text)
    assert key
    pat.open("/w/FERRY/r/FERRY-6/edit").press("Save", name="Say when a crossing is cancelled", tags="messages push")
    robin = Visitor(demo.sandbox)
    on_page(robin, f"/sandbox/pages/issues/{key.group(1)}", "Say when a crossing is cancelled", 15)


def test_polling_hears_what_no_webhook_tells(demo: Demo, pat: Visitor) -> None:
    demo.fault("webhooks-off", on=True)
    pat.open("/w/FERRY/r/FERRY-8")
    key = re.search(r"Issue(ROAD-\d+)", pat.text)
    assert key
    Visitor(demo.sandbox).open(f"/sandbox/pages/issues/{key.group(1)}").press("Save", summary="Pay by invoice")
    on_page(pat, "/w/FERRY/r/FERRY-8", "Pay by invoice", 20)
    demo.fault("webhooks-off", on=False)


def test_issues_and_versions_of_jira_become_records(demo: Demo, pat: Visitor) -> None:
    pat.open("/w/FERRY/integrations").follow("Skerry")
    overview = pat.url
    pat.follow("Import from Jira").press("Import them")
    wait_for(lambda: len(re.findall(r"FERRY-\d+", pat.open("/w/FERRY/features").text)) > 20, 40)
    on_page(pat, overview, ", 0 waiting", 40)


def test_the_sandbox_beside_is_connected_with_one_click(demo: Demo, pat: Visitor) -> None:
    pat.open("/w/FERRY/integrations/new").press("Connect the sandbox")
    settled(pat)
    assert "Everything is in order" in pat.text
    assert demo.told("secret") not in pat.open("/w/FERRY/integrations/new").html


def test_it_stops_in_order_and_starts_again_quickly_with_everything_kept(demo: Demo, pat: Visitor) -> None:
    assert demo.stop() == 0
    demo.start()
    assert demo.started_in < 15, "five seconds on a quiet machine; the benchmark measures it"
    assert "/welcome/" not in demo.said
    assert "Show the next four crossings" in pat.open("/w/FERRY/features").text


def test_no_secret_is_in_any_file_or_page(demo: Demo, pat: Visitor) -> None:
    secret = demo.told("secret").encode()
    demo.stop()
    kept = [path for path in demo.folder.rglob("*") if path.is_file() and not path.name.startswith("sandbox-")]
    assert kept
    assert [path.name for path in kept if secret in path.read_bytes()] == []
