"""Finding mail in one file that somebody uploaded: an mbox, a message, or a ZIP archive of both.

The archive was made by a stranger: how much it may unfold to, how many entries it has and by which methods they are
compressed is bounded before and while it is read. An archive in an archive is not opened.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from mailapp.store.appending import Flags
from mailapp.store.importing import mbox, sources
from mailapp.store.importing.sources import FoundMessage
from workmail.errors import Invalid

MOST_ENTRIES = 300_000
_LARGEST_DIRECTORY_BYTES = 64 * 1024 * 1024
# Text shrinks to a tenth; what shrinks much more is no mail.
_MOST_UNFOLDING = 30
_UNFOLDED_AT_LEAST = 1024 * 1024 * 1024
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may ask for gigabytes of memory
_END_BYTES = 22 + 65_535 + 100  # with the ZIP64 record in front of it
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """What was uploaded, as octets that can be read from anywhere."""

    file: BinaryIO
    name: str
    size: int

    def count(self) -> int:
        """Return how many messages there are, about: what is no mail in an archive counts until it is read.

        Raises:
            Invalid: It is none of the three.
        """
        return sum(1 for _found in self.messages(longest=0))

    def messages(self, *, longest: int, after: Mapping[str, Any] | None = None) -> Iterator[FoundMessage]:
        """Yield what is there in a fixed order.

        Args:
            longest: A message is cut short there; 0 to count only.
            after: What the last message of an earlier run said in its ``after``.

        Raises:
            Invalid: It is none of the three, or damaged.
        """
        self.file.seek(0)
        beginning = self.file.read(1024)
        after = after or {}
        if beginning.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            yield from self._archive(longest, after)
        elif beginning.lstrip(b"\r\n").startswith(b"From "):
            offset = after.get("offset", 0)
            self.file.seek(offset)
            for message in mbox.messages(self.file, longest=longest, start=offset):
                yield sources.from_mbox(message, (), self.name, message.end - offset, offset=message.end)
                offset = message.end
        elif sources.FIRST_LINE_OF_MESSAGE.match(beginning.lstrip(b"\r\n")):
            if not after:
                self.file.seek(0)
                raw = self.file.read(longest)
                yield FoundMessage(raw, (), Flags(is_seen=True), None, self.name, self.size, {"offset": self.size})
        else:
            raise Invalid(_("This is no mail: choose an mbox file, a message (.eml), or a ZIP archive of them."))

    def _archive(self, longest: int, after: Mapping[str, Any]) -> Iterator[FoundMessage]:
        _check_directory(self.file, self.size)
        budget = _Budget(max(_UNFOLDED_AT_LEAST, self.size * _MOST_UNFOLDING))
        try:
            with zipfile.ZipFile(self.file) as archive:
                entries = archive.infolist()
                for number in range(after.get("entry", 0), len(entries)):
                    offset = after.get("offset", 0) if number == after.get("entry", 0) else 0
                    yield from self._entry(archive, entries[number], number, offset, longest, budget)
        except Invalid:
            raise
        except _BROKEN as error:
            raise Invalid(_("The archive is damaged or of a kind that cannot be read. Make it anew.")) from error

    def _entry(
        self,
        archive: zipfile.ZipFile,
        entry: zipfile.ZipInfo,
        number: int,
        offset: int,
        longest: int,
        budget: "_Budget",
    ) -> Iterator[FoundMessage]:
        *folders, name = _names(entry.filename)
        if entry.is_dir() or "__MACOSX" in folders or name.startswith((".", "._")) or not entry.file_size:
            return
        if entry.flag_bits & 1:
            raise Invalid(_("The archive is protected by a password. Make it anew without one."))
        stem, _dot, suffix = name.rpartition(".")
        if entry.compress_type not in _METHODS:
            return
        with archive.open(entry) as opened:
            file = io.BufferedReader(_Bounded(opened, budget), 256 * 1024)
            beginning = file.peek(512)[:512].lstrip(b"\r\n")
            if beginning.startswith(b"From ") and suffix.lower() != "eml":
                _skip(file, offset)
                for message in mbox.messages(file, longest=longest, start=offset):
                    names = (*folders, stem or name)
                    progress = message.end - offset
                    yield sources.from_mbox(message, names, entry.filename, progress, entry=number, offset=message.end)
                    offset = message.end
            elif suffix.lower() == "eml" or sources.FIRST_LINE_OF_MESSAGE.match(beginning):
                raw = file.read(longest) if longest else b""
                yield FoundMessage(
                    raw,
                    tuple(folders),
                    Flags(is_seen=True),
                    None,  # the message says itself when it was sent
                    entry.filename,
                    entry.file_size,
                    {"entry": number + 1, "offset": 0},
                )


class _Budget:
    """How much one archive may still unfold to, over all its entries: by what is read, not by what it says."""

    def __init__(self, octets: int) -> None:
        self.left = octets

    def take(self, octets: int) -> None:
        self.left -= octets
        if self.left < 0:
            raise Invalid(_("The archive unfolds to much more than it may. It was not read any further."))


class _Bounded(io.RawIOBase):
    def __init__(self, file: Any, budget: _Budget) -> None:
        self._file = file
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        octets = self._file.read(len(buffer))
        self._budget.take(len(octets))
        buffer[: len(octets)] = octets
        return len(octets)


def _check_directory(file: BinaryIO, size: int) -> None:
    """Refuse a directory that would not fit into memory, before Python's own module reads it."""
    file.seek(max(0, size - _END_BYTES))
    tail = file.read(_END_BYTES)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise Invalid(_("The archive is damaged or of a kind that cannot be read. Make it anew."))
    end = _END.unpack_from(tail, at)
    entries, directory = end[4], end[5]
    at64 = tail.rfind(b"PK\x06\x06")
    if at64 >= 0 and len(tail) - at64 >= _END64.size:
        end64 = _END64.unpack_from(tail, at64)
        entries, directory = max(entries, end64[7]), max(directory if directory != 0xFFFFFFFF else 0, end64[8])
    if entries > MOST_ENTRIES or directory > _LARGEST_DIRECTORY_BYTES:
        raise Invalid(_("The archive has too many entries. Use several archives, or an mbox file."))


def _names(path: str) -> list[str]:
    """Return the names on the way to an entry; nothing can lead out of the archive, they only name folders."""
    names = [name.strip() for name in path.replace("\\", "/").split("/")]
    return [name for name in names if name not in ("", ".", "..")] or [""]


def _skip(file: io.BufferedReader, octets: int) -> None:
    while octets > 0:
        read = len(file.read(min(octets, 1024 * 1024)))
        if not read:
            return
        octets -= read
