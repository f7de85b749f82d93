"""Signatures, sending later and templates as a person uses them: by keyboard, wide and narrow."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.test_compose import person, text_of  # noqa: F401

pytestmark = pytest.mark.browser


def test_a_signature_written_in_the_settings_stands_in_a_new_message_and_can_be_exchanged(
    person: Callable[..., Page],  # noqa: F811
) -> None:
    page = person("alice")
    page.goto("/mail/compose/signatures/")
    for name, text in (("Office", "Alice of Fernhill"), ("Short", "A.")):
        form = page.locator("form[data-signature-form]").last
        form.get_by_label("Name").fill(name)
        written = form.get_by_role("textbox", name="Text of the signature")
        expect(form.locator(".written")).to_be_visible()
        written.press_sequentially(text)
        form.get_by_label("Name").focus()
        page.keyboard.press("Enter")
        expect(
            page.locator(".statusline, [role=status]").filter(has_text=f"Signature {name} saved.").first
        ).to_be_visible()
    assert_accessible(page)
    page.get_by_label("New messages").first.select_option("Office")
    page.get_by_role("button", name="Save the choice").press("Enter")
    page.goto("/mail/compose/")
    expect(text_of(page)).to_contain_text("Alice of Fernhill")
    text_of(page).press("Home")
    page.keyboard.type("Hello")
    page.locator("details.options > summary").press("Enter")
    page.get_by_label("Signature").select_option("Short")
    expect(text_of(page)).not_to_contain_text("Fernhill")
    expect(text_of(page).locator("p").last).to_have_text("A.")
    expect(text_of(page).locator("p").first).to_have_text("Hello")
    page.get_by_label("Signature").select_option("")
    expect(text_of(page)).to_have_text("Hello")
    page.get_by_label("Signature").select_option("Office")
    page.get_by_label("Signature").select_option("Office")
    expect(text_of(page).get_by_text("Alice of Fernhill")).to_have_count(1)
    expect(page).to_have_url(re.compile("/mail/compose/"))
    assert_accessible(page)


@pytest.mark.parametrize("width", [1280, 320])
def test_a_message_is_sent_tomorrow_seen_in_scheduled_and_cancelled_by_keyboard(
    person: Callable[..., Page],  # noqa: F811
    width: int,
) -> None:
    page = person("alice", viewport={"width": width, "height": 800})
    page.goto("/mail/compose/")
    page.get_by_role("combobox", name="To").fill("bob@example.test,")
    subject = f"Later {width}"
    page.get_by_role("textbox", name="Subject").fill(subject)
    text_of(page).press_sequentially("Good morning")
    page.get_by_role("button", name="Send later").press("Enter")
    expect(page.get_by_role("button", name=re.compile("Tomorrow morning"))).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name=re.compile("Tomorrow morning")).press("Enter")
    expect(page.get_by_text(re.compile("The message will be sent on")).first).to_be_visible()
    page.evaluate("document.querySelector('[data-role=scheduled]').click()")
    page.wait_for_url(re.compile("/mail/[0-9a-f-]{36}/$"))
    row = page.locator(".row").filter(has_text=subject)
    row.locator("a.hit").press("Enter")
    cancel = page.get_by_role("button", name="Cancel sending and edit")
    expect(cancel).to_be_visible()
    assert_accessible(page)
    cancel.press("Enter")
    expect(page.get_by_role("textbox", name="Subject")).to_have_value(subject)


def test_a_text_is_saved_as_a_template_and_put_into_the_next_message_by_keyboard(
    person: Callable[..., Page],  # noqa: F811
) -> None:
    page = person("alice")
    page.goto("/mail/compose/")
    page.get_by_role("textbox", name="Subject").fill("Weekly report")
    text_of(page).press_sequentially("Dear all, here is the report.")
    page.get_by_role("button", name="Templates").press("Enter")
    name = page.get_by_label("Save this text as a template named")
    name.fill("Report")
    assert_accessible(page)
    page.get_by_role("button", name="Save as template").press("Enter")
    expect(page.get_by_text("Template Report saved.").first).to_be_visible()
    page.goto("/mail/compose/")
    expect(page.locator(".written")).to_be_visible()
    text_of(page).press("Home")
    page.get_by_role("button", name="Templates").press("Enter")
    page.get_by_role("button", name="Report", exact=True).press("Enter")
    expect(text_of(page)).to_contain_text("Dear all, here is the report.")
    expect(page.get_by_role("textbox", name="Subject")).to_have_value("Weekly report")
    page.goto("/mail/compose/templates/")
    assert_accessible(page)
    page.get_by_role("button", name="Delete the template Report").press("Enter")
    expect(page.get_by_text("Template Report deleted.").first).to_be_visible()
