"""Keeping files of any size: they come in pieces, count towards the quota, and stay until deleted or expired."""

import logging
from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from mailapp.access import OpenMailbox, Right
from mailapp.files.models import File, Link
from mailapp.jobs import files as sealed
from mailapp.jobs.models import JobFile
from mailapp.mime import file_names
from mailapp.store import appending
from workmail.audit import log as audit
from workmail.errors import Invalid, LimitExceeded, NotFound, OverQuota, WorkmailError
from workmail.ui import formats

logger = logging.getLogger(__name__)

MOST_FILES = 2_000
MOST_UNFINISHED = 10


def begin(mailbox: OpenMailbox, name: str, size_bytes: int) -> JobFile:
    """Begin a file that comes in pieces. What is never finished is forgotten after a day.

    Raises:
        Invalid: It is empty.
        LimitExceeded: It is larger than any file may be, or there are too many.
        OverQuota: The mailbox cannot hold it.
    """
    mailbox.require(Right.INSERT)
    _check_room(mailbox, size_bytes)
    unfinished = JobFile.objects.filter(
        mailbox=mailbox.mailbox, is_download=False, is_complete=False, expires_at__gt=timezone.now()
    )
    if unfinished.count() >= MOST_UNFINISHED:
        raise LimitExceeded(_("Too many files are being uploaded. Wait until some of them are there."), field="file")
    return sealed.create(mailbox, clean_name(name))


def append(mailbox: OpenMailbox, stored: JobFile, octets: bytes, *, at: int) -> int:
    """Make the next piece durable; returns how much is there then. Raises like ``jobs.files.append``."""
    mailbox.require(Right.INSERT)
    if not octets:
        raise Invalid(field="file")
    if stored.size_bytes + len(octets) > settings.FILE_MAX_BYTES:
        raise _too_large(stored.size_bytes + len(octets))
    return sealed.append(mailbox, stored, octets, at=at)


def unfinished(mailbox: OpenMailbox, file_id: UUID) -> JobFile:
    """Return a file that is still coming. Raises NotFound."""
    stored = sealed.find(mailbox, file_id)
    if stored.is_download or stored.is_complete or stored.job_id is not None:
        raise NotFound
    return stored


def finish(mailbox: OpenMailbox, file_id: UUID, *, draft_id: UUID | None = None) -> File:
    """All of the file is there: keep it. Asked twice, it is kept once.

    Args:
        draft_id: The draft it was uploaded for, with which it goes again.

    Raises:
        NotFound: There is no such upload of this person.
        OverQuota: The mailbox has become too full meanwhile.
    """
    mailbox.require(Right.INSERT)
    known = File.objects.filter(pk=file_id, mailbox=mailbox.mailbox).first()
    if known is not None:
        return known
    stored = unfinished(mailbox, file_id)
    if not stored.size_bytes:
        raise Invalid(_("The file is empty. Choose another one."), field="file")
    file = File(stored=stored, mailbox=mailbox.mailbox, size_bytes=stored.size_bytes, draft_id=draft_id)
    try:
        with transaction.atomic():
            appending.take_space(mailbox.mailbox, file.size_bytes)
            file.save(force_insert=True)
            sealed.keep(stored)
    except IntegrityError:  # a second request was faster
        return find(mailbox, file_id)
    audit.record(mailbox.actor, "file.keep", file.pk, size=file.size_bytes)
    return file


def receive(
    mailbox: OpenMailbox, name: str, octets: Iterable[bytes], size_bytes: int, *, draft_id: UUID | None = None
) -> File:
    """Keep a file that is at hand as a whole. Raises like ``begin`` and ``finish``."""
    stored = begin(mailbox, name, size_bytes)
    try:
        for piece in octets:
            append(mailbox, stored, piece, at=stored.size_bytes)
        return finish(mailbox, stored.pk, draft_id=draft_id)
    except BaseException:
        if not File.objects.filter(pk=stored.pk).exists():
            sealed.delete(stored)
        raise


def in_pieces(octets: bytes) -> Iterable[bytes]:
    return (octets[start : start + sealed.PIECE_BYTES] for start in range(0, len(octets), sealed.PIECE_BYTES))


def find(mailbox: OpenMailbox, file_id: UUID) -> File:
    """Return one of the files of this mailbox. Raises NotFound."""
    mailbox.require(Right.READ)
    file = File.objects.filter(pk=file_id, mailbox=mailbox.mailbox).select_related("stored", "link").first()
    if file is None or (file.expires_at is not None and file.expires_at <= timezone.now()):
        raise NotFound
    return file


def name_of(mailbox: OpenMailbox, file: File) -> str:
    return sealed.name_of(mailbox, file.stored)


def octets_of(mailbox: OpenMailbox, file: File) -> bytes:
    """Return the whole file, for one that a message can carry."""
    return b"".join(sealed.pieces(mailbox, file.stored))


def delete(mailbox: OpenMailbox, file: File) -> None:
    """Delete a file; its link says that it is gone. Deleting what is gone changes nothing."""
    mailbox.require(Right.EXPUNGE)
    if _drop(file):
        audit.record(mailbox.actor, "file.delete", file.pk, size=file.size_bytes)


def expire(limit: int = 200) -> int:
    """Delete files whose link has run out and that nobody keeps; returns how many."""
    count = 0
    for file in File.objects.filter(expires_at__lt=timezone.now()).select_related("link")[:limit]:
        try:
            count += _drop(file)
        except (WorkmailError, OSError):
            logger.warning("File %s could not be deleted; the next sweep tries again", file.pk, exc_info=True)
    return count


def _drop(file: File) -> bool:
    """Forget the file in one transaction; its pieces are ciphertext that nobody can reach, and go with the sweep."""
    with transaction.atomic():
        locked = File.objects.select_for_update().filter(pk=file.pk).first()
        if locked is None:
            return False
        if locked.link_id is not None:
            Link.objects.filter(pk=locked.link_id, revoked_at=None).update(revoked_at=timezone.now())
        stored_id, size_bytes = locked.stored_id, locked.size_bytes
        locked.delete()
        appending.release_space(file.mailbox_id, size_bytes)
        sealed.let_go(stored_id)
    return True


def clean_name(name: str) -> str:
    """Return a name that fits into headers and into any file system."""
    return file_names.clean(name) or pgettext("name of a file without one", "file")


def _check_room(mailbox: OpenMailbox, size_bytes: int) -> None:
    if size_bytes < 1:
        raise Invalid(_("The file is empty. Choose another one."), field="file")
    if size_bytes > settings.FILE_MAX_BYTES:
        raise _too_large(size_bytes)
    if File.objects.filter(mailbox=mailbox.mailbox).count() >= MOST_FILES:
        raise LimitExceeded(
            ngettext(
                "You can keep at most %(count)d file. Delete some first.",
                "You can keep at most %(count)d files. Delete some first.",
                MOST_FILES,
            )
            % {"count": MOST_FILES},
            field="file",
        )
    if mailbox.mailbox.used_bytes + size_bytes > mailbox.mailbox.quota_bytes:
        raise OverQuota


def _too_large(size_bytes: int) -> LimitExceeded:
    return LimitExceeded(
        _("Not uploaded: %(size)s is more than the %(limit)s a file can have.")
        % {"size": formats.file_size(size_bytes), "limit": formats.file_size(settings.FILE_MAX_BYTES)},
        field="file",
    )
