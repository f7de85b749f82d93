"""Encoded words in header fields (RFC 2047): reading them however they were broken, and writing them right."""

import base64
import binascii
import re
from typing import Final

from mailapp.mime import charsets

_BEGIN: Final = re.compile(r"=\?([A-Za-z0-9_.:()*-]{1,60})\?([bBqQ])\?")
_HEX_PAIR: Final = re.compile(r"[0-9A-Fa-f]{2}")
_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/]+")
_LONGEST_WORD: Final = 20_000  # RFC 2047 says 75; whole subjects in one word are common
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")

_LONGEST_WRITTEN: Final = 75
_PREFIX_LENGTH: Final = len("=?utf-8?b?") + len("?=")
_Q_SAFE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


def decode(text: str) -> str:
    """Return the text with its encoded words decoded, controls replaced by spaces.

    Octets of neighbouring words in one charset are joined before they are decoded: many programs cut characters
    in two. Words with blanks inside, without blanks between, or inside quotes are taken as words as well.
    """
    if "=?" not in text:
        return _plain(text)
    pieces: list[str] = []
    octets, letters, charset = bytearray(), "", ""
    position, end, is_after_word = 0, -1, False

    def flush() -> None:
        nonlocal letters
        octets.extend(_whole_base64(letters))
        letters = ""
        if octets:
            pieces.append(charsets.decode(bytes(octets), charset)[0])
            octets.clear()

    while begin := _BEGIN.search(text, position):
        start = begin.end()
        if end < start:
            end = text.find("?=", start)
        if end < 0:
            break
        stop = _true_end(text, start, end) if begin.group(2) in "qQ" else end
        if stop - start > _LONGEST_WORD:
            flush()
            pieces.append(text[position:start])
            position, is_after_word = start, False
            continue
        between = text[position : begin.start()]
        if not is_after_word or between.strip():
            flush()
            pieces.append(between)
        word_charset = begin.group(1).split("*", 1)[0].lower()  # RFC 2231 §5: "utf-8*en"
        if word_charset != charset:
            flush()
            charset = word_charset
        if begin.group(2) in "qQ":
            octets += _whole_base64(letters) + _quoted_printable(text[start:stop])
            letters = ""
        else:
            whole, letters = _base64(letters, text[start:stop])
            octets += whole
        position, is_after_word = stop + 2, True
    flush()
    pieces.append(text[position:])
    return _plain("".join(pieces))


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", charsets.clean(text)).strip()


def _true_end(text: str, start: int, end: int) -> int:
    """Return where a Q word ends, when an unescaped ``?`` inside it stands before an escape (``?=41``)."""
    for _ in range(5):
        following = _HEX_PAIR.match(text, end + 2)
        later = text.find("?=", end + 2, end + 200) if following else -1
        if later < 0 or any(blank in text[end:later] for blank in (" ", "\t", "=?")):
            break
        end = later
    return end


def _quoted_printable(encoded: str) -> bytes:
    raw = encoded.replace("_", " ").encode("utf-8", "surrogatepass")
    return binascii.a2b_qp(raw.replace(b"\r", b"").replace(b"\n", b""))


def _base64(before: str, encoded: str) -> tuple[bytes, str]:
    """Return the octets, and the letters that are only the beginning of a group: the next word may complete it."""
    octets = b""
    *runs, last = (before + encoded).split("=")
    for run in runs:
        octets += _whole_base64(_NOT_BASE64.sub("", run))
    letters = _NOT_BASE64.sub("", last)
    whole = len(letters) - len(letters) % 4
    return octets + binascii.a2b_base64(letters[:whole]), letters[whole:]


def _whole_base64(letters: str) -> bytes:
    surplus = len(letters) % 4
    return binascii.a2b_base64(letters[:-1] if surplus == 1 else letters + "=" * (-surplus % 4))


def encode(text: str, *, room: int = _LONGEST_WRITTEN) -> list[str]:
    """Return encoded words in UTF-8, none above 75 characters, no character cut; the first fits into ``room``."""
    is_mostly_ascii = sum(letter.isascii() for letter in text) * 10 >= len(text) * 6
    pieces: list[str] = []
    piece, width = "", 0
    room = max(min(room, _LONGEST_WRITTEN), _PREFIX_LENGTH + 12) - _PREFIX_LENGTH
    for letter in text:
        letter_width = _q_width(letter) if is_mostly_ascii else len(letter.encode("utf-8"))
        widened = width + letter_width
        if (widened if is_mostly_ascii else -(-widened // 3) * 4) > room and piece:
            pieces.append(piece)
            piece, width, room = "", 0, _LONGEST_WRITTEN - _PREFIX_LENGTH
        piece += letter
        width += letter_width
    if piece:
        pieces.append(piece)
    return [_q_word(piece) if is_mostly_ascii else _b_word(piece) for piece in pieces]


def _q_width(letter: str) -> int:
    return sum(1 if octet in _Q_SAFE or octet == 0x20 else 3 for octet in letter.encode("utf-8"))


def _q_word(piece: str) -> str:
    letters = (
        "_" if octet == 0x20 else chr(octet) if octet in _Q_SAFE else f"={octet:02X}" for octet in piece.encode("utf-8")
    )
    return f"=?utf-8?q?{''.join(letters)}?="


def _b_word(piece: str) -> str:
    return f"=?utf-8?b?{base64.b64encode(piece.encode('utf-8')).decode('ascii')}?="
