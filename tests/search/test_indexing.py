"""Filling the index: at once, in the background, twice, half way, and without leaving a readable word behind."""

import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from mailapp.mime.parse import parse
from mailapp.search import index, indexing, queries, tasks
from mailapp.search.index import Span, current
from mailapp.search.models import Removal
from mailapp.search.query import parse as parse_query
from mailapp.store import appending, blobs, moving
from mailapp.store.models import Message
from tests import factories
from workmail.directory.models import User
from workmail.errors import Invalid
from workmail.keys.models import OrganizationKey
from workmail.keys.services import set_organization_key_state

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def alice(db: None) -> User:
    return factories.make_user(factories.make_organization("example", domain="example.test"), "alice")


def found(user: User, text: str) -> list[int]:
    page = queries.search(factories.open_mailbox(user), parse_query(text))
    return [row.message.pk for row in page.messages]


def store(user: User, subject: str, text: str = "Nothing.") -> Message:
    return factories.store_message(user, factories.make_message_bytes(subject=subject, text=text))


def test_a_message_is_found_as_soon_as_delivery_has_indexed_it(alice: User) -> None:
    raw = factories.make_message_bytes(subject="Lighthouse")
    message = factories.store_message(alice, raw)
    assert found(alice, "lighthouse") == []
    indexing.index_message(message, factories.open_mailbox(alice).keys, parse(raw))
    assert found(alice, "lighthouse") == [message.pk]
    assert indexing.index_pending() == 0


@pytest.mark.django_db(transaction=True)
def test_what_arrives_is_found_at_once_and_an_import_soon(alice: User) -> None:
    folder = factories.open_folder(alice)
    message = store(alice, "Lighthouse")
    assert found(alice, "lighthouse") == [message.pk]
    raws = [factories.make_message_bytes(subject=f"Harbour {number}") for number in range(10)]
    appending.append(folder, [appending.seal(folder.keys, appending.prepare(raw)) for raw in raws])
    assert found(alice, "harbour") == []
    tasks.index_pending()
    assert len(found(alice, "harbour")) == 10


@pytest.mark.django_db(transaction=True)
def test_one_message_to_many_leaves_the_rest_to_the_sweep(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "_lately", threading.local())
    monkeypatch.setattr(indexing, "_WINDOW_SECONDS", 3_600.0)
    indexing._lately.since, indexing._lately.spent = time.monotonic(), 1_800.0
    message = store(alice, "Lighthouse")
    assert found(alice, "lighthouse") == []
    tasks.index_pending()
    assert found(alice, "lighthouse") == [message.pk]


@pytest.mark.django_db(transaction=True)
def test_recipients_of_one_message_each_find_it(alice: User) -> None:
    prepared = appending.prepare(factories.make_message_bytes(subject="Lighthouse"))
    for user in (alice, factories.make_user(alice.organization, "bob")):
        folder = factories.open_folder(user)
        (message,) = appending.append(folder, [appending.seal(folder.keys, prepared)])
        assert found(user, "lighthouse") == [message.pk]


def test_the_newest_are_indexed_first_and_the_page_says_how_many_wait(alice: User) -> None:
    messages = [store(alice, f"Lighthouse {number}") for number in range(5)]
    assert indexing.index_pending(limit=2) == 2
    page = queries.search(factories.open_mailbox(alice), parse_query("lighthouse"))
    assert {row.message.pk for row in page.messages} == {messages[3].pk, messages[4].pk}
    assert page.not_indexed == 3
    assert indexing.index_pending(limit=10) == 3
    assert queries.search(factories.open_mailbox(alice), parse_query("lighthouse")).not_indexed == 0


def test_every_mailbox_gets_its_share(alice: User) -> None:
    bob = factories.make_user(alice.organization, "bob")
    for number in range(10):
        store(alice, f"Import {number}")
    mine = store(bob, "Lighthouse")
    indexing.index_pending(limit=4)
    assert found(bob, "lighthouse") == [mine.pk]


def test_indexing_again_changes_nothing(alice: User) -> None:
    message = store(alice, "Lighthouse")
    other = store(alice, "Harbour")
    indexing.index_pending()
    before = entry_of(message), entry_of(other)
    Message.objects.update(is_indexed=False)
    assert indexing.index_pending() == 2
    assert (entry_of(message), entry_of(other)) == before
    assert found(alice, "lighthouse") == [message.pk]


def entry_of(message: Message) -> object:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT search_id, numbers FROM search_entry WHERE search_id = %s", [message.search_id])
        else:
            cursor.execute("SELECT rowid, words FROM search_index WHERE rowid = %s", [message.search_id])
        (row,) = cursor.fetchall()
        return row


def test_what_is_killed_half_way_goes_on(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [store(alice, f"Lighthouse {number}") for number in range(2 * indexing.BATCH + 5)]
    write, calls = indexing._write, []

    def die_at_the_second(entries: Iterable[indexing.Entry]) -> int:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return write(list(entries))

    with monkeypatch.context() as patched:
        patched.setattr(indexing, "_write", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            indexing.index_pending()
    assert Message.objects.filter(is_indexed=True).count() == indexing.BATCH
    assert len(current().stored(Span(), 1_000)) == indexing.BATCH
    assert indexing.index_pending() == indexing.BATCH + 5
    assert len(found(alice, "lighthouse")) == 45 == len(messages)


def test_a_message_expunged_while_it_was_read_leaves_no_entry(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    message = store(alice, "Lighthouse")
    write = indexing._write

    def expunge_first(entries: list[indexing.Entry]) -> int:
        moving.expunge(factories.open_folder(alice), [message.uid])
        return write(entries)

    monkeypatch.setattr(indexing, "_write", expunge_first)
    assert indexing.index_pending() == 0
    assert current().stored(Span(), 10) == []


def test_what_is_expunged_is_not_found_and_soon_out_of_the_index(alice: User) -> None:
    message, other = store(alice, "Lighthouse"), store(alice, "Lighthouse too")
    indexing.index_pending()
    moving.expunge(factories.open_folder(alice), [message.uid])
    assert found(alice, "lighthouse") == [other.pk]
    assert set(current().stored(Span(), 10)) == {message.search_id, other.search_id}
    tasks.index_pending()
    assert current().stored(Span(), 10) == [other.search_id]
    assert not Removal.objects.exists()
    assert indexing.remove_expunged() == 0


def test_a_damaged_content_hides_neither_its_header_nor_other_messages(alice: User) -> None:
    gone, damaged, sound = (store(alice, f"Lighthouse {word}", "harbour") for word in ("one", "two", "three"))
    blobs.delete(gone.content.blob_name)
    blobs.write(damaged.content.blob_name, b"not what was sealed")
    assert indexing.index_pending() == 3
    assert set(found(alice, "lighthouse")) == {gone.pk, damaged.pk, sound.pk}
    assert found(alice, "harbour") == [sound.pk]
    assert found(alice, '"lighthouse three"') == [sound.pk]
    assert found(alice, '"nothing here"') == []


def test_a_blob_store_that_is_away_leaves_messages_waiting(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    message = store(alice, "Lighthouse")

    def away(name: str) -> bytes:
        raise ConnectionError(name)

    with monkeypatch.context() as patched:
        patched.setattr(blobs, "read", away)
        with pytest.raises(ConnectionError):
            indexing.index_pending()
    assert indexing.index_pending() == 1
    assert found(alice, "lighthouse") == [message.pk]


def test_mail_of_a_disabled_key_waits(alice: User) -> None:
    message = store(alice, "Lighthouse")
    stranger = factories.make_user(factories.make_organization())
    theirs = store(stranger, "Lighthouse")
    key = OrganizationKey.objects.get(organization=alice.organization)
    set_organization_key_state(key, OrganizationKey.State.DISABLED)
    tasks.index_pending()
    assert found(stranger, "lighthouse") == [theirs.pk]
    assert not Message.objects.get(pk=message.pk).is_indexed
    set_organization_key_state(key, OrganizationKey.State.ENABLED)
    tasks.index_pending()
    assert found(alice, "lighthouse") == [message.pk]


def test_the_task_is_not_done_by_two_at_once(alice: User) -> None:
    from django.core.cache import cache

    message = store(alice, "Lighthouse")
    lock = f"search.index_mailbox.{message.mailbox_id}"
    cache.add(lock, True)
    tasks.index_mailbox(str(message.mailbox_id))
    assert found(alice, "lighthouse") == []
    cache.delete(lock)
    tasks.index_mailbox(str(message.mailbox_id))
    assert found(alice, "lighthouse") == [message.pk]
    assert cache.get(lock) is None


def test_reindex_writes_every_entry_anew(alice: User) -> None:
    message = store(alice, "Lighthouse")
    indexing.index_pending()
    current().put([(message.search_id, [1, 2, 3])])
    assert found(alice, "lighthouse") == []
    output = StringIO()
    call_command("reindex", "alice@example.test", stdout=output, stderr=StringIO())
    assert output.getvalue() == "1 messages indexed.\n"
    assert found(alice, "lighthouse") == [message.pk]
    call_command("reindex", str(message.mailbox_id), stdout=output, stderr=StringIO())
    with pytest.raises(CommandError):
        call_command("reindex", "nobody@example.test")


# --- What the database shows to whoever steals it ----------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_no_word_stands_in_the_database(alice: User) -> None:
    secrets = ("xylophone", "marmalade", "quicksilver", "zanzibar")
    raw = factories.make_message_bytes(
        from_="Zanzibar Person <zanzibar@example.org>",
        subject="Xylophone",
        text="marmalade and quicksilver",
        attachments=[("quicksilver.txt", "text/plain", b"marmalade")],
    )
    message = factories.store_message(alice, raw)
    indexing.index_pending()
    assert all(found(alice, secret) == [message.pk] for secret in secrets)
    everything = dump()
    assert b"lice" in everything  # the dump is no empty one
    for secret in secrets:
        for form in (secret, secret.upper(), secret.title(), secret[:6]):
            assert form.encode() not in everything


def dump() -> bytes:
    """Return all octets that the tables hold."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with open(connection.settings_dict["NAME"], "rb") as file:
                return file.read()
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        parts = []
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT t::text FROM {table} t")
            parts += [row[0] for row in cursor.fetchall()]
        text = "\n".join(parts)
        octets = [bytes.fromhex(part) for part in text.replace('"', "").split("\\x")[1:] if is_hex(part)]
        return text.encode() + b"".join(octets)


def is_hex(text: str) -> bool:
    try:
        return bool(bytes.fromhex(text))
    except ValueError:
        return False


def test_equal_words_of_two_mailboxes_have_nothing_in_common(alice: User) -> None:
    keys = [factories.open_mailbox(user).keys for user in (alice, factories.make_user(alice.organization))]
    first, second = (set(index.numbers(each, [f"b:word{n}" for n in range(100)])) for each in keys)
    assert len(first) == 100
    assert not first & second


# --- Pages -----------------------------------------------------------------------------------------------------


def test_pages_go_on_where_the_last_one_ended(alice: User) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    raws = [factories.make_message_bytes(subject=f"Lighthouse {number}") for number in range(7)]
    messages = [
        factories.store_message(alice, raw, internal_date=start + timedelta(days=number))
        for number, raw in enumerate(raws)
    ]
    indexing.index_pending()
    mailbox, after, pages = factories.open_mailbox(alice), None, []
    while True:
        page = queries.search(mailbox, parse_query("lighthouse"), after=after, limit=3)
        pages.append([row.message.pk for row in page.messages])
        after = page.next_cursor
        if after is None:
            break
    newest_first = [message.pk for message in reversed(messages)]
    assert pages == [newest_first[:3], newest_first[3:6], newest_first[6:]]
    assert page.messages[0].summary.subject == "Lighthouse 0"


@pytest.mark.parametrize("cursor", ["", "x", "1.5", "9" * 30])
def test_a_cursor_that_is_none_is_refused(alice: User, cursor: str) -> None:
    with pytest.raises(Invalid):
        queries.search(factories.open_mailbox(alice), parse_query("a"), after=cursor)


def test_junk_and_deleted_are_left_out_unless_they_are_named(alice: User) -> None:
    kept, junk, deleted = (
        factories.store_message(alice, factories.make_message_bytes(subject="Lighthouse"), role=role)
        for role in ("archive", "junk", "deleted")
    )
    indexing.index_pending()
    assert found(alice, "lighthouse") == [kept.pk]
    assert found(alice, "lighthouse -in:archive") == []
    assert found(alice, "lighthouse in:junk") == [junk.pk]
    assert found(alice, "lighthouse dans:corbeille") == [deleted.pk]
    assert len(found(alice, "lighthouse в:везде")) == 3
    mailbox = factories.open_mailbox(alice)
    assert queries.search(mailbox, parse_query("lighthouse")).leaves_out_hidden
    assert queries.search(mailbox, parse_query("lighthouse -in:archive")).leaves_out_hidden
    assert not queries.search(mailbox, parse_query("lighthouse in:inbox")).leaves_out_hidden
    assert not queries.search(mailbox, parse_query("lighthouse in:anywhere")).leaves_out_hidden


def test_an_unknown_folder_is_a_problem_and_no_error(alice: User) -> None:
    page = queries.search(factories.open_mailbox(alice), parse_query("in:nowhere before:never"))
    assert [problem.code for problem in page.problems] == ["unknown_value", "unknown_folder"]
    assert page.messages == []


def test_nothing_asked_is_nothing_found(alice: User) -> None:
    store(alice, "Lighthouse")
    page = queries.search(factories.open_mailbox(alice), parse_query(" & "))
    assert (list(page.messages), page.next_cursor) == ([], None)


def test_a_page_costs_the_same_few_statements(alice: User, django_assert_num_queries: object) -> None:
    for number in range(30):
        store(alice, f"Lighthouse {number}")
    indexing.index_pending()
    mailbox = factories.open_mailbox(alice)
    _ = mailbox.keys
    # folders, index (PostgreSQL: newest messages, index), messages, those that wait
    with django_assert_num_queries(5 if connection.vendor == "postgresql" else 4):  # type: ignore[operator]
        queries.search(mailbox, parse_query("lighthouse from:sender"))
