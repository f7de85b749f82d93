"""The categories of a mailbox, readable: needed for every list and every open message, so they are kept.

Whatever changes them also moves the number of the folder tree, which every request has read already. A process that
holds the categories of that number need not ask the database.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db import connection

from mailapp.access import OpenMailbox
from mailapp.categories.models import Category

_MOST_KEPT = 500
_kept: dict[UUID, tuple[int, "Shelf"]] = {}


@dataclass(frozen=True, slots=True)
class Shown:
    """One category as pages show it."""

    id: UUID
    keyword: str
    name: str
    colour: str

    @property
    def css(self) -> str:
        return f"cat {self.colour}"

    @property
    def values(self) -> dict[str, str]:
        """What a script is told."""
        return {"id": str(self.id), "name": self.name, "keyword": self.keyword, "css": self.css}


@dataclass(frozen=True)
class Shelf:
    """All of a mailbox, by name."""

    categories: tuple[Shown, ...]

    @cached_property
    def by_keyword(self) -> dict[str, Shown]:
        return {each.keyword.lower(): each for each in self.categories}

    def of(self, keywords: Iterable[str]) -> list[Shown]:
        """Return the categories among a message's keywords, by name; what has no category is not shown."""
        known = self.by_keyword
        if not known:
            return []
        found = {keyword.lower() for keyword in keywords} & known.keys()
        return [each for each in self.categories if each.keyword.lower() in found] if found else []

    def get(self, category_id: UUID) -> Shown | None:
        return next((each for each in self.categories if each.id == category_id), None)

    def named(self, name: str) -> Shown | None:
        folded = " ".join(name.split()).casefold()
        return next((each for each in self.categories if each.name.casefold() == folded), None)


def of(mailbox: OpenMailbox) -> Shelf:
    """Return the categories: no statement while nothing changed, else one."""
    modseq = mailbox.mailbox.folder_tree.highest_modseq
    kept = _kept.get(mailbox.mailbox.pk)
    if kept and kept[0] == modseq:
        return kept[1]
    shelf = read(mailbox)
    if connection.in_atomic_block:
        return shelf  # the number may be given back with the transaction
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    _kept[mailbox.mailbox.pk] = (modseq, shelf)
    return shelf


def read(mailbox: OpenMailbox) -> Shelf:
    """Return the categories as they are now: one statement."""
    rows = Category.objects.filter(mailbox=mailbox.mailbox)
    found = (Shown(row.pk, row.keyword, name_of(mailbox, row), row.colour) for row in rows)
    return Shelf(tuple(sorted(found, key=lambda each: (each.name.casefold(), each.keyword))))


def name_of(mailbox: OpenMailbox, row: Category) -> str:
    return mailbox.keys.unseal(bytes(row.name), b"category " + row.pk.bytes).decode()


def sealed_name(mailbox: OpenMailbox, category_id: UUID, name: str) -> bytes:
    return mailbox.keys.seal(name.encode(), b"category " + category_id.bytes)
