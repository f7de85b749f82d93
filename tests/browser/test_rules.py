"""A rule made from a message by keyboard alone, the automatic reply, and how their pages look to everybody."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.mailbox import Person, make_person, row, status

pytestmark = pytest.mark.browser

CARRIER = {"from_": "Ana Lopes <ana@carrier.example>", "subject": "Pallet 1", "text": "It has left.\n"}
OTHER = {"from_": "Guest <guest@example.net>", "subject": "Lunch"}


@pytest.fixture
def person(running_workmail: Any, new_page: Callable[..., Page]) -> Person:
    return make_person(running_workmail, new_page, [CARRIER, OTHER], folders=("Projects",))


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def walk_to(page: Page, script: str, key: str = "Tab") -> None:
    """Press a key until ``script`` is true of the element that has the focus."""
    for _ in range(60):
        if page.evaluate(f"(e => {script})(document.activeElement)"):
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} does not lead to where {script}.")


def test_a_rule_is_made_from_a_message_by_keyboard_and_files_what_comes_next(person: Person) -> None:
    page = person.page()
    row(page, "Pallet 1").locator("a.hit").focus()
    press(page, "Enter")
    expect(page.locator("[data-reading]")).to_be_visible()
    # 1: More actions, 2: Filter messages like this…
    page.get_by_role("button", name="More actions").focus()
    press(page, "Enter")
    expect(page.get_by_role("link", name="Filter messages like this…")).to_be_visible()
    walk_to(page, "e.textContent.startsWith('Filter messages')", key="ArrowRight")
    press(page, "Enter")
    page.wait_for_url("**/settings/rules/new/**")
    page.wait_for_selector("html.ready", state="attached")
    expect(page.get_by_label("Look for")).to_have_value("ana@carrier.example")
    expect(page.get_by_label("Folder to move to")).to_be_focused()
    page.keyboard.type("Projects")
    expect(page.locator("#rule-sentence")).to_contain_text("If the sender is “ana@carrier.example”, move to Projects.")
    walk_to(page, "e.id === 'save'")
    press(page, "Enter")
    page.wait_for_url("**/settings/rules/")
    expect(status(page)).to_have_text("The rule is saved.")
    expect(page.locator(".says")).to_have_text("If the sender is “ana@carrier.example”, move to Projects.")
    assert page.evaluate("document.activeElement.id.startsWith('edit-')")
    person.receives(from_="Ana Lopes <ana@carrier.example>", subject="Pallet 2")
    person.receives(from_="guest@example.net", subject="Dinner")
    page.goto("/mail/")
    expect(row(page, "Dinner")).to_be_visible(timeout=20_000)
    page.get_by_role("treeitem", name="Projects").click()
    expect(row(page, "Pallet 2")).to_be_visible(timeout=20_000)
    # What is here already: the count, then the work.
    page.goto("/settings/rules/")
    page.get_by_role("link", name="Run now…").click()
    expect(page.locator(".say-it")).to_have_text("The rule fits 1 message of 3.")
    page.get_by_role("button", name="Run the rule").click()
    expect(status(page)).to_contain_text("The rule is being applied.")
    page.goto("/mail/")
    expect(row(page, "Pallet 1")).to_have_count(0, timeout=20_000)


def test_a_rule_is_taken_back_by_key_and_the_reply_says_that_it_is_on(person: Person) -> None:
    page = person.page()
    page.goto("/settings/rules/new/")
    page.wait_for_selector("html.ready", state="attached")
    page.get_by_label("What to look at").select_option("attachment:")
    expect(page.get_by_label("Look for")).to_be_hidden()
    page.get_by_label("Flag it").check()
    page.get_by_role("button", name="Save the rule", exact=True).last.click()
    expect(page.locator(".says")).to_have_text("If there is an attachment, flag.")
    press(page, "z")
    expect(page.locator(".says")).to_have_count(0)
    page.goto("/settings/automatic-reply/")
    page.get_by_label("Answer automatically").check()
    page.get_by_label("What colleagues get").fill("Back on Monday.")
    page.get_by_label("What people outside your organization get").fill("I am away.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(status(page)).to_have_text("The automatic reply is on.")
    page.goto("/mail/")
    expect(page.get_by_role("link", name="Automatic reply is on")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_keep_nobody_out(person: Person, width: int, scheme: str) -> None:
    page = person.page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.goto("/settings/rules/new/")
    page.wait_for_selector("html.ready", state="attached")
    page.get_by_label("What to look at").select_option("header:contains")
    page.get_by_label("Look for").fill("word")
    page.get_by_role("button", name="Save the rule", exact=True).last.click()
    expect(page.get_by_role("alert").filter(has_text="header field")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Name of the header field").fill("X-Kind")
    page.get_by_role("button", name="Add an exception").click()
    expect(page.get_by_role("group", name="Exception 1").get_by_label("What to look at")).to_be_focused()
    page.get_by_label("Flag it").check()
    assert_accessible(page)
    page.get_by_role("button", name="Save the rule", exact=True).last.click()
    expect(page.locator(".says")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Run now…").click()
    assert_accessible(page)
    page.goto("/settings/automatic-reply/")
    page.get_by_label("What colleagues get").fill("Back on Monday.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="What others will read")).to_be_visible()
    assert_accessible(page)


def test_everything_works_without_script(person: Person) -> None:
    page = person.page(java_script_enabled=False)
    page.goto("/settings/rules/new/")
    page.get_by_label("What to look at").select_option("from:contains")
    page.get_by_label("Look for").fill("carrier")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("What to look at").nth(1).select_option("size:larger")
    page.get_by_label("Look for").nth(1).fill("5")
    page.get_by_label("Move it to Deleted").check()
    page.get_by_role("button", name="Save the rule", exact=True).last.click()
    expect(page.locator(".says")).to_have_text(
        "If the sender contains “carrier” and the message is larger than 5\u00a0MB, move to Deleted."
    )
    page.get_by_role("button", name="Switch off").click()
    expect(page.get_by_role("button", name="Switch on")).to_be_visible()
