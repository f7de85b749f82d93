"""The filter by itself: what it looks at, how it counts, what it remembers and forgets."""

import random
from typing import Any

import pytest

from mailapp.junk import learning, scoring, tokens
from mailapp.junk.models import Filter, Learned, Lesson, Verdict, Word
from mailapp.mime.parse import parse
from tests import factories

JUNK_WORDS, WANTED_WORDS, COMMON = (
    words.split()
    for words in (
        "winner prize casino pills claim urgent million transfer bonus crypto jackpot cheap",
        "meeting invoice agenda project draft review contract schedule minutes budget colleague report",
        "please today about message would there their which could other after before",
    )
)


def text(words: list[str], seed: int) -> str:
    chance = random.Random(seed)
    return " ".join(chance.choices(words, k=12) + chance.choices(COMMON, k=12))


def message(kind: str, seed: int, **values: Any) -> bytes:
    words = JUNK_WORDS if kind == "junk" else WANTED_WORDS
    return factories.make_message_bytes(
        **{
            "text": text(words, seed),
            "subject": text(words, seed)[:30],
            "from_": f"{kind}{seed}@{kind}.example",
            **values,
        }
    )


def test_tokens_are_words_and_marks_and_there_is_an_end_to_them() -> None:
    raw = factories.make_message_bytes(
        from_="Big Prize <win@casino.example>", subject="ВЫ ВЫИГРАЛИ", text="Claim 100 $ at https://Bad.example/x?y now"
    )
    found = tokens.of(parse(raw))
    assert {"from:win@casino.example", "name:prize", "subject:выиграли", "mark:capitals", "mark:money"} <= set(found)
    assert "link:bad.example" in found
    assert "100" not in found
    assert len(tokens.of(parse(factories.make_message_bytes(text=" ".join(f"word{n}" for n in range(5_000)))))) == 400


def test_words_seen_in_junk_make_junk_and_unknown_words_nothing() -> None:
    assert scoring.score([(20, 0)] * 20, 20, 20) > 0.99
    assert scoring.score([(0, 20)] * 20, 20, 20) < 0.01
    assert scoring.score([(10, 10)] * 50, 20, 20) == 0.5
    assert scoring.score([], 20, 20) == scoring.score([(9, 0)] * 50, 20, 0) == 0.5
    assert scoring.score([(20, 0)] * (scoring.FEWEST_WORDS - 1), 20, 20) == 0.5
    assert 0.0 <= scoring.score([(1000, 0)] * 150, 1000, 1000) <= 1.0


def teach(mailbox: Any, message: Any, verdict: str) -> None:
    Lesson.objects.create(mailbox=mailbox.mailbox, message_key=message.key, verdict=verdict)
    learning.learn(mailbox.mailbox.pk)


def state(mailbox: Any) -> tuple[Any, ...]:
    row = Filter.objects.get(pk=mailbox.mailbox.pk)
    words = Word.objects.filter(mailbox=mailbox.mailbox)
    return (
        row.junk_count,
        row.wanted_count,
        sum(words.values_list("junk_count", flat=True)),
        sum(words.values_list("wanted_count", flat=True)),
    )


@pytest.mark.django_db
@pytest.mark.both_databases
def test_a_message_is_learned_once_the_other_way_round_and_forgotten(alice: Any) -> None:
    mailbox = factories.open_mailbox(alice)
    stored = factories.store_message(alice, message("junk", 1))
    teach(mailbox, stored, Verdict.JUNK)
    learned = state(mailbox)
    assert learned[0] == 1
    assert learned[2] > 10
    teach(mailbox, stored, Verdict.JUNK)
    assert state(mailbox) == learned
    teach(mailbox, stored, Verdict.WANTED)
    assert state(mailbox) == (0, 1, 0, learned[2])
    teach(mailbox, stored, Verdict.FORGET)
    assert state(mailbox) == (0, 0, 0, 0)
    assert not Learned.objects.exists()
    assert not Lesson.objects.exists()


@pytest.mark.django_db
def test_no_word_stands_in_the_table_and_two_mailboxes_share_none(alice: Any, organization: Any) -> None:
    bob = factories.make_user(organization, "bob")
    raw = message("junk", 1)
    for user in (alice, bob):
        teach(factories.open_mailbox(user), factories.store_message(user, raw), Verdict.JUNK)
    first, second = (
        set(Word.objects.filter(mailbox=factories.open_mailbox(user).mailbox).values_list("number", flat=True))
        for user in (alice, bob)
    )
    assert len(first) == len(second) > 10
    assert not first & second


@pytest.mark.django_db
def test_the_table_stays_bounded(alice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "MOST_WORDS", 60)
    mailbox = factories.open_mailbox(alice)
    for seed in range(12):
        words = [f"word{seed}x{n}" for n in range(20)]
        teach(mailbox, factories.store_message(alice, message("junk", seed, text=" ".join(words))), Verdict.JUNK)
    assert Word.objects.filter(mailbox=mailbox.mailbox).count() <= 60 + 40
    row = Filter.objects.get(pk=mailbox.mailbox.pk)
    assert row.word_count == Word.objects.filter(mailbox=mailbox.mailbox).count()


@pytest.mark.django_db
def test_what_is_gone_or_cannot_be_read_is_passed_over(alice: Any) -> None:
    mailbox = factories.open_mailbox(alice)
    import uuid

    Lesson.objects.create(mailbox=mailbox.mailbox, message_key=uuid.uuid4(), verdict=Verdict.JUNK)
    assert learning.learn_all() == 1
    assert not Lesson.objects.exists()
