"""Categories, unsubscribing and sender warnings by keyboard, in both themes and on a phone."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.mailbox import make_person, row, status

pytestmark = pytest.mark.browser

LIST_MAIL = {
    "subject": "Newsletter",
    "from_": "News <news@example.org>",
    "header_fields": [["List-Id", "<news.example.org>"], ["List-Unsubscribe", "<mailto:leave@example.org>"]],
    "authentication": {"dmarc": "pass", "dkim": "pass"},
}
ODD_MAIL = {"subject": "Odd", "from_": "Boss <boss@examp1e.test>", "authentication": {"dmarc": "pass"}}


@pytest.fixture
def someone(running_workmail: Any, new_page: Any) -> Any:
    return make_person(running_workmail, new_page, [{"subject": "First"}, {"subject": "Second"}, LIST_MAIL, ODD_MAIL])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_category_is_made_given_seen_searched_and_taken_back_by_keyboard(someone: Any, theme: str) -> None:
    page: Page = someone.page(color_scheme=theme)
    row(page, "First").locator("a.hit").focus()
    page.keyboard.press("l")
    dialog = page.get_by_role("dialog", name="Categories")
    expect(dialog).to_be_visible()
    assert_accessible(page)
    page.keyboard.type("Projets d’été")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(row(page, "First").locator(".cat")).to_have_text("Projets d’été")
    expect(status(page)).to_contain_text("Projets d’été")
    assert_accessible(page)
    page.keyboard.press("z")
    expect(row(page, "First").locator(".cat")).to_have_count(0)

    row(page, "Second").locator("a.hit").focus()
    page.keyboard.press("x")
    page.keyboard.press("l")
    page.keyboard.type("projets")
    page.keyboard.press("Enter")
    expect(row(page, "Second").locator(".cat")).to_have_text("Projets d’été")
    row(page, "Second").locator("a.hit").press("Enter")
    chip = page.locator("#open [data-cats] .cat")
    expect(chip).to_have_text("Projets d’été")
    page.keyboard.press("l")
    page.keyboard.type("projets")
    page.keyboard.press("Enter")
    expect(chip).to_have_count(0)
    expect(row(page, "Second").locator(".cat")).to_have_count(0)
    page.keyboard.press("z")
    expect(page.locator("#open [data-cats] .cat")).to_have_count(1)
    page.locator("#open [data-cats] .cat").press("Enter")
    page.wait_for_url("**/search/**")
    expect(row(page, "Second")).to_have_count(1)
    expect(row(page, "First")).to_have_count(0)


def test_a_list_is_left_and_a_warning_is_read_on_a_phone(someone: Any) -> None:
    page: Page = someone.page(viewport={"width": 320, "height": 700})
    row(page, "Newsletter").locator("a.hit").press("Enter")
    expect(page.locator("#open")).to_contain_text("External")
    assert_accessible(page)
    page.get_by_role("button", name="Unsubscribe from News").press("Enter")
    expect(page.locator("[data-left-list]")).to_contain_text("You unsubscribed on")
    expect(status(page)).to_contain_text("Unsubscribed from News")
    page.get_by_role("link", name="Back to Inbox").press("Enter")
    row(page, "Odd").locator("a.hit").press("Enter")
    warning = page.locator("[data-sender-warning]")
    expect(warning).to_contain_text("looks like example.test")
    expect(warning).to_contain_text("Compare the address letter by letter")
    assert_accessible(page)
    page.get_by_role("button", name="More actions").press("Enter")
    page.get_by_role("button", name="Report phishing").press("Enter")
    expect(row(page, "Odd")).to_have_count(0)


def test_the_page_of_categories_is_for_everybody(someone: Any) -> None:
    page: Page = someone.page(color_scheme="dark", viewport={"width": 320, "height": 700})
    page.goto("/settings/categories/")
    page.get_by_role("textbox", name="Name").first.fill("Travel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Travel")).to_be_visible()
    assert_accessible(page)
