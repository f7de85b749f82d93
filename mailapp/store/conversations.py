"""Keeping the rows of the conversation list: what one folder holds of one thread."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import F

from mailapp.store.models import Conversation, Folder, Message

_BATCH = 200


def add(message: Message) -> None:
    """Count one new message in, without reading the others. The caller holds the mailbox's sequence row."""
    existing = None
    if message.thread.message_count > 1:  # else the thread is as new as the message
        existing = Conversation.objects.filter(folder_id=message.folder_id, thread_id=message.thread_id).first()
    if existing is None:
        Conversation.objects.create(
            folder_id=message.folder_id,
            thread_id=message.thread_id,
            newest=message,
            newest_at=message.listed_at,
            message_count=1,
            unread_count=int(not message.is_seen),
            flagged_count=int(message.is_flagged),
            to_me_count=int(message.is_to_me),
            has_attachment=message.has_attachment,
        )
        Folder.objects.filter(pk=message.folder_id).update(conversation_count=F("conversation_count") + 1)
        return
    existing.message_count += 1
    existing.unread_count += int(not message.is_seen)
    existing.flagged_count += int(message.is_flagged)
    existing.to_me_count += int(message.is_to_me)
    existing.has_attachment |= message.has_attachment
    if (message.listed_at, message.pk) > (existing.newest_at, existing.newest_id):
        existing.newest, existing.newest_at = message, message.listed_at
    existing.save()


def forget(folder_id: UUID, thread_ids: Iterable[UUID]) -> None:
    """Take the rows of these threads away; ``refresh`` puts back what is left."""
    count, _ = Conversation.objects.filter(folder_id=folder_id, thread_id__in=list(thread_ids)).delete()
    Folder.objects.filter(pk=folder_id).update(conversation_count=F("conversation_count") - count)


def refresh(folder_id: UUID, thread_ids: Iterable[UUID]) -> None:
    """Recount the rows of these threads in this folder. The caller holds the mailbox's sequence row."""
    wanted = list(dict.fromkeys(thread_ids))
    for start in range(0, len(wanted), _BATCH):
        _refresh_batch(folder_id, wanted[start : start + _BATCH])


def _refresh_batch(folder_id: UUID, thread_ids: list[UUID]) -> None:
    counted: dict[UUID, Conversation] = {}
    rows = Message.objects.filter(folder_id=folder_id, thread_id__in=thread_ids).values_list(
        "thread_id", "id", "listed_at", "is_seen", "is_flagged", "has_attachment", "is_to_me"
    )
    for thread_id, message_id, listed_at, is_seen, is_flagged, has_attachment, is_to_me in rows:
        row = counted.get(thread_id)
        if row is None:
            row = counted[thread_id] = Conversation(
                folder_id=folder_id,
                thread_id=thread_id,
                newest_id=message_id,
                newest_at=listed_at,
                message_count=0,
                unread_count=0,
                flagged_count=0,
            )
        row.message_count += 1
        row.unread_count += not is_seen
        row.flagged_count += is_flagged
        row.to_me_count += is_to_me
        row.has_attachment = row.has_attachment or has_attachment
        if (listed_at, message_id) > (row.newest_at, row.newest_id):
            row.newest_at, row.newest_id = listed_at, message_id
    before = set(
        Conversation.objects.filter(folder_id=folder_id, thread_id__in=thread_ids).values_list("thread_id", flat=True)
    )
    Conversation.objects.bulk_create(
        counted.values(),
        update_conflicts=True,
        unique_fields=["folder", "thread"],
        update_fields=[
            "newest",
            "newest_at",
            "message_count",
            "unread_count",
            "flagged_count",
            "to_me_count",
            "has_attachment",
        ],
    )
    emptied = before - counted.keys()
    if emptied:
        Conversation.objects.filter(folder_id=folder_id, thread_id__in=emptied).delete()
    if difference := len(counted.keys() - before) - len(emptied):
        Folder.objects.filter(pk=folder_id).update(conversation_count=F("conversation_count") + difference)
