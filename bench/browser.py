"""What a person feels, in Chromium, with a mailbox of 200,000 messages: load, open, search, scroll, live arrival.

Everything is measured by the page's own clock. Baseline of the loads: a page of the same server that shows no mail.
"""

import smtplib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.figures import Figure, timed
from bench.people import PASSWORD, WORDS, fill, make_user, open_inbox, raw_messages, scaled
from bench.running import running
from mailapp.search import indexing
from tests.services import browser as chromium

LOADS, OPENS, SEARCHES, ARRIVALS = 12, 60, 30, 40
READS_FOR = 700  # milliseconds that somebody looks at a message before going on
SIZE = {"width": 1440, "height": 900}
WATCH = Path(__file__).with_name("watch.js")


def run() -> list[Figure]:
    count = scaled(200_000)
    user = make_user()
    inbox = open_inbox(user)
    began = time.perf_counter()
    fill(inbox, count)
    # Searching all of it is measured in bench.search; indexing all of it would take longer than everything here.
    searched, left = scaled(20_000), scaled(20_000)
    while left > 0 and (done := indexing.index_pending(limit=min(left, 1_000))):
        left -= done
    print(f"{count:,} messages made, {searched:,} of them indexed, in {time.perf_counter() - began:,.0f} s", flush=True)
    # Read now: Playwright has a loop of its own in this thread, and Django asks no database there.
    place, address = f"/mail/{inbox.folder.pk}/", user.addr_spec
    with running("web", "smtp", "worker") as installation, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.LAUNCH_ARGUMENTS)
        state = _signed_in(browser, installation.url, address)
        figures = [*_loads(browser, installation.url, state, place, count)]
        context = _context(browser, installation.url, state)
        page = context.new_page()
        figures.append(_opening(page, place, count))
        figures.append(_searching(page, place, searched))
        figures.append(_arriving(page, place, installation.mx_port, address))
        figures += _scrolling(page, place, scaled(10_000))
        browser.close()
    return figures


def _context(browser: Browser, url: str, state: Any = None) -> BrowserContext:
    context = browser.new_context(base_url=url, viewport=SIZE, locale="en-GB", storage_state=state)
    context.set_default_timeout(60_000)
    context.add_init_script(path=WATCH)
    return context


def _signed_in(browser: Browser, url: str, address: str) -> Any:
    context = _context(browser, url)
    page = context.new_page()
    page.goto("/sign-in/")
    page.get_by_label("Work address").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/mail/*/")
    state = context.storage_state()
    context.close()
    return state


def _until(page: Page, expression: str, seconds: float = 60) -> None:
    """Wait until it is true; the page's policy lets Playwright's own way evaluate nothing."""
    ends = time.monotonic() + seconds
    while not page.evaluate(expression):
        if time.monotonic() > ends:
            raise RuntimeError(f"This did not come true: {expression}")
        page.wait_for_timeout(20)


def _usable(page: Page, place: str) -> float:
    """Load the list and return when it could be used: rows painted, every behaviour attached."""
    page.goto(place)
    _until(page, "Boolean(bench.ready && bench.rows)")
    return page.evaluate("Math.max(bench.ready, bench.rows - performance.timeOrigin)")


def _loads(browser: Browser, url: str, state: Any, place: str, count: int) -> Iterator[Figure]:
    cold, warm, plain, shifts = [], [], [], []
    for _ in range(LOADS):
        context = _context(browser, url, state)
        page = context.new_page()
        cold.append(_usable(page, place))
        page.wait_for_timeout(1_000)
        shifts.append(page.evaluate("bench.shift"))
        warm.append(_usable(page, place))
        page.wait_for_timeout(500)
        shifts.append(page.evaluate("bench.shift"))
        page.goto("/settings/password/")
        _until(page, "bench.ready")
        plain.append(page.evaluate("bench.ready"))
        context.close()
    baseline = ("a page with one form", plain)
    yield timed(f"mail screen, folder of {count:,}: cold", cold, baseline=baseline, aim="under 1.5 s")
    yield timed(f"mail screen, folder of {count:,}: warm", warm, baseline=baseline, aim="under 600 ms")
    yield Figure("mail screen: layout shift", "", max(shifts), aim="0")


def _opening(page: Page, place: str, count: int) -> Figure:
    """Go from conversation to conversation by key, looking at each for a moment."""
    _usable(page, place)
    page.locator(".row a.hit").first.click()
    _until(page, "bench.name")
    page.locator("#open").focus()
    taken = []
    for _ in range(min(OPENS, count // 3)):
        page.wait_for_timeout(READS_FOR)
        page.evaluate("bench.opened = 0")
        page.keyboard.press("j")
        _until(page, "bench.opened")
        taken.append(page.evaluate("bench.opened"))
    return timed("open the next message, from key press to text on screen", taken, aim="under 100 ms")


def _searching(page: Page, place: str, count: int) -> Figure:
    taken = []
    for number in range(SEARCHES):
        _usable(page, place)
        page.locator("#q").fill(WORDS[number % 40])
        page.wait_for_timeout(300)
        page.keyboard.press("Enter")
        page.wait_for_url("**/mail/search/**")
        _until(page, "bench.rows")
        taken.append(page.evaluate("bench.rows - Number(sessionStorage.getItem('bench.pressedAt'))"))
    return timed(f"typed search in the newest {count:,}: from Enter to results on screen", taken, aim="under 300 ms")


def _arriving(page: Page, place: str, port: int, address: str) -> Figure:
    _usable(page, place)
    page.wait_for_selector('[data-live][data-state="online"]')
    page.evaluate("bench.watchArrivals()")
    accepted: dict[str, float] = {}
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        for number, raw in enumerate(raw_messages(ARRIVALS, octets=20_000, seed=99)):
            name = f"arrival-{number}"
            client.sendmail("sender@elsewhere.test", [address], raw.replace(b"Subject: ", f"Subject: {name} ".encode()))
            accepted[name] = time.time() * 1000
            page.wait_for_timeout(400)
    _until(page, f"Object.keys(bench.seen).length >= {ARRIVALS}")
    seen = page.evaluate("bench.seen")
    return timed(
        "from SMTP acceptance to the row on screen",
        [max(0.0, seen[name] - at) for name, at in accepted.items()],
        aim="p95 under 1 s",
    )


def _scrolling(page: Page, place: str, rows: int) -> Iterator[Figure]:
    """Turn the wheel until so many rows have gone by, then jump back to the top."""
    _usable(page, place)
    page.wait_for_timeout(1_500)
    page.evaluate("bench.long = []")
    box = page.locator("#rows").bounding_box() or {"x": 300.0, "y": 300.0}
    page.mouse.move(box["x"] + 80, box["y"] + 300)
    passed, began = 0, time.monotonic()
    while passed < rows and time.monotonic() - began < 300:
        for _ in range(8):
            page.mouse.wheel(0, 700)
            page.wait_for_timeout(16)
        passed = page.evaluate("bench.passed()")
        if not page.evaluate("Boolean(document.querySelector('[data-more]'))"):
            break
    page.keyboard.press("Escape")
    long = page.evaluate("bench.long")
    kept = page.evaluate("document.querySelectorAll('.rows .row').length")
    yield Figure(f"{passed:,} rows scrolled: longest task over 50 ms", "ms", max(long, default=0.0), aim="none")
    yield Figure(f"{passed:,} rows scrolled: tasks over 50 ms", "tasks", len(long), aim="0")
    yield Figure(f"{passed:,} rows scrolled: rows that stay in the page", "rows", kept, aim="at most 400")
    yield Figure(f"{passed:,} rows scrolled: layout shift", "", page.evaluate("bench.shift"), aim="0")
