"""What signed data carries inside (S/MIME, RFC 8551 §3.5.2): the message can be read without checking the signature."""

from typing import Final

_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")
_DATA: Final = bytes.fromhex("2a864886f70d010701")
_COMPRESSED_DATA: Final = bytes.fromhex("2a864886f70d0109100109")
_ENVELOPED: Final = frozenset((bytes.fromhex("2a864886f70d010703"), bytes.fromhex("2a864886f70d0109100117")))

_SEQUENCE, _OBJECT_IDENTIFIER, _OCTET_STRING, _CONTEXT_0 = 0x30, 0x06, 0x04, 0xA0
_MOST_CHUNKS: Final = 100_000


class _Broken(Exception):
    pass


def kind_of(octets: bytes) -> str:
    """Return ``signed``, ``enveloped`` or nothing, by the octets themselves."""
    try:
        content_type, _, _ = _content_info(octets)
    except (_Broken, IndexError):
        return ""
    return "signed" if content_type == _SIGNED_DATA else "enveloped" if content_type in _ENVELOPED else ""


def signed_content(octets: bytes) -> bytes | None:
    """Return the message inside signed data (DER or BER), or None when there is none or it cannot be read."""
    try:
        content_type, start, end = _content_info(octets)
        if content_type != _SIGNED_DATA:
            return None
        start, end = _open(octets, start, end, _SEQUENCE)
        _, _, position = _read(octets, start, end)  # version
        _, _, position = _read(octets, position, end)  # digest algorithms
        start, end = _open(octets, position, end, _SEQUENCE)
        tag, (first, last), position = _read(octets, start, end)
        if tag != _OBJECT_IDENTIFIER or octets[first:last] != _DATA:
            return None
        start, end = _open(octets, position, end, _CONTEXT_0)
        return _octet_string(octets, start, end)
    except (_Broken, IndexError):
        return None


def _content_info(octets: bytes) -> tuple[bytes, int, int]:
    """Return the type of the content and where it is."""
    start, end = _open(octets, 0, len(octets), _SEQUENCE)
    tag, (first, last), position = _read(octets, start, end)
    if tag != _OBJECT_IDENTIFIER:
        raise _Broken
    start, end = _open(octets, position, end, _CONTEXT_0)
    return octets[first:last], start, end


def _open(octets: bytes, position: int, end: int, expected: int) -> tuple[int, int]:
    """Return the span inside a constructed value."""
    tag, (start, stop), _ = _read(octets, position, end, skip_indefinite=False)
    if tag != expected:
        raise _Broken
    return start, stop


def _read(octets: bytes, position: int, end: int, *, skip_indefinite: bool = True) -> tuple[int, tuple[int, int], int]:
    """Return tag, span of the value, and where the next value begins.

    A value of indefinite length (BER) reaches as far as its container here, unless it has to be stepped over.
    """
    tag, length = octets[position], octets[position + 1]
    position += 2
    if length == 0x80:
        if skip_indefinite:
            raise _Broken
        return tag, (position, end), end
    if length > 0x80:
        count = length & 0x7F
        if count > 8:
            raise _Broken
        length = int.from_bytes(octets[position : position + count], "big")
        position += count
    if position + length > end:
        raise _Broken
    return tag, (position, position + length), position + length


def _octet_string(octets: bytes, position: int, end: int) -> bytes:
    tag, (start, stop), _ = _read(octets, position, end, skip_indefinite=False)
    if tag == _OCTET_STRING:
        return octets[start:stop]
    if tag != _OCTET_STRING | 0x20:
        raise _Broken
    chunks: list[bytes] = []
    while start < stop and len(chunks) < _MOST_CHUNKS and octets[start : start + 2] != b"\0\0":
        tag, (first, last), start = _read(octets, start, stop)
        if tag != _OCTET_STRING:
            raise _Broken
        chunks.append(octets[first:last])
    return b"".join(chunks)
