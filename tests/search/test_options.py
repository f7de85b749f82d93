"""The form of a search: its fields become a query, and any query goes through the form unharmed."""

from datetime import date
from random import Random

import pytest
from django.utils import translation

from mailapp.search import operators, scope, vocabulary
from mailapp.search.options import Options, options_of, text_of
from mailapp.search.query import Query, parse
from mailapp.search.terms import Field
from mailapp.search.tree import And, Tree
from mailapp.store import folders
from tests import factories
from tests.search.world import World

EVERYTHING = Options(
    words='pallet "two words" -draft',
    sender="alice martin",
    recipient="bob@example.test",
    subject="report",
    folder="archive",
    since="2026-01-01",
    before="2026-11-24",
    larger_bytes=5 * 1024**2,
    has_attachment=True,
    is_unread=True,
    is_flagged=True,
)


def conditions(tree: Tree | None) -> set[Tree]:
    return set(() if tree is None else tree.parts if isinstance(tree, And) else [tree])


def test_the_fields_become_a_query_as_it_would_be_typed() -> None:
    assert text_of(EVERYTHING) == (
        'from:alice from:martin to:bob@example.test subject:report pallet "two words" -draft has:attachment '
        "is:unread is:flagged in:archive after:2026-01-01 before:2026-11-24 larger:5M"
    )
    assert text_of(Options(sender="tomas", is_unread=True), "fr") == "de:tomas est:non-lu"
    assert text_of(Options(sender="tomas", is_unread=True), "ru") == "от:tomas это:непрочитано"
    assert text_of(Options()) == ""


@pytest.mark.parametrize("language", ["en", "fr", "ru"])
def test_what_was_picked_stands_in_the_fields_again(language: str) -> None:
    assert options_of(parse(text_of(EVERYTHING, language)), language).words == EVERYTHING.words
    assert options_of(parse(text_of(EVERYTHING, language)), language) == EVERYTHING


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from:a OR from:b", "from:a OR from:b"),
        ("-from:a", "-from:a"),
        ("after:2026-11 before:2026-11-24 before:2025-01-01", "after:2026-11 before:2025-01-01"),
        ("in:inbox in:archive", "in:archive"),
        ("is:read older_than:1y smaller:1M cc:bob", "is:read older_than:1y smaller:1M cc:bob"),
    ],
)
def test_what_the_form_cannot_say_stays_among_the_words(text: str, words: str) -> None:
    assert options_of(parse(text)).words == words


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
def test_any_query_asks_for_the_same_after_going_through_the_form(seed: int) -> None:
    mailbox = factories.open_mailbox(factories.make_user(factories.make_organization()))
    world = World(mailbox, Random(seed))
    for number in range(300):
        query, language = world.query(), ("en", "fr", "ru")[number % 3]
        again = parse(text_of(options_of(query, language), language))
        assert conditions(again.tree) == conditions(query.tree)


@pytest.mark.parametrize(
    "typed", ["a) b", "(a", '"a b', "a OR b", "has:attachment", ") in:junk (", "x" * 2_000, "“", "-", ""]
)
def test_whatever_is_typed_into_a_field_is_a_query(typed: str) -> None:
    for options in (Options(sender=typed), Options(words=typed), Options(subject=typed, folder=typed)):
        text = text_of(options)
        assert not [problem for problem in parse(text).problems if problem.code != "too_long"]
    assert all(token != "a" for token in text_of(Options(sender="a) b")).split())


# --- What is offered -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr", "ru"])
def test_every_operator_is_offered_with_a_sentence_and_all_its_names(language: str) -> None:
    with translation.override(language):
        offered = vocabulary.all_operators(language)
    assert {operator.name for operator in offered} >= set(operators.TEXT_OPERATORS)
    for operator in offered:
        assert operator.label
        assert operators.operator(operator.shown) == operator.name
        assert operators.key(operator.shown) in operator.keys
        assert all(operators.operator(name) == operator.name for name in operator.keys)
    keys = [name for operator in offered for name in operator.keys]
    assert len(keys) == len(set(keys))


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "fr", "ru"])
def test_every_value_that_is_offered_is_understood(language: str) -> None:
    mailbox = factories.open_mailbox(factories.make_user(factories.make_organization()))
    projects = folders.create(mailbox, "Projects")
    folders.create(mailbox, "Été 2026", projects)
    folders.create(mailbox, 'The "old" one')
    with translation.override(language):
        offered = vocabulary.all_values(mailbox, language, date(2026, 11, 24))
        for operator in vocabulary.all_operators(language):
            if operator.kind in ("people", "words"):
                assert operator.kind not in offered
                continue
            for value in offered[operator.kind]:
                query: Query = parse(f'{operator.shown}:"{value.value}"')
                assert query.tree is not None
                assert not query.problems, value
                assert not scope.of(mailbox, query.tree).problems, value
                assert getattr(query.tree, "field", None) is not Field.ANYWHERE
    names = [value.value for value in offered["folder"]]
    assert "Projects/Été 2026" in names
    assert len(names) == 10
