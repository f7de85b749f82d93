"""Two organizations, their administrators, a colleague, and an operator of the installation."""

from dataclasses import dataclass

import pytest
from django.test import Client

from tests import factories
from workmail.directory.models import Domain, Group, Organization, User


@dataclass(frozen=True)
class House:
    """An organization with something of everything in it."""

    organization: Organization
    administrator: User
    alice: User
    group: Group
    domain: Domain


@pytest.fixture
def house(db: None) -> House:
    return _house("fernhill")


@pytest.fixture
def other_house(db: None) -> House:
    return _house("other")


def _house(alias: str) -> House:
    organization = factories.make_organization(alias, domain=f"{alias}.test")
    alice = factories.make_user(organization, "alice", aliases=["support"])
    return House(
        organization=organization,
        administrator=factories.administrator_of(organization),
        alice=alice,
        group=factories.make_group(organization, "everybody", members=[alice, "friend@elsewhere.test"]),
        domain=organization.domains.get(),
    )


@pytest.fixture
def operator(db: None) -> User:
    organization = factories.make_organization("operators", domain="operators.test")
    user = factories.make_user(organization, "olga")
    User.objects.filter(pk=user.pk).update(is_operator=True)
    return User.objects.get(pk=user.pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def admin(house: House) -> Client:
    """What the administrator's browser sends."""
    return signed_in(house.administrator)
