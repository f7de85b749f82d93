"""The indexes that SQLite chooses, without anybody having run ANALYZE on real mail."""

from django.db import connection
from django.db.models import QuerySet

from mailapp.access import OpenMailbox, folder_by_role
from mailapp.store import queries, statistics
from mailapp.store.models import Message, Thread


def indexes_of(rows: QuerySet) -> str:
    """Return SQLite's plan; on PostgreSQL, which keeps its own statistics, the index that is to be found in it."""
    if connection.vendor != "sqlite":
        statistics.write_typical()  # does nothing there
        return "message_by_thread"
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        return "\n".join(row[3] for row in cursor.fetchall())


def test_a_few_threads_are_found_without_reading_their_folder(mailbox: OpenMailbox) -> None:
    inbox = folder_by_role(mailbox, "inbox")
    threads = [Thread.objects.create(mailbox=mailbox.mailbox).pk for _ in range(20)]
    assert "message_by_thread" in indexes_of(queries._latest_of(inbox.messages, threads))
    assert "message_by_thread" in indexes_of(
        inbox.messages.filter(thread_id__in=threads).order_by("internal_date", "id")
    )


def test_a_conversation_is_found_without_reading_the_mailbox(mailbox: OpenMailbox) -> None:
    thread = Thread.objects.create(mailbox=mailbox.mailbox).pk
    assert "message_by_thread" in indexes_of(
        Message.objects.filter(mailbox=mailbox.mailbox, thread_id=thread).order_by("internal_date", "id")
    )
