"""From signing up to signing in with a recovery code, as a person does it: wide and narrow, in three languages."""

import base64
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.services.environment import PASSWORD

pytestmark = pytest.mark.browser

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
SCREENS = [pytest.param(WIDE, id="1440"), pytest.param(NARROW, id="390")]


def code(secret: str) -> str:
    """Return what an authenticator app shows now for the secret it was given."""
    totp = TOTP(base64.b32decode(secret + "=" * (-len(secret) % 8)))
    totp.time = time.time()
    return f"{totp.token():06d}"


def sign_up(page: Page, alias: str) -> str:
    """Sign up an organization and return the address of its administrator."""
    page.goto("/sign-up/")
    page.get_by_label("Name of the organization").fill("Fernhill")
    page.get_by_label("Alias").fill(alias)
    page.get_by_label("Mail domain").fill(f"{alias}.test")
    page.get_by_label("Your name").fill("Nora Lindqvist")
    page.get_by_label("Your user name").fill("nora")
    page.get_by_label("Password").fill(PASSWORD)
    assert_accessible(page)
    page.get_by_role("button", name="Create the organization").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Welcome to Fernhill")
    return f"nora@{alias}.test"


def sign_in(page: Page, address: str, password: str = PASSWORD) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Work address").fill(address)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Continue").click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name=re.compile("account of")).click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.parametrize("viewport", SCREENS)
def test_from_signing_up_to_a_recovery_code(new_page: Callable[..., Page], viewport: dict[str, int]) -> None:
    page = new_page(viewport=viewport)
    address = sign_up(page, f"fernhill-{uuid.uuid4().hex[:8]}")
    assert_accessible(page)

    page.get_by_role("link", name="Set up the second factor").click()
    expect(page.get_by_role("img", name="QR code with the secret for your authenticator app")).to_be_visible()
    assert_accessible(page)
    page.get_by_text("The app cannot scan? Type the secret").click()
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("6-digit code from your authenticator app").fill(code(secret))
    page.get_by_label("Your present password").fill(PASSWORD)
    page.get_by_role("button", name="Turn on the second factor").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    assert_accessible(page)
    recovery_code = page.locator(".codes code").first.inner_text()
    page.get_by_role("link", name="I have kept the codes").click()
    expect(page.get_by_role("heading", name="Second factor On")).to_be_visible()
    assert_accessible(page)
    sign_out(page)

    sign_in(page, address, "not this one")
    expect(page.get_by_text("The address or the password is not right.")).to_be_visible()
    assert_accessible(page)
    sign_in(page, address)
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter your code")
    assert_accessible(page)
    page.get_by_role("link", name="Use a recovery code").click()
    page.get_by_label("Recovery code").fill(recovery_code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("account of Nora Lindqvist"))).to_be_visible()

    page.goto("/settings/")
    expect(page.get_by_text("9 unused codes")).to_be_visible()


@pytest.mark.parametrize("viewport", SCREENS)
def test_an_administrator_adds_a_person_by_keyboard_who_then_signs_in(
    new_page: Callable[..., Page], viewport: dict[str, int]
) -> None:
    page = new_page(viewport=viewport)
    alias = f"fernhill-{uuid.uuid4().hex[:8]}"
    sign_up(page, alias)
    page.get_by_role("link", name="New user").press("Enter")
    page.get_by_label("Display name").press_sequentially("Bob Smith")
    page.keyboard.press("Tab")
    page.keyboard.type("bob")
    page.get_by_label("Password", exact=True).press_sequentially("short")
    page.keyboard.press("Enter")
    summary = page.get_by_role("link", name=re.compile("This password is too short"))
    expect(summary).to_be_visible()
    assert_accessible(page)
    summary.press("Enter")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    page.keyboard.type("correct horse staple")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bob Smith")
    expect(page.get_by_role("status").filter(has_text="Bob Smith can sign in now.")).to_be_visible()
    assert_accessible(page)

    for path in ("/admin/", "/admin/users/", "/admin/groups/", "/admin/domains/", "/admin/organization/"):
        page.goto(path)
        assert_accessible(page)
    page.goto("/admin/domains/")
    page.get_by_role("link", name=f"{alias}.test").click()
    expect(page.get_by_text("v=DKIM1; ")).to_be_visible()
    assert_accessible(page)

    bob = new_page(viewport=viewport)
    sign_in(bob, f"bob@{alias}.test", "correct horse staple")
    expect(bob.get_by_role("heading", level=1)).to_have_text("Change the password")
    assert_accessible(bob)
    bob.get_by_label("Your present password").fill("correct horse staple")
    bob.get_by_label("New password", exact=True).fill("battery horse correct")
    bob.get_by_label("New password again").fill("battery horse correct")
    bob.get_by_role("button", name="Change the password").click()
    expect(bob.get_by_role("heading", level=1)).to_have_text("Settings")
    bob.goto("/admin/users/")
    expect(bob.get_by_text("These pages are for administrators.")).to_be_visible()
    assert_accessible(bob)


def test_a_setting_is_kept_as_it_is_changed_and_taken_back(page: Page, running_workmail: Any) -> None:
    sign_in(page, "bob@example.test")
    page.goto("/settings/")
    theme = page.get_by_label("Colours")
    theme.focus()
    theme.select_option("dark")
    expect(page.locator("#did-text")).to_have_text("Saved: Colours.")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(theme).to_be_focused()
    assert_accessible(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#did-text")).to_have_text("Undone.")
    expect(page.locator("html")).to_have_attribute("data-theme", "auto")
    expect(theme).to_have_value("auto")
    page.reload()
    expect(theme).to_have_value("auto")

    box = page.get_by_label("Show messages that belong together as one conversation")
    box.uncheck()
    expect(page.locator("#did-text")).to_have_text(re.compile("^Saved: Show messages"))
    page.reload()
    expect(box).not_to_be_checked()
    box.check()
    expect(page.locator("#did-text")).to_have_text(re.compile("^Saved: Show messages"))


def test_settings_work_without_script(new_page: Callable[..., Page]) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, "bob@example.test")
    page.goto("/settings/")
    reading = page.locator("#reading")
    reading.get_by_label("Reading pane").select_option("bottom")
    reading.get_by_role("button", name="Save").click()
    expect(page.locator("#did-text")).to_have_text("Saved: Reading pane.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#reading").get_by_label("Reading pane")).to_have_value("right")


@pytest.mark.parametrize(
    "locale, language, heading", [("en-GB", "en", "Sign in"), ("fr-FR", "fr", None), ("ru-RU", "ru", None)]
)
def test_the_sign_in_page_speaks_to_everyone(
    new_page: Callable[..., Page], locale: str, language: str, heading: str | None
) -> None:
    for scheme in ("light", "dark"):
        page = new_page(locale=locale, color_scheme=scheme, viewport={"width": 320, "height": 640})
        page.goto("/sign-in/")
        expect(page.locator("html")).to_have_attribute("lang", language)
        if heading:
            expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert_accessible(page)
    page.get_by_role("button", name="Русский").click()
    expect(page.locator("html")).to_have_attribute("lang", "ru")
