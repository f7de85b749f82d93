"""Organizations, people and mail for benchmarks."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from mailapp.access import OpenFolder, OpenMailbox, folder_by_role, open_own_mailbox
from mailapp.store import appending
from workmail.accounts.actor import SYSTEM, Actor
from workmail.directory import services
from workmail.directory.models import User

PASSWORD = "a long enough secret"
WORDS = [
    first + second + third
    for first in ("ba", "ce", "di", "fo", "gu", "la", "me", "ni", "po", "ru")
    for second in ("ran", "les", "tin", "mor", "sul", "vak", "zen", "kip")
    for third in ("", "o", "er", "ing", "ation")
]


def scaled(count: int) -> int:
    """Return the count, or a hundredth of it in a quick run."""
    return max(50, count // 100) if os.environ.get("BENCH_QUICK") else count


def make_user(alias: str = "example") -> User:
    """Make an organization with one person, who can sign in with PASSWORD."""
    _, user = services.create_organization(
        SYSTEM,
        name=alias.title(),
        alias=alias,
        domain=f"{alias}.test",
        administrator_name="alice",
        administrator_display_name="Alice",
        password=PASSWORD,
        domain_is_verified=True,
    )
    return user


def open_inbox(user: User) -> OpenFolder:
    mailbox: OpenMailbox = open_own_mailbox(Actor(user))
    return folder_by_role(mailbox, "inbox")


def sentence(random: Random, words: int) -> str:
    # A few words are very common and most are rare, as in real mail.
    return " ".join(WORDS[min(int(random.paretovariate(0.6)) - 1, len(WORDS) - 1)] for _ in range(words))


def raw_messages(count: int, *, octets: int = 2_000, seed: int = 1) -> Iterator[bytes]:
    """Yield messages of about ``octets`` octets, a third of them answers to earlier ones."""
    random = Random(seed)
    for number in range(count):
        lines = [
            f"Message-ID: <{number}.{seed}@elsewhere.test>",
            f"Date: {datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=number):%a, %d %b %Y %H:%M:%S +0000}",
            f"From: {sentence(random, 1).title()} {sentence(random, 1).title()} <{sentence(random, 1)}@elsewhere.test>",
            "To: Alice <alice@example.test>",
            f"Subject: {sentence(random, 5)}",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
        ]
        if number > 10 and random.random() < 0.33:
            lines.append(f"References: <{number - random.randint(1, 10)}.{seed}@elsewhere.test>")
        body = "\r\n".join(sentence(random, 10) for _ in range(max(1, octets // 75)))
        yield ("\r\n".join(lines) + "\r\n\r\n" + body + "\r\n").encode()


def fill(folder: OpenFolder, count: int, *, octets: int = 2_000, seed: int = 1, batch: int = 200) -> None:
    """Store ``count`` messages, one a minute, the last one now.

    They share the contents of a few hundred real ones, as copies to many colleagues do, since writing and syncing two
    hundred thousand files would measure the disk; every row, summary, thread and count is its own.
    """
    began = datetime.now(UTC) - timedelta(minutes=count)
    originals = [appending.prepare(raw) for raw in raw_messages(min(count, 300), octets=octets, seed=seed)]
    random, waiting = Random(seed), []
    for number in range(count):
        original = originals[number % len(originals)]
        answers = (f"<{number - random.randint(1, 10)}.{seed}@filled.test>",) if random.random() < 0.33 else ()
        parsed = replace(
            original.parsed,
            message_id=f"<{number}.{seed}@filled.test>",
            references=answers,
            in_reply_to="",
            subject=f"{original.parsed.subject} {number}",
        )
        at = began + timedelta(minutes=number)
        waiting.append(appending.seal(folder.keys, replace(original, parsed=parsed), internal_date=at))
        if len(waiting) == batch:
            appending.append(folder, waiting)
            waiting = []
    appending.append(folder, waiting)
