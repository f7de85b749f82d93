"""Whom the owner of a mailbox knows: asked for every message that is opened, so it must cost next to nothing."""

import time
from collections.abc import Iterable
from uuid import UUID

from mailapp.access import OpenMailbox, Right
from mailapp.contacts.correspondents import address_digest, unseal
from mailapp.contacts.models import ContactAddress, Correspondent
from workmail.directory.addresses import fold

_MOST_DOMAINS_OF = 300  # of the people one writes to most
_KEPT_SECONDS = 300
_MOST_KEPT = 200
_domains: dict[UUID, tuple[float, frozenset[str]]] = {}


def known_among(mailbox: OpenMailbox, addr_specs: Iterable[str]) -> set[str]:
    """Return those of the addresses, folded, that are in the address book or were written to: one statement."""
    mailbox.require(Right.READ)
    digests = {address_digest(mailbox.keys, addr_spec): fold(addr_spec) for addr_spec in addr_specs if addr_spec}
    if not digests:
        return set()
    in_book = ContactAddress.objects.filter(mailbox=mailbox.mailbox, digest__in=list(digests)).values_list("digest")
    written_to = Correspondent.objects.filter(
        mailbox=mailbox.mailbox, address_digest__in=list(digests), use_count__gt=0
    ).values_list("address_digest")
    return {digests[bytes(digest)] for (digest,) in in_book.union(written_to)}


def domains_written_to(mailbox: OpenMailbox) -> frozenset[str]:
    """Return the domains of the people one writes to most; kept by the process for some minutes."""
    mailbox.require(Right.READ)
    now = time.monotonic()
    kept = _domains.get(mailbox.mailbox.pk)
    if kept and kept[0] > now:
        return kept[1]
    rows = Correspondent.objects.filter(mailbox=mailbox.mailbox, use_count__gt=0).order_by("-rank")
    people = (unseal(mailbox.keys, row) for row in rows[:_MOST_DOMAINS_OF])
    found = frozenset(domain for person in people if (domain := fold(person.addr_spec).rpartition("@")[2]))
    if len(_domains) >= _MOST_KEPT:
        _domains.clear()
    _domains[mailbox.mailbox.pk] = (now + _KEPT_SECONDS, found)
    return found
