"""Filling the index. A message without an entry says so in its row (``is_indexed``): what stops half way goes on.

Contents are read, parsed and hashed outside of transactions, one message at a time; only numbers are held until a
small batch is written.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from mailapp.access import OpenMailbox, open_mailbox_for_system
from mailapp.mime.model import ParsedMessage
from mailapp.mime.parse import parse
from mailapp.search import index
from mailapp.search.models import Removal
from mailapp.search.reading import header_of
from mailapp.search.terms import Searchable, of_message
from mailapp.store import contents, queries, signals, summaries
from mailapp.store.models import Message
from workmail.errors import KeyUnavailable
from workmail.keys.envelope import Unreadable
from workmail.keys.mailbox_keys import MailboxKeys

logger = logging.getLogger(__name__)

BATCH = 20  # messages in one transaction: a writer that waits for it waits some hundredths of a second
_REMOVAL_BATCH = 100
_MOST_MAILBOXES = 100
_FEW = 5
_WINDOW_SECONDS = 2.0
_SMALL_TEXT = 200_000  # characters
_lately = threading.local()


@dataclass(frozen=True, slots=True)
class Entry:
    message_id: int
    search_id: int
    numbers: list[int]

    @classmethod
    def of(cls, message: Message, keys: MailboxKeys, terms: Sequence[str]) -> "Entry":
        return cls(message.pk, message.search_id, sorted(set(index.numbers(keys, terms))))


def index_message(message: Message, keys: MailboxKeys, parsed: ParsedMessage) -> None:
    """Index a message that has just been stored and is parsed already. Outside of any transaction."""
    _write([Entry.of(message, keys, _terms_of(parsed, message.size_bytes))])


def messages_stored(
    mailbox: OpenMailbox, messages: Sequence[Message], parsed: Sequence[ParsedMessage], **_: object
) -> None:
    """Receive ``store.signals.messages_stored``: index what arrives one by one as soon as it is committed.

    More at once is an import, which the sweep follows, and so it does when more mail is waiting. A failure here
    is logged, and left to the sweep as well.
    """
    if len(messages) <= _FEW and not signals.is_under_load.get():
        for message, content in zip(messages, parsed, strict=True):
            transaction.on_commit(_after_commit(mailbox, message, content), robust=True)


def _after_commit(mailbox: OpenMailbox, message: Message, parsed: ParsedMessage) -> Callable[[], None]:
    def index_at_once() -> None:
        """Index now, unless this thread has done little else lately: a mail to five hundred people is for the sweep."""
        began = time.monotonic()
        if began - getattr(_lately, "since", 0.0) > _WINDOW_SECONDS:
            _lately.since, _lately.spent = began, 0.0
        if _lately.spent < _WINDOW_SECONDS / 2:
            index_message(message, mailbox.keys, parsed)
            _lately.spent += time.monotonic() - began

    return index_at_once


def _terms_of(parsed: ParsedMessage, size_bytes: int) -> list[str]:
    """Return the terms of a message; those of the last are kept, because the next recipient has the same message."""
    last = getattr(_lately, "terms", None)
    if last is not None and last[0] is parsed and last[1] == size_bytes:
        return last[2]
    terms = of_message(Searchable.of(parsed, size_bytes))
    _lately.terms = (parsed, size_bytes, terms) if len(parsed.text) + len(parsed.html or "") < _SMALL_TEXT else None
    return terms


def index_pending(mailbox_id: UUID | None = None, limit: int = 200) -> int:
    """Index up to ``limit`` messages that have no entry yet, the newest first; returns how many were.

    Args:
        mailbox_id: Only of this mailbox; else of all, each getting its share, so that nobody's mail waits for
            somebody else's import.

    Twice at the same time does the work twice and the same. Messages whose key is not available are left waiting.
    """
    waiting = [mailbox_id] if mailbox_id else mailboxes_with_pending()
    share = max(1, -(-limit // max(1, len(waiting))))
    return sum(_index_mailbox(waiting_id, share) for waiting_id in waiting)


def mailboxes_with_pending() -> list[UUID]:
    """Return some mailboxes that have messages to index."""
    pending = Message.objects.filter(is_indexed=False).order_by().values_list("mailbox_id", flat=True)
    return list(pending.distinct()[:_MOST_MAILBOXES])


def _index_mailbox(mailbox_id: UUID, limit: int) -> int:
    mailbox = open_mailbox_for_system(mailbox_id)
    try:
        keys = mailbox.keys
    except KeyUnavailable:
        return 0
    pending = Message.objects.filter(mailbox_id=mailbox_id, is_indexed=False).order_by("-id")
    ids = list(pending.values_list("pk", flat=True)[:limit])
    count = 0
    for start in range(0, len(ids), BATCH):
        entries = []
        for message_id in ids[start : start + BATCH]:
            message = Message.objects.select_related("content").defer("structure").filter(pk=message_id).first()
            if message is not None:
                entries.append(Entry.of(message, keys, of_message(_searchable(mailbox, message))))
        count += _write(entries)
    return count


def _searchable(mailbox: OpenMailbox, message: Message) -> Searchable:
    """Read what is searched of a message; of a damaged one, what its summary still tells.

    Raises OSError when the blob store is away: that message waits.
    """
    try:
        raw = contents.read(message.content, queries.content_key(mailbox, message))
        return Searchable.of(parse(raw), message.size_bytes)
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            raise
        logger.exception("The content of message %s is gone; it is indexed without.", message.pk)
    except Exception:  # whatever is wrong with one message must not keep the others from being found
        logger.exception("Message %s cannot be read; it is indexed without its text.", message.pk)
    try:
        return header_of(summaries.unseal(mailbox.keys, message))
    except (Unreadable, ValueError):
        return Searchable()


@transaction.atomic
def _write(entries: Sequence[Entry]) -> int:
    """Write the entries of messages that are still there and still without one."""
    ids = [entry.message_id for entry in entries]
    waiting = set(
        Message.objects.select_for_update()
        .order_by("pk")
        .filter(pk__in=ids, is_indexed=False)
        .values_list("pk", flat=True)
    )
    index.current().put([(entry.search_id, entry.numbers) for entry in entries if entry.message_id in waiting])
    Message.objects.filter(pk__in=waiting).update(is_indexed=True)
    return len(waiting)


# --- Taking out ------------------------------------------------------------------------------------------------


def remove(message_ids: Collection[int]) -> None:
    """Note that these messages, whose rows are still there, are to leave the index."""
    gone = Message.objects.filter(pk__in=message_ids).values_list("search_id", flat=True)
    Removal.objects.bulk_create([Removal(search_id) for search_id in gone], ignore_conflicts=True, batch_size=500)


def messages_expunged(message_ids: Collection[int], **_: object) -> None:
    """Receive ``store.signals.messages_expunged``, inside the transaction that removes the rows."""
    remove(message_ids)


def remove_expunged(limit: int = 2_000) -> int:
    """Take entries of expunged messages out of the index; returns how many went."""
    count = 0
    while count < limit:
        with transaction.atomic():
            rows = Removal.objects.select_for_update(skip_locked=True).order_by("search_id")
            search_ids = list(rows.values_list("search_id", flat=True)[:_REMOVAL_BATCH])
            if not search_ids:
                break
            index.current().remove(search_ids)
            Removal.objects.filter(search_id__in=search_ids).delete()
        count += len(search_ids)
    return count


def reset(mailbox_id: UUID, *, batch: int = 1_000) -> int:
    """Let all messages of a mailbox be indexed anew; their entries serve until they are replaced."""
    count, last = 0, 0
    indexed = Message.objects.filter(mailbox_id=mailbox_id, is_indexed=True).order_by("pk")
    while ids := list(indexed.filter(pk__gt=last).values_list("pk", flat=True)[:batch]):
        count += Message.objects.filter(pk__in=ids).update(is_indexed=False)
        last = ids[-1]
    return count
