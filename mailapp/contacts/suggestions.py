"""Completing a recipient: first whom one writes to, as one really does, then the rest of the address list."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count

from mailapp.access import OpenMailbox, Right
from mailapp.contacts import address_list, correspondents, names
from mailapp.mime.model import Person
from workmail.directory.addresses import entities_by_address, fold, fold_domain
from workmail.directory.models import Domain, Entity, Membership

MOST_SUGGESTIONS = 8


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody who can be written to. ``kind`` is an ``Entity.Kind``, or empty for somebody outside."""

    display_name: str
    addr_spec: str
    kind: str = ""
    is_outside: bool = False
    member_count: int = 0  # of a group


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
    known = correspondents.find(mailbox, beginnings, limit=wanted)
    listed = address_list.search(organization_id, beginnings, limit=wanted)
    entities = entities_by_address(organization_id, [entry.person.addr_spec for entry in known])
    inside = inside_domains(organization_id)
    found: dict[str, tuple[Entity | None, Person]] = {}
    shown: set[object] = set()
    for entry in known:
        folded = fold(entry.person.addr_spec)
        entity = entities.get(folded)
        if entity is None and domain_of(folded) in inside:
            continue  # somebody who left: the address does not exist any more
        if entity is not None and not entity.is_enabled:
            continue
        found[folded] = (entity, entry.person)
        shown.add(entity.pk if entity else folded)
    for entity in listed:
        if entity.pk not in shown and entity.addr_spec:
            found.setdefault(fold(entity.addr_spec), (entity, Person(str(entity), entity.addr_spec)))
    chosen = [pair for folded, pair in found.items() if folded not in taken][:limit]
    counts = member_counts(entity.pk for entity, _ in chosen if entity and entity.kind == Entity.Kind.GROUP)
    return [
        Suggestion(str(entity), person.addr_spec, entity.kind, member_count=counts.get(entity.pk, 0))
        if entity
        else Suggestion(person.display_name, person.addr_spec, is_outside=True)
        for entity, person in chosen
    ]


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
