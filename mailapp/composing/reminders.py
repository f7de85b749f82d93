"""Reminding the writer when nobody has answered: the message comes back to the inbox, marked, unread and on top.

What comes back is a copy; the message stays in Sent. An answer is anything in the conversation that came in later from
somebody else, wherever it was filed since.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from mailapp import access
from mailapp.access import OpenMailbox
from mailapp.composing import building
from mailapp.composing.models import Reminder
from mailapp.mime.model import Person
from mailapp.store import conversations, flags, moving, summaries
from mailapp.store.flags import FlagChange
from mailapp.store.models import Folder, Message
from mailapp.store.reminding import KEYWORD
from workmail.changes.log import advance
from workmail.directory.addresses import fold

DAYS: Final = (1, 3, 7, 14)
_OWN_FOLDERS: Final = (Folder.Role.SENT, Folder.Role.DRAFTS, Folder.Role.SCHEDULED, Folder.Role.JUNK)
_MARKED: Final = FlagChange(set=frozenset({KEYWORD}), clear=frozenset({"is_seen"}))


def note(mailbox: OpenMailbox, sent: Message, days: int) -> None:
    """Remember to look after so many days, inside the transaction in which the message has really left."""
    if days in DAYS:
        due_at = sent.internal_date + timedelta(days=days)
        Reminder.objects.get_or_create(message_key=sent.key, defaults={"mailbox": mailbox.mailbox, "due_at": due_at})


def due(now: datetime | None = None) -> list[Reminder]:
    return list(Reminder.objects.filter(due_at__lte=now or timezone.now()).order_by("due_at")[:100])


def settle(mailbox: OpenMailbox, reminder: Reminder) -> bool:
    """Bring the message back unless somebody answered; once, since the reminder goes in the same transaction.

    Raises:
        KeyUnavailable: Who wrote what cannot be read now; try again later.
        OverQuota: There is no room for the copy; try again later.
    """
    sent = Message.objects.filter(mailbox=mailbox.mailbox, key=reminder.message_key).defer("structure").first()
    is_open = sent is not None and sent.folder.role != Folder.Role.DELETED and not _answered(mailbox, sent)
    with transaction.atomic():
        advance(mailbox.mailbox.sequence_id)  # nobody else settles or moves it meanwhile
        if not Reminder.objects.filter(pk=reminder.pk).delete()[0] or not is_open:
            return False
        source = Message.objects.filter(pk=sent.pk).values_list("folder_id", "uid").first()
        if source is None:
            return False
        inbox = access.folder_by_role(mailbox, Folder.Role.INBOX)
        folder = access.folder_in(mailbox, source[0])
        copied = moving.copy(folder, [source[1]], inbox).new_uids
        flags.change(inbox, copied, _MARKED)
        inbox.messages.filter(uid__in=copied).update(listed_at=timezone.now())
        conversations.refresh(inbox.folder.pk, [sent.thread_id])
    return True


def _answered(mailbox: OpenMailbox, sent: Message) -> bool:
    own = {fold(person.addr_spec) for person in building.own_people(mailbox)}
    later = (
        Message.objects.filter(mailbox=mailbox.mailbox, thread_id=sent.thread_id, internal_date__gt=sent.internal_date)
        .exclude(folder__role__in=_OWN_FOLDERS)
        .defer("structure")
    )
    for message in later:
        summary = summaries.unseal(mailbox.keys, message)
        if not summary.is_bounce and not _is_own(summary.from_, own):
            return True
    return False


def _is_own(people: tuple[Person, ...], own: set[str]) -> bool:
    return bool(people) and all(fold(person.addr_spec) in own for person in people)
