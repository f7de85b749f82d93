"""Whatever is filed in Sent, or is to be sent later, through whatever door, says whom one writes to."""

from django.db import transaction
from django.utils import timezone

from mailapp.access import OpenMailbox
from mailapp.contacts import correspondents
from mailapp.mime.model import ParsedMessage, Person
from mailapp.store.models import Folder, Message
from workmail.directory.addresses import fold


def remember_recipients(
    mailbox: OpenMailbox, messages: list[Message], parsed: list[ParsedMessage], **_: object
) -> None:
    for message, contents in zip(messages, parsed, strict=True):
        if message.folder.role not in (Folder.Role.SENT, Folder.Role.SCHEDULED):
            continue
        own = {fold(person.addr_spec) for person in contents.from_}
        people: list[Person] = [
            person for person in (*contents.to, *contents.cc, *contents.bcc) if fold(person.addr_spec) not in own
        ]
        if people:
            _remember_after_commit(mailbox, people, message)


def _remember_after_commit(mailbox: OpenMailbox, people: list[Person], message: Message) -> None:
    """Remembering is a convenience: it must neither slow down nor undo the filing."""

    def remember() -> None:
        correspondents.record_use(mailbox, people, min(message.internal_date, timezone.now()))

    transaction.on_commit(remember, robust=True)
