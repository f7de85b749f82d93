"""Writing the audit log."""

from typing import Any

from workmail.accounts.actor import Actor
from workmail.audit.models import AuditEntry


def record(
    actor: Actor,
    action: str,
    target: object = "",
    *,
    organization_id: str | None = None,
    succeeded: bool = True,
    **details: Any,
) -> AuditEntry:
    """Note an act inside the caller's transaction. ``details`` must be JSON and carry no secret.

    Args:
        organization_id: Whose log it is; the actor's organization by default (an operator acts in another's).
    """
    user = actor.user
    return AuditEntry.objects.create(
        organization_id=organization_id or actor.organization_id,
        actor=user,
        actor_label=(user.addr_spec or user.name)[:320] if user else actor.protocol,
        action=action,
        target=str(target)[:320],
        protocol=actor.protocol,
        client_address=actor.client_address,
        user_agent=actor.user_agent[:300],
        succeeded=succeeded,
        details=details,
    )
