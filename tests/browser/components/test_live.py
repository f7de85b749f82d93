"""The live connection, lost and found."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.components.person import answers, focused, run, wait_until

pytestmark = pytest.mark.browser


class Sockets:
    """The server's side of the page's sockets."""

    def __init__(self, page: Page) -> None:
        self.all: list[Any] = []
        self.heard: list[str] = []
        self.up = True
        page.route_web_socket("**/live/", self.open)

    def open(self, socket: Any) -> None:
        self.all.append(socket)
        if not self.up:
            socket.close()
            return
        socket.on_message(self.hear)

    def hear(self, message: str) -> None:
        self.heard.append(message)
        self.say({"pong": True})

    def say(self, message: dict[str, Any]) -> None:
        self.all[-1].send(json.dumps(message))


WATCH = """const live = await import('/static/js/live.js'); window.asked = [];
window.off = live.watch('c1', 5, why => {
  window.asked.push([why.modseq, why.missed]); return Math.max(why.modseq, 5); });"""


@pytest.fixture
def live(show):
    page = show("components", signed_in=True)
    sockets = Sockets(page)
    page.clock.install()
    page.goto("/signed-in/?page=mail")
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "online")
    return page, sockets


def test_a_bell_is_heard_once_by_whoever_watches_the_collection(live):
    page, sockets = live
    run(page, WATCH)
    sockets.say({"collection": "c1", "modseq": 7})
    sockets.say({"collection": "c1", "modseq": 7})
    sockets.say({"collection": "c2", "modseq": 9})
    sockets.say({"collection": "c1", "modseq": 6})
    wait_until(page, "window.asked.length >= 1")
    page.wait_for_timeout(50)
    assert page.evaluate("window.asked") == [[7, False]]
    expect(page.locator("[data-live-detail]")).to_have_text(re.compile(r"updated \d\d:\d\d"))


def test_after_a_gap_everything_is_asked_again(live):
    page, sockets = live
    run(page, WATCH)
    sockets.all[-1].close()
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "reconnecting")
    page.clock.run_for(1_500)
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "online")
    assert page.evaluate("window.asked") == [[0, True]]
    assert len(sockets.all) == 2


def test_the_pauses_before_reconnecting_grow_and_meanwhile_the_page_asks_each_minute(live):
    page, sockets = live
    run(page, WATCH)
    sockets.up = False
    sockets.all[-1].close()
    for seconds in (1, 2, 5, 15, 30, 30):
        expect(page.locator("[data-live]")).not_to_have_attribute("data-state", "online")
        tried = len(sockets.all)
        page.clock.run_for(int(seconds * 1000 * 0.7))
        page.wait_for_timeout(20)
        assert len(sockets.all) == tried, f"too early before {seconds} s"
        page.clock.run_for(int(seconds * 1000 * 0.6))
        page.wait_for_timeout(20)
        assert len(sockets.all) == tried + 1, f"too late after {seconds} s"
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "polling")
    assert page.evaluate("window.asked.length") >= 1
    sockets.up = True
    page.clock.run_for(40_000)
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "online")


def test_a_connection_that_died_without_a_word_is_noticed(live):
    page, sockets = live
    sockets.hear = lambda message: sockets.heard.append(message)  # no pong
    sockets.all[-1].on_message(sockets.hear)
    page.clock.run_for(26_000)
    page.wait_for_timeout(20)
    assert sockets.heard[-1] == "ping"
    page.clock.run_for(12_000)
    page.wait_for_timeout(20)
    assert len(sockets.all) == 2


def test_a_page_without_network_says_since_when(live):
    page, _sockets = live
    page.context.set_offline(True)
    run(page, "dispatchEvent(new Event('offline'));")
    said = re.compile(r"Offline(?: since|: shown is the state of) \d\d:\d\d\.")
    expect(page.locator("[data-live-state]")).to_have_text(said)
    page.context.set_offline(False)


def test_a_session_that_ended_opens_signing_in_and_keeps_the_page(live):
    page, sockets = live
    state = {"user": "", "csrf": ""}
    page.route("**/session/", lambda route: answers(route, state))
    page.locator("#m1").focus()
    sockets.all[-1].close(code=4401)
    dialog = page.get_by_role("dialog", name="Sign in again")
    expect(dialog).to_be_visible()
    assert_accessible(page)
    dialog.get_by_role("button", name="I have signed in").click()
    expect(dialog).to_be_visible()
    state |= {"user": "7", "csrf": "fresh"}
    expect(page.locator("#alert-text")).to_have_text(re.compile("You have been signed out"))
    dialog.get_by_role("button", name="I have signed in").click()
    expect(dialog).to_be_hidden()
    assert focused(page) == "m1"
    assert page.evaluate("document.querySelector('meta[name=csrf-token]').content") == "fresh"
    page.wait_for_timeout(20)
    assert len(sockets.all) == 2


def test_somebody_else_who_signed_in_does_not_get_the_page(live):
    page, sockets = live
    page.route("**/session/", lambda route: answers(route, {"user": "8", "csrf": "other"}))
    sockets.all[-1].close(code=4401)
    page.get_by_role("button", name="I have signed in").click()
    expect(page.get_by_text("Someone else has signed in in this browser")).to_be_visible()
    assert page.evaluate("document.querySelector('meta[name=csrf-token]').content") != "other"
