"""Large files by keyboard: sent as a link, fetched by somebody without an account, listed, withdrawn."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.mailbox import Person, make_person, row, status

pytestmark = pytest.mark.browser

LARGE = 31 * 1024 * 1024  # more than any message carries


@pytest.fixture
def person(running_workmail: Any, new_page: Callable[..., Page]) -> Callable[..., Person]:
    return lambda *messages: make_person(running_workmail, new_page, list(messages))


def compose(page: Page, to: str) -> None:
    page.goto("/mail/compose/")
    expect(page.locator(".ProseMirror")).to_be_visible()
    expect(page.get_by_role("combobox", name="To")).to_be_focused()
    page.keyboard.type(f"{to},")
    page.get_by_role("textbox", name="Subject").fill("The film of the summer party")


def test_a_large_file_goes_as_a_link_and_is_fetched(
    person: Callable[..., Person], new_page: Callable[..., Page], tmp_path: Path
):
    film = tmp_path / "film.bin"
    film.write_bytes(bytes(range(256)) * (LARGE // 256))
    alice, bob = person(), person()
    page = alice.page()
    compose(page, bob.address)
    page.locator("#compose-files").set_input_files(film)
    linked = page.locator(".att.linked")
    expect(linked).to_contain_text("film.bin", timeout=60_000)
    expect(linked).to_contain_text("can be downloaded until")
    expect(status(page)).to_have_text("“film.bin” is sent as a link.")
    assert_accessible(page)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: "/compose/" not in url)

    hers = bob.page()
    expect(row(hers, "The film of the summer party")).to_be_visible(timeout=60_000)
    row(hers, "The film of the summer party").click()
    body = hers.frame_locator("iframe.body-frame").first
    link = body.get_by_role("link", name="film.bin")
    expect(link).to_be_visible()
    address = link.get_attribute("href")

    stranger = new_page(viewport={"width": 390, "height": 844}, locale="fr-FR")
    stranger.goto(address)
    expect(stranger.get_by_role("heading", level=1)).to_have_text("film.bin")
    assert_accessible(stranger)
    with stranger.expect_download() as waiting:
        stranger.locator("main form button").press("Enter")
    assert Path(waiting.value.path()).read_bytes() == film.read_bytes()

    page.goto("/mail/files/")
    page.wait_for_selector("html.ready", state="attached")
    listed = page.locator("tr", has_text="film.bin")
    expect(listed).to_contain_text("31 MB")
    expect(listed.get_by_role("cell").nth(3)).to_have_text("1")
    page.get_by_role("button", name="Withdraw the link to film.bin").press("Enter")
    expect(status(page)).to_have_text("The link to “film.bin” opens nothing any more.")
    assert stranger.goto(address).status == 410
    assert_accessible(stranger)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 320])
def test_files_are_for_everyone(
    person: Callable[..., Person], new_page: Callable[..., Page], tmp_path: Path, width: int, scheme: str
):
    attachment = ("plan.txt", "text/plain", "The plan of the house")
    page = person({"subject": "The plan", "attachments": [attachment]}).page(
        viewport={"width": width, "height": 800}, color_scheme=scheme, permissions=["clipboard-read", "clipboard-write"]
    )
    page.goto("/mail/files/")
    page.wait_for_selector("html.ready", state="attached")
    expect(page.get_by_text("No file is here yet.")).to_be_visible()
    assert_accessible(page)
    kept = tmp_path / "notes.txt"
    kept.write_text("Some notes")
    page.get_by_label("Upload a file").set_input_files(kept)
    page.get_by_role("button", name="Upload", exact=True).press("Enter")
    expect(status(page)).to_have_text("“notes.txt” is kept.", timeout=20_000)
    expect(page.get_by_role("link", name="notes.txt")).to_be_visible()
    assert_accessible(page)

    page.get_by_role("link", name="notes.txt").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("notes.txt")
    assert_accessible(page)
    page.get_by_label("Password").press_sequentially("correct horse")
    page.keyboard.press("Enter")
    expect(status(page)).to_have_text("The link is made. Copy it, or write a message with it.")
    assert_accessible(page)
    page.get_by_role("button", name="Copy link").press("Enter")
    expect(status(page)).to_have_text("The link is copied.")
    address = page.evaluate("navigator.clipboard.readText()")
    stranger = new_page(viewport={"width": width, "height": 800}, color_scheme=scheme, locale="ru-RU")
    stranger.goto(address)
    assert_accessible(stranger)
    stranger.locator("input[type=password]").press_sequentially("wrong one")
    stranger.keyboard.press("Enter")
    expect(stranger.locator("[data-error-summary]")).to_be_visible()
    assert_accessible(stranger)
    stranger.locator("input[type=password]").press_sequentially("correct horse")
    with stranger.expect_download() as waiting:
        stranger.keyboard.press("Enter")
    assert Path(waiting.value.path()).read_text() == "Some notes"

    page.goto("/mail/")
    row(page, "The plan").click()
    page.get_by_role("button", name="Save plan.txt in Files").press("Enter")
    expect(status(page)).to_have_text("“plan.txt” is saved in Files.")


def test_everything_works_without_script(person: Callable[..., Person], tmp_path: Path):
    page = person().page(java_script_enabled=False)
    page.goto("/mail/files/")
    kept = tmp_path / "notes.txt"
    kept.write_text("Some notes")
    page.get_by_label("Upload a file").set_input_files(kept)
    page.get_by_role("button", name="Upload", exact=True).click()
    page.get_by_role("link", name="notes.txt").click()
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_label("Whoever has this address can download the file")).to_have_value(re.compile("/f/"))
    page.get_by_role("button", name="Write a message with the link").click()
    expect(page.locator(".att.linked")).to_contain_text("notes.txt")
    page.get_by_role("button", name="Remove notes.txt").click()
    expect(page.locator(".att.linked")).to_have_count(0)
    page.goto("/mail/files/")
    page.get_by_label("Order").select_option("By name")
    page.get_by_role("button", name="Sort").click()
    page.get_by_role("button", name="Delete notes.txt").click()
    expect(page.locator("#did-text")).to_have_text("“notes.txt” is deleted.")
