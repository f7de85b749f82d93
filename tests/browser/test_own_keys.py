"""Keys of one's own: chosen and used by keyboard alone, refused when taken, typed without script, on a phone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.mailbox import Person, focused_subject, make_person, row, status, wait_until_alive

pytestmark = pytest.mark.browser

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
FIVE: list[dict[str, Any]] = [{"subject": f"Pallet {number}", "text": f"Text {number}."} for number in range(5)]


@pytest.fixture
def person(running_workmail: Any, new_page: Callable[..., Page]) -> Callable[..., Person]:
    return lambda *messages: make_person(running_workmail, new_page, list(messages))


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def settings(page: Page) -> Page:
    page.goto("/settings/#keyboard")
    page.wait_for_selector("html.ready", state="attached")
    return page


def walk_to(page: Page, control: str) -> None:
    """Press Tab until the control has the focus."""
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == control:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {control}.")


def field(page: Page, command: str) -> Locator:
    return page.locator(f"#key-{command}")


def choose_own_keys(page: Page) -> None:
    walk_to(page, "keyboard-shortcuts")
    page.keyboard.type("Own")
    expect(page.locator("html")).to_have_attribute("data-keys", "own")
    expect(status(page)).to_have_text("Saved: Single-key shortcuts.")


def give(page: Page, command: str, *keys: str) -> None:
    walk_to(page, f"key-{command}")
    press(page, *keys, "Tab")


def mail(page: Page) -> None:
    page.goto("/mail/")
    wait_until_alive(page)


def test_an_own_key_is_set_and_used_by_keyboard_alone(person: Callable[..., Person]) -> None:
    page = settings(person(*FIVE).page(viewport=WIDE))
    expect(field(page, "archive")).to_be_hidden()
    choose_own_keys(page)
    give(page, "search", "q")
    expect(status(page)).to_have_text("Saved: “Search” has the key “q” now.")
    expect(page.locator(".search kbd")).to_have_text("q")
    give(page, "go-inbox", "h", "#")
    expect(status(page)).to_have_text("Saved: “Go to the inbox” has the key “h #” now.")
    give(page, "archive", "y")
    expect(status(page)).to_have_text("Saved: “Archive” has the key “y” now.")
    assert_accessible(page)
    page.keyboard.press("h")
    page.evaluate("document.activeElement.blur()")
    press(page, "h", "Shift+#")
    page.wait_for_url("**/mail/*/")
    wait_until_alive(page)

    press(page, "j", "j")
    assert focused_subject(page) == "Pallet 1"
    press(page, "o")
    button = page.locator("#open").get_by_role("button", name="Archive")
    expect(button).to_have_attribute("aria-keyshortcuts", "y")
    expect(button).to_have_attribute("title", "Archive (y)")
    press(page, "e")
    expect(row(page, "Pallet 1")).to_be_visible()
    press(page, "y")
    expect(status(page)).to_have_text("Archived: Pallet 1")
    press(page, "z")
    expect(row(page, "Pallet 1")).to_be_focused()
    press(page, "q")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    press(page, "?")
    sheet = page.locator("[data-keys-sheet] div").filter(has_text=re.compile("^Archive"))
    expect(sheet.locator("kbd").first).to_have_text("y")
    expect(page.locator("[data-keys-sheet] div").filter(has_text="Go to the inbox").locator("kbd")).to_contain_text(
        ["h", "#"]
    )


def test_a_key_that_is_taken_is_refused_at_its_field_and_reset_brings_the_old_one_back(
    person: Callable[..., Person],
) -> None:
    page = settings(person().page(viewport=PHONE))
    choose_own_keys(page)
    give(page, "archive", "s")
    refused = field(page, "archive")
    expect(refused).to_have_attribute("aria-invalid", "true")
    expect(refused).to_have_accessible_description(re.compile("“s” already belongs to “Flag”"))
    expect(refused).to_have_value("s")
    expect(page.locator("#alert-text")).to_contain_text("“s” already belongs to “Flag”")
    assert_accessible(page)

    refused.focus()
    press(page, "Escape")
    expect(refused).to_have_value("e")
    expect(refused).not_to_have_attribute("aria-invalid", "true")
    press(page, "Backspace", "Enter", "Tab")
    expect(status(page)).to_have_text("Saved: “Archive” has no key now.")
    give(page, "flag", "e")
    expect(status(page)).to_have_text("Saved: “Flag” has the key “e” now.")
    page.get_by_role("button", name="Reset “Archive”").press("Enter")
    expect(refused).to_have_accessible_description(re.compile("“e” already belongs to “Flag”"))
    page.get_by_role("button", name="Reset “Flag”").press("Enter")
    expect(status(page)).to_have_text("Saved: “Flag” has the key “s” now.")
    expect(field(page, "flag")).to_be_focused()
    expect(page.get_by_role("button", name="Reset “Flag”")).to_be_hidden()
    page.get_by_role("button", name="Reset all keys").press("Enter")
    expect(status(page)).to_have_text("Saved: all keys are as in Gmail.")
    expect(refused).to_have_value("e")
    page.locator("[data-undo]:visible").press("Enter")
    expect(status(page)).to_have_text("Undone.")
    expect(refused).to_have_value("")
    page.reload()
    expect(refused).to_have_value("")


def test_with_a_cyrillic_layout_the_place_of_the_pressed_key_is_kept(person: Callable[..., Person]) -> None:
    page = settings(person(*FIVE).page(viewport=WIDE))
    choose_own_keys(page)
    field(page, "archive").focus()
    pressed = """(keys) => { for (const [key, code, shiftKey] of keys) {
        document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, code, shiftKey, bubbles: true,
            cancelable: true})); } }"""
    page.evaluate(pressed, [["Shift", "ShiftLeft", True], ["Н", "KeyY", True], ["ю", "Period", False]])
    expect(field(page, "archive")).to_have_value("Shift+Y .")
    expect(page.locator("[data-key-heard]")).to_have_text("Shift+Y then .")
    press(page, "Tab")
    expect(status(page)).to_have_text("Saved: “Archive” has the key “Shift+Y .” now.")
    mail(page)
    press(page, "j", "Shift+Y", ".")
    expect(status(page)).to_have_text("Archived: Pallet 0")
    press(page, "j")
    page.evaluate(pressed, [["Shift", "ShiftLeft", True], ["Н", "KeyY", True], ["ю", "Period", False]])
    expect(status(page)).to_have_text(re.compile("Archived: Pallet [12]"))


def test_tooltips_and_marks_follow_the_preset(person: Callable[..., Person]) -> None:
    page = settings(person(*FIVE).page(viewport=WIDE))
    choose_own_keys(page)
    give(page, "help", "q", "q")
    expect(status(page)).to_have_text(re.compile("“q q”"))
    button = page.locator(".tools [data-dialog=help]")
    expect(button).to_have_attribute("title", "Keyboard help (q q)")
    assert button.get_attribute("aria-keyshortcuts") is None, "it knows no two keys one after the other"
    page.get_by_label("Single-key shortcuts").first.select_option("off")
    expect(button).to_have_attribute("aria-keyshortcuts", "Control+Alt+H")
    expect(button).to_have_attribute("title", "Keyboard help (Ctrl+Alt+H)")
    expect(field(page, "archive")).to_be_hidden()
    page.get_by_label("Single-key shortcuts").first.select_option("gmail")
    expect(button).to_have_attribute("aria-keyshortcuts", "?")
    expect(button).to_have_attribute("title", "Keyboard help (?)")


def test_keys_are_typed_without_script(person: Callable[..., Person]) -> None:
    page = person().page(viewport=PHONE, java_script_enabled=False)
    page.goto("/settings/")
    page.locator("#keyboard-shortcuts").select_option("own")
    page.locator("#keyboard").get_by_role("button", name="Save", exact=True).click()
    page.get_by_label("Archive", exact=True).fill("Ctrl+E")
    page.get_by_label("Flag", exact=True).fill("g f")
    page.get_by_role("button", name="Save the keys").click()
    expect(page.get_by_role("heading", name="One thing needs correcting")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Archive: “Ctrl")).click()
    expect(field(page, "flag")).to_have_value("g f")
    field(page, "archive").fill("y")
    field(page, "archive").press("Enter")
    expect(page.locator("#did-text")).to_have_text("Saved.")
    expect(field(page, "flag")).to_have_value("g f")
    page.get_by_role("button", name="Reset “Flag”").click()
    expect(page.locator("#did-text")).to_have_text("Saved: “Flag” has the key “s” now.")
    expect(page).to_have_url(re.compile("#key-flag$"))
