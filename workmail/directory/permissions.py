"""Who may write the directory."""

from workmail.accounts.actor import SYSTEM, Actor
from workmail.directory.models import Entity, User
from workmail.errors import Forbidden, NotFound


def require_administrator(actor: Actor, organization_id: str) -> None:
    """Raises Forbidden or NotFound unless the actor administers this organization."""
    if actor is SYSTEM:
        return
    user = actor.user
    if user is None or not user.is_active or not user.is_administrator:
        raise Forbidden
    if user.organization_id != organization_id and not user.is_operator:
        raise NotFound


def require_administrator_of(actor: Actor, entity: Entity) -> None:
    """Raises Forbidden or NotFound unless the actor administers this entity.

    Whoever could set the password of an operator of the installation would be one: only operators may touch them.
    """
    require_administrator(actor, entity.organization_id)
    if actor is SYSTEM or (actor.user is not None and actor.user.is_operator):
        return
    if entity.kind == Entity.Kind.USER and User.objects.filter(pk=entity.pk, is_operator=True).exists():
        raise Forbidden
