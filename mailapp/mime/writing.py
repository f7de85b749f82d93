"""Pieces of messages, written so that any program reads them: 7-bit lines, folded fields, names in RFC 2231."""

import base64
import binascii
import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Final

from mailapp.mime import encoded_words, headers, parameters
from mailapp.mime.addresses import ascii_domain, format_person
from mailapp.mime.model import InvalidField, Person

_LONGEST_BODY_LINE: Final = 78
_LONGEST_WORD: Final = 60  # of what is folded at blanks
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9 _.,()+=@~-]{1,60}")
_ATTRIBUTE_CHARACTERS: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`{}~|"
)
_SEGMENT: Final = 55
_CONTENT_ID: Final = re.compile(r"[!#-;=?-~]{1,250}")
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,500}>")


def text_field(name: str, text: str) -> bytes:
    """Write a field of free text, in encoded words where it is not plain ASCII."""
    headers.check(name, text)
    text = " ".join(text.split())
    is_plain = text.isascii() and "=?" not in text and all(len(word) <= _LONGEST_WORD for word in text.split())
    if is_plain:
        return headers.fold(name, text)
    return headers.fold(name, " ".join(encoded_words.encode(text, room=75 - len(name))))


def people_field(name: str, people: Sequence[Person]) -> bytes:
    """Write an address list; nothing for nobody."""
    if not people:
        return b""
    return headers.fold(name, ", ".join(format_person(person, encode=True) for person in people))


def ids_field(name: str, message_ids: Iterable[str]) -> bytes:
    """Write message identifiers; those that no header can carry are left out."""
    usable = [message_id for message_id in message_ids if _MESSAGE_ID.fullmatch(message_id)]
    return headers.fold(name, " ".join(usable)) if usable else b""


def check_message_id(message_id: str) -> str:
    """Raises InvalidField unless it is one identifier in angle brackets."""
    if not _MESSAGE_ID.fullmatch(message_id):
        raise InvalidField("message_id", "invalid_message_id")
    return message_id


def new_message_id(domain: str) -> str:
    """Return an identifier that nobody can guess, in the domain of the sender (RFC 5322 §3.6.4)."""
    domain = ascii_domain(domain)
    usable = domain if re.fullmatch(r"[a-z0-9.-]{1,253}", domain) else "localhost"
    return f"<{secrets.token_hex(16)}@{usable}>"


def text_part(text: str, subtype: str) -> bytes:
    """Write a text in UTF-8, or ASCII, in lines that every server passes on unchanged."""
    octets = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").encode("utf-8", "replace")
    if octets and not octets.endswith(b"\n"):
        octets += b"\n"
    is_plain = octets.isascii() and b"\nFrom " not in b"\n" + octets
    if is_plain and all(len(line) <= _LONGEST_BODY_LINE for line in octets.split(b"\n")):
        return _text_header(subtype, "us-ascii", "7bit") + octets.replace(b"\n", b"\r\n")
    quoted = binascii.b2a_qp(octets, istext=True)
    quoted = re.sub(rb"^From ", b"From=20", quoted, flags=re.MULTILINE)
    quoted = re.sub(rb"^\.", b"=2E", quoted, flags=re.MULTILINE)
    charset = "us-ascii" if octets.isascii() else "utf-8"
    if len(quoted) <= len(octets) * 4 // 3 or octets.isascii():
        return _text_header(subtype, charset, "quoted-printable") + _shortened(quoted).replace(b"\n", b"\r\n")
    return _text_header(subtype, charset, "base64") + base64_lines(octets.replace(b"\n", b"\r\n"))


def _shortened(quoted: bytes) -> bytes:
    """Break again the few lines that an escape at their beginning made longer than 76 octets."""
    lines = []
    for line in quoted.split(b"\n"):
        while len(line) > 76:
            cut = 75 - next((back for back in (1, 2) if line[75 - back : 76 - back] == b"="), 0)
            lines.append(line[:cut] + b"=")
            line = line[cut:]
        lines.append(line)
    return b"\n".join(lines)


def _text_header(subtype: str, charset: str, encoding: str) -> bytes:
    return (
        f'Content-Type: text/{subtype}; charset="{charset}"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    ).encode("ascii")


def base64_lines(octets: bytes) -> bytes:
    encoded = base64.b64encode(octets)
    return b"\r\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76)) + b"\r\n"


def file_part(file_name: str, content_type: str, octets: bytes, content_id: str | None = None) -> bytes:
    """Write an attachment, or with ``content_id`` a part that the HTML shows.

    A message stays a message if its lines can pass unchanged, else it becomes a file: base64 is not allowed for it.

    Raises:
        InvalidField: The name or the Content-ID cannot be written.
    """
    headers.check("file_name", file_name)
    kind, kind_parameters = _kind(content_type, octets)
    encoding = "base64"
    if kind == "message/rfc822":
        message = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
        if message.isascii() and b"\0" not in message and max(map(len, message.split(b"\r\n"))) <= 998:
            encoding, octets = "7bit", message
        else:
            kind = "application/octet-stream"
    named = [*kind_parameters, *(parameter("name", file_name) if _PLAIN_NAME.fullmatch(file_name) else [])]
    fields = [
        headers.fold("Content-Type", "; ".join([kind, *named])),
        headers.fold("Content-Transfer-Encoding", encoding),
        headers.fold(
            "Content-Disposition",
            "; ".join(
                ["inline" if content_id else "attachment", *(parameter("filename", file_name) if file_name else [])]
            ),
        ),
    ]
    if content_id:
        if not _CONTENT_ID.fullmatch(content_id):
            raise InvalidField("content_id", "invalid_message_id")
        fields.append(headers.fold("Content-ID", f"<{content_id}>"))
    body = octets if encoding == "7bit" else base64_lines(octets)
    return b"".join(fields) + b"\r\n" + body


def _kind(content_type: str, octets: bytes) -> tuple[str, list[str]]:
    """Return a type that a file may have, and its parameters."""
    kind, kind_parameters = parameters.content_type(content_type)
    if (
        not _TOKEN.fullmatch(kind)
        or kind.startswith("multipart/")
        or (kind.startswith("message/") and kind[8:] != "rfc822")
    ):
        return "application/octet-stream", []
    kept = []
    for name in ("charset", "method"):
        value = kind_parameters.get(name, "")
        if re.fullmatch(r"[A-Za-z0-9_.:-]{1,60}", value):
            kept.append(f"{name}={value}")
    if kind.startswith("text/") and not any(one.startswith("charset=") for one in kept) and not octets.isascii():
        try:
            octets.decode("utf-8")
            kept.append("charset=utf-8")
        except UnicodeDecodeError:
            pass
    return kind, kept


def parameter(name: str, value: str) -> list[str]:
    """Return ``name="value"``, or as RFC 2231 wants it for anything but a short plain value, in one or more pieces."""
    if _PLAIN_NAME.fullmatch(value):
        return [f'{name}="{value}"']
    pieces, piece = [], ""
    for letter in value:
        escaped = "".join(
            chr(octet) if octet in _ATTRIBUTE_CHARACTERS else f"%{octet:02X}" for octet in letter.encode("utf-8")
        )
        if len(piece) + len(escaped) > _SEGMENT:
            pieces.append(piece)
            piece = ""
        piece += escaped
    pieces.append(piece)
    if len(pieces) == 1:
        return [f"{name}*=utf-8''{pieces[0]}"]
    pieces[0] = f"utf-8''{pieces[0]}"
    return [f"{name}*{place}*={piece}" for place, piece in enumerate(pieces)]


def multipart(subtype: str, parts: Sequence[bytes], **kind_parameters: str) -> bytes:
    """Put parts together under a boundary that none of them can contain but by guessing 128 bits."""
    boundary = f"=_{secrets.token_hex(16)}"
    said = "; ".join([f"multipart/{subtype}", *(f'{n.replace("_", "-")}="{v}"' for n, v in kind_parameters.items())])
    head = headers.fold("Content-Type", f'{said}; boundary="{boundary}"')
    delimiter = b"\r\n--" + boundary.encode("ascii")
    return head + b"".join(delimiter + b"\r\n" + part for part in parts) + delimiter + b"--\r\n"
