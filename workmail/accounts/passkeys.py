"""Passkeys (WebAuthn): a device that proves it is there, unlocked by its owner.

Alone a passkey signs in, because it is two factors at once: the device, and what unlocks it. After the password it
is the second factor, and then its presence is enough. What a ceremony began with waits in the cache under a ticket
that is good once; the rows are django-otp-webauthn's and hold public keys only.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp_webauthn.exceptions import OTPWebAuthnApiError
from django_otp_webauthn.helpers import WebAuthnHelper
from django_otp_webauthn.models import WebAuthnCredential
from webauthn.helpers.exceptions import WebAuthnException

from workmail.accounts import lockout, second_factor
from workmail.accounts.actor import Actor
from workmail.accounts.lockout import ADDRESS, SECOND_FACTOR
from workmail.audit import log as audit
from workmail.directory.models import User
from workmail.errors import Invalid, LimitExceeded, NotFound

MOST: Final = 20
LONGEST_NAME: Final = 60
_TICKET_SECONDS: Final = 300
_LONGEST_ANSWER: Final = 100_000
# What reading an answer may raise: the libraries' own refusals, and what nonsense leads to.
_UNUSABLE: Final = (
    WebAuthnException,
    OTPWebAuthnApiError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class PasskeyRefused(Invalid):
    """The device's answer is not good here; from outside all reasons look the same."""

    code = "passkey_refused"
    sentence = gettext_lazy("This passkey does not open an account here. Sign in with your password.")


@dataclass(frozen=True, slots=True)
class Site:
    """Where the browser is: passkeys belong to a host, and an answer to the very page that asked."""

    host: str  # as in the address, with a port if there is one
    is_secure: bool

    @property
    def name(self) -> str:
        return self.host.rpartition(":")[0] if self.host.rpartition(":")[2].isdecimal() else self.host

    @property
    def origin(self) -> str:
        return f"{'https' if self.is_secure else 'http'}://{self.host}"


class _Helper(WebAuthnHelper):
    """The library's ceremonies, for the site and the people of this installation."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def get_relying_party_domain(self) -> str:
        return self.site.name

    def get_relying_party_name(self) -> str:
        return self.site.name

    def get_allowed_origins(self) -> list[str]:
        return [self.site.origin]

    def get_credential_name(self, user: User) -> str:
        return user.addr_spec or user.name

    def get_credential_display_name(self, user: User) -> str:
        return user.display_name or user.name


def of(user: User) -> list[WebAuthnCredential]:
    return list(WebAuthnCredential.objects.filter(user_id=user.pk, confirmed=True).order_by("created_at"))


def find(user: User, passkey_id: int) -> WebAuthnCredential:
    """Raises NotFound."""
    row = WebAuthnCredential.objects.filter(user_id=user.pk, pk=passkey_id).first()
    if row is None:
        raise NotFound
    return row


# --- Registering -----------------------------------------------------------------------------------------------


def begin_registration(user: User, site: Site, name: str) -> dict[str, Any]:
    """Return what the browser asks the device, and the ticket for its answer.

    Raises:
        Invalid: No name. LimitExceeded: ``MOST`` exist.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or "\0" in name:
        raise Invalid(_("Write between 1 and %(most)d characters.") % {"most": LONGEST_NAME}, field="name")
    if WebAuthnCredential.objects.filter(user_id=user.pk).count() >= MOST:
        raise LimitExceeded(_("You can have at most %(count)d passkeys.") % {"count": MOST}, field="name")
    options, state = _Helper(site).register_begin(user)
    return {"options": options, "ticket": _put({"for": "registration", "user": user.pk.hex, "name": name, **state})}


def finish_registration(actor: Actor, user: User, site: Site, ticket: str, answer: str) -> list[str]:
    """Keep the new passkey. Returns new recovery codes, to be shown once, when there were none.

    Raises:
        Invalid: The answer cannot be used, or came too late.
    """
    state = _take(ticket, "registration")
    failed = Invalid(_("The passkey could not be set up. Try again."))
    if state is None or state["user"] != user.pk.hex:
        raise failed
    try:
        with transaction.atomic():
            device = _Helper(site).register_complete(user, state, _parsed(answer))
            device.name = state["name"]
            device.save(update_fields=["name"])
            codes = second_factor.recovery_codes_if_none(user)
            audit.record(actor, "passkey.add", state["name"], organization_id=user.organization_id)
    except (*_UNUSABLE, IntegrityError) as error:
        raise failed from error
    return codes


@transaction.atomic
def remove(actor: Actor, user: User, passkey_id: int) -> str:
    """Remove a passkey and return its name; without any other second factor the recovery codes go too."""
    row = find(user, passkey_id)
    name = row.name
    row.delete()
    second_factor.tidy(user)
    audit.record(actor, "passkey.remove", name, organization_id=user.organization_id)
    return name


# --- Signing in ------------------------------------------------------------------------------------------------


def begin_sign_in(site: Site, user: User | None = None) -> dict[str, Any]:
    """Return what the browser asks the device; for ``user``, who has given the password, or for anybody."""
    options, state = _Helper(site).authenticate_begin(user, require_user_verification=user is None)
    return {"options": options, "ticket": _put({"for": "sign_in", "user": user.pk.hex if user else "", **state})}


def finish_sign_in(actor: Actor, site: Site, ticket: str, answer: str, user: User | None = None) -> User:
    """Return whom the device's answer signs in. Success and failure are audited.

    Raises:
        PasskeyRefused
        Blocked: Too many failures from this network, or for this person's second factor.
    """
    network = lockout.address_key(actor.client_address)
    attempt = lockout.begin({SECOND_FACTOR: user.pk.hex} if user else {ADDRESS: network})
    found = _examine(site, _take(ticket, "sign_in"), answer, user)
    if found is None:
        audit.record(
            actor,
            "sign_in.passkey",
            user.addr_spec if user else "",
            organization_id=user.organization_id if user else None,
            succeeded=False,
        )
        raise PasskeyRefused
    attempt.succeeded(forgives=(SECOND_FACTOR,))
    audit.record(actor, "sign_in.passkey", found.addr_spec, organization_id=found.organization_id)
    return found


def _examine(site: Site, state: dict[str, Any] | None, answer: str, user: User | None) -> User | None:
    if state is None or state["user"] != (user.pk.hex if user else ""):
        return None
    try:
        device = _Helper(site).authenticate_complete(user, state, _parsed(answer))
    except _UNUSABLE:
        return None
    return _living(device.user_id)


def _living(user_id: UUID) -> User | None:
    from workmail.accounts.backends import DirectoryBackend

    return DirectoryBackend().get_user(user_id)


def _parsed(answer: str) -> dict[str, Any]:
    if len(answer) > _LONGEST_ANSWER:
        raise ValueError
    values = json.loads(answer)
    if not isinstance(values, dict):
        raise TypeError
    return values


def _put(state: dict[str, Any]) -> str:
    ticket = secrets.token_urlsafe(24)
    cache.set(_cache_key(ticket), json.dumps(state), _TICKET_SECONDS)
    return ticket


def _take(ticket: str, purpose: str) -> dict[str, Any] | None:
    """Return what a ticket stands for, once: of two who bring it, the one who deletes it has it."""
    kept = cache.get(_cache_key(ticket))
    if kept is None or not cache.delete(_cache_key(ticket)):
        return None
    state = json.loads(kept)
    return state if state["for"] == purpose else None


def _cache_key(ticket: str) -> str:
    cleaned = "".join(character for character in ticket[:64] if character.isascii() and character.isprintable())
    return f"passkey-{cleaned.replace(' ', '')}"
