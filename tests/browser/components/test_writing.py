"""Recipients and files."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.components.person import run, said

pytestmark = pytest.mark.browser

# --- Recipients --------------------------------------------------------------------------------------------------


def tokens(page: Page) -> list[str]:
    return page.locator("#to").locator("xpath=..").locator(".chip .trunc").all_inner_texts()


def sent_list(page: Page) -> str:
    return page.locator("input[type=hidden][name=to]").input_value()


def test_what_stands_in_the_field_becomes_tokens_that_say_who_is_outside(show):
    page = show("compose")
    assert tokens(page) == ["Alice Martin", "Helena Novak"]
    assert sent_list(page) == "Alice Martin <alice@example.test>, Helena Novak <helena@example.net>"
    expect(page.get_by_role("listitem").filter(has_text="Helena Novak")).to_contain_text("outside workmail")
    expect(page.locator("#to")).not_to_have_attribute("name", re.compile(".*"))


def test_suggestions_are_chosen_by_arrow_keys_and_enter(show):
    page = show("compose")
    page.locator("#to").press_sequentially("in")
    field = page.get_by_role("combobox", name="To")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("option")).to_have_count(4 if page.get_by_role("option").count() == 4 else 3)
    expect(page.get_by_role("option", selected=True)).to_contain_text("Ines Carvalho")
    assert_accessible(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert tokens(page)[-1] == "Invoicing"
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_be_focused()
    expect(page.locator("[data-recipients] p[role=status]").first).to_have_text("Invoicing added.")


def test_escape_closes_the_suggestions_and_keeps_the_text(show):
    page = show("compose")
    page.locator("#to").press_sequentially("in")
    expect(page.get_by_role("listbox")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(page.locator("#to")).to_have_value("in")


def test_a_typed_address_becomes_a_token(show):
    page = show("compose")
    for number, key in enumerate([",", ";", "Enter", "Tab"]):
        page.locator("#to").press_sequentially(f"bob{number}@example.test")
        page.locator("#to").press(key)
        assert tokens(page)[-1] == f"bob{number}@example.test", key
        expect(page.locator("#to")).to_have_value("")
        expect(page.locator("#to")).to_be_focused()


def test_what_is_no_address_is_marked_and_explained_and_can_be_corrected(show):
    page = show("compose")
    page.locator("#to").press_sequentially("bob@@example")
    page.locator("#to").press("Enter")
    expect(page.get_by_text("“bob@@example” is not an address. Correct it or remove it.")).to_be_visible()
    expect(page.locator("#to")).to_have_attribute("aria-invalid", "true")
    assert_accessible(page)
    page.locator(".chip", has_text="bob@@example").dblclick()
    expect(page.locator("#to")).to_have_value("bob@@example")
    page.locator("#to").fill("bob@example.test")
    page.locator("#to").press("Enter")
    assert tokens(page)[-1] == "bob@example.test"
    expect(page.locator("#to")).not_to_have_attribute("aria-invalid", "true")


def test_backspace_selects_a_token_before_it_removes_it(show):
    page = show("compose")
    page.locator("#to").press("Backspace")
    expect(page.locator(".chip.sel")).to_contain_text("Helena Novak")
    assert len(tokens(page)) == 2
    page.locator("#to").press("Backspace")
    assert tokens(page) == ["Alice Martin"]
    page.locator("#to").press("ArrowLeft")
    page.locator("#to").press("Delete")
    assert tokens(page) == []


def test_many_pasted_addresses_are_taken_apart(show):
    page = show("compose")
    pasted = (
        '"Novak, Helena" <h.novak@example.net>; bob@example.test\nChloé Durand <chloe@example.test>\t'
        "alice@example.test, d@example.test (Dmitri), (nobody"
    )
    run(
        page,
        """const data = new DataTransfer(); data.setData('text/plain', argument);
        document.querySelector('#to').dispatchEvent(
          new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));""",
        pasted,
    )
    # Alice stands there already.
    assert tokens(page)[2:] == ["Novak, Helena", "bob@example.test", "Chloé Durand", "Dmitri", "(nobody"]
    assert '"Novak, Helena" <h.novak@example.net>' in sent_list(page)
    expect(page.locator(".chip.bad")).to_contain_text("(nobody")


ADDRESSES = {
    "alice@example.test": True,
    "a.b+c@sub.example.test": True,
    "дмитрий@почта.рф": True,
    '"odd name"@example.test': True,
    "alice@localhost": False,
    "alice@example..test": False,
    ".alice@example.test": False,
    "ali ce@example.test": False,
    "alice@-example.test": False,
    "a@b@c.test": False,
    "x" * 65 + "@example.test": False,
    "alice@example.test\r\nBcc: eve@example.test": False,
    "": False,
}


def test_what_counts_as_an_address(show):
    page = show("sign")
    script = "const { isAddress } = await import('/static/js/addresses.js'); return argument.map(isAddress);"
    assert dict(zip(ADDRESSES, run(page, script, list(ADDRESSES)), strict=True)) == ADDRESSES


def test_leaving_the_field_keeps_what_was_typed(show):
    page = show("compose")
    page.locator("#to").press_sequentially("bob@example.test")
    page.locator("#su").focus()
    assert tokens(page)[-1] == "bob@example.test"


# --- Files -------------------------------------------------------------------------------------------------------


def test_a_chosen_file_is_uploaded_and_can_be_removed(show):
    page = show("compose")
    page.locator("input[type=file]").set_input_files(
        {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"x" * 2048}
    )
    expect(said(page)).to_have_text("plan.pdf is attached.")
    expect(page.get_by_role("list", name="Attachments")).to_contain_text(re.compile("2.KB, attached"))
    assert_accessible(page)
    page.get_by_role("button", name="Remove plan.pdf").click()
    expect(said(page)).to_have_text("plan.pdf is no longer attached.")
    expect(page.locator(".att")).to_have_count(0)


def test_too_large_is_said_before_anything_is_sent(show):
    page = show("compose")
    sent: list[str] = []
    page.route("**page=upload", lambda route: (sent.append(route.request.url), route.continue_()))
    run(
        page,
        """const { uploadsOf } = await import('/static/js/upload.js');
        const uploads = uploadsOf(document.querySelector('[data-upload]'));
        uploads.limit = 3000; uploads.add([new File(['x'.repeat(4000)], 'film.mp4')]);""",
    )
    expect(page.locator("#alert-text")).to_have_text(
        re.compile(r"film.mp4 was not attached: 3.9.KB is more than the 2.9.KB")
    )
    run(
        page,
        """const { uploadsOf } = await import('/static/js/upload.js');
        const uploads = uploadsOf(document.querySelector('[data-upload]'));
        uploads.add([new File(['x'.repeat(2000)], 'one.txt'), new File(['x'.repeat(2000)], 'two.txt')]);""",
    )
    expect(page.locator("#alert-text")).to_have_text(re.compile("two.txt was not attached: with it the files have"))
    expect(page.locator(".att")).to_have_count(1)
    assert len(sent) == 1


def test_an_upload_can_be_cancelled_and_tried_again(show):
    page = show("compose")
    held: list[Any] = []
    page.route("**page=upload", lambda route: held.append(route))
    page.locator("input[type=file]").set_input_files({"name": "big.bin", "mimeType": "x/y", "buffer": b"x" * 1000})
    expect(page.get_by_role("progressbar", name="Uploading big.bin")).to_be_visible()
    page.get_by_role("button", name="Cancel the upload of big.bin").click()
    expect(said(page)).to_have_text("The upload of big.bin was cancelled.")
    expect(page.locator(".att")).to_have_count(0)
    page.unroute("**page=upload")
    state = {"up": False}
    page.route("**page=upload", lambda route: route.continue_() if state["up"] else route.abort())
    page.locator("input[type=file]").set_input_files({"name": "big.bin", "mimeType": "x/y", "buffer": b"x" * 1000})
    expect(page.locator("#alert-text")).to_have_text("big.bin could not be uploaded. Try again.")
    state["up"] = True
    page.get_by_role("button", name="Try again").click()
    expect(said(page)).to_have_text("big.bin is attached.")


def test_files_are_dropped_and_pasted(show):
    page = show("compose")
    drop = """const data = new DataTransfer(); data.items.add(new File(['hello'], 'note.txt', { type: 'text/plain' }));
    const place = document.querySelector('#body');
    for (const kind of ['dragenter', 'dragover', 'drop'])
      place.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));"""
    run(page, drop)
    expect(said(page)).to_have_text("note.txt is attached.")
    expect(page.locator(".dropping")).to_have_count(0)
    paste = """const data = new DataTransfer(); data.items.add(new File(['png'], 'image.png', { type: 'image/png' }));
    document.querySelector('#body').dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));"""
    run(page, paste)
    expect(said(page)).to_have_text(re.compile(r"\d{4}-\d\d-\d\d [\d-]+\.png is attached\."))
