"""The sealed header summary of a message: what lists and protocols ask for again and again."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from mailapp.mime.model import ParsedMessage, Person
from mailapp.store.models import Message
from workmail.keys.mailbox_keys import MailboxKeys

_PEOPLE = ("from_", "sender", "reply_to", "to", "cc", "bcc")


@dataclass(frozen=True, slots=True)
class AttachmentSummary:
    number: str
    file_name: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Written in short keys and without empty values, since every message of every mailbox carries one."""

    subject: str = ""
    from_: tuple[Person, ...] = ()
    sender: tuple[Person, ...] = ()
    reply_to: tuple[Person, ...] = ()
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    preview: str = ""
    message_id: str = ""
    in_reply_to: str = ""
    sent_at: datetime | None = None
    attachments: tuple[AttachmentSummary, ...] = ()
    importance: str = "normal"
    is_bounce: bool = False
    has_invitation: bool = False
    list_id: str = ""
    # Verdicts of delivery in codes: {"spf": "pass", "dkim": "pass", "dmarc": "fail", "domain": "example.org"}
    authentication: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, parsed: ParsedMessage, authentication: dict[str, str] | None = None) -> "Summary":
        return cls(
            subject=parsed.subject,
            from_=parsed.from_,
            sender=parsed.sender,
            reply_to=parsed.reply_to,
            to=parsed.to[:100],  # a list shows a few; the message itself has them all
            cc=parsed.cc[:100],
            bcc=parsed.bcc[:100],
            preview=parsed.preview,
            message_id=parsed.message_id,
            in_reply_to=parsed.in_reply_to,
            sent_at=parsed.sent_at,
            attachments=tuple(
                AttachmentSummary(part.number, part.file_name, part.content_type, part.size_bytes)
                for part in parsed.attachments[:500]
            ),
            importance=parsed.importance,
            is_bounce=parsed.is_bounce,
            has_invitation=bool(parsed.calendar_parts),
            list_id=parsed.list_id,
            authentication=authentication or {},
        )


def dump(summary: Summary) -> bytes:
    values = {name: value for name, value in asdict(summary).items() if value not in ((), "", None, False, {})}
    for name in _PEOPLE:
        if people := getattr(summary, name):
            values[name] = [[person.display_name, person.addr_spec] for person in people]
    if summary.attachments:
        values["attachments"] = [[a.number, a.file_name, a.content_type, a.size_bytes] for a in summary.attachments]
    if summary.sent_at:
        values["sent_at"] = summary.sent_at.isoformat()
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def load(octets: bytes) -> Summary:
    values: dict[str, Any] = json.loads(octets.decode("utf-8", "surrogatepass"))
    for name in _PEOPLE:
        if name in values:
            values[name] = tuple(Person(display_name, addr_spec) for display_name, addr_spec in values[name])
    if "attachments" in values:
        values["attachments"] = tuple(AttachmentSummary(*attachment) for attachment in values["attachments"])
    if "sent_at" in values:
        values["sent_at"] = datetime.fromisoformat(values["sent_at"])
    return Summary(**values)


def seal(keys: MailboxKeys, summary: Summary, content_id: bytes) -> bytes:
    return keys.seal(dump(summary), b"summary " + content_id)


def unseal(keys: MailboxKeys, message: Message) -> Summary:
    return load(keys.unseal(bytes(message.summary), b"summary " + message.content_id.bytes))


def writers(keys: MailboxKeys, sealed: bytes, content_id: UUID) -> list[Person]:
    """Return only who wrote the message of a sealed summary."""
    values = json.loads(keys.unseal(bytes(sealed), b"summary " + content_id.bytes).decode("utf-8", "surrogatepass"))
    return [Person(display_name, addr_spec) for display_name, addr_spec in values.get("from_", ())]


def seal_structure(keys: MailboxKeys, structure: tuple[bytes, bytes], content_id: bytes) -> bytes:
    """Seal the rendered ENVELOPE and BODYSTRUCTURE, the length of the first in front."""
    envelope, bodystructure = structure
    return keys.seal(len(envelope).to_bytes(4, "big") + envelope + bodystructure, b"structure " + content_id)


def unseal_structure(keys: MailboxKeys, message: Message) -> tuple[bytes, bytes]:
    octets = keys.unseal(bytes(message.structure), b"structure " + message.content_id.bytes)
    length = int.from_bytes(octets[:4], "big")
    return octets[4 : 4 + length], octets[4 + length :]


def seal_trace(keys: MailboxKeys, trace: bytes, content_id: bytes) -> bytes:
    return keys.seal(trace, b"trace " + content_id) if trace else b""


def unseal_trace(keys: MailboxKeys, message: Message) -> bytes:
    return keys.unseal(bytes(message.trace), b"trace " + message.content_id.bytes) if message.trace else b""
