"""The main journey: from the one-time link to a plan and a Jira that stay in step, with things going wrong on the way."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser import steps
from tests.browser.conftest import new_walker


@pytest.fixture(params=[(1280, "light"), (360, "dark")], ids=["wide-light", "narrow-dark"])
def walker(request, chromium, server):
    width, theme = request.param
    walker, context = new_walker(chromium, server.base, "journey", width=width, theme=theme)
    yield walker
    context.close()


def test_from_the_link_to_both_sides_in_step(walker, server, jira):
    page, base = walker.page, server.base

    # Sign in, and a first plan.
    page.goto(base + server.link)
    walker.stop("welcome")
    steps.set_up_account(page, base, server.link)
    walker.stop("no-workspace")
    steps.make_workspace(page, base, name="Ferry booking", key="FERRY")
    walker.stop("no-features")
    steps.make_release(page, base, "FERRY", name="Summer timetable", date="2027-03-15")
    feature = steps.make_feature(
        page,
        base,
        "FERRY",
        name="Book a crossing with a bicycle",
        release="Summer timetable",
        text="Cyclists need **one** place each.\n\n- on the web\n- at the gate",
    )
    steps.make_requirement(page, base, "FERRY", feature, name="Count free racks per sailing")
    page.goto(f"{base}/w/FERRY/r/{feature}")
    walker.stop("feature")

    # Connect: a pasted link is repaired with one click, a wrong token is explained.
    walker.go("/w/FERRY/integrations")
    walker.stop("no-integration")
    page.get_by_role("link", name="Connect a Jira").click()
    steps.fill_connection(page, jira, address=f" {jira.url}/browse/ROAD-7 ", secret=jira.secret[:-4] + "nope")
    page.get_by_label("Account").focus()
    use = page.get_by_role("button", name=f"Use {jira.url}")
    expect(use).to_be_visible()
    walker.stop("address-repaired")
    use.click()
    expect(page.get_by_label("Address of Jira")).to_have_value(jira.url)
    assert page.get_by_label("API token").input_value() == jira.secret[:-4] + "nope"
    steps.connect(page)
    steps.wait_for_check(page)
    expect(page.get_by_text("One step needs attention")).to_be_visible()
    expect(page.get_by_text("Not run").first).to_be_visible()
    walker.stop("check-login-refused")

    # The right token, with quotes around it as it was copied.
    page.get_by_role("link", name="Change address or login").click()
    page.get_by_label("API token").fill(f'"{jira.secret}"')
    walker.stop("connect-again")
    steps.connect(page)
    steps.wait_for_check(page)
    expect(page.get_by_text("Everything is in order").or_(page.get_by_text("Good, with"))).to_be_visible()
    walker.stop("check-good")

    # A fault of Jira, met by checking again, and gone by checking again.
    jira.world.switch_on("redirect-internal-host")
    page.get_by_role("button", name="Check again").last.click()
    steps.wait_for_check(page)
    expect(page.get_by_text(re.compile("10\\.0\\.0\\.5")).first).to_be_visible()
    walker.stop("check-redirected")
    jira.world.switch_off("redirect-internal-host")
    page.get_by_role("button", name="Check again").last.click()
    steps.wait_for_check(page)

    # Project, mapping, and the check of what was chosen.
    page.get_by_role("link", name="Choose the project").click()
    walker.stop("projects")
    page.get_by_role("button", name="Choose ROAD").click()
    walker.stop("mapping")
    steps.save_mapping(page)
    jira.world.switch_on("perm-create-version")
    page.get_by_role("link", name="Check (done)").click()
    page.get_by_role("button", name="Check again").last.click()
    steps.wait_for_check(page)
    expect(page.get_by_role("button", name="Copy request for the Jira admin").first).to_be_visible()
    walker.stop("check-no-versions")
    jira.world.switch_off("perm-create-version")
    page.get_by_role("button", name="Check again").last.click()
    steps.wait_for_check(page)
    expect(page.get_by_text("needs attention")).to_have_count(0)

    # Try one, then turn on and import.
    page.get_by_role("link", name="Go on to the mapping").click()
    page.get_by_role("link", name="Go on to trying it").click()
    walker.stop("try")
    page.get_by_role("button", name=re.compile("^Send this one")).first.click()
    expect(page.locator("#sent.good")).to_be_visible(timeout=20_000)
    walker.stop("sent-one")
    page.get_by_label("Import the issues and versions").check()
    page.get_by_label(re.compile("^Send the")).check()
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("It is on.")).to_be_visible()
    expect(page.get_by_text("A webhook is installed")).to_be_visible()
    expect(page.locator("#overview").get_by_text("Ended")).to_be_visible(timeout=60_000)
    walker.stop("overview")

    # An edit here is in Jira; an edit in Jira is here, on the page that is open, by itself.
    page.goto(f"{base}/w/FERRY/r/{feature}")
    expect(page.get_by_text("In step").first).to_be_visible(timeout=20_000)
    key = page.locator("aside a.key").inner_text().strip()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Name").fill("Book a crossing with up to six bicycles")
    page.get_by_role("button", name="Save").click()
    there = page.context.new_page()
    there.goto(f"{jira.url}/browse/{key}")
    for _ in range(20):
        if there.get_by_label("Summary").input_value() == "Book a crossing with up to six bicycles":
            break
        there.wait_for_timeout(500)
        there.reload()
    expect(there.get_by_label("Summary")).to_have_value("Book a crossing with up to six bicycles")
    there.get_by_label("Summary").fill("Book a crossing with a cargo bicycle")
    there.locator("form[action$='/edit'] button").first.click()
    there.close()
    expect(page.get_by_role("heading", level=1)).to_have_text("Book a crossing with a cargo bicycle", timeout=20_000)
    walker.stop("heard-from-jira")

    # Pausing, the log, and what it holds.
    walker.go("/w/FERRY/log")
    expect(page.get_by_text("Follows along")).to_be_visible()
    walker.stop("log")
    page.get_by_role("row").filter(has_text=key).first.get_by_role("link").last.click()
    page.locator("details.exchange summary").first.click()
    walker.stop("log-line")
    walker.go("/w/FERRY/features")
    walker.stop("features")
    assert walker.complaints == []
