"""The frame of a message's text."""

import pytest
from playwright.sync_api import expect

from tests.browser.components.person import run, wait_until

pytestmark = pytest.mark.browser


def test_a_message_is_as_tall_as_its_text_and_runs_nothing(show):
    page = show("mail")
    frame = page.locator("iframe.body-frame")
    expect(frame).to_have_attribute("sandbox", "allow-same-origin allow-popups allow-popups-to-escape-sandbox")
    wait_until(page, "document.querySelector('iframe.body-frame').offsetHeight > 150")
    inner = frame.evaluate("node => node.contentDocument.documentElement.scrollHeight <= node.clientHeight + 1")
    assert inner
    assert page.title() == "Inbox (12) · workmail"
    page.set_viewport_size({"width": 900, "height": 900})
    wait_until(
        page,
        "[...document.querySelectorAll('iframe.body-frame')]"
        ".every(n => n.contentDocument.documentElement.scrollHeight <= n.clientHeight + 1)",
    )


def test_a_frame_without_its_sandbox_gets_one(show):
    page = show("mail")
    sandbox = run(
        page,
        """const frame = document.createElement('iframe'); frame.dataset.bodyFrame = ''; frame.title = 'x';
        frame.setAttribute('sandbox', 'allow-scripts allow-same-origin'); document.querySelector('.conv').append(frame);
        await new Promise(done => setTimeout(done, 200)); return frame.getAttribute('sandbox');""",
    )
    assert "allow-scripts" not in sandbox


def test_keys_pressed_in_a_message_are_shortcuts_too(show):
    page = show("mail")
    wait_until(page, "document.querySelector('iframe.body-frame').offsetHeight > 150")
    body = page.frame_locator("iframe.body-frame").locator("body")
    body.click()
    body.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("iframe.body-frame")).to_be_focused()
    body.press("Escape")
    wait_until(page, "document.activeElement.closest('.conv') && document.activeElement.tagName !== 'IFRAME'")


def test_links_of_a_message_open_in_a_window_of_their_own(show):
    page = show("mail")
    link = page.frame_locator("iframe.body-frame").get_by_role("link", name="The plan")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
