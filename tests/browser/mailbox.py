"""A person of the running system with mail of their own, for the browser tests of the mail pages."""

import json
import smtplib
import uuid
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests import factories
from tests.services.environment import PASSWORD

PROGRAM = """
import json, sys
from datetime import UTC, datetime, timedelta
from mailapp import access
from mailapp.store import appending, folders
from tests import factories
from workmail.accounts.actor import SYSTEM
from workmail.directory import services
from workmail.directory.models import Organization

asked = json.loads({asked!r})
organization = Organization.objects.get(alias="example")
user = services.create_user(
    SYSTEM, organization, name=asked["name"], display_name=asked["name"].title(), password=asked["password"])
services.enable(SYSTEM, user, asked["name"] + "@example.test")
mailbox = factories.open_mailbox(user)
for name in asked["folders"]:
    folders.create(mailbox, name)
inbox = access.folder_by_role(mailbox, "inbox")
now, sealed = datetime.now(UTC), []
for place, message in enumerate(asked["messages"]):
    values = {{"to": asked["name"] + "@example.test", "subject": f"Message {{place}}"}} | message
    flags = appending.Flags(**values.pop("flags", {{"is_seen": True}}))
    authentication = values.pop("authentication", None)
    values["attachments"] = [(name, kind, octets.encode()) for name, kind, octets in values.get("attachments", [])]
    at = now - timedelta(minutes=10 * place + 1)
    prepared = appending.prepare(factories.make_message_bytes(date=at, **values))
    sealed.append(appending.seal(
        inbox.keys, prepared, flags=flags, internal_date=at, authentication=authentication))
if sealed:
    appending.append(inbox, sealed)
"""


@dataclass
class Person:
    """Somebody who can sign in; ``page`` opens a browser of theirs."""

    workmail: Any
    name: str
    new_page: Any

    @property
    def address(self) -> str:
        return f"{self.name}@example.test"

    def page(self, **options: Any) -> Page:
        """Sign in and wait until the mail page is alive."""
        page = self.new_page(**options)
        sign_in(page, self.address)
        if options.get("java_script_enabled", True):
            wait_until_alive(page)
        return page

    def receives(self, **values: Any) -> None:
        """Have a message sent to this person by a mail server of somebody else."""
        values = {"message_id": f"<{uuid.uuid4()}@example.org>"} | values  # another process counts too
        raw = factories.make_message_bytes(to=self.address, **values)
        with smtplib.SMTP("127.0.0.1", self.workmail.mx_port, timeout=30) as server:
            server.sendmail("sender@example.org", [self.address], raw)


def make_person(workmail: Any, new_page: Any, messages: list[dict[str, Any]], folders: tuple[str, ...] = ()) -> Person:
    name = f"person-{uuid.uuid4().hex[:8]}"
    asked = {"name": name, "password": PASSWORD, "messages": messages, "folders": list(folders)}
    workmail.python(PROGRAM.format(asked=json.dumps(asked)))
    return Person(workmail, name, new_page)


def sign_in(page: Page, address: str) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Work address").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url("**/mail/*/")


def wait_until_alive(page: Page) -> None:
    expect(page.locator("[role=grid]")).to_be_attached()
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "online", timeout=20_000)


def row(page: Page, subject: str) -> Locator:
    return page.locator(".row:visible").filter(has_text=subject)


def subjects(page: Page) -> list[str]:
    return page.locator(".row:visible .sub").all_inner_texts()


def status(page: Page) -> Locator:
    return page.locator("#did-text")


def focused_subject(page: Page) -> str:
    """The subject of the row that has the focus, or an empty text."""
    return page.evaluate("document.activeElement?.closest('.row')?.querySelector('.sub')?.textContent ?? ''")
