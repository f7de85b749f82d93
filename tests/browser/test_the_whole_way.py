"""From somebody else's mail server to an open page, and back to it: the main job in one go."""

import smtplib
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from typing import Any

import dkim
import pytest
from playwright.sync_api import expect

from tests import factories
from tests.browser import mailbox
from tests.services.dns import DnsServer
from tests.services.sink import MailSink
from tests.services.stack import RunningWorkmail

pytestmark = pytest.mark.browser

PLAN = b"%PDF-1.4\n" + bytes(range(256)) * 40
PUBLISHED = """
from mailapp.delivery import dkim_keys
from mailapp.delivery.models import DkimKey
print("\\t".join(dkim_keys.dns_record(DkimKey.objects.get(domain__name="example.test"))))
"""


@pytest.fixture
def world() -> Iterator[tuple[DnsServer, MailSink]]:
    """The name server of the world outside, and the mail host of example.net in it."""
    names, sink = DnsServer(), MailSink().start()
    names.start()
    names.zone |= {"example.net": {"MX": ["10 mx.example.net."]}, "mx.example.net": {"A": ["127.0.0.1"]}}
    yield names, sink
    sink.stop()
    names.stop()


@pytest.fixture
def workmail(start_workmail: Callable[..., RunningWorkmail], world: tuple[DnsServer, MailSink]) -> RunningWorkmail:
    names, sink = world
    return start_workmail(
        WORKMAIL_DNS_SERVERS=names.address,
        WORKMAIL_OUTBOUND_MX_PORT=str(sink.port),
        WORKMAIL_OUTBOUND_ALLOW_PRIVATE="yes",
    )


def test_mail_comes_in_live_and_its_answer_leaves_signed(
    workmail: RunningWorkmail, world: tuple[DnsServer, MailSink], new_page: Callable[..., Any]
) -> None:
    _, sink = world
    alice = mailbox.Person(workmail, "alice", new_page).page(base_url=workmail.url)
    raw = factories.make_message_bytes(
        from_="Purchasing <purchasing@example.net>",
        to="alice@example.test",
        subject="The plan of the hall",
        text="Please send me the plan.",
        message_id="<plan@example.net>",
    )
    with smtplib.SMTP("127.0.0.1", workmail.mx_port, timeout=30) as client:
        client.sendmail("purchasing@example.net", ["alice@example.test"], raw)
    expect(mailbox.row(alice, "The plan of the hall")).to_be_visible(timeout=5_000)

    mailbox.row(alice, "The plan of the hall").locator("a.hit").click()
    expect(alice.locator("#open")).to_contain_text("Please send me the plan.")
    alice.keyboard.press("r")
    expect(alice.locator(".ProseMirror")).to_be_visible()
    alice.locator(".ProseMirror").click()
    alice.keyboard.type("Here it is.")
    alice.locator("#compose-files").set_input_files({"name": "plan.pdf", "mimeType": "application/pdf", "buffer": PLAN})
    expect(alice.get_by_role("list", name="Attachments").get_by_role("listitem")).to_have_count(1)
    alice.keyboard.press("Control+Enter")
    alice.wait_for_url(lambda url: "/compose/" not in url)
    sent_at = time.monotonic()

    (answer,) = sink.wait_for(1, seconds=60.0)
    assert time.monotonic() - sent_at > 5.0, "it left before the time to take it back was over"
    assert (answer.reverse_path, answer.recipients) == ("alice@example.test", ("purchasing@example.net",))
    message = message_from_bytes(answer.octets, policy=policy.default)
    assert message["In-Reply-To"] == "<plan@example.net>"
    assert message["Subject"] == "Re: The plan of the hall"
    assert "Here it is." in message.get_body(("plain",)).get_content()
    (attachment,) = message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == ("plan.pdf", PLAN)
    name, record = workmail.python(PUBLISHED).strip().split("\t")
    zone = {f"{name}.": record.encode()}
    assert dkim.DKIM(answer.octets).verify(dnsfunc=lambda asked, timeout=5: zone[asked.decode()])
