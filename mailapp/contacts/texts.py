"""Escapes and components of vCard values (RFC 6350 §3.4), and the octets of files people upload. Pure."""

import codecs
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mailapp.contacts.vcards import Property

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def escape(text: str) -> str:
    text = text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    return text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def unescape(value: str) -> str:
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def split(value: str, at: str) -> list[str]:
    """Split at separators that are not escaped; the parts stay escaped."""
    parts, start, position = [], 0, 0
    while position < len(value):
        if value[position] == "\\":
            position += 2
            continue
        if value[position] == at:
            parts.append(value[start:position])
            start = position + 1
        position += 1
    return [*parts, value[start:]]


def components(value: str) -> list[str]:
    """Return the readable components of a structured value such as N or ADR."""
    return [", ".join(filter(None, map(unescape, split(part, ",")))) for part in split(value, ";")]


def component(value: str, index: int) -> str:
    parts = components(value)
    return parts[index].strip() if index < len(parts) else ""


def with_components(value: str, wanted: dict[int, str]) -> str:
    """Return the value with some components changed; those that read the same already keep their very octets."""
    parts = split(value, ";") if value else []
    readable = components(value) if value else []
    for index, text in wanted.items():
        while len(parts) <= index:
            parts.append("")
            readable.append("")
        if readable[index].strip() != text.strip():
            parts[index] = escape(text.strip())
    return ";".join(parts)


def entries(value: str) -> list[str]:
    """Return the entries of a list such as CATEGORIES."""
    return [text for text in (unescape(part).strip() for part in split(value, ",")) if text]


def joined(texts: Iterable[str]) -> str:
    return ",".join(escape(text) for text in texts)


def name_of(name: "Property | None") -> str:
    """Return a structured name as one reads it: prefix, given, additional, family, suffix."""
    if name is None:
        return ""
    parts = [*components(name.value), "", "", "", "", ""]
    return " ".join(part.strip() for part in (parts[3], parts[1], parts[2], parts[0], parts[4]) if part.strip())


def decode(octets: bytes) -> tuple[str, bool]:
    """Return the text of an uploaded file, and whether that is certain.

    UTF-8 and UTF-16 are known by their marks or their form; what is neither is read as Windows' western code page.
    """
    for mark, name in _BOMS:
        if octets.startswith(mark):
            return octets.decode(name, "replace").replace("\0", ""), True
    if b"\0" in octets[:200]:
        even, odd = octets[0:200:2].count(0), octets[1:200:2].count(0)
        return octets.decode("utf-16-le" if odd >= even else "utf-16-be", "replace").replace("\0", ""), True
    try:
        return octets.decode("utf-8"), True
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace"), False
