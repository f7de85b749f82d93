"""Making, changing, ordering, switching and deleting rules."""

import threading
from typing import Any

import pytest
from django.db import connection

from mailapp.rules import operations, sentences
from mailapp.rules.definition import Action, Condition, Definition, Kind, Match, Operator, Subject
from mailapp.rules.models import Rule
from mailapp.store import folders
from tests.factories import make_organization, make_user, open_folder, open_mailbox
from tests.rules.conftest import rule
from workmail.audit.models import AuditEntry
from workmail.errors import Invalid, LimitExceeded, NotFound

pytestmark = pytest.mark.django_db


def order(user: Any) -> list[str]:
    return [each.definition.conditions[0].values[0] for each in operations.listed(open_mailbox(user))]


def test_what_a_rule_says_is_sealed(alice: Any):
    operations.create(open_mailbox(alice), rule(Kind.FLAG, subject="the merger"))
    assert b"merger" not in bytes(Rule.objects.get().definition)


def test_rules_stand_in_the_order_they_are_given(alice: Any):
    mailbox = open_mailbox(alice)
    made = [operations.create(mailbox, rule(Kind.FLAG, subject=word)) for word in ("a", "b", "c")]
    assert operations.shift(mailbox, made[2].id, -1)
    assert order(alice) == ["a", "c", "b"]
    assert operations.shift(mailbox, made[0].id, 1)
    assert order(alice) == ["c", "a", "b"]
    assert not operations.shift(mailbox, made[2].id, -1)
    gone, place = operations.delete(mailbox, made[0].id)
    assert (order(alice), place) == (["c", "b"], 1)
    back = operations.create(mailbox, gone.definition, rule_id=gone.id, place=place)
    assert order(alice) == ["c", "a", "b"]
    assert back.id == gone.id


def test_a_rule_that_is_off_is_not_in_force(alice: Any):
    mailbox = open_mailbox(alice)
    made = operations.create(mailbox, rule(Kind.FLAG, subject="a"))
    assert not operations.switch(mailbox, made.id, False).is_on
    assert operations.in_force(mailbox) == []
    operations.switch(mailbox, made.id, True)
    assert operations.in_force(mailbox) == [(made.id, made.definition)]


def test_there_is_a_limit_to_the_number_of_rules(alice: Any, monkeypatch):
    monkeypatch.setattr(operations, "MOST_RULES", 2)
    mailbox = open_mailbox(alice)
    for word in ("a", "b"):
        operations.create(mailbox, rule(Kind.FLAG, subject=word))
    with pytest.raises(LimitExceeded):
        operations.create(mailbox, rule(Kind.FLAG, subject="c"))
    assert order(alice) == ["a", "b"]


def test_rules_of_somebody_else_are_not_found(alice: Any):
    made = operations.create(open_mailbox(alice), rule(Kind.FLAG, subject="a"))
    other = open_mailbox(make_user(make_organization("other"), "carol"))
    for act in (
        lambda: operations.get(other, made.id),
        lambda: operations.change(other, made.id, made.definition),
        lambda: operations.switch(other, made.id, False),
        lambda: operations.shift(other, made.id, 1),
        lambda: operations.delete(other, made.id),
    ):
        with pytest.raises(NotFound):
            act()
    assert operations.listed(open_mailbox(alice)) == [made]


def test_what_passes_mail_on_is_in_the_audit_log_and_nothing_else_of_a_rule(alice: Any):
    mailbox = open_mailbox(alice)
    operations.create(mailbox, rule(Action(Kind.FORWARD, addresses=("out@example.net",)), subject="the merger"))
    entry = AuditEntry.objects.get(action="rule.create")
    assert entry.details == {"passes_on_to": ["out@example.net"]}


def bad(*actions: Action, conditions: tuple[Condition, ...] = (), match: Match = Match.EVERY) -> Definition:
    return Definition(match, conditions, (), actions)


@pytest.mark.parametrize(
    "definition, field",
    [
        (bad(), "actions"),
        (bad(Action(Kind.FLAG), match=Match.ALL), "conditions"),
        (bad(Action(Kind.MOVE, folder="0" * 32)), "move"),
        (bad(Action(Kind.COPY, folder="nonsense")), "copy"),
        (bad(Action(Kind.CATEGORIZE, keyword="")), "categorize"),
        (bad(Action(Kind.CATEGORIZE, keyword="\\Seen")), "categorize"),
        (bad(Action(Kind.CATEGORIZE, keyword="$MDNSent")), "categorize"),
        (bad(Action(Kind.FORWARD, addresses=("nobody",))), "forward"),
        (bad(Action(Kind.FORWARD)), "forward"),
        (bad(Action(Kind.REDIRECT, addresses=("ALICE@example.test",))), "redirect"),
        (bad(Action(Kind.REDIRECT, addresses=tuple(f"a{n}@example.net" for n in range(6)))), "redirect"),
        (
            bad(
                Action(Kind.FLAG), conditions=(Condition(Subject.SUBJECT, Operator.CONTAINS, (" ",)),), match=Match.ALL
            ),
            "condition-0",
        ),
        (
            bad(Action(Kind.FLAG), conditions=(Condition(Subject.SIZE, Operator.LARGER, ("x",)),), match=Match.ALL),
            "condition-0",
        ),
        (
            bad(Action(Kind.FLAG), conditions=(Condition(Subject.BODY, Operator.IS, ("x",)),), match=Match.ALL),
            "condition-0",
        ),
        (
            bad(
                Action(Kind.FLAG),
                conditions=(Condition(Subject.HEADER, Operator.IS, ("x",), "A: b\r\nC"),),
                match=Match.ALL,
            ),
            "condition-0",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_where_it_stands(alice: Any, definition: Definition, field: str):
    with pytest.raises(Invalid) as refused:
        operations.create(open_mailbox(alice), definition)
    assert refused.value.details["field"] == field
    assert not Rule.objects.exists()


def test_nothing_is_filed_among_drafts_or_sent_mail(alice: Any):
    for role in ("drafts", "sent"):
        with pytest.raises(Invalid):
            operations.create(
                open_mailbox(alice), rule(Action(Kind.MOVE, folder=open_folder(alice, role).folder.pk.hex))
            )


def test_a_rule_is_one_sentence(alice: Any):
    mailbox = open_mailbox(alice)
    projects = folders.create(mailbox, "Projects")
    names = {projects.folder.pk.hex: "Projects"}
    move = Action(Kind.MOVE, folder=projects.folder.pk.hex)

    def say(definition: Definition) -> str:
        return sentences.of_definition(definition, names)

    assert say(rule(move, from_="carrier")) == "If the sender contains “carrier”, move to Projects."
    assert (
        say(
            rule(
                Kind.FLAG,
                Kind.STOP,
                from_=["a", "b"],
                subject="c",
                match=Match.ANY,
                exceptions=[Condition(Subject.SIZE, Operator.LARGER, ("5242880",))],
            )
        )
        == "If the sender contains “a” or “b” or the subject contains “c”, except if the message is larger than "
        "5\u00a0MB: flag and try no more rules."
    )
    assert say(rule(Action(Kind.REDIRECT, addresses=("a@b.test",)))) == "With every message: redirect to a@b.test."
    assert say(rule(Action(Kind.MOVE, folder="0" * 32))) == "With every message: move to a folder that was deleted."


@pytest.mark.django_db(transaction=True)
def test_two_who_order_rules_at_once_leave_an_order(transactional_db):
    from tests.delivery.conftest import House

    alice = House().alice
    mailbox = open_mailbox(alice)
    made = [operations.create(mailbox, rule(Kind.FLAG, subject=word)) for word in "abcde"]

    def shift(number: int) -> None:
        operations.shift(open_mailbox(alice), made[number].id, 1)
        connection.close()

    threads = [threading.Thread(target=shift, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(order(alice)) == list("abcde")
    assert list(Rule.objects.order_by("position").values_list("position", flat=True)) == [0, 1, 2, 3, 4]
