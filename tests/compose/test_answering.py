"""Answers and forwards: to whom, with what, and what they leave behind on the original."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from mailapp.composing import answering, receipts, rows, sending, tasks, uploads
from mailapp.composing.drafts import Editor
from mailapp.composing.models import Draft
from mailapp.composing.state import Manner
from mailapp.delivery.models import Transit
from mailapp.delivery.transits import OpenTransit
from mailapp.mime.parse import parse
from mailapp.store.models import Message
from tests import factories
from tests.compose.conftest import PNG, Writer
from workmail.accounts import preferences
from workmail.errors import NotFound

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.usefixtures("bob")]


def receive(alice, **values):
    values = {
        "from_": "Bob Stone <bob@example.test>",
        "to": ["Alice <alice@example.test>", "Carol <carol@example.org>"],
        "cc": ["Dave <dave@example.org>"],
        "subject": "Plan",
        "text": "First line\nSecond line",
        "message_id": "<plan@example.test>",
    } | values
    return factories.store_message(alice, factories.make_message_bytes(**values))


def begin(mailbox, message, manner):
    draft = answering.begin(mailbox, message.key, manner)
    return rows.fields_of(mailbox, draft), rows.origin_of(mailbox, draft), draft


def send(mailbox, draft, **changes):
    from dataclasses import replace

    fields = replace(rows.fields_of(mailbox, draft), **changes)
    sending.send(mailbox, draft.pk, fields, Editor(draft.pk, 1), hold=timedelta(seconds=0), confirmed=("attachment",))
    return parse(OpenTransit(Transit.objects.latest("created_at")).raw)


def test_a_reply_goes_to_the_author_alone(alice, mailbox):
    fields, origin, _ = begin(mailbox, receive(alice), Manner.REPLY)
    assert (fields.to, fields.cc) == ("Bob Stone <bob@example.test>", "")
    assert fields.subject == "Re: Plan"
    assert (origin.in_reply_to, origin.references) == ("<plan@example.test>", ("<plan@example.test>",))


def test_a_reply_to_all_goes_to_everybody_but_oneself(alice, mailbox):
    fields, _, _ = begin(mailbox, receive(alice), Manner.REPLY_ALL)
    assert fields.to == "Bob Stone <bob@example.test>, Carol <carol@example.org>"
    assert fields.cc == "Dave <dave@example.org>"


def test_reply_to_is_obeyed(alice, mailbox):
    message = receive(alice, header_fields=[("Reply-To", "List <list@example.org>")])
    assert begin(mailbox, message, Manner.REPLY)[0].to == "List <list@example.org>"


def test_answering_ones_own_message_goes_to_those_it_went_to(alice, mailbox):
    raw = factories.make_message_bytes(
        from_="Alice <alice@example.test>", to="Carol <carol@example.org>", cc="Dave <dave@example.org>"
    )
    message = factories.store_message(alice, raw, role="sent")
    assert begin(mailbox, message, Manner.REPLY)[0].to == "Carol <carol@example.org>"
    assert begin(mailbox, message, Manner.REPLY_ALL)[0].cc == "Dave <dave@example.org>"


def test_a_message_to_oneself_is_answered_to_oneself(alice, mailbox):
    message = receive(alice, from_="alice@example.test", to="alice@example.test", cc=())
    assert begin(mailbox, message, Manner.REPLY_ALL)[0].to == "alice@example.test"


def test_one_answers_with_the_address_that_was_written_to(alice, mailbox):
    message = receive(alice, to=["Carol <carol@example.org>"], cc=["SALES@example.test"])
    fields, _, draft = begin(mailbox, message, Manner.REPLY)
    assert fields.from_address == "sales@example.test"
    assert send(mailbox, draft, html="<p>Yes</p>").from_[0].addr_spec == "sales@example.test"


def test_references_grow_by_the_parent(alice, mailbox):
    message = receive(alice, in_reply_to="<b@x>", references=["<a@x>", "<b@x>"])
    _, origin, draft = begin(mailbox, message, Manner.REPLY)
    assert origin.references == ("<a@x>", "<b@x>", "<plan@example.test>")
    sent = send(mailbox, draft, html="<p>Yes</p>")
    assert sent.references == origin.references
    assert sent.in_reply_to == "<plan@example.test>"


def test_references_do_not_grow_for_ever(alice, mailbox):
    message = receive(alice, references=[f"<{number}@x>" for number in range(150)])
    _, origin, _ = begin(mailbox, message, Manner.REPLY)
    assert len(origin.references) == 50
    assert (origin.references[0], origin.references[-1]) == ("<0@x>", "<plan@example.test>")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "On 2 Nov 2026, 09:30, Bob Stone"), ("fr", "Bob Stone"), ("ru", "Bob Stone")],
)
def test_the_line_above_the_quote_is_in_the_writers_language(alice, mailbox, language, words):
    message = receive(alice, date=datetime(2026, 11, 2, 9, 30, tzinfo=UTC))
    with translation.override(language), timezone.override("UTC"):
        _, origin, _ = begin(mailbox, message, Manner.REPLY)
    assert words in origin.quote_text.replace("\u00a0", " ")
    assert origin.quote_text.splitlines()[1:] == ["> First line", "> Second line"]


def test_the_quote_of_html_is_safe_and_keeps_its_looks(alice, mailbox):
    html = '<p style="color:red" onclick="x()">Red</p><script>alert(1)</script><img src="https://tracker.test/x.png">'
    message = receive(alice, html=html)
    _, origin, draft = begin(mailbox, message, Manner.REPLY)
    assert "color" in origin.quote_html
    assert "onclick" not in origin.quote_html
    assert "<script" not in origin.quote_html
    sent = send(mailbox, draft, html="<p>Yes</p>")
    assert sent.html is not None
    assert sent.html.index("Yes") < sent.html.index("<blockquote")
    assert "Red" in sent.html


def test_the_quote_can_be_left_out(alice, mailbox):
    _, _, draft = begin(mailbox, receive(alice), Manner.REPLY)
    sent = send(mailbox, draft, html="<p>Yes</p>", includes_quote=False)
    assert "First line" not in (sent.html or "") + sent.text


def test_in_plain_text_the_quote_is_in_the_text_to_answer_between_its_lines(alice, mailbox):
    preferences.save(factories.actor_for(alice), alice, {"compose_format": "plain"})
    mailbox = factories.open_mailbox(alice)
    fields, origin, _ = begin(mailbox, receive(alice), Manner.REPLY)
    assert fields.is_plain
    assert "> First line\n> Second line" in fields.text
    assert not origin.has_quote


def test_quotes_of_quotes_are_one_level_deeper(alice, mailbox):
    message = receive(alice, text="New\n> Old\n>> Older")
    _, origin, _ = begin(mailbox, message, Manner.REPLY)
    assert origin.quote_text.splitlines()[1:] == ["> New", ">> Old", ">>> Older"]


def test_pictures_of_a_quoted_text_go_along(alice, mailbox):
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bob@example.test", "alice@example.test", "Picture"
    message.set_content("See")
    message.add_alternative('<p>See <img src="cid:dot@there"></p>', subtype="html")
    message.get_payload()[1].add_related(PNG, "image", "png", cid="<dot@there>")
    stored = factories.store_message(alice, message.as_bytes())
    _, origin, draft = begin(mailbox, stored, Manner.REPLY)
    [picture] = uploads.files_of(mailbox, draft.pk)
    assert f"cid:{picture.details.content_id}" in origin.quote_html
    sent = send(mailbox, draft, html="<p>Yes</p>")
    assert [part.content_id for part in sent.inline_parts] == [picture.details.content_id]
    assert not sent.attachments


def test_a_forward_takes_the_files_and_names_the_first_sender(alice, mailbox):
    message = receive(alice, attachments=[("plan.pdf", "application/pdf", b"%PDF plan")])
    fields, origin, draft = begin(mailbox, message, Manner.FORWARD)
    assert (fields.to, fields.subject) == ("", "Fwd: Plan")
    assert [file.file_name for file in uploads.files_of(mailbox, draft.pk)] == ["plan.pdf"]
    assert "Bob Stone &lt;bob@example.test&gt;" in origin.quote_html
    assert "Bob Stone <bob@example.test>" in origin.quote_text
    sent = send(mailbox, draft, to="erin@example.org")
    assert [part.file_name for part in sent.attachments] == ["plan.pdf"]
    assert sent.in_reply_to == ""


def test_a_forward_as_attachment_carries_the_whole_message(alice, mailbox):
    _, _, draft = begin(mailbox, receive(alice), Manner.FORWARD_AS_ATTACHMENT)
    sent = send(mailbox, draft, to="erin@example.org")
    [part] = sent.attachments
    assert (part.content_type, part.file_name) == ("message/rfc822", "Plan.eml")


@pytest.mark.parametrize(
    ("manner", "flag"),
    [(Manner.REPLY, "is_answered"), (Manner.REPLY_ALL, "is_answered"), (Manner.FORWARD, "is_forwarded")],
)
def test_the_original_is_marked_when_the_message_has_really_left(alice, mailbox, manner, flag):
    message = receive(alice)
    _, _, draft = begin(mailbox, message, manner)
    from dataclasses import replace

    fields = replace(rows.fields_of(mailbox, draft), to="erin@example.org")
    sending.send(mailbox, draft.pk, fields, Editor(draft.pk, 1), hold=timedelta(seconds=20))
    assert not getattr(Message.objects.get(pk=message.pk), flag)
    Draft.objects.update(hold_until=timezone.now())
    tasks.tend()
    assert getattr(Message.objects.get(pk=message.pk), flag)


def test_taking_back_an_answer_marks_nothing(alice, mailbox):
    message = receive(alice)
    _, _, draft = begin(mailbox, message, Manner.REPLY)
    fields = rows.fields_of(mailbox, draft)
    sending.send(mailbox, draft.pk, fields, Editor(draft.pk, 1), hold=timedelta(seconds=20))
    sending.take_back(mailbox, draft.pk)
    tasks.tend()
    assert not Message.objects.get(pk=message.pk).is_answered


def test_an_answer_is_in_the_conversation_of_what_it_answers(alice, mailbox):
    message = receive(alice)
    _, _, draft = begin(mailbox, message, Manner.REPLY)
    writer = Writer(mailbox, draft.pk)
    writer.save(to="bob@example.test")
    assert Message.objects.get(is_draft=True).thread_id == message.thread_id
    writer.send()
    assert Message.objects.get(folder__role="sent").thread_id == message.thread_id


def test_an_answer_that_is_only_opened_is_in_no_folder_and_is_forgotten(alice, mailbox):
    begin(mailbox, receive(alice), Manner.REPLY)
    assert Message.objects.count() == 1
    Draft.objects.update(saved_at=timezone.now() - timedelta(days=2))
    tasks.sweep()
    assert Draft.objects.count() == 0


def test_a_message_of_somebody_else_cannot_be_answered(alice, bob):
    message = receive(alice)
    with pytest.raises(NotFound):
        answering.begin(factories.open_mailbox(bob), message.key, Manner.FORWARD)


# --- Read receipts ---------------------------------------------------------------------------------------------


def ask_for_receipt(alice, **values):
    asking = [("Disposition-Notification-To", "Bob <bob@example.test>")]
    return receive(alice, header_fields=asking, **values)


def test_a_receipt_is_sent_once_to_whom_asked(alice, mailbox):
    message = ask_for_receipt(alice)
    assert receipts.send_read_receipt(mailbox, message)
    message.refresh_from_db()
    assert not receipts.send_read_receipt(mailbox, message)
    transit = OpenTransit(Transit.objects.get())
    assert transit.envelope.reverse_path == ""
    assert [recipient.address for recipient in transit.envelope.recipients] == ["bob@example.test"]
    raw = transit.raw
    assert b"disposition-notification" in raw
    assert b"Original-Message-ID: <plan@example.test>" in raw
    assert b"Final-Recipient: rfc822; alice@example.test" in raw


def test_no_receipt_goes_to_somebody_else_than_the_author(alice, mailbox):
    message = receive(alice, header_fields=[("Disposition-Notification-To", "spy@example.org")])
    assert not receipts.send_read_receipt(mailbox, message)
    assert Transit.objects.count() == 0
