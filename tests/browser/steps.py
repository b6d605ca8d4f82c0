"""What a person does in Tieline, step by step, in the words of the pages."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

PASSWORD = "a long enough password"
EMAIL = "pat@acme.io"


def set_up_account(page: Page, base: str, link: str) -> None:
    page.goto(base + link)
    page.get_by_role("button", name="Sign in with this link").click()
    page.get_by_label("Your name").fill("Pat Lee")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", name="Workspaces")).to_be_visible()


def sign_in(page: Page, base: str) -> None:
    page.goto(base + "/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def make_workspace(page: Page, base: str, *, name: str, key: str) -> None:
    page.goto(base + "/workspaces/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Make workspace").click()
    expect(page.get_by_role("heading", name="Features", exact=True)).to_be_visible()


def make_release(page: Page, base: str, key: str, *, name: str, date: str) -> str:
    page.goto(f"{base}/w/{key}/releases/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Release date").fill(date)
    page.get_by_role("button", name="Save").click()
    return page.url.rsplit("/", 1)[1]


def make_feature(page: Page, base: str, key: str, *, name: str, release: str | None = None, text: str = "") -> str:
    page.goto(f"{base}/w/{key}/features/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Description").fill(text)
    if release:
        page.get_by_label("Release").select_option(label=release)
    page.get_by_role("button", name="Save").click()
    return page.url.rsplit("/", 1)[1]


def make_requirement(page: Page, base: str, key: str, feature: str, *, name: str) -> str:
    page.goto(f"{base}/w/{key}/r/{feature}/requirements/new")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Save").click()
    return page.url.rsplit("/", 1)[1]


def fill_connection(page: Page, jira: Any, *, address: str | None = None, secret: str | None = None) -> None:
    page.get_by_label("Address of Jira").fill(address or jira.url)
    page.get_by_label("Account").fill(jira.user)
    page.get_by_label("API token").fill(secret if secret is not None else jira.secret)


def connect(page: Page) -> None:
    page.get_by_role("button", name="Save and check").click()


def wait_for_check(page: Page) -> None:
    expect(page.locator("#check[hx-get]")).to_have_count(0, timeout=25_000)
    expect(page.locator("#check")).to_be_visible()


def choose_project(page: Page, key: str = "ROAD") -> None:
    page.get_by_role("link", name="Choose the project").click()
    page.get_by_role("button", name=f"Choose {key}").click()
    expect(page.get_by_role("heading", name=f"What meets what in {key}")).to_be_visible()


def save_mapping(page: Page) -> None:
    page.get_by_role("button", name="Save the mapping").click()
    expect(page.get_by_text("The mapping is saved.")).to_be_visible()


def connect_all(page: Page, base: str, key: str, jira: Any) -> None:
    """From nothing to an integration that is on, without looking left or right."""
    page.goto(f"{base}/w/{key}/integrations/new")
    fill_connection(page, jira)
    connect(page)
    wait_for_check(page)
    choose_project(page)
    save_mapping(page)
    page.get_by_role("link", name="Go on to trying it").click()
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("It is on. From now on both sides are kept in step.")).to_be_visible()
