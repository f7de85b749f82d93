"""The index on PostgreSQL: arrays of numbers under GIN.

The planner knows nothing useful about numbers that differ from mailbox to mailbox: left to itself it may walk the
primary key and look into every array. So the statements here allow bitmap scans only, which is what GIN is for, and
subtract one set from another (EXCEPT) instead of testing row by row.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from mailapp.search import index
from mailapp.search.terms import All, AnyOf, Either, Expression
from workmail.keys.mailbox_keys import MailboxKeys

_PLANS = ("enable_seqscan", "enable_indexscan", "enable_indexonlyscan")


class PostgreSQLIndex:
    def put(self, entries: Sequence[tuple[int, Collection[int]]]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO search_entry (search_id, numbers) VALUES (%s, %s::bigint[]) "
                "ON CONFLICT (search_id) DO UPDATE SET numbers = EXCLUDED.numbers",
                [(search_id, list(numbers)) for search_id, numbers in entries],
            )

    def remove(self, search_ids: Collection[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM search_entry WHERE search_id = ANY(%s::bigint[])", [list(search_ids)])

    def matching(
        self, keys: MailboxKeys, wanted: Expression, unwanted: Sequence[Expression], span: index.Span, limit: int
    ) -> list[int]:
        parameters: list[Any] = []
        found = _matching(keys, wanted, parameters)
        for expression in unwanted:
            found = f"({found}) EXCEPT ({_matching(keys, expression, parameters)})"
        return self._ids(
            f"WITH found AS MATERIALIZED ({found}) SELECT search_id FROM found "  # noqa: S608
            "WHERE search_id >= %s AND search_id < %s ORDER BY search_id DESC LIMIT %s",
            [*parameters, span.low, span.high, limit],
        )

    def among(self, keys: MailboxKeys, wanted: Expression, search_ids: Collection[int]) -> set[int]:
        parameters: list[Any] = []
        found = _matching(keys, wanted, parameters)
        return set(
            self._ids(
                f"WITH found AS MATERIALIZED ({found}) SELECT search_id FROM found "  # noqa: S608
                "WHERE search_id = ANY(%s::bigint[])",
                [*parameters, list(search_ids)],
            )
        )

    def stored(self, span: index.Span, limit: int) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT search_id FROM search_entry WHERE search_id >= %s AND search_id < %s "
                "ORDER BY search_id DESC LIMIT %s",
                [span.low, span.high, limit],
            )
            return [row[0] for row in cursor.fetchall()]

    def _ids(self, statement: str, parameters: list[Any]) -> list[int]:
        with _only_bitmap_scans(), connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return [row[0] for row in cursor.fetchall()]


@contextmanager
def _only_bitmap_scans() -> Iterator[None]:
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(";".join(f"SET LOCAL {plan} = off" for plan in _PLANS))
        yield
        cursor.execute(";".join(f"SET LOCAL {plan} = on" for plan in _PLANS))  # the transaction may be a caller's


def _matching(keys: MailboxKeys, expression: Expression, parameters: list[Any]) -> str:
    return f"SELECT search_id FROM search_entry WHERE {_condition(keys, expression, parameters)}"  # noqa: S608


def _condition(keys: MailboxKeys, expression: Expression, parameters: list[Any]) -> str:
    match expression:
        case AnyOf(terms):
            parameters.append(sorted(index.numbers(keys, terms)))
            return "numbers && %s::bigint[]"
        case All(parts):
            return " AND ".join(f"({_condition(keys, part, parameters)})" for part in parts)
        case Either(parts):
            return " OR ".join(f"({_condition(keys, part, parameters)})" for part in parts)
    raise TypeError(expression)
