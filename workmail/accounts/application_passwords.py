"""Application passwords: random, shown once, each for one program and some protocols."""

import secrets
from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from workmail.accounts.actor import Actor
from workmail.accounts.digests import digest
from workmail.accounts.models import ApplicationPassword
from workmail.audit import log as audit
from workmail.directory.models import User
from workmail.errors import Invalid, LimitExceeded, NotFound

PROTOCOLS = ("imap", "smtp", "dav", "activesync", "ews")
MOST = 50
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_LENGTH = 20  # 99 bits: no slow hash is needed


@transaction.atomic
def create(actor: Actor, user: User, *, name: str, protocols: Collection[str]) -> str:
    """Make one and return it, to be shown once.

    Raises:
        Invalid: No name or no known protocol. LimitExceeded: ``MOST`` exist.
    """
    name = " ".join(name.split())
    if not name or len(name) > 100:
        raise Invalid(_("Write between 1 and 100 characters."), field="name")
    if not protocols or not set(protocols) <= set(PROTOCOLS):
        raise Invalid(_("Choose what this password may be used for."), field="protocols")
    if ApplicationPassword.objects.filter(user=user, revoked_at=None).count() >= MOST:
        raise LimitExceeded(_("You can have at most %(count)d application passwords.") % {"count": MOST})
    password = "".join(secrets.choice(_ALPHABET) for _position in range(_LENGTH))
    ApplicationPassword.objects.create(
        user=user, name=name, digest=_digest(user, password), protocols=sorted(set(protocols))
    )
    audit.record(
        actor, "application_password.create", name, organization_id=user.organization_id, protocols=sorted(protocols)
    )
    return "-".join(password[start : start + 5] for start in range(0, _LENGTH, 5))


@transaction.atomic
def revoke(actor: Actor, user: User, password_id: UUID) -> ApplicationPassword:
    """Stop one, and return it. Raises NotFound."""
    row = ApplicationPassword.objects.filter(user=user, pk=password_id, revoked_at=None).first()
    if row is None:
        raise NotFound
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    audit.record(actor, "application_password.revoke", row.name, organization_id=user.organization_id)
    return row


def of(user: User) -> list[ApplicationPassword]:
    return list(ApplicationPassword.objects.filter(user=user, revoked_at=None).order_by("created_at"))


def use(user: User, password: str, actor: Actor) -> bool:
    """Say whether this is an application password of the user for the actor's protocol, and note its use."""
    cleaned = "".join(character for character in password.lower() if character not in " -")
    if len(cleaned) != _LENGTH:
        return False
    row = ApplicationPassword.objects.filter(user=user, digest=_digest(user, cleaned), revoked_at=None).first()
    if row is None or actor.protocol not in row.protocols:
        return False
    ApplicationPassword.objects.filter(pk=row.pk).update(
        last_used_at=timezone.now(), last_used_address=actor.client_address
    )
    return True


def _digest(user: User, password: str) -> str:
    return digest(f"application passwords of {user.pk.hex}", password)
