"""Saved and recent searches: sealed, bounded, of one mailbox alone."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from mailapp.access import OpenMailbox
from mailapp.search import recent, saved
from mailapp.search.models import RecentSearch, SavedSearch
from tests import factories
from workmail.errors import AlreadyExists, Forbidden, Invalid, LimitExceeded, NotFound

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = "from:luca merger"


@pytest.fixture
def mailbox(db: None) -> OpenMailbox:
    return factories.open_mailbox(factories.make_user(factories.make_organization()))


@pytest.fixture
def other(mailbox: OpenMailbox) -> OpenMailbox:
    return factories.open_mailbox(factories.make_user(mailbox.mailbox.organization, "bob"))


def names(mailbox: OpenMailbox) -> list[str]:
    return [kept.name for kept in saved.listed(mailbox)]


def test_searches_are_kept_under_names_and_listed_by_them(mailbox: OpenMailbox) -> None:
    second = saved.save(mailbox, "  Unpaid   invoices ", "subject:invoice  is:unread")
    saved.save(mailbox, "élan", SECRET)
    assert (second.name, second.text) == ("Unpaid invoices", "subject:invoice is:unread")
    assert saved.listed(mailbox)[0] == second
    assert names(mailbox) == ["Unpaid invoices", "élan"]
    assert saved.get(mailbox, second.id) == second


def test_neither_name_nor_query_can_be_read_in_the_database(mailbox: OpenMailbox) -> None:
    saved.save(mailbox, "Brightwater", SECRET)
    recent.remember(mailbox, SECRET)
    for row in (*SavedSearch.objects.values(), *RecentSearch.objects.values()):
        stored = b"".join(bytes(value) for value in row.values() if isinstance(value, bytes | memoryview))
        assert len(stored) > 60
        assert not any(word in stored for word in (b"Brightwater", b"luca", b"merger"))


def test_a_search_gets_another_name_and_goes(mailbox: OpenMailbox) -> None:
    kept = saved.save(mailbox, "Merger", SECRET)
    assert saved.rename(mailbox, kept.id, "Fusion") == saved.Saved(kept.id, "Fusion", SECRET)
    assert saved.rename(mailbox, kept.id, "FUSION").name == "FUSION"  # its own name in other letters is not taken
    gone = saved.delete(mailbox, kept.id)
    assert (gone.name, gone.text, names(mailbox)) == ("FUSION", SECRET, [])
    assert saved.save(mailbox, gone.name, gone.text, search_id=gone.id) == gone
    assert names(mailbox) == ["FUSION"]


def test_no_two_have_the_same_name_in_whatever_letters(mailbox: OpenMailbox, other: OpenMailbox) -> None:
    kept = saved.save(mailbox, "Merger", SECRET)
    second = saved.save(mailbox, "Second", SECRET)
    with pytest.raises(AlreadyExists, match="merger"):
        saved.save(mailbox, "merger", "x")
    with pytest.raises(AlreadyExists):
        saved.rename(mailbox, second.id, "MERGER")
    with pytest.raises(AlreadyExists):
        saved.save(mailbox, "Third", "x", search_id=kept.id)
    assert names(mailbox) == ["Merger", "Second"]
    assert saved.save(other, "Merger", "x").name == "Merger"


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x00b"])
def test_a_name_that_cannot_be_used_is_refused(mailbox: OpenMailbox, name: str) -> None:
    with pytest.raises(Invalid) as refusal:
        saved.save(mailbox, name, SECRET)
    assert refusal.value.details["field"] == "name"
    assert not SavedSearch.objects.exists()


@pytest.mark.parametrize("text", ["", "  ", "***", "()"])
def test_a_query_that_asks_for_nothing_is_not_kept(mailbox: OpenMailbox, text: str) -> None:
    with pytest.raises(Invalid):
        saved.save(mailbox, "Nothing", text)
    recent.remember(mailbox, text)
    assert recent.listed(mailbox) == []


def test_there_is_an_end_to_saving(mailbox: OpenMailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MOST_SAVED", 2)
    first = saved.save(mailbox, "One", "one")
    saved.save(mailbox, "Two", "two")
    with pytest.raises(LimitExceeded, match="Delete one first"):
        saved.save(mailbox, "Three", "three")
    saved.delete(mailbox, first.id)
    assert saved.save(mailbox, "Three", "three").name == "Three"


def test_a_search_of_another_mailbox_is_not_there(mailbox: OpenMailbox, other: OpenMailbox) -> None:
    kept = saved.save(mailbox, "Merger", SECRET)
    for act in (saved.get, saved.delete, lambda box, key: saved.rename(box, key, "Mine")):
        for search_id in (kept.id, uuid4()):
            with pytest.raises(NotFound):
                act(other, search_id)
    assert names(other) == []
    assert saved.get(mailbox, kept.id) == kept


def test_who_may_only_read_changes_nothing(mailbox: OpenMailbox) -> None:
    kept = saved.save(mailbox, "Merger", SECRET)
    reader = OpenMailbox(mailbox.actor, mailbox.mailbox, frozenset("lr"))
    assert saved.listed(reader) == [kept]
    for act in (
        lambda: saved.save(reader, "Other", "x"),
        lambda: saved.rename(reader, kept.id, "Other"),
        lambda: saved.delete(reader, kept.id),
    ):
        with pytest.raises(Forbidden):
            act()
    assert saved.listed(mailbox) == [kept]


def test_the_newest_searches_are_offered_once_each(mailbox: OpenMailbox, other: OpenMailbox) -> None:
    for number in range(recent.MOST_RECENT + 3):
        recent.remember(mailbox, f"pallet  {number}", now=NOW + timedelta(minutes=number))
    recent.remember(mailbox, "PALLET 5", now=NOW + timedelta(hours=1))
    listed = recent.listed(mailbox)
    assert listed[:2] == ["PALLET 5", "pallet 12"]
    assert len(listed) == RecentSearch.objects.count() == recent.MOST_RECENT
    assert "pallet 5" not in listed
    assert recent.listed(other) == []
    assert recent.forget_all(other) == 0
    assert recent.forget_all(mailbox) == recent.MOST_RECENT
    assert recent.listed(mailbox) == []
