"""Making mailboxes."""

import time

from django.conf import settings
from django.db import transaction

from mailapp.store.models import Folder, Mailbox
from workmail.changes.log import advance, stamp
from workmail.changes.models import Collection, ModSequence
from workmail.directory.models import Entity
from workmail.keys.models import OrganizationKey
from workmail.keys.services import create_wrapped_key

STANDARD_ROLES = (
    Folder.Role.INBOX,
    Folder.Role.DRAFTS,
    Folder.Role.SENT,
    Folder.Role.ARCHIVE,
    Folder.Role.JUNK,
    Folder.Role.DELETED,
)


@transaction.atomic
def create(entity: Entity, *, quota_bytes: int | None = None) -> Mailbox:
    """Return the entity's mailbox with its six standard folders; a second call returns the same one.

    Raises:
        KeyUnavailable: The organization's key cannot be used now.
    """
    existing = Mailbox.objects.filter(entity=entity).first()
    if existing is not None:
        return existing
    organization_key = OrganizationKey.objects.get(organization_id=entity.organization_id)
    sequence = ModSequence.objects.create()
    mailbox = Mailbox.objects.create(
        organization_id=entity.organization_id,
        entity=entity,
        key=create_wrapped_key(organization_key),
        sequence=sequence,
        folder_tree=Collection.objects.create(owner=sequence, kind="folders"),
        quota_bytes=settings.MAILBOX_QUOTA_BYTES if quota_bytes is None else quota_bytes,
    )
    for role in STANDARD_ROLES:
        add_folder(mailbox, role)
    return mailbox


def add_folder(mailbox: Mailbox, role: str) -> Folder:
    """Make a folder with a role, inside the caller's transaction."""
    modseq = advance(mailbox.sequence_id)
    collection = Collection.objects.create(owner_id=mailbox.sequence_id, kind="messages", highest_modseq=modseq)
    folder = Folder.objects.create(
        collection=collection,
        key=collection.pk,
        mailbox=mailbox,
        role=role,
        name=b"",
        name_digest=f"role {role}".encode().ljust(16, b"\0"),
        uid=modseq,
        created_modseq=modseq,
        modseq=modseq,
        uid_validity=int(time.time()),
    )
    stamp(mailbox.sequence_id, mailbox.folder_tree_id, modseq)
    return folder


def create_for_enabled(entity: Entity, **_: object) -> None:
    """An enabled person or resource has a mailbox; a group has none."""
    if entity.kind != Entity.Kind.GROUP:
        create(entity)
