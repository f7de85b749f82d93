"""Keeping contacts with the keyboard: making one, finding them, writing to a group, merging, a card over a name."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.mailbox import Person, make_person, row, status

pytestmark = pytest.mark.browser

MESSAGES = [{"subject": "Holiday cover", "from_": "Ines Carvalho <ines@example.org>"}]
CARDS = """BEGIN:VCARD
VERSION:3.0
N:Berg;Ina;;;
FN:Ina Berg
EMAIL;TYPE=INTERNET,WORK:ina@example.org
TEL;TYPE=CELL:+47 12 34 56 78
ORG:Quay Freight;Dispatch
END:VCARD
BEGIN:VCARD
VERSION:3.0
N:Berg;Ina;;;
FN:Ina Berg
EMAIL:ina@example.net
END:VCARD
BEGIN:VCARD
VERSION:3.0
N:Aguilar;Carlos;;;
FN:Carlos Aguilar
EMAIL:carlos@example.org
END:VCARD
"""


@pytest.fixture
def person(running_workmail, new_page: Callable[..., Page]) -> Person:
    return make_person(running_workmail, new_page, MESSAGES)


def look(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at it."""
    if folder := os.environ.get("TEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def import_cards(page: Page) -> None:
    page.goto("/people/import/")
    page.get_by_label("File").set_input_files({"name": "c.vcf", "mimeType": "text/vcard", "buffer": CARDS.encode()})
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_text("3 contacts in c.vcf")).to_be_visible()


def test_a_person_keeps_contacts_by_keyboard(person: Person) -> None:
    page = person.page()
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/people/")
    expect(page.locator("html.ready")).to_be_attached()
    expect(page.get_by_text("No contacts yet.")).to_be_visible()
    assert_accessible(page)

    page.keyboard.press("c")
    page.wait_for_url("**/people/new/")
    expect(page.locator("html.ready")).to_be_attached()
    page.get_by_label("Given name").focus()
    page.keyboard.type("Zoé")
    page.keyboard.press("Tab")
    page.keyboard.type("Martin")
    page.get_by_label("Address", exact=True).first.focus()
    page.keyboard.type("zoe@example.org")
    page.get_by_role("button", name="Add an address").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#id_email-1-value")).to_be_focused()
    page.keyboard.type("zoe@example.net")
    page.get_by_role("button", name="Remove").nth(1).focus()
    look(page, "edit")
    assert_accessible(page)
    page.keyboard.press("Control+s")
    expect(status(page)).to_have_text("Zoé Martin added to your contacts.")
    expect(page.locator("#card h2")).to_have_text("Zoé Martin")
    expect(page.locator("#card")).to_contain_text("zoe@example.net")
    look(page, "card")
    assert_accessible(page)

    import_cards(page)
    assert_accessible(page)
    look(page, "import")
    page.get_by_role("button", name="Import 3 contacts").press("Enter")
    expect(page.get_by_text("3 contacts added")).to_be_visible()
    page.get_by_role("link", name="To my contacts").press("Enter")
    expect(page.locator("[data-person] b")).to_have_text(["Carlos Aguilar", "Ina Berg", "Ina Berg", "Zoé Martin"])

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#card h2")).to_have_text("Ina Berg")
    expect(page.locator("#card")).to_be_focused()
    expect(page).to_have_title(re.compile("Ina Berg"))

    page.get_by_role("link", name="Duplicates").press("Enter")
    page.get_by_role("button", name="Merge").press("Enter")
    expect(status(page)).to_have_text("Merged into one contact. Nothing was left out.")
    expect(page.get_by_text("Nobody seems to be there twice.")).to_be_visible()
    page.keyboard.press("z")
    expect(status(page)).to_contain_text("Undone")


def test_a_group_of_ones_own_is_one_choice_when_writing(person: Person) -> None:
    page = person.page()
    import_cards(page)
    page.get_by_role("button", name="Import 3 contacts").click()
    page.goto("/people/groups/new/")
    expect(page.locator("html.ready")).to_be_attached()
    page.get_by_label("Name", exact=True).fill("Choir north")
    field = page.get_by_role("combobox", name="People")
    for word in ("carlos", "ina"):
        field.press_sequentially(word)
        page.get_by_role("option").first.click()
    look(page, "group-new")
    assert_accessible(page)
    page.get_by_role("button", name="Make the group").click()
    expect(page.get_by_text("A message to the group goes to 2 people.")).to_be_visible()
    look(page, "group")
    assert_accessible(page)

    page.goto("/mail/compose/")
    expect(page.locator("html.ready")).to_be_attached()
    to = page.get_by_role("combobox", name="To", exact=True)
    to.press_sequentially("choir")
    expect(page.locator("[role=option]").first).to_contain_text("Choir north")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-tokens] .chip")).to_contain_text(["Carlos Aguilar", "Ina Berg"])


def test_a_card_over_a_name_opens_and_gives_the_focus_back(person: Person) -> None:
    page = person.page()
    row(page, "Holiday cover").locator("a.hit").click()
    name = page.locator("a.name-link")
    name.focus()
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog", name="Ines Carvalho")
    expect(card).to_be_visible()
    expect(card).to_contain_text("Outside")
    expect(card.get_by_role("link", name="Write")).to_be_focused()
    look(page, "name-card")
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(name).to_be_focused()
    name.click()
    card.get_by_role("button", name="Add to contacts").click()
    expect(page.locator("#card h2")).to_have_text("Ines Carvalho")


@pytest.mark.parametrize("language, theme", [("fr", "light"), ("ru", "dark")])
def test_every_contacts_page_is_accessible_narrow_and_wide(person: Person, language: str, theme: str) -> None:
    page = person.page()
    import_cards(page)
    page.get_by_role("button", name="Import 3 contacts").click()
    page.goto("/people/")
    contact = page.locator("[data-person]").first.get_attribute("href")
    page.evaluate(
        """language => fetch("/language/", {
            method: "POST", body: new URLSearchParams({ language }),
            headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content },
        })""",
        language,
    )
    addresses = ["/people/", contact, f"{contact}edit/", "/people/directory/", "/people/recent/", "/people/duplicates/"]
    for width in (320, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        for number, address in enumerate([*addresses, "/people/groups/new/", "/people/import/", "/people/export/"]):
            page.goto(address)
            expect(page.locator("html.ready")).to_be_attached()
            expect(page.locator("html")).to_have_attribute("lang", language)
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            look(page, f"{language}-{width}-{number}")
            assert_accessible(page)


def test_contacts_work_without_script(person: Person) -> None:
    page = person.page(java_script_enabled=False)
    page.goto("/people/new/")
    page.get_by_label("Given name").fill("Zoé")
    page.get_by_role("button", name="Add a web page").click()
    page.get_by_label("Web page").fill("https://example.org/")
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator("#card h2")).to_have_text("Zoé")
    expect(page.locator("#card")).to_contain_text("https://example.org/")
    look(page, "without-script")
    page.locator("#card").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No contacts yet.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-person] b")).to_have_text(["Zoé"])
