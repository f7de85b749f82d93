"""The header of a message or part: reading it from any octets, and putting fields in front or taking them out.

Signatures depend on the octets of a message, so writing here never touches a field it was not asked about.
"""

import re
from collections.abc import Collection, Iterable
from typing import Final

from mailapp.mime import charsets, limits
from mailapp.mime.model import InvalidField

_FIELD: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
_ENVELOPE_LINE: Final = re.compile(rb">?From (?![ \t]*:)")  # of an mbox
_END: Final = re.compile(rb"\n\r?\n")
_NAME: Final = re.compile(r"[!-9;-~]{1,76}")
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_FOLD_AT: Final = 78
_LONGEST_LINE: Final = 998


class HeaderFields:
    """The fields of one header, top to bottom. Names compare without case; bodies are unfolded octets."""

    __slots__ = ("_by_name", "charset_hint", "defects", "fields")

    def __init__(self) -> None:
        self.fields: list[tuple[str, bytes]] = []
        self.defects: set[str] = set()
        self.charset_hint: str | None = None  # what raw octets above 127 may be in
        self._by_name: dict[str, list[bytes]] = {}

    def append(self, name: bytes, body: bytes) -> None:
        text = name.decode("ascii")
        self.fields.append((text, body))
        self._by_name.setdefault(text.lower(), []).append(body)

    def count(self, name: str) -> int:
        return len(self._by_name.get(name, ()))

    def raw(self, name: str) -> bytes:
        """Return the first field body of that (lower-case) name, or nothing."""
        bodies = self._by_name.get(name)
        return bodies[0] if bodies else b""

    def text(self, name: str) -> str:
        """Return the first field body as text, encoded words left alone."""
        return self.decode(self.raw(name))

    def texts(self, name: str) -> list[str]:
        return [self.decode(body) for body in self._by_name.get(name, ())]

    def decode(self, body: bytes) -> str:
        return charsets.decode_header(body, self.charset_hint)


def read(source: bytes, start: int, end: int, budget: int = limits.MAX_HEADER_BYTES) -> tuple[HeaderFields, int]:
    """Read the header that begins at ``start``; return it and where the body begins.

    A "From " line of an mbox is passed over. A line that is no field is passed over when a field follows, and
    else taken as the beginning of the body. Fields beyond ``budget`` octets are not read.
    """
    header = HeaderFields()
    position = start
    if _ENVELOPE_LINE.match(source, start, end):
        position = _next_line(source, start, end)
    first = position
    limit = position + min(budget, limits.MAX_HEADER_BYTES)
    while position < end:
        if source.startswith(b"\n", position) or source.startswith(b"\r\n", position):
            return header, min(end, position + (1 if source[position] == 0x0A else 2))
        if position >= limit:
            header.defects.add("header_too_large")
            found = _END.search(source, position - 1, end)
            return header, found.end() if found else end
        field = _FIELD.match(source, position, end)
        if field is None:
            following = _next_line(source, position, end)
            if not header.fields and position == first:
                header.defects.add("header_missing")
                return header, start
            if not _FIELD.match(source, following, end):
                header.defects.add("header_malformed")
                return header, position
            header.defects.add("header_malformed")
            position = following
            continue
        body = field.group(2)
        if len(body) > limit - position:
            header.defects.add("header_too_large")
            body = body[: limit - position]
        header.append(field.group(1), _unfold(body, header))
        position = field.end()
    return header, end


def _unfold(body: bytes, header: HeaderFields) -> bytes:
    body = body.replace(b"\r\n", b"").replace(b"\n", b"")
    if b"\0" in body:
        header.defects.add("nul_octets")
        body = body.replace(b"\0", b"")
    return body.replace(b"\r", b" ").strip(b" \t")


def _next_line(source: bytes, position: int, end: int) -> int:
    found = source.find(b"\n", position, end)
    return end if found < 0 else found + 1


def header_block(raw: bytes) -> bytes:
    """Return the header as it stands, the empty line that ends it included."""
    return raw[: read(raw, 0, len(raw))[1]]


def prepend_header_fields(raw: bytes, fields: Iterable[tuple[str, str]]) -> bytes:
    """Put fields in front, in their order, folded at blanks; line ends are those of the message.

    Raises:
        InvalidField: A name that is none, or a body with a control character or line separator.
    """
    newline = b"\r\n" if b"\r\n" in raw[: limits.MAX_HEADER_BYTES] or b"\n" not in raw else b"\n"
    written = b"".join(fold(name, body) for name, body in fields)
    if newline == b"\n":
        written = written.replace(b"\r\n", b"\n")
    if raw and not _FIELD.match(raw) and not raw.startswith((b"\n", b"\r\n")) and not _ENVELOPE_LINE.match(raw):
        return written + newline + raw  # there was no header; without the empty line the text would become one
    if _ENVELOPE_LINE.match(raw):
        position = _next_line(raw, 0, len(raw))
        return raw[:position] + written + raw[position:]
    return written + raw


def remove_header_fields(raw: bytes, names: Collection[str]) -> bytes:
    """Return the message without the fields of these names; the same octets when there are none."""
    unwanted = {name.lower().encode("ascii", "replace") for name in names}
    kept: list[bytes] = []
    position, copied = 0, 0
    if _ENVELOPE_LINE.match(raw):
        position = _next_line(raw, 0, len(raw))
    while position < len(raw) and not raw.startswith((b"\n", b"\r\n"), position):
        field = _FIELD.match(raw, position)
        if field is None:
            following = _next_line(raw, position, len(raw))
            if not _FIELD.match(raw, following):
                break
            position = following
            continue
        if field.group(1).lower() in unwanted:
            kept.append(raw[copied:position])
            copied = field.end()
        position = field.end()
    return b"".join((*kept, raw[copied:])) if copied or kept else raw


def check(name: str, text: str) -> str:
    """Return the text if it may be written into a header.

    Raises:
        InvalidField: It has a control character, a line end of any script, or half a surrogate pair.
    """
    if _FORBIDDEN.search(text):
        raise InvalidField(name, "control_character")
    return text


def fold(name: str, body: str) -> bytes:
    """Write one field: lines of at most 78 octets where blanks allow it, never above 998.

    Text beyond ASCII is written as UTF-8 (RFC 6532); whoever wants encoded words has made them already.

    Raises:
        InvalidField: See ``check``; or one word is longer than a line may be.
    """
    if not _NAME.fullmatch(name):
        raise InvalidField(name, "invalid_name")
    check(name, body)
    lines: list[bytes] = []
    line = f"{name}:".encode("ascii")
    for word in body.replace("\t", " ").split():
        octets = word.encode("utf-8")
        if len(line) + 1 + len(octets) > _FOLD_AT and line.strip() and not (not lines and line.endswith(b":")):
            lines.append(line)
            line = b""
        line += b" " + octets
        if len(line) > _LONGEST_LINE:
            raise InvalidField(name, "line_too_long")
    lines.append(line)
    return b"\r\n".join(lines) + b"\r\n"
