"""Counting up in one statement and learning the result: every delivery does it twice, so the ORM's two are too slow."""

from typing import Any

from django.db import connection, models
from django.db.models import F


def count_up(model: type[models.Model], pk: Any, wanted: str, **increments: int) -> int:
    """Add the increments to a row's columns and return the new value of one. The row stays locked by the transaction.

    Raises:
        model.DoesNotExist: There is no such row.
    """
    if not connection.features.can_return_columns_from_insert:  # SQLite before 3.35 has no RETURNING
        model._default_manager.filter(pk=pk).update(**{name: F(name) + count for name, count in increments.items()})
        return int(model._default_manager.values_list(wanted, flat=True).get(pk=pk))
    fields, quote = model._meta, connection.ops.quote_name
    columns = {name: quote(fields.get_field(name).column) for name in (*increments, wanted)}
    changes = ", ".join(f"{columns[name]} = {columns[name]} + %s" for name in increments)
    statement = (
        f"UPDATE {quote(fields.db_table)} SET {changes} WHERE {quote(fields.pk.column)} = %s "  # noqa: S608  (own names)
        f"RETURNING {columns[wanted]}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*increments.values(), fields.pk.get_db_prep_value(pk, connection)])
        row = cursor.fetchone()
    if row is None:
        raise model.DoesNotExist
    return int(row[0])
