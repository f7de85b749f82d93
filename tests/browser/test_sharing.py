"""Sharing by keyboard: Alice shares her inbox, Bob opens it, reads, deletes, and loses it while it is open."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.mailbox import Person, make_person, row, status

pytestmark = pytest.mark.browser


def walk_to(page: Page, script: str, key: str = "Tab") -> None:
    for _ in range(80):
        if page.evaluate(f"(e => {script})(document.activeElement)"):
            return
        page.keyboard.press(key)
    pytest.fail(f"{key} does not lead to where {script}.")


@pytest.fixture
def alice(running_workmail: Any, new_page: Callable[..., Page]) -> Person:
    return make_person(running_workmail, new_page, [{"subject": "Pallet 1"}, {"subject": "Pallet 2"}])


@pytest.fixture
def bob(running_workmail: Any, new_page: Callable[..., Page]) -> Person:
    return make_person(running_workmail, new_page, [{"subject": "Own mail"}])


def open_sharing(page: Page) -> None:
    """From the folder's menu to its page, by keyboard."""
    page.locator("[popovertarget=filter]").focus()
    page.keyboard.press("Enter")
    walk_to(page, "e.textContent.startsWith('Share this folder')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/sharing/folders/**")
    page.wait_for_selector("html.ready", state="attached")


def test_a_folder_is_shared_opened_and_withdrawn_by_keyboard(alice: Person, bob: Person) -> None:
    page = alice.page()
    open_sharing(page)
    walk_to(page, "e.id === 'people'")
    page.keyboard.type(bob.name[:11])
    expect(page.get_by_role("option").filter(has_text=bob.address)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("[data-tokens]")).to_contain_text(bob.name.title())
    walk_to(page, "e.name === 'level'")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator("input[name=level][value=editor]")).to_be_checked()
    walk_to(page, "e.textContent.trim() === 'Share'")
    page.keyboard.press("Enter")
    expect(status(page)).to_have_text(f"Saved: {bob.name.title()}.")
    page.wait_for_selector("html.ready", state="attached")
    assert page.evaluate("document.activeElement.id.startsWith('g-')")
    assert_accessible(page)

    reader = bob.page()
    expect(reader.locator("[data-shared-pane]")).to_contain_text(alice.name.title())
    reader.locator("[data-shared-pane] a").first.focus()
    reader.keyboard.press("Enter")
    expect(reader.locator("#l-h")).to_have_text(f"{alice.name.title()}: Inbox")
    expect(reader.locator(".shared-note")).to_contain_text("You may read, mark, move and delete messages here.")
    expect(row(reader, "Pallet 1")).to_be_visible()
    reader.wait_for_selector("html.ready", state="attached")
    assert_accessible(reader)

    # Live, both ways.
    alice.receives(subject="Pallet 3")
    expect(row(reader, "Pallet 3")).to_be_visible(timeout=20_000)
    row(reader, "Pallet 2").locator("a.hit").focus()
    reader.keyboard.press("Enter")
    expect(reader.locator(".opened[data-reading]")).to_be_visible()
    expect(reader.locator("[data-reading] [data-do=archive]")).to_be_hidden()
    reader.keyboard.press("e")
    expect(reader.locator("[role=alert]").filter(has_text="shared with you")).to_be_attached()
    expect(row(reader, "Pallet 2")).to_be_visible()
    reader.keyboard.press("#")
    expect(row(reader, "Pallet 2")).to_have_count(0)
    page.goto("/mail/")
    expect(row(page, "Pallet 3")).to_be_visible()
    expect(row(page, "Pallet 2")).to_have_count(0)

    # Withdrawn while it is open.
    open_sharing(page)
    walk_to(page, "e.value === 'remove'")
    page.keyboard.press("Enter")
    expect(status(page)).to_have_text(f"Removed: {bob.name.title()}. Their access has ended.")
    expect(status(reader)).to_have_text("This folder is no longer shared with you.", timeout=20_000)
    expect(row(reader, "Own mail")).to_be_visible()
    expect(reader.locator("[data-shared-pane]")).to_be_hidden()


SHARING = """
from mailapp.sharing import granting
from mailapp.sharing.granting import Permissions
from tests import factories
from workmail.accounts.actor import SYSTEM
from workmail.directory.models import User

owner, reader = (User.objects.get(name=name) for name in ({owner!r}, {reader!r}))
granting.grant_folder(SYSTEM, factories.open_folder(owner).folder.pk, reader, "viewer")
granting.grant_mailbox(SYSTEM, owner, reader, Permissions(send_as=True))
print(factories.open_folder(owner).folder.pk)
"""


@pytest.mark.parametrize("language, scheme", [("fr", "light"), ("ru", "dark")])
def test_the_pages_of_sharing_are_for_everybody(alice: Person, bob: Person, language: str, scheme: str) -> None:
    folder = alice.workmail.python(SHARING.format(owner=alice.name, reader=bob.name)).strip()
    for person, addresses in (
        (alice, ["/settings/sharing/", f"/settings/sharing/folders/{folder}/"]),
        (bob, ["/settings/sharing/", f"/mail/{folder}/"]),
    ):
        page = person.page(color_scheme=scheme)
        page.evaluate(
            "(language) => fetch('/language/', {method: 'POST', body: new URLSearchParams({language}),"
            " headers: {'X-CSRFToken': document.cookie.match(/workmail_csrf=([^;]+)/)[1]}})",
            language,
        )
        for address in addresses:
            page.goto(address)
            page.wait_for_selector("html.ready", state="attached")
            expect(page.locator("html")).to_have_attribute("lang", language)
            for width in (320, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                assert_accessible(page)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (address, width)


def test_sharing_without_script(alice: Person, bob: Person) -> None:
    page = alice.page(java_script_enabled=False)
    page.goto("/settings/sharing/")
    page.locator("#people").fill(bob.address)
    page.locator("form[aria-labelledby=add-h] input[name=send_on_behalf]").check()
    page.get_by_role("button", name="Share", exact=True).click()
    expect(status(page)).to_have_text(f"Saved: {bob.name.title()}.")
    writer = bob.page()
    writer.goto("/mail/compose/")
    expect(writer.locator("select[name=from_address]")).to_contain_text(f"On behalf of {alice.name.title()}")
