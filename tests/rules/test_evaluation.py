"""The laws of rules: order, stop, all and any, exceptions; and each condition."""

import uuid
from random import Random
from typing import Any

import pytest

from mailapp.categories import keywords
from mailapp.mime.parse import header_fields, parse
from mailapp.rules import definition as definitions
from mailapp.rules.definition import OPERATORS, Action, Condition, Definition, Kind, Match, Operator, Subject
from mailapp.rules.evaluation import Facts, Outcome, evaluate, fits, holds
from tests.factories import make_message_bytes
from tests.rules.conftest import rule


def facts(*, own: tuple[str, ...] = ("alice@example.test",), **message: Any) -> Facts:
    raw = make_message_bytes(**message)
    return Facts(parse(raw), len(raw), own=lambda: own, header=lambda: header_fields(raw))


def run(*rules: Definition, **message: Any) -> Outcome:
    return evaluate([(uuid.UUID(int=number), each) for number, each in enumerate(rules)], facts(**message))


def folder(name: str) -> str:
    return name.encode().hex().ljust(32, "0")


def move(name: str) -> Action:
    return Action(Kind.MOVE, folder=folder(name))


def copy(name: str) -> Action:
    return Action(Kind.COPY, folder=folder(name))


# --- Order -----------------------------------------------------------------------------------------------------


def test_the_first_rule_that_files_a_message_decides_where_it_goes():
    outcome = run(rule(Kind.READ), rule(move("a")), rule(Kind.DELETE), rule(move("b"), Kind.FLAG))
    assert outcome.filing.action == move("a")
    assert (outcome.is_seen, outcome.is_flagged) == (True, True)  # later ones may still mark it
    assert [each.int for each in outcome.matched] == [0, 1, 2, 3]


def test_after_stop_no_rule_is_tried():
    outcome = run(rule(Kind.STOP, subject="offer"), rule(move("a")), subject="An offer")
    assert outcome.filing is None
    assert [each.int for each in outcome.matched] == [0]


def test_a_stop_that_does_not_fit_stops_nothing():
    assert run(rule(Kind.STOP, subject="offer"), rule(move("a")), subject="Hello").filing.action == move("a")


def test_stop_may_stand_before_the_other_actions_of_its_rule():
    assert run(rule(Kind.STOP, Kind.FLAG), rule(Kind.READ)).is_flagged


def test_a_copy_goes_to_each_folder_once():
    outcome = run(rule(copy("a"), copy("b")), rule(copy("a")))
    assert [step.action for step in outcome.copies] == [copy("a"), copy("b")]


@pytest.mark.parametrize("seed", range(30))
def test_the_outcome_is_that_of_the_rules_before_the_first_stop_that_fits(seed: int):
    random = Random(seed)
    words = ["red", "green", "blue"]
    rules = []
    for _ in range(8):
        actions = random.sample([Kind.READ, Kind.FLAG, Kind.STOP, Kind.DELETE, move("a"), copy("b")], 2)
        rules.append(rule(*actions, subject=random.choice(words)))
    subject = " ".join(random.sample(words, 2))
    fitting = [number for number, each in enumerate(rules) if each.conditions[0].values[0] in subject]
    stops = [number for number in fitting if rules[number].of_kind(Kind.STOP)]
    expected = [number for number in fitting if not stops or number <= stops[0]]
    outcome = run(*rules, subject=subject)
    assert [each.int for each in outcome.matched] == expected
    kinds = [action for number in expected for action in rules[number].actions]
    filing = [action for action in kinds if action.kind in (Kind.MOVE, Kind.DELETE)]
    assert (outcome.filing.action if outcome.filing else None) == (filing[0] if filing else None)
    assert outcome.is_seen == any(action.kind is Kind.READ for action in kinds)


# --- All, any, except ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("match, expected", [(Match.ALL, False), (Match.ANY, True), (Match.EVERY, True)])
def test_all_any_and_every(match: Match, expected: bool):
    conditions = (
        Condition(Subject.SUBJECT, Operator.CONTAINS, ("offer",)),
        Condition(Subject.FROM, Operator.CONTAINS, ("nobody",)),
    )
    assert fits(Definition(match, conditions), facts(subject="An offer")) is expected


def test_one_exception_that_holds_is_enough():
    exception = Condition(Subject.SUBJECT, Operator.CONTAINS, ("urgent", "today"))
    wanted = rule(Kind.READ, subject="offer", exceptions=[exception])
    assert fits(wanted, facts(subject="An offer"))
    assert not fits(wanted, facts(subject="An offer, today"))


# --- Conditions ------------------------------------------------------------------------------------------------

FROM = {"from_": "Ana Lopes <Ana.Lopes@Carrier.example>"}
CASES = [
    ("from", "contains", ["carrier"], {}, FROM, True),
    ("from", "contains", ["ANA LOPES"], {}, FROM, True),
    ("from", "is", ["ana.lopes@carrier.EXAMPLE"], {}, FROM, True),
    ("from", "is", ["lopes@carrier.example"], {}, FROM, False),
    ("from", "is", ["@carrier.example"], {}, FROM, True),
    ("from", "is", ["@example"], {}, FROM, False),
    ("to", "is", ["bob@example.test"], {}, {"to": "alice@example.test, bob@example.test"}, True),
    ("to", "contains", ["bob"], {}, {"to": "Bob <b@example.test>"}, True),
    ("cc", "is", ["bob@example.test"], {}, {"cc": "bob@example.test"}, True),
    ("recipient", "is", ["bob@example.test"], {}, {"to": "bob@example.test"}, True),
    ("cc", "contains", ["bob"], {}, {"to": "bob@example.test"}, False),
    ("recipient", "contains", ["bob"], {}, {"cc": "bob@example.test"}, True),
    ("subject", "contains", ["счёт"], {}, {"subject": "Ваш СЧЁТ за ноябрь"}, True),
    ("subject", "is", ["hello  world"], {}, {"subject": "Hello World"}, True),
    ("subject", "begins", ["re:", "aw:"], {}, {"subject": "AW: Hello"}, True),
    ("subject", "begins", ["hello"], {}, {"subject": "AW: Hello"}, False),
    ("body", "contains", ["line one line two"], {}, {"text": "Line one\nline two\n"}, True),
    ("body", "contains", ["fat words"], {}, {"text": None, "html": "<p>Fat <b>words</b></p>"}, True),
    ("header", "exists", [], {"header": "X-Track"}, {"header_fields": [("x-track", "1")]}, True),
    ("header", "exists", [], {"header": "X-Track"}, {}, False),
    ("header", "is", ["gold"], {"header": "X-Kind"}, {"header_fields": [("X-Kind", "Gold")]}, True),
    ("header", "contains", ["old"], {"header": "X-Kind"}, {"header_fields": [("X-Kind", "Gold")]}, True),
    ("attachment", "", [], {}, {"attachments": [("a.txt", "text/plain", b"x")]}, True),
    ("attachment", "", [], {}, {}, False),
    ("size", "larger", ["1000"], {}, {"text": "x" * 1200 + "\n"}, True),
    ("size", "smaller", ["1000"], {}, {"text": "x" * 1200 + "\n"}, False),
    ("importance", "is", ["high"], {}, {"header_fields": [("X-Priority", "1")]}, True),
    ("importance", "is", ["high", "low"], {}, {}, False),
    ("only_me", "", [], {}, {"to": "Alice+shop@example.test"}, True),
    ("only_me", "", [], {}, {"to": "alice@example.test", "cc": "bob@example.test"}, False),
    ("me_in_cc", "", [], {}, {"to": "bob@example.test", "cc": "alice@example.test"}, True),
    ("me_in_cc", "", [], {}, {"to": "alice@example.test"}, False),
    ("list", "exists", [], {}, {"header_fields": [("List-Id", "Hikers <hikers.example.org>")]}, True),
    ("list", "contains", ["hikers"], {}, {"header_fields": [("List-Id", "Hikers <hikers.example.org>")]}, True),
    ("list", "exists", [], {}, {}, False),
]


@pytest.mark.parametrize("subject, operator, values, more, message, expected", CASES)
def test_a_condition(subject, operator, values, more, message, expected):
    condition = Condition(Subject(subject), Operator(operator), tuple(values), **more)
    assert holds(condition, facts(**message)) is expected


def test_every_comparison_that_is_offered_is_tried_above():
    tried = {(subject, operator) for subject, operator, *_ in CASES}
    offered = {(subject, operator) for subject, operators in OPERATORS.items() for operator in operators}
    assert {(str(subject), str(operator)) for subject, operator in offered} <= tried


# --- As it is kept ---------------------------------------------------------------------------------------------


def test_a_rule_comes_back_as_it_was_kept():
    wanted = rule(
        move("a"),
        Action(Kind.FORWARD, addresses=("bob@example.test",)),
        Action(Kind.CATEGORIZE, keyword="Red"),
        subject=["“Ёлка”", "b"],
        match=Match.ANY,
        exceptions=[Condition(Subject.HEADER, Operator.EXISTS, (), "X-A")],
    )
    assert definitions.load(definitions.dump(wanted)) == wanted


@pytest.mark.parametrize("name", ["Red", "To do", "Проекты", "Été (2026)", "a_b & c", "50 %", "日本"])
def test_a_category_of_any_name_is_a_keyword(name: str):
    keyword = keywords.keyword_of(name)
    assert keyword.isascii()
    assert not set(keyword) & set(' (){%*"\\]')
    assert keywords.name_of(keyword) == name


def test_a_keyword_of_another_program_is_read_as_it_is():
    assert keywords.name_of("$Label1") == "$Label1"
    assert keywords.name_of("&broken") == "&broken"
