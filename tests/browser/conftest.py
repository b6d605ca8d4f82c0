"""Chromium, a real server process, and a sandbox Jira beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.server import Server, start_server

CHROMIUM = Path(os.environ.get("TIELINE_TEST_CHROMIUM", "/usr/bin/chromium"))
SHOTS = Path(__file__).resolve().parents[2] / "var" / "screenshots"
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(str(item.fspath)).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.is_file():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs Chromium at {CHROMIUM}")
        pytest.skip(f"Chromium absent: {CHROMIUM}")
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
        yield browser
        browser.close()


@dataclass
class Walker:
    """A person at a browser. What the console or the page complains about is kept and looked at in the end."""

    page: Page
    base: str
    name: str
    complaints: list[str] = field(default_factory=list)
    stops: int = 0

    def go(self, path: str) -> None:
        self.page.goto(self.base + path)

    def stop(self, name: str) -> None:
        """Look around: axe finds nothing, nothing scrolls sideways; a picture is kept."""
        self.stops += 1
        self.page.wait_for_load_state("load")
        SHOTS.mkdir(parents=True, exist_ok=True)
        picture = SHOTS / f"{self.name}-{self.stops:02d}-{name}.png"
        self.page.screenshot(path=str(picture), full_page=True, caret="initial")
        assert axe_violations(self.page) == [], f"axe at {name} ({self.page.url})"
        assert sideways(self.page) <= 0, f"{name} scrolls sideways"


def axe_violations(page: Page) -> list[str]:
    """What axe finds, one line each: rule, element, what to do."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", AXE_TAGS
    )
    return [
        f"{one['id']}: {node['html'][:160]} — {node['failureSummary'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def sideways(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def new_walker(
    browser: Browser,
    base: str,
    name: str,
    *,
    width: int = 1280,
    theme: str = "light",
    javascript: bool = True,
    **extra: Any,
) -> tuple[Walker, BrowserContext]:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=theme, java_script_enabled=javascript, **extra
    )
    context.set_default_timeout(10_000)
    walker = Walker(page=context.new_page(), base=base, name=f"{name}-{width}-{theme}")
    walker.page.on(
        "console", lambda said: walker.complaints.append(said.text) if said.type in {"error", "warning"} else None
    )
    walker.page.on("pageerror", lambda error: walker.complaints.append(str(error)))
    return walker, context


@pytest.fixture
def jira() -> Iterator[Any]:
    from tieline.sandbox.server import Sandbox, SandboxOptions

    with Sandbox.start(SandboxOptions(edition="cloud")) as sandbox:
        yield sandbox


@pytest.fixture
def server(jira: Any, tmp_path: Path) -> Iterator[Server]:
    with start_server(tmp_path, allow=f"127.0.0.1:{port_of(jira)}") as running:
        yield running


def port_of(jira: Any) -> str:
    """The port on which a sandbox answers."""
    return str(re.findall(r":(\d+)", jira.url)[0])
