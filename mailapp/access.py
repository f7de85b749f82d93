"""May this actor do this to that mailbox? The only way to a mailbox or folder is to open it here.

What comes back is a handle that carries the actor, the rights and the mailbox; every later call takes the handle,
so a forgotten filter cannot cross from one mailbox or organization to another.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from mailapp.store.models import Folder, Mailbox, Message
from workmail.accounts.actor import SYSTEM, Actor
from workmail.audit import log as audit
from workmail.errors import Forbidden, NotFound
from workmail.keys.mailbox_keys import MailboxKeys
from workmail.keys.services import open_wrapped_key


class Right(StrEnum):
    """The letters of RFC 4314; sharing levels and DAV privileges map onto them."""

    LOOKUP = "l"
    READ = "r"
    SEEN = "s"
    WRITE = "w"
    INSERT = "i"
    CREATE = "k"
    DELETE_FOLDER = "x"
    DELETE_MESSAGE = "t"
    EXPUNGE = "e"
    ADMINISTER = "a"


ALL_RIGHTS = frozenset(Right)


@dataclass(frozen=True, slots=True)
class OpenMailbox:
    """A mailbox somebody may use, with what they may do in it."""

    actor: Actor
    mailbox: Mailbox
    rights: frozenset[Right]
    _keys: list[MailboxKeys] = field(default_factory=list, repr=False, compare=False)

    @property
    def keys(self) -> MailboxKeys:
        """The working keys. Raises KeyUnavailable while the organization's key is disabled."""
        if not self._keys:
            self._keys.append(open_wrapped_key(self.mailbox.key))
        return self._keys[0]

    def require(self, *needs: Right) -> None:
        """Raises Forbidden, audited, when a right is missing."""
        if not self.rights.issuperset(needs):
            audit.record(
                self.actor,
                "mailbox.refused",
                self.mailbox.pk,
                organization_id=self.mailbox.organization_id,
                succeeded=False,
                needs="".join(needs),
            )
            raise Forbidden


@dataclass(frozen=True, slots=True)
class OpenFolder:
    """A folder somebody may use."""

    mailbox: OpenMailbox
    folder: Folder

    @property
    def messages(self):
        return Message.objects.filter(folder=self.folder)

    @property
    def keys(self) -> MailboxKeys:
        return self.mailbox.keys

    def require(self, *needs: Right) -> None:
        self.mailbox.require(*needs)


# The automatic reply comes along, so that every page can say that it is on.
_MAILBOXES = Mailbox.objects.select_related(
    "key__organization_key", "sequence", "folder_tree", "entity", "automatic_reply"
)


def open_own_mailbox(actor: Actor) -> OpenMailbox:
    """Return the actor's own mailbox. Raises NotFound when they have none (an operator may not)."""
    if actor.user is None:
        raise NotFound
    return _opened(actor, _MAILBOXES.filter(entity_id=actor.user.pk).first())


def open_mailbox(actor: Actor, mailbox_id: UUID, *, needs: Iterable[Right] = ()) -> OpenMailbox:
    """Return a mailbox the actor may use.

    Raises:
        NotFound: There is none, or the actor may not even know of it.
        Forbidden: The actor may use it but lacks one of ``needs``; audited.
    """
    opened = _opened(actor, _MAILBOXES.filter(pk=mailbox_id).first())
    opened.require(*needs)
    return opened


def open_mailbox_for_system(mailbox_id: UUID) -> OpenMailbox:
    """Open a mailbox for the system's own work: delivery, indexing, import by the operator's command."""
    return _opened(SYSTEM, _MAILBOXES.filter(pk=mailbox_id).first())


def open_mailbox_of_entity_for_system(entity_id: UUID) -> OpenMailbox:
    """The same, for whoever knows the person or resource. Raises NotFound when they have none."""
    return _opened(SYSTEM, _MAILBOXES.filter(entity_id=entity_id).first())


def open_folder(actor: Actor, folder_id: UUID, *, needs: Iterable[Right] = ()) -> OpenFolder:
    """Return a folder the actor may use; raises like ``open_mailbox``."""
    folder = Folder.objects.select_related("collection").filter(pk=folder_id).first()
    if folder is None:
        raise NotFound
    opened = open_mailbox(actor, folder.mailbox_id, needs=needs)
    return OpenFolder(opened, folder)


def folder_in(mailbox: OpenMailbox, folder_id: UUID) -> OpenFolder:
    """Return one of the folders of an open mailbox; raises NotFound for any other."""
    folder = Folder.objects.select_related("collection").filter(pk=folder_id, mailbox=mailbox.mailbox).first()
    if folder is None:
        raise NotFound
    return OpenFolder(mailbox, folder)


def folder_by_role(mailbox: OpenMailbox, role: str) -> OpenFolder:
    folder = Folder.objects.select_related("collection").filter(role=role, mailbox=mailbox.mailbox).first()
    if folder is None:
        raise NotFound
    return OpenFolder(mailbox, folder)


def _opened(actor: Actor, mailbox: Mailbox | None) -> OpenMailbox:
    if mailbox is None:
        raise NotFound
    rights = _rights(actor, mailbox)
    if Right.LOOKUP not in rights:
        raise NotFound
    return OpenMailbox(actor, mailbox, rights)


def _rights(actor: Actor, mailbox: Mailbox) -> frozenset[Right]:
    if actor is SYSTEM:
        return ALL_RIGHTS
    if actor.user is None or not actor.user.is_active:
        return frozenset()
    if actor.user.organization_id != mailbox.organization_id:
        return frozenset()
    if actor.user.pk == mailbox.entity_id:
        return ALL_RIGHTS
    return frozenset()
