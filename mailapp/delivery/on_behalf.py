"""What is sent on somebody's behalf says who sent it, and its reports go to them (RFC 5322 §3.6.2, RFC 6409 §8.1)."""

from dataclasses import replace

from mailapp.delivery import author, header_fields
from mailapp.delivery.offers import Offer
from mailapp.mime import headers
from mailapp.mime.addresses import format_person
from mailapp.mime.model import Person
from mailapp.sharing.senders import Manner


def settle(offer: Offer, raw: bytes) -> bytes:
    """Return the message as it leaves: with Sender where an author is one whom the sender may only speak for.

    The stages have passed the offer, and noted in ``offer.manners`` how each address in it may be used.
    """
    if Manner.ON_BEHALF not in offer.manners.values():
        return raw
    assert offer.sender is not None
    own = offer.sender.addr_spec
    if offer.manners.get(offer.envelope.reverse_path) is Manner.ON_BEHALF:
        offer.envelope = replace(offer.envelope, reverse_path=own)
    if not any(offer.manners.get(addr_spec) is Manner.ON_BEHALF for addr_spec in author.addresses(raw)):
        return raw
    raw = header_fields.without(raw, lambda field: field.name == "sender")
    written = headers.fold("Sender", format_person(Person(str(offer.sender), own), encode=True))
    return header_fields.put_in_front(raw, written)
