"""Who may write the directory."""

from workmail.accounts.actor import SYSTEM, Actor
from workmail.errors import Forbidden, NotFound


def require_administrator(actor: Actor, organization_id: str) -> None:
    """Raises Forbidden unless the actor administers this organization."""
    if actor is SYSTEM:
        return
    user = actor.user
    if user is None or not user.is_active or not user.is_administrator:
        raise Forbidden
    if user.organization_id != organization_id and not user.is_operator:
        raise NotFound
