"""What has to be done to a message for one particular host."""

from mailapp.delivery import header_fields
from mailapp.delivery.outbound import seven_bit
from mailapp.delivery.stages import signing
from mailapp.delivery.transits import OpenTransit


def has_utf8_header(octets: bytes) -> bool:
    """Tell whether the header has octets beyond ASCII, which only SMTPUTF8 may carry (RFC 6531)."""
    return not header_fields.split(octets)[0].isascii()


def in_seven_bits(transit: OpenTransit) -> bytes:
    """Return the message in seven bits, signed anew if it was; raises ValueError when that cannot be done.

    What stands in front of it stays there: Resent fields, and the mark of whoever passed it on.
    """
    raw = seven_bit.converted(transit.raw)
    if transit.is_submission:
        return signing.signature(transit, raw) + raw
    return header_fields.without(transit.results.prefix, lambda field: field.name == "dkim-signature") + raw
