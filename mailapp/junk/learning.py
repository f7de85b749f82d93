"""Learning what waits as a lesson, message by message: reading and taking apart outside of any transaction."""

import logging
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F

from mailapp.access import OpenMailbox, open_mailbox_for_system
from mailapp.junk import tokens
from mailapp.junk.models import Filter, Learned, Lesson, Verdict, Word
from mailapp.mime.parse import parse
from mailapp.store import contents, queries
from mailapp.store.models import Message
from workmail.errors import KeyUnavailable, NotFound
from workmail.keys.envelope import Unreadable

logger = logging.getLogger(__name__)

MOST_WORDS: Final = 100_000  # of one mailbox
_COLUMN: Final = {Verdict.JUNK: "junk_count", Verdict.WANTED: "wanted_count"}
_CHUNK: Final = 200


def learn(mailbox_id: UUID, limit: int = 100) -> int:
    """Learn up to ``limit`` lessons of a mailbox; returns how many. Twice at the same time does no harm."""
    lessons = list(Lesson.objects.filter(mailbox_id=mailbox_id).order_by("pk")[:limit])
    if not lessons:
        return 0
    try:
        mailbox = open_mailbox_for_system(mailbox_id)
        mailbox.keys  # noqa: B018 - raises while the organization's key is disabled
    except (KeyUnavailable, NotFound):
        return 0
    for lesson in lessons:
        _learn(mailbox, lesson)
    return len(lessons)


def learn_all(limit: int = 500) -> int:
    """Learn what nobody was told of, of all mailboxes."""
    waiting = Lesson.objects.order_by().values_list("mailbox_id", flat=True).distinct()[:50]
    return sum(learn(mailbox_id, limit) for mailbox_id in list(waiting))


def _learn(mailbox: OpenMailbox, lesson: Lesson) -> None:
    message = (
        Message.objects.filter(mailbox=mailbox.mailbox, key=lesson.message_key)
        .select_related("content")
        .defer("structure", "summary")
        .first()
    )
    numbers: list[int] = []
    if message is not None:
        try:
            raw = contents.read(message.content, queries.content_key(mailbox, message))
            numbers = numbers_of(mailbox, tokens.of(parse(raw)))
        except (OSError, Unreadable):
            logger.warning("A message that was to be learned as junk or not cannot be read.", exc_info=True)
            message = None
    with transaction.atomic():
        row, _ = Filter.objects.get_or_create(mailbox=mailbox.mailbox)
        row = Filter.objects.select_for_update().get(pk=row.pk)
        # Somebody may have changed their mind meanwhile: that lesson stays, and is learned next.
        mine = Lesson.objects.filter(pk=lesson.pk, verdict=lesson.verdict)
        if not mine.delete()[0] or message is None:
            return
        _apply(row, bytes(message.content_digest), lesson.verdict, numbers)


def _apply(row: Filter, digest: bytes, verdict: str, numbers: list[int]) -> None:
    known = Learned.objects.filter(mailbox_id=row.pk, content_digest=digest).first()
    before = known.verdict if known else Verdict.FORGET
    if before == verdict:
        return
    if known and before in _COLUMN:
        _count(row, _COLUMN[before], numbers, -1)
    if verdict in _COLUMN:
        _count(row, _COLUMN[verdict], numbers, 1)
        Learned.objects.update_or_create(mailbox_id=row.pk, content_digest=digest, defaults={"verdict": verdict})
    elif known:
        known.delete()
    row.save()


def _count(row: Filter, column: str, numbers: list[int], by: int) -> None:
    """Count a message of one kind in or out; what was pruned meanwhile cannot go below nothing."""
    setattr(row, column, max(0, getattr(row, column) + by))
    for start in range(0, len(numbers), _CHUNK):
        chunk = numbers[start : start + _CHUNK]
        words = Word.objects.filter(mailbox_id=row.pk, number__in=chunk)
        if by < 0:
            words.filter(**{f"{column}__gt": 0}).update(**{column: F(column) - 1})
            continue
        known = set(words.values_list("number", flat=True))
        words.update(**{column: F(column) + 1})
        fresh = [Word(mailbox_id=row.pk, number=number, **{column: 1}) for number in chunk if number not in known]
        Word.objects.bulk_create(fresh)
        row.word_count += len(fresh)
    if row.word_count > MOST_WORDS:
        _prune(row)


def _prune(row: Filter) -> None:
    """Forget the oldest words that stood in one message only, and a tenth more than must go; if need be, any."""
    words = Word.objects.filter(mailbox_id=row.pk)
    most = row.word_count - MOST_WORDS + MOST_WORDS // 10
    seldom = words.filter(junk_count__lte=1, wanted_count__lte=1).order_by("pk").values_list("pk", flat=True)[:most]
    doomed = list(seldom) or list(words.order_by("pk").values_list("pk", flat=True)[:most])
    for start in range(0, len(doomed), 500):
        Word.objects.filter(pk__in=doomed[start : start + 500]).delete()
    row.word_count = words.count()


def numbers_of(mailbox: OpenMailbox, found: list[str]) -> list[int]:
    """Return what stands for the words in this mailbox's table, each once."""
    return sorted({mailbox.keys.search_number(f"junk {token}") for token in found})
