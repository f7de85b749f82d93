"""One organization with a person in it, and a browser's requests without a browser."""

import time

import pytest
from django.test import Client
from django_otp.oath import TOTP

from tests import factories
from workmail.accounts import second_factor
from workmail.accounts.models import Authenticator
from workmail.directory.models import Organization, User


@pytest.fixture
def organization(db: None) -> Organization:
    return factories.make_organization("fernhill", domain="fernhill.test")


@pytest.fixture
def alice(organization: Organization) -> User:
    return factories.make_user(organization, "alice", aliases=["support"])


@pytest.fixture
def browser_of_alice(alice: User, client: Client) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def recovery_codes(alice: User) -> list[str]:
    """Turn on the second factor of alice. The code of this moment is used up by that."""
    second_factor.begin_set_up(alice)
    return second_factor.finish_set_up(factories.actor_for(alice), alice, code_of(alice, confirmed=False))


def code_of(user: User, *, confirmed: bool = True, steps: int = 0) -> str:
    """Return what the person's authenticator app shows, now or so many steps of 30 s later."""
    device = Authenticator.objects.get(user_id=user.pk, confirmed=confirmed)
    totp = TOTP(device.bin_key)
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06d}"
