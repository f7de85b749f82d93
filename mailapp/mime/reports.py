"""Reports about messages: delivery status (RFC 3462, 3464) and what was done with one (RFC 8098), read and written."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from mailapp.mime import charsets, headers, structure, writing
from mailapp.mime.dates import write_date
from mailapp.mime.model import Person

_STATUS_TYPES: Final = frozenset(("message/delivery-status", "message/global-delivery-status"))
_MOST_RECIPIENTS: Final = 200
_LONGEST: Final = 1_000
_CODE: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_ACTIONS: Final = frozenset(("failed", "delayed", "delivered", "relayed", "expanded"))
_LARGEST_RETURNED: Final = 100_000  # of a message that goes back whole; of a larger one its header


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """What a report says about one recipient (RFC 3464 §2.3)."""

    addr_spec: str
    action: str  # failed, delayed, delivered, relayed, expanded
    status: str  # enhanced status code, such as "5.1.1"
    diagnostic: str = ""  # what the other server said
    remote_mta: str = ""
    original_recipient: str = ""  # as RFC 3461 gave it, its type in front
    retry_until: datetime | None = None


def bounce_details(raw: bytes) -> tuple[RecipientReport, ...]:
    """Return what a delivery report says about each recipient; nothing for any other message. Never raises."""
    return of(structure.read(raw)[0])


def of(root: structure.Node) -> tuple[RecipientReport, ...]:
    """Return the details of a report that has been taken apart already."""
    for node in root.walk():
        if node.content_type in _STATUS_TYPES and (reports := _recipients(node.octets[:200_000])):
            return reports
        if node.message:
            break  # a report inside an attached message is not about this one
    return ()


def _recipients(octets: bytes) -> tuple[RecipientReport, ...]:
    """Groups of fields, an empty line between them; the first is about the message."""
    reports = []
    for group in re.split(rb"\r?\n[ \t]*\r?\n", octets.strip())[: _MOST_RECIPIENTS + 1]:
        fields, _ = headers.read(group.lstrip(b"\r\n"), 0, len(group.lstrip(b"\r\n")))
        recipient = _value(fields.text("final-recipient")) or _value(fields.text("original-recipient"))
        action = fields.text("action").strip().lower()
        if not recipient or action not in _ACTIONS:
            continue
        code = _CODE.search(fields.text("status"))
        reports.append(
            RecipientReport(
                addr_spec=recipient.strip("<>"),
                action=action,
                status=code.group() if code else "",
                diagnostic=_value(fields.text("diagnostic-code")),
                remote_mta=_value(fields.text("remote-mta")),
                original_recipient=" ".join(charsets.clean(fields.text("original-recipient")).split())[:_LONGEST],
            )
        )
    return tuple(reports)


def _value(text: str) -> str:
    """Leave out the type in front (``rfc822; bob@example.org``)."""
    _, separator, value = text.partition(";")
    return " ".join(charsets.clean(value if separator else text).split())[:_LONGEST]


def delivery_status_notification(
    *,
    from_: Person,
    to: str,
    subject: str,
    text: str,
    reporting_mta: str,
    recipients: Sequence[RecipientReport],
    about: bytes,
    arrived_at: datetime | None = None,
    message_id: str = "",
    original_envelope_id: str = "",
    return_content: bool = True,
    date: datetime | None = None,
) -> bytes:
    """Write a report to ``to``, the words for people given by the caller. It travels with the null reverse-path.

    Args:
        about: The message it is about; goes back whole when ``return_content`` and it is small, else its header.
        message_id: Of that message.

    Raises:
        InvalidField: A value has a control character, or an address is none.
    """
    per_message = [headers.fold("Reporting-MTA", f"dns; {reporting_mta}")]
    if original_envelope_id:
        per_message.insert(0, headers.fold("Original-Envelope-Id", original_envelope_id))
    if arrived_at:
        per_message.append(headers.fold("Arrival-Date", write_date(arrived_at)))
    groups = [b"".join(per_message), *(b"".join(_recipient_fields(recipient)) for recipient in recipients)]
    octets = b"\r\n".join(groups)
    kind = "delivery-status" if octets.isascii() else "global-delivery-status"  # RFC 6533
    status = f"Content-Type: message/{kind}\r\n\r\n".encode() + octets
    returned = _returned(about, whole=return_content)
    return _report(
        from_, to, subject, message_id, date, "delivery-status", [writing.text_part(text, "plain"), status, returned]
    )


def _recipient_fields(recipient: RecipientReport) -> list[bytes]:
    kind = _address_type(recipient.addr_spec)
    fields = [
        headers.fold("Final-Recipient", f"{kind}; {recipient.addr_spec}"),
        headers.fold("Action", recipient.action),
        headers.fold("Status", recipient.status),
    ]
    if recipient.original_recipient:
        fields.insert(0, headers.fold("Original-Recipient", _without_controls(recipient.original_recipient)))
    if recipient.retry_until:
        fields.append(headers.fold("Will-Retry-Until", write_date(recipient.retry_until)))
    if recipient.remote_mta:
        fields.append(headers.fold("Remote-MTA", f"dns; {recipient.remote_mta}"))
    if recipient.diagnostic:
        said = recipient.diagnostic.encode("ascii", "replace").decode("ascii")
        fields.append(headers.fold("Diagnostic-Code", f"smtp; {_without_controls(said)[:_LONGEST]}"))
    return fields


def _returned(about: bytes, *, whole: bool) -> bytes:
    if whole and len(about) <= _LARGEST_RETURNED:
        return writing.file_part("", "message/rfc822", about)
    block = headers.header_block(about)[:_LARGEST_RETURNED].decode("utf-8", "replace")
    return writing.text_part(block.strip() + "\n", "rfc822-headers")


def disposition_notification(
    *,
    from_: Person,
    to: str,
    subject: str,
    text: str,
    reporting_ua: str,
    final_recipient: str,
    message_id: str,
    is_manual: bool = True,
    disposition: str = "displayed",
    date: datetime | None = None,
) -> bytes:
    """Write the answer to a request for a receipt. It travels with the null reverse-path (RFC 8098 §3).

    Raises:
        InvalidField: See ``delivery_status_notification``.
    """
    mode = "manual-action/MDN-sent-manually" if is_manual else "automatic-action/MDN-sent-automatically"
    fields = [
        headers.fold("Reporting-UA", reporting_ua),
        headers.fold("Final-Recipient", f"{_address_type(final_recipient)}; {final_recipient}"),
        writing.ids_field("Original-Message-ID", filter(None, (message_id,))),
        headers.fold("Disposition", f"{mode}; {disposition}"),
    ]
    notification = b"Content-Type: message/disposition-notification\r\n\r\n" + b"".join(fields)
    return _report(
        from_,
        to,
        subject,
        message_id,
        date,
        "disposition-notification",
        [writing.text_part(text, "plain"), notification],
    )


def _report(
    from_: Person, to: str, subject: str, message_id: str, date: datetime | None, kind: str, parts: list[bytes]
) -> bytes:
    fields = [
        writing.people_field("From", (from_,)),
        writing.people_field("To", (Person("", to),)),
        writing.text_field("Subject", subject),
        headers.fold("Date", write_date(date or datetime.now(UTC))),
        headers.fold("Message-ID", writing.new_message_id(from_.addr_spec.rpartition("@")[2])),
        writing.ids_field("In-Reply-To", filter(None, (message_id,))),
        writing.ids_field("References", filter(None, (message_id,))),
        headers.fold("Auto-Submitted", "auto-replied"),
        headers.fold("MIME-Version", "1.0"),
    ]
    return b"".join(fields) + writing.multipart("report", parts, report_type=kind)


def _without_controls(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _address_type(addr_spec: str) -> str:
    return "rfc822" if addr_spec.isascii() else "utf-8"  # RFC 6533 §3
