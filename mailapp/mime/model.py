"""What a message is once it is read. Plain values, frozen, comparable, safe to keep in any number.

Codes in ``ParsedMessage.defects`` (a closed list, translated where they are shown):

    address_unreadable      an address list has something that is no address
    base64_broken           octets outside the alphabet, wrong padding, or no base64 at all
    body_missing            a header and nothing else
    boundary_missing        a multipart without its boundary, read as one text or by a guessed boundary
    boundary_not_closed     the last delimiter of a multipart is missing
    charset_guessed         no charset, an unknown or a wrong one: guessed from the octets
    date_missing, date_unreadable
    encoding_unknown        a Content-Transfer-Encoding that does not exist
    from_missing
    header_8bit             octets above 127 in a header that is not UTF-8
    header_duplicate        a field that may stand once stands twice; the first counts
    header_malformed        a line in the header that is no header field
    header_missing          the message begins with its text
    header_too_large        only the first part of the header was read
    message_id_missing
    nul_octets              NUL in header or text, left out
    text_truncated          the text is longer than what is shown
    tnef_unreadable         winmail.dat that could not be unpacked
    too_deep, too_many_parts  the rest was not taken apart
"""

from dataclasses import dataclass
from datetime import datetime


class InvalidField(ValueError):
    """A value that must not be written into a message.

    ``field`` names it (``subject``, ``to``, ``file_name`` ...), ``code`` says why: ``control_character``,
    ``invalid_address``, ``invalid_name``, ``invalid_message_id``, ``line_too_long``.
    """

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in an address list (RFC 5322 ``mailbox``). ``addr_spec`` is empty when it was unreadable."""

    display_name: str
    addr_spec: str


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the message. ``number`` addresses it in ``part_content``: an IMAP section number such as ``1.2``.

    Parts that exist only inside another (uuencoded, winmail.dat, S/MIME) have a word in it: ``2.tnef.1``.
    """

    number: str
    content_type: str  # lower case; "text/plain" when the message does not say
    charset: str | None  # as declared, lower case
    file_name: str  # safe to offer as a name; empty only for bodies and inline parts
    size_bytes: int  # decoded
    content_id: str  # without angle brackets
    disposition: str  # "inline", "attachment" or ""
    is_inline: bool  # shown inside the HTML body
    description: str = ""
    method: str = ""  # of text/calendar


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """A whole message. Texts carry no lone surrogate, and of controls only tab and LF.

    ``attachments``, ``inline_parts``, ``calendar_parts`` and ``other_parts`` have no part in common; a calendar that
    cannot be shown as a card is listed with the attachments by ``render``.
    """

    message_id: str  # with angle brackets, or empty
    in_reply_to: str
    references: tuple[str, ...]
    subject: str
    from_: tuple[Person, ...]
    sender: tuple[Person, ...]
    reply_to: tuple[Person, ...]
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    bcc: tuple[Person, ...]
    sent_at: datetime | None  # UTC, a day inside the years 1 and 9999 so that any time zone can show it
    importance: str  # "high", "normal" or "low"
    list_id: str
    list_unsubscribe: tuple[str, ...]  # https, http and mailto URIs in the sender's order
    list_unsubscribe_one_click: bool  # RFC 8058
    unsubscribe_signers: tuple[str, ...]  # domains whose signatures cover that, see list_headers
    list_links: tuple[tuple[str, str], ...]  # what else the list offers, as (name, URI)
    auto_submitted: str  # RFC 3834 keyword, lower case; empty means "no"
    disposition_notification_to: tuple[Person, ...]
    text: str
    html: str | None  # not sanitized
    attachments: tuple[Part, ...]
    inline_parts: tuple[Part, ...]
    calendar_parts: tuple[Part, ...]
    other_parts: tuple[Part, ...]  # signatures, delivery reports, unpacked containers: part_content has them too
    is_signed: bool
    is_encrypted: bool
    signature_kind: str  # "smime", "openpgp" or ""
    preview: str
    defects: tuple[str, ...]
    is_bounce: bool
    has_attachments: bool


@dataclass(frozen=True, slots=True)
class PartContent:
    content_type: str
    file_name: str
    octets: bytes
