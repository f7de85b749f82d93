"""What SMTP carries besides the message (RFC 5321 §2.3.1), as values. Pure."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum


class Notify(StrEnum):
    """What the sender wants to be told about one recipient (RFC 3461 §4.1)."""

    NEVER = "NEVER"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DELAY = "DELAY"


# RFC 3461 §4.1: without NOTIFY a failure is reported, and a delay may be.
DEFAULT_NOTIFY = frozenset({Notify.FAILURE, Notify.DELAY})


@dataclass(frozen=True, slots=True)
class Recipient:
    """One forward path, with what RFC 3461 adds to it."""

    address: str
    notify: tuple[str, ...] = ()
    orcpt: str = ""  # "rfc822;alias@example.test", kept as it came

    def wants(self, notify: Notify) -> bool:
        return notify in (self.notify or DEFAULT_NOTIFY)


@dataclass(frozen=True, slots=True)
class Envelope:
    """The sender, the recipients and where they came from. ``reverse_path`` is empty for reports (``<>``)."""

    reverse_path: str
    recipients: tuple[Recipient, ...]
    helo: str = ""
    client_address: str = ""
    client_name: str = ""
    protocol: str = "SMTP"  # as in the Received field: ESMTP, ESMTPS, ESMTPSA, UTF8SMTPS, HTTP (RFC 3848, RFC 6531)
    cipher: str = ""
    user_id: str = ""  # who was signed in
    user_domains: tuple[str, ...] = ()  # domains this house vouches for: the sender's, on mail between organizations
    is_utf8: bool = False
    ret: str = ""  # FULL or HDRS (RFC 3461 §4.3)
    envid: str = ""
    external_count: int = 0  # so many recipients were counted against the limits of the day
    hops: int = 0  # how often this house passed the message on to itself
    received_at: str = ""

    def __post_init__(self) -> None:
        if not self.received_at:
            object.__setattr__(self, "received_at", datetime.now(UTC).isoformat())

    @property
    def is_from_nobody(self) -> bool:
        return not self.reverse_path

    @property
    def received(self) -> datetime:
        return datetime.fromisoformat(self.received_at)

    def to(self, recipients: Iterable[Recipient]) -> "Envelope":
        return replace(self, recipients=tuple(recipients))


def dump(envelope: Envelope) -> bytes:
    values = {name: value for name, value in asdict(envelope).items() if value not in ("", (), 0, False)}
    values["reverse_path"] = envelope.reverse_path
    values["recipients"] = [
        [recipient.address, list(recipient.notify), recipient.orcpt] for recipient in envelope.recipients
    ]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def load(octets: bytes) -> Envelope:
    values = json.loads(octets.decode("utf-8", "surrogatepass"))
    values["recipients"] = tuple(
        Recipient(address, tuple(notify), orcpt) for address, notify, orcpt in values["recipients"]
    )
    values["user_domains"] = tuple(values.get("user_domains", ()))
    return Envelope(**values)
