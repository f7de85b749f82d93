"""Reading a message: ``parse`` for what it is, ``part_content`` for a part of it, the rest for its header.

Nothing here raises for any octets, but ``LookupError`` where a part is asked for that there is not.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from mailapp.mime import charsets, contents, dates, encoded_words, headers, limits, list_headers, quoting, structure
from mailapp.mime.addresses import parse_address_list
from mailapp.mime.contents import Contents
from mailapp.mime.headers import HeaderFields, header_block
from mailapp.mime.html_text import html_to_preview, to_preview
from mailapp.mime.model import ParsedMessage, PartContent, Person

__all__ = ["header_block", "header_fields", "nested", "parse", "part_content", "part_contents"]

_MESSAGE_ID: Final = re.compile(r"<([^<>\s]{1,900})>")
_BARE_MESSAGE_ID: Final = re.compile(r"[^<>\s,;]{1,450}@[^<>\s,;]{1,450}")
_LIST_ID: Final = re.compile(r"<([^<>\s]{1,255})>")
_URI: Final = re.compile(r"<\s*((?:https?|mailto):[^<>]{1,2000})>", re.IGNORECASE)
_DIRECTION: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ONCE: Final = ("from", "subject", "date", "message-id", "to", "cc", "reply-to", "sender", "in-reply-to", "references")
_HIGH: Final = frozenset(("high", "urgent", "1", "2"))
_LOW: Final = frozenset(("low", "non-urgent", "4", "5"))


def parse(raw: bytes) -> ParsedMessage:
    """Read a message. Never raises; time and memory are bounded by ``limits``."""
    return of(contents.read(raw))


def of(read: Contents) -> ParsedMessage:
    """Return the message that has been taken apart already."""
    root = read.root
    header = root.header
    if header.charset_hint is None:
        header.charset_hint = next((leaf.charset for leaf in read.bodies if leaf.charset), None)
    defects = read.defects | _header_defects(header)
    if not root.children and root.body_start >= root.end:
        defects.add("body_missing")
    sent_at = dates.parse_date(header.text("date"))
    if sent_at is None:
        defects.add("date_unreadable" if header.raw("date") else "date_missing")
    people = {name: _people(header, name) for name in ("from", "sender", "reply-to", "to", "cc", "bcc")}
    if any(not person.addr_spec for found in people.values() for person in found):
        defects.add("address_unreadable")
    in_reply_to = message_ids(header.text("in-reply-to"))
    message_id = message_ids(header.text("message-id"))[:1] or _bare_id(header.text("message-id"))
    if not message_id:
        defects.add("message_id_missing")
    html = read.html
    text = read.text
    return ParsedMessage(
        message_id=message_id[0] if message_id else "",
        in_reply_to=in_reply_to[0] if in_reply_to else "",
        references=message_ids(" ".join(header.texts("references")))[-limits.MAX_REFERENCES :],
        subject=_text(header, "subject", limits.MAX_SUBJECT_CHARACTERS),
        from_=people["from"],
        sender=people["sender"],
        reply_to=people["reply-to"],
        to=people["to"],
        cc=people["cc"],
        bcc=people["bcc"],
        sent_at=sent_at,
        importance=_importance(header),
        list_id=_list_id(header),
        list_unsubscribe=tuple(uri.strip() for uri in _URI.findall(header.text("list-unsubscribe")))[:10],
        list_unsubscribe_one_click="one-click" in header.text("list-unsubscribe-post").lower(),
        unsubscribe_signers=list_headers.signers(header) if header.count("list-unsubscribe-post") else (),
        list_links=list_headers.links(header),
        auto_submitted="" if (word := _keyword(header, "auto-submitted")) == "no" else word,
        disposition_notification_to=_people(header, "disposition-notification-to"),
        text=text,
        html=html,
        attachments=tuple(read.part(leaf) for leaf in read.attachments),
        inline_parts=tuple(read.part(leaf, is_inline=True) for leaf in read.inline),
        calendar_parts=tuple(read.part(leaf) for leaf in read.calendars),
        other_parts=tuple(read.part(leaf) for leaf in read.others),
        is_signed=bool(read.signature_kind),
        is_encrypted=read.is_encrypted,
        signature_kind=read.signature_kind,
        preview=_preview(read, text),
        defects=tuple(sorted(defects)),
        is_bounce=read.is_bounce,
        has_attachments=bool(read.attachments),
    )


def part_content(raw: bytes, number: str) -> PartContent:
    """Return one part, decoded. Messages inside are parts too, and so are the parts inside them.

    Raises:
        LookupError: There is no part of that number, or it is a multipart.
    """
    read = contents.read(raw)
    leaf = next((leaf for leaf in read.leaves() if leaf.number == number), None)
    if leaf is not None:
        return PartContent(leaf.content_type, read.names.get(number) or contents.name_of(leaf), leaf.octets)
    for node in read.root.leaves():
        if node.number == number:
            leaf = contents.leaf_of(node)
            return PartContent(leaf.content_type, contents.name_of(leaf), leaf.octets)
    raise LookupError(number)


def part_contents(raw: bytes, numbers: Iterable[str]) -> Iterator[PartContent]:
    """Yield several parts for one reading of the message, decoded one by one; unknown numbers are left out."""
    read = contents.read(raw)
    leaves = {leaf.number: leaf for leaf in read.leaves()}
    for number in numbers:
        if leaf := leaves.get(number):
            yield PartContent(leaf.content_type, read.names.get(number) or contents.name_of(leaf), leaf.octets)


def nested(raw: bytes, number: str) -> bytes:
    """Return the message inside part ``number``, to be parsed or rendered by itself.

    Raises:
        LookupError: There is no such part, or it is no message.
    """
    for node in structure.read(raw)[0].walk():
        if node.message and node.number == number:
            return node.octets
    content = part_content(raw, number)
    if content.content_type not in structure.MESSAGE_TYPES and not content.file_name.lower().endswith(".eml"):
        raise LookupError(number)
    return content.octets


def header_fields(raw: bytes) -> list[tuple[str, str]]:
    """Return all header fields as (name, decoded body), top to bottom."""
    header, _ = headers.read(raw, 0, len(raw))
    return [(name, encoded_words.decode(header.decode(body))) for name, body in header.fields]


def message_ids(text: str) -> tuple[str, ...]:
    """Return the message identifiers in a field body, with angle brackets, each once.

    Without brackets a word with ``@`` in it counts; without that there is none.
    """
    found = [f"<{inner}>" for inner in _MESSAGE_ID.findall(text)]
    if not found and "@" in text:
        found = [f"<{word}>" for word in _BARE_MESSAGE_ID.findall(text[: limits.MAX_HEADER_BYTES])]
    return tuple(dict.fromkeys(charsets.clean(one) for one in found))


def _bare_id(text: str) -> tuple[str, ...]:
    """Whatever stands in Message-ID identifies the message, if it is one word."""
    word = text.strip(" \t<>")
    return (f"<{charsets.clean(word)}>",) if re.fullmatch(r"[^<>\s,;]{3,900}", word) else ()


def _people(header: HeaderFields, name: str) -> tuple[Person, ...]:
    """Recipients may be spread over several fields; of authors the first field counts (RFC 5322 §3.6)."""
    if name in ("to", "cc", "bcc") and header.count(name) > 1:
        return parse_address_list(", ".join(header.texts(name)))
    return parse_address_list(header.text(name))


def _text(header: HeaderFields, name: str, most: int) -> str:
    return " ".join(_DIRECTION.sub("", encoded_words.decode(header.text(name)[: most * 4])).split())[:most]


def _keyword(header: HeaderFields, name: str) -> str:
    words = header.text(name).split(";", 1)[0].split("(", 1)[0].split()
    return words[0].lower()[:50] if words else ""


def _importance(header: HeaderFields) -> str:
    """Importance (RFC 2156), else what programs write instead."""
    for name in ("importance", "x-priority", "x-msmail-priority", "priority"):
        word = _keyword(header, name)
        if word in _HIGH:
            return "high"
        if word in _LOW:
            return "low"
    return "normal"


def _list_id(header: HeaderFields) -> str:
    """Return the identifier of the list, lower case (RFC 2919)."""
    body = header.text("list-id")
    found = _LIST_ID.search(body)
    return found.group(1).lower() if found else "".join(body.split())[:255].lower()


def _header_defects(header: HeaderFields) -> set[str]:
    defects = set(header.defects)
    if any(header.count(name) > 1 for name in _ONCE):
        defects.add("header_duplicate")
    if not header.raw("from"):
        defects.add("from_missing")
    for _, body in header.fields:
        if not body.isascii():
            try:
                body.decode("utf-8")
            except UnicodeDecodeError:
                defects.add("header_8bit")
                break
    return defects


def _preview(read: Contents, text: str) -> str:
    if read.is_encrypted:
        return ""
    first = next((piece for piece in read.pieces if piece.text or piece.html), None)
    if first is not None and not (first.text or "").strip() and first.html:
        return html_to_preview(first.html)
    return to_preview(quoting.split_quoted(text[:50_000])[0])
