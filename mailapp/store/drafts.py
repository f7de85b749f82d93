"""Drafts as messages: a new version takes the place of the one before."""

from uuid import UUID

from django.db import transaction
from django.db.models import F

from mailapp.access import OpenFolder, OpenMailbox, Right, folder_in
from mailapp.store.appending import Sealed, append
from mailapp.store.models import Message, Thread
from mailapp.store.moving import expunge
from workmail.changes.log import advance


@transaction.atomic
def put(drafts: OpenFolder, sealed: Sealed, *, previous: UUID | None = None) -> Message:
    """File a version of a draft, in place of the previous one wherever that lies now.

    The new version has a new uid, as IMAP demands of new content, but keeps the key, by which it is known in URLs, its
    flag and its keywords. A thread is charged once for a draft, however often it is saved.

    Raises:
        Forbidden: The actor may not insert here, or may not remove the version before.
        OverQuota: It does not fit; the version before is still there.
    """
    drafts.require(Right.INSERT, Right.EXPUNGE)
    advance(drafts.mailbox.mailbox.sequence_id)  # nobody moves the version before while it is being replaced
    old = _find(drafts.mailbox, previous)
    if old is not None:
        sealed.message.key = old.key
        sealed.message.is_flagged = old.is_flagged
        sealed.message.keywords, sealed.message.is_categorized = old.keywords, old.is_categorized
        expunge(folder_in(drafts.mailbox, old.folder_id), [old.uid])
    [message] = append(drafts, [sealed])
    if old is not None and message.thread_id == old.thread_id:
        Thread.objects.filter(pk=old.thread_id).update(message_count=F("message_count") - 1)
    return message


@transaction.atomic
def remove(mailbox: OpenMailbox, key: UUID | None) -> bool:
    """Remove a draft, or a copy of what it became, for good; False when there is none any more. Raises Forbidden."""
    mailbox.require(Right.EXPUNGE)
    advance(mailbox.mailbox.sequence_id)
    found = _find(mailbox, key)
    if found is None:
        return False
    expunge(folder_in(mailbox, found.folder_id), [found.uid])
    return True


def _find(mailbox: OpenMailbox, key: UUID | None) -> Message | None:
    if key is None:
        return None
    return Message.objects.filter(mailbox=mailbox.mailbox, key=key).defer("summary", "structure").first()
