"""What is written in somebody's name, from the composer: From, Sender, the way of reports, the copies."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from mailapp.composing import answering, authors, rows, sending
from mailapp.composing.drafts import Editor
from mailapp.composing.state import Fields, Manner
from mailapp.delivery import intake
from mailapp.delivery.models import Transit
from mailapp.delivery.transits import OpenTransit
from mailapp.mime.parse import parse
from mailapp.sharing.levels import Level
from mailapp.store import queries
from mailapp.store.models import Message
from tests import factories
from tests.sharing.steps import allow, share
from workmail.errors import Forbidden, Invalid

pytestmark = pytest.mark.django_db


def write(user: Any, from_address: str, *, hold: int = 0, draft_id: Any = None) -> Any:
    fields = Fields(
        from_address=from_address,
        to="chloe@example.test",
        bcc="dan@example.org",
        subject="Lunch",
        text="Noon?",
        is_plain=True,
    )
    mailbox = factories.open_mailbox(user)
    return sending.send(mailbox, draft_id or uuid4(), fields, Editor(uuid4()), hold=timedelta(seconds=hold))


def left() -> tuple[Any, str]:
    """Return the only message that left, and its reverse path."""
    transit = OpenTransit(Transit.objects.get())
    return parse(transit.raw), transit.envelope.reverse_path


def test_sending_as_somebody_names_only_them(alice: Any, bob: Any, chloe: Any) -> None:
    allow(alice, bob, send_as=True)
    write(bob, "alice@example.test")
    message, reverse_path = left()
    assert [person.addr_spec for person in message.from_] == ["alice@example.test"]
    assert not message.sender
    assert reverse_path == "alice@example.test"
    assert b"bob" not in OpenTransit(Transit.objects.get()).raw.lower()


def test_sending_on_behalf_says_who_wrote(alice: Any, bob: Any, chloe: Any) -> None:
    allow(alice, bob, send_on_behalf=True)
    write(bob, "alice@example.test")
    message, reverse_path = left()
    assert [person.addr_spec for person in message.from_] == ["alice@example.test"]
    assert [(person.display_name, person.addr_spec) for person in message.sender] == [("Bob", "bob@example.test")]
    assert reverse_path == "bob@example.test"


def test_a_group_is_a_name_too(organization: Any, bob: Any, chloe: Any) -> None:
    group = factories.make_group(organization, "sales", members=[chloe])
    allow(group, bob, by=factories.administrator_of(organization), send_as=True)
    write(bob, "sales@example.test")
    assert left()[0].from_[0].addr_spec == "sales@example.test"


def test_the_own_copy_is_in_the_writers_sent_and_where_the_grant_asks_for_one_in_the_owners_too(
    alice: Any, bob: Any, chloe: Any
) -> None:
    allow(alice, bob, send_as=True)
    write(bob, "alice@example.test")
    assert list(Message.objects.filter(folder__role="sent").values_list("mailbox__entity_id", flat=True)) == [bob.pk]
    allow(alice, bob, send_as=True, copies_to_owner=True)
    outcome = write(bob, "alice@example.test")
    sending.finish(factories.open_mailbox(bob), outcome.draft.pk)  # once more changes nothing
    copies = Message.objects.filter(folder__role="sent", mailbox__entity_id=alice.pk)
    [copy] = copies.select_related("content")
    assert copy.is_seen
    assert b"Subject: Lunch" in queries.raw(factories.open_mailbox(alice), copy)


def test_the_owners_copy_waits_until_the_message_can_no_longer_be_taken_back(alice: Any, bob: Any, chloe: Any) -> None:
    allow(alice, bob, send_as=True, copies_to_owner=True)
    outcome = write(bob, "alice@example.test", hold=30)
    sending.finish(factories.open_mailbox(bob), outcome.draft.pk)
    assert not Message.objects.filter(mailbox__entity_id=alice.pk).exists()


def test_a_name_that_was_withdrawn_is_not_exchanged_for_another_silently(alice: Any, bob: Any, chloe: Any) -> None:
    allow(alice, bob, send_as=True)
    mailbox, draft_id = factories.open_mailbox(bob), uuid4()
    allow(alice, bob)
    with pytest.raises(Invalid, match=r"alice@example\.test"):
        write(bob, "alice@example.test", draft_id=draft_id)
    assert not Transit.objects.exists()
    assert rows.find(mailbox, draft_id) is not None  # what was written is kept


@pytest.mark.parametrize("from_", ["alice@example.test", "Alice <ALICE+tag@example.test>"])
def test_the_operation_itself_refuses_a_name_that_is_not_granted(alice: Any, bob: Any, chloe: Any, from_: str) -> None:
    raw = factories.make_message_bytes(from_=from_, to="chloe@example.test")
    with pytest.raises(Forbidden):
        intake.submit(factories.open_mailbox(bob), raw, ["chloe@example.test"])
    allow(alice, bob, send_on_behalf=True)
    intake.submit(factories.open_mailbox(bob), raw, ["chloe@example.test"])
    assert left()[0].sender[0].addr_spec == "bob@example.test"  # whoever built the message


def test_the_choice_of_names(alice: Any, bob: Any, chloe: Any) -> None:
    allow(alice, bob, send_as=True)
    allow(chloe, bob, send_on_behalf=True)
    labels = [author.label for author in authors.all_of(factories.open_mailbox(bob))]
    assert labels == [
        "Bob <bob@example.test>",
        "Alice <alice@example.test>",
        "On behalf of Chloe <chloe@example.test>",
    ]


def test_an_answer_to_shared_mail_is_ones_own_draft_and_from_whom_it_was_sent_to(alice: Any, bob: Any) -> None:
    asked = factories.store_message(alice, factories.make_message_bytes(to="alice@example.test", subject="Offer"))
    share(alice, "inbox", bob, Level.CONTRIBUTOR)
    mailbox = factories.open_mailbox(bob)
    draft = answering.begin(mailbox, asked.key, Manner.REPLY)
    assert draft.mailbox_id == mailbox.mailbox.pk
    assert rows.fields_of(mailbox, draft).from_address == ""
    allow(alice, bob, send_as=True)
    draft = answering.begin(mailbox, asked.key, Manner.REPLY)
    fields = rows.fields_of(mailbox, draft)
    assert fields.from_address == "alice@example.test"
    sending.send(
        mailbox, draft.pk, fields, Editor(uuid4(), revision=draft.revision), hold=timedelta(0), confirmed=["attachment"]
    )
    asked.refresh_from_db()
    assert asked.is_answered


def test_a_viewers_answer_marks_nothing(alice: Any, bob: Any) -> None:
    asked = factories.store_message(alice, factories.make_message_bytes(to="alice@example.test", subject="Offer"))
    share(alice, "inbox", bob, Level.VIEWER)
    mailbox = factories.open_mailbox(bob)
    draft = answering.begin(mailbox, asked.key, Manner.REPLY)
    fields = rows.fields_of(mailbox, draft)
    sending.send(
        mailbox, draft.pk, fields, Editor(uuid4(), revision=draft.revision), hold=timedelta(0), confirmed=["attachment"]
    )
    asked.refresh_from_db()
    assert not asked.is_answered
