"""ENVELOPE and BODYSTRUCTURE of a message as IMAP sends them (RFC 9051 §7.5.2)."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from mailapp.mime import encoded_words, structure
from mailapp.mime.addresses import parse_address_list
from mailapp.mime.model import Person
from mailapp.mime.structure import Node

_QUOTABLE: Final = re.compile(rb"[\x20-\x7e]*")
_QUOTED_LOCAL: Final = re.compile(r"\\(.)")
_LONGEST_STRING: Final = 64_000
_MOST_ADDRESSES: Final = 2_000


def envelope(raw: bytes) -> bytes:
    """Return the parenthesized ENVELOPE. Never raises."""
    return _envelope(structure.read(raw)[0])


def bodystructure(raw: bytes) -> bytes:
    """Return the parenthesized BODYSTRUCTURE, extension data included. Never raises."""
    return _body(structure.read(raw)[0])


def both(raw: bytes) -> tuple[bytes, bytes]:
    """Return ENVELOPE and BODYSTRUCTURE, for one reading of the message."""
    root = structure.read(raw)[0]
    return _envelope(root), _body(root)


def _envelope(node: Node) -> bytes:
    header = node.header
    author = _addresses(header.text("from"))
    fields = (
        _nstring(header.raw("date") or None),
        _nstring(header.raw("subject") if header.count("subject") else None),
        author,
        _addresses(header.text("sender"), author),
        _addresses(header.text("reply-to"), author),
        *(_addresses(", ".join(header.texts(name))) for name in ("to", "cc", "bcc")),
        _nstring(header.raw("in-reply-to") or None),
        _nstring(header.raw("message-id") or None),
    )
    return b"(" + b" ".join(fields) + b")"


def _addresses(text: str, otherwise: bytes = b"NIL") -> bytes:
    """Sender and Reply-To stand for From when they are missing."""
    people = parse_address_list(text)[:_MOST_ADDRESSES] if text else ()
    return b"(" + b"".join(map(_address, people)) + b")" if people else otherwise


def _address(person: Person) -> bytes:
    """An address that could not be read has a name and an empty mailbox and host; NIL would begin a group."""
    local, _, domain = person.addr_spec.rpartition("@")
    if local.startswith('"') and local.endswith('"') and len(local) > 1:
        local = _QUOTED_LOCAL.sub(r"\1", local[1:-1])
    name = _nstring(_words(person.display_name)) if person.display_name else b"NIL"
    return b"(" + b" ".join((name, b"NIL", _nstring(local.encode("utf-8")), _nstring(domain.encode("utf-8")))) + b")"


def _words(text: str) -> bytes:
    return (text if text.isascii() else " ".join(encoded_words.encode(text))).encode("ascii", "replace")


def _body(root: Node) -> bytes:
    """Write bottom up, so that no depth of nesting is a depth of calls."""
    written: dict[int, bytes] = {}
    for node in reversed(list(root.walk())):
        written[id(node)] = _multipart(node, written) if node.children else _leaf(node, written)
    return written[id(root)]


def _multipart(node: Node, written: Mapping[int, bytes]) -> bytes:
    parts = b"".join(written[id(child)] for child in node.children)
    subtype = node.content_type.partition("/")[2].upper()
    fields = (_nstring(subtype.encode()), _parameters(node.parameters), *_extensions(node))
    return b"(" + parts + b" " + b" ".join(fields) + b")"


def _leaf(node: Node, written: Mapping[int, bytes]) -> bytes:
    main_type, _, subtype = node.content_type.upper().partition("/")
    octets = node.encoded
    parameters = node.parameters
    if main_type == "TEXT" and not node.header.count("content-type"):
        parameters = {"charset": "us-ascii"}
    fields = [
        _nstring(main_type.encode()),
        _nstring(subtype.encode()),
        _parameters(parameters),
        _nstring(node.header.raw("content-id") or None),
        _nstring(node.header.raw("content-description") or None),
        _nstring((node.encoding or "7bit").upper().encode("ascii", "replace")),
        b"%d" % len(octets),
    ]
    if node.message and main_type == "MESSAGE" and subtype in ("RFC822", "GLOBAL"):
        fields += [_envelope(node.message), written[id(node.message)], b"%d" % _lines(octets)]
    elif main_type == "TEXT":
        fields.append(b"%d" % _lines(octets))
    fields += [_nstring(node.header.raw("content-md5") or None), *_extensions(node)]
    return b"(" + b" ".join(fields) + b")"


def _lines(octets: bytes) -> int:
    return octets.count(b"\n") + (1 if octets and not octets.endswith(b"\n") else 0)


def _extensions(node: Node) -> Sequence[bytes]:
    """Disposition, language and location."""
    disposition = b"NIL"
    if node.disposition:
        disposition = b"(%s %s)" % (
            _nstring(node.disposition.upper().encode()),
            _parameters(node.disposition_parameters),
        )
    languages = [word.strip() for word in node.header.text("content-language").split(",") if word.strip()]
    language = b"NIL"
    if languages:
        language = b"(" + b" ".join(_nstring(_words(word)) for word in languages[:20]) + b")"
    return disposition, language, _nstring(node.header.raw("content-location") or None)


def _parameters(parameters: Mapping[str, str]) -> bytes:
    if not parameters:
        return b"NIL"
    pairs = (
        _nstring(name.upper().encode("ascii", "replace")) + b" " + _nstring(_words(value))
        for name, value in parameters.items()
    )
    return b"(" + b" ".join(pairs) + b")"


def _nstring(octets: bytes | None) -> bytes:
    """A quoted string where it may be one, else a literal."""
    if octets is None:
        return b"NIL"
    octets = octets[:_LONGEST_STRING]
    if len(octets) <= 1000 and _QUOTABLE.fullmatch(octets):
        return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return b"{%d}\r\n%s" % (len(octets), octets)
