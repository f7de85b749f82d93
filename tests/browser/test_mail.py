"""Mail as a person does it: with the keyboard, the mouse and a thumb, live in two pages, without script, offline."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.mailbox import Person, focused_subject, make_person, row, status, subjects, wait_until_alive

pytestmark = pytest.mark.browser

WIDE = {"width": 1440, "height": 900}
SCREENS = [
    pytest.param({"width": 1440, "height": 900}, id="1440"),
    pytest.param({"width": 820, "height": 1000}, id="820"),
    pytest.param({"width": 390, "height": 844}, id="390"),
    pytest.param({"width": 320, "height": 640}, id="320"),
]
FIVE: list[dict[str, Any]] = [{"subject": f"Pallet {number}", "text": f"Text {number}."} for number in range(5)]
HOSTILE = """<p id="x">Hello</p><script>parent.document.title = "owned"</script>
<img src="https://example.org/pixel.gif" onerror="parent.document.title='owned'">
<svg onload="parent.document.title='owned'"></svg><a href="javascript:parent.document.title='owned'">click</a>
<style>@import url(https://example.org/x.css); body { background: url(https://example.org/x.png) }</style>
<form action="https://example.org/"><button>Send</button></form><iframe src="https://example.org/"></iframe>"""


@pytest.fixture
def person(running_workmail: Any, new_page: Callable[..., Page]) -> Callable[..., Person]:
    return lambda *messages, folders=(): make_person(running_workmail, new_page, list(messages), folders)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def assert_same_place(now: Any, before: Any) -> None:
    """Scrolling goes by whole pixels, rows are as tall as their text."""
    assert now == pytest.approx(before, abs=0.6)


def reload(page: Page) -> None:
    """Ask the server how things are, after it has been told everything."""
    page.wait_for_load_state("networkidle")
    page.reload()
    wait_until_alive(page)


# --- The keyboard ----------------------------------------------------------------------------------------------


def test_read_archive_undo_by_keyboard_alone(person: Callable[..., Person]) -> None:
    page = person(*FIVE).page(viewport=WIDE)
    press(page, "j", "j")
    assert focused_subject(page) == "Pallet 1"
    press(page, "o")
    expect(page.get_by_role("heading", name="Pallet 1", level=2)).to_be_visible()
    expect(page.locator("#open")).to_be_focused()
    expect(page).to_have_title(re.compile("^Pallet 1 · "))
    press(page, "e")
    expect(status(page)).to_have_text("Archived: Pallet 1")
    expect(page.get_by_role("heading", name="Pallet 2", level=2)).to_be_visible()  # the next conversation
    expect(page.locator("#open")).to_be_focused()
    assert subjects(page) == ["Pallet 0", "Pallet 2", "Pallet 3", "Pallet 4"]
    press(page, "z")
    expect(status(page)).to_have_text("Undone.")
    expect(row(page, "Pallet 1")).to_be_focused()
    assert subjects(page) == [f"Pallet {number}" for number in range(5)]
    reload(page)
    assert subjects(page) == [f"Pallet {number}" for number in range(5)]


def test_a_range_is_selected_moved_and_brought_back(person: Callable[..., Person]) -> None:
    page = person(*FIVE, folders=("Projects", "Hiring")).page(viewport=WIDE)
    press(page, "j", "j", "x", "Shift+ArrowDown", "Shift+ArrowDown")
    expect(page.locator("#picked")).to_have_text("3 conversations selected")
    press(page, "v")
    expect(page.get_by_role("dialog", name="Move to")).to_be_visible()
    page.keyboard.type("hir")
    press(page, "Enter")
    expect(status(page)).to_have_text("3 conversations moved to Hiring.")
    assert subjects(page) == ["Pallet 0", "Pallet 4"]
    expect(row(page, "Pallet 4")).to_be_focused()
    press(page, "z")
    expect(row(page, "Pallet 1")).to_be_focused()
    assert subjects(page) == [f"Pallet {number}" for number in range(5)]


def test_flags_read_and_junk_by_key_are_what_the_server_has(person: Callable[..., Person]) -> None:
    page = person(*FIVE).page(viewport=WIDE)
    press(page, "j", "s")
    expect(status(page)).to_have_text("1 conversation flagged.")
    press(page, "Shift+U")
    expect(page.locator('[data-badge="mail"] [data-badge-number]')).to_have_text("1")
    press(page, "j", "!")
    expect(status(page)).to_have_text("1 conversation marked as junk.")
    reload(page)
    assert subjects(page) == ["Pallet 0", "Pallet 2", "Pallet 3", "Pallet 4"]
    expect(row(page, "Pallet 0")).to_have_class(re.compile("unread"))
    expect(row(page, "Pallet 0").locator(".flag")).to_be_visible()
    page.get_by_role("treeitem", name="Junk").click()
    wait_until_alive(page)
    press(page, "j", "!")
    expect(status(page)).to_have_text("1 conversation is no junk and moved to Inbox.")


def test_every_step_of_the_list_works_without_a_mouse(person: Callable[..., Person]) -> None:
    page = person(*FIVE).page(viewport=WIDE)
    page.keyboard.press("Tab")
    page.get_by_role("link", name="Skip to the message list").press("Enter")
    press(page, "j", "End")
    assert focused_subject(page) == "Pallet 4"
    press(page, "Home", "ArrowRight")
    expect(page.get_by_role("checkbox", name="Select: Pallet 0")).to_be_focused()
    press(page, "Escape", "Enter")
    expect(page.get_by_role("heading", name="Pallet 0", level=2)).to_be_visible()
    press(page, "u")
    assert focused_subject(page) == "Pallet 0"
    press(page, "Control+a")
    expect(page.locator("#picked")).to_have_text("5 conversations selected")
    press(page, "Delete")
    expect(status(page)).to_have_text("5 conversations moved to Deleted.")
    expect(page.get_by_text("Inbox is empty. New mail appears here by itself.")).to_be_visible()
    press(page, "z")
    expect(page.locator(".row:visible")).to_have_count(5)


def test_deleting_for_ever_asks_and_says_what_it_does(person: Callable[..., Person]) -> None:
    page = person(*FIVE).page(viewport=WIDE)
    press(page, "j", "Shift+Delete")
    dialog = page.get_by_role("dialog", name="Delete for ever")
    expect(dialog).to_contain_text("This deletes 1 row for ever. It cannot be undone.")
    press(page, "Escape")
    assert len(subjects(page)) == 5
    press(page, "Shift+Delete")
    dialog.get_by_role("button", name="Delete for ever").click()
    expect(status(page)).to_have_text("1 conversation deleted for ever.")
    expect(page.locator("[data-undo]")).to_be_hidden()


def test_a_message_is_found_opened_and_archived(person: Callable[..., Person], running_workmail: Any) -> None:
    page = person(*FIVE, {"subject": "Contract", "text": "The carrier returned both copies."}).page(viewport=WIDE)
    running_workmail.wait_for(lambda: _finds(page, "carrier"), "the message is found", seconds=60)
    press(page, "/")
    expect(page.get_by_role("combobox", name="Search mail")).to_be_focused()
    page.get_by_role("combobox", name="Search mail").fill("carrier from:sender")
    press(page, "Enter")
    expect(page.locator(".row .sub")).to_have_text(["Contract"])
    expect(page.locator(".tokens .chip")).to_have_count(2)
    page.locator("body").click(position={"x": 5, "y": 500})
    press(page, "j", "o")
    expect(page.get_by_role("heading", name="Contract", level=2)).to_be_visible()
    press(page, "e")
    expect(row(page, "Contract").locator(".place")).to_have_text("Archive")
    page.get_by_role("link", name="Remove carrier").click()
    expect(page.locator(".tokens .chip")).to_have_count(1)


def _finds(page: Page, text: str) -> bool:
    page.goto(f"/mail/search/?q={text}")
    return page.locator(".row").count() > 0


# --- Live ------------------------------------------------------------------------------------------------------


def test_new_mail_and_flags_reach_every_open_page(person: Callable[..., Person]) -> None:
    alice = person(*FIVE)
    first, second = alice.page(viewport=WIDE), alice.page(viewport=WIDE)
    alice.receives(subject="Just arrived", from_="Tomás Herrera <tomas@example.org>")
    for page in (first, second):
        expect(row(page, "Just arrived")).to_be_visible(timeout=15_000)
        expect(row(page, "Just arrived")).to_have_class(re.compile("unread"))
        expect(page.locator('[data-badge="mail"] [data-badge-number]')).to_have_text("1")
        expect(page).to_have_title(re.compile(r"^Inbox \(1\) · "))
        assert subjects(page)[0] == "Just arrived"
    expect(first.locator("#arrivals-text")).to_have_text(re.compile("Tomás Herrera"))
    row(first, "Just arrived").focus()
    press(first, "s")
    expect(row(second, "Just arrived")).to_have_attribute("data-flagged", "")
    press(first, "e")
    expect(row(second, "Just arrived")).to_have_count(0)
    expect(second.locator('[data-badge="mail"]')).to_be_hidden()


def test_new_mail_never_moves_the_row_under_focus_or_pointer(person: Callable[..., Person]) -> None:
    alice = person(*[{"subject": f"Pallet {number}"} for number in range(30)])
    page = alice.page(viewport=WIDE)
    pointed = row(page, "Pallet 3")
    pointed.hover()
    before = pointed.bounding_box()
    alice.receives(subject="One")
    expect(page.locator(".row").filter(has_text="One")).to_be_attached(timeout=15_000)
    assert_same_place(pointed.bounding_box(), before)
    press(page, "j", "j")
    page.mouse.move(900, 400)
    focused = page.locator(".row:focus")
    before = focused.bounding_box()
    alice.receives(subject="Two")
    expect(page.locator(".row").filter(has_text="Two")).to_be_attached(timeout=15_000)
    assert_same_place(focused.bounding_box(), before)
    shown = page.get_by_role("button", name="new messages, show")
    shown.click()
    expect(row(page, "Two")).to_be_in_viewport()
    expect(shown).to_be_hidden()


def test_a_row_that_gets_an_answer_stays_under_the_focus_until_it_is_left(person: Callable[..., Person]) -> None:
    alice = person(*FIVE, {"subject": "Walk", "message_id": "<walk@example.org>"})
    page = alice.page(viewport=WIDE)
    press(page, "j", "End")
    assert focused_subject(page) == "Walk"
    before = page.locator(".row:focus").bounding_box()
    alice.receives(subject="Re: Walk", in_reply_to="<walk@example.org>")
    expect(row(page, "Re: Walk")).to_be_focused(timeout=15_000)
    assert_same_place(page.locator(".row:focus").bounding_box(), before)
    assert subjects(page)[-1] == "Re: Walk"
    press(page, "k")
    assert subjects(page)[0] == "Re: Walk"
    assert focused_subject(page) == "Pallet 4"


def test_an_answer_joins_the_open_conversation(person: Callable[..., Person]) -> None:
    alice = person({"subject": "Walk", "message_id": "<walk@example.org>", "text": "Shall we?"})
    page = alice.page(viewport=WIDE)
    row(page, "Walk").locator("a.hit").click()
    expect(page.get_by_text("Shall we?", exact=True)).to_be_visible()
    alice.receives(subject="Re: Walk", in_reply_to="<walk@example.org>", text="Yes, at two.")
    expect(page.locator("article").filter(has_text="Yes, at two.")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Shall we?", exact=True)).to_be_visible()


def test_a_folder_made_in_one_page_appears_in_the_other(person: Callable[..., Person]) -> None:
    alice = person(*FIVE)
    first, second = alice.page(viewport=WIDE), alice.page(viewport=WIDE)
    first.get_by_role("link", name="New folder").click()
    dialog = first.get_by_role("dialog", name="New folder")
    dialog.get_by_label("Name").fill("Hiring")
    dialog.get_by_role("button", name="Make folder").click()
    expect(status(first)).to_have_text("Folder Hiring made.")
    for page in (first, second):
        expect(page.get_by_role("treeitem", name="Hiring")).to_be_visible()
    press(first, "z")
    for page in (first, second):
        expect(page.get_by_role("tree", name="Folders").get_by_role("treeitem", name="Hiring")).to_have_count(0)


def test_what_is_done_offline_waits_in_order_and_is_done_once(person: Callable[..., Person]) -> None:
    page = person(*FIVE).page(viewport=WIDE)
    page.context.set_offline(True)
    press(page, "j", "e")
    assert subjects(page) == ["Pallet 1", "Pallet 2", "Pallet 3", "Pallet 4"]
    press(page, "s", "e")
    expect(page.locator("[data-live-state]")).to_contain_text("3 actions wait.")
    page.context.set_offline(False)
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "online", timeout=40_000)
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    reload(page)
    assert subjects(page) == ["Pallet 2", "Pallet 3", "Pallet 4"]
    page.get_by_role("treeitem", name="Archive").click()
    wait_until_alive(page)
    assert subjects(page) == ["Pallet 0", "Pallet 1"]
    expect(row(page, "Pallet 1")).to_have_attribute("data-flagged", "")


# --- The mouse and the thumb -----------------------------------------------------------------------------------


def test_rows_are_dragged_to_a_folder(person: Callable[..., Person]) -> None:
    page = person(*FIVE, folders=("Projects",)).page(viewport=WIDE)
    page.get_by_role("checkbox", name="Select: Pallet 1").check()
    row(page, "Pallet 3").locator(".what").click(modifiers=["Shift"])
    row(page, "Pallet 2").drag_to(page.get_by_role("treeitem", name="Projects"))
    expect(status(page)).to_have_text("3 conversations moved to Projects.")
    row(page, "Pallet 0").drag_to(page.get_by_role("treeitem", name="Deleted"))
    expect(status(page)).to_have_text("Moved to Deleted: Pallet 0")
    assert subjects(page) == ["Pallet 4"]


def test_more_than_what_is_loaded_is_selected_and_brought_back(person: Callable[..., Person]) -> None:
    page = person(*[{"subject": f"Pallet {number}"} for number in range(60)]).page(viewport=WIDE)
    page.get_by_role("checkbox", name="Select all conversations").check()
    page.get_by_role("button", name="Select all 60 conversations of this list").click()
    page.get_by_role("toolbar", name="Actions on what is selected").get_by_role("button", name="Archive").click()
    expect(status(page)).to_have_text("60 conversations archived.")
    expect(page.get_by_text("Inbox is empty. New mail appears here by itself.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(status(page)).to_have_text("Undone.")
    expect(page.locator(".row:visible").first).to_be_visible()


def test_older_rows_come_by_scrolling(person: Callable[..., Person]) -> None:
    page = person(*[{"subject": f"Pallet {number}"} for number in range(70)]).page(viewport=WIDE)
    assert page.locator(".row").count() == 50
    page.locator("#rows").hover()
    page.mouse.wheel(0, 6_000)
    expect(page.locator(".row")).to_have_count(70)
    assert page.locator(".row .sub").all_inner_texts() == [f"Pallet {number}" for number in range(70)]


def test_one_pane_on_a_phone(person: Callable[..., Person]) -> None:
    page = person(*FIVE).page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    row(page, "Pallet 2").locator("a.hit").tap()
    expect(page.get_by_role("heading", name="Pallet 2", level=2)).to_be_visible()
    expect(page.locator("#rows")).to_be_hidden()
    page.get_by_role("link", name="Back to Inbox").tap()
    expect(row(page, "Pallet 2")).to_be_visible()
    row(page, "Pallet 2").locator("a.hit").tap()
    page.get_by_role("toolbar", name="Actions on what is open").get_by_role("button", name="Archive").tap()
    expect(page.get_by_role("heading", name="Pallet 3", level=2)).to_be_visible()
    page.go_back()
    page.go_back()
    expect(row(page, "Pallet 3")).to_be_visible()


def test_back_and_forward_follow_what_was_open(person: Callable[..., Person]) -> None:
    page = person(*FIVE).page(viewport=WIDE)
    for number in (1, 3):
        row(page, f"Pallet {number}").locator("a.hit").click()
        expect(page.get_by_role("heading", name=f"Pallet {number}", level=2)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Pallet 1", level=2)).to_be_visible()
    expect(row(page, "Pallet 1")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.get_by_text("Open a message in the list to read it here.")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", name="Pallet 1", level=2)).to_be_visible()


# --- Reading ---------------------------------------------------------------------------------------------------


def test_opening_marks_as_read_and_a_folded_message_unfolds(person: Callable[..., Person]) -> None:
    first = {"subject": "Re: Walk", "in_reply_to": "<walk@example.org>", "text": "Yes.", "flags": {"is_seen": False}}
    second = {"subject": "Walk", "message_id": "<walk@example.org>", "text": "Shall we?"}
    page = person(first, second).page(viewport=WIDE)
    expect(page.locator('[data-badge="mail"] [data-badge-number]')).to_have_text("1")
    page.locator(".row a.hit").click()
    expect(page.locator('[data-badge="mail"]')).to_be_hidden()
    expect(page.locator(".row")).not_to_have_class(re.compile("unread"))
    folded = page.locator("a[data-unfold]")
    expect(folded).to_have_attribute("aria-expanded", "false")
    folded.press("Enter")
    expect(page.locator("article").filter(has_text="Shall we?")).to_be_focused()
    expect(folded).to_have_attribute("aria-expanded", "true")


def test_hostile_html_runs_nothing_loads_nothing_and_stays_in_its_frame(person: Callable[..., Person]) -> None:
    """``new_page`` fails the test on any request to another host."""
    page = person({"subject": "Hostile", "text": None, "html": HOSTILE}).page(viewport=WIDE)
    row(page, "Hostile").locator("a.hit").click()
    frame = page.frame_locator("iframe.body-frame")
    expect(frame.get_by_text("Hello")).to_be_visible()
    expect(page).to_have_title(re.compile("^Hostile · "))
    assert frame.locator("script, form, iframe, svg, [onerror]").count() == 0
    expect(page.get_by_text("Images from other servers are not shown")).to_be_visible()
    assert page.locator("iframe.body-frame").get_attribute("sandbox") == (
        "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
    )
    page.get_by_role("link", name="Show images").click()  # through our own server, which refuses to resolve it
    expect(page.get_by_text("Images from other servers are not shown")).to_be_hidden()


def test_a_frame_is_as_tall_as_its_message(person: Callable[..., Person]) -> None:
    html = "<p>First</p>" + "<p>Line</p>" * 60 + "<p>Last</p>"
    page = person({"subject": "Long", "text": None, "html": html}).page(viewport=WIDE)
    row(page, "Long").locator("a.hit").click()
    frame = page.locator("iframe.body-frame")
    expect(page.frame_locator("iframe.body-frame").get_by_text("Last")).to_be_attached()
    page.wait_for_function("document.querySelector('iframe.body-frame').clientHeight > 1500")
    assert frame.evaluate("(node) => node.contentDocument.documentElement.scrollHeight - node.clientHeight") <= 1


def test_without_script_mail_is_read_and_archived_by_links_and_forms(person: Callable[..., Person]) -> None:
    alice = person(*FIVE)
    page = alice.page(viewport=WIDE, java_script_enabled=False)
    page.get_by_role("link", name="Pallet 2").click()
    expect(page.get_by_role("heading", name="Pallet 2", level=2)).to_be_visible()
    expect(page.locator("#open .prose")).to_have_text("Text 2.")
    page.get_by_role("toolbar", name="Actions on what is open").get_by_role("button", name="Delete").click()
    page.get_by_role("checkbox", name="Select: Pallet 1").check()
    page.get_by_role("checkbox", name="Select: Pallet 3").check()
    page.get_by_role("toolbar", name="Actions on what is selected").get_by_role("button", name="Archive").click()
    expect(status(page)).to_have_text("2 conversations archived.")
    page.get_by_role("button", name="Undo").click()
    expect(status(page)).to_have_text("Undone.")
    assert page.locator(".row .sub").all_inner_texts() == ["Pallet 0", "Pallet 1", "Pallet 3", "Pallet 4"]


# --- For everybody ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", SCREENS)
def test_the_mail_pages_keep_nobody_out(person: Callable[..., Person], viewport: dict[str, int], scheme: str) -> None:
    rich = {
        "subject": "Contract",
        "cc": ["bob@example.test", "luca@example.org"],
        "text": "Hello.\n\nOn Monday Bob wrote:\n> old\n",
        "attachments": [("Plan.pdf", "application/pdf", "%PDF-"), ("note.txt", "text/plain", "x")],
        "authentication": {"dmarc": "fail", "spf": "fail"},
        "flags": {"is_flagged": True},
    }
    html = {"subject": "Newsletter", "text": None, "html": '<p>Hi</p><img src="https://example.org/a.png" alt="A">'}
    page = person(rich, html, *FIVE, folders=("Projects",)).page(viewport=viewport, color_scheme=scheme)
    assert_accessible(page)
    page.get_by_role("checkbox", name="Select: Pallet 1").check()
    assert_accessible(page)
    page.get_by_role("checkbox", name="Select: Pallet 1").uncheck()
    for subject in ("Newsletter", "Contract"):
        page.goto(page.locator(".row").filter(has_text=subject).locator("a.hit").get_attribute("href") or "")
        wait_until_alive(page)
        expect(page.get_by_role("heading", name=subject, level=2)).to_be_visible()
        assert_accessible(page)
    page.locator("details.details summary").click()
    page.get_by_role("button", name="More actions").click()
    assert_accessible(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Move", exact=True).last.click()
    expect(page.get_by_role("dialog", name="Move to")).to_be_visible()
    assert_accessible(page)
    source = page.get_by_role("link", name="Show the source").get_attribute("href") or ""
    preview = page.get_by_role("link", name="note.txt", exact=True).get_attribute("href") or ""
    empty = page.locator("[data-role=sent]").get_attribute("href") or ""
    for address in (source, preview, empty, "/mail/folders/", "/mail/search/?q=from:nobody", "/mail/search/"):
        page.goto(address)
        assert_accessible(page)
