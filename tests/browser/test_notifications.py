"""News of the inbox: shown and heard as the person wants it, once for a burst, by one tab; it leads to the message."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.mailbox import Person, make_person, wait_until_alive

pytestmark = pytest.mark.browser

WIDE = {"width": 1440, "height": 900}
# What the system would show; a browser without a screen shows nothing.
LISTEN = """
globalThis.shown = [];
Object.defineProperty(Notification, "permission", { get: () => "granted" });
Notification.requestPermission = async () => "granted";
const show = (title, options) => { shown.push({ title, ...options }); return new EventTarget(); };
const worker = globalThis.ServiceWorkerRegistration?.prototype;
if (worker) worker.showNotification = async (title, options) => { show(title, options); };
globalThis.Notification = new Proxy(Notification, { construct: (_target, words) => show(...words) });
globalThis.notes = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { notes += 1; return start.apply(this, when); };
"""


@pytest.fixture
def person(running_workmail: Any, new_page: Callable[..., Page]) -> Person:
    return make_person(running_workmail, new_page, [{"subject": "Old news"}])


def until(page: Page, expression: str, seconds: float = 30) -> None:
    """Wait until it is true. (Playwright's own way evaluates texts in the page, which the policy does not allow.)"""
    ends = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < ends, expression
        page.wait_for_timeout(50)


def wants(person: Person, when: str, *, sound: bool = False) -> Page:
    page = person.page(viewport=WIDE)
    page.context.add_init_script(LISTEN)
    page.goto("/settings/#notifications")
    page.wait_for_selector("html.ready", state="attached")
    if when != "off":
        page.locator("#notifications-notify").select_option(when)
        expect(page.locator("#did-text")).to_contain_text("Saved")
    if sound:
        page.locator("#notifications-notify_sound").check()
        expect(page.locator("#did-text")).to_contain_text("sound")
    page.goto("/mail/")
    wait_until_alive(page)
    page.wait_for_timeout(500)
    return page


def shown(page: Page) -> list[dict[str, Any]]:
    return page.evaluate("shown")


def test_a_burst_is_one_notice_that_leads_to_the_message(person: Person) -> None:
    page = wants(person, "all", sound=True)
    page.locator("body").click(position={"x": 5, "y": 5})
    for number in range(3):
        person.receives(subject=f"Pallet {number}", from_="Bob <bob@example.org>")
    until(page, "shown.length > 0")
    page.wait_for_timeout(3_000)
    told = shown(page)
    assert len(told) == 1, told
    assert told[0]["tag"] == "mail"
    assert page.evaluate("notes") == 2
    page.goto(told[0]["data"]["url"])
    expect(page.locator("#open h2")).to_contain_text("Pallet")


def test_one_tab_tells_for_all(person: Person) -> None:
    page = wants(person, "all")
    other = page.context.new_page()
    other.goto("/people/")
    other.wait_for_selector("html.ready", state="attached")
    person.receives(subject="Once", from_="Bob <bob@example.org>")
    until(page, "shown.length > 0")
    other.wait_for_timeout(2_000)
    assert len(shown(page)) + len(shown(other)) == 1


@pytest.mark.parametrize("when", ["off", "hidden"])
def test_nothing_is_shown_while_the_page_is_seen(person: Person, when: str) -> None:
    page = wants(person, when)
    person.receives(subject="Silent", from_="Bob <bob@example.org>")
    expect(page.locator(".row").filter(has_text="Silent")).to_have_count(1, timeout=20_000)
    page.wait_for_timeout(2_500)
    assert shown(page) == []


@pytest.mark.parametrize("language", ["en", "fr", "ru"])
def test_the_settings_are_for_everybody(person: Person, language: str) -> None:
    page = person.page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    page.evaluate(
        "(language) => fetch('/language/', {method: 'POST', body: new URLSearchParams({language}),"
        " headers: {'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content}})",
        language,
    )
    page.goto("/settings/#notifications")
    page.wait_for_selector("html.ready", state="attached")
    assert_accessible(page)


def test_without_script_the_choice_is_a_form(person: Person) -> None:
    page = person.page(viewport=WIDE, java_script_enabled=False)
    page.goto("/settings/")
    page.locator("#notifications-notify").select_option("hidden")
    page.locator("#notifications").get_by_role("button", name="Save").click()
    expect(page.locator("#notifications-notify")).to_have_value("hidden")
