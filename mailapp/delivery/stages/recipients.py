"""Who is a recipient here? Decided while the client is still on the line, so that nobody has to be told by a bounce."""

from uuid import UUID

from django.db.models import F

from mailapp.delivery import rewriting
from mailapp.delivery.offers import Offer
from mailapp.delivery.verdicts import Verdict
from mailapp.store.models import Mailbox
from workmail.directory import addresses
from workmail.errors import Invalid


def check(offer: Offer) -> Verdict | None:
    """Sort the recipient that is being named into the offer, or refuse it."""
    if offer.recipient is None:
        return None
    address = offer.recipient.address
    try:
        local_part, domain_name = addresses.split(address)
    except Invalid:
        return Verdict.refuse("5.1.3", "This is not a usable address")
    resolved = addresses.resolve(address)
    if resolved is not None:
        if not offer.is_submission and _is_full(resolved.entity.pk):
            return Verdict.refuse("4.2.2", "The mailbox is full")
        _accept(offer, resolved.entity.organization_id)
        return None
    domain = addresses.local_domain(domain_name)
    if domain is None:
        if not offer.is_submission:
            return Verdict.refuse("5.7.1", "Relaying denied: this domain does not receive mail here")
        offer.remote_recipients.append(offer.recipient)
        return None
    if _is_always_known(local_part):
        _accept(offer, domain.organization_id)
        return None
    return Verdict.refuse("5.1.1", "No such recipient here")


def _accept(offer: Offer, organization_id: str) -> None:
    assert offer.recipient is not None
    offer.recipients_by_organization.setdefault(organization_id, []).append(offer.recipient)


def _is_always_known(local_part: str) -> bool:
    """``postmaster`` exists in every domain (RFC 5321 §4.5.1), and so do the reverse paths that we rewrote."""
    return local_part.lower() == "postmaster" or rewriting.restored(local_part) is not None


def _is_full(entity_id: UUID) -> bool:
    return Mailbox.objects.filter(entity_id=entity_id, used_bytes__gte=F("quota_bytes")).exists()
