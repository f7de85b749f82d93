"""Without a connection: what was kept is read, what is done waits and is sent once, signing out leaves nothing."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.mailbox import Person, make_person, row, wait_until_alive
from tests.services.environment import PASSWORD

pytestmark = pytest.mark.browser

WIDE = {"width": 1440, "height": 900}
FOUR: list[dict[str, Any]] = [
    {"subject": "Pallet 0", "text": "Text zero."},
    {"subject": "Pallet 1", "text": "Text one.", "html": "<p>Text <b>one</b>.</p>"},
    {"subject": "Pallet 2", "text": "Text two."},
    {"subject": "Pallet 3", "text": "Text three."},
]
KEPT = "caches.keys().then((names) => names.filter((name) => name.startsWith('workmail-mail:')).length)"


@pytest.fixture
def person(running_workmail: Any, new_page: Callable[..., Page]) -> Person:
    return make_person(running_workmail, new_page, FOUR)


def until(page: Page, expression: str, seconds: float = 30) -> None:
    """Wait until it is true. (Playwright's own way evaluates texts in the page, which the policy does not allow.)"""
    ends = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < ends, expression
        page.wait_for_timeout(50)


def installed(person: Person, *, keeps: bool = True, **options: Any) -> Page:
    """A page whose worker is there, of somebody who lets this device keep mail."""
    page = person.page(viewport=WIDE, service_workers="allow", **options)
    until(page, "navigator.serviceWorker.controller !== null")
    if keeps:
        page.goto("/settings/#offline")
        page.wait_for_selector("html.ready", state="attached")
        page.get_by_label(re.compile("Keep mail on this device|Conserver|Хранить", re.IGNORECASE)).check()
        until(page, f"{KEPT}.then((n) => n === 1)")
        page.goto("/mail/")
        wait_until_alive(page)
        until(
            page,
            "caches.keys().then(async (names) => {"
            " const name = names.find((each) => each.startsWith('workmail-mail:'));"
            " return (await (await caches.open(name)).keys()).length >= 5 })",
        )
    return page


def goes_offline(page: Page) -> None:
    page.context.set_offline(True)
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "offline")


def acts_of(page: Page) -> list[str]:
    """Note what reaches the server, with its key."""
    posted: list[str] = []
    page.context.on(
        "requestfinished",
        lambda request: (
            posted.append(request.headers.get("idempotency-key", ""))
            if request.method == "POST" and "/act/" in request.url
            else None
        ),
    )
    return posted


def test_the_last_folder_and_its_messages_are_read_without_a_connection(person: Person) -> None:
    page = installed(person)
    goes_offline(page)
    page.reload()
    expect(row(page, "Pallet 2")).to_be_visible()
    expect(page.locator("[data-live-state]")).to_have_text(re.compile(r"Offline: shown is the state of \d\d:\d\d\."))
    row(page, "Pallet 2").click()
    expect(page.locator("#open .prose")).to_contain_text("Text two.")
    assert_accessible(page)
    page.reload()
    expect(page.locator("#open .prose")).to_contain_text("Text two.")
    row(page, "Pallet 1").click()
    expect(page.frame_locator("#open iframe").locator("body")).to_contain_text("Text one")
    page.goto("/mail/")
    expect(row(page, "Pallet 3")).to_be_visible()
    page.goto("/people/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    assert_accessible(page)


def test_what_is_flagged_offline_is_sent_once_when_the_connection_returns(person: Person) -> None:
    page = installed(person)
    posted = acts_of(page)
    goes_offline(page)
    row(page, "Pallet 1").locator("a.hit").focus()
    page.keyboard.press("s")
    expect(page.locator("[data-live-state]")).to_contain_text("1 action waits.")
    page.context.set_offline(False)
    expect(page.locator("[data-live-state]")).not_to_contain_text("waits", timeout=20_000)
    other = person.page(viewport=WIDE)
    expect(row(other, "Pallet 1")).to_have_attribute("data-flagged", "")
    assert len(set(posted)) == 1


def test_what_was_done_survives_a_reload_and_is_sent_once(person: Person) -> None:
    page = installed(person)
    goes_offline(page)
    row(page, "Pallet 2").locator("a.hit").focus()
    page.keyboard.press("e")
    expect(row(page, "Pallet 2")).to_have_count(0)
    expect(page.locator("[data-live-state]")).to_contain_text("1 action waits.")
    page.reload()
    expect(page.locator("[data-live-state]")).to_contain_text("1 action waits.")
    expect(row(page, "Pallet 2")).to_have_count(0)
    posted = acts_of(page)
    page.context.set_offline(False)
    expect(page.locator("#did-text")).to_contain_text("has been sent", timeout=20_000)
    other = person.page(viewport=WIDE)
    expect(row(other, "Pallet 3")).to_be_visible()
    expect(row(other, "Pallet 2")).to_have_count(0)
    assert len(posted) == 1


def test_two_tabs_send_what_a_third_left_behind_once(person: Person) -> None:
    page = installed(person)
    goes_offline(page)
    row(page, "Pallet 0").locator("a.hit").focus()
    page.keyboard.press("s")
    expect(page.locator("[data-live-state]")).to_contain_text("1 action waits.")
    one, two = page.context.new_page(), page.context.new_page()
    for tab in (one, two):
        tab.goto("/mail/")
        expect(row(tab, "Pallet 0")).to_be_visible()
        tab.context.set_offline(True)
        expect(tab.locator("[data-live]")).to_have_attribute("data-state", "offline")
    posted = acts_of(one)
    page.close()
    one.context.set_offline(False)
    expect(one.locator("[data-live-state]")).not_to_contain_text("waits", timeout=20_000)
    expect(two.locator("[data-live-state]")).not_to_contain_text("waits", timeout=20_000)
    expect(row(one, "Pallet 0")).to_have_attribute("data-flagged", "")
    assert len(posted) == 1, posted


def test_a_draft_written_offline_is_kept_and_saved_later(person: Person) -> None:
    page = installed(person)
    page.goto("/mail/compose/")
    page.locator("input.subject").fill("Begun online")
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved", timeout=20_000)
    page.wait_for_timeout(3_500)  # the page of the draft is kept a moment later
    goes_offline(page)
    page.locator("input.subject").fill("Finished offline")
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "unreachable", timeout=20_000)
    page.reload()
    expect(page.locator("input.subject")).to_have_value("Finished offline")
    page.context.set_offline(False)
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved", timeout=30_000)


def test_a_message_sent_offline_leaves_once(person: Person) -> None:
    page = installed(person)
    page.goto("/mail/compose/")
    page.get_by_role("combobox", name="To").fill(person.address)
    page.keyboard.press("Enter")
    page.locator("input.subject").fill("Written on the train")
    page.locator("[data-editor] [contenteditable=true]").fill("Hello.")
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved", timeout=20_000)
    goes_offline(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/mail/*/")
    expect(page.locator("#did-text")).to_contain_text("will be sent as soon as you are online")
    page.context.set_offline(False)
    expect(row(page, "Written on the train")).to_have_count(1, timeout=60_000)


def test_signing_out_leaves_nothing(person: Person) -> None:
    page = installed(person)
    assert page.evaluate(KEPT) == 1
    page.locator('[popovertarget="account"]').first.click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/**")
    until(page, f"{KEPT}.then((n) => n === 0)")
    page.context.set_offline(True)
    page.goto("/mail/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()


def test_somebody_else_in_the_same_browser_finds_nothing(
    person: Person, running_workmail: Any, new_page: Callable[..., Page]
) -> None:
    page = installed(person)
    page.context.clear_cookies()
    other = make_person(running_workmail, new_page, [{"subject": "Of somebody else"}])
    page.goto("/sign-in/")
    page.get_by_label("Work address").fill(other.address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/mail/*/")
    expect(row(page, "Of somebody else")).to_be_visible()
    until(page, f"{KEPT}.then((n) => n === 0)")
    page.context.set_offline(True)
    page.goto("/mail/")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    expect(page.get_by_text("Pallet")).to_have_count(0)


def test_nothing_is_kept_unless_the_person_asks_for_it(person: Person) -> None:
    page = installed(person, keeps=False)
    row(page, "Pallet 1").click()
    expect(page.locator("#open h2")).to_have_text("Pallet 1")
    assert page.evaluate(KEPT) == 0
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "fr", "ru"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_setting_is_for_everybody(person: Person, language: str, scheme: str) -> None:
    page = person.page(viewport={"width": 320, "height": 640}, color_scheme=scheme, service_workers="allow")
    page.evaluate(
        "(language) => fetch('/language/', {method: 'POST', body: new URLSearchParams({language}),"
        " headers: {'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content}})",
        language,
    )
    page.goto("/settings/#offline")
    page.wait_for_selector("html.ready", state="attached")
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert_accessible(page)


def test_a_new_version_waits_until_the_person_says_so(person: Person) -> None:
    page = installed(person, keeps=False)
    # Another address is another version to the browser, though what comes is the same.
    page.evaluate("navigator.serviceWorker.register('/service-worker.js?newer', {scope: '/'}).then(() => true)")
    offer = page.locator("[data-new-version]")
    expect(offer).to_be_visible(timeout=20_000)
    page.evaluate("globalThis.stillHere = true")
    assert page.evaluate("globalThis.stillHere") is True
    with page.expect_navigation():
        offer.get_by_role("button", name="Reload").click()
    expect(row(page, "Pallet 1")).to_be_visible()
