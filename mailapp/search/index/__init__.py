"""The inverted index in the database: numbers of terms to messages, newest first.

An entry is a message's ``search_id`` with the numbers of its terms. Numbers are made with a mailbox's own key, so those
of two mailboxes have nothing in common and the index needs no column for the mailbox; whoever reads it asks for the
rows of one mailbox all the same.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db import connection

from mailapp.search.terms import Expression
from workmail.keys.mailbox_keys import MailboxKeys

SMALLEST, LARGEST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Span:
    """Search ids from ``low`` up to, but without, ``high``."""

    low: int = SMALLEST
    high: int = LARGEST


class Index(Protocol):
    least: int  # asking ``matching`` for fewer is no quicker
    subtracts: bool

    def put(self, entries: Sequence[tuple[int, Collection[int]]]) -> None:
        """Write entries (search id, numbers), in the place of those that are there."""

    def remove(self, search_ids: Collection[int]) -> None: ...

    def matching(
        self, keys: MailboxKeys, wanted: Expression, unwanted: Sequence[Expression], span: Span, limit: int
    ) -> list[int]:
        """Return the newest search ids that match ``wanted``, newest first.

        Those that match ``unwanted`` are left out if the index ``subtracts``; else the caller does that.
        """

    def among(self, keys: MailboxKeys, wanted: Expression, search_ids: Collection[int]) -> set[int]:
        """Return those of the search ids that match."""

    def stored(self, span: Span, limit: int) -> list[int]:
        """Return the newest search ids that have entries, of all mailboxes."""


def current() -> Index:
    if connection.vendor == "postgresql":
        from mailapp.search.index.postgresql import PostgreSQLIndex

        return PostgreSQLIndex()
    from mailapp.search.index.sqlite import SQLiteIndex

    return SQLiteIndex()


def numbers(keys: MailboxKeys, terms: Iterable[str]) -> list[int]:
    """Return what stands for the terms in the index."""
    return [keys.search_number(term) for term in terms]
