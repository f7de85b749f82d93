"""The index on PostgreSQL: arrays of numbers under GIN.

The planner knows nothing useful about numbers that differ from mailbox to mailbox: left to itself it may walk the
primary key and look into every array. So ``matching`` allows bitmap scans only, which is what GIN is for. Looking into
the arrays of some thousand given messages takes a hundredth of a millisecond for each; ``among`` does that.
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
    # GIN finds everything that matches before it gives the newest: ask it once for many.
    least = 5_000
    # To find all that match a common word costs more than to look into the few messages it may exclude from a page.
    subtracts = False

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
        condition = f"({_condition(keys, wanted, parameters)})"
        # Adding nothing keeps the planner from reading the primary key for the span, and every array in it.
        for comparison, bound, is_open in ((">=", span.low, index.SMALLEST), ("<", span.high, index.LARGEST)):
            if bound != is_open:
                condition += f" AND search_id + 0 {comparison} %s"
                parameters.append(bound)
        with _only_bitmap_scans(), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT search_id FROM search_entry WHERE {condition} ORDER BY search_id DESC LIMIT %s",  # noqa: S608
                [*parameters, limit],
            )
            return [row[0] for row in cursor.fetchall()]

    def among(self, keys: MailboxKeys, wanted: Expression, search_ids: Collection[int]) -> set[int]:
        if not search_ids:
            return set()
        parameters: list[Any] = []
        condition = _condition(keys, wanted, parameters)
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH asked AS MATERIALIZED "  # noqa: S608
                "(SELECT search_id, numbers FROM search_entry WHERE search_id = ANY(%s::bigint[])) "
                f"SELECT search_id FROM asked WHERE {condition}",
                [list(search_ids), *parameters],
            )
            return {row[0] for row in cursor.fetchall()}

    def stored(self, span: index.Span, limit: int) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT search_id FROM search_entry WHERE search_id >= %s AND search_id < %s "
                "ORDER BY search_id DESC LIMIT %s",
                [span.low, span.high, limit],
            )
            return [row[0] for row in cursor.fetchall()]


@contextmanager
def _only_bitmap_scans() -> Iterator[None]:
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(";".join(f"SET LOCAL {plan} = off" for plan in _PLANS))
        yield
        cursor.execute(";".join(f"SET LOCAL {plan} = on" for plan in _PLANS))  # the transaction may be a caller's


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
