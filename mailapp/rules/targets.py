"""The folder that a rule names, if mail can still go there."""

from uuid import UUID

from mailapp import access
from mailapp.access import OpenFolder, OpenMailbox
from mailapp.rules.checking import NO_TARGETS
from mailapp.rules.definition import Action, Kind
from mailapp.store.models import Folder
from workmail.errors import NotFound


def folder_of(mailbox: OpenMailbox, action: Action) -> OpenFolder | None:
    """Return where a move, copy or deletion leads; None when the folder is gone or was thrown away."""
    if action.kind is Kind.DELETE:
        return access.folder_by_role(mailbox, Folder.Role.DELETED)
    try:
        folder = access.folder_in(mailbox, UUID(hex=action.folder))
    except NotFound:
        return None
    if folder.folder.role in NO_TARGETS or _was_thrown_away(folder.folder):
        return None
    return folder


def _was_thrown_away(folder: Folder) -> bool:
    """Deleting a folder moves it into Deleted first: mail must not follow it there unseen."""
    parent_id = folder.parent_id
    while parent_id is not None:
        parent_id, role = Folder.objects.values_list("parent_id", "role").get(pk=parent_id)
        if role == Folder.Role.DELETED:
            return True
    return False
