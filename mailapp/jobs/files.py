"""Files of jobs: sealed piece by piece under a key of their own, readable from anywhere, gone when they expire.

A piece is durable before its row is written, and the row decides: after a crash a file goes on where its last piece
ends. Nothing is ever in memory but one piece.
"""

import bisect
import io
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import lru_cache, partial
from uuid import UUID

import zstandard
from django.db import IntegrityError, transaction
from django.utils import timezone

from mailapp.access import OpenMailbox
from mailapp.jobs.models import KEPT, JobFile, JobFilePiece
from mailapp.store import blobs
from workmail.errors import NotFound, Stale
from workmail.keys import envelope

logger = logging.getLogger(__name__)

PIECE_BYTES = 4 * 1024 * 1024
UPLOAD_KEPT = timedelta(days=1)  # without being imported


def create(mailbox: OpenMailbox, name: str, *, job_id: UUID | None = None, is_download: bool = False) -> JobFile:
    """Begin a file; it expires a day after its last piece, or, complete, after a week."""
    file = JobFile(mailbox=mailbox.mailbox, user=mailbox.actor.user, job_id=job_id, is_download=is_download)
    file.key = mailbox.keys.wrap_content_key(envelope.new_key(), file.pk.bytes)
    file.name = mailbox.keys.seal(name.encode("utf-8", "replace"), _name_context(file.pk))
    file.expires_at = timezone.now() + (KEPT if is_download else UPLOAD_KEPT)
    file.save(force_insert=True)
    return file


def find(mailbox: OpenMailbox, file_id: UUID) -> JobFile:
    """Return a file of this person in this mailbox that has not expired. Raises NotFound."""
    rows = JobFile.objects.filter(pk=file_id, mailbox=mailbox.mailbox, expires_at__gt=timezone.now())
    if mailbox.actor.user is not None:
        rows = rows.filter(user=mailbox.actor.user)
    file = rows.first()
    if file is None:
        raise NotFound
    return file


def name_of(mailbox: OpenMailbox, file: JobFile) -> str:
    return mailbox.keys.unseal(bytes(file.name), _name_context(file.pk)).decode()


def append(mailbox: OpenMailbox, file: JobFile, octets: bytes, *, at: int | None = None) -> int:
    """Make the next piece durable; returns the size of the file then.

    Args:
        at: Where the writer believes the file ends.

    Raises:
        Stale: It ends somewhere else, or another writer was faster; ``details["size"]`` says where it ends now.
        OSError: The blob store is full or away.
    """
    last = file.pieces.order_by("-number").first()
    number, start = (last.number + 1, last.start + last.size_bytes) if last else (0, 0)
    if at is not None and at != start:
        raise Stale(size=start)
    piece = JobFilePiece(file=file, number=number, start=start, size_bytes=len(octets))
    sealed = envelope.seal(_key(mailbox, file), zstandard.ZstdCompressor(level=1).compress(octets), _context(piece))
    blobs.write(piece.blob_name, sealed)
    try:
        with transaction.atomic():
            piece.save(force_insert=True)
            changes = {"size_bytes": start + len(octets)}
            if not file.is_download:
                changes["expires_at"] = timezone.now() + UPLOAD_KEPT
            JobFile.objects.filter(pk=file.pk).update(**changes)
    except IntegrityError as error:
        blobs.delete(piece.blob_name)
        raise Stale(size=start) from error
    file.size_bytes = start + len(octets)
    return file.size_bytes


def complete(file: JobFile) -> None:
    """Say that nothing more comes."""
    JobFile.objects.filter(pk=file.pk).update(is_complete=True, expires_at=timezone.now() + KEPT)
    file.refresh_from_db(fields=["is_complete", "expires_at"])


def keep(file: JobFile) -> None:
    """Let another room decide when the complete file goes, by ``let_go``; inside its transaction."""
    JobFile.objects.filter(pk=file.pk).update(is_complete=True, is_download=True, expires_at=None)
    file.refresh_from_db(fields=["is_complete", "is_download", "expires_at"])


def let_go(file_id: UUID) -> None:
    """End what ``keep`` began, inside the caller's transaction: the next sweep removes the file."""
    JobFile.objects.filter(pk=file_id).update(expires_at=timezone.now())


def truncate(file: JobFile, pieces: int) -> None:
    """Forget all pieces after the first so many: what was written after the last remembered step of a job."""
    surplus = list(file.pieces.filter(number__gte=pieces))
    JobFilePiece.objects.filter(pk__in=[piece.pk for piece in surplus]).delete()
    for piece in surplus:
        blobs.delete(piece.blob_name)
    last = file.pieces.order_by("-number").first()
    file.size_bytes = last.start + last.size_bytes if last else 0
    JobFile.objects.filter(pk=file.pk).update(size_bytes=file.size_bytes)


def delete(file: JobFile) -> None:
    """Remove a file and its pieces; blobs first, so that a crash in between leaves rows that are found again."""
    for piece in file.pieces.iterator():
        blobs.delete(piece.blob_name)
    JobFile.objects.filter(pk=file.pk).delete()


def delete_of_job(job_id: UUID, *, downloads: bool = False) -> None:
    """Remove what a job has read, and with ``downloads`` also what it made."""
    rows = JobFile.objects.filter(job_id=job_id)
    for file in rows if downloads else rows.filter(is_download=False):
        delete(file)


def expire(now: datetime | None = None, limit: int = 100) -> int:
    """Delete files whose time is over; returns how many."""
    count = 0
    for file in JobFile.objects.filter(expires_at__lt=now or timezone.now())[:limit]:
        try:
            delete(file)
            count += 1
        except OSError:
            logger.warning("File %s could not be deleted; the next sweep tries again", file.pk, exc_info=True)
    return count


def readers(mailbox: OpenMailbox, file: JobFile, start: int = 0, end: int | None = None) -> list[Callable[[], bytes]]:
    """Return functions that read the octets from ``start`` to before ``end``, a piece each, and need no database."""
    key, end = _key(mailbox, file), file.size_bytes if end is None else end
    return [
        partial(_cut, key, piece, max(0, start - piece.start), end - piece.start)
        for piece in file.pieces.order_by("number")
        if piece.start + piece.size_bytes > start and piece.start < end
    ]


def pieces(mailbox: OpenMailbox, file: JobFile) -> Iterator[bytes]:
    """Yield the octets of a file, a piece at a time."""
    for read in readers(mailbox, file):
        yield read()


def _cut(key: bytes, piece: JobFilePiece, start: int, end: int) -> bytes:
    return _read(key, piece)[start:end]


class Reader(io.RawIOBase):
    """A file as Python's own modules read one; keeps one piece in memory."""

    def __init__(self, mailbox: OpenMailbox, file: JobFile) -> None:
        self._key = _key(mailbox, file)
        self._pieces = list(file.pieces.order_by("number"))
        self._starts = [piece.start for piece in self._pieces]
        self._size = self._pieces[-1].start + self._pieces[-1].size_bytes if self._pieces else 0
        self._position = 0
        self._piece = lru_cache(maxsize=2)(lambda index: _read(self._key, self._pieces[index]))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("before the beginning")
        self._position = base + offset
        return self._position

    def readinto(self, buffer) -> int:
        if self._position >= self._size:
            return 0
        index = bisect.bisect_right(self._starts, self._position) - 1
        begin = self._position - self._starts[index]
        octets = self._piece(index)[begin : begin + len(buffer)]
        buffer[: len(octets)] = octets
        self._position += len(octets)
        return len(octets)


def open_file(mailbox: OpenMailbox, file: JobFile) -> io.BufferedReader:
    """Open a file for reading."""
    return io.BufferedReader(Reader(mailbox, file), 256 * 1024)


def _read(key: bytes, piece: JobFilePiece) -> bytes:
    sealed = envelope.unseal(key, blobs.read(piece.blob_name), _context(piece))
    return zstandard.ZstdDecompressor().decompress(sealed, max_output_size=max(piece.size_bytes, 1))


def _key(mailbox: OpenMailbox, file: JobFile) -> bytes:
    return mailbox.keys.unwrap_content_key(bytes(file.key), file.pk.bytes)


def _context(piece: JobFilePiece) -> bytes:
    return b"piece " + piece.file_id.bytes + piece.number.to_bytes(4, "big")


def _name_context(file_id: UUID) -> bytes:
    return b"file name " + file_id.bytes
