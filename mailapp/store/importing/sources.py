"""Finding mail in files and folders. Reads names and octets, knows no database."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mailapp.mime import headers
from mailapp.store.appending import Flags
from mailapp.store.importing import mbox

# A file with another name than .eml is taken for mail only when it begins like mail.
FIRST_LINE_OF_MESSAGE = re.compile(
    rb"(?i)(?:received|return-path|delivered-to|from|to|cc|subject|date|message-id|mime-version|content-type|reply-to"
    rb"|sender|dkim-signature|authentication-results|arc-[a-z-]+|list-[a-z-]+|x-[a-z0-9-]+)[ \t]*:"
)
_MAILDIR_FLAGS = re.compile(r"[:;!]2,([A-Za-z]*)\Z")
_BARE_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """One message where it was found. ``folder`` is the path of folder names it stood in; empty for the top."""

    raw: bytes
    folder: tuple[str, ...]
    flags: Flags
    received_at: datetime | None
    origin: str  # for error messages
    progress: int  # octets of the source that are done with it
    after: Mapping[str, Any] = field(default_factory=dict)  # where a later run can go on, in the source's own words


@dataclass(frozen=True, slots=True)
class Source:
    """One file or folder to import, looked through once to know how much there is."""

    path: Path
    size: int

    def messages(self, *, longest: int) -> Iterator[FoundMessage]:
        """Yield what is there in a fixed order, so that a second run meets the same messages first."""
        if self.path.is_file():
            yield from _file(self.path, (), longest, is_named=True)
        else:
            yield from _tree(self.path, (), longest)


def open_source(path: Path) -> Source:
    """Raises FileNotFoundError when there is nothing at that path."""
    if path.is_file():
        return Source(path, path.stat().st_size)
    if not path.is_dir():
        raise FileNotFoundError(path)
    size = 0
    for folder, _folders, files in os.walk(path):
        size += sum(entry.stat().st_size for name in files if _is_plain(entry := Path(folder, name)))
    return Source(path, size)


def _tree(folder: Path, names: tuple[str, ...], longest: int) -> Iterator[FoundMessage]:
    if _is_maildir(folder):
        yield from _maildir(folder, names, longest)
        return
    entries = sorted(folder.iterdir())
    for entry in entries:
        if _is_plain(entry):
            yield from _file(entry, names, longest, is_named=False)
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink():
            yield from _tree(entry, (*names, entry.name.removesuffix(".sbd")), longest)  # Thunderbird's subfolders


def _file(path: Path, names: tuple[str, ...], longest: int, *, is_named: bool) -> Iterator[FoundMessage]:
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        beginning = file.read(512).lstrip(b"\r\n")
        file.seek(0)
        if beginning.startswith(b"From ") and suffix != ".eml":
            folder = names if is_named else (*names, path.stem)
            before = 0
            for message in mbox.messages(file, longest=longest):
                yield from_mbox(message, folder, str(path), message.end - before)
                before = message.end
        elif is_named or suffix == ".eml" or FIRST_LINE_OF_MESSAGE.match(beginning):
            raw = file.read(longest)
            yield FoundMessage(raw, names, Flags(is_seen=True), None, str(path), path.stat().st_size)


def _maildir(folder: Path, names: tuple[str, ...], longest: int) -> Iterator[FoundMessage]:
    for place in ("cur", "new"):
        if not (folder / place).is_dir():
            continue
        for path in sorted((folder / place).iterdir()):
            if _is_plain(path) and not path.name.startswith("."):
                found = _MAILDIR_FLAGS.search(path.name)
                letters = found.group(1) if found else ""
                flags = Flags(
                    is_seen="S" in letters,
                    is_flagged="F" in letters,
                    is_answered="R" in letters,
                    is_forwarded="P" in letters,
                    is_draft="D" in letters,
                    is_deleted="T" in letters,
                )
                stat = path.stat()
                received_at = datetime.fromtimestamp(stat.st_mtime, UTC)
                with path.open("rb") as file:
                    raw = file.read(longest)
                yield FoundMessage(raw, names, flags, received_at, str(path), stat.st_size)
    for entry in sorted(folder.iterdir()):
        if entry.name in ("cur", "new", "tmp") or not entry.is_dir() or entry.is_symlink():
            continue
        if entry.name.startswith("."):  # Maildir++: .Folder.Subfolder
            if _is_maildir(entry):
                below = tuple(decode_utf7(part) for part in entry.name[1:].split(".") if part)
                yield from _maildir(entry, (*names, *below), longest)
        else:
            yield from _tree(entry, (*names, entry.name), longest)


def _is_maildir(folder: Path) -> bool:
    return (folder / "cur").is_dir() and ((folder / "new").is_dir() or (folder / "tmp").is_dir())


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def from_mbox(
    message: mbox.MboxMessage, folder: tuple[str, ...], origin: str, progress: int, **after: Any
) -> FoundMessage:
    """Return a message of an mbox, without the fields that are the mbox's own."""
    raw = mbox.without_status(message.raw)
    return FoundMessage(raw, folder, mbox_flags(message.raw), message.received_at, origin, progress, after)


def mbox_flags(raw: bytes) -> Flags:
    """Read Status, X-Status and X-Mozilla-Status; without any of them the message counts as read."""
    header, _ = headers.read(raw, 0, len(raw))
    status = header.text("status") + header.text("x-status")
    mozilla = header.text("x-mozilla-status").strip()
    if mozilla:
        try:
            bits = int(mozilla, 16)
        except ValueError:
            bits = 1
        return Flags(
            is_seen=bool(bits & 1),
            is_answered=bool(bits & 2),
            is_flagged=bool(bits & 4),
            is_forwarded=bool(bits & 0x1000),
        )
    if not status and not header.count("status"):
        return Flags(is_seen=True)
    return Flags(is_seen="R" in status, is_answered="A" in status, is_flagged="F" in status, is_draft="T" in status)


def with_line_ends(raw: bytes) -> bytes:
    """Return the message with CRLF throughout, as every mail protocol gives it out."""
    return _LINE_END.sub(b"\r\n", raw) if _BARE_LINE_END.search(raw) else raw


def decode_utf7(name: str) -> str:
    """Read IMAP's modified UTF-7, in which Maildir++ names its folders (RFC 9051 appendix A)."""

    def decode(found: re.Match[str]) -> str:
        text = found.group(1)
        if not text:
            return "&"
        return ("+" + text.replace(",", "/") + "-").encode().decode("utf-7")

    try:
        return re.sub(r"&([A-Za-z0-9+,]*)-", decode, name)
    except UnicodeDecodeError:
        return name
