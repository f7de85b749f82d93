"""Text into words: what is folded, cut and stemmed, and that any text can be."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailapp.search.words import (
    LONGEST_JOINED,
    LONGEST_WORD,
    Kind,
    Word,
    _stems,
    address,
    fold,
    guess_languages,
    stems,
    units,
    words,
)


def stems_of(word: str) -> frozenset[str]:
    return stems(next(units(word)).words[0])


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Émile, À LA CARTE", "emile, a la carte"),
        ("œuvre, Æther, Straße, ÿ, ŒUF", "oeuvre, aether, strasse, y, oeuf"),
        ("Ёлка, ЙОД, йод", "елка, йод, йод"),
        ("и\u0306од", "йод"),  # й in two characters, as some systems write file names
        ("ﬁne ｆｕｌｌ ①", "fine full 1"),
        ("co\u00adop\u200berate", "cooperate"),
        ("aujourd’hui", "aujourd'hui"),
        ("Ελλάδα", "ελλαδα"),
        ("がぎ", "がぎ"),
    ],
)
def test_case_accents_and_typographic_variety_go(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, world!", ["hello", "world"]),
        ("l'avion d’Émile qu'il", ["avion", "emile", "il"]),
        ("Mark's car", ["mark", "car"]),
        ("quarterly_report.pdf", ["quarterly", "report", "pdf"]),
        ("INV-2026-001", ["inv", "2026", "001"]),
        ("Санкт-Петербург", ["санкт", "петербург"]),
        ("東京都庁", ["東京", "京都", "都庁"]),
        ("猫", ["猫"]),
        ("iPhone手机", ["iphone", "手机"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("***", []),
    ],
)
def test_a_text_is_cut_into_its_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "kind", "also"),
    [
        ("e-mail", Kind.COMPOUND, ("email",)),
        ("O’Brien", Kind.COMPOUND, ("obrien",)),
        ("R&D", Kind.COMPOUND, ("rd",)),
        ("2026-11-24", Kind.WHOLE, ("2026-11-24", "2026-11")),
        ("12,50", Kind.WHOLE, ("12,50",)),
        ("www.example.org", Kind.WHOLE, ("www.example.org", "example.org")),
        ("東京", Kind.PAIRS, ("東", "京")),
    ],
)
def test_what_is_joined_is_found_as_a_whole_too(text: str, kind: Kind, also: tuple[str, ...]) -> None:
    (unit,) = units(text)
    assert (unit.kind, unit.also) == (kind, also)


def test_an_address_is_found_whole_and_by_its_local_part_and_domains() -> None:
    (unit,) = units("<Alice.Martin+news@mail.Example.org>")
    assert unit.kind is Kind.WHOLE
    assert unit.also == (
        "alice.martin+news@mail.example.org",
        "alice.martin+news",
        "mail.example.org",
        "example.org",
    )
    assert [word.exact for word in unit.words] == ["alice", "martin", "news", "mail", "example", "org"]
    assert address("Alice.Martin+news@mail.example.org") == unit


@pytest.mark.parametrize("addr_spec", ["", "@", "no address", '"odd one"@example.org', "a@localhost", "ж@пример.рф"])
def test_whatever_stands_where_an_address_should_be_has_a_unit(addr_spec: str) -> None:
    assert address(addr_spec).also[0] == fold(addr_spec.strip())


@pytest.mark.parametrize(
    "family",
    [
        ["facture", "factures", "Factures"],
        ["réunion", "réunions", "reunion", "reunions"],
        ["report", "reports", "reported", "reporting"],
        ["отчёт", "отчеты", "отчётами", "отчета"],
        ["счёт", "счета", "счетов"],
    ],
)
def test_inflections_share_a_stem(family: list[str]) -> None:
    assert frozenset.intersection(*(stems_of(word) for word in family))


@pytest.mark.parametrize("word", ["car", "2026", "v1", "東京", "ελλάδα"])
def test_what_no_stemmer_knows_is_its_own_stem(word: str) -> None:
    assert stems_of(word) == {fold(word)}


def test_the_language_is_told_by_the_commonest_words() -> None:
    assert guess_languages(words("the report is in the folder and we will send it to you")) == ("en",)
    assert guess_languages(words("le rapport est dans le dossier et nous vous l'envoyons avec la facture")) == ("fr",)
    assert guess_languages(words("Rapport")) == ("en", "fr")


@given(st.text(max_size=300))
def test_any_text_has_words_of_bounded_length(text: str) -> None:
    for unit in units(text):
        assert unit.words
        assert all(0 < len(word.exact) <= LONGEST_WORD for word in unit.words)
        assert all(0 < len(form) <= LONGEST_JOINED for form in unit.also)
        assert unit.kind not in (Kind.WHOLE, Kind.COMPOUND) or unit.also
        for word in unit.words:
            assert all(stems(word))


@given(st.text(max_size=100))
def test_a_folded_text_has_the_same_words(text: str) -> None:
    """What somebody types without accents finds what was written with them."""
    assert words(fold(text)) == words(text)


@pytest.mark.parametrize("evil", [".", "a@", "a.b@c.", "x", "a-", "'", "1,", "a\u0301", "@", "猫", "a.b."])
def test_no_text_takes_long(evil: str) -> None:
    started = time.perf_counter()
    for _ in units(evil * (500_000 // len(evil))):
        pass
    assert time.perf_counter() - started < 10


def test_stemmers_are_not_shared_between_threads() -> None:
    endings = ("ation", "ations", "ements", "euses", "ing", "ically")
    vocabulary = [Word(f"{a}{b}r{e}", f"{a}{b}r{e}") for a in "bcdfgl" for b in "aeiou" for e in endings]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda word: _stems.__wrapped__(word, ("en", "fr")), vocabulary * 5))
    assert found == [_stems(word, ("en", "fr")) for word in vocabulary] * 5
