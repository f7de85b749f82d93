"""Phrases in decrypted texts."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.search.reading import Finder
from mailapp.search.words import words

PIECES = (
    "l'",
    "qu’",
    "d'",
    "avion",
    "Mark's",
    "car",
    "O'Brien",
    " ",
    "\n",
    " - ",
    "-",
    "_",
    ".",
    "...",
    "é",
    "Été",
    "й",
)
MORE_PIECES = (
    "ёлка",
    "東京都",
    "猫",
    "2026-11-24",
    "12,50",
    "a@example.test",
    "e-mail",
    "x" * 70,
    "\u00ad",
    "е\u0308",
    "'",
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES + MORE_PIECES), max_size=25).map("".join))


def naive(text: str, wanted: list[str]) -> bool:
    found = words(text)
    return any(found[at : at + len(wanted)] == wanted for at in range(len(found) - len(wanted) + 1))


@given(TEXTS, st.data())
def test_every_stretch_of_a_text_is_in_it(text: str, data: st.DataObject) -> None:
    found = words(text)
    first = data.draw(st.integers(0, len(found)))
    last = data.draw(st.integers(first, len(found)))
    # What words look like when they are typed again; pairs of characters do not come apart that way.
    phrase = " ".join(found[first:last])
    if first < last and words(phrase) == found[first:last]:
        assert Finder.of(phrase).is_in(text)


@given(TEXTS, TEXTS)
def test_the_hint_never_hides_a_phrase_nor_makes_one_up(text: str, phrase: str) -> None:
    wanted = words(phrase)
    if wanted:
        assert Finder.of(phrase).is_in(text) == naive(text, wanted)
        assert Finder.of(phrase).is_in(f"{text} {phrase}") or words(f"{text} {phrase}")[-len(wanted) :] != wanted


@pytest.mark.parametrize(
    ("text", "phrase", "is_in"),
    [
        ("Dans l’avion de Mark’s, mother", "dans avion", True),
        ("Dans l'avion", "dans l'avion", True),
        ("the quarterly reports", "quarterly report", False),
        ("reports, quarterly", "quarterly reports", False),
        ("quarterly\n\n---\n  reports", "Quarterly Reports", True),
        ("東京都庁へ", "京都庁", True),
        ("東京都庁へ", "京庁", False),
        ("Ёлка и шар", "елка и", True),
        (f"the end\n{'-' * 500}\n  begins", "end begins", True),
    ],
)
def test_words_follow_each_other(text: str, phrase: str, is_in: bool) -> None:
    assert Finder.of(phrase).is_in(text) is is_in


def test_no_text_takes_long() -> None:
    finder, began = Finder.of("l avion"), time.perf_counter()
    for evil in ("l'" * 300_000, "l " * 300_000, "l" + "-" * 600_000, "l'a'" * 200_000):
        assert not finder.is_in(evil)
    assert time.perf_counter() - began < 20
