"""Laws of searching: what is found equals what reading every message finds, whatever happened before."""

from datetime import UTC
from random import Random

import pytest

from mailapp.access import OpenMailbox, folder_in
from mailapp.search import candidates, indexing, queries
from mailapp.search.index import Span, current
from mailapp.search.query import Query, parse, unparse
from mailapp.store import moving
from mailapp.store.models import Folder, Message
from tests import factories
from tests.search.world import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def mailbox(db: None) -> OpenMailbox:
    return factories.open_mailbox(factories.make_user(factories.make_organization()))


def found(mailbox: OpenMailbox, query: Query, *, limit: int = 7, budget: float = 10) -> list[int]:
    """Return what all pages together hold."""
    ids, after = [], None
    for _ in range(1_000):
        page = queries.search(mailbox, query, after=after, limit=limit, now=NOW, zone=UTC, budget_seconds=budget)
        assert len(page.messages) <= limit
        ids += [row.message.pk for row in page.messages]
        after = page.next_cursor
        if after is None:
            return ids
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("seed", range(3))
def test_what_is_found_equals_what_reading_everything_finds(mailbox: OpenMailbox, seed: int) -> None:
    world = World(mailbox, Random(seed))
    world.make_folders()
    world.fill(40)
    while indexing.index_pending(mailbox.mailbox.pk, 15):
        pass
    for number in range(40):
        query = world.query()
        wanted = world.expected(query)
        assert found(mailbox, query, limit=world.random.choice([3, 10, 50])) == wanted, unparse(query)
        if number % 10 == 0:
            # Without any time, a page stops after each candidate, and together the pages hold the same.
            assert found(mailbox, query, budget=0) == wanted, unparse(query)


@pytest.mark.parametrize(("seed", "least"), [(0, 1), (1, 7), (2, 20)])
def test_many_candidates_are_gone_through_as_few_are(
    mailbox: OpenMailbox, seed: int, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With small bounds, a small mailbox takes the ways that only large ones take."""
    monkeypatch.setattr(candidates, "FEW", 5)
    monkeypatch.setattr(candidates, "FIRST_ROUND", 3)
    monkeypatch.setattr(candidates, "LARGEST_ROUND", 10)
    monkeypatch.setattr(candidates, "_PROBES", (4, 8))
    monkeypatch.setattr(type(current()), "least", least)
    world = World(mailbox, Random(100 + seed))
    world.make_folders()
    world.fill(40)
    indexing.index_pending()
    for _ in range(40):
        query = world.query()
        assert found(mailbox, query) == world.expected(query), unparse(query)


@pytest.mark.parametrize("seed", range(2))
def test_the_index_follows_moves_copies_and_deletions(mailbox: OpenMailbox, seed: int) -> None:
    world = World(mailbox, Random(200 + seed))
    world.make_folders()
    for _ in range(3):
        world.fill(10)
        indexing.index_pending()
        for change in (moving.move, moving.copy, moving.expunge):
            source, target = (
                folder_in(mailbox, folder.pk)
                for folder in world.random.sample(list(Folder.objects.filter(mailbox=mailbox.mailbox)), 2)
            )
            uids = list(source.messages.values_list("uid", flat=True))[:4]
            change(source, uids) if change is moving.expunge else change(source, uids, target)  # type: ignore[call-arg]
        indexing.index_pending()
        for _ in range(10):
            query = world.query()
            assert found(mailbox, query) == world.expected(query), unparse(query)
    indexing.remove_expunged()
    stored = current().stored(Span(), 10_000)
    mine = set(Message.objects.filter(mailbox=mailbox.mailbox).values_list("search_id", flat=True))
    assert set(stored) >= mine
    assert all(Message.objects.filter(search_id=search_id).exists() for search_id in stored)


def test_nobody_finds_the_mail_of_somebody_else(db: None) -> None:
    organization = factories.make_organization()
    alice, bob = factories.make_user(organization, "alice"), factories.make_user(organization, "bob")
    stranger = factories.make_user(factories.make_organization())
    raw = factories.make_message_bytes(subject="Secret plan", text="the very secret plan")
    mine = factories.store_message(alice, raw)
    factories.store_message(stranger, raw)
    indexing.index_pending()
    for text in ("secret", '"secret plan"', "subject:plan", "-nothing", "is:unread", "in:anywhere", "after:2000"):
        assert found(factories.open_mailbox(alice), parse(text)) == [mine.pk]
        assert found(factories.open_mailbox(bob), parse(text)) == []
    # Not even with the key of the other mailbox.
    confused = factories.open_mailbox(bob)
    confused._keys.append(factories.open_mailbox(alice).keys)
    for text in ("secret", '"secret plan"', "subject:plan"):
        assert found(confused, parse(text)) == []
