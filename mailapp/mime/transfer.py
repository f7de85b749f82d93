"""Content-Transfer-Encoding, undone (RFC 2045 §6, and uuencode). Broken input gives what can be saved of it."""

import binascii
import re
from typing import Final

_WHITE: Final = b" \t\r\n\x0b\x0c"
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_BASE64_GROUP: Final = re.compile(rb"[A-Za-z0-9+/]+")
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_SOFT_BREAK_WITH_BLANKS: Final = re.compile(rb"=[ \t]+(\r?\n)")
_UU_BEGIN: Final = re.compile(rb"^begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n", re.MULTILINE)
_UU_END: Final = re.compile(rb"^end[ \t]*(?:\r?\n|\Z)", re.MULTILINE)

IDENTITY: Final = frozenset(("7bit", "8bit", "binary", ""))
_ALIASES: Final = {
    "qp": "quoted-printable",
    "quotedprintable": "quoted-printable",
    "quoted_printable": "quoted-printable",
    "base-64": "base64",
    "uuencode": "x-uuencode",
    "uue": "x-uuencode",
    "x-uue": "x-uuencode",
    "uu": "x-uuencode",
    "7-bit": "7bit",
    "8-bit": "8bit",
    "7bits": "7bit",
    "8bits": "8bit",
}
KNOWN: Final = IDENTITY | {"base64", "quoted-printable", "x-uuencode"}


def name_of(field_body: str) -> str:
    """Return the plain name of what a Content-Transfer-Encoding field says; unknown ones stay as they are."""
    words = field_body.strip(" \t\"'").lower().replace("quoted printable", "quoted-printable").split(";", 1)[0].split()
    word = words[0].strip(" ;,\"'") if words else ""
    return _ALIASES.get(word, word)


def decode(octets: bytes, encoding: str) -> tuple[bytes, bool]:
    """Return the decoded octets, and whether they were as they should be. ``encoding`` comes from ``name_of``."""
    if encoding == "base64":
        return decode_base64(octets)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(_SOFT_BREAK_WITH_BLANKS.sub(rb"=\1", octets)), True
    if encoding == "x-uuencode":
        files = uuencoded(octets)
        return (files[0][1], True) if files else (octets, False)
    return octets, encoding in IDENTITY


def decoded_size(octets: bytes, encoding: str) -> int:
    """Return the length of ``decode``'s result, without decoding where counting is enough."""
    if encoding in IDENTITY:
        return len(octets)
    if encoding == "base64":
        letters = octets.translate(None, _WHITE)
        stripped = letters.rstrip(b"=")
        if len(letters) - len(stripped) <= 2 and not stripped.translate(None, _ALPHABET[:-1]):
            return len(stripped) * 3 // 4
    return len(decode(octets, encoding)[0])


def decode_base64(octets: bytes) -> tuple[bytes, bool]:
    """Decode base64 with wrong padding, junk between the letters, several padded runs, or a text glued behind it."""
    letters = octets.translate(None, _WHITE)
    if _BASE64.fullmatch(letters):
        stripped = letters.rstrip(b"=")
        return _decode_run(stripped), len(letters) % 4 == 0
    lines = [line.strip() for line in octets.splitlines()]
    first = next(filter(None, lines), b"")
    if len(first) % 4 or first.translate(None, _ALPHABET):
        junk = len(letters.translate(None, _ALPHABET + b"-_"))
        if junk > len(letters) // 4 or octets.count(b" ") > len(letters) // 12:
            return octets, False  # it only says so
    is_url_safe = not letters.translate(None, _ALPHABET + b"-_") and b"+" not in letters and b"/" not in letters
    if is_url_safe and all(line.strip(b"-_") for line in lines if line):
        lines = [line.translate(_URL_SAFE) for line in lines]
    runs: list[bytes] = []
    run: list[bytes] = []
    may_end = False
    for line in lines:
        if may_end and line.translate(None, _ALPHABET):
            break  # the footer of a mailing list
        may_end = may_end or not line or line.endswith(b"=")
        for piece in re.split(rb"(=+)", line):
            if piece.startswith(b"="):
                runs.append(b"".join(run))
                run = []
            elif piece:
                run.extend(_BASE64_GROUP.findall(piece))
    runs.append(b"".join(run))
    return b"".join(map(_decode_run, runs)), False


def _decode_run(letters: bytes) -> bytes:
    surplus = len(letters) % 4
    if surplus == 1:  # six bits are no octet
        letters = letters[:-1]
    elif surplus:
        letters += b"=" * (4 - surplus)
    return binascii.a2b_base64(letters)


def uuencoded(octets: bytes, *, most: int = 100) -> list[tuple[str, bytes, int, int]]:
    """Return the uuencoded files in a text as (name in latin-1, octets, start, end of the block)."""
    files: list[tuple[str, bytes, int, int]] = []
    if b"begin " not in octets:
        return files
    position = 0
    for _ in range(most):  # counts failures too: a text that talks about uuencode must not cost a search each
        begin = _UU_BEGIN.search(octets, position)
        end = begin and _UU_END.search(octets, begin.end())
        if not begin or not end:
            break
        content = _uu_lines(octets[begin.end() : end.start()])
        if content is None:
            position = begin.end()
        else:
            files.append((begin.group(1).decode("latin-1").strip(), content, begin.start(), end.end()))
            position = end.end()
    return files


def _uu_lines(block: bytes) -> bytes | None:
    octets: list[bytes] = []
    for line in block.splitlines():
        if not line.strip():
            continue
        if not 32 <= line[0] <= 96:
            return None
        count = (line[0] - 32) & 63
        letters = line[1 : 1 + (count * 8 + 5) // 6 + 3]
        try:
            octets.append(binascii.a2b_uu(line[:1] + letters))
        except binascii.Error:
            try:  # some encoders count wrong and add a checksum
                octets.append(binascii.a2b_uu(line[: (count * 4 + 5) // 3 + 1]))
            except binascii.Error:
                return None
    return b"".join(octets)
