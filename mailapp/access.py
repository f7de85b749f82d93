"""May this actor do this to that mailbox? The only way to a mailbox or folder is to open it here.

What comes back is a handle that carries the actor, the rights and the mailbox; every later call takes the handle,
so a forgotten filter cannot cross from one mailbox or organization to another.

Somebody whom only folders were shared with gets a handle without any right to the mailbox itself: whatever asks the
mailbox for a right is refused, and only what asks a folder, or goes through ``OpenMailbox.within``, gets through.
So an operation that nobody thought of stays closed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

from mailapp.sharing import effective
from mailapp.sharing.effective import Share
from mailapp.sharing.levels import ALL_RIGHTS, Right
from mailapp.store.models import Folder, Mailbox, Message
from workmail.accounts.actor import SYSTEM, Actor
from workmail.audit import log as audit
from workmail.errors import Forbidden, NotFound
from workmail.keys.mailbox_keys import MailboxKeys
from workmail.keys.services import open_wrapped_key

__all__ = ["ALL_RIGHTS", "OpenFolder", "OpenMailbox", "Right"]
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class OpenMailbox:
    """A mailbox somebody may use, with what they may do in it.

    ``rights`` hold everywhere in it. Where they are empty, ``folders`` says what was shared; everything else is closed.
    """

    actor: Actor
    mailbox: Mailbox
    rights: frozenset[Right]
    folders: Mapping[UUID, frozenset[Right]] = field(default_factory=dict)
    _keys: list[MailboxKeys] = field(default_factory=list, repr=False, compare=False)

    @property
    def keys(self) -> MailboxKeys:
        """The working keys. Raises KeyUnavailable while the organization's key is disabled."""
        if not self._keys:
            self._keys.append(open_wrapped_key(self.mailbox.key))
        return self._keys[0]

    @property
    def is_own(self) -> bool:
        return self.reader_id == self.mailbox.entity_id

    @property
    def is_whole(self) -> bool:
        """Whether all its folders are open: one's own, or one with full access."""
        return Right.LOOKUP in self.rights

    @property
    def reader_id(self) -> UUID:
        """Whom pages call "you": who looks at it; its owner when that is the system."""
        return self.actor.user.pk if self.actor.user else self.mailbox.entity_id

    def rights_in(self, folder_id: UUID) -> frozenset[Right]:
        return self.rights or self.folders.get(folder_id, frozenset())

    def require(self, *needs: Right) -> None:
        """Raises Forbidden, audited, when a right to the whole mailbox is missing."""
        if not self.rights.issuperset(needs):
            self._refuse(self.mailbox.pk, needs)

    def require_in(self, folder_id: UUID, *needs: Right) -> None:
        """Raises Forbidden, audited, when a right to this folder is missing."""
        if not self.rights_in(folder_id).issuperset(needs):
            self._refuse(folder_id, needs)

    def within(self, rows: QuerySet[Row], *needs: Right) -> QuerySet[Row]:
        """Return those of the rows, which have a ``folder`` of this mailbox, where the actor has these rights.

        Raises:
            Forbidden: The actor has the mailbox, but not these rights; audited.
        """
        if self.is_whole:
            self.require(*needs)
            return rows
        open_to = [folder_id for folder_id, rights in self.folders.items() if rights.issuperset(needs)]
        return rows.filter(folder_id__in=open_to)

    def _refuse(self, target: UUID, needs: Iterable[Right]) -> None:
        audit.record(
            self.actor,
            "mailbox.refused",
            target,
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

    @property
    def rights(self) -> frozenset[Right]:
        return self.mailbox.rights_in(self.folder.pk)

    def require(self, *needs: Right) -> None:
        """Raises Forbidden, audited, when a right to this folder is missing."""
        self.mailbox.require_in(self.folder.pk, *needs)


# The automatic reply comes along, so that every page can say that it is on.
_MAILBOXES = Mailbox.objects.select_related(
    "key__organization_key", "sequence", "folder_tree", "entity", "automatic_reply"
)
# With ``may_see_shares``: pages ask what others share with their reader only if there can be something.
_FOR_PEOPLE = effective.with_hint(_MAILBOXES)


def open_own_mailbox(actor: Actor) -> OpenMailbox:
    """Return the actor's own mailbox. Raises NotFound when they have none (an operator may not)."""
    if actor.user is None:
        raise NotFound
    return _whole(_opened(actor, _FOR_PEOPLE.filter(entity_id=actor.user.pk).first()))


def open_mailbox(actor: Actor, mailbox_id: UUID, *, needs: Iterable[Right] = ()) -> OpenMailbox:
    """Return a mailbox that the actor may use as a whole.

    Raises:
        NotFound: There is none, or the actor may not even know of it, or only folders of it are shared with them.
        Forbidden: The actor may use it but lacks one of ``needs``; audited.
    """
    opened = _whole(_opened(actor, _FOR_PEOPLE.filter(pk=mailbox_id).first()))
    opened.require(*needs)
    return opened


def open_shared_mailbox(actor: Actor, mailbox_id: UUID) -> OpenMailbox:
    """Return a mailbox of which the actor may use at least a folder; what else of it is closed, is closed.

    Raises:
        NotFound: There is none, or nothing of it is shared with the actor.
    """
    return _opened(actor, _FOR_PEOPLE.filter(pk=mailbox_id).first())


def open_mailbox_of_message(actor: Actor, key: UUID) -> OpenMailbox:
    """Return the mailbox in which a message is, if the actor may read it there; their own is tried first.

    Raises:
        NotFound: There is no such message, or the actor may not read it.
    """
    own = open_own_mailbox(actor)
    where = Message.objects.filter(key=key).values_list("mailbox_id", "folder_id").first()
    if where is None:
        raise NotFound
    mailbox_id, folder_id = where
    if mailbox_id == own.mailbox.pk:
        return own
    opened = open_shared_mailbox(actor, mailbox_id)
    if Right.READ not in opened.rights_in(folder_id):
        raise NotFound
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
    opened = _visible(open_shared_mailbox(actor, folder.mailbox_id), folder)
    opened.require(*needs)
    return opened


def folder_in(mailbox: OpenMailbox, folder_id: UUID) -> OpenFolder:
    """Return one of the folders of an open mailbox; raises NotFound for any other."""
    folder = Folder.objects.select_related("collection").filter(pk=folder_id, mailbox=mailbox.mailbox).first()
    return _visible(mailbox, folder)


def folder_by_role(mailbox: OpenMailbox, role: str) -> OpenFolder:
    folder = Folder.objects.select_related("collection").filter(role=role, mailbox=mailbox.mailbox).first()
    return _visible(mailbox, folder)


def deleted_for(source: OpenFolder) -> OpenFolder:
    """Return the folder Deleted for what is deleted in ``source``.

    Whoever may delete in a shared folder may put into its owner's Deleted, without seeing what else is there.
    """
    return _widened(source.mailbox, Folder.Role.DELETED, frozenset({Right.LOOKUP, Right.INSERT}))


def deleted_for_taking_back(mailbox: OpenMailbox) -> OpenFolder:
    """Return the folder Deleted for taking back from it what the actor put there, by a token that says so."""
    return _widened(mailbox, Folder.Role.DELETED, frozenset({Right.LOOKUP, Right.DELETE_MESSAGE, Right.EXPUNGE}))


def _widened(mailbox: OpenMailbox, role: str, rights: frozenset[Right]) -> OpenFolder:
    if mailbox.is_whole:
        return folder_by_role(mailbox, role)
    folder = Folder.objects.select_related("collection").filter(role=role, mailbox=mailbox.mailbox).first()
    if folder is None:
        raise NotFound
    widened = {**mailbox.folders, folder.pk: mailbox.rights_in(folder.pk) | rights}
    return OpenFolder(replace(mailbox, folders=widened), folder)


def _visible(mailbox: OpenMailbox, folder: Folder | None) -> OpenFolder:
    if folder is None or Right.LOOKUP not in mailbox.rights_in(folder.pk):
        raise NotFound
    return OpenFolder(mailbox, folder)


def _whole(mailbox: OpenMailbox) -> OpenMailbox:
    if not mailbox.is_whole:
        raise NotFound
    return mailbox


def _opened(actor: Actor, mailbox: Mailbox | None) -> OpenMailbox:
    if mailbox is None:
        raise NotFound
    share = _share(actor, mailbox)
    if not share:
        raise NotFound
    return OpenMailbox(actor, mailbox, share.rights, share.folders)


_EVERYTHING = Share(rights=ALL_RIGHTS)
_NOTHING = Share()


def _share(actor: Actor, mailbox: Mailbox) -> Share:
    if actor is SYSTEM:
        return _EVERYTHING
    if actor.user is None or not actor.user.is_active:
        return _NOTHING
    if actor.user.organization_id != mailbox.organization_id:
        return _NOTHING
    if actor.user.pk == mailbox.entity_id:
        return _EVERYTHING
    if not mailbox.entity.is_enabled:
        return _NOTHING
    return effective.share_of(actor.user.pk, mailbox)
