"""Snoozing: messages leave their folder until a time, and come back to the inbox then, unread and on top.

They wait in a folder with the role ``snoozed``, made when it is needed first. The newest of each conversation is listed
at its time (``Message.listed_at``) there and after its return; the internal date, which protocols show, stays. Whoever
moves messages out of that folder ends their waiting (``moving.move``).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from mailapp.access import OpenFolder, OpenMailbox, folder_by_role, open_mailbox_for_system
from mailapp.store import conversations, flags, folders, moving
from mailapp.store.flags import FlagChange
from mailapp.store.models import Folder, Message, Snooze
from mailapp.store.moving import Moved
from workmail.changes.log import advance
from workmail.errors import Invalid, NotFound

LATEST: Final = timedelta(days=366)
NOT_FROM: Final = (Folder.Role.DRAFTS, Folder.Role.SCHEDULED, Folder.Role.JUNK, Folder.Role.DELETED)
_UNREAD: Final = FlagChange(clear=frozenset({"is_seen"}))


@transaction.atomic
def snooze(source: OpenFolder, uids: Collection[int], until: datetime) -> Moved:
    """Let messages of a folder wait until a time; those that wait already get another time. Unknown uids are ignored.

    Raises:
        Forbidden: A right is missing.
        Invalid: The time has passed or is too far away, or the folder's messages cannot be snoozed.
    """
    now = timezone.now()
    if not now < until <= now + LATEST:
        raise Invalid(_("Choose a time within the next year."), field="until")
    if source.folder.role in NOT_FROM:
        raise Invalid(_("Messages of this folder cannot be snoozed."))
    waiting = folders.of_role(source.mailbox, Folder.Role.SNOOZED)
    moved = moving.move(source, uids, waiting)
    found = waiting.messages.filter(uid__in=moved.new_uids).order_by("internal_date", "id")
    keys, newest = [], {}
    for key, thread_id, message_id in found.values_list("key", "thread_id", "id"):
        keys.append(key)
        newest[thread_id] = message_id
    Snooze.objects.bulk_create(
        [Snooze(mailbox=source.mailbox.mailbox, message_key=key, due_at=until) for key in keys],
        update_conflicts=True,
        unique_fields=["message_key"],
        update_fields=["due_at"],
    )
    Message.objects.filter(pk__in=newest.values()).update(listed_at=until)
    conversations.refresh(waiting.folder.pk, newest)
    moving.touch(waiting, list(newest.values()))
    return moved


def due_times(waiting: OpenFolder, uids: Collection[int]) -> list[tuple[datetime, list[int]]]:
    """Return when messages in Snoozed come back: times, with the uids of each."""
    keys = dict(waiting.messages.filter(uid__in=uids).values_list("key", "uid"))
    times: dict[datetime, list[int]] = {}
    for key, due_at in Snooze.objects.filter(message_key__in=keys).values_list("message_key", "due_at"):
        times.setdefault(due_at, []).append(keys[key])
    return list(times.items())


def wake_due(limit: int = 100) -> int:
    """Bring back what is due, in every mailbox; returns how many messages came back."""
    due = Snooze.objects.filter(due_at__lte=timezone.now()).order_by("due_at").values_list("mailbox_id", flat=True)
    return sum(wake(open_mailbox_for_system(mailbox_id)) for mailbox_id in dict.fromkeys(due[:limit]))


@transaction.atomic
def wake(mailbox: OpenMailbox, now: datetime | None = None) -> int:
    """Bring back what is due in one mailbox: once, since the rows that say so go in the same transaction."""
    advance(mailbox.mailbox.sequence_id)  # first, as whoever snoozes does: nobody waits for one another
    rows = Snooze.objects.select_for_update().filter(mailbox=mailbox.mailbox, due_at__lte=now or timezone.now())
    due: dict[UUID, datetime] = dict(rows.values_list("message_key", "due_at"))
    if not due:
        return 0
    Snooze.objects.filter(message_key__in=due).delete()
    try:
        waiting = folder_by_role(mailbox, Folder.Role.SNOOZED)
    except NotFound:
        return 0
    uids, newest = [], {}
    found = waiting.messages.filter(key__in=due).order_by("internal_date", "id")
    for uid, thread_id in found.values_list("uid", "thread_id"):
        uids.append(uid)
        newest[thread_id] = uid
    flags.change(waiting, newest.values(), _UNREAD)
    return len(moving.move(waiting, uids, folder_by_role(mailbox, Folder.Role.INBOX)).uids)
