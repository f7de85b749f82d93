"""Laws of the store: whatever happens, copies converge and what is kept equals what is counted."""

from random import Random

import pytest
from django.db.models import Sum

from mailapp.access import OpenMailbox, folder_in
from mailapp.store.models import Conversation, Folder, Mailbox, Message
from tests.store.steps import Life, Replica, snapshot, tree_snapshot
from workmail.changes.log import changes_since
from workmail.changes.models import Collection

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def folders_of(mailbox: OpenMailbox) -> list[Folder]:
    return list(Folder.objects.filter(mailbox=mailbox.mailbox).select_related("collection"))


@pytest.mark.parametrize("seed", range(12))
def test_a_replica_fed_by_deltas_converges(mailbox: OpenMailbox, seed: int) -> None:
    life = Life(mailbox, Random(seed))
    replicas = {folder.pk: Replica(folder_in(mailbox, folder.pk)) for folder in folders_of(mailbox)}
    for _ in range(50):
        life.step()
        for replica in replicas.values():
            if life.random.random() < 0.2:
                replica.pull()
    for replica in replicas.values():
        replica.pull()
        assert replica.held == snapshot(replica.folder)


@pytest.mark.parametrize("seed", range(6))
def test_a_replica_of_the_folder_tree_converges(mailbox: OpenMailbox, seed: int) -> None:
    life, held, modseq = Life(mailbox, Random(seed)), {}, 0
    tree = Collection.objects.get(pk=mailbox.mailbox.folder_tree_id)
    for _ in range(60):
        life.random.choice([life.change_tree, life.change_tree, life.append])()
        if life.random.random() < 0.3:
            modseq = pull_tree(tree, modseq, held)
    pull_tree(tree, modseq, held)
    assert held == tree_snapshot(mailbox)


def pull_tree(tree: Collection, modseq: int, held: dict) -> int:
    delta = changes_since(tree, modseq)
    for gone in delta.deleted:
        del held[gone.key]
    for folder in [*delta.created, *delta.updated]:
        held[folder.pk] = (folder.parent_id, bytes(folder.name), folder.modseq)
    return delta.modseq


@pytest.mark.parametrize("seed", range(100, 112))
def test_what_is_kept_equals_what_is_counted(mailbox: OpenMailbox, seed: int) -> None:
    life = Life(mailbox, Random(seed))
    for _ in range(60):
        life.step()
    for folder in folders_of(mailbox):
        messages = Message.objects.filter(folder=folder)
        assert folder.message_count == messages.count()
        assert folder.unread_count == messages.filter(is_seen=False).count()
        assert folder.size_bytes == (messages.aggregate(Sum("size_bytes"))["size_bytes__sum"] or 0)
        assert folder.conversation_count == Conversation.objects.filter(folder=folder).count()
        assert conversations_kept(folder) == conversations_counted(folder)
        assert all(message.uid < folder.uid_next for message in messages)
    used = Message.objects.filter(mailbox=mailbox.mailbox).aggregate(Sum("size_bytes"))["size_bytes__sum"] or 0
    assert Mailbox.objects.get(pk=mailbox.mailbox.pk).used_bytes == used


def conversations_kept(folder: Folder) -> dict:
    return {
        row.thread_id: (row.newest_id, row.message_count, row.unread_count, row.flagged_count)
        for row in Conversation.objects.filter(folder=folder)
    }


def conversations_counted(folder: Folder) -> dict:
    counted: dict = {}
    for message in Message.objects.filter(folder=folder).order_by("internal_date", "id"):
        _, total, unread, flagged = counted.get(message.thread_id, (0, 0, 0, 0))
        counted[message.thread_id] = (
            message.pk,
            total + 1,
            unread + (not message.is_seen),
            flagged + message.is_flagged,
        )
    return counted


@pytest.mark.parametrize("seed", range(200, 206))
def test_messages_that_refer_to_each_other_share_a_thread(mailbox: OpenMailbox, seed: int) -> None:
    """A thread is bounded, but far from the bound References decide (RFC 5322 §3.6.4)."""
    from mailapp.store.summaries import unseal

    life = Life(mailbox, Random(seed))
    for _ in range(40):
        life.append()
    thread_of = {}
    for message in Message.objects.filter(mailbox=mailbox.mailbox):
        summary = unseal(mailbox.keys, message)
        thread_of.setdefault(summary.message_id, set()).add(message.thread_id)
        if summary.in_reply_to:
            thread_of.setdefault(summary.in_reply_to, set()).add(message.thread_id)
    assert all(len(threads) == 1 for threads in thread_of.values())
