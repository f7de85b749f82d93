"""What an act teaches: moving into Junk or out of it, and taking that back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import transaction

from mailapp.access import OpenFolder
from mailapp.junk import announcing
from mailapp.junk.models import Lesson, Verdict
from mailapp.store.models import Folder, Message

# What is filed by a person was wanted; of a large archive a sample is enough.
_MOST_FILED = 20
_FILED_FROM = (Folder.Role.INBOX,)
_FILED_TO = (Folder.Role.ARCHIVE, Folder.Role.NONE)
_is_taking_back: ContextVar[bool] = ContextVar("is_taking_back", default=False)


@contextmanager
def taking_back() -> Iterator[None]:
    """What moves inside was moved by mistake before: it teaches nothing, and what it taught is forgotten."""
    token = _is_taking_back.set(True)
    try:
        yield
    finally:
        _is_taking_back.reset(token)


def messages_moved(source: OpenFolder, target: OpenFolder, messages: Sequence[Message], **_: object) -> None:
    """Receive ``store.signals.messages_moved``, inside the transaction that moved them. The system teaches nothing."""
    if source.mailbox.actor.user is None:
        return
    verdict = _verdict(source.folder.role, target.folder.role)
    if verdict is None:
        return
    if _is_taking_back.get():
        verdict = Verdict.FORGET
    elif source.folder.role in _FILED_FROM and target.folder.role in _FILED_TO:
        messages = messages[:_MOST_FILED]
    note(source, [message.key for message in messages], verdict)


def note(folder: OpenFolder, keys: Sequence[object], verdict: str) -> None:
    """Write down what is to be learned, inside the caller's transaction; the last word on a message counts."""
    Lesson.objects.bulk_create(
        [Lesson(mailbox=folder.mailbox.mailbox, message_key=key, verdict=verdict) for key in keys],
        update_conflicts=True,
        unique_fields=["mailbox", "message_key"],
        update_fields=["verdict"],
        batch_size=200,
    )
    mailbox_id = folder.mailbox.mailbox.pk
    transaction.on_commit(lambda: announcing.announce(mailbox_id), robust=True)


def _verdict(source: str, target: str) -> str | None:
    if target == Folder.Role.JUNK:
        return Verdict.JUNK
    if source == Folder.Role.JUNK:
        return None if target == Folder.Role.DELETED else Verdict.WANTED
    is_filed = source in _FILED_FROM and target in _FILED_TO
    # Taking back goes the other way round.
    was_filed = _is_taking_back.get() and source in _FILED_TO and target in _FILED_FROM
    return Verdict.WANTED if is_filed or was_filed else None
