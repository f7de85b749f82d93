"""Snoozing and muting: gone until its time, back once, unread and on top; later answers past the inbox."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from mailapp import access
from mailapp.access import OpenFolder
from mailapp.store import folders, moving, muting, queries, snoozing, tasks
from mailapp.store.models import Conversation, Folder, Message, Snooze, Thread
from tests import factories
from workmail.changes.log import changes_since
from workmail.errors import Forbidden, Invalid, NotFound

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def alice(db):
    return factories.make_user(factories.make_organization("example", domain="example.test"), "alice")


@pytest.fixture
def mailbox(alice):
    return factories.open_mailbox(alice)


@pytest.fixture
def inbox(mailbox):
    return access.folder_by_role(mailbox, "inbox")


def waiting(mailbox) -> OpenFolder:
    return folders.of_role(mailbox, Folder.Role.SNOOZED)


def until(days=1):
    return timezone.now() + timedelta(days=days)


def let_time_pass():
    """Let all that was snoozed be due a minute ago."""
    past = timezone.now() - timedelta(minutes=1)
    Snooze.objects.update(due_at=past)
    folder = Folder.objects.get(role="snoozed")
    Message.objects.filter(folder=folder, listed_at__gt=timezone.now()).update(listed_at=past)


def test_it_waits_elsewhere_and_comes_back_unread_on_top_once(alice, mailbox, inbox):
    old = factories.store_message(alice, is_seen=True, internal_date=factories.LONG_AGO)
    newer = factories.store_message(alice, is_seen=True, internal_date=timezone.now() - timedelta(hours=1))
    at = until()
    snoozing.snooze(inbox, [old.uid], at)
    [row] = queries.conversations(waiting(mailbox)).rows
    assert (row.conversation.newest.key, row.conversation.newest_at) == (old.key, at)
    assert tasks.wake_snoozed() == 0
    let_time_pass()
    assert tasks.wake_snoozed() == 1
    assert tasks.wake_snoozed() == 0
    assert not Snooze.objects.exists()
    for page in (queries.conversations(inbox), queries.messages(inbox)):
        keys = [getattr(row, "newest", row).message.key for row in page.rows]
        assert keys == [old.key, newer.key]
    old.refresh_from_db()
    assert (old.is_seen, old.internal_date) == (False, factories.LONG_AGO)
    assert queries.conversations(waiting(mailbox)).rows == []
    inbox.folder.refresh_from_db()
    assert inbox.folder.unread_count == 1


def test_an_open_page_hears_of_both(alice, mailbox, inbox):
    message = factories.store_message(alice)
    inbox.folder.collection.refresh_from_db()
    before = inbox.folder.collection.highest_modseq
    snoozing.snooze(inbox, [message.uid], until())
    assert [item.key for item in changes_since(inbox.folder.collection, before).deleted] == [message.key]
    inbox.folder.collection.refresh_from_db()
    gone = inbox.folder.collection.highest_modseq
    let_time_pass()
    snoozing.wake_due()
    assert [item.key for item in changes_since(inbox.folder.collection, gone).created] == [message.key]


def test_only_the_newest_of_a_conversation_is_unread_afterwards(alice, mailbox, inbox):
    first = factories.store_message(
        alice,
        factories.make_message_bytes(message_id="<1@example.org>"),
        is_seen=True,
        internal_date=factories.LONG_AGO,
    )
    second = factories.store_message(alice, factories.make_message_bytes(in_reply_to="<1@example.org>"), is_seen=True)
    assert first.thread_id == second.thread_id
    snoozing.snooze(inbox, [first.uid, second.uid], until())
    let_time_pass()
    snoozing.wake_due()
    assert Message.objects.get(key=first.key).is_seen
    assert not Message.objects.get(key=second.key).is_seen


def test_another_time_takes_the_place_of_the_first(alice, mailbox, inbox):
    message = factories.store_message(alice)
    snoozing.snooze(inbox, [message.uid], until(1))
    folder, later = waiting(mailbox), until(5)
    snoozing.snooze(folder, [folder.messages.get().uid], later)
    assert Snooze.objects.get().due_at == later
    assert Conversation.objects.get(folder=folder.folder).newest_at == later


def test_whoever_takes_it_out_ends_its_waiting(alice, mailbox, inbox):
    message = factories.store_message(alice, internal_date=factories.LONG_AGO)
    snoozing.snooze(inbox, [message.uid], until())
    folder, archive = waiting(mailbox), access.folder_by_role(mailbox, "archive")
    moving.move(folder, [folder.messages.get().uid], archive)
    assert not Snooze.objects.exists()
    assert Conversation.objects.get(folder=archive.folder).newest_at == factories.LONG_AGO


def test_what_was_deleted_while_it_waited_does_not_come_back(alice, mailbox, inbox):
    message = factories.store_message(alice)
    snoozing.snooze(inbox, [message.uid], until())
    moving.expunge(waiting(mailbox), [waiting(mailbox).messages.get().uid])
    Snooze.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    assert snoozing.wake_due() == 0
    assert not Snooze.objects.exists()


@pytest.mark.parametrize("days", [-1, 400])
def test_a_time_that_cannot_be_changes_nothing(alice, inbox, days):
    message = factories.store_message(alice)
    with pytest.raises(Invalid):
        snoozing.snooze(inbox, [message.uid], until(days))
    assert Message.objects.get(key=message.key).folder_id == inbox.folder.pk


@pytest.mark.parametrize("role", ["drafts", "junk", "deleted"])
def test_what_is_no_work_to_do_cannot_be_snoozed(alice, mailbox, role):
    message = factories.store_message(alice, role=role)
    with pytest.raises(Invalid):
        snoozing.snooze(access.folder_by_role(mailbox, role), [message.uid], until())


@pytest.mark.django_db(transaction=True)
def test_two_workers_bring_it_back_once(alice, mailbox, inbox):
    for _ in range(5):
        snoozing.snooze(inbox, [factories.store_message(alice).uid], until())
    let_time_pass()
    counts = []

    def work():
        counts.append(snoozing.wake_due())
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(counts) == [0, 5]


# --- Muting ----------------------------------------------------------------------------------------------------


def test_an_answer_in_a_muted_conversation_goes_to_the_archive(alice, mailbox, inbox):
    from mailapp.store import appending

    first = factories.store_message(alice, factories.make_message_bytes(message_id="<1@example.org>"))
    assert muting.set_muted(mailbox, [first.thread_id], muted=True) == [first.thread_id]
    assert muting.set_muted(mailbox, [first.thread_id], muted=True) == []

    def arriving(**fields):
        return appending.seal(inbox.keys, appending.prepare(factories.make_message_bytes(**fields)))

    answer = arriving(in_reply_to="<1@example.org>")
    assert muting.place(inbox, answer).folder.role == "archive"
    assert muting.place(inbox, arriving(in_reply_to="<2@example.org>")) == inbox
    assert muting.place(inbox, arriving()) == inbox
    junk = access.folder_by_role(mailbox, "junk")
    assert muting.place(junk, answer) == junk
    muting.set_muted(mailbox, [first.thread_id], muted=False)
    assert muting.place(inbox, answer) == inbox


def test_two_conversations_that_turn_out_to_be_one_stay_muted(alice, mailbox):
    one = factories.store_message(alice, factories.make_message_bytes(message_id="<1@example.org>"))
    two = factories.store_message(alice, factories.make_message_bytes(message_id="<2@example.org>"))
    muting.set_muted(mailbox, [two.thread_id], muted=True)
    both = factories.make_message_bytes(in_reply_to="<1@example.org>", references=["<2@example.org>"])
    joined = factories.store_message(alice, both)
    assert Message.objects.filter(thread_id=joined.thread_id).count() == 3
    assert Thread.objects.get(pk=joined.thread_id).is_muted
    assert one.pk != two.pk


def test_nobody_mutes_or_wakes_what_is_anothers(alice, mailbox, inbox):
    message = factories.store_message(alice)
    other = factories.open_mailbox(factories.make_user(alice.organization, "bob"))
    assert muting.set_muted(other, [message.thread_id], muted=True) == []
    snoozing.snooze(inbox, [message.uid], until())
    let_time_pass()
    assert snoozing.wake(other) == 0
    with pytest.raises((NotFound, Forbidden)):
        access.open_folder(other.actor, inbox.folder.pk)
