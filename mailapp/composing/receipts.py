"""Read receipts (RFC 8098): telling the sender that a message was displayed, once the reader has agreed."""

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from mailapp.access import OpenMailbox, Right, folder_in
from mailapp.composing import building
from mailapp.delivery import intake
from mailapp.delivery.intake import Submitted
from mailapp.mime import reports
from mailapp.mime.model import ParsedMessage, Person
from mailapp.mime.parse import parse
from mailapp.store import flags, queries
from mailapp.store.flags import FlagChange
from mailapp.store.models import Folder, Message
from workmail.directory.addresses import fold
from workmail.errors import Stale
from workmail.ui import formats

SENT_KEYWORD = "$MDNSent"  # RFC 3503; every client of the mailbox sees that the question was answered


def requested_by(message: Message, parsed: ParsedMessage) -> Person | None:
    """Return who asks for a receipt, if there is one to send: never twice, never for drafts or one's own mail."""
    if SENT_KEYWORD in message.keywords or message.is_draft:
        return None
    if message.folder.role in (Folder.Role.SENT, Folder.Role.SCHEDULED, Folder.Role.DRAFTS, Folder.Role.JUNK):
        return None
    asking = [person for person in parsed.disposition_notification_to if person.addr_spec]
    # RFC 8098 §2.1: a request in the name of somebody else than the author is a trap more often than not.
    authors = {fold(person.addr_spec) for person in parsed.from_}
    return asking[0] if asking and fold(asking[0].addr_spec) in authors else None


def send_read_receipt(mailbox: OpenMailbox, message: Message) -> bool:
    """Tell the sender that the message was displayed; False when nobody asks (any more). Sent once.

    Raises:
        Forbidden: The actor may not send for this mailbox.
        Invalid, LimitExceeded, OSError: See ``intake.submit``; the question can be answered again.
    """
    mailbox.require(Right.READ, Right.WRITE)
    parsed = parse(queries.raw(mailbox, message))
    person = requested_by(message, parsed)
    if person is None:
        return False
    own = building.own_people(mailbox)
    named = {fold(each.addr_spec) for each in (*parsed.to, *parsed.cc)}
    reader = next((each for each in own if fold(each.addr_spec) in named), own[0])

    def note(submitted: Submitted) -> None:
        change = FlagChange(set=frozenset({SENT_KEYWORD}))
        if not flags.change(folder_in(mailbox, message.folder_id), [message.uid], change).changed:
            raise Stale  # a second click was quicker, or the message has moved: nothing is sent

    # RFC 8098 §3: the null reverse path, so that a receipt is never answered.
    try:
        intake.submit(mailbox, receipt(parsed, reader, person), [person.addr_spec], reverse_path="", within=note)
    except Stale:
        return False
    return True


def receipt(parsed: ParsedMessage, reader: Person, asking: Person) -> bytes:
    """Return the notification (RFC 8098 §3), its readable part in the active language."""
    now = timezone.now()
    words = _(
        "Your message “{subject}” was displayed on {date}. This says nothing about whether it was read or understood."
    ).format(subject=parsed.subject, date=formats.date_and_time(now))
    return reports.disposition_notification(
        from_=reader,
        to=asking.addr_spec,
        subject=_("Read: {subject}").format(subject=parsed.subject[:200]),
        text=words + "\n",
        reporting_ua=f"{settings.MAIL_HOST_NAME}; workmail",
        final_recipient=reader.addr_spec,
        message_id=parsed.message_id,
        date=now,
    )
