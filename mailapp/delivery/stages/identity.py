"""May the person who is signed in send in this name? The reverse path and every address in From must be theirs."""

from mailapp.delivery import author
from mailapp.delivery.identity import may_send_as
from mailapp.delivery.offers import Offer
from mailapp.delivery.verdicts import Verdict


def check(offer: Offer) -> Verdict | None:
    if offer.sender is None:
        return None
    reverse_path = offer.envelope.reverse_path
    if reverse_path and not may_send_as(offer.sender, reverse_path):
        return Verdict.refuse("5.7.1", "You may not send with this address")
    if offer.raw is None:
        return None
    authors = author.addresses(offer.raw)
    if not authors:
        return Verdict.refuse("5.6.0", "The message has no usable From field")
    if not all(may_send_as(offer.sender, addr_spec) for addr_spec in authors):
        return Verdict.refuse("5.7.1", "You may not send with the address in From")
    return None
