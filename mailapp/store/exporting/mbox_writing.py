"""Writing an mbox in the form "mboxrd": what is read back is what was written. Pure."""

import re
from datetime import UTC, datetime

from mailapp.store.appending import Flags

_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
_LINE_END = re.compile(rb"\r\n")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def written(raw: bytes, received_at: datetime, flags: Flags) -> bytes:
    """Return the message with its separator, and its flags in front as other mail programs read them."""
    octets = _FROM.sub(rb">\1", _LINE_END.sub(b"\n", raw))
    if not octets.endswith(b"\n"):
        octets += b"\n"
    return b"From MAILER-DAEMON " + _asctime(received_at) + b"\n" + _status(flags) + octets + b"\n"


def _asctime(at: datetime) -> bytes:
    """Write the time as RFC 4155 wants it, in English whatever the language of the machine."""
    at = at.astimezone(UTC)
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day} {month} {at.day:2d} {at.hour:02d}:{at.minute:02d}:{at.second:02d} {at.year:04d}".encode()


def _status(flags: Flags) -> bytes:
    letters = "".join(
        letter
        for letter, is_set in (
            ("A", flags.is_answered),
            ("F", flags.is_flagged),
            ("T", flags.is_draft),
            ("D", flags.is_deleted),
        )
        if is_set
    )
    lines = [b"Status: RO\n" if flags.is_seen else b"Status: O\n"]
    if letters:
        lines.append(f"X-Status: {letters}\n".encode())
    return b"".join(lines)
