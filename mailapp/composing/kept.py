"""What a writer keeps under names, sealed: signatures and templates. Each act on one of them can be taken back."""

import json
import unicodedata
import uuid
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox, Right
from mailapp.composing.models import Kept
from mailapp.store.models import Mailbox
from workmail.errors import Invalid, LimitExceeded, NotFound, Stale

LONGEST_NAME: Final = 60
MOST: Final = 50
Model = TypeVar("Model", bound=Kept)


def clean_name(name: str) -> str:
    """Return the name as it is kept. Raises Invalid."""
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    if not name:
        raise Invalid(_("Give it a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(_("The name may have at most %(count)d characters.") % {"count": LONGEST_NAME}, field="name")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in name):
        raise Invalid(_("The name cannot contain control characters."), field="name")
    return name


def rows(model: type[Model], mailbox: OpenMailbox) -> QuerySet[Model]:
    mailbox.require(Right.READ)
    return model.objects.filter(mailbox=mailbox.mailbox, deleted_at__isnull=True)


def row(model: type[Model], mailbox: OpenMailbox, item_id: UUID) -> Model:
    """Raises NotFound for one that is not of this mailbox, or deleted."""
    found = rows(model, mailbox).filter(pk=item_id).first()
    if found is None:
        raise NotFound
    return found


def opened(mailbox: OpenMailbox, item: Kept) -> dict[str, Any]:
    return json.loads(mailbox.keys.unseal(bytes(item.held), _context(type(item), item.pk)))


def save(model: type[Model], mailbox: OpenMailbox, values: dict[str, Any], item_id: UUID | None = None) -> UUID:
    """Keep something new, or another version of what has this id; the version before can be brought back.

    Raises:
        Forbidden: The actor may not change what this mailbox keeps.
        NotFound: There is none with this id.
        LimitExceeded: There are ``MOST`` already.
    """
    mailbox.require(Right.CREATE)
    held_id = item_id or uuid.uuid4()
    held = mailbox.keys.seal(json.dumps(values, ensure_ascii=False).encode(), _context(model, held_id))
    with transaction.atomic():
        # Two that are saved at the same moment are counted one after the other.
        Mailbox.objects.select_for_update().only("pk").get(pk=mailbox.mailbox.pk)
        if item_id is not None:
            if not rows(model, mailbox).filter(pk=item_id).update(before=F("held"), held=held):
                raise NotFound
        elif rows(model, mailbox).count() >= MOST:
            raise LimitExceeded(
                _("You have %(count)d of them, and there can be no more. Delete one first.") % {"count": MOST}
            )
        else:
            model.objects.create(id=held_id, mailbox=mailbox.mailbox, held=held)
    return held_id


def delete(model: type[Kept], mailbox: OpenMailbox, item_id: UUID) -> None:
    """Take it out of sight; the sweep forgets it a day later. Raises Forbidden, NotFound."""
    mailbox.require(Right.DELETE_FOLDER)
    if not rows(model, mailbox).filter(pk=item_id).update(deleted_at=timezone.now()):
        raise NotFound


def restore(model: type[Kept], mailbox: OpenMailbox, item_id: UUID) -> None:
    """Bring back what was deleted. Raises Stale when it is forgotten, LimitExceeded when others took its place."""
    mailbox.require(Right.CREATE)
    with transaction.atomic():
        Mailbox.objects.select_for_update().only("pk").get(pk=mailbox.mailbox.pk)
        if rows(model, mailbox).exclude(pk=item_id).count() >= MOST:
            raise LimitExceeded(
                _("You have %(count)d of them, and there can be no more. Delete one first.") % {"count": MOST}
            )
        if not model.objects.filter(pk=item_id, mailbox=mailbox.mailbox).update(deleted_at=None):
            raise _gone()


def revert(model: type[Kept], mailbox: OpenMailbox, item_id: UUID) -> None:
    """Bring back the version before the last change. Raises Stale when there is none."""
    mailbox.require(Right.CREATE)
    if not rows(model, mailbox).filter(pk=item_id).exclude(before=b"").update(held=F("before"), before=F("held")):
        raise _gone()


def _context(model: type[Kept], item_id: UUID) -> bytes:
    return f"{model._meta.model_name} ".encode() + item_id.bytes


def _gone() -> Stale:
    return Stale(_("This can no longer be undone."))
