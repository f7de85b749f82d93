"""A passkey as a person uses it: set up, signed in with, as the second step, removed; by keyboard, wide and narrow."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.test_accounts import NARROW, WIDE, sign_in, sign_out, sign_up
from tests.services.environment import PASSWORD

pytestmark = pytest.mark.browser


def at_a_name(workmail: Any) -> str:
    """Passkeys belong to a name, never to an IP address."""
    return workmail.url.replace("127.0.0.1", "localhost")


def authenticator(page: Page) -> tuple[CDPSession, str]:
    """Give the browser a device that holds passkeys and is always unlocked."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    answer = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, answer["authenticatorId"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [pytest.param(WIDE, id="1440"), pytest.param(NARROW, id="390")])
def test_a_passkey_from_setting_up_to_removing(
    running_workmail: Any, new_page: Callable[..., Page], viewport: dict[str, int], scheme: str
) -> None:
    page = new_page(viewport=viewport, base_url=at_a_name(running_workmail), color_scheme=scheme)
    session, device = authenticator(page)
    address = sign_up(page, f"fernhill-{uuid.uuid4().hex[:8]}")
    page.goto("/settings/#security")
    page.get_by_role("link", name="Set up a passkey").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up a passkey")
    assert_accessible(page)
    page.get_by_label("Name", exact=True).press_sequentially("This laptop")
    page.keyboard.press("Tab")
    page.keyboard.type("not this one")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This is not your present password.").first).to_be_visible()
    expect(page.get_by_label("Your present password")).to_be_focused()
    page.get_by_label("Your present password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    page.get_by_role("link", name="I have kept the codes").press("Enter")
    expect(page.get_by_text("This laptop")).to_be_visible()
    assert_accessible(page)
    sign_out(page)

    button = page.get_by_role("button", name="Sign in with a passkey")
    expect(button).to_be_visible()
    assert_accessible(page)
    button.press("Enter")
    expect(page.get_by_role("button", name=re.compile("account of Nora Lindqvist"))).to_be_visible()
    sign_out(page)

    sign_in(page, address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Use your passkey")
    assert_accessible(page)
    page.get_by_role("button", name="Use a passkey").press("Enter")
    expect(page.get_by_role("button", name=re.compile("account of Nora Lindqvist"))).to_be_visible()

    page.goto("/settings/")
    page.get_by_role("link", name="Remove This laptop").press("Enter")
    assert_accessible(page)
    page.get_by_label("Your present password").press_sequentially(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("The passkey “This laptop” is removed.")).to_be_visible()
    sign_out(page)

    page.get_by_role("button", name="Sign in with a passkey").press("Enter")
    expect(page.get_by_text("This passkey does not open an account here.")).to_be_visible()
    assert_accessible(page)
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})


def test_at_an_ip_address_no_passkey_is_offered(new_page: Callable[..., Page]) -> None:
    page = new_page(viewport=WIDE)
    page.goto("/sign-in/")
    page.wait_for_selector("html.ready", state="attached")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


def test_sessions_are_listed_and_signed_out_at_once(new_page: Callable[..., Page]) -> None:
    page = new_page(viewport=WIDE)
    address = sign_up(page, f"fernhill-{uuid.uuid4().hex[:8]}")
    other = new_page(viewport=NARROW)
    sign_in(other, address)
    other.wait_for_url("**/mail/*/")
    expect(other.locator("[data-live]")).to_have_attribute("data-state", "online", timeout=20_000)
    page.goto("/settings/sessions/")
    assert_accessible(page)
    listed = page.locator("#sessions .dev")
    expect(listed).to_have_count(2)
    expect(listed.filter(has_text="this browser")).to_have_count(1)
    page.get_by_role("button", name=re.compile("^Sign out Chrom")).press("Enter")
    expect(page.get_by_text("The session is signed out.")).to_be_visible()
    expect(listed).to_have_count(1)
    expect(other.locator("[data-session-lost]")).to_be_visible(timeout=15_000)
