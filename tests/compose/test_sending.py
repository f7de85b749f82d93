"""Sending: exactly once, all or nothing, and back again while there is time."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from mailapp import access
from mailapp.composing import rows, sending, tasks
from mailapp.composing.models import Draft, Upload
from mailapp.composing.sending import Unconfirmed
from mailapp.delivery import intake
from mailapp.delivery.models import RecipientCount, Transit
from mailapp.delivery.transits import OpenTransit
from mailapp.mime.parse import parse
from mailapp.store.models import Content, Message
from tests import factories
from tests.compose.conftest import PNG, Writer
from workmail.errors import Forbidden, Invalid, LimitExceeded, Stale

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.usefixtures("bob")]


def sent_raw() -> bytes:
    """Return what the only transit carries, without what delivery put in front."""
    return OpenTransit(Transit.objects.get()).raw


def test_a_draft_saved_many_times_then_sent_is_one_message_in_sent_and_one_transit(writer, in_folder):
    for number in range(5):
        writer.save(text=f"Version {number}")
    writer.send(text="Final")
    [sent] = in_folder("sent")
    assert sent.text.strip() == "Final"
    assert in_folder("drafts") == []
    assert Transit.objects.count() == 1


def test_the_copy_in_sent_is_seen_and_no_draft(writer, mailbox):
    writer.send()
    message = Message.objects.get(folder__role="sent")
    assert (message.is_seen, message.is_draft) == (True, False)
    assert message.key == rows.get(mailbox, writer.draft_id).sent_key


def test_bcc_is_in_the_own_copy_and_in_no_other(writer, in_folder):
    writer.send(to="bob@example.test", bcc="Carol <carol@example.org>")
    assert [person.addr_spec for person in in_folder("sent")[0].bcc] == ["carol@example.org"]
    raw = sent_raw()
    assert b"carol" not in raw.lower()
    addresses = {recipient.address for recipient in OpenTransit(Transit.objects.get()).envelope.recipients}
    assert addresses == {"bob@example.test", "carol@example.org"}


def test_the_message_id_is_the_drafts_and_in_the_writers_domain(writer, in_folder):
    writer.save()
    [draft] = in_folder("drafts")
    writer.send()
    assert in_folder("sent")[0].message_id == draft.message_id
    assert draft.message_id.endswith("@example.test>")


def test_everybody_is_addressed_once(writer):
    writer.send(to="bob@example.test, BOB@Example.Test", cc="bob@example.test, carol@example.org")
    recipients = OpenTransit(Transit.objects.get()).envelope.recipients
    assert [recipient.address for recipient in recipients] == ["bob@example.test", "carol@example.org"]


def test_html_goes_out_with_a_plain_alternative_and_its_pictures(writer):
    picture = writer.attach("dot.png", PNG, is_inline=True)
    html = f'<p onclick="x()">Hi <b>Bob</b> <img src="cid:{picture.details.content_id}"></p><script>alert(1)</script>'
    writer.send(html=html, text="", is_plain=False)
    sent = parse(sent_raw())
    assert "Hi Bob" in sent.text.replace("*", "")
    assert sent.html is not None
    assert "<b>Bob</b>" in sent.html
    assert "script" not in sent.html
    assert "onclick" not in sent.html
    assert [part.content_id for part in sent.inline_parts] == [picture.details.content_id]


def test_a_second_click_sends_nothing_more(writer, in_folder):
    first = writer.send(hold=10)
    again = writer.send(hold=10)
    assert again.draft.transit_id == first.draft.transit_id
    assert Transit.objects.count() == 1
    assert len(in_folder("sent")) == 1


def test_asking_again_long_after_it_was_sent_sends_nothing_more(writer):
    writer.send()
    assert Draft.objects.get().status == Draft.Status.SENT
    writer.send()
    assert Transit.objects.count() == 1


def test_a_save_that_comes_after_sending_changes_nothing(writer, in_folder):
    writer.send(text="Sent")
    with pytest.raises(Stale) as refusal:
        writer.save(text="Late")
    assert refusal.value.details["reason"] == "sent"
    assert in_folder("drafts") == []


def test_nothing_happens_without_recipients_or_with_one_that_is_no_address(writer, in_folder):
    with pytest.raises(Invalid):
        writer.send(to="")
    with pytest.raises(Invalid) as refusal:
        writer.send(to="bob@example.test, somebody")
    assert "somebody" in str(refusal.value)
    assert Transit.objects.count() == 0
    assert len(in_folder("drafts")) == 1  # what was written is kept


def test_an_address_that_does_not_exist_here_is_said_before_anything_leaves(writer, in_folder):
    with pytest.raises(Invalid) as refusal:
        writer.send(to="bob@example.test, nobody@example.test")
    assert "nobody@example.test" in str(refusal.value)
    assert Transit.objects.count() == 0
    assert rows.is_editing(Draft.objects.get())
    assert len(in_folder("drafts")) == 1


def test_questions_are_asked_once_and_can_be_answered(writer):
    with pytest.raises(Unconfirmed) as asked:
        writer.send(subject="", text="See the attached plan")
    assert [question.code for question in asked.value.questions] == ["subject", "attachment"]
    assert Transit.objects.count() == 0
    writer.send(subject="", text="See the attached plan", confirmed=("subject", "attachment"))
    assert Transit.objects.count() == 1


def test_nothing_is_asked_about_attachments_when_there_is_one(writer):
    writer.attach()
    writer.send(text="See the attached plan")
    assert [part.file_name for part in parse(sent_raw()).attachments] == ["plan.pdf"]


def test_one_can_send_with_an_alias_but_with_no_other_address(writer, organization):
    factories.make_user(organization, "boss")
    writer.send(from_address="sales@example.test")
    assert parse(sent_raw()).from_[0].addr_spec == "sales@example.test"
    other = Writer(writer.mailbox)
    with pytest.raises(Invalid, match="boss@example"):
        other.send(from_address="boss@example.test")
    assert Transit.objects.count() == 1


def test_more_recipients_than_a_message_may_have_are_refused_and_the_draft_is_kept(writer, settings, in_folder):
    settings.SMTP_MAX_RECIPIENTS = 3
    with pytest.raises(LimitExceeded):
        writer.send(to=", ".join(f"p{number}@example.org" for number in range(4)))
    assert Transit.objects.count() == 0
    assert len(in_folder("drafts")) == 1
    writer.send(to=", ".join(f"p{number}@example.org" for number in range(3)))
    assert Transit.objects.count() == 1


def test_the_days_limit_of_outside_recipients_keeps_the_draft(writer, settings, in_folder):
    settings.EXTERNAL_RECIPIENTS_PER_USER_PER_DAY = 1
    with pytest.raises(LimitExceeded) as refusal:
        writer.send(to="a@example.org, b@example.org")
    assert str(refusal.value)
    assert (Transit.objects.count(), len(in_folder("drafts")), len(in_folder("sent"))) == (0, 1, 0)
    assert not RecipientCount.objects.filter(count__gt=0).exists()
    writer.send(to="bob@example.test")


def test_more_content_than_a_message_can_carry_is_refused(writer, settings):
    writer.attach(octets=b"x" * 900)
    settings.MAX_CONTENT_BYTES = 1000
    with pytest.raises(LimitExceeded):
        writer.send(text="y" * 500)
    assert Transit.objects.count() == 0


def test_taking_back_leaves_everything_as_it_was(writer, mailbox, in_folder):
    writer.attach()
    writer.save(bcc="carol@example.org", text="Wait")
    outcome = writer.send(hold=10, bcc="carol@example.org", text="Wait")
    assert 0 < outcome.seconds_left <= 10
    draft = writer.take_back()
    assert rows.is_editing(draft)
    assert (len(in_folder("sent")), len(in_folder("drafts"))) == (0, 1)
    assert Transit.objects.get().state == Transit.State.RECALLED
    assert [part.file_name for part in in_folder("drafts")[0].attachments] == ["plan.pdf"]
    assert rows.fields_of(mailbox, draft).bcc == "carol@example.org"
    assert writer.take_back().pk == draft.pk  # twice is as good as once
    writer.send(bcc="carol@example.org", text="Wait")
    assert len(in_folder("sent")) == 1


def test_what_has_left_cannot_be_taken_back(writer):
    writer.send(hold=10)
    Draft.objects.update(hold_until=timezone.now() - timedelta(seconds=1))
    Transit.objects.update(hold_until=timezone.now() - timedelta(seconds=1), attempts=1)
    with pytest.raises(Stale):
        writer.take_back()
    tasks.tend()
    with pytest.raises(Stale):
        writer.take_back()


def test_the_hold_is_kept_on_the_server(writer):
    writer.send(hold=10)
    transit = Transit.objects.get()
    assert timezone.now() + timedelta(seconds=5) < transit.hold_until < timezone.now() + timedelta(seconds=11)
    assert transit.next_attempt_at >= transit.hold_until


def test_files_are_forgotten_only_when_the_message_has_left(writer):
    writer.attach()
    writer.send(hold=10)
    assert tasks.tend() == 0
    assert Upload.objects.count() == 1
    Draft.objects.update(hold_until=timezone.now())
    assert tasks.tend() == 1
    assert Upload.objects.count() == 0
    assert Draft.objects.get().status == Draft.Status.SENT


@pytest.mark.parametrize("moment", ["before the transit", "after the transit", "at the end of the draft"])
def test_a_process_that_dies_while_sending_loses_nothing_and_sends_nothing_twice(
    writer, in_folder, monkeypatch, moment
):
    writer.save(text="Precious")

    class Killed(BaseException):
        pass

    def die(*arguments, **named):
        raise Killed

    original = intake.submit

    def submit(*arguments, within, **named):
        if moment == "before the transit":
            raise Killed
        if moment == "at the end of the draft":
            return original(*arguments, within=lambda submitted: (within(submitted), die()), **named)
        return original(*arguments, within=die, **named)

    monkeypatch.setattr(intake, "submit", submit)
    monkeypatch.setattr(sending, "_give_up", lambda claim: None)  # a dead process tidies nothing up
    with pytest.raises(Killed):
        writer.send(text="Precious")
    assert Transit.objects.count() == 0
    assert [draft.text.strip() for draft in in_folder("drafts")] == ["Precious"]
    assert in_folder("sent") == []
    monkeypatch.undo()
    Draft.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))  # two minutes later
    writer.send(text="Precious")
    assert (Transit.objects.count(), len(in_folder("sent")), len(in_folder("drafts"))) == (1, 1, 0)


def test_while_one_request_sends_another_one_does_not(writer, monkeypatch):
    writer.save()
    Draft.objects.update(status=Draft.Status.SENDING, claimed_until=timezone.now() + timedelta(minutes=1))
    monkeypatch.setattr(sending, "_WAIT_FOR_THE_OTHER_SECONDS", 0.2)
    with pytest.raises(Stale):
        writer.send()
    assert Transit.objects.count() == 0


def test_a_refused_submission_frees_the_draft(writer, monkeypatch):
    def refuse(*arguments, **named):
        raise Forbidden

    monkeypatch.setattr(intake, "submit", refuse)
    with pytest.raises(Forbidden):
        writer.send()
    assert Draft.objects.get().status == Draft.Status.EDITING


def test_no_contents_are_left_over(writer):
    writer.attach()
    for number in range(3):
        writer.save(text=str(number))
    writer.send()
    kept = Content.objects.filter(released_at__isnull=True)
    assert kept.count() == 2  # the transit's and the own copy


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_moment_send_once(organization, alice, bob):
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA busy_timeout = 20000")
    writer = Writer(factories.open_mailbox(alice))
    writer.save()
    outcomes, barrier = [], threading.Barrier(3)

    def click() -> None:
        mine = Writer(factories.open_mailbox(alice), writer.draft_id, revision=writer.revision)
        mine.editor_id, mine.sequence = writer.editor_id, writer.sequence
        barrier.wait()
        try:
            outcomes.append(mine.send(hold=30).draft.transit_id)
        except Exception as error:  # said by the assertion below, not lost with the thread
            outcomes.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes == [Transit.objects.get().pk] * 3
    assert access.folder_by_role(writer.mailbox, "sent").messages.count() == 1
