"""In whose name may somebody send?"""

from mailapp.sharing import senders
from mailapp.sharing.senders import Manner
from workmail.directory import addresses
from workmail.directory.models import Entity


def manner_of(sender: Entity, addr_spec: str) -> Manner | None:
    """Return how somebody may send with an address: as their own, as its owner, on the owner's behalf; None: not.

    Aliases and tagged forms of an address count as the address.
    """
    resolved = addresses.resolve(addr_spec)
    if resolved is None or resolved.entity.organization_id != sender.organization_id:
        return None
    return senders.manner_for(sender.pk, resolved.entity.pk)
