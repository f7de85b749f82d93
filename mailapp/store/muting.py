"""Muting a conversation: later answers go past the inbox into the archive, as unread as they came."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from mailapp.access import OpenFolder, OpenMailbox, Right, folder_by_role
from mailapp.store.appending import Sealed
from mailapp.store.models import Conversation, Folder, Thread, ThreadReference
from workmail.changes.log import advance, stamp


@transaction.atomic
def set_muted(mailbox: OpenMailbox, thread_ids: Iterable[UUID], *, muted: bool) -> list[UUID]:
    """Mute conversations, or let them be heard again; returns those that were not so already.

    Raises:
        Forbidden: The actor may not change this mailbox.
    """
    mailbox.require(Right.WRITE)
    modseq = advance(mailbox.mailbox.sequence_id)
    rows = Thread.objects.filter(mailbox=mailbox.mailbox, pk__in=set(thread_ids), is_muted=not muted)
    changed = list(rows.values_list("pk", flat=True))
    Thread.objects.filter(pk__in=changed).update(is_muted=muted)
    shown_in = Conversation.objects.filter(thread_id__in=changed).values_list("folder_id", flat=True)
    for folder_id in set(shown_in):  # no message changed, but what the list says of the conversation did
        stamp(mailbox.mailbox.sequence_id, folder_id, modseq)
    return changed


def is_muted(mailbox: OpenMailbox, thread_id: UUID) -> bool:
    return Thread.objects.filter(mailbox=mailbox.mailbox, pk=thread_id, is_muted=True).exists()


def place(folder: OpenFolder, sealed: Sealed) -> OpenFolder:
    """Return where a message that arrives for this folder goes: one statement for mail that answers something."""
    if folder.folder.role != Folder.Role.INBOX or not sealed.reference_digests:
        return folder
    answers_muted = ThreadReference.objects.filter(
        mailbox=folder.mailbox.mailbox, digest__in=sealed.reference_digests, thread__is_muted=True
    )
    return folder_by_role(folder.mailbox, Folder.Role.ARCHIVE) if answers_muted.exists() else folder
