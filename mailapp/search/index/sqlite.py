"""The index on SQLite: an FTS5 table whose text is the numbers, one word each.

``detail=none`` keeps no positions, ``columnsize=0`` no lengths: each message is a set. The rowid is the search id, so
FTS5's own order is the newest first and a page ends after as many steps as it has rows. The words themselves are kept
(it is no contentless table): SQLite 3.40 cannot delete from those without being told every word again.
"""

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

from django.db import connection

from mailapp.search import index
from mailapp.search.terms import All, AnyOf, Either, Expression
from workmail.keys.mailbox_keys import MailboxKeys

# Words are the upper 50 bits in ten characters, two for each ten bits: a quarter less than all 64 would take, for every
# word of every message. Among a million different words of a mailbox, one search in a billion meets two that look the
# same.
_DIGITS = "0123456789abcdefghijklmnopqrstuv"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
# So many messages are asked for their words; for more it is quicker to go through all that match between them.
_FEW = 1_000


class SQLiteIndex:
    least = 1
    subtracts = True

    def put(self, entries: Sequence[tuple[int, Collection[int]]]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT OR REPLACE INTO search_index (rowid, words) VALUES (%s, %s)",
                [(search_id, " ".join(map(_word, numbers))) for search_id, numbers in entries],
            )

    def remove(self, search_ids: Collection[int]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany("DELETE FROM search_index WHERE rowid = %s", [(search_id,) for search_id in search_ids])

    def matching(
        self, keys: MailboxKeys, wanted: Expression, unwanted: Sequence[Expression], span: index.Span, limit: int
    ) -> list[int]:
        match = _match(keys, wanted)
        for expression in unwanted:
            match = f"({match}) NOT ({_match(keys, expression)})"
        return self._ids(
            "SELECT rowid FROM search_index WHERE search_index MATCH %s AND rowid >= %s AND rowid < %s "
            "ORDER BY rowid DESC LIMIT %s",
            [match, span.low, span.high, limit],
        )

    def among(self, keys: MailboxKeys, wanted: Expression, search_ids: Collection[int]) -> set[int]:
        if not search_ids:
            return set()
        if len(search_ids) <= _FEW:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT rowid, words FROM search_index WHERE rowid IN (SELECT value FROM json_each(%s))",
                    [json.dumps(list(search_ids))],
                )
                holds = _holds(keys, wanted)
                return {search_id for search_id, words in cursor if holds(set(words.split()))}
        # The plus keeps SQLite from asking FTS5 anew for each id.
        return set(
            self._ids(
                "SELECT rowid FROM search_index WHERE search_index MATCH %s AND rowid >= %s AND rowid <= %s "
                "AND +rowid IN (SELECT value FROM json_each(%s))",
                [_match(keys, wanted), min(search_ids), max(search_ids), json.dumps(list(search_ids))],
            )
        )

    def stored(self, span: index.Span, limit: int) -> list[int]:
        return self._ids(
            "SELECT rowid FROM search_index WHERE rowid >= %s AND rowid < %s ORDER BY rowid DESC LIMIT %s",
            [span.low, span.high, limit],
        )

    def _ids(self, statement: str, parameters: list[Any]) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return [row[0] for row in cursor.fetchall()]


def _word(number: int) -> str:
    pairs = _PAIRS
    return (
        pairs[number >> 54 & 1023]
        + pairs[number >> 44 & 1023]
        + pairs[number >> 34 & 1023]
        + pairs[number >> 24 & 1023]
        + pairs[number >> 14 & 1023]
    )


def _holds(keys: MailboxKeys, expression: Expression) -> Callable[[set[str]], bool]:
    """Return what says whether a message with these words matches: the same as ``_match``, without the index."""
    match expression:
        case AnyOf(terms):
            wanted = {_word(keys.search_number(term)) for term in terms}
            return lambda words: not wanted.isdisjoint(words)
        case All(parts):
            all_of = [_holds(keys, part) for part in parts]
            return lambda words: all(holds(words) for holds in all_of)
        case Either(parts):
            one_of = [_holds(keys, part) for part in parts]
            return lambda words: any(holds(words) for holds in one_of)
    raise TypeError(expression)


def _match(keys: MailboxKeys, expression: Expression) -> str:
    """Return the expression in FTS5's query syntax."""
    match expression:
        case AnyOf(terms):
            return " OR ".join(f'"{_word(keys.search_number(term))}"' for term in sorted(terms))
        case All(parts):
            return " AND ".join(f"({_match(keys, part)})" for part in parts)
        case Either(parts):
            return " OR ".join(f"({_match(keys, part)})" for part in parts)
    raise TypeError(expression)
