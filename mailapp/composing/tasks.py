"""Tending drafts: what was left half done is completed, what was left behind is swept."""

import logging
from datetime import timedelta
from typing import Final

from celery import shared_task
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from mailapp.access import OpenMailbox, open_mailbox_for_system
from mailapp.composing import drafts, reminders, sending
from mailapp.composing.models import Draft, Reminder, Signature, Template
from mailapp.store.models import Message
from workmail.errors import WorkmailError

logger = logging.getLogger(__name__)

KEPT_UNSAVED: Final = timedelta(days=1)  # opened, never saved
KEPT_IDLE: Final = timedelta(days=7)  # the message in Drafts stays, and can be opened again
KEPT_SENT: Final = timedelta(days=7)  # longer than a page asks again whether its message was sent
KEPT_DELETED: Final = timedelta(days=1)  # as long as Undo works
_MOST_AT_ONCE: Final = 100


@shared_task
def tend() -> int:
    """Finish what has left, and put large files into the messages of writers who paused; returns how many drafts."""
    now = timezone.now()
    left = Draft.objects.filter(status=Draft.Status.HELD, hold_until__lte=now).order_by("hold_until")
    paused = Draft.objects.filter(
        status=Draft.Status.EDITING, is_settled=False, message_key__isnull=False, saved_at__lte=now - drafts.PAUSE
    ).order_by("saved_at")
    count = 0
    for draft in left[:_MOST_AT_ONCE]:
        count += _tend(draft, lambda mailbox, draft: sending.finish(mailbox, draft.pk))
    for draft in paused[:_MOST_AT_ONCE]:
        count += _tend(draft, drafts.settle)
    return count


@shared_task
def remind() -> int:
    """Bring back what nobody has answered in time; returns how many messages came back."""
    return sum(_tend(reminder, reminders.settle) for reminder in reminders.due())


@shared_task
def sweep() -> int:
    """Forget drafts that nobody works on any more; returns how many."""
    now = timezone.now()
    message = Message.objects.filter(mailbox=OuterRef("mailbox"), key=OuterRef("message_key"))
    is_old = (
        Q(status=Draft.Status.SENT, saved_at__lt=now - KEPT_SENT)
        | Q(status=Draft.Status.EDITING, message_key__isnull=True, saved_at__lt=now - KEPT_UNSAVED)
        | Q(status=Draft.Status.EDITING, is_settled=True, saved_at__lt=now - KEPT_IDLE)
    )
    is_gone = Q(status=Draft.Status.EDITING, message_key__isnull=False, saved_at__lt=now - KEPT_UNSAVED) & ~Exists(
        message
    )
    for kept in (Signature, Template):
        kept.objects.filter(deleted_at__lt=now - KEPT_DELETED).delete()
    count = 0
    for draft in Draft.objects.filter(is_old | is_gone).order_by("saved_at")[:_MOST_AT_ONCE]:
        drafts.drop(draft)
        count += 1
    return count


def _tend(draft: Draft | Reminder, work) -> bool:
    """One draft that cannot be tended (its organization's key is away) must not keep the others waiting."""
    try:
        mailbox: OpenMailbox = open_mailbox_for_system(draft.mailbox_id)
        return work(mailbox, draft) is not False
    except (WorkmailError, OSError):
        logger.warning("%s %s could not be tended", type(draft).__name__, draft.pk, exc_info=True)
        return False
