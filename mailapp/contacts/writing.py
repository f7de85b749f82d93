"""Making, changing and deleting contacts, and taking that back.

All of it is one operation: some cards are put, some are taken away, in one transaction with one number of the change
log; what they were before is kept, sealed, for a day.
"""

import json
import uuid
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from mailapp.access import Right
from mailapp.contacts import cards, photos, summaries, vcards
from mailapp.contacts.book import MOST_CONTACTS, OpenBook, OpenContact
from mailapp.contacts.correspondents import address_digest
from mailapp.contacts.models import AddressBook, Contact, ContactAddress, ContactUndo
from mailapp.contacts.summaries import Summary
from mailapp.contacts.vcards import Card
from workmail.changes.log import bury, next_modseq
from workmail.directory.addresses import fold
from workmail.errors import AlreadyExists, Invalid, LimitExceeded, NotFound, Stale
from workmail.ui import formats

UNDO_WITHIN = timedelta(days=1)
MOST_AT_ONCE = 5_000
LARGEST_CARD = 400_000  # characters, of what is kept


@dataclass(frozen=True, slots=True)
class Put:
    """A card to be there: under a new key, or in place of what is there under this one.

    ``unchanged_since`` is the number the contact had when it was read: if it has another one now, nothing is written.
    """

    card: Card
    key: UUID | None = None
    unchanged_since: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What was done: keys of the cards put, in their order, and what takes it back."""

    keys: tuple[UUID, ...]
    undo_id: UUID | None = None


@dataclass(slots=True)
class _Sealed:
    """A card, ready to be written."""

    key: UUID
    is_new: bool
    unchanged_since: int | None
    text: str
    summary: Summary
    row: dict[str, bytes] = field(default_factory=dict)
    digests: list[bytes] = field(default_factory=list)


def create(book: OpenBook, card: Card) -> Written:
    """Keep a new contact. Raises Forbidden, Invalid, AlreadyExists (its UID), LimitExceeded."""
    return write(book, [Put(card)])


def change(contact: OpenContact, card: Card, *, unchanged_since: int | None = None) -> Written:
    """Put this card in the place of the contact's. Raises Forbidden, Invalid, NotFound, Stale, LimitExceeded."""
    return write(contact.book, [Put(card, contact.key, unchanged_since)])


def delete(book: OpenBook, keys: Iterable[UUID]) -> Written:
    """Take contacts away. Those that are gone already are gone; raises Forbidden, and NotFound when there is none."""
    return write(book, [], deleted=list(keys))


def write(book: OpenBook, puts: Sequence[Put], *, deleted: Sequence[UUID] = (), with_undo: bool = True) -> Written:
    """Put and take away, in one transaction."""
    book.mailbox.require(Right.WRITE)
    if len(puts) + len(deleted) > MOST_AT_ONCE:
        raise LimitExceeded(
            _("That is too much at once: at most %(count)s contacts.") % {"count": formats.number(MOST_AT_ONCE)}
        )
    sealed = [_seal(book, put) for put in puts]
    kept = _keep(book, sealed, deleted) if with_undo else None
    _write(book, sealed, deleted, kept)
    return Written(tuple(each.key for each in sealed), kept.undo_id if kept else None)


def undo(book: OpenBook, undo_id: UUID) -> int:
    """Take an act back and return how many contacts that concerned.

    Raises:
        NotFound: There is no such act, or it is too long ago.
        Stale: One of the contacts was changed again.
    """
    book.mailbox.require(Right.WRITE)
    row = ContactUndo.objects.filter(
        pk=undo_id, mailbox=book.mailbox.mailbox, created_at__gt=timezone.now() - UNDO_WITHIN
    ).first()
    if row is None:
        raise NotFound(_("This can no longer be undone."))
    kept = json.loads(zlib.decompress(book.mailbox.keys.unseal(bytes(row.before), b"contact undo " + undo_id.bytes)))
    before = {UUID(hex=key): text for key, text in kept["before"].items()}
    sealed = [_seal(book, Put(vcards.read_one(text) or Card(), key)) for key, text in before.items() if text]
    made = [key for key, text in before.items() if not text]
    there = {UUID(hex=key): row.modseq for key in kept["there"]}
    with transaction.atomic():
        if not ContactUndo.objects.filter(pk=undo_id).delete()[0]:
            raise NotFound(_("This can no longer be undone."))
        _write(book, sealed, made, None, there=there)
    return len(before)


def _seal(book: OpenBook, put: Put) -> _Sealed:
    """Everything slow about a card, before the transaction."""
    keys, card = book.mailbox.keys, put.card.copy()
    key = put.key or uuid.uuid4()
    if not cards.uid(card):
        cards.set_uid(card, f"urn:uuid:{key}")
    photos.bound(card)
    name = cards.display_name(card)
    if not name:
        raise Invalid(_("Give the contact a name, an organization or an address."), field="full_name")
    if not cards.text(card, "FN"):
        cards.set_text(card, "FN", name)
    cards.set_text(card, "REV", f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    text = vcards.write(card)
    if len(text) > LARGEST_CARD:
        raise LimitExceeded(_("The card of %(name)s is too large. Remove pictures, sounds or keys.") % {"name": name})
    summary = summaries.of(card)
    addresses = {fold(entry.value): entry.value for entry in cards.entries(card, "EMAIL") if "@" in entry.value}
    return _Sealed(
        key,
        put.key is None,
        put.unchanged_since,
        text,
        summary,
        {
            "card": summaries.seal_card(keys, key, text),
            "summary": summaries.seal(keys, key, summary),
            "uid_digest": keys.digest(f"contact uid {summary.uid}"),
        },
        [address_digest(keys, address) for address in addresses],
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """What undoing needs: the cards as they were, sealed, and the numbers that they had."""

    undo_id: UUID
    modseqs: dict[UUID, int]
    sealed: bytes


def _keep(book: OpenBook, sealed: list[_Sealed], deleted: Sequence[UUID]) -> _Kept:
    keys, undo_id = book.mailbox.keys, uuid.uuid4()
    put = [each.key for each in sealed]
    before: dict[str, str | None] = {each.key.hex: None for each in sealed if each.is_new}
    modseqs = {}
    for row in book.contacts.filter(key__in=[*put, *deleted]).only("key", "modseq", "card"):
        before[row.key.hex] = summaries.unseal_card(keys, row.key, bytes(row.card))
        modseqs[row.key] = row.modseq
    values = {"before": before, "there": [key.hex for key in put]}
    octets = zlib.compress(json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return _Kept(undo_id, modseqs, keys.seal(octets, b"contact undo " + undo_id.bytes))


def _write(
    book: OpenBook,
    sealed: list[_Sealed],
    deleted: Sequence[UUID],
    kept: _Kept | None,
    *,
    there: dict[UUID, int] | None = None,
) -> None:
    """Write what is sealed. ``there``: what must be there, and nothing else, when an act is taken back."""
    mailbox, collection = book.mailbox.mailbox, book.book.collection
    with transaction.atomic():
        modseq = next_modseq(collection)  # from here on no other writer: what is read below stays so
        rows = {row.key: row for row in book.contacts.filter(key__in=[*(each.key for each in sealed), *deleted])}
        _check(sealed, rows, kept, there)
        gone = [rows[key] for key in deleted if key in rows]
        if not sealed and not gone:
            raise NotFound
        new = [each for each in sealed if each.key not in rows]
        _check_uids(book, sealed, [row.pk for row in gone])
        book.book.refresh_from_db(fields=["uid_next", "contact_count"])
        if new and book.book.contact_count + len(new) - len(gone) > MOST_CONTACTS:
            raise LimitExceeded(
                _("An address book can hold at most %(count)s contacts. Delete some first.")
                % {"count": formats.number(MOST_CONTACTS)}
            )
        bury(collection.pk, gone, modseq)
        Contact.objects.filter(pk__in=[row.pk for row in gone]).delete()
        numbers = dict(
            zip((each.key for each in new), range(book.book.uid_next, book.book.uid_next + len(new)), strict=True)
        )
        Contact.objects.bulk_create(
            [
                Contact(
                    mailbox=mailbox,
                    address_book=book.book,
                    key=each.key,
                    uid=numbers[each.key],
                    created_modseq=modseq,
                    modseq=modseq,
                    **each.row,
                )
                for each in new
            ],
            batch_size=200,
        )
        changed = [rows[each.key] for each in sealed if each.key in rows]
        for each in sealed:
            if each.key in rows:
                row = rows[each.key]
                row.modseq, row.updated_at = modseq, timezone.now()
                for name, value in each.row.items():
                    setattr(row, name, value)
        Contact.objects.bulk_update(changed, ["modseq", "updated_at", "card", "summary", "uid_digest"], batch_size=50)
        _write_digests(book, sealed, [row.pk for row in changed])
        AddressBook.objects.filter(pk=book.book.pk).update(
            uid_next=F("uid_next") + len(new), contact_count=F("contact_count") + len(new) - len(gone)
        )
        collection.highest_modseq = modseq
        if kept is not None:
            undos = ContactUndo.objects.filter(mailbox=mailbox)
            undos.filter(created_at__lt=timezone.now() - UNDO_WITHIN).delete()
            ContactUndo.objects.create(id=kept.undo_id, mailbox=mailbox, modseq=modseq, before=kept.sealed)


def _check(sealed: list[_Sealed], rows: dict[UUID, Contact], kept: _Kept | None, there: dict[UUID, int] | None) -> None:
    """Raises NotFound or Stale when something is not as the caller saw it."""
    if there is not None:
        if {key: row.modseq for key, row in rows.items()} != there:
            raise Stale(_("This can no longer be undone: it was changed again meanwhile."))
        return
    for each in sealed:
        if each.key not in rows and not each.is_new:
            raise NotFound
        if each.unchanged_since is not None and rows[each.key].modseq != each.unchanged_since:
            raise Stale
    if kept is not None and any(kept.modseqs.get(key) != row.modseq for key, row in rows.items()):
        raise Stale


def _check_uids(book: OpenBook, sealed: list[_Sealed], gone: list[int]) -> None:
    digests = {each.row["uid_digest"]: each.key for each in sealed}
    if len(digests) < len(sealed):
        raise AlreadyExists(_("There are two contacts with the same identifier."))
    taken = book.contacts.filter(uid_digest__in=list(digests)) if len(digests) < 500 else book.contacts
    for pk, key, digest in taken.values_list("pk", "key", "uid_digest"):
        if pk not in gone and digests.get(bytes(digest), key) != key:
            raise AlreadyExists(_("This contact is in your address book already."))


def _write_digests(book: OpenBook, sealed: list[_Sealed], changed: list[int]) -> None:
    ContactAddress.objects.filter(contact_id__in=changed).delete()
    pks = dict(book.contacts.filter(key__in=[each.key for each in sealed]).values_list("key", "pk"))
    ContactAddress.objects.bulk_create(
        [
            ContactAddress(contact_id=pks[each.key], mailbox=book.mailbox.mailbox, digest=digest)
            for each in sealed
            for digest in dict.fromkeys(each.digests)
        ],
        batch_size=300,
        ignore_conflicts=True,
    )
