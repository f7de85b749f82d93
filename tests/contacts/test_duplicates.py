"""Merging: no value is lost, whatever the cards say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailapp.contacts import book as books
from mailapp.contacts import cards, duplicates, groups, texts, writing
from mailapp.contacts.duplicates import Reason
from mailapp.contacts.vcards import Card, Property
from tests.contacts.conftest import make_card

word = st.text("abc,; ", min_size=1, max_size=4).map(str.strip).filter(bool)
line = st.one_of(
    st.builds(
        lambda name, value, group: Property(name, texts.escape(value), {}, group),
        st.sampled_from(["FN", "NICKNAME", "EMAIL", "TEL", "NOTE", "ORG", "BDAY", "GENDER", "X-THING", "TITLE"]),
        word,
        st.sampled_from(["", "item1", "item2"]),
    ),
    st.builds(lambda a, b: Property("N", f"{texts.escape(a)};{texts.escape(b)};;;"), word, word),
    st.builds(lambda values: Property("CATEGORIES", texts.joined(values)), st.lists(word, min_size=1, max_size=3)),
)
card = st.lists(line, min_size=1, max_size=8).map(Card)


def values(card):
    """All that a card says, as words: entries of lists, components of names."""
    found = set()
    for each in card.properties:
        name = each.param("X-NAME") or each.name
        if name in ("NICKNAME", "CATEGORIES"):
            found |= {(name, entry) for entry in texts.entries(each.value)}
        elif name == "N":
            found |= {(name, at, part.strip()) for at, part in enumerate(texts.components(each.value)) if part.strip()}
        else:
            found.add((name, texts.unescape(each.value).strip()))
    return found


@settings(deadline=None, max_examples=200)
@given(card, card)
def test_a_merged_card_says_all_that_both_say(one, other):
    assert values(duplicates.merged(one, other)) >= values(one) | values(other)


@settings(deadline=None, max_examples=100)
@given(card, card)
def test_merging_again_adds_nothing(one, other):
    both = duplicates.merged(one, other)
    assert duplicates.is_contained(both, other)


def test_the_same_number_and_address_written_otherwise_stand_once():
    both = duplicates.merged(
        make_card("A", "TEL;TYPE=cell:+33 6 12.34", "EMAIL;TYPE=work:Zoe@Example.org"),
        make_card("A", "TEL;TYPE=home:+3361234", "EMAIL;PREF=1:zoe@example.org", "EMAIL:other@example.org"),
    )
    assert [each.value for each in both.all("TEL")] == ["+33 6 12.34"]
    assert both.all("TEL")[0].types == ["cell", "home"]
    assert [each.value for each in both.all("EMAIL")] == ["Zoe@Example.org", "other@example.org"]


def test_a_second_birthday_is_kept_where_one_sees_it():
    both = duplicates.merged(make_card("A", "BDAY:19800101"), make_card("A", "BDAY:19810101"))
    assert ("BDAY", "19810101") in cards.others(both)


@pytest.mark.django_db
def test_duplicates_are_proposed_with_their_reasons(open_book):
    for each in (
        make_card("Zoé Martin", "EMAIL:zoe@example.org"),
        make_card("Z. M.", "EMAIL:ZOE@example.org", "TEL:06 12 34 56 78"),
        make_card("Somebody", "TEL:+33 6 12 34 56 78"),
        make_card("martin zoe"),
        make_card("Alone"),
        make_card("Alone"),
    ):
        writing.create(open_book(), each)
    [proposal] = duplicates.find(open_book())
    assert {entry.summary.name for entry in proposal.entries} == {"Zoé Martin", "Z. M.", "Somebody", "martin zoe"}
    assert proposal.reasons == {Reason.ADDRESS, Reason.PHONE, Reason.NAME}


@pytest.mark.django_db
def test_merging_keeps_groups_right_and_can_be_taken_back(open_book):
    keys = [writing.create(open_book(), make_card("A B", f"EMAIL:{n}@example.org")).keys[0] for n in range(3)]
    uids = [books.get(open_book(), key).summary.uid for key in keys]
    [group] = groups.create(open_book(), "Team", uids[1:]).keys
    written = duplicates.merge(open_book(), keys)
    [left] = [entry for entry in books.entries(open_book()) if not entry.summary.is_group]
    assert left.key == keys[0]
    assert len(left.summary.addresses) == 3
    assert books.get(open_book(), group).summary.members == (uids[0],)
    writing.undo(open_book(), written.undo_id)
    assert len(books.entries(open_book())) == 4
    assert books.get(open_book(), group).summary.members == tuple(uids[1:])


@pytest.mark.django_db
def test_who_is_called_different_is_not_proposed_again(open_book):
    keys = [writing.create(open_book(), make_card("A B")).keys[0] for _ in range(2)]
    assert len(duplicates.find(open_book())) == 1
    duplicates.keep_apart(open_book(), keys)
    assert duplicates.find(open_book()) == []
