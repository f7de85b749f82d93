"""Moving, copying and removing messages."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F

from mailapp.access import OpenFolder, Right
from mailapp.store import conversations, signals
from mailapp.store.appending import release_space, reserve_ids, search_id, take_space
from mailapp.store.models import Content, Folder, Message, Snooze, Thread
from workmail.changes.log import advance, bury, stamp
from workmail.errors import Invalid

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Moved:
    """Pairs of (uid in the source, uid in the target), as COPYUID reports them (RFC 4315)."""

    uids: tuple[tuple[int, int], ...]

    @property
    def new_uids(self) -> list[int]:
        return [new for _, new in self.uids]


@transaction.atomic
def move(source: OpenFolder, uids: Collection[int], target: OpenFolder) -> Moved:
    """Move messages to another folder of the same mailbox. Unknown uids are ignored.

    Raises:
        Forbidden: A right is missing.
        Invalid: The folders belong to different mailboxes.
    """
    _require_same_mailbox(source, target)
    source.require(Right.DELETE_MESSAGE, Right.EXPUNGE)
    target.require(Right.INSERT)
    if source.folder.pk == target.folder.pk:
        return Moved(tuple((uid, uid) for uid in uids))
    mailbox = source.mailbox.mailbox
    modseq, now = advance(mailbox.sequence_id), datetime.now(UTC)
    pairs: list[tuple[int, int]] = []
    for batch in _batches(uids):
        rows = source.messages.filter(uid__in=batch).defer("summary", "structure", "content_key")
        messages = list(rows.order_by("uid").select_for_update())
        if not messages:
            continue
        bury(source.folder.pk, messages, modseq)
        first_uid = _recount(source.folder, target.folder, messages)
        for offset, message in enumerate(messages):
            pairs.append((message.uid, first_uid + offset))
            message.folder = target.folder
            message.uid = first_uid + offset
            message.created_modseq = message.modseq = modseq
            if source.folder.role == Folder.Role.SNOOZED and message.listed_at > now:
                message.listed_at = message.internal_date  # it waits no longer for the time it was listed at
        if source.folder.role == Folder.Role.SNOOZED:
            Snooze.objects.filter(message_key__in=[message.key for message in messages]).delete()
        # The unique (folder, uid) holds at every moment: a batch's new uids were never used in the target.
        Message.objects.bulk_update(
            messages, ["folder", "uid", "created_modseq", "modseq", "listed_at"], batch_size=100
        )
        _refresh_both(source, target, messages)
        signals.messages_moved.send(sender=Message, source=source, target=target, messages=messages)
    if pairs:
        stamp(mailbox.sequence_id, source.folder.pk, modseq)
        stamp(mailbox.sequence_id, target.folder.pk, modseq)
    return Moved(tuple(pairs))


@transaction.atomic
def touch(folder: OpenFolder, ids: Collection[int]) -> None:
    """Let readers of the change log know of messages whose place in lists changed; no flag and no content did."""
    sequence_id = folder.mailbox.mailbox.sequence_id
    modseq = advance(sequence_id)
    if folder.messages.filter(pk__in=ids).update(modseq=modseq):
        stamp(sequence_id, folder.folder.pk, modseq)


@transaction.atomic
def copy(source: OpenFolder, uids: Collection[int], target: OpenFolder) -> Moved:
    """Copy messages to a folder of the same mailbox; content is shared, not copied.

    Raises:
        Forbidden: A right is missing.
        Invalid: The folders belong to different mailboxes.
        OverQuota: They do not fit; nothing was copied.
    """
    _require_same_mailbox(source, target)
    source.require(Right.READ)
    target.require(Right.INSERT)
    mailbox = source.mailbox.mailbox
    modseq = advance(mailbox.sequence_id)
    pairs: list[tuple[int, int]] = []
    for batch in _batches(uids):
        messages = list(source.messages.filter(uid__in=batch).order_by("uid"))
        if not messages:
            continue
        take_space(mailbox, sum(message.size_bytes for message in messages))
        first_uid = _recount(None, target.folder, messages)
        for offset, (message, message_id) in enumerate(zip(messages, reserve_ids(len(messages)), strict=True)):
            pairs.append((message.uid, first_uid + offset))
            message.pk, message.key = message_id, uuid.uuid4()
            message.folder, message.uid = target.folder, first_uid + offset
            message.created_modseq = message.modseq = modseq
            message.search_id = search_id(message.internal_date, message_id)
            message.is_indexed = False
            message._state.adding = True
        Message.objects.bulk_create(messages, batch_size=100)
        for thread_id in {message.thread_id for message in messages}:
            count = sum(message.thread_id == thread_id for message in messages)
            Thread.objects.filter(pk=thread_id).update(message_count=F("message_count") + count)
        conversations.refresh(target.folder.pk, [message.thread_id for message in messages])
    if pairs:
        stamp(mailbox.sequence_id, target.folder.pk, modseq)
    return Moved(tuple(pairs))


@transaction.atomic
def expunge(folder: OpenFolder, uids: Collection[int]) -> list[int]:
    """Remove messages for good and return the uids that went. Their contents go with the next sweep.

    Raises:
        Forbidden: A right is missing.
    """
    folder.require(Right.EXPUNGE)
    mailbox = folder.mailbox.mailbox
    modseq = advance(mailbox.sequence_id)
    gone: list[int] = []
    for batch in _batches(uids):
        rows = folder.messages.filter(uid__in=batch).defer("summary", "structure", "content_key")
        messages = list(rows.order_by("uid").select_for_update())
        if not messages:
            continue
        bury(folder.folder.pk, messages, modseq)
        ids = [message.pk for message in messages]
        signals.messages_expunged.send(sender=Message, mailbox=folder.mailbox, message_ids=ids)
        threads = {message.thread_id for message in messages}
        # Conversation rows point at messages: take them away first, count what is left anew.
        conversations.forget(folder.folder.pk, threads)
        Message.objects.filter(pk__in=ids).delete()
        conversations.refresh(folder.folder.pk, threads)
        Content.objects.filter(pk__in=[message.content_id for message in messages]).update(
            released_at=datetime.now(UTC)
        )
        octets = sum(message.size_bytes for message in messages)
        release_space(mailbox.pk, octets)
        Folder.objects.filter(pk=folder.folder.pk).update(
            message_count=F("message_count") - len(messages),
            unread_count=F("unread_count") - sum(not message.is_seen for message in messages),
            size_bytes=F("size_bytes") - octets,
        )
        gone.extend(message.uid for message in messages)
    if gone:
        stamp(mailbox.sequence_id, folder.folder.pk, modseq)
    return gone


def expunge_all(folder: OpenFolder, *, batch: int = 2_000) -> int:
    """Empty a folder for good and return how many went; in several transactions, so that others can write between."""
    count = 0
    while uids := list(folder.messages.order_by("uid").values_list("uid", flat=True)[:batch]):
        count += len(expunge(folder, uids))
    return count


def _require_same_mailbox(source: OpenFolder, target: OpenFolder) -> None:
    if source.mailbox.mailbox.pk != target.mailbox.mailbox.pk:
        raise Invalid(field="folder")


def _batches(uids: Iterable[int]) -> Iterable[list[int]]:
    wanted = sorted(set(uids))
    for start in range(0, len(wanted), _BATCH):
        yield wanted[start : start + _BATCH]


def _recount(source: Folder | None, target: Folder, messages: list[Message]) -> int:
    """Count the messages out of the source and into the target; returns their first uid there."""
    unread = sum(not message.is_seen for message in messages)
    octets = sum(message.size_bytes for message in messages)
    if source is not None:
        Folder.objects.filter(pk=source.pk).update(
            message_count=F("message_count") - len(messages),
            unread_count=F("unread_count") - unread,
            size_bytes=F("size_bytes") - octets,
        )
    Folder.objects.filter(pk=target.pk).update(
        uid_next=F("uid_next") + len(messages),
        message_count=F("message_count") + len(messages),
        unread_count=F("unread_count") + unread,
        size_bytes=F("size_bytes") + octets,
    )
    return Folder.objects.values_list("uid_next", flat=True).get(pk=target.pk) - len(messages)


def _refresh_both(source: OpenFolder, target: OpenFolder, messages: list[Message]) -> None:
    thread_ids = [message.thread_id for message in messages]
    conversations.refresh(target.folder.pk, thread_ids)
    conversations.refresh(source.folder.pk, thread_ids)
