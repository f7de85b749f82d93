"""Mailboxes that this process has delivered to lately, open: opening one costs more than storing a message in it.

Whether the key may still be used is asked every time. What else could change (a mailbox that is deleted) lets the
transaction fail, and the next attempt finds it out.
"""

import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

from mailapp import access
from mailapp.access import OpenFolder, OpenMailbox
from mailapp.store import mailboxes
from workmail.directory.models import Entity
from workmail.errors import NotFound
from workmail.keys.models import WrappedKey
from workmail.keys.services import open_wrapped_key

_SECONDS = 30.0
_MOST = 500

_lock = threading.Lock()
_by_entity: dict[UUID, "_AtHand"] = {}
_by_mailbox: dict[UUID, "_AtHand"] = {}


@dataclass(slots=True)
class _AtHand:
    opened: OpenMailbox
    until: float
    folders: dict[str, OpenFolder] = field(default_factory=dict)


def mailbox_of(entity: Entity) -> OpenMailbox:
    """Return the entity's mailbox, making one that could not be made while the organization's key was disabled.

    Raises:
        KeyUnavailable: It has none, and none can be made now.
    """
    known = _by_entity.get(entity.pk)
    if known is not None and known.until > time.monotonic():
        return known.opened
    try:
        opened = access.open_mailbox_of_entity_for_system(entity.pk)
    except NotFound:
        opened = access.open_mailbox_for_system(mailboxes.create(entity).pk)
    return _keep(opened).opened


def folder(mailbox_id: UUID, role: str) -> OpenFolder:
    """Return a standard folder of the mailbox, with usable keys.

    Raises:
        NotFound: The mailbox is gone.
        KeyUnavailable: The organization's key is disabled now, or the mailbox's is destroyed.
    """
    known = _by_mailbox.get(mailbox_id)
    if known is None or known.until <= time.monotonic():
        known = _keep(access.open_mailbox_for_system(mailbox_id))
    else:
        _look_at_the_key(known.opened)
    if role not in known.folders:
        known.folders[role] = access.folder_by_role(known.opened, role)
    return known.folders[role]


def forget() -> None:
    with _lock:
        _by_entity.clear()
        _by_mailbox.clear()


def _look_at_the_key(opened: OpenMailbox) -> None:
    key = opened.mailbox.key
    key.organization_key.state, key.destroyed_at = (
        WrappedKey.objects.filter(pk=key.pk).values_list("organization_key__state", "destroyed_at").get()
    )
    open_wrapped_key(key)


def _keep(opened: OpenMailbox) -> _AtHand:
    known = _AtHand(opened, time.monotonic() + _SECONDS)
    with _lock:
        if len(_by_mailbox) >= _MOST:
            _by_entity.clear()
            _by_mailbox.clear()
        _by_entity[opened.mailbox.entity_id] = _by_mailbox[opened.mailbox.pk] = known
    return known
