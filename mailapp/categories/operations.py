"""Making, changing and deleting categories."""

import unicodedata
import uuid
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox, Right
from mailapp.categories import keywords, shelf
from mailapp.categories.models import Category
from mailapp.categories.shelf import Shown
from mailapp.store.models import Mailbox
from workmail.changes.log import advance, stamp
from workmail.errors import AlreadyExists, Invalid, LimitExceeded, NotFound

MOST: Final = 50
_COLOURS = list(Category.Colour)


def create(mailbox: OpenMailbox, name: str, colour: str = "", *, category_id: UUID | None = None) -> Shown:
    """Make a category; one of a keyword that messages carry already is theirs at once.

    Args:
        colour: By default one that few others have.

    Raises:
        Forbidden: The actor may not make anything in this mailbox.
        Invalid, AlreadyExists, LimitExceeded: Of name, colour, number.
    """
    mailbox.require(Right.CREATE)
    name = clean_name(name)
    with transaction.atomic():
        _lock(mailbox)
        known = shelf.read(mailbox)
        _check_free(known, name)
        if len(known.categories) >= MOST:
            raise LimitExceeded(
                _("You have %(count)d categories, and there can be no more. Delete one first.") % {"count": MOST}
            )
        keyword = _free_keyword(known, name)
        new_id = category_id or uuid.uuid4()
        row = Category.objects.create(
            id=new_id,
            mailbox=mailbox.mailbox,
            keyword=keyword,
            keyword_folded=keyword.lower(),
            name=shelf.sealed_name(mailbox, new_id, name),
            colour=_colour(colour) if colour else _rarest(known),
        )
        _tell(mailbox)
    return Shown(row.pk, row.keyword, name, row.colour)


def ensure(mailbox: OpenMailbox, keyword: str) -> None:
    """Make the category of a keyword that something gives to messages, such as a rule, unless there is one."""
    if keyword.lower() in shelf.of(mailbox).by_keyword or keyword.startswith(("$", "\\")):
        return
    mailbox.require(Right.WRITE)
    with transaction.atomic():
        _lock(mailbox)
        known = shelf.read(mailbox)
        if keyword.lower() in known.by_keyword or len(known.categories) >= MOST:
            return
        new_id = uuid.uuid4()
        Category.objects.create(
            id=new_id,
            mailbox=mailbox.mailbox,
            keyword=keyword,
            keyword_folded=keyword.lower(),
            name=shelf.sealed_name(mailbox, new_id, keywords.name_of(keyword)[: keywords.LONGEST_NAME]),
            colour=_rarest(known),
        )
        _tell(mailbox)


def change(mailbox: OpenMailbox, category_id: UUID, name: str, colour: str) -> Shown:
    """Give a category another name and colour; messages keep their keyword. Returns what it was before.

    Raises:
        NotFound: It is not of this mailbox.
        Forbidden, Invalid, AlreadyExists: See ``create``.
    """
    mailbox.require(Right.CREATE)
    with transaction.atomic():
        _lock(mailbox)
        known = shelf.read(mailbox)
        before = known.get(category_id)
        if before is None:
            raise NotFound
        name, colour = clean_name(name), _colour(colour)
        if name.casefold() != before.name.casefold():
            _check_free(known, name)
        sealed = shelf.sealed_name(mailbox, category_id, name)
        Category.objects.filter(pk=category_id, mailbox=mailbox.mailbox).update(name=sealed, colour=colour)
        _tell(mailbox)
    return before


def delete(mailbox: OpenMailbox, category_id: UUID) -> Shown:
    """Take a category away; messages stay, without it. Made again, it is theirs again. Raises NotFound, Forbidden."""
    mailbox.require(Right.DELETE_FOLDER)
    with transaction.atomic():
        _lock(mailbox)
        before = shelf.read(mailbox).get(category_id)
        if before is None:
            raise NotFound
        Category.objects.filter(pk=category_id, mailbox=mailbox.mailbox).delete()
        _tell(mailbox)
    return before


def restore(mailbox: OpenMailbox, before: Shown) -> None:
    """Bring back what was deleted, with its keyword. Raises AlreadyExists when another one has it or its name."""
    mailbox.require(Right.CREATE)
    with transaction.atomic():
        _lock(mailbox)
        known = shelf.read(mailbox)
        _check_free(known, before.name)
        if before.keyword.lower() in known.by_keyword:
            raise AlreadyExists
        Category.objects.create(
            id=before.id,
            mailbox=mailbox.mailbox,
            keyword=before.keyword,
            keyword_folded=before.keyword.lower(),
            name=shelf.sealed_name(mailbox, before.id, before.name),
            colour=before.colour,
        )
        _tell(mailbox)


def clean_name(name: str) -> str:
    """Return the name as it is kept. Raises Invalid."""
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    if not name:
        raise Invalid(_("Give the category a name."), field="name")
    if len(name) > keywords.LONGEST_NAME:
        raise Invalid(
            _("Give the category a name of at most %(count)d characters.") % {"count": keywords.LONGEST_NAME},
            field="name",
        )
    if not name.isprintable() or name[0] in "$\\" or set(name) & set(',;"'):
        raise Invalid(_("A name has no commas, semicolons and quotation marks. Choose another one."), field="name")
    return name


def _check_free(known: shelf.Shelf, name: str) -> None:
    if known.named(name):
        raise AlreadyExists(_("There is a category of this name already."), field="name")


def _free_keyword(known: shelf.Shelf, name: str) -> str:
    """Return the keyword of the name, or another one when a category that was renamed has that still."""
    keyword = keywords.keyword_of(name)[:200]
    free = (keyword if number == 1 else f"{keyword}-{number}" for number in range(1, MOST + 2))
    return next(each for each in free if each.lower() not in known.by_keyword)


def _colour(colour: str) -> str:
    if colour not in _COLOURS:
        raise Invalid(_("Choose one of the colours."), field="colour")
    return colour


def _rarest(known: shelf.Shelf) -> str:
    used = [each.colour for each in known.categories]
    return min(_COLOURS, key=used.count)


def _lock(mailbox: OpenMailbox) -> None:
    """Two changes at the same moment wait for one another."""
    Mailbox.objects.select_for_update().only("pk").get(pk=mailbox.mailbox.pk)


def _tell(mailbox: OpenMailbox) -> None:
    """Move the number of the folder tree: open pages hear of it, and processes read the categories anew."""
    modseq = advance(mailbox.mailbox.sequence_id)
    stamp(mailbox.mailbox.sequence_id, mailbox.mailbox.folder_tree_id, modseq)
    mailbox.mailbox.folder_tree.highest_modseq = modseq
