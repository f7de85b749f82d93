"""Checking passwords for every door, and setting them.

``check`` is the only place where a password is compared. A refusal says nothing about whether the account exists: the
words are the same, and an unknown name costs one hash like a known one.
"""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import ClassVar

from django.contrib.auth.hashers import check_password as hashes_match
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from workmail.accounts import application_passwords, lockout, second_factor, sessions
from workmail.accounts.actor import Actor
from workmail.accounts.digests import digest
from workmail.accounts.lockout import ACCOUNT, ADDRESS, Blocked
from workmail.audit import log as audit
from workmail.directory import addresses
from workmail.directory.models import Address, Entity, Organization, User
from workmail.directory.permissions import require_administrator_of
from workmail.directory.services import check_new_password
from workmail.errors import Invalid, WorkmailError

LONGEST_PASSWORD = 256


class SignInRefused(WorkmailError):
    """Nobody is signed in.

    ``code`` is ``wrong`` (unknown, disabled or a wrong password: all the same from outside), ``locked`` (until
    ``retry_at``), ``second_factor`` (this door needs an application password) or ``must_change_password``; the last
    two only after the right password.
    """

    code: ClassVar[str] = "sign_in_refused"
    SENTENCES: ClassVar = {
        "wrong": _("The address or the password is not right."),
        "not_yours": _("This is not your present password."),
        "locked": _("Too many wrong passwords. Signing in is closed for a while."),
        "second_factor": _("This account has a second factor: use an application password here."),
        "must_change_password": _("Sign in on the web first, and choose a new password."),
    }

    def __init__(self, reason: str, retry_at: datetime | None = None) -> None:
        super().__init__(self.SENTENCES[reason], field="current_password")
        self.code = reason  # type: ignore[misc]
        self.retry_at = retry_at


@sensitive_variables("password")
def check(
    address_or_name: str,
    password: str,
    *,
    protocol: str,
    client_address: str | None,
    user_agent: str = "",
    organization: Organization | None = None,
) -> User:
    """Return the user who has this address, or in ``organization`` this user name, and this password.

    On the web the second factor follows; every other protocol also takes application passwords, and only those where
    a second factor is on. Success and failure are audited. Never call it inside a transaction: it computes a hash.

    Raises:
        SignInRefused: See its ``code``.
    """
    user = find(address_or_name, organization)
    actor = Actor(user, protocol=protocol, client_address=client_address, user_agent=user_agent[:300])
    network = lockout.address_key(client_address)
    try:
        attempt = lockout.begin({ACCOUNT: _account_key(user, address_or_name, organization, network), ADDRESS: network})
    except Blocked as blocked:  # not audited one by one: the attempt that closed the door was, with its hour
        raise SignInRefused("locked", blocked.until) from blocked
    reason = _examine(user, password, actor)
    if reason != "wrong":
        attempt.succeeded()
    _note(actor, organization, reason, attempt)
    if reason:
        raise SignInRefused(reason)
    assert user is not None
    return user


@sensitive_variables("password")
def _examine(user: User | None, password: str, actor: Actor) -> str:
    """Return why not, or an empty string."""
    if len(password) > LONGEST_PASSWORD:
        password, user = password[:LONGEST_PASSWORD], None  # hashing megabytes would be an attack of its own
    # Another protocol's program may send an application password: cheap to look up, so looked up first.
    if (
        user is not None
        and user.is_active
        and actor.protocol != "web"
        and application_passwords.use(user, password, actor)
    ):
        return ""
    if user is None or not user.has_usable_password():
        hashes_match(password, _dummy_hash())
        return "wrong"
    if not user.check_password(password) or not user.is_active:
        return "wrong"
    if actor.protocol != "web":
        if second_factor.is_on(user):
            return "second_factor"
        if user.must_change_password:
            return "must_change_password"
    return ""


@sensitive_variables("password")
def confirm(actor: Actor, user: User, password: str) -> None:
    """Check that whoever acts knows the password of their own account, before something that matters.

    Raises:
        SignInRefused: ``not_yours`` or ``locked``; counted together with the attempts to sign in.
    """
    try:
        attempt = lockout.begin({ACCOUNT: user.pk.hex})
    except Blocked as blocked:
        raise SignInRefused("locked", blocked.until) from blocked
    if len(password) > LONGEST_PASSWORD or not user.check_password(password):
        audit.record(actor, "password.confirm", user.addr_spec, succeeded=False)
        raise SignInRefused("not_yours")
    attempt.succeeded()


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    return make_password("nobody has this password")


def find(address_or_name: str, organization: Organization | None = None) -> User | None:
    """Return the user behind an address (any of theirs), or behind a user name within ``organization``."""
    text = address_or_name.strip()
    if "\0" in text:  # PostgreSQL cannot even compare it
        return None
    users = User.objects.select_related("organization").filter(organization__state=Organization.State.ACTIVE)
    if "@" not in text:
        if organization is None or not text:
            return None
        return users.filter(
            organization=organization, kind=Entity.Kind.USER, name__iexact=text, state=Entity.State.ENABLED
        ).first()
    local_part, _at, domain = text.rpartition("@")
    # Whether the domain is verified decides about mail, not about who somebody is: its administrator must get in.
    address = Address.objects.filter(
        local_part_folded=addresses.fold_local_part(local_part), domain__name=addresses.fold_domain(domain)
    ).first()
    if address is None:
        return None
    user = users.filter(pk=address.entity_id).first()
    if user is None or (organization is not None and user.organization_id != organization.pk):
        return None
    return user


def _account_key(user: User | None, typed: str, organization: Organization | None, network: str) -> str:
    """Return under which key failures of this account are counted.

    A network in which the person is signed in now has a count of its own. So whoever guesses from elsewhere closes the
    account for others like them, not for its owner at home.
    """
    if user is None:
        text = addresses.fold(typed[:400])
        return digest("unknown accounts", text if "@" in text or organization is None else f"{text} {organization.pk}")
    if network and network in sessions.networks_of(user):
        return digest("accounts at home", f"{user.pk.hex} {network}")
    return user.pk.hex


def _note(actor: Actor, organization: Organization | None, reason: str, attempt: lockout.Attempt) -> None:
    """Write the outcome down. What was typed for an unknown account is not kept: it may be a password."""
    details = {"reason": reason or "right"}
    if reason == "wrong" and attempt.blocked_until:
        details["locked_until"] = attempt.blocked_until.isoformat()
    audit.record(
        actor if not reason else replace(actor, user=None),
        "sign_in.password",
        actor.user.addr_spec if actor.user else "",
        organization_id=actor.organization_id or (organization.pk if organization else None),
        succeeded=not reason,
        **details,
    )


@sensitive_variables("password")
def change(actor: Actor, user: User, password: str, *, keep: sessions.SessionStore | None = None) -> None:
    """Give the actor's own account a new password and end all other sessions.

    Raises:
        Invalid: The password is too easy; ``details["field"]`` is ``password``.
    """
    assert actor.user is not None
    assert actor.user.pk == user.pk
    check_new_password(password, user)
    encoded = make_password(password)  # slow: before the transaction
    with transaction.atomic():
        _store(user, encoded, must_change=False)
        sessions.end_all(user, keep=keep)
        audit.record(actor, "password.change", user.addr_spec, organization_id=user.organization_id)


@sensitive_variables("password")
def reset(actor: Actor, user: User, password: str, *, must_change: bool = True) -> None:
    """Give somebody a new password, as their administrator; all their sessions end, their lock-out too.

    Raises:
        Invalid, Forbidden, NotFound.
    """
    require_administrator_of(actor, user)
    if actor.user is not None and actor.user.pk == user.pk:
        raise Invalid(gettext("Change your own password in your settings."), field="password")
    check_new_password(password, user)
    encoded = make_password(password)
    with transaction.atomic():
        _store(user, encoded, must_change=must_change)
        sessions.end_all(user)
        lockout.forget(ACCOUNT, user.pk.hex)
        audit.record(actor, "password.reset", user.addr_spec, organization_id=user.organization_id)


@transaction.atomic
def sign_out_everywhere(actor: Actor, user: User, *, keep: sessions.SessionStore | None = None) -> None:
    """End all sessions of ``user``, by the user or by their administrator."""
    if actor.user is None or actor.user.pk != user.pk:
        require_administrator_of(actor, user)
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])
    sessions.end_all(user, keep=keep)
    audit.record(actor, "session.revoke_all", user.addr_spec, organization_id=user.organization_id)


def _store(user: User, encoded: str, *, must_change: bool) -> None:
    User.objects.filter(pk=user.pk).update(
        password=encoded, must_change_password=must_change, session_epoch=F("session_epoch") + 1
    )
    user.refresh_from_db(fields=["password", "must_change_password", "session_epoch"])
