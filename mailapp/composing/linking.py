"""Files of a draft that travel as links, and files that somebody keeps and puts into a draft."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from mailapp.access import OpenMailbox, Right
from mailapp.composing import rows, uploads
from mailapp.composing.models import Draft
from mailapp.composing.uploads import StoredFile
from mailapp.files import links, storing, uses
from mailapp.files.models import File
from workmail.errors import NotFound


def is_large(mailbox: OpenMailbox, size_bytes: int) -> bool:
    """Tell whether the organization wants a file of this size to be a link."""
    over = mailbox.mailbox.entity.organization.link_attachments_over_bytes
    return bool(over) and size_bytes > over


def link(mailbox: OpenMailbox, draft_id: UUID, file: File) -> None:
    """Let the draft, which begins to exist if it did not, carry a link to the file.

    Raises:
        NotFound: The draft belongs to somebody else.
        Stale: The message has been sent.
    """
    mailbox.require(Right.INSERT)
    links.create(mailbox, file)
    empty = rows.new(mailbox, draft_id)
    with transaction.atomic():
        draft = rows.lock_or_create(mailbox, draft_id, empty)
        rows.require_editing(draft)
        uses.add(draft_id, file)
        Draft.objects.filter(pk=draft.pk).update(is_settled=False)


def receive(mailbox: OpenMailbox, draft_id: UUID, file_name: str, octets: Iterable[bytes], size_bytes: int) -> File:
    """Keep a file that came whole, and link it. Raises like ``storing.receive`` and ``link``."""
    file = storing.receive(mailbox, file_name, octets, size_bytes, draft_id=draft_id)
    try:
        link(mailbox, draft_id, file)
    except BaseException:
        storing.delete(mailbox, file)
        raise
    return file


def unlink(mailbox: OpenMailbox, draft_id: UUID, file_id: UUID) -> None:
    """Take a link out of a draft; one that is not there is no error, for a second click."""
    mailbox.require(Right.WRITE)
    with transaction.atomic():
        draft = rows.lock(mailbox, draft_id)
        rows.require_editing(draft)
        uses.remove(mailbox, draft_id, file_id)
        Draft.objects.filter(pk=draft.pk).update(is_settled=False)


def turn_into_link(mailbox: OpenMailbox, draft_id: UUID, upload_id: UUID) -> File:
    """Send an attached file as a link instead. Raises NotFound, and like ``receive``."""
    upload = uploads.find(mailbox, upload_id)
    if upload.upload.draft_id != draft_id or upload.is_inline:
        raise NotFound
    octets = storing.in_pieces(uploads.read(mailbox, upload))
    file = receive(mailbox, draft_id, upload.file_name, octets, upload.size_bytes)
    uploads.remove(mailbox, draft_id, upload_id)
    return file


def attach(mailbox: OpenMailbox, draft_id: UUID, file: File) -> StoredFile:
    """Put a copy of a kept file into a draft. Raises LimitExceeded when no message can carry it."""
    uploads.check_room(mailbox, draft_id, file.size_bytes)
    return uploads.attach(mailbox, draft_id, storing.name_of(mailbox, file), storing.octets_of(mailbox, file))
