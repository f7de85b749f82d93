"""The second factor: an authenticator app (TOTP, RFC 6238) or passkeys, and recovery codes for when they are lost."""

import base64
import secrets
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_otp import verify_token
from django_otp_webauthn.models import WebAuthnCredential

from workmail.accounts import lockout, sessions
from workmail.accounts.actor import Actor
from workmail.accounts.digests import digest
from workmail.accounts.lockout import SECOND_FACTOR
from workmail.accounts.models import Authenticator, RecoveryCode
from workmail.audit import log as audit
from workmail.directory.models import User
from workmail.directory.permissions import require_administrator_of
from workmail.errors import Invalid

RECOVERY_CODE_COUNT = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # none of i l o 0 1, which look alike
_CODE_LENGTH = 10  # 49 bits: no guess, since guesses are counted


class WrongCode(Invalid):
    """Neither the authenticator's present code nor an unused recovery code."""

    sentence = gettext_lazy("This code is not right, or it was used already.")

    def __init__(self) -> None:
        super().__init__(field="code")


def is_on(user: User) -> bool:
    return has_app(user) or WebAuthnCredential.objects.filter(user_id=user.pk, confirmed=True).exists()


def has_app(user: User) -> bool:
    return Authenticator.objects.filter(user_id=user.pk, confirmed=True).exists()


def protected_among(users: QuerySet[User]) -> QuerySet[User]:
    """Return those of the users who have a second factor."""
    by_app = Authenticator.objects.filter(confirmed=True).values("user_id")
    by_passkey = WebAuthnCredential.objects.filter(confirmed=True).values("user_id")
    return users.filter(Q(pk__in=by_app) | Q(pk__in=by_passkey))


def unused_recovery_codes(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def begin_set_up(user: User) -> Authenticator:
    """Return the authenticator the user is setting up, with a new secret if there is none."""
    device = Authenticator.objects.filter(user_id=user.pk, confirmed=False).order_by("-pk").first()
    if device is None:
        device = Authenticator(user=user, name="authenticator", confirmed=False)
        device.new_secret()
        device.save()
    return device


def set_up_url(device: Authenticator) -> str:
    """Return the ``otpauth`` address that authenticator apps read from the QR code."""
    issuer = settings.OTP_TOTP_ISSUER
    label = f"{issuer}:{device.user.addr_spec or device.user.name}"
    parameters = {"secret": readable_secret(device), "issuer": issuer, "digits": device.digits, "period": device.step}
    return f"otpauth://totp/{quote(label)}?{urlencode(parameters, quote_via=quote)}"


def readable_secret(device: Authenticator) -> str:
    return base64.b32encode(device.bin_key).decode().rstrip("=")


def finish_set_up(actor: Actor, user: User, code: str) -> list[str]:
    """Confirm the authenticator with its first code, replacing an older one; return new recovery codes.

    The codes are shown once and exist afterwards only as digests.

    Raises:
        Invalid: The code is not right.
        Blocked: Too many wrong ones.
    """
    device = Authenticator.objects.filter(user_id=user.pk, confirmed=False).order_by("-pk").first()
    if device is None:
        raise Invalid(_("The set-up has run out. Begin again."), field="code")
    attempt = lockout.begin({SECOND_FACTOR: user.pk.hex})
    if not verify_token(user, device.persistent_id, _clean_code(code)):
        raise Invalid(_("This code is not right. Codes change every 30 seconds: type the one shown now."), field="code")
    attempt.succeeded()
    with transaction.atomic():
        Authenticator.objects.filter(user_id=user.pk, confirmed=True).delete()
        Authenticator.objects.filter(pk=device.pk).update(confirmed=True)
        codes = _replace_recovery_codes(user)
        audit.record(actor, "second_factor.on", user.addr_spec, organization_id=user.organization_id)
    return codes


@transaction.atomic
def new_recovery_codes(actor: Actor, user: User) -> list[str]:
    """Make new recovery codes; the old ones stop working."""
    codes = _replace_recovery_codes(user)
    audit.record(actor, "second_factor.recovery_codes", user.addr_spec, organization_id=user.organization_id)
    return codes


@transaction.atomic
def turn_off(actor: Actor, user: User) -> None:
    """Take every second factor away, passkeys too, by the user or by an administrator of theirs."""
    if actor.user is None or actor.user.pk != user.pk:
        require_administrator_of(actor, user)
        sessions.end_all(user)
    Authenticator.objects.filter(user_id=user.pk).delete()
    WebAuthnCredential.objects.filter(user_id=user.pk).delete()
    RecoveryCode.objects.filter(user=user).delete()
    lockout.forget(SECOND_FACTOR, user.pk.hex)
    audit.record(actor, "second_factor.off", user.addr_spec, organization_id=user.organization_id)


def verify(actor: Actor, user: User, code: str) -> bool:
    """Say whether ``code`` is the authenticator's present one or an unused recovery code; either works once.

    Raises:
        Blocked: Too many wrong codes.
    """
    attempt = lockout.begin({SECOND_FACTOR: user.pk.hex})
    cleaned = _clean_code(code)
    method = ""
    if cleaned.isdigit() and len(cleaned) == 6:
        device = Authenticator.objects.filter(user_id=user.pk, confirmed=True).first()
        # Locks the row, and refuses a code of a time step that was used already.
        if device is not None and verify_token(user, device.persistent_id, cleaned):
            method = "authenticator"
    elif _spend_recovery_code(user, cleaned):
        method = "recovery code"
    if method:
        attempt.succeeded()
    details = {"method": method or "wrong code"}
    if not method and attempt.blocked_until:
        details["locked_until"] = attempt.blocked_until.isoformat()
    audit.record(
        actor,
        "sign_in.second_factor",
        user.addr_spec,
        organization_id=user.organization_id,
        succeeded=bool(method),
        **details,
    )
    return bool(method)


def recovery_codes_if_none(user: User) -> list[str]:
    """Make recovery codes for somebody whose first second factor it is; nothing for everyone else."""
    return [] if unused_recovery_codes(user) else _replace_recovery_codes(user)


def tidy(user: User) -> None:
    """Forget the recovery codes of somebody who has no second factor any more, inside the caller's transaction."""
    if not is_on(user):
        RecoveryCode.objects.filter(user=user).delete()


def _spend_recovery_code(user: User, code: str) -> bool:
    spent = RecoveryCode.objects.filter(user=user, digest=_code_digest(user, code), used_at=None)
    return spent.update(used_at=timezone.now()) == 1


def _replace_recovery_codes(user: User) -> list[str]:
    codes = [
        "".join(secrets.choice(_ALPHABET) for _position in range(_CODE_LENGTH)) for _ in range(RECOVERY_CODE_COUNT)
    ]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_code_digest(user, code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _code_digest(user: User, code: str) -> str:
    return digest(f"recovery codes of {user.pk.hex}", code)


def _clean_code(code: str) -> str:
    """People copy codes with spaces and hyphens, and phones capitalize."""
    return "".join(character for character in code.lower() if character.isalnum())[:32]
