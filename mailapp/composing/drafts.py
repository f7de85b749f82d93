"""Saving, reopening and discarding drafts.

What somebody types is saved into the draft's row and, in the same transaction, as a new version of the message in
Drafts. Large files go into that message only when the writer pauses (``settle``): a save costs the same with and
without them.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox, Right, folder_by_role, folder_in
from mailapp.composing import building, rows, uploads
from mailapp.composing.models import Draft, Upload
from mailapp.composing.state import Fields, Origin
from mailapp.files import uses
from mailapp.store import appending
from mailapp.store import drafts as stored
from mailapp.store.appending import Sealed
from mailapp.store.models import Folder, Message
from mailapp.store.moving import move
from workmail.errors import Stale

# Files up to this size together are in the message at every save; larger ones when the writer pauses.
SAVED_AT_ONCE_BYTES: Final = 1024 * 1024
PAUSE: Final = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Editor:
    """The open page that saves.

    Attributes:
        sequence: Counts the page's saves, so that one which was overtaken is recognized; 0 does not count.
        revision: The draft's revision that the page knows.
    """

    id: UUID
    sequence: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Version:
    """The message made from a draft, ready to be written into a folder."""

    sealed: Sealed
    is_whole: bool
    file_ids: frozenset[UUID]


def save(mailbox: OpenMailbox, draft_id: UUID, fields: Fields, editor: Editor, *, settle: bool = False) -> Draft:
    """Save what the writer has, in the row and as the message in Drafts.

    A page never conflicts with itself: the same save sent twice changes nothing, one that was overtaken is left out.

    Args:
        draft_id: Chosen by the page, so that nothing has to exist before the first save.
        settle: Put large files into the message too.

    Raises:
        Stale: Another page saved since, or the message has been sent (``details["reason"]``: ``edited``, ``sent``).
        NotFound: The draft belongs to somebody else.
        OverQuota: It does not fit; the version before is still there.
        OSError: The blob store is full or away; nothing was saved.
    """
    mailbox.require(Right.INSERT, Right.EXPUNGE)
    fields = building.clean(fields, uploads.files_of(mailbox, draft_id))
    known = rows.find(mailbox, draft_id)
    if known is None:
        known = rows.new(mailbox, draft_id, origin=Origin(message_id=building.new_message_id(mailbox)))
    elif _is_settled_with(mailbox, known, fields, editor, settle):
        return known
    origin = rows.origin_of(mailbox, known)
    version = prepare(mailbox, draft_id, fields, origin, whole=settle)
    sealed_fields = rows.seal(mailbox, draft_id, fields)
    with transaction.atomic():
        draft = rows.lock_or_create(mailbox, draft_id, known)
        rows.require_editing(draft)
        if not _may_save(draft, editor):
            return draft
        draft.message_key = stored.put(
            folder_by_role(mailbox, Folder.Role.DRAFTS), version.sealed, previous=draft.message_key
        ).key
        draft.fields = sealed_fields
        if not rows.origin_of(mailbox, draft).message_id:  # a file was attached before the first save
            draft.origin = rows.seal(mailbox, draft_id, origin)
        draft.status = Draft.Status.EDITING
        draft.revision += 1
        draft.editor, draft.editor_sequence = editor.id, editor.sequence
        draft.is_settled = _is_whole(draft, version)
        draft.saved_at = timezone.now()
        draft.save()
    return draft


def prepare(mailbox: OpenMailbox, draft_id: UUID, fields: Fields, origin: Origin, *, whole: bool) -> Version:
    """Make the message and its blob, outside any transaction."""
    files = uploads.files_of(mailbox, draft_id)
    used = building.used_files(fields, origin, files)
    is_whole = whole or sum(file.size_bytes for file in used) <= SAVED_AT_ONCE_BYTES
    if not is_whole:
        used = [file for file in used if file.is_inline]
        if sum(file.size_bytes for file in used) > SAVED_AT_ONCE_BYTES:
            used = []
    raw = building.build(mailbox, fields, origin, used, linked=uses.of_draft(mailbox, draft_id))
    sealed = appending.seal(mailbox.keys, appending.prepare(raw), flags=appending.Flags(is_draft=True, is_seen=True))
    return Version(sealed, is_whole, frozenset(file.id for file in files))


def settle(mailbox: OpenMailbox, draft: Draft) -> bool:
    """Put everything into the message where it lies now; False when the draft has moved on meanwhile."""
    message = _message(mailbox, draft)
    if message is None:
        return False
    fields, origin = rows.fields_of(mailbox, draft), rows.origin_of(mailbox, draft)
    version = prepare(mailbox, draft.pk, fields, origin, whole=True)
    with transaction.atomic():
        locked = rows.lock(mailbox, draft.pk)
        if locked.revision != draft.revision or locked.status != Draft.Status.EDITING or not _message(mailbox, locked):
            return False
        stored.put(folder_in(mailbox, message.folder_id), version.sealed, previous=locked.message_key)
        locked.is_settled = _is_whole(locked, version)
        locked.save(update_fields=["is_settled"])
    return True


def discard(mailbox: OpenMailbox, draft_id: UUID) -> Message | None:
    """Move the draft to Deleted and return its message there; None if there was none to move.

    Raises:
        NotFound: There is no such draft.
        Stale: The message has been sent.
    """
    mailbox.require(Right.DELETE_MESSAGE, Right.EXPUNGE)
    with transaction.atomic():
        draft = rows.lock(mailbox, draft_id)
        rows.require_editing(draft)
        message = _message(mailbox, draft)
        if message is None:
            drop(draft)
            return None
        deleted = folder_by_role(mailbox, Folder.Role.DELETED)
        if message.folder_id == deleted.folder.pk:
            return None
        move(folder_in(mailbox, message.folder_id), [message.uid], deleted)
        message.refresh_from_db(fields=["uid", "folder"])
        return message


def drop(draft: Draft) -> None:
    """Forget the row and its files; the message in Drafts, if there is one, stays and can be opened again."""
    uploads.release(Upload.objects.filter(draft=draft))
    uses.forget(draft.pk)
    draft.delete()


def conflict_of(draft: Draft) -> Stale:
    """Return the refusal for a page that does not know the newest version."""
    return Stale(
        _("This draft was also edited elsewhere. Keep one of the two versions."),
        reason="edited",
        revision=draft.revision,
        saved_at=draft.saved_at,
    )


def _may_save(draft: Draft, editor: Editor) -> bool:
    """Tell whether this save is news. Raises Stale when another page has saved since."""
    if draft.revision and draft.editor != editor.id and editor.revision != draft.revision:
        raise conflict_of(draft)
    is_numbered = editor.sequence > 0 and draft.editor == editor.id
    return not (is_numbered and editor.sequence <= draft.editor_sequence)


def _is_settled_with(mailbox: OpenMailbox, draft: Draft, fields: Fields, editor: Editor, settle: bool) -> bool:
    """Tell whether there is nothing to do. Raises Stale before the work rather than after it."""
    rows.require_editing(draft)
    if not _may_save(draft, editor):
        return True
    if draft.revision == 0 or _message(mailbox, draft) is None:
        return False
    return rows.fields_of(mailbox, draft) == fields and draft.is_settled


def _message(mailbox: OpenMailbox, draft: Draft) -> Message | None:
    if draft.message_key is None:
        return None
    return Message.objects.filter(mailbox=mailbox.mailbox, key=draft.message_key).defer("summary", "structure").first()


def _is_whole(draft: Draft, version: Version) -> bool:
    """A file may have been added or removed while the message was being made."""
    now = frozenset(Upload.objects.filter(draft=draft).values_list("pk", flat=True))
    return version.is_whole and now == version.file_ids


def begin(mailbox: OpenMailbox, fields: Fields, origin: Origin) -> Draft:
    """Begin a draft that is in no folder until it is saved: an answer or a forward just opened."""
    mailbox.require(Right.INSERT)
    origin = origin if origin.message_id else replace(origin, message_id=building.new_message_id(mailbox))
    draft = rows.new(mailbox, uuid4(), fields.cleaned(), origin)
    draft.save(force_insert=True)
    return draft


def set_beginning(mailbox: OpenMailbox, draft: Draft, fields: Fields, origin: Origin) -> Draft:
    """Complete what ``begin`` began, once the files that the text shows have their names."""
    origin = replace(origin, message_id=rows.origin_of(mailbox, draft).message_id)
    draft.fields = rows.seal(mailbox, draft.pk, fields.cleaned())
    draft.origin = rows.seal(mailbox, draft.pk, origin)
    draft.save(update_fields=["fields", "origin"])
    return draft
