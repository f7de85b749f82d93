"""New mail in the inbox is told of, once it is stored."""

import logging
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from mailapp.access import OpenMailbox
from mailapp.store.models import Folder, Message

logger = logging.getLogger(__name__)

NEW = timedelta(minutes=10)  # what is brought in from elsewhere is not news
MOST_AT_ONCE = 5


def note_arrivals(mailbox: OpenMailbox, messages: list[Message], **_: object) -> None:
    """Receive ``store.signals.messages_stored``."""
    if len(messages) > MOST_AT_ONCE:
        return
    since = timezone.now() - NEW
    for message in messages:
        is_news = message.folder.role == Folder.Role.INBOX and not message.is_seen and message.internal_date > since
        if is_news:
            _note_after_commit(mailbox.mailbox.entity_id, message.pk)


def _note_after_commit(user_id: object, message_id: int) -> None:
    from mailapp.notices import operations, tasks

    def note() -> None:
        if operations.note_arrival(user_id, message_id):
            tasks.tell.apply_async(countdown=operations.GATHERED.total_seconds())

    transaction.on_commit(note, robust=True)  # a notice must neither slow down nor undo the filing
