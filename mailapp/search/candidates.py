"""Which messages have to be looked at for a query, newest first, found in the way that costs least.

Three ways. Where columns leave but a few messages (a small folder, what is unread), those are read and the index is
only asked about them. Else the index gives the newest that match; where it has to find all of them first
(``Index.least``), the newest messages of the mailbox are tried before, since a common word is often enough among them.
A query without words walks through the mailbox.
"""

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field

from django.db.models import Q

from mailapp.access import OpenMailbox
from mailapp.search import index, scope
from mailapp.search.index import Span
from mailapp.search.plan import Plan
from mailapp.search.tree import Categorized, Flag, Is
from mailapp.store.models import Folder, Message

FEW = 3_000
FIRST_ROUND, LARGEST_ROUND = 200, 5_000
_PROBES = (400, 1_600)
_WORTH_PROBING_ON = 0.1  # of the messages match


@dataclass
class Candidates:
    """``stopped_at`` says after the rounds where the next page has to go on; None at the end."""

    mailbox: OpenMailbox
    plan: Plan
    scope: scope.Scope
    folders: list[Folder]
    filter: Q
    entries: index.Index = field(default_factory=index.current)
    stopped_at: int | None = None
    deadline: float = 0.0

    def rounds(self, span: Span, deadline: float) -> Iterator[list[int]]:
        """Yield search ids in rounds that grow, until the end or the deadline; one round at least."""
        self.deadline = deadline
        if self._are_few():
            yield from self._of_few(span)
            return
        rest: Span | None = span
        if self.plan.narrowing and self.entries.least > 1:
            rest = yield from self._of_newest(span)
        if rest is not None:
            yield from self._of_all(rest)

    def _of_few(self, span: Span) -> Iterator[list[int]]:
        # By folder alone, which says the mailbox too: else SQLite would walk the mailbox instead of its small indexes.
        rows = Message.objects.filter(self.filter, search_id__gte=span.low, search_id__lt=span.high)
        for search_ids in _growing(sorted(rows.values_list("search_id", flat=True), reverse=True), FIRST_ROUND):
            yield self._matching(search_ids)
            if self._stops(search_ids[-1]):
                return

    def _of_newest(self, span: Span) -> Generator[list[int], None, Span | None]:
        """Try the newest messages of the mailbox as long as many match; return what is left to look at."""
        for size in _PROBES:
            newest = self._newest(span, size)
            matching = self._matching(newest)
            yield matching
            if len(newest) < size or self._stops(newest[-1]):
                return None
            span = Span(span.low, newest[-1])
            if len(matching) < size * _WORTH_PROBING_ON:
                break
        return span

    def _of_all(self, span: Span) -> Iterator[list[int]]:
        size = FIRST_ROUND
        while True:
            asked = max(size, self.entries.least if self.plan.narrowing else 1)
            fetched = self._fetch(span, asked)
            for search_ids in _growing(fetched, size):
                yield search_ids if self.entries.subtracts else self._without_unwanted(search_ids)
            if len(fetched) < asked or self._stops(fetched[-1]):
                return
            span = Span(span.low, fetched[-1])
            size = min(size * 4, LARGEST_ROUND)

    def _stops(self, at: int) -> bool:
        if time.perf_counter() > self.deadline:
            self.stopped_at = at
        return self.stopped_at is not None

    def _fetch(self, span: Span, count: int) -> list[int]:
        if narrowing := self.plan.narrowing:
            return self.entries.matching(self.mailbox.keys, narrowing, self.plan.unwanted, span, count)
        return self._newest(span, count)

    def _newest(self, span: Span, count: int) -> list[int]:
        rows = Message.objects.filter(
            mailbox=self.mailbox.mailbox, search_id__gte=span.low, search_id__lt=span.high
        ).order_by("-search_id")
        return list(rows.values_list("search_id", flat=True)[:count])

    def _matching(self, search_ids: list[int]) -> list[int]:
        """Return those that the index does not exclude, in the same order."""
        if (narrowing := self.plan.narrowing) is None:
            return search_ids
        matching = self.entries.among(self.mailbox.keys, narrowing, search_ids)
        return self._without_unwanted([search_id for search_id in search_ids if search_id in matching])

    def _without_unwanted(self, search_ids: list[int]) -> list[int]:
        for unwanted in self.plan.unwanted:
            excluded = self.entries.among(self.mailbox.keys, unwanted, search_ids)
            search_ids = [search_id for search_id in search_ids if search_id not in excluded]
        return search_ids

    def _are_few(self) -> bool:
        """Say whether columns alone leave at most ``FEW`` messages, as far as that is known without reading them."""
        names_folders = len(self.folders) < len(self.scope.visible)
        if names_folders and sum(folder.message_count for folder in self.folders) <= FEW:
            return True
        if Is(Flag.UNREAD) in self.plan.conditions:
            return sum(folder.unread_count for folder in self.folders) <= FEW
        if Is(Flag.FLAGGED) in self.plan.conditions:
            return self._are_few_among(is_flagged=True)
        if any(isinstance(condition, Categorized) for condition in self.plan.conditions):
            return self._are_few_among(is_categorized=True)
        return False

    def _are_few_among(self, **having: bool) -> bool:
        found = Message.objects.filter(folder_id__in=[folder.pk for folder in self.folders], **having)
        return found[: FEW + 1].count() <= FEW


def _growing(search_ids: list[int], size: int) -> Iterator[list[int]]:
    """Cut the list into pieces, the first ones small: most pages are full after the first."""
    start = 0
    while start < len(search_ids):
        yield search_ids[start : start + size]
        start, size = start + size, min(size * 4, LARGEST_ROUND)
