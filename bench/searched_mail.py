"""Two hundred thousand messages to search in, made in minutes.

They are stored and indexed as real ones are, but their terms are put together from those of single words and people,
each worked out once by the real code; some are compared with what indexing the message itself gives. A body serves
ten messages with different headers.
"""

import itertools
import uuid
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random

from django.db import transaction
from django.db.models import QuerySet

from mailapp.access import OpenMailbox
from mailapp.mime import contents as mime_contents
from mailapp.mime.model import Person
from mailapp.search import index, indexing, terms
from mailapp.search.terms import Searchable
from mailapp.store import contents, folders, summaries
from mailapp.store.appending import reserve_ids, search_id
from mailapp.store.contents import WrittenContent
from mailapp.store.models import Content, Folder, Message, Thread

VOCABULARY = 60_000
PEOPLE = 2_000
MESSAGES_OF_A_BODY = 10
BATCH = 500
YEARS = 8
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il", "on", "us")]
_ROLES = ("inbox",) * 60 + ("archive",) * 25 + ("sent",) * 10 + ("deleted",) * 3 + ("junk",) * 2


@dataclass(frozen=True, slots=True)
class Body:
    words: list[int]
    content: WrittenContent
    size_bytes: int


class Maker:
    """Fills one mailbox. Words are numbered by how common they are: number 0 stands in most messages."""

    def __init__(self, mailbox: OpenMailbox, *, seed: int = 1) -> None:
        self.mailbox = mailbox
        self.random = Random(seed)
        self.now = datetime.now(UTC)
        self._weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(VOCABULARY)))
        self._word_numbers: dict[tuple[str, int], frozenset[int]] = {}
        self._person_numbers: dict[tuple[str, int], frozenset[int]] = {}

    @cached_property
    def words(self) -> list[str]:
        random, found = Random(7), dict[str, None]()
        while len(found) < VOCABULARY:
            stem = "".join(random.choices(_SYLLABLES, k=random.choice((2, 2, 3, 3, 4))))
            for ending in ("", *random.sample(("s", "ing", "ed", "ation"), 1)):
                found[stem + ending] = None
        return list(found)[:VOCABULARY]

    @cached_property
    def people(self) -> list[Person]:
        random, made = Random(8), []
        for number in range(PEOPLE):
            first, last = ("".join(random.choices(_SYLLABLES, k=3)) for _ in range(2))
            domain = f"{self.words[random.randrange(300, 500)]}.test"
            made.append(Person(f"{first.title()} {last.title()}", f"{first}.{last}{number}@{domain}"))
        return made

    def fill(self, count: int) -> None:
        folders.create(self.mailbox, "Projects")
        targets = {folder.role: folder for folder in Folder.objects.filter(mailbox=self.mailbox.mailbox)}
        body: Body | None = None
        for start in range(0, count, BATCH):
            rows, entries, new_contents = [], [], []
            for number in range(start, min(start + BATCH, count)):
                if body is None or number % MESSAGES_OF_A_BODY == 0:
                    body = self._body()
                    new_contents.append(body.content.content)
                role = "" if number % max(1, count // 20) == 0 else self.random.choice(_ROLES)
                message, numbers = self._message(body, targets[role], age=(count - number) / count)
                rows.append(message)
                entries.append((message, numbers))
                if number % max(1, count // 5) == 0:
                    self._check(message, body, numbers)
            self._save(rows, entries, new_contents)
        for folder in targets.values():
            mine = Message.objects.filter(folder=folder)
            Folder.objects.filter(pk=folder.pk).update(
                uid_next=count + 1, message_count=mine.count(), unread_count=mine.filter(is_seen=False).count()
            )

    def _save(
        self, rows: list[Message], entries: list[tuple[Message, frozenset[int]]], new_contents: list[Content]
    ) -> None:
        threads = [Thread(mailbox=self.mailbox.mailbox, message_count=1) for _ in rows]
        with transaction.atomic():
            Content.objects.bulk_create(new_contents)
            Thread.objects.bulk_create(threads)
            for message, thread, message_id in zip(rows, threads, reserve_ids(len(rows)), strict=True):
                message.id = message.uid = message.modseq = message.created_modseq = message_id
                message.search_id = search_id(message.internal_date, message_id)
                message.thread = thread
            Message.objects.bulk_create(rows, batch_size=100)
        for start in range(0, len(entries), indexing.BATCH):
            with transaction.atomic():
                batch = entries[start : start + indexing.BATCH]
                index.current().put([(message.search_id, sorted(numbers)) for message, numbers in batch])

    def _check(self, message: Message, body: Body, numbers: frozenset[int]) -> None:
        summary = summaries.unseal(self.mailbox.keys, message)
        read = mime_contents.read(contents.read(body.content.content, body.content.key))
        whole = Searchable(
            subject=summary.subject,
            from_=summary.from_,
            to=summary.to,
            text=terms.searched_text(read.text, read.html),
            has_attachment=message.has_attachment,
            size_bytes=message.size_bytes,
        )
        if numbers != set(index.numbers(self.mailbox.keys, terms.of_message(whole))):
            raise RuntimeError("the terms put together differ from those of the message")

    def _sample(self, count: int) -> list[int]:
        total = self._weights[-1]
        return [bisect(self._weights, self.random.random() * total) for _ in range(count)]

    def _body(self) -> Body:
        words = self._sample(max(5, int(self.random.lognormvariate(5.3, 0.7))))
        lines = [" ".join(self.words[number] for number in words[at : at + 12]) for at in range(0, len(words), 12)]
        text = "\r\n".join(lines)
        html = "".join(f'<p style="margin:0 0 12px;font-family:sans-serif">{line}</p>\r\n' for line in lines)
        raw = (
            "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
            f"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
            f"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<html><body>{html}</body></html>\r\n--b--\r\n"
        ).encode()
        return Body(words, contents.write(raw), len(raw))

    def _message(self, body: Body, folder: Folder, *, age: float) -> tuple[Message, frozenset[int]]:
        """``age`` goes from 1 (the oldest) to 0; a few messages arrived out of order."""
        random, keys = self.random, self.mailbox.keys
        subject = self._sample(random.randint(2, 8))
        from_, *to = (int(random.paretovariate(0.8)) % PEOPLE for _ in range(random.choice((2, 2, 2, 3, 5))))
        size = int(body.size_bytes + (random.lognormvariate(12.5, 1.5) if random.random() < 0.2 else 0))
        has_attachment = size > body.size_bytes
        age += 0.05 * random.random() if random.random() < 0.02 else 0
        summary = summaries.Summary(
            subject=" ".join(self.words[number] for number in subject),
            from_=(self.people[from_],),
            to=tuple(self.people[number] for number in to),
            preview=" ".join(self.words[number] for number in body.words[:25]),
        )
        content = body.content.content
        message = Message(
            key=uuid.uuid4(),
            mailbox=self.mailbox.mailbox,
            folder=folder,
            content=content,
            content_key=keys.wrap_content_key(body.content.key, content.pk.bytes),
            summary=summaries.seal(keys, summary, content.pk.bytes),
            structure=b"",
            message_id_digest=b"",
            content_digest=b"",
            internal_date=self.now - timedelta(days=365 * YEARS * age, seconds=random.randrange(60)),
            size_bytes=size,
            is_seen=not (random.random() < 0.6 if age < 0.001 else random.random() < 0.01),
            is_flagged=random.random() < 0.003,
            is_answered=random.random() < 0.1,
            has_attachment=has_attachment,
            is_indexed=True,
        )
        facts = [terms.size_term(size), *([terms.ATTACHMENT_TERM] if has_attachment else [])]
        numbers = frozenset(index.numbers(keys, facts)).union(
            *(self._of_word("text", number) for number in set(body.words)),
            *(self._of_word("subject", number) for number in subject),
            self._of_person("from_", from_),
            *(self._of_person("to", number) for number in to),
        )
        return message, numbers

    def _of_word(self, field: str, number: int) -> frozenset[int]:
        key = field, number
        if key not in self._word_numbers:
            self._word_numbers[key] = self._numbers(Searchable(**{field: self.words[number]}))
        return self._word_numbers[key]

    def _of_person(self, field: str, number: int) -> frozenset[int]:
        key = field, number
        if key not in self._person_numbers:
            self._person_numbers[key] = self._numbers(Searchable(**{field: (self.people[number],)}))
        return self._person_numbers[key]

    def _numbers(self, searchable: Searchable) -> frozenset[int]:
        found = (term for term in terms.of_message(searchable) if not term.startswith("="))
        return frozenset(index.numbers(self.mailbox.keys, found))


def texts(maker: Maker, messages: QuerySet[Message]) -> Iterator[tuple[int, str]]:
    """Yield search id and words of the messages, as a reader without encryption would index them."""
    rows = messages.filter(mailbox=maker.mailbox.mailbox).select_related("content").defer("structure")
    text, content_id = "", None
    for message in rows.order_by("id").iterator(chunk_size=1_000):
        summary = summaries.unseal(maker.mailbox.keys, message)
        if message.content_id != content_id:
            key = maker.mailbox.keys.unwrap_content_key(bytes(message.content_key), message.content_id.bytes)
            text, content_id = contents.read(message.content, key).decode().split("--b\r\n")[1], message.content_id
        people = " ".join(f"{person.display_name} {person.addr_spec}" for person in (*summary.from_, *summary.to))
        yield message.search_id, f"{summary.subject} {people} {text}"
