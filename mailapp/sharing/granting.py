"""Sharing a mailbox, a folder or a name, and ending it.

A grant replaces the one before for the same pair, as PutMailboxPermissions does; granting the same again changes
nothing and notes nothing. Everything else is in the audit log with what held before and after.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from mailapp import access
from mailapp.access import OpenMailbox, Right
from mailapp.sharing import announcing
from mailapp.sharing.levels import Level
from mailapp.sharing.models import FolderGrant, MailboxGrant
from mailapp.store.models import Folder
from workmail.accounts.actor import SYSTEM, Actor
from workmail.audit import log as audit
from workmail.directory.addresses import WITH_ADDRESSES, entities_by_address
from workmail.directory.models import Entity
from workmail.errors import Forbidden, Invalid, LimitExceeded, NotFound

MOST_GRANTS = 500
_FLAGS = ("full_access", "send_as", "send_on_behalf", "copies_to_owner")


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a mailbox grant gives. ``copies_to_owner`` says where copies go and gives nothing by itself."""

    full_access: bool = False
    send_as: bool = False
    send_on_behalf: bool = False
    copies_to_owner: bool = False

    def __bool__(self) -> bool:
        return self.full_access or self.send_as or self.send_on_behalf


# --- A whole mailbox, or a name ----------------------------------------------------------------------------------


def grant_mailbox(actor: Actor, entity: Entity, grantee: Entity, permissions: Permissions) -> MailboxGrant | None:
    """Let somebody use a mailbox, or send in a name; without any permission the grant ends.

    Raises:
        NotFound: One of the two is not of the actor's organization, or the grantee is not enabled.
        Forbidden: The actor is neither the owner nor an administrator.
        Invalid: It makes no sense: to oneself, to a room, full access to a group's mailbox, which is none.
        LimitExceeded: There are too many grants already.
    """
    _require_owner_or_administrator(actor, entity)
    if permissions:
        _check_grantee(entity, grantee)
        if permissions.full_access and entity.kind == Entity.Kind.GROUP:
            raise Invalid(_("A group has no mailbox that could be opened."), field="full_access")
    with transaction.atomic():
        rows = MailboxGrant.objects.select_for_update().filter(entity_id=entity.pk)
        row = rows.filter(grantee_id=grantee.pk).first()
        before = _described(row)
        if not permissions:
            if row is not None:
                row.delete()
            row = None
        else:
            if row is None:
                _check_number(rows.count())
                row = MailboxGrant(organization_id=entity.organization_id, entity_id=entity.pk, grantee_id=grantee.pk)
            row.is_to_group = grantee.kind == Entity.Kind.GROUP
            for name in _FLAGS:
                setattr(row, name, getattr(permissions, name))
            if before != _described(row):
                row.save()
        _note(actor, "mailbox.share", entity, grantee, before, _described(row))
    return row


def mailbox_grants(actor: Actor, entity: Entity) -> list[MailboxGrant]:
    """Return who may use this mailbox or name, by name. Raises like ``grant_mailbox``."""
    _require_owner_or_administrator(actor, entity)
    rows = MailboxGrant.objects.filter(entity_id=entity.pk).exclude(grantee__state=Entity.State.DELETED)
    return _by_name(rows.select_related("grantee").prefetch_related("grantee__addresses__domain"))


# --- One folder ------------------------------------------------------------------------------------------------


def grant_folder(
    actor: Actor, folder_id: UUID, grantee: Entity, level: str | None, *, includes_subfolders: bool = False
) -> FolderGrant | None:
    """Let somebody use a folder at a level; None ends it.

    Raises:
        NotFound: There is no such folder, or the grantee is not of its organization or not enabled.
        Forbidden: The actor may not share it, or not what is below it.
        Invalid: To its owner, to a room, or at a level that does not exist.
        LimitExceeded: There are too many grants already.
    """
    folder, is_tree_theirs = _folder_to_share(actor, folder_id)
    entity = folder.mailbox.entity
    if level is not None:
        if level not in Level.values:
            raise Invalid(_("Choose one of the levels offered."), field="level")
        _check_grantee(entity, grantee)
        if includes_subfolders and not is_tree_theirs:
            raise Forbidden(_("Only the owner of the mailbox can share the folders below as well."))
    with transaction.atomic():
        rows = FolderGrant.objects.select_for_update().filter(folder=folder)
        row = rows.filter(grantee_id=grantee.pk).first()
        before = _folder_described(row)
        if level is None:
            if row is not None:
                row.delete()
            row = None
        else:
            if row is None:
                _check_number(rows.count())
                row = FolderGrant(
                    organization_id=entity.organization_id,
                    mailbox_id=folder.mailbox_id,
                    folder=folder,
                    grantee_id=grantee.pk,
                )
            row.is_to_group = grantee.kind == Entity.Kind.GROUP
            row.level, row.includes_subfolders = level, includes_subfolders
            if before != _folder_described(row):
                row.save()
        _note(actor, "folder.share", entity, grantee, before, _folder_described(row), folder=str(folder.pk))
    return row


def folder_grants(actor: Actor, folder_id: UUID) -> list[FolderGrant]:
    """Return who may use this folder by a grant on it, by name. Raises like ``grant_folder``."""
    folder, _is_tree_theirs = _folder_to_share(actor, folder_id)
    rows = FolderGrant.objects.filter(folder=folder).exclude(grantee__state=Entity.State.DELETED)
    return _by_name(rows.select_related("grantee").prefetch_related("grantee__addresses__domain"))


def all_folder_grants(mailbox: OpenMailbox) -> list[FolderGrant]:
    """Return all grants on folders of one's mailbox. Raises Forbidden for whoever has only folders of it."""
    mailbox.require(Right.ADMINISTER)
    rows = FolderGrant.objects.filter(mailbox=mailbox.mailbox).exclude(grantee__state=Entity.State.DELETED)
    return _by_name(rows.select_related("grantee", "folder").prefetch_related("grantee__addresses__domain"))


def may_include_subfolders(actor: Actor, folder_id: UUID) -> bool:
    return _folder_to_share(actor, folder_id)[1]


# --- Who is meant ----------------------------------------------------------------------------------------------


def grantee_at(organization_id: str, addr_spec: str) -> Entity:
    """Return the person or group of the organization at an address. Raises Invalid for everybody else."""
    found = next(iter(entities_by_address(organization_id, [addr_spec]).values()), None)
    if found is None or not found.is_enabled or found.kind == Entity.Kind.RESOURCE:
        raise Invalid(
            _("There is no person or group with the address %(address)s in your organization.")
            % {"address": addr_spec},
            field="people",
        )
    return found


def grantee(organization_id: str, entity_id: UUID) -> Entity:
    """Return somebody to whom there may be a grant, whatever became of them. Raises NotFound."""
    found = Entity.objects.filter(pk=entity_id, organization_id=organization_id).prefetch_related(WITH_ADDRESSES)
    entity = found.first()
    if entity is None:
        raise NotFound
    return entity


def _check_grantee(entity: Entity, grantee: Entity) -> None:
    if grantee.organization_id != entity.organization_id or not grantee.is_enabled:
        raise NotFound
    if grantee.pk == entity.pk:
        raise Invalid(_("This mailbox is theirs already."), field="people")
    if grantee.kind == Entity.Kind.RESOURCE:
        raise Invalid(_("Choose a person or a group."), field="people")


def _check_number(count: int) -> None:
    if count >= MOST_GRANTS:
        raise LimitExceeded(_("This is shared with too many already. Share it with a group instead."))


# --- Who may share -----------------------------------------------------------------------------------------------


def _require_owner_or_administrator(actor: Actor, entity: Entity) -> None:
    if actor is SYSTEM:
        return
    user = actor.user
    if user is None or not user.is_active:
        raise NotFound
    if user.organization_id != entity.organization_id and not user.is_operator:
        raise NotFound
    if entity.state == Entity.State.DELETED:
        raise NotFound
    if user.pk != entity.pk and not user.is_administrator:
        audit.record(actor, "mailbox.share", entity.addr_spec, succeeded=False)
        raise Forbidden(_("Only the owner of the mailbox or an administrator can share it."))


def _folder_to_share(actor: Actor, folder_id: UUID) -> tuple[Folder, bool]:
    """Return the folder, and whether the actor may share what is below it too."""
    folder = Folder.objects.select_related("mailbox__entity").filter(pk=folder_id).first()
    if folder is None:
        raise NotFound
    try:
        opened = access.open_folder(actor, folder_id, needs=[Right.ADMINISTER]) if actor is not SYSTEM else None
    except (NotFound, Forbidden):
        user = actor.user
        is_administrator = user is not None and user.is_active and user.is_administrator
        if not is_administrator or (user.organization_id != folder.mailbox.organization_id and not user.is_operator):
            raise
        return folder, True
    return folder, opened is None or opened.mailbox.is_whole


# --- What is noted ---------------------------------------------------------------------------------------------


def _described(row: MailboxGrant | None) -> dict[str, Any] | None:
    return {name: getattr(row, name) for name in _FLAGS} if row is not None else None


def _folder_described(row: FolderGrant | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"level": str(row.level), "includes_subfolders": row.includes_subfolders}


def _note(actor: Actor, action: str, entity: Entity, grantee: Entity, before: Any, after: Any, **details: Any) -> None:
    if before == after:
        return
    audit.record(
        actor,
        action,
        entity.addr_spec or entity.name,
        organization_id=entity.organization_id,
        grantee=grantee.addr_spec or grantee.name,
        before=before,
        after=after,
        **details,
    )
    announcing.after_commit(grantee)


def _by_name(rows: Iterable[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: (str(row.grantee).casefold(), row.pk))
