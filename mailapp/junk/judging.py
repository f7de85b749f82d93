"""Judging a message at delivery, once a mailbox has taught enough of both kinds."""

import time
from typing import Final
from uuid import UUID

from mailapp.access import OpenMailbox
from mailapp.contacts import acquaintance
from mailapp.junk import learning, scoring, tokens
from mailapp.junk.models import Filter, Word
from mailapp.mime.model import ParsedMessage
from workmail.directory.addresses import fold
from workmail.directory.models import Domain

ENOUGH: Final = 20  # messages of each kind
KEYWORD: Final = "$LooksLikeJunk"  # says why a message is in Junk
_LOOKED_AGAIN_AFTER_SECONDS: Final = 30.0
_MOST_KEPT: Final = 2_000
_untaught: dict[UUID, float] = {}


def looks_like_junk(mailbox: OpenMailbox, parsed: ParsedMessage, *, is_verified: bool) -> bool:
    """Say whether the words of a message are those of what its reader calls junk.

    Mail of colleagues and of people the reader knows never is, if they are verified: a filter errs.

    Args:
        is_verified: The domain in From confirms the message (DMARC).
    """
    taught = _taught(mailbox)
    if taught is None:
        return False
    author = parsed.from_[0].addr_spec if parsed.from_ else ""
    if is_verified and _is_known(mailbox, author):
        return False
    return score(mailbox, parsed, taught) >= scoring.JUNK


def score(mailbox: OpenMailbox, parsed: ParsedMessage, taught: Filter) -> float:
    numbers = learning.numbers_of(mailbox, tokens.of(parsed))
    words = Word.objects.filter(mailbox_id=taught.pk, number__in=numbers)
    return scoring.score(words.values_list("junk_count", "wanted_count"), taught.junk_count, taught.wanted_count)


def _taught(mailbox: OpenMailbox) -> Filter | None:
    """Return the filter if it may judge: no statement for a mailbox that had taught too little a moment ago."""
    now = time.monotonic()
    if _untaught.get(mailbox.mailbox.pk, 0.0) > now:
        return None
    row = Filter.objects.filter(pk=mailbox.mailbox.pk, junk_count__gte=ENOUGH, wanted_count__gte=ENOUGH).first()
    if row is None:
        if len(_untaught) >= _MOST_KEPT:
            _untaught.clear()
        _untaught[mailbox.mailbox.pk] = now + _LOOKED_AGAIN_AFTER_SECONDS
    return row


def _is_known(mailbox: OpenMailbox, author: str) -> bool:
    domain = fold(author).rpartition("@")[2]
    organization_id = mailbox.mailbox.organization_id
    if Domain.objects.filter(organization_id=organization_id, name=domain, is_verified=True).exists():
        return True
    return bool(acquaintance.known_among(mailbox, [author]))
