"""The submission port, with Python's own client: in whose name a mail program may send."""

import smtplib
from collections.abc import Callable
from typing import Any

import pytest

from mailapp.delivery.models import Transit
from mailapp.delivery.transits import OpenTransit
from mailapp.mime.parse import parse
from tests import factories
from tests.protocols.smtp.conftest import RunningServer, smtp_server  # noqa: F401  (a fixture)
from tests.services.environment import PASSWORD
from tests.sharing.steps import allow


@pytest.fixture
def people(transactional_db: None, celery_queued: None) -> dict[str, Any]:
    organization = factories.make_organization("example", domain="example.test")
    made = {name: factories.make_user(organization, name, aliases=[f"{name}.alias"]) for name in ("alice", "bob")}
    return made | {
        "sales": factories.make_group(organization, "sales"),
        "admin": factories.administrator_of(organization),
    }


@pytest.fixture
def send(people: dict[str, Any], smtp_server: RunningServer) -> Callable[..., None]:  # noqa: F811
    """Send as Bob's mail program does: ``send(from_, reverse_path, *fields)``."""

    def send_as_bob(from_: str, reverse_path: str, *fields: tuple[str, str]) -> None:
        raw = factories.make_message_bytes(from_=from_, to="alice@example.test", header_fields=fields)
        with smtplib.SMTP("127.0.0.1", smtp_server.submission_port, timeout=30) as client:
            client.starttls(context=smtp_server.client_tls)
            client.login("bob@example.test", PASSWORD)
            client.sendmail(reverse_path, ["alice@example.test"], raw)

    return send_as_bob


def left() -> tuple[Any, str]:
    transit = OpenTransit(Transit.objects.get())
    return parse(transit.raw), transit.envelope.reverse_path


ALICE, BOB, ALIAS = "alice@example.test", "bob@example.test", "alice.alias@example.test"


def test_nothing_granted_nothing_sent(send: Callable[..., None]) -> None:
    for from_, reverse_path in ((ALICE, BOB), (BOB, ALICE), (ALICE, ALICE), ("sales@example.test", BOB)):
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            send(from_, reverse_path)
        assert refused.value.smtp_code == 550
        assert b"5.7.1" in refused.value.smtp_error
    assert not Transit.objects.exists()


@pytest.mark.parametrize("from_", [ALICE, ALIAS])
@pytest.mark.parametrize("reverse_path", [ALICE, ALIAS, BOB])
def test_sending_as_leaves_no_sender(
    people: dict[str, Any], send: Callable[..., None], from_: str, reverse_path: str
) -> None:
    allow(people["alice"], people["bob"], send_as=True)
    send(from_, reverse_path)
    message, path = left()
    assert ([person.addr_spec for person in message.from_], list(message.sender)) == ([from_], [])
    assert path == reverse_path


@pytest.mark.parametrize("reverse_path", [ALICE, BOB])
@pytest.mark.parametrize("fields", [(), (("Sender", "Boss <boss@example.org>"),), (("Sender", ALICE),)])
def test_sending_on_behalf_says_who_wrote_whatever_the_program_says(
    people: dict[str, Any], send: Callable[..., None], reverse_path: str, fields: tuple[tuple[str, str], ...]
) -> None:
    allow(people["alice"], people["bob"], send_on_behalf=True)
    send(ALICE, reverse_path, *fields)
    message, path = left()
    assert [person.addr_spec for person in message.from_] == [ALICE]
    assert [(person.display_name, person.addr_spec) for person in message.sender] == [("Bob", BOB)]
    assert path == BOB
    raw = OpenTransit(Transit.objects.get()).raw
    assert raw.lower().count(b"\r\nsender:") + raw.lower().startswith(b"sender:") == 1
    assert b"boss" not in raw


def test_a_group_to_which_one_may_write_as(people: dict[str, Any], send: Callable[..., None]) -> None:
    allow(people["sales"], people["bob"], by=people["admin"], send_as=True)
    send("Sales <sales@example.test>", BOB)
    assert left()[0].from_[0].addr_spec == "sales@example.test"


@pytest.mark.parametrize("sender", [ALICE, "boss@example.org", "nonsense"])
def test_a_sender_that_is_not_ones_own_is_refused(send: Callable[..., None], sender: str) -> None:
    with pytest.raises(smtplib.SMTPResponseException) as refused:
        send(BOB, BOB, ("Sender", sender))
    assert b"5.7.1" in refused.value.smtp_error


def test_two_authors_need_both_grants(people: dict[str, Any], send: Callable[..., None]) -> None:
    with pytest.raises(smtplib.SMTPResponseException):
        send(f"{BOB}, {ALICE}", BOB)
    allow(people["alice"], people["bob"], send_on_behalf=True)
    send(f"{BOB}, {ALICE}", BOB)
    assert [person.addr_spec for person in left()[0].sender] == [BOB]
    with pytest.raises(smtplib.SMTPResponseException):
        send(f"{ALICE}, sales@example.test", BOB)


def test_full_access_is_not_a_name(people: dict[str, Any], send: Callable[..., None]) -> None:
    allow(people["alice"], people["bob"], full_access=True)
    with pytest.raises(smtplib.SMTPResponseException):
        send(ALICE, BOB)
