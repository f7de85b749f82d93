"""What a person does with several conversations or messages at once, and how each of it is undone.

Every act is a few steps of the store in one transaction, and answers with the exact inverse of what it really did:
undoing a "mark as read" leaves alone what had been read before.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from mailapp import access
from mailapp.access import OpenFolder, OpenMailbox, Right
from mailapp.categories.shelf import Shown
from mailapp.junk import phishing
from mailapp.junk.judging import KEYWORD as LOOKS_LIKE_JUNK
from mailapp.junk.phishing import KEYWORD as PHISHING
from mailapp.search.columns import has_keyword
from mailapp.store import flags, moving, muting, snoozing
from mailapp.store.flags import FlagChange
from mailapp.store.models import Conversation, Folder, Message
from mailapp.store.queries import Filter
from mailapp.web import sentences
from workmail.errors import Forbidden, Invalid, LimitExceeded, NotFound

MOST_TARGETS = 1_000
_THREADS_IN_A_BATCH = 200
_MESSAGES_IN_A_BATCH = 1_000

# RFC 9051 §2.3.2: what other clients learn from.
JUNK, NOT_JUNK = "$Junk", "$NotJunk"


class Action(StrEnum):
    READ = "read"
    UNREAD = "unread"
    FLAG = "flag"
    UNFLAG = "unflag"
    ARCHIVE = "archive"
    DELETE = "delete"
    DELETE_FOREVER = "delete-forever"
    MOVE = "move"
    JUNK = "junk"
    NOT_JUNK = "not-junk"
    PHISHING = "phishing"
    SNOOZE = "snooze"
    UNSNOOZE = "unsnooze"
    MUTE = "mute"
    UNMUTE = "unmute"
    CATEGORIZE = "categorize"
    UNCATEGORIZE = "uncategorize"


_FLAG_CHANGES = {
    Action.READ: FlagChange(set=frozenset({"is_seen"})),
    Action.UNREAD: FlagChange(clear=frozenset({"is_seen"})),
    Action.FLAG: FlagChange(set=frozenset({"is_flagged"})),
    Action.UNFLAG: FlagChange(clear=frozenset({"is_flagged"})),
}
# A conversation is flagged, or unread again, by its newest message; the opposite concerns all of them.
_NEWEST_ONLY = {Action.UNREAD, Action.FLAG}
_ROLES = {
    Action.ARCHIVE: Folder.Role.ARCHIVE,
    Action.DELETE: Folder.Role.DELETED,
    Action.JUNK: Folder.Role.JUNK,
    Action.PHISHING: Folder.Role.JUNK,
    Action.NOT_JUNK: Folder.Role.INBOX,
    Action.UNSNOOZE: Folder.Role.INBOX,
}
_STILL_TO_DO = {
    Action.READ: Q(is_seen=False),
    Action.UNREAD: Q(is_seen=True),
    Action.FLAG: Q(is_flagged=False),
    Action.UNFLAG: Q(is_flagged=True),
    Action.MUTE: Q(thread__is_muted=False),
    Action.UNMUTE: Q(thread__is_muted=True),
}
_CATEGORIES = {Action.CATEGORIZE, Action.UNCATEGORIZE}
_MATCHES_FILTER = {
    Filter.ALL: (Q(), Q()),
    Filter.UNREAD: (Q(unread_count__gt=0), Q(is_seen=False)),
    Filter.FLAGGED: (Q(flagged_count__gt=0), Q(is_flagged=True)),
    Filter.TO_ME: (Q(to_me_count__gt=0), Q(is_to_me=True)),
    Filter.ATTACHMENTS: (Q(has_attachment=True), Q(has_attachment=True)),
}


@dataclass(frozen=True, slots=True)
class Everything:
    """All that the folder held when the list was at ``modseq``: what arrives afterwards is not meant."""

    modseq: int
    only: Filter = Filter.ALL
    in_conversations: bool = True


@dataclass(frozen=True, slots=True)
class Targets:
    """Conversations of one folder, messages anywhere in its mailbox, or everything."""

    threads: frozenset[UUID] = frozenset()
    keys: frozenset[UUID] = frozenset()
    everything: Everything | None = None


@dataclass(slots=True)
class Outcome:
    """What was done: how many rows of the list it touched, the sentence, and the steps that undo it, in order."""

    sentence: str
    count: int
    undo: list[dict[str, Any]] = field(default_factory=list)
    more: bool = False  # of everything, a batch is done and there is more to do


@dataclass(slots=True)
class _Chosen:
    """Uids by folder, and how many rows of the list these are."""

    uids: dict[UUID, list[int]] = field(default_factory=dict)
    count: int = 0
    are_conversations: bool = False
    more: bool = False


def act(
    mailbox: OpenMailbox,
    action: Action,
    targets: Targets,
    *,
    folder: OpenFolder | None = None,
    target: OpenFolder | None = None,
    until: datetime | None = None,
    category: Shown | None = None,
) -> Outcome:
    """Do it, in one transaction.

    Args:
        folder: Where the conversations are meant; not needed for messages named by key.
        target: Where to move.
        until: When what is snoozed comes back.
        category: Which to give or take away.

    Raises:
        Forbidden: A right is missing; nothing changed.
        Invalid: It makes no sense here, such as moving to the same folder.
        NotFound: None of the targets is there any more.
    """
    if not targets.threads and not targets.keys and targets.everything is None:
        raise Invalid(_("Select something first."))
    if len(targets.threads) + len(targets.keys) > MOST_TARGETS:
        raise LimitExceeded(_("That is too much at once. Select fewer, or all of the folder."))
    if action in _CATEGORIES and category is None:
        raise Invalid(_("Choose a category."), field="category")
    with transaction.atomic():
        chosen = _choose(mailbox, action, targets, folder, _to_do(action, category))
        if not chosen.count and targets.everything is None:
            raise NotFound(_("These messages are no longer here. The list will show where they went."))
        destination = _destination(mailbox, action, target)
        undo: list[dict[str, Any]] = []
        for folder_id, uids in chosen.uids.items():
            source = access.folder_in(mailbox, folder_id)
            if action is Action.DELETE:
                destination = access.deleted_for(source)
            if action is Action.SNOOZE:
                undo += _snooze(source, uids, until)
            elif action in (Action.MUTE, Action.UNMUTE):
                undo += _mute(source, uids, muted=action is Action.MUTE)
            elif category is not None and action in _CATEGORIES:
                undo += _categorize(source, uids, category.keyword, given=action is Action.CATEGORIZE)
            else:
                undo += _act_in(source, uids, action, destination)
    undo.reverse()
    name = category.name if category else ""
    sentence = sentences.done(action, chosen.count, chosen.are_conversations, destination, until, name)
    return Outcome(sentence, chosen.count, undo, chosen.more)


def _destination(mailbox: OpenMailbox, action: Action, target: OpenFolder | None) -> OpenFolder | None:
    if action is Action.MOVE:
        if target is None:
            raise Invalid(_("Choose a folder to move to."), field="target")
        if target.folder.role == Folder.Role.SCHEDULED:
            raise Invalid(_("Only what you send later is kept here. Choose another folder."), field="target")
        if target.folder.role == Folder.Role.SNOOZED:
            raise Invalid(_("Snooze messages to put them here: they need a time to come back."), field="target")
        return target
    if action not in _ROLES or action is Action.DELETE:  # Deleted is opened for each folder, see ``deleted_for``
        return None
    try:
        return access.folder_by_role(mailbox, _ROLES[action])
    except NotFound as error:  # only some folders of this mailbox are shared with the actor
        raise Forbidden(_("You cannot do this in a folder that is shared with you.")) from error


def _act_in(
    source: OpenFolder, uids: list[int], action: Action, destination: OpenFolder | None
) -> list[dict[str, Any]]:
    """Act on messages of one folder; returns what undoes each step, in the order of the steps."""
    if source.folder.role == Folder.Role.SCHEDULED and (destination is not None or action is Action.DELETE_FOREVER):
        raise Invalid(_("This message waits to be sent. Open it to cancel sending first."))
    if action is Action.DELETE_FOREVER:
        moving.expunge(source, uids)
        return []
    if destination is None:
        return _change_flags(source, uids, _FLAG_CHANGES[action])
    if source.folder.pk == destination.folder.pk:
        if action is Action.DELETE:
            raise Invalid(_("These messages are in Deleted already. Delete them for ever instead."))
        return []
    moved = moving.move(source, uids, destination).new_uids
    undo = [move_step(destination, source, moved, is_deletion=action is Action.DELETE)] if moved else []
    # After the move, so that undoing can name the messages by the numbers they have now.
    if action in (Action.JUNK, Action.PHISHING):
        undo += _change_flags(destination, moved, FlagChange(clear=frozenset({NOT_JUNK})))
        marks = {JUNK} if action is Action.JUNK else {JUNK, PHISHING}
        undo += _change_flags(destination, moved, FlagChange(set=frozenset(marks)))
        if action is Action.PHISHING:
            phishing.report(destination, moved)
    elif action is Action.NOT_JUNK:
        undo += _change_flags(destination, moved, FlagChange(clear=frozenset({JUNK, PHISHING, LOOKS_LIKE_JUNK})))
        undo += _change_flags(destination, moved, FlagChange(set=frozenset({NOT_JUNK})))
    return undo


def _snooze(source: OpenFolder, uids: list[int], until: datetime | None) -> list[dict[str, Any]]:
    if until is None:
        raise Invalid(_("Choose a date and a time."), field="until")
    waited = [] if source.folder.role != Folder.Role.SNOOZED else snoozing.due_times(source, uids)
    moved = snoozing.snooze(source, uids, until).new_uids
    if waited:
        return [again_step(source, several, due_at) for due_at, several in waited]
    waiting = access.folder_by_role(source.mailbox, Folder.Role.SNOOZED)
    return [move_step(waiting, source, moved)] if moved else []


def _categorize(source: OpenFolder, uids: list[int], keyword: str, *, given: bool) -> list[dict[str, Any]]:
    if given:
        return _change_flags(source, uids, FlagChange(set=frozenset({keyword})))
    # Another program may have written the same keyword in capitals.
    written = {keyword, *(each for each in _keywords(source, uids) if each.lower() == keyword.lower())}
    return _change_flags(source, uids, FlagChange(clear=frozenset(written)))


def _keywords(source: OpenFolder, uids: list[int]) -> set[str]:
    found = source.messages.filter(uid__in=uids, is_categorized=True).values_list("keywords", flat=True)
    return {keyword for keywords in found for keyword in keywords}


def _mute(source: OpenFolder, uids: list[int], *, muted: bool) -> list[dict[str, Any]]:
    """Mute whole conversations; what stands in the inbox of them goes to the archive."""
    threads = list(source.messages.filter(uid__in=uids).values_list("thread_id", flat=True).distinct())
    changed = muting.set_muted(source.mailbox, threads, muted=muted)
    undo = [{"do": "mute", "threads": [thread_id.hex for thread_id in changed], "muted": not muted}] if changed else []
    if muted and source.folder.role == Folder.Role.INBOX:
        everything = source.messages.filter(thread_id__in=threads).values_list("uid", flat=True)
        archive = access.folder_by_role(source.mailbox, Folder.Role.ARCHIVE)
        moved = moving.move(source, list(everything), archive).new_uids
        undo += [move_step(archive, source, moved)] if moved else []
    return undo


def _change_flags(folder: OpenFolder, uids: list[int], change: FlagChange) -> list[dict[str, Any]]:
    changed = flags.change(folder, uids, change).changed
    if not changed:
        return []
    return [flag_step(folder, [message.uid for message in changed], set=change.clear, clear=change.set)]


def _to_do(action: Action, category: Shown | None) -> Q:
    """Return the condition of messages that the act would change, where all of a list are meant."""
    if category is None:
        return _STILL_TO_DO.get(action, Q())
    has_it = Q(is_categorized=True) & has_keyword(category.keyword)
    return ~has_it if action is Action.CATEGORIZE else has_it


# --- Which messages ----------------------------------------------------------------------------------------


def _choose(mailbox: OpenMailbox, action: Action, targets: Targets, folder: OpenFolder | None, to_do: Q) -> _Chosen:
    chosen = _Chosen()
    if targets.everything is not None:
        if folder is None:
            raise Invalid
        if targets.everything.in_conversations:
            _choose_all_conversations(chosen, folder, action, targets.everything, to_do)
        else:
            _choose_all_messages(chosen, folder, targets.everything, to_do)
        return chosen
    if targets.threads:
        if folder is None:
            raise Invalid
        _choose_threads(chosen, folder, action, folder.messages.filter(thread_id__in=targets.threads))
    if targets.keys:
        found = mailbox.within(Message.objects.filter(mailbox=mailbox.mailbox, key__in=targets.keys), Right.READ)
        for folder_id, uid in found.values_list("folder_id", "uid"):
            chosen.uids.setdefault(folder_id, []).append(uid)
            chosen.count += 1
        chosen.are_conversations = False
    return chosen


def _choose_threads(chosen: _Chosen, folder: OpenFolder, action: Action, messages: Any) -> None:
    newest: dict[UUID, int] = {}
    uids: list[int] = []
    for thread_id, uid in messages.order_by("internal_date", "id").values_list("thread_id", "uid"):
        newest[thread_id] = uid
        uids.append(uid)
    if uids:
        chosen.uids[folder.folder.pk] = list(newest.values()) if action in _NEWEST_ONLY else uids
    chosen.count += len(newest)
    chosen.are_conversations = True


def _choose_all_conversations(
    chosen: _Chosen, folder: OpenFolder, action: Action, everything: Everything, to_do_in: Q
) -> None:
    """Whole conversations: a filter must not tear apart what it shows as one row."""
    to_do = Message.objects.filter(
        to_do_in,
        folder=folder.folder,
        thread_id=OuterRef("thread_id"),
        created_modseq__lte=everything.modseq,
    )
    rows = Conversation.objects.filter(_MATCHES_FILTER[everything.only][0], folder=folder.folder)
    if action in _NEWEST_ONLY:  # done as soon as one of its messages is
        done = Q(unread_count__gt=0) if action is Action.UNREAD else Q(flagged_count__gt=0)
        rows = rows.exclude(done)
    found = rows.filter(Exists(to_do)).order_by("-newest_at", "-newest_id").values_list("thread_id", flat=True)
    threads = list(found[: _THREADS_IN_A_BATCH + 1])
    chosen.more = len(threads) > _THREADS_IN_A_BATCH
    messages = folder.messages.filter(
        thread_id__in=threads[:_THREADS_IN_A_BATCH], created_modseq__lte=everything.modseq
    )
    _choose_threads(chosen, folder, action, messages)


def _choose_all_messages(chosen: _Chosen, folder: OpenFolder, everything: Everything, to_do: Q) -> None:
    rows = folder.messages.filter(_MATCHES_FILTER[everything.only][1], to_do, created_modseq__lte=everything.modseq)
    uids = list(rows.order_by("uid").values_list("uid", flat=True)[: _MESSAGES_IN_A_BATCH + 1])
    chosen.more = len(uids) > _MESSAGES_IN_A_BATCH
    chosen.uids[folder.folder.pk] = uids[:_MESSAGES_IN_A_BATCH]
    chosen.count = len(chosen.uids[folder.folder.pk])


# --- Steps that undo ---------------------------------------------------------------------------------------


def move_step(
    source: OpenFolder, target: OpenFolder, uids: Iterable[int], *, is_deletion: bool = False
) -> dict[str, Any]:
    """Return the step that moves messages back; ``is_deletion``: out of Deleted, where the actor has put them."""
    step = {"do": "move", "from": source.folder.pk.hex, "to": target.folder.pk.hex, "uids": uid_set(uids)}
    return step | {"deleted": True} if is_deletion else step


def again_step(waiting: OpenFolder, uids: Iterable[int], due_at: datetime) -> dict[str, Any]:
    """Return the step that lets messages in Snoozed wait for another time."""
    return {"do": "snooze", "in": waiting.folder.pk.hex, "uids": uid_set(uids), "until": due_at.isoformat()}


def flag_step(folder: OpenFolder, uids: Iterable[int], *, set: Iterable[str], clear: Iterable[str]) -> dict[str, Any]:
    return {
        "do": "flags",
        "in": folder.folder.pk.hex,
        "uids": uid_set(uids),
        "set": sorted(set),
        "clear": sorted(clear),
    }


def uid_set(uids: Iterable[int]) -> str:
    """Write uids as ranges, ``1:4,7``, as IMAP does: moved messages have consecutive ones, so thousands are short."""
    ranges: list[list[int]] = []
    for uid in sorted(set(uids)):
        if ranges and ranges[-1][1] == uid - 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in ranges)


def uids_of(text: str) -> list[int]:
    """Read what ``uid_set`` wrote."""
    uids: list[int] = []
    for part in text.split(",") if text else []:
        first, _colon, last = part.partition(":")
        uids.extend(range(int(first), int(last or first) + 1))
    return uids


Act = Callable[[], Outcome]
