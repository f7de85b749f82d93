"""Which conversation a message belongs to: References and In-Reply-To (RFC 5322 §3.6.4), never the subject alone."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import F

from mailapp.store.models import Conversation, Mailbox, Message, Thread, ThreadReference
from workmail.changes.log import stamp
from workmail.changes.models import ModSequence

# A full thread is continued by a new one, so that no page and no count ever depends on an endless thread.
MOST_MESSAGES_IN_A_THREAD = 200
MOST_REFERENCES = 30
_DIGESTS_AT_ONCE = 400


def assign(mailbox: Mailbox, messages: Sequence[tuple[bytes, Sequence[bytes]]]) -> list[Thread]:
    """Return the threads of new messages, in order, and count them in. The caller holds the mailbox's sequence row.

    Args:
        messages: Of each the digest of its Message-ID and those of its parents, nearest first.
    """
    batch = _Batch(mailbox, [(own, parents[:MOST_REFERENCES]) for own, parents in messages])
    found = [batch.assign(own, parents) for own, parents in batch.messages]
    batch.write()
    return [batch.now(thread) for thread in found]


class _Batch:
    """Messages that are given their threads together: read once, decided one after the other, written once."""

    def __init__(self, mailbox: Mailbox, messages: list[tuple[bytes, Sequence[bytes]]]) -> None:
        self.mailbox, self.messages = mailbox, messages
        self._known: dict[bytes, Thread] = {}
        self._new: dict[UUID, Thread] = {}
        self._grown: Counter[UUID] = Counter()
        self._referred: dict[bytes, Thread] = {}
        self._merged: dict[UUID, Thread] = {}
        threads: dict[UUID, Thread] = {}
        digests = list(dict.fromkeys(digest for own, parents in messages for digest in (own, *parents)))
        for start in range(0, len(digests), _DIGESTS_AT_ONCE):
            some = digests[start : start + _DIGESTS_AT_ONCE]
            rows = ThreadReference.objects.filter(mailbox=mailbox, digest__in=some).select_related("thread")
            for reference in rows:
                self._known[bytes(reference.digest)] = threads.setdefault(reference.thread_id, reference.thread)

    def assign(self, own: bytes, parents: Sequence[bytes]) -> Thread:
        found = list(dict.fromkeys(self._known[digest] for digest in (*parents, own) if digest in self._known))
        open_threads = [thread for thread in found if thread.message_count < MOST_MESSAGES_IN_A_THREAD]
        if open_threads:
            thread = open_threads[0]
            for other in open_threads[1:]:
                if thread.message_count + other.message_count < MOST_MESSAGES_IN_A_THREAD:
                    self._merge(other, thread)
            thread.message_count += 1
            self._grown[thread.pk] += 1
        else:
            thread = Thread(mailbox=self.mailbox, message_count=1, is_muted=any(full.is_muted for full in found))
            self._new[thread.pk] = thread
        for digest in (own, *parents):
            # A full thread's references move on to the one that continues it.
            if self._known.get(digest) not in open_threads:
                self._known[digest] = self._referred[digest] = thread
        return thread

    def write(self) -> None:
        """Write what was decided since the last time."""
        Thread.objects.bulk_create(self._new.values())
        for count in set(self._grown.values()):
            grown = [pk for pk, times in self._grown.items() if times == count and pk not in self._new]
            Thread.objects.filter(pk__in=grown).update(message_count=F("message_count") + count)
        ThreadReference.objects.bulk_create(
            [
                ThreadReference(mailbox=self.mailbox, digest=digest, thread=thread)
                for digest, thread in self._referred.items()
            ],
            update_conflicts=True,
            unique_fields=["mailbox", "digest"],
            update_fields=["thread"],
        )
        self._new, self._grown, self._referred = {}, Counter(), {}

    def now(self, thread: Thread) -> Thread:
        """Return the thread that a later message of the batch may have merged this one into."""
        while thread.pk in self._merged:
            thread = self._merged[thread.pk]
        return thread

    def _merge(self, source: Thread, target: Thread) -> None:
        self.write()
        self._merged[source.pk] = target
        _merge(source, target)
        target.message_count += source.message_count
        self._known = {digest: target if thread == source else thread for digest, thread in self._known.items()}


def _merge(source: Thread, target: Thread) -> None:
    """Join two threads that turned out to be one: the message that links them arrived last."""
    from mailapp.store import conversations  # conversations counts threads' messages; only this merge looks back

    with transaction.atomic():
        folders = list(Conversation.objects.filter(thread=source).values_list("folder_id", flat=True))
        Message.objects.filter(thread=source).update(thread=target)
        ThreadReference.objects.filter(thread=source).update(thread=target)
        is_muted = source.is_muted or target.is_muted
        Thread.objects.filter(pk=target.pk).update(
            message_count=F("message_count") + source.message_count, is_muted=is_muted
        )
        sequence_id, modseq = ModSequence.objects.values_list("pk", "highest").get(mailbox=source.mailbox_id)
        for folder_id in folders:
            conversations.refresh(folder_id, [source.pk, target.pk])
            # No message changed there, but the list of conversations did: whoever shows it must hear of it.
            stamp(sequence_id, folder_id, modseq)
        Thread.objects.filter(pk=source.pk).delete()  # the object keeps its pk, which the batch still knows it by
