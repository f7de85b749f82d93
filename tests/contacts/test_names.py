"""Words of names, and how dear a correspondent is."""

from datetime import UTC, datetime, timedelta

import pytest

from mailapp.contacts import names
from mailapp.contacts.ranking import HALF_LIFE, rank_after

NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoé O'Neil", ["zoe", "o", "neil"]),
        ("Дмитрий Щёлоков", ["дмитрии", "щелоков"]),
        ("chloe.martin+orders@example.test", ["chloe", "martin", "orders", "example", "test"]),
        ("ＦＵＬＬ", ["full"]),
        ("  ,;<> ", []),
    ],
)
def test_words_have_neither_case_nor_accents(text, expected):
    assert names.words(text) == expected


def test_every_typed_word_must_begin_some_word():
    known = names.words("Ines Carvalho", "ines.carvalho@example.test")
    assert names.matches(["car", "in"], known)
    assert not names.matches(["car", "x"], known)
    assert names.matches([], known)


def test_prefixes_are_bounded():
    assert names.prefixes(["ab"]) == {"a", "ab"}
    assert max(map(len, names.prefixes(["a" * 500]))) == names.LONGEST_PREFIX


def test_somebody_written_to_often_ranks_before_somebody_written_to_once():
    often = once = None
    for day in range(10):
        often = rank_after(often, NOON - timedelta(days=day))
    once = rank_after(once, NOON)
    assert often > once


def test_a_habit_of_long_ago_ranks_behind_somebody_of_today():
    habit = None
    for day in range(10):
        habit = rank_after(habit, NOON - HALF_LIFE * 6 - timedelta(days=day))
    assert rank_after(None, NOON) > habit


def test_the_rank_does_not_depend_on_the_order_of_uses():
    days = [NOON - timedelta(days=day) for day in (3, 40, 1, 900)]
    forwards = backwards = None
    for day in days:
        forwards = rank_after(forwards, day)
    for day in reversed(days):
        backwards = rank_after(backwards, day)
    assert forwards == pytest.approx(backwards)
