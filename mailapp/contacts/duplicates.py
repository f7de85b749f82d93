"""Contacts that seem to be the same: finding them, and merging them so that no value is lost."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext as _

from mailapp.contacts import book as books
from mailapp.contacts import cards, groups, names, texts, writing
from mailapp.contacts.book import Entry, OpenBook
from mailapp.contacts.vcards import Card, Property
from mailapp.contacts.writing import Put, Written
from workmail.directory.addresses import fold
from workmail.errors import Invalid, NotFound

MOST_MERGED = 20
_SHORTEST_NUMBER, _COMPARED_DIGITS = 7, 9
# RFC 6350 lets a card have one of these only; a second value is kept as ``cards.ALSO``.
_ONLY_ONE = frozenset(("N", "BDAY", "ANNIVERSARY", "GENDER", "KIND"))
_OF_THE_CARD = frozenset(("UID", "REV", "PRODID", "VERSION"))


class Reason(StrEnum):
    ADDRESS = "address"
    PHONE = "phone"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Contacts that may be one, and why."""

    entries: tuple[Entry, ...]
    reasons: frozenset[Reason]


def find(book: OpenBook) -> list[Proposal]:
    """Return who seems to be there more than once; those the person called different are left apart."""
    entries = [entry for entry in books.entries(book) if not entry.summary.is_group]
    together = _Together(entries)
    shared: dict[tuple[Reason, str], list[int]] = {}
    for index, entry in enumerate(entries):
        for trait in _traits(entry):
            shared.setdefault(trait, []).append(index)
    reasons: dict[int, set[Reason]] = {}
    for (reason, _value), indexes in shared.items():
        if len(indexes) > MOST_MERGED:  # the number of a switchboard, the address of an office
            continue
        for other in indexes[1:]:
            if together.join(indexes[0], other):
                reasons.setdefault(other, set()).add(reason)
    proposals = []
    for members in together.groups():
        why = frozenset(reason for index in members for reason in reasons.get(index, ()))
        proposals.append(Proposal(tuple(entries[index] for index in members[:MOST_MERGED]), why))
    return proposals


def merge(book: OpenBook, keys: Sequence[UUID]) -> Written:
    """Make one contact of several: the first one stays and takes what the others say.

    Raises:
        Forbidden, Stale
        NotFound: One of them is gone.
        Invalid: Fewer than two, more than ``MOST_MERGED``, or a group among them.
    """
    wanted = list(dict.fromkeys(keys))
    if not 2 <= len(wanted) <= MOST_MERGED:
        raise Invalid(_("Choose at least two contacts to merge, and at most twenty."))
    found = {contact.key: contact for contact in books.get_several(book, wanted)}
    if len(found) < len(wanted):
        raise NotFound
    contacts = [found[key] for key in wanted]
    if any(contact.summary.is_group for contact in contacts):
        raise Invalid(_("Groups cannot be merged with contacts."))
    first, *others = contacts
    card = first.card
    for other in others:
        card = merged(card, other.card)
    puts = [Put(card, first.key, first.row.modseq)]
    puts += groups.replaced(book, {other.summary.uid: first.summary.uid for other in others})
    return writing.write(book, puts, deleted=[other.key for other in others])


def keep_apart(book: OpenBook, keys: Sequence[UUID]) -> Written:
    """Remember that these are different, so that they are not proposed again."""
    contacts = books.get_several(book, list(dict.fromkeys(keys))[:MOST_MERGED])
    if len(contacts) < 2:
        raise NotFound
    puts = []
    for contact in contacts:
        card = contact.card.copy()
        known = set(contact.summary.distinct)
        card.properties += [
            Property(cards.DISTINCT, other.summary.uid)
            for other in contacts
            if other is not contact and other.summary.uid not in known
        ]
        puts.append(Put(card, contact.key, contact.row.modseq))
    return writing.write(book, puts)


def merged(card: Card, other: Card) -> Card:
    """Return a card that says all that both say."""
    result = card.copy()
    group_names = _free_groups(result, other)
    for each in other.properties:
        if each.name in _OF_THE_CARD or not each.value.strip():
            continue
        new = each.copy()
        new.group = group_names.get(each.group, "")
        same = next((known for known in result.all(each.name) if _same(known, each)), None)
        if same is not None:
            _take_params(same, new)
        elif each.name in ("NICKNAME", "CATEGORIES"):
            _take_entries(result, new)
        elif each.name in _ONLY_ONE and result.first(each.name) is not None:
            if not _is_contained_name(result, new):
                also = Property(cards.ALSO, new.value, {"X-NAME": [each.name]} | new.params)
                if not any(_same(known, also) and known.params == also.params for known in result.all(cards.ALSO)):
                    result.properties.append(also)
        elif each.name == "X-ABLABEL" and not _has_company(other, each, result, group_names):
            continue
        else:
            if result.first(each.name) is not None:
                new.params.pop("PREF", None)  # what was preferred stays so
            result.properties.append(new)
    return result


def is_contained(card: Card, other: Card) -> bool:
    """Tell whether the card says all that the other one says."""
    return merged(card, other) == card


def _traits(entry: Entry) -> set[tuple[Reason, str]]:
    summary = entry.summary
    found = {(Reason.ADDRESS, fold(address)) for address in summary.addresses}
    for digits in entry.digits:
        if len(digits) >= _SHORTEST_NUMBER:
            found.add((Reason.PHONE, digits[-_COMPARED_DIGITS:]))
    words = names.words(summary.name)
    if len(words) >= 2:
        found.add((Reason.NAME, " ".join(sorted(words))))
    return found


class _Together:
    """Which indexes belong together; two that are called distinct never do."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._root = list(range(len(entries)))
        self._members = [[index] for index in self._root]
        self._entries = entries

    def join(self, one: int, other: int) -> bool:
        first, second = self._root[one], self._root[other]
        if first == second:
            return True
        if len(self._members[first]) + len(self._members[second]) > MOST_MERGED:
            return False
        for a in self._members[first]:
            for b in self._members[second]:
                if self._entries[a].summary.uid in self._entries[b].summary.distinct:
                    return False
        low, high = sorted((first, second))
        for index in self._members[high]:
            self._root[index] = low
        self._members[low] += self._members[high]
        self._members[high] = []
        return True

    def groups(self) -> list[list[int]]:
        return [sorted(members) for members in self._members if len(members) > 1]


def _same(known: Property, each: Property) -> bool:
    if known.name != each.name:
        return False
    if known.value == each.value:
        return True
    if each.name == "EMAIL":
        return fold(texts.unescape(known.value)) == fold(texts.unescape(each.value))
    if each.name == "TEL":
        return _number(known) == _number(each) != ""
    if each.name == "N":
        return [part.strip() for part in texts.components(known.value) if part.strip()] == [
            part.strip() for part in texts.components(each.value) if part.strip()
        ]
    return False


def _number(each: Property) -> str:
    """A number as it is dialled, if it is only that: extensions and words make another one."""
    value = texts.unescape(each.value).removeprefix("tel:")
    return re.sub(r"[\s().\u00a0-]", "", value) if re.fullmatch(r"[+\d\s().\u00a0-]+", value) else ""


def _take_params(known: Property, each: Property) -> None:
    types = known.types
    known.params.setdefault("TYPE", [])
    known.params["TYPE"] += [kind for kind in each.types if kind not in types]
    if not known.params["TYPE"]:
        known.params.pop("TYPE")
    for name, values in each.params.items():
        if name not in ("TYPE", "PREF"):
            known.params.setdefault(name, list(values))


def _take_entries(card: Card, each: Property) -> None:
    """Into the list that is there, what it does not have."""
    known = [entry for other in card.all(each.name) for entry in texts.entries(other.value)]
    new = [entry for entry in texts.entries(each.value) if entry not in known]
    if not new:
        return
    found = card.first(each.name)
    if found is None:
        card.properties.append(each)
    else:
        found.value = texts.joined([*texts.entries(found.value), *new])


def _is_contained_name(card: Card, each: Property) -> bool:
    """Whether each part of a structured name stands in the other one already: "Martin" in "Dr. Zoé Martin"."""
    name = card.first("N")
    if each.name != "N" or name is None:
        return False
    parts = [part.strip() for part in texts.components(each.value)]
    known = [part.strip() for part in texts.components(name.value)]
    return all(not part or (index < len(known) and known[index] == part) for index, part in enumerate(parts))


def _free_groups(card: Card, other: Card) -> dict[str, str]:
    """Give the other card's property groups names that are free in this one."""
    taken = {each.group for each in card.properties if each.group}
    given: dict[str, str] = {}
    for each in other.properties:
        if each.group and each.group not in given:
            name, number = each.group, 1
            while name in taken:
                name, number = f"item{number}", number + 1
            taken.add(name)
            given[each.group] = name
    return given


def _has_company(other: Card, label: Property, result: Card, group_names: dict[str, str]) -> bool:
    """Whether what this label is about came along: the label of a number that was there already is not needed."""
    about = [each for each in other.properties if each.group == label.group and each.name != "X-ABLABEL"]
    return any(each.group == group_names.get(label.group) for each in result.properties) or not about
