"""The address book of a mailbox: opening it, reading one contact, and the whole list in the order of names.

Names are sealed, so the database cannot sort them. A book holds at most ``MOST_CONTACTS``; their summaries are unsealed
and sorted in memory (a millisecond for each two hundred), and each process keeps the result of a few books for as long
as nothing in them changes and the mailbox's key may be used.
"""

import threading
import time
from collections.abc import Collection as Several
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db import IntegrityError, transaction

from mailapp.access import OpenMailbox, Right
from mailapp.contacts import names, summaries, vcards
from mailapp.contacts.correspondents import address_digest
from mailapp.contacts.models import AddressBook, Contact, ContactAddress
from mailapp.contacts.summaries import Summary
from mailapp.contacts.vcards import Card
from workmail.changes.log import advance
from workmail.changes.models import Collection
from workmail.errors import NotFound

MOST_CONTACTS = 10_000
_KEPT_SECONDS = 60
_MOST_KEPT = 40_000  # entries, of all books together
_kept: dict[UUID, tuple[int, float, tuple["Entry", ...]]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class OpenBook:
    """An address book somebody may use."""

    mailbox: OpenMailbox
    book: AddressBook

    @property
    def contacts(self):
        return Contact.objects.filter(address_book=self.book)


@dataclass(frozen=True)
class Entry:
    """A line of the list."""

    key: UUID
    modseq: int
    summary: Summary

    @cached_property
    def sort_words(self) -> list[str]:
        return names.words(self.summary.sort_name)

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words by which completion finds it: those of its name before those of its addresses."""
        found = names.words(self.summary.name, self.summary.nickname)
        for address in self.summary.addresses:
            found += [word for word in names.words(address) if word not in found]
        return tuple(found)

    @cached_property
    def all_words(self) -> tuple[str, ...]:
        summary = self.summary
        more = names.words(summary.organization) + names.words(summary.title) + names.words(*summary.categories)
        return (*self.words, *more)

    @cached_property
    def digits(self) -> tuple[str, ...]:
        return tuple("".join(filter(str.isdigit, phone)) for phone in self.summary.phones)

    @property
    def letter(self) -> str:
        """The letter under which it stands: a capital without accents, or ``#``."""
        word = self.sort_words[0] if self.sort_words else ""
        return word[0].upper() if word[:1].isalpha() else "#"


@dataclass(frozen=True, slots=True)
class OpenContact:
    """One contact, readable."""

    book: OpenBook
    row: Contact
    card: Card
    summary: Summary

    @property
    def key(self) -> UUID:
        return self.row.key


def open_book(mailbox: OpenMailbox) -> OpenBook:
    """Return the mailbox's address book, which is made when it is first needed. Raises Forbidden."""
    mailbox.require(Right.READ)
    found = _default(mailbox)
    if found is None:
        try:
            found = _make_default(mailbox)
        except IntegrityError:  # another request was faster
            found = _default(mailbox)
            if found is None:
                raise
    return OpenBook(mailbox, found)


def entries(book: OpenBook) -> tuple[Entry, ...]:
    """Return all contacts and groups by name.

    Raises:
        KeyUnavailable: They cannot be read now.
    """
    keys = book.mailbox.keys  # asks whether it may be used, whatever is kept
    pk, modseq = book.book.pk, book.book.collection.highest_modseq
    kept = _kept.get(pk)
    if kept and kept[0] == modseq and kept[1] > time.monotonic():
        return kept[2]
    rows = book.contacts.values_list("key", "modseq", "summary")
    found = [Entry(key, number, summaries.unseal(keys, key, bytes(sealed))) for key, number, sealed in rows]
    found.sort(key=lambda entry: (not entry.sort_words, entry.sort_words, entry.summary.name, entry.key))
    with _lock:
        if sum(len(other[2]) for other in _kept.values()) + len(found) > _MOST_KEPT:
            _kept.clear()
        # What was read may be newer than the number; then the next reader reads again.
        _kept[pk] = (modseq, time.monotonic() + _KEPT_SECONDS, tuple(found))
    return tuple(found)


def search(found: Several[Entry], typed: str) -> list[Entry]:
    """Return those that have all typed beginnings in their name, addresses, organization or categories, or a number."""
    beginnings = names.words(typed)
    digits = "".join(filter(str.isdigit, typed))
    is_number = len(digits) >= 3 and not any(character.isalpha() for character in typed)
    return [
        entry
        for entry in found
        if (beginnings and names.matches(beginnings, entry.all_words))
        or (is_number and any(digits in number for number in entry.digits))
    ]


def get(book: OpenBook, key: UUID) -> OpenContact:
    """Return one contact of this book. Raises NotFound."""
    row = book.contacts.filter(key=key).first()
    if row is None:
        raise NotFound
    return opened(book, row)


def get_several(book: OpenBook, keys: Several[UUID]) -> list[OpenContact]:
    return [opened(book, row) for row in book.contacts.filter(key__in=list(keys)).order_by("uid")]


def opened(book: OpenBook, row: Contact) -> OpenContact:
    keys = book.mailbox.keys
    card = vcards.read_one(summaries.unseal_card(keys, row.key, bytes(row.card))) or Card()
    return OpenContact(book, row, card, summaries.unseal(keys, row.key, bytes(row.summary)))


def with_address(book: OpenBook, addr_spec: str) -> UUID | None:
    """Return the key of the contact that has this address, or None."""
    digest = address_digest(book.mailbox.keys, addr_spec)
    found = ContactAddress.objects.filter(mailbox=book.mailbox.mailbox, digest=digest).order_by("contact_id")
    return found.values_list("contact__key", flat=True).first()


def _default(mailbox: OpenMailbox) -> AddressBook | None:
    books = AddressBook.objects.select_related("collection")
    return books.filter(mailbox=mailbox.mailbox, is_default=True).first()


def _make_default(mailbox: OpenMailbox) -> AddressBook:
    sequence_id = mailbox.mailbox.sequence_id
    with transaction.atomic():
        modseq = advance(sequence_id)
        collection = Collection.objects.create(owner_id=sequence_id, kind="contacts", highest_modseq=modseq)
        return AddressBook.objects.create(collection=collection, mailbox=mailbox.mailbox, is_default=True)
