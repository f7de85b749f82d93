"""Whom ``from:`` and ``to:`` may mean: senders of the newest messages, people one writes to, the address list."""

from typing import Final

from mailapp.access import OpenMailbox, Right
from mailapp.contacts import names, suggestions
from mailapp.mime.model import Person
from mailapp.store import summaries
from mailapp.store.models import Folder, Message
from workmail.directory.addresses import fold

MOST_PEOPLE: Final = 8
_NEWEST_MESSAGES: Final = 200  # each is a small decryption, at every pause in typing
_NOT_FROM_OTHERS: Final = (Folder.Role.SENT, Folder.Role.DRAFTS, Folder.Role.JUNK, Folder.Role.DELETED)


def suggest(mailbox: OpenMailbox, typed: str, *, senders: bool) -> list[Person]:
    """Return people whose name or address begins as typed.

    Args:
        senders: Whoever wrote lately comes first; otherwise whom one writes to.

    Raises:
        Forbidden: The actor may not read this mailbox.
        KeyUnavailable: The mailbox cannot be decrypted now.
    """
    mailbox.require(Right.READ)
    beginnings = names.words(typed)
    if typed.strip() and not beginnings:
        return []
    wrote = _recent_senders(mailbox, beginnings) if senders else []
    known = [Person(found.display_name, found.addr_spec) for found in suggestions.suggest(mailbox, typed)]
    people: dict[str, Person] = {}
    for person in (*wrote, *known):
        people.setdefault(fold(person.addr_spec), person)
    return list(people.values())[:MOST_PEOPLE]


def _recent_senders(mailbox: OpenMailbox, beginnings: list[str]) -> list[Person]:
    """Return senders of the newest messages, those who wrote last first."""
    rows = Message.objects.filter(mailbox=mailbox.mailbox).exclude(folder__role__in=_NOT_FROM_OTHERS)
    found: list[Person] = []
    for row in rows.only("summary", "content_id").order_by("-search_id")[:_NEWEST_MESSAGES]:
        for person in summaries.unseal(mailbox.keys, row).from_[:1]:
            if person.addr_spec and names.matches(beginnings, names.words(person.display_name, person.addr_spec)):
                found.append(person)
    return found
