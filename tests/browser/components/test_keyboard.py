"""Shortcuts, the help sheet, panes."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.components.person import focused, run

pytestmark = pytest.mark.browser


def test_the_help_sheet_lists_what_the_table_knows_and_gives_the_focus_back(show):
    page = show("mail")
    page.locator("#m0").focus()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard")
    expect(sheet.get_by_text("Select a range")).to_be_visible()
    expect(sheet.get_by_text("Go to the inbox")).to_be_visible()
    expect(sheet.get_by_text("Go to the calendar")).to_have_count(0)
    assert_accessible(page)
    page.keyboard.press("Escape")
    assert focused(page) == "m0"


def test_single_keys_stay_out_of_text_fields_and_can_be_switched_off(show):
    page = show("mail")
    page.locator("#q").focus()
    page.keyboard.type("j?x")
    expect(page.locator("#q")).to_have_value("j?x")
    page.evaluate("document.documentElement.dataset.keys = 'off'")
    page.locator("#m0").focus()
    page.keyboard.press("x")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()
    expect(page.locator(".list")).not_to_have_attribute("data-picked", re.compile(".*"))
    page.keyboard.press("Control+Alt+h")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    expect(page.locator("[data-keys-sheet]").get_by_text("j", exact=True)).to_have_count(0)


def names(page: Page, **event: Any) -> list[str]:
    return run(
        page,
        "const { namesOf } = await import('/static/js/keys.js');"
        "return namesOf(new KeyboardEvent('keydown', argument));",
        event,
    )


def test_with_a_cyrillic_layout_the_place_of_the_key_counts(show):
    page = show("mail")
    assert "x" in names(page, key="ч", code="KeyX")
    assert "Shift+i" in names(page, key="Ш", code="KeyI", shiftKey=True)
    assert "?" in names(page, key=",", code="Slash", shiftKey=True)
    assert "#" in names(page, key="№", code="Digit3", shiftKey=True)
    assert names(page, key="é", code="KeyW") == ["é"]
    assert names(page, key="!", code="Digit1", shiftKey=True) == ["!"]
    assert "Control+Alt+r" in names(page, key="к", code="KeyR", ctrlKey=True, altKey=True)
    assert names(page, key="Delete", code="Delete", shiftKey=True) == ["Shift+Delete"]


def test_two_keys_go_somewhere(show):
    page = show("mail")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/mail/")


def test_a_command_clicks_what_offers_it(show):
    page = show("mail")
    page.locator("#m0").focus()
    page.keyboard.press("v")
    dialog = page.get_by_role("dialog", name="Move to")
    expect(dialog).to_be_visible()
    page.keyboard.type("hir")
    expect(dialog.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    assert focused(page) == "m0"


def test_keys_of_rows_act_only_on_rows(show):
    page = show("mail")
    run(
        page,
        "const { handle } = await import('/static/js/keys.js');"
        "window.done = 0; handle('delete', () => { window.done += 1; });",
    )
    page.locator("body").press("Delete")
    assert page.evaluate("window.done") == 0
    page.locator("#m0").press("Delete")
    assert page.evaluate("window.done") == 1
    page.locator("#m0").press("#")
    assert page.evaluate("window.done") == 2


def test_f6_goes_through_the_panes(show):
    page = show("mail")
    page.locator("#m0").focus()
    page.keyboard.press("F6")
    assert page.evaluate("document.activeElement.closest('.read') !== null")
    page.keyboard.press("F6")
    assert page.evaluate("document.activeElement.closest('.status') !== null")
    page.keyboard.press("Shift+F6")
    page.keyboard.press("Shift+F6")
    assert focused(page) == "m0"
    page.keyboard.press("Shift+F6")
    assert page.evaluate("document.activeElement.closest('.side') !== null")
