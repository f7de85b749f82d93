"""Finding who an address belongs to. Pure comparison rules first, then the lookups doors ask for."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

import idna
from django.db.models import Prefetch, Q

from workmail.directory.models import Address, Domain, Entity
from workmail.errors import Invalid


@dataclass(frozen=True, slots=True)
class Resolved:
    """The entity behind an address, and the tag after the first ``+`` if only the part before it exists."""

    address: Address
    entity: Entity
    tag: str = ""


def fold_domain(domain: str) -> str:
    """Return the A-label form in lower case (RFC 5890); what cannot be encoded is only lowered."""
    domain = domain.rstrip(".").lower()
    if domain.isascii():
        return domain
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return domain


def fold_local_part(local_part: str) -> str:
    """Return the form in which local parts are compared here: NFKC and without case (RFC 5321 leaves it to us)."""
    if len(local_part) >= 2 and local_part[0] == local_part[-1] == '"':
        local_part = local_part[1:-1].replace("\\", "")
    return unicodedata.normalize("NFKC", local_part).casefold()


def split(addr_spec: str) -> tuple[str, str]:
    """Split at the last ``@``.

    Raises:
        Invalid: One side is missing, or there is a NUL, which PostgreSQL cannot even compare.
    """
    local_part, at, domain = addr_spec.strip().rpartition("@")
    if not at or not local_part or not domain or "\0" in addr_spec:
        raise Invalid(field="address")
    return local_part, domain


def fold(addr_spec: str) -> str:
    """Return the form in which two addresses are the same; an unusable address is only case folded."""
    try:
        local_part, domain = split(addr_spec)
    except Invalid:
        return addr_spec.strip().casefold()
    return f"{fold_local_part(local_part)}@{fold_domain(domain)}"


def local_domain(domain: str) -> Domain | None:
    """Return the verified domain of that name in this installation."""
    return (
        Domain.objects.select_related("organization")
        .filter(name=fold_domain(domain), is_verified=True, organization__state="active")
        .first()
    )


def resolve(addr_spec: str) -> Resolved | None:
    """Return the enabled entity that receives mail at ``addr_spec``, in whatever organization, or None.

    The whole local part wins; else the text after the first ``+`` is a tag (subaddressing).
    """
    return resolve_many([addr_spec]).get(addr_spec)


def resolve_many(addr_specs: Iterable[str]) -> dict[str, Resolved]:
    """Resolve several addresses in one statement; those that nobody has are missing."""
    wanted: dict[str, tuple[str, str]] = {}  # domain and local part, folded
    for addr_spec in addr_specs:
        try:
            local_part, domain = split(addr_spec)
        except Invalid:
            continue
        wanted[addr_spec] = (fold_domain(domain), fold_local_part(local_part))
    bases = {local_part.partition("+")[0] for _, local_part in wanted.values()} - {""}
    found = {
        (address.domain.name, address.local_part_folded): address
        for address in Address.objects.select_related("entity__organization", "domain").filter(
            domain__name__in={domain for domain, _ in wanted.values()},
            domain__is_verified=True,
            local_part_folded__in={local_part for _, local_part in wanted.values()} | bases,
            entity__state=Entity.State.ENABLED,
            entity__organization__state="active",
        )
    }
    resolved = {}
    for addr_spec, (domain, local_part) in wanted.items():
        base, plus, tag = local_part.partition("+")
        if (domain, local_part) in found:
            address = found[domain, local_part]
            resolved[addr_spec] = Resolved(address, address.entity)
        elif plus and (domain, base) in found:
            address = found[domain, base]
            resolved[addr_spec] = Resolved(address, address.entity, tag)
    return resolved


def entities_by_address(organization_id: str, addr_specs: Iterable[str]) -> dict[str, Entity]:
    """Return the entities of one organization behind the given addresses, keyed by the folded address."""
    wanted = {fold(addr_spec) for addr_spec in addr_specs}
    pairs = [split(addr_spec) for addr_spec in wanted if "@" in addr_spec.strip("@") and "\0" not in addr_spec]
    if not pairs:
        return {}
    matches = Q()
    for local_part, domain in pairs:
        matches |= Q(domain__name=domain, local_part_folded=local_part)
    addresses = Address.objects.select_related("entity", "domain").filter(
        matches, entity__organization_id=organization_id
    )
    return {f"{address.local_part_folded}@{address.domain.name}": address.entity for address in addresses}


WITH_ADDRESSES = Prefetch("addresses", Address.objects.select_related("domain"))
