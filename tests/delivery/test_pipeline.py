"""Delivery to people of this house: who gets a message, where it lands, and that it lands there once."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from mailapp.delivery import deliveries, leases, transits, working
from mailapp.delivery.envelope import Recipient
from mailapp.delivery.models import Delivery, Transit
from mailapp.delivery.stages import expansion, storing
from mailapp.delivery.transits import OpenTransit
from mailapp.store import appending
from mailapp.store.models import Content, Mailbox, Message
from tests.delivery.conftest import RAW, House
from tests.factories import make_group, make_organization, make_user
from tests.services.dns import DnsServer
from workmail.directory.models import Membership
from workmail.keys.models import OrganizationKey
from workmail.keys.services import set_organization_key_state

pytestmark = pytest.mark.usefixtures("quiet", "name_server")


def states(transit_id: UUID) -> list[str]:
    return list(Delivery.objects.filter(transit_id=transit_id).order_by("id").values_list("state", flat=True))


# --- Who gets it -----------------------------------------------------------------------------------------------


def test_a_message_lands_in_the_inbox_with_its_trace(house: House):
    transit_id = house.receive("al+shop@example.test")
    house.work()
    (raw,) = house.messages(house.alice)
    lines = raw.decode().split("\r\n")
    assert lines[0] == "Return-Path: <sender@example.org>"
    assert lines[1] == "Delivered-To: al+shop@example.test"
    assert lines[2].startswith("Authentication-Results: mail.example.test; spf=none")
    assert raw.endswith(RAW)
    row = Transit.objects.get(pk=transit_id)
    assert (row.state, row.content_id, bytes(row.content_key)) == (Transit.State.DONE, None, b"")
    message = Message.objects.get()
    assert message.size_bytes == len(raw)
    assert Mailbox.objects.get(entity=house.alice).used_bytes == len(raw)


def test_who_is_named_twice_gets_it_once(house: House):
    team = make_group(house.organization, "team", members=[house.alice, house.bob])
    make_group(house.organization, "all", members=[team, house.alice])
    house.receive(
        "alice@example.test", "al@example.test", "team@example.test", "all@example.test", "ALICE+x@example.test"
    )
    house.work()
    assert len(house.messages(house.alice)) == len(house.messages(house.bob)) == 1
    assert Content.objects.count() == 1  # stored once


def test_groups_that_contain_each_other_end(house: House):
    """The directory refuses such loops; here is one that was made through addresses, and one in the rows."""
    first = make_group(house.organization, "first", members=[house.alice, "second@example.test"])
    second = make_group(house.organization, "second", members=[house.bob, "first@example.test"])
    Membership.objects.create(group=first, member=second)
    Membership.objects.create(group=second, member=first)
    for address in ("first@example.test", "second@example.test"):
        house.receive(address)
        house.work()
    assert len(house.messages(house.alice)) == len(house.messages(house.bob)) == 2


def test_disabled_members_and_empty_groups_get_nothing(house: House):
    from workmail.accounts.actor import SYSTEM
    from workmail.directory import services

    make_group(house.organization, "team", members=[house.alice, house.bob])
    make_group(house.organization, "nobody")
    services.disable(SYSTEM, house.bob)
    house.receive("team@example.test", "nobody@example.test")
    house.work()
    assert len(house.messages(house.alice)) == 1
    assert Message.objects.count() == 1
    assert set(Transit.objects.values_list("state", flat=True)) == {Transit.State.DONE}


def test_postmaster_reaches_the_administrators(house: House):
    from tests.factories import administrator_of

    house.receive("postmaster@example.test")
    house.work()
    assert len(house.messages(administrator_of(house.organization))) == 1


def test_the_members_of_a_moment_get_it(house: House, monkeypatch):
    """Expanded once: a crash between expanding and storing does not make room for who joined meanwhile."""
    from workmail.accounts.actor import SYSTEM
    from workmail.directory import services

    monkeypatch.setattr(transits, "MOST_STORED_AT_ONCE", 0)
    group = make_group(house.organization, "team", members=[house.alice])
    transit_id = house.receive("team@example.test")
    expansion.expand(OpenTransit.load(transit_id))
    services.add_member(SYSTEM, group, house.bob)
    house.work()
    assert len(house.messages(house.alice)) == 1
    assert house.messages(house.bob) == []


def test_mail_between_organizations_goes_through_both(house: House):
    other = make_organization("other", domain="other.test")
    carol = make_user(other, "carol")
    house.send(house.alice, "carol@other.test", "bob@example.test")
    house.work()
    assert len(house.messages(house.bob)) == 1
    (raw,) = house.messages(carol)
    assert b"auth=pass smtp.mailfrom=alice@example.test; dmarc=pass" in b" ".join(raw.split())
    assert b"DKIM-Signature" in raw
    assert {row.organization_id for row in Transit.objects.all()} == {house.organization.pk, other.pk}
    assert set(Transit.objects.values_list("state", flat=True)) == {Transit.State.DONE}


def test_what_a_domain_asks_to_be_distrusted_lands_in_junk(house: House, name_server: DnsServer):
    name_server.zone["_dmarc.example.org"] = {"TXT": ["v=DMARC1; p=quarantine"]}
    house.receive("alice@example.test")
    house.work()
    assert house.messages(house.alice) == []
    (raw,) = house.messages(house.alice, "junk")
    assert b"dmarc=fail header.from=example.org policy.dmarc=quarantine" in b" ".join(raw.split())


def test_the_reader_is_told_in_codes_who_sent_it(house: House, name_server: DnsServer):
    from mailapp.store import summaries
    from tests.factories import open_mailbox

    name_server.zone |= {
        "example.org": {"TXT": ["v=spf1 ip4:192.0.2.7 -all"]},
        "_dmarc.example.org": {"TXT": ["v=DMARC1; p=reject"]},
    }
    house.receive("alice@example.test")
    house.work()
    summary = summaries.unseal(open_mailbox(house.alice).keys, Message.objects.get())
    assert summary.authentication == {"spf": "pass", "dmarc": "pass", "domain": "example.org"}


# --- Exactly once ----------------------------------------------------------------------------------------------


def test_running_everything_twice_changes_nothing(house: House):
    make_group(house.organization, "team", members=[house.alice, house.bob])
    transit_id = house.receive("team@example.test")
    stale = OpenTransit.load(transit_id)
    house.work()
    before = list(Message.objects.values_list("pk", "modseq"))
    Transit.objects.filter(pk=transit_id).update(state=Transit.State.WAITING)
    stale.row.is_expanded = False
    for stage in (expansion.expand, expansion.expand, storing.deliver_to_each, storing.deliver_to_each):
        stage(stale)
    stale.deliveries = list(Delivery.objects.filter(transit_id=transit_id))
    for delivery in stale.deliveries:
        delivery.state = Delivery.State.PENDING  # as a worker remembers it that slept meanwhile
    storing.deliver_to_each(stale)
    assert list(Message.objects.values_list("pk", "modseq")) == before
    assert len(before) == 2


class PowerCut(BaseException):
    """No handler of the code catches it: as if the process had died here."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("most_at_once", [0, 5])
def test_killed_at_any_step_nothing_is_lost_or_doubled(transactional_db, settings, monkeypatch, most_at_once: int):
    """The process dies before its first, second, third ... statement; what it had committed stays."""
    settings.MAIL_HOST_NAME = "mail.example.test"
    monkeypatch.setattr(transits, "MOST_STORED_AT_ONCE", most_at_once)
    house = House()
    make_group(house.organization, "team", members=[house.alice, house.bob])
    for step in range(1, 400):
        house.receive("team@example.test", raw=RAW.replace(b"<1@", b"<%d@" % step))
        remaining = step

        def count_down(execute, sql, params, many, context):
            nonlocal remaining
            remaining -= 1
            if remaining == 0:
                raise PowerCut
            return execute(sql, params, many, context)

        was_cut = False
        try:
            with connection.execute_wrapper(count_down):
                working.sweep()
        except PowerCut:
            was_cut = True
        leases.keeper._leases.clear()
        Transit.objects.update(lease_until=None)
        house.work()
        assert len(house.messages(house.alice)) == len(house.messages(house.bob)) == step
        if not was_cut:
            return
    raise AssertionError("the delivery has more statements than were tried")


@pytest.mark.django_db(transaction=True)
def test_killed_while_messages_share_a_commit_nothing_is_lost_or_doubled(transactional_db, settings):
    settings.MAIL_HOST_NAME = "mail.example.test"
    house = House()
    expected = 0
    for step in range(1, 600, 9):
        for number in range(6):
            house.receive(
                "alice@example.test", "bob@example.test", raw=RAW.replace(b"<1@", b"<%d.%d@" % (step, number))
            )
        expected += 6
        remaining = step

        def count_down(execute, sql, params, many, context):
            nonlocal remaining
            remaining -= 1
            if remaining == 0:
                raise PowerCut
            return execute(sql, params, many, context)

        was_cut = False
        try:
            with connection.execute_wrapper(count_down):
                working.sweep()
        except PowerCut:
            was_cut = True
        leases.keeper._leases.clear()
        Transit.objects.update(lease_until=None)
        house.work()
        counts = [Message.objects.filter(mailbox__entity=person).count() for person in (house.alice, house.bob)]
        assert counts == [expected, expected]
        if not was_cut:
            return
    raise AssertionError("the delivery has more statements than were tried")


@pytest.mark.django_db(transaction=True)
def test_one_bad_message_does_not_hold_up_those_that_share_its_commit(transactional_db, settings, monkeypatch):
    settings.MAIL_HOST_NAME = "mail.example.test"
    house = House()
    for number in range(6):
        house.receive("alice@example.test", raw=RAW.replace(b"Hello", b"Hello %d" % number))
    original = appending.append

    def append(folder, sealed):
        messages = original(folder, sealed)
        if sealed[0].prepared.parsed.subject == "Hello 3":
            raise RuntimeError("after its rows")
        return messages

    monkeypatch.setattr(appending, "append", append)
    working.sweep()
    assert len(house.messages(house.alice)) == 5
    monkeypatch.setattr(appending, "append", original)
    Transit.objects.update(next_attempt_at=timezone.now())
    house.work()
    assert len(house.messages(house.alice)) == 6


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("most_at_once", [0, 5])
def test_two_workers_with_the_same_task_deliver_once(transactional_db, settings, monkeypatch, most_at_once: int):
    settings.MAIL_HOST_NAME = "mail.example.test"
    monkeypatch.setattr(transits, "MOST_STORED_AT_ONCE", most_at_once)
    house = House()
    make_group(house.organization, "team", members=[house.alice, house.bob])
    for number in range(6):
        house.receive("team@example.test", raw=RAW.replace(b"<1@", b"<%d@" % number))
    stale = [OpenTransit.load(pk) for pk in Transit.objects.values_list("pk", flat=True)]
    errors: list[BaseException] = []
    barrier = threading.Barrier(4)

    def work() -> None:
        try:
            barrier.wait(10)
            for transit in stale:  # without any lease: the rows alone must hold
                own = OpenTransit(Transit.objects.select_related("content", "organization").get(pk=transit.id))
                if own.row.content is None:
                    continue
                expansion.expand(own)
                storing.deliver_to_each(own)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert len(house.messages(house.alice)) == len(house.messages(house.bob)) == 6
    house.work()
    assert Message.objects.count() == 12


@pytest.mark.django_db(transaction=True)
def test_many_sweeps_at_once_share_the_work(transactional_db, settings):
    settings.MAIL_HOST_NAME = "mail.example.test"
    house = House()
    for number in range(24):
        house.receive("alice@example.test", raw=RAW.replace(b"<1@", b"<%d@" % number))
    done: list[int] = []

    def work() -> None:
        done.append(working.sweep(seconds=30))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(done) == 24
    assert len(house.messages(house.alice)) == 24


# --- Leases ----------------------------------------------------------------------------------------------------


def test_a_leased_row_is_left_alone_until_the_lease_runs_out(house: House):
    house.receive("alice@example.test")
    lease = leases.take(working.due(), 10)
    assert lease is not None
    assert leases.take(working.due(), 10) is None
    Transit.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    again = leases.take(working.due(), 10)
    assert again is not None
    assert not lease.rows().exists()
    leases.give_back(again)
    leases.forget(lease, set(lease.keys))


def test_a_row_that_takes_workers_down_comes_alone_and_then_waits(house: House):
    poison = house.receive("alice@example.test")
    lease = leases.take(working.due(), 10)
    house.receive("bob@example.test")
    for crash in (1, 2):
        Transit.objects.filter(pk=poison).update(lease_until=timezone.now() - timedelta(seconds=1))
        leases.forget(lease, set(lease.keys))
        lease = leases.take(working.due(), 10)
        assert lease.keys == {poison}
        assert Transit.objects.get(pk=poison).crashes == crash
    leases.forget(lease, set(lease.keys))
    Transit.objects.filter(pk=poison).update(lease_until=timezone.now() - timedelta(seconds=1))
    house.work()
    assert len(house.messages(house.bob)) == 1
    row = Transit.objects.get(pk=poison)
    assert row.state == Transit.State.WAITING
    assert row.next_attempt_at > timezone.now() + timedelta(seconds=30)


@pytest.mark.django_db(transaction=True)
def test_long_work_keeps_its_lease(transactional_db, monkeypatch):
    import time

    monkeypatch.setattr(leases, "RENEW_EVERY_SECONDS", 0.1)
    house = House()
    house.receive("alice@example.test")
    lease = leases.take(working.due(), 1)
    first = Transit.objects.get().lease_until
    deadline = time.monotonic() + 10
    while Transit.objects.get().lease_until <= first and time.monotonic() < deadline:
        time.sleep(0.05)
    assert Transit.objects.get().lease_until > first
    lease.check()
    Transit.objects.update(lease_holder=None, lease_until=None)
    while not lease.is_lost and time.monotonic() < deadline:
        time.sleep(0.05)
    with pytest.raises(leases.LeaseLost):
        lease.check()
    leases.keeper.remove(lease)


# --- Waiting ---------------------------------------------------------------------------------------------------


def test_mail_waits_for_the_organizations_key(house: House):
    key = OrganizationKey.objects.get(organization=house.organization)
    transit_id = house.receive("alice@example.test", "bob@example.test")
    set_organization_key_state(key, OrganizationKey.State.DISABLED)
    house.work()
    assert states(transit_id) == ["deferred", "deferred"]
    assert not Message.objects.exists()
    set_organization_key_state(key, OrganizationKey.State.ENABLED)
    Transit.objects.update(next_attempt_at=timezone.now())
    house.work()
    assert len(house.messages(house.alice)) == len(house.messages(house.bob)) == 1


def test_a_full_mailbox_waits_and_the_others_have_theirs(house: House):
    Mailbox.objects.filter(entity=house.alice).update(quota_bytes=20)
    transit_id = house.receive("alice@example.test", "bob@example.test")
    house.work()
    assert states(transit_id) == ["deferred", "done"]
    assert Mailbox.objects.get(entity=house.alice).used_bytes == 0
    row = Transit.objects.get(pk=transit_id)
    assert timedelta(minutes=4) < row.next_attempt_at - timezone.now() <= timedelta(minutes=5)
    Mailbox.objects.filter(entity=house.alice).update(quota_bytes=10_000)
    Transit.objects.update(next_attempt_at=timezone.now())
    house.work()
    assert len(house.messages(house.alice)) == len(house.messages(house.bob)) == 1
    assert Transit.objects.get(pk=transit_id).state == Transit.State.DONE


def test_a_blob_store_that_does_not_answer_is_waited_for(house: House, monkeypatch):
    from mailapp.store import contents

    transit_id = house.receive("alice@example.test")
    with monkeypatch.context() as patched:
        patched.setattr(contents, "read", lambda *_: (_ for _ in ()).throw(OSError("gone")))
        house.work()
    row = Transit.objects.get(pk=transit_id)
    assert (row.state, row.attempts, row.lease_until) == (Transit.State.WAITING, 1, None)
    assert row.next_attempt_at > timezone.now()
    Transit.objects.update(next_attempt_at=timezone.now())
    house.work()
    assert len(house.messages(house.alice)) == 1


def test_a_held_transit_waits_for_the_administrator(house: House):
    transit_id = house.receive("alice@example.test")
    Transit.objects.update(is_held=True)
    assert house.work() == 0
    Transit.objects.update(is_held=False)
    house.work()
    assert Transit.objects.get(pk=transit_id).state == Transit.State.DONE


def test_nothing_is_lost_when_storing_fails_halfway(house: House, monkeypatch):
    original = appending.append

    def once_broken(folder, sealed):
        original(folder, sealed)
        monkeypatch.setattr(appending, "append", original)
        raise RuntimeError("after the rows, before the mark")

    monkeypatch.setattr(appending, "append", once_broken)
    house.receive("alice@example.test")
    house.work()
    assert house.messages(house.alice) == []
    Transit.objects.update(next_attempt_at=timezone.now())
    house.work()
    assert len(house.messages(house.alice)) == 1


def test_the_trace_is_kept_for_a_while(house: House):
    from mailapp.delivery import sweeping

    house.receive("alice@example.test")
    house.work()
    assert sweeping.forget_old() == 0
    delivery = Delivery.objects.get()
    assert deliveries.addressee_of(delivery).address == "alice@example.test"
    Transit.objects.update(finished_at=timezone.now() - timedelta(days=11))
    assert sweeping.forget_old() == 1
    assert not Delivery.objects.exists()
    assert len(house.messages(house.alice)) == 1


def test_a_recipient_with_wishes_is_kept_through_the_pipeline(house: House):
    house.receive(Recipient("alice@example.test", ("NEVER",), "rfc822;x@y"))
    house.work()
    addressee = deliveries.addressee_of(Delivery.objects.get())
    assert (addressee.notify, addressee.orcpt) == (("NEVER",), "rfc822;x@y")
