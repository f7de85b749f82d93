"""The organization's own people, groups and rooms, ready to be searched while somebody types.

Each process keeps the words of an organization's address list for a few seconds. Names are compared without case and
accents, which no database does alike, and a list of thousands is searched in a millisecond. What a search finds is
looked up again before it is shown, so somebody who was disabled or hidden is gone at once; somebody new appears when
the list is read next.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from mailapp.contacts import names
from workmail.directory.addresses import WITH_ADDRESSES
from workmail.directory.models import Address, Entity, Portrait
from workmail.errors import NotFound

KEPT_SECONDS = 15
_MOST_LISTS = 50
_lists: dict[str, tuple[float, tuple["Entry", ...]]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the address list."""

    entity_id: UUID
    display_name: str
    words: tuple[str, ...]
    kind: str = Entity.Kind.USER
    department: str = ""
    sort_words: tuple[str, ...] = ()  # the family name first, if it is known


def search(organization_id: str, typed: Sequence[str], *, limit: int) -> list[Entity]:
    """Return enabled, not hidden entities of this organization by the beginnings of their words, with addresses."""
    if not typed:
        return []
    found = [entry for entry in _entries(organization_id) if names.matches(typed, entry.words)]
    found.sort(key=lambda entry: (names.closeness(typed, entry.words), entry.display_name.casefold()))
    entities = {
        entity.pk: entity
        for entity in _listed(organization_id)
        .filter(pk__in=[entry.entity_id for entry in found[: limit * 2]])
        .prefetch_related(WITH_ADDRESSES)
    }
    return [entities[entry.entity_id] for entry in found[: limit * 2] if entry.entity_id in entities][:limit]


def everybody(organization_id: str) -> list[Entry]:
    """Return the whole list in the order of family names."""
    return sorted(
        _entries(organization_id), key=lambda entry: (not entry.sort_words, entry.sort_words, entry.entity_id)
    )


def entities(organization_id: str, ids: Sequence[UUID]) -> list[Entity]:
    """Return these, in this order, with people's facts and addresses; those that are gone or hidden are missing."""
    found = {
        entity.pk: entity
        for entity in _listed(organization_id)
        .filter(pk__in=ids)
        .select_related("user__portrait", "user__manager", "resource")
        .prefetch_related(WITH_ADDRESSES)
    }
    return [found[pk] for pk in ids if pk in found]


def get(organization_id: str, entity_id: UUID) -> Entity:
    """Return one line of the list. Raises NotFound for what is not in it."""
    found = entities(organization_id, [entity_id])
    if not found:
        raise NotFound
    return found[0]


def portrait(organization_id: str, entity_id: UUID, *, with_hidden: bool = False) -> bytes:
    """Return the picture of somebody in the list, a JPEG. Raises NotFound."""
    listed = Entity.objects.filter(organization_id=organization_id) if with_hidden else _listed(organization_id)
    found = Portrait.objects.filter(user_id=entity_id, user_id__in=listed.values("pk")).first()
    if found is None:
        raise NotFound
    return bytes(found.image)


def forget(organization_id: str) -> None:
    """Read the list anew at the next search; called when somebody was enabled or disabled in this process."""
    with _lock:
        _lists.pop(organization_id, None)


def forget_changed(entity: Entity, **_: object) -> None:
    forget(entity.organization_id)


def _listed(organization_id: str):
    return Entity.objects.filter(
        organization_id=organization_id, state=Entity.State.ENABLED, hidden_from_address_list=False
    )


def _entries(organization_id: str) -> tuple[Entry, ...]:
    now = time.monotonic()
    kept = _lists.get(organization_id)
    if kept and kept[0] > now:
        return kept[1]
    entries = _read(organization_id)
    with _lock:
        if len(_lists) >= _MOST_LISTS:
            _lists.clear()
        _lists[organization_id] = (now + KEPT_SECONDS, entries)
    return entries


def _read(organization_id: str) -> tuple[Entry, ...]:
    texts: dict[UUID, list[str]] = {}
    facts: dict[UUID, tuple[str, str]] = {}
    rows = _listed(organization_id).values_list(
        *("pk", "display_name", "name", "user__given_name", "user__family_name", "kind", "user__department")
    )
    for entity_id, *name_parts, kind, department in rows:
        texts[entity_id] = [part or "" for part in name_parts]
        facts[entity_id] = (kind, department or "")
    addresses = Address.objects.filter(entity__organization_id=organization_id).order_by("-is_primary", "pk")
    for entity_id, local_part in addresses.values_list("entity_id", "local_part"):
        if entity_id in texts:
            texts[entity_id].append(local_part)
    return tuple(
        Entry(
            entity_id,
            parts[0] or parts[1],
            tuple(names.words(*parts)),
            *facts[entity_id],
            tuple(names.words(f"{parts[3]} {parts[2]}" if parts[3] else parts[0] or parts[1])),
        )
        for entity_id, parts in texts.items()
    )
