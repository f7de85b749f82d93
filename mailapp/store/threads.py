"""Which conversation a message belongs to: References and In-Reply-To (RFC 5322 §3.6.4), never the subject alone."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from mailapp.store.models import Conversation, Mailbox, Message, Thread, ThreadReference
from workmail.changes.log import stamp
from workmail.changes.models import ModSequence

# A full thread is continued by a new one, so that no page and no count ever depends on an endless thread.
MOST_MESSAGES_IN_A_THREAD = 200
MOST_REFERENCES = 30


def assign(mailbox: Mailbox, message_id_digest: bytes, reference_digests: Sequence[bytes]) -> Thread:
    """Return the thread of a new message and count it in. The caller holds the mailbox's sequence row.

    Args:
        reference_digests: The parents, nearest first.
    """
    digests = [message_id_digest, *reference_digests[:MOST_REFERENCES]]
    known = {
        bytes(reference.digest): reference.thread
        for reference in ThreadReference.objects.filter(mailbox=mailbox, digest__in=digests).select_related("thread")
    }
    found: list[Thread] = []
    for digest in [*reference_digests[:MOST_REFERENCES], message_id_digest]:
        if digest in known and known[digest] not in found:
            found.append(known[digest])
    open_threads = [thread for thread in found if thread.message_count < MOST_MESSAGES_IN_A_THREAD]
    if open_threads:
        thread = open_threads[0]
        for other in open_threads[1:]:
            if thread.message_count + other.message_count < MOST_MESSAGES_IN_A_THREAD:
                _merge(other, thread)
        Thread.objects.filter(pk=thread.pk).update(message_count=F("message_count") + 1)
        thread.message_count += 1
    else:
        thread = Thread.objects.create(mailbox=mailbox, message_count=1)
    ThreadReference.objects.bulk_create(
        [
            ThreadReference(mailbox=mailbox, digest=digest, thread=thread)
            for digest in dict.fromkeys(digests)
            # A full thread's references move on to the one that continues it.
            if digest not in known or known[digest] not in open_threads
        ],
        update_conflicts=True,
        unique_fields=["mailbox", "digest"],
        update_fields=["thread"],
    )
    return thread


def follow_merges(messages: Sequence[Message]) -> None:
    """Give messages that are not written yet the thread that a later one of their batch merged theirs into."""
    alive = set(Thread.objects.filter(pk__in={message.thread_id for message in messages}).values_list("pk", flat=True))
    for message in messages:
        if message.thread_id not in alive:
            reference = ThreadReference.objects.select_related("thread").get(
                mailbox_id=message.mailbox_id, digest=message.message_id_digest
            )
            message.thread = reference.thread


def _merge(source: Thread, target: Thread) -> None:
    """Join two threads that turned out to be one: the message that links them arrived last."""
    from mailapp.store import conversations  # conversations counts threads' messages; only this merge looks back

    with transaction.atomic():
        folders = list(Conversation.objects.filter(thread=source).values_list("folder_id", flat=True))
        Message.objects.filter(thread=source).update(thread=target)
        ThreadReference.objects.filter(thread=source).update(thread=target)
        Thread.objects.filter(pk=target.pk).update(message_count=F("message_count") + source.message_count)
        sequence_id, modseq = ModSequence.objects.values_list("pk", "highest").get(mailbox=source.mailbox_id)
        for folder_id in folders:
            conversations.refresh(folder_id, [source.pk, target.pk])
            # No message changed there, but the list of conversations did: whoever shows it must hear of it.
            stamp(sequence_id, folder_id, modseq)
        source.delete()
