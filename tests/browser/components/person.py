"""What the tests of the parts do again and again."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

WIDE = {"width": 1440, "height": 900}


def wait_until_ready(page: Page) -> None:
    page.wait_for_selector("html.ready", state="attached")
    page.evaluate("document.fonts.ready")


def wait_until(page: Page, condition: str) -> None:
    """Wait for a condition of the page; Playwright's own way evaluates text in it, which its policy forbids."""
    for _ in range(100):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(30)
    pytest.fail(f"It never became true: {condition}")


def run(page: Page, script: str, argument: Any = None) -> Any:
    """Run a script that may import the page's own modules."""
    return page.evaluate(f"async (argument) => {{ {script} }}", argument)


def said(page: Page) -> Locator:
    return page.locator("#did-text")


def focused(page: Page) -> str:
    return page.evaluate(
        "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
    )


def rows(page: Page) -> Locator:
    return page.locator(".row:not([hidden])")


def answers(route: Any, body: dict[str, Any], status: int = 200) -> None:
    """Answer a request of the page as the server would."""
    route.fulfill(status=status, body=json.dumps(body), content_type="application/json")
