"""What SQLite shall believe about the sizes of tables when it chooses an index.

Without statistics it takes every index for equally good and reads a folder of 200,000 messages to find the three of a
conversation. ANALYZE on a young installation would teach it that folders are small; so typical figures are written
instead, after every migration (https://www.sqlite.org/optoverview.html, "Manual Control Of Query Plans Using
SQLITE_STAT Tables"). PostgreSQL keeps statistics of its own.
"""

from typing import Any

from django.db import connections

from mailapp.store.models import Conversation, Message, ThreadReference

# Table: (rows, rows that share one value of the column). A column that is not named is as good as unique.
TYPICAL: dict[type, tuple[int, dict[str, int]]] = {
    Message: (1_000_000, {"mailbox_id": 100_000, "folder_id": 20_000, "thread_id": 4, "content_id": 2}),
    Conversation: (500_000, {"folder_id": 10_000, "thread_id": 2}),
    ThreadReference: (1_000_000, {"mailbox_id": 100_000, "thread_id": 4}),
}


def write_typical(using: str = "default", **_: Any) -> None:
    """Write the figures, on SQLite; a receiver of ``post_migrate``. Other connections read them when they open."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sqlite_schema")  # makes the table of statistics
        for model, (rows, shared) in TYPICAL.items():
            table = model._meta.db_table
            cursor.execute("DELETE FROM sqlite_stat1 WHERE tbl = %s", [table])
            for index, columns in _whole_indexes(cursor, table):
                figures = [rows, *_shared_by_prefix(columns, shared)]
                cursor.execute(
                    "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)",
                    [table, index, " ".join(map(str, figures))],
                )
        cursor.execute("ANALYZE sqlite_schema")  # reads them


def _whole_indexes(cursor: Any, table: str) -> list[tuple[str, list[str]]]:
    """Return (name, columns) of the indexes that hold every row; a partial one holds few and needs no figures."""
    cursor.execute("SELECT name FROM pragma_index_list(%s) WHERE partial = 0", [table])
    names = [name for (name,) in cursor.fetchall()]
    found = []
    for name in names:
        cursor.execute("SELECT name FROM pragma_index_info(%s) ORDER BY seqno", [name])
        found.append((name, [column for (column,) in cursor.fetchall()]))
    return found


def _shared_by_prefix(columns: list[str], shared: dict[str, int]) -> list[int]:
    figures: list[int] = []
    for column in columns:
        figures.append(min([shared.get(column, 1), *figures]))
    return figures
