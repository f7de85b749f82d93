"""The fields that a mail server puts in front of a message (RFC 5321 §4.4). Pure."""

import ipaddress
from email.utils import format_datetime

from mailapp.delivery.envelope import Envelope
from mailapp.delivery.header_fields import printable
from mailapp.mime.headers import fold


def received(envelope: Envelope, *, host_name: str, trace_id: str) -> bytes:
    """Write the Received field.

    The recipient is named only when there is one, for others are nobody's business; nor is it whence our own people
    write.
    """
    words = []
    if envelope.client_address and not envelope.user_id:
        helo = printable(envelope.helo) or "unknown"
        client = address_literal(envelope.client_address)
        name = f"{printable(envelope.client_name)} " if envelope.client_name else ""
        words.append(f"from {helo} ({name}{client})")
    words.append(f"by {host_name} with {envelope.protocol}")
    if envelope.cipher:
        words.append(f"({printable(envelope.cipher.replace(' ', '-'))})")
    words.append(f"id {trace_id}")
    if len(envelope.recipients) == 1:
        words.append(f"for <{printable(envelope.recipients[0].address, 320)}>")
    words[-1] += ";"
    words.append(format_datetime(envelope.received))
    return fold("Received", " ".join(words))


def return_path(reverse_path: str) -> bytes:
    return f"Return-Path: <{printable(reverse_path, 320)}>\r\n".encode()


def delivered_to(address: str) -> bytes:
    return f"Delivered-To: {printable(address, 320)}\r\n".encode()


def address_literal(address: str) -> str:
    """Return ``[192.0.2.1]`` or ``[IPv6:2001:db8::1]`` (RFC 5321 §4.1.3)."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "[unknown]"
    return f"[IPv6:{parsed}]" if parsed.version == 6 else f"[{parsed}]"
