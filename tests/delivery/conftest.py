"""A name server, mail hosts of others, and an organization whose people get mail."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F

from mailapp.delivery import at_hand, intake, pipeline, resolver, working
from mailapp.delivery.envelope import Envelope, Recipient
from mailapp.delivery.models import Delivery, Destination, Transit
from mailapp.delivery.offers import Offer
from mailapp.delivery.outbound import queue
from mailapp.store import queries
from tests.factories import make_message_bytes, make_organization, make_user, open_folder, open_mailbox
from tests.services.dns import DnsServer
from tests.services.sink import MailSink
from workmail.directory.models import User

RAW = (
    b"From: sender@example.org\r\nTo: alice@example.test\r\nSubject: Hello\r\n"
    b"Message-ID: <1@example.org>\r\n\r\nText\r\n"
)


@pytest.fixture
def name_server(settings: Any) -> Iterator[DnsServer]:
    """The only name server there is; its zone is empty."""
    server = DnsServer()
    server.start()
    settings.DNS_SERVERS = [server.address]
    resolver.forget()
    yield server
    server.stop()
    resolver.forget()


@pytest.fixture
def make_sink(settings: Any) -> Iterator[Callable[..., MailSink]]:
    """Start mail hosts of others; mail to them may go to this machine."""
    settings.OUTBOUND_ALLOW_PRIVATE = True
    sinks: list[MailSink] = []

    def make(**options: Any) -> MailSink:
        sink = MailSink(**options).start()
        sinks.append(sink)
        return sink

    yield make
    for sink in sinks:
        sink.stop()


@pytest.fixture
def sink(make_sink: Callable[..., MailSink], name_server: DnsServer, settings: Any) -> MailSink:
    """The mail host of example.net."""
    sink = make_sink()
    settings.OUTBOUND_MX_PORT = sink.port
    name_server.zone |= {
        "example.net": {"MX": ["10 mx.example.net."]},
        "mx.example.net": {"A": ["127.0.0.1"]},
    }
    return sink


@pytest.fixture
def house(db: None, settings: Any) -> "House":
    """example.test with alice, bob and an administrator; nobody runs its deliveries but the test."""
    settings.MAIL_HOST_NAME = "mail.example.test"
    return House()


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing run by itself after a commit: the test calls what a worker would."""
    from mailapp.delivery import announcing

    monkeypatch.setattr(announcing._announcer, "tell", lambda name, call: None)


@pytest.fixture(autouse=True)
def _nothing_at_hand() -> None:
    """Rows of one test are no rows of the next."""
    at_hand.forget()


class House:
    """An organization, and short ways to send it mail and to look into its mailboxes."""

    def __init__(self) -> None:
        self.organization = make_organization("example", domain="example.test")
        self.alice = make_user(self.organization, "alice", aliases=["al"])
        self.bob = make_user(self.organization, "bob")

    def receive(
        self, *recipients: str, raw: bytes = RAW, reverse_path: str = "sender@example.org", **fields: Any
    ) -> UUID:
        """Accept a message at the MX port, and return the one transit it became."""
        named = tuple(Recipient(r) if isinstance(r, str) else r for r in recipients)
        envelope = Envelope(reverse_path, named, **({"helo": "mx.example.org", "client_address": "192.0.2.7"} | fields))
        offer = Offer(envelope.to(()))
        for recipient in named:
            offer.recipient = recipient
            assert pipeline.run(pipeline.BEFORE_ACCEPTANCE, offer) is None
        _, (row,) = intake.accept(envelope, raw, offer.recipients_by_organization)
        return row.pk

    def send(self, user: User, *recipients: str | Recipient, raw: bytes | None = None, **options: Any) -> UUID:
        """Submit a message as the browser does, and return its transit."""
        raw = raw or make_message_bytes(from_=user.addr_spec, to=[str(r) for r in recipients])
        return intake.submit(open_mailbox(user), raw, recipients, **options).transit.pk

    def work(self) -> int:
        """Do what the workers would do until nothing is due."""
        count = 0
        while done := working.sweep() + queue.sweep():
            count += done
        return count

    def later(self, **time: float) -> None:
        """Let time pass for everything that is in transit."""
        passed = timedelta(**time)
        Transit.objects.filter(state=Transit.State.WAITING).update(next_attempt_at=F("next_attempt_at") - passed)
        Delivery.objects.filter(state__in=Delivery.OPEN).update(next_attempt_at=F("next_attempt_at") - passed)
        Delivery.objects.filter(first_tried_at__isnull=False).update(first_tried_at=F("first_tried_at") - passed)
        Destination.objects.update(resting_until=None)

    def messages(self, user: User, role: str = "inbox") -> list[bytes]:
        folder = open_folder(user, role)
        return [queries.raw(folder.mailbox, m) for m in folder.messages.select_related("content").order_by("uid")]
