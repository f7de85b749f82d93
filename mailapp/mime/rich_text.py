"""Rich text (RTF) to plain text, and the compression in which winmail.dat carries it."""

import re
import struct
from typing import Final

from mailapp.mime import charsets, limits

_DICTIONARY: Final = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor "
    b"MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress(octets: bytes) -> bytes:
    """Undo the compression of rich text in TNEF (MS-OXRTFCP). Grows at most to what it promises, and to 8 MiB."""
    if len(octets) < 16:
        return b""
    size = min(struct.unpack_from("<I", octets, 4)[0], 8 * limits.MIB)
    if octets[8:12] == b"MELA":
        return octets[16 : 16 + size]
    if octets[8:12] != b"LZFu":
        return b""
    window = bytearray(_DICTIONARY.ljust(4096, b"\0"))
    place, position = len(_DICTIONARY), 16
    output = bytearray()
    while position < len(octets) and len(output) < size:
        control = octets[position]
        position += 1
        for bit in range(8):
            if position >= len(octets) or len(output) >= size:
                break
            if not control >> bit & 1:
                literal = octets[position]
                position += 1
                output.append(literal)
                window[place] = literal
                place = (place + 1) % 4096
                continue
            if position + 1 >= len(octets):
                return bytes(output)
            reference = octets[position] << 8 | octets[position + 1]
            position += 2
            start, length = reference >> 4, (reference & 0xF) + 2
            if start == place:
                return bytes(output)
            for step in range(length):
                octet = window[(start + step) % 4096]
                output.append(octet)
                window[place] = octet
                place = (place + 1) % 4096
    return bytes(output)


_RTF: Final = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)|[\r\n]+"
)
_BREAKS: Final = {
    b"par": "\n",
    b"line": "\n",
    b"tab": "\t",
    b"row": "\n",
    b"cell": "\t",
    b"emdash": "—",
    b"bullet": "•",
}
_NOT_TEXT: Final = frozenset(
    b"fonttbl colortbl stylesheet info pict object header footer generator htmltag mhtmltag xe".split()
)


def to_text(octets: bytes) -> str:
    """Return the words of rich text; enough to read a message whose only body it is."""
    pieces: list[str] = []
    pending = bytearray()
    codec = "cp1252"
    stack: list[tuple[bool, bool]] = []
    silent = hidden = False  # of this group; between \htmlrtf and \htmlrtf0
    skip = 0  # characters that stand for a Unicode one before them

    def flush() -> None:
        if pending:
            pieces.append(bytes(pending).decode(codec, "replace"))
            pending.clear()

    for found in _RTF.finditer(octets[: 8 * limits.MIB]):
        word, number, code, symbol, brace, plain = found.groups()
        if brace == b"{":
            if len(stack) > 1000:
                break
            stack.append((silent, hidden))
        elif brace == b"}":
            silent, hidden = stack.pop() if stack else (False, False)
        elif symbol == b"*" or word in _NOT_TEXT:
            silent = True
        elif word == b"htmlrtf":
            hidden = number != b"0"
        elif word == b"ansicpg" and number:
            codec = charsets.codec_of(f"cp{number.decode('ascii')}") or codec
        elif silent or hidden:
            continue
        elif code:
            if skip:
                skip -= 1
            else:
                pending.append(int(code, 16))
        elif word == b"u" and number:
            flush()
            pieces.append(chr(int(number) & 0xFFFF))
            skip = 1
        elif word in _BREAKS:
            flush()
            pieces.append(_BREAKS[word])
        elif symbol in (b"\\", b"{", b"}"):
            pending += symbol
        elif symbol == b"~":
            pending += b" "
        elif plain:
            pending += plain[skip:]
            skip = 0
    flush()
    return charsets.clean("".join(pieces)).strip()
