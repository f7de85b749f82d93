"""How much is too much: size, recipients, hops (RFC 5321 §4.5.3.1, §6.3), and messages that go round in circles."""

from django.conf import settings

from mailapp.delivery import header_fields
from mailapp.delivery.offers import Offer
from mailapp.delivery.verdicts import Verdict

# RFC 5321 §6.3 asks for at least 100; real routes have a dozen, and every hop of a loop costs somebody a copy.
MOST_HOPS = 50
MOST_HOUSE_HOPS = 5


def check(offer: Offer) -> Verdict | None:
    if offer.size_bytes > settings.SMTP_MAX_MESSAGE_BYTES:
        return Verdict.refuse("5.3.4", f"Message too big: at most {settings.SMTP_MAX_MESSAGE_BYTES} octets")
    if offer.recipient is not None and len(offer.envelope.recipients) >= settings.SMTP_MAX_RECIPIENTS:
        return Verdict.refuse("4.5.3", f"Too many recipients: at most {settings.SMTP_MAX_RECIPIENTS} in one message")
    if offer.raw is not None and header_fields.count(offer.raw, "received") > MOST_HOPS:
        return Verdict.refuse("5.4.6", "Too many hops: this message goes round in circles")
    return None
