"""Reads shaped for a page or a door, each with a known number of SQL statements. Paging is by key, never by offset."""

import base64
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from mailapp.access import OpenFolder, OpenMailbox, Right
from mailapp.mime.model import Person
from mailapp.store import contents, summaries
from mailapp.store.models import Conversation, Folder, Message
from mailapp.store.summaries import Summary
from workmail.changes.models import Collection
from workmail.errors import Invalid, NotFound

PAGE_SIZE = 50
_PEOPLE_SHOWN = 5
# Columns that no line of a list shows.
_NOT_LISTED = (
    "structure",
    "content_key",
    "trace",
    "message_id_digest",
    "content_digest",
    "internal_date",
    "created_modseq",
    "mailbox",
    "thread",
    "uid",
    "search_id",
    "size_bytes",
    "is_deleted",
    "is_indexed",
)
Row = TypeVar("Row")


class Filter(StrEnum):
    """The quick filters above a list."""

    ALL = "all"
    UNREAD = "unread"
    FLAGGED = "flagged"
    TO_ME = "to-me"
    ATTACHMENTS = "attachments"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins: after this date and id, going to older messages."""

    at: datetime
    id: int

    def __str__(self) -> str:
        packed = struct.pack(">qq", int(self.at.timestamp() * 1_000_000), self.id)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        """Raises Invalid for what no page has given out."""
        try:
            micros, row_id = struct.unpack(">qq", base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            return cls(datetime.fromtimestamp(micros / 1_000_000, UTC), row_id)
        except (ValueError, struct.error, OverflowError, OSError) as error:
            raise Invalid from error


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message with its header summary readable."""

    message: Message
    summary: Summary


@dataclass(slots=True)
class ConversationRow:
    """A line of the list. ``uids`` are the thread's messages in this folder that were read for it, newest first."""

    conversation: Conversation
    newest: MessageRow
    people: list[Person] = field(default_factory=list)
    keywords: frozenset[str] = frozenset()

    @property
    def thread_id(self) -> UUID:
        return self.conversation.thread_id


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: Sequence[Row]
    next_cursor: Cursor | None
    modseq: int  # the folder's state before the rows were read: ask for changes since then


def conversations(
    folder: OpenFolder, *, after: Cursor | None = None, only: Filter = Filter.ALL, limit: int = PAGE_SIZE
) -> Page[ConversationRow]:
    """Return a page of the folder's conversations, newest first: 3 statements and some ``limit`` small decryptions."""
    folder.require(Right.READ)
    modseq = _highest_modseq(folder)
    rows = _listed(folder)
    if only is Filter.UNREAD:
        rows = rows.filter(unread_count__gt=0)
    elif only is Filter.FLAGGED:
        rows = rows.filter(flagged_count__gt=0)
    elif only is Filter.TO_ME:
        rows = rows.filter(to_me_count__gt=0)
    elif only is Filter.ATTACHMENTS:
        rows = rows.filter(has_attachment=True)
    if after:
        rows = rows.filter(Q(newest_at__lt=after.at) | Q(newest_at=after.at, newest_id__lt=after.id)).filter(
            newest_at__lte=after.at
        )
    found = list(rows.order_by("-newest_at", "-newest_id")[: limit + 1])
    page = found[:limit]
    cursor = Cursor(page[-1].newest_at, page[-1].newest_id) if len(found) > limit else None
    return Page(_with_people(folder, page), cursor, modseq)


def conversation_rows(folder: OpenFolder, thread_ids: Sequence[UUID]) -> list[ConversationRow]:
    """Return the rows of these threads as they are now; threads that left the folder are missing."""
    folder.require(Right.READ)
    rows = _listed(folder).filter(thread_id__in=thread_ids)
    return _with_people(folder, list(rows.order_by("-newest_at", "-newest_id")))


def messages(
    folder: OpenFolder, *, after: Cursor | None = None, only: Filter = Filter.ALL, limit: int = PAGE_SIZE
) -> Page[MessageRow]:
    """Return a page of single messages, newest first: 2 statements."""
    folder.require(Right.READ)
    modseq = _highest_modseq(folder)
    rows = folder.messages
    if only is Filter.UNREAD:
        rows = rows.filter(is_seen=False)
    elif only is Filter.FLAGGED:
        rows = rows.filter(is_flagged=True)
    elif only is Filter.TO_ME:
        rows = rows.filter(is_to_me=True)
    elif only is Filter.ATTACHMENTS:
        rows = rows.filter(has_attachment=True)
    if after:
        rows = rows.filter(Q(listed_at__lt=after.at) | Q(listed_at=after.at, id__lt=after.id), listed_at__lte=after.at)
    found = list(rows.order_by("-listed_at", "-id").defer("structure")[: limit + 1])
    page = found[:limit]
    cursor = Cursor(page[-1].listed_at, page[-1].pk) if len(found) > limit else None
    return Page(message_rows(folder.mailbox, page), cursor, modseq)


def message_rows(mailbox: OpenMailbox, found: Sequence[Message]) -> list[MessageRow]:
    """Make the summaries of messages of this mailbox readable."""
    return [MessageRow(message, summaries.unseal(mailbox.keys, message)) for message in found]


def message(mailbox: OpenMailbox, key: UUID) -> Message:
    """Return one message by the name it has in URLs. Raises NotFound."""
    found = (
        mailbox.within(Message.objects.filter(mailbox=mailbox.mailbox, key=key), Right.READ)
        .select_related("content", "folder__collection")
        .defer("structure")
        .first()
    )
    if found is None:
        raise NotFound
    return found


def thread(mailbox: OpenMailbox, thread_id: UUID, *, seen_from: Folder | None = None) -> list[MessageRow]:
    """Return a conversation over all folders that the actor may read, oldest first.

    Junk and Deleted show only their own: what one has thrown away does not come back with the conversation. A message
    of which there are copies in several folders is shown once.
    """
    hidden = Q(folder__role__in=[Folder.Role.JUNK, Folder.Role.DELETED])
    if seen_from is not None:
        hidden &= ~Q(folder=seen_from)
    found = (
        mailbox.within(Message.objects.filter(mailbox=mailbox.mailbox, thread_id=thread_id), Right.READ)
        .exclude(hidden)
        .select_related("content", "folder")
        .defer("structure")
        .order_by("internal_date", "id")
    )
    return message_rows(mailbox, _each_once(list(found), seen_from))


def _each_once(found: list[Message], seen_from: Folder | None) -> list[Message]:
    """Leave out copies of a message in other folders; the one in the folder it is seen from is shown."""
    shown: dict[UUID, Message] = {}
    for each in found:
        known = shown.setdefault(each.content_id, each)
        if seen_from is not None and each.folder_id == seen_from.pk != known.folder_id:
            shown[each.content_id] = each
    return [each for each in found if each.folder_id == shown[each.content_id].folder_id]


def raw(mailbox: OpenMailbox, found: Message) -> bytes:
    """Return the message as it arrived, with the fields that delivery put in front."""
    mailbox.require_in(found.folder_id, Right.READ)
    return summaries.unseal_trace(mailbox.keys, found) + contents.read(found.content, content_key(mailbox, found))


def view(mailbox: OpenMailbox, found: Message):
    """Return what the reading page shows (``mime.render.MessageView``)."""
    mailbox.require_in(found.folder_id, Right.READ)
    return contents.read_view(found.content, content_key(mailbox, found))


def content_key(mailbox: OpenMailbox, found: Message) -> bytes:
    return mailbox.keys.unwrap_content_key(bytes(found.content_key), found.content_id.bytes)


def _highest_modseq(folder: OpenFolder) -> int:
    collections = Collection.objects.filter(pk=folder.folder.collection_id)
    folder.folder.collection.highest_modseq = collections.values_list("highest_modseq", flat=True).get()
    return folder.folder.collection.highest_modseq


def _listed(folder: OpenFolder) -> QuerySet[Conversation]:
    """The folder's rows with what a line of the list shows of each; ``is_muted`` is the thread's."""
    rows = Conversation.objects.filter(folder=folder.folder).select_related("newest")
    return rows.annotate(is_muted=F("thread__is_muted")).defer(*(f"newest__{name}" for name in _NOT_LISTED))


def _with_people(folder: OpenFolder, page: list[Conversation]) -> list[ConversationRow]:
    """Add the newest message's summary and the last few people who wrote."""
    writers = _writers(folder, [row.thread_id for row in page if row.message_count > 1])
    rows = []
    for conversation in page:
        newest = MessageRow(conversation.newest, summaries.unseal(folder.keys, conversation.newest))
        people = {person.addr_spec.casefold(): person for person in newest.summary.from_[:1]}
        keywords = set(newest.message.keywords)
        for person, marked in writers.get(conversation.thread_id, ()):
            keywords.update(marked)
            if person is not None:
                people.setdefault(person.addr_spec.casefold(), person)
        rows.append(ConversationRow(conversation, newest, list(people.values()), frozenset(keywords)))
    return rows


def _writers(folder: OpenFolder, thread_ids: Sequence[UUID]) -> dict[UUID, list[tuple[Person | None, list[str]]]]:
    """Return who wrote the newest few messages of each thread, and their keywords, newest first."""
    if not thread_ids:
        return {}
    found: dict[UUID, list[tuple[Person | None, list[str]]]] = {}
    latest = _latest_of(folder.messages, thread_ids).values_list("thread_id", "content_id", "summary", "keywords")
    for thread_id, content_id, sealed, keywords in latest:
        writer = next(iter(summaries.writers(folder.keys, sealed, content_id)), None)
        found.setdefault(thread_id, []).append((writer, keywords))
    return found


def _latest_of(rows: QuerySet[Message], thread_ids: Sequence[UUID]) -> QuerySet[Message]:
    """The newest few of each thread, newest first; a thread is bounded, so this is too."""
    ranked = rows.filter(thread_id__in=thread_ids).annotate(
        rank=Window(RowNumber(), partition_by=F("thread_id"), order_by=[F("internal_date").desc(), F("id").desc()])
    )
    return ranked.filter(rank__lte=_PEOPLE_SHOWN).order_by("-internal_date", "-id")
