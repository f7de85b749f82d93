"""Handing mail over from inside the house: what is refused in words, and what belongs to one promise."""

import threading
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction

from mailapp.delivery import intake, quotas
from mailapp.delivery.models import RecipientCount, Transit
from mailapp.store.models import Content, Message
from tests.delivery.conftest import House
from tests.factories import make_message_bytes, make_organization, make_user, open_mailbox
from workmail.errors import Forbidden, Invalid, LimitExceeded

pytestmark = pytest.mark.usefixtures("quiet")


def blobs() -> set[Path]:
    folder = Path(django_settings.STORAGES["blobs"]["OPTIONS"]["location"])
    return {path for path in folder.rglob("*") if path.is_file()}


def test_a_copy_goes_to_sent_with_the_same_promise(house: House):
    raw = make_message_bytes(from_="alice@example.test", to="bob@example.test")
    submitted = intake.submit(
        open_mailbox(house.alice), raw, ["bob@example.test"], sent_copy=b"Bcc: carol@example.org\r\n" + raw
    )
    assert submitted.sent is not None
    assert submitted.sent.is_seen
    house.work()
    (sent,) = house.messages(house.alice, "sent")
    (received,) = house.messages(house.bob)
    assert b"carol@example.org" in sent
    assert b"carol@example.org" not in received


def test_what_happens_within_belongs_to_the_promise(house: House):
    def fail(submitted: intake.Submitted) -> None:
        assert Transit.objects.filter(pk=submitted.transit.pk).exists()
        raise RuntimeError("the draft is gone")

    before = blobs()
    with pytest.raises(RuntimeError), transaction.atomic():
        intake.submit(
            open_mailbox(house.alice),
            make_message_bytes(from_="alice@example.test"),
            ["bob@example.org"],
            within=fail,
        )
    assert not Transit.objects.exists()
    assert not RecipientCount.objects.exists()
    assert blobs() == before


@pytest.mark.parametrize(
    "recipients, unusable",
    [
        ([], []),
        (["nobody@example.test"], ["nobody@example.test"]),
        (["bob@example.test", "no", "nobody@example.test"], ["no", "nobody@example.test"]),
    ],
)
def test_recipients_that_do_not_exist_are_named(house: House, recipients: list[str], unusable: list[str]):
    with pytest.raises(Invalid) as refusal:
        intake.submit(open_mailbox(house.alice), make_message_bytes(from_="alice@example.test"), recipients)
    assert refusal.value.details["recipients"] == unusable
    assert not Transit.objects.exists()


@pytest.mark.parametrize(
    "from_", ["bob@example.test", "alice@example.org", "Alice <alice@example.test>, bob@example.test"]
)
def test_nobody_writes_in_the_name_of_another(house: House, from_: str):
    with pytest.raises(Forbidden):
        intake.submit(open_mailbox(house.alice), make_message_bytes(from_=from_), ["bob@example.org"])
    with pytest.raises(Forbidden):
        intake.submit(
            open_mailbox(house.alice),
            make_message_bytes(from_="alice@example.test"),
            ["bob@example.org"],
            reverse_path="bob@example.test",
        )


def test_limits_are_told_in_words(house: House, settings):
    mailbox, raw = open_mailbox(house.alice), make_message_bytes(from_="alice@example.test")
    settings.SMTP_MAX_RECIPIENTS = 1
    with pytest.raises(LimitExceeded, match="at most 1 recipient"):
        intake.submit(mailbox, raw, ["a@example.org", "b@example.org"])
    settings.SMTP_MAX_MESSAGE_BYTES = 100
    with pytest.raises(LimitExceeded, match="too big"):
        intake.submit(mailbox, raw, ["a@example.org"])


def test_the_organizations_limit_holds_for_all_its_people(house: House, settings):
    settings.EXTERNAL_RECIPIENTS_PER_ORGANIZATION_PER_DAY = 3
    house.send(house.alice, "a@example.org", "b@example.org")
    with pytest.raises(LimitExceeded):
        house.send(house.bob, "a@example.org", "b@example.org")
    house.send(house.bob, "a@example.org", "alice@example.test")
    assert quotas.spent(house.organization.pk) == 3
    assert quotas.spent(str(house.bob.pk)) == 1
    assert Content.objects.count() == Transit.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_at_once_cannot_both_take_the_last_place(transactional_db, settings):
    settings.EXTERNAL_RECIPIENTS_PER_USER_PER_DAY = 10
    organization = make_organization("example", domain="example.test")
    user = make_user(organization, "alice")
    taken: list[int] = []

    def spend() -> None:
        for _ in range(5):
            try:
                with transaction.atomic():
                    quotas.spend(str(user.pk), organization.pk, 1)
                taken.append(1)
            except LimitExceeded:
                pass
        connection.close()

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(taken) == quotas.spent(str(user.pk)) == quotas.spent(organization.pk) == 10


def test_only_the_owner_sends_from_a_mailbox(house: House):
    from mailapp import access
    from tests.factories import actor_for

    with pytest.raises(Exception, match="does not exist"):
        access.open_mailbox(actor_for(house.bob), open_mailbox(house.alice).mailbox.pk)


def test_what_a_message_must_have_is_added_and_what_it_must_not_is_taken_out(house: House):
    house.send(
        house.alice, "bob@example.test", raw=b"From: alice@example.test\r\nBcc: x@y.z\r\nReturn-Path: <x>\r\n\r\nHi\n"
    )
    house.work()
    (raw,) = house.messages(house.bob)
    header = raw.partition(b"\r\n\r\n")[0]
    assert b"x@y.z" not in header
    assert header.count(b"Return-Path:") == 1
    assert b"\r\nDate: " in header
    assert b"@example.test>\r\n" in header.partition(b"Message-ID: <")[2]
    assert raw.endswith(b"\r\n\r\nHi\r\n")
    assert Message.objects.get().message_id_digest
