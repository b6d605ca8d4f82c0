"""Every screen in both themes, wide and narrow; by keyboard; and without JavaScript."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import new_walker, port_of, sideways
from tests.browser.server import start_server
from tieline.sandbox.server import Sandbox, SandboxOptions


@pytest.fixture(scope="module")
def jira():
    with Sandbox.start(SandboxOptions(edition="cloud")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def town(chromium, jira, tmp_path_factory):
    """A server with a workspace that is connected, and the addresses of its pages."""
    with start_server(tmp_path_factory.mktemp("screens"), allow=f"127.0.0.1:{port_of(jira)}") as server:
        walker, context = new_walker(chromium, server.base, "town")
        page = walker.page
        steps.set_up_account(page, server.base, server.link)
        steps.make_workspace(page, server.base, name="Ferry booking", key="FERRY")
        steps.make_release(page, server.base, "FERRY", name="Winter timetable", date="2027-03-15")
        feature = steps.make_feature(
            page,
            server.base,
            "FERRY",
            name="Season tickets for islanders",
            release="Winter timetable",
            text="# Why\n\nThey cross *daily*.",
        )
        steps.make_requirement(page, server.base, "FERRY", feature, name="Proof of address")
        jira.world.switch_on("perm-create-version")
        steps.connect_all(page, server.base, "FERRY", jira)
        integration = page.url.rstrip("/").rsplit("/", 1)[1]
        connection = page.locator("a[href*='/connections/']").first.get_attribute("href")
        page.get_by_role("button", name="Send them all").click()
        expect(page.get_by_text("on their way to Jira")).to_be_visible()
        page.goto(f"{server.base}/w/FERRY/problems")
        for _ in range(30):
            if page.locator("article.card").count():
                break
            page.wait_for_timeout(500)
            page.reload()
        problem = page.locator("article.card header a").first.get_attribute("href")
        page.goto(f"{server.base}/w/FERRY/log")
        line = page.locator("table.log td.name a").first.get_attribute("href")
        state = context.storage_state()
        context.close()
        yield server, feature, integration, problem, line, connection, json.loads(json.dumps(state))
        jira.world.switch_off("perm-create-version")


def screens_of(feature, integration, problem, line, connection):
    at = f"/w/FERRY/integrations/{integration}"
    return {
        "home": "/",
        "features": "/w/FERRY/features",
        "feature-list": "/w/FERRY/features?group=none",
        "nothing-found": "/w/FERRY/features?q=submarine",
        "record": f"/w/FERRY/r/{feature}",
        "edit": f"/w/FERRY/r/{feature}/edit",
        "delete": f"/w/FERRY/r/{feature}/delete",
        "releases": "/w/FERRY/releases",
        "integrations": "/w/FERRY/integrations",
        "connect": f"{at}/connect",
        "check": f"{at}/check",
        "project": f"{at}/project",
        "map": f"{at}/map",
        "try": f"{at}/try",
        "overview": at,
        "import": f"{at}/import",
        "webhook": f"{at}/webhook",
        "connection": connection,
        "problems": "/w/FERRY/problems",
        "problem": problem,
        "log": "/w/FERRY/log",
        "log-line": line,
        "members": "/w/FERRY/members",
        "account": "/account",
        "system": "/system",
        "catalogue": "/problems/",
        "catalogue-page": "/problems/perm-create-version/",
        "not-found": "/w/FERRY/r/FERRY-999",
    }


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")])
def test_axe_finds_nothing_on_any_screen(chromium, town, width, theme):
    server, feature, integration, problem, line, connection, state = town
    walker, context = new_walker(chromium, server.base, "screens", width=width, theme=theme, storage_state=state)
    for name, path in screens_of(feature, integration, problem, line, connection).items():
        walker.go(path)
        for fold in walker.page.locator("details.fold:not([open]) > summary").all()[:6]:
            if fold.is_visible():
                fold.click()
        walker.stop(name)
    context.close()
    assert [one for one in walker.complaints if "404" not in one] == []


def test_nothing_scrolls_sideways_at_320_pixels(chromium, town):
    server, feature, integration, problem, line, connection, state = town
    walker, context = new_walker(chromium, server.base, "small", width=320, storage_state=state)
    wide = {}
    for name, path in screens_of(feature, integration, problem, line, connection).items():
        walker.go(path)
        wide[name] = sideways(walker.page)
    context.close()
    assert {name: by for name, by in wide.items() if by > 0} == {}


def test_the_sign_in_page_is_in_order(chromium, town):
    for theme in ("light", "dark"):
        walker, context = new_walker(chromium, town[0].base, "signed-out", theme=theme)
        walker.go("/sign-in")
        walker.stop("sign-in")
        walker.page.get_by_label("E-mail").fill("nobody@acme.io")
        walker.page.get_by_label("Password").fill("not the password")
        walker.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        expect(walker.page.get_by_role("alert")).to_be_focused()
        walker.stop("sign-in-refused")
        context.close()


def test_a_feature_is_written_and_saved_by_keyboard_alone(chromium, town):
    server, *_, state = town
    walker, context = new_walker(chromium, server.base, "keyboard", storage_state=state)
    page = walker.page
    walker.go("/w/FERRY/features")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Search features")).to_be_focused()
    walker.go("/w/FERRY/features/new")
    page.get_by_label("Name").focus()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("Written by keyboard")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Written by keyboard")).to_be_visible()
    page.get_by_text("Ferry booking").first.focus()
    page.locator("header summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Members")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Members")).to_be_hidden()
    context.close()


def test_everything_needed_works_without_javascript(chromium, town, jira):
    server, feature, *_, state = town
    walker, context = new_walker(chromium, server.base, "plain", javascript=False, storage_state=state)
    page = walker.page
    made = steps.make_feature(page, server.base, "FERRY", name="Plain forms do it")
    page.goto(f"{server.base}/w/FERRY/r/{made}/edit")
    page.locator("summary", has_text="Preview").click()
    page.get_by_label("Description").fill("**bold**")
    page.get_by_role("button", name="Show the description").click()
    expect(page.locator("#preview strong")).to_have_text("bold")
    page.goto(f"{server.base}/w/FERRY/integrations/new")
    steps.fill_connection(page, jira, address=f"{jira.url}/browse/ROAD-1")
    steps.connect(page)
    for _ in range(20):
        if page.get_by_role("link", name="Choose the project").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(
        page.get_by_text("The link to a page was cut down").or_(page.get_by_role("link", name="Choose the project"))
    ).to_be_visible()
    page.get_by_role("link", name="Choose the project").click()
    page.get_by_role("button", name="Choose ROAD").click()
    steps.save_mapping(page)
    page.goto(f"{server.base}/w/FERRY/r/{feature}")
    expect(page.get_by_role("button", name="Sync now")).to_be_visible()
    context.close()
