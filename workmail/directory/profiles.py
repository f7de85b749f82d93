"""What colleagues see of a person beside the name: manager and picture."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from workmail.accounts.actor import Actor
from workmail.audit import log as audit
from workmail.directory.addresses import entities_by_address, fold
from workmail.directory.models import Entity, Portrait, User
from workmail.directory.permissions import require_administrator_of
from workmail.errors import Invalid


def manager_id(user: User, addr_spec: str) -> UUID | None:
    """Return whose address that is, among the people of the organization; None for an empty text.

    Raises:
        Invalid: Nobody's, the person's own, or of somebody who reports to them.
    """
    addr_spec = addr_spec.strip()
    if not addr_spec:
        return None
    entity = entities_by_address(user.organization_id, [addr_spec]).get(fold(addr_spec))
    if entity is None or entity.kind != Entity.Kind.USER or entity.state == Entity.State.DELETED:
        raise Invalid(_("There is no person with this address in the organization."), field="manager")
    above: UUID | None = entity.pk
    for _level in range(50):  # a ring made by two administrators at once must not hold this up
        if above is None:
            break
        if above == user.pk:
            raise Invalid(_("Somebody cannot report to themselves."), field="manager")
        above = User.objects.filter(pk=above).values_list("manager_id", flat=True).first()
    return entity.pk


def set_portrait(actor: Actor, user: User, image: bytes | None) -> None:
    """Keep a small JPEG as the person's picture, or none. Raises Forbidden."""
    require_administrator_of(actor, user)
    with transaction.atomic():
        if image is None:
            Portrait.objects.filter(user=user).delete()
        else:
            Portrait.objects.update_or_create(user=user, defaults={"image": image})
        audit.record(actor, "user.portrait", user.name, organization_id=user.organization_id, removed=image is None)
