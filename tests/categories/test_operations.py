"""Categories: made, changed, deleted and brought back; what messages carry stays a keyword that every client sees."""

from typing import Any

import pytest

from mailapp.categories import keywords, operations, shelf
from mailapp.categories.models import Category
from mailapp.rules import operations as rules
from mailapp.rules.definition import Action, Definition, Kind, Match
from mailapp.search import queries, query
from mailapp.store import flags
from mailapp.store.flags import FlagChange
from mailapp.store.models import Message
from tests import factories
from workmail.errors import AlreadyExists, Invalid, LimitExceeded, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(alice: Any) -> Any:
    return factories.open_mailbox(alice)


def names(mailbox: Any) -> list[str]:
    return [each.name for each in shelf.read(mailbox).categories]


def test_a_category_is_named_changed_and_deleted(mailbox: Any) -> None:
    made = operations.create(mailbox, "  Проекты   2027 ", "purple")
    assert (made.name, made.colour) == ("Проекты 2027", "purple")
    assert made.keyword == keywords.keyword_of("Проекты 2027")
    assert made.keyword.isascii()
    before = operations.change(mailbox, made.id, "Old projects", "grey")
    assert before == made
    [shown] = shelf.read(mailbox).categories
    assert (shown.name, shown.colour, shown.keyword) == ("Old projects", "grey", made.keyword)
    operations.restore(mailbox, operations.delete(mailbox, made.id))
    assert names(mailbox) == ["Old projects"]


def test_names_stand_sealed_in_the_table(mailbox: Any) -> None:
    made = operations.create(mailbox, "Acquisition")
    operations.change(mailbox, made.id, "Brightwater", "teal")
    row = Category.objects.get()
    assert b"Brightwater" not in bytes(row.name)


@pytest.mark.parametrize("name", ["", "   ", "a" * 61, "$Junk", "\\Seen", "a,b", 'a"b', "a\x00b"])
def test_names_that_no_client_could_carry_are_refused(mailbox: Any, name: str) -> None:
    with pytest.raises(Invalid):
        operations.create(mailbox, name)


def test_two_categories_never_share_a_name_or_a_keyword(mailbox: Any) -> None:
    first = operations.create(mailbox, "Work")
    with pytest.raises(AlreadyExists):
        operations.create(mailbox, "WORK")
    operations.change(mailbox, first.id, "Job", "teal")
    second = operations.create(mailbox, "Work")
    assert second.keyword.lower() != first.keyword.lower()
    with pytest.raises(AlreadyExists):
        operations.change(mailbox, second.id, "job", "teal")


def test_there_is_an_end_to_them(mailbox: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "MOST", 2)
    operations.create(mailbox, "One")
    operations.create(mailbox, "Two")
    with pytest.raises(LimitExceeded):
        operations.create(mailbox, "Three")


def test_colours_are_given_out_one_after_the_other(mailbox: Any) -> None:
    assert len({operations.create(mailbox, f"Name {n}").colour for n in range(6)}) == 6
    with pytest.raises(Invalid):
        operations.create(mailbox, "Other", "pink")


def test_the_categories_of_another_mailbox_are_out_of_reach(mailbox: Any, organization: Any) -> None:
    made = operations.create(mailbox, "Work")
    other = factories.open_mailbox(factories.make_user(organization, "bob"))
    for act in (lambda: operations.delete(other, made.id), lambda: operations.change(other, made.id, "X", "teal")):
        with pytest.raises(NotFound):
            act()
    assert names(other) == []


def test_a_message_that_was_imported_with_the_keyword_is_in_the_category_at_once(mailbox: Any, alice: Any) -> None:
    message = factories.store_message(alice, keywords=("Work", "$Forwarded"))
    assert shelf.read(mailbox).of(message.keywords) == []
    operations.create(mailbox, "Work")
    assert [each.name for each in shelf.read(mailbox).of(message.keywords)] == ["Work"]


def test_whether_a_message_may_have_a_category_is_kept(alice: Any) -> None:
    message = factories.store_message(alice, keywords=("$Junk",))
    folder = factories.open_folder(alice)

    def is_categorized() -> bool:
        return Message.objects.get(pk=message.pk).is_categorized

    assert not is_categorized()
    flags.change(folder, [message.uid], FlagChange(set=frozenset({"Work"})))
    assert is_categorized()
    flags.change(folder, [message.uid], FlagChange(clear=frozenset({"Work"})))
    assert not is_categorized()


def test_a_rule_that_gives_a_category_makes_it(mailbox: Any) -> None:
    definition = Definition(match=Match.EVERY, actions=(Action(Kind.CATEGORIZE, keyword="Travel_2027"),))
    rules.create(mailbox, definition)
    assert names(mailbox) == ["Travel 2027"]


@pytest.mark.both_databases
def test_a_search_finds_what_is_in_a_category_by_its_name_of_today(mailbox: Any, alice: Any) -> None:
    made = operations.create(mailbox, "Work")
    operations.change(mailbox, made.id, "Job and money", "teal")
    inside = factories.store_message(alice, keywords=("work", "Other"))
    factories.store_message(alice, keywords=("Workshop",))
    factories.store_message(alice)

    def found(text: str) -> list[Any]:
        page = queries.search(mailbox, query.parse(text), budget_seconds=5)
        return [row.message.pk for row in page.messages]

    assert found('category:"job and money"') == [inside.pk]
    assert found("категория:Other") == [inside.pk]
    assert len(found('-category:"Job and money"')) == 2
    assert found("category:Nothing") == []
    parsed = query.parse('catégorie:"Job and money"')
    assert query.unparse(parsed, "en") == 'category:"Job and money"'
