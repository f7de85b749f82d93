"""Conditions that columns of the message answer: as SQL for many, on the row for one. Both say the same."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from uuid import UUID

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.db.models.lookups import IContains

from mailapp.search import index, values
from mailapp.search.tree import (
    Aged,
    And,
    Categorized,
    Compare,
    Dated,
    Flag,
    HasAttachment,
    In,
    Is,
    Leaf,
    Not,
    Or,
    Sized,
    Tree,
)
from mailapp.store.appending import search_id
from mailapp.store.models import Message

_COLUMN_OF_FLAG = {
    Flag.UNREAD: ("is_seen", False),
    Flag.READ: ("is_seen", True),
    Flag.FLAGGED: ("is_flagged", True),
    Flag.UNFLAGGED: ("is_flagged", False),
    Flag.ANSWERED: ("is_answered", True),
    Flag.UNANSWERED: ("is_answered", False),
    Flag.FORWARDED: ("is_forwarded", True),
    Flag.DRAFT: ("is_draft", True),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """What the leaves of one query mean now, for this reader, in this mailbox."""

    now: datetime
    zone: tzinfo
    folders: Mapping[In, Collection[UUID]]
    keywords: Mapping[Categorized, str] = field(default_factory=dict)  # in lower case

    def condition(self, tree: Tree) -> Q:
        match tree:
            case Not(part):
                return ~self.condition(part)
            case And(parts):
                return Q(*(self.condition(part) for part in parts))
            case Or(parts):
                return Q(*(self.condition(part) for part in parts), _connector=Q.OR)
            case Is(flag):
                name, value = _COLUMN_OF_FLAG[flag]
                return Q(**{name: value})
            case Categorized():
                return Q(is_categorized=True) & has_keyword(self.keywords[tree])
            case In():
                return Q(folder_id__in=list(self.folders[tree]))
            case HasAttachment():
                return Q(has_attachment=True)
            case Sized(Compare.LARGER, size_bytes):
                return Q(size_bytes__gt=size_bytes)
            case Sized(_, size_bytes):
                return Q(size_bytes__lt=size_bytes)
            case Dated() | Aged():
                span = self.span(tree)
                return Q(search_id__gte=span.low, search_id__lt=span.high)
        raise TypeError(tree)

    def holds(self, leaf: Leaf, message: Message) -> bool:
        match leaf:
            case Is(flag):
                name, value = _COLUMN_OF_FLAG[flag]
                return getattr(message, name) is value
            case Categorized():
                return self.keywords[leaf] in (keyword.lower() for keyword in message.keywords)
            case In():
                return message.folder_id in self.folders[leaf]
            case HasAttachment():
                return message.has_attachment
            case Sized(Compare.LARGER, size_bytes):
                return message.size_bytes > size_bytes
            case Sized(_, size_bytes):
                return message.size_bytes < size_bytes
            case Dated() | Aged():
                span = self.span(leaf)
                return span.low <= message.search_id < span.high
        raise TypeError(leaf)

    def span(self, leaf: Dated | Aged) -> index.Span:
        since, until = values.moments(leaf, self.now, self.zone)
        return index.Span(
            index.SMALLEST if since is None else _bound(since), index.LARGEST if until is None else _bound(until)
        )


def has_keyword(keyword: str) -> Q:
    """Return the condition that messages carry a keyword, which is ASCII without quotes. The index is another's."""
    return Q(IContains(Cast("keywords", TextField()), f'"{keyword}"'))


def _bound(moment: datetime) -> int:
    """Return the smallest search id of that second."""
    try:
        return search_id(moment.astimezone(UTC), 0)
    except OverflowError:  # the calendar ends within a day of here
        return index.SMALLEST if moment.year < 2000 else index.LARGEST
