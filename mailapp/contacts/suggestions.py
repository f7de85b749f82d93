"""Completing a recipient: correspondents, contacts and the address list in one ranking, each address once."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count
from django.utils import timezone

from mailapp.access import OpenMailbox, Right
from mailapp.contacts import address_list, correspondents, groups, names, ranking
from mailapp.contacts import book as books
from mailapp.contacts.book import Entry
from mailapp.mime.addresses import is_valid_addr_spec
from mailapp.mime.model import Person
from workmail.directory.addresses import entities_by_address, fold, fold_domain
from workmail.directory.models import Domain, Entity, Membership

MOST_SUGGESTIONS = 8
_MOST_GROUPS = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody who can be written to. ``kind`` is an ``Entity.Kind``, or empty for somebody outside."""

    display_name: str
    addr_spec: str
    kind: str = ""
    is_outside: bool = False
    member_count: int = 0  # of a group


@dataclass(frozen=True, slots=True)
class GroupSuggestion:
    """A group of one's own: choosing it chooses its people."""

    name: str
    people: tuple[Person, ...]


@dataclass(slots=True)
class _Candidate:
    """One address, and all that speaks for it."""

    person: Person
    rank: float
    closeness: int
    entity: Entity | None = None


def suggest(
    mailbox: OpenMailbox, typed: str, *, exclude: Collection[str] = (), limit: int = MOST_SUGGESTIONS
) -> list[Suggestion]:
    """Return whom the typed beginning may mean, the likeliest first.

    Args:
        exclude: Addresses that are recipients already.

    Raises:
        Forbidden: The actor may not read this mailbox.
        KeyUnavailable: Correspondents cannot be read now.
    """
    mailbox.require(Right.READ)
    beginnings = names.words(typed)
    if typed.strip() and not beginnings:
        return []
    organization_id = mailbox.mailbox.organization_id
    taken = {fold(addr_spec) for addr_spec in exclude}
    wanted = limit + len(taken)
    found: dict[str, _Candidate] = {}
    for entry in correspondents.find(mailbox, beginnings, limit=wanted):
        closeness = names.closeness(beginnings, correspondents.words_of(entry.person))
        found[fold(entry.person.addr_spec)] = _Candidate(entry.person, entry.correspondent.rank, closeness)
    listed = address_list.search(organization_id, beginnings, limit=wanted)
    matching = _matching(mailbox, beginnings, wanted) if beginnings else []
    _add_contacts(mailbox, found, matching, listed, beginnings)
    for entity in listed:
        if entity.addr_spec and fold(entity.addr_spec) in found:
            found[fold(entity.addr_spec)].entity = entity
    entities = entities_by_address(organization_id, [candidate.person.addr_spec for candidate in found.values()])
    inside = inside_domains(organization_id)
    chosen: list[_Candidate] = []
    shown: set[object] = set()
    for folded, candidate in sorted(found.items(), key=lambda pair: _order(pair[1])):
        candidate.entity = candidate.entity or entities.get(folded)
        entity = candidate.entity
        if entity is None and domain_of(folded) in inside:
            continue  # somebody who left: the address does not exist any more
        if entity is not None and (not entity.is_enabled or entity.pk in shown):
            continue  # a person of the house once, by the address one uses
        shown.add(entity.pk if entity else folded)
        if folded not in taken:
            chosen.append(candidate)
    counts = member_counts(
        candidate.entity.pk
        for candidate in chosen[:limit]
        if candidate.entity and candidate.entity.kind == Entity.Kind.GROUP
    )
    return [
        Suggestion(
            str(candidate.entity),
            candidate.person.addr_spec,
            candidate.entity.kind,
            member_count=counts.get(candidate.entity.pk, 0),
        )
        if candidate.entity
        else Suggestion(candidate.person.display_name, candidate.person.addr_spec, is_outside=True)
        for candidate in chosen[:limit]
    ]


def suggest_groups(mailbox: OpenMailbox, typed: str, *, limit: int = _MOST_GROUPS) -> list[GroupSuggestion]:
    """Return the person's own groups that have these beginnings in their names, with everybody in them."""
    mailbox.require(Right.READ)
    beginnings = names.words(typed)
    if not beginnings:
        return []
    entries = books.entries(books.open_book(mailbox))
    found = [entry for entry in entries if entry.summary.is_group and names.matches(beginnings, entry.words)]
    by_uid = groups.by_uid(entries)
    suggestions = [
        GroupSuggestion(entry.summary.name, tuple(groups.people(entry.summary, by_uid))) for entry in found[: limit * 2]
    ]
    return [suggestion for suggestion in suggestions if suggestion.people][:limit]


def _matching(mailbox: OpenMailbox, beginnings: Collection[str], limit: int) -> list[Entry]:
    entries = books.entries(books.open_book(mailbox))
    found = [
        entry
        for entry in entries
        if entry.summary.addresses and not entry.summary.is_group and names.matches(list(beginnings), entry.words)
    ]
    found.sort(key=lambda entry: names.closeness(list(beginnings), entry.words))
    return found[: limit * 4]


def _add_contacts(
    mailbox: OpenMailbox,
    found: dict[str, _Candidate],
    matching: list[Entry],
    listed: list[Entity],
    beginnings: list[str],
) -> None:
    """Put contacts and colleagues beside the correspondents: by how one writes to them, if one does."""
    addresses = [address for entry in matching for address in entry.summary.addresses]
    ranks = correspondents.ranks(mailbox, [*addresses, *(entity.addr_spec for entity in listed if entity.addr_spec)])
    now = timezone.now()
    for entry in matching:
        closeness = names.closeness(beginnings, entry.words)
        for place, address in enumerate(entry.summary.addresses):
            if not is_valid_addr_spec(address):
                continue
            folded = fold(address)
            rank = ranks.get(folded, ranking.of_contact(now, place))
            known = found.get(folded)
            if known is not None:  # what one called them oneself counts more than what a message said
                known.person = Person(entry.summary.name, known.person.addr_spec)
                known.closeness = min(known.closeness, closeness)
            else:
                found[folded] = _Candidate(Person(entry.summary.name, address), rank, closeness)
    for entity in listed:
        folded = fold(entity.addr_spec) if entity.addr_spec else ""
        if folded and folded not in found:
            rank = ranks.get(folded, ranking.of_colleague(now))
            closeness = names.closeness(beginnings, names.words(str(entity), entity.name))
            found[folded] = _Candidate(Person(str(entity), entity.addr_spec), rank, closeness, entity)


def _order(candidate: _Candidate) -> tuple[float, int, str, str]:
    name = candidate.person.display_name or candidate.person.addr_spec
    return (-candidate.rank, candidate.closeness, name.casefold(), candidate.person.addr_spec)


def inside_domains(organization_id: str) -> frozenset[str]:
    """Return the domains whose addresses are not outside: the organization's own, once verified."""
    return frozenset(
        Domain.objects.filter(organization_id=organization_id, is_verified=True).values_list("name", flat=True)
    )


def domain_of(addr_spec: str) -> str:
    return fold_domain(addr_spec.rpartition("@")[2])


def member_counts(group_ids: Iterable[object]) -> dict[object, int]:
    """Return how many direct members each of these groups has."""
    wanted = list(group_ids)
    if not wanted:
        return {}
    counted = Membership.objects.filter(group_id__in=wanted).values_list("group_id")
    return dict(counted.annotate(count=Count("pk")))
