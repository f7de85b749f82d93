"""What surrounds every mail page: the folder tree with its counts, and the number of unread messages."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailapp.access import OpenMailbox, Right
from mailapp.store import folders
from mailapp.store.folders import FolderNode
from mailapp.store.models import Folder
from workmail.changes.models import Collection
from workmail.ui import formats

_ICONS = {
    Folder.Role.INBOX: "inbox",
    Folder.Role.SNOOZED: "alarm-clock",
    Folder.Role.DRAFTS: "file-pen",
    Folder.Role.SCHEDULED: "calendar-clock",
    Folder.Role.SENT: "send",
    Folder.Role.ARCHIVE: "archive",
    Folder.Role.JUNK: "shield-alert",
    Folder.Role.DELETED: "trash-2",
}
# Of these one wants to know how many there are, read or not; of the others how many are unread.
_COUNTED_WHOLE = (Folder.Role.SNOOZED, Folder.Role.DRAFTS, Folder.Role.SCHEDULED, Folder.Role.JUNK)
_UNCOUNTED = (Folder.Role.SENT, Folder.Role.DELETED)


@dataclass(slots=True)
class FolderView:
    """A folder in the tree, ready for the template."""

    id: UUID
    name: str
    url: str
    icon: str
    role: str
    depth: int
    count: int
    count_words: str
    is_current: bool
    is_own: bool  # made by the person: may be renamed, moved, deleted
    is_in_deleted: bool = False
    children: list["FolderView"] = field(default_factory=list)

    @property
    def indented_name(self) -> str:
        """The name as it stands in a list of choices, where depth is shown by space."""
        return "\u00a0\u00a0\u00a0" * self.depth + self.name

    @property
    def count_text(self) -> str:
        return formats.number(self.count) if self.count else ""


def tree(mailbox: OpenMailbox, current: UUID | None = None) -> list[FolderView]:
    """Return the folder tree: two statements, however many folders."""
    return [_view(node, current) for node in folders.tree(mailbox)]


def flat(views: list[FolderView]) -> list[FolderView]:
    """Return the tree as a list, each folder before its children."""
    listed: list[FolderView] = []
    for view in views:
        listed.append(view)
        listed.extend(flat(view.children))
    return listed


def _view(node: FolderNode, current: UUID | None, is_in_deleted: bool = False) -> FolderView:
    folder = node.folder
    below_is_deleted = is_in_deleted or folder.role == Folder.Role.DELETED
    count = count_of(folder.role, folder.unread_count, folder.message_count)
    return FolderView(
        id=node.id,
        name=node.name,
        url=reverse("mail:folder", args=[node.id]),
        icon=_ICONS.get(folder.role, "folder"),
        role=folder.role,
        depth=node.depth,
        count=count,
        count_words=count_words(folder.role, count),
        is_current=node.id == current,
        is_own=not folder.role,
        is_in_deleted=is_in_deleted,
        children=[_view(child, current, below_is_deleted) for child in node.children],
    )


def count_of(role: str, unread: int, messages: int) -> int:
    if role in _UNCOUNTED:
        return 0
    return messages if role in _COUNTED_WHOLE else unread


def count_words(role: str, count: int) -> str:
    """Say what the number beside a folder counts, for whoever hears it."""
    if role in _COUNTED_WHOLE:
        return ngettext("%(count)s message", "%(count)s messages", count) % {"count": formats.number(count)}
    return unread_words(count)


def unread_words(count: int) -> str:
    return ngettext("%(count)s unread", "%(count)s unread", count) % {"count": formats.number(count)}


def counts(mailbox: OpenMailbox) -> dict[str, Any]:
    """Return the counts of all folders as an open page wants them, and the number of the tree: two statements."""
    if not mailbox.is_own:  # neither the badge nor the tree of the page is theirs
        rows = Folder.objects.filter(mailbox=mailbox.mailbox)
        return {"folders": counts_of(folder for folder in rows if Right.LOOKUP in mailbox.rights_in(folder.pk))}
    mailbox.require(Right.LOOKUP)
    tree_modseq = Collection.objects.values_list("highest_modseq", flat=True).get(pk=mailbox.mailbox.folder_tree_id)
    rows = Folder.objects.filter(mailbox=mailbox.mailbox).values_list("pk", "role", "unread_count", "message_count")
    answer: dict[str, Any] = {"folders": {}, "unread": 0, "tree": tree_modseq}
    for pk, role, unread, messages in rows:
        count = count_of(role, unread, messages)
        answer["folders"][str(pk)] = [formats.number(count) if count else "", count_words(role, count) if count else ""]
        if role == Folder.Role.INBOX:
            answer["unread"] = unread
    return answer


def counts_of(rows: Iterable[Folder]) -> dict[str, list[str]]:
    """Return the numbers beside these folders, and what they say."""
    found = {}
    for folder in rows:
        count = count_of(folder.role, folder.unread_count, folder.message_count)
        words = count_words(folder.role, count) if count else ""
        found[str(folder.pk)] = [formats.number(count) if count else "", words]
    return found


def view_of(node: FolderNode, current: UUID | None) -> FolderView:
    """Return a folder of somebody else's tree; what one does to one's own folders is not offered there."""
    view = _view(node, current)
    for each in flat([view]):
        each.is_own = False
    return view


def summary(folder: Folder) -> str:
    """Say under a folder's name what is in it: 12 unread of 248."""
    if not folder.message_count:
        return _("Empty")
    messages = ngettext("%(count)s message", "%(count)s messages", folder.message_count) % {
        "count": formats.number(folder.message_count)
    }
    if not folder.unread_count or count_of(folder.role, 1, 0) == 0:
        return messages
    # Translators: under a folder's name; both are numbers
    return ngettext("%(unread)s unread of %(all)s", "%(unread)s unread of %(all)s", folder.unread_count) % {
        "unread": formats.number(folder.unread_count),
        "all": formats.number(folder.message_count),
    }


def title(name: str, folder: Folder) -> str:
    """The page's title without the organization: Inbox (12)."""
    count = count_of(folder.role, folder.unread_count, folder.message_count)
    return f"{name} ({formats.number(count)})" if count else name
