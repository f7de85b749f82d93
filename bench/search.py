"""Searching a mailbox of 200,000 messages: every shape of query, each time with other words.

Baseline: SQLite's FTS5 over the same messages in plain text, asked for the newest 50 ids; ours also decrypts the page.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from random import Random

from django.conf import settings

from bench.figures import Figure, timed
from bench.people import make_user, scaled
from bench.searched_mail import Maker, texts
from mailapp.access import open_own_mailbox
from mailapp.search import indexing, queries
from mailapp.search.query import parse
from mailapp.store.models import Message
from workmail.accounts.actor import Actor

TIMES = 40
AIM = "p95 under 100 ms, never over 300 ms"


def run(count: int = 200_000) -> list[Figure]:
    count = scaled(count)
    maker = Maker(open_own_mailbox(Actor(make_user())))
    began = time.perf_counter()
    maker.fill(count)
    print(f"{count:,} messages made in {time.perf_counter() - began:,.0f} s", flush=True)
    plain = Plain()
    plain.fill(maker)
    figures, everything = [], []
    for name, make, baseline in shapes(maker):
        asked = [make() for _ in range(TIMES)]
        taken, found = [], 0
        for text in asked:
            taken.append(_milliseconds(lambda text=text: queries.search(maker.mailbox, parse(text))))
        for text in asked[:5]:
            page = queries.search(maker.mailbox, parse(text))
            found += len(page.messages)
        everything += taken
        beside = None
        if baseline is not None:
            matches = [baseline(text) for text in asked]
            beside = ("FTS5 in plain text", [_milliseconds(lambda m=match: plain.search(m)) for match in matches])
        print(f"{name}: e.g. {asked[0]}, {found / 5:.0f} rows, worst {max(taken):.0f} ms", flush=True)
        figures.append(timed(f"search {count:,}: {name}", taken, baseline=beside, aim=AIM))
    figures.append(timed(f"search {count:,}: all together", everything, aim=AIM))
    figures.append(_indexing(maker))
    return figures


def shapes(maker: Maker) -> Iterator[tuple[str, Callable[[], str], Callable[[str], str] | None]]:
    """Yield what kind of query it is, how to make one, and what plain FTS5 is asked for it."""
    random, words = Random(3), maker.words
    ids = list(Message.objects.filter(mailbox=maker.mailbox.mailbox).values_list("pk", flat=True))

    def word(low: int, high: int) -> str:
        return words[random.randrange(low, min(high, len(words)))]

    def name() -> str:
        return maker.people[random.randrange(500)].display_name.split()[0]

    def phrase() -> str:
        """Two words that stand side by side in some message."""
        text = next(text for _, text in texts(maker, Message.objects.filter(pk=random.choice(ids))))
        at = random.randrange(len(text.split()) - 1)
        return '"{} {}"'.format(*text.split()[at : at + 2])

    plain = str
    yield "a common word", lambda: word(0, 50), plain
    yield "a word of some messages", lambda: word(500, 3_000), plain
    yield "a rare word", lambda: word(20_000, 60_000), plain
    yield "three common words", lambda: f"{word(0, 50)} {word(0, 50)} {word(0, 50)}", plain
    yield "a common and a rare word", lambda: f"{word(0, 20)} {word(10_000, 40_000)}", plain
    yield "one of two words", lambda: f"{word(100, 1_000)} OR {word(100, 1_000)}", plain
    yield "one word but not another", lambda: f"{word(100, 500)} -{word(0, 20)}", lambda t: t.replace("-", "NOT ")
    yield "a person", lambda: f"from:{name()}", None
    yield "a person and a word", lambda: f"from:{name()} {word(50, 500)}", None
    yield "the beginning of a name", lambda: f"to:{name()[:3]}", None
    yield "a word of the subject", lambda: f"subject:{word(0, 500)}", None
    yield "a phrase", phrase, plain
    yield "two common words as a phrase", lambda: f'"{word(0, 60)} {word(0, 60)}"', plain
    yield "a common word, unread", lambda: f"{word(0, 50)} is:unread", None
    yield "a common word, flagged", lambda: f"{word(0, 50)} is:flagged", None
    yield "a common word in a small folder", lambda: f"{word(0, 50)} in:projects", None
    yield "a common word in a large folder", lambda: f"{word(0, 50)} in:archive", None
    yield "a common word before a date", lambda: f"{word(0, 50)} before:{random.randrange(2020, 2026)}-06", None
    yield "large attachments", lambda: f"has:attachment larger:{random.randrange(1, 9)}M", None
    yield "unread", lambda: "is:unread", None
    yield "answered long ago", lambda: f"is:answered older_than:{random.randrange(1, 6)}y", None


class Plain:
    """The same messages as a reader without encryption would keep them."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(settings.DATA_DIR / "plain.sqlite3")
        self._database.execute("CREATE VIRTUAL TABLE plain USING fts5(words)")

    def fill(self, maker: Maker) -> None:
        self._database.executemany(
            "INSERT INTO plain (rowid, words) VALUES (?, ?)", texts(maker, Message.objects.all())
        )
        self._database.commit()

    def search(self, match: str) -> list[tuple[int]]:
        statement = "SELECT rowid FROM plain WHERE plain MATCH ? ORDER BY rowid DESC LIMIT 50"
        return self._database.execute(statement, [match]).fetchall()


def _indexing(maker: Maker) -> Figure:
    """Index some messages once more, from their contents: how many a second."""
    ids = list(Message.objects.order_by("-id").values_list("pk", flat=True)[:500])
    Message.objects.filter(pk__in=ids).update(is_indexed=False)
    began = time.perf_counter()
    count = indexing.index_pending(limit=len(ids))
    speed = count / (time.perf_counter() - began)
    return Figure("messages read, parsed and indexed", "a second", speed, more_is_better=True)


def _milliseconds(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return (time.perf_counter() - began) * 1000
