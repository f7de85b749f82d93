"""Being reminded when nobody answers: once, marked, and not when somebody did."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from mailapp import access
from mailapp.composing import rows, sending, tasks
from mailapp.composing.models import Draft, Reminder
from mailapp.store import queries
from mailapp.store.models import Message
from tests import factories
from tests.compose.test_pages import form

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases, pytest.mark.usefixtures("bob")]


@pytest.fixture
def sent(writer):
    writer.send(remind_days=3)
    return Message.objects.get(folder__role="sent", mailbox=writer.mailbox.mailbox)


def let_time_pass():
    Reminder.objects.update(due_at=timezone.now() - timedelta(minutes=1))


def answer(alice, sent, **fields):
    mailbox = factories.open_mailbox(alice)
    [row] = queries.message_rows(mailbox, [sent])
    raw = factories.make_message_bytes(in_reply_to=row.summary.message_id, **fields)
    return factories.store_message(alice, raw, internal_date=sent.internal_date + timedelta(hours=1))


def test_it_is_remembered_when_the_message_has_really_left(writer, mailbox):
    writer.send(remind_days=3, hold=10)
    assert not Reminder.objects.exists()
    Draft.objects.update(hold_until=timezone.now() - timedelta(seconds=1))
    sending.finish(mailbox, writer.draft_id)
    message = Message.objects.get(folder__role="sent", mailbox=mailbox.mailbox)
    assert Reminder.objects.get().due_at == message.internal_date + timedelta(days=3)


def test_without_an_answer_it_comes_back_once_marked_unread_and_on_top(alice, mailbox, sent):
    factories.store_message(alice, internal_date=timezone.now() - timedelta(minutes=1))
    assert tasks.remind() == 0
    let_time_pass()
    assert tasks.remind() == 1
    assert tasks.remind() == 0
    inbox = access.folder_by_role(mailbox, "inbox")
    top = queries.conversations(inbox).rows[0].conversation
    assert (top.thread_id, top.unread_count) == (sent.thread_id, 1)
    assert "$NoAnswer" in top.newest.keywords
    assert Message.objects.filter(folder__role="sent", mailbox=mailbox.mailbox).count() == 1
    [shown] = queries.thread(mailbox, sent.thread_id, seen_from=inbox.folder)
    assert shown.message.folder_id == inbox.folder.pk


def test_an_answer_ends_it_wherever_it_lies(alice, mailbox, sent):
    answer(alice, sent, from_="Bob <bob@example.test>")
    let_time_pass()
    assert tasks.remind() == 0
    assert not Reminder.objects.exists()


def test_ones_own_words_and_a_bounce_are_no_answer(alice, mailbox, sent):
    answer(alice, sent, from_="Alice <sales@example.test>")
    let_time_pass()
    assert tasks.remind() == 1


def test_what_was_thrown_away_does_not_come_back(alice, mailbox, sent):
    from mailapp.store import moving

    moving.move(access.folder_by_role(mailbox, "sent"), [sent.uid], access.folder_by_role(mailbox, "deleted"))
    let_time_pass()
    assert tasks.remind() == 0
    assert not Reminder.objects.exists()


def test_the_form_keeps_the_choice_and_the_page_says_why_it_is_back(client, alice, mailbox):
    client.force_login(alice)
    draft_id = uuid4()
    client.post(reverse("mail:compose_save", args=[draft_id]), form(remind_days="7"))
    assert rows.fields_of(mailbox, rows.get(mailbox, draft_id)).remind_days == 7
    shown = client.get(reverse("mail:compose_edit", args=[draft_id])).content.decode()
    assert '<option value="7" selected>After 7 days</option>' in shown
    client.post(reverse("mail:compose_send", args=[draft_id]), form(remind_days="7", revision="1"))
    Draft.objects.update(hold_until=timezone.now() - timedelta(seconds=1))
    tasks.tend()
    let_time_pass()
    assert tasks.remind() == 1
    inbox = access.folder_by_role(mailbox, "inbox")
    assert "Nobody has answered yet" in client.get(reverse("mail:folder", args=[inbox.folder.pk])).content.decode()
    message = inbox.messages.get()
    opened = client.get(reverse("mail:conversation", args=[inbox.folder.pk, message.thread_id])).content.decode()
    assert "Nobody has answered this message yet." in opened
