"""The sample pages, served by a thread of the test, before a real browser."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.components.person import WIDE, wait_until_ready
from tests.ui import pages


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with pages.serve() as url:
        yield url


@pytest.fixture
def show(browser: Any, address: str) -> Iterator[Callable[..., Page]]:
    """Open a sample page: ``show("mail", signed_in=False, ready=True, **context)``; a script error fails the test."""
    contexts: list[Any] = []
    problems: list[str] = []

    def open_page(sample: str = "mail", *, signed_in: bool = False, theme: str = "light", **options: Any) -> Page:
        options = {"viewport": WIDE, "locale": "en-GB", "timezone_id": "UTC", "reduced_motion": "reduce"} | options
        context = browser.new_context(base_url=address, **options)
        contexts.append(context)
        context.set_default_timeout(5_000)
        context.add_cookies([{"name": "workmail_theme", "value": theme, "url": address}])
        context.on("weberror", lambda error: problems.append(f"script error: {error.error}"))
        page = context.new_page()
        if signed_in:
            page.route_web_socket("**/live/", lambda socket: None)
        page.goto(f"{'/signed-in/' if signed_in else '/_components/'}?page={sample}")
        if options.get("java_script_enabled", True):
            wait_until_ready(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems, "\n".join(problems)
