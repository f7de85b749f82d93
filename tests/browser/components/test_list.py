"""The message list as a grid."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.components.person import focused, run

pytestmark = pytest.mark.browser


def test_a_list_of_links_becomes_a_grid_with_one_tab_stop(show):
    page = show("mail")
    grid = page.get_by_role("grid", name="Conversations")
    expect(grid).to_have_attribute("aria-multiselectable", "true")
    expect(grid).to_have_attribute("aria-rowcount", "24")
    expect(page.locator(".row").nth(4)).to_have_attribute("aria-rowindex", "5")
    assert page.locator(".rows [tabindex='0']").count() == 1
    expect(page.get_by_role("rowheader", name="Today")).to_be_visible()


def test_arrow_keys_move_between_rows_and_into_them(show):
    page = show("mail")
    page.locator("#m0").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("j")
    assert focused(page) == "m2"
    page.keyboard.press("k")
    page.keyboard.press("End")
    assert focused(page) == "m23"
    page.keyboard.press("Home")
    assert focused(page) == "m0"
    page.keyboard.press("PageDown")
    assert focused(page) not in ("m0", "m1")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.type") == "checkbox"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "hit"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.row')")


def test_selecting_one_a_range_and_all(show):
    page = show("mail")
    page.locator("#m1").focus()
    page.keyboard.press("x")
    expect(page.locator("[data-picked-text]")).to_have_text("1 conversation")
    expect(page.locator("#m1")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    expect(page.locator("[data-picked-text]")).to_have_text("3 conversations")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator("[data-picked-text]")).to_have_text("2 conversations")
    assert page.evaluate("document.querySelector('[data-select-all]').indeterminate")
    page.keyboard.press("Control+a")
    expect(page.locator("[data-picked-text]")).to_have_text("24 conversations")
    expect(page.locator("[data-select-all]")).to_be_checked()
    page.keyboard.press("Escape")
    expect(page.locator(".list")).not_to_have_attribute("data-picked", re.compile(".*"))
    expect(page.get_by_role("heading", level=1, name="Inbox")).to_be_attached()


def test_selecting_with_the_pointer(show):
    page = show("mail")
    page.locator("#m1 .pick label").click()
    page.locator("#m4").click(modifiers=["Shift"], position={"x": 200, "y": 20})
    expect(page.locator("[data-picked-text]")).to_have_text("4 conversations")
    page.locator("#m2").click(modifiers=["Control"], position={"x": 200, "y": 20})
    expect(page.locator("[data-picked-text]")).to_have_text("3 conversations")
    assert "m=" not in page.url


def test_what_is_taken_out_gives_the_focus_to_the_next_row_and_comes_back_with_it(show):
    page = show("mail")
    page.locator("#m2").focus()
    after = run(
        page,
        """const { gridOf } = await import('/static/js/grid.js'); const grid = gridOf();
        window.taken = grid.take(grid.rows.slice(2, 4)); return [document.activeElement.id, grid.rows.length];""",
    )
    assert after == ["m4", 22]
    assert run(page, "window.taken.restore(); return document.activeElement.id;") == "m2"
    last = run(
        page,
        """const { gridOf } = await import('/static/js/grid.js'); const grid = gridOf(); grid.focus(grid.rows.at(-1));
        grid.take(grid.rows.slice(-1)); return document.activeElement.id;""",
    )
    assert last == "m22"
    heading = run(
        page,
        """const { gridOf } = await import('/static/js/grid.js'); const grid = gridOf(); grid.take(grid.rows);
        return [document.activeElement.tagName, document.querySelectorAll('.day:not([hidden])').length];""",
    )
    assert heading == ["H1", 0]


def test_rows_that_come_and_go_leave_focus_and_selection_where_they_are(show):
    page = show("mail")
    page.locator("#m3").focus()
    page.keyboard.press("x")
    state = run(
        page,
        """const set = document.querySelector('.set'), pause = () => new Promise(done => setTimeout(done, 50));
        const row = id => { const made = document.createElement('div'); made.className = 'row'; made.id = id;
          made.setAttribute('role', 'listitem');
          made.append(document.createRange().createContextualFragment(
            '<div class=pick><label><input type=checkbox aria-label=Select></label></div>'
            + '<div class=what><a class=hit href="#x">New</a></div>'));
          return made; };
        set.prepend(row('fresh')); await pause();
        const first = [document.activeElement.id, document.querySelector('#fresh').getAttribute('role')];
        document.querySelector('#m3').replaceWith(row('m3')); await pause();
        const replaced = [document.activeElement.id, document.querySelector('#m3 input').checked];
        document.querySelector('#m3').remove(); await pause();
        const picked = document.querySelector('[data-picked-text]').textContent;
        return [first, replaced, [document.activeElement.id, picked]];""",
    )
    assert state == [["m3", "row"], ["m3", True], ["m4", ""]]


def test_a_row_opens_by_its_link_and_the_pane_gets_the_focus_only_from_the_keyboard(show):
    page = show("mail")
    run(
        page,
        "document.addEventListener('click', event => { if (event.target.closest('a.hit')) event.preventDefault(); });",
    )
    page.locator("#m2 .what").click()
    expect(page.locator("#m2")).to_have_attribute("aria-current", "true")
    assert focused(page) != "open"
    page.locator("#m3").focus()
    page.keyboard.press("Enter")
    assert focused(page) == "open"
    page.keyboard.press("u")
    assert focused(page) == "m3"


def test_on_a_phone_list_and_conversation_take_turns(show):
    page = show("mail", viewport={"width": 390, "height": 844})
    run(
        page,
        "document.addEventListener('click', event => { if (event.target.closest('a.hit')) event.preventDefault(); });",
    )
    expect(page.locator(".read")).to_be_hidden()
    page.locator("#m1 .what").click()
    expect(page.get_by_role("button", name="Back to Inbox")).to_be_visible()
    page.get_by_role("button", name="Back to Inbox").click()
    expect(page.locator(".read")).to_be_hidden()
    assert focused(page) == "m1"
