"""A thin Celery skin over ``indexing``. Beat starts ``index_pending``; it finds what no delivery has indexed."""

import time
from uuid import UUID

from celery import shared_task
from django.core.cache import cache

from mailapp.search import indexing

_SECONDS = 20  # then another task may have the worker
_LOCK_SECONDS = 30  # renewed with every batch; what a killed worker held is free again after this
_BATCH = 100


@shared_task
def index_pending() -> None:
    """Take out what is expunged, and give every mailbox with messages to index a task of its own."""
    indexing.remove_expunged()
    for mailbox_id in indexing.mailboxes_with_pending():
        index_mailbox.delay(str(mailbox_id))


@shared_task
def index_mailbox(mailbox_id: str) -> None:
    """Index a mailbox for a while. The lock only saves work: two at once would do the same."""
    lock = f"search.index_mailbox.{mailbox_id}"
    if not cache.add(lock, True, timeout=_LOCK_SECONDS):
        return
    try:
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline and indexing.index_pending(UUID(mailbox_id), _BATCH):
            cache.touch(lock, _LOCK_SECONDS)
    finally:
        cache.delete(lock)
