"""Writing a message as a person does it: with the keyboard, with files and pictures, wide and narrow, with and without
script, and taking it back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import assert_accessible
from tests.services.environment import PASSWORD

pytestmark = pytest.mark.browser

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PASTE_PICTURE = """(node, octets) => {
    const file = new File([Uint8Array.from(atob(octets), (c) => c.charCodeAt(0))], "image.png", { type: "image/png" });
    const data = new DataTransfer();
    data.items.add(file);
    node.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
PASTE_HTML = """(node, html) => {
    const data = new DataTransfer();
    data.setData("text/html", html);
    data.setData("text/plain", "x");
    node.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""
DROP = """(node, files) => {
    const data = new DataTransfer();
    for (const [name, type, size] of files) data.items.add(new File([new Uint8Array(size)], name, { type }));
    for (const kind of ["dragenter", "dragover", "drop"]) {
        node.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
}"""


@pytest.fixture
def person(new_page: Callable[..., Page], running_workmail: Any) -> Callable[..., Page]:
    """Return a page where somebody of the demo organization is signed in."""

    def open_page(name: str, **options: Any) -> Page:
        page = new_page(**options)
        if known := running_workmail.sessions.get(name):
            page.context.add_cookies(known)
            page.goto("/mail/")
            return page
        page.goto("/sign-in/")
        page.locator("input[name=login]").fill(f"{name}@example.test")
        page.locator("input[type=password]").fill(PASSWORD)
        page.locator("main form button[type=submit], main form button:not([type])").first.click()
        page.wait_for_url(re.compile("/mail/"))
        running_workmail.sessions[name] = page.context.cookies()
        return page

    return open_page


def text_of(page: Page) -> Locator:
    """The text, once one can write in it: what a draft holds already may not be changed before the editor is there."""
    text = page.get_by_role("textbox", name="Message text")
    expect(text).to_be_editable()
    return text


def subject_of(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Subject")


def compose(page: Page) -> Page:
    page.goto("/mail/compose/")
    expect(page.locator(".ProseMirror")).to_be_visible()
    expect(page.get_by_role("combobox", name="To")).to_be_focused()
    return page


def saved(page: Page) -> None:
    expect(page.locator("[data-save-state]")).to_have_text(re.compile(r"^Saved \d\d:\d\d$"))


def send(page: Page) -> None:
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: "/compose/" not in url)


def test_a_message_is_written_and_sent_with_the_keyboard_alone(person: Callable[..., Page]) -> None:
    alice = compose(person("alice"))
    alice.keyboard.type("bo")
    option = alice.get_by_role("option", name=re.compile("Bob"))
    expect(option).to_have_attribute("aria-selected", "true")
    assert_accessible(alice)
    alice.keyboard.press("Enter")
    expect(alice.locator("[data-tokens] li")).to_have_text(["Bob"])
    alice.keyboard.type("Helena Novak <helena@example.org>,")
    expect(alice.locator("[data-sentence]")).to_have_text(
        "Goes to 2 people, 1 outside Example (Helena Novak, example.org)."
    )
    expect(alice.locator("[data-tokens] li").nth(1)).to_have_class(re.compile("warn"))
    alice.keyboard.press("Backspace")
    alice.keyboard.press("Backspace")
    expect(alice.locator("[data-sentence]")).to_have_text("Goes to 1 person.")
    alice.keyboard.press("Tab")
    alice.keyboard.press("Tab")
    expect(subject_of(alice)).to_be_focused()
    alice.keyboard.type("Racking order")
    alice.keyboard.press("Tab")
    expect(alice.get_by_role("button", name="Bold")).to_be_focused()
    alice.keyboard.press("ArrowRight")
    expect(alice.get_by_role("button", name="Italic")).to_be_focused()
    alice.keyboard.press("Tab")
    expect(text_of(alice)).to_be_focused()
    alice.keyboard.type("Hello Bob,\nit is ")
    alice.keyboard.press("Control+b")
    alice.keyboard.type("urgent")
    expect(alice.get_by_role("button", name="Bold")).to_have_attribute("aria-pressed", "true")
    alice.keyboard.press("Control+b")
    alice.keyboard.press("Enter")
    alice.keyboard.press("Control+Shift+8")
    alice.keyboard.type("one\ntwo")
    saved(alice)
    assert_accessible(alice)
    send(alice)
    expect(alice.locator("#did-text")).to_contain_text("Until then you can take it back.")


def test_sending_is_taken_back_and_the_draft_is_as_it_was(person: Callable[..., Page]) -> None:
    alice = compose(person("alice"))
    alice.keyboard.type("chloe@example.test,")
    subject_of(alice).fill("Too early")
    text_of(alice).click()
    alice.keyboard.type("Not finished")
    send(alice)
    alice.get_by_role("button", name=re.compile("Undo")).click()
    alice.wait_for_url(re.compile("/mail/compose/"))
    expect(alice.locator("#did-text")).to_have_text("Not sent. The message is a draft again.")
    expect(text_of(alice)).to_have_text("Not finished")
    expect(subject_of(alice)).to_have_value("Too early")
    expect(alice.locator("[data-tokens] li")).to_have_text(["Chloé"])


def test_a_draft_saves_itself_and_is_there_again(person: Callable[..., Page]) -> None:
    alice = compose(person("alice"))
    alice.keyboard.type("bob@example.test, half an addr")
    subject_of(alice).fill("Kept draft")
    text_of(alice).click()
    alice.keyboard.type("First words")
    saved(alice)
    address = alice.url
    assert "/mail/compose/" in address
    assert address.split("?")[0].rstrip("/") != "/mail/compose"
    alice.keyboard.type(" and last words")
    alice.goto("/mail/")  # leaving saves what is there, without waiting for the answer
    alice.goto(address)
    expect(text_of(alice)).to_have_text("First words and last words", timeout=15_000)
    expect(alice.locator("[data-tokens] li")).to_have_count(2)
    expect(alice.locator("[data-tokens] li").nth(1)).to_have_class(re.compile("bad"))
    expect(alice.get_by_text("is not an address. Correct it or remove it.")).to_be_visible()
    alice.keyboard.press("Control+s")
    expect(alice.locator("#did-text")).to_have_text(re.compile("Draft saved at"))


def test_two_windows_with_one_draft_notice_each_other(person: Callable[..., Page]) -> None:
    first = compose(person("alice"))
    subject_of(first).fill("Twice")
    text_of(first).click()
    first.keyboard.type("mine")
    saved(first)
    second = first.context.new_page()
    second.goto(first.url)
    text_of(second).click()
    second.keyboard.press("Control+a")
    second.keyboard.type("theirs")
    saved(second)
    text_of(first).click()
    first.keyboard.type(" again")
    conflict = first.locator("[data-conflict]")
    expect(conflict).to_be_visible()
    expect(conflict).to_contain_text("Also edited elsewhere at")
    assert_accessible(first)
    first.get_by_role("button", name="Keep this version").click()
    saved(first)
    second.reload()
    expect(text_of(second)).to_contain_text("again")
    first.keyboard.type("!")
    saved(first)


def test_files_are_dropped_with_progress_and_too_large_ones_become_links(
    person: Callable[..., Page],
) -> None:
    alice = compose(person("alice"))
    alice.locator("#compose").evaluate(DROP, [["plan.pdf", "application/pdf", 3_000_000], ["run.exe", "", 10]])
    files = alice.get_by_role("list", name="Attachments").get_by_role("listitem")
    expect(files).to_have_count(2)
    expect(files.get_by_text("Most mail systems refuse files that end in .exe")).to_be_visible()
    expect(alice.locator("[data-files-total]")).to_have_text(re.compile("2.9\\sMB of 29\\sMB"))
    assert_accessible(alice)
    alice.locator("#compose").evaluate(DROP, [["film.mp4", "video/mp4", 30_500_000]])
    expect(files.filter(has_text="film.mp4")).to_contain_text("can be downloaded until", timeout=60_000)
    expect(alice.locator("[data-files-total]")).to_have_text(re.compile("2.9\\sMB of 29\\sMB"))
    alice.get_by_role("button", name="Remove film.mp4").click()
    expect(files).to_have_count(2)
    alice.get_by_role("button", name="Remove run.exe").click()
    expect(files).to_have_count(1)
    saved(alice)
    alice.reload()
    expect(files).to_have_count(1)


def test_pictures_are_pasted_into_the_text_and_reach_the_reader(person: Callable[..., Page]) -> None:
    alice = compose(person("alice"))
    alice.keyboard.type("bob@example.test,")
    subject_of(alice).fill("A picture")
    text_of(alice).click()
    alice.keyboard.type("See: ")
    text_of(alice).evaluate(PASTE_PICTURE, PNG)
    picture = text_of(alice).locator("img:not(.ProseMirror-separator)")
    expect(picture).to_have_attribute("src", re.compile("^/mail/compose/file/"))
    expect(alice.get_by_role("list", name="Attachments").get_by_role("listitem")).to_have_count(0)
    saved(alice)
    alice.reload()
    expect(picture).to_be_visible()
    assert picture.evaluate("node => node.complete && node.naturalWidth") == 1


def test_what_is_pasted_from_elsewhere_keeps_its_sense_and_nothing_else(person: Callable[..., Page]) -> None:
    alice = compose(person("alice"))
    text_of(alice).click()
    html = (
        '<b style="font-weight:normal"><p style="color:red">plain <span style="font-weight:700">bold</span>'
        '<span style="font-style:italic">slanted</span></p></b><img src="https://tracker.test/x.png" alt="logo">'
        f'<script>alert(1)</script><a href="javascript:alert(1)">x</a><img src="data:image/png;base64,{PNG}">'
    )
    text_of(alice).evaluate(PASTE_HTML, html)
    text = text_of(alice)
    expect(text.locator("strong")).to_have_text("bold")
    expect(text.locator("em")).to_have_text("slanted")
    expect(text.locator("[style*=color], script, a")).to_have_count(0)
    expect(text.locator('img[src^="/mail/compose/file/"]')).to_have_count(1)
    expect(text.locator('img[src*="tracker"]')).to_have_count(0)


def test_what_is_typed_before_the_formatting_has_loaded_is_kept(person: Callable[..., Page]) -> None:
    alice = person("alice")
    alice.route("**/django_prose_editor/**", lambda route: (alice.wait_for_timeout(1500), route.continue_()))
    alice.goto("/mail/compose/")
    alice.locator("textarea").press_sequentially("Quick & early")
    expect(alice.locator(".ProseMirror")).to_be_visible()
    expect(alice.locator(".ProseMirror")).to_be_focused()
    alice.keyboard.type(" bird")
    expect(alice.locator(".ProseMirror")).to_have_text("Quick & early bird")


def test_the_text_stays_plain_when_the_formatting_cannot_be_loaded(person: Callable[..., Page]) -> None:
    alice = person("alice")
    alice.route("**/django_prose_editor/**", lambda route: route.abort())
    alice.goto("/mail/compose/")
    expect(alice.locator("#alert-text")).to_have_text(
        "The formatting tools could not be loaded. You can write plain text."
    )
    alice.locator("textarea").fill("Plain then")
    saved(alice)
    alice.reload()
    expect(alice.locator("textarea")).to_have_value("Plain then")


def test_a_link_is_set_by_keyboard(person: Callable[..., Page]) -> None:
    alice = compose(person("alice"))
    text_of(alice).click()
    alice.keyboard.type("the page")
    alice.wait_for_timeout(200)  # the editor takes no selection within 50 ms of its own: nobody types that fast
    alice.keyboard.press("Shift+Home")
    alice.wait_for_timeout(200)
    alice.keyboard.press("Control+k")
    field = alice.get_by_label("Address of the page")
    expect(field).to_be_focused()
    alice.keyboard.type("not an address")
    alice.keyboard.press("Enter")
    expect(alice.get_by_text("This is not an address of a page.")).to_be_visible()
    assert_accessible(alice)
    field.fill("example.org/plan")
    alice.keyboard.press("Enter")
    expect(text_of(alice).get_by_role("link", name="the page")).to_have_attribute("href", "https://example.org/plan")
    expect(text_of(alice)).to_be_focused()


def test_plain_text_warns_about_what_is_lost(person: Callable[..., Page]) -> None:
    alice = compose(person("alice"))
    text_of(alice).click()
    alice.keyboard.type("Hello\n")
    alice.get_by_role("button", name="Plain text").click()
    expect(alice.locator("textarea")).to_have_value("Hello")  # nothing to lose, nothing asked
    alice.get_by_role("button", name="Plain text").click()
    text_of(alice).click()
    alice.keyboard.press("Control+a")
    alice.keyboard.press("Control+b")
    alice.get_by_role("button", name="Plain text").click()
    expect(alice.get_by_role("dialog", name="Write plain text?")).to_be_visible()
    assert_accessible(alice)
    alice.get_by_role("button", name="Keep the formatting").click()
    expect(text_of(alice).locator("strong")).to_have_text("Hello")
    alice.get_by_role("button", name="Plain text").click()
    alice.get_by_role("button", name="Write plain text").click()
    expect(alice.locator("textarea")).to_have_value("Hello")
    saved(alice)
    alice.reload()
    expect(alice.locator("textarea")).to_have_value("Hello")


def test_questions_before_sending_are_asked_in_a_dialog(person: Callable[..., Page]) -> None:
    alice = compose(person("alice"))
    alice.keyboard.type("bob@example.test,")
    text_of(alice).click()
    alice.keyboard.type("The plan is attached.")
    alice.keyboard.press("Control+Enter")
    dialog = alice.get_by_role("dialog")
    expect(dialog).to_contain_text("This message has no subject.")
    assert_accessible(alice)
    alice.get_by_role("button", name="Go on writing").click()
    subject_of(alice).fill("Plan")
    alice.keyboard.press("Control+Enter")
    expect(dialog).to_contain_text("nothing is attached")
    alice.get_by_role("button", name="Send anyway").click()
    alice.wait_for_url(lambda url: "/compose/" not in url)


def test_what_cannot_be_sent_is_said_beside_it_and_kept(person: Callable[..., Page]) -> None:
    alice = compose(person("alice"))
    alice.keyboard.type("nobody@example.test,")
    expect(alice.locator("[data-sentence]")).to_have_text("1 recipient cannot be used. Correct it or remove it.")
    expect(alice.locator("[data-tokens] li")).to_contain_text("no such address")
    subject_of(alice).fill("Lost")
    text_of(alice).click()
    alice.keyboard.type("x")
    alice.keyboard.press("Control+Enter")
    expect(alice.locator("[data-problems]")).to_contain_text("This recipient does not exist: nobody@example.test")
    assert_accessible(alice)
    alice.get_by_role("button", name="Remove nobody@example.test").click()
    alice.keyboard.press("Control+Enter")
    expect(alice.locator("[data-problems]")).to_contain_text("Add at least one recipient.")
    expect(alice.get_by_role("combobox", name="To")).to_be_focused()


def test_many_addresses_are_pasted_at_once(person: Callable[..., Page]) -> None:
    alice = compose(person("alice"))
    alice.get_by_role("combobox", name="To").evaluate(
        """(node) => {
            const data = new DataTransfer();
            data.setData("text/plain", "a@example.org; B <b@example.org>\\nbob@example.test\\tbroken@\\n");
            node.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(alice.locator("[data-tokens] li")).to_have_count(4)
    expect(alice.locator("[data-tokens] li.bad")).to_have_count(1)


@pytest.mark.parametrize("width", [390, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_composer_on_a_phone(person: Callable[..., Page], width: int, scheme: str) -> None:
    alice = compose(person("alice", viewport={"width": width, "height": 740}, color_scheme=scheme))
    alice.keyboard.type("bob@example.test, a.very.long.address.of.somebody@subdomain.example.org,")
    alice.get_by_text("Cc and Bcc").click()
    alice.get_by_role("combobox", name="Cc", exact=True).fill("carol@example.org,")
    subject_of(alice).fill("On the way")
    text_of(alice).fill("Averyveryverylongwordwithoutanyblankthatmustbreaksomewhere" * 3)
    plan = {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}
    alice.locator("#compose-files").set_input_files(plan)
    saved(alice)
    assert_accessible(alice)


def test_a_message_is_answered_with_its_quote_and_a_file_and_the_answer_is_in_the_conversation(
    person: Callable[..., Page],
) -> None:
    dmitri, admin = person("dmitri", locale="en-GB"), person("admin")
    dmitri.goto("/mail/compose/?to=admin@example.test&subject=Floor+plan&body=Which+unit%3F")
    dmitri.locator(".ProseMirror").click()
    send(dmitri)
    row = admin.get_by_role("link", name=re.compile("Floor plan"))
    expect(row.first).to_be_visible(timeout=60_000)  # it arrives by itself, after the time to take it back
    row.first.click()
    admin.get_by_role("link", name=re.compile("^Reply")).first.click()
    admin.wait_for_url(re.compile("/mail/compose/"))
    expect(text_of(admin)).to_be_focused()
    expect(subject_of(admin)).to_have_value("Re: Floor plan")
    admin.keyboard.type("Unit 7, see the plan.")
    admin.get_by_text("Show the original message").click()
    quote = admin.frame_locator("iframe[data-body-frame][title='Original message']")
    expect(quote.get_by_text("Which unit?")).to_be_visible()
    expect(quote.get_by_text("wrote:")).to_be_visible()
    plan = {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF plan"}
    admin.locator("#compose-files").set_input_files(plan)
    expect(admin.get_by_role("link", name="plan.pdf")).to_be_visible()
    assert_accessible(admin)
    text_of(admin).click()
    send(admin)
    assert "/compose/" not in admin.url  # back at the message that was answered


def test_without_script_it_is_a_form(person: Callable[..., Page], new_page: Callable[..., Page]) -> None:
    with_script = person("alice")
    page = new_page(java_script_enabled=False, storage_state=with_script.context.storage_state())
    page.goto("/mail/compose/")
    page.get_by_label("To", exact=True).fill("bob@example.test, carol@example.org")
    subject_of(page).fill("Plain form")
    page.get_by_label("Message text").fill("Written without script")
    page.locator("#compose-files").set_input_files(
        {"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF plan"}
    )
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Draft saved at")).to_be_visible()
    expect(page.get_by_role("link", name="plan.pdf")).to_be_visible()
    expect(page.get_by_text("Goes to 2 people, 1 outside Example (carol@example.org).")).to_be_visible()
    subject_of(page).fill("")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("This message has no subject. Send it anyway?")).to_be_visible()
    page.get_by_role("button", name="Send anyway").click()
    expect(page.get_by_text("Until then you can take it back.")).to_be_visible()
    page.get_by_role("button", name=re.compile("Undo")).click()
    expect(page.get_by_label("Message text")).to_have_value(re.compile("Written without script"))


def test_the_composer_speaks_french_and_russian_once_they_are_translated(person: Callable[..., Page]) -> None:
    for name, locale in (("chloe", "fr-FR"), ("dmitri", "ru-RU")):
        page = person(name, locale=locale)
        page.goto("/mail/compose/")
        expect(page.locator(".ProseMirror")).to_be_visible()
        assert_accessible(page)
