"""Groups of contacts: cards of KIND group (RFC 6350 §6.1.4), each usable as one recipient."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.utils.translation import gettext as _

from mailapp.contacts import book as books
from mailapp.contacts import cards, texts, writing
from mailapp.contacts.book import Entry, OpenBook, OpenContact
from mailapp.contacts.summaries import Summary
from mailapp.contacts.vcards import Card, Property
from mailapp.contacts.writing import Put, Written
from mailapp.mime.addresses import is_valid_addr_spec
from mailapp.mime.model import Person
from workmail.directory.addresses import fold
from workmail.errors import AlreadyExists, Invalid, NotFound

LONGEST_NAME = 100
MOST_MEMBERS = 2_000
_MAILTO = "mailto:"


def listed(book: OpenBook) -> list[Entry]:
    return [entry for entry in books.entries(book) if entry.summary.is_group]


def create(book: OpenBook, name: str, members: Iterable[str] = ()) -> Written:
    """Make a group. Members are UIDs of contacts or ``mailto:`` addresses. Raises Forbidden, Invalid, AlreadyExists."""
    name = _clean_name(book, name)
    card = Card(
        [Property("KIND", "group"), Property("FN", texts.escape(name)), Property("N", f"{texts.escape(name)};;;;")]
    )
    cards.set_members(card, list(members)[:MOST_MEMBERS])
    return writing.create(book, card)


def rename(group: OpenContact, name: str) -> Written:
    _require_group(group)
    name, card = _clean_name(group.book, name, but=group.key), group.card.copy()
    cards.set_text(card, "FN", name)
    cards.set_components(card, "N", {0: name})
    return writing.change(group, card, unchanged_since=group.row.modseq)


def add(group: OpenContact, members: Iterable[str]) -> Written:
    return _change_members(group, [*group.summary.members, *members])


def remove(group: OpenContact, members: Iterable[str]) -> Written:
    gone = set(members)
    return _change_members(group, [member for member in group.summary.members if member not in gone])


def delete(group: OpenContact) -> Written:
    """The group goes; its members stay."""
    _require_group(group)
    return writing.delete(group.book, [group.key])


def people(group: Summary, by_uid: Mapping[str, Summary]) -> list[Person]:
    """Return everybody a message to the group goes to, each once; groups in groups are opened, loops are cut."""
    found: dict[str, Person] = {}
    seen: set[str] = set()

    def collect(each: Summary) -> None:
        if each.uid in seen or len(found) >= MOST_MEMBERS:
            return
        seen.add(each.uid)
        for member in each.members:
            known = by_uid.get(member)
            if known is None:
                address = member[len(_MAILTO) :] if member.lower().startswith(_MAILTO) else ""
                if is_valid_addr_spec(address):
                    found.setdefault(fold(address), Person("", address))
            elif known.is_group:
                collect(known)
            elif known.addresses and is_valid_addr_spec(known.addresses[0]):
                found.setdefault(fold(known.addresses[0]), Person(known.name, known.addresses[0]))

    collect(group)
    return list(found.values())


def by_uid(entries: Iterable[Entry]) -> dict[str, Summary]:
    return {entry.summary.uid: entry.summary for entry in entries}


def members_of(book: OpenBook, group: Summary) -> tuple[list[Entry], list[str]]:
    """Return the members that are in this book, and the addresses of those that are not."""
    known = {entry.summary.uid: entry for entry in books.entries(book)}
    inside = [known[member] for member in group.members if member in known]
    outside = [member[len(_MAILTO) :] for member in group.members if member.lower().startswith(_MAILTO)]
    return inside, outside


def containing(book: OpenBook, contact: Summary) -> list[Entry]:
    """Return the groups in which a contact is."""
    return [entry for entry in listed(book) if contact.uid in entry.summary.members]


def replaced(book: OpenBook, uids: Mapping[str, str]) -> list[Put]:
    """Return what lets every group name the new member instead of the old one, for merging and deleting."""
    concerned = [entry.key for entry in listed(book) if not uids.keys().isdisjoint(entry.summary.members)]
    puts = []
    for group in books.get_several(book, concerned):
        card = group.card.copy()
        members = [uids.get(member, member) for member in group.summary.members]
        cards.set_members(card, [member for member in members if member])
        puts.append(Put(card, group.key, group.row.modseq))
    return puts


def named(book: OpenBook, name: str) -> Entry | None:
    """Return the group of that name, without regard to case."""
    wanted = " ".join(name.split()).casefold()
    return next((entry for entry in listed(book) if entry.summary.name.casefold() == wanted), None)


def _change_members(group: OpenContact, members: list[str]) -> Written:
    _require_group(group)
    if len(members) > MOST_MEMBERS:
        raise Invalid(_("A group can have at most %(count)d members.") % {"count": MOST_MEMBERS})
    card = group.card.copy()
    cards.set_members(card, [member for member in members if member != group.summary.uid])
    return writing.change(group, card, unchanged_since=group.row.modseq)


def _require_group(group: OpenContact) -> None:
    if not group.summary.is_group:
        raise NotFound


def _clean_name(book: OpenBook, name: str, *, but: UUID | None = None) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid(_("Give the group a name."), field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid(
            _("The name of a group may have at most %(count)d characters.") % {"count": LONGEST_NAME}, field="name"
        )
    found = named(book, name)
    if found is not None and found.key != but:
        raise AlreadyExists(_("There is a group named “%(name)s” already.") % {"name": name}, field="name")
    return name
