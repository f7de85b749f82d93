"""In whose name may somebody send?"""

from workmail.directory import addresses
from workmail.directory.models import Entity


def may_send_as(sender: Entity, addr_spec: str) -> bool:
    """Tell whether the address is one of the sender's own, an alias or a tagged form of one included."""
    resolved = addresses.resolve(addr_spec)
    return resolved is not None and resolved.entity.pk == sender.pk
