"""Header fields as octets: look at them, drop some, put some in front, and leave every other octet alone. Pure.

Signatures depend on the octets of a message, so delivery never parses and writes a message back.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# A line and its folded continuations (RFC 5322 §2.2.3); the last line may lack its line end.
_FIELD = re.compile(rb"[^\n]*(?:\n|\Z)(?:[ \t][^\n]*(?:\n|\Z))*")
_NAME = re.compile(rb"([!-9;-~]+)[ \t]*:")
_END_OF_HEADER = re.compile(rb"\n\r?\n")


@dataclass(frozen=True, slots=True)
class Field:
    name: str  # lower case; empty for a line that is no field
    octets: bytes  # with its line end

    @property
    def body(self) -> str:
        """The unfolded field body."""
        _, _, body = self.octets.partition(b":")
        return body.replace(b"\r\n", b"").replace(b"\n", b"").decode("utf-8", "replace").strip()


def split(raw: bytes) -> tuple[bytes, bytes]:
    """Return the header block, and the rest that begins with the empty line."""
    if raw.startswith((b"\r\n", b"\n")):
        return b"", raw
    found = _END_OF_HEADER.search(raw)
    if found is None:
        return raw, b""
    return raw[: found.start() + 1], raw[found.start() + 1 :]


def fields(header_block: bytes) -> Iterator[Field]:
    for found in _FIELD.finditer(header_block):
        octets = found.group()
        if octets:
            name = _NAME.match(octets)
            yield Field(name.group(1).decode("ascii").lower() if name else "", octets)


def bodies(raw: bytes, name: str) -> list[str]:
    """Return the unfolded bodies of all fields of that name, top to bottom."""
    return [field.body for field in fields(split(raw)[0]) if field.name == name]


def count(raw: bytes, name: str) -> int:
    return sum(1 for field in fields(split(raw)[0]) if field.name == name)


def without(raw: bytes, unwanted: Callable[[Field], bool]) -> bytes:
    """Return the message without the fields for which ``unwanted`` is true; the same object when there are none."""
    header_block, rest = split(raw)
    kept, dropped = [], False
    for field in fields(header_block):
        if unwanted(field):
            dropped = True
        else:
            kept.append(field.octets)
    return b"".join(kept) + rest if dropped else raw


def put_in_front(raw: bytes, written: bytes) -> bytes:
    """Return the message with complete fields before its own; a text without header gets the empty line it lacks."""
    has_header = raw.startswith((b"\r\n", b"\n")) or _NAME.match(raw)
    return written + raw if has_header or not raw else written + b"\r\n" + raw


def with_line_ends(raw: bytes) -> bytes:
    """Return the message with CRLF as its only line end (RFC 5321 §2.3.8): no bare CR or LF leaves this house."""
    if not _BARE.search(raw):
        return raw
    return _ANY_LINE_END.sub(b"\r\n", raw)


_BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_ANY_LINE_END = re.compile(rb"\r\n|\r|\n")


def printable(text: str, longest: int = 255) -> str:
    """Return ``text`` fit for a trace field: nothing that could end a line, a comment or a token."""
    kept = "".join(c for c in text if c.isprintable() and c not in ' ()<>\\;"' and not 0xD800 <= ord(c) <= 0xDFFF)
    return kept[:longest]
