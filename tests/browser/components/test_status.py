"""The status line, fragments that arrive, acting before the server has answered."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.components.person import answers, run, said

pytestmark = pytest.mark.browser

# --- The status line ---------------------------------------------------------------------------------------------


STATUS = "const status = await import('/static/js/status.js');"


def test_the_status_line_says_what_happened_and_undoes_it(show):
    page = show("mail")
    run(
        page,
        STATUS + "status.say('Archived: 2 conversations.', async () => { window.undone = true; return 'Restored.'; });",
    )
    expect(said(page)).to_have_text("Archived: 2 conversations.")
    page.keyboard.press("z")
    expect(said(page)).to_have_text("Restored.")
    assert page.evaluate("window.undone")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    page.keyboard.press("z")
    expect(said(page)).to_have_text("There is nothing to undo.")


def test_the_same_sentence_twice_is_heard_twice(show):
    page = show("mail")
    run(page, STATUS + "status.say('Done.');")
    first = said(page).evaluate("node => node.textContent")
    run(page, STATUS + "status.say('Done.');")
    assert said(page).evaluate("node => node.textContent") != first


def test_arrivals_are_told_together_and_at_most_every_thirty_seconds(show):
    page = show("mail")
    page.clock.install()
    run(page, STATUS + "status.announceArrival(1, { from: 'Alice Martin' });")
    page.clock.run_for(10)
    expect(page.locator("#arrivals-text")).to_have_text("1 new message, from Alice Martin.")
    run(page, STATUS + "status.announceArrival(1, { from: 'Bob' }); status.announceArrival(2, { from: 'Chloé' });")
    page.clock.run_for(20_000)
    expect(page.locator("#arrivals-text")).to_have_text("1 new message, from Alice Martin.")
    page.clock.run_for(11_000)
    expect(page.locator("#arrivals-text")).to_have_text("3 new messages, latest from Chloé.")


def test_arrivals_are_not_told_while_somebody_types(show):
    page = show("mail")
    page.clock.install()
    page.locator("#q").press("a")
    run(page, STATUS + "status.announceArrival(1);")
    page.clock.run_for(1_000)
    expect(page.locator("#arrivals-text")).to_have_text("")
    page.clock.run_for(4_000)
    expect(page.locator("#arrivals-text")).to_have_text("1 new message.")


def test_counts_stand_in_the_title_and_the_top_bar(show):
    page = show("mail")
    run(page, STATUS + "status.setTitleCount(1240); status.setBadge('mail', 3);")
    expect(page).to_have_title("Inbox (1,240) · workmail")
    expect(page.get_by_role("link", name="Mail 3 unread")).to_be_visible()
    run(page, STATUS + "status.setTitleCount(0); status.setBadge('mail', 0);")
    expect(page).to_have_title("Inbox · workmail")


def test_long_work_shows_only_when_it_is_long(show):
    page = show("mail")
    run(page, STATUS + "const job = status.job({ label: 'Importing' }); job.done('Imported.');")
    expect(said(page)).to_have_text("Imported.")
    expect(page.locator(".job")).to_have_count(0)
    run(page, STATUS + "const job = status.job({ label: 'Importing' }); job.progress(1, 4, '1 of 4');")
    expect(page.get_by_role("progressbar", name="Importing")).to_be_visible()


# --- Fragments ---------------------------------------------------------------------------------------------------


def test_a_fragment_gets_its_icons_and_its_behaviour(show):
    page = show("mail")
    run(
        page,
        """const box = document.querySelector('.conv');
        box.append(document.createRange().createContextualFragment('<div id=late data-toolbar aria-label=Late><button>'
          + '<svg class=i aria-hidden=true><use href="#i-anchor"/></svg>One</button><button>Two</button></div>'));""",
    )
    expect(page.locator("#i-anchor")).to_have_count(1)
    expect(page.get_by_role("toolbar", name="Late").get_by_role("button", name="Two")).to_have_attribute(
        "tabindex", "-1"
    )


def test_a_partial_update_never_moves_the_focus_and_says_what_failed(show):
    page = show("mail")
    page.route("**/part/", lambda route: route.fulfill(body='<button id="keep">New</button>', content_type="text/html"))
    page.route("**/broken/", lambda route: route.fulfill(status=500, body="Traceback"))
    run(
        page,
        """const box = document.createElement('div'); box.id = 'part'; box.innerHTML = '<button id=keep>Old</button>';
        document.querySelector('.conv').append(box); document.querySelector('#keep').focus();
        htmx.ajax('GET', '/part/', { target: '#part', swap: 'innerHTML' });""",
    )
    expect(page.locator("#keep")).to_have_text("New")
    expect(page.locator("#keep")).to_be_focused()
    run(page, "htmx.ajax('GET', '/broken/', { target: '#part', swap: 'innerHTML' });")
    expect(said(page)).to_have_text("This did not work: the server does not answer. Try again.")
    expect(page.locator("#keep")).to_have_text("New")


def test_a_refused_update_is_said_in_the_server_s_words(show):
    page = show("mail")
    run(page, "htmx.ajax('GET', '/refuse/OverQuota/', { target: '.conv', swap: 'innerHTML' });")
    expect(said(page)).to_have_text(re.compile("The mailbox is full"))
    expect(page.locator("#c-h")).to_be_visible()


def test_nothing_of_the_page_is_kept_in_the_browser_s_storage(show):
    page = show("mail")
    run(page, "htmx.ajax('GET', '/_components/?page=mail', { target: 'main', swap: 'innerHTML', select: 'main > *' });")
    page.wait_for_load_state("networkidle")
    kept = page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")
    assert "Warehouse" not in kept


# --- Acting at once ----------------------------------------------------------------------------------------------


ACT = """const { perform } = await import('/static/js/optimistic.js');
const act = (url, more = {}) => perform({ url, data: { a: 1 }, said: 'Archived.',
  apply: () => { window.shown = true; return () => { window.shown = false; }; }, ...more });"""


def test_an_action_shows_at_once_and_its_undo_reaches_the_server(show):
    page = show("mail")
    sent: list[Any] = []
    page.route(
        "**/act/", lambda route: (sent.append(route.request), answers(route, {"sentence": "Archived: 1.", "undo": "t"}))
    )
    page.route(
        "**/mail/undo/", lambda route: (sent.append(route.request), answers(route, {"sentence": "Restored: 1."}))
    )
    assert run(page, ACT + "act('/act/'); return window.shown;")
    expect(said(page)).to_have_text("Archived: 1.")
    assert re.fullmatch(r"[0-9a-f-]{36}", sent[0].headers["idempotency-key"])
    page.keyboard.press("z")
    expect(said(page)).to_have_text("Restored: 1.")
    assert sent[1].post_data == "undo=t"
    assert page.evaluate("window.shown") is False


def test_what_the_server_refuses_is_put_back_and_said(show):
    page = show("mail")
    page.route("**/act/", lambda route: answers(route, {"code": "forbidden", "message": "You may not."}, 403))
    assert run(page, ACT + "return await act('/act/');") is None
    expect(said(page)).to_have_text("This was put back: You may not.")
    expect(page.locator("#alert-text")).to_have_text("This was put back: You may not.")
    assert page.evaluate("window.shown") is False


def test_without_a_connection_actions_wait_in_order_and_keep_their_keys(show):
    page = show("mail", signed_in=True)
    keys: list[str] = []
    state = {"up": False}

    def handle(route: Any) -> None:
        keys.append(route.request.post_data + " " + route.request.headers["idempotency-key"])
        answers(route, {"sentence": "Done."}) if state["up"] else route.abort()

    page.route("**/act/", handle)
    run(page, ACT + "act('/act/', { data: { a: 1 } }); act('/act/', { data: { a: 2 } });")
    expect(page.locator("[data-live-state]")).to_have_text(re.compile("2 actions wait"))
    state["up"] = True
    run(page, "dispatchEvent(new Event('online'));")
    expect(said(page)).to_have_text("Done.")
    expect(page.locator("[data-live-state]")).not_to_have_text(re.compile("wait"))
    assert [key.split()[0] for key in keys] == ["a=1", "a=1", "a=2"]
    assert keys[0] == keys[1]
    assert keys[2].split()[1] != keys[0].split()[1]


def test_an_action_that_still_waits_can_be_taken_back_before_it_is_sent(show):
    page = show("mail")
    sent: list[str] = []
    page.route("**/act/", lambda route: (sent.append("sent"), route.abort()))
    run(page, ACT + "act('/act/');")
    expect(said(page)).to_have_text(re.compile("No connection"))
    page.keyboard.press("z")
    expect(said(page)).to_have_text("Undone.")
    assert page.evaluate("window.shown") is False
    run(page, "dispatchEvent(new Event('online'));")
    page.wait_for_timeout(200)
    assert sent == ["sent"]
