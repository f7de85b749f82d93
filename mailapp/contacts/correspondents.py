"""Remembering whom one writes to."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from mailapp.access import OpenMailbox, Right
from mailapp.contacts import names
from mailapp.contacts.models import ContactAddress, Correspondent, CorrespondentPrefix
from mailapp.contacts.ranking import rank_after
from mailapp.mime.model import Person
from workmail.directory.addresses import fold
from workmail.keys.mailbox_keys import MailboxKeys

# A mass mailing says nothing about whom one writes to.
MOST_PEOPLE_REMEMBERED = 30


@dataclass(frozen=True, slots=True)
class Known:
    """A correspondent made readable."""

    correspondent: Correspondent
    person: Person


def record_use(mailbox: OpenMailbox, people: Iterable[Person], used_at: datetime) -> None:
    """Count one message to these people. A name replaces an older one, no name replaces none.

    Raises:
        Forbidden: The actor may not write in this mailbox.
    """
    mailbox.require(Right.WRITE)
    keys = mailbox.keys
    by_digest = {address_digest(keys, person.addr_spec): person for person in people if "@" in person.addr_spec}
    wanted = dict(list(by_digest.items())[:MOST_PEOPLE_REMEMBERED])
    if not wanted:
        return
    # Sealed before the transaction, which then only writes.
    sealed = {digest: _seal(keys, person) for digest, person in wanted.items()}
    numbers = {digest: _numbers(keys, person) for digest, person in wanted.items()}
    with transaction.atomic():
        Correspondent.objects.bulk_create(
            [
                Correspondent(
                    mailbox=mailbox.mailbox,
                    address_digest=digest,
                    person=sealed[digest],
                    last_used_at=used_at,
                    rank=rank_after(None, used_at),
                )
                for digest in wanted
            ],
            ignore_conflicts=True,
        )
        rows = Correspondent.objects.filter(mailbox=mailbox.mailbox, address_digest__in=list(wanted))
        prefixes: list[CorrespondentPrefix] = []
        for row in rows.select_for_update().order_by("pk"):
            digest = bytes(row.address_digest)
            if row.use_count:
                row.rank = rank_after(row.rank, used_at)
                row.last_used_at = max(row.last_used_at, used_at)
            if not row.use_count or wanted[digest].display_name:
                row.person = sealed[digest]
                prefixes += [CorrespondentPrefix(correspondent=row, number=number) for number in numbers[digest]]
            row.use_count += 1
            row.is_suggested = True
            row.save()
        CorrespondentPrefix.objects.bulk_create(prefixes, ignore_conflicts=True, batch_size=400)


def forget(mailbox: OpenMailbox, addr_spec: str) -> None:
    """Suggest this address no more, until it is written to again."""
    mailbox.require(Right.WRITE)
    Correspondent.objects.filter(
        mailbox=mailbox.mailbox, address_digest=address_digest(mailbox.keys, addr_spec)
    ).update(is_suggested=False)


def find(mailbox: OpenMailbox, typed: Sequence[str], *, limit: int) -> list[Known]:
    """Return correspondents whose name or address has these beginnings, the dearest first; all if there are none."""
    mailbox.require(Right.READ)
    rows = Correspondent.objects.filter(mailbox=mailbox.mailbox, is_suggested=True)
    for beginning in typed:
        number = mailbox.keys.search_number(_term(beginning[: names.LONGEST_PREFIX]))
        rows = rows.filter(prefixes__number=number)
    found = []
    # Some candidates fall away: they share the stored beginning, or the name they were found by has changed since.
    for row in rows.order_by("-rank")[: limit * 4]:
        person = unseal(mailbox.keys, row)
        if names.matches(typed, words_of(person)):
            found.append(Known(row, person))
    return found[:limit]


def ranks(mailbox: OpenMailbox, addr_specs: Iterable[str]) -> dict[str, float]:
    """Return the ranks of those that are suggested correspondents, by folded address: one statement."""
    mailbox.require(Right.READ)
    digests = {address_digest(mailbox.keys, addr_spec): fold(addr_spec) for addr_spec in addr_specs}
    if not digests:
        return {}
    rows = Correspondent.objects.filter(
        mailbox=mailbox.mailbox, address_digest__in=list(digests), is_suggested=True
    ).values_list("address_digest", "rank")
    return {digests[bytes(digest)]: rank for digest, rank in rows}


def is_known(mailbox: OpenMailbox, addr_spec: str) -> bool:
    """Tell whether the owner has written to the address, or has it in the address book."""
    mailbox.require(Right.READ)
    digest = address_digest(mailbox.keys, addr_spec)
    if ContactAddress.objects.filter(mailbox=mailbox.mailbox, digest=digest).exists():
        return True
    return Correspondent.objects.filter(mailbox=mailbox.mailbox, address_digest=digest, use_count__gt=0).exists()


@dataclass(frozen=True, slots=True)
class Recent:
    """Somebody written to lately, and how often altogether."""

    person: Person
    last_used_at: datetime
    use_count: int


def recent(mailbox: OpenMailbox, *, limit: int) -> list[Recent]:
    """Return whom one wrote to, the latest first."""
    mailbox.require(Right.READ)
    rows = Correspondent.objects.filter(mailbox=mailbox.mailbox, is_suggested=True).order_by("-last_used_at", "-pk")
    return [Recent(unseal(mailbox.keys, row), row.last_used_at, row.use_count) for row in rows[:limit]]


def get(mailbox: OpenMailbox, addr_spec: str) -> Recent | None:
    """Return the correspondent with this address, or None."""
    mailbox.require(Right.READ)
    digest = address_digest(mailbox.keys, addr_spec)
    row = Correspondent.objects.filter(mailbox=mailbox.mailbox, address_digest=digest).first()
    return Recent(unseal(mailbox.keys, row), row.last_used_at, row.use_count) if row else None


def words_of(person: Person) -> list[str]:
    return names.words(person.display_name, person.addr_spec)


def unseal(keys: MailboxKeys, row: Correspondent) -> Person:
    display_name, addr_spec = json.loads(keys.unseal(bytes(row.person), _context(bytes(row.address_digest))))
    return Person(display_name, addr_spec)


def _seal(keys: MailboxKeys, person: Person) -> bytes:
    octets = json.dumps([person.display_name, person.addr_spec], ensure_ascii=False).encode("utf-8", "surrogatepass")
    return keys.seal(octets, _context(address_digest(keys, person.addr_spec)))


def _context(digest: bytes) -> bytes:
    return b"correspondent " + digest


def address_digest(keys: MailboxKeys, addr_spec: str) -> bytes:
    """Return what stands for an address in the tables of this mailbox."""
    return keys.digest(f"correspondent {fold(addr_spec)}")


def _numbers(keys: MailboxKeys, person: Person) -> list[int]:
    return [keys.search_number(_term(beginning)) for beginning in sorted(names.prefixes(words_of(person)))]


def _term(beginning: str) -> str:
    return f"correspondent prefix {beginning}"
