"""The palette: by keyboard alone, in three languages, with accents left out, on a phone; the map of keys is whole."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.mailbox import Person, focused_subject, make_person, row, status
from workmail.ui import commands

pytestmark = pytest.mark.browser

FIVE: list[dict[str, Any]] = [{"subject": f"Pallet {number}", "text": f"Text {number}."} for number in range(5)]
WIDE = {"width": 1440, "height": 900}


@pytest.fixture
def person(running_workmail: Any, new_page: Callable[..., Page]) -> Person:
    return make_person(running_workmail, new_page, FIVE, folders=("Équipe été", "Ещё раз"))


def opened(page: Page) -> Any:
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name=PALETTE[page.locator("html").get_attribute("lang") or "en"])
    expect(field).to_be_focused()
    return field


PALETTE = {"en": "Command, folder, page or person"}


def options(page: Page) -> Any:
    return page.locator("#palette [role=option]")


def test_a_command_acts_on_the_row_one_was_at(person: Person) -> None:
    page = person.page(viewport=WIDE)
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused_subject(page) == "Pallet 1"
    opened(page)
    expect(page.locator("#palette [role=status]")).to_contain_text("choices")
    assert_accessible(page)
    page.keyboard.type("archi")
    expect(options(page).first).to_contain_text("Archive")
    expect(options(page).first.locator("kbd").first).to_have_text("e")
    page.keyboard.press("Enter")
    expect(page.locator("#palette")).to_be_hidden()
    expect(row(page, "Pallet 1")).to_have_count(0)
    expect(status(page)).to_contain_text("Archived: Pallet 1")
    assert focused_subject(page) == "Pallet 2"


def test_escape_gives_the_focus_back(person: Person) -> None:
    page = person.page(viewport=WIDE)
    page.keyboard.press("j")
    opened(page)
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    assert focused_subject(page) == "Pallet 0"


@pytest.mark.parametrize(("typed", "name"), [("equipe ete", "Équipe été"), ("еще", "Ещё раз")])
def test_a_folder_is_found_without_its_accents(person: Person, typed: str, name: str) -> None:
    page = person.page(viewport=WIDE)
    opened(page)
    page.keyboard.insert_text(typed)
    expect(options(page).first).to_contain_text(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def test_a_page_of_settings_a_search_and_a_person(person: Person) -> None:
    page = person.page(viewport=WIDE)
    opened(page)
    page.keyboard.type("keyb")
    expect(options(page).first).to_contain_text("Keyboard")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/#keyboard")
    page.wait_for_selector("html.ready", state="attached")
    opened(page)
    page.keyboard.type("pallet 3")
    page.keyboard.press("Enter")
    page.wait_for_url("**/mail/search/?q=pallet+3")
    page.wait_for_selector("html.ready", state="attached")
    opened(page)
    page.keyboard.type("alice")
    expect(options(page).filter(has_text="Write to").first).to_be_visible()


def test_in_the_text_of_a_message_the_key_makes_a_link(person: Person) -> None:
    page = person.page(viewport=WIDE)
    page.goto("/mail/compose/")
    text = page.locator("[data-editor] [contenteditable=true]")
    text.click()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Escape")
    page.locator("input.subject").focus()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()


def test_on_a_phone_it_opens_from_the_menu_and_nothing_scrolls_sideways(person: Person) -> None:
    page = person.page(viewport={"width": 320, "height": 640}, color_scheme="dark", has_touch=True)
    page.locator('[popovertarget="account"]').first.click()
    page.locator("#account [data-open-palette]").click()
    expect(page.locator("#palette")).to_be_visible()
    expect(options(page).nth(3)).to_be_visible()
    assert_accessible(page)


def test_without_script_there_is_no_palette(person: Person) -> None:
    page = person.page(viewport=WIDE, java_script_enabled=False)
    expect(page.locator("[data-open-palette]").first).to_be_hidden()


def test_the_help_sheet_names_every_command_that_is_not_planned(person: Person) -> None:
    page = person.page(viewport=WIDE)
    page.keyboard.press("?")
    shown = page.locator("#help dt").all_inner_texts()
    labels = commands.command_labels()
    missing_pages = {"go-calendar", "go-tasks", "go-admin"}
    expected = {
        labels[name] for name, line in commands.table().items() if not line.is_planned and name not in missing_pages
    }
    assert expected <= set(shown)
