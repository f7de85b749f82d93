"""What a draft holds, as values, and how they are kept. Pure."""

import json
import re
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

# Everything that could end a line somewhere: controls, NEL, and the separators of Unicode.
_LINE_BREAKERS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATES = re.compile("[\ud800-\udfff]")


class Manner(StrEnum):
    """How a draft began."""

    NEW = "new"
    REPLY = "reply"
    REPLY_ALL = "reply_all"
    FORWARD = "forward"
    FORWARD_AS_ATTACHMENT = "forward_as_attachment"

    @property
    def is_reply(self) -> bool:
        return self in (Manner.REPLY, Manner.REPLY_ALL)

    @property
    def is_forward(self) -> bool:
        return self in (Manner.FORWARD, Manner.FORWARD_AS_ATTACHMENT)


@dataclass(frozen=True, slots=True)
class Fields:
    """What the writer edits. Recipients are kept as typed: what is no address yet must survive a save."""

    from_address: str = ""
    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    html: str = ""  # sanitized; pictures as cid:
    text: str = ""  # of a plain message
    is_plain: bool = False
    importance: str = "normal"  # high, normal, low
    requests_receipt: bool = False
    includes_quote: bool = True  # of the origin
    signature: str = ""  # id of the one in the text
    remind_days: int = 0  # after which the writer is reminded if nobody answered; 0: not

    def cleaned(self) -> "Fields":
        """Return the fields without anything that could end a header line or cannot be written as UTF-8."""
        values = asdict(self)
        for name in ("from_address", "to", "cc", "bcc", "subject"):
            # Recipients are pasted one a line: a line end separates them.
            separator = ", " if name in ("to", "cc", "bcc") else " "
            lines = [line.strip() for line in _LINE_BREAKERS.split(values[name])]
            values[name] = separator.join(line.strip(" ,") if separator == ", " else line for line in lines if line)
        for name in ("html", "text"):
            values[name] = values[name].replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
        return Fields(**{k: _SURROGATES.sub("\ufffd", v) if isinstance(v, str) else v for k, v in values.items()})

    @property
    def is_empty(self) -> bool:
        return not (self.to or self.cc or self.bcc or self.subject or self.text.strip() or has_content(self.html))


@dataclass(frozen=True, slots=True)
class Origin:
    """What the draft began with; the writer does not edit it."""

    manner: Manner = Manner.NEW
    message_key: UUID | None = None  # of the message answered or forwarded
    message_id: str = ""  # of this draft, the same in every version and in what is sent
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    quote_html: str = ""  # sanitized, with the line or table that introduces it
    quote_text: str = ""

    def with_message_id(self, message_id: str) -> "Origin":
        return replace(self, message_id=message_id)

    @property
    def has_quote(self) -> bool:
        return bool(self.quote_html or self.quote_text)


@dataclass(frozen=True, slots=True)
class FileDetails:
    file_name: str
    content_type: str
    content_id: str = ""  # without angle brackets; of pictures in the text


def has_content(html: str) -> bool:
    """Tell whether there is anything to read or see."""
    return "<img" in html or bool(re.sub(r"<[^>]*>|&nbsp;|\s", "", html))


def dump(value: Fields | Origin | FileDetails) -> bytes:
    defaults = type(value)() if not isinstance(value, FileDetails) else None
    values = {
        name: str(held) if isinstance(held, UUID) else held
        for name, held in asdict(value).items()
        if defaults is None or held != getattr(defaults, name)
    }
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def load_fields(octets: bytes) -> Fields:
    return Fields(**json.loads(octets))


def load_origin(octets: bytes) -> Origin:
    values: dict[str, Any] = json.loads(octets)
    if "manner" in values:
        values["manner"] = Manner(values["manner"])
    if "message_key" in values:
        values["message_key"] = UUID(values["message_key"])
    if "references" in values:
        values["references"] = tuple(values["references"])
    return Origin(**values)


def load_details(octets: bytes) -> FileDetails:
    return FileDetails(**json.loads(octets))
