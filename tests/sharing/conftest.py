"""Alice shares, Bob gets; Chloe is a colleague nothing is shared with, and somebody is of another organization."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests import factories


@pytest.fixture
def organization(db: None) -> Any:
    return factories.make_organization("example", domain="example.test")


@pytest.fixture
def alice(organization: Any) -> Any:
    return factories.make_user(organization, "alice")


@pytest.fixture
def bob(organization: Any) -> Any:
    return factories.make_user(organization, "bob")


@pytest.fixture
def chloe(organization: Any) -> Any:
    return factories.make_user(organization, "chloe")


@pytest.fixture
def stranger(organization: Any) -> Any:
    return factories.make_user(factories.make_organization("other"), "mallory")


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    def client_of(user: Any, **options: Any) -> Client:
        client = Client(**options)
        client.force_login(user)
        return client

    return client_of
