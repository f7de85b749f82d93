"""Writing a message: from what somebody wrote to octets that any server and any program takes.

Nothing a person typed can become a header field of its own: every value is checked where it is written.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from mailapp.mime import addresses, headers, writing
from mailapp.mime.dates import write_date
from mailapp.mime.html_text import html_to_text
from mailapp.mime.limits import MAX_CONTENT_BYTES, MAX_MIME_BYTES
from mailapp.mime.model import InvalidField, Person

__all__ = [
    "MAX_CONTENT_BYTES",
    "MAX_MIME_BYTES",
    "Outgoing",
    "OutgoingAttachment",
    "compose",
    "content_bytes",
    "needs_smtputf8",
    "size_as_mime",
]

_HEADER_BYTES: Final = 2_000  # what a header and the structure take, generously
_IMPORTANCE: Final = {"high": ("high", "1"), "low": ("low", "5")}
# Fields that are written from the other attributes, or by delivery.
_RESERVED: Final = frozenset(
    (
        *(
            "from",
            "sender",
            "reply-to",
            "to",
            "cc",
            "bcc",
            "subject",
            "date",
            "message-id",
            "in-reply-to",
            "references",
        ),
        *("mime-version", "content-type", "content-transfer-encoding", "content-disposition", "content-id"),
        *("return-path", "received", "dkim-signature"),
    )
)


@dataclass(frozen=True, slots=True)
class OutgoingAttachment:
    """``content_id``: a part that the HTML shows as ``cid:...``; without HTML it is attached like any other."""

    file_name: str
    content_type: str
    octets: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be written. ``text`` is made from ``html`` when it is empty; ``html`` must be sanitized already."""

    from_: Person
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    reply_to: tuple[Person, ...] = ()
    sender: Person | None = None  # who really sends, when it is not the author
    subject: str = ""
    text: str = ""
    html: str | None = None
    attachments: tuple[OutgoingAttachment, ...] = ()
    date: datetime | None = None  # now
    message_id: str = ""  # a new one in the domain of the author
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    importance: str = "normal"
    request_read_receipt: bool = False
    language: str = ""
    extra_fields: tuple[tuple[str, str], ...] = ()


def compose(outgoing: Outgoing, *, keep_bcc: bool = False) -> bytes:
    """Write the message: CRLF, no octet above 127 (but see ``needs_smtputf8``), no line above 998.

    Args:
        keep_bcc: For a draft or the copy in Sent; what leaves the house must not have it.

    Raises:
        InvalidField: A control character or line end in a field, an address that is none, an impossible identifier.
    """
    domain = outgoing.from_.addr_spec.rpartition("@")[2]
    message_id = (
        writing.check_message_id(outgoing.message_id) if outgoing.message_id else writing.new_message_id(domain)
    )
    fields = [
        writing.people_field("From", (outgoing.from_,)),
        writing.people_field("Sender", (outgoing.sender,) if outgoing.sender else ()),
        writing.people_field("Reply-To", outgoing.reply_to),
        writing.people_field("To", outgoing.to),
        writing.people_field("Cc", outgoing.cc),
        writing.people_field("Bcc", outgoing.bcc if keep_bcc else ()),
        writing.text_field("Subject", outgoing.subject),
        headers.fold("Date", write_date(outgoing.date or datetime.now(UTC))),
        headers.fold("Message-ID", message_id),
        writing.ids_field("In-Reply-To", filter(None, (outgoing.in_reply_to,))),
        writing.ids_field("References", outgoing.references),
        *_wishes(outgoing),
        headers.fold("MIME-Version", "1.0"),
    ]
    return b"".join(fields) + _body(outgoing)


def _wishes(outgoing: Outgoing) -> Iterable[bytes]:
    if outgoing.importance in _IMPORTANCE:
        word, number = _IMPORTANCE[outgoing.importance]
        yield headers.fold("Importance", word)
        yield headers.fold("X-Priority", number)
    if outgoing.request_read_receipt:
        yield writing.people_field("Disposition-Notification-To", (outgoing.from_,))
    if outgoing.language:
        yield writing.text_field("Content-Language", outgoing.language)
    for name, body in outgoing.extra_fields:
        if name.lower() in _RESERVED:
            raise InvalidField(name, "invalid_name")
        yield writing.text_field(name, body)


def _body(outgoing: Outgoing) -> bytes:
    """RFC 2046: mixed around alternative around related."""
    files = list(outgoing.attachments)
    if outgoing.html is None:
        body = writing.text_part(outgoing.text, "plain")
    else:
        shown = [file for file in files if file.content_id]
        files = [file for file in files if not file.content_id]
        rich = writing.text_part(outgoing.html, "html")
        if shown:
            rich = writing.multipart("related", [rich, *map(_file_part, shown)], type="text/html")
        text = outgoing.text if outgoing.text.strip() else html_to_text(outgoing.html)
        body = writing.multipart("alternative", [writing.text_part(text, "plain"), rich])
    if not files:
        return body
    return writing.multipart("mixed", [body, *map(_file_part, files)])


def _file_part(file: OutgoingAttachment) -> bytes:
    return writing.file_part(file.file_name, file.content_type, file.octets, file.content_id)


def content_bytes(outgoing: Outgoing) -> int:
    """Return what counts against ``MAX_CONTENT_BYTES``: texts and files before they are encoded."""
    texts = len(outgoing.text.encode("utf-8", "replace")) + len((outgoing.html or "").encode("utf-8", "replace"))
    return texts + sum(len(file.octets) for file in outgoing.attachments)


def size_as_mime(outgoing: Outgoing) -> int:
    """Return an upper estimate of the written message in octets, without writing it."""
    texts = len(outgoing.text.encode("utf-8", "replace")) + len((outgoing.html or "").encode("utf-8", "replace"))
    people = sum(
        len(p.display_name) * 6 + len(p.addr_spec) * 3 + 20 for p in (*outgoing.to, *outgoing.cc, *outgoing.bcc)
    )
    files = sum(len(file.octets) * 78 // 57 + 1_000 + len(file.file_name) * 12 for file in outgoing.attachments)
    return _HEADER_BYTES + people + len(outgoing.subject) * 6 + texts * 3 // 2 + texts // 20 + files


def needs_smtputf8(message: Outgoing | bytes) -> bool:
    """Whether the message can only travel with SMTPUTF8 (RFC 6531): an address or a header that ASCII cannot say."""
    if isinstance(message, bytes):
        return not headers.header_block(message).isascii()
    people = (
        message.from_,
        *message.to,
        *message.cc,
        *message.bcc,
        *message.reply_to,
        *filter(None, (message.sender,)),
    )
    return any(addresses.needs_smtputf8(person.addr_spec) for person in people)
