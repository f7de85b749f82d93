"""Reads of the directory, shaped for lists: paged by key, so that the last page costs what the first one does."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Lower

from workmail.directory.addresses import WITH_ADDRESSES, fold_local_part
from workmail.directory.models import Address, Domain, Entity, Group, Membership, User

PAGE_SIZE = 50
_WITH_MEMBER_ADDRESSES = Prefetch("member__addresses", Address.objects.select_related("domain"))


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order of their names. ``after`` opens the next page, and is empty on the last one."""

    rows: Sequence[Any]
    after: str = ""
    is_first: bool = True


@dataclass(frozen=True, slots=True)
class Counts:
    """What an organization has; deleted entities do not count."""

    enabled_users: int
    disabled_users: int
    groups: int
    domains: int


def user_page(
    organization_id: str, *, search: str = "", state: str = "", role: str = "", after: str = "", size: int = PAGE_SIZE
) -> Page:
    """Return users with their addresses: 2 statements.

    Args:
        search: Part of a name or an address.
        state: ``enabled`` or ``disabled``; else both.
        after: From the page before; something unusable opens the first page.
    """
    users = User.objects.filter(organization_id=organization_id)
    if role in User.Role.values:
        users = users.filter(role=role)
    return _page(users, search=search, state=state, after=after, size=size)


def group_page(
    organization_id: str, *, search: str = "", state: str = "", after: str = "", size: int = PAGE_SIZE
) -> Page:
    """Return groups with their addresses and ``member_count``: 2 statements."""
    groups = Group.objects.filter(organization_id=organization_id).annotate(member_count=Count("memberships"))
    return _page(groups, search=search, state=state, after=after, size=size)


def domains(organization_id: str) -> list[Domain]:
    """Return the domains, the default one first, each with ``address_count``."""
    return list(
        Domain.objects.filter(organization_id=organization_id)
        .annotate(address_count=Count("addresses"))
        .order_by("-is_default", "name")
    )


def members(group: Group) -> list[Membership]:
    """Return the members with their entities and addresses, entities by name and then addresses elsewhere."""
    memberships = group.memberships.select_related("member").prefetch_related(_WITH_MEMBER_ADDRESSES)
    return sorted(memberships, key=lambda row: (row.member is None, str(row.member or row.remote_address).casefold()))


def groups_of(entity: Entity) -> list[Group]:
    """Return the groups that the entity is a direct member of."""
    return list(Group.objects.filter(memberships__member_id=entity.pk).order_by(Lower("display_name")))


def find_members(organization_id: str, search: str, *, outside: Group, limit: int = 20) -> list[Entity]:
    """Return enabled users, groups and resources that could join a group, whose names or addresses fit."""
    entities = Entity.objects.filter(organization_id=organization_id, state=Entity.State.ENABLED)
    entities = entities.exclude(pk=outside.pk).exclude(member_of__group=outside)
    return list(_matching(entities, search).prefetch_related(WITH_ADDRESSES).order_by(Lower("display_name"))[:limit])


def counts(organization_id: str) -> Counts:
    """Return how much there is: 2 statements."""
    living = Entity.objects.filter(organization_id=organization_id).exclude(state=Entity.State.DELETED)
    is_user = Q(kind=Entity.Kind.USER)
    numbers = living.aggregate(
        enabled=Count("pk", filter=is_user & Q(state=Entity.State.ENABLED)),
        disabled=Count("pk", filter=is_user & Q(state=Entity.State.DISABLED)),
        groups=Count("pk", filter=Q(kind=Entity.Kind.GROUP)),
    )
    return Counts(
        enabled_users=numbers["enabled"],
        disabled_users=numbers["disabled"],
        groups=numbers["groups"],
        domains=Domain.objects.filter(organization_id=organization_id).count(),
    )


def _page(entities: QuerySet, *, search: str, state: str, after: str, size: int) -> Page:
    entities = entities.exclude(state=Entity.State.DELETED).annotate(sort_name=Lower("display_name"))
    if state in (Entity.State.ENABLED, Entity.State.DISABLED):
        entities = entities.filter(state=state)
    entities = _matching(entities, search)
    position = _read_cursor(after)
    if position is not None:
        name, key = position
        entities = entities.filter(Q(sort_name__gt=name) | Q(sort_name=name, pk__gt=key))
    rows = list(entities.prefetch_related(WITH_ADDRESSES).order_by("sort_name", "pk")[: size + 1])
    more = rows[size:]
    rows = rows[:size]
    return Page(rows, _cursor(rows[-1]) if more else "", position is None)


def _matching(entities: QuerySet, search: str) -> QuerySet:
    """SQLite compares only ASCII letters without case, so the usual ways of writing a name are tried."""
    term = search.strip()[:100]
    if not term or "\0" in term:
        return entities
    matches = Q()
    for spelling in {term, term.lower(), term.upper(), term.capitalize(), term.title()}:
        matches |= Q(display_name__icontains=spelling) | Q(name__icontains=spelling)
    local_part, at, domain = term.rpartition("@")
    addresses = Address.objects.filter(entity=OuterRef("pk"))
    if at:
        addresses = addresses.filter(
            local_part_folded__endswith=fold_local_part(local_part), domain__name__startswith=domain.lower()
        )
    else:
        addresses = addresses.filter(local_part_folded__contains=fold_local_part(term))
    return entities.filter(matches | Exists(addresses))


def _cursor(row: Any) -> str:
    text = json.dumps([row.sort_name, str(row.pk)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(after: str) -> tuple[str, UUID] | None:
    try:
        name, key = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        position = str(name), UUID(key)
    except (ValueError, TypeError, AttributeError, binascii.Error, UnicodeError):
        return None
    return None if "\0" in position[0] else position
