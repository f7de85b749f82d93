"""Signing up an organization on the web."""

from django.conf import settings
from django.utils.translation import gettext as _

from workmail.accounts import lockout
from workmail.accounts.actor import Actor
from workmail.directory import services
from workmail.directory.models import Organization, User
from workmail.errors import Forbidden, LimitExceeded


def sign_up(
    actor: Actor,
    *,
    name: str,
    alias: str,
    domain: str,
    administrator_name: str,
    administrator_display_name: str,
    password: str,
    language: str,
) -> tuple[Organization, User]:
    """Make an organization for whoever asks. Never call it inside a transaction: it computes a hash.

    Raises:
        Forbidden: ``SIGN_UP_OPEN`` says no.
        LimitExceeded: Too many sign-ups from this address; ``details["until"]`` says when to come back.
        AlreadyExists, Invalid: A field; ``details["field"]`` says which.
    """
    if not settings.SIGN_UP_OPEN:
        raise Forbidden(_("New organizations cannot sign up here. Ask whoever runs this installation."))
    try:
        lockout.begin({lockout.SIGN_UP: lockout.address_key(actor.client_address)})
    except lockout.Blocked as blocked:
        raise LimitExceeded(
            _("Many organizations were signed up from your network lately. Try again later."), until=blocked.until
        ) from blocked
    return services.create_organization(
        actor,
        name=name,
        alias=alias,
        domain=domain,
        administrator_name=administrator_name,
        administrator_display_name=administrator_display_name,
        password=password,
        language=language,
        domain_is_verified=not settings.DOMAINS_NEED_PROOF,
    )
