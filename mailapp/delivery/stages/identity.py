"""May the person who is signed in send in this name? In the envelope, in From and in Sender.

Own addresses may stand anywhere, and so may those of whom one may send as. An address that one may only send on behalf
of may stand in the envelope and in From; ``on_behalf.settle`` then says in Sender who writes.
"""

from mailapp.delivery import author
from mailapp.delivery.identity import manner_of
from mailapp.delivery.offers import Offer
from mailapp.delivery.verdicts import Verdict
from mailapp.sharing.senders import Manner


def check(offer: Offer) -> Verdict | None:
    if offer.sender is None:
        return None
    reverse_path = offer.envelope.reverse_path
    if reverse_path and _manner(offer, reverse_path) is None:
        return Verdict.refuse("5.7.1", "You may not send with this address")
    if offer.raw is None:
        return None
    authors = author.addresses(offer.raw)
    if not authors:
        return Verdict.refuse("5.6.0", "The message has no usable From field")
    manners = {_manner(offer, addr_spec) for addr_spec in authors}
    if None in manners:
        return Verdict.refuse("5.7.1", "You may not send with the address in From")
    if Manner.ON_BEHALF in manners:
        return None  # whatever stands in Sender is replaced
    if {_manner(offer, addr_spec) for addr_spec in author.senders(offer.raw)} & {None, Manner.ON_BEHALF}:
        return Verdict.refuse("5.7.1", "You may not send with the address in Sender")
    return None


def _manner(offer: Offer, addr_spec: str) -> Manner | None:
    """Look an address up once for each offer, however often it stands there."""
    assert offer.sender is not None
    if addr_spec not in offer.manners:
        offer.manners[addr_spec] = manner_of(offer.sender, addr_spec)
    return offer.manners[addr_spec]
