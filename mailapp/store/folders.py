"""Making, renaming, moving and deleting folders. The folder tree is a collection of its own in the change log."""

import time
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from mailapp.access import OpenFolder, OpenMailbox, Right, folder_by_role, folder_in
from mailapp.store import mailboxes
from mailapp.store.models import Folder
from mailapp.store.moving import expunge_all
from workmail.changes.log import advance, bury, stamp
from workmail.changes.models import Collection
from workmail.errors import AlreadyExists, Invalid, NotFound
from workmail.keys.mailbox_keys import MailboxKeys

LONGEST_NAME = 100
DEEPEST = 20
MOST_FOLDERS = 2_000
ROLES_IN_ORDER = ["inbox", "snoozed", "drafts", "scheduled", "sent", "archive", "junk", "deleted"]


@dataclass(frozen=True, slots=True)
class FolderNode:
    """A folder with its name readable, and where it stands in the tree."""

    folder: Folder
    name: str
    depth: int
    children: tuple["FolderNode", ...] = ()

    @property
    def id(self) -> UUID:
        return self.folder.pk


def name_of(folder: Folder, keys: MailboxKeys) -> str:
    """Return what the reader calls the folder: the standard ones in the active language."""
    if folder.role:
        return str(Folder.Role(folder.role).label)
    return keys.unseal(bytes(folder.name), b"folder " + folder.pk.bytes).decode()


def tree(mailbox: OpenMailbox) -> list[FolderNode]:
    """Return the whole tree: standard folders in their usual order, then the person's own by name."""
    mailbox.require(Right.LOOKUP)
    return arranged(Folder.objects.filter(mailbox=mailbox.mailbox).select_related("collection"), mailbox.keys)


def arranged(rows: Iterable[Folder], keys: MailboxKeys) -> list[FolderNode]:
    """Return folders of one mailbox as a tree; one whose parent is not among them stands at the top."""
    here = {folder.pk: folder for folder in rows}
    by_parent: dict[UUID | None, list[tuple[str, Folder]]] = {}
    for folder in here.values():
        parent_id = folder.parent_id if folder.parent_id in here else None
        by_parent.setdefault(parent_id, []).append((name_of(folder, keys), folder))

    def order(pair: tuple[str, Folder]) -> tuple[int, str]:
        name, folder = pair
        return (ROLES_IN_ORDER.index(folder.role) if folder.role else len(ROLES_IN_ORDER)), name.casefold()

    def nodes(parent_id: UUID | None, depth: int) -> tuple[FolderNode, ...]:
        return tuple(
            FolderNode(folder, name, depth, nodes(folder.pk, depth + 1))
            for name, folder in sorted(by_parent.get(parent_id, []), key=order)
        )

    return list(nodes(None, 0))


def flat(nodes: list[FolderNode] | tuple[FolderNode, ...]) -> list[FolderNode]:
    """Return the tree as a list, each folder before its children."""
    listed = []
    for node in nodes:
        listed.append(node)
        listed.extend(flat(node.children))
    return listed


def of_role(mailbox: OpenMailbox, role: str) -> OpenFolder:
    """Return the folder with this role; one that a mailbox does not begin with is made when it is needed first.

    Raises:
        Forbidden: It is not one of the folders that are shared with the actor.
    """
    for _attempt in range(2):
        try:
            return folder_by_role(mailbox, role)
        except NotFound:
            mailbox.require(Right.CREATE)
            try:
                with transaction.atomic():
                    advance(mailbox.mailbox.sequence_id)  # two at once make one
                    if not Folder.objects.filter(mailbox=mailbox.mailbox, role=role).exists():
                        mailboxes.add_folder(mailbox.mailbox, role)
            except IntegrityError:
                continue
    return folder_by_role(mailbox, role)


def clean_name(name: str) -> str:
    """Return the name as it is kept.

    Raises:
        Invalid: Empty, too long, or with characters that no protocol can carry.
    """
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    if not name:
        raise Invalid(_("Give the folder a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(_("A folder name may have at most %(count)d characters.") % {"count": LONGEST_NAME}, field="name")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in name) or "/" in name:
        raise Invalid(_("A folder name cannot contain a slash or control characters."), field="name")
    return name


def create(mailbox: OpenMailbox, name: str, parent: OpenFolder | None = None) -> OpenFolder:
    """Make a folder of one's own.

    Raises:
        Forbidden, Invalid, AlreadyExists
    """
    mailbox.require(Right.CREATE)
    name = clean_name(name)
    _check_place(mailbox, name, parent.folder if parent else None)
    sequence_id, tree_id = mailbox.mailbox.sequence_id, mailbox.mailbox.folder_tree_id
    try:
        with transaction.atomic():
            modseq = advance(sequence_id)
            if Folder.objects.filter(mailbox=mailbox.mailbox).count() >= MOST_FOLDERS:
                raise Invalid(_("There are too many folders. Delete some first."), field="name")
            collection = Collection.objects.create(owner_id=sequence_id, kind="messages", highest_modseq=modseq)
            folder = Folder.objects.create(
                collection=collection,
                key=collection.pk,
                mailbox=mailbox.mailbox,
                parent=parent.folder if parent else None,
                name=mailbox.keys.seal(name.encode(), b"folder " + collection.pk.bytes),
                name_digest=_digest(mailbox.keys, name),
                uid=modseq,
                created_modseq=modseq,
                modseq=modseq,
                uid_validity=int(time.time()),
            )
            stamp(sequence_id, tree_id, modseq)
    except IntegrityError as error:
        raise _taken(name) from error
    return OpenFolder(mailbox, folder)


def rename(folder: OpenFolder, name: str) -> None:
    """Give a folder of one's own another name. Raises Forbidden, Invalid, AlreadyExists."""
    name = clean_name(name)
    _check_place(folder.mailbox, name, folder.folder.parent)
    folder.folder.name = folder.keys.seal(name.encode(), b"folder " + folder.folder.pk.bytes)
    folder.folder.name_digest = _digest(folder.keys, name)
    _save(folder, ["name", "name_digest"], name)


def move(folder: OpenFolder, parent: OpenFolder | None) -> None:
    """Put a folder of one's own under another, or at the top. Raises Forbidden, Invalid, AlreadyExists."""
    name = name_of(folder.folder, folder.keys)
    if parent is not None:
        if parent.mailbox.mailbox.pk != folder.mailbox.mailbox.pk:
            raise Invalid(field="parent")
        ancestor: Folder | None = parent.folder
        while ancestor is not None:
            if ancestor.pk == folder.folder.pk:
                raise Invalid(_("A folder cannot be moved into itself."), field="parent")
            ancestor = ancestor.parent
    _check_place(folder.mailbox, name, parent.folder if parent else None)
    folder.folder.parent = parent.folder if parent else None
    _save(folder, ["parent"], name)


def delete(folder: OpenFolder) -> bool:
    """Move a folder with all it holds into Deleted, or, if it is there already, remove it for good.

    Returns True when it is gone for good. If a folder of that name is in Deleted, a number is added.

    Raises:
        Forbidden: The actor may not.
        Invalid: One of the six standard folders.
    """
    folder.mailbox.require(Right.DELETE_FOLDER)
    _refuse_standard(folder.folder)
    deleted = folder_by_role(folder.mailbox, Folder.Role.DELETED)
    ancestor = folder.folder.parent
    while ancestor is not None:
        if ancestor.pk == deleted.folder.pk:
            _destroy(folder)
            return True
        ancestor = ancestor.parent
    name = name_of(folder.folder, folder.keys)
    for number in range(1, 1000):
        try:
            if number > 1:
                rename(folder, f"{name[: LONGEST_NAME - 4]} {number}")
            move(folder, deleted)
            return False
        except AlreadyExists:
            folder.folder.refresh_from_db()
    raise AlreadyExists


def _destroy(folder: OpenFolder) -> None:
    for child in Folder.objects.filter(parent=folder.folder):
        _destroy(folder_in(folder.mailbox, child.pk))
    expunge_all(folder)
    mailbox = folder.mailbox.mailbox
    with transaction.atomic():
        modseq = advance(mailbox.sequence_id)
        if folder.messages.exists():  # something arrived meanwhile
            raise Invalid(_("The folder is being filled. Try again."))
        bury(mailbox.folder_tree_id, [folder.folder], modseq)
        stamp(mailbox.sequence_id, mailbox.folder_tree_id, modseq)
        Collection.objects.filter(pk=folder.folder.pk).delete()


def _save(folder: OpenFolder, fields: list[str], name: str) -> None:
    folder.mailbox.require(Right.CREATE, Right.DELETE_FOLDER)
    _refuse_standard(folder.folder)
    mailbox = folder.mailbox.mailbox
    try:
        with transaction.atomic():
            modseq = advance(mailbox.sequence_id)
            folder.folder.modseq = modseq
            folder.folder.save(update_fields=[*fields, "modseq"])
            stamp(mailbox.sequence_id, mailbox.folder_tree_id, modseq)
    except IntegrityError as error:
        raise _taken(name) from error


def _check_place(mailbox: OpenMailbox, name: str, parent: Folder | None) -> None:
    depth, ancestor = 1, parent
    while ancestor is not None:
        depth, ancestor = depth + 1, ancestor.parent
    if depth > DEEPEST:
        raise Invalid(_("Folders cannot be nested deeper than this."), field="parent")
    if parent is None:
        # IMAP knows INBOX in any case, and a second "Sent" beside the standard one would confuse in every language.
        standard = {str(role) for role in ROLES_IN_ORDER} | {
            str(Folder.Role(role).label).casefold() for role in ROLES_IN_ORDER
        }
        if name.casefold() in standard:
            raise _taken(name)


def _refuse_standard(folder: Folder) -> None:
    if folder.role:
        raise Invalid(_("The standard folders stay as they are."), field="folder")


def _digest(keys: MailboxKeys, name: str) -> bytes:
    return keys.digest(f"folder {unicodedata.normalize('NFKC', name).casefold()}")


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(_("There is a folder named “%(name)s” here already.") % {"name": name}, field="name")
