"""Sweeps of the store."""

import logging
from datetime import UTC, datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import ProtectedError

from mailapp.store import blobs, snoozing, usage
from mailapp.store.models import Content, Message

logger = logging.getLogger(__name__)

# Longer than any operation holds a content it has read but not yet referred to.
GRACE = timedelta(hours=1)


@shared_task
def wake_snoozed() -> int:
    """Bring back what was snoozed until now; returns how many messages came back."""
    return snoozing.wake_due()


@shared_task
def warn_of_full_mailboxes() -> int:
    """Write to everyone whose mailbox has become nearly full; returns to how many."""
    return usage.warn()


@shared_task
def sweep_contents(limit: int = 500) -> int:
    """Delete contents that lost their last reference a while ago; returns how many went."""
    candidates = list(Content.objects.filter(released_at__lt=datetime.now(UTC) - GRACE).order_by("released_at")[:limit])
    count = 0
    for content in candidates:
        try:
            with transaction.atomic():
                locked = Content.objects.select_for_update().get(pk=content.pk)
                if Message.objects.filter(content=locked).exists():
                    Content.objects.filter(pk=locked.pk).update(released_at=None)
                    continue
                locked.delete()  # transits protect theirs
        except (ProtectedError, Content.DoesNotExist):
            continue
        # The row is gone, so nobody can reach the blobs; if this process dies here, they are only waste.
        blobs.delete(content.blob_name)
        blobs.delete(content.view_name)
        count += 1
    return count
