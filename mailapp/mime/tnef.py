"""winmail.dat (TNEF): its attachments and its text.

The octets are pruned before the ``tnefparse`` package sees them: it copies the rest of the file for each object and
believes every count it finds, so only a bounded number of wanted objects is handed on.
"""

import logging
import struct
from dataclasses import dataclass
from typing import Any, Final

from tnefparse import TNEF
from tnefparse import properties as mapi

from mailapp.mime import charsets, limits, rich_text

_SIGNATURE: Final = struct.pack("<I", TNEF.TNEF_SIGNATURE)
_OBJECT: Final = struct.Struct("<BHHI")  # level, name, type, length; octets and a checksum follow
_MOST_OBJECTS: Final = 600
_MOST_ATTACHMENTS: Final = 100
_MOST_PROPERTIES: Final = 2_000
_WANTED: Final = frozenset(
    (
        *(TNEF.ATTATTACHRENDDATA, TNEF.ATTATTACHTITLE, TNEF.ATTATTACHDATA, TNEF.ATTATTACHMENT),
        *(TNEF.ATTMAPIPROPS, TNEF.ATTBODY, TNEF.ATTOEMCODEPAGE),
    )
)
_WITH_PROPERTIES: Final = frozenset((TNEF.ATTMAPIPROPS, TNEF.ATTATTACHMENT))

logging.getLogger("tnefparse").setLevel(logging.CRITICAL)  # it logs what senders wrote


@dataclass(frozen=True, slots=True)
class TnefAttachment:
    name: str
    content_type: str
    content_id: str
    octets: bytes


@dataclass(frozen=True, slots=True)
class Unpacked:
    attachments: tuple[TnefAttachment, ...] = ()
    text: str = ""
    html: str = ""


def is_tnef(octets: bytes) -> bool:
    return octets.startswith(_SIGNATURE)


def unpack(octets: bytes) -> Unpacked | None:
    """Return what is in it, or None when it cannot be read. Never raises."""
    pruned = _prune(octets)
    if pruned is None:
        return None
    try:
        container = TNEF(pruned, do_checksum=False)
        attachments = tuple(map(_attachment, container.attachments[:_MOST_ATTACHMENTS]))
        text, html = _body(container)
    except Exception:
        return None
    return Unpacked(tuple(one for one in attachments if one.octets), text, html)


def _prune(octets: bytes) -> bytes | None:
    """Keep only objects that matter, none of them promising more than there is."""
    if not is_tnef(octets) or len(octets) > limits.MAX_TNEF_BYTES:
        return None
    kept = [octets[:6]]
    position, has_attachment = 6, False
    while position + _OBJECT.size + 2 <= len(octets) and len(kept) <= _MOST_OBJECTS:
        level, name, kind, length = _OBJECT.unpack_from(octets, position)
        end = position + _OBJECT.size + length + 2
        if level not in (TNEF.LVL_MESSAGE, TNEF.LVL_ATTACHMENT) or end > len(octets):
            break
        has_attachment = has_attachment or name == TNEF.ATTATTACHRENDDATA
        is_wanted = name in _WANTED and (level == TNEF.LVL_MESSAGE or has_attachment)
        if name in _WITH_PROPERTIES and is_wanted:
            is_wanted = length >= 4 and struct.unpack_from("<I", octets, position + _OBJECT.size)[0] <= _MOST_PROPERTIES
        if is_wanted:
            kept.append(_OBJECT.pack(level, name, kind, length) + octets[position + _OBJECT.size : end])
        position = end
    # tnefparse stops one octet before the end, and would lose a last object of smallest size.
    return b"".join((*kept, bytes(TNEF.MIN_OBJ_SIZE)))


def _attachment(attachment: Any) -> TnefAttachment:
    values = {attribute.name: attribute for attribute in attachment.mapi_attrs}
    name = _text(values.get(mapi.MAPI_ATTACH_LONG_FILENAME)) or _as_text(getattr(attachment, "_name", b""))
    data = attachment.data
    octets = b"".join(piece for piece in data if isinstance(piece, bytes)) if isinstance(data, list) else data
    return TnefAttachment(
        name,
        _text(values.get(mapi.MAPI_ATTACH_MIME_TAG)).lower(),
        _text(values.get(mapi.MAPI_ATTACH_CONTENT_ID)).strip("<>"),
        octets if isinstance(octets, bytes) else b"",
    )


def _text(attribute: Any) -> str:
    return _as_text(attribute.data) if attribute is not None else ""


def _as_text(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, bytes):
        value = charsets.decode(value.rstrip(b"\0"), None)[0]
    return charsets.clean(str(value)).strip("\0") if value else ""


def _body(container: Any) -> tuple[str, str]:
    text, html = _as_text(container.body), container.htmlbody
    if isinstance(html, bytes):
        html = charsets.decode(html.rstrip(b"\0"), None, is_html=True)[0]
    rich = getattr(container, "_rtfbody", None)
    if not text and not html and isinstance(rich, bytes):
        text = rich_text.to_text(rich_text.decompress(rich))
    return text.replace("\r\n", "\n").replace("\r", "\n"), _as_text(html)
