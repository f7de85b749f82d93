"""Searching a mailbox, newest first.

In every round the next few candidates come from the index (or, for a query without words, from the mailbox), the
database keeps those whose columns fit, and what is left is tried on the decrypted message where only that can tell.
Rounds go on until the page is full or the time is up; the cursor goes on from where they stopped. So no query takes
longer than its budget, however rare its matches: it may only need another page.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from mailapp.access import OpenMailbox, Right
from mailapp.categories import shelf
from mailapp.categories.keywords import keyword_of
from mailapp.search import index, scope
from mailapp.search.candidates import Candidates
from mailapp.search.columns import Columns
from mailapp.search.index import Span
from mailapp.search.plan import Plan, expression, holds, is_for_columns, is_for_index, plan
from mailapp.search.problems import Problem
from mailapp.search.query import Query
from mailapp.search.reading import Reader
from mailapp.search.tree import Aged, Categorized, Dated, Leaf, Phrase, Tree, leaves
from mailapp.store import queries as store_queries
from mailapp.store.models import Message
from mailapp.store.queries import MessageRow
from workmail.errors import Invalid

PAGE_SIZE = 50
TIME_BUDGET_SECONDS = 0.08  # with what it takes to begin and to end, a page stays under a tenth of a second
MOST_COUNTED = 1_000  # messages that wait for the index


@dataclass(frozen=True, slots=True)
class Page:
    """``next_cursor`` is None at the end. A page may have fewer rows than asked for, even none, and still go on."""

    messages: Sequence[MessageRow]
    next_cursor: str | None
    took: float  # seconds
    not_indexed: int  # messages of this mailbox that words do not find yet; at most MOST_COUNTED are counted
    problems: tuple[Problem, ...] = ()
    # The query named no folder to look in, so Junk and Deleted were left out.
    leaves_out_hidden: bool = True


def search(
    mailbox: OpenMailbox,
    query: Query,
    *,
    after: str | None = None,
    limit: int = PAGE_SIZE,
    now: datetime | None = None,
    zone: tzinfo | None = None,
    budget_seconds: float = TIME_BUDGET_SECONDS,
) -> Page:
    """Return the messages of this mailbox that match, newest first.

    Args:
        after: The cursor of the page before.
        now, zone: What ages and dates are counted from; the present, in the active time zone.

    Raises:
        Forbidden: The actor may not read here.
        Invalid: The cursor is none of ours.
        KeyUnavailable: The mailbox cannot be decrypted now.
    """
    mailbox.require(Right.READ)
    started = time.perf_counter()
    high = _parse_cursor(after)
    where = scope.of(mailbox, query.tree)
    if query.tree is None:
        return Page((), None, 0.0, _not_indexed(mailbox), query.problems)
    zone = zone or timezone.get_current_timezone()
    columns = Columns(now or timezone.now(), zone, where.named, _keywords(mailbox, query.tree))
    run = _Run(mailbox, plan(query.tree), where, columns)
    found, next_high = run.page(high, limit, started + budget_seconds)
    return Page(
        store_queries.message_rows(mailbox, found),
        None if next_high is None else str(next_high),
        time.perf_counter() - started,
        _not_indexed(mailbox),
        (*query.problems, *where.problems),
        where.is_usual,
    )


def _parse_cursor(text: str | None) -> int:
    if text is None:
        return index.LARGEST
    try:
        high = int(text)
    except ValueError as error:
        raise Invalid from error
    if not index.SMALLEST <= high <= index.LARGEST:
        raise Invalid
    return high


def _keywords(mailbox: OpenMailbox, tree: Tree) -> dict[Categorized, str]:
    """Return the keyword of each category that the query names; of an unknown one the keyword that it would have."""
    named = [leaf for leaf, _ in leaves(tree) if isinstance(leaf, Categorized)]
    if not named:
        return {}
    known = shelf.of(mailbox)
    return {
        leaf: (found.keyword if (found := known.named(leaf.name)) else keyword_of(leaf.name)).lower() for leaf in named
    }


def _not_indexed(mailbox: OpenMailbox) -> int:
    return Message.objects.filter(mailbox=mailbox.mailbox, is_indexed=False)[:MOST_COUNTED].count()


# --- One query, one page ---------------------------------------------------------------------------------------


@dataclass
class _Run:
    mailbox: OpenMailbox
    plan: Plan
    scope: scope.Scope
    columns: Columns

    def __post_init__(self) -> None:
        self.folders = self.scope.narrowed(self.plan.conditions)
        self.filter = Q(
            *(self.columns.condition(tree) for tree in self.plan.conditions),
            folder_id__in=[folder.pk for folder in self.folders],
        )
        self.reader = Reader(self.mailbox)
        self.candidates = Candidates(self.mailbox, self.plan, self.scope, self.folders, self.filter)

    def page(self, high: int, limit: int, deadline: float) -> tuple[list[Message], int | None]:
        """Return up to ``limit`` messages below ``high``, and where the next page begins."""
        span = self._span(high)
        found: list[Message] = []
        if span.low >= span.high or not self.folders:
            return found, None
        examined = None
        for search_ids in filter(None, self.candidates.rounds(span, deadline)):
            judge = _Judge(self, search_ids) if self.plan.residual else None
            rows = self._all_fitting(search_ids) if judge else self._fitting(search_ids, limit + 1 - len(found))
            for message in rows:
                if judge and examined and time.perf_counter() > deadline:
                    return found, examined
                if judge is None or judge.holds(message):
                    if len(found) == limit:
                        return found, found[-1].search_id
                    found.append(message)
                examined = message.search_id
        return found, self.candidates.stopped_at

    def _span(self, high: int) -> Span:
        """Dates are search ids: what they exclude is not looked at."""
        low = index.SMALLEST
        for condition in self.plan.conditions:
            if isinstance(condition, Dated | Aged):
                span = self.columns.span(condition)
                low, high = max(low, span.low), min(high, span.high)
        return Span(low, high)

    def _fitting(self, search_ids: list[int], limit: int | None = None) -> list[Message]:
        """Return the candidates whose columns fit, newest first."""
        rows = Message.objects.filter(self.filter, mailbox=self.mailbox.mailbox, search_id__in=_listed(search_ids))
        rows = rows.defer("structure").order_by("-search_id")
        if self.plan.residual:
            rows = rows.select_related("content")
        messages = list(rows[:limit])
        for message in messages:
            message.folder = self.scope.folders[message.folder_id]
        return messages

    def _all_fitting(self, search_ids: list[int]) -> Iterator[Message]:
        """Yield them, read a few at a time: whoever tries them one by one may stop early."""
        for start in range(0, len(search_ids), PAGE_SIZE):
            yield from self._fitting(search_ids[start : start + PAGE_SIZE])


class _Judge:
    """Tries what neither index nor columns could say for all candidates of a round at once."""

    def __init__(self, run: _Run, search_ids: list[int]) -> None:
        self._run = run
        self._search_ids = search_ids
        self._matching: dict[tuple[Leaf, bool], set[int]] = {}

    def holds(self, message: Message) -> bool:
        def truth(leaf: Leaf, positive: bool) -> bool:
            if is_for_columns(leaf):
                return self._run.columns.holds(leaf, message)
            if message.search_id not in self._matching_ids(leaf, positive):
                return False
            return not isinstance(leaf, Phrase) or is_for_index(leaf) or self._run.reader.has_phrase(message, leaf)

        return all(holds(tree, truth) for tree in self._run.plan.residual)

    def _matching_ids(self, leaf: Leaf, positive: bool) -> set[int]:
        """Return the candidates that match as far as the index knows, asked once for the whole round."""
        if (leaf, positive) not in self._matching:
            wanted = expression(leaf, positive=positive)
            self._matching[leaf, positive] = (
                set()
                if wanted is None
                else self._run.candidates.entries.among(self._run.mailbox.keys, wanted, self._search_ids)
            )
        return self._matching[leaf, positive]


def _listed(search_ids: list[int]) -> RawSQL:
    """Return the ids as one parameter, so that their number meets no limit and the statement stays the same."""
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [search_ids])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(search_ids)])
