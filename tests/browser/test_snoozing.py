"""Snoozing and muting by keyboard, and where they are seen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.test_compose import person  # noqa: F401

pytestmark = pytest.mark.browser


def test_a_conversation_is_snoozed_undone_and_muted_by_keyboard(person: Callable[..., Page]) -> None:  # noqa: F811
    page = person("alice")
    page.wait_for_selector("html.ready")
    row = page.locator(".row:not([data-leaving])").first
    name = row.get_attribute("data-name")
    row.locator("a.hit").focus()
    page.keyboard.press("b")
    dialog = page.get_by_role("dialog", name="Snooze until")
    expect(dialog).to_be_visible()
    assert_accessible(page)
    dialog.get_by_role("button", name="Tomorrow morning").press("Enter")
    expect(page.locator(f'.row[data-name="{name}"]:visible')).to_have_count(0)
    expect(page.locator("[data-role=snoozed]")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator(f'.row[data-name="{name}"]:visible')).to_have_count(1)
    page.locator(f'.row[data-name="{name}"] a.hit').press("Enter")
    expect(page.locator("#open [data-reading]")).to_be_visible()
    page.get_by_role("button", name="Snooze").locator("visible=true").first.press("Enter")
    expect(page.locator("[id^=snooze-]:popover-open")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    expect(page.locator(f'.row[data-name="{name}"]:visible')).to_have_count(0)
    page.keyboard.press("z")
    expect(page.locator(f'.row[data-name="{name}"]:visible')).to_have_count(1)
