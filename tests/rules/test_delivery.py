"""Rules on mail that arrives: where it lands, to whom it is passed on, once, and what happens when a rule cannot."""

from typing import Any

import pytest
from django.db import connection

from mailapp.delivery import leases, quotas, transits, working
from mailapp.delivery.models import Delivery, RecipientCount, Transit
from mailapp.delivery.transits import OpenTransit
from mailapp.mime.parse import header_fields, parse
from mailapp.rules import operations
from mailapp.rules.definition import Action, Kind
from mailapp.rules.models import Rule
from mailapp.store import folders
from mailapp.store.models import Content, Folder, Mailbox, Message
from tests.delivery.conftest import RAW, House
from tests.factories import open_folder, open_mailbox
from tests.rules.conftest import rule
from tests.services.dns import DnsServer
from tests.services.sink import MailSink

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet", "name_server")]


def make(user: Any, *actions: Any, **fields: Any) -> Rule:
    return Rule.objects.get(pk=operations.create(open_mailbox(user), rule(*actions, **fields)).id)


def own_folder(user: Any, name: str = "Projects") -> Folder:
    return folders.create(open_mailbox(user), name).folder


def move(folder: Folder) -> Action:
    return Action(Kind.MOVE, folder=folder.pk.hex)


def forward(*addresses: str) -> Action:
    return Action(Kind.FORWARD, addresses=addresses)


def redirect(*addresses: str) -> Action:
    return Action(Kind.REDIRECT, addresses=addresses)


def fields_of(raw: bytes) -> dict[str, str]:
    return {name.lower(): body for name, body in reversed(header_fields(raw))}


# --- Filing ----------------------------------------------------------------------------------------------------


def test_a_message_lands_where_the_rule_says_with_its_marks(house: House):
    projects = own_folder(house.alice)
    make(
        house.alice,
        move(projects),
        Action(Kind.COPY, folder=open_folder(house.alice, "archive").folder.pk.hex),
        Kind.READ,
        Kind.FLAG,
        Action(Kind.CATEGORIZE, keyword="Red"),
        subject="hello",
    )
    house.receive("alice@example.test")
    house.work()
    assert house.messages(house.alice) == []
    filed, copy = Message.objects.order_by("folder__role")
    assert (filed.folder_id, copy.folder.role) == (projects.pk, "archive")
    assert (filed.is_seen, filed.is_flagged, filed.keywords) == (True, True, ["Red"])
    projects.refresh_from_db()
    assert (projects.message_count, projects.unread_count) == (1, 0)
    assert Content.objects.count() == 1
    assert Mailbox.objects.get(entity=house.alice).used_bytes == filed.size_bytes + copy.size_bytes


def test_what_a_rule_deletes_can_come_back(house: House):
    make(house.alice, Kind.DELETE, from_="sender@example.org")
    house.receive("alice@example.test")
    house.work()
    assert len(house.messages(house.alice, "deleted")) == 1


def test_everybody_has_rules_of_their_own(house: House):
    make(house.alice, Kind.DELETE)
    house.receive("alice@example.test", "bob@example.test")
    house.work()
    assert (len(house.messages(house.alice)), len(house.messages(house.bob))) == (0, 1)


def test_junk_is_left_to_the_junk_folder(house: House, name_server: DnsServer):
    name_server.zone["_dmarc.example.org"] = {"TXT": ["v=DMARC1; p=quarantine"]}
    make(house.alice, redirect("out@example.net"), move(own_folder(house.alice)))
    house.receive("alice@example.test")
    house.work()
    assert len(house.messages(house.alice, "junk")) == 1
    assert Transit.objects.count() == 1


@pytest.mark.parametrize("for_good", [False, True])
def test_when_the_folder_is_gone_the_message_is_in_the_inbox_and_the_rule_says_so(house: House, for_good: bool):
    projects = own_folder(house.alice)
    made = make(house.alice, move(projects), Kind.FLAG)
    from mailapp import access

    for _ in range(2 if for_good else 1):
        folders.delete(access.folder_in(open_mailbox(house.alice), projects.pk))
    house.receive("alice@example.test")
    house.work()
    assert len(house.messages(house.alice)) == 1
    assert Message.objects.get(folder__role="inbox").is_flagged
    made.refresh_from_db()
    assert made.problem == Rule.Problem.FOLDER_GONE


def test_a_copy_without_room_is_left_out_and_the_message_is_there(house: House):
    made = make(house.alice, Action(Kind.COPY, folder=own_folder(house.alice).pk.hex))
    Mailbox.objects.filter(entity=house.alice).update(quota_bytes=600)
    house.receive("alice@example.test")
    house.work()
    assert len(house.messages(house.alice)) == 1
    assert Message.objects.count() == 1
    made.refresh_from_db()
    assert made.problem == Rule.Problem.FULL


# --- Passing on ------------------------------------------------------------------------------------------------


def test_a_redirected_message_keeps_what_it_is_and_says_who_sent_it_on(house: House, sink: MailSink):
    make(house.alice, redirect("out@example.net"))
    house.receive("alice@example.test")
    house.work()
    assert len(house.messages(house.alice)) == 1
    (got,) = sink.messages
    assert got.octets.replace(b"\r\n", b"\n").endswith(RAW.replace(b"\r\n", b"\n"))
    assert (got.reverse_path, got.recipients) == ("alice@example.test", ("out@example.net",))
    fields = fields_of(got.octets)
    assert fields["from"] == "sender@example.org"
    assert fields["message-id"] == "<1@example.org>"
    assert fields["resent-from"] == "Alice <alice@example.test>"
    assert fields["resent-to"] == "out@example.net"
    assert {"resent-date", "resent-message-id"} <= fields.keys()
    assert "dkim-signature" not in fields  # nobody here wrote it


def test_a_forwarded_message_is_the_owners_and_carries_the_other(house: House, sink: MailSink):
    make(house.alice, forward("out@example.net"))
    house.receive("alice@example.test")
    house.work()
    (got,) = sink.messages
    parsed = parse(got.octets)
    assert (parsed.from_[0].addr_spec, parsed.subject) == ("alice@example.test", "Fwd: Hello")
    assert parsed.auto_submitted == "auto-generated"
    assert parsed.attachments[0].content_type == "message/rfc822"
    assert "Text" in parsed.text
    assert "dkim-signature" in fields_of(got.octets)
    assert quotas.spent(str(house.alice.pk)) == 1


def test_mail_is_passed_on_inside_the_house_and_counts_nothing(house: House):
    make(house.alice, redirect("bob@example.test"))
    house.receive("alice@example.test")
    house.work()
    (raw,) = house.messages(house.bob)
    assert fields_of(raw)["delivered-to"] == "bob@example.test"
    assert b"Resent-From: Alice <alice@example.test>" in raw
    assert not RecipientCount.objects.exists()


def test_a_redirected_report_keeps_its_null_reverse_path_and_none_is_forwarded(house: House, sink: MailSink):
    make(house.alice, redirect("out@example.net"), forward("more@example.net"))
    house.receive("alice@example.test", reverse_path="")
    house.work()
    (got,) = sink.messages
    assert (got.reverse_path, got.recipients) == ("", ("out@example.net",))


@pytest.mark.parametrize("first", [redirect, forward])
@pytest.mark.parametrize("second", [redirect, forward])
def test_two_who_pass_everything_on_to_each_other_get_it_once_or_twice(house: House, first: Any, second: Any):
    make(house.alice, first("bob@example.test"))
    make(house.bob, second("alice@example.test"))
    house.receive("alice@example.test")
    house.work()
    assert len(house.messages(house.bob)) == 1
    assert len(house.messages(house.alice)) == 2  # the second is what bob passes on, and there it ends


def test_a_ring_of_many_ends(house: House):
    from tests.factories import make_user

    people = [make_user(house.organization, f"ring{number}") for number in range(8)]
    for number, person in enumerate(people):
        make(person, redirect(f"ring{(number + 1) % 8}@example.test"))
    house.receive("ring0@example.test")
    house.work()
    assert sum(len(house.messages(person)) for person in people) == 6  # MOST_HOUSE_HOPS


def test_what_comes_back_from_elsewhere_is_stored_and_goes_no_further(house: House, sink: MailSink):
    make(house.alice, redirect("out@example.net"))
    house.receive("alice@example.test")
    house.work()
    house.receive("alice@example.test", raw=sink.messages[0].octets)
    house.work()
    assert len(house.messages(house.alice)) == 2
    assert len(sink.messages) == 1


def test_several_rules_pass_on_to_one_address_once(house: House, sink: MailSink):
    make(house.alice, redirect("out@example.net"))
    make(house.alice, redirect("OUT@example.net", "other@example.net"))
    house.receive("alice@example.test")
    house.work()
    assert sorted(got.recipients[0] for got in sink.messages) == ["other@example.net", "out@example.net"]


def test_over_the_days_limit_the_message_is_stored_and_the_owner_told(house: House, sink: MailSink, settings: Any):
    settings.EXTERNAL_RECIPIENTS_PER_USER_PER_DAY = 1
    made = make(house.alice, forward("out@example.net"))
    for number in range(3):
        house.receive("alice@example.test", raw=RAW.replace(b"<1@", b"<%d@" % number))
        house.work()
    assert len(sink.messages) == 1
    made.refresh_from_db()
    assert made.problem == Rule.Problem.LIMIT
    from mailapp.delivery import rule_problems

    assert rule_problems.tell() == 1
    assert rule_problems.tell() == 0
    house.work()
    *others, notice = house.messages(house.alice)
    assert len(others) == 3
    parsed = parse(notice)
    assert parsed.auto_submitted == "auto-generated"
    assert "With every message: forward to out@example.net." in " ".join(parsed.text.split())
    assert Content.objects.filter(messages=None, transits=None, released_at=None).count() == 0


# --- Exactly once ----------------------------------------------------------------------------------------------


class PowerCut(BaseException):
    """No handler of the code catches it: as if the process had died here."""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("most_at_once", [0, 5])
def test_killed_at_any_step_it_is_stored_once_and_passed_on_once(transactional_db, settings, monkeypatch, most_at_once):
    settings.MAIL_HOST_NAME = "mail.example.test"
    monkeypatch.setattr(transits, "MOST_STORED_AT_ONCE", most_at_once)
    house = House()
    make(house.alice, redirect("bob@example.test"), forward("out@example.net"), Kind.FLAG)
    for step in range(1, 400, 2):
        house.receive("alice@example.test", raw=RAW.replace(b"<1@", b"<%d@" % step))
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
        while working.sweep():
            pass
        expected = (step + 1) // 2
        assert Message.objects.filter(mailbox__entity=house.alice).count() == expected
        assert Message.objects.filter(mailbox__entity=house.bob).count() == expected
        assert Delivery.objects.filter(kind=Delivery.Kind.REMOTE).count() == expected
        assert quotas.spent(str(house.alice.pk)) == expected
        if not was_cut:
            return
    raise AssertionError("the delivery has more statements than were tried")


def test_a_worker_that_slept_passes_nothing_on_again(house: House):
    from mailapp.delivery.stages import expansion, storing

    make(house.alice, redirect("bob@example.test"))
    transit_id = house.receive("alice@example.test")
    stale = OpenTransit.load(transit_id)
    expansion.expand(stale)
    storing.make_ready(stale)
    house.work()
    storing.deliver_to_each(stale)
    house.work()
    assert len(house.messages(house.alice)) == len(house.messages(house.bob)) == 1


def test_a_full_mailbox_passes_on_when_it_stores(house: House, sink: MailSink):
    make(house.alice, forward("out@example.net"))
    Mailbox.objects.filter(entity=house.alice).update(quota_bytes=20)
    house.receive("alice@example.test")
    house.work()
    assert sink.messages == []
    Mailbox.objects.filter(entity=house.alice).update(quota_bytes=10_000)
    house.later(minutes=10)
    house.work()
    assert len(sink.messages) == 1
    assert len(house.messages(house.alice)) == 1
