"""The address book: each act is one change of the log, can be taken back, and nobody else sees or loses anything."""

import pytest

from mailapp.contacts import book as books
from mailapp.contacts import cards, groups, writing
from mailapp.contacts.models import Contact, ContactAddress
from tests.contacts.conftest import make_card
from workmail.changes import log
from workmail.errors import AlreadyExists, Invalid, KeyUnavailable, LimitExceeded, NotFound, Stale
from workmail.keys.models import OrganizationKey
from workmail.keys.services import set_organization_key_state

pytestmark = pytest.mark.django_db


def listed(book):
    return [entry.summary.name for entry in books.entries(book)]


def changed(card, name, value):
    card = card.copy()
    cards.set_text(card, name, value)
    return card


def test_a_contact_is_kept_whole_and_sealed(open_book):
    card = make_card("Zoé Martin", "EMAIL:zoe@example.org", "X-SECRET-THING;X-P=1:two\\, three")
    [key] = writing.create(open_book(), card).keys
    kept = books.get(open_book(), key)
    assert kept.card.first("X-SECRET-THING").value == "two\\, three"
    assert kept.summary.addresses == ("zoe@example.org",)
    row = Contact.objects.get()
    assert b"Martin" not in bytes(row.card) + bytes(row.summary)
    assert books.with_address(open_book(), "ZOE@example.org") == key


def test_the_list_is_sorted_by_family_name_without_case_and_accents(open_book):
    for line in ("N:Zorro;Anna;;;", "N:Émile;Bob;;;", "N:eliot;Cy;;;", "ORG:Dock Co"):
        name = "" if line.startswith("ORG") else f"{line[2:].split(';')[1]} {line[2:].split(';')[0]}"
        writing.create(open_book(), make_card(name, line))
    assert listed(open_book()) == ["Dock Co", "Cy eliot", "Bob Émile", "Anna Zorro"]
    assert [entry.letter for entry in books.entries(open_book())] == ["D", "E", "E", "Z"]


def test_a_reader_of_the_log_ends_up_with_what_is_there(open_book):
    copy, seen = {}, 0

    def catch_up():
        nonlocal seen
        delta = log.changes_since(open_book().book.collection, seen)
        for gone in delta.deleted:
            copy.pop(gone.key)
        copy.update({item.key: item.modseq for item in [*delta.created, *delta.updated]})
        seen = delta.modseq
        assert copy == dict(open_book().contacts.values_list("key", "modseq"))

    [a] = writing.create(open_book(), make_card("A")).keys
    catch_up()
    [b] = writing.create(open_book(), make_card("B")).keys
    deleting = writing.delete(open_book(), [a])
    catch_up()
    writing.undo(open_book(), deleting.undo_id)
    contact = books.get(open_book(), b)
    change = writing.change(contact, changed(contact.card, "FN", "C"))
    catch_up()
    writing.undo(open_book(), change.undo_id)
    writing.delete(open_book(), [a, b])
    catch_up()
    assert copy == {}
    assert open_book().book.contact_count == 0
    assert not ContactAddress.objects.exists()


def test_every_act_can_be_taken_back_once(open_book):
    made = writing.create(open_book(), make_card("A", "X-KEPT:1"))
    contact = books.get(open_book(), made.keys[0])
    change = writing.change(contact, changed(contact.card, "FN", "B"))
    assert listed(open_book()) == ["B"]
    writing.undo(open_book(), change.undo_id)
    assert listed(open_book()) == ["A"]
    deleting = writing.delete(open_book(), made.keys)
    assert listed(open_book()) == []
    writing.undo(open_book(), deleting.undo_id)
    assert books.get(open_book(), made.keys[0]).card.first("X-KEPT")
    with pytest.raises(NotFound):
        writing.undo(open_book(), deleting.undo_id)


def test_what_was_changed_again_is_not_taken_back(open_book):
    made = writing.create(open_book(), make_card("A"))
    contact = books.get(open_book(), made.keys[0])
    first = writing.change(contact, changed(contact.card, "FN", "B"))
    contact = books.get(open_book(), made.keys[0])
    writing.change(contact, changed(contact.card, "FN", "C"))
    for undo_id in (made.undo_id, first.undo_id):
        with pytest.raises(Stale):
            writing.undo(open_book(), undo_id)
    assert listed(open_book()) == ["C"]


def test_a_change_of_an_old_copy_is_refused(open_book):
    [key] = writing.create(open_book(), make_card("A")).keys
    old = books.get(open_book(), key)
    writing.change(old, changed(old.card, "FN", "B"), unchanged_since=old.row.modseq)
    with pytest.raises(Stale):
        writing.change(old, changed(old.card, "FN", "C"), unchanged_since=old.row.modseq)
    assert listed(open_book()) == ["B"]


def test_a_contact_without_any_name_and_a_second_with_the_same_uid_are_refused(open_book):
    with pytest.raises(Invalid):
        writing.create(open_book(), make_card("", "NOTE:who?"))
    writing.create(open_book(), make_card("A", "UID:urn:x:1"))
    with pytest.raises(AlreadyExists):
        writing.create(open_book(), make_card("B", "UID:urn:x:1"))
    with pytest.raises(LimitExceeded):
        writing.create(open_book(), make_card("B", "NOTE:" + "x" * writing.LARGEST_CARD))


def test_a_full_book_says_so(open_book, monkeypatch):
    monkeypatch.setattr(writing, "MOST_CONTACTS", 1)
    writing.create(open_book(), make_card("A"))
    with pytest.raises(LimitExceeded):
        writing.create(open_book(), make_card("B"))


def test_colleagues_have_books_of_their_own(open_book, bob):
    made = writing.create(open_book(), make_card("A"))
    theirs = open_book(bob)
    assert listed(theirs) == []
    with pytest.raises(NotFound):
        books.get(theirs, made.keys[0])
    with pytest.raises(NotFound):
        writing.delete(theirs, made.keys)
    with pytest.raises(NotFound):
        writing.undo(theirs, made.undo_id)
    assert listed(open_book()) == ["A"]


def test_the_list_is_not_shown_from_memory_while_the_key_is_disabled(open_book, organization):
    writing.create(open_book(), make_card("A"))
    assert listed(open_book()) == ["A"]
    set_organization_key_state(OrganizationKey.objects.get(organization=organization), OrganizationKey.State.DISABLED)
    with pytest.raises(KeyUnavailable):
        listed(open_book())


# --- Groups -------------------------------------------------------------------------------------------------------


def test_a_group_goes_to_each_of_its_people_once(open_book):
    keys = [
        writing.create(open_book(), make_card(name, *([f"EMAIL:{address}"] if address else []))).keys[0]
        for name, address in (("A", "a@example.org"), ("B", "b@example.org"), ("C", "A@example.org"), ("D", ""))
    ]
    uids = [books.get(open_book(), key).summary.uid for key in keys]
    inner = groups.create(open_book(), "Inner", uids[:2]).keys[0]
    inner_uid = books.get(open_book(), inner).summary.uid
    outer = groups.create(open_book(), "Outer", [inner_uid, *uids[2:], "mailto:x@example.org"]).keys[0]
    groups.add(books.get(open_book(), inner), [books.get(open_book(), outer).summary.uid])  # a loop
    entries = books.entries(open_book())
    found = groups.people(books.get(open_book(), outer).summary, groups.by_uid(entries))
    assert [person.addr_spec for person in found] == ["a@example.org", "b@example.org", "x@example.org"]


def test_names_of_groups_differ_and_members_stay_when_a_group_goes(open_book):
    [key] = writing.create(open_book(), make_card("A")).keys
    uid = books.get(open_book(), key).summary.uid
    [group] = groups.create(open_book(), "Team", [uid]).keys
    with pytest.raises(AlreadyExists):
        groups.create(open_book(), "  TEAM ")
    groups.rename(books.get(open_book(), group), "Crew")
    assert [entry.summary.name for entry in groups.containing(open_book(), books.get(open_book(), key).summary)] == [
        "Crew"
    ]
    groups.remove(books.get(open_book(), group), [uid])
    assert books.get(open_book(), group).summary.members == ()
    groups.delete(books.get(open_book(), group))
    assert listed(open_book()) == ["A"]
