"""Claiming, verifying and giving up mail domains. Each function is one transaction."""

import secrets

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from workmail.accounts.actor import SYSTEM, Actor
from workmail.audit import log as audit
from workmail.directory import signals
from workmail.directory.cleaning import clean_domain
from workmail.directory.models import Domain, Organization
from workmail.directory.permissions import require_administrator
from workmail.errors import AlreadyExists, Forbidden, Invalid


def new_domains_are_verified(actor: Actor) -> bool:
    """Say whether a domain that ``actor`` adds is believed without proof: see ``DOMAINS_NEED_PROOF``."""
    if actor is SYSTEM or not settings.DOMAINS_NEED_PROOF:
        return True
    return actor.user is not None and actor.user.is_operator


@transaction.atomic
def add_domain(
    actor: Actor, organization: Organization, name: str, *, is_verified: bool = False, is_default: bool = False
) -> Domain:
    """Claim a domain. Its addresses work once ``is_verified``. Raises Invalid, AlreadyExists."""
    require_administrator(actor, organization.pk)
    folded = clean_domain(name)
    try:
        with transaction.atomic():
            domain = Domain.objects.create(
                organization=organization,
                name=folded,
                is_verified=is_verified,
                is_default=is_default or not organization.domains.exists(),
                verification_token=secrets.token_hex(16),
            )
    except IntegrityError as error:
        raise AlreadyExists(_("This domain is in use already."), field="domain") from error
    signals.domain_added.send(sender=Domain, domain=domain)
    audit.record(actor, "domain.add", folded, organization_id=organization.pk, is_verified=is_verified)
    return domain


@transaction.atomic
def set_domain_verified(actor: Actor, domain: Domain, *, is_verified: bool) -> None:
    """Override the proof of ownership. Raises Forbidden unless the actor is an operator of the installation."""
    require_administrator(actor, domain.organization_id)
    if actor is not SYSTEM and not (actor.user and actor.user.is_operator):
        raise Forbidden(_("Only an operator of this installation may say that a domain is verified."))
    domain.is_verified = is_verified
    domain.save(update_fields=["is_verified"])
    audit.record(actor, "domain.verified", domain.name, organization_id=domain.organization_id, is_verified=is_verified)


@transaction.atomic
def set_default_domain(actor: Actor, domain: Domain) -> None:
    """New addresses get this domain unless another one is chosen."""
    require_administrator(actor, domain.organization_id)
    Domain.objects.filter(organization_id=domain.organization_id, is_default=True).update(is_default=False)
    Domain.objects.filter(pk=domain.pk).update(is_default=True)
    domain.is_default = True
    audit.record(actor, "domain.default", domain.name, organization_id=domain.organization_id)


@transaction.atomic
def remove_domain(actor: Actor, domain: Domain) -> None:
    """Give up a domain. Raises Invalid while addresses use it or it is the default one."""
    require_administrator(actor, domain.organization_id)
    if domain.is_default:
        raise Invalid(_("This is the default domain. Make another one the default first."))
    if domain.addresses.exists():
        raise Invalid(_("Addresses still use this domain. Remove or change them first."))
    domain.delete()
    audit.record(actor, "domain.remove", domain.name, organization_id=domain.organization_id)
