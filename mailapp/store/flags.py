"""Changing flags."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F

from mailapp.access import OpenFolder, Right
from mailapp.store import conversations
from mailapp.store.models import Folder, Message
from workmail.changes.log import advance, stamp

FLAG_FIELDS = ("is_seen", "is_flagged", "is_answered", "is_forwarded", "is_draft", "is_deleted")
_RIGHT_OF_FIELD = {"is_seen": Right.SEEN, "is_deleted": Right.DELETE_MESSAGE}
_BATCH = 500
MOST_KEYWORDS = 100


def may_be_category(keyword: str) -> bool:
    """Tell whether a keyword may be somebody's own: those that begin so have a meaning of their own (RFC 5788)."""
    return not keyword.startswith(("$", "\\"))


@dataclass(frozen=True, slots=True)
class FlagChange:
    """Set some flags and keywords, clear others; what is in neither stays.

    ``FlagChange(set={"is_seen"})``; fields are those of ``FLAG_FIELDS``, everything else is a keyword.
    """

    set: frozenset[str] = frozenset()
    clear: frozenset[str] = frozenset()
    # IMAP's STORE FLAGS: what is not in ``set`` is cleared, keywords included.
    replaces: bool = False

    @property
    def rights(self) -> frozenset[Right]:
        names = self.set | self.clear
        if self.replaces:
            names |= frozenset(FLAG_FIELDS)
        return frozenset(_RIGHT_OF_FIELD.get(name, Right.WRITE) for name in names)

    def apply(self, message: Message) -> bool:
        """Change the row in memory; returns whether anything changed."""
        before = [getattr(message, name) for name in FLAG_FIELDS], set(message.keywords)
        for name in FLAG_FIELDS:
            if name in self.set:
                setattr(message, name, True)
            elif name in self.clear or self.replaces:
                setattr(message, name, False)
        keywords = set() if self.replaces else set(message.keywords)
        keywords = (keywords | self.set.difference(FLAG_FIELDS)) - self.clear
        message.keywords = sorted(keywords)[:MOST_KEYWORDS]
        message.is_categorized = any(map(may_be_category, message.keywords))
        return before != ([getattr(message, name) for name in FLAG_FIELDS], set(message.keywords))


@dataclass(slots=True)
class FlagOutcome:
    """``changed`` rows carry the new modseq; ``stale`` ones were left alone (RFC 7162 §3.1.3)."""

    changed: list[Message] = field(default_factory=list)
    stale: list[Message] = field(default_factory=list)
    modseq: int = 0


def change(
    folder: OpenFolder, uids: Collection[int], flag_change: FlagChange, *, unchanged_since: int | None = None
) -> FlagOutcome:
    """Change flags of some messages of a folder, in one transaction. Unknown uids are ignored.

    Raises:
        Forbidden: A right is missing; nothing changed.
    """
    folder.require(*flag_change.rights)
    wanted = sorted(set(uids))
    outcome = FlagOutcome()
    with transaction.atomic():
        sequence_id = folder.mailbox.mailbox.sequence_id
        outcome.modseq = modseq = advance(sequence_id)
        for start in range(0, len(wanted), _BATCH):
            _change_batch(folder, wanted[start : start + _BATCH], flag_change, unchanged_since, modseq, outcome)
        if outcome.changed:
            stamp(sequence_id, folder.folder.pk, modseq)
            conversations.refresh(folder.folder.pk, [message.thread_id for message in outcome.changed])
        else:
            transaction.set_rollback(True)  # nothing changed: give the number back
    return outcome


def _change_batch(
    folder: OpenFolder,
    uids: list[int],
    flag_change: FlagChange,
    unchanged_since: int | None,
    modseq: int,
    outcome: FlagOutcome,
) -> None:
    changed, unread_difference = [], 0
    rows = folder.messages.filter(uid__in=uids).defer("summary", "structure", "content_key").order_by("uid")
    for message in rows.select_for_update():
        if unchanged_since is not None and message.modseq > unchanged_since:
            outcome.stale.append(message)
            continue
        was_seen = message.is_seen
        if flag_change.apply(message):
            message.modseq = modseq
            unread_difference += was_seen - message.is_seen
            changed.append(message)
    Message.objects.bulk_update(changed, [*FLAG_FIELDS, "keywords", "is_categorized", "modseq"], batch_size=100)
    if unread_difference:
        Folder.objects.filter(pk=folder.folder.pk).update(unread_count=F("unread_count") + unread_difference)
    outcome.changed.extend(changed)
