"""``value; name=value`` of Content-Type and Content-Disposition: RFC 2231, and what programs write instead."""

import re
from collections.abc import Iterator
from typing import Final

from mailapp.mime import charsets, encoded_words, limits

_NAME: Final = re.compile(r"[;\s]*([^\s=;\"]+)[^=;\"]{0,100}?=\s*")
_QUOTED: Final = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)(?:"|\\?\Z)', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\([\"\\])")
_SEGMENT: Final = re.compile(r"([^*]+)\*(?:(\d{1,4})(\*?))?\Z")
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_TYPE: Final = re.compile(r"\s*([A-Za-z0-9!#$&^_.+-]{1,127})\s*/\s*([A-Za-z0-9!#$&^_.+-]{1,127})")
_LONE_TYPES: Final = {"text": "text/plain", "plain": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}
_LONGEST_VALUE: Final = 32_768


def parse(field_body: str) -> tuple[str, dict[str, str]]:
    """Return the first word in lower case and the parameters, names in lower case, values decoded.

    An extended value (``name*``) is preferred to a plain one; of equals the first counts.
    """
    value, _, rest = field_body.partition(";")
    plain: dict[str, str] = {}
    segments: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, raw in _pairs(rest):
        segment = _SEGMENT.match(name)
        if segment:
            number, is_extended = int(segment.group(2) or 0), not segment.group(2) or bool(segment.group(3))
            segments.setdefault(segment.group(1), {}).setdefault(number, (raw, is_extended))
        else:
            plain.setdefault(name, encoded_words.decode(raw) if "=?" in raw else raw)
    joined = {name: _join(numbered) for name, numbered in segments.items()}
    return value.strip().lower(), {**plain, **{name: text for name, text in joined.items() if text}}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield names and values as they stand; each step goes forward, so the time is that of reading once."""
    position = 0
    for _ in range(limits.MAX_PARAMETERS):
        found = _NAME.match(text, position)
        if found is None:
            position = text.find(";", position) + 1
            if not position or position >= len(text):
                return
            continue
        position = found.end()
        quoted = _QUOTED.match(text, position)
        end = text.find(";", quoted.end() if quoted else position)
        end = len(text) if end < 0 else end
        value = _ESCAPED.sub(r"\1", quoted.group(1)) if quoted else text[position:end].strip()
        yield found.group(1).lower()[:100], value[:_LONGEST_VALUE]
        position = end + 1
        if position > len(text):
            return


def content_type(field_body: str) -> tuple[str, dict[str, str]]:
    """Return ``type/subtype`` in lower case ("" when the field does not say a usable one) and the parameters."""
    found = _TYPE.match(field_body)
    value, parameters = parse(field_body)
    if found:
        return f"{found.group(1)}/{found.group(2)}".lower(), parameters
    return _LONE_TYPES.get(value.split("/", 1)[0].strip(), ""), parameters


def _join(numbered: dict[int, tuple[str, bool]]) -> str:
    """Put continuations together (RFC 2231 §4.1): octets first, since a character may be cut between two segments."""
    charset = ""
    octets: list[bytes] = []
    for number in sorted(numbered):
        raw, is_extended = numbered[number]
        if is_extended and not octets and raw.count("'") >= 2:
            charset, _, raw = raw.split("'", 2)
        piece = raw.encode("utf-8", "surrogatepass")
        octets.append(_PERCENT.sub(lambda found: bytes((int(found.group(1), 16),)), piece) if is_extended else piece)
    text = charsets.decode(b"".join(octets), charset or "utf-8")[0]
    return encoded_words.decode(text) if "=?" in text else text
