"""At 100 %: mail waits, comes when there is room, or goes back after the usual time; it never vanishes."""

from typing import Any

import pytest

from mailapp.delivery import pipeline
from mailapp.delivery.envelope import Envelope, Recipient
from mailapp.delivery.models import Delivery, Transit
from mailapp.delivery.offers import Offer
from mailapp.store import moving, usage
from mailapp.store.models import Mailbox
from tests.delivery.conftest import RAW, House, _nothing_at_hand, house, quiet  # noqa: F401  (fixtures)
from tests.factories import make_message_bytes, open_folder, store_message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet")]


def fill(house: House) -> None:  # noqa: F811
    """Alice has a message in Deleted, and no octet left."""
    store_message(house.alice, make_message_bytes(text="x" * 5_000), role="deleted")
    row = Mailbox.objects.get(entity=house.alice)
    Mailbox.objects.filter(pk=row.pk).update(quota_bytes=row.used_bytes)


def state_of(transit_id: Any) -> str:
    return Delivery.objects.get(transit_id=transit_id).state


def test_a_full_mailbox_is_told_to_the_other_server_while_it_is_on_the_line(house: House):  # noqa: F811
    fill(house)
    recipient = Recipient("alice@example.test")
    offer = Offer(Envelope("sender@example.org", (recipient,), client_address="192.0.2.7"))
    offer.recipient = recipient
    verdict = pipeline.run(pipeline.BEFORE_ACCEPTANCE, offer)
    assert verdict is not None
    assert verdict.enhanced_status_code == "4.2.2"


def test_what_was_accepted_waits_and_comes_when_the_person_has_made_room(house: House):  # noqa: F811
    transit_id = house.receive("alice@example.test")
    fill(house)
    for _ in range(3):
        house.work()
        assert state_of(transit_id) == "deferred"
        house.later(hours=1)
    deleted = open_folder(house.alice, "deleted")
    moving.expunge(deleted, [message.uid for message in deleted.messages])
    house.later(hours=4)
    house.work()
    assert state_of(transit_id) == "done"
    assert [RAW in raw for raw in house.messages(house.alice)] == [True]


def test_what_finds_no_room_goes_back_to_its_sender_after_the_usual_time(house: House):  # noqa: F811
    fill(house)
    transit_id = house.send(house.bob, "alice@example.test")
    house.work()
    assert state_of(transit_id) == "deferred"
    assert house.messages(house.bob) == []
    house.later(hours=47)
    house.work()
    assert state_of(transit_id) == "deferred"
    house.later(hours=6)
    house.work()
    assert state_of(transit_id) == "failed"
    [report] = [raw for raw in house.messages(house.bob) if b"multipart/report" in raw and b"5.2.2" in raw]
    assert b"alice@example.test" in report
    assert Transit.objects.get(pk=transit_id).state == Transit.State.DONE
    assert house.messages(house.alice) == []


def test_the_warning_reaches_a_full_mailbox(house: House):  # noqa: F811
    fill(house)
    assert usage.warn() == 1
    [warning] = house.messages(house.alice)
    assert b"Subject: Your mailbox is full" in warning
