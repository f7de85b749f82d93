"""Files put into a draft: each is encrypted and stored once, however often the draft is saved."""

import logging
import mimetypes
import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailapp.access import OpenMailbox, Right
from mailapp.composing import rows
from mailapp.composing.models import Draft, Upload
from mailapp.composing.state import FileDetails, dump, load_details
from mailapp.mime import file_names
from mailapp.store import blobs, contents
from mailapp.store.contents import WrittenContent
from mailapp.store.models import Content
from workmail.errors import LimitExceeded, NotFound, OverQuota
from workmail.ui import formats

logger = logging.getLogger(__name__)

MOST_FILES: Final = 500
_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\Z")
# What a text may show. Others that call themselves pictures (SVG runs script) are attached like any file.
_PICTURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An upload made readable; its octets are read on demand."""

    upload: Upload
    details: FileDetails

    @property
    def id(self) -> UUID:
        return self.upload.pk

    @property
    def file_name(self) -> str:
        return self.details.file_name

    @property
    def size_bytes(self) -> int:
        return self.upload.size_bytes

    @property
    def is_inline(self) -> bool:
        return self.upload.is_inline


@dataclass(frozen=True, slots=True)
class PendingFile:
    """A file whose blob is durable; its rows still have to be saved."""

    upload: Upload
    details: FileDetails
    written: WrittenContent


def attach(
    mailbox: OpenMailbox,
    draft_id: UUID,
    file_name: str,
    octets: bytes,
    *,
    content_type: str = "",
    is_inline: bool = False,
) -> StoredFile:
    """Put a file into a draft, which begins to exist if it did not.

    Args:
        is_inline: A picture in the text; what is no picture that mail programs show becomes an attachment.

    Raises:
        LimitExceeded: The files of the draft would be too many or too large.
        OverQuota: The mailbox cannot hold it.
        NotFound: The draft belongs to somebody else.
        Stale: The draft has been sent.
        OSError: The blob store is full or away; nothing was attached.
    """
    mailbox.require(Right.INSERT)
    check_room(mailbox, draft_id, len(octets))
    file = prepare(mailbox, file_name, octets, content_type=content_type, is_inline=is_inline)
    empty = rows.new(mailbox, draft_id)
    try:
        with transaction.atomic():
            draft = rows.lock_or_create(mailbox, draft_id, empty)
            rows.require_editing(draft)
            _check_room_in(draft, len(octets))
            save(file, draft)
            Draft.objects.filter(pk=draft.pk).update(is_settled=False)
    except BaseException:
        _discard(file.written)
        raise
    return StoredFile(file.upload, file.details)


def prepare(
    mailbox: OpenMailbox, file_name: str, octets: bytes, *, content_type: str = "", is_inline: bool = False
) -> PendingFile:
    """Make the octets durable; touches no database. Raises OSError."""
    picture_type = picture_type_of(octets)
    kind = picture_type or clean_content_type(content_type, file_name)
    written = contents.write(octets)
    upload = Upload(size_bytes=len(octets), is_inline=is_inline and bool(picture_type))
    details = FileDetails(
        file_name=file_names.clean(file_name) or file_names.made_up(kind, 1),
        content_type=kind,
        content_id=content_id_of(upload.pk) if upload.is_inline else "",
    )
    upload.content_key = mailbox.keys.wrap_content_key(written.key, written.content.pk.bytes)
    upload.details = mailbox.keys.seal(dump(details), _context(upload.pk))
    return PendingFile(upload, details, written)


def save(file: PendingFile, draft: Draft) -> None:
    """Write the rows of a prepared file, inside the caller's transaction."""
    file.written.content.save(force_insert=True)
    file.upload.draft, file.upload.content = draft, file.written.content
    file.upload.save(force_insert=True)


def remove(mailbox: OpenMailbox, draft_id: UUID, upload_id: UUID) -> None:
    """Take a file out of a draft; one that is not there is no error, for a second click."""
    mailbox.require(Right.WRITE)
    with transaction.atomic():
        draft = rows.lock(mailbox, draft_id)
        rows.require_editing(draft)
        release(Upload.objects.filter(pk=upload_id, draft=draft))
        Draft.objects.filter(pk=draft.pk).update(is_settled=False)


def release(uploads) -> None:
    """Delete the rows, and leave their contents to the sweep; inside the caller's transaction."""
    content_ids = list(uploads.values_list("content_id", flat=True))
    uploads.delete()
    Content.objects.filter(pk__in=content_ids).update(released_at=timezone.now())


def files_of(mailbox: OpenMailbox, draft_id: UUID) -> list[StoredFile]:
    """Return the files of a draft in the order they were put in."""
    found = Upload.objects.filter(draft_id=draft_id, draft__mailbox=mailbox.mailbox).select_related("content")
    return [_readable(mailbox, upload) for upload in found.order_by("created_at", "pk")]


def find(mailbox: OpenMailbox, upload_id: UUID) -> StoredFile:
    """Return one file of one of this mailbox's drafts. Raises NotFound."""
    mailbox.require(Right.READ)
    upload = Upload.objects.filter(pk=upload_id, draft__mailbox=mailbox.mailbox).select_related("content").first()
    if upload is None:
        raise NotFound
    return _readable(mailbox, upload)


def read(mailbox: OpenMailbox, file: StoredFile) -> bytes:
    key = mailbox.keys.unwrap_content_key(bytes(file.upload.content_key), file.upload.content_id.bytes)
    return contents.read(file.upload.content, key)


def check_room(mailbox: OpenMailbox, draft_id: UUID, size_bytes: int) -> None:
    """Refuse a file before its octets are looked at. Raises LimitExceeded, OverQuota."""
    draft = Draft.objects.filter(pk=draft_id, mailbox=mailbox.mailbox).first()
    if draft is None:
        if size_bytes > settings.MAX_CONTENT_BYTES:
            raise _too_large(size_bytes)
    else:
        _check_room_in(draft, size_bytes)
    # Drafts count once they are messages; until then their files must not be a way around the quota.
    waiting = Upload.objects.filter(draft__mailbox=mailbox.mailbox).aggregate(sum=Sum("size_bytes"))["sum"] or 0
    if mailbox.mailbox.used_bytes + waiting + size_bytes > mailbox.mailbox.quota_bytes:
        raise OverQuota


def picture_type_of(octets: bytes) -> str:
    """Return the type of a picture that every mail program shows, by its first octets; else nothing."""
    for beginning, content_type in _PICTURES:
        if octets.startswith(beginning):
            return content_type
    return "image/webp" if octets[:4] == b"RIFF" and octets[8:12] == b"WEBP" else ""


def clean_content_type(declared: str, file_name: str) -> str:
    """Return a content type that may be written into a header: what the browser says, else what the name tells."""
    declared = declared.partition(";")[0].strip().lower()
    if declared.startswith(("multipart/", "message/")) and declared != "message/rfc822":
        return "application/octet-stream"
    if _CONTENT_TYPE.match(declared):
        return declared
    return mimetypes.guess_type(file_name)[0] or "application/octet-stream"


def _check_room_in(draft: Draft, size_bytes: int) -> None:
    held = Upload.objects.filter(draft=draft)
    total = (held.aggregate(sum=Sum("size_bytes"))["sum"] or 0) + size_bytes
    if total > settings.MAX_CONTENT_BYTES:
        raise _too_large(total)
    if held.count() >= MOST_FILES:
        raise LimitExceeded(
            ngettext(
                "A message can have at most %(count)d file.", "A message can have at most %(count)d files.", MOST_FILES
            )
            % {"count": MOST_FILES}
        )


def content_id_of(upload_id: UUID) -> str:
    """Return the Content-ID that a picture has in every message made from its draft."""
    return f"{upload_id.hex}@workmail"


def _discard(written: WrittenContent) -> None:
    """Remove the blob of a content whose row was not committed; failing to only leaves waste."""
    try:
        blobs.delete(written.content.blob_name)
    except OSError:
        logger.warning("Blob %s is left over", written.content.blob_name)


def _too_large(total: int) -> LimitExceeded:
    return LimitExceeded(
        _("Not attached: %(size)s is more than the %(limit)s a message can carry.")
        % {"size": formats.file_size(total), "limit": formats.file_size(settings.MAX_CONTENT_BYTES)},
        field="file",
    )


def _readable(mailbox: OpenMailbox, upload: Upload) -> StoredFile:
    return StoredFile(upload, load_details(mailbox.keys.unseal(bytes(upload.details), _context(upload.pk))))


def _context(upload_id: UUID) -> bytes:
    return b"upload " + upload_id.bytes
