"""Putting messages into folders.

In three steps, so that the transaction does nothing slow: ``prepare`` parses and makes the content durable once,
``seal`` makes the row for one mailbox, ``append`` writes the rows.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from mailapp.access import OpenFolder, Right
from mailapp.mime import imap
from mailapp.mime.model import ParsedMessage
from mailapp.mime.parse import parse
from mailapp.store import contents, conversations, signals, summaries, threads
from mailapp.store.models import Content, Folder, Mailbox, Message
from workmail.changes.counting import count_up
from workmail.changes.log import advance, stamp
from workmail.directory.addresses import fold
from workmail.directory.models import Address
from workmail.errors import OverQuota
from workmail.keys.mailbox_keys import MailboxKeys

_SEARCH_ID_LOW_BITS = 22
_MOST_READ = 1_000  # recipients: among more, nobody is meant


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message parsed, with its content durable. The same one serves any number of mailboxes."""

    content: Content
    content_key: bytes
    parsed: ParsedMessage
    structure: tuple[bytes, bytes]
    identity: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags a message begins with."""

    is_seen: bool = False
    is_flagged: bool = False
    is_answered: bool = False
    is_forwarded: bool = False
    is_draft: bool = False
    is_deleted: bool = False
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sealed:
    """One message for one mailbox, ready to be written."""

    prepared: Prepared
    message: Message
    message_id_digest: bytes
    reference_digests: tuple[bytes, ...]


def prepare(raw: bytes) -> Prepared:
    """Parse and make the content durable. Raises OSError when the blob store refuses."""
    written = contents.write(raw)
    return prepare_existing(written.content, written.key, raw)


def prepare_existing(content: Content, content_key: bytes, raw: bytes) -> Prepared:
    """Parse a message whose content is durable already, such as one in transit."""
    return Prepared(content, content_key, parse(raw), imap.both(raw), raw_identity(raw))


def seal(
    keys: MailboxKeys,
    prepared: Prepared,
    *,
    flags: Flags = Flags(),
    internal_date: datetime | None = None,
    authentication: dict[str, str] | None = None,
    trace: bytes = b"",
) -> Sealed:
    """Make the row for the mailbox whose keys these are; it has no place in a folder yet.

    Args:
        trace: Header fields that stand in front of the shared content in this mailbox only, such as Return-Path.
    """
    content_id = prepared.content.pk.bytes
    parsed = prepared.parsed
    message_id_digest = keys.digest(f"message-id {parsed.message_id or content_id.hex()}")
    references = list(dict.fromkeys([parsed.in_reply_to, *reversed(parsed.references)]))
    internal_date = internal_date or datetime.now(UTC)
    message = Message(
        content=prepared.content,
        content_key=keys.wrap_content_key(prepared.content_key, content_id),
        summary=summaries.seal(keys, summaries.Summary.of(parsed, authentication), content_id),
        structure=summaries.seal_structure(keys, prepared.structure, content_id),
        message_id_digest=message_id_digest,
        content_digest=content_digest(keys, prepared.identity),
        internal_date=internal_date,
        listed_at=internal_date,
        trace=summaries.seal_trace(keys, trace, content_id),
        size_bytes=prepared.content.size_bytes + len(trace),
        has_attachment=bool(parsed.attachments),
        is_seen=flags.is_seen,
        is_flagged=flags.is_flagged,
        is_answered=flags.is_answered,
        is_forwarded=flags.is_forwarded,
        is_draft=flags.is_draft,
        is_deleted=flags.is_deleted,
        keywords=list(flags.keywords),
        is_categorized=any(not keyword.startswith(("$", "\\")) for keyword in flags.keywords),
    )
    return Sealed(
        prepared,
        message,
        message_id_digest,
        tuple(keys.digest(f"message-id {reference}") for reference in references if reference),
    )


def content_digest(keys: MailboxKeys, identity: bytes) -> bytes:
    """Return the keyed digest by which the same octets are found again in this mailbox."""
    return keys.digest(f"content {identity.hex()}")


def raw_identity(raw: bytes) -> bytes:
    """Return what ``content_digest`` is made of; two messages with the same octets have the same."""
    return hashlib.sha256(raw).digest()


@transaction.atomic
def append(folder: OpenFolder, sealed: Sequence[Sealed], *, is_beyond_quota: bool = False) -> list[Message]:
    """Write the messages into the folder, oldest first, and return their rows.

    Contents that have no row yet are saved with them. Either all are written or none.

    Args:
        is_beyond_quota: A full mailbox does not refuse them: what the system itself has to say.

    Raises:
        Forbidden: The actor may not insert here.
        OverQuota: They do not fit; nothing was written.
    """
    folder.require(Right.INSERT)
    if not sealed:
        return []
    mailbox = folder.mailbox.mailbox
    modseq = advance(mailbox.sequence_id)
    take_space(mailbox, sum(item.message.size_bytes for item in sealed), is_beyond_quota=is_beyond_quota)
    stamp(mailbox.sequence_id, folder.folder.pk, modseq)
    new_contents = {
        item.prepared.content.pk: item.prepared.content for item in sealed if item.prepared.content._state.adding
    }
    if new_contents:
        Content.objects.bulk_create(new_contents.values())
    first_uid = _take_uids(folder.folder, [item.message for item in sealed])
    ids = reserve_ids(len(sealed))
    messages, own = [], _own_addresses(mailbox)
    for offset, (item, message_id) in enumerate(zip(sealed, ids, strict=True)):
        message = item.message
        message.id = message_id
        message.search_id = search_id(message.internal_date, message_id)
        message.mailbox, message.folder = mailbox, folder.folder
        message.is_to_me = any(fold(person.addr_spec) in own for person in item.prepared.parsed.to[:_MOST_READ])
        message.uid = first_uid + offset
        message.modseq = message.created_modseq = modseq
        messages.append(message)
    assigned = threads.assign(mailbox, [(item.message_id_digest, item.reference_digests) for item in sealed])
    for message, thread in zip(messages, assigned, strict=True):
        message.thread = thread
    Message.objects.bulk_create(messages, batch_size=100)
    if len(messages) == 1:
        conversations.add(messages[0])
    else:
        # A message that joined two threads may have moved its elders: read the threads anew.
        placed = Message.objects.filter(pk__in=ids).values_list("thread_id", flat=True)
        conversations.refresh(folder.folder.pk, placed)
    signals.messages_stored.send(
        sender=Message, mailbox=folder.mailbox, messages=messages, parsed=[item.prepared.parsed for item in sealed]
    )
    return messages


def reserve_ids(count: int) -> list[int]:
    """Take primary keys for messages before they are inserted. On SQLite the caller's write lock makes them its own."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('store_message', 'id')) FROM generate_series(1, %s)", [count]
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'store_message'")
        row = cursor.fetchone()
        first = (row[0] if row else 0) + 1
        return list(range(first, first + count))


def search_id(internal_date: datetime, message_id: int) -> int:
    """Return a number that sorts like the date and is as unique as the id."""
    low_bits = message_id & ((1 << _SEARCH_ID_LOW_BITS) - 1)
    return (int(internal_date.timestamp()) << _SEARCH_ID_LOW_BITS) | low_bits


def _own_addresses(mailbox: Mailbox) -> set[str]:
    addresses = Address.objects.filter(entity_id=mailbox.entity_id)
    return {f"{name}@{domain}" for name, domain in addresses.values_list("local_part_folded", "domain__name")}


def take_space(mailbox: Mailbox, octets: int, *, is_beyond_quota: bool = False) -> None:
    """Count octets into the mailbox, inside the caller's transaction. Raises OverQuota."""
    fitting = Mailbox.objects.filter(pk=mailbox.pk)
    if not is_beyond_quota:
        fitting = fitting.filter(used_bytes__lte=F("quota_bytes") - octets)
    if not fitting.update(used_bytes=F("used_bytes") + octets):
        raise OverQuota


def _take_uids(folder: Folder, messages: Sequence[Message]) -> int:
    """Count the messages into the folder and return the first of their uids."""
    uid_next = count_up(
        Folder,
        folder.pk,
        "uid_next",
        uid_next=len(messages),
        message_count=len(messages),
        unread_count=sum(not message.is_seen for message in messages),
        size_bytes=sum(message.size_bytes for message in messages),
    )
    return uid_next - len(messages)


def release_space(mailbox_id: UUID, octets: int) -> None:
    Mailbox.objects.filter(pk=mailbox_id).update(used_bytes=F("used_bytes") - octets)
