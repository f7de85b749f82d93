"""Reading mbox files (RFC 4155) as a stream: mboxo, mboxrd, and what Thunderbird and Eudora write. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

# A separator has a time and a year, so that a sentence that begins with "From " is none.
_SEPARATOR = re.compile(rb"From .*(?:\d{1,2}:\d{2}.*\d{4}|\d{4}.*\d{1,2}:\d{2})")
_QUOTED = re.compile(rb">+From ")
_STATUS = re.compile(rb"(?i)(?:(?:X-)?Status|X-Keywords):[^\n]*\n")
_WEEKDAY = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\s.*")


@dataclass(frozen=True, slots=True)
class MboxMessage:
    raw: bytes
    received_at: datetime | None
    end: int  # where in the file the next one begins


def messages(file: BinaryIO, *, longest: int, start: int = 0) -> Iterator[MboxMessage]:
    """Yield the messages in their order, one in memory at a time; one longer than ``longest`` is cut short.

    Args:
        start: Where the file stands: at its beginning, or at the ``end`` of some message.
    """
    lines: list[bytes] = []
    received_at: datetime | None = None
    size, position, is_begun, after_blank = 0, start, False, True
    for line in file:
        if after_blank and line.startswith(b"From ") and (not is_begun or _SEPARATOR.match(line)):
            if is_begun:
                yield MboxMessage(_joined(lines), received_at, position)
            lines, size, is_begun, received_at = [], 0, True, _date(line)
        elif is_begun:
            size += len(line)
            if size <= longest:
                lines.append(line[1:] if _QUOTED.match(line) else line)
        position += len(line)
        after_blank = line in (b"\n", b"\r\n")
    if is_begun:
        yield MboxMessage(_joined(lines), received_at, position)


def without_status(raw: bytes) -> bytes:
    """Return the message without what an mbox alone has put in front of it: Status, X-Status and X-Keywords."""
    while found := _STATUS.match(raw):
        raw = raw[found.end() :]
    return raw


def _joined(lines: list[bytes]) -> bytes:
    """Put the lines together; the empty one in front of the next separator belongs to the mbox."""
    if len(lines) > 1 and lines[-1] in (b"\n", b"\r\n"):
        lines.pop()
    return b"".join(lines)


def _date(separator: bytes) -> datetime | None:
    """Read ``From sender Mon Nov  2 09:30:00 2026`` (asctime, in UTC as RFC 4155 says)."""
    found = _WEEKDAY.search(separator.decode("ascii", "replace").strip())
    if found is None:
        return None
    words = found.group().split()
    for form, count in (("%a %b %d %H:%M:%S %Y", 5), ("%a %b %d %H:%M %Y", 5)):
        try:
            return datetime.strptime(" ".join(words[:count]), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
