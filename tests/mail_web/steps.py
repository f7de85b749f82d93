"""What the tests of the mail pages do again and again."""

from typing import Any
from uuid import UUID

from django.test import Client
from django.urls import reverse

from mailapp.access import OpenFolder, OpenMailbox
from mailapp.store.models import Conversation, Folder, Message

JSON = {"HTTP_ACCEPT": "application/json"}


def state_of(mailbox: OpenMailbox) -> dict[UUID, tuple]:
    """Everything about the messages that an undo must bring back; uids and modification numbers are new."""
    return {
        message.key: (
            message.folder_id,
            message.is_seen,
            message.is_flagged,
            message.is_answered,
            message.is_draft,
            tuple(message.keywords),
        )
        for message in Message.objects.filter(mailbox=mailbox.mailbox)
    }


def lists_of(mailbox: OpenMailbox) -> dict[tuple, tuple]:
    """The rows and counts that the pages show."""
    rows: dict[tuple, tuple] = {
        (row.folder_id, row.thread_id): (
            row.newest_id,
            row.message_count,
            row.unread_count,
            row.flagged_count,
            row.has_attachment,
        )
        for row in Conversation.objects.filter(folder__mailbox=mailbox.mailbox)
    }
    for folder in Folder.objects.filter(mailbox=mailbox.mailbox):
        rows[(folder.pk,)] = (folder.message_count, folder.unread_count, folder.size_bytes, folder.conversation_count)
    return rows


def act(client: Client, folder: OpenFolder, action: str, *, key: str = "", **data: Any) -> Any:
    headers = {**JSON, **({"HTTP_IDEMPOTENCY_KEY": key} if key else {})}
    return client.post(reverse("mail:act", args=[folder.folder.pk]), {"action": action, **data}, **headers)


def undo(client: Client, token: str, *, key: str = "") -> Any:
    headers = {**JSON, **({"HTTP_IDEMPOTENCY_KEY": key} if key else {})}
    return client.post(reverse("mail:undo"), {"undo": token}, **headers)
