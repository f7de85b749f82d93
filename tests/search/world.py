"""Random mail, random queries, and an evaluation that knows no index: it reads every message."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from mailapp.access import OpenMailbox, folder_in
from mailapp.mime.parse import parse
from mailapp.search import terms, tree
from mailapp.search.query import Query, unparse
from mailapp.search.query import parse as parse_query
from mailapp.search.terms import All, AnyOf, Either, Expression, Field, Searchable
from mailapp.search.words import words
from mailapp.store import appending, folders, queries
from mailapp.store.models import Folder, Message
from tests import factories

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
_VOCABULARY = (
    "report reports budget invoice invoices draft meeting the and with factures facture réunion réunions été avion "
    "отчёт отчета счета встреча art article 2026-11-24 12,50 e-mail o'brien example.org 東京都 京都"
)
WORDS = _VOCABULARY.split()
NAMES = ("Alice Martin", "Chloé O’Brien", "Дмитрий Орлов", "Bob Stone", "Sales Team")
ADDRESSES = ("alice@example.test", "chloe.obrien@mail.example.org", "dmitri@example.test", "bob@example.test")
FILES = ("Report 2026.pdf", "facture.ods", "photo.jpeg")
FLAGS = ("is_seen", "is_flagged", "is_answered", "is_forwarded", "is_draft")
ROLES = ("inbox", "inbox", "inbox", "sent", "archive", "junk", "deleted", "drafts")


@dataclass
class World:
    """One person's mailbox, filled at random."""

    mailbox: OpenMailbox
    random: Random
    own_folders: list[str] = field(default_factory=list)
    _searchable: dict[UUID, Searchable] = field(default_factory=dict)
    _terms: dict[UUID, set[str]] = field(default_factory=dict)

    def make_folders(self) -> None:
        projects = folders.create(self.mailbox, "Projects")
        folders.create(self.mailbox, "Été 2026", projects)
        thrown = folders.create(self.mailbox, "Old things")
        folders.delete(thrown)
        self.own_folders = ["projects", "ete 2026", "projects/ete2026", "Old things"]

    def fill(self, count: int) -> None:
        targets = list(Folder.objects.filter(mailbox=self.mailbox.mailbox).order_by("uid"))
        for _ in range(count):
            folder = self.random.choice(targets)
            prepared = appending.prepare(self._raw())
            flags = appending.Flags(**{name: self.random.random() < 0.3 for name in FLAGS})
            moment = NOW - timedelta(seconds=self.random.randint(0, 400 * 86_400))
            sealed = appending.seal(self.mailbox.keys, prepared, flags=flags, internal_date=moment)
            appending.append(folder_in(self.mailbox, folder.pk), [sealed])

    def _raw(self) -> bytes:
        people = [f'"{name}" <{address}>' for name, address in zip(NAMES, ADDRESSES, strict=False)]
        attachments = [(name, "application/octet-stream", b"x" * self.random.randint(1, 300_000)) for name in FILES]
        return factories.make_message_bytes(
            from_=self.random.choice(people),
            to=self.random.sample(people, self.random.randint(1, 3)),
            cc=self.random.sample(people, self.random.randint(0, 2)),
            subject=self._text(4) or "Untitled",
            text=self._text(12) + "\n",
            attachments=self.random.sample(attachments, 1) if self.random.random() < 0.3 else [],
        )

    def _text(self, most: int) -> str:
        return " ".join(self.random.choices(WORDS, k=self.random.randint(0, most)))

    # --- Queries ---

    def query(self) -> Query:
        """Return a random query, as it comes back from being typed."""
        made = self._tree(self.random.choice([1, 1, 2, 2, 3]))
        query = parse_query(unparse(Query(made)))
        assert not query.problems
        return query

    def _tree(self, depth: int) -> tree.Tree:
        choice = self.random.random()
        if depth == 0 or choice < 0.3:
            return self._leaf()
        if choice < 0.45:
            return tree.negated(self._tree(depth - 1))
        parts = [self._tree(depth - 1) for _ in range(self.random.randint(2, 3))]
        joined = tree.both(parts) if choice < 0.75 else tree.either(parts)
        assert joined is not None
        return joined

    def _leaf(self) -> tree.Leaf:
        pick = self.random.choice
        kind = self.random.randint(0, 13)
        if kind < 4:
            return tree.Words(pick(WORDS), pick([Field.ANYWHERE, Field.ANYWHERE, Field.ANYWHERE, Field.SUBJECT]))
        if kind < 6:
            asked = pick(["al", "chlo", "obri", "орл", "bob", "example.org", "alice@example.test", "mail", "team"])
            return tree.Words(asked, pick([Field.FROM, Field.TO, Field.CC, Field.BCC, Field.ANYWHERE]))
        if kind < 8:
            phrase = " ".join(self.random.choices(WORDS, k=self.random.randint(1, 2)))
            return tree.Phrase(phrase, pick([Field.ANYWHERE, Field.ANYWHERE, Field.SUBJECT]))
        return pick(
            [
                tree.HasAttachment(),
                tree.Words(pick(["report", "pdf", "facture"]), Field.FILE_NAME),
                tree.Phrase("Alice Martin", Field.FROM),
                tree.Is(pick(list(tree.Flag))),
                tree.In(pick(["inbox", "junk", "deleted", "archive", "anywhere", *self.own_folders])),
                tree.Dated(pick(list(tree.When)), pick(["2026", "2026-06", "2026-11-20", "yesterday", "2025"])),
                tree.Aged(pick(list(tree.Than)), pick([1, 3, 10]), pick(list("dwm"))),
                tree.Sized(pick(list(tree.Compare)), pick([500, 900, 50_000, 200_000])),
            ]
        )

    # --- The naive answer ---

    def expected(self, query: Query) -> list[int]:
        """Return the ids of the messages that match, newest first, by reading them all."""
        hidden = self._folders_below("junk", "deleted")
        for leaf, positive in tree.leaves(query.tree):
            if isinstance(leaf, tree.In) and positive:
                hidden -= self._named(leaf.folder)
        found = []
        for message in Message.objects.filter(mailbox=self.mailbox.mailbox).select_related("content"):
            naive = _Naive(self, message, *self._read(message))
            if message.folder_id not in hidden and naive.holds(query.tree):
                found.append(message)
        return [message.pk for message in sorted(found, key=lambda m: (m.internal_date, m.pk), reverse=True)]

    def _read(self, message: Message) -> tuple[Searchable, set[str]]:
        """Read a content, once: it never changes."""
        key = message.content_id
        if key not in self._terms:
            parsed = parse(queries.raw(self.mailbox, message))
            self._searchable[key] = Searchable.of(parsed, message.size_bytes)
            self._terms[key] = set(terms.of_message(self._searchable[key]))
        return self._searchable[key], self._terms[key]

    def _folders_below(self, *roles: str) -> set:
        return {
            node.id
            for root in folders.flat(folders.tree(self.mailbox))
            if root.folder.role in roles
            for node in folders.flat([root])
        }

    def _named(self, name: str) -> set:
        if name == "anywhere":
            return {node.id for node in folders.flat(folders.tree(self.mailbox))}
        if name in [str(role) for role in Folder.Role]:
            return self._folders_below(name)
        shown = {"projects": "Projects", "ete 2026": "Été 2026", "projects/ete2026": "Été 2026"}.get(name, name)
        return {
            node.id
            for root in folders.flat(folders.tree(self.mailbox))
            if root.name == shown
            for node in folders.flat([root])
        }


@dataclass
class _Naive:
    world: World
    message: Message
    searchable: Searchable
    terms: set[str]

    def holds(self, query: tree.Tree | None, positive: bool = True) -> bool:
        match query:
            case tree.Not(part):
                return not self.holds(part, not positive)
            case tree.And(parts):
                return all(self.holds(part, positive) for part in parts)
            case tree.Or(parts):
                return any(self.holds(part, positive) for part in parts)
            case tree.Words(text, field_):
                return has(terms.asked(text, field_, with_beginnings=positive), self.terms)
            case tree.Phrase(text, field_):
                if len(words(text)) == 1:
                    return f"{field_.value}:{words(text)[0]}" in self.terms
                return any(follows(words(text), words(within)) for within in self.searchable.texts(field_))
            case tree.HasAttachment():
                return bool(self.searchable.file_names)
            case tree.In(name):
                return self.message.folder_id in self.world._named(name)
            case tree.Is(flag):
                name = {"unread": "is_seen", "read": "is_seen", "unflagged": "is_flagged", "unanswered": "is_answered"}
                value = getattr(self.message, name.get(flag, f"is_{flag}"))
                return not value if flag.startswith("un") else value
            case tree.Sized(compare, size):
                mine = self.message.size_bytes
                return mine > size if compare is tree.Compare.LARGER else mine < size
            case tree.Dated(when, date):
                return self._dated(when, date)
            case tree.Aged(than, count, unit):
                return self._aged(than, count, unit)
        raise TypeError(query)

    def _dated(self, when: tree.When, date: str) -> bool:
        day = (self.message.internal_date.date()).isoformat()
        date = (NOW.date() - timedelta(days=1)).isoformat() if date == "yesterday" else date
        if when is tree.When.ON:
            return day.startswith(date)
        return day[: len(date)] < date if when is tree.When.BEFORE else day[: len(date)] >= date

    def _aged(self, than: tree.Than, count: int, unit: str) -> bool:
        if unit == "m":
            year, month = divmod(NOW.year * 12 + NOW.month - 1 - count, 12)
            moment = NOW.replace(year=year, month=month + 1)
        else:
            moment = NOW - timedelta(days=count * (7 if unit == "w" else 1))
        # The index sorts by whole seconds.
        is_older = self.message.internal_date.replace(microsecond=0) < moment
        return is_older if than is tree.Than.OLDER else not is_older


def has(expression: Expression | None, found: set[str]) -> bool:
    match expression:
        case AnyOf(wanted):
            return not wanted.isdisjoint(found)
        case All(parts):
            return all(has(part, found) for part in parts)
        case Either(parts):
            return any(has(part, found) for part in parts)
    return False


def follows(wanted: Sequence[str], text: Sequence[str]) -> bool:
    return any(list(text[at : at + len(wanted)]) == list(wanted) for at in range(len(text) - len(wanted) + 1))
