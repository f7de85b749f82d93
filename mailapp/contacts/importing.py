"""Importing a file of contacts: first what it holds and how it is meant, then doing it, with a report of everything.

Nothing comes twice: a card with a UID that is there already, or whose every value a contact with the same address or
name says already, adds nothing; a known UID with new values adds those.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from mailapp.access import Right
from mailapp.contacts import book as books
from mailapp.contacts import cards, csv_tables, duplicates, photos, texts, vcards, writing
from mailapp.contacts.book import OpenBook, OpenContact
from mailapp.contacts.csv_tables import Table
from mailapp.contacts.models import PendingImport
from mailapp.contacts.vcards import Card, Reading
from mailapp.contacts.writing import Put
from workmail.directory.addresses import fold
from workmail.errors import Invalid, LimitExceeded, NotFound
from workmail.ui import formats

LARGEST_FILE = 20_000_000
_KEPT = timedelta(hours=6)
_IN_A_BATCH = 500


@dataclass(slots=True)
class File:
    """An uploaded file, understood: cards, or a table."""

    id: UUID
    name: str
    charset_is_certain: bool
    reading: Reading | None = None
    table: Table | None = None

    @property
    def count(self) -> int:
        return len(self.reading.cards) if self.reading else len(self.table.rows) if self.table else 0


@dataclass(slots=True)
class Report:
    """What importing did, and what it could not do."""

    added: int = 0
    completed: int = 0
    known: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)  # what, and why
    not_understood: list[tuple[int, str]] = field(default_factory=list)  # line, and what stands there
    has_more: bool = False
    undo_ids: list[UUID] = field(default_factory=list)


def receive(book: OpenBook, name: str, octets: bytes) -> File:
    """Look at a file and keep it, sealed, while the person looks at the preview.

    Raises:
        Forbidden
        LimitExceeded: It is larger than ``LARGEST_FILE``.
        Invalid: It holds no contacts in a form that can be read.
    """
    book.mailbox.require(Right.WRITE)
    if len(octets) > LARGEST_FILE:
        raise LimitExceeded(
            _("This file is too large. It may have at most %(size)s.") % {"size": formats.file_size(LARGEST_FILE)},
            field="file",
        )
    row = PendingImport(mailbox=book.mailbox.mailbox)
    file = _understood(row.pk, name, octets)
    packed = zlib.compress(json.dumps([name[:200]]).encode() + b"\n" + octets)
    row.file = book.mailbox.keys.seal(packed, b"contacts import " + row.pk.bytes)
    PendingImport.objects.filter(mailbox=book.mailbox.mailbox).delete()
    PendingImport.objects.filter(created_at__lt=timezone.now() - _KEPT).delete()
    row.save(force_insert=True)
    return file


def pending(book: OpenBook, import_id: UUID) -> File:
    """Return a file that was received. Raises NotFound when it is not there any more."""
    row = PendingImport.objects.filter(pk=import_id, mailbox=book.mailbox.mailbox).first()
    if row is None:
        raise NotFound(_("This file is no longer kept. Choose it again."))
    packed = zlib.decompress(book.mailbox.keys.unseal(bytes(row.file), b"contacts import " + import_id.bytes))
    header, _newline, octets = packed.partition(b"\n")
    return _understood(import_id, json.loads(header)[0], octets)


def forget(book: OpenBook, import_id: UUID) -> None:
    PendingImport.objects.filter(pk=import_id, mailbox=book.mailbox.mailbox).delete()


def run(book: OpenBook, file: File, targets: Sequence[str] = ()) -> Report:
    """Import the file. ``targets`` say what each column of a table is meant as; by default what is guessed."""
    book.mailbox.require(Right.WRITE)
    report = Report()
    found = _cards_of(file, list(targets), report)
    known = _Known(book)
    puts: dict[Any, Put] = {}
    for card in found:
        if not photos.bound(card):
            report.refused.append((cards.display_name(card), _("The picture could not be read and was left out.")))
        _place(known, card, puts, report)
    for start in range(0, len(puts), _IN_A_BATCH):
        _write(book, list(puts.values())[start : start + _IN_A_BATCH], report)
    forget(book, file.id)
    return report


def _understood(import_id: UUID, name: str, octets: bytes) -> File:
    text, is_certain = texts.decode(octets)
    if "BEGIN:VCARD" in text[:200_000].upper():
        reading = vcards.read(text)
        if reading.cards:
            return File(import_id, name, is_certain, reading=reading)
    else:
        table = csv_tables.read(text)
        if table is not None and table.rows:
            return File(import_id, name, is_certain, table=table)
    raise Invalid(_("There are no contacts in this file that can be read. Choose a vCard or CSV file."), field="file")


def _cards_of(file: File, targets: list[str], report: Report) -> list[Card]:
    if file.reading is not None:
        report.not_understood = [(problem.line, problem.text) for problem in file.reading.problems]
        report.has_more = file.reading.has_more
        return file.reading.cards
    table = file.table
    assert table is not None
    targets = targets or csv_tables.guess(table.headings)
    report.has_more = table.has_more
    report.not_understood = [(line, _("This line has more cells than there are columns.")) for line in table.broken]
    made = (csv_tables.card_of(table.headings, targets, cells) for cells in table.rows)
    return [card for card in made if card is not None]


class _Known:
    """Who is in the book, by UID, address and name."""

    def __init__(self, book: OpenBook) -> None:
        self._book = book
        self.by_uid: dict[str, UUID] = {}
        self.by_address: dict[str, UUID] = {}
        self.by_name: dict[str, UUID] = {}
        for entry in books.entries(book):
            summary = entry.summary
            self.by_uid[summary.uid] = entry.key
            self.by_name.setdefault(summary.name.casefold(), entry.key)
            for address in summary.addresses:
                self.by_address.setdefault(fold(address), entry.key)
        self._opened: dict[UUID, OpenContact] = {}

    def same(self, card: Card) -> OpenContact | None:
        """Return the contact that has this card's UID."""
        key = self.by_uid.get(cards.uid(card)) if cards.uid(card) else None
        return self._open(key)

    def alike(self, card: Card) -> list[OpenContact]:
        """Return contacts with one of its addresses or its name."""
        keys = [self.by_address.get(fold(entry.value)) for entry in cards.entries(card, "EMAIL")]
        keys.append(self.by_name.get(cards.display_name(card).casefold()))
        return [contact for contact in map(self._open, dict.fromkeys(keys)) if contact]

    def _open(self, key: UUID | None) -> OpenContact | None:
        if key is None:
            return None
        if key not in self._opened:
            self._opened[key] = books.get(self._book, key)
        return self._opened[key]


def _place(known: _Known, card: Card, puts: dict[Any, Put], report: Report) -> None:
    """Decide what becomes of one card."""
    uid = cards.uid(card)
    same = known.same(card)
    if same is not None:
        before = puts[same.key].card if same.key in puts else same.card
        both = duplicates.merged(before, card)
        if both == before:
            report.known += 1
        else:
            puts[same.key] = Put(both, same.key, same.row.modseq)
            report.completed += 1
    elif any(duplicates.is_contained(contact.card, card) for contact in known.alike(card)):
        report.known += 1
    elif not cards.display_name(card):
        report.refused.append((cards.readable(card.properties[0])[:80], _("It has no name, address or number.")))
    elif uid and uid in puts:
        puts[uid] = Put(duplicates.merged(puts[uid].card, card))
        report.completed += 1
    else:
        puts[uid or object()] = Put(card)
        report.added += 1


def _write(book: OpenBook, puts: list[Put], report: Report) -> None:
    """Write a batch; when something in it is refused, each by itself, so that only that one is left out."""
    try:
        written = writing.write(book, puts)
    except (Invalid, LimitExceeded) as refusal:
        if len(puts) == 1:
            report.refused.append((cards.display_name(puts[0].card), str(refusal)))
            if puts[0].key:
                report.completed -= 1
            else:
                report.added -= 1
            return
        for start in range(0, len(puts), max(1, len(puts) // 8)):
            _write(book, puts[start : start + max(1, len(puts) // 8)], report)
        return
    if written.undo_id:
        report.undo_ids.append(written.undo_id)
