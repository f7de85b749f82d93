"""The rows of drafts: finding and locking them, and making what they hold readable."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox
from mailapp.composing.models import Draft
from mailapp.composing.state import Fields, Origin, dump, load_fields, load_origin
from workmail.errors import NotFound, Stale

Status = Draft.Status


def find(mailbox: OpenMailbox, draft_id: UUID) -> Draft | None:
    return Draft.objects.filter(pk=draft_id, mailbox=mailbox.mailbox).first()


def get(mailbox: OpenMailbox, draft_id: UUID) -> Draft:
    """Return a draft of this mailbox. Raises NotFound."""
    draft = find(mailbox, draft_id)
    if draft is None:
        raise NotFound
    return draft


def new(mailbox: OpenMailbox, draft_id: UUID, fields: Fields | None = None, origin: Origin | None = None) -> Draft:
    """Return a row that is not saved yet; sealing is done here, before any transaction."""
    draft = Draft(id=draft_id, mailbox=mailbox.mailbox, saved_at=timezone.now())
    draft.fields = seal(mailbox, draft_id, fields or Fields())
    draft.origin = seal(mailbox, draft_id, origin or Origin())
    return draft


def lock(mailbox: OpenMailbox, draft_id: UUID) -> Draft:
    """Return the row, held until the caller's transaction ends. Raises NotFound."""
    draft = Draft.objects.select_for_update().filter(pk=draft_id, mailbox=mailbox.mailbox).first()
    if draft is None:
        raise NotFound
    return draft


def lock_or_create(mailbox: OpenMailbox, draft_id: UUID, empty: Draft) -> Draft:
    """Return the row, held, made from ``empty`` if there was none.

    Raises:
        NotFound: The id belongs to a draft of another mailbox.
    """
    if Draft.objects.filter(pk=draft_id).exists():
        return lock(mailbox, draft_id)
    try:
        with transaction.atomic():
            empty.save(force_insert=True)
        return empty
    except IntegrityError:
        return lock(mailbox, draft_id)


def is_editing(draft: Draft) -> bool:
    """Tell whether the draft may be changed: also when the process that was sending it died."""
    if draft.status == Status.SENDING:
        return draft.claimed_until is None or draft.claimed_until < timezone.now()
    return draft.status == Status.EDITING


def require_editing(draft: Draft) -> None:
    """Raises Stale when the message is on its way."""
    if not is_editing(draft):
        raise Stale(_("This message has been sent. Changes made afterwards are not part of it."), reason="sent")


def fields_of(mailbox: OpenMailbox, draft: Draft) -> Fields:
    return load_fields(mailbox.keys.unseal(bytes(draft.fields), _context(draft.pk, Fields)))


def origin_of(mailbox: OpenMailbox, draft: Draft) -> Origin:
    return load_origin(mailbox.keys.unseal(bytes(draft.origin), _context(draft.pk, Origin)))


def seal(mailbox: OpenMailbox, draft_id: UUID, value: Fields | Origin) -> bytes:
    return mailbox.keys.seal(dump(value), _context(draft_id, type(value)))


def _context(draft_id: UUID, kind: type) -> bytes:
    return f"draft {kind.__name__} ".encode() + draft_id.bytes
