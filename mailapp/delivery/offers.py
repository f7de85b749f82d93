"""What a client offers before we accept it: the subject of the stages that can still refuse to its face."""

from dataclasses import dataclass, field

from mailapp.delivery.envelope import Envelope, Recipient
from mailapp.sharing.senders import Manner
from workmail.directory.models import User


@dataclass(slots=True)
class Offer:
    """An SMTP transaction so far, or a submission from elsewhere in the house.

    The stages run for every recipient as it is named, and once more with ``raw`` when the message is there.
    """

    envelope: Envelope
    sender: User | None = None  # who is signed in; None on the MX port
    recipient: Recipient | None = None  # the one being named
    size_bytes: int = 0  # as declared, or as counted
    raw: bytes | None = None
    # Filled by recipients.check: who gets it here, by organization, and who elsewhere.
    recipients_by_organization: dict[str, list[Recipient]] = field(default_factory=dict)
    remote_recipients: list[Recipient] = field(default_factory=list)
    # Filled by identity.check: how the sender may use each address in the envelope, From and Sender; None: not at all.
    manners: dict[str, Manner | None] = field(default_factory=dict)

    @property
    def is_submission(self) -> bool:
        return self.sender is not None
