"""Saved searches: a query under a name, kept for its mailbox. Name and query are sealed under the mailbox's keys."""

import unicodedata
import uuid
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox, Right
from mailapp.search import query
from mailapp.search.models import SavedSearch
from mailapp.store.models import Mailbox
from workmail.errors import AlreadyExists, Invalid, LimitExceeded, NotFound

LONGEST_NAME = 60
MOST_SAVED = 50


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved search, readable."""

    id: UUID
    name: str
    text: str


def listed(mailbox: OpenMailbox) -> list[Saved]:
    """Return all of the mailbox's, by name: one statement."""
    mailbox.require(Right.READ)
    rows = SavedSearch.objects.filter(mailbox=mailbox.mailbox)
    return sorted((_opened(mailbox, row) for row in rows), key=lambda saved: (saved.name.casefold(), saved.id))


def get(mailbox: OpenMailbox, search_id: UUID) -> Saved:
    """Raises NotFound for one that is not of this mailbox."""
    mailbox.require(Right.READ)
    return _opened(mailbox, _row(mailbox, search_id))


def save(mailbox: OpenMailbox, name: str, text: str, *, search_id: UUID | None = None) -> Saved:
    """Keep a query under a name.

    Args:
        search_id: Of one that was deleted and comes back; by default it gets a new one.

    Raises:
        Forbidden: The actor may not change what this mailbox keeps.
        Invalid: The name cannot be used, or the query asks for nothing.
        AlreadyExists: The name is taken, or the one with this id is there.
        LimitExceeded: There are ``MOST_SAVED`` already.
    """
    mailbox.require(Right.CREATE)
    name, text = _clean_name(name), _clean_text(text)
    saved = Saved(search_id or uuid.uuid4(), name, text)
    row = SavedSearch(
        id=saved.id,
        mailbox=mailbox.mailbox,
        name=_sealed_name(mailbox, saved.id, name),
        name_digest=_digest(mailbox, name),
        text=mailbox.keys.seal(text.encode(), b"saved search text " + saved.id.bytes),
    )
    try:
        with transaction.atomic():
            # Two that are saved at the same moment are counted one after the other.
            Mailbox.objects.select_for_update().only("pk").get(pk=mailbox.mailbox.pk)
            if SavedSearch.objects.filter(mailbox=mailbox.mailbox).count() >= MOST_SAVED:
                raise LimitExceeded(
                    _("You have %(count)d saved searches, and there can be no more. Delete one first.")
                    % {"count": MOST_SAVED}
                )
            row.save(force_insert=True)
    except IntegrityError as error:
        raise _taken(name) from error
    return saved


def rename(mailbox: OpenMailbox, search_id: UUID, name: str) -> Saved:
    """Give it another name. Raises Forbidden, NotFound, Invalid, AlreadyExists."""
    mailbox.require(Right.CREATE)
    name = _clean_name(name)
    values = {"name": _sealed_name(mailbox, search_id, name), "name_digest": _digest(mailbox, name)}
    try:
        with transaction.atomic():
            if not SavedSearch.objects.filter(pk=search_id, mailbox=mailbox.mailbox).update(**values):
                raise NotFound
    except IntegrityError as error:
        raise _taken(name) from error
    return get(mailbox, search_id)


def delete(mailbox: OpenMailbox, search_id: UUID) -> Saved:
    """Forget it, and return what it was, for who wants it back. Raises Forbidden, NotFound."""
    mailbox.require(Right.DELETE_FOLDER)
    saved = get(mailbox, search_id)
    SavedSearch.objects.filter(pk=search_id, mailbox=mailbox.mailbox).delete()
    return saved


def _row(mailbox: OpenMailbox, search_id: UUID) -> SavedSearch:
    row = SavedSearch.objects.filter(pk=search_id, mailbox=mailbox.mailbox).first()
    if row is None:
        raise NotFound
    return row


def _opened(mailbox: OpenMailbox, row: SavedSearch) -> Saved:
    name = mailbox.keys.unseal(bytes(row.name), b"saved search name " + row.pk.bytes).decode()
    text = mailbox.keys.unseal(bytes(row.text), b"saved search text " + row.pk.bytes).decode()
    return Saved(row.pk, name, text)


def _sealed_name(mailbox: OpenMailbox, search_id: UUID, name: str) -> bytes:
    return mailbox.keys.seal(name.encode(), b"saved search name " + search_id.bytes)


def _digest(mailbox: OpenMailbox, name: str) -> bytes:
    return mailbox.keys.digest(f"saved search {unicodedata.normalize('NFKC', name).casefold()}")


def _clean_name(name: str) -> str:
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    if not name:
        raise Invalid(_("Give the search a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(
            _("The name of a search may have at most %(count)d characters.") % {"count": LONGEST_NAME}, field="name"
        )
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in name):
        raise Invalid(_("The name of a search cannot contain control characters."), field="name")
    return name


def _clean_text(text: str) -> str:
    text = " ".join(text.encode("utf-8", "replace").decode().split())[: query.LONGEST_QUERY]
    if not query.parse(text):
        raise Invalid(_("Say first what to search for."), field="text")
    return text


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(_("There is a saved search named “%(name)s” already.") % {"name": name}, field="name")
