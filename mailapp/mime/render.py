"""A message as the reading page shows it: computed once, kept as JSON, shown without parsing anything again.

The HTML in a view has placeholders where a page puts addresses, and ``with_addresses`` puts them there in one pass:

    src="part:1.2"      an image that came with the message, by its part number
    src="remote:0"      a remote image, by its place in ``remote_urls``; it also has ``data-remote-src``
    url('part:1.2')     the same for backgrounds, in ``style`` attributes and in the style sheet
    url('remote:0')

Both spellings stand nowhere else, not even in text (``sanitize.write`` escapes quotes everywhere).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from mailapp.mime import calendar_cards, contents, encoded_words, limits, parse, quoting, reports, sanitize
from mailapp.mime.calendar_cards import CalendarCard
from mailapp.mime.contents import Contents, Leaf
from mailapp.mime.model import ParsedMessage, Person
from mailapp.mime.reports import RecipientReport

VERSION: Final = 2  # of what is kept; a view of another version is rendered again
_PLACEHOLDER: Final = re.compile(r"""( src="|url\(')(part|remote):([0-9A-Za-z.]{1,300})("|'\))""")
_TRANSPARENT: Final = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_MOST_NESTED: Final = 50

_IMAGES: Final = frozenset(("image/png", "image/jpeg", "image/jpg", "image/gif", "image/webp"))
_ICONS_BY_EXTENSION: Final = {
    extension: icon
    for icon, extensions in {
        "image": "png jpg jpeg gif webp bmp tif tiff heic avif svg ico",
        "pdf": "pdf",
        "text": "txt log md csv json xml yml yaml ini patch diff",
        "document": "doc docx odt rtf pages dot dotx",
        "sheet": "xls xlsx ods numbers xlsm xlsb",
        "archive": "zip 7z rar gz tgz bz2 xz tar zst iso",
        "message": "eml msg",
        "calendar": "ics",
    }.items()
    for extension in extensions.split()
}
_ICONS_BY_TYPE: Final = {
    "application/pdf": "pdf",
    "application/msword": "document",
    "application/rtf": "document",
    "application/vnd.ms-excel": "sheet",
    "application/vnd.oasis.opendocument.spreadsheet": "sheet",
    "application/vnd.oasis.opendocument.text": "document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "document",
    "application/gzip": "archive",
    "application/zip": "archive",
    "application/x-7z-compressed": "archive",
    "application/x-rar-compressed": "archive",
    "text/calendar": "calendar",
    "application/ics": "calendar",
    "text/rtf": "document",
}


class OutdatedView(Exception):
    """The JSON is of another version, or damaged: render the message again."""


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """``icon``: image, pdf, text, document, sheet, archive, message, calendar or other. ``preview``: image, pdf, text,
    message or nothing; images are only those that every browser draws and none runs.
    """

    number: str
    file_name: str
    content_type: str
    size_bytes: int
    icon: str
    preview: str
    is_inline: bool = False

    @property
    def can_preview(self) -> bool:
        return bool(self.preview)


@dataclass(frozen=True, slots=True)
class NestedView:
    """A message inside the message; ``parse.nested`` gives its octets."""

    number: str
    subject: str
    from_: tuple[Person, ...]
    to: tuple[Person, ...]
    sent_at: str  # ISO 8601, or nothing


@dataclass(frozen=True, slots=True)
class MessageView:
    """Everything is safe to put into a page as it is named: ``..._html`` as HTML, the rest as text.

    ``html`` is nothing when the message has no HTML; ``text_html`` is there always. The quoted part of the
    conversation is apart in both, so that it can be folded.
    """

    version: int
    subject: str
    from_: tuple[Person, ...]
    sender: tuple[Person, ...]
    reply_to: tuple[Person, ...]
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    bcc: tuple[Person, ...]
    sent_at: str
    message_id: str
    importance: str
    html: str
    quoted_html: str
    text_html: str
    quoted_text_html: str
    notice: str  # "", "html_too_large" or "html_too_complex": the HTML is shown as text
    remote_urls: tuple[str, ...]
    remote_count: int  # places where something remote was held back
    attachments: tuple[AttachmentView, ...]
    inline_parts: tuple[AttachmentView, ...]
    calendar_cards: tuple[CalendarCard, ...]
    nested: tuple[NestedView, ...]
    is_signed: bool
    is_encrypted: bool
    signature_kind: str
    is_bounce: bool
    bounces: tuple[RecipientReport, ...]  # what a delivery report says about each recipient
    defects: tuple[str, ...]
    list_id: str
    list_unsubscribe: tuple[str, ...]
    list_unsubscribe_one_click: bool
    unsubscribe_signers: tuple[str, ...]
    list_links: tuple[tuple[str, str], ...]
    auto_submitted: str
    disposition_notification_to: tuple[Person, ...]


def render(raw: bytes) -> MessageView:
    """Return the view of a message. Never raises; costs what parsing and sanitizing cost, once."""
    read = contents.read(raw)
    return of(read, parse.of(read))


def of(read: Contents, parsed: ParsedMessage) -> MessageView:
    """Return the view of a message that has been read and parsed already."""
    safe = _safe_html(read, parsed.html)
    fresh, quoted = quoting.split_quoted(parsed.text)
    cards: list[CalendarCard] = []
    files: list[Leaf] = []
    for leaf in read.calendars:
        card = calendar_cards.read(leaf.number, leaf.octets, charset=leaf.charset, method=leaf.method)
        if card and all((card.uid, card.method) != (other.uid, other.method) or not card.uid for other in cards):
            cards.append(card)
        if card is None or leaf.file_name or leaf.disposition == "attachment":
            files.append(leaf)
    return MessageView(
        version=VERSION,
        subject=parsed.subject,
        from_=parsed.from_,
        sender=parsed.sender,
        reply_to=parsed.reply_to,
        to=parsed.to,
        cc=parsed.cc,
        bcc=parsed.bcc,
        sent_at=parsed.sent_at.isoformat() if parsed.sent_at else "",
        message_id=parsed.message_id,
        importance=parsed.importance,
        html=safe.html,
        quoted_html=safe.quoted_html,
        text_html=sanitize.text_to_html(fresh),
        quoted_text_html=sanitize.text_to_html(quoted) if quoted else "",
        notice=safe.notice,
        remote_urls=safe.remote_urls,
        remote_count=safe.blocked,
        attachments=tuple(_attachment(read, leaf) for leaf in (*read.attachments, *files)),
        inline_parts=tuple(_attachment(read, leaf, is_inline=True) for leaf in read.inline),
        calendar_cards=tuple(cards),
        nested=tuple(_nested(read))[:_MOST_NESTED],
        is_signed=parsed.is_signed,
        is_encrypted=parsed.is_encrypted,
        signature_kind=parsed.signature_kind,
        is_bounce=parsed.is_bounce,
        bounces=reports.of(read.root) if parsed.is_bounce else (),
        defects=parsed.defects,
        list_id=parsed.list_id,
        list_unsubscribe=parsed.list_unsubscribe,
        list_unsubscribe_one_click=parsed.list_unsubscribe_one_click,
        unsubscribe_signers=parsed.unsubscribe_signers,
        list_links=parsed.list_links,
        auto_submitted=parsed.auto_submitted,
        disposition_notification_to=parsed.disposition_notification_to,
    )


def inline_addresses(read: Contents) -> dict[str, str]:
    """Return ``part:`` addresses by Content-ID and Content-Location; only pictures can be shown inside."""
    addresses: dict[str, str] = {}
    for leaf in read.inline:
        if leaf.content_type.startswith("image/"):
            if leaf.content_location:
                addresses.setdefault(leaf.content_location, f"part:{leaf.number}")
            if leaf.content_id:
                addresses.setdefault(leaf.content_id, f"part:{leaf.number}")
                addresses.setdefault(leaf.content_id.lower(), f"part:{leaf.number}")
    return addresses


def _safe_html(read: Contents, html: str | None) -> sanitize.SafeHtml:
    if html is None:
        return sanitize.SafeHtml("", (), 0)
    places: dict[str, int] = {}
    return sanitize.split_html(
        html,
        inline=inline_addresses(read),
        remote=lambda url: f"remote:{places.setdefault(url, len(places))}",
    )


def with_addresses(html: str, *, part: Callable[[str], str], remote: Callable[[int], str] | None = None) -> str:
    """Return the HTML of a view with addresses in the places of its placeholders.

    Args:
        part: Address of a part, by number.
        remote: Address of a remote image, by its place in ``remote_urls``; None leaves them out.
    """

    def address(found: re.Match[str]) -> str:
        before, kind, name, after = found.groups()
        if kind == "part":
            url = part(name)
        elif remote is not None and name.isdecimal():
            url = remote(int(name))
        elif before == ' src="':
            return ""  # no address at all: the alternative text is shown
        else:
            url = _TRANSPARENT
        return f"{before}{_escape_address(url)}{after}"

    return _PLACEHOLDER.sub(address, html)


def _escape_address(url: str) -> str:
    return url.replace("&", "&amp;").replace('"', "%22").replace("'", "%27").replace("<", "%3C").replace(")", "%29")


def _attachment(read: Contents, leaf: Leaf, *, is_inline: bool = False) -> AttachmentView:
    name = read.names.get(leaf.number, "")
    icon = _icon(leaf, name)
    return AttachmentView(
        number=leaf.number,
        file_name=name,
        content_type=leaf.content_type,
        size_bytes=leaf.size_bytes,
        icon=icon,
        preview=_preview(leaf, name, icon),
        is_inline=is_inline,
    )


def _icon(leaf: Leaf, name: str) -> str:
    """The ending tells more than the type, which many programs do not know."""
    if leaf.node and leaf.node.message:
        return "message"
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension in _ICONS_BY_EXTENSION:
        return _ICONS_BY_EXTENSION[extension]
    if leaf.content_type in _ICONS_BY_TYPE:
        return _ICONS_BY_TYPE[leaf.content_type]
    main_type = leaf.content_type.partition("/")[0]
    return main_type if main_type in ("image", "text", "message") else "other"


def _preview(leaf: Leaf, name: str, icon: str) -> str:
    if icon == "image":
        extension = name.rpartition(".")[2].lower()
        return "image" if leaf.content_type in _IMAGES or extension in ("png", "jpg", "jpeg", "gif", "webp") else ""
    if icon == "message":
        is_readable = (leaf.node and leaf.node.message) or name.lower().endswith(".eml")
        return "message" if is_readable else ""
    return icon if icon in ("pdf", "text") else ""


def _nested(read: Contents) -> list[NestedView]:
    found = []
    for leaf in read.attachments:
        message = leaf.node.message if leaf.node else None
        if message:
            header = message.header
            sent_at = parse.dates.parse_date(header.text("date"))
            subject = encoded_words.decode(header.text("subject")[: limits.MAX_SUBJECT_CHARACTERS])
            found.append(
                NestedView(
                    leaf.number,
                    " ".join(subject.split()),
                    parse.parse_address_list(header.text("from"))[:20],
                    parse.parse_address_list(header.text("to"))[:20],
                    sent_at.isoformat() if sent_at else "",
                )
            )
    return found


_PEOPLE: Final = ("from_", "sender", "reply_to", "to", "cc", "bcc", "disposition_notification_to")
_TUPLES: Final = ("remote_urls", "defects", "list_unsubscribe", "unsubscribe_signers")


def to_json(view: MessageView) -> dict[str, Any]:
    """Return the view as plain values that ``json`` can write."""
    values = {one.name: getattr(view, one.name) for one in fields(view)}
    for name in _PEOPLE:
        values[name] = [[person.display_name, person.addr_spec] for person in values[name]]
    for name in _TUPLES:
        values[name] = list(values[name])
    for name in ("attachments", "inline_parts", "calendar_cards", "bounces"):
        values[name] = [asdict(one) for one in values[name]]
    values["nested"] = [
        {
            "number": one.number,
            "subject": one.subject,
            "from_": [[person.display_name, person.addr_spec] for person in one.from_],
            "to": [[person.display_name, person.addr_spec] for person in one.to],
            "sent_at": one.sent_at,
        }
        for one in view.nested
    ]
    return values


def from_json(values: Mapping[str, Any]) -> MessageView:
    """Return the view that ``to_json`` gave.

    Raises:
        OutdatedView: It is of another version, or not such a view.
    """
    if not isinstance(values, Mapping) or values.get("version") != VERSION:
        raise OutdatedView
    known = dict(values)
    try:
        for name in _PEOPLE:
            known[name] = _people(known[name])
        for name in _TUPLES:
            known[name] = tuple(known[name])
        for name in ("attachments", "inline_parts"):
            known[name] = tuple(AttachmentView(**one) for one in known[name])
        known["list_links"] = tuple((name, uri) for name, uri in known["list_links"])
        known["bounces"] = tuple(RecipientReport(**one) for one in known["bounces"])
        known["calendar_cards"] = tuple(CalendarCard(**one) for one in known["calendar_cards"])
        known["nested"] = tuple(
            NestedView(**{**one, "from_": _people(one["from_"]), "to": _people(one["to"])}) for one in known["nested"]
        )
        return MessageView(**known)
    except (KeyError, TypeError, ValueError) as error:
        raise OutdatedView from error


def _people(values: Any) -> tuple[Person, ...]:
    return tuple(Person(display_name, addr_spec) for display_name, addr_spec in values)
