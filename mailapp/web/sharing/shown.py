"""What mail pages show of folders that others share: the section of the side pane, and what one may do in a folder."""

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from mailapp.access import OpenFolder, OpenMailbox, Right
from mailapp.sharing import effective, levels
from mailapp.store import folders
from mailapp.web import navigation
from mailapp.web.navigation import FolderView
from workmail.keys.services import open_wrapped_key

# What each act needs where the messages are; what is missing here needs the whole mailbox.
_NEEDS = {
    "read": {Right.SEEN},
    "unread": {Right.SEEN},
    "flag": {Right.WRITE},
    "categorize": {Right.WRITE},
    "delete": {Right.DELETE_MESSAGE, Right.EXPUNGE},
    "delete-forever": {Right.EXPUNGE},
    "move": {Right.DELETE_MESSAGE, Right.EXPUNGE},
}
_ACTS = (*_NEEDS, "archive", "junk", "not-junk", "phishing", "snooze", "unsnooze", "mute")


@dataclass(frozen=True, slots=True)
class SharedMailbox:
    """Somebody whose folders one sees, in the side pane."""

    id: UUID
    name: str
    is_whole: bool
    folders: list[FolderView]


@dataclass(frozen=True, slots=True)
class SharedFolder:
    """Of a folder that is shared with the reader: whose it is, and what they may do there."""

    owner: str
    mailbox_id: UUID
    sentence: str
    refused: str  # names of acts, separated by blanks: pages hide their buttons, and the server refuses them


def mailboxes(own: OpenMailbox, current: UUID | None = None) -> list[SharedMailbox]:
    """Return what others share with the owner: no statement for whom nothing is shared with, else three."""
    if not may_see_any(own):
        return []
    found = []
    for mailbox, share, rows in effective.shares_of(own.reader_id, own.mailbox.organization_id):
        keys = open_wrapped_key(mailbox.key)
        nodes = folders.arranged(rows, keys)
        views = [navigation.view_of(node, current) for node in nodes]
        found.append(SharedMailbox(mailbox.pk, str(mailbox.entity), share.is_whole, views))
    return found


def counts(own: OpenMailbox) -> dict[str, list[str]]:
    """Return the numbers beside all folders that others share with the owner."""
    if not may_see_any(own):
        return {}
    shares = effective.shares_of(own.reader_id, own.mailbox.organization_id)
    return navigation.counts_of(folder for _mailbox, _share, rows in shares for folder in rows)


def may_see_any(own: OpenMailbox) -> bool:
    """False: nothing is shared with the owner; known since the mailbox was opened."""
    return bool(getattr(own.mailbox, "may_see_shares", True))


def folder(opened: OpenFolder) -> SharedFolder | None:
    """Return what the page of a folder says of its being shared; None for one's own."""
    mailbox = opened.mailbox
    if mailbox.is_own:
        return None
    owner = str(mailbox.mailbox.entity)
    refused = ""
    if mailbox.is_whole:
        sentence = _("You may do everything in this mailbox.")
    else:
        level = levels.level_of(opened.rights)
        sentence = levels.summary(level) if level else ""
        refused = " ".join(act for act in _ACTS if not _NEEDS.get(act, _WHOLE) <= opened.rights)
    return SharedFolder(owner, mailbox.mailbox.pk, sentence, refused)


_WHOLE = {Right.CREATE}


def share_url(opened: OpenFolder) -> str:
    """Return where one shares this folder; empty where the reader may not."""
    return reverse("mail:share_folder", args=[opened.folder.pk]) if Right.ADMINISTER in opened.rights else ""


def name_of(opened: OpenFolder) -> str:
    """Return the folder's name, with its owner's where that is somebody else."""
    name = folders.name_of(opened.folder, opened.keys)
    if opened.mailbox.is_own:
        return name
    # Translators: a folder that somebody shares, such as "Bob Keller: Inbox"
    return _("%(person)s: %(folder)s") % {"person": opened.mailbox.mailbox.entity, "folder": name}
