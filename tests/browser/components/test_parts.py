"""Tree, toolbar, tabs, the border between panes, dialogs."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import assert_accessible
from tests.browser.components.person import focused, wait_until_ready

pytestmark = pytest.mark.browser

# --- Tree, toolbar, tabs, split ----------------------------------------------------------------------------------


def test_folders_are_a_tree(show):
    page = show("mail")
    page.get_by_role("treeitem", name="Inbox").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    projects = page.get_by_role("treeitem", name="Projects")
    expect(projects).to_be_focused()
    expect(projects).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("treeitem", name=re.compile("Warehouse move"))).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(projects).to_have_attribute("aria-expanded", "false")
    expect(page.get_by_role("treeitem", name="Hiring")).to_have_count(0)
    page.keyboard.press("d")
    expect(page.get_by_role("treeitem", name="Deleted")).to_be_focused()
    page.reload()
    wait_until_ready(page)
    expect(page.get_by_role("treeitem", name="Projects")).to_have_attribute("aria-expanded", "false")


def test_the_icon_folds_and_the_name_opens(show):
    page = show("mail")
    projects = page.get_by_role("treeitem", name="Projects")
    projects.locator(".tw").click()
    expect(projects).to_have_attribute("aria-expanded", "false")
    projects.locator(".trunc").click()
    page.wait_for_url("**f=projects")


def test_a_toolbar_is_one_tab_stop(show):
    page = show("components")
    bar = page.get_by_role("toolbar", name="Actions")
    bar.get_by_role("button", name="Archive").focus()
    page.keyboard.press("ArrowRight")
    expect(bar.get_by_role("button", name="Delete")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(bar.get_by_role("button", name="Archive")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("tab", name="General")).to_be_focused()


def test_tabs_choose_as_the_focus_moves(show):
    page = show("components")
    page.get_by_role("tab", name="General").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tabpanel", name="Devices")).to_be_visible()
    expect(page.locator("#p1")).to_be_hidden()
    page.keyboard.press("Home")
    expect(page.get_by_role("tab", name="General")).to_have_attribute("aria-selected", "true")


def test_the_border_between_panes_moves_by_arrow_keys_and_is_remembered(show):
    page = show("mail")
    border = page.get_by_role("separator", name="Width of the list")
    before = page.locator(".list").evaluate("node => node.offsetWidth")
    border.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    assert page.locator(".list").evaluate("node => node.offsetWidth") == pytest.approx(before - 48, abs=2)
    page.reload()
    wait_until_ready(page)
    assert page.locator(".list").evaluate("node => node.offsetWidth") == pytest.approx(before - 48, abs=2)


# --- Dialogs -----------------------------------------------------------------------------------------------------


def test_a_dialog_that_must_be_answered_stays(show):
    page = show("components")
    opener = page.get_by_role("button", name="Delete three users")
    opener.click()
    dialog = page.get_by_role("dialog", name="Delete 3 users")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_drawer_takes_and_gives_back_the_focus(show):
    page = show("mail", viewport={"width": 820, "height": 1180})
    button = page.get_by_role("button", name="Folders panel")
    button.click()
    expect(page.get_by_role("treeitem", name="Inbox")).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(page.get_by_role("treeitem", name="Inbox")).to_have_count(0)


def test_a_failed_form_moves_the_focus_to_what_is_wrong(show):
    page = show("sign")
    assert page.evaluate("document.activeElement.matches('[data-error-summary]')")
    page.get_by_role("link", name=re.compile("Address: Enter a valid")).click()
    assert focused(page) == "wrong_address"


def test_a_password_can_be_looked_at(show):
    page = show("sign")
    page.get_by_label("Password").fill("secret")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Password")).to_have_attribute("type", "text")


def test_the_theme_changes_at_once_and_is_sent_to_the_server(show):
    page = show("mail", signed_in=True)
    page.get_by_role("button", name=re.compile("account of Nora Lindqvist")).click()
    with page.expect_request("**/appearance/") as sent:
        page.get_by_role("button", name="Dark").click()
    assert sent.value.post_data == "theme=dark"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    with page.expect_request("**/appearance/"):
        page.get_by_label("Single-key shortcuts").uncheck()
    assert page.evaluate("document.documentElement.dataset.keys") == "off"
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=re.compile("account of"))).to_be_focused()
