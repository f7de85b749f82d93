"""A list longer than what stands in the page: rows go and come back, in order and each once, and Home is the top."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.mailbox import focused_subject, make_person, subjects

pytestmark = pytest.mark.browser

COUNT = 520


def test_rows_that_were_scrolled_past_leave_and_come_back(running_workmail: Any, new_page: Callable[..., Page]) -> None:
    person = make_person(running_workmail, new_page, [{"subject": f"Pallet {n:03}"} for n in range(COUNT)])
    page = person.page(viewport={"width": 1440, "height": 900})
    page.locator(".row a.hit").first.hover()
    ends = time.monotonic() + 60
    while "Pallet 519" not in subjects(page):
        assert time.monotonic() < ends
        page.mouse.wheel(0, 1500)
        page.wait_for_timeout(50)
    page.wait_for_timeout(500)
    shown = subjects(page)
    assert shown == [f"Pallet {n:03}" for n in range(COUNT - len(shown), COUNT)]
    assert len(shown) <= 350
    assert int(page.locator("#rows").get_attribute("data-rows-before") or 0) == COUNT - len(shown)
    for _ in range(200):
        page.mouse.wheel(0, -1500)
        page.wait_for_timeout(30)
    page.wait_for_timeout(1_000)
    shown = subjects(page)
    assert shown == [f"Pallet {n:03}" for n in range(len(shown))]
    for _ in range(60):
        page.mouse.wheel(0, 1500)
        page.wait_for_timeout(30)
    page.locator(".row:visible").nth(30).locator("a.hit").focus()
    page.keyboard.press("Home")
    expect(page.locator(".row:visible .sub").first).to_have_text("Pallet 000")
    page.wait_for_timeout(300)
    assert focused_subject(page) == "Pallet 000"
