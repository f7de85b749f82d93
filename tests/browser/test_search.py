"""Searching as a person does it: typed with suggestions, picked from a form, changed token by token, saved."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.mailbox import Person, make_person, status, wait_until_alive
from tests.browser.test_mail import SCREENS, WIDE, press

pytestmark = pytest.mark.browser

LOOKS = [pytest.param(*screen.values, "light", id=f"{screen.id}-light") for screen in SCREENS]
LOOKS.append(pytest.param(WIDE, "dark", id="1440-dark"))
PALLETS: list[dict[str, Any]] = [
    {"subject": "Pallet ordered", "from_": "Tomás Herrera <tomas@example.org>"},
    {"subject": "Pallet late", "from_": "Luca Bianchi <luca@example.org>"},
    {"subject": "Contract", "from_": "Luca Bianchi <luca@example.org>", "flags": {"is_seen": False}},
]


@pytest.fixture
def person(running_workmail: Any, new_page: Callable[..., Page]) -> Callable[..., Person]:
    return lambda *messages, folders=(): make_person(running_workmail, new_page, list(messages), folders)


@pytest.fixture
def find(running_workmail: Any) -> Callable[[Page, str], None]:
    """Open the results of a query, once the messages are indexed."""

    def open_results(page: Page, text: str) -> None:
        def finds() -> bool:
            page.goto(f"/mail/search/?q={text}")
            return page.locator(".row").count() > 0

        running_workmail.wait_for(finds, "the messages are found", seconds=60)
        wait_until_alive(page)

    return open_results


def field(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search mail")


def offered(page: Page) -> Locator:
    return page.get_by_role("listbox").get_by_role("option")


def active(page: Page) -> Locator:
    """What a screen reader hears as chosen."""
    return page.locator(f"#{field(page).get_attribute('aria-activedescendant')}")


def test_a_search_is_typed_with_suggestions_by_keyboard_alone(
    person: Callable[..., Person], find: Callable[[Page, str], None]
) -> None:
    alice = person(*PALLETS, folders=("Old orders",))
    page = alice.page(viewport=WIDE)
    find(page, "pallet")
    page.goto("/mail/")
    wait_until_alive(page)
    press(page, "/")
    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_attribute("aria-expanded", "true")
    page.keyboard.type("pallet su")
    expect(offered(page)).to_have_text([re.compile("^subject:.*Words of the subject")])
    assert field(page).get_attribute("aria-activedescendant") is None  # Enter would search for what stands there
    expect(page.locator("#search [role=status]")).to_have_text("1 suggestion.")
    press(page, "ArrowDown")
    expect(active(page)).to_have_attribute("aria-selected", "true")
    press(page, "Enter")
    expect(field(page)).to_have_value("pallet subject:")
    page.keyboard.type("late is:unr")
    expect(offered(page)).to_have_text(["unread"])
    press(page, "Escape")
    expect(offered(page)).to_have_count(0)
    expect(field(page)).to_have_value("pallet subject:late is:unr")
    for _ in range(len(" is:unr")):
        press(page, "Backspace")
    page.keyboard.type(" in:old")
    press(page, "ArrowDown", "Enter")
    expect(field(page)).to_have_value('pallet subject:late in:"Old orders" ')
    press(page, "Enter")
    expect(page.locator(".tokens .edit")).to_have_text(["pallet", "subject:late", 'in:"Old orders"'])
    expect(page.get_by_text("Searched in Old orders.")).to_be_visible()
    page.get_by_role("link", name="Search all folders").press("Enter")
    expect(page.locator(".row .sub")).to_have_text(["Pallet late"])


def test_people_are_offered_by_name_and_what_was_searched_for_comes_back(person: Callable[..., Person]) -> None:
    bob = person()
    page = person(*PALLETS).page(viewport=WIDE)
    press(page, "/")
    page.keyboard.type(f"from:{bob.name[:12]}")
    option = offered(page).filter(has_text=bob.address)
    expect(option).to_be_visible()
    option.click()
    expect(field(page)).to_have_value(f"from:{bob.address} ")
    expect(field(page)).to_be_focused()
    with page.expect_request("**/mail/search/recent/"):  # it outlives the page, and so may its answer
        press(page, "Enter")
    expect(page.locator(".tokens .edit")).to_have_text([f"from:{bob.address}"])
    field(page).fill("from:bian")
    expect(offered(page)).to_have_text([re.compile("Luca Bianchi.*luca@example.org")])  # who only wrote to me
    recent = page.get_by_role("group", name="Recent searches").get_by_role("option")
    for _ in range(5):  # noted in its own time
        page.goto("/mail/")
        wait_until_alive(page)
        press(page, "/")
        expect(offered(page).first).to_be_visible()
        if recent.count():
            break
    expect(recent).to_have_text([f"from:{bob.address}"])
    press(page, "ArrowDown")
    expect(active(page)).to_have_text(f"from:{bob.address}")
    press(page, "Enter")
    expect(page.locator(".tokens .edit")).to_have_text([f"from:{bob.address}"])


def test_the_readers_language_is_offered_and_every_other_understood(
    person: Callable[..., Person], find: Callable[[Page, str], None]
) -> None:
    page = person(*PALLETS).page(viewport=WIDE)
    find(page, "pallet")
    page.evaluate(
        """address => fetch(address, {
            method: "POST", body: new URLSearchParams({ language: "fr" }),
            headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content },
        })""",
        reverse("ui:language"),
    )
    page.goto("/mail/search/?q=от:luca+is:unread")
    wait_until_alive(page)
    expect(page.locator(".tokens .edit")).to_have_text(["de:luca", "est:non-lu"])
    expect(page.locator(".row .sub")).to_have_text(["Contract"])
    press(page, "/")
    page.keyboard.press("End")
    page.keyboard.type(" fro")
    expect(offered(page).locator(".name")).to_have_text(["de:"])  # by its English name
    press(page, "ArrowDown", "Enter")
    expect(page.locator("#q")).to_have_value("от:luca is:unread de:")


def test_a_token_goes_back_into_the_field_with_its_value_selected(
    person: Callable[..., Person], find: Callable[[Page, str], None]
) -> None:
    page = person(*PALLETS).page(viewport=WIDE)
    find(page, "from:tomas+in:inbox")
    page.get_by_role("link", name="Change from:tomas").press("Enter")
    expect(field(page)).to_be_focused()
    expect(field(page)).to_have_value("from:tomas in:inbox")
    assert page.evaluate(
        "getSelection().toString() || ((f) => f.value.slice(f.selectionStart, f.selectionEnd))(q)"
    ) == ("tomas")
    page.keyboard.type("luca")
    press(page, "Enter")
    expect(page.locator(".tokens .edit")).to_have_text(["from:luca", "in:inbox"])
    expect(page.locator(".row")).to_have_count(2)
    page.get_by_role("link", name="Change in:inbox").press("Enter")
    expect(offered(page).filter(has_text="archive")).to_be_visible()  # the other folders, though inbox stands there
    press(page, "ArrowUp")
    expect(active(page)).to_contain_text("anywhere")
    press(page, "Enter", "Enter")
    expect(page.locator(".tokens .edit")).to_have_text(["from:luca", "in:anywhere"])


def test_a_search_is_picked_from_the_form(person: Callable[..., Person], find: Callable[[Page, str], None]) -> None:
    page = person(*PALLETS).page(viewport=WIDE)
    find(page, "pallet")
    page.get_by_role("link", name="Search options").press("Enter")
    dialog = page.get_by_role("dialog", name="Search options")
    expect(dialog.get_by_label("From")).to_be_focused()
    expect(dialog.get_by_label("Words")).to_have_value("pallet")
    press(page, "Escape")
    expect(page.get_by_role("link", name="Search options")).to_be_focused()
    press(page, "Enter")
    expect(dialog.get_by_label("From")).to_be_focused()
    page.keyboard.type("luca")
    dialog.get_by_label("Words").fill("")
    dialog.get_by_label("Folder").select_option("Inbox")
    dialog.get_by_label("Since").fill("2026-01-01")
    dialog.get_by_label("Unread").press("Space")
    press(page, "Enter")
    expect(page.locator(".tokens .edit")).to_have_text(["from:luca", "is:unread", "in:inbox", "after:2026-01-01"])
    expect(page.locator(".row .sub")).to_have_text(["Contract"])
    expect(field(page)).to_have_value("from:luca is:unread in:inbox after:2026-01-01")


def test_a_search_is_saved_opened_renamed_and_deleted_by_keyboard(
    person: Callable[..., Person], find: Callable[[Page, str], None]
) -> None:
    page = person(*PALLETS).page(viewport=WIDE)
    find(page, "from:luca")
    page.get_by_role("link", name="Save this search").press("Enter")
    name = page.get_by_role("dialog", name="Save this search").get_by_label("Name")
    expect(name).to_have_value("from:luca")
    expect(name).to_be_focused()
    name.fill("Mail from Luca")
    press(page, "Enter")
    expect(status(page)).to_have_text("Search saved as Mail from Luca.")
    expect(page.get_by_role("heading", name="Mail from Luca", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Rename")).to_be_focused()
    page.goto("/mail/")
    wait_until_alive(page)
    saved = page.get_by_role("navigation", name="Saved searches").get_by_role("treeitem", name="Mail from Luca")
    saved.press("Enter")
    expect(page.locator(".row .sub")).to_have_text(["Pallet late", "Contract"])
    expect(saved).to_have_attribute("aria-current", "page")
    wait_until_alive(page)
    page.get_by_role("link", name="Rename").press("Enter")
    page.get_by_role("dialog", name="Rename the search").get_by_label("Name").fill("")
    page.keyboard.type("Luca")
    press(page, "Enter")
    expect(status(page)).to_have_text("The search is now named Luca.")
    page.get_by_role("link", name="Delete this search").press("Enter")
    dialog = page.get_by_role("dialog", name="Delete the search Luca")
    dialog.get_by_role("button", name="Delete this search").press("Enter")
    expect(status(page)).to_have_text("Saved search Luca deleted.")
    expect(page.get_by_role("navigation", name="Saved searches")).to_have_count(0)
    expect(page.get_by_role("link", name="Save this search")).to_be_focused()
    press(page, "z")
    expect(status(page)).to_have_text("Undone.")
    expect(page.get_by_role("treeitem", name="Luca")).to_be_visible()


def test_a_name_that_is_taken_is_said_in_the_dialog(
    person: Callable[..., Person], find: Callable[[Page, str], None]
) -> None:
    page = person(*PALLETS).page(viewport=WIDE)
    for text in ("pallet", "pallet+late"):
        find(page, text)
        page.get_by_role("link", name="Save this search").click()
        page.locator("#save-search-name").fill("Pallets")
        press(page, "Enter")
    expect(
        page.get_by_role("alert").filter(has_text="There is a saved search named “Pallets” already.")
    ).to_be_visible()
    expect(page.locator("#save-search-name")).to_be_focused()
    expect(page.locator("#save-search-name")).to_have_value("Pallets")


def test_on_a_phone_the_field_lies_over_the_page_and_goes_again(
    person: Callable[..., Person], find: Callable[[Page, str], None]
) -> None:
    page = person(*PALLETS).page(viewport={"width": 320, "height": 640})
    find(page, "from:tomas")
    page.get_by_role("link", name="Change from:tomas").click()
    expect(field(page)).to_be_focused()
    box = field(page).bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    page.keyboard.type("luca is:")
    expect(offered(page).first).to_be_visible()
    press(page, "Escape", "Escape")
    expect(field(page)).to_be_hidden()
    expect(page.get_by_role("link", name="Search mail")).to_be_focused()
    press(page, "Enter")
    page.get_by_role("link", name="Search options").click()
    page.get_by_role("dialog", name="Search options").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("link", name="Search mail")).to_be_focused()


def test_without_script_a_search_is_picked_changed_and_saved(
    person: Callable[..., Person], find: Callable[[Page, str], None]
) -> None:
    alice = person(*PALLETS)
    find(alice.page(viewport=WIDE), "pallet")
    page = alice.page(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page.get_by_role("link", name="Search mail").click()
    page.get_by_role("link", name="Search options").click()
    page.get_by_label("From").fill("luca")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("link", name="Change from:luca").click()
    expect(page.get_by_label("From")).to_have_value("luca")
    page.get_by_label("From").fill("tomas")
    page.get_by_role("button", name="Search", exact=True).click()
    assert page.locator(".row .sub").all_inner_texts() == ["Pallet ordered"]
    page.get_by_role("link", name="Save this search").click()
    page.locator("#search-name").fill("Tomás")
    page.get_by_role("button", name="Save search").click()
    expect(page.get_by_role("heading", name="Tomás", level=1)).to_be_visible()


@pytest.mark.parametrize("viewport, scheme", LOOKS)
def test_searching_keeps_nobody_out(
    person: Callable[..., Person], find: Callable[[Page, str], None], viewport: dict[str, int], scheme: str
) -> None:
    page = person(*PALLETS, folders=("Old orders",)).page(viewport=viewport, color_scheme=scheme)
    find(page, "pallet+in:inbox+has:elephant+OR+from:luca")
    assert_accessible(page)
    page.get_by_role("link", name="Change in:inbox").click()
    expect(offered(page).first).to_be_visible()
    press(page, "ArrowDown")
    expect(active(page)).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.get_by_role("group", name="Conditions").get_by_role("option").first).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Search options").click()
    expect(page.get_by_role("dialog", name="Search options")).to_be_visible()
    assert_accessible(page)
    press(page, "Escape")
    page.get_by_role("link", name="Save this search").click()
    assert_accessible(page)
    press(page, "Enter")
    expect(status(page)).to_have_text(re.compile("^Search saved as "))
    assert_accessible(page)
    page.get_by_role("link", name="Delete this search").click()
    assert_accessible(page)
    for address in ("/mail/searches/", "/mail/search/options/?pick=1&larger=elephant"):
        page.goto(address)
        assert_accessible(page)
