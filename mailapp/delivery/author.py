"""The addresses in From and Sender, found in every field there is: a reader may be shown any of them. Pure."""

from mailapp.delivery import header_fields
from mailapp.mime.addresses import ascii_domain, parse_address_list, split_addr_spec


def addresses(raw: bytes) -> list[str]:
    """Return the addr-specs of all From fields, top to bottom; an empty string for one that is unreadable."""
    return [person.addr_spec for body in header_fields.bodies(raw, "from") for person in parse_address_list(body)]


def senders(raw: bytes) -> list[str]:
    """Return the addr-specs of all Sender fields; an empty string for one that is unreadable."""
    return [person.addr_spec for body in header_fields.bodies(raw, "sender") for person in parse_address_list(body)]


def domains(raw: bytes) -> list[str]:
    """Return the domains of the authors as A-labels; an empty string for an author without a usable address."""
    return [ascii_domain(split_addr_spec(addr_spec)[1]) if addr_spec else "" for addr_spec in addresses(raw)]
