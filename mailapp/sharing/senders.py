"""In whose name somebody may send: their own, as somebody else, or on behalf of somebody else (RFC 5322 §3.6.2)."""

from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from django.db.models import Prefetch, Q

from mailapp.sharing.effective import granted_to
from mailapp.sharing.models import MailboxGrant
from workmail.directory.models import Address, Entity

_VERIFIED = Prefetch(
    "entity__addresses",
    Address.objects.filter(domain__is_verified=True)
    .select_related("domain")
    .order_by("-is_primary", "local_part_folded"),
)


class Manner(IntEnum):
    """How a message is sent in a name; of several that are granted the highest counts."""

    ON_BEHALF = 1  # From is theirs, Sender is the one who writes
    SEND_AS = 2  # From is theirs, and there is no Sender
    OWN = 3


@dataclass(frozen=True, slots=True)
class Name:
    """Somebody in whose name one may send, with their addresses, the primary one first."""

    entity: Entity
    manner: Manner
    addresses: tuple[str, ...]
    copies_to_owner: bool = False


def names_for(user_id: UUID) -> list[Name]:
    """Return everybody in whose name this person may send, themselves not included: two statements."""
    grants: dict[UUID, list[MailboxGrant]] = {}
    for grant in _grants(user_id).select_related("entity").prefetch_related(_VERIFIED):
        grants.setdefault(grant.entity_id, []).append(grant)
    names = [
        Name(
            several[0].entity,
            max(_manner(grant) for grant in several),
            tuple(address.addr_spec for address in several[0].entity.addresses.all()),
            any(grant.copies_to_owner for grant in several),
        )
        for several in grants.values()
    ]
    return sorted((name for name in names if name.addresses), key=lambda name: str(name.entity).casefold())


def manner_for(user_id: UUID, entity_id: UUID) -> Manner | None:
    """Return how this person may send in that name: one statement, none for their own."""
    if user_id == entity_id:
        return Manner.OWN
    return max((_manner(grant) for grant in _grants(user_id).filter(entity_id=entity_id)), default=None)


def _grants(user_id: UUID):
    return MailboxGrant.objects.filter(
        granted_to(user_id), Q(send_as=True) | Q(send_on_behalf=True), entity__state=Entity.State.ENABLED
    ).exclude(entity_id=user_id)


def _manner(grant: MailboxGrant) -> Manner:
    return Manner.SEND_AS if grant.send_as else Manner.ON_BEHALF
