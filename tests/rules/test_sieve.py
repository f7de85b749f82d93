"""Rules as Sieve scripts and back."""

from typing import Any

import pytest

from mailapp.rules import exchanging, operations, sieve_reading
from mailapp.rules.definition import Action, Condition, Kind, Match, Operator, Subject
from mailapp.store import folders
from tests.factories import open_folder, open_mailbox
from tests.rules.conftest import rule
from workmail.errors import Invalid

pytestmark = pytest.mark.django_db


def read(text: str) -> sieve_reading.Script:
    return sieve_reading.read(text, lambda name: name.encode().hex()[:32].ljust(32, "0"))


def test_what_sieve_can_say_comes_back_as_it_was(alice: Any):
    mailbox = open_mailbox(alice)
    projects = folders.create(mailbox, "Projects")
    year = folders.create(mailbox, "2026 “é”", projects)
    move = Action(Kind.MOVE, folder=year.folder.pk.hex)
    copy = Action(Kind.COPY, folder=open_folder(alice, "archive").folder.pk.hex)
    wanted = [
        rule(move, from_=['a "b" \\c', "d"], subject="x", exceptions=[Condition(Subject.LIST, Operator.EXISTS)]),
        rule(Kind.READ, Kind.FLAG, Action(Kind.CATEGORIZE, keyword="Red"), body="word", match=Match.ANY),
        rule(copy, Kind.DELETE, Kind.STOP, recipient="team", subject="y", match=Match.ANY),
        rule(Action(Kind.REDIRECT, addresses=("a@b.test", "c@d.test"))),
        rule(Kind.DELETE, exceptions=[Condition(Subject.HEADER, Operator.EXISTS, (), "X-Keep")]),
    ]
    conditions = [
        Condition(Subject.FROM, Operator.IS, ("ana@carrier.example",)),
        Condition(Subject.TO, Operator.IS, ("@carrier.example",)),
        Condition(Subject.SUBJECT, Operator.BEGINS, ("100 %*?",)),
        Condition(Subject.SUBJECT, Operator.IS, ("x",)),
        Condition(Subject.SIZE, Operator.LARGER, ("5242880",)),
        Condition(Subject.IMPORTANCE, Operator.IS, ("high",)),
        Condition(Subject.LIST, Operator.CONTAINS, ("hikers",)),
        Condition(Subject.HEADER, Operator.IS, ("gold",), "X-Kind"),
    ]
    base = rule(Kind.FLAG)
    wanted.append(type(base)(Match.ALL, tuple(conditions), (), base.actions))
    made = operations.create_all(mailbox, wanted)
    script = exchanging.export(mailbox)
    assert script.startswith('require ["body", "copy", "fileinto", "imap4flags"];')
    assert 'fileinto "Projects/2026 “é”";' in script
    for each in made:
        operations.delete(mailbox, each.id)
    imported = exchanging.bring_in(mailbox, script)
    assert imported.left_out == []

    def shape(definition: Any) -> Any:
        return definition.match, definition.conditions, definition.exceptions, set(definition.actions)

    assert [shape(r.definition) for r in imported.rules] == [shape(each.definition) for each in made]
    assert not any(r.is_on for r in operations.listed(mailbox))


def test_what_sieve_cannot_say_stands_there_as_a_comment(alice: Any):
    mailbox = open_mailbox(alice)
    base = rule(Kind.FLAG)
    operations.create(mailbox, type(base)(Match.ALL, (Condition(Subject.ATTACHMENT),), (), base.actions))
    operations.create(mailbox, rule(Action(Kind.FORWARD, addresses=("a@b.test",))))
    operations.create(mailbox, rule(Kind.DELETE, subject="x"), is_on=False)
    script = exchanging.export(mailbox)
    assert all(line.startswith("#") for line in script.splitlines() if line)
    assert "# If there is an attachment, flag." in script
    assert sieve_reading.read(script, lambda _: "").rules == []


def test_scripts_of_other_programs():
    script = read(
        """require ["fileinto", "imap4flags", "copy"];
        # rule:[Carrier]
        if anyof (header :contains ["Subject"] ["offer"], header :matches "subject" "Re: *")
        { addflag "\\\\Seen"; fileinto "INBOX.Projects"; stop; }
        if address :all :is ["from"] "a@b.test" { redirect "c@d.test"; }
        if not header :contains "x-spam" "no" { discard; }
        if true { fileinto "A"; fileinto "B"; keep; }
        """
    )
    assert script.left_out == []
    first, second, third, fourth = script.rules
    assert (first.match, [a.kind for a in first.actions]) == (Match.ANY, [Kind.READ, Kind.MOVE, Kind.STOP])
    assert first.conditions[1] == Condition(Subject.SUBJECT, Operator.BEGINS, ("Re: ",))
    assert {a.kind for a in second.actions} == {Kind.REDIRECT, Kind.DELETE}  # without :copy nothing is kept
    assert (third.match, len(third.exceptions)) == (Match.EVERY, 1)
    assert {a.kind for a in fourth.actions} == {Kind.COPY}


@pytest.mark.parametrize(
    "text",
    [
        'if header :is "a" "b" { stop; } elsif true { discard; }',
        'require "vacation"; vacation "away";',
        'if header :matches "x-a" "a*b" { discard; }',
        'if address :localpart :is "from" "x" { discard; }',
        'require "reject"; if true { reject "no"; }',
        'require "imap4flags"; if true { addflag "\\\\Deleted"; }',
        "if true { if true { discard; } }",
        'if anyof(allof(exists "a", exists "b"), exists "c") { discard; }',
        'if header :comparator "i;octet" :is "a" "b" { discard; }',
    ],
)
def test_what_rules_cannot_say_is_left_out_and_named(text: str):
    try:
        script = read(text)
    except sieve_reading.Unreadable:
        return
    assert len(script.left_out) == 1
    assert all(kind.kind is Kind.STOP for each in script.rules for kind in each.actions)


@pytest.mark.parametrize("text", ["hello", 'if header "a" {', "\0", "if " * 20_000, "if true {" * 9_000, '"'])
def test_what_is_no_script_is_refused(text: str):
    with pytest.raises(sieve_reading.Unreadable):
        read(text)


def test_a_folder_that_there_is_not_leaves_its_rule_out(alice: Any):
    imported = exchanging.bring_in(
        open_mailbox(alice), 'require "fileinto"; if true { fileinto "Nowhere"; } if true { fileinto "Trash"; }'
    )
    assert imported.left_out == ['fileinto "Nowhere"']
    assert len(imported.rules) == 1


def test_a_broken_script_is_refused_with_a_sentence(alice: Any):
    with pytest.raises(Invalid, match="no Sieve script"):
        exchanging.bring_in(open_mailbox(alice), "hello")
