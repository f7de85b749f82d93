"""From a draft to a message and back."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox
from mailapp.composing import authors, recipients, uploads
from mailapp.composing.state import Fields, Origin
from mailapp.composing.uploads import StoredFile
from mailapp.files import uses
from mailapp.files.uses import LinkedFile
from mailapp.mime import compose, sanitize, writing
from mailapp.mime.addresses import format_person
from mailapp.mime.headers import remove_header_fields
from mailapp.mime.html_text import html_to_text
from mailapp.mime.model import InvalidField, Person
from workmail.directory.addresses import fold_domain
from workmail.errors import Invalid, LimitExceeded
from workmail.ui import formats

_CONTENT_ID = re.compile(r'"cid:([0-9a-f]{32}@workmail)"')


# --- Who writes ------------------------------------------------------------------------------------------------


def own_people(mailbox: OpenMailbox) -> list[Person]:
    """Return the addresses of the owner, the primary one first; for those of others see ``authors``."""
    return authors.own_people(mailbox)


def author(mailbox: OpenMailbox, fields: Fields) -> Person:
    """Return who the message is from, see ``authors.of_fields``."""
    return authors.of_fields(mailbox, fields).person


def new_message_id(mailbox: OpenMailbox) -> str:
    """Return a Message-ID in the domain of the owner (RFC 5322 §3.6.4)."""
    own = own_people(mailbox)
    domain = fold_domain(own[0].addr_spec.rpartition("@")[2]) if own else settings.MAIL_HOST_NAME
    return writing.new_message_id(domain)


def own_identities(mailbox: OpenMailbox) -> list[tuple[str, str]]:
    """Return (address, what the choice says) of the owner's own addresses."""
    return [(person.addr_spec, format_person(person)) for person in own_people(mailbox)]


# --- What is written -------------------------------------------------------------------------------------------


def clean(fields: Fields, files: Sequence[StoredFile] = ()) -> Fields:
    """Return the fields as they are kept: no line ends in header fields, safe HTML, pictures of this draft only."""
    fields = fields.cleaned()
    if not fields.html:
        return fields
    pictures = {file.details.content_id: f"cid:{file.details.content_id}" for file in files if file.is_inline}
    return replace(fields, html=sanitize.sanitize_for_editor(fields.html, inline=pictures))


def text_of(html: str) -> str:
    return html_to_text(html) if html else ""


def own_text(fields: Fields) -> str:
    """Return what the writer wrote, subject included; not what is quoted below."""
    return f"{fields.subject}\n{fields.text if fields.is_plain else text_of(fields.html)}"


def used_files(fields: Fields, origin: Origin, files: Sequence[StoredFile]) -> list[StoredFile]:
    """Return the files that go with the message: all attachments, and the pictures that the text still shows."""
    shown = set() if fields.is_plain else set(_CONTENT_ID.findall(_whole_html(fields, origin)))
    return [file for file in files if not file.is_inline or file.details.content_id in shown]


def check_size(fields: Fields, origin: Origin, files: Sequence[StoredFile]) -> None:
    """Raises LimitExceeded when texts and files are more than a message can carry."""
    texts = len(_whole_html(fields, origin).encode()) + len(_whole_text(fields, origin).encode())
    size = texts + sum(file.size_bytes for file in files)
    if size > settings.MAX_CONTENT_BYTES:
        raise LimitExceeded(
            _("Not sent: %(size)s is more than the %(limit)s a message can carry. Remove a file and send again.")
            % {"size": formats.file_size(size), "limit": formats.file_size(settings.MAX_CONTENT_BYTES)}
        )


def build(
    mailbox: OpenMailbox,
    fields: Fields,
    origin: Origin,
    files: Sequence[StoredFile],
    *,
    linked: Sequence[LinkedFile] = (),
    for_sending: bool = False,
    date: datetime | None = None,
) -> bytes:
    """Return the message with its Bcc field. A draft leaves out recipients that are no addresses yet.

    Args:
        linked: Files whose links stand below the writer's own text.

    Raises:
        LimitExceeded: For sending: it is larger than any message may be.
        Invalid: For sending: a field has something that no message can carry.
    """
    written_by = authors.of_fields(mailbox, fields)
    attachments = [
        compose.OutgoingAttachment(
            file_name=file.file_name,
            content_type=file.details.content_type,
            octets=uploads.read(mailbox, file),
            content_id=file.details.content_id or None,
        )
        for file in files
    ]
    outgoing = compose.Outgoing(
        from_=written_by.person,
        sender=written_by.sender,
        to=recipients.usable(fields.to),
        cc=recipients.usable(fields.cc),
        bcc=recipients.usable(fields.bcc),
        subject=fields.subject,
        text=_whole_text(fields, origin, uses.text_block(linked)),
        html=None if fields.is_plain else _html_for_sending(fields, origin, files, uses.html_block(linked)),
        attachments=tuple(attachments),
        message_id=origin.message_id,
        in_reply_to=origin.in_reply_to,
        references=origin.references,
        importance=fields.importance,
        request_read_receipt=fields.requests_receipt,
        date=date or timezone.now(),
    )
    try:
        return compose.compose(outgoing, keep_bcc=True)
    except InvalidField as error:
        raise Invalid(_("This message cannot be sent as it is."), field=error.field) from error


def quote_for_page(origin: Origin) -> str:
    """Return the quote as it may be shown here: what lies elsewhere is held back, pictures are still ``cid:``."""
    pictures = {content_id: f"cid:{content_id}" for content_id in _CONTENT_ID.findall(origin.quote_html)}
    return sanitize.sanitize_for_editor(origin.quote_html, inline=pictures) if origin.quote_html else ""


def without_bcc(raw: bytes) -> bytes:
    return remove_header_fields(raw, ["Bcc"])


def _html_for_sending(fields: Fields, origin: Origin, files: Sequence[StoredFile], below: str) -> str:
    pictures = {file.details.content_id: f"cid:{file.details.content_id}" for file in files if file.is_inline}
    own = sanitize.sanitize_for_sending(fields.html, inline=pictures)
    return _whole_html(replace(fields, html=own + below), origin)


def _whole_html(fields: Fields, origin: Origin) -> str:
    own = fields.html
    return own + origin.quote_html if fields.includes_quote and origin.quote_html else own


def _whole_text(fields: Fields, origin: Origin, below: str = "") -> str:
    own = fields.text if fields.is_plain else text_of(fields.html)
    if below:
        own = f"{own.rstrip()}\n\n{below}\n"
    if not fields.includes_quote or not origin.quote_text:
        return own
    return f"{own.rstrip()}\n\n{origin.quote_text}" if own.strip() else origin.quote_text
