"""Automatic replies (RFC 3834): one answer to a person, none to a machine."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from mailapp.contacts import correspondents
from mailapp.delivery.models import Transit
from mailapp.mime.model import Person
from mailapp.mime.parse import header_fields, parse
from mailapp.rules import replies
from mailapp.rules.models import AnsweredSender, AutomaticReply
from mailapp.rules.replies import Reply, State, Texts
from mailapp.store.models import Content
from tests.delivery.conftest import House
from tests.factories import make_group, make_message_bytes, open_mailbox
from tests.services.dns import DnsServer
from tests.services.sink import MailSink
from workmail.errors import Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet", "name_server")]
TEXTS = Texts("Back on Monday. Ask Bob.", "I am away.")


def switch_on(user: Any, **fields: Any) -> Reply:
    return replies.save(open_mailbox(user), Reply(is_on=True, texts=TEXTS, **fields))


def write(house: House, sender: str = "guest@example.net", **message: Any) -> None:
    fields = {"from_": f"Guest <{sender}>", "to": "alice@example.test", "subject": "Friday?"} | message
    house.receive("alice@example.test", raw=make_message_bytes(**fields), reverse_path=sender)
    house.work()


# --- One answer ------------------------------------------------------------------------------------------------


def test_a_person_gets_one_answer_that_no_machine_will_answer(house: House, sink: MailSink):
    switch_on(house.alice)
    write(house, message_id="<q1@example.net>", references=["<q0@example.net>"])
    write(house)
    (got,) = sink.messages
    parsed = parse(got.octets)
    assert (got.reverse_path, got.recipients) == ("", ("guest@example.net",))
    assert parsed.auto_submitted == "auto-replied"
    assert (parsed.from_[0].addr_spec, parsed.subject) == ("alice@example.test", "Automatic reply: Friday?")
    assert (parsed.in_reply_to, parsed.references) == ("<q1@example.net>", ("<q0@example.net>", "<q1@example.net>"))
    assert parsed.text.strip() == "I am away."
    assert "dkim-signature" in {name.lower() for name, _ in header_fields(got.octets)}
    assert len(house.messages(house.alice)) == 2


def test_it_is_in_the_language_of_the_owner_and_from_the_address_that_was_written_to(house: House, sink: MailSink):
    house.alice.preferences = {"language": "fr"}
    house.alice.save()
    switch_on(house.alice)
    house.receive(
        "al@example.test",
        raw=make_message_bytes(from_="guest@example.net", to="al@example.test", subject="Vendredi ?"),
        reverse_path="guest@example.net",
    )
    house.work()
    parsed = parse(sink.messages[0].octets)
    assert parsed.from_[0].addr_spec == "al@example.test"
    assert parsed.subject.endswith("Vendredi ?")


def test_colleagues_read_the_text_for_inside(house: House):
    switch_on(house.alice, audience=AutomaticReply.Audience.NOBODY)
    house.send(house.bob, "alice@example.test")
    write(house)
    house.work()
    (raw,) = house.messages(house.bob)
    assert "Ask Bob" in parse(raw).text
    assert AnsweredSender.objects.count() == 1


def test_two_who_are_both_away_write_to_each_other_once(house: House):
    switch_on(house.alice)
    switch_on(house.bob)
    house.send(house.bob, "alice@example.test")
    house.work()
    assert len(house.messages(house.bob)) == 1
    assert len(house.messages(house.alice)) == 1


def test_only_people_one_has_written_to(house: House, sink: MailSink):
    switch_on(house.alice, audience=AutomaticReply.Audience.KNOWN)
    write(house)
    assert sink.messages == []
    correspondents.record_use(open_mailbox(house.alice), [Person("", "guest@example.net")], timezone.now())
    write(house, "GUEST@example.net")
    assert len(sink.messages) == 1


def test_a_new_time_answers_everybody_once_more(house: House, sink: MailSink):
    switch_on(house.alice)
    write(house)
    reply = replies.get(open_mailbox(house.alice))
    replies.save(open_mailbox(house.alice), Reply(is_on=True, texts=Texts("x", "y")))  # only the words: no new time
    write(house)
    assert len(sink.messages) == 1
    switch_on(house.alice, ends_at=timezone.now() + timedelta(days=3))
    write(house)
    assert len(sink.messages) == 2
    assert replies.get(open_mailbox(house.alice)).window == reply.window + 1


@pytest.mark.parametrize(
    "starts, ends, expected",
    [(1, None, State.WAITING), (-1, 1, State.ON), (None, None, State.ON), (-2, -1, State.OVER)],
)
def test_it_keeps_to_its_time(starts: int | None, ends: int | None, expected: State):
    now = timezone.now()
    at = [None if days is None else now + timedelta(days=days) for days in (starts, ends)]
    assert Reply(is_on=True, starts_at=at[0], ends_at=at[1]).state(now) is expected
    assert Reply(is_on=False, starts_at=at[0], ends_at=at[1]).state(now) is State.OFF


def test_before_and_after_its_time_nobody_is_answered(house: House, sink: MailSink):
    switch_on(house.alice, starts_at=timezone.now() + timedelta(hours=1))
    write(house)
    AutomaticReply.objects.update(starts_at=None, ends_at=timezone.now() - timedelta(hours=1))
    write(house)
    assert sink.messages == []


# --- No answer -------------------------------------------------------------------------------------------------

SILENT = {
    "a list": {"header_fields": [("List-Id", "<hikers.example.org>")]},
    "a list that says so otherwise": {"header_fields": [("List-Unsubscribe", "<mailto:off@example.net>")]},
    "an automatic reply": {"header_fields": [("Auto-Submitted", "auto-replied (vacation)")]},
    "a robot": {"header_fields": [("Auto-Submitted", "auto-generated")]},
    "bulk": {"header_fields": [("Precedence", "bulk")]},
    "who asks for silence": {"header_fields": [("X-Auto-Response-Suppress", "DR, OOF")]},
    "what was passed on": {"header_fields": [("X-Loop", "somebody@example.net")]},
    "Bcc": {"to": "undisclosed@example.net"},
    "who is not named": {"to": "team@example.net", "cc": "bob@example.test"},
    "oneself": {"from_": "Alice <al@example.test>"},
}


@pytest.mark.parametrize("what", SILENT)
def test_some_are_never_answered(house: House, sink: MailSink, what: str):
    switch_on(house.alice)
    write(house, **SILENT[what])
    assert (len(sink.messages), AnsweredSender.objects.count()) == (0, 0)
    assert len(house.messages(house.alice)) == 1


@pytest.mark.parametrize(
    "sender",
    [
        "mailer-daemon@example.net",
        "no-reply@example.net",
        "noreply+17@example.net",
        "do-not-reply@example.net",
        "bounce+a=b@example.net",
        "hikers-request@example.net",
        "owner-hikers@example.net",
        "SRS0=ab=cd=example.org=x@example.net",
        "MAILER-DAEMON@EXAMPLE.NET",
        "notifications@example.net",
    ],
)
def test_machines_are_known_by_their_names(house: House, sink: MailSink, sender: str):
    switch_on(house.alice)
    write(house, sender)
    assert sink.messages == []


@pytest.mark.parametrize("sender", ["norbert@example.net", "bounty@example.net", "rooter@example.net"])
def test_people_with_names_like_machines_are_people(house: House, sink: MailSink, sender: str):
    switch_on(house.alice)
    write(house, sender)
    assert len(sink.messages) == 1


def test_reports_junk_and_forged_senders_are_not_answered(house: House, sink: MailSink, name_server: DnsServer):
    switch_on(house.alice)
    house.receive(
        "alice@example.test", raw=make_message_bytes(from_="a@example.com", to="alice@example.test"), reverse_path=""
    )
    name_server.zone["_dmarc.example.org"] = {"TXT": ["v=DMARC1; p=quarantine"]}
    house.receive("alice@example.test", raw=make_message_bytes(to="alice@example.test"), reverse_path="a@example.org")
    name_server.zone["example.net"]["TXT"] = ["v=spf1 -all"]
    write(house)
    assert sink.messages == []
    assert len(house.messages(house.alice, "junk")) == 1


def test_mail_to_a_group_is_not_answered_by_its_members(house: House, sink: MailSink):
    make_group(house.organization, "team", members=[house.alice, house.bob])
    switch_on(house.alice)
    house.receive(
        "team@example.test",
        raw=make_message_bytes(from_="guest@example.net", to="team@example.test"),
        reverse_path="guest@example.net",
    )
    house.work()
    assert sink.messages == []


# --- Setting it ------------------------------------------------------------------------------------------------


def test_what_is_answered_is_sealed(house: House):
    switch_on(house.alice)
    assert b"Monday" not in bytes(AutomaticReply.objects.get().texts)


@pytest.mark.parametrize(
    "fields, field",
    [
        ({"texts": Texts("", "x")}, "inside"),
        ({"texts": Texts("x", " \n")}, "outside"),
        ({"texts": Texts("x", "y" * 10_001)}, "outside"),
        ({"texts": TEXTS, "audience": "friends"}, "audience"),
        ({"texts": TEXTS, "ends_at": timezone.now() - timedelta(days=1)}, "ends_at"),
        (
            {
                "texts": TEXTS,
                "starts_at": timezone.now() + timedelta(days=3),
                "ends_at": timezone.now() + timedelta(days=2),
            },
            "ends_at",
        ),
    ],
)
def test_what_cannot_be_sent_is_refused(house: House, fields: dict[str, Any], field: str):
    with pytest.raises(Invalid) as refused:
        replies.save(open_mailbox(house.alice), Reply(is_on=True, **fields))
    assert refused.value.details["field"] == field


@pytest.mark.django_db(transaction=True)
def test_two_workers_answer_once(transactional_db, settings):
    """Both have written the answer before either has stored its message."""
    from mailapp.delivery.stages import expansion, storing
    from mailapp.delivery.transits import OpenTransit

    settings.MAIL_HOST_NAME = "mail.example.test"
    house = House()
    switch_on(house.alice)
    ids = [
        house.receive(
            "alice@example.test",
            raw=make_message_bytes(from_="guest@example.net", to="alice@example.test"),
            reverse_path="guest@example.net",
        )
        for _ in range(4)
    ]
    opened = [OpenTransit.load(transit_id) for transit_id in ids]
    for transit in opened:
        expansion.expand(transit)
        storing.make_ready(transit)
    problems: list[BaseException] = []

    def deliver(transit: OpenTransit) -> None:
        try:
            storing.deliver_to_each(transit)
        except BaseException as error:
            problems.append(error)
        connection.close()

    threads = [threading.Thread(target=deliver, args=(transit,)) for transit in opened]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert problems == []
    assert len(house.messages(house.alice)) == 4
    assert AnsweredSender.objects.count() == 1
    assert Transit.objects.filter(direction=Transit.Direction.SUBMISSION).count() == 1
    assert Content.objects.count() == 5
