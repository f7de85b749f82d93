"""The query language: what is understood, what is complained about, and that anything goes and comes back."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from mailapp.search import operators, values
from mailapp.search.query import DEEPEST, LONGEST_QUERY, MOST_LEAVES, Query, parse, tokens, unparse
from mailapp.search.terms import Field
from mailapp.search.tree import (
    Aged,
    And,
    Compare,
    Dated,
    Flag,
    HasAttachment,
    In,
    Is,
    Not,
    Or,
    Phrase,
    Sized,
    Than,
    Tree,
    When,
    Words,
    leaves,
)

A, B, C = Words("a"), Words("b"), Words("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", None),
        ("   & *** ", None),
        ("a", A),
        ("a b", And((A, B))),
        ("a OR b", Or((A, B))),
        ("a | b", Or((A, B))),
        ("a OR b OR c", Or((A, B, C))),
        ("a b OR c", And((A, Or((B, C))))),
        ("(a b) OR c", Or((And((A, B)), C))),
        ("a AND b", And((A, B))),
        ("a or b", And((A, Words("or"), B))),
        ("-a", Not(A)),
        ("NOT a", Not(A)),
        ("-(a b)", Not(And((A, B)))),
        ("-(a OR b) c", And((Not(Or((A, B))), C))),
        ("NOT NOT a", A),
        ("a - b", And((A, B))),
        ("e-mail", Words("e-mail")),
        ('"a  b"', Phrase("a b")),
        ("“a b” «c»", And((Phrase("a b"), Phrase("c")))),
        ('-"a b"', Not(Phrase("a b"))),
        ("from:alice", Words("alice", Field.FROM)),
        ("FROM: alice", Words("alice", Field.FROM)),
        ('from:"Alice Martin"', Phrase("Alice Martin", Field.FROM)),
        ("from:(a OR b)", Or((Words("a", Field.FROM), Words("b", Field.FROM)))),
        ("subject:(a -b)", And((Words("a", Field.SUBJECT), Not(Words("b", Field.SUBJECT))))),
        ("to:a cc:b bcc:c", And((Words("a", Field.TO), Words("b", Field.CC), Words("c", Field.BCC)))),
        ("filename:pdf", Words("pdf", Field.FILE_NAME)),
        ("has:attachment", HasAttachment()),
        ("is:unread -is:flagged", And((Is(Flag.UNREAD), Not(Is(Flag.FLAGGED))))),
        ("is:(unread flagged)", And((Is(Flag.UNREAD), Is(Flag.FLAGGED)))),
        ("in:trash", In("deleted")),
        ('in:"My Projects"', In("My Projects")),
        ("in:Projects/2026", In("Projects/2026")),
        ("before:2026-11-24", Dated(When.BEFORE, "2026-11-24")),
        ("after:24.11.2026", Dated(When.AFTER, "2026-11-24")),
        ("on:yesterday", Dated(When.ON, "yesterday")),
        ("older_than:1y", Aged(Than.OLDER, 1, "y")),
        ("newer_than:10d", Aged(Than.NEWER, 10, "d")),
        ("larger:5M", Sized(Compare.LARGER, 5 * 1024 * 1024)),
        ("smaller:100k", Sized(Compare.SMALLER, 100 * 1024)),
        # French and Russian, whatever the language of the page
        ("de:alice à:bob objet:facture", And((Words("alice", Field.FROM), Words("bob", Field.TO),
                                              Words("facture", Field.SUBJECT)))),
        ("avant:2026 après:2025-06", And((Dated(When.BEFORE, "2026"), Dated(When.AFTER, "2025-06")))),
        ("dans:corbeille contient:pièce-jointe", And((In("deleted"), HasAttachment()))),
        ("est:non-lu plus_gros:1,5Mo", And((Is(Flag.UNREAD), Sized(Compare.LARGER, 1536 * 1024)))),
        ("has:pièce plus_ancien:2semaines", And((HasAttachment(), Aged(Than.OLDER, 2, "w")))),
        ("от:боб кому:алиса тема:отчёт", And((Words("боб", Field.FROM), Words("алиса", Field.TO),
                                              Words("отчёт", Field.SUBJECT)))),
        ("до:вчера после:1.2.2026 в:входящие", And((Dated(When.BEFORE, "yesterday"), Dated(When.AFTER, "2026-02-01"),
                                                   In("inbox")))),
        ("это:непрочитано есть:вложение больше:1Мб", And((Is(Flag.UNREAD), HasAttachment(),
                                                         Sized(Compare.LARGER, 1024 * 1024)))),
        ("a OU b", Or((A, B))),
        ("a ИЛИ b", Or((A, B))),
        ("НЕ a", Not(A)),
        ("SAUF a", Not(A)),
        # What is no operator is words.
        ("foo:bar", Words("foo:bar")),
        ("http://www.example.org/a", Words("http://www.example.org/a")),
        ("10:30", Words("10:30")),
    ],
)  # fmt: skip
def test_is_understood_without_complaint(text: str, tree: Tree | None) -> None:
    assert parse(text) == Query(tree)


@pytest.mark.parametrize(
    ("text", "tree", "codes"),
    [
        ("before:soon", Words("before:soon"), ["unknown_value"]),
        ("before:31.02.2026", Words("before:31.02.2026"), ["unknown_value"]),
        ('before:"next week"', Phrase("next week"), ["unknown_value"]),
        ("larger:huge", Words("larger:huge"), ["unknown_value"]),
        ("has:soul", Words("has:soul"), ["unknown_value"]),
        ("is:nice", Words("is:nice"), ["unknown_value"]),
        ("from:", Words("from"), ["missing_value"]),
        ("from: subject:a", And((Words("from"), Words("a", Field.SUBJECT))), ["missing_value"]),
        ("a from: OR b", And((A, Or((Words("from"), B)))), ["missing_value"]),
        ('"a b', Phrase("a b"), ["unclosed_quote"]),
        ("(a b", And((A, B)), ["unbalanced_parentheses"]),
        ("a) b", And((A, B)), ["unbalanced_parentheses"]),
        ("OR a", A, []),
        ("a OR", A, []),
        ("a OR OR b", Or((A, B)), []),
        ("-", None, []),
        ("()", None, []),
    ],
)
def test_what_makes_no_sense_is_words_and_said(text: str, tree: Tree | None, codes: list[str]) -> None:
    query = parse(text)
    assert query.tree == tree
    assert [problem.code for problem in query.problems] == codes


def test_what_is_too_much_is_left_out_and_said() -> None:
    many = parse(" ".join(f"w{n}" for n in range(MOST_LEAVES + 10)))
    assert len(leaves(many.tree)) == MOST_LEAVES
    assert [problem.code for problem in many.problems] == ["too_many"]
    assert [problem.code for problem in parse("a " * LONGEST_QUERY).problems] == ["too_long", "too_many"]
    deep = parse("(" * (DEEPEST + 5) + "a" + ")" * (DEEPEST + 5))
    assert "too_deep" in [problem.code for problem in deep.problems]


@pytest.mark.parametrize("language", ["en", "fr", "ru"])
def test_every_problem_is_a_sentence_in_every_language(language: str) -> None:
    texts = ["before:soon", "from:", '"a', ")", "(" * 20 + "a", "a " * 600]
    with translation.override(language):
        for text in texts:
            for problem in parse(text).problems:
                assert str(problem).endswith(".")
                assert "%(" not in str(problem)


def test_each_condition_is_a_token_of_its_own() -> None:
    query = parse('de:alice facture OR "note de frais" -(brouillon est:lu) avant:hier')
    assert tokens(query) == ["from:alice", 'facture OR "note de frais"', "-(brouillon is:read)", "before:yesterday"]
    assert tokens(query, "fr") == ["de:alice", 'facture OR "note de frais"', "-(brouillon est:lu)", "avant:hier"]
    assert tokens(parse("")) == []


_PIECES = (
    "(",
    ")",
    '"',
    "-",
    " ",
    "OR",
    "NOT",
    " OR ",
    "from:",
    "à:",
    "in:",
    "is:unread",
    "avant:",
    "before:2026-1",
    "a",
)
_MORE_PIECES = (
    "é b",
    "larger:1.5m",
    "«",
    "”",
    "\n",
    "'",
    "старше:3мес",
    "has:",
    "attachment",
    "foo:",
    "&",
    "2026",
    ":",
)
_GRAMMAR = st.lists(st.sampled_from(_PIECES + _MORE_PIECES), max_size=25).map("".join)


@given(st.one_of(st.text(max_size=80), _GRAMMAR), st.sampled_from(["en", "fr", "ru"]))
def test_any_text_is_a_query_that_survives_being_written_and_read_again(text: str, language: str) -> None:
    query = parse(text)
    assert parse(unparse(query, language)).tree == query.tree
    assert parse(" ".join(tokens(query, language))).tree == query.tree


def test_every_name_means_one_thing() -> None:
    for table in (operators._NAMES, operators._FLAGS, operators._FOLDERS):
        owners: dict[str, object] = {}
        for owner, languages in table.items():
            for alias in (alias for aliases in languages.values() for alias in aliases):
                assert owners.setdefault(operators.key(alias), owner) == owner, alias


# --- Dates -----------------------------------------------------------------------------------------------------

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2026-11-24", "2026-11-24"),
        ("2026/1/2", "2026-01-02"),
        ("24.11.2026", "2026-11-24"),
        ("24/11/26", "2026-11-24"),
        ("3/4/2026", "2026-04-03"),  # the day comes first
        ("11/24/2026", "2026-11-24"),  # unless it cannot
        ("2026-11", "2026-11"),
        ("11/2026", "2026-11"),
        ("2026", "2026"),
        ("today", "today"),
        ("hier", "yesterday"),
        ("Aujourd’hui", "today"),
        ("сегодня", "today"),
        ("2026-13-01", None),
        ("2026-02-30", None),
        ("0000", None),
        ("٢٠٢٦", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, canonical: str | None) -> None:
    assert values.date_value(text) == canonical


@pytest.mark.parametrize(
    ("canonical", "first", "after"),
    [
        ("2026-12-31", date(2026, 12, 31), date(2027, 1, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("9999", date(9999, 1, 1), date.max),
        ("yesterday", date(2026, 2, 28), date(2026, 3, 1)),
    ],
)
def test_a_date_is_a_period(canonical: str, first: date, after: date) -> None:
    assert values.period(canonical, date(2026, 3, 1)) == (first, after)


def test_days_begin_and_end_in_the_readers_zone() -> None:
    """The 29th of March 2026 has 23 hours in Paris."""
    since, until = values.moments(Dated(When.ON, "2026-03-29"), NOW, PARIS)
    assert since == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert until == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert values.moments(Dated(When.BEFORE, "2026-03-29"), NOW, PARIS) == (None, since)
    assert values.moments(Dated(When.AFTER, "2026-03-29"), NOW, PARIS) == (since, None)


@pytest.mark.parametrize(
    ("count", "unit", "moment"),
    [
        (10, "d", datetime(2026, 3, 20, 12, tzinfo=UTC)),
        (2, "w", datetime(2026, 3, 16, 12, tzinfo=UTC)),
        (1, "m", datetime(2026, 2, 28, 12, tzinfo=UTC)),
        (2, "y", datetime(2024, 3, 30, 12, tzinfo=UTC)),
        (9999, "y", datetime(1, 1, 1, 12, tzinfo=UTC)),
    ],
)
def test_ages_are_counted_back(count: int, unit: str, moment: datetime) -> None:
    assert values.moments(Aged(Than.OLDER, count, unit), NOW, PARIS) == (None, moment)
    assert values.moments(Aged(Than.NEWER, count, unit), NOW, PARIS) == (moment, None)


@pytest.mark.parametrize(
    ("text", "octets"),
    [("5M", 5 * 1024**2), ("1.5 MB", 1536 * 1024), ("500ko", 500 * 1024), ("1г", 1024**3), ("10", 10), ("x", None)],
)
def test_sizes_are_read_as_people_write_them(text: str, octets: int | None) -> None:
    assert values.size_value(text) == octets


@given(st.integers(0, 2**50 - 1))
def test_a_shown_size_is_that_size(octets: int) -> None:
    assert values.size_value(values.shown_size(octets)) == octets
