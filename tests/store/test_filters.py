"""The quick filters above a list: what they show, and that each reads its own index, however large the folder."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from mailapp.store import moving, queries
from mailapp.store.models import Conversation, Message
from mailapp.store.queries import Cursor, Filter
from mailapp.web.list_changes import filter_condition
from tests import factories

pytestmark = pytest.mark.django_db

INDEXES = {
    Filter.UNREAD: ("conversation_unread", "message_listed_unread"),
    Filter.FLAGGED: ("conversation_flagged", "message_listed_flagged"),
    Filter.TO_ME: ("conversation_to_me", "message_listed_to_me"),
    Filter.ATTACHMENTS: ("conversation_with_file", "message_listed_with_file"),
}


@pytest.fixture
def alice(db):
    organization = factories.make_organization("example", domain="example.test")
    return factories.make_user(organization, "alice", aliases=["sales"])


@pytest.mark.both_databases
def test_to_me_shows_what_names_one_of_the_addresses_in_to(alice):
    inbox = factories.open_folder(alice)
    expected = {}
    for to, cc in (
        ("Alice <ALICE@Example.test>", ""),
        ("sales@example.test, bob@example.org", ""),
        ("bob@example.org", "alice@example.test"),
        ("team@example.org", ""),
    ):
        message = factories.store_message(alice, factories.make_message_bytes(to=to, cc=cc))
        expected[message.key] = message.is_to_me
    assert list(expected.values()) == [True, True, False, False]
    shown = {row.message.key for row in queries.messages(inbox, only=Filter.TO_ME).rows}
    assert shown == {key for key, is_to_me in expected.items() if is_to_me}
    rows = queries.conversations(inbox, only=Filter.TO_ME).rows
    assert {row.newest.message.key for row in rows} == shown


@pytest.mark.both_databases
def test_the_count_moves_with_the_messages(alice):
    inbox, archive = factories.open_folder(alice), factories.open_folder(alice, "archive")
    raw = factories.make_message_bytes(to="alice@example.test", message_id="<1@example.org>")
    first = factories.store_message(alice, raw)
    factories.store_message(alice, factories.make_message_bytes(to="x@example.org", in_reply_to="<1@example.org>"))
    assert Conversation.objects.get(folder=inbox.folder).to_me_count == 1
    moving.move(inbox, [first.uid], archive)
    assert queries.conversations(inbox, only=Filter.TO_ME).rows == []
    assert Conversation.objects.get(folder=archive.folder).to_me_count == 1


@pytest.mark.parametrize("only", list(INDEXES))
def test_each_filter_reads_its_own_index_and_sorts_nothing(alice, only):
    """On SQLite, whose plans do not depend on what is in the table."""
    if connection.vendor != "sqlite":
        return
    inbox, now = factories.open_folder(alice).folder, timezone.now() - timedelta(days=1)
    after = Cursor(now, 1)
    conversations = Conversation.objects.filter(filter_condition(only, in_conversations=True), folder=inbox)
    messages = Message.objects.filter(filter_condition(only, in_conversations=False), folder=inbox)
    plans = (
        conversations.filter(newest_at__lte=after.at).order_by("-newest_at", "-newest_id")[:51].explain(),
        messages.filter(listed_at__lte=after.at).order_by("-listed_at", "-id")[:51].explain(),
    )
    for plan, index in zip(plans, INDEXES[only], strict=True):
        assert index in plan
        assert "TEMP B-TREE" not in plan
